/* preflight of Application Auto Scaling: what may change the number of tasks while faults are live. */
#include "experiment/preflight.h"

#include <stdio.h>
#include <string.h>

#include "aws/autoscaling.h"
#include "core/clock.h"
#include "experiment/json.h"
#include "experiment/plan.h"
#include "experiment/schedule.h"

static void check_activities(const struct preflight *at, const char *cluster)
{
    struct autoscaling_activities activities = {0};
    struct error error;
    if (!autoscaling_describe_activities(at->job->client, cluster, at->service->name, &activities, &error))
        preflight_say(at, MODEL_NOTE, error.message,
                      "allow application-autoscaling:DescribeScalingActivities",
                      "whether autoscaling is under way could not be read");
    for (size_t i = 0; i < activities.count; i++) {
        const struct autoscaling_activity *activity = &activities.items[i];
        if (strcmp(activity->status, "InProgress") != 0 && strcmp(activity->status, "Pending") != 0)
            continue;
        preflight_say(at, MODEL_WARNING, "the baseline is measured on a service that changes its size",
                      "wait until it is done", "autoscaling is under way: %.120s", activity->description);
        break;
    }
    autoscaling_activities_free(&activities);
}

static void check_schedules(const struct preflight *at, const char *cluster)
{
    struct autoscaling_schedules schedules = {0};
    struct error error;
    int64_t from_ms = clock_epoch_ms();
    int64_t to_ms =
        from_ms + 2 * at->plan->estimate_ms + (at->duration_ms > 0 ? at->duration_ms : PLAN_OPEN_END_MS);
    if (!autoscaling_describe_schedules(at->job->client, cluster, at->service->name, &schedules, &error))
        preflight_say(at, MODEL_NOTE, error.message, "allow application-autoscaling:DescribeScheduledActions",
                      "its scheduled scaling could not be read");
    for (size_t i = 0; i < schedules.count; i++) {
        const struct autoscaling_schedule *schedule = &schedules.items[i];
        if ((schedule->start_ms > to_ms) || (schedule->end_ms != 0 && schedule->end_ms < from_ms))
            continue;
        enum schedule_answer answer = schedule_fires(schedule->schedule, schedule->timezone, from_ms, to_ms);
        if (answer == SCHEDULE_YES)
            preflight_say(at, MODEL_WARNING, "before and now are then measured on another number of tasks",
                          "choose another hour, or a shorter --duration",
                          "scheduled scaling falls into the experiment: %.60s, %.100s", schedule->name,
                          schedule->schedule);
        else if (answer == SCHEDULE_UNKNOWN)
            preflight_say(at, MODEL_NOTE, "before and now would be measured on another number of tasks",
                          "see that it does not",
                          "scheduled scaling may fall into the experiment: %.60s, %.80s %.40s",
                          schedule->name, schedule->schedule, schedule->timezone);
    }
    autoscaling_schedules_free(&schedules);
}

void preflight_scaling(const struct preflight *at)
{
    struct autoscaling_target target;
    struct error error;
    const char *cluster = ecs_short_name(at->service->cluster_arn);
    if (!autoscaling_describe_target(at->job->client, cluster, at->service->name, &target, &error)) {
        preflight_say(at, MODEL_NOTE, error.message,
                      "allow application-autoscaling:DescribeScalableTargets, or see for yourself",
                      "whether autoscaling changes its size could not be read");
        return;
    }
    if (!target.found)
        return;
    if (target.minimum != target.maximum && !(target.in_suspended && target.out_suspended))
        preflight_say(at, MODEL_NOTE,
                      "what the faults do to its load may scale it; tasks that come get the same faults",
                      "nothing to do; the number of tasks is shown while it runs",
                      "autoscaling keeps between %d and %d tasks", target.minimum, target.maximum);
    check_activities(at, cluster);
    if (!target.scheduled_suspended)
        check_schedules(at, cluster);
}
