#include "sandbox/traffic_internal.h"

#include "core/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BEHIND_MAX_US 1e6 /* what a stopped process missed is not made up for beyond this */

static void visit_begin(struct source *source, uint64_t begun_us, bool fresh);

static void on_visit_closed(uv_handle_t *handle)
{
    struct visit *visit = handle->data;
    http_reader_free(&visit->reader);
    free(visit);
}

static void leave_list(struct visit *visit)
{
    struct source *source = visit->source;
    TAILQ_REMOVE(visit->busy ? &source->busy : &source->idle, visit, link);
    source->busy_count -= visit->busy ? 1 : 0;
    visit->busy = false;
}

static void visit_close(struct visit *visit)
{
    if (visit->closing)
        return;
    leave_list(visit);
    visit->closing = true;
    uv_close((uv_handle_t *)&visit->tcp, on_visit_closed);
}

static void count(struct source *source, enum stats_outcome outcome)
{
    if (source->uncounted && outcome != STATS_ANSWERED)
        return;
    if (source->uncounted)
        source->total.requests++;
    source->uncounted = false;
    source->total.outcomes[outcome]++;
}

/* The connection is lost. A kept-alive one that was closed before it said a word is no failure of the
 * service: the request goes out once more, on a fresh one. */
static void visit_lost(struct visit *visit, enum stats_outcome outcome)
{
    struct source *source = visit->source;
    uint64_t begun_us = visit->begun_us;
    bool busy = visit->busy;
    bool stale = visit->reused && visit->heard_us == 0;
    if (visit->closing)
        return;
    visit_close(visit);
    if (busy && stale)
        visit_begin(source, begun_us, true);
    else if (busy)
        count(source, outcome);
}

static void visit_done(struct visit *visit)
{
    struct source *source = visit->source;
    if (visit->injected)
        count(source, STATS_INJECTED_ERROR);
    else if (visit->reader.head.status >= 500)
        count(source, STATS_UPSTREAM_FAILED);
    else {
        count(source, STATS_ANSWERED);
        hist_record(&source->total.round_trip, visit->heard_us - visit->sent_us);
    }
    if (!visit->reader.head.keep_alive) {
        visit_close(visit);
        return;
    }
    leave_list(visit);
    TAILQ_INSERT_HEAD(&source->idle, visit, link);
}

static bool on_head(void *context, const struct http_head *head)
{
    struct visit *visit = context;
    visit->injected = http_head_find(head, "x-shaketable-injected") != NULL;
    return true;
}

static void on_body(void *context, const char *data, size_t length)
{
    (void)context;
    (void)data;
    (void)length;
}

static const struct http_events events = {.head = on_head, .body = on_body};

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    struct visit *visit = handle->data;
    (void)suggested;
    *out = uv_buf_init(visit->source->traffic->read_buffer, TRAFFIC_READ_BYTES);
}

static void take_response(struct visit *visit, const char *data, size_t length)
{
    while (length > 0) {
        size_t used = 0;
        enum http_result result = http_reader_feed(&visit->reader, data, length, &used);
        bool interim = result == HTTP_DONE && visit->reader.head.status < 200;
        data += used;
        length -= used;
        if (result == HTTP_MORE)
            return;
        if (interim)
            visit->heard_us = 0; /* the round trip ends with the answer proper */
        else if (result == HTTP_DONE && length == 0) {
            visit_done(visit);
            return;
        } else {
            visit_lost(visit, STATS_UPSTREAM_FAILED);
            return;
        }
    }
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *in)
{
    struct visit *visit = stream->data;
    if (length == 0 || visit->closing)
        return;
    if (length < 0) {
        if (visit->busy && http_reader_finish(&visit->reader) == HTTP_DONE)
            visit_done(visit);
        visit_lost(visit, STATS_UPSTREAM_FAILED);
        return;
    }
    visit->source->total.bytes_out += (uint64_t)length;
    if (!visit->busy) {
        visit_close(visit);
        return;
    }
    if (visit->heard_us == 0)
        visit->heard_us = clock_us();
    if (visit->sent_us == 0) /* it answers before it was asked to the end */
        visit->sent_us = visit->heard_us;
    take_response(visit, in->base, (size_t)length);
}

static void on_written(uv_write_t *request, int status)
{
    struct visit *visit = request->data;
    if (visit->closing)
        return;
    if (status != 0)
        visit_lost(visit, STATS_UPSTREAM_FAILED);
    else if (visit->sent_us == 0)
        visit->sent_us = clock_us();
}

static void visit_send(struct visit *visit)
{
    size_t length = strlen(visit->source->request);
    uv_buf_t out = uv_buf_init(visit->source->request, (unsigned)length);
    visit->sent_us = visit->heard_us = 0;
    visit->source->total.bytes_in += length;
    int sent = uv_try_write((uv_stream_t *)&visit->tcp, &out, 1);
    if (sent == (int)length) {
        visit->sent_us = clock_us();
        return;
    }
    if (sent > 0) {
        out.base += sent;
        out.len -= (size_t)sent;
    }
    visit->write.data = visit;
    if ((sent < 0 && sent != UV_EAGAIN) ||
        uv_write(&visit->write, (uv_stream_t *)&visit->tcp, &out, 1, on_written) != 0)
        visit_lost(visit, STATS_UPSTREAM_FAILED);
}

static void on_connect(uv_connect_t *request, int status)
{
    struct visit *visit = request->data;
    if (visit->closing)
        return;
    if (status != 0 || uv_read_start((uv_stream_t *)&visit->tcp, give_buffer, on_read) != 0) {
        visit_lost(visit, STATS_UPSTREAM_REFUSED);
        return;
    }
    uv_tcp_nodelay(&visit->tcp, 1);
    visit->connected = true;
    visit->source->total.connections_accepted++;
    visit_send(visit);
}

