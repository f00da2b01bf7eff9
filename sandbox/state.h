/*
 * state: the region's configuration as one canonical JSON document: what a rollback has to bring
 * back, and nothing that changes by itself (task ids, times, events). Two equal states print as
 * equal bytes.
 */
#ifndef SHAKETABLE_SANDBOX_STATE_H
#define SHAKETABLE_SANDBOX_STATE_H

#include "core/buf.h"
#include "sandbox/region.h"

#include <stdbool.h>

/* With the region's mutex held. */
bool state_print(struct region *region, struct buf *out);

#endif
