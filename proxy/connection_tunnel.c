/*
 * Tunnels that CONNECT opened: opaque streams in which the two sides take turns, as TLS with HTTP/1 in it
 * does. What the client says until it is answered is a turn, and to the faults and the histograms a turn is
 * what a request is: one roll, one delay, one round trip.
 */
#include "proxy/connection.h"

#include "core/clock.h"

#include <string.h>

void connection_know_tunnel(struct connection *connection, const struct exchange *exchange,
                            const char *authority)
{
    const struct authority *only = connection->worker->upstream->only;
    struct authority asked;
    if (only)
        connection->elsewhere = !exchange->connect ||
                                !authority_parse(authority, strlen(authority), &asked) ||
                                !authority_same(&asked, only);
}

/* False: the tunnel is reset. */
static bool decide(struct connection *connection, struct exchange *turn)
{
    struct worker *worker = connection->worker;
    const struct decision_request request = {.source_matched = connection_source_matches(connection),
                                             .elsewhere = connection->elsewhere};
    struct decision decision;
    decision_make(&worker->rules, &request, connection_lot(connection), &worker->random, &decision);
    connection_take_decision(connection, turn, &decision);
    turn->resets = decision.reset == DECISION_RESET_RESPONSE;
    if (decision.reset == DECISION_RESET_NOW) {
        measure_stream_outcome(worker, STATS_RESET, true);
        connection_doom(connection, DOOM_RESET);
        return false;
    }
    if (decision.blackholed) {
        turn->blackholed = true;
        turn->latency_ns[LANE_REQUEST] = HEAP_NEVER;
        measure_faulted(worker, turn);
        measure_stream_outcome(worker, STATS_BLACKHOLED, true);
    }
    return true;
}

/* TLS (RFC 8446, 5.1): a record's type, version and length. */
#define TLS_HANDSHAKE 22
#define TLS_APPLICATION_DATA 23
#define TLS_HEADER_BYTES 5
#define TLS_TICKET_MAX 1024 /* bytes of a record that may be one */
#define TICKETS_MAX 2       /* bursts of them */
#define TICKETS_TURN_MAX 3

/* Whether this may be what a TLS 1.3 server says of itself after the handshake, session tickets (RFC 8446,
 * 4.6.1), rather than what it answers: the client's first request is mostly on its way by then, in the same
 * turn. They can't be told from a short answer but by what follows. */
static bool may_be_tickets(const struct connection *connection, const char *data, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)data;
    if (!connection->tls || connection->turns < 2 || connection->turns > TICKETS_TURN_MAX ||
        connection->tickets >= TICKETS_MAX)
        return false;
    while (length > TLS_HEADER_BYTES && bytes[0] == TLS_APPLICATION_DATA) {
        size_t record = TLS_HEADER_BYTES + ((size_t)bytes[3] << 8 | bytes[4]);
        if (record > TLS_TICKET_MAX || record > length)
            return false;
        bytes += record;
        length -= record;
    }
    return length == 0;
}

/* Its answer may have had no last part that was looked at, or none that was known to be the last. */
static void end_turn(struct connection *connection)
{
    struct exchange *turn = connection->tunnel_turn;
    if (turn && turn->answered_ns == 0 && turn->tickets_out_ns != 0) { /* it was the answer after all */
        turn->answered_ns = turn->tickets_ns;
        measure_response(connection->worker, turn, turn->tickets_out_ns);
        measure_outcome_at(connection->worker, turn, STATS_ANSWERED, turn->tickets_out_ns);
    }
    if (turn && turn->started)
        measure_outcome(connection->worker, turn, STATS_ANSWERED);
    exchange_drop(turn);
    connection->tunnel_turn = NULL;
}

/* The turn that the client's bytes belong to: a new one where the last was answered. NULL: the connection is
 * doomed. */
static struct exchange *take_turn(struct connection *connection, bool *begins)
{
    struct worker *worker = connection->worker;
    struct exchange *turn = connection->tunnel_turn;
    *begins = !turn || turn->answered_ns != 0 || turn->tickets_ns != 0;
    if (!*begins)
        return turn;
    end_turn(connection);
    connection->tunnel_turn = turn = exchange_new();
    if (!turn) {
        connection_doom(connection, DOOM_MEMORY);
        return NULL;
    }
    connection->turns++;
    turn->turn = true;
    turn->generation = worker->generation;
    turn->scope_generation = worker->scope_generation - 1;
    return worker->clean || decide(connection, turn) ? turn : NULL;
}

