/*
 * bulk: bytes from one socket to another by splice(2), through a pipe, where nothing needs to look at them.
 * Pipes are lent by a pool, as most streams need one for a moment only. Not for several threads.
 */
#ifndef SHAKETABLE_PROXY_BULK_H
#define SHAKETABLE_PROXY_BULK_H

#include <stddef.h>
#include <sys/types.h>

#define BULK_PIPE_BYTES (256 << 10) /* asked for; the kernel may give less */
#define BULK_IDLE_MAX 16            /* kept open for the next */

struct bulk_pipe {
    struct bulk_pipe *next;
    int ends[2];
    size_t bytes; /* in it */
};
struct bulk_pool {
    struct bulk_pipe *idle;
    unsigned count;
};

/* NULL: no descriptors or memory; the bytes then go the ordinary way. */
struct bulk_pipe *bulk_take(struct bulk_pool *pool);
/* One that is not empty is closed, and its bytes are lost. */
void bulk_give(struct bulk_pool *pool, struct bulk_pipe *pipe);
void bulk_free(struct bulk_pool *pool);
/* From a non-blocking socket into an empty pipe: bytes, 0 at the stream's end, or -1 with errno. */
ssize_t bulk_fill(struct bulk_pipe *pipe, int source);
/* From the pipe to a non-blocking socket: bytes, or -1 with errno. */
ssize_t bulk_drain(struct bulk_pipe *pipe, int sink);

#endif
