#include "proxy/gateway_upstream.h"

#include <stdio.h>
#include <string.h>

static bool leads_to(const struct gateway_upstream *upstream, size_t i,
                     const struct gateway_endpoint *endpoint)
{
    return upstream->links[i].dial && upstream->links[i].tls == endpoint->url.tls &&
           strcmp(upstream->links[i].authority, endpoint->authority) == 0;
}

static void drop(struct gateway_upstream *upstream, size_t i)
{
    dial_close(upstream->links[i].dial);
    upstream->links[i].dial = NULL;
}

/* One that is still open; GATEWAY_LINKS_MAX: none. */
static size_t find_kept(struct gateway_upstream *upstream, const struct gateway_endpoint *endpoint)
{
    for (size_t i = 0; i < GATEWAY_LINKS_MAX; i++) {
        if (!leads_to(upstream, i, endpoint))
            continue;
        if (dial_is_idle(upstream->links[i].dial))
            return i;
        drop(upstream, i);
    }
    return GATEWAY_LINKS_MAX;
}

static size_t find_place(const struct gateway_upstream *upstream)
{
    size_t oldest = 0;
    for (size_t i = 0; i < GATEWAY_LINKS_MAX; i++) {
        if (!upstream->links[i].dial)
            return i;
        if (upstream->links[i].used < upstream->links[oldest].used)
            oldest = i;
    }
    return oldest;
}

/* What the caller is told: 503, it could not be reached; 502, it is not what it should be; 504, it is silent.
 */
static int status_of_dial(enum dial_failure failure)
{
    switch (failure) {
    case DIAL_CONNECT_TIMEOUT:
        return 504;
    case DIAL_UNTRUSTED:
    case DIAL_CUT:
    case DIAL_PROXY:
        return 502;
    default:
        return 503;
    }
}

static bool dial(struct gateway_upstream *upstream, const struct gateway_endpoint *endpoint, size_t *place,
                 struct gateway_failure *failure, struct error *error)
{
    const struct dial_options options = {.host = endpoint->url.host,
                                         .port = endpoint->url.port,
                                         .tls = endpoint->url.tls,
                                         .trust = upstream->trust,
                                         .connect_timeout_ms = GATEWAY_CONNECT_MS,
                                         .cancel = upstream->cancel,
                                         .caller_fd = upstream->client_fd};
    enum dial_failure why;
    struct dial *opened = dial_open(&options, NULL, &why, error);
    if (!opened) {
        failure->status = status_of_dial(why);
        return false;
    }
    size_t i = *place = find_place(upstream);
    drop(upstream, i);
    upstream->links[i].dial = opened;
    upstream->links[i].tls = endpoint->url.tls;
    snprintf(upstream->links[i].authority, sizeof upstream->links[i].authority, "%s", endpoint->authority);
    return true;
}

static bool exchange(struct gateway_upstream *upstream, size_t i, const struct http1_request *request,
                     const struct http1_sink *sink, struct http1_answer *answer,
                     struct gateway_failure *failure, struct error *error)
{
    upstream->links[i].used = ++upstream->uses;
    bool answered =
        http1_exchange(upstream->links[i].dial, request, upstream->timeout_ms, sink, answer, error);
    if (!answered || !answer->keeps_alive)
        drop(upstream, i);
    failure->begun = answer->first_byte_us > 0;
    failure->status = error->code == ERROR_TIMEOUT ? 504 : 502;
    return answered;
}

bool gateway_upstream_exchange(struct gateway_upstream *upstream, const struct gateway_endpoint *endpoint,
                               const struct http1_request *request, const struct http1_sink *sink,
                               struct http1_answer *answer, struct gateway_failure *failure,
                               struct error *error)
{
    size_t place = find_kept(upstream, endpoint);
    bool kept = place < GATEWAY_LINKS_MAX;
    *failure = (struct gateway_failure){.status = 0};
    memset(answer, 0, sizeof *answer);
    error_clear(error);
    if (kept && exchange(upstream, place, request, sink, answer, failure, error))
        return true;
    /* It may have been closed while the request was on its way. Where it was carried out all the same it is
     * now a second time, as by an SDK's own retry. */
    if (kept && (failure->begun || error->code != ERROR_NETWORK))
        return error_prefix(error, "%s: ", endpoint->authority);
    if (kept)
        http1_answer_free(answer);
    return (dial(upstream, endpoint, &place, failure, error) &&
            exchange(upstream, place, request, sink, answer, failure, error)) ||
           error_prefix(error, "%s: ", endpoint->authority);
}

void gateway_upstream_close(struct gateway_upstream *upstream)
{
    for (size_t i = 0; i < GATEWAY_LINKS_MAX; i++)
        drop(upstream, i);
}
