/*
 * stats_server: tells what a client sees, in the frames of the stats socket (core/stats.h), to consoles that
 * subscribe: in plain text, and so on this machine alone. There is nothing to set. It belongs to a libuv
 * loop; who uses it links libuv.
 */
#ifndef SHAKETABLE_CORE_STATS_SERVER_H
#define SHAKETABLE_CORE_STATS_SERVER_H

#include "core/error.h"
#include "core/stats.h"

#include <stdint.h>
#include <uv.h>

#define STATS_SERVER_SUBSCRIBERS_MAX 16

struct stats_server;

/* What is told: the counts since the start, of connections, requests, bytes, outcomes and round trips, and
 * gauges as they are now. Called on the loop. `into` is all zero but for histograms, which are empty. */
typedef void stats_server_totals(void *context, struct stats_sample *into);

/* `address`: "127.0.0.1:PORT", or another one of the loopback; port 0 picks one. NULL with an error:
 * ERROR_USAGE for what is none, behind `name`. */
struct stats_server *stats_server_open(uv_loop_t *loop, const char *address, const char *name,
                                       stats_server_totals *totals, void *context, struct error *error);
/* "127.0.0.1:4321". */
const char *stats_server_address(const struct stats_server *server);
uint16_t stats_server_port(const struct stats_server *server);
/* Calls `totals` no more; it frees itself once libuv has let go. NULL: nothing. */
void stats_server_close(struct stats_server *server);

#endif
