/*
 * Requests and responses: what the faults make of each.
 */
#include "proxy/connection.h"

#include "core/clock.h"
#include "proxy/local.h"
#include "proxy/scope.h"

#include <string.h>

void connection_take_decision(struct connection *connection, struct exchange *exchange,
                              const struct decision *decision)
{
    struct worker *worker = connection->worker;
    exchange->generation = worker->generation;
    exchange->scope_generation = worker->scope_generation;
    exchange->matched = decision->matched;
    exchange->in_scope = decision->in_scope;
    exchange->limited = decision->limited;
    connection->touched |= decision->matched;
    connection->judged = true;
    exchange->latency_ns[LANE_REQUEST] = decision->latency_ns[LANE_REQUEST];
    exchange->latency_ns[LANE_RESPONSE] = decision->latency_ns[LANE_RESPONSE];
    if (decision->limited || decision->latency_ns[LANE_REQUEST] + decision->latency_ns[LANE_RESPONSE] > 0)
        measure_faulted(worker, exchange);
}

/* `head` begins with the request's head. */
static void decide(struct connection *connection, struct exchange *exchange, const char *head, size_t length)
{
    struct worker *worker = connection->worker;
    const struct tracker *tracker = &connection->trackers[LANE_REQUEST];
    const struct decision_request request = {
        .method = tracker_method(tracker),
        .path = tracker->head->path,
        .header_matched = decision_head_matches(&worker->rules, head, length),
        .health_check = exchange->health_check,
        .source_matched = connection_source_matches(connection),
        .elsewhere = connection->elsewhere,
    };
    struct decision decision;
    if (connection_reset_at_connect(connection, exchange))
        return;
    decision_make(&worker->rules, &request, connection_lot(connection), &worker->random, &decision);
    connection_take_decision(connection, exchange, &decision);
    exchange->resets = decision.reset == DECISION_RESET_RESPONSE;
    if (decision.reset == DECISION_RESET_NOW) {
        measure_faulted(worker, exchange);
        connection_doom(connection, DOOM_RESET);
    } else if (decision.blackholed) {
        exchange->blackholed = true;
        exchange->latency_ns[LANE_REQUEST] = HEAP_NEVER;
        measure_faulted(worker, exchange);
        measure_outcome(worker, exchange, STATS_BLACKHOLED);
    } else if (decision.status != 0) {
        exchange->local = true;
        exchange->status = decision.status;
        measure_faulted(worker, exchange);
    }
}

/* A request's head is whole, `head` begins with it. NULL: no memory, the connection is doomed. */
static struct exchange *begin_exchange(struct connection *connection, const char *head, size_t length)
{
    struct worker *worker = connection->worker;
    const struct tracker *tracker = &connection->trackers[LANE_REQUEST];
    struct exchange *exchange = exchange_new();
    if (!exchange) {
        connection_doom(connection, DOOM_MEMORY);
        return NULL;
    }
    const char *method = tracker_method(tracker);
    exchange->head = strcmp(method, "HEAD") == 0;
    exchange->connect = strcmp(method, "CONNECT") == 0;
    exchange->http_1_0 = tracker_is_http_1_0(tracker);
    exchange->aws_json = worker->upstream->aws && tracker->head->aws_json;
    exchange->expects = tracker_expects_continue(tracker) && !exchange->http_1_0;
    exchange->health_check =
        scope_is_health_check(tracker->head->agent, tracker->head->path, worker->upstream->health_path);
    connection_know_tunnel(connection, exchange, tracker->head->path);
    if (!exchange->health_check) {
        worker->interval.requests++;
        worker->interval.in_flight++;
    }
    if (connection->queue_last)
        connection->queue_last->next = exchange;
    else
        connection->queue = exchange;
    connection->queue_last = exchange;
    connection->queued++;
    connection->current = exchange;
    connection->began = true;
    exchange_hold(exchange);
    /* Without faults it is not looked at: whether it is meant is asked where they change. */
    exchange->generation = worker->generation;
    exchange->scope_generation = worker->scope_generation - 1;
    if (!worker->clean)
        decide(connection, exchange, head, length);
    if (connection->refused && !exchange->local) {
        exchange->local = exchange->refused = true;
        exchange->status = 502;
    }
    return exchange;
}

