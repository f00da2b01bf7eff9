/*
 * authority: HOST:PORT, as a CONNECT request names what it wants to reach (RFC 9110, 9.3.6): a name, an IPv4
 * address or an IPv6 address in brackets, and a port, always.
 */
#ifndef SHAKETABLE_PROXY_AUTHORITY_H
#define SHAKETABLE_PROXY_AUTHORITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AUTHORITY_HOST_MAX 254

struct authority {
    char host[AUTHORITY_HOST_MAX + 1]; /* in lower case, without brackets and without a last dot */
    uint16_t port;
};

/* False: it is none. */
bool authority_parse(const char *text, size_t length, struct authority *authority);
bool authority_same(const struct authority *one, const struct authority *other);

#endif
