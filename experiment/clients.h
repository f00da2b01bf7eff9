/*
 * clients: what the clients of services see, where they tell it (services tagged
 * shaketable:client-stats): a link and a series each. Beside them there may be one whose address somebody
 * gave by hand: it is a client of whatever service is looked at. Belongs to the session's loop.
 */
#ifndef SHAKETABLE_EXPERIMENT_CLIENTS_H
#define SHAKETABLE_EXPERIMENT_CLIENTS_H

#include "experiment/model.h"
#include "experiment/series.h"

#include "core/error.h"
#include "core/units.h"

#include <stdbool.h>
#include <uv.h>

#define CLIENTS_MAX 16
#define CLIENTS_INTERVAL_MS 200

struct clients;

/* `changed` is called when something was heard. NULL without memory. */
struct clients *clients_new(uv_loop_t *loop, void (*changed)(void *context), void *context);
void clients_free(struct clients *clients);
/* Links to the tagged services of the tree, at most CLIENTS_MAX. */
void clients_reconcile(struct clients *clients, const struct model_inventory *inventory);
/* "tcp:ADDR:PORT", ADDR a numeric one. ERROR_USAGE, behind `name`, for what is none. */
bool clients_read_address(const char *text, const char *name, char host[UNITS_HOST_MAX], uint16_t *port,
                          struct error *error);
/* The one given by hand from now on; "" for none. False with an error: the one of before stays. */
bool clients_give(struct clients *clients, const char *address, struct error *error);
/* Its series, borrowed; NULL: none was given. Its cluster and service are "". */
struct series *clients_given(const struct clients *clients);
/* Borrowed; NULL if nobody tells. */
struct series *clients_find(const struct clients *clients, const char *cluster, const char *service);
/* The moment at which faults go live, change or end, for all of them. */
void clients_mark(struct clients *clients, int64_t now_ms, const char *text, bool take_baseline);
void clients_advance(struct clients *clients, int64_t now_ms);

#endif
