#include "experiment/guard_poll.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/cloudwatch.h"
#include "aws/ecs.h"
#include "aws/elbv2.h"
#include "experiment/json.h"

void guard_poll_want(struct guard_poll *poll, const struct guard *guard)
{
    poll->targets = poll->targets || guard->metric == GUARD_HEALTHY_TARGETS;
    poll->tasks = poll->tasks || guard->metric == GUARD_RUNNING_TASKS;
    if (guard->metric != GUARD_ALARM || poll->alarm_count == CHOICES_GUARDS_MAX)
        return;
    for (size_t i = 0; i < poll->alarm_count; i++)
        if (strcmp(poll->alarms[i], guard->alarm) == 0)
            return;
    memcpy(poll->alarms[poll->alarm_count++], guard->alarm, sizeof guard->alarm);
}

bool guard_poll_is_wanted(const struct guard_poll *poll)
{
    return poll->targets || poll->tasks || poll->alarm_count > 0;
}

static bool count_healthy(const struct job *job, const char *group_arn, int *healthy, struct error *error)
{
    struct elbv2_targets targets = {0};
    bool done = elbv2_describe_target_health(job->client, group_arn, &targets, error);
    *healthy = 0;
    for (size_t i = 0; i < targets.count; i++)
        *healthy += strcmp(targets.items[i].state, "healthy") == 0;
    elbv2_targets_free(&targets);
    return done;
}

static bool read_targets(const struct job *job, const struct ecs_service *service, struct guard_poll *poll)
{
    bool any = false;
    for (size_t i = 0; i < service->load_balancer_count; i++) {
        const char *arn = service->load_balancers[i].target_group_arn;
        int healthy;
        if (arn[0] == '\0')
            continue;
        if (!count_healthy(job, arn, &healthy, &poll->error))
            return false;
        poll->healthy = any && poll->healthy < healthy ? poll->healthy : healthy;
        any = true;
    }
    return any || error_set(&poll->error, ERROR_NOT_FOUND, "the service has no target group");
}

static void read_service(const struct job *job, const char *cluster_arn, const char *service_arn,
                         struct guard_poll *poll)
{
    struct json_object *raw = NULL;
    struct ecs_service *service = calloc(1, sizeof *service);
    if (service == NULL)
        return;
    if (ecs_describe_service(job->client, cluster_arn, service_arn, &raw, &poll->error) &&
        ecs_service_from_json(service, raw, &poll->error)) {
        poll->running = service->running;
        poll->tasks_read = poll->tasks;
        poll->targets_read = poll->targets && read_targets(job, service, poll);
    }
    json_object_put(raw);
    free(service);
}

static void read_alarms(const struct job *job, struct guard_poll *poll)
{
    const char *names[CHOICES_GUARDS_MAX];
    struct cloudwatch_alarms alarms = {0};
    for (size_t i = 0; i < poll->alarm_count; i++)
        names[i] = poll->alarms[i];
    poll->alarms_read =
        cloudwatch_describe_alarms(job->client, names, poll->alarm_count, &alarms, &poll->error);
    for (size_t i = 0; poll->alarms_read && i < poll->alarm_count; i++) {
        const struct cloudwatch_alarm *alarm = cloudwatch_alarms_find(&alarms, names[i]);
        snprintf(poll->states[i], sizeof poll->states[i], "%s", alarm == NULL ? "" : alarm->state);
        snprintf(poll->reasons[i], sizeof poll->reasons[i], "%s", alarm == NULL ? "" : alarm->reason);
    }
    cloudwatch_alarms_free(&alarms);
}

void guard_poll_read(const struct job *job, const char *cluster_arn, const char *service_arn,
                     struct guard_poll *poll)
{
    poll->targets_read = poll->tasks_read = poll->alarms_read = false;
    error_clear(&poll->error);
    if (poll->targets || poll->tasks)
        read_service(job, cluster_arn, service_arn, poll);
    if (poll->alarm_count > 0)
        read_alarms(job, poll);
}

static bool alarm_value(const struct guard_poll *poll, const struct guard *guard, const char **state,
                        const char **reason)
{
    for (size_t i = 0; poll->alarms_read && i < poll->alarm_count; i++)
        if (strcmp(poll->alarms[i], guard->alarm) == 0 && poll->states[i][0] != '\0') {
            *state = poll->states[i];
            *reason = poll->reasons[i];
            return true;
        }
    return false;
}

bool guard_poll_value(const struct guard_poll *poll, const struct guard *guard, double *value,
                      const char **state, const char **reason)
{
    *value = guard->metric == GUARD_HEALTHY_TARGETS ? poll->healthy : poll->running;
    *state = *reason = "";
    if (guard->metric == GUARD_HEALTHY_TARGETS)
        return poll->targets_read;
    if (guard->metric == GUARD_RUNNING_TASKS)
        return poll->tasks_read;
    *value = -1;
    return guard->metric == GUARD_ALARM && alarm_value(poll, guard, state, reason);
}
