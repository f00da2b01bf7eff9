#include "proxy/address.h"

#include "core/units.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

bool address_resolve(const char *text, const char *name, bool passive, struct upstream *found,
                     struct error *error)
{
    char host[UNITS_HOST_MAX];
    char service[8];
    uint16_t port;
    if (!units_parse_address(text, name, host, &port, error))
        return false;
    if (!passive && (host[0] == '\0' || port == 0))
        return error_set(error, ERROR_USAGE, "%s: '%s' is not HOST:PORT", name, text);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = passive ? AI_PASSIVE : 0};
    struct addrinfo *list = NULL;
    snprintf(service, sizeof service, "%u", port);
    int rc = getaddrinfo(host[0] ? host : NULL, service, &hints, &list);
    if (rc != 0)
        return error_set(error, ERROR_NETWORK, "%s: %s: %s", name, text, gai_strerror(rc));
    found->count = 0;
    for (struct addrinfo *item = list; item && found->count < WORKER_ADDRESSES_MAX; item = item->ai_next)
        memcpy(&found->addresses[found->count++], item->ai_addr, item->ai_addrlen);
    freeaddrinfo(list);
    return true;
}

static socklen_t address_size(const struct sockaddr_storage *address)
{
    return address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}

int address_bind(struct sockaddr_storage *address, bool shared)
{
    int one = 1;
    int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    socklen_t size = sizeof *address;
    if ((shared && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) < 0) ||
        bind(fd, (struct sockaddr *)address, address_size(address)) < 0 ||
        getsockname(fd, (struct sockaddr *)address, &size) < 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

void address_format(const struct sockaddr_storage *address, char *text, size_t size)
{
    char host[INET6_ADDRSTRLEN] = "";
    if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
        uv_ip6_name(v6, host, sizeof host);
        snprintf(text, size, "[%s]:%u", host, ntohs(v6->sin6_port));
    } else {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
        uv_ip4_name(v4, host, sizeof host);
        snprintf(text, size, "%s:%u", host, ntohs(v4->sin_port));
    }
}

bool address_is_loopback(const struct sockaddr_storage *address)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
    return address->ss_family == AF_INET ? ntohl(v4->sin_addr.s_addr) >> 24 == 127
                                         : IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}
