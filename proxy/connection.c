#include "proxy/connection.h"

#include "core/clock.h"
#include "proxy/h2.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void start_connect(struct connection *connection);

static void on_closed(uv_handle_t *handle)
{
    struct connection *connection = handle->data;
    struct worker *worker = connection->worker;
    if (--connection->handles > 0)
        return;
    for (int i = 0; i < LANES; i++) {
        lane_clear(&connection->lanes[i]);
        buf_free(&connection->heads[i]);
    }
    buf_free(&connection->input);
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        worker->connections = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    free(connection);
    worker_connection_closed(worker);
}

/* With `reset` the kernel sends a RST and drops what it still has. */
static void close_handle(struct connection *connection, uv_tcp_t *tcp, bool reset)
{
    int fd;
    if (uv_is_closing((uv_handle_t *)tcp))
        return;
    if (reset && uv_fileno((uv_handle_t *)tcp, &fd) == 0) {
        struct linger linger = {.l_onoff = 1, .l_linger = 0};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    }
    tcp->data = connection;
    uv_close((uv_handle_t *)tcp, on_closed);
}

static enum stats_outcome outcome_of(enum doom doom)
{
    switch (doom) {
    case DOOM_RESET:
        return STATS_RESET;
    case DOOM_REFUSED:
        return STATS_UPSTREAM_REFUSED;
    case DOOM_UPSTREAM_BROKEN:
        return STATS_UPSTREAM_FAILED;
    default:
        return STATS_CLIENT_GONE;
    }
}

static void tear_down(struct connection *connection)
{
    bool reset = connection->doom != DOOM_DONE;
    connection->closing = true;
    if (connection->doom == DOOM_REFUSED && !connection->queue)
        connection->worker->interval.outcomes[STATS_UPSTREAM_REFUSED]++;
    connection_abandon(connection, outcome_of(connection->doom));
    exchange_drop(connection->current);
    connection->current = NULL;
    h2_free(connection->h2, outcome_of(connection->doom));
    connection->h2 = NULL;
    timers_cancel(&connection->worker->timers, &connection->timer);
    for (int i = 0; i < LANES; i++)
        lane_clear(&connection->lanes[i]);
    connection->worker->interval.connections_open--;
    close_handle(connection, &connection->client, reset);
    if (connection->upstream_open)
        close_handle(connection, &connection->upstream, reset);
}

void connection_doom(struct connection *connection, enum doom why)
{
    if (connection->doom == DOOM_NONE)
        connection->doom = why;
}

void connection_sink_broke(struct lane *lane)
{
    struct connection *connection = lane->connection;
    if (lane->direction == LANE_RESPONSE)
        connection_doom(connection, DOOM_CLIENT_GONE);
    else if (connection->upstream_ended)
        /* It had closed: with RST as it answers itself. */
        connection_doom(connection, DOOM_UPSTREAM_BROKEN);
    /* Else what it still has to say is read first; the end of that says how it ended. */
}

void connection_chunk_sent(struct lane *lane, struct exchange *exchange, bool first, bool last)
{
    if (!exchange)
        return;
    struct worker *worker = lane->worker;
    uint64_t now = clock_ns();
    if (lane->direction == LANE_REQUEST) {
        if (last)
            exchange->forwarded_ns = now;
        return;
    }
    if (first)
        measure_response(worker, exchange, now);
    if (!last)
        return;
    enum stats_outcome outcome = STATS_ANSWERED;
    if (exchange->local)
        outcome = exchange->refused ? STATS_UPSTREAM_REFUSED : STATS_INJECTED_ERROR;
    measure_outcome(worker, exchange, outcome);
}

/* No buffer for libuv: it then calls back with UV_ENOBUFS, and we read ourselves: with recv(), which comes to
 * the socket by a shorter way than read(), straight into the worker's buffer. */
static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    (void)handle;
    (void)suggested;
    *buf = uv_buf_init(NULL, 0);
}

