/*
 * seed_big: a big account beside what the region starts with: clusters, services and tasks that are only
 * described. Their tasks are RUNNING and their targets healthy, and no process stands behind them; what
 * would change them is refused.
 */
#ifndef SHAKETABLE_SANDBOX_SEED_BIG_H
#define SHAKETABLE_SANDBOX_SEED_BIG_H

#include "core/error.h"
#include "sandbox/region.h"

struct seed_big {
    unsigned clusters, services, tasks; /* in all */
};

/* "100:2000:5000". */
bool seed_big_parse(struct seed_big *big, const char *text, struct error *error);
/* Before any other thread knows the region. Services are spread over the clusters, tasks over the services.
 */
bool seed_big_region(struct region *region, const struct seed_big *big, struct error *error);

#endif
