/*
 * Opaque streams. What arrives while nothing waits begins a new burst, and a burst is to the faults
 * what a request is: one roll, one delay.
 */
#include "proxy/connection.h"

#include "core/clock.h"
#include "proxy/h2.h"

static uint64_t burst_delay(struct connection *connection, int direction)
{
    struct worker *worker = connection->worker;
    const struct fault *fault = &worker->fault;
    uint64_t delays[LANES];
    if (direction == LANE_REQUEST && random_percent(&worker->random, fault->blackhole.percent)) {
        worker->interval.outcomes[STATS_BLACKHOLED]++;
        return HEAP_NEVER;
    }
    sample_split(fault->scope.direction, sample_latency_ns(fault, &worker->random), &delays[LANE_REQUEST],
                 &delays[LANE_RESPONSE]);
    return delays[direction];
}

static void begin_burst(struct connection *connection, int direction)
{
    struct worker *worker = connection->worker;
    const struct fault *fault = &worker->fault;
    connection->burst_generation[direction] = worker->generation;
    connection->burst_latency_ns[direction] = 0;
    connection->burst_in_scope[direction] = false;
    /* Method and path are HTTP's: a fault for some of them is not meant for this. */
    if (worker->clean || fault->scope.method[0] != '\0' || fault->scope.path[0] != '\0' ||
        !random_percent(&worker->random, fault->scope.percent))
        return;
    connection->burst_in_scope[direction] = true;
    if (direction == LANE_REQUEST && random_percent(&worker->random, fault->reset.percent)) {
        worker->interval.outcomes[STATS_RESET]++;
        connection_doom(connection, DOOM_RESET);
        return;
    }
    connection->burst_latency_ns[direction] = burst_delay(connection, direction);
}

static bool has_direction(const struct fault *fault, int direction)
{
    return fault->scope.direction == FAULT_BOTH ||
           (fault->scope.direction == FAULT_REQUEST) == (direction == LANE_REQUEST);
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
    bool first = lane->chunks == NULL;
    if (first || connection->burst_generation[direction] != connection->worker->generation)
        begin_burst(connection, direction);
    if (connection->doom != DOOM_NONE)
        return;
    bool in_scope = connection->burst_in_scope[direction];
    struct parcel parcel = {.data = data,
                            .length = length,
                            .latency_ns = connection->burst_latency_ns[direction],
                            .first = first,
                            /* A read that fills the buffer has more behind it. */
                            .last = length < WORKER_READ_BYTES,
                            .lossy = in_scope && has_direction(&connection->worker->fault, direction),
                            .limited = in_scope};
    if (!lane_put(lane, &parcel, clock_ns()))
        connection_doom(connection, DOOM_MEMORY);
}

void connection_make_raw(struct connection *connection, int direction)
{
    if (connection->raw[direction])
        return;
    connection->raw[direction] = true;
    struct buf *head = &connection->heads[direction];
    connection_raw_bytes(connection, direction, head->data, head->length);
    buf_free(head);
    if (direction == LANE_REQUEST) {
        connection->upgrading = false;
        connection_raw_bytes(connection, direction, connection->input.data, connection->input.length);
        buf_free(&connection->input);
    }
}
