/*
 * traffic: the clients of the region. One thread sends HTTP requests to the load balancers'
 * listeners, each service at its own rate (Poisson arrivals, keep-alive connections, open loop: a slow
 * service does not slow its clients down, up to a bound of requests in flight), and measures their
 * round trips. What the clients saw is served with the stats protocol (core/stats.h) on a loopback
 * port a service: hello and subscribe work as on a sidecar, set and clear are refused (there is nothing to
 * set). The region tags each service with that address (`shaketable:client-stats`,
 * "tcp:127.0.0.1:PORT"), so a console can show what a service's clients see.
 */
#ifndef SHAKETABLE_SANDBOX_TRAFFIC_H
#define SHAKETABLE_SANDBOX_TRAFFIC_H

#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>

struct traffic;

struct traffic_source {
    char url[512];          /* "http://127.1.0.1:34567/cart" */
    double per_second;      /* mean rate */
    int timeout_ms;         /* a client's patience */
    bool from_first_answer; /* nothing is counted before: the service is only starting */
};

struct traffic *traffic_start(struct error *error);
void traffic_stop(struct traffic *traffic);
/*
 * What became of a request, in the words of core/stats.h: `answered` a status below 500;
 * `injected_error` an answer with the header x-shaketable-injected; `upstream_failed` any other 5xx,
 * or a response that broke off; `upstream_refused` no connection; `client_gone` no answer within
 * timeout_ms, or 200 of the source's requests were under way already and the client left unheard.
 * round_trip holds the answered ones.
 */
/* Begins to send; *stats_port is where its clients' round trips are served. */
bool traffic_add(struct traffic *traffic, const struct traffic_source *source, uint16_t *stats_port,
                 struct error *error);

#endif
