/*
 * The session towards the upstream: we are its client.
 */
#include "proxy/h2_internal.h"

#include "core/clock.h"

static struct h2_stream *stream_of(nghttp2_session *session, int32_t id)
{
    return nghttp2_session_get_stream_user_data(session, id);
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    (void)session;
    (void)frame;
    struct h2 *h2 = context;
    h2_fields_reset(&h2->incoming[LANE_RESPONSE]);
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_length, const uint8_t *value, size_t value_length, uint8_t flags,
                     void *context)
{
    (void)session;
    (void)frame;
    struct h2 *h2 = context;
    h2_fields_add(&h2->incoming[LANE_RESPONSE], name, name_length, value, value_length, flags);
    return 0;
}

static bool takes_response(const struct h2_stream *stream)
{
    return !stream->dropped && !stream->client_closed;
}

/* The fault: the response ends here. What else comes of it is thrown away. */
static void cut_off(struct h2_stream *stream)
{
    measure_faulted(stream->h2->worker, stream->exchange);
    h2_pipe_put_reset(&stream->pipes[LANE_RESPONSE], NGHTTP2_INTERNAL_ERROR, stream->h2->now_ns);
    stream->dropped = true;
}

static int fail(struct h2_stream *stream)
{
    nghttp2_session *session = stream->h2->sessions[LANE_RESPONSE];
    int rc =
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream->upstream_id, NGHTTP2_INTERNAL_ERROR);
    return rc < 0 ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static int on_headers(struct h2 *h2, struct h2_stream *stream, const nghttp2_frame *frame)
{
    struct h2_fields *fields = &h2->incoming[LANE_RESPONSE];
    struct h2_pipe *pipe = &stream->pipes[LANE_RESPONSE];
    bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (!takes_response(stream))
        return 0;
    if (fields->failed)
        return fail(stream);
    const char *status = h2_fields_find(fields, ":status");
    enum h2_piece_kind kind = H2_PIECE_TRAILERS;
    uint64_t waited_ns = 0;
    if (!stream->final)
        kind = status && status[0] == '1' ? H2_PIECE_INFORMATIONAL : H2_PIECE_HEAD;
    if (kind == H2_PIECE_HEAD) {
        stream->final = true;
        stream->exchange->answered_ns = h2->now_ns;
        h2_faults_refresh(stream);
        waited_ns = exchange_overspent_ns(stream->exchange);
    }
    bool cut = ends && stream->cut;
    if (cut && kind == H2_PIECE_TRAILERS) {
        cut_off(stream);
        return 0;
    }
    struct h2_piece *piece = h2_fields_pack(fields, kind);
    if (piece) {
        piece->first = kind == H2_PIECE_HEAD;
        piece->ends = ends && !cut;
    }
    h2_pipe_put_fields(pipe, piece, waited_ns, h2->now_ns);
    if (cut)
        cut_off(stream);
    return 0;
}

static void on_response_ended(struct h2_stream *stream)
{
    if (stream->cut)
        cut_off(stream);
    else
        h2_pipe_put_end(&stream->pipes[LANE_RESPONSE], stream->h2->now_ns);
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct h2 *h2 = context;
    struct h2_stream *stream;
    switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
        stream = stream_of(session, frame->hd.stream_id);
        return stream ? on_headers(h2, stream, frame) : 0;
    case NGHTTP2_DATA:
        stream = stream_of(session, frame->hd.stream_id);
        if (stream && takes_response(stream) && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
            on_response_ended(stream);
        return 0;
    case NGHTTP2_SETTINGS:
        if (frame->hd.flags & NGHTTP2_FLAG_ACK)
            return 0;
        h2->spoke = true;
        h2_client_pass_settings(h2, &frame->settings);
        return 0;
    case NGHTTP2_GOAWAY:
        h2_client_pass_goaway(h2, &frame->goaway);
        return 0;
    default:
        return 0;
    }
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data, size_t length,
                   void *context)
{
    (void)flags;
    struct h2 *h2 = context;
    struct h2_stream *stream = stream_of(session, id);
    if (!stream || !takes_response(stream))
        return nghttp2_session_consume(session, id, length) < 0 ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
    size_t passed = stream->cut ? (length + 1) / 2 : length;
    h2_pipe_put_data(&stream->pipes[LANE_RESPONSE], data, passed, h2->now_ns);
    if (!stream->cut)
        return 0;
    cut_off(stream);
    return nghttp2_session_consume(session, id, length - passed) < 0 ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static int on_sent(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    (void)context;
    if ((frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) ||
        !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
        return 0;
    struct h2_stream *stream = stream_of(session, frame->hd.stream_id);
    if (!stream)
        return 0;
    stream->pipes[LANE_REQUEST].end_sent = true;
    stream->exchange->forwarded_ns = clock_ns();
    return 0;
}

static struct h2_stream *find_stream(struct h2 *h2, int32_t upstream_id)
{
    struct h2_stream *stream = h2->streams;
    while (stream && stream->upstream_id != upstream_id)
        stream = stream->next;
    return stream;
}

/* A request that was queued and may not be sent any more. */
static int on_not_sent(nghttp2_session *session, const nghttp2_frame *frame, int why, void *context)
{
    (void)session;
    struct h2 *h2 = context;
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    struct h2_stream *stream = find_stream(h2, frame->hd.stream_id);
    if (stream)
        h2_stream_upstream_closed(stream, why == NGHTTP2_ERR_START_STREAM_NOT_ALLOWED
                                              ? NGHTTP2_REFUSED_STREAM
                                              : NGHTTP2_INTERNAL_ERROR);
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t code, void *context)
{
    (void)context;
    struct h2_stream *stream = stream_of(session, id);
    if (stream)
        h2_stream_upstream_closed(stream, code);
    return 0;
}

static bool begin(struct h2 *h2, nghttp2_session *session)
{
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, H2_WINDOW_BYTES},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, H2_HEAD_MAX},
    };
    h2->sessions[LANE_RESPONSE] = session;
    return nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings,
                                   sizeof settings / sizeof settings[0]) == 0 &&
           nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, H2_WINDOW_ALL_BYTES) == 0;
}

nghttp2_session *h2_upstream_session(struct h2 *h2, const nghttp2_option *option)
{
    nghttp2_session_callbacks *callbacks;
    nghttp2_session *session = NULL;
    if (nghttp2_session_callbacks_new(&callbacks) < 0)
        return NULL;
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, on_not_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    int rc = nghttp2_session_client_new2(&session, callbacks, h2, option);
    nghttp2_session_callbacks_del(callbacks);
    if (rc < 0)
        return NULL;
    if (begin(h2, session))
        return session;
    nghttp2_session_del(session);
    return NULL;
}
