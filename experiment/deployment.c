#include "experiment/deployment.h"

#include <stdlib.h>
#include <string.h>

#include "aws/elbv2.h"
#include "aws/retry.h"
#include "core/clock.h"
#include "experiment/json.h"

static bool same_mapping(struct json_object *a, struct json_object *b)
{
    return strcmp(json_text(a, "targetGroupArn"), json_text(b, "targetGroupArn")) == 0 &&
           strcmp(json_text(a, "loadBalancerName"), json_text(b, "loadBalancerName")) == 0 &&
           strcmp(json_text(a, "containerName"), json_text(b, "containerName")) == 0 &&
           json_integer(a, "containerPort") == json_integer(b, "containerPort");
}

static bool has_mapping(struct json_object *array, struct json_object *mapping)
{
    for (size_t i = 0; i < json_object_array_length(array); i++)
        if (same_mapping(json_object_array_get_idx(array, i), mapping))
            return true;
    return false;
}

bool deployment_same_load_balancers(struct json_object *a, struct json_object *b)
{
    if (a == NULL || b == NULL || json_object_array_length(a) != json_object_array_length(b))
        return false;
    for (size_t i = 0; i < json_object_array_length(a); i++)
        if (!has_mapping(b, json_object_array_get_idx(a, i)) ||
            !has_mapping(a, json_object_array_get_idx(b, i)))
            return false;
    return true;
}

bool deployment_is(struct json_object *raw_service, const struct deployment *deployment)
{
    return strcmp(json_text(raw_service, "taskDefinition"), deployment->task_definition) == 0 &&
           deployment_same_load_balancers(json_array(raw_service, "loadBalancers"),
                                          deployment->load_balancers);
}

bool deployment_may_have_happened(const struct error *error)
{
    switch (error->code) {
    case ERROR_TIMEOUT:
    case ERROR_NETWORK:
    case ERROR_CANCELED:
    case ERROR_SERVICE: /* a 500 may come after the effect */
    case ERROR_LIMIT:   /* the answer was too long to be read */
        return true;
    default:
        return false;
    }
}

bool deployment_update(const struct job *job, struct journal *journal, const struct deployment *deployment,
                       const char *undo, struct error *error)
{
    struct json_object *raw = NULL;
    struct error failure = {0};
    if (!journal_will(journal, "UpdateService", undo, error))
        return false;
    struct json_object *input = json_object_new_object();
    json_put_text(input, "cluster", deployment->cluster_arn);
    json_put_text(input, "service", deployment->service_arn);
    json_put_text(input, "taskDefinition", deployment->task_definition);
    if (!deployment->keeps_load_balancers)
        json_object_object_add(input, "loadBalancers", json_copy(deployment->load_balancers));
    bool done = ecs_update_service(job->client, input, NULL, &failure);
    json_object_put(input);
    if (!done && deployment_may_have_happened(&failure) &&
        ecs_describe_service(job->client, deployment->cluster_arn, deployment->service_arn, &raw, NULL)) {
        done = deployment_is(raw, deployment);
        json_object_put(raw);
    }
    if (!done) {
        if (error != NULL)
            *error = failure;
        return false;
    }
    return journal_did(journal, "UpdateService", deployment->task_definition, error);
}

/* Healthy targets of the mapping whose port is that of the deployment; all mappings must have them. < 0:
 * there is no target group. */
static bool count_healthy(const struct job *job, const struct deployment *deployment, int *healthy,
                          struct error *error)
{
    *healthy = -1;
    size_t count = json_object_array_length(deployment->load_balancers);
    for (size_t i = 0; i < count; i++) {
        struct json_object *mapping = json_object_array_get_idx(deployment->load_balancers, i);
        const char *group = json_text(mapping, "targetGroupArn");
        if (group[0] == '\0')
            continue; /* a Classic Load Balancer has no target group */
        struct elbv2_targets targets = {0};
        bool done = elbv2_describe_target_health(job->client, group, &targets, error);
        int here = 0;
        for (size_t k = 0; done && k < targets.count; k++)
            here += strcmp(targets.items[k].state, "healthy") == 0 &&
                    targets.items[k].port == json_integer(mapping, "containerPort");
        elbv2_targets_free(&targets);
        if (!done)
            return false;
        if (*healthy < 0 || here < *healthy)
            *healthy = here;
    }
    return true;
}

static const struct ecs_deployment *primary(const struct ecs_service *service)
{
    for (size_t i = 0; i < service->deployment_count; i++)
        if (strcmp(service->deployments[i].status, "PRIMARY") == 0)
            return &service->deployments[i];
    return NULL;
}

