#include "proxy/connection.h"

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
    if (!exchange->health_check)
        worker->interval.faulted++;
}

void measure_outcome(struct worker *worker, struct exchange *exchange, enum stats_outcome outcome)
{
    if (exchange->health_check || exchange->finished)
        return;
    if (outcome != STATS_BLACKHOLED) {
        exchange->finished = true;
        if (!exchange->started)
            worker->interval.in_flight--;
        exchange->started = true;
    }
    worker->interval.outcomes[outcome]++;
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

void measure_response(struct worker *worker, struct exchange *exchange, uint64_t now_ns)
{
    if (exchange->health_check || exchange->started)
        return;
    exchange->started = true;
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
    hist_record(&worker->interval.service, to_us(service));
    hist_record(&worker->interval.round_trip, to_us(round_trip));
    record_injected(worker, exchange, round_trip - service);
}
