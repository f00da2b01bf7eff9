/*
 * refusals: what can't be done and why, all of it at once instead of the first only. A plain value: zero it
 * first.
 */
#ifndef SHAKETABLE_CORE_REFUSALS_H
#define SHAKETABLE_CORE_REFUSALS_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>

#define REFUSALS_MAX 64
#define REFUSAL_WHERE_MAX 160
#define REFUSAL_WHY_MAX 320

struct refusal {
    char where[REFUSAL_WHERE_MAX]; /* the option, parameter, action or target: "--reset", "action slow" */
    char why[REFUSAL_WHY_MAX];     /* a sentence without its full stop */
};
struct refusals {
    struct refusal items[REFUSALS_MAX];
    size_t count;
    size_t more; /* that found no room */
};

/* Adds one; control characters become '?'. Returns false always, as error_set does. */
bool refusals_add(struct refusals *refusals, const char *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Adds all of `from`, each with "PREFIX: " before where it is; an empty prefix adds none. */
void refusals_take(struct refusals *refusals, const char *prefix, const struct refusals *from);
/* All in one message, as far as it has room: "WHERE: WHY; WHERE: WHY". Returns false (ERROR_REFUSED). */
bool refusals_set_error(const struct refusals *refusals, struct error *error);

#endif