static void pop_exchange(struct connection *connection)
{
    struct exchange *exchange = connection->queue;
    connection->queue = exchange->next;
    if (!connection->queue)
        connection->queue_last = NULL;
    connection->queued--;
    exchange->next = NULL;
    exchange_drop(exchange);
}

static bool put_response(struct connection *connection, struct exchange *exchange,
                         const struct parcel *parcel, uint64_t now_ns)
{
    bool informational = parcel->exchange == NULL;
    if (!exchange->in_scope || informational)
        return lane_put(&connection->lanes[LANE_RESPONSE], parcel, now_ns);
    return connection_put_response(connection, parcel, &exchange->resets, now_ns);
}

/* A client that waits for it before it sends a body that we throw away: the next request follows that. */
static void say_continue(struct connection *connection, struct exchange *exchange)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    const struct parcel parcel = {.data = text, .length = sizeof text - 1};
    if (!exchange->expects || exchange->continued)
        return;
    exchange->continued = true;
    if (!lane_put(&connection->lanes[LANE_RESPONSE], &parcel, clock_ns()))
        connection_doom(connection, DOOM_MEMORY);
}

static void answer_locally(struct connection *connection, struct exchange *exchange)
{
    struct worker *worker = connection->worker;
    uint64_t now = clock_ns();
    struct buf out;
    buf_init(&out, LOCAL_RESPONSE_MAX);
    bool closes = exchange->refused || !exchange->keeps_alive;
    bool good = local_response(&out, exchange, closes, &worker->fault);
    uint64_t since = exchange->received_ns ? exchange->received_ns : now;
    uint64_t latency = exchange->latency_ns[LANE_REQUEST] + exchange->latency_ns[LANE_RESPONSE];
    /* The delay counts from the request, however long earlier responses kept this one waiting. */
    uint64_t left = since + latency > now ? since + latency - now : 0;
    struct parcel parcel = {.data = out.data,
                            .length = out.length,
                            .exchange = exchange,
                            .latency_ns = left,
                            .first = true,
                            .last = true,
                            .limited = exchange->limited,
                            .sliced =
                                exchange->in_scope && decision_has_direction(&worker->fault, LANE_RESPONSE)};
    good = good && put_response(connection, exchange, &parcel, now);
    if (exchange->latency_ns[LANE_RESPONSE] + exchange->latency_ns[LANE_REQUEST] > 0)
        exchange->asked_ns[LANE_REQUEST] = now - since;
    buf_free(&out);
    if (!good)
        connection_doom(connection, DOOM_MEMORY);
    if (closes)
        connection->closes = true;
}

/* Answers what is ours to answer, in its turn. */
static void answer_ready(struct connection *connection)
{
    while (connection->queue && connection->queue->local && connection->doom == DOOM_NONE) {
        struct exchange *exchange = connection->queue;
        if (!exchange->complete) {
            say_continue(connection, exchange);
            return;
        }
        answer_locally(connection, exchange);
        pop_exchange(connection);
        if (connection->closes)
            return;
    }
}

void connection_refresh(struct connection *connection, struct exchange *exchange)
{
    struct worker *worker = connection->worker;
    if (exchange->generation == worker->generation)
        return;
    struct decision decision = {.matched = exchange->matched};
    if (exchange->scope_generation != worker->scope_generation)
        decision.matched = decision_means_all(&worker->rules) && connection_source_matches(connection) &&
                           !connection->elsewhere &&
                           (!exchange->health_check || worker->fault.scope.health_checks);
    decision_renew(&worker->rules, &worker->random, &decision);
    connection_take_decision(connection, exchange, &decision);
}

