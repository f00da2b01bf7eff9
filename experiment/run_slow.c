/* Faults that take seconds to change (the ECS agent's): one change at a time, and of those that come
 * meanwhile the newest; live only once they are acknowledged, and the way back waits a while for traffic to
 * be clean. */
#include "experiment/run_internal.h"

#include <stdio.h>

#include "core/clock.h"

#define CLEAN_GRACE_MS 2000 /* for the sidecars' links, where an experiment was found */

static bool is_slow(const struct run *run)
{
    return run->engine->slow_ms > 0;
}

int64_t run_ack_ms(const struct run *run)
{
    int64_t reach_ms = run_reach_ms(run);
    return run->engine->ack_ms > reach_ms ? run->engine->ack_ms : reach_ms;
}

bool run_slow_hold(struct run *run, const struct fault *fault)
{
    if (!is_slow(run) ||
        (!run->told && clock_ms() >= run->next_change_ms && !fault_equal(fault, &run->asked))) {
        run->holding = false;
        return false;
    }
    run->holding = !fault_equal(fault, &run->asked); /* the newest wins, be it that nothing is to change */
    run->held = *fault;
    run->handlers.changed(run->handlers.context);
    return true;
}

void run_slow_tick(struct run *run)
{
    if (!run->holding || run->told || clock_ms() < run->next_change_ms)
        return;
    const struct fault fault = run->held;
    run_change_faults(run, &fault);
}

void run_slow_told(struct run *run)
{
    if (!is_slow(run))
        return;
    run->next_change_ms = clock_ms() + run->engine->slow_ms;
    sidecars_be_patient(run->sidecars, run->engine->ack_ms);
}

/* The first faults can't be had, or what was there before a change can't be put back: then nobody knows what
 * is in force. */
bool run_slow_refused(struct run *run)
{
    char problem[MODEL_TEXT_MAX + 64], text[MODEL_TEXT_MAX + 128];
    bool first = run->phase == MODEL_ARMED && run->told;
    bool again = run->phase == MODEL_INJECTING && run->told && fault_equal(&run->asked, &run->before_change);
    if (!is_slow(run) || run->leaving || (!first && !again))
        return false;
    if (!sidecars_problem(run->sidecars, problem, sizeof problem))
        snprintf(problem, sizeof problem, "no reason was given");
    snprintf(text, sizeof text, "the ECS agent does not take the faults: %s", problem);
    run_fail_and_restore(run, text);
    return true;
}

/* ── the way back ────────────────────────────────────────────────────────────────────────── */

bool run_slow_wait_for_clean(struct run *run)
{
    run->holding = false;
    if (!is_slow(run) || !run->told)
        return false;
    run->clean_until_ms = clock_ms() + run->engine->slow_ms * 2 + CLEAN_GRACE_MS;
    return true;
}

/* A kernel that drops everything is better cleared before its task goes: on an instance's own network the
 * fault would stay. It is not waited for longer than the agent takes; the sidecar clears it too when its task
 * stops. */
void run_slow_tick_clean(struct run *run)
{
    if (run->clean_until_ms == 0)
        return;
    struct sidecars_count count = sidecars_count(run->sidecars);
    bool nobody = count.total == 0 || count.turned_away == count.total;
    bool late = clock_ms() >= run->clean_until_ms;
    if (run->told && !nobody && !late)
        return;
    if (run->told && !nobody)
        run_say(run, MODEL_LOG_WARNING,
                "%zu of %zu sidecars have not said that they are clean: their faults end with their tasks",
                count.total - count.acknowledged, count.total);
    run->clean_until_ms = 0;
    run_restore_service(run);
}

void run_slow_show(const struct run *run, struct model_experiment *out)
{
    int64_t wait_ms = run->next_change_ms - clock_ms();
    bool live = run->phase == MODEL_ARMED || run->phase == MODEL_INJECTING;
    out->slow_ms = run->engine->slow_ms;
    out->changing = is_slow(run) && run->told;
    if (is_slow(run) && live && wait_ms > 0)
        out->next_change_ms = clock_epoch_ms() + wait_ms;
    if (run->holding)
        out->asked = run->held;
    out->change_waits = run->holding;
}
