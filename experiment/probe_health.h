/*
 * probe_health: whether who probes is healthy, as a load balancer's health check asks: not once rounds have
 * failed for half a minute without a success in between. The clock is handed in.
 */
#ifndef SHAKETABLE_EXPERIMENT_PROBE_HEALTH_H
#define SHAKETABLE_EXPERIMENT_PROBE_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#define PROBE_HEALTH_PATIENCE_MS 30000

/* All zero: healthy, no round has ended yet. */
struct probe_health {
    bool failing;
    int64_t since_ms; /* when the first of the failures in a row ended */
};

/* A round has ended. */
void probe_health_note(struct probe_health *health, bool ok, int64_t now_ms);
/* How long it has been failing; 0: it is not. */
int64_t probe_health_failing_ms(const struct probe_health *health, int64_t now_ms);
bool probe_health_is_good(const struct probe_health *health, int64_t now_ms);

#endif
