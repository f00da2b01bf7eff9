/*
 * What is done to a stream. The same chances in the same order as for a request of HTTP/1.
 */
#include "proxy/h2_internal.h"

#include "proxy/scope.h"

#include <string.h>

static void take_decision(struct h2_stream *stream, const struct decision *decision)
{
    struct exchange *exchange = stream->exchange;
    struct worker *worker = stream->h2->worker;
    exchange->generation = worker->generation;
    exchange->scope_generation = worker->scope_generation;
    exchange->matched = decision->matched;
    exchange->in_scope = decision->in_scope;
    exchange->limited = decision->limited;
    exchange->latency_ns[LANE_REQUEST] = decision->latency_ns[LANE_REQUEST];
    exchange->latency_ns[LANE_RESPONSE] = decision->latency_ns[LANE_RESPONSE];
    if (decision->in_scope)
        stream->h2->meant = true;
    if (decision->limited || decision->latency_ns[LANE_REQUEST] + decision->latency_ns[LANE_RESPONSE] > 0)
        measure_faulted(worker, exchange);
}

/* INTERNAL_ERROR: REFUSED_STREAM would say that nothing was done with the request, and clients then repeat it
 * by themselves without a word; CANCEL is what a client says that lost interest. */
static void reset(struct h2_stream *stream)
{
    struct h2 *h2 = stream->h2;
    stream->dropped = true;
    measure_faulted(h2->worker, stream->exchange);
    measure_outcome(h2->worker, stream->exchange, STATS_RESET);
    if (nghttp2_submit_rst_stream(h2->sessions[LANE_REQUEST], NGHTTP2_FLAG_NONE, stream->client_id,
                                  NGHTTP2_INTERNAL_ERROR) < 0)
        connection_doom(h2->connection, DOOM_MEMORY);
}

/* What HTTP/1 calls Host is a pseudo header here. */
static bool header_matches(const struct decision_rules *rules, const struct h2_fields *fields)
{
    struct h2_cursor cursor = {0};
    if (rules->header_length == 0)
        return true;
    while (h2_fields_next(fields, &cursor)) {
        const char *name = strcmp(cursor.name, ":authority") == 0 ? "host" : cursor.name;
        if (decision_header_matches(rules, name, strlen(name), cursor.value, cursor.field.value_length))
            return true;
    }
    return false;
}

