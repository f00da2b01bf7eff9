/* fis_run: an experiment's life, and that of its actions. */
#include "core/clock.h"
#include "sandbox/alarm.h"
#include "sandbox/fis.h"
#include "sandbox/fis_catalogue.h"
#include "sandbox/fis_check.h"
#include "sandbox/memory.h"

#include <stdio.h>
#include <string.h>

#define INITIATING_MS 600 /* times the region's pace */

static void enter(struct fis_experiment *experiment, enum fis_status status, const char *reason,
                  int64_t now_ms)
{
    experiment->status = status;
    experiment->since_ms = now_ms;
    text_copy(experiment->reason, sizeof experiment->reason, reason);
    if (fis_is_over(experiment))
        experiment->ended = region_now();
}

static void enter_action(struct fis_action *action, enum fis_status status, const char *reason)
{
    action->status = status;
    text_copy(action->reason, sizeof action->reason, reason);
    if (status == FIS_RUNNING)
        action->started = region_now();
    if (action->started > 0 && status != FIS_INITIATING && status != FIS_RUNNING && status != FIS_STOPPING)
        action->ended = region_now();
}

static bool is_done(const struct fis_action *action)
{
    return action->status == FIS_COMPLETED || action->status == FIS_SKIPPED;
}

static struct fis_action *find_action(struct fis_experiment *experiment, const char *name)
{
    for (size_t i = 0; i < experiment->action_count; i++) {
        if (strcmp(experiment->actions[i].name, name) == 0)
            return &experiment->actions[i];
    }
    return NULL;
}

const char *fis_alarm_of(const struct region *region, struct json_object *body, const char **missing)
{
    struct json_object *conditions = json_list(body, "stopConditions");

    *missing = NULL;
    for (size_t i = 0; i < json_length(conditions); i++) {
        const char *arn = json_text(json_item(conditions, i), "value");
        const struct alarm *found = NULL;
        for (size_t k = 0; k < region->alarms.count && arn && !found; k++) {
            const struct alarm *alarm = region->alarms.items[k];
            if (strcmp(alarm->arn, arn) == 0)
                found = alarm;
        }
        if (found && strcmp(found->state, "ALARM") == 0)
            return arn;
        if (arn && !found)
            *missing = arn;
    }
    return NULL;
}

/* --- ending ------------------------------------------------------------------------------------- */

static void end(struct region *region, struct fis_experiment *experiment, int64_t now_ms)
{
    for (size_t i = 0; i < experiment->action_count; i++) {
        struct fis_action *action = &experiment->actions[i];
        if (action->status == FIS_STOPPING) {
            fis_act_end(region, experiment, action);
            enter_action(action, FIS_STOPPED, "Action was stopped.");
        } else if (action->status == FIS_PENDING) {
            enter_action(action, FIS_CANCELLED, "Action was cancelled.");
        }
    }
    enter(experiment, experiment->end, experiment->end_reason, now_ms);
}

void fis_stop(struct region *region, struct fis_experiment *experiment, enum fis_status end_as,
              const char *reason, int64_t now_ms)
{
    if (fis_is_over(experiment) || experiment->status == FIS_STOPPING)
        return;
    experiment->end = end_as;
    text_copy(experiment->end_reason, sizeof experiment->end_reason, reason);
    for (size_t i = 0; i < experiment->action_count; i++) {
        struct fis_action *action = &experiment->actions[i];
        if (action->status == FIS_RUNNING)
            enter_action(action, FIS_STOPPING, "Action is stopping.");
        else if (action->status == FIS_INITIATING) /* it has done nothing yet */
            enter_action(action, FIS_CANCELLED, "Action was cancelled.");
    }
    enter(experiment, FIS_STOPPING, "Stopping Experiment.", now_ms);
    if (experiment->is_local || end_as == FIS_CANCELLED)
        end(region, experiment, now_ms);
    region_wake(region);
}

static void fail(struct region *region, struct fis_experiment *experiment, const char *code,
                 const char *location, const char *reason, int64_t now_ms)
{
    text_copy(experiment->error_code, sizeof experiment->error_code, code);
    text_copy(experiment->error_location, sizeof experiment->error_location, location);
    fis_stop(region, experiment, FIS_FAILED, reason, now_ms);
}

void fis_end_all(struct region *region)
{
    for (size_t i = 0; i < region->fis->experiments.count; i++) {
        struct fis_experiment *experiment = region->fis->experiments.items[i];
        fis_stop(region, experiment, FIS_STOPPED, "The region has ended.", clock_ms());
        if (experiment->status == FIS_STOPPING)
            end(region, experiment, clock_ms());
    }
}

/* --- actions ------------------------------------------------------------------------------------ */

/* False while something that it starts after is not done. */
static bool is_free(struct fis_experiment *experiment, const struct fis_action *action)
{
    struct json_object *before = json_list(action->json, "startAfter");

    for (size_t i = 0; i < json_length(before); i++) {
        const struct fis_action *other = find_action(experiment, json_text_at(before, i));
        if (!other || !is_done(other))
            return false;
    }
    return true;
}

/* How long it runs: -1 until it is stopped, 0 for one that is done at once. */
static int64_t duration_ms(const struct region *region, const struct fis_action *action)
{
    const char *text = json_text(json_map(action->json, "parameters"), "duration");
    double ms = 0;

    if (text && fis_read_duration(text, &ms))
        return (int64_t)(ms * region->pace);
    return fis_is_local(action->type) ? -1 : 0;
}

static const char *failure_code(const struct error *error)
{
    return error->code == ERROR_NOT_FOUND ? "InvalidTarget"
           : error->code == ERROR_LIMIT   ? "QuotaExceeded"
                                          : "PreconditionFailure";
}