/* A number of bytes, 0 for none yet, or as libuv says it. */
static ssize_t receive(uv_stream_t *stream, struct worker *worker)
{
    int fd;
    if (uv_fileno((uv_handle_t *)stream, &fd) < 0)
        return UV_EBADF;
    ssize_t length = recv(fd, worker->read_buffer, WORKER_READ_BYTES, MSG_DONTWAIT);
    if (length > 0)
        return length;
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    uv_read_stop(stream);
    return length == 0 ? UV_EOF : uv_translate_sys_error(errno);
}

static void end_client(struct connection *connection)
{
    connection->client_ended = true;
    if (connection->lingering) {
        connection_doom(connection, DOOM_DONE);
        return;
    }
    if (connection->h2) {
        h2_ended(connection->h2, LANE_REQUEST);
        return;
    }
    struct lane *lane = &connection->lanes[LANE_REQUEST];
    /* Nothing will ever be answered, and the client waits no longer. */
    if (lane->chunks && lane->chunks->release_ns == HEAP_NEVER) {
        connection_doom(connection, DOOM_CLIENT_GONE);
        return;
    }
    if (connection->upgrading)
        connection_request_ended(connection);
    if (connection->refused && !connection->queue && !connection->lanes[LANE_RESPONSE].chunks)
        connection_doom(connection, DOOM_DONE);
}

static void on_client_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buf)
{
    (void)buf;
    struct connection *connection = stream->data;
    struct worker *worker = connection->worker;
    if (length == UV_ENOBUFS)
        length = receive(stream, worker);
    if (length == 0)
        return;
    if (length == UV_EOF) {
        connection->client_reading = false;
        end_client(connection);
    } else if (length < 0) {
        connection_doom(connection, DOOM_CLIENT_GONE);
    } else {
        worker->interval.bytes_in += (uint64_t)length;
        connection->client_spoke = true;
        if (!connection->lingering && !connection->closes)
            connection_request_bytes(connection, worker->read_buffer, (size_t)length);
    }
    connection_settle(connection);
    timers_run(&worker->timers);
}

static void end_upstream(struct connection *connection)
{
    if (connection->h2) {
        h2_ended(connection->h2, LANE_RESPONSE);
        return;
    }
    connection_response_ended(connection);
    lane_end(&connection->lanes[LANE_RESPONSE]);
    if (connection->lanes[LANE_REQUEST].broken)
        connection_doom(connection, DOOM_UPSTREAM_BROKEN);
}

static void on_upstream_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buf)
{
    (void)buf;
    struct connection *connection = stream->data;
    struct worker *worker = connection->worker;
    if (length == UV_ENOBUFS)
        length = receive(stream, worker);
    if (length == 0)
        return;
    if (length == UV_EOF) {
        connection->upstream_reading = false;
        connection->upstream_ended = true;
        end_upstream(connection);
    } else if (length < 0) {
        connection->upstream_reading = false;
        if (!connection->h2 || !h2_upstream_broke(connection->h2))
            connection_doom(connection, DOOM_UPSTREAM_BROKEN);
    } else {
        connection_response_bytes(connection, worker->read_buffer, (size_t)length);
    }
    connection_settle(connection);
    timers_run(&worker->timers);
}

static void refuse(struct connection *connection)
{
    connection->refused = true;
    lane_clear(&connection->lanes[LANE_REQUEST]);
    connection->lanes[LANE_REQUEST].broken = true;
    if (connection->h2)
        h2_refused(connection->h2);
    else if (connection->raw[LANE_REQUEST])
        connection_doom(connection, DOOM_REFUSED);
    else if (connection->queue)
        connection_refuse_requests(connection);
    else if (connection->client_ended)
        connection_doom(connection, DOOM_DONE);
    if (connection->doom == DOOM_NONE && !connection->queue)
        timers_set(&connection->worker->timers, &connection->timer, clock_ns() + CONNECTION_REFUSED_WAIT_NS);
}

static void on_retry(uv_handle_t *handle)
{
    struct connection *connection = handle->data;
    connection->handles--;
    connection->upstream_open = false;
    if (connection->closing) {
        connection->handles++;
        on_closed(handle);
        return;
    }
    if (connection->tries < connection->worker->upstream->count)
        start_connect(connection);
    else
        refuse(connection);
    connection_settle(connection);
}