static void decide(struct h2_stream *stream, const struct h2_fields *fields, const char *method,
                   const char *path)
{
    struct exchange *exchange = stream->exchange;
    struct connection *connection = stream->h2->connection;
    struct worker *worker = stream->h2->worker;
    const struct decision_request request = {
        .method = method,
        .path = path,
        .header_matched = header_matches(&worker->rules, fields),
        .health_check = exchange->health_check,
        .source_matched = connection_source_matches(connection),
    };
    struct decision decision;
    decision_make(&worker->rules, &request, connection_lot(connection), &worker->random, &decision);
    connection->judged = true;
    connection->touched |= decision.matched;
    take_decision(stream, &decision);
    if (decision.reset == DECISION_RESET_NOW) {
        reset(stream);
        return;
    }
    stream->cut = decision.reset == DECISION_RESET_RESPONSE;
    if (decision.blackholed) {
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

static const char *find(const struct h2_fields *fields, const char *name)
{
    const char *value = h2_fields_find(fields, name);
    return value ? value : "";
}

/* Without its query; cut at the bound. */
static void copy_path(char *path, const char *url)
{
    size_t length = strcspn(url, "?#");
    if (length > FAULT_PATH_MAX)
        length = FAULT_PATH_MAX;
    memcpy(path, url, length);
    path[length] = '\0';
}

static void count(struct h2_stream *stream)
{
    stream->exchange->started = stream->exchange->finished = false;
    if (stream->exchange->health_check)
        return;
    stream->h2->worker->interval.requests++;
    stream->h2->worker->interval.in_flight++;
}

void h2_faults_begin(struct h2_stream *stream, const struct h2_fields *fields, bool ends)
{
    struct h2 *h2 = stream->h2;
    struct exchange *exchange = stream->exchange;
    const char *method = find(fields, ":method");
    char path[FAULT_PATH_MAX + 1];
    copy_path(path, find(fields, ":path"));
    exchange->head = strcmp(method, "HEAD") == 0;
    stream->grpc = strncmp(find(fields, "content-type"), "application/grpc", strlen("application/grpc")) == 0;
    exchange->health_check =
        scope_is_health_check(find(fields, "user-agent"), path, h2->worker->upstream->health_path);
    if (ends)
        exchange->received_ns = h2->now_ns;
    exchange->complete = ends;
    count(stream);
    /* Without faults it is not looked at: whether it is meant is asked where they change. */
    exchange->generation = h2->worker->generation;
    exchange->scope_generation = h2->worker->scope_generation - 1;
    if (!h2->worker->clean)
        decide(stream, fields, method, path);
    if (stream->dropped)
        return;
    if (exchange->local) {
        h2_answer(stream, exchange->latency_ns[LANE_REQUEST] + exchange->latency_ns[LANE_RESPONSE]);
        return;
    }
    struct h2_piece *piece = h2_fields_pack(fields, H2_PIECE_HEAD);
    if (piece) {
        piece->first = true;
        piece->ends = ends;
    }
    h2_pipe_put_fields(&stream->pipes[LANE_REQUEST], piece, 0, h2->now_ns);
}

void h2_faults_refresh(struct h2_stream *stream)
{
    struct exchange *exchange = stream->exchange;
    struct worker *worker = stream->h2->worker;
    if (exchange->generation == worker->generation)
        return;
    struct decision decision = {.matched = exchange->matched};
    if (exchange->scope_generation != worker->scope_generation)
        decision.matched = decision_means_all(&worker->rules) &&
                           connection_source_matches(stream->h2->connection) &&
                           (!exchange->health_check || worker->fault.scope.health_checks);
    decision_renew(&worker->rules, &worker->random, &decision);
    take_decision(stream, &decision);
    stream->cut = stream->cut && exchange->in_scope && worker->fault.reset.percent > 0;
}

void h2_faults_refresh_begun(struct h2_stream *stream, int direction)
{
    struct exchange *exchange = stream->exchange;
    struct worker *worker = stream->h2->worker;
    uint64_t before = exchange->latency_ns[direction];
    if (exchange->generation == worker->generation)
        return;
    h2_faults_refresh(stream);
    if (before == HEAP_NEVER && exchange->in_scope && worker->fault.blackhole.percent > 0)
        exchange->latency_ns[direction] = HEAP_NEVER;
    else if (before < exchange->latency_ns[direction])
        exchange->latency_ns[direction] = before;
}

bool h2_faults_are_lossy(const struct h2_pipe *pipe)
{
    const struct fault *fault = &pipe->stream->h2->worker->fault;
    return fault->loss.percent > 0 && pipe->stream->exchange->in_scope &&
           decision_has_direction(fault, pipe->direction);
}

uint64_t h2_faults_latency_now(const struct h2_pipe *pipe, uint64_t latency_ns, const struct fault *before)
{
    struct worker *worker = pipe->stream->h2->worker;
    const struct fault *fault = &worker->fault;
    bool same_scope = fault->scope.percent >= before->scope.percent && scope_same(fault, before) &&
                      fault->scope.direction == before->scope.direction;
    if (latency_ns == HEAP_NEVER)
        return same_scope && fault->blackhole.percent > 0 ? HEAP_NEVER : 0;
    if (!same_scope)
        return 0;
    if (fault->latency.mean_ms == before->latency.mean_ms &&
        fault->latency.jitter_ms == before->latency.jitter_ms &&
        fault->latency.distribution == before->latency.distribution)
        return latency_ns;
    uint64_t delays[LANES];
    uint64_t anew = sample_latency_ns(fault, &worker->noise);
    sample_split(fault->scope.direction, anew, &delays[LANE_REQUEST], &delays[LANE_RESPONSE]);
    /* Our own answer bears the delays of both ways. */
    if (!pipe->stream->exchange->local)
        anew = delays[pipe->direction];
    return anew < latency_ns ? anew : latency_ns;
}
