/*
 * Which faults are in force on a worker, and how they change by themselves: their schedule.
 */
#include "proxy/worker.h"

#include "core/clock.h"
#include "proxy/connection.h"
#include "proxy/scope.h"

#include <stddef.h>

/* A ramp takes so many steps, but no step is shorter or longer than these. */
#define STEPS 1000
#define STEP_MIN_MS 1.0
#define STEP_MAX_MS 20.0
/* What makes one seed the seed of other sequences as well. */
#define LOTS_SEED UINT64_C(0x10750000)
#define NOISE_SEED UINT64_C(0x20150000)

static double elapsed_ms(const struct worker *worker)
{
    return (double)(clock_ns() - worker->since_ns) / (double)SAMPLE_NS_PER_MS;
}

static enum worker_phase phase_at(const struct fault *asked, double ms)
{
    double since = ms - asked->schedule.start_ms;
    if (since < 0)
        return WORKER_BEFORE;
    if (asked->schedule.duration_ms > 0 && since >= asked->schedule.duration_ms)
        return WORKER_OVER;
    return since < asked->schedule.ramp_ms ? WORKER_GROWING : WORKER_WHOLE;
}

/* When it must be looked at again, in ms since the faults were set; negative: never. */
static double next_ms(const struct worker *worker, double ms)
{
    const struct fault *asked = &worker->asked;
    double step = asked->schedule.ramp_ms / STEPS;
    double end =
        asked->schedule.duration_ms > 0 ? asked->schedule.start_ms + asked->schedule.duration_ms : -1;
    step = step < STEP_MIN_MS ? STEP_MIN_MS : step > STEP_MAX_MS ? STEP_MAX_MS : step;
    switch (worker->phase) {
    case WORKER_BEFORE:
        return asked->schedule.start_ms;
    case WORKER_GROWING:
        return end >= 0 && ms + step > end ? end : ms + step;
    case WORKER_WHOLE:
        return end;
    case WORKER_OVER:
        break;
    }
    return -1;
}

/* For all that is held and all that comes. */
static uint64_t put_in_force(struct worker *worker, const struct fault *fault)
{
    struct fault before = worker->fault;
    worker->fault = *fault;
    decision_rules_init(&worker->rules, &worker->fault);
    worker->clean = fault_is_clean(fault);
    worker->generation++;
    if (!scope_same(&before, fault))
        worker->scope_generation++;
    if (before.limit.bytes == 0 && fault->limit.bytes > 0)
        worker->limit_epoch++;
    uint64_t released = 0;
    for (struct connection *connection = worker->connections; connection; connection = connection->next)
        released += connection_retime(connection, &before);
    return released;
}

/* For what comes: a ramp only grows, so that nothing held would be let go. */
static void put_more_in_force(struct worker *worker, const struct fault *fault)
{
    if (worker->fault.limit.bytes == 0 && fault->limit.bytes > 0)
        worker->limit_epoch++;
    worker->fault = *fault;
    worker->clean = fault_is_clean(fault);
}

static void set_timer(struct worker *worker, double ms)
{
    struct timers *timers = &worker->loop.timers;
    double next = next_ms(worker, ms);
    if (next < 0) {
        timers_cancel(timers, &worker->schedule);
        return;
    }
    uint64_t at = worker->since_ns + (uint64_t)(next * (double)SAMPLE_NS_PER_MS) + 1;
    if (timers_set(timers, &worker->schedule, at))
        return;
    /* Without memory for it they would never end: they end now. */
    struct fault clean;
    fault_init(&clean);
    worker->asked = clean;
    put_in_force(worker, &clean);
}

static void on_schedule(struct timer *timer)
{
    struct worker *worker = (struct worker *)((char *)timer - offsetof(struct worker, schedule));
    double ms = elapsed_ms(worker);
    enum worker_phase before = worker->phase;
    struct fault scaled;
    worker->phase = phase_at(&worker->asked, ms);
    fault_scale(&scaled, &worker->asked, fault_intensity(&worker->asked, ms));
    if (worker->phase == WORKER_OVER || (before == WORKER_BEFORE && worker->phase == WORKER_WHOLE))
        put_in_force(worker, &scaled);
    else
        put_more_in_force(worker, &scaled);
    set_timer(worker, ms);
}

/* All workers' are the same: it is chance which of them a connection falls to. */
static void seed_random(struct worker *worker)
{
    random_seed(&worker->random, worker->asked.seed);
    random_seed(&worker->lots, worker->asked.seed ? worker->asked.seed ^ LOTS_SEED : 0);
    random_seed(&worker->noise, worker->asked.seed ? worker->asked.seed ^ NOISE_SEED : 0);
}

bool worker_renews_totals(const struct fault *before, const struct fault *after)
{
    return before->bandwidth.total_bytes_per_s != after->bandwidth.total_bytes_per_s ||
           before->schedule.ramp_ms > 0 || after->schedule.ramp_ms > 0;
}

uint64_t worker_set_faults(struct worker *worker, const struct fault *fault, uint64_t since_ns)
{
    struct fault scaled;
    if (worker_renews_totals(&worker->asked, fault))
        worker->totals_epoch++;
    worker->asked = *fault;
    worker->since_ns = since_ns;
    if (fault->seed)
        seed_random(worker);
    double ms = elapsed_ms(worker);
    worker->phase = phase_at(fault, ms);
    fault_scale(&scaled, fault, fault_intensity(fault, ms));
    uint64_t released = put_in_force(worker, &scaled);
    set_timer(worker, ms);
    return released;
}

void worker_init_faults(struct worker *worker, const struct fault *fault, uint64_t since_ns)
{
    worker->schedule.fire = on_schedule;
    fault_init(&worker->fault);
    worker->asked = *fault;
    seed_random(worker);
    worker_set_faults(worker, fault, since_ns);
}
