/*
 * nearest: the known name that somebody who mistyped one may have meant.
 */
#ifndef SHAKETABLE_CORE_NEAREST_H
#define SHAKETABLE_CORE_NEAREST_H

#include <stddef.h>

#define NEAREST_LENGTH_MAX 64 /* longer names are near to none */

/* Borrows all names. */
struct nearest {
    const char *name;
    size_t length;
    size_t distance;
    const char *found; /* NULL: none that was offered is near */
    size_t found_length;
};

void nearest_begin(struct nearest *nearest, const char *name, size_t length);
/* Of equally near ones the first stays. */
void nearest_offer(struct nearest *nearest, const char *known, size_t length);

#endif
