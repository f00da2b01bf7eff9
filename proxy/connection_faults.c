/*
 * What the faults do to connections, rather than to requests.
 */
#include "proxy/connection.h"

#include "proxy/h2.h"

#include <string.h>
#include <sys/socket.h>

bool connection_source_matches(const struct connection *connection)
{
    const struct decision_rules *rules = &connection->worker->rules;
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    if (rules->source.bits == 0)
        return true;
    if (getpeername(connection->client.watch.fd, (struct sockaddr *)&address, &length) < 0)
        return false;
    return decision_source_matches(rules, (const struct sockaddr *)&address);
}

const struct decision_lot *connection_lot(struct connection *connection)
{
    decision_draw(&connection->lot, &connection->worker->lots);
    return &connection->lot;
}

bool connection_reset_at_accept(struct connection *connection)
{
    struct worker *worker = connection->worker;
    /* Whose tunnel it will be is not known yet. */
    if (worker->upstream->only ||
        !decision_reset_at_accept(&worker->rules, connection_source_matches(connection),
                                  connection_lot(connection), &worker->lots))
        return false;
    worker->interval.outcomes[STATS_RESET]++;
    return true;
}

bool connection_reset_at_connect(struct connection *connection, struct exchange *exchange)
{
    struct worker *worker = connection->worker;
    if (!worker->upstream->only || connection->elsewhere ||
        !decision_reset_at_accept(&worker->rules, connection_source_matches(connection),
                                  connection_lot(connection), &worker->lots))
        return false;
    exchange->in_scope = true;
    measure_faulted(worker, exchange);
    connection_doom(connection, DOOM_RESET);
    return true;
}

uint64_t connection_slow_close_ns(struct connection *connection)
{
    struct worker *worker = connection->worker;
    if (worker->clean || connection->elsewhere)
        return 0;
    return decision_slow_close_ns(&worker->rules, connection_source_matches(connection), connection->touched,
                                  connection->judged, connection_lot(connection));
}

/* Where the head in these bytes ends. */
static size_t head_length(const char *data, size_t length)
{
    const char *end = memmem(data, length, "\r\n\r\n", 4);
    if (end)
        return (size_t)(end - data) + 4;
    end = memmem(data, length, "\n\n", 2);
    return end ? (size_t)(end - data) + 2 : length;
}

/* How many bytes of it go before the connection is reset; SIZE_MAX: all. It is after the head and a part
 * of the body, or within the head where there is no body. */
static size_t reset_after(const struct parcel *parcel)
{
    bool head = parcel->exchange && parcel->first;
    size_t body = head ? head_length(parcel->data, parcel->length) : 0;
    size_t rest = parcel->length - body;
    if (rest > 0)
        return body + (rest + 1) / 2;
    return parcel->last ? (parcel->length + 1) / 2 : SIZE_MAX;
}

/* The same for the limit. */
static size_t limit_after(struct connection *connection, const struct parcel *parcel)
{
    struct worker *worker = connection->worker;
    uint64_t limit = worker->fault.limit.bytes;
    if (limit == 0)
        return SIZE_MAX;
    if (connection->passed_epoch != worker->limit_epoch)
        connection->passed = 0;
    connection->passed_epoch = worker->limit_epoch;
    uint64_t left = limit > connection->passed ? limit - connection->passed : 0;
    connection->passed += parcel->length;
    /* A limit that was lowered below what has passed lets one more byte through: its end is the connection's.
     */
    return parcel->length < left ? SIZE_MAX : left > 0 ? (size_t)left : 1;
}

bool connection_put_response(struct connection *connection, const struct parcel *parcel, bool *resets,
                             uint64_t now_ns)
{
    struct lane *lane = &connection->lanes[LANE_RESPONSE];
    size_t reset = *resets ? reset_after(parcel) : SIZE_MAX;
    size_t limit = limit_after(connection, parcel);
    size_t cut = reset < limit ? reset : limit;
    if (cut == SIZE_MAX)
        return lane_put(lane, parcel, now_ns);
    if (reset <= limit)
        *resets = false;
    struct parcel before = *parcel;
    struct parcel after = *parcel;
    before.length = cut;
    before.last = parcel->last && cut == parcel->length;
    before.mark = reset <= limit ? LANE_MARK_RESET : LANE_MARK_LIMIT;
    after.data += cut;
    after.length -= cut;
    after.first = false;
    return lane_put(lane, &before, now_ns) && lane_put(lane, &after, now_ns);
}

void connection_cut(struct connection *connection)
{
    connection_abandon(connection, STATS_RESET);
    if (connection->h2)
        h2_abandon(connection->h2, STATS_RESET);
    for (int i = 0; i < LANES; i++)
        lane_clear(&connection->lanes[i]);
}

void connection_marked(struct lane *lane, struct exchange *exchange, enum lane_mark mark)
{
    struct connection *connection = lane->connection;
    struct worker *worker = connection->worker;
    const struct fault *fault = &worker->fault;
    bool reset = mark == LANE_MARK_RESET;
    bool in_force =
        reset ? fault->reset.percent > 0 && fault->reset.at == FAULT_AT_RESPONSE : fault->limit.bytes > 0;
    if (worker->clean || !in_force)
        return;
    lane->broken = true;
    if (exchange) {
        measure_faulted(worker, exchange);
        measure_outcome(worker, exchange, STATS_RESET);
    } else {
        worker->interval.outcomes[STATS_RESET]++;
    }
    if (reset)
        connection_doom(connection, DOOM_RESET);
    else
        connection->closes = connection->cut = true;
}
