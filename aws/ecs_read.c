/* ecs_read: AWS's JSON into plain values. No calls. */
#include "aws/ecs.h"
#include "aws/json.h"

#include <json-c/json.h>
#include <string.h>

static size_t lesser(size_t a, size_t b)
{
    return a < b ? a : b;
}

const char *ecs_short_name(const char *arn)
{
    const char *slash = strrchr(arn, '/');
    return slash ? slash + 1 : arn;
}

const char *ecs_service_tag(const struct ecs_service *service, const char *key)
{
    for (size_t i = 0; i < service->tag_count; i++) {
        if (strcmp(service->tags[i].key, key) == 0)
            return service->tags[i].value;
    }
    return NULL;
}

static void read_load_balancer(struct ecs_load_balancer *out, struct json_object *raw)
{
    aws_json_copy(out->target_group_arn, sizeof out->target_group_arn, raw, "targetGroupArn");
    aws_json_copy(out->container_name, sizeof out->container_name, raw, "containerName");
    out->container_port = aws_json_int(raw, "containerPort", 0);
    out->advanced = aws_json_object(raw, "advancedConfiguration") != NULL;
}

static void read_deployment(struct ecs_deployment *out, struct json_object *raw)
{
    aws_json_copy(out->id, sizeof out->id, raw, "id");
    aws_json_copy(out->status, sizeof out->status, raw, "status");
    aws_json_copy(out->rollout_state, sizeof out->rollout_state, raw, "rolloutState");
    aws_json_copy(out->rollout_reason, sizeof out->rollout_reason, raw, "rolloutStateReason");
    aws_json_copy(out->task_definition, sizeof out->task_definition, raw, "taskDefinition");
    out->desired = aws_json_int(raw, "desiredCount", 0);
    out->running = aws_json_int(raw, "runningCount", 0);
    out->pending = aws_json_int(raw, "pendingCount", 0);
    out->failed = aws_json_int(raw, "failedTasks", 0);
    out->created_at_ms = aws_json_ms(raw, "createdAt");
    out->updated_at_ms = aws_json_ms(raw, "updatedAt");
}

static bool connects(struct json_object *raw)
{
    return aws_json_bool(aws_json_object(raw, "serviceConnectConfiguration"), "enabled");
}

static void read_deployments(struct ecs_service *service, struct json_object *raw)
{
    struct json_object *list = aws_json_get(raw, "deployments");
    service->deployment_count = lesser(aws_json_count(list), ECS_DEPLOYMENTS_MAX);
    service->service_connect = connects(raw);
    for (size_t i = 0; i < service->deployment_count; i++) {
        read_deployment(&service->deployments[i], aws_json_at(list, i));
        if (strcmp(service->deployments[i].status, "PRIMARY") == 0)
            service->service_connect = service->service_connect || connects(aws_json_at(list, i));
    }
}

/* The words of an array into fixed fields; returns their number. */
static size_t read_words(char out[][ECS_WORD_MAX], size_t maximum, struct json_object *list)
{
    size_t count = lesser(aws_json_count(list), maximum);
    for (size_t i = 0; i < count; i++) {
        struct json_object *word = aws_json_at(list, i);
        aws_copy_text(out[i], ECS_WORD_MAX,
                      json_object_is_type(word, json_type_string) ? json_object_get_string(word) : "");
    }
    return count;
}

static void read_deployment_rules(struct ecs_service *service, struct json_object *raw)
{
    struct json_object *configuration = aws_json_object(raw, "deploymentConfiguration");
    struct json_object *breaker = aws_json_object(configuration, "deploymentCircuitBreaker");
    aws_json_copy(service->deployment_controller, sizeof service->deployment_controller,
                  aws_json_object(raw, "deploymentController"), "type");
    if (!*service->deployment_controller)
        strcpy(service->deployment_controller, "ECS");
    aws_json_copy(service->deployment_strategy, sizeof service->deployment_strategy, configuration,
                  "strategy");
    if (!*service->deployment_strategy)
        strcpy(service->deployment_strategy, "ROLLING");
    service->circuit_breaker_enabled = aws_json_bool(breaker, "enable");
    service->circuit_breaker_rollback = aws_json_bool(breaker, "rollback");
}

static void read_lists(struct ecs_service *service, struct json_object *raw)
{
    struct json_object *vpc =
        aws_json_object(aws_json_object(raw, "networkConfiguration"), "awsvpcConfiguration");
    struct json_object *list = aws_json_get(raw, "loadBalancers");
    service->load_balancer_count = lesser(aws_json_count(list), ECS_LOAD_BALANCERS_MAX);
    for (size_t i = 0; i < service->load_balancer_count; i++)
        read_load_balancer(&service->load_balancers[i], aws_json_at(list, i));
    list = aws_json_get(raw, "events");
    service->event_count = lesser(aws_json_count(list), ECS_EVENTS_MAX);
    for (size_t i = 0; i < service->event_count; i++) {
        service->events[i].at_ms = aws_json_ms(aws_json_at(list, i), "createdAt");
        aws_json_copy(service->events[i].message, ECS_TEXT_MAX, aws_json_at(list, i), "message");
    }
    list = aws_json_get(raw, "tags");
    service->tag_count = lesser(aws_json_count(list), ECS_TAGS_MAX);
    for (size_t i = 0; i < service->tag_count; i++) {
        aws_json_copy(service->tags[i].key, ECS_TAG_KEY_MAX, aws_json_at(list, i), "key");
        aws_json_copy(service->tags[i].value, ECS_TAG_VALUE_MAX, aws_json_at(list, i), "value");
    }
    service->security_group_count =
        read_words(service->security_groups, ECS_NETWORK_MAX, aws_json_get(vpc, "securityGroups"));
    service->subnet_count = read_words(service->subnets, ECS_NETWORK_MAX, aws_json_get(vpc, "subnets"));
}

