/*
 * dial: one outgoing connection, TCP or TLS, for code that blocks and is read top to bottom: names are
 * resolved anew each time, each address is tried, and each phase is timed. TLS is 1.2 or later, and the
 * certificate must hold for the host (RFC 9525) by the system's or the given authorities. A connection
 * belongs to one thread; SIGPIPE must be ignored. OpenSSL's ALPN says http/1.1.
 */
#ifndef SHAKETABLE_CORE_DIAL_H
#define SHAKETABLE_CORE_DIAL_H

#include "core/error.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define DIAL_ADDRESSES_MAX 16
#define DIAL_CANCEL_MS 50 /* how often cancellation is looked at */

/* The authorities that certificates are held against, read once; shared by any number of connections and
 * threads. It must outlive their opening. */
struct dial_trust;
/* `ca_file`: PEM; "" or NULL: the system's, or what SSL_CERT_FILE and SSL_CERT_DIR name. NULL with an error
 * that names the file. */
struct dial_trust *dial_trust_new(const char *ca_file, struct error *error);
void dial_trust_free(struct dial_trust *trust); /* NULL: nothing */

struct dial_options {
    const char *host; /* a name or an address, without brackets */
    uint16_t port;
    bool tls;
    const struct dial_trust *trust; /* NULL: read anew for this connection, of `ca_file` */
    const char *ca_file;            /* "" or NULL: the system's authorities */
    const char *proxy;              /* "HOST:PORT" of an HTTP proxy that is asked to CONNECT; NULL: none */
    int connect_timeout_ms;    /* of all addresses together, a silent one gets half of what is left before the
                                  next; once more for the name, the proxy's answer, and TLS's handshake */
    const atomic_bool *cancel; /* NULL: never */
    int caller_fd; /* the socket of whoever it is for: waiting is canceled once its other side has ended; 0:
                      none */
};

/* How far it came, when it failed. */
enum dial_failure {
    DIAL_DONE,
    DIAL_UNRESOLVED,      /* no such name, or no answer about it */
    DIAL_REFUSED,         /* by every address (also: unreachable) */
    DIAL_CONNECT_TIMEOUT, /* while connecting, by the proxy, or in TLS's handshake */
    DIAL_PROXY,           /* the proxy declined, or spoke nonsense */
    DIAL_UNTRUSTED,       /* the certificate does not hold */
    DIAL_CUT,             /* the connection ended, or was reset, or TLS failed otherwise */
    DIAL_CANCELED,
    DIAL_NO_MEMORY /* or no more descriptors */
};

/* Microseconds that each phase took; 0 where there was none, or it was not reached. */
struct dial_times {
    int64_t resolve_us, connect_us, proxy_us, tls_us;
};

struct dial;

/* NULL on failure: *failure and the error's message ("127.0.0.1:9: Connection refused") say why. `times`,
 * `failure` and `error` may be NULL. */
struct dial *dial_open(const struct dial_options *options, struct dial_times *times,
                       enum dial_failure *failure, struct error *error);
void dial_close(struct dial *dial); /* NULL: nothing */

/* Up to `size` bytes, as soon as there are any; 0: the other side has ended. -1 with an error: ERROR_TIMEOUT
 * after `timeout_ms` without a byte, ERROR_CANCELED, ERROR_NETWORK. */
ssize_t dial_read(struct dial *dial, void *into, size_t size, int timeout_ms, struct error *error);
/* All of it; `timeout_ms` without progress ends it. */
bool dial_write(struct dial *dial, const void *from, size_t length, int timeout_ms, struct error *error);
/* No more is sent; reading goes on. */
void dial_end(struct dial *dial);
/* False once the other side has closed it, or has said something that nobody asked for: an idle connection
 * that must not be used again. */
bool dial_is_idle(struct dial *dial);
/* For poll(2) on plain TCP. */
int dial_fd(const struct dial *dial);
/* The address it reached, "10.0.1.7:443". */
const char *dial_peer(const struct dial *dial);

#endif
