#include "experiment/run_internal.h"

#include <stdio.h>

#include "core/clock.h"

#define WATCH_LOCAL_MS 1000
#define WATCH_AWS_MS 5000
#define LEAVE_MS 3000
#define TIMELINE_GRACE_MS 15000
/* A session of Session Manager takes a second or two, and not all begin at once. */
#define SSM_REACH_MS 45000
#define SSM_REACH_EACH_MS 1000

int64_t run_reach_ms(const struct run *run)
{
    return run->way_back.reach == CHOICES_REACH_SSM
               ? SSM_REACH_MS + SSM_REACH_EACH_MS * (int64_t)run->endpoints.count
               : RUN_REACH_MS;
}

static size_t reach_step(const struct run *run)
{
    return run->engine->start_step_count - 2;
}

static size_t baseline_step(const struct run *run)
{
    return run->engine->start_step_count - 1;
}

static void go_live(struct run *run, int64_t now_ms)
{
    char text[MODEL_TEXT_MAX];
    const char *missing = run_missing_capability(run, &run->asked);
    if (missing == NULL)
        missing = run_timeline_missing(run);
    if (missing != NULL) {
        snprintf(text, sizeof text, "the sidecars can't do %s: use a newer image of shaketable-proxy",
                 missing);
        run_fail_and_restore(run, text);
        return;
    }
    series_take_baseline(run->series);
    progress_set(&run->progress, baseline_step(run), MODEL_STEP_DONE, 0, 0, "n %llu",
                 (unsigned long long)series_window_total(run->series));
    progress_estimate(&run->progress, 0);
    run->deadline_ms = now_ms + (run->request.duration_ms > 0 ? run->request.duration_ms : PLAN_OPEN_END_MS);
    if (run->timeline != NULL) /* its last actions come at the very end, and are still to be told */
        run->deadline_ms += TIMELINE_GRACE_MS;
    run->reach_until_ms = clock_ms() + run_ack_ms(run);
    run_tell_faults(run, SIDECARS_LEASE_MS);
}

static void renew_when_due(struct run *run)
{
    if (clock_ms() < run->next_renew_ms || run->leaving)
        return;
    run->next_renew_ms = clock_ms() + SIDECARS_RENEW_MS;
    run->renewed_ms = clock_boot_ms();
    sidecars_renew(run->sidecars);
}

bool run_end_if_lapsed(struct run *run)
{
    bool leased = run->phase == MODEL_INJECTING || (run->phase == MODEL_ARMED && run->deadline_ms != 0);
    int64_t since_ms = clock_boot_ms() - run->renewed_ms;
    if (!leased || !run->engine->sidecars || run->leaving || run->way_back.reach == CHOICES_REACH_NONE ||
        since_ms < SIDECARS_LEASE_MS)
        return false;
    char text[MODEL_TEXT_MAX];
    snprintf(text, sizeof text,
             "shaketable stood still for %lld s, longer than the lease of %d s: the faults have ended by "
             "themselves and are not put back",
             (long long)since_ms / 1000, SIDECARS_LEASE_MS / 1000);
    run_fail_and_restore(run, text);
    return true;
}

/* Told, and not acknowledged by all yet: those that have it keep it, the others are told again, for a while.
 */
static void wait_for_live(struct run *run)
{
    char text[MODEL_TEXT_MAX];
    struct sidecars_count count = sidecars_count(run->sidecars);
    renew_when_due(run);
    if (clock_ms() < run->reach_until_ms)
        return;
    snprintf(text, sizeof text, "%zu of %zu sidecars have not taken the faults within %lld s",
             count.total - count.acknowledged, count.total, (long long)run_ack_ms(run) / 1000);
    run_fail_and_restore(run, text);
}

void run_tick_armed(struct run *run, int64_t now_ms)
{
    struct sidecars_count count = sidecars_count(run->sidecars);
    if (run_end_if_lapsed(run))
        return;
    if (run->way_back.reach > CHOICES_REACH_DIRECT)
        run_watch_when_due(run); /* ECS Exec's agents may start later than their tasks */
    if (run->way_back.reach == CHOICES_REACH_NONE) {
        run_tick_unreached(run, now_ms);
        return;
    }
    if (run->baseline_from_ms == 0) {
        bool all = count.total > 0 && count.reached == count.total;
        progress_set(&run->progress, reach_step(run), all ? MODEL_STEP_DONE : MODEL_STEP_DOING,
                     (int)count.reached, (int)count.total, "%zu of %zu", count.reached, count.total);
        if (!all && clock_ms() < run->reach_until_ms)
            return;
        if (count.reached == 0) {
            run_fail_and_restore(run, "none of the sidecars could be reached on its stats port");
            return;
        }
        if (!all)
            run_say(run, MODEL_LOG_WARNING,
                    "%zu of %zu sidecars could not be reached: their tasks stay unfaulted",
                    count.total - count.reached, count.total);
        run->baseline_from_ms = clock_ms();
        series_restart_window(run->series, now_ms);
        run_guards_begin(run);
    }
    if (run_guards_tick(run))
        return;
    int64_t since = clock_ms() - run->baseline_from_ms;
    if (run->deadline_ms != 0) {
        wait_for_live(run);
        return;
    }
    progress_set(&run->progress, baseline_step(run), MODEL_STEP_DOING, (int)since, RUN_BASELINE_MS, "n %llu",
                 (unsigned long long)series_window_total(run->series));
    progress_estimate(&run->progress, RUN_BASELINE_MS - since);
    if (since >= RUN_BASELINE_MS && !guards_wait(run->guards))
        go_live(run, now_ms);
}

