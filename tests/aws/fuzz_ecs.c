/* Any bytes as a JSON answer: as an error, a service, a task. */
#include "aws/answer.h"
#include "aws/ecs.h"
#include "aws/json.h"
#include "tests/fuzz.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

static void read_as_error(const uint8_t *data, size_t size)
{
    struct aws_answer_error problem;
    struct aws_http_answer answer;
    struct error error = {0};
    memset(&answer, 0, sizeof answer);
    buf_init(&answer.body, AWS_HTTP_ANSWER_MAX);
    buf_append(&answer.body, data, size);
    if (aws_answer_read_error(&answer, AWS_ECS, &problem)) {
        aws_answer_set_error(&error, &problem, 400, AWS_ECS, "UpdateService", "somewhere");
        if (error.code == ERROR_NONE || !*error.reason)
            abort();
    }
    aws_answer_read_error(&answer, AWS_ELBV2, &problem);
    aws_http_answer_free(&answer);
}

static void check_service(const struct ecs_service *service)
{
    if (!*service->name || service->load_balancer_count > ECS_LOAD_BALANCERS_MAX ||
        service->deployment_count > ECS_DEPLOYMENTS_MAX || service->event_count > ECS_EVENTS_MAX ||
        service->tag_count > ECS_TAGS_MAX || service->subnet_count > ECS_NETWORK_MAX)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char excerpt[AWS_ANSWER_EXCERPT_MAX];
    struct json_object *json = aws_json_parse((const char *)data, size);
    struct ecs_service *service = malloc(sizeof *service);
    struct ecs_task *task = malloc(sizeof *task);
    if (!service || !task)
        abort();
    if (ecs_service_from_json(service, json, NULL))
        check_service(service);
    if (ecs_task_from_json(task, json, NULL) && (!*task->arn || task->container_count > ECS_CONTAINERS_MAX))
        abort();
    aws_answer_excerpt(data, size, excerpt);
    if (strlen(excerpt) >= sizeof excerpt)
        abort();
    read_as_error(data, size);
    free(task);
    free(service);
    json_object_put(json);
    return 0;
}
