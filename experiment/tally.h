/*
 * tally: what was counted of requests in some stretch of time: their round trips and how they ended. A plain
 * value of some 20 KB.
 */
#ifndef SHAKETABLE_EXPERIMENT_TALLY_H
#define SHAKETABLE_EXPERIMENT_TALLY_H

#include "core/hist.h"
#include "core/stats.h"

struct tally {
    struct hist round_trip; /* of those that were answered */
    uint64_t requests;      /* that have ended, one way or the other */
    uint64_t errors;        /* injected errors, resets, failures of the application */
    uint64_t lost;          /* client gone, blackholed, refused */
};

/* Of any memory. */
void tally_clear(struct tally *tally);
/* Empties one that is valid; cheap where little was counted. */
void tally_reset(struct tally *tally);
/* `outcome` has STATS_OUTCOMES counts. */
void tally_count(struct tally *tally, const struct hist *round_trip, const uint64_t *outcome);
void tally_add(struct tally *into, const struct tally *from);
/* Of what was added before. */
void tally_subtract(struct tally *from, const struct tally *old);

#endif
