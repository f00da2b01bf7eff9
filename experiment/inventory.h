/*
 * inventory: reads the tree of clusters, services, target groups and their health. Blocking; each stage is
 * published as soon as it is there.
 */
#ifndef SHAKETABLE_EXPERIMENT_INVENTORY_H
#define SHAKETABLE_EXPERIMENT_INVENTORY_H

#include "aws/ecs.h"
#include "experiment/job.h"
#include "experiment/model.h"

#include <stdbool.h>

/* Gets a stage; takes over the reference. Called on the reading thread. */
typedef void inventory_publish(void *context, struct model_inventory *inventory);

/* `previous` (may be NULL) is what was known: a first reading shows clusters before their services, a later
 * one keeps the old until the new is whole. False: the problem stands in the published inventory and in
 * `error`. */
bool inventory_read(const struct job *job, const struct model_inventory *previous, inventory_publish *publish,
                    void *context, struct error *error);

/* Tagged as production (environment, env or stage is prod or production): its name must be typed. */
bool inventory_is_production(const struct ecs_service *service);

/* The address in the tag shaketable:client-stats ("tcp:127.0.0.1:PORT"), kept beside the model. */
#define INVENTORY_CLIENT_STATS_TAG "shaketable:client-stats"

#endif
