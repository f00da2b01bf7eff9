/*
 * gate: an HTTP CONNECT proxy (RFC 9110, 9.3.6) behind the relay: it connects to what the client asks for,
 * answers 200 and passes bytes both ways, each way's end by itself. What it can't do is answered in HTTP:
 * 400 no CONNECT HOST:PORT, 405 another method, 505 another version, 502 refused or unresolved, 504 no
 * connection in time. A tunnel that breaks on one side is reset on the other.
 */
#ifndef SHAKETABLE_PROXY_GATE_H
#define SHAKETABLE_PROXY_GATE_H

#include <stdatomic.h>

#define GATE_CONNECT_TIMEOUT_MS 20000
#define GATE_HEAD_TIMEOUT_MS 60000
#define GATE_BUFFER_BYTES 65536 /* in each direction of a tunnel */
#define GATE_LINGER_MS 1000     /* for a client to read why it is refused */

struct gate {
    int connect_timeout_ms, head_timeout_ms;
};

/* A backend_serve: `context` is a const struct gate. */
void gate_serve(void *context, int fd, const atomic_bool *ending);

#endif
