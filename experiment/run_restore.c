#include "experiment/run_internal.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"

void run_fail_and_restore(struct run *run, const char *problem)
{
    run->failed = true;
    run_set_problem(run, problem);
    run_start_restore(run);
}

static void say_outcome(struct run *run)
{
    if (run->way_back.fis != NULL)
        run_say(run, MODEL_LOG_GOOD, "AWS FIS has ended the experiment, and its template is deleted");
    else if (run->way_back.canary != NULL)
        run_say(run, MODEL_LOG_GOOD, "the canary of %s/%s is gone: all traffic goes to the service again",
                run->way_back.cluster, run->way_back.service);
    else if (!run->outcome.theirs)
        run_say(run, MODEL_LOG_GOOD, "%s/%s is restored: it runs %s again", run->way_back.cluster,
                run->way_back.service, ecs_short_name(run->way_back.task_definition));
    for (const char *line = run->outcome.note; line[0] != '\0';) {
        size_t length = strcspn(line, "\n");
        run_say(run, MODEL_LOG_WARNING, "%.*s", (int)length, line);
        line += length + (line[length] == '\n');
    }
}

/* What is not written is not lost: the next rollback looks again and finds nothing to do. */
static void say_trouble(struct run *run)
{
    if (journal_trouble(run->journal)[0] != '\0')
        run_say(run, MODEL_LOG_WARNING,
                "%s: the experiment will be listed as unfinished until a rollback can write it",
                journal_trouble(run->journal));
}

static void on_restored(struct run *run)
{
    run->handlers.service_changed(run->handlers.context);
    if (run->watching || run->polling)
        atomic_store(&run->cancel, true); /* what is looked at still is not waited for */
    if (run->error.code != ERROR_NONE) {
        journal_ended(run->journal, false, run->error.message, NULL);
        run_end_failed(run, 5, run->error.message);
        return;
    }
    journal_ended(run->journal, true, run->outcome.note[0] == '\0' ? NULL : run->outcome.note, NULL);
    if (run->outcome.clean_us > run->rollback_us)
        run->clean_ms = (double)(run->outcome.clean_us - run->rollback_us) / 1000.0;
    if (run->engine->sidecars && (run->told || run->way_back.reach == CHOICES_REACH_NONE))
        progress_set(&run->progress, RESTORE_CLEAN, MODEL_STEP_DONE, 0, 0, "%s", "with their tasks");
    run->told = false;
    run->exit_status = run->tripped ? 4 : run->failed ? 1 : 0;
    say_outcome(run);
    say_trouble(run);
    sidecars_free(run->sidecars);
    run->sidecars = NULL;
    run_set_phase(run, MODEL_RESTORED);
}

/* Stage one at once, on the loop; stage two on a worker, beside it or (where that is slow) after it. */
void run_start_restore(struct run *run)
{
    run->rollback_us = clock_us();
    run->rollback_wanted = run->leaving = run->told = false;
    run->clean_ms = -1;
    journal_forgive(run->journal);
    guards_end(run->guards);
    run_set_phase(run, MODEL_RECOVERING);
    progress_begin(&run->progress, run->engine->stop_steps, run->engine->stop_step_count);
    if (run->way_back.fis != NULL) {
        run->handlers.changed(run->handlers.context); /* its steps are the engine's own */
    } else if (run->way_back.reach == CHOICES_REACH_NONE) {
        run_show_unreached_clean(run);
    } else if (run->sidecars != NULL && sidecars_count(run->sidecars).total > 0) {
        progress_set(&run->progress, RESTORE_CLEAN, MODEL_STEP_DOING, 0, 0, "%s", "");
        run->told = true;
        sidecars_clear(run->sidecars);
    } else {
        progress_set(&run->progress, RESTORE_CLEAN, MODEL_STEP_DONE, 0, 0, "%s", "no fault was live");
    }
    if (!run_slow_wait_for_clean(run))
        run_restore_service(run);
}

void run_restore_service(struct run *run)
{
    run_start_job(run, run_work_restore, on_restored);
}

static void say_found(struct run *run)
{
    const struct way_back *way_back = &run->way_back;
    bool service = way_back->service[0] != '\0';
    run_say(run, MODEL_LOG_INFO, "found %s %s of %s%s%s%s%s",
            way_back->prepares ? "the preparation for AWS FIS" : "experiment", way_back->experiment,
            way_back->operator_name, service ? " on " : "", way_back->cluster, service ? "/" : "",
            way_back->service);
    if (run->adopted.note[0] != '\0')
        run_say(run, MODEL_LOG_WARNING, "%.250s", run->adopted.note);
}

static void on_adopted(struct run *run)
{
    struct error error;
    if (run->error.code != ERROR_NONE) {
        bool nothing = run->error.code == ERROR_NOT_FOUND;
        adopt_free(&run->adopted);
        run_end_failed(run, nothing ? 1 : 5, run->error.message);
        return;
    }
    if (run->adopted.running[0] != '\0') {
        run_say(run, MODEL_LOG_GOOD, "experiment %s was rolled back by the process that ran it",
                run->adopted.running);
        memset(&run->adopted, 0, sizeof run->adopted);
        run->handlers.service_changed(run->handlers.context);
        run_set_phase(run, MODEL_RESTORED);
        return;
    }
    run->way_back = run->adopted.way_back; /* what adopt_free would free is the run's now */
    run->engine = engine_of(&run->way_back);
    run->before = run->adopted.before;
    run->journal = run->adopted.journal;
    run->sidecars_wanted = run->adopted.sidecars;
    snprintf(run->request.cluster, sizeof run->request.cluster, "%s", run->way_back.cluster);
    snprintf(run->request.service, sizeof run->request.service, "%s", run->way_back.service);
    say_found(run);
    if (run->adopted.endpoints.count > 0 && run->way_back.reach != CHOICES_REACH_NONE &&
        !run_open_sidecars(run, &run->adopted.endpoints, &error))
        run_say(run, MODEL_LOG_WARNING,
                "the sidecars can't be cleared from here; their faults end with the lease, once nobody "
                "renews it, "
                "or with their tasks: %s",
                error.message);
    memset(&run->adopted, 0, sizeof run->adopted);
    run_start_restore(run);
}

static void adopt(struct run *run, const struct intent *intent)
{
    run_forget(run);
    run->adopt_intent = *intent;
    memcpy(run->request.cluster, intent->cluster, sizeof run->request.cluster);
    memcpy(run->request.service, intent->service, sizeof run->request.service);
    run_set_phase(run, MODEL_RECOVERING);
    run_start_job(run, run_work_adopt, on_adopted);
}

void run_rollback(struct run *run, const struct intent *intent)
{
    bool restorable =
        run->phase == MODEL_FAILED_PHASE && run->exit_status == 5 && run->way_back.experiment[0] != '\0';
    if (intent == NULL && run->leaving)
        return; /* it was left on purpose */
    switch (run->phase) {
    case MODEL_PLANNING:
    case MODEL_PLANNED:
        run_dismiss(run);
        break;
    case MODEL_ARMING:
        run->rollback_wanted = true;
        atomic_store(&run->cancel, true);
        break;
    case MODEL_ARMED:
    case MODEL_INJECTING:
        run_start_restore(run);
        break;
    case MODEL_RECOVERING:
        break;
    case MODEL_IDLE:
    case MODEL_RESTORED:
    case MODEL_FAILED_PHASE:
        if (run_is_busy(run))
            break;
        if (restorable)
            run_start_restore(run);
        else if (intent != NULL && (intent->experiment[0] != '\0' || intent->service[0] != '\0'))
            adopt(run, intent);
        break;
    }
}
