#include "experiment/probe_health.h"

void probe_health_note(struct probe_health *health, bool ok, int64_t now_ms)
{
    if (!ok && !health->failing)
        health->since_ms = now_ms;
    health->failing = !ok;
}

int64_t probe_health_failing_ms(const struct probe_health *health, int64_t now_ms)
{
    return health->failing && now_ms > health->since_ms ? now_ms - health->since_ms : 0;
}

bool probe_health_is_good(const struct probe_health *health, int64_t now_ms)
{
    return probe_health_failing_ms(health, now_ms) < PROBE_HEALTH_PATIENCE_MS;
}