static void on_connect(uv_connect_t *request, int status)
{
    struct connection *connection = request->data;
    struct worker *worker = connection->worker;
    connection->connecting = false;
    if (connection->closing)
        return;
    if (status < 0) {
        worker_complain(worker, "cannot connect to the upstream", status);
        uv_close((uv_handle_t *)&connection->upstream, on_retry);
        return;
    }
    worker->address_index = (worker->address_index + connection->tries - 1) % worker->upstream->count;
    uv_tcp_nodelay(&connection->upstream, 1);
    lane_connect(&connection->lanes[LANE_REQUEST], &connection->upstream);
    lane_flush(&connection->lanes[LANE_REQUEST]);
    connection_settle(connection);
}

static void start_connect(struct connection *connection)
{
    struct worker *worker = connection->worker;
    const struct upstream *upstream = worker->upstream;
    size_t index = (worker->address_index + connection->tries++) % upstream->count;
    int rc = uv_tcp_init(&worker->loop, &connection->upstream);
    connection->upstream.data = connection;
    connection->handles++;
    connection->upstream_open = true;
    connection->connect.data = connection;
    if (rc == 0)
        rc = uv_tcp_connect(&connection->connect, &connection->upstream,
                            (const struct sockaddr *)&upstream->addresses[index], on_connect);
    connection->connecting = rc == 0;
    if (rc < 0) {
        worker_complain(worker, "cannot connect to the upstream", rc);
        uv_close((uv_handle_t *)&connection->upstream, on_retry);
    }
}

static void on_timer(struct timer *timer)
{
    struct connection *connection = (struct connection *)timer;
    if (connection->lingering)
        connection_doom(connection, DOOM_DONE);
    else if (connection->h2)
        h2_expired(connection->h2);
    else if (!connection->refused)
        connection_release_settings(connection);
    else if (!connection->queue)
        connection_doom(connection, DOOM_REFUSED);
    connection_settle(connection);
}

/* Our last answer is out: say so, and give the client time to read it before the socket goes. */
static void linger(struct connection *connection)
{
    connection->lingering = true;
    lane_end(&connection->lanes[LANE_RESPONSE]);
    if (connection->client_ended)
        connection_doom(connection, DOOM_DONE);
    else
        timers_set(&connection->worker->timers, &connection->timer, clock_ns() + CONNECTION_LINGER_NS);
}

static void set_reading(uv_tcp_t *tcp, bool *reading, bool wanted, uv_read_cb callback)
{
    if (*reading == wanted)
        return;
    *reading = wanted;
    if (wanted)
        uv_read_start((uv_stream_t *)tcp, on_alloc, callback);
    else
        uv_read_stop((uv_stream_t *)tcp);
}

static bool is_idle(const struct connection *connection)
{
    return !connection->queue && !connection->current && connection->input.length == 0 &&
           connection->heads[LANE_REQUEST].length == 0 && !connection->lanes[LANE_REQUEST].chunks &&
           !connection->lanes[LANE_RESPONSE].chunks && !connection->raw[LANE_REQUEST];
}

static bool is_done(const struct connection *connection)
{
    return connection->lanes[LANE_RESPONSE].shut &&
           (connection->lanes[LANE_REQUEST].shut || connection->lanes[LANE_REQUEST].broken) &&
           connection->client_ended && connection->upstream_ended;
}

void connection_settle(struct connection *connection)
{
    if (connection->closing)
        return;
    struct lane *request = &connection->lanes[LANE_REQUEST];
    struct lane *response = &connection->lanes[LANE_RESPONSE];
    struct h2 *h2 = connection->h2;
    if (h2 && connection->doom == DOOM_NONE)
        h2_settle(h2);
    if (connection->doom == DOOM_NONE && connection->closes && !connection->lingering && !response->chunks)
        linger(connection);
    if (is_done(connection) || (connection->worker->draining && is_idle(connection)))
        connection_doom(connection, DOOM_DONE);
    if (connection->doom != DOOM_NONE) {
        tear_down(connection);
        return;
    }
    if (connection->client_ended && !request->ending && connection->input.length == 0 &&
        (!h2 || h2_is_passed_on(h2))) {
        connection_request_ended(connection);
        lane_end(request);
    }
    bool room = h2 ? h2_has_room(h2, LANE_REQUEST)
                   : !lane_is_full(request) && connection->input.length < CONNECTION_INPUT_MAX;
    bool taken = h2 ? h2_has_room(h2, LANE_RESPONSE) : !lane_is_full(response);
    set_reading(&connection->client, &connection->client_reading,
                !connection->client_ended && (room || connection->lingering), on_client_read);
    bool connected = connection->lanes[LANE_REQUEST].sink != NULL;
    set_reading(&connection->upstream, &connection->upstream_reading,
                connected && !connection->upstream_ended && taken, on_upstream_read);
}

