/*
 * inventory: reads the tree of clusters, services, target groups and their health, and keeps reading it. What
 * is on the screen comes first and is read often; the rest is read once at a slower pace, so that a filter
 * finds all, and then seldom. Nothing is asked for twice at a time, and the account's quotas are left to
 * others for the better part. Threads of its own make the calls; any thread may call what stands here.
 */
#ifndef SHAKETABLE_EXPERIMENT_INVENTORY_H
#define SHAKETABLE_EXPERIMENT_INVENTORY_H

#include "aws/ecs.h"
#include "experiment/model.h"

#include <stdbool.h>

#define INVENTORY_ACCOUNT_MAX 32

struct inventory;

/* `changed` is called on a reading thread when there is something to take. The client must outlive the
 * inventory; `cancel` is its cancel flag, and once it is set nothing more is asked for. NULL without memory.
 */
struct inventory *inventory_start(struct aws_client *client, const atomic_bool *cancel,
                                  void (*changed)(void *context), void *context);
/* Waits for the calls under way: set the cancel flag first. */
void inventory_stop(struct inventory *inventory);

/* The keys of the services that are shown, and of the clusters that are open; see model_key. */
void inventory_show(struct inventory *inventory, const uint64_t *keys, size_t count);
/* The one whose details are shown. */
void inventory_select(struct inventory *inventory, const char *cluster, const char *service);
/* What is shown is read anew now. */
void inventory_refresh(struct inventory *inventory);

/* A snapshot, the caller's; NULL if nothing has changed since the last one. */
struct model_inventory *inventory_take(struct inventory *inventory);
/* "" as long as it is not known. */
void inventory_account(struct inventory *inventory, char account[INVENTORY_ACCOUNT_MAX]);

/* Tagged as production (environment, env or stage is prod or production): its name must be typed. */
bool inventory_is_production(const struct ecs_service *service);

/* The address in the tag shaketable:client-stats ("tcp:127.0.0.1:PORT"), kept beside the model. */
#define INVENTORY_CLIENT_STATS_TAG "shaketable:client-stats"

#endif
