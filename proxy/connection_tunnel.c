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

/* The turn that the client's bytes belong to: a new one where the last was answered. NULL: the connection is
 * doomed. */
static struct exchange *take_turn(struct connection *connection, bool *begins)
{
    struct worker *worker = connection->worker;
    struct exchange *turn = connection->tunnel_turn;
    *begins = !turn || turn->answered_ns != 0;
    if (!*begins)
        return turn;
    exchange_drop(turn);
    connection->tunnel_turn = turn = exchange_new();
    if (!turn) {
        connection_doom(connection, DOOM_MEMORY);
        return NULL;
    }
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
    struct parcel parcel = {
        .data = data, .length = length, .exchange = turn, .first = turn->answered_ns == 0};
    if (parcel.first) {
        turn->answered_ns = now;
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
    bool begins;
    if (!connection->tunnel || direction != LANE_REQUEST)
        return;
    struct exchange *turn = take_turn(connection, &begins);
    if (turn)
        turn->received_ns = turn->forwarded_ns = clock_ns();
}

void connection_end_tunnel(struct connection *connection)
{
    struct exchange *turn = connection->tunnel_turn;
    if (turn && turn->answered_ns == 0 && connection->doom == DOOM_UPSTREAM_BROKEN &&
        !connection->client_ended) {
        connection->worker->interval.requests++;
        measure_outcome(connection->worker, turn, STATS_UPSTREAM_FAILED);
    }
    exchange_drop(turn);
    connection->tunnel_turn = NULL;
}