void connection_refresh_begun(struct connection *connection, struct exchange *exchange, int direction)
{
    uint64_t before = exchange->latency_ns[direction];
    connection_refresh(connection, exchange);
    if (before == HEAP_NEVER && exchange->in_scope && connection->worker->fault.blackhole.percent > 0)
        exchange->latency_ns[direction] = HEAP_NEVER;
    else if (before < exchange->latency_ns[direction])
        exchange->latency_ns[direction] = before;
}

static void forward_request(struct connection *connection, struct exchange *exchange, const char *data,
                            size_t length, bool first, bool last)
{
    uint64_t now = clock_ns();
    if (last) {
        exchange->received_ns = now;
        exchange->complete = true;
        exchange->keeps_alive = tracker_keeps_alive(&connection->trackers[LANE_REQUEST]);
    }
    if (exchange->local)
        return;
    if (!first && exchange->generation != connection->worker->generation)
        connection_refresh_begun(connection, exchange, LANE_REQUEST);
    bool meant = exchange->in_scope && decision_has_direction(&connection->worker->fault, LANE_REQUEST);
    struct parcel parcel = {.data = data,
                            .length = length,
                            .exchange = exchange,
                            .latency_ns = exchange->latency_ns[LANE_REQUEST],
                            .first = first,
                            .last = last,
                            .lossy = meant,
                            .limited = exchange->limited,
                            .sliced = meant};
    if (!lane_put(&connection->lanes[LANE_REQUEST], &parcel, now))
        connection_doom(connection, DOOM_MEMORY);
}

static void request_not_http(struct connection *connection, const char *data, size_t length)
{
    connection_make_raw(connection, LANE_REQUEST);
    connection_raw_bytes(connection, LANE_REQUEST, data, length);
    if (!connection->queue)
        connection_make_raw(connection, LANE_RESPONSE);
    if (connection->refused)
        connection_doom(connection, DOOM_REFUSED);
}

/* The upstream says no more, so that what else the client may ask has no answer. A body on its way is still
 * passed on, and so is a protocol that is not HTTP. */
static void close_unanswerable(struct connection *connection)
{
    if (connection->upstream_ended && connection->client_spoke && !connection->raw[LANE_REQUEST] &&
        !connection->current)
        connection->closes = true;
    if (connection->closes)
        buf_free(&connection->input);
}

static void end_request(struct connection *connection, struct exchange *exchange, bool upgrade)
{
    connection->current = NULL;
    exchange->upgrade = upgrade;
    bool local = exchange->local;
    if (upgrade && local)
        tracker_resume(&connection->trackers[LANE_REQUEST]);
    else
        connection->upgrading = upgrade;
    exchange_drop(exchange);
    if (local)
        answer_ready(connection);
    close_unanswerable(connection);
}

/* One message's worth of bytes. Returns how many were dealt with. */
static size_t take_request(struct connection *connection, const char *data, size_t length)
{
    struct buf *head = &connection->heads[LANE_REQUEST];
    struct tracker_result result = tracker_feed(&connection->trackers[LANE_REQUEST], data, length);
    if (result.failed) {
        if (!connection_try_h2(connection, data, length))
            request_not_http(connection, data, length);
        return length;
    }
    struct exchange *exchange = connection->current;
    if (!exchange && !result.head) {
        if (!buf_append(head, data, result.consumed))
            request_not_http(connection, data, length);
        return result.consumed;
    }
    bool first = !exchange;
    bool gathered = head->length > 0;
    /* The bound leaves room for what one read brings. */
    if (gathered && !buf_append(head, data, result.consumed)) {
        connection_doom(connection, DOOM_MEMORY);
        return length;
    }
    const char *bytes = gathered ? head->data : data;
    size_t count = gathered ? head->length : result.consumed;
    if (first) {
        exchange = begin_exchange(connection, bytes, count);
        tracker_release(&connection->trackers[LANE_REQUEST]);
    }
    if (connection->doom != DOOM_NONE)
        return length;
    forward_request(connection, exchange, bytes, count, first, result.complete);
    if (gathered)
        buf_free(head);
    if (result.complete)
        end_request(connection, exchange, result.upgrade);
    else if (exchange->local)
        answer_ready(connection);
    return result.consumed;
}

