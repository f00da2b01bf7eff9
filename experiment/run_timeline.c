/* The part of an experiment that plays a template with the sidecars: at each moment of its timeline the
 * faults that are in force then are asked for, as a fader would, or tasks are stopped. */
#include "experiment/run_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/random.h"
#include "experiment/fis_actions.h"

/* ── stopping tasks, on a worker ─────────────────────────────────────────────────────────── */

static size_t how_many(const struct template_target *target, size_t count)
{
    size_t wanted = target->selection == TEMPLATE_COUNT     ? target->selection_number
                    : target->selection == TEMPLATE_PERCENT ? count * target->selection_number / 100
                                                            : count;
    return wanted < count ? wanted : count;
}

static bool stop_one(struct run *run, const struct ecs_task *task, struct error *error)
{
    char reason[128];
    snprintf(reason, sizeof reason, "shaketable experiment %s", run->way_back.experiment);
    return journal_will(run->journal, "StopTask", "nothing: ECS starts another in its place", error) &&
           ecs_stop_task(run->client, run->way_back.cluster_arn, task->arn, reason, error) &&
           journal_did(run->journal, "StopTask", task->arn, error);
}

static void stop_tasks(uv_work_t *request)
{
    struct run *run = request->data;
    const struct timeline_moment *moment = run->task_stop.moment;
    struct ecs_tasks tasks = {0};
    struct random random;
    struct error *error = &run->task_stop.error;
    random_seed(&random, 0);
    error_clear(error);
    run->task_stop.stopped = 0;
    bool done = ecs_list_service_tasks(run->client, run->way_back.cluster_arn, run->way_back.service_arn,
                                       &tasks, error);
    size_t left = done ? how_many(moment->target, tasks.count) : 0;
    for (size_t i = 0; done && left > 0; i++, left--) { /* each is as likely as any other */
        size_t other = i + (size_t)random_below(&random, tasks.count - i);
        struct ecs_task chosen = tasks.items[other];
        tasks.items[other] = tasks.items[i];
        tasks.items[i] = chosen;
        done = stop_one(run, &tasks.items[i], error);
        run->task_stop.stopped += done;
    }
    ecs_tasks_free(&tasks);
}

static size_t index_of(const struct run *run, const struct template_action *action)
{
    return (size_t)(action - run->timeline->template->actions);
}

static void after_stop(uv_work_t *request, int status)
{
    (void)status;
    struct run *run = request->data;
    const struct template_action *action = run->task_stop.moment->action;
    struct played_action *played = &run->played[index_of(run, action)];
    run->stopping_tasks = false;
    played->ended_ms = clock_epoch_ms();
    if (run->task_stop.error.code == ERROR_NONE) {
        run_say(run, MODEL_LOG_INFO, "action %s: %zu task%s stopped", action->name, run->task_stop.stopped,
                run->task_stop.stopped == 1 ? "" : "s");
    } else {
        snprintf(played->problem, sizeof played->problem, "%.255s", run->task_stop.error.message);
        run_say(run, MODEL_LOG_ERROR, "action %s failed: %.200s", action->name, played->problem);
    }
    run->handlers.service_changed(run->handlers.context);
    run->handlers.changed(run->handlers.context);
}

static void begin_stop(struct run *run, const struct timeline_moment *moment)
{
    run->stopping_tasks = true;
    run->task_stop.moment = moment;
    run->stop_work.data = run;
    uv_queue_work(run->loop, &run->stop_work, stop_tasks, after_stop);
}

/* ── on the loop ─────────────────────────────────────────────────────────────────────────── */

static void play(struct run *run, const struct timeline_moment *moment)
{
    struct played_action *played = &run->played[index_of(run, moment->action)];
    if (moment->starts)
        played->started_ms = clock_epoch_ms();
    else
        played->ended_ms = clock_epoch_ms();
    if (moment->what == TIMELINE_STOP_TASK) {
        begin_stop(run, moment);
        return;
    }
    run_say(run, MODEL_LOG_INFO, "action %s %s", moment->action->name, moment->starts ? "begins" : "ends");
    if (moment->what == TIMELINE_FAULT && !fault_equal(&run->asked, &moment->fault))
        run_change_faults(run, &moment->fault);
    else
        run->handlers.changed(run->handlers.context);
}

void run_timeline_tick(struct run *run)
{
    int64_t elapsed_ms = clock_ms() - run->live_since_ms;
    while (run->timeline != NULL && run->phase == MODEL_INJECTING && !run->stopping_tasks &&
           run->next_moment < run->timeline->moment_count &&
           run->timeline->moments[run->next_moment].at_ms <= elapsed_ms)
        play(run, &run->timeline->moments[run->next_moment++]);
}

const char *run_timeline_missing(const struct run *run)
{
    const char *missing = NULL;
    for (size_t i = 0; run->timeline != NULL && missing == NULL && i < run->timeline->moment_count; i++)
        if (run->timeline->moments[i].what == TIMELINE_FAULT)
            missing = run_missing_capability(run, &run->timeline->moments[i].fault);
    return missing;
}

static const char *status_of(const struct run *run, const struct played_action *played)
{
    bool plays = run->phase < MODEL_RECOVERING;
    if (played->problem[0] != '\0')
        return "failed";
    if (played->ended_ms != 0)
        return "completed";
    if (played->started_ms != 0)
        return plays ? "running" : "stopped";
    return plays ? "pending" : "cancelled";
}

void run_timeline_show(const struct run *run, struct model_experiment *out)
{
    const struct template *template = run->timeline == NULL ? NULL : run->timeline->template;
    for (size_t i = 0; template != NULL && i < template->action_count && i < MODEL_ACTIONS_MAX; i++) {
        struct model_action *action = &out->actions[out->action_count++];
        const struct played_action *played = &run->played[i];
        snprintf(action->name, sizeof action->name, "%s", template->actions[i].name);
        snprintf(action->action_id, sizeof action->action_id, "%s", template->actions[i].action_id);
        snprintf(action->status, sizeof action->status, "%s", status_of(run, played));
        snprintf(action->reason, sizeof action->reason, "%s", played->problem);
        action->started_ms = played->started_ms;
        action->ended_ms = played->ended_ms;
    }
}
