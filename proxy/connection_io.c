/*
 * What the sockets have for us.
 */
#include "proxy/connection.h"

#include "proxy/h2.h"

#include <errno.h>
#include <sys/socket.h>

/* How much one connection may read before others have their turn. */
#define READS_A_TURN 4

static bool wants_client(const struct connection *connection)
{
    if (connection->client_ended)
        return false;
    if (connection->h2 && !connection->lingering)
        return h2_has_room(connection->h2, LANE_REQUEST);
    return connection->lingering || (!lane_is_full(&connection->lanes[LANE_REQUEST]) &&
                                     connection->input.length < CONNECTION_INPUT_MAX);
}

static bool wants_upstream(const struct connection *connection)
{
    if (connection->upstream_ended || connection->connecting)
        return false;
    return connection->h2 ? h2_has_room(connection->h2, LANE_RESPONSE)
                          : !lane_is_full(&connection->lanes[LANE_RESPONSE]);
}

bool connection_may_read(const struct connection *connection)
{
    return (connection->client.readable && wants_client(connection)) ||
           (connection->upstream.readable && wants_upstream(connection));
}

/* Into the worker's buffer: how many bytes, 0 at the end, or -1 with errno. A read that leaves the buffer
 * unfilled has taken all there is: what comes later is told by a new event. */
static ssize_t receive(struct endpoint *endpoint, struct lane *lane)
{
    ssize_t length;
    do
        length = recv(endpoint->watch.fd, endpoint->connection->worker->read_buffer, WORKER_READ_BYTES, 0);
    while (length < 0 && errno == EINTR);
    if (length < 0 || ((size_t)length < WORKER_READ_BYTES && !endpoint->hung_up))
        endpoint->readable = false;
    lane->bulk = length == WORKER_READ_BYTES;
    return length;
}

/* What has come: as receive() says. Where nothing needs to look at the bytes they have gone on by themselves
 * then, and `poured` is set. */
static ssize_t take(struct endpoint *endpoint, int direction, bool *poured)
{
    struct connection *connection = endpoint->connection;
    struct lane *lane = &connection->lanes[direction];
    *poured = lane->bulk && connection->raw[direction] && !connection->h2 && lane_pours(lane);
    if (*poured) {
        ssize_t length = lane_pour(lane, endpoint->watch.fd);
        if (length < 0)
            endpoint->readable = false;
        if (length >= 0 || errno != EMFILE)
            return length;
        *poured = false;
    }
    return receive(endpoint, lane);
}

static void read_client(struct connection *connection)
{
    struct worker *worker = connection->worker;
    bool poured;
    ssize_t length = take(&connection->client, LANE_REQUEST, &poured);
    if (length > 0) {
        worker->interval.bytes_in += (uint64_t)length;
        if (poured)
            connection_tunnel_poured(connection, LANE_REQUEST);
        connection->client_spoke = true;
        if (!poured && !connection->lingering && !connection->closes)
            connection_request_bytes(connection, worker->read_buffer, (size_t)length);
    } else if (length == 0) {
        connection->client.readable = false;
        connection_client_ended(connection);
    } else if (errno != EAGAIN) {
        connection_doom(connection, DOOM_CLIENT_GONE);
    }
}

static void read_upstream(struct connection *connection)
{
    struct worker *worker = connection->worker;
    bool poured;
    ssize_t length = take(&connection->upstream, LANE_RESPONSE, &poured);
    if (length > 0) {
        worker->interval.upstream_bytes_in += (uint64_t)length;
        if (poured)
            connection_tunnel_poured(connection, LANE_RESPONSE);
        if (!poured)
            connection_response_bytes(connection, worker->read_buffer, (size_t)length);
    } else if (length == 0) {
        connection->upstream.readable = false;
        connection_upstream_ended(connection);
    } else if (errno != EAGAIN && connection->h2 && h2_upstream_broke(connection->h2)) {
        connection->upstream_ended = true;
    } else if (errno != EAGAIN) {
        connection_doom(connection, DOOM_UPSTREAM_BROKEN);
    }
}

void connection_read(struct connection *connection)
{
    for (int i = 0; i < READS_A_TURN && connection->doom == DOOM_NONE; i++) {
        bool client = connection->client.readable && wants_client(connection);
        bool upstream = connection->upstream.readable && wants_upstream(connection);
        if (client)
            read_client(connection);
        if (upstream && connection->doom == DOOM_NONE)
            read_upstream(connection);
        if (!client && !upstream)
            return;
    }
}

static void note(struct endpoint *endpoint, uint32_t events)
{
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        endpoint->hung_up = true;
    if (endpoint->hung_up || (events & EPOLLIN))
        endpoint->readable = true;
}

void connection_client_ready(struct watch *watch, uint32_t events)
{
    struct endpoint *client = (struct endpoint *)watch;
    struct connection *connection = client->connection;
    if (connection->closing)
        return;
    note(client, events);
    /* It was reset, and need not wait until somebody wants to read. (What a broken upstream said before is
     * read first.) */
    if (events & EPOLLERR)
        connection_doom(connection, DOOM_CLIENT_GONE);
    if (events & EPOLLOUT)
        lane_unblock(&connection->lanes[LANE_RESPONSE]);
    connection_read(connection);
    connection_settle(connection);
}

void connection_upstream_ready(struct watch *watch, uint32_t events)
{
    struct endpoint *upstream = (struct endpoint *)watch;
    struct connection *connection = upstream->connection;
    if (connection->closing)
        return;
    note(upstream, events);
    if (connection->connecting)
        connection_connected(connection);
    else if (events & EPOLLOUT)
        lane_unblock(&connection->lanes[LANE_REQUEST]);
    /* Nothing is read any more that would tell. */
    if ((events & EPOLLERR) && connection->upstream_ended && !connection->h2)
        connection_doom(connection, DOOM_UPSTREAM_BROKEN);
    if (!connection->connecting)
        connection_read(connection);
    connection_settle(connection);
}
