#include "config.h"

#include "proxy/h2_internal.h"

#include "core/clock.h"

#include <stdlib.h>
#include <string.h>

/* What is gathered for one write. */
#define BATCH_BYTES (32U << 10)
/* A SETTINGS frame that a server begins with is not longer. */
#define SETTINGS_BYTES_MAX 1024
enum { FRAME_HEADER_BYTES = 9, SETTING_BYTES = 6 };

/* How many of the first `size` bytes there are. */
static size_t begin_of(const char *before, size_t before_length, const char *data, size_t length, char *into,
                       size_t size)
{
    size_t first = before_length < size ? before_length : size;
    size_t second = length < size - first ? length : size - first;
    if (first > 0)
        memcpy(into, before, first);
    if (second > 0)
        memcpy(into + first, data, second);
    return first + second;
}

enum h2_preface h2_find_preface(const char *before, size_t before_length, const char *data, size_t length)
{
    char begin[NGHTTP2_CLIENT_MAGIC_LEN];
    size_t there = begin_of(before, before_length, data, length, begin, sizeof begin);
    if (memcmp(begin, NGHTTP2_CLIENT_MAGIC, there) != 0)
        return H2_PREFACE_NO;
    return there == sizeof begin ? H2_PREFACE_WHOLE : H2_PREFACE_PARTLY;
}

bool h2_may_be_settings(const char *before, size_t before_length, const char *data, size_t length)
{
    unsigned char head[FRAME_HEADER_BYTES];
    static const unsigned char rest[] = {NGHTTP2_SETTINGS, NGHTTP2_FLAG_NONE, 0, 0, 0, 0};
    size_t there = begin_of(before, before_length, data, length, (char *)head, sizeof head);
    if (there < sizeof head)
        return there < 3 ? there > 0 && head[0] == 0 : memcmp(head + 3, rest, there - 3) == 0;
    size_t size = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
    return size % SETTING_BYTES == 0 && size <= SETTINGS_BYTES_MAX &&
           memcmp(head + 3, rest, sizeof rest) == 0;
}

static nghttp2_option *make_option(bool server)
{
    nghttp2_option *option;
    if (nghttp2_option_new(&option) < 0)
        return NULL;
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_no_closed_streams(option, 1);
    nghttp2_option_set_max_send_header_block_length(option, 2 * (size_t)H2_HEAD_MAX);
    (void)server; /* where the library has no such limit */
#ifdef HAVE_NGHTTP2_OPTION_SET_STREAM_RESET_RATE_LIMIT
    if (server)
        nghttp2_option_set_stream_reset_rate_limit(option, H2_RESETS_BURST, H2_RESETS_RATE);
#endif
#ifdef HAVE_NGHTTP2_OPTION_SET_MAX_CONTINUATIONS
    nghttp2_option_set_max_continuations(option, H2_CONTINUATIONS_MAX);
#endif
    return option;
}

static bool make_sessions(struct h2 *h2)
{
    for (int i = 0; i < LANES; i++) {
        nghttp2_option *option = make_option(i == LANE_REQUEST);
        if (!option)
            return false;
        h2->sessions[i] = i == LANE_REQUEST ? h2_client_session(h2, option) : h2_upstream_session(h2, option);
        nghttp2_option_del(option);
        if (!h2->sessions[i])
            return false;
    }
    return true;
}

struct h2 *h2_new(struct connection *connection)
{
    struct h2 *h2 = calloc(1, sizeof *h2);
    if (!h2)
        return NULL;
    h2->connection = connection;
    h2->worker = connection->worker;
    h2->now_ns = clock_ns();
    h2->refused = h2->upstream_gone = connection->refused;
    for (int i = 0; i < LANES; i++)
        h2_fields_reset(&h2->incoming[i]);
    if (make_sessions(h2))
        return h2;
    h2_free(h2, STATS_CLIENT_GONE);
    return NULL;
}

void h2_abandon(struct h2 *h2, enum stats_outcome outcome)
{
    for (struct h2_stream *stream = h2->streams; stream; stream = stream->next)
        measure_outcome(h2->worker, stream->exchange, outcome);
}

void h2_free(struct h2 *h2, enum stats_outcome outcome)
{
    if (!h2)
        return;
    h2_abandon(h2, outcome);
    while (h2->streams)
        h2_stream_free(h2->streams);
    for (int i = 0; i < LANES; i++) {
        nghttp2_session_del(h2->sessions[i]);
        h2_fields_free(&h2->incoming[i]);
    }
    free(h2);
}

