#include "experiment/preflight_guards.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiment/guard_poll.h"
#include "experiment/preflight.h"

static void stop(struct model_plan *plan, const char *what, const char *why, const char *advice)
{
    preflight_add(plan, MODEL_STOP, what, why, advice);
}

static void not_read(struct model_plan *plan, const struct guard *guard, const char *text,
                     const struct guard_poll *poll)
{
    char what[MODEL_TEXT_MAX];
    if (guard->metric == GUARD_ALARM && poll->alarms_read) {
        snprintf(what, sizeof what, "there is no alarm %.200s", guard->alarm);
        stop(plan, what, "a guard that can't be seen guards nothing",
             "see aws cloudwatch describe-alarms, or leave the guard out");
        return;
    }
    snprintf(what, sizeof what, "what the guard '%.180s' looks at can't be read", text);
    stop(plan, what, poll->error.message,
         guard->metric == GUARD_ALARM
             ? "allow cloudwatch:DescribeAlarms, or leave the guard out"
             : "allow ecs:DescribeServices and elasticloadbalancing:DescribeTargetHealth, or leave it out");
}

static void check_guard(struct model_plan *plan, const struct job *job, const struct guard *guard,
                        const char *text, const struct guard_poll *poll)
{
    char what[MODEL_TEXT_MAX], why[MODEL_TEXT_MAX], now[UNITS_TEXT_MAX];
    const char *state, *reason, *region = aws_client_region(job->client);
    double value;
    if (guard->alarm_region[0] != '\0' && strcmp(guard->alarm_region, region) != 0) {
        snprintf(what, sizeof what, "the alarm %.120s is in %s", guard->alarm, guard->alarm_region);
        snprintf(why, sizeof why, "the experiment is in %s, and watches alarms there alone", region);
        stop(plan, what, why, "name an alarm of the same region");
        return;
    }
    if (!guard_poll_value(poll, guard, &value, &state, &reason)) {
        not_read(plan, guard, text, poll);
        return;
    }
    bool alarm = guard->metric == GUARD_ALARM;
    if (alarm ? strcmp(state, "ALARM") != 0 : !guard_holds(guard, value))
        return;
    guard_format(guard->metric, value, now);
    snprintf(what, sizeof what, "the guard '%.180s' holds already", text);
    if (alarm)
        snprintf(why, sizeof why, "it is in state ALARM: %.200s", reason);
    else
        snprintf(why, sizeof why, "%s: %s", guard_metric_name(guard->metric), now);
    stop(plan, what, why, "wait until all is well, or name another limit");
}

void preflight_guards(struct model_plan *plan, const struct job *job, const struct ecs_service *service,
                      const struct choices *choices)
{
    struct guard guard;
    struct guard_poll *poll = calloc(1, sizeof *poll);
    for (size_t i = 0; poll != NULL && i < choices->guard_count; i++)
        if (guard_parse(&guard, choices->guards[i], NULL))
            guard_poll_want(poll, &guard);
    if (poll != NULL && guard_poll_is_wanted(poll)) {
        guard_poll_read(job, service->cluster_arn, service->arn, poll);
        for (size_t i = 0; i < choices->guard_count; i++)
            if (guard_parse(&guard, choices->guards[i], NULL) && !guard_is_measured(guard.metric))
                check_guard(plan, job, &guard, choices->guards[i], poll);
    }
    free(poll);
}
