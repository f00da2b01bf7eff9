/*
 * Any bytes from both sides of the HTTP/2 relay, with faults that come and go; its sinks are lanes without a
 * socket. The first byte chooses the faults. Then records: a byte that says what, and, for bytes, two that
 * say how many. Whatever came, at the end nothing may be held, counted as in flight, or waiting for its time.
 */
#include "proxy/h2_internal.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { CLIENT_BYTES, UPSTREAM_BYTES, CHANGE, CLIENT_END, UPSTREAM_END, REFUSED, DRAIN, EXPIRE, OPS };

enum { RECORDS_MAX = 64 };

struct relay {
    struct worker worker;
    struct upstream upstream;
    struct connection connection;
    unsigned changes;
};

static struct fault fault_at(unsigned index)
{
    struct fault fault;
    fault_init(&fault);
    fault.seed = 1;
    fault.scope.direction = FAULT_BOTH;
    switch (index % 8) {
    case 1:
        fault.latency.mean_ms = 30000;
        break;
    case 2:
        fault.error.percent = 50;
        strcpy(fault.error.body, "sorry: 100 %");
        strcpy(fault.error.headers[0], "Retry-After: 5");
        fault.error.header_count = 1;
        break;
    case 3:
        fault.blackhole.percent = 60;
        break;
    case 4:
        fault.reset.percent = 50;
        break;
    case 5:
        fault.reset.percent = 50;
        fault.reset.at = FAULT_AT_RESPONSE;
        strcpy(fault.scope.header, "x-a: *");
        break;
    case 6:
        fault.loss.percent = 40;
        fault.latency.mean_ms = 1;
        break;
    case 7:
        fault.bandwidth.bytes_per_s = 1000;
        fault.error.percent = 100;
        fault.latency.mean_ms = 30000;
        break;
    }
    return fault;
}

static void set_faults(struct relay *relay, unsigned index)
{
    relay->worker.fault = fault_at(index);
    decision_rules_init(&relay->worker.rules, &relay->worker.fault);
    relay->worker.clean = fault_is_clean(&relay->worker.fault);
    relay->worker.generation++;
    relay->worker.scope_generation++;
}

static void start(struct relay *relay, unsigned index)
{
    struct worker *worker = &relay->worker;
    struct connection *connection = &relay->connection;
    relay->upstream.health_path = "/health";
    worker->upstream = &relay->upstream;
    heap_init(&worker->loop.timers.heap);
    random_seed(&worker->random, 1);
    random_seed(&worker->noise, 1);
    random_seed(&worker->lots, 1);
    set_faults(relay, index);
    connection->worker = worker;
    connection->client.watch.fd = connection->upstream.watch.fd = -1;
    for (int i = 0; i < LANES; i++)
        lane_init(&connection->lanes[i], worker, connection, i);
    connection->h2 = h2_new(connection);
    if (!connection->h2)
        abort();
    h2_bytes(connection->h2, LANE_REQUEST, NGHTTP2_CLIENT_MAGIC, NGHTTP2_CLIENT_MAGIC_LEN);
}

static void change(struct relay *relay)
{
    struct fault before = relay->worker.fault;
    set_faults(relay, ++relay->changes);
    h2_retime(relay->connection.h2, &before);
}

/* As their timers would: who has come to its time goes on. */
static void run_pipes(struct h2 *h2)
{
    for (struct h2_stream *stream = h2->streams; stream; stream = stream->next)
        for (int i = 0; i < LANES; i++)
            h2_pipe_run(&stream->pipes[i]);
}

static void settle(struct relay *relay)
{
    struct connection *connection = &relay->connection;
    for (int i = 0; i < 2; i++) {
        if (connection->doom == DOOM_NONE)
            h2_settle(connection->h2);
        for (int direction = 0; direction < LANES; direction++) {
            if (connection->lanes[direction].bytes > 2 * (size_t)H2_LANE_MAX)
                abort();
            lane_clear(&connection->lanes[direction]);
        }
    }
    if (connection->h2->stream_count > H2_STREAMS_KEPT_MAX)
        abort();
}

static void finish(struct relay *relay)
{
    struct worker *worker = &relay->worker;
    h2_free(relay->connection.h2, STATS_CLIENT_GONE);
    timers_cancel(&worker->loop.timers, &relay->connection.timer);
    for (int i = 0; i < LANES; i++)
        lane_clear(&relay->connection.lanes[i]);
    if (worker->held_bytes != 0 || worker->interval.held != 0 || worker->interval.in_flight != 0 ||
        heap_first(&worker->loop.timers.heap))
        abort();
    heap_free(&worker->loop.timers.heap);
}

/* Returns how much of the input the record takes. */
static size_t run_record(struct relay *relay, const uint8_t *data, size_t size)
{
    struct h2 *h2 = relay->connection.h2;
    size_t length = 0;
    size_t taken = 1;
    int op = data[0] % OPS;
    if (op == CLIENT_BYTES || op == UPSTREAM_BYTES) {
        if (size < 3)
            return size;
        length = (size_t)data[1] << 8 | data[2];
        length = length < size - 3 ? length : size - 3;
        taken = 3 + length;
    }
    switch (op) {
    case CLIENT_BYTES:
        h2_bytes(h2, LANE_REQUEST, (const char *)data + 3, length);
        break;
    case UPSTREAM_BYTES:
        h2_bytes(h2, LANE_RESPONSE, (const char *)data + 3, length);
        break;
    case CHANGE:
        change(relay);
        break;
    case CLIENT_END:
        h2_ended(h2, LANE_REQUEST);
        break;
    case UPSTREAM_END:
        h2_ended(h2, LANE_RESPONSE);
        break;
    case REFUSED:
        h2_refused(h2);
        break;
    case DRAIN:
        relay->worker.draining = true;
        break;
    case EXPIRE:
        h2_expired(h2);
        run_pipes(h2);
        break;
    }
    return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    static struct relay relays;
    struct relay *relay = &relays;
    /* All but the histograms, which are most of it. */
    struct stats_sample *interval = &relay->worker.interval;
    memset(relay, 0, (size_t)((char *)&interval->round_trip - (char *)relay));
    memset(interval + 1, 0, (size_t)((char *)(relay + 1) - (char *)(interval + 1)));
    start(relay, data[0]);
    relay->changes = data[0];
    settle(relay);
    size_t at = 1;
    for (int i = 0; i < RECORDS_MAX && at < size; i++) {
        at += run_record(relay, data + at, size - at);
        settle(relay);
        if (relay->connection.doom != DOOM_NONE || relay->connection.closes)
            break;
    }
    finish(relay);
    return 0;
}
