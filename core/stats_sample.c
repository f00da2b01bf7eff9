#include "core/stats.h"

#include <string.h>

#define AT(member) offsetof(struct stats_sample, member)

const struct stats_histogram stats_histograms[STATS_HISTOGRAMS] = {
    {"round_trip", AT(round_trip)},
    {"service", AT(service)},
    {"injected_asked", AT(injected_asked)},
    {"injected_got", AT(injected_got)},
    {"lateness", AT(lateness)},
    {"control_round_trip", AT(control_round_trip)},
    {"control_service", AT(control_service)},
    {"scoped_round_trip", AT(scoped_round_trip)},
    {"scoped_service", AT(scoped_service)},
    {"connect", AT(connect)},
    {"client_rtt", AT(client_rtt)},
    {"upstream_rtt", AT(upstream_rtt)},
    {"until_answered", AT(until[STATS_ANSWERED])},
    {"until_injected_error", AT(until[STATS_INJECTED_ERROR])},
    {"until_reset", AT(until[STATS_RESET])},
    {"until_blackholed", AT(until[STATS_BLACKHOLED])},
    {"until_client_gone", AT(until[STATS_CLIENT_GONE])},
    {"until_upstream_refused", AT(until[STATS_UPSTREAM_REFUSED])},
    {"until_upstream_failed", AT(until[STATS_UPSTREAM_FAILED])},
};

const char *const stats_share_names[STATS_SHARES] = {
    [STATS_CLEAN] = "clean", [STATS_CONTROL] = "control", [STATS_SCOPED] = "scoped"};

void stats_sample_init(struct stats_sample *sample)
{
    fault_init(&sample->faults);
    sample->intensity = 1;
    for (size_t i = 0; i < STATS_HISTOGRAMS; i++)
        hist_reset(stats_histogram_of(sample, &stats_histograms[i]));
}

void stats_sample_clear(struct stats_sample *sample)
{
    memset(sample, 0, sizeof *sample);
    stats_sample_init(sample);
}

static void reset_counts(struct stats_sample *sample)
{
    sample->connections_accepted = sample->requests = sample->faulted = 0;
    sample->bytes_in = sample->bytes_out = 0;
    sample->upstream_bytes_in = sample->upstream_bytes_out = 0;
    sample->client_retransmits = sample->upstream_retransmits = 0;
    memset(sample->outcomes, 0, sizeof sample->outcomes);
    memset(sample->control_outcomes, 0, sizeof sample->control_outcomes);
    memset(sample->scoped_outcomes, 0, sizeof sample->scoped_outcomes);
    for (size_t i = 0; i < STATS_HISTOGRAMS; i++)
        hist_reset(stats_histogram_of(sample, &stats_histograms[i]));
}

void stats_sample_reset(struct stats_sample *sample)
{
    reset_counts(sample);
    sample->sequence = 0;
    sample->interval_ms = sample->lease_left_ms = 0;
    fault_init(&sample->faults);
    sample->intensity = 1;
    memset(sample->set_by, 0, sizeof sample->set_by);
    sample->connections_open = sample->in_flight = sample->held = 0;
}

void stats_sample_add(struct stats_sample *into, const struct stats_sample *from)
{
    into->connections_open += from->connections_open;
    into->in_flight += from->in_flight;
    into->held += from->held;
    into->connections_accepted += from->connections_accepted;
    into->requests += from->requests;
    into->faulted += from->faulted;
    into->bytes_in += from->bytes_in;
    into->bytes_out += from->bytes_out;
    into->upstream_bytes_in += from->upstream_bytes_in;
    into->upstream_bytes_out += from->upstream_bytes_out;
    into->client_retransmits += from->client_retransmits;
    into->upstream_retransmits += from->upstream_retransmits;
    for (int i = 0; i < STATS_OUTCOMES; i++) {
        into->outcomes[i] += from->outcomes[i];
        into->control_outcomes[i] += from->control_outcomes[i];
        into->scoped_outcomes[i] += from->scoped_outcomes[i];
    }
    for (size_t i = 0; i < STATS_HISTOGRAMS; i++)
        hist_add(stats_histogram_of(into, &stats_histograms[i]),
                 stats_histogram_in(from, &stats_histograms[i]));
}

void stats_sample_take(struct stats_sample *into, struct stats_sample *from)
{
    stats_sample_add(into, from);
    reset_counts(from);
}
