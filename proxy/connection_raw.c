/*
 * Opaque streams. What arrives while nothing waits begins a new burst, and a burst is to the faults
 * what a request is: one roll, one delay.
 */
#include "proxy/connection.h"

#include "core/clock.h"
#include "proxy/h2.h"

static void begin_burst(struct connection *connection, int direction)
{
    struct worker *worker = connection->worker;
    connection->burst_generation[direction] = worker->generation;
    connection->burst_latency_ns[direction] = 0;
    connection->burst_in_scope[direction] = false;
    if (worker->clean)
        return;
    const struct decision_request burst = {.source_matched = connection_source_matches(connection),
                                           .elsewhere = connection->elsewhere};
    struct decision decision;
    decision_make(&worker->rules, &burst, connection_lot(connection), &worker->random, &decision);
    connection->burst_in_scope[direction] = decision.in_scope;
    connection->burst_latency_ns[direction] = decision.latency_ns[direction];
    connection->touched |= decision.matched;
    if (direction == LANE_RESPONSE) {
        connection->burst_reset = decision.reset == DECISION_RESET_RESPONSE;
        return;
    }
    if (decision.reset == DECISION_RESET_NOW) {
        measure_stream_outcome(worker, STATS_RESET, true);
        connection_doom(connection, DOOM_RESET);
    } else if (decision.blackholed) {
        measure_stream_outcome(worker, STATS_BLACKHOLED, true);
        connection->burst_latency_ns[direction] = HEAP_NEVER;
    }
}

void connection_raw_bytes(struct connection *connection, int direction, const char *data, size_t length)
{
    struct lane *lane = &connection->lanes[direction];
    if (length == 0)
        return;
    if (connection->h2) {
        h2_bytes(connection->h2, direction, data, length);
        return;
    }
    if (connection_tunnel_bytes(connection, direction, data, length))
        return;
    bool first = lane->chunks == NULL;
    if (first || connection->burst_generation[direction] != connection->worker->generation)
        begin_burst(connection, direction);
    if (connection->doom != DOOM_NONE)
        return;
    bool in_scope = connection->burst_in_scope[direction];
    bool meant = in_scope && decision_has_direction(&connection->worker->fault, direction);
    struct parcel parcel = {.data = data,
                            .length = length,
                            .latency_ns = connection->burst_latency_ns[direction],
                            .first = first,
                            /* A read that fills the buffer has more behind it. */
                            .last = length < WORKER_READ_BYTES,
                            .lossy = meant,
                            .limited = in_scope,
                            .sliced = meant};
    bool cut = in_scope && direction == LANE_RESPONSE;
    if (cut ? !connection_put_response(connection, &parcel, &connection->burst_reset, clock_ns())
            : !lane_put(lane, &parcel, clock_ns()))
        connection_doom(connection, DOOM_MEMORY);
}

void connection_make_raw(struct connection *connection, int direction)
{
    if (connection->raw[direction])
        return;
    connection->raw[direction] = true;
    tracker_release(&connection->trackers[direction]);
    struct buf *head = &connection->heads[direction];
    connection_raw_bytes(connection, direction, head->data, head->length);
    buf_free(head);
    if (direction == LANE_REQUEST) {
        connection->upgrading = false;
        connection_raw_bytes(connection, direction, connection->input.data, connection->input.length);
        buf_free(&connection->input);
    }
}