static void start_action(struct region *region, struct fis_experiment *experiment, struct fis_action *action,
                         int64_t now_ms)
{
    struct error error = {0};
    char location[sizeof experiment->error_location];
    int64_t duration = duration_ms(region, action);

    enter_action(action, FIS_RUNNING, "Action is running.");
    action->until_ms = duration < 0 ? -1 : now_ms + duration;
    if (fis_act_start(region, experiment, action, &error))
        return;
    fis_act_end(region, experiment, action); /* what it did to some of its targets */
    enter_action(action, FIS_FAILED, error.message);
    snprintf(location, sizeof location, "actions.%s", action->name);
    fail(region, experiment, failure_code(&error), location, action->reason, now_ms);
}

static void end_over(struct region *region, struct fis_experiment *experiment, int64_t now_ms)
{
    for (size_t i = 0; i < experiment->action_count; i++) {
        struct fis_action *action = &experiment->actions[i];
        if (action->status != FIS_RUNNING || action->until_ms < 0 || now_ms < action->until_ms)
            continue;
        fis_act_end(region, experiment, action);
        enter_action(action, FIS_COMPLETED, "Action was completed.");
    }
}

static void begin_free(struct fis_experiment *experiment)
{
    size_t running = 0;

    for (size_t i = 0; i < experiment->action_count; i++)
        running += experiment->actions[i].status == FIS_RUNNING;
    for (size_t i = 0; i < experiment->action_count; i++) {
        struct fis_action *action = &experiment->actions[i];
        const struct fis_target *target = fis_target_of(experiment, action);
        if (action->status != FIS_PENDING || !is_free(experiment, action))
            continue;
        if (target && json_length(target->resolved) == 0 && action->type->act != FIS_ACT_NONE) {
            enter_action(action, FIS_SKIPPED, "Action was skipped: target resolution returned empty set.");
        } else if (running < FIS_PARALLEL_MAX) {
            enter_action(action, FIS_INITIATING, "Action is initiating.");
            running++;
        }
    }
}

static void run_actions(struct region *region, struct fis_experiment *experiment, int64_t now_ms)
{
    size_t done = 0;

    end_over(region, experiment, now_ms);
    for (size_t i = 0; i < experiment->action_count && experiment->status == FIS_RUNNING; i++) {
        if (experiment->actions[i].status == FIS_INITIATING)
            start_action(region, experiment, &experiment->actions[i], now_ms);
    }
    if (experiment->status != FIS_RUNNING)
        return;
    begin_free(experiment);
    for (size_t i = 0; i < experiment->action_count; i++)
        done += is_done(&experiment->actions[i]);
    if (done == experiment->action_count)
        enter(experiment, FIS_COMPLETED, "Experiment completed.", now_ms);
}

/* --- beginning ---------------------------------------------------------------------------------- */

static void skip_all(struct fis_experiment *experiment, int64_t now_ms)
{
    for (size_t i = 0; i < experiment->action_count; i++)
        enter_action(&experiment->actions[i], FIS_SKIPPED, "Action was skipped.");
    enter(experiment, FIS_COMPLETED, "Experiment completed.", now_ms);
}

static void run(struct region *region, struct fis_experiment *experiment, int64_t now_ms)
{
    const char *mode =
                   json_text(json_map(experiment->body, "experimentOptions"), "emptyTargetResolutionMode"),
               *empty = NULL;
    char location[sizeof experiment->error_location];

    if (!fis_resolve(region, experiment, &empty) && mode && strcmp(mode, "fail") == 0) {
        snprintf(location, sizeof location, "targets.%s", empty);
        fail(region, experiment, "InvalidTarget", location, "Target resolution returned empty set.", now_ms);
    } else if (experiment->skip_all) {
        skip_all(experiment, now_ms);
    } else {
        enter(experiment, FIS_RUNNING, "Experiment is running.", now_ms);
        run_actions(region, experiment, now_ms);
    }
}

void fis_begin(struct region *region, struct fis_experiment *experiment, int64_t now_ms)
{
    enter(experiment, FIS_INITIATING, "Experiment is initiating.", now_ms);
    if (experiment->is_local) {
        run(region, experiment, now_ms);
        if (experiment->status == FIS_RUNNING)
            run_actions(region, experiment, now_ms);
    }
    region_wake(region);
}

static bool advance(struct region *region, struct fis_experiment *experiment, int64_t now_ms)
{
    const char *missing = NULL;

    if (experiment->status == FIS_STOPPING)
        end(region, experiment, now_ms);
    if (fis_is_over(experiment))
        return false;
    if (fis_alarm_of(region, experiment->body, &missing))
        fis_stop(region, experiment, FIS_STOPPED, "Experiment halted by stop condition.", now_ms);
    else if (experiment->status == FIS_RUNNING)
        run_actions(region, experiment, now_ms);
    else if (experiment->status == FIS_INITIATING &&
             (double)(now_ms - experiment->since_ms) >= INITIATING_MS * region->pace)
        run(region, experiment, now_ms);
    for (size_t i = 0; i < experiment->action_count; i++) {
        if (experiment->actions[i].status == FIS_INITIATING)
            return true;
    }
    return !fis_is_over(experiment) && experiment->status != FIS_RUNNING;
}

bool fis_advance(struct region *region, int64_t now_ms)
{
    bool busy = false;

    for (size_t i = 0; i < region->fis->experiments.count; i++)
        busy = advance(region, region->fis->experiments.items[i], now_ms) || busy;
    return busy;
}