bool ecs_service_from_json(struct ecs_service *service, struct json_object *raw, struct error *error)
{
    memset(service, 0, sizeof *service);
    if (!*aws_json_text(raw, "serviceName"))
        return error_set(error, ERROR_INVALID, "a service without serviceName");
    aws_json_copy(service->name, sizeof service->name, raw, "serviceName");
    aws_json_copy(service->arn, sizeof service->arn, raw, "serviceArn");
    aws_json_copy(service->cluster_arn, sizeof service->cluster_arn, raw, "clusterArn");
    aws_json_copy(service->status, sizeof service->status, raw, "status");
    aws_json_copy(service->task_definition, sizeof service->task_definition, raw, "taskDefinition");
    aws_json_copy(service->launch_type, sizeof service->launch_type, raw, "launchType");
    aws_json_copy(service->scheduling_strategy, sizeof service->scheduling_strategy, raw,
                  "schedulingStrategy");
    aws_json_copy(service->role_arn, sizeof service->role_arn, raw, "roleArn");
    service->created_at_ms = aws_json_ms(raw, "createdAt");
    service->desired = aws_json_int(raw, "desiredCount", 0);
    service->running = aws_json_int(raw, "runningCount", 0);
    service->pending = aws_json_int(raw, "pendingCount", 0);
    service->health_check_grace_s = aws_json_int(raw, "healthCheckGracePeriodSeconds", -1);
    service->execute_command = aws_json_bool(raw, "enableExecuteCommand");
    read_deployment_rules(service, raw);
    read_deployments(service, raw);
    read_lists(service, raw);
    return true;
}

static void read_container(struct ecs_container *out, struct json_object *raw)
{
    aws_json_copy(out->name, sizeof out->name, raw, "name");
    aws_json_copy(out->last_status, sizeof out->last_status, raw, "lastStatus");
    aws_json_copy(out->health, sizeof out->health, raw, "healthStatus");
    aws_json_copy(out->image, sizeof out->image, raw, "image");
    aws_json_copy(out->reason, sizeof out->reason, raw, "reason");
    aws_json_copy(out->runtime_id, sizeof out->runtime_id, raw, "runtimeId");
    struct json_object *agents = aws_json_get(raw, "managedAgents");
    for (size_t i = 0; i < aws_json_count(agents); i++) {
        struct json_object *agent = aws_json_at(agents, i);
        out->exec_runs =
            out->exec_runs || (strcmp(aws_json_text(agent, "name"), "ExecuteCommandAgent") == 0 &&
                               strcmp(aws_json_text(agent, "lastStatus"), "RUNNING") == 0);
    }
    out->exit_code = aws_json_int(raw, "exitCode", ECS_EXIT_CODE_NONE);
}

/* A task in awsvpc mode has an address in its network interface's attachment. */
static void read_address(struct ecs_task *task, struct json_object *raw)
{
    struct json_object *attachments = aws_json_get(raw, "attachments");
    for (size_t i = 0; i < aws_json_count(attachments); i++) {
        struct json_object *details = aws_json_get(aws_json_at(attachments, i), "details");
        for (size_t j = 0; j < aws_json_count(details); j++) {
            struct json_object *detail = aws_json_at(details, j);
            if (!*task->address && strcmp(aws_json_text(detail, "name"), "privateIPv4Address") == 0)
                aws_json_copy(task->address, sizeof task->address, detail, "value");
        }
    }
    struct json_object *containers = aws_json_get(raw, "containers");
    for (size_t i = 0; i < aws_json_count(containers) && !*task->address; i++) {
        struct json_object *interfaces = aws_json_get(aws_json_at(containers, i), "networkInterfaces");
        if (aws_json_count(interfaces) > 0)
            aws_json_copy(task->address, sizeof task->address, aws_json_at(interfaces, 0),
                          "privateIpv4Address");
    }
}

bool ecs_task_from_json(struct ecs_task *task, struct json_object *raw, struct error *error)
{
    memset(task, 0, sizeof *task);
    if (!*aws_json_text(raw, "taskArn"))
        return error_set(error, ERROR_INVALID, "a task without taskArn");
    aws_json_copy(task->arn, sizeof task->arn, raw, "taskArn");
    aws_copy_text(task->id, sizeof task->id, ecs_short_name(task->arn));
    aws_json_copy(task->last_status, sizeof task->last_status, raw, "lastStatus");
    aws_json_copy(task->desired_status, sizeof task->desired_status, raw, "desiredStatus");
    aws_json_copy(task->health, sizeof task->health, raw, "healthStatus");
    aws_json_copy(task->task_definition, sizeof task->task_definition, raw, "taskDefinitionArn");
    aws_json_copy(task->started_by, sizeof task->started_by, raw, "startedBy");
    aws_json_copy(task->container_instance, sizeof task->container_instance, raw, "containerInstanceArn");
    aws_json_copy(task->az, sizeof task->az, raw, "availabilityZone");
    aws_json_copy(task->stopped_reason, sizeof task->stopped_reason, raw, "stoppedReason");
    task->started_at_ms = aws_json_ms(raw, "startedAt");
    task->execute_command = aws_json_bool(raw, "enableExecuteCommand");
    struct json_object *containers = aws_json_get(raw, "containers");
    task->container_count = lesser(aws_json_count(containers), ECS_CONTAINERS_MAX);
    for (size_t i = 0; i < task->container_count; i++)
        read_container(&task->containers[i], aws_json_at(containers, i));
    read_address(task, raw);
    return true;
}