/* The upstream says nothing any more. What it has said goes on its way. */
static void lose_upstream(struct h2 *h2)
{
    if (h2->upstream_gone)
        return;
    h2->upstream_gone = true;
    for (struct h2_stream *stream = h2->streams; stream; stream = stream->next) {
        const struct h2_pipe *request = &stream->pipes[LANE_REQUEST];
        /* A request that is still held is answered in its time. */
        if (h2->spoke || request->opened || !request->pieces)
            h2_stream_lose(stream);
    }
    if (h2->spoke)
        h2_client_finish(h2);
}

void h2_bytes(struct h2 *h2, int direction, const char *data, size_t length)
{
    nghttp2_session *session = h2->sessions[direction];
    h2->now_ns = clock_ns();
    if (direction == LANE_RESPONSE && h2->upstream_gone)
        return;
    ssize_t rc = nghttp2_session_mem_recv(session, (const uint8_t *)data, length);
    if (rc == NGHTTP2_ERR_NOMEM)
        connection_doom(h2->connection, DOOM_MEMORY);
    else if (direction == LANE_REQUEST && rc < 0)
        connection_doom(h2->connection, DOOM_CLIENT_GONE);
    else if (direction == LANE_RESPONSE && (rc < 0 || !nghttp2_session_want_read(session)))
        lose_upstream(h2);
}

void h2_ended(struct h2 *h2, int direction)
{
    h2->now_ns = clock_ns();
    if (direction == LANE_RESPONSE) {
        lose_upstream(h2);
        return;
    }
    h2->client_ended = true;
    for (struct h2_stream *stream = h2->streams; stream; stream = stream->next)
        if (!stream->client_closed &&
            (!stream->exchange->complete || stream->exchange->latency_ns[LANE_REQUEST] == HEAP_NEVER) &&
            nghttp2_submit_rst_stream(h2->sessions[LANE_REQUEST], NGHTTP2_FLAG_NONE, stream->client_id,
                                      NGHTTP2_CANCEL) < 0)
            connection_doom(h2->connection, DOOM_MEMORY);
}

bool h2_upstream_broke(struct h2 *h2)
{
    if (h2->spoke)
        return false;
    h2_ended(h2, LANE_RESPONSE);
    return true;
}

void h2_refused(struct h2 *h2)
{
    h2->refused = true;
    lose_upstream(h2);
}

void h2_expired(struct h2 *h2)
{
    if (h2->draining || (h2->refused && !h2->streams))
        h2_client_finish(h2);
}

static void put(struct h2 *h2, int direction, const char *data, size_t length)
{
    struct connection *connection = h2->connection;
    bool resets = false;
    struct parcel parcel = {.data = data,
                            .length = length,
                            .limited = h2->meant,
                            .sliced = h2->meant && decision_has_direction(&h2->worker->fault, direction)};
    if (length == 0)
        return;
    if (h2->meant && direction == LANE_RESPONSE
            ? !connection_put_response(connection, &parcel, &resets, clock_ns())
            : !lane_put(&connection->lanes[direction], &parcel, clock_ns()))
        connection_doom(connection, DOOM_MEMORY);
}

/* Writes what a session has to say, as much as the lane takes. True if that was anything. */
static bool pump(struct h2 *h2, int direction)
{
    char batch[BATCH_BYTES];
    size_t filled = 0;
    bool any = false;
    struct connection *connection = h2->connection;
    while (connection->lanes[direction].bytes + filled < H2_LANE_MAX && connection->doom == DOOM_NONE) {
        const uint8_t *data;
        ssize_t length = nghttp2_session_mem_send(h2->sessions[!direction], &data);
        if (length < 0)
            connection_doom(connection, length == NGHTTP2_ERR_NOMEM ? DOOM_MEMORY : DOOM_CLIENT_GONE);
        if (length <= 0)
            break;
        any = true;
        if ((size_t)length > sizeof batch - filled) {
            put(h2, direction, batch, filled);
            filled = 0;
        }
        if ((size_t)length > sizeof batch) {
            put(h2, direction, (const char *)data, (size_t)length);
        } else {
            memcpy(batch + filled, data, (size_t)length);
            filled += (size_t)length;
        }
    }
    put(h2, direction, batch, filled);
    return any;
}

