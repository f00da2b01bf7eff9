/*
 * The session towards the client: we are its server.
 */
#include "proxy/h2_internal.h"

#include "core/clock.h"

#define LAST_STREAM_ID INT32_MAX /* of a GOAWAY that only announces another */

static struct h2_stream *stream_of(nghttp2_session *session, int32_t id)
{
    return nghttp2_session_get_stream_user_data(session, id);
}

static int refuse_stream(nghttp2_session *session, int32_t id, uint32_t code)
{
    int rc = nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, code);
    return rc < 0 ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct h2 *h2 = context;
    h2_fields_reset(&h2->incoming[LANE_REQUEST]);
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    int32_t id = frame->hd.stream_id;
    if (h2->stream_count >= H2_STREAMS_KEPT_MAX || (h2->upstream_gone && h2->spoke))
        return refuse_stream(session, id, NGHTTP2_REFUSED_STREAM);
    struct h2_stream *stream = h2_stream_new(h2, id);
    if (!stream)
        return refuse_stream(session, id, NGHTTP2_REFUSED_STREAM);
    nghttp2_session_set_stream_user_data(session, id, stream);
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_length, const uint8_t *value, size_t value_length, uint8_t flags,
                     void *context)
{
    (void)session;
    (void)frame;
    struct h2 *h2 = context;
    h2_fields_add(&h2->incoming[LANE_REQUEST], name, name_length, value, value_length, flags);
    return 0;
}

static void on_request_ended(struct h2_stream *stream)
{
    struct exchange *exchange = stream->exchange;
    if (exchange->complete)
        return;
    exchange->complete = true;
    exchange->received_ns = stream->h2->now_ns;
    if (exchange->local)
        h2_answer_request_complete(stream, stream->h2->now_ns);
}

static bool takes_request(const struct h2_stream *stream)
{
    return !stream->dropped && !stream->exchange->local && !stream->upstream_closed;
}

static int on_headers(struct h2 *h2, struct h2_stream *stream, const nghttp2_frame *frame)
{
    struct h2_fields *fields = &h2->incoming[LANE_REQUEST];
    bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (fields->failed) {
        stream->dropped = true;
        measure_outcome(h2->worker, stream->exchange, STATS_CLIENT_GONE);
        return refuse_stream(h2->sessions[LANE_REQUEST], stream->client_id, NGHTTP2_ENHANCE_YOUR_CALM);
    }
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
        h2_faults_begin(stream, fields, ends);
        return 0;
    }
    on_request_ended(stream);
    if (!takes_request(stream))
        return 0;
    struct h2_piece *piece = h2_fields_pack(fields, H2_PIECE_TRAILERS);
    if (piece)
        piece->ends = true;
    h2_pipe_put_fields(&stream->pipes[LANE_REQUEST], piece, 0, h2->now_ns);
    return 0;
}

static void on_goaway(struct h2 *h2, const nghttp2_goaway *goaway)
{
    h2->client_leaving = true;
    h2->leaving_code = goaway->error_code;
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
        if (!stream || !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
            return 0;
        on_request_ended(stream);
        if (takes_request(stream))
            h2_pipe_put_end(&stream->pipes[LANE_REQUEST], h2->now_ns);
        return 0;
    case NGHTTP2_GOAWAY:
        on_goaway(h2, &frame->goaway);
        return 0;
    case NGHTTP2_PING:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) && h2->draining)
            h2_client_finish(h2);
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
    if (!stream || !takes_request(stream))
        return nghttp2_session_consume(session, id, length) < 0 ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
    h2_pipe_put_data(&stream->pipes[LANE_REQUEST], data, length, h2->now_ns);
    return 0;
}

static enum stats_outcome outcome_of(const struct h2_stream *stream)
{
    if (!stream->exchange->local)
        return STATS_ANSWERED;
    if (stream->exchange->refused)
        return STATS_UPSTREAM_REFUSED;
    return stream->failed ? STATS_UPSTREAM_FAILED : STATS_INJECTED_ERROR;
}

