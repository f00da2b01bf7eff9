#include "proxy/authority.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static const char name_letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-._";

static bool parse_port(const char *text, size_t length, uint16_t *port)
{
    unsigned value = 0;
    if (length == 0 || length > 5)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    *port = (uint16_t)value;
    return value > 0 && value <= UINT16_MAX;
}

static void lower(char *text)
{
    for (; *text; text++) {
        if (*text >= 'A' && *text <= 'Z')
            *text = (char)(*text - 'A' + 'a');
    }
}

/* An IPv6 address is written in one way only, so that equal ones are equal texts. */
static bool settle_ipv6(char host[AUTHORITY_HOST_MAX + 1])
{
    struct in6_addr address;
    return inet_pton(AF_INET6, host, &address) == 1 &&
           inet_ntop(AF_INET6, &address, host, AUTHORITY_HOST_MAX) != NULL;
}

static bool settle_name(char host[AUTHORITY_HOST_MAX + 1])
{
    size_t length = strlen(host);
    if (length > 1 && host[length - 1] == '.')
        host[--length] = '\0';
    return length > 0 && strspn(host, name_letters) == length && host[0] != '.' && !strstr(host, "..");
}

bool authority_parse(const char *text, size_t length, struct authority *authority)
{
    const char *colon = memrchr(text, ':', length);
    size_t host = colon ? (size_t)(colon - text) : 0;
    memset(authority, 0, sizeof *authority);
    if (!colon || !parse_port(colon + 1, length - host - 1, &authority->port))
        return false;
    bool ipv6 = host > 2 && text[0] == '[' && text[host - 1] == ']';
    size_t from = ipv6 ? 1 : 0, size = ipv6 ? host - 2 : host;
    if (size == 0 || size > AUTHORITY_HOST_MAX || memchr(text, '\0', length))
        return false;
    memcpy(authority->host, text + from, size);
    lower(authority->host);
    return ipv6 ? settle_ipv6(authority->host) : settle_name(authority->host);
}

bool authority_same(const struct authority *one, const struct authority *other)
{
    return one->port == other->port && strcmp(one->host, other->host) == 0;
}
