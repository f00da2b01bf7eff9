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
