/*
 * transport: one HTTP request and its answer, whoever carries them: libcurl in the console (http.h), the
 * sidecar's own client in the sidecar, which links no libcurl.
 */
#ifndef SHAKETABLE_AWS_TRANSPORT_H
#define SHAKETABLE_AWS_TRANSPORT_H

#include "core/buf.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define AWS_HTTP_ANSWER_MAX (16U << 20)
#define AWS_HTTP_TEXT_MAX 256

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

void aws_http_answer_free(struct aws_http_answer *answer);

/* Sends one request, with nothing tried again. `answer` is initialized by it; free it in any case. */
struct aws_transport {
    enum aws_http_outcome (*send)(void *context, const struct aws_http_request *request,
                                  struct aws_http_answer *answer);
    void *context;
};

#endif
