/*
 * local: the answers that are ours.
 */
#ifndef SHAKETABLE_PROXY_LOCAL_H
#define SHAKETABLE_PROXY_LOCAL_H

#include "core/buf.h"
#include "core/fault.h"
#include "proxy/exchange.h"

#define LOCAL_RESPONSE_MAX (FAULT_BODY_MAX + FAULT_HEADERS_MAX * (FAULT_HEADER_MAX + 2) + 1024)
#define LOCAL_PHRASE_MAX 64

/* A status's words. */
const char *local_phrase(int status);

/* An injected error (exchange->status, with the faults' body and headers; an empty body becomes the
 * status's words), or, where exchange->refused, 502. False only without memory. */
bool local_response(struct buf *out, const struct exchange *exchange, bool closes, const struct fault *fault);

#endif
