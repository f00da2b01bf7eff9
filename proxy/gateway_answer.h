/*
 * gateway_answer: one answer on its way to the client: our own, or one that is passed on as it comes.
 */
#ifndef SHAKETABLE_PROXY_GATEWAY_ANSWER_H
#define SHAKETABLE_PROXY_GATEWAY_ANSWER_H

#include "core/buf.h"
#include "core/http1.h"
#include "proxy/gateway_request.h"

#include <stdbool.h>

struct gateway_answer {
    int fd;
    bool is_head, http_1_0;
    bool closes;      /* the connection has to be closed behind it */
    bool chunked;     /* its length was not told */
    bool begun, lost; /* lost: the client takes no more */
    int status;
};

void gateway_answer_init(struct gateway_answer *answer, const struct gateway_request *request);
/* `headers`: lines with their ends, Content-Type among them. */
void gateway_answer_send(struct gateway_answer *answer, int status, const char *headers,
                         const struct buf *body);
/* Passes an upstream's answer on. */
struct http1_sink gateway_answer_sink(struct gateway_answer *answer);
/* Behind the last byte of one that was passed on whole. */
void gateway_answer_end(struct gateway_answer *answer);

#endif