/* A final response's: not that of 1xx, nor trailers. */
static bool is_response_head(const nghttp2_frame *frame)
{
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.nvlen == 0)
        return false;
    const nghttp2_nv *status = &frame->headers.nva[0];
    return status->namelen > 0 && status->name[0] == ':' && status->valuelen == 3 && status->value[0] != '1';
}

static int on_sent(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct h2 *h2 = context;
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
        return 0;
    struct h2_stream *stream = stream_of(session, frame->hd.stream_id);
    if (!stream)
        return 0;
    if (is_response_head(frame))
        measure_response(h2->worker, stream->exchange, clock_ns());
    if (!(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
        return 0;
    stream->pipes[LANE_RESPONSE].end_sent = true;
    measure_outcome(h2->worker, stream->exchange, outcome_of(stream));
    h2_pipe_run_soon(&stream->pipes[LANE_RESPONSE]);
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t code, void *context)
{
    (void)context;
    struct h2_stream *stream = stream_of(session, id);
    if (stream && !stream->client_closed)
        h2_stream_client_closed(stream, code);
    return 0;
}

static bool begin(struct h2 *h2, nghttp2_session *session)
{
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, H2_STREAMS_MAX},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, H2_WINDOW_BYTES},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, H2_HEAD_MAX},
    };
    h2->sessions[LANE_REQUEST] = session;
    return nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings,
                                   sizeof settings / sizeof settings[0]) == 0 &&
           nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, H2_WINDOW_ALL_BYTES) == 0;
}

nghttp2_session *h2_client_session(struct h2 *h2, const nghttp2_option *option)
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
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    int rc = nghttp2_session_server_new2(&session, callbacks, h2, option);
    nghttp2_session_callbacks_del(callbacks);
    if (rc < 0)
        return NULL;
    if (begin(h2, session))
        return session;
    nghttp2_session_del(session);
    return NULL;
}

void h2_client_pass_settings(struct h2 *h2, const nghttp2_settings *settings)
{
    nghttp2_settings_entry passed[2];
    size_t count = 0;
    uint32_t streams = H2_STREAMS_MAX;
    bool connects = false;
    for (size_t i = 0; i < settings->niv; i++) {
        if (settings->iv[i].settings_id == NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS)
            streams = settings->iv[i].value;
        if (settings->iv[i].settings_id == NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL)
            connects = settings->iv[i].value == 1;
    }
    if (streams < H2_STREAMS_MAX)
        passed[count++] = (nghttp2_settings_entry){NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, streams};
    if (connects)
        passed[count++] = (nghttp2_settings_entry){NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1};
    if (count > 0 &&
        nghttp2_submit_settings(h2->sessions[LANE_REQUEST], NGHTTP2_FLAG_NONE, passed, count) < 0)
        connection_doom(h2->connection, DOOM_MEMORY);
}

void h2_client_pass_goaway(struct h2 *h2, const nghttp2_goaway *goaway)
{
    nghttp2_session *session = h2->sessions[LANE_REQUEST];
    int rc;
    if (goaway->last_stream_id == LAST_STREAM_ID && goaway->error_code == NGHTTP2_NO_ERROR) {
        rc = nghttp2_submit_shutdown_notice(session);
    } else {
        h2->finishing = true;
        rc = nghttp2_submit_goaway(session, NGHTTP2_FLAG_NONE,
                                   nghttp2_session_get_last_proc_stream_id(session), goaway->error_code,
                                   goaway->opaque_data, goaway->opaque_data_len);
    }
    if (rc < 0)
        connection_doom(h2->connection, DOOM_MEMORY);
}

void h2_client_finish(struct h2 *h2)
{
    nghttp2_session *session = h2->sessions[LANE_REQUEST];
    if (h2->finishing)
        return;
    h2->finishing = true;
    if (nghttp2_submit_goaway(session, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session),
                              NGHTTP2_NO_ERROR, NULL, 0) < 0)
        connection_doom(h2->connection, DOOM_MEMORY);
}
