/*
 * probe_stats: a probe's rounds as the stats socket tells them, for a console that shows them as what a
 * client sees. On a thread of its own.
 */
#ifndef SHAKETABLE_EXPERIMENT_PROBE_STATS_H
#define SHAKETABLE_EXPERIMENT_PROBE_STATS_H

#include "core/error.h"
#include "experiment/probe.h"

struct probe_stats;

/* `address`: "tcp:127.0.0.1:PORT", port 0 picks one. NULL with an error: ERROR_USAGE for what is none. */
struct probe_stats *probe_stats_start(const char *address, struct error *error);
/* "tcp:127.0.0.1:4321". */
const char *probe_stats_address(const struct probe_stats *stats);
/* A round that was ok is a round trip of its total; one that failed is an outcome: the other side refused it,
 * failed, or was waited for in vain. Canceled ones are none. */
void probe_stats_note(struct probe_stats *stats, const struct probe_round *round);
void probe_stats_stop(struct probe_stats *stats); /* NULL: nothing */

#endif
