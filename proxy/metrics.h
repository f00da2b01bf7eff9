/*
 * metrics: GET /metrics on an address of its own, from counts since the start. On the control thread. No TLS
 * and no say over the faults: it only tells.
 */
#ifndef SHAKETABLE_PROXY_METRICS_H
#define SHAKETABLE_PROXY_METRICS_H

#include "core/error.h"
#include "core/stats.h"

#include <stddef.h>

/* One more takes the place of the one that has been silent longest. Fewer than WORKER_DESCRIPTORS_KEPT, some
 * of which are for the console. */
#define METRICS_CLIENTS_MAX 8
#define METRICS_HEAD_MS \
    5000 /* from a request's first byte, or from the connection's beginning, to its last */
#define METRICS_IDLE_MS 90000  /* between requests */
#define METRICS_WRITE_MS 10000 /* until the client has taken the answer */
#define METRICS_LINGER_MS 1000 /* after the last answer, for the client to read it */

struct control;
struct metrics;

/* "ADDR:PORT", or ":PORT" for every address. NULL on error; else the address stands in `shown`. The
 * caller keeps it until the loop has run out, then frees it. */
struct metrics *metrics_new(struct control *control, const char *address, char *shown, size_t size,
                            struct error *error);
/* Closes all its handles. */
void metrics_close(struct metrics *metrics);
void metrics_free(struct metrics *metrics); /* NULL is fine */

/* A collection begins: whoever asked before this is answered with what it brings. */
void metrics_collecting(struct metrics *metrics);
/* … and has brought this. */
void metrics_collected(struct metrics *metrics, const struct stats_sample *sum);

#endif
