#include "experiment/run_internal.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"

static bool is_local(const struct run *run)
{
    return job_endpoint_is_local(aws_client_endpoint(run->client));
}

static int64_t poll_ms(const struct run *run)
{
    return is_local(run) ? GUARD_POLL_LOCAL_MS : GUARD_POLL_AWS_MS;
}

/* ── the poll, on a worker ───────────────────────────────────────────────────────────────── */

static void poll_aws(uv_work_t *request)
{
    struct run *run = request->data;
    struct job job = run_job(run);
    guard_poll_read(&job, run->way_back.cluster_arn, run->way_back.service_arn, &run->guard_poll);
}

static void after_poll(uv_work_t *request, int status)
{
    (void)status;
    struct run *run = request->data;
    run->polling = false;
    guards_take_poll(run->guards, &run->guard_poll, clock_ms());
    run->handlers.changed(run->handlers.context);
}

static void poll_when_due(struct run *run)
{
    if (run->polling || clock_ms() < run->next_poll_ms)
        return;
    guards_want(run->guards, &run->guard_poll);
    if (!guard_poll_is_wanted(&run->guard_poll))
        return;
    run->polling = true;
    run->next_poll_ms = clock_ms() + poll_ms(run);
    run->guard_work.data = run;
    uv_queue_work(run->loop, &run->guard_work, poll_aws, after_poll);
}

/* ── on the loop ─────────────────────────────────────────────────────────────────────────── */

void run_guards_begin(struct run *run)
{
    guards_set(run->guards, &run->request.choices, clock_ms());
    guards_begin(run->guards, poll_ms(run), clock_ms());
    run->next_poll_ms = 0;
}

bool run_guards_tick(struct run *run)
{
    if (run->leaving)
        return false;
    poll_when_due(run);
    if (!guards_tick(run->guards, clock_ms()))
        return false;
    run->tripped = true;
    run_set_problem(run, guards_reason(run->guards));
    run_start_restore(run); /* first the faults, then what is written */
    journal_guard(run->journal, guards_reason(run->guards), NULL);
    return true;
}

static void say_change(struct run *run, const struct choices *before)
{
    const struct choices *now = &run->request.choices;
    if (now->guard_count > before->guard_count)
        run_say(run, MODEL_LOG_INFO, "guard: %.200s", now->guards[now->guard_count - 1]);
    else
        run_say(run, MODEL_LOG_INFO, "%zu guard%s now", now->guard_count, now->guard_count == 1 ? "" : "s");
}

void run_set_guards(struct run *run, const struct choices *choices)
{
    bool wanted = run->phase == MODEL_PLANNED || run->phase == MODEL_ARMING || run->phase == MODEL_ARMED ||
                  run->phase == MODEL_INJECTING;
    if (!wanted || run->leaving)
        return;
    const struct choices before = run->request.choices;
    run->request.choices.guard_count = choices->guard_count;
    memcpy(run->request.choices.guards, choices->guards, sizeof choices->guards);
    guards_set(run->guards, choices, clock_ms());
    run->next_poll_ms = 0; /* a new one is looked at now */
    say_change(run, &before);
    run->handlers.changed(run->handlers.context);
}

void run_guards_show(const struct run *run, struct model_experiment *out)
{
    bool chosen = run->phase == MODEL_PLANNING || run->phase == MODEL_PLANNED || run->phase == MODEL_ARMING;
    if (chosen)
        guards_show_choices(&run->request.choices, out);
    else
        guards_show(run->guards, clock_ms(), out);
}
