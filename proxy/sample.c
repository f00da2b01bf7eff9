#include "proxy/sample.h"

#include <math.h>

/* X = U^(-1/3), U in (0, 1], has mean 3/2 and variance 3/4. */
static double pareto(struct random *random)
{
    double x = 1.0 / cbrt(1.0 - random_uniform(random));
    return (x - 1.5) / sqrt(0.75);
}

/* The two parts are independent, so the sum's variance is 1/16 + 9/16. */
static double paretonormal(struct random *random)
{
    double normal = random_normal(random);
    return (0.25 * normal + 0.75 * pareto(random)) / sqrt(0.625);
}

static double deviation(enum fault_distribution distribution, struct random *random)
{
    switch (distribution) {
    case FAULT_UNIFORM:
        return 2.0 * random_uniform(random) - 1.0;
    case FAULT_PARETO:
        return pareto(random);
    case FAULT_PARETONORMAL:
        return paretonormal(random);
    case FAULT_NORMAL:
        break;
    }
    return random_normal(random);
}

uint64_t sample_latency_ns(const struct fault *fault, struct random *random)
{
    double ms = fault->latency.mean_ms;
    if (fault->latency.jitter_ms > 0)
        ms += fault->latency.jitter_ms * deviation(fault->latency.distribution, random);
    if (!(ms > 0))
        return 0;
    if (ms > FAULT_LATENCY_MAX_MS)
        ms = FAULT_LATENCY_MAX_MS;
    return (uint64_t)(ms * (double)SAMPLE_NS_PER_MS);
}

void sample_split(enum fault_direction direction, uint64_t delay_ns, uint64_t *request_ns,
                  uint64_t *response_ns)
{
    switch (direction) {
    case FAULT_REQUEST:
        *request_ns = delay_ns;
        break;
    case FAULT_RESPONSE:
        *request_ns = 0;
        break;
    case FAULT_BOTH:
        *request_ns = delay_ns / 2;
        break;
    }
    *response_ns = delay_ns - *request_ns;
}

bool sample_segment_lost(struct sample_loss_state *state, const struct fault *fault, struct random *random)
{
    double rate = fault->loss.percent / 100.0;
    if (rate <= 0 || rate >= 1) {
        state->lossy = rate >= 1;
        return state->lossy;
    }
    /* Independent losses already come in runs of 1 / (1 - rate): a shorter mean run can't be had
     * without making losses avoid each other. */
    double leave = fmin(1.0 / fault->loss.burst, 1.0 - rate);
    double enter = rate * leave / (1.0 - rate);
    double roll = random_uniform(random);
    state->lossy = state->lossy ? roll >= leave : roll < enter;
    return state->lossy;
}

/* Measured against real drops on Linux: 207, 415, 840, 1680, … ms in all. */
uint64_t sample_tail_stall_ns(unsigned times)
{
    static const uint64_t first_ms[] = {0, 207, 415};
    if (times < sizeof first_ms / sizeof first_ms[0])
        return first_ms[times] * SAMPLE_NS_PER_MS;
    unsigned doublings = times - 3;
    if (doublings > 6)
        return SAMPLE_STALL_MAX_NS;
    uint64_t stall = (UINT64_C(840) << doublings) * SAMPLE_NS_PER_MS;
    return stall < SAMPLE_STALL_MAX_NS ? stall : SAMPLE_STALL_MAX_NS;
}

/* How often in a row a segment is lost that was just lost once: its retransmissions are segments too. */
static unsigned lost_in_all(struct sample_loss_state *state, const struct fault *fault, struct random *random)
{
    unsigned times = 1;
    while (times < 10 && sample_segment_lost(state, fault, random))
        times++;
    return times;
}

struct sample_loss sample_losses(struct sample_loss_state *state, const struct fault *fault,
                                 struct random *random, size_t segments, bool ends, uint64_t rtt_ns)
{
    struct sample_loss loss = {0};
    for (size_t i = 0; i < segments; i++) {
        if (!sample_segment_lost(state, fault, random))
            continue;
        if (ends && i + 1 == segments) {
            loss.tail_ns = sample_tail_stall_ns(lost_in_all(state, fault, random));
        } else if (!loss.middle) {
            /* Selective acknowledgement mends all holes of one flight together. */
            loss.middle = true;
            loss.middle_segment = i;
            loss.middle_ns = rtt_ns;
        }
    }
    return loss;
}
