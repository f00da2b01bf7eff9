/*
 * base64: RFC 4648 section 4, with padding, without line breaks.
 */
#ifndef SHAKETABLE_CORE_BASE64_H
#define SHAKETABLE_CORE_BASE64_H

#include "core/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Appends the text; false without room. */
bool base64_encode(const void *data, size_t length, struct buf *out);
/* Appends the bytes; false if the text is not base64 (strictly: padded, no other characters, no
 * stray bits) or without room, and then nothing is appended. */
bool base64_decode(const char *text, size_t length, struct buf *out);

#endif
