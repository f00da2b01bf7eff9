/*
 * http: one request at a time a thread, over connections that are kept and used again. Follows no
 * redirect, speaks only http and https, verifies certificates, takes proxies from the environment
 * (HTTPS_PROXY, http_proxy, NO_PROXY and what else libcurl knows).
 */
#ifndef SHAKETABLE_AWS_HTTP_H
#define SHAKETABLE_AWS_HTTP_H

#include "core/buf.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define AWS_HTTP_ANSWER_MAX (16U << 20)
#define AWS_HTTP_CONNECT_TIMEOUT_MS 3100
#define AWS_HTTP_CANCEL_MS 50 /* how often cancellation is looked at */
#define AWS_HTTP_TEXT_MAX 256

struct aws_http_pool; /* safe to use from several threads */

/* `ca_bundle` may be "" (the system's). NULL without memory. */
struct aws_http_pool *aws_http_pool_open(const char *ca_bundle);
void aws_http_pool_close(struct aws_http_pool *pool);

struct aws_http_request {
    const char *method; /* NULL: POST; GET, PUT, PATCH, DELETE */
    const char *url;
    const char *const *headers; /* "Name: value" */
    size_t header_count;
    const char *body; /* not with GET */
    size_t body_length;
    int timeout_ms;
    bool once;   /* never sent twice: on a connection of its own, for libcurl sends a request again when a
                    kept connection turns out to be closed */
    bool direct; /* never through a proxy */
    const atomic_bool *cancel; /* NULL: none */
};

enum aws_http_outcome {
    AWS_HTTP_ANSWERED,
    AWS_HTTP_NOT_SENT,  /* no connection */
    AWS_HTTP_UNTRUSTED, /* a connection, but its certificate does not hold: nothing was sent */
    AWS_HTTP_CUT,       /* sent, but the connection ended before the answer did */
    AWS_HTTP_TIMEOUT,   /* sent, no whole answer in time */
    AWS_HTTP_TOO_LARGE,
    AWS_HTTP_CANCELED,
    AWS_HTTP_NO_MEMORY,
};

struct aws_http_answer {
    long status;
    struct buf body; /* at most AWS_HTTP_ANSWER_MAX */
    char content_type[AWS_HTTP_TEXT_MAX];
    char date[AWS_HTTP_TEXT_MAX];
    char error_type[AWS_HTTP_TEXT_MAX]; /* X-Amzn-ErrorType */
    char trouble[AWS_HTTP_TEXT_MAX];    /* why there is no answer: "Connection refused" */
    const char *hint;                   /* what to do about that, a sentence; NULL: nothing is known */
};

/* `answer` is initialized here; free it in any case. */
enum aws_http_outcome aws_http_send(struct aws_http_pool *pool, const struct aws_http_request *request,
                                    struct aws_http_answer *answer);
void aws_http_answer_free(struct aws_http_answer *answer);

#endif