static bool may_parse(const struct connection *connection)
{
    return !connection->upgrading && connection->queued < CONNECTION_PIPELINE_MAX && !connection->closes &&
           connection->doom == DOOM_NONE;
}

/* Returns how many bytes were dealt with; the others must wait. */
static size_t parse_requests(struct connection *connection, const char *data, size_t length)
{
    size_t done = 0;
    while (done < length && may_parse(connection)) {
        if (connection->raw[LANE_REQUEST]) {
            connection_raw_bytes(connection, LANE_REQUEST, data + done, length - done);
            return length;
        }
        done += take_request(connection, data + done, length - done);
    }
    /* Nobody will read what comes after the last answer. */
    return connection->closes || connection->doom != DOOM_NONE ? length : done;
}

void connection_request_bytes(struct connection *connection, const char *data, size_t length)
{
    if (connection->raw[LANE_REQUEST]) {
        connection_raw_bytes(connection, LANE_REQUEST, data, length);
        return;
    }
    size_t done = connection->input.length == 0 ? parse_requests(connection, data, length) : 0;
    if (done < length && !buf_append(&connection->input, data + done, length - done))
        connection_doom(connection, DOOM_MEMORY);
}

void connection_resume_input(struct connection *connection)
{
    while (connection->input.length > 0 && may_parse(connection)) {
        /* Taken out first: what becomes of it may need the buffer. */
        size_t length = connection->input.length;
        struct buf taken = connection->input;
        buf_init(&connection->input, taken.maximum);
        size_t done = parse_requests(connection, taken.data, length);
        if (done < length && !buf_append(&connection->input, taken.data + done, length - done))
            connection_doom(connection, DOOM_MEMORY);
        buf_free(&taken);
        if (done == 0)
            return;
    }
}

void connection_request_ended(struct connection *connection)
{
    /* Half a head, or bytes behind an upgrade, go on as they are. */
    connection_make_raw(connection, LANE_REQUEST);
}

static void forward_response(struct connection *connection, struct exchange *exchange, const char *data,
                             size_t length, bool first, bool last)
{
    struct worker *worker = connection->worker;
    bool informational = tracker_is_informational(&connection->trackers[LANE_RESPONSE]);
    struct parcel parcel = {.data = data, .length = length};
    uint64_t now = clock_ns();
    if (!informational) {
        if (first) {
            exchange->answered_ns = now;
            exchange->declined = connection->worker->upstream->only &&
                                 tracker_status(&connection->trackers[LANE_RESPONSE]) / 100 == 5;
            connection_refresh(connection, exchange);
            parcel.waited_ns = exchange_overspent_ns(exchange);
        } else if (exchange->generation != worker->generation) {
            connection_refresh_begun(connection, exchange, LANE_RESPONSE);
        }
        parcel.exchange = exchange;
        parcel.latency_ns = exchange->latency_ns[LANE_RESPONSE];
        parcel.first = first;
        parcel.last = last;
        parcel.lossy = parcel.sliced =
            exchange->in_scope && decision_has_direction(&worker->fault, LANE_RESPONSE);
        parcel.limited = exchange->limited;
    }
    if (!put_response(connection, exchange, &parcel, now))
        connection_doom(connection, DOOM_MEMORY);
}

static void response_not_http(struct connection *connection, const char *data, size_t length)
{
    connection_abandon(connection, STATS_UPSTREAM_FAILED);
    connection_make_raw(connection, LANE_RESPONSE);
    connection_raw_bytes(connection, LANE_RESPONSE, data, length);
    connection_make_raw(connection, LANE_REQUEST);
}

