/*
 * cbor: RFC 8949, as far as Smithy's RPC v2 CBOR protocol uses it: maps with text keys, arrays, texts,
 * numbers, flags and null, of definite and indefinite length; tags are read and dropped. Bounded.
 */
#ifndef SHAKETABLE_SANDBOX_CBOR_H
#define SHAKETABLE_SANDBOX_CBOR_H

#include "core/buf.h"

#include <stdbool.h>
#include <stddef.h>

struct json_object;

#define CBOR_DEPTH_MAX 16
#define CBOR_ITEMS_MAX 20000

/* The one map that the bytes are, the caller's; an empty body counts as {}. NULL for anything else. */
struct json_object *cbor_read(const void *data, size_t length);
/* Appends it. A number whose key ends in "Timestamp" gets the tag of an epoch time. */
bool cbor_write(struct json_object *value, struct buf *out);

#endif
