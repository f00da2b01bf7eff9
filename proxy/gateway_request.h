/*
 * gateway_request: one HTTP/1.1 request after another off a connection that blocks, each read whole: the call
 * must be signed anew before it goes on, and that takes all of its body.
 */
#ifndef SHAKETABLE_PROXY_GATEWAY_REQUEST_H
#define SHAKETABLE_PROXY_GATEWAY_REQUEST_H

#include "core/api_call.h"
#include "core/buf.h"
#include "core/http1.h"
#include "core/http_reader.h"
#include "proxy/aws_chunked.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define GATEWAY_BODY_MAX (64U << 20)
#define GATEWAY_BODIES_MAX (256U << 20) /* of all connections, but for those of up to GATEWAY_BODY_SMALL */
#define GATEWAY_BODY_SMALL (64U << 10)
#define GATEWAY_READ_MAX 16384
#define GATEWAY_HEADERS_MAX (HTTP_FIELDS_MAX + AWS_CHUNKED_TRAILERS_MAX)
#define GATEWAY_DRAIN_MS 2000 /* what a client still sends that was answered before its end */

enum gateway_read {
    GATEWAY_WHOLE,
    GATEWAY_ENDED,     /* the client is gone */
    GATEWAY_BROKEN,    /* no HTTP, or a head past its bounds */
    GATEWAY_TOO_LARGE, /* the head is there, the body is more than GATEWAY_BODY_MAX */
    GATEWAY_NO_MEMORY, /* likewise: for the body, or all bodies have more than GATEWAY_BODIES_MAX */
};

struct gateway_request {
    int fd;
    struct http_reader reader;
    char pending[GATEWAY_READ_MAX]; /* of what was read: the next request's */
    size_t pending_length;
    /* One request. */
    struct buf texts; /* of its head, each with its NUL */
    struct buf body;
    atomic_size_t *bodies; /* what all connections' bodies take */
    size_t taken;          /* this one's part of it */
    struct http1_header headers[GATEWAY_HEADERS_MAX];
    size_t header_count;
    char *method, *path, *query; /* the query without its "?", settled; "" if there is none */
    bool headed, http_1_0, keeps_alive, too_large, no_memory;
};

/* It holds pointers to itself: do not copy it. `bodies` counts for all that share it, and outlives them. */
void gateway_request_init(struct gateway_request *request, int fd, atomic_size_t *bodies);
void gateway_request_free(struct gateway_request *request);
/* The next; what it had of the last is gone. */
enum gateway_read gateway_request_read(struct gateway_request *request);
/* Feeds what came instead of reading it: true at the request's end, or at what ends it. For tests. */
bool gateway_request_feed(struct gateway_request *request, const char *data, size_t length,
                          enum gateway_read *result, size_t *used);
/* Puts a body of signed pieces together, and their trailers among the headers; false: it is broken. Any other
 * body stays as it is. */
bool gateway_request_unchunk(struct gateway_request *request);
/* A view of it. */
struct api_request gateway_request_view(const struct gateway_request *request);

/* Reads and drops what the client still sends, for a while, so that it reads its answer before the connection
 * is reset. */
void gateway_request_drain(struct gateway_request *request);

#endif
