/*
 * One direction of a stream: a delay line between the session that its pieces come from and the one
 * that they go to. Windows are opened again as bytes go on, so that a slow reader holds up its own
 * stream alone.
 */
#include "proxy/h2_internal.h"

#include "core/clock.h"
#include "proxy/path.h"

#include <stdlib.h>
#include <string.h>

static nghttp2_session *source_of(const struct h2_pipe *pipe)
{
    return pipe->stream->h2->sessions[pipe->direction];
}

static nghttp2_session *sink_of(const struct h2_pipe *pipe)
{
    return pipe->stream->h2->sessions[!pipe->direction];
}

static int32_t source_id(const struct h2_pipe *pipe)
{
    return pipe->direction == LANE_REQUEST ? pipe->stream->client_id : pipe->stream->upstream_id;
}

static int32_t sink_id(const struct h2_pipe *pipe)
{
    return pipe->direction == LANE_REQUEST ? pipe->stream->upstream_id : pipe->stream->client_id;
}

static void on_timer(struct timer *timer)
{
    struct h2_pipe *pipe = (struct h2_pipe *)timer;
    struct connection *connection = pipe->stream->h2->connection;
    h2_pipe_run(pipe);
    connection_settle(connection);
}

void h2_pipe_init(struct h2_pipe *pipe, struct h2_stream *stream, int direction)
{
    pipe->timer.fire = on_timer;
    pipe->stream = stream;
    pipe->direction = direction;
}

static void give_back(struct h2_pipe *pipe, uint32_t owed, uint32_t owed_all)
{
    if (owed > 0)
        nghttp2_session_consume_stream(source_of(pipe), source_id(pipe), owed);
    if (owed_all > 0)
        nghttp2_session_consume_connection(source_of(pipe), owed_all);
}

static void drop_first(struct h2_pipe *pipe)
{
    struct h2 *h2 = pipe->stream->h2;
    struct h2_piece *piece = pipe->pieces;
    pipe->pieces = piece->next;
    if (!pipe->pieces)
        pipe->pieces_last = NULL;
    if (piece->held)
        h2->worker->interval.held--;
    pipe->bytes -= piece->length;
    h2->bytes -= piece->length;
    h2->worker->held_bytes -= piece->length;
    give_back(pipe, piece->owed, piece->owed_all);
    free(piece);
}

void h2_pipe_clear(struct h2_pipe *pipe)
{
    timers_cancel(&pipe->stream->h2->worker->loop.timers, &pipe->timer);
    while (pipe->pieces)
        drop_first(pipe);
}

static void set_timer(struct h2_pipe *pipe, uint64_t at_ns)
{
    if (pipe->timer.item.place != 0 && pipe->timer.item.at_ns == at_ns)
        return;
    if (!timers_set(&pipe->stream->h2->worker->loop.timers, &pipe->timer, at_ns))
        connection_doom(pipe->stream->h2->connection, DOOM_MEMORY);
}

void h2_pipe_run_soon(struct h2_pipe *pipe)
{
    if (pipe->pieces)
        set_timer(pipe, pipe->pieces->release_ns);
}

/* Not before `earliest_ns`: who is let go by a change is asked to wait until the change, no less. */
static void time_piece(struct h2_pipe *pipe, struct h2_piece *piece, uint64_t earliest_ns)
{
    uint64_t release = HEAP_NEVER;
    if (piece->latency_ns != HEAP_NEVER)
        release = piece->arrived_ns + piece->latency_ns + piece->loss_ns;
    if (release < earliest_ns)
        release = earliest_ns;
    if (release < pipe->last_release_ns)
        release = pipe->last_release_ns;
    piece->release_ns = release;
    pipe->last_release_ns = release;
    uint64_t asked = release == HEAP_NEVER ? 0 : release - piece->arrived_ns;
    if (pipe->direction == LANE_REQUEST ? piece->ends : piece->first)
        pipe->stream->exchange->asked_ns[pipe->direction] = asked;
}

void h2_pipe_put(struct h2_pipe *pipe, struct h2_piece *piece, uint64_t waited_ns, uint64_t now_ns)
{
    struct h2 *h2 = pipe->stream->h2;
    if (!piece) {
        connection_doom(h2->connection, DOOM_MEMORY);
        return;
    }
    piece->arrived_ns = now_ns - waited_ns;
    if (!pipe->pieces)
        pipe->last_release_ns = 0;
    time_piece(pipe, piece, 0);
    piece->held = piece->first && piece->release_ns > now_ns;
    if (piece->held)
        h2->worker->interval.held++;
    bool first = !pipe->pieces;
    if (first)
        pipe->pieces = piece;
    else
        pipe->pieces_last->next = piece;
    pipe->pieces_last = piece;
    pipe->bytes += piece->length;
    h2->bytes += piece->length;
    h2->worker->held_bytes += piece->length;
    if (first || piece->kind == H2_PIECE_RESET)
        h2_pipe_run(pipe);
}

