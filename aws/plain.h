/*
 * plain: requests that are not signed, for the services that give keys: the container's, the instance's, the
 * SSO portal.
 */
#ifndef SHAKETABLE_AWS_PLAIN_H
#define SHAKETABLE_AWS_PLAIN_H

#include "aws/transport.h"
#include "core/error.h"

#include <stdbool.h>

#define AWS_PLAIN_HEADERS_MAX 4

struct aws_plain {
    const char *method; /* "GET", "PUT", "POST" */
    const char *url;
    const char *headers[AWS_PLAIN_HEADERS_MAX]; /* "Name: value"; NULL: no more */
    const char *body;                           /* NULL: none */
    int timeout_ms;
    int attempts;  /* a pause of a second lies between two; only an outage is tried again */
    bool no_proxy; /* it is reached from this machine alone */
    const atomic_bool *cancel;
};

/* True: it was answered, whatever the status. `answer` is to be freed in any case (aws_http_answer_free). The
 * error names the URL. */
bool aws_plain_send(const struct aws_transport *transport, const struct aws_plain *plain,
                    struct aws_http_answer *answer, struct error *error);

#endif
