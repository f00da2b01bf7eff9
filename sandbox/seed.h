/*
 * seed: the region as it is when it starts: clusters storefront (web, catalog, checkout) and payments
 * (ledger, fraud), their load balancers, task definitions with a history, live traffic, and DynamoDB's table
 * Products in us-east-1.
 */
#ifndef SHAKETABLE_SANDBOX_SEED_H
#define SHAKETABLE_SANDBOX_SEED_H

#include "sandbox/region.h"
#include "sandbox/traffic.h"

/* Before any other thread knows the region. `traffic` NULL: no clients. */
bool seed_region(struct region *region, struct traffic *traffic, struct error *error);

#endif
