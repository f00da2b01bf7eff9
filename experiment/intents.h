/*
 * intents: the queue of what the session's owner wants of it. It is bounded; what a later one makes void is
 * not kept, and however full it is, a wish to end is taken. Not thread-safe.
 */
#ifndef SHAKETABLE_EXPERIMENT_INTENTS_H
#define SHAKETABLE_EXPERIMENT_INTENTS_H

#include "experiment/model.h"

#include <stdbool.h>
#include <stddef.h>

#define INTENTS_MAX 256
#define INTENTS_RESERVED 16 /* of these, for INTENT_ROLLBACK, INTENT_LEAVE and INTENT_QUIT */

struct intents {
    size_t count;
    struct intent items[INTENTS_MAX]; /* oldest first */
};

/* Takes it over, with its template. A selection or a change of faults replaces the one that waits. False:
 * there is no room, and it is gone. */
bool intents_add(struct intents *intents, const struct intent *intent);
/* Moves the oldest ones, `max` at most, to `out`; returns how many. */
size_t intents_take(struct intents *intents, struct intent *out, size_t max);

#endif
