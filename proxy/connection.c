#include "proxy/connection.h"

#include "core/clock.h"
#include "proxy/h2.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void release(struct connection *connection)
{
    struct worker *worker = connection->worker;
    for (int i = 0; i < LANES; i++) {
        lane_free(&connection->lanes[i]);
        tracker_release(&connection->trackers[i]);
        buf_free(&connection->heads[i]);
    }
    buf_free(&connection->input);
    if (worker->looked_at == connection)
        worker->looked_at = connection->next;
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        worker->connections = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    free(connection);
    worker_connection_closed(worker);
}

static void on_turn(struct task *task)
{
    struct connection *connection = (struct connection *)((char *)task - offsetof(struct connection, turn));
    if (connection->closing) {
        release(connection);
        return;
    }
    connection_read(connection);
    connection_settle(connection);
}

/* With `reset` the kernel sends a RST and drops what it still has. */
static void close_endpoint(struct endpoint *endpoint, bool reset)
{
    if (endpoint->watch.fd < 0)
        return;
    if (reset) {
        struct linger linger = {.l_onoff = 1, .l_linger = 0};
        setsockopt(endpoint->watch.fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    }
    close(endpoint->watch.fd);
    endpoint->watch.fd = -1;
    endpoint->readable = endpoint->hung_up = false;
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
        measure_stream_outcome(connection->worker, STATS_UPSTREAM_REFUSED, false);
    connection_abandon(connection, outcome_of(connection->doom));
    exchange_drop(connection->current);
    connection->current = NULL;
    h2_free(connection->h2, outcome_of(connection->doom));
    connection->h2 = NULL;
    timers_cancel(&connection->worker->loop.timers, &connection->timer);
    for (int i = 0; i < LANES; i++)
        lane_clear(&connection->lanes[i]);
    connection_end_tunnel(connection);
    connection->worker->interval.connections_open--;
    close_endpoint(&connection->client, reset);
    close_endpoint(&connection->upstream, reset);
    /* Events of this turn may still name it. */
    loop_defer(&connection->worker->loop, &connection->turn);
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

/* Its exchange may have left the queue already: the upstream was through with it. */
void connection_chunk_lost(struct lane *lane, struct exchange *exchange)
{
    const struct connection *connection = lane->connection;
    if (exchange && lane->direction == LANE_RESPONSE)
        measure_outcome(lane->worker, exchange, connection->cut ? STATS_RESET : outcome_of(connection->doom));
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
    exchange->begun_out += first;
    if (exchange->turn && (exchange->answered_ns == 0 || exchange->begun_out < exchange->begun)) {
        exchange->tickets_out_ns = now;
        return;
    }
    if (first)
        measure_response(worker, exchange, now);
    if (!last)
        return;
    enum stats_outcome outcome = STATS_ANSWERED;
    if (exchange->declined)
        outcome = STATS_UPSTREAM_REFUSED;
    else if (exchange->local)
        outcome = exchange->refused ? STATS_UPSTREAM_REFUSED : STATS_INJECTED_ERROR;
    measure_outcome_at(worker, exchange, outcome, now);
}

void connection_client_ended(struct connection *connection)
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

void connection_upstream_ended(struct connection *connection)
{
    connection->upstream_ended = true;
    if (connection->h2) {
        h2_ended(connection->h2, LANE_RESPONSE);
        return;
    }
    /* What broke the way there was a reset, which our send() was told of instead of our recv(). */
    if (connection->lanes[LANE_REQUEST].broken)
        connection_doom(connection, DOOM_UPSTREAM_BROKEN);
    connection_response_ended(connection);
    if (connection->doom == DOOM_NONE)
        lane_end(&connection->lanes[LANE_RESPONSE]);
}

static void refuse(struct connection *connection)
{
    connection->refused = true;
    lane_clear(&connection->lanes[LANE_REQUEST]);
    connection->lanes[LANE_REQUEST].broken = true;
    if (connection->worker->upstream->resets)
        connection_doom(connection, DOOM_REFUSED);
    else if (connection->h2)
        h2_refused(connection->h2);
    else if (connection->raw[LANE_REQUEST])
        connection_doom(connection, DOOM_REFUSED);
    else if (connection->queue)
        connection_refuse_requests(connection);
    else if (connection->client_ended)
        connection_doom(connection, DOOM_DONE);
    if (connection->doom == DOOM_NONE && !connection->queue)
        timers_set(&connection->worker->loop.timers, &connection->timer,
                   clock_ns() + CONNECTION_REFUSED_WAIT_NS);
}

static socklen_t address_size(const struct sockaddr_storage *address)
{
    return address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}

/* 0: under way; or an errno. */
static int try_connect(struct connection *connection, const struct sockaddr_storage *address)
{
    int one = 1;
    struct endpoint *upstream = &connection->upstream;
    upstream->watch.fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (upstream->watch.fd < 0)
        return errno;
    setsockopt(upstream->watch.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    connection->connect_ns = clock_ns();
    connection->retransmits[LANE_REQUEST] = 0;
    int rc = connect(upstream->watch.fd, (const struct sockaddr *)address, address_size(address));
    if (rc < 0 && errno != EINPROGRESS)
        return errno;
    return -loop_add(&connection->worker->loop, &upstream->watch, LOOP_STREAM);
}

/* The next of the upstream's addresses, beginning with the one that answered last. */
static void start_connect(struct connection *connection)
{
    struct worker *worker = connection->worker;
    const struct upstream *upstream = worker->upstream;
    while (connection->tries < upstream->count) {
        size_t index = (worker->address_index + connection->tries++) % upstream->count;
        int error = try_connect(connection, &upstream->addresses[index]);
        connection->connecting = error == 0;
        if (connection->connecting)
            return;
        worker_complain(worker, "cannot connect to the upstream", error);
        close_endpoint(&connection->upstream, false);
    }
    refuse(connection);
}

void connection_connected(struct connection *connection)
{
    struct worker *worker = connection->worker;
    int error = 0;
    socklen_t size = sizeof error;
    connection->connecting = false;
    getsockopt(connection->upstream.watch.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    /* Whom nobody takes is refused (RFC 9293, 3.10.7.3: while SYN-SENT); this one was taken, then reset. */
    if (error == ECONNRESET || error == EPIPE) {
        connection_doom(connection, DOOM_UPSTREAM_BROKEN);
        return;
    }
    if (error != 0) {
        worker_complain(worker, "cannot connect to the upstream", error);
        close_endpoint(&connection->upstream, false);
        start_connect(connection);
        return;
    }
    hist_record(&worker->interval.connect, (clock_ns() - connection->connect_ns + 500) / 1000);
    worker->address_index = (worker->address_index + connection->tries - 1) % worker->upstream->count;
    lane_connect(&connection->lanes[LANE_REQUEST], connection->upstream.watch.fd);
    lane_flush(&connection->lanes[LANE_REQUEST]);
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
        timers_set(&connection->worker->loop.timers, &connection->timer,
                   clock_ns() + CONNECTION_LINGER_NS + connection_slow_close_ns(connection));
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
    if (connection->doom == DOOM_NONE && connection->closes && !connection->lingering) {
        if (connection->cut)
            connection_cut(connection);
        if (!response->chunks)
            linger(connection);
    }
    if (connection->doom == DOOM_NONE && connection->client_ended && !request->ending &&
        connection->input.length == 0 && (!h2 || h2_is_passed_on(h2))) {
        connection_request_ended(connection);
        lane_end(request);
    }
    /* Neither will the rest of its request come, nor anybody answer what there is of it. */
    if (connection->doom == DOOM_NONE && !h2 && connection->refused && connection->client_ended &&
        !connection->closes && !response->chunks)
        connection_doom(connection, connection->queue ? DOOM_CLIENT_GONE : DOOM_DONE);
    if (is_done(connection) || (connection->worker->draining && is_idle(connection)))
        connection_doom(connection, DOOM_DONE);
    if (connection->doom != DOOM_NONE) {
        tear_down(connection);
        return;
    }
    if (connection_may_read(connection))
        loop_defer(&connection->worker->loop, &connection->turn);
}

static struct connection *connection_new(struct worker *worker)
{
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection)
        return NULL;
    connection->worker = worker;
    connection->elsewhere = worker->upstream->only != NULL;
    connection->timer.fire = on_timer;
    for (int i = 0; i < LANES; i++) {
        lane_init(&connection->lanes[i], worker, connection, i);
        tracker_init(&connection->trackers[i], i == LANE_RESPONSE, &worker->heads);
        buf_init(&connection->heads[i], CONNECTION_HEAD_MAX + WORKER_READ_BYTES);
    }
    buf_init(&connection->input, CONNECTION_INPUT_MAX + WORKER_READ_BYTES);
    connection->turn.run = on_turn;
    connection->client.connection = connection->upstream.connection = connection;
    connection->client.watch = (struct watch){.ready = connection_client_ready, .fd = -1};
    connection->upstream.watch = (struct watch){.ready = connection_upstream_ready, .fd = -1};
    connection->next = worker->connections;
    if (connection->next)
        connection->next->previous = connection;
    worker->connections = connection;
    return connection;
}

void connection_accept(struct worker *worker, int fd)
{
    /* The last descriptors are kept for the stats socket: whoever floods the data path must not shut out the
     * console that could end the faults. The kernel hands out the lowest number that is free, so a high
     * one tells that few are left. */
    bool crowded = (uint64_t)fd >= worker->descriptor_limit;
    struct connection *connection = crowded ? NULL : connection_new(worker);
    if (!connection) {
        worker_complain(worker, "a client was turned away", crowded ? EMFILE : ENOMEM);
        close(fd);
        return;
    }
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    connection->client.watch.fd = fd;
    worker->interval.connections_open++;
    worker->interval.connections_accepted++;
    if (!worker->clean && connection_reset_at_accept(connection)) {
        connection_doom(connection, DOOM_RESET);
        connection_settle(connection);
        return;
    }
    if (loop_add(&worker->loop, &connection->client.watch, LOOP_STREAM) < 0)
        connection_doom(connection, DOOM_MEMORY);
    lane_connect(&connection->lanes[LANE_RESPONSE], fd);
    start_connect(connection);
    connection_settle(connection);
}

/* Bytes, or its end. */
static bool has_waiting(const struct lane *lane)
{
    return lane->chunks || lane_is_ending(lane);
}

uint64_t connection_retime(struct connection *connection, const struct fault *before)
{
    uint64_t released = connection->h2 ? h2_retime(connection->h2, before) : 0;
    if (connection->closing ||
        (!connection->h2 && !has_waiting(&connection->lanes[0]) && !has_waiting(&connection->lanes[1])))
        return 0;
    uint64_t now = clock_ns();
    for (int i = 0; i < LANES; i++) {
        struct lane *lane = &connection->lanes[i];
        if (!has_waiting(lane))
            continue;
        released += lane_retime(lane, before, now);
        lane_flush(lane);
    }
    connection_settle(connection);
    return released;
}
