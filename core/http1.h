/*
 * http1: HTTP/1.1 over a dialled connection, one request after another (RFC 9112), by blocking calls.
 * Messages are read by http_reader.
 */
#ifndef SHAKETABLE_CORE_HTTP1_H
#define SHAKETABLE_CORE_HTTP1_H

#include "core/buf.h"
#include "core/dial.h"
#include "core/error.h"
#include "core/http_reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP1_HEAD_MAX HTTP_HEAD_MAX /* bytes of an answer's head */
#define HTTP1_HEADERS_MAX HTTP_FIELDS_MAX
#define HTTP1_BODY_MAX (16U << 20) /* of an answer that is kept whole */
#define HTTP1_REQUEST_HEAD_MAX 65536
#define HTTP1_INTERIM_MAX 16 /* informational answers before the answer */

struct http1_header {
    const char *name, *value;
};

/* Borrows everything. Host, Content-Length and Connection are the caller's to give where they are to be sent;
 * a body without Content-Length among the headers gets it. */
struct http1_request {
    const char *method, *target; /* "POST", "/path?query" */
    const struct http1_header *headers;
    size_t header_count;
    const void *body;
    size_t body_length;
};

struct http1_answer {
    int status;
    size_t header_count;
    struct http1_header headers[HTTP1_HEADERS_MAX]; /* their texts belong to `head` */
    struct buf head;
    struct buf body;                          /* "" where there is a sink */
    bool keeps_alive;                         /* the connection may be used for another request */
    int64_t sent_us, first_byte_us, total_us; /* since the call, until the request was out, the first byte
                                                 of the answer's head (not of a 1xx), and its last byte;
                                                 0: never */
};

/* Where an answer's body goes as it comes; head is called once, before. False ends the exchange. */
struct http1_sink {
    void *context;
    bool (*head)(void *context, const struct http1_answer *answer);
    bool (*body)(void *context, const char *data, size_t length);
};

/* True: answered, whatever the status. The error is dial's, or ERROR_INVALID for what is no HTTP (also: an
 * answer past a bound, and a request that cannot be written down), ERROR_CANCELED when the sink ended it.
 * Time-outs are of inactivity, as the AWS SDKs' read time-out is. `sink` may be NULL: the body is kept.
 * Initializes `answer`; free it in any case. Informational answers (1xx) are skipped; a switch of protocols
 * (101) is an error. An answer that comes before all of the request was sent is taken, and ends the
 * connection. Where the error is a time-out, answer->sent_us > 0 says that the request had gone out, and
 * answer->first_byte_us > 0 that an answer had begun. */
bool http1_exchange(struct dial *dial, const struct http1_request *request, int read_timeout_ms,
                    const struct http1_sink *sink, struct http1_answer *answer, struct error *error);
void http1_answer_free(struct http1_answer *answer);
/* The first of that name, whatever its case; NULL: none. */
const char *http1_header_find(const struct http1_answer *answer, const char *name);

#endif
