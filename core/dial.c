#include "core/dial_internal.h"

#include "core/clock.h"
#include "core/units.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ── waiting ─────────────────────────────────────────────────────────────────────────────── */

bool dial_is_stopped(const struct dial_stop *stop)
{
    return stop->cancel != NULL && atomic_load_explicit(stop->cancel, memory_order_acquire);
}

bool dial_is_unwanted(const struct dial_stop *stop)
{
    struct pollfd caller = {.fd = stop->caller_fd, .events = POLLRDHUP};
    return stop->caller_fd > 0 && poll(&caller, 1, 0) > 0;
}

enum dial_wait dial_wait(const struct dial *dial, short events, int64_t until_ms)
{
    bool sliced = dial->stop.cancel != NULL || dial->stop.caller_fd > 0;
    for (;;) {
        if (dial_is_stopped(&dial->stop))
            return DIAL_STOPPED;
        int64_t left_ms = until_ms - clock_ms();
        int64_t slice_ms = sliced && left_ms > DIAL_CANCEL_MS ? DIAL_CANCEL_MS : left_ms;
        struct pollfd entry = {.fd = dial->fd, .events = events};
        if (poll(&entry, 1, slice_ms > 0 ? (int)slice_ms : 0) > 0)
            return DIAL_READY;
        if (left_ms <= 0)
            return DIAL_LATE;
        if (dial_is_unwanted(&dial->stop))
            return DIAL_STOPPED;
    }
}

enum dial_failure dial_wait_failed(enum dial_wait wait, const char *peer, const char *what, int timeout_ms,
                                   struct error *error)
{
    if (wait == DIAL_STOPPED) {
        error_set(error, ERROR_CANCELED, "%s: canceled", peer);
        return DIAL_CANCELED;
    }
    error_set(error, ERROR_TIMEOUT, "%s: no %s for %d ms", peer, what, timeout_ms);
    return DIAL_CONNECT_TIMEOUT;
}

/* ── connecting ──────────────────────────────────────────────────────────────────────────── */

static void format_peer(const struct sockaddr_storage *address, char text[DIAL_PEER_MAX])
{
    char host[INET6_ADDRSTRLEN] = "";
    if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
        inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
        snprintf(text, DIAL_PEER_MAX, "[%s]:%u", host, ntohs(v6->sin6_port));
    } else {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
        inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
        snprintf(text, DIAL_PEER_MAX, "%s:%u", host, ntohs(v4->sin_port));
    }
}