/* The upstream's session has come to its end. */
static bool has_left(struct h2 *h2)
{
    nghttp2_session *session = h2->sessions[LANE_RESPONSE];
    if (h2->upstream_gone || !h2->spoke || nghttp2_session_want_read(session) ||
        nghttp2_session_want_write(session))
        return false;
    lose_upstream(h2);
    return true;
}

static void pump_both(struct h2 *h2)
{
    bool any = true;
    while (any && h2->connection->doom == DOOM_NONE) {
        any = !h2->upstream_gone && !h2->connection->lanes[LANE_REQUEST].ending && pump(h2, LANE_REQUEST);
        any |= pump(h2, LANE_RESPONSE);
        any |= has_left(h2);
    }
}

static bool has_requests(const struct h2 *h2)
{
    for (const struct h2_stream *stream = h2->streams; stream; stream = stream->next)
        if (stream->pipes[LANE_REQUEST].pieces)
            return true;
    return false;
}

/* Streams that nothing more comes of do not count. */
static bool has_live_streams(const struct h2 *h2)
{
    for (const struct h2_stream *stream = h2->streams; stream; stream = stream->next)
        if (!stream->lost || stream->pipes[LANE_RESPONSE].pieces)
            return true;
    return false;
}

/* New requests are taken until the client has seen the announcement, for some time: none is lost on its way.
 */
static void begin_to_drain(struct h2 *h2)
{
    nghttp2_session *session = h2->sessions[LANE_REQUEST];
    struct connection *connection = h2->connection;
    h2->draining = true;
    if (nghttp2_submit_shutdown_notice(session) < 0 ||
        nghttp2_submit_ping(session, NGHTTP2_FLAG_NONE, NULL) < 0 ||
        !timers_set(&h2->worker->loop.timers, &connection->timer, clock_ns() + H2_DRAIN_NS))
        connection_doom(connection, DOOM_MEMORY);
}

static void pass_leaving(struct h2 *h2)
{
    if (!h2->client_leaving || h2->upstream_gone || has_requests(h2))
        return;
    h2->client_leaving = false;
    if (nghttp2_submit_goaway(h2->sessions[LANE_RESPONSE], NGHTTP2_FLAG_NONE, 0, h2->leaving_code, NULL, 0) <
        0)
        connection_doom(h2->connection, DOOM_MEMORY);
}

static bool is_finished(const struct h2 *h2)
{
    const nghttp2_session *session = h2->sessions[LANE_REQUEST];
    nghttp2_session *asked = (nghttp2_session *)session;
    if (h2->client_ended && !has_live_streams(h2))
        return true;
    if (nghttp2_session_want_write(asked))
        return false;
    return !nghttp2_session_want_read(asked) || (h2->finishing && !has_live_streams(h2));
}

void h2_settle(struct h2 *h2)
{
    struct connection *connection = h2->connection;
    if (connection->closes)
        return;
    if ((h2->worker->draining || h2->answered) && !h2->draining)
        begin_to_drain(h2);
    pass_leaving(h2);
    pump_both(h2);
    h2_stream_reap(h2);
    if (connection->doom == DOOM_NONE && is_finished(h2))
        connection->closes = true;
}

bool h2_has_room(const struct h2 *h2, int direction)
{
    if (direction == LANE_RESPONSE && h2->upstream_gone)
        return false;
    return nghttp2_session_get_outbound_queue_size(h2->sessions[!direction]) < H2_QUEUE_MAX;
}

bool h2_is_passed_on(const struct h2 *h2)
{
    return h2->client_ended && !has_requests(h2) &&
           (h2->upstream_gone || !nghttp2_session_want_write(h2->sessions[LANE_RESPONSE]));
}

uint64_t h2_retime(struct h2 *h2, const struct fault *before)
{
    uint64_t released = 0;
    uint64_t now = clock_ns();
    h2->meant = h2->meant && !h2->worker->clean;
    for (struct h2_stream *stream = h2->streams; stream; stream = stream->next) {
        for (int i = 0; i < LANES; i++) {
            released += h2_pipe_retime(&stream->pipes[i], before, now);
            h2_pipe_run(&stream->pipes[i]);
        }
    }
    return released;
}
