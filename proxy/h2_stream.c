/*
 * A stream of the client's and the one of the upstream that it is mapped to.
 */
#include "proxy/h2_internal.h"

#include <stdlib.h>

struct h2_stream *h2_stream_new(struct h2 *h2, int32_t client_id)
{
    struct h2_stream *stream = calloc(1, sizeof *stream);
    struct exchange *exchange = stream ? exchange_new() : NULL;
    if (!exchange) {
        free(stream);
        return NULL;
    }
    /* Not one that is counted, until its head is whole. */
    exchange->started = exchange->finished = true;
    stream->exchange = exchange;
    stream->h2 = h2;
    stream->client_id = client_id;
    for (int i = 0; i < LANES; i++)
        h2_pipe_init(&stream->pipes[i], stream, i);
    stream->next = h2->streams;
    if (stream->next)
        stream->next->previous = stream;
    h2->streams = stream;
    h2->stream_count++;
    return stream;
}

void h2_stream_free(struct h2_stream *stream)
{
    struct h2 *h2 = stream->h2;
    for (int i = 0; i < LANES; i++)
        h2_pipe_clear(&stream->pipes[i]);
    if (stream->previous)
        stream->previous->next = stream->next;
    else
        h2->streams = stream->next;
    if (stream->next)
        stream->next->previous = stream->previous;
    h2->stream_count--;
    exchange_drop(stream->exchange);
    free(stream);
}

void h2_stream_reap(struct h2 *h2)
{
    while (h2->done) {
        struct h2_stream *stream = h2->done;
        h2->done = stream->next_done;
        h2_stream_free(stream);
    }
}

void h2_stream_check(struct h2_stream *stream)
{
    if (stream->done || !stream->client_closed || stream->pipes[LANE_REQUEST].pieces ||
        (stream->upstream_id > 0 && !stream->upstream_closed))
        return;
    stream->done = true;
    stream->next_done = stream->h2->done;
    stream->h2->done = stream;
}

void h2_stream_client_closed(struct h2_stream *stream, uint32_t code)
{
    struct h2_pipe *request = &stream->pipes[LANE_REQUEST];
    stream->client_closed = true;
    measure_outcome(stream->h2->worker, stream->exchange, STATS_CLIENT_GONE);
    h2_pipe_clear(&stream->pipes[LANE_RESPONSE]);
    bool whole = request->complete && code == NGHTTP2_NO_ERROR;
    /* What is never to be sent on is forgotten. */
    if (stream->dropped || stream->exchange->latency_ns[LANE_REQUEST] == HEAP_NEVER) {
        h2_pipe_clear(request);
        stream->exchange->latency_ns[LANE_REQUEST] = 0;
        code = stream->dropped ? NGHTTP2_CANCEL : code;
    }
    if (!stream->upstream_closed && !whole && (request->opened || request->pieces))
        h2_pipe_put_reset(request, code, stream->h2->now_ns);
    h2_stream_check(stream);
}

void h2_stream_upstream_closed(struct h2_stream *stream, uint32_t code)
{
    struct h2_pipe *request = &stream->pipes[LANE_REQUEST];
    struct h2_pipe *response = &stream->pipes[LANE_RESPONSE];
    if (stream->upstream_closed)
        return;
    bool whole = response->complete && request->ended && code == NGHTTP2_NO_ERROR;
    stream->upstream_closed = true;
    h2_pipe_clear(request);
    if (!whole && !stream->client_closed && !stream->lost && !stream->dropped)
        h2_pipe_put_reset(response, code, stream->h2->now_ns);
    h2_stream_check(stream);
}

/* There was never an upstream that speaks HTTP/2: the stream is answered. */
static void answer_for_none(struct h2_stream *stream)
{
    struct h2 *h2 = stream->h2;
    h2->answered = true;
    stream->exchange->local = true;
    stream->exchange->refused = h2->refused;
    stream->exchange->status = 502;
    stream->failed = !h2->refused;
    if (!stream->client_closed)
        h2_answer(stream, stream->exchange->latency_ns[LANE_RESPONSE]);
}

void h2_stream_lose(struct h2_stream *stream)
{
    struct h2 *h2 = stream->h2;
    if (stream->lost || stream->exchange->local || stream->dropped)
        return;
    stream->upstream_closed = true;
    h2_pipe_clear(&stream->pipes[LANE_REQUEST]);
    if (!h2->spoke && !stream->final) {
        answer_for_none(stream);
    } else if (!stream->pipes[LANE_RESPONSE].complete) {
        stream->lost = true;
        measure_outcome(h2->worker, stream->exchange, STATS_UPSTREAM_FAILED);
    }
    h2_stream_check(stream);
}
