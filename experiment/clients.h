/*
 * clients: what the clients of services see, where they tell it (services tagged
 * shaketable:client-stats): a link and a series each. Belongs to the session's loop.
 */
#ifndef SHAKETABLE_EXPERIMENT_CLIENTS_H
#define SHAKETABLE_EXPERIMENT_CLIENTS_H

#include "experiment/model.h"
#include "experiment/series.h"

#include <uv.h>

#define CLIENTS_MAX 16
#define CLIENTS_INTERVAL_MS 200

struct clients;

/* `changed` is called when something was heard. NULL without memory. */
struct clients *clients_new(uv_loop_t *loop, void (*changed)(void *context), void *context);
void clients_free(struct clients *clients);
/* Links to the tagged services of the tree, at most CLIENTS_MAX. */
void clients_reconcile(struct clients *clients, const struct model_inventory *inventory);
/* Borrowed; NULL if nobody tells. */
struct series *clients_find(const struct clients *clients, const char *cluster, const char *service);
/* The moment at which faults go live, change or end, for all of them. */
void clients_mark(struct clients *clients, int64_t now_ms, const char *text, bool take_baseline);
void clients_advance(struct clients *clients, int64_t now_ms);

#endif