/* Windows stay open for bytes that only wait for their time, within bounds. */
static void open_windows(struct h2_pipe *pipe, struct h2_piece *piece, uint64_t now_ns)
{
    struct h2 *h2 = pipe->stream->h2;
    if (h2->bytes >= H2_HELD_MAX || h2->worker->held_bytes >= WORKER_HELD_MAX)
        return;
    give_back(pipe, 0, piece->owed_all);
    piece->owed_all = 0;
    uint64_t release = piece->arrived_ns + piece->latency_ns + piece->loss_ns;
    if (piece->latency_ns == HEAP_NEVER || release <= now_ns || pipe->bytes >= H2_DELAYED_MAX)
        return;
    give_back(pipe, piece->owed, 0);
    piece->owed = 0;
}

static void append_data(struct h2_pipe *pipe, const uint8_t *data, size_t length, uint64_t loss_ns,
                        uint64_t now_ns)
{
    struct h2_piece *piece = malloc(sizeof *piece + length);
    if (!piece) {
        connection_doom(pipe->stream->h2->connection, DOOM_MEMORY);
        return;
    }
    *piece = (struct h2_piece){.kind = H2_PIECE_DATA,
                               .arrived_ns = now_ns,
                               .latency_ns = pipe->stream->exchange->latency_ns[pipe->direction],
                               .loss_ns = loss_ns,
                               .length = (uint32_t)length,
                               .owed = (uint32_t)length,
                               .owed_all = (uint32_t)length};
    if (length > 0)
        memcpy(piece->bytes, data, length);
    open_windows(pipe, piece, now_ns);
    h2_pipe_put(pipe, piece, 0, now_ns);
}

/* Segments are lost between the client and here, of the connection: its streams share the chain. */
static void lose(struct h2_pipe *pipe, size_t segments, bool ends, struct sample_loss *loss)
{
    struct h2 *h2 = pipe->stream->h2;
    struct worker *worker = h2->worker;
    struct connection *connection = h2->connection;
    struct sample_path path = path_look(connection->client.watch.fd, pipe->direction == LANE_REQUEST);
    loss->count = 0;
    sample_losses(&connection->lanes[pipe->direction].loss, &worker->fault, &worker->noise, segments, ends,
                  &path, loss);
    if (loss->count > 0)
        measure_faulted(worker, pipe->stream->exchange);
}

void h2_pipe_put_data(struct h2_pipe *pipe, const uint8_t *data, size_t length, uint64_t now_ns)
{
    h2_faults_refresh_begun(pipe->stream, pipe->direction);
    size_t from = 0;
    if (h2_faults_are_lossy(pipe)) {
        struct sample_loss loss;
        lose(pipe, (length + SAMPLE_SEGMENT_BYTES - 1) / SAMPLE_SEGMENT_BYTES, false, &loss);
        for (size_t i = 0; i < loss.count && from < length; i++) {
            size_t count = loss.pieces[i].segments * SAMPLE_SEGMENT_BYTES;
            count = count < length - from ? count : length - from;
            append_data(pipe, data + from, count, loss.pieces[i].delay_ns, now_ns);
            from += count;
        }
    }
    if (from < length)
        append_data(pipe, data + from, length - from, 0, now_ns);
}

/* The last segment of a message has none behind it that would tell of its loss. */
static uint64_t tail_loss_ns(struct h2_pipe *pipe)
{
    struct sample_loss loss;
    if (!h2_faults_are_lossy(pipe))
        return 0;
    lose(pipe, 1, true, &loss);
    return loss.count > 0 ? loss.pieces[loss.count - 1].delay_ns : 0;
}

void h2_pipe_put_end(struct h2_pipe *pipe, uint64_t now_ns)
{
    h2_faults_refresh_begun(pipe->stream, pipe->direction);
    struct h2_piece *last = pipe->pieces_last;
    uint64_t loss_ns = tail_loss_ns(pipe);
    pipe->complete = true;
    if (last && last->kind == H2_PIECE_DATA && last->arrived_ns == now_ns && loss_ns == 0) {
        last->ends = true;
        if (pipe->direction == LANE_REQUEST && last->release_ns != HEAP_NEVER)
            pipe->stream->exchange->asked_ns[LANE_REQUEST] = last->release_ns - now_ns;
        return;
    }
    struct h2_piece *piece = calloc(1, sizeof *piece);
    if (piece) {
        piece->kind = H2_PIECE_DATA;
        piece->ends = true;
        piece->latency_ns = pipe->stream->exchange->latency_ns[pipe->direction];
        piece->loss_ns = loss_ns;
    }
    h2_pipe_put(pipe, piece, 0, now_ns);
}

