/*
 * gateway_query: a call's query as AWS's servers write it before they verify its signature, whichever of its
 * spellings came in ("a/b" and "a%2fb" are "a%2Fb", "+" is a space). SDKs send it so; others may send what
 * they have signed otherwise. Parameters keep their order, and "acl" stays without a "=".
 */
#ifndef SHAKETABLE_PROXY_GATEWAY_QUERY_H
#define SHAKETABLE_PROXY_GATEWAY_QUERY_H

#include "core/buf.h"

#include <stddef.h>

#define GATEWAY_QUERY_GROWTH 3 /* times as long as it came, at most */

/* Appends it. */
void gateway_query_settle(struct buf *out, const char *query, size_t length);

#endif