void run_adjust(struct run *run, const struct fault *fault)
{
    if (run->phase != MODEL_ARMING && run->phase != MODEL_ARMED && run->phase != MODEL_INJECTING)
        return;
    if (!run->engine->sidecars) {
        run_say(run, MODEL_LOG_WARNING, "AWS FIS can't change a fault that runs. Roll back, and inject anew");
        return;
    }
    if (run->way_back.reach == CHOICES_REACH_NONE) {
        run_say(
            run, MODEL_LOG_WARNING,
            "the sidecars can't be reached: their faults can't be changed while they are live. Roll back, "
            "and inject anew");
        return;
    }
    if (run->timeline != NULL) {
        run_say(run, MODEL_LOG_WARNING, "a template plays: it says which faults there are");
        return;
    }
    if (run->leaving)
        return; /* it would shorten the lease that they are left with */
    if (run_end_if_lapsed(run))
        return;
    struct error refusal;
    if (run->engine->can != NULL && !run->engine->can(fault, &refusal)) {
        run_say(run, MODEL_LOG_WARNING, "the faults stay as they are: %.200s", refusal.message);
        return;
    }
    const char *missing = run->sidecars == NULL ? NULL : run_missing_capability(run, fault);
    if (missing != NULL) {
        run_say(
            run, MODEL_LOG_WARNING,
            "the sidecars can't do %s: the faults stay as they are. Use a newer image of shaketable-proxy",
            missing);
        return;
    }
    run_change_faults(run, fault);
}

void run_change_faults(struct run *run, const struct fault *fault)
{
    if (run_slow_hold(run, fault))
        return;
    if (!run->told)
        run->before_change = run->live;
    run->asked = *fault;
    if (run->phase == MODEL_INJECTING || run->deadline_ms != 0)
        run_tell_faults(run, SIDECARS_LEASE_MS);
    run->handlers.changed(run->handlers.context);
}

void run_watch_done(struct run *run)
{
    bool there = run->phase == MODEL_ARMED || run->phase == MODEL_INJECTING;
    if (!there || run->watch_failed || run->leaving || run->rollback_wanted)
        return;
    if (!run->watched.ours) {
        run_fail_and_restore(run, run->watched.drift);
        return;
    }
    if (!run->engine->sidecars) {
        run_fis_watched(run);
        return;
    }
    sidecars_reconcile(run->sidecars, &run->watched.endpoints);
    run->handlers.changed(run->handlers.context);
}

void run_watch_when_due(struct run *run)
{
    bool local = job_endpoint_is_local(aws_client_endpoint(run->client));
    if (clock_ms() < run->next_watch_ms || run->leaving)
        return;
    run->next_watch_ms = clock_ms() + (local ? WATCH_LOCAL_MS : WATCH_AWS_MS);
    run_start_watch(run);
}

void run_tick_injecting(struct run *run, int64_t now_ms)
{
    if (run_end_if_lapsed(run) || run_guards_tick(run))
        return;
    renew_when_due(run);
    run_watch_when_due(run);
    run_listen_when_due(run);
    run_timeline_tick(run);
    run_slow_tick(run);
    /* By either clock: that of the day may be set back. */
    if (run->stopping_tasks)
        return;
    if (clock_ms() >= run->over_ms || now_ms >= (run->ends_ms > 0 ? run->ends_ms : run->deadline_ms)) {
        run_say(run, MODEL_LOG_INFO, "%s",
                run->ends_ms > 0 ? "the duration is over" : "the deadline has come");
        run_start_restore(run);
    }
}

void run_leave(struct run *run)
{
    if (run->phase != MODEL_INJECTING) {
        run_rollback(run, NULL);
        return;
    }
    int64_t lease_ms = run->deadline_ms - clock_epoch_ms();
    if (run->holding) /* what was asked for last is what goes on */
        run->asked = run->held;
    run->holding = false;
    run->leaving = true;
    atomic_store(&run->cancel, true); /* a watch under way is not waited for */
    run->leave_until_ms = clock_ms() + LEAVE_MS;
    if (run->engine->sidecars &&
        run->way_back.reach != CHOICES_REACH_NONE) /* else they live by the clock anyway */
        run_tell_faults(run, lease_ms < STATS_LEASE_MIN_MS   ? STATS_LEASE_MIN_MS
                             : lease_ms > STATS_LEASE_MAX_MS ? STATS_LEASE_MAX_MS
                                                             : lease_ms);
    journal_phase(run->journal, "left", NULL);
    run_say(run, MODEL_LOG_WARNING,
            "experiment %s goes on until its deadline; shaketable rollback %s ends it",
            run->way_back.experiment, run->way_back.experiment);
}