void h2_pipe_put_fields(struct h2_pipe *pipe, struct h2_piece *piece, uint64_t waited_ns, uint64_t now_ns)
{
    if (piece && piece->kind == H2_PIECE_TRAILERS)
        h2_faults_refresh_begun(pipe->stream, pipe->direction);
    if (piece && piece->ends) {
        pipe->complete = true;
        piece->loss_ns = tail_loss_ns(pipe);
    }
    if (piece && piece->kind != H2_PIECE_INFORMATIONAL)
        piece->latency_ns = pipe->stream->exchange->latency_ns[pipe->direction];
    h2_pipe_put(pipe, piece, waited_ns, now_ns);
}

void h2_pipe_put_reset(struct h2_pipe *pipe, uint32_t code, uint64_t now_ns)
{
    h2_faults_refresh_begun(pipe->stream, pipe->direction);
    struct h2_piece *piece = calloc(1, sizeof *piece);
    if (piece) {
        piece->kind = H2_PIECE_RESET;
        piece->code = code;
        piece->latency_ns = pipe->stream->exchange->latency_ns[pipe->direction];
    }
    h2_pipe_put(pipe, piece, 0, now_ns);
}

static void hand_request(struct h2_pipe *pipe, struct h2_piece *piece, const nghttp2_nv *list, size_t count)
{
    struct h2_stream *stream = pipe->stream;
    nghttp2_data_provider provider = h2_pipe_provider(pipe);
    int32_t id =
        nghttp2_submit_request(sink_of(pipe), NULL, list, count, piece->ends ? NULL : &provider, stream);
    if (id == NGHTTP2_ERR_NOMEM)
        connection_doom(stream->h2->connection, DOOM_MEMORY);
    else if (id < 0)
        h2_stream_upstream_closed(stream, NGHTTP2_REFUSED_STREAM);
    else
        stream->upstream_id = id;
}

static void hand_response(struct h2_pipe *pipe, struct h2_piece *piece, const nghttp2_nv *list, size_t count)
{
    nghttp2_data_provider provider = h2_pipe_provider(pipe);
    int rc;
    if (piece->kind == H2_PIECE_INFORMATIONAL)
        rc = nghttp2_submit_headers(sink_of(pipe), NGHTTP2_FLAG_NONE, sink_id(pipe), NULL, list, count, NULL);
    else
        rc = nghttp2_submit_response(sink_of(pipe), sink_id(pipe), list, count,
                                     piece->ends ? NULL : &provider);
    if (rc < 0)
        connection_doom(pipe->stream->h2->connection, DOOM_MEMORY);
}

static void hand_head(struct h2_pipe *pipe)
{
    struct h2_piece *piece = pipe->pieces;
    nghttp2_nv list[H2_FIELDS_MAX];
    size_t count = h2_fields_unpack(piece, list);
    if (piece->kind == H2_PIECE_HEAD)
        pipe->opened = true;
    pipe->ended = piece->ends;
    if (pipe->direction == LANE_REQUEST)
        hand_request(pipe, piece, list, count);
    else
        hand_response(pipe, piece, list, count);
}

static void hand_reset(struct h2_pipe *pipe)
{
    struct h2_stream *stream = pipe->stream;
    uint32_t code = pipe->pieces->code;
    bool open = pipe->direction == LANE_REQUEST ? stream->upstream_id > 0 && !stream->upstream_closed
                                                : !stream->client_closed;
    if (open && nghttp2_submit_rst_stream(sink_of(pipe), NGHTTP2_FLAG_NONE, sink_id(pipe), code) < 0)
        connection_doom(stream->h2->connection, DOOM_MEMORY);
    if (pipe->direction == LANE_RESPONSE && open)
        measure_outcome(stream->h2->worker, stream->exchange,
                        stream->cut ? STATS_RESET : STATS_UPSTREAM_FAILED);
}

/* Hands on the first piece. False: it waits for something else than its time. */
static bool hand_on(struct h2_pipe *pipe)
{
    switch (pipe->pieces->kind) {
    case H2_PIECE_HEAD:
    case H2_PIECE_INFORMATIONAL:
        hand_head(pipe);
        break;
    case H2_PIECE_TRAILERS:
    case H2_PIECE_DATA:
        if (pipe->deferred)
            nghttp2_session_resume_data(sink_of(pipe), sink_id(pipe));
        pipe->deferred = false;
        return false;
    case H2_PIECE_RESET:
        /* A client that has the end closes the stream by itself, if it has ended its request. */
        if (pipe->direction == LANE_RESPONSE && pipe->ended && !pipe->end_sent)
            return false;
        hand_reset(pipe);
        break;
    }
    /* What was handed on may have come back as the stream's end. */
    if (pipe->pieces)
        drop_first(pipe);
    return true;
}

