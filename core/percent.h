/*
 * percent: %XX, as URLs (RFC 3986, 2.1) and forms have it, decoded.
 */
#ifndef SHAKETABLE_CORE_PERCENT_H
#define SHAKETABLE_CORE_PERCENT_H

#include <stdbool.h>
#include <stddef.h>

/* Decodes `length` bytes, with `plus` also "+" to a blank. What has no room in `size` bytes, with its NUL, is
 * cut off; length + 1 are enough. False for a bad escape or a NUL. */
bool percent_decode(const char *from, size_t length, bool plus, char *into, size_t size);

#endif
