#include "sandbox/balancer_stream.h"

#include <string.h>

bool stream_init(struct stream *stream, uv_loop_t *loop, char *read_buffer,
                 const struct stream_events *events, void *owner)
{
    memset(stream, 0, sizeof *stream);
    if (uv_tcp_init(loop, &stream->tcp) != 0)
        return false;
    stream->tcp.data = stream;
    stream->events = events;
    stream->owner = owner;
    stream->read_buffer = read_buffer;
    buf_init(&stream->waiting, STREAM_BACKLOG_MAX);
    buf_init(&stream->writing, STREAM_BACKLOG_MAX);
    return true;
}

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    struct stream *stream = handle->data;
    (void)suggested;
    *out = uv_buf_init(stream->read_buffer, STREAM_READ_BYTES);
}

static void on_read(uv_stream_t *handle, ssize_t length, const uv_buf_t *in)
{
    struct stream *stream = handle->data;
    if (length != 0)
        stream->events->read(stream->owner, in->base, length);
}

bool stream_begin(struct stream *stream)
{
    stream->ready = true;
    uv_tcp_nodelay(&stream->tcp, 1);
    stream_resume(stream);
    return stream->reading && stream_flush(stream);
}

void stream_append(struct stream *stream, const void *data, size_t length)
{
    if (!stream->failed && !buf_append(&stream->waiting, data, length))
        stream->failed = true;
}

size_t stream_backlog(const struct stream *stream)
{
    return stream->waiting.length + stream->writing.length;
}

static void on_shutdown(uv_shutdown_t *request, int status)
{
    (void)request;
    (void)status;
}

static void end_if_due(struct stream *stream)
{
    bool idle = stream->ready && !stream->busy && stream->waiting.length == 0;
    if (!stream->ending || !idle || stream->closing || stream->shutdown.data != NULL)
        return;
    stream->shutdown.data = stream;
    uv_shutdown(&stream->shutdown, (uv_stream_t *)&stream->tcp, on_shutdown);
}

static void on_written(uv_write_t *request, int status)
{
    struct stream *stream = request->data;
    stream->busy = false;
    buf_reset(&stream->writing);
    if (stream->closing)
        return;
    stream->failed = stream->failed || status != 0;
    if (!stream_flush(stream))
        stream->events->failed(stream->owner);
    else if (stream_backlog(stream) < STREAM_BACKLOG_LOW)
        stream->events->room(stream->owner);
}

bool stream_flush(struct stream *stream)
{
    if (stream->failed)
        return false;
    if (!stream->ready || stream->busy || stream->closing)
        return true;
    size_t length = stream->waiting.length;
    if (length == 0) {
        end_if_due(stream);
        return true;
    }
    uv_buf_t out = uv_buf_init(stream->waiting.data, (unsigned)length);
    int sent = uv_try_write((uv_stream_t *)&stream->tcp, &out, 1);
    if (sent < 0 && sent != UV_EAGAIN) {
        stream->failed = true;
        return false;
    }
    size_t done = sent < 0 ? 0 : (size_t)sent;
    if (done == length) {
        buf_reset(&stream->waiting);
        end_if_due(stream);
        return true;
    }
    struct buf empty = stream->writing;
    stream->writing = stream->waiting;
    stream->waiting = empty;
    out = uv_buf_init(stream->writing.data + done, (unsigned)(length - done));
    stream->write.data = stream;
    stream->busy = uv_write(&stream->write, (uv_stream_t *)&stream->tcp, &out, 1, on_written) == 0;
    stream->failed = !stream->busy;
    return stream->busy;
}

void stream_pause(struct stream *stream)
{
    if (stream->reading)
        uv_read_stop((uv_stream_t *)&stream->tcp);
    stream->reading = false;
}

void stream_resume(struct stream *stream)
{
    if (!stream->reading && stream->ready && !stream->closing)
        stream->reading = uv_read_start((uv_stream_t *)&stream->tcp, give_buffer, on_read) == 0;
}

void stream_end(struct stream *stream)
{
    stream->ending = true;
    end_if_due(stream);
}

static void on_closed(uv_handle_t *handle)
{
    struct stream *stream = handle->data;
    buf_free(&stream->waiting);
    buf_free(&stream->writing);
    stream->events->closed(stream->owner);
}

void stream_close(struct stream *stream)
{
    if (stream->closing)
        return;
    stream->closing = true;
    stream->reading = false;
    uv_close((uv_handle_t *)&stream->tcp, on_closed);
}
