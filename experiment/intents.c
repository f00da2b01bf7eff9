#include "experiment/intents.h"

#include <string.h>

#include "experiment/template.h"

static bool ends_something(const struct intent *intent)
{
    return intent->kind == INTENT_ROLLBACK || intent->kind == INTENT_LEAVE || intent->kind == INTENT_QUIT;
}

static bool steers_the_experiment(const struct intent *intent)
{
    return intent->kind != INTENT_SELECT && intent->kind != INTENT_VISIBLE &&
           intent->kind != INTENT_REFRESH && intent->kind != INTENT_CATALOGUE &&
           intent->kind != INTENT_CLIENT_STATS;
}

static bool same_target(const struct intent *a, const struct intent *b)
{
    return a->kind == b->kind && strcmp(a->cluster, b->cluster) == 0 && strcmp(a->service, b->service) == 0 &&
           strcmp(a->experiment, b->experiment) == 0;
}

/* The waiting one whose place `intent` takes; NULL: none. What steers an experiment keeps its order: a change
 * of faults takes only the place of one after which nothing else is wanted of the experiment. */
static struct intent *find_overtaken(struct intents *intents, const struct intent *intent)
{
    for (size_t i = intents->count; i-- > 0;) {
        struct intent *waiting = &intents->items[i];
        if (!steers_the_experiment(intent)) {
            if (waiting->kind == intent->kind)
                return waiting;
        } else if (intent->kind == INTENT_ADJUST) {
            if (waiting->kind == INTENT_ADJUST)
                return waiting;
            if (steers_the_experiment(waiting))
                return NULL;
        } else if (i < INTENTS_MAX - INTENTS_RESERVED) {
            return NULL;
        } else if (same_target(waiting, intent)) {
            return waiting; /* in the reserve nothing needs to stand twice */
        }
    }
    return NULL;
}

bool intents_add(struct intents *intents, const struct intent *intent)
{
    size_t room = ends_something(intent) ? INTENTS_MAX : INTENTS_MAX - INTENTS_RESERVED;
    struct intent *overtaken = find_overtaken(intents, intent);
    if (overtaken != NULL)
        template_release(overtaken->template);
    else if (intents->count < room)
        overtaken = &intents->items[intents->count++];
    if (overtaken == NULL) {
        template_release(intent->template);
        return false;
    }
    *overtaken = *intent;
    return true;
}

size_t intents_take(struct intents *intents, struct intent *out, size_t max)
{
    size_t count = intents->count < max ? intents->count : max;
    memcpy(out, intents->items, count * sizeof out[0]);
    intents->count -= count;
    memmove(intents->items, intents->items + count, intents->count * sizeof intents->items[0]);
    return count;
}
