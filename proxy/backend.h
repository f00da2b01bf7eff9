/*
 * backend: what stands behind the relay in this process where its upstream is no application: a listener on
 * 127.0.0.1 whose connections are each served by a function that blocks, on a thread of its own. The relay
 * connects to it as to any upstream, so that every fault is the relay's.
 */
#ifndef SHAKETABLE_PROXY_BACKEND_H
#define SHAKETABLE_PROXY_BACKEND_H

#include "core/error.h"

#include <stdatomic.h>
#include <sys/socket.h>

#define BACKEND_CONNECTIONS_MAX 1024
#define BACKEND_STACK_BYTES (256 << 10)

struct backend;

/* Serves the connection until it has ended, or *ending is true (its reads then end as well). The descriptor
 * blocks, and is the backend's to close. */
typedef void backend_serve(void *context, int fd, const atomic_bool *ending);

/* NULL with an error. *address is where it listens. */
struct backend *backend_start(backend_serve *serve, void *context, struct sockaddr_storage *address,
                              struct error *error);
/* Shuts every connection, and returns when no thread is left. NULL: nothing. */
void backend_stop(struct backend *backend);

#endif