static struct connection *connection_new(struct worker *worker)
{
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection)
        return NULL;
    connection->worker = worker;
    connection->timer.fire = on_timer;
    for (int i = 0; i < LANES; i++) {
        lane_init(&connection->lanes[i], worker, connection, i);
        tracker_init(&connection->trackers[i], i == LANE_RESPONSE);
        buf_init(&connection->heads[i], CONNECTION_HEAD_MAX + WORKER_READ_BYTES);
    }
    buf_init(&connection->input, CONNECTION_INPUT_MAX + WORKER_READ_BYTES);
    uv_tcp_init(&worker->loop, &connection->client);
    connection->client.data = connection;
    connection->handles = 1;
    connection->next = worker->connections;
    if (connection->next)
        connection->next->previous = connection;
    worker->connections = connection;
    return connection;
}

static void on_spare_closed(uv_handle_t *handle)
{
    struct worker *worker = handle->data;
    worker->spare_open = false;
}

/* No memory for the client: it is accepted only to be reset, or the listener would stall. */
static void turn_away(struct worker *worker)
{
    worker_complain(worker, "a client was turned away", UV_ENOMEM);
    if (worker->spare_open)
        return;
    uv_tcp_init(&worker->loop, &worker->spare);
    worker->spare.data = worker;
    worker->spare_open = true;
    uv_accept((uv_stream_t *)&worker->listener, (uv_stream_t *)&worker->spare);
    uv_close((uv_handle_t *)&worker->spare, on_spare_closed);
}

/* The last descriptors are kept for the stats socket: whoever floods the data path must not shut out the
 * console that could end the faults. The kernel hands out the lowest number that is free, so a high
 * one tells that few are left. */
static bool has_descriptors(struct connection *connection)
{
    int fd;
    struct worker *worker = connection->worker;
    if (uv_fileno((uv_handle_t *)&connection->client, &fd) < 0 || (uint64_t)fd < worker->descriptor_limit)
        return true;
    worker_complain(worker, "clients are turned away", UV_EMFILE);
    return false;
}

void connection_accept(struct worker *worker)
{
    struct connection *connection = connection_new(worker);
    if (!connection) {
        turn_away(worker);
        return;
    }
    worker->interval.connections_open++;
    int rc = uv_accept((uv_stream_t *)&worker->listener, (uv_stream_t *)&connection->client);
    if (rc < 0 || !has_descriptors(connection)) {
        connection_doom(connection, DOOM_CLIENT_GONE);
        connection_settle(connection);
        return;
    }
    worker->interval.connections_accepted++;
    uv_tcp_nodelay(&connection->client, 1);
    lane_connect(&connection->lanes[LANE_RESPONSE], &connection->client);
    start_connect(connection);
    connection_settle(connection);
}

uint64_t connection_retime(struct connection *connection, const struct fault *before)
{
    uint64_t released = 0;
    if (connection->h2) {
        released = h2_retime(connection->h2, before);
        connection_settle(connection);
        return released;
    }
    if (connection->closing || (!connection->lanes[0].chunks && !connection->lanes[1].chunks))
        return 0;
    uint64_t now = clock_ns();
    for (int i = 0; i < LANES; i++) {
        struct lane *lane = &connection->lanes[i];
        if (!lane->chunks)
            continue;
        released += lane_retime(lane, before, now);
        lane_flush(lane);
    }
    connection_settle(connection);
    return released;
}