static void put_request(struct connection *connection, const char *data, size_t length)
{
    struct worker *worker = connection->worker;
    bool begins;
    struct exchange *turn = take_turn(connection, &begins);
    if (!turn)
        return;
    if (begins && connection->turns == 1)
        connection->tls = data[0] == TLS_HANDSHAKE;
    if (!begins && turn->generation != worker->generation)
        connection_refresh_begun(connection, turn, LANE_REQUEST);
    bool meant = turn->in_scope && decision_has_direction(&worker->fault, LANE_REQUEST);
    const struct parcel parcel = {.data = data,
                                  .length = length,
                                  .exchange = turn,
                                  .latency_ns = turn->latency_ns[LANE_REQUEST],
                                  .first = begins,
                                  .last = length < WORKER_READ_BYTES,
                                  .lossy = meant,
                                  .limited = turn->limited,
                                  .sliced = meant};
    turn->received_ns = clock_ns();
    if (!lane_put(&connection->lanes[LANE_REQUEST], &parcel, turn->received_ns))
        connection_doom(connection, DOOM_MEMORY);
}

static void put_response(struct connection *connection, const char *data, size_t length)
{
    struct worker *worker = connection->worker;
    struct exchange *turn = connection->tunnel_turn;
    uint64_t now = clock_ns();
    struct parcel parcel = {.data = data, .length = length, .exchange = turn};
    parcel.first = turn->answered_ns == 0;
    if (parcel.first) {
        bool tickets = may_be_tickets(connection, data, length);
        connection->tickets += tickets;
        *(tickets ? &turn->tickets_ns : &turn->answered_ns) = now;
        turn->tickets_out_ns = 0;
        turn->begun++;
        connection_refresh(connection, turn);
        parcel.waited_ns = exchange_overspent_ns(turn);
    } else if (turn->generation != worker->generation) {
        connection_refresh_begun(connection, turn, LANE_RESPONSE);
    }
    parcel.latency_ns = turn->latency_ns[LANE_RESPONSE];
    parcel.last = length < WORKER_READ_BYTES;
    parcel.lossy = parcel.sliced = turn->in_scope && decision_has_direction(&worker->fault, LANE_RESPONSE);
    parcel.limited = turn->limited;
    if (turn->in_scope ? !connection_put_response(connection, &parcel, &turn->resets, now)
                       : !lane_put(&connection->lanes[LANE_RESPONSE], &parcel, now))
        connection_doom(connection, DOOM_MEMORY);
}

bool connection_tunnel_bytes(struct connection *connection, int direction, const char *data, size_t length)
{
    if (!connection->tunnel || (direction == LANE_RESPONSE && !connection->tunnel_turn))
        return false;
    if (direction == LANE_REQUEST)
        put_request(connection, data, length);
    else
        put_response(connection, data, length);
    return true;
}

void connection_tunnel_poured(struct connection *connection, int direction)
{
    struct exchange *turn = connection->tunnel_turn;
    uint64_t now = clock_ns();
    bool begins;
    if (!connection->tunnel)
        return;
    if (direction == LANE_REQUEST) {
        turn = take_turn(connection, &begins);
        if (turn)
            turn->received_ns = turn->forwarded_ns = now;
    } else if (turn && turn->answered_ns == 0) {
        turn->answered_ns = now;
        measure_response(connection->worker, turn, now);
    }
}

void connection_end_tunnel(struct connection *connection)
{
    struct exchange *turn = connection->tunnel_turn;
    if (turn && turn->answered_ns == 0 && turn->tickets_ns == 0 && connection->doom == DOOM_UPSTREAM_BROKEN &&
        !connection->client_ended) {
        connection->worker->interval.requests++;
        measure_outcome(connection->worker, turn, STATS_UPSTREAM_FAILED);
    }
    end_turn(connection);
}