/* A client that gave up has its reset passed on ahead of what the upstream's window keeps back. */
static void overtake(struct h2_pipe *pipe, uint64_t now_ns)
{
    const struct h2_piece *last = pipe->pieces_last;
    if (pipe->direction != LANE_REQUEST || !last || last->kind != H2_PIECE_RESET || !pipe->opened)
        return;
    while (last->release_ns <= now_ns && pipe->pieces != last)
        drop_first(pipe);
    if (last->release_ns > now_ns)
        set_timer(pipe, last->release_ns);
}

void h2_pipe_run(struct h2_pipe *pipe)
{
    struct h2 *h2 = pipe->stream->h2;
    uint64_t now = clock_ns();
    overtake(pipe, now);
    while (pipe->pieces && pipe->pieces->release_ns <= now) {
        if (pipe->direction == LANE_REQUEST && !pipe->opened && h2->upstream_gone) {
            h2_stream_lose(pipe->stream);
            return;
        }
        if (!hand_on(pipe)) {
            overtake(pipe, now);
            return;
        }
    }
    if (pipe->pieces)
        set_timer(pipe, pipe->pieces->release_ns);
    else
        h2_stream_check(pipe->stream);
}

static void hand_trailers(struct h2_pipe *pipe, uint32_t *flags)
{
    nghttp2_nv list[H2_FIELDS_MAX];
    size_t count = h2_fields_unpack(pipe->pieces, list);
    *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    pipe->ended = true;
    if (nghttp2_submit_trailer(sink_of(pipe), sink_id(pipe), list, count) < 0)
        connection_doom(pipe->stream->h2->connection, DOOM_MEMORY);
    drop_first(pipe);
}

/* libnghttp2 asks for bytes that it may send: at most `length`. */
static ssize_t read_data(nghttp2_session *session, int32_t id, uint8_t *into, size_t length, uint32_t *flags,
                         nghttp2_data_source *source, void *context)
{
    (void)session;
    (void)id;
    (void)context;
    struct h2_pipe *pipe = source->ptr;
    uint64_t now = clock_ns();
    size_t filled = 0;
    while (pipe->pieces && pipe->pieces->release_ns <= now && pipe->pieces->kind == H2_PIECE_DATA) {
        struct h2_piece *piece = pipe->pieces;
        size_t part = piece->length - piece->sent;
        if (part > 0 && filled == length)
            break;
        if (part > length - filled)
            part = length - filled;
        if (part > 0)
            memcpy(into + filled, piece->bytes + piece->sent, part);
        filled += part;
        piece->sent += (uint32_t)part;
        if (piece->sent < piece->length)
            break;
        pipe->ended = piece->ends;
        drop_first(pipe);
        if (pipe->ended) {
            *flags |= NGHTTP2_DATA_FLAG_EOF;
            return (ssize_t)filled;
        }
    }
    if (pipe->pieces && pipe->pieces->kind == H2_PIECE_TRAILERS && pipe->pieces->release_ns <= now) {
        hand_trailers(pipe, flags);
        return (ssize_t)filled;
    }
    if (filled > 0)
        return (ssize_t)filled;
    pipe->deferred = true;
    h2_pipe_run_soon(pipe);
    return NGHTTP2_ERR_DEFERRED;
}

nghttp2_data_provider h2_pipe_provider(struct h2_pipe *pipe)
{
    return (nghttp2_data_provider){.source = {.ptr = pipe}, .read_callback = read_data};
}

uint64_t h2_pipe_retime(struct h2_pipe *pipe, const struct fault *before, uint64_t now_ns)
{
    struct worker *worker = pipe->stream->h2->worker;
    uint64_t released = 0;
    if (!pipe->pieces)
        return 0;
    uint64_t latency = h2_faults_latency_now(pipe, pipe->pieces->latency_ns, before);
    pipe->last_release_ns = 0;
    for (struct h2_piece *piece = pipe->pieces; piece; piece = piece->next) {
        if (latency < piece->latency_ns)
            piece->latency_ns = latency;
        if (worker->fault.loss.percent <= 0)
            piece->loss_ns = 0;
        time_piece(pipe, piece, piece->release_ns > now_ns ? now_ns : 0);
        if (piece->held && piece->release_ns <= now_ns) {
            piece->held = false;
            worker->interval.held--;
            released++;
        }
    }
    return released;
}
