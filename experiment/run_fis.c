/* The part of an experiment that AWS FIS runs: it is started, looked at and stopped; nothing of it can be
 * changed while it runs, and it ends by itself. */
#include "experiment/run_internal.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"

/* FIS ends an experiment itself; one that it has not ended so long after its time is stopped. */
#define GRACE_MS 60000

void run_fis_go_live(struct run *run)
{
    char text[MODEL_TEXT_MAX - 64];
    int64_t now_ms = clock_epoch_ms();
    bool timed = run->request.template == NULL && run->request.duration_ms > 0;
    if (run->request.template != NULL)
        snprintf(text, sizeof text, "%.150s", run->request.template->description);
    else
        fault_describe(&run->asked, text, sizeof text);
    run->live = run->asked;
    run->started_ms = now_ms;
    run->ends_ms = timed ? now_ms + run->request.duration_ms : 0;
    run->deadline_ms = run->way_back.deadline_ms;
    run->over_ms = clock_ms() + run->deadline_ms - now_ms;
    run->handlers.mark(run->handlers.context, text, true);
    run_guards_begin(run);
    journal_phase(run->journal, "injecting", NULL);
    run_set_phase(run, MODEL_INJECTING);
    run_say(run, MODEL_LOG_INFO, "%s: live, AWS FIS runs it", text);
}

/* FIS's own reason for having stopped an experiment tells whether it was an alarm. */
static bool is_stop_condition(const char *reason)
{
    return strcasestr(reason, "stop condition") != NULL || strcasestr(reason, "alarm") != NULL;
}

static void end(struct run *run, const struct fis_experiment *fis)
{
    char text[ERROR_MESSAGE_MAX];
    const char *colon = fis->reason[0] == '\0' ? "" : ": ";
    if (strcmp(fis->status, "completed") == 0) {
        run_say(run, MODEL_LOG_INFO, "FIS has completed experiment %s", fis->id);
        run_start_restore(run);
    } else if (strcmp(fis->status, "stopped") == 0 && is_stop_condition(fis->reason)) {
        snprintf(text, sizeof text, "FIS stopped experiment %s%s%s", fis->id, colon, fis->reason);
        run->tripped = true;
        run_set_problem(run, text);
        run_start_restore(run);
        journal_guard(run->journal, text, NULL);
    } else {
        snprintf(text, sizeof text, "FIS: experiment %s %s%s%s", fis->id, fis->status, colon, fis->reason);
        for (size_t i = 0; i < fis->action_count; i++)
            if (strcmp(fis->actions[i].status, "failed") == 0)
                snprintf(text, sizeof text, "FIS: action %s failed: %s", fis->actions[i].name,
                         fis->actions[i].reason);
        run_fail_and_restore(run, text);
    }
}

/* Each change of an action is told once. */
static void say_changes(struct run *run, const struct fis_experiment *now)
{
    for (size_t i = 0; i < now->action_count; i++) {
        const struct fis_action_state *action = &now->actions[i];
        const char *before = i < run->fis.action_count ? run->fis.actions[i].status : "";
        if (strcmp(action->status, before) != 0 && strcmp(action->status, "pending") != 0)
            run_say(run, MODEL_LOG_INFO, "action %s is %s%s%.120s", action->name, action->status,
                    action->reason[0] == '\0' ? "" : ": ", action->reason);
    }
}

void run_fis_watched(struct run *run)
{
    say_changes(run, &run->watched.fis);
    run->fis = run->watched.fis;
    run->handlers.changed(run->handlers.context);
    if (run->phase == MODEL_INJECTING && fis_status_is_final(run->fis.status))
        end(run, &run->fis);
}

void run_fis_tick(struct run *run, int64_t now_ms)
{
    bool over = run->ends_ms > 0 && now_ms > run->ends_ms + GRACE_MS;
    if (run_guards_tick(run))
        return;
    run_watch_when_due(run);
    if (over || clock_ms() >= run->over_ms)
        run_fail_and_restore(run, "FIS has not ended the experiment in its time: it is stopped");
}

void run_fis_show(const struct run *run, struct model_experiment *out)
{
    const struct fis_experiment *fis = &run->fis;
    snprintf(out->fis_template, sizeof out->fis_template, "%s", fis->template_id);
    snprintf(out->fis_experiment, sizeof out->fis_experiment, "%s", fis->id);
    snprintf(out->fis_status, sizeof out->fis_status, "%s", fis->status);
    for (size_t i = 0; i < fis->action_count && i < MODEL_ACTIONS_MAX; i++) {
        struct model_action *action = &out->actions[out->action_count++];
        const struct fis_action_state *from = &fis->actions[i];
        snprintf(action->name, sizeof action->name, "%s", from->name);
        snprintf(action->action_id, sizeof action->action_id, "%s", from->action_id);
        snprintf(action->status, sizeof action->status, "%s", from->status);
        snprintf(action->reason, sizeof action->reason, "%.255s", from->reason);
        action->started_ms = from->started_ms;
        action->ended_ms = from->ended_ms;
    }
}
