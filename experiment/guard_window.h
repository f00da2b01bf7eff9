/*
 * guard_window: the last ten seconds of what the sidecars measured, in slots of a quarter of a second, so
 * that a guard can look at as little of it as it needs. Times are clock_ms. About 1 MB.
 */
#ifndef SHAKETABLE_EXPERIMENT_GUARD_WINDOW_H
#define SHAKETABLE_EXPERIMENT_GUARD_WINDOW_H

#include "experiment/guard.h"
#include "experiment/tally.h"

#define GUARD_SLOT_MS 250
#define GUARD_SLOTS 40
#define GUARD_SLOTS_LEAST 4 /* nothing is said of less than a second */
#define GUARD_SLOTS_RATE 12 /* a rate is that of three seconds */
/* Fewer requests than these in ten seconds say nothing. */
#define GUARD_REQUESTS_LEAST 20
/* So many beyond the limit, where there are few requests, are no chance. */
#define GUARD_PROOF 5

struct guard_window {
    int64_t first; /* the number of the oldest slot that counts: now_ms / GUARD_SLOT_MS */
    int64_t now;   /* of the slot that is being filled */
    int64_t heard_ms;
    struct tally slots[GUARD_SLOTS + 1]; /* by number % (GUARD_SLOTS + 1) */
    struct tally sum;                    /* scratch */
};

/* Empty from now on. */
void guard_window_begin(struct guard_window *window, int64_t now_ms);
void guard_window_add(struct guard_window *window, const struct stats_sample *sample, int64_t now_ms);
/* Lets time pass; window->now tells by how many slots. */
void guard_window_advance(struct guard_window *window, int64_t now_ms);

enum guard_verdict { GUARD_NOT_KNOWN, GUARD_FINE, GUARD_BREACHED };
/* Whether a measured guard holds now, by the whole slots. *value is what the metric is, < 0 where that can't
 * be said.
 *
 * A percentile or a share is that of the last second; where that has too few requests, of two, and so on up
 * to ten. It has enough where five or more are to be expected beyond the limit. Before it has enough, a guard
 * with > is breached as well once five were beyond the limit and are more than the share that may be. What is
 * then still undecided after ten seconds is fine if there were 20 (for a percentile: answered) requests, and
 * else not known. */
enum guard_verdict guard_window_judge(struct guard_window *window, const struct guard *guard, double *value);

#endif
