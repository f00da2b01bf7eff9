/*
 * hints: where in a list something was found last, by its name, so that big lists need not be searched each
 * time. A hint may be wrong (the list has changed, or another name fell upon its place): who asks looks
 * whether it is what he wants, and searches else.
 */
#ifndef SHAKETABLE_SANDBOX_HINTS_H
#define SHAKETABLE_SANDBOX_HINTS_H

#include <stddef.h>
#include <stdint.h>

struct hints { /* zeroed: empty */
    uint32_t *slots;
};

/* SIZE_MAX: none. `name` may be NULL. */
size_t hints_get(const struct hints *hints, const char *name);
void hints_put(struct hints *hints, const char *name, size_t position);
void hints_free(struct hints *hints);

#endif
