/*
 * dial_internal: what the parts of dial share. Each part says how it failed, and sets the error.
 */
#ifndef SHAKETABLE_CORE_DIAL_INTERNAL_H
#define SHAKETABLE_CORE_DIAL_INTERNAL_H

#include "core/dial.h"

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#define DIAL_PEER_MAX 64 /* "[v6 address]:port" */

/* What ends all waiting. */
struct dial_stop {
    const atomic_bool *cancel; /* NULL: never */
    int caller_fd;             /* 0: none */
};
bool dial_is_stopped(const struct dial_stop *stop);
bool dial_is_unwanted(const struct dial_stop *stop); /* the caller has ended: looked at while waiting */

struct dial {
    int fd;
    SSL *ssl; /* NULL: plain TCP */
    struct dial_stop stop;
    char peer[DIAL_PEER_MAX];
};

/* Where a name leads to, in the order of preference. */
struct dial_addresses {
    size_t count;
    struct sockaddr_storage each[DIAL_ADDRESSES_MAX];
};

enum dial_wait { DIAL_READY, DIAL_LATE, DIAL_STOPPED };

/* Until poll(2) has one of `events`, clock_ms() is past `until_ms`, or it is canceled. */
enum dial_wait dial_wait(const struct dial *dial, short events, int64_t until_ms);
/* The error of a wait that did not end in DIAL_READY; `doing` completes "PEER: no … for N ms". */
enum dial_failure dial_wait_failed(enum dial_wait wait, const char *peer, const char *what, int timeout_ms,
                                   struct error *error);

enum dial_failure dial_resolve(const char *host, uint16_t port, int64_t until_ms,
                               const struct dial_stop *stop, struct dial_addresses *addresses,
                               struct error *error);
/* Asks the proxy at the other end of `dial` for a tunnel. */
enum dial_failure dial_ask_proxy(struct dial *dial, const char *host, uint16_t port, int timeout_ms,
                                 struct error *error);
/* The status of an HTTP answer's first line, 0 if it is none. */
int dial_proxy_status(const char *line, size_t length);
/* Puts TLS on it. */
enum dial_failure dial_shake_hands(struct dial *dial, const struct dial_trust *trust, const char *host,
                                   int timeout_ms, struct error *error);

#endif
