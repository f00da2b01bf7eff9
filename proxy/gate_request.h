/*
 * gate_request: the head of a request to the CONNECT proxy, read strictly: what two programs could understand
 * in two ways is refused.
 */
#ifndef SHAKETABLE_PROXY_GATE_REQUEST_H
#define SHAKETABLE_PROXY_GATE_REQUEST_H

#include "proxy/authority.h"

#include <stddef.h>

#define GATE_HEAD_MAX 16384
#define GATE_WHY_MAX 160

struct gate_request {
    int status;             /* 200; or what it is refused with: 400, 405, 505 */
    char why[GATE_WHY_MAX]; /* … and why, for people */
    struct authority to;
};

/* The length of the head in these bytes, with its empty line; 0: it is not whole yet. */
size_t gate_request_head(const char *data, size_t length);
/* `head` is a whole one. Sets all of `request`. */
void gate_request_parse(const char *head, size_t length, struct gate_request *request);

#endif
