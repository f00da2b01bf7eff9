/*
 * balancer_stream: a TCP stream of the balancer with its unsent bytes. What is appended goes out
 * with the next flush, in one system call where the socket takes it; the rest waits here. The
 * backlog is the owner's to bound: it stops reading the other side above STREAM_BACKLOG_HIGH and
 * goes on at `room`.
 */
#ifndef SHAKETABLE_SANDBOX_BALANCER_STREAM_H
#define SHAKETABLE_SANDBOX_BALANCER_STREAM_H

#include "core/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#define STREAM_READ_BYTES 65536
#define STREAM_BACKLOG_HIGH 262144
#define STREAM_BACKLOG_LOW 65536
#define STREAM_BACKLOG_MAX (8U << 20) /* never reached: a read adds little more than itself */

struct stream;
struct stream_events {
    /* `length` bytes, or a negative libuv error (UV_EOF: the peer has ended). */
    void (*read)(void *owner, const char *data, ssize_t length);
    void (*room)(void *owner);   /* the backlog fell below STREAM_BACKLOG_LOW */
    void (*failed)(void *owner); /* a write failed */
    void (*closed)(void *owner); /* after stream_close: the owner may free itself */
};
struct stream {
    uv_tcp_t tcp;
    uv_write_t write;
    uv_shutdown_t shutdown;
    struct buf waiting; /* to be sent next */
    struct buf writing; /* in the hands of libuv */
    const struct stream_events *events;
    void *owner;
    char *read_buffer; /* STREAM_READ_BYTES, shared by all streams of the loop */
    bool ready;        /* connected */
    bool busy;
    bool reading;
    bool ending; /* shut down once all is sent */
    bool failed; /* a write failed at once: told by stream_flush */
    bool closing;
};

bool stream_init(struct stream *stream, uv_loop_t *loop, char *read_buffer,
                 const struct stream_events *events, void *owner);
/* The socket is connected: reading begins, and what waits may be flushed. False: it failed. */
bool stream_begin(struct stream *stream);
void stream_append(struct stream *stream, const void *data, size_t length);
/* False if the connection is broken; `failed` is then not called as well. */
bool stream_flush(struct stream *stream);
size_t stream_backlog(const struct stream *stream);
void stream_pause(struct stream *stream);
void stream_resume(struct stream *stream);
/* Sends what waits, then ends our side. */
void stream_end(struct stream *stream);
/* May be called more than once. */
void stream_close(struct stream *stream);

#endif
