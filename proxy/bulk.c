#include "proxy/bulk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct bulk_pipe *bulk_take(struct bulk_pool *pool)
{
    struct bulk_pipe *pipe = pool->idle;
    if (pipe) {
        pool->idle = pipe->next;
        pool->count--;
        return pipe;
    }
    pipe = calloc(1, sizeof *pipe);
    if (!pipe)
        return NULL;
    if (pipe2(pipe->ends, O_NONBLOCK | O_CLOEXEC) < 0) {
        free(pipe);
        return NULL;
    }
    fcntl(pipe->ends[1], F_SETPIPE_SZ, BULK_PIPE_BYTES);
    return pipe;
}

static void destroy(struct bulk_pipe *pipe)
{
    close(pipe->ends[0]);
    close(pipe->ends[1]);
    free(pipe);
}

void bulk_give(struct bulk_pool *pool, struct bulk_pipe *pipe)
{
    if (pipe->bytes > 0 || pool->count >= BULK_IDLE_MAX) {
        destroy(pipe);
        return;
    }
    pipe->next = pool->idle;
    pool->idle = pipe;
    pool->count++;
}

void bulk_free(struct bulk_pool *pool)
{
    while (pool->idle) {
        struct bulk_pipe *pipe = pool->idle;
        pool->idle = pipe->next;
        destroy(pipe);
    }
    pool->count = 0;
}

static ssize_t move(int from, int to, size_t length)
{
    ssize_t rc;
    do
        rc = splice(from, NULL, to, NULL, length, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    while (rc < 0 && errno == EINTR);
    return rc;
}

ssize_t bulk_fill(struct bulk_pipe *pipe, int source)
{
    ssize_t rc = move(source, pipe->ends[1], BULK_PIPE_BYTES);
    if (rc > 0)
        pipe->bytes = (size_t)rc;
    return rc;
}

ssize_t bulk_drain(struct bulk_pipe *pipe, int sink)
{
    ssize_t rc = move(pipe->ends[0], sink, pipe->bytes);
    if (rc > 0)
        pipe->bytes -= (size_t)rc;
    return rc;
}
