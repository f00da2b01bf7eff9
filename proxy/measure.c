#include "proxy/connection.h"

#include "core/clock.h"
#include "core/hist.h"

static uint64_t to_us(uint64_t ns)
{
    return (ns + 500) / 1000;
}

void measure_faulted(struct worker *worker, struct exchange *exchange)
{
    if (!exchange || exchange->faulted)
        return;
    exchange->faulted = true;
    if (!exchange->health_check && !exchange->turn)
        worker->interval.faulted++;
}

/* One that was in scope stays it, also when it is let go because the faults have ended. */
static enum stats_share share_of(const struct worker *worker, const struct exchange *exchange)
{
    if (exchange->in_scope || exchange->faulted)
        return STATS_SCOPED;
    return worker->clean ? STATS_CLEAN : STATS_CONTROL;
}

static void count_outcome(struct stats_sample *interval, enum stats_outcome outcome, enum stats_share share)
{
    interval->outcomes[outcome]++;
    if (share == STATS_SCOPED)
        interval->scoped_outcomes[outcome]++;
    else if (share == STATS_CONTROL)
        interval->control_outcomes[outcome]++;
}

void measure_outcome_at(struct worker *worker, struct exchange *exchange, enum stats_outcome outcome,
                        uint64_t now_ns)
{
    struct stats_sample *interval = &worker->interval;
    if (exchange->health_check || exchange->finished)
        return;
    if (outcome != STATS_BLACKHOLED) {
        exchange->finished = true;
        if (!exchange->started && !exchange->turn)
            interval->in_flight--;
        exchange->started = true;
        uint64_t since = exchange->received_ns ? exchange->received_ns : now_ns;
        hist_record(&interval->until[outcome], to_us(now_ns - since));
    }
    count_outcome(interval, outcome, share_of(worker, exchange));
}

void measure_outcome(struct worker *worker, struct exchange *exchange, enum stats_outcome outcome)
{
    measure_outcome_at(worker, exchange, outcome, clock_ns());
}

void measure_stream_outcome(struct worker *worker, enum stats_outcome outcome, bool in_scope)
{
    enum stats_share share = worker->clean ? STATS_CLEAN : STATS_CONTROL;
    count_outcome(&worker->interval, outcome, in_scope ? STATS_SCOPED : share);
}

/* A limited or once blackholed message waits for more than the delay that was asked for. */
static void record_injected(struct worker *worker, const struct exchange *exchange, uint64_t got_ns)
{
    uint64_t asked = exchange->asked_ns[LANE_REQUEST] + exchange->asked_ns[LANE_RESPONSE];
    if (asked == 0 || exchange->limited || exchange->blackholed)
        return;
    hist_record(&worker->interval.injected_asked, to_us(asked));
    hist_record(&worker->interval.injected_got, to_us(got_ns));
    hist_record(&worker->interval.lateness, got_ns > asked ? to_us(got_ns - asked) : 0);
}

static void record_share(struct worker *worker, const struct exchange *exchange, uint64_t round_trip_us,
                         uint64_t service_us)
{
    struct stats_sample *interval = &worker->interval;
    enum stats_share share = share_of(worker, exchange);
    if (share == STATS_CLEAN)
        return;
    bool scoped = share == STATS_SCOPED;
    hist_record(scoped ? &interval->scoped_round_trip : &interval->control_round_trip, round_trip_us);
    hist_record(scoped ? &interval->scoped_service : &interval->control_service, service_us);
}

/* A tunnel's turn counts once it is answered: TLS's farewell never is. */
static void count_turn(struct worker *worker, const struct exchange *turn)
{
    worker->interval.requests++;
    if (turn->faulted)
        worker->interval.faulted++;
}

void measure_response(struct worker *worker, struct exchange *exchange, uint64_t now_ns)
{
    if (exchange->health_check || exchange->started)
        return;
    exchange->started = true;
    if (exchange->turn)
        count_turn(worker, exchange);
    else
        worker->interval.in_flight--;
    if (exchange->received_ns == 0)
        return;
    if (exchange->local) {
        record_injected(worker, exchange, now_ns - exchange->received_ns);
        return;
    }
    /* An answer that came before its request was out has no round trip. */
    if (exchange->forwarded_ns == 0 || exchange->answered_ns < exchange->forwarded_ns)
        return;
    uint64_t service = exchange->answered_ns - exchange->forwarded_ns;
    uint64_t round_trip = now_ns - exchange->received_ns;
    uint64_t service_us = to_us(service);
    uint64_t round_trip_us = to_us(round_trip);
    hist_record(&worker->interval.service, service_us);
    hist_record(&worker->interval.round_trip, round_trip_us);
    record_share(worker, exchange, round_trip_us, service_us);
    record_injected(worker, exchange, round_trip - service);
}