static void end_response(struct connection *connection, bool upgraded)
{
    struct exchange *exchange = connection->queue;
    bool declined = exchange->upgrade && !upgraded;
    connection->tunnel = exchange->connect && upgraded;
    pop_exchange(connection);
    if (upgraded) {
        connection_make_raw(connection, LANE_RESPONSE);
        connection_make_raw(connection, LANE_REQUEST);
        return;
    }
    if (declined && connection->upgrading) {
        connection->upgrading = false;
        tracker_resume(&connection->trackers[LANE_REQUEST]);
    }
    answer_ready(connection);
    if (connection->raw[LANE_REQUEST] && !connection->queue)
        connection_make_raw(connection, LANE_RESPONSE);
    connection_resume_input(connection);
}

static size_t take_response(struct connection *connection, const char *data, size_t length)
{
    struct exchange *exchange = connection->queue;
    if (!exchange || exchange->local) {
        if (!connection_keep_settings(connection, data, length))
            response_not_http(connection, data, length);
        return length;
    }
    struct tracker *tracker = &connection->trackers[LANE_RESPONSE];
    struct buf *head = &connection->heads[LANE_RESPONSE];
    tracker->answers_head = exchange->head;
    tracker->answers_connect = exchange->connect;
    struct tracker_result result = tracker_feed(tracker, data, length);
    if (result.failed) {
        response_not_http(connection, data, length);
        return length;
    }
    if (!tracker->head_done) {
        if (!buf_append(head, data, result.consumed))
            response_not_http(connection, data, length);
        return result.consumed;
    }
    if (head->length > 0) {
        if (!buf_append(head, data, result.consumed)) {
            connection_doom(connection, DOOM_MEMORY);
            return length;
        }
        forward_response(connection, exchange, head->data, head->length, result.head, result.complete);
        buf_free(head);
    } else {
        forward_response(connection, exchange, data, result.consumed, result.head, result.complete);
    }
    if (result.complete && !tracker_is_informational(tracker))
        end_response(connection, result.upgrade);
    return result.consumed;
}

void connection_response_bytes(struct connection *connection, const char *data, size_t length)
{
    size_t done = 0;
    while (done < length && connection->doom == DOOM_NONE) {
        /* Nothing follows the last answer. */
        if (connection->closes)
            return;
        if (connection->raw[LANE_RESPONSE]) {
            connection_raw_bytes(connection, LANE_RESPONSE, data + done, length - done);
            return;
        }
        done += take_response(connection, data + done, length - done);
    }
}

void connection_response_ended(struct connection *connection)
{
    struct exchange *exchange = connection->queue;
    /* A body that lasts until the connection ends is whole now; its bytes are on their way. */
    if (exchange && !exchange->local && !connection->raw[LANE_RESPONSE] &&
        tracker_finish(&connection->trackers[LANE_RESPONSE])) {
        measure_outcome(connection->worker, exchange, STATS_ANSWERED);
        pop_exchange(connection);
    }
    answer_ready(connection);
    connection_abandon(connection, STATS_UPSTREAM_FAILED);
    connection_make_raw(connection, LANE_RESPONSE);
    close_unanswerable(connection);
}

void connection_refuse_requests(struct connection *connection)
{
    for (struct exchange *exchange = connection->queue; exchange; exchange = exchange->next) {
        if (exchange->local)
            continue;
        exchange->local = exchange->refused = true;
        exchange->status = 502;
        if (exchange->latency_ns[LANE_REQUEST] == HEAP_NEVER)
            exchange->latency_ns[LANE_REQUEST] = 0;
    }
    answer_ready(connection);
}

void connection_abandon(struct connection *connection, enum stats_outcome outcome)
{
    while (connection->queue) {
        measure_outcome(connection->worker, connection->queue, outcome);
        pop_exchange(connection);
    }
}
