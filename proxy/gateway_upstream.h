/*
 * gateway_upstream: the connections of one of the gateway's threads to endpoints, kept between calls.
 */
#ifndef SHAKETABLE_PROXY_GATEWAY_UPSTREAM_H
#define SHAKETABLE_PROXY_GATEWAY_UPSTREAM_H

#include "core/dial.h"
#include "core/http1.h"
#include "proxy/gateway_endpoint.h"

#include <stdatomic.h>

#define GATEWAY_LINKS_MAX 4 /* one more takes the place of the one that was used longest ago */
#define GATEWAY_CONNECT_MS 5000

struct gateway_upstream {
    const struct dial_trust *trust;
    const atomic_bool *cancel;
    int client_fd;  /* who is gone needs no answer */
    int timeout_ms; /* of inactivity */
    struct {
        struct dial *dial; /* NULL: free */
        char authority[GATEWAY_AUTHORITY_MAX];
        bool tls;
        uint64_t used; /* the higher the later */
    } links[GATEWAY_LINKS_MAX];
    uint64_t uses;
};

/* How it ended, and with which HTTP status a caller is told of what went wrong. */
struct gateway_failure {
    int status;
    bool begun; /* the sink had the answer's head already */
};

/* On a kept connection where there is one; and once more, on a new one, if it turns out that it was closed
 * before any byte of an answer came. False with an error that names the endpoint. Free the answer in any
 * case. */
bool gateway_upstream_exchange(struct gateway_upstream *upstream, const struct gateway_endpoint *endpoint,
                               const struct http1_request *request, const struct http1_sink *sink,
                               struct http1_answer *answer, struct gateway_failure *failure,
                               struct error *error);
void gateway_upstream_close(struct gateway_upstream *upstream);

#endif