/* Connected, or the reason why not. */
static enum dial_failure connect_to(struct dial *dial, const struct sockaddr_storage *address,
                                    int64_t until_ms, int timeout_ms, struct error *error)
{
    socklen_t length =
        address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    format_peer(address, dial->peer);
    dial->fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (dial->fd < 0) {
        bool unreachable = errno == EAFNOSUPPORT; /* a machine without IPv6 */
        error_set_errno(error, "%s", dial->peer);
        return unreachable ? DIAL_REFUSED : DIAL_NO_MEMORY;
    }
    setsockopt(dial->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if (connect(dial->fd, (const struct sockaddr *)address, length) == 0)
        return DIAL_DONE;
    int problem = errno;
    if (problem == EINPROGRESS || problem == EINTR) {
        enum dial_wait wait = dial_wait(dial, POLLOUT, until_ms);
        if (wait != DIAL_READY)
            return dial_wait_failed(wait, dial->peer, "connection", timeout_ms, error);
        socklen_t size = sizeof problem;
        if (getsockopt(dial->fd, SOL_SOCKET, SO_ERROR, &problem, &size) != 0)
            problem = errno;
        if (problem == 0)
            return DIAL_DONE;
    }
    enum dial_failure failure = problem == ETIMEDOUT ? DIAL_CONNECT_TIMEOUT : DIAL_REFUSED;
    error_set(error, failure == DIAL_REFUSED ? ERROR_NETWORK : ERROR_TIMEOUT, "%s: %s", dial->peer,
              strerror(problem));
    return failure;
}

static void hang_up(struct dial *dial)
{
    if (dial->fd >= 0)
        close(dial->fd);
    dial->fd = -1;
}

/* One after the other; one that says nothing gets half of the time that is left, the last one all. */
static enum dial_failure connect_to_any(struct dial *dial, const struct dial_addresses *addresses,
                                        int timeout_ms, struct error *error)
{
    int64_t until_ms = clock_ms() + timeout_ms;
    enum dial_failure worst = DIAL_REFUSED;
    struct error told = {.code = ERROR_NONE};
    for (size_t i = 0; i < addresses->count; i++) {
        int64_t left_ms = until_ms - clock_ms();
        if (left_ms < 0 && i > 0)
            break;
        int64_t share_ms = i + 1 < addresses->count ? left_ms / 2 : left_ms;
        struct error problem = {.code = ERROR_NONE};
        enum dial_failure failure =
            connect_to(dial, &addresses->each[i], clock_ms() + share_ms, (int)share_ms, &problem);
        if (failure == DIAL_DONE)
            return DIAL_DONE;
        hang_up(dial);
        if (failure != DIAL_REFUSED || told.code == ERROR_NONE) {
            worst = failure;
            told = problem;
        }
        if (failure == DIAL_CANCELED || failure == DIAL_NO_MEMORY)
            break;
    }
    if (error != NULL)
        *error = told;
    return worst;
}

/* ── all phases ──────────────────────────────────────────────────────────────────────────── */

struct stopwatch {
    uint64_t since_us;
};

static int64_t lap_us(struct stopwatch *watch)
{
    uint64_t now_us = clock_us();
    int64_t passed_us = (int64_t)(now_us - watch->since_us);
    watch->since_us = now_us;
    return passed_us;
}

static enum dial_failure go_through(struct dial *dial, const struct dial_options *options,
                                    const struct dial_trust *trust, struct dial_times *times,
                                    struct error *error)
{
    char proxy_host[UNITS_HOST_MAX];
    const char *host = options->host;
    uint16_t port = options->port;
    bool proxied = options->proxy != NULL && options->proxy[0] != '\0';
    struct dial_addresses addresses = {.count = 0};
    struct stopwatch watch = {.since_us = clock_us()};
    if (proxied) {
        if (!units_parse_address(options->proxy, "proxy", proxy_host, &port, error))
            return DIAL_PROXY;
        host = proxy_host;
    }
    enum dial_failure failure =
        dial_resolve(host, port, clock_ms() + options->connect_timeout_ms, &dial->stop, &addresses, error);
    times->resolve_us = lap_us(&watch);
    if (failure != DIAL_DONE)
        return failure;
    failure = connect_to_any(dial, &addresses, options->connect_timeout_ms, error);
    times->connect_us = lap_us(&watch);
    if (failure == DIAL_DONE && proxied) {
        failure = dial_ask_proxy(dial, options->host, options->port, options->connect_timeout_ms, error);
        times->proxy_us = lap_us(&watch);
    }
    if (failure == DIAL_DONE && options->tls) {
        failure = dial_shake_hands(dial, trust, options->host, options->connect_timeout_ms, error);
        times->tls_us = lap_us(&watch);
    }
    return failure;
}

struct dial *dial_open(const struct dial_options *options, struct dial_times *times,
                       enum dial_failure *failure, struct error *error)
{
    struct dial_times own_times;
    enum dial_failure own_failure;
    if (times == NULL)
        times = &own_times;
    if (failure == NULL)
        failure = &own_failure;
    *times = (struct dial_times){0};
    struct dial *dial = calloc(1, sizeof *dial);
    if (dial == NULL) {
        error_set(error, ERROR_SYSTEM, "no memory for a connection");
        *failure = DIAL_NO_MEMORY;
        return NULL;
    }
    dial->fd = -1;
    dial->stop = (struct dial_stop){.cancel = options->cancel, .caller_fd = options->caller_fd};
    struct dial_trust *own = NULL;
    const struct dial_trust *trust = options->trust;
    if (options->tls && trust == NULL)
        trust = own = dial_trust_new(options->ca_file, error);
    *failure =
        options->tls && trust == NULL ? DIAL_UNTRUSTED : go_through(dial, options, trust, times, error);
    dial_trust_free(own); /* the connection keeps what it needs */
    if (*failure == DIAL_DONE)
        return dial;
    dial_close(dial);
    return NULL;
}

void dial_close(struct dial *dial)
{
    if (dial == NULL)
        return;
    if (dial->ssl != NULL)
        dial_end(dial);
    SSL_free(dial->ssl);
    hang_up(dial);
    free(dial);
}

int dial_fd(const struct dial *dial)
{
    return dial->fd;
}

const char *dial_peer(const struct dial *dial)
{
    return dial->peer;
}
