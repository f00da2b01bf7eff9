/*
 * probe_serve: the small HTTP server of a probe that runs as a service: GET /health for a load balancer, GET
 * /test for somebody who wants a round now.
 */
#ifndef SHAKETABLE_SRC_PROBE_SERVE_H
#define SHAKETABLE_SRC_PROBE_SERVE_H

#include "core/error.h"

#include <json-c/json.h>
#include <stdint.h>

#define PROBE_SERVE_CONNECTIONS_MAX 64
#define PROBE_SERVE_IDLE_S 30

/* Called on any thread. Each returns the status, and a document that is taken over. */
struct probe_serve_answers {
    void *context;
    unsigned (*health)(void *context, struct json_object **document);
    unsigned (*test)(void *context, struct json_object **document);
};

struct probe_server;
/* `where`: "[ADDR:]PORT"; without an address: all of IPv4. ERROR_USAGE for what is none, ERROR_SYSTEM with
 * the address where it can't be had. `answers` is copied. */
struct probe_server *probe_serve_start(const char *where, const struct probe_serve_answers *answers,
                                       struct error *error);
/* "127.0.0.1:8080", as it was bound. */
const char *probe_serve_address(const struct probe_server *server);
/* Waits for the answers under way. NULL: nothing. */
void probe_serve_stop(struct probe_server *server);

#endif
