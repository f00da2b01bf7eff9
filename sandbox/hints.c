#include "sandbox/hints.h"

#include "sandbox/memory.h"

#include <stdlib.h>

#define SLOTS 32768 /* a power of two */

/* FNV-1a. */
static size_t slot_of(const char *name)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * UINT64_C(1099511628211);
    return (size_t)(hash ^ hash >> 32) % SLOTS;
}

size_t hints_get(const struct hints *hints, const char *name)
{
    uint32_t found = hints->slots && name ? hints->slots[slot_of(name)] : 0;

    return found > 0 ? found - 1 : SIZE_MAX;
}

void hints_put(struct hints *hints, const char *name, size_t position)
{
    if (!hints->slots)
        hints->slots = memory_new(SLOTS * sizeof *hints->slots);
    hints->slots[slot_of(name)] = (uint32_t)position + 1;
}

void hints_free(struct hints *hints)
{
    free(hints->slots);
    hints->slots = NULL;
}