/* A connection that is being made; NULL if that could not even be tried. */
static struct visit *visit_open(struct source *source)
{
    struct visit *visit = calloc(1, sizeof *visit);
    if (visit == NULL || uv_tcp_init(&source->traffic->loop, &visit->tcp) != 0) {
        free(visit);
        return NULL;
    }
    visit->source = source;
    visit->tcp.data = visit->connect.data = visit;
    http_reader_init(&visit->reader, HTTP_RESPONSE, &events, visit);
    if (uv_tcp_connect(&visit->connect, &visit->tcp, (struct sockaddr *)&source->address, on_connect) == 0)
        return visit;
    visit->closing = true;
    uv_close((uv_handle_t *)&visit->tcp, on_visit_closed);
    return NULL;
}

static void on_patience(uv_timer_t *timer);

static void watch_patience(struct source *source)
{
    struct visit *oldest = TAILQ_FIRST(&source->busy);
    if (oldest == NULL || uv_is_active((uv_handle_t *)&source->patience))
        return;
    uint64_t due_us = oldest->begun_us + source->timeout_us;
    uint64_t now_us = clock_us();
    uv_timer_start(&source->patience, on_patience, due_us > now_us ? (due_us - now_us) / 1000 + 1 : 0, 0);
}

static void on_patience(uv_timer_t *timer)
{
    struct source *source = timer->data;
    uint64_t now_us = clock_us();
    struct visit *oldest = TAILQ_FIRST(&source->busy);
    while (oldest != NULL && oldest->begun_us + source->timeout_us <= now_us) {
        visit_close(oldest);
        count(source, STATS_CLIENT_GONE);
        oldest = TAILQ_FIRST(&source->busy);
    }
    watch_patience(source);
}

static void visit_begin(struct source *source, uint64_t begun_us, bool fresh)
{
    struct visit *visit = fresh ? NULL : TAILQ_FIRST(&source->idle);
    bool reused = visit != NULL;
    if (reused)
        leave_list(visit);
    else
        visit = visit_open(source);
    if (visit == NULL) {
        count(source, STATS_UPSTREAM_REFUSED);
        return;
    }
    visit->busy = true;
    visit->reused = reused;
    visit->injected = false;
    visit->begun_us = begun_us;
    visit->sent_us = visit->heard_us = 0;
    TAILQ_INSERT_TAIL(&source->busy, visit, link);
    source->busy_count++;
    watch_patience(source);
    if (reused)
        visit_send(visit);
}

/* A client comes. Finding as many before it as there may be, it leaves. */
static void arrive(struct source *source)
{
    if (!source->uncounted)
        source->total.requests++;
    if (source->busy_count >= TRAFFIC_IN_FLIGHT_MAX)
        count(source, STATS_CLIENT_GONE);
    else
        visit_begin(source, clock_us(), false);
}

/* Poisson arrivals: the gaps between them are exponential. The next one is counted from the last, not from
 * now, so that the timer's granularity does not lower the rate. */
static void on_arrivals(uv_timer_t *timer)
{
    struct source *source = timer->data;
    double now_us = (double)clock_us();
    if (now_us - source->next_us > BEHIND_MAX_US)
        source->next_us = now_us;
    while (source->next_us <= now_us) {
        arrive(source);
        source->next_us -= log(1.0 - random_uniform(&source->traffic->random)) / source->per_second * 1e6;
    }
    double wait_ms = fmin(ceil((source->next_us - now_us) / 1000.0), 3600000.0);
    uv_timer_start(timer, on_arrivals, (uint64_t)wait_ms, 0);
}

void source_begin(struct source *source)
{
    uv_loop_t *loop = &source->traffic->loop;
    TAILQ_INIT(&source->busy);
    TAILQ_INIT(&source->idle);
    uv_timer_init(loop, &source->arrivals);
    uv_timer_init(loop, &source->patience);
    source->arrivals.data = source->patience.data = source;
    source->handles += 2;
    source->next_us =
        (double)clock_us() - log(1.0 - random_uniform(&source->traffic->random)) / source->per_second * 1e6;
    uv_timer_start(&source->arrivals, on_arrivals, 0, 0);
    LIST_INSERT_HEAD(&source->traffic->sources, source, link);
}

static void source_handle_closed(uv_handle_t *handle)
{
    struct source *source = handle->data;
    if (--source->handles == 0)
        free(source);
}

void source_stop(struct source *source)
{
    LIST_REMOVE(source, link);
    while (!TAILQ_EMPTY(&source->busy))
        visit_close(TAILQ_FIRST(&source->busy));
    while (!TAILQ_EMPTY(&source->idle))
        visit_close(TAILQ_FIRST(&source->idle));
    stats_server_close(source->stats);
    uv_close((uv_handle_t *)&source->arrivals, source_handle_closed);
    uv_close((uv_handle_t *)&source->patience, source_handle_closed);
}

static unsigned source_waiting(const struct source *source)
{
    unsigned waiting = 0;
    const struct visit *visit;
    TAILQ_FOREACH(visit, &source->busy, link)
    waiting += visit->heard_us == 0 ? 1 : 0;
    return waiting;
}

static unsigned source_connections(const struct source *source)
{
    unsigned open = 0;
    const struct visit *visit;
    TAILQ_FOREACH(visit, &source->busy, link)
    open += visit->connected ? 1 : 0;
    TAILQ_FOREACH(visit, &source->idle, link)
    open++;
    return open;
}

void source_totals(void *context, struct stats_sample *into)
{
    const struct source *source = context;
    *into = source->total;
    into->in_flight = source_waiting(source);
    into->connections_open = source_connections(source);
}