static bool check_course(const struct ecs_service *service, const struct deployment *deployment,
                         const struct ecs_deployment *now, struct error *error)
{
    if (now == NULL || strcmp(now->task_definition, deployment->task_definition) != 0)
        return error_set(error, ERROR_CONFLICT,
                         "service %s now runs %s: someone deployed, or ECS went back by itself",
                         service->name, now == NULL ? "nothing" : ecs_short_name(now->task_definition));
    if (strcmp(now->rollout_state, "FAILED") == 0 || now->failed >= DEPLOYMENT_FAILED_TASKS_MAX)
        return error_set(error, ERROR_SERVICE, "the deployment of %s fails: %s%s%s",
                         ecs_short_name(deployment->task_definition),
                         now->rollout_reason[0] == '\0' ? "its tasks stop" : now->rollout_reason,
                         service->event_count > 0 ? ". " : "",
                         service->event_count > 0 ? service->events[0].message : "");
    return true;
}

/* Looks once; *arrived says whether all is there. */
static bool look(const struct job *job, const struct deployment *deployment, size_t tasks_step,
                 size_t targets_step, bool *arrived, struct error *error)
{
    struct json_object *raw = NULL;
    int healthy = 0;
    bool done = false;
    struct ecs_service *service = calloc(1, sizeof *service);
    if (service == NULL)
        return error_set(error, ERROR_SYSTEM, "out of memory");
    if (!ecs_describe_service(job->client, deployment->cluster_arn, deployment->service_arn, &raw, error) ||
        !ecs_service_from_json(service, raw, error))
        goto end;
    const struct ecs_deployment *now = primary(service);
    if (!check_course(service, deployment, now, error) || !count_healthy(job, deployment, &healthy, error))
        goto end;

    bool running = now->running >= now->desired && now->desired >= service->desired;
    bool well = healthy < 0 || healthy >= service->desired;
    bool completed = strcmp(now->rollout_state, "COMPLETED") == 0 ||
                     (now->rollout_state[0] == '\0' && service->deployment_count == 1);
    progress_set(job->progress, tasks_step, running && completed ? MODEL_STEP_DONE : MODEL_STEP_DOING,
                 now->running, service->desired, "%d of %d%s", now->running, service->desired,
                 running && service->deployment_count > 1 ? ", the old ones drain" : "");
    if (healthy < 0)
        progress_set(job->progress, targets_step, MODEL_STEP_DONE, 0, 0, "%s", "it has none");
    else
        progress_set(job->progress, targets_step,
                     well                     ? MODEL_STEP_DONE
                     : healthy > 0 || running ? MODEL_STEP_DOING
                                              : MODEL_STEP_TODO,
                     healthy, service->desired, "%d of %d", healthy, service->desired);
    *arrived = running && well && completed;
    done = true;

end:
    json_object_put(raw);
    free(service);
    return done;
}

bool deployment_may_look_again(const struct error *error, int64_t since_start_ms, int64_t since_look_ms)
{
    if (error->code == ERROR_CONFLICT)
        return since_start_ms < DEPLOYMENT_SETTLE_MS;
    return since_look_ms < DEPLOYMENT_BLIND_MS &&
           (error->code == ERROR_NETWORK || error->code == ERROR_TIMEOUT ||
            aws_retry_classify(error->reason, 0) == AWS_ATTEMPT_THROTTLED);
}

bool deployment_persist(const struct job *job, deployment_attempt *attempt, void *context,
                        struct error *error)
{
    struct error failure = {0};
    int64_t start_ms = clock_ms();
    while (!job_is_canceled(job, error)) {
        if (attempt(context, &failure))
            return true;
        int64_t since_ms = clock_ms() - start_ms;
        if (!deployment_may_look_again(&failure, since_ms, since_ms)) {
            if (error != NULL)
                *error = failure;
            return false;
        }
        job_wait(job);
    }
    return false;
}

bool deployment_wait(const struct job *job, const struct deployment *deployment, size_t tasks_step,
                     size_t targets_step, struct error *error)
{
    int64_t start_ms = clock_ms(), seen_ms = start_ms;
    struct error failure = {0};
    bool arrived = false;
    progress_set(job->progress, tasks_step, MODEL_STEP_DOING, 0, 0, "%s", "");
    while (!job_is_canceled(job, error)) {
        if (look(job, deployment, tasks_step, targets_step, &arrived, &failure)) {
            seen_ms = clock_ms();
        } else if (!deployment_may_look_again(&failure, clock_ms() - start_ms, clock_ms() - seen_ms)) {
            if (error != NULL)
                *error = failure;
            return false;
        }
        if (arrived)
            return true;
        if (clock_ms() - start_ms > DEPLOYMENT_PATIENCE_MS)
            return error_set(error, ERROR_TIMEOUT, "the deployment of %s has not arrived within %d minutes",
                             ecs_short_name(deployment->task_definition), DEPLOYMENT_PATIENCE_MS / 60000);
        job_wait(job);
    }
    return false;
}
