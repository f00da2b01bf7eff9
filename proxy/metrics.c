#include "proxy/metrics.h"

#include "core/units.h"
#include "proxy/control.h"
#include "proxy/metrics_request.h"
#include "proxy/metrics_text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    BACKLOG = 128,
    READ_BYTES = 4096,
    HEADERS_MAX = 512,
};

enum reader_state {
    READER_IDLE,     /* between requests, or its first has not begun */
    READER_READING,  /* within a request's head */
    READER_ASKED,    /* waits for the next collection to begin … */
    READER_AWAITS,   /* … and to end */
    READER_WRITING,  /* its answer is on its way */
    READER_LINGERING /* all is said */
};

/* Who reads the metrics. */
struct reader {
    uv_tcp_t tcp; /* first member */
    struct metrics *metrics;
    struct reader *next; /* the newest first */
    uv_timer_t timer;
    unsigned handles;
    bool closing;
    enum reader_state state;
    uint64_t since_ms; /* by the loop's clock: the last sign of life */
    struct metrics_request request;
    uv_write_t write;
    uv_shutdown_t shutdown;
    struct buf answer;
    bool closes; /* after this answer */
    char bytes[READ_BYTES];
};

struct metrics {
    uv_tcp_t listener; /* first member */
    struct control *control;
    struct stats_sample total; /* since the start */
    struct reader *readers;
    unsigned count;
    bool closing;
    uv_tcp_t spare; /* takes a client that there is no memory for: the listener would stall otherwise */
    bool spare_open;
};

/* ── the end ─────────────────────────────────────────────────────────────────────────────── */

static void on_closed(uv_handle_t *handle)
{
    struct reader *reader = handle->data;
    if (--reader->handles > 0)
        return;
    struct reader **link = &reader->metrics->readers;
    while (*link != reader)
        link = &(*link)->next;
    *link = reader->next;
    buf_free(&reader->answer);
    free(reader);
}

static void close_reader(struct reader *reader)
{
    if (reader->closing)
        return;
    reader->closing = true;
    reader->metrics->count--;
    uv_close((uv_handle_t *)&reader->tcp, on_closed);
    uv_close((uv_handle_t *)&reader->timer, on_closed);
}

static void on_deadline(uv_timer_t *timer)
{
    close_reader(timer->data);
}

static void enter(struct reader *reader, enum reader_state state, uint64_t patience_ms)
{
    reader->state = state;
    reader->since_ms = uv_now(reader->timer.loop);
    uv_timer_start(&reader->timer, on_deadline, patience_ms, 0);
}

/* ── answers ─────────────────────────────────────────────────────────────────────────────── */

/* What still comes in is read and thrown away: closing over it would reset the connection, and the client
 * might lose the answer. */
static void linger(struct reader *reader)
{
    enter(reader, READER_LINGERING, METRICS_LINGER_MS);
    if (uv_shutdown(&reader->shutdown, (uv_stream_t *)&reader->tcp, NULL) < 0)
        close_reader(reader);
}

static void on_written(uv_write_t *write, int status)
{
    struct reader *reader = write->data;
    if (reader->closing)
        return;
    if (status < 0) {
        close_reader(reader);
    } else if (reader->closes) {
        linger(reader);
    } else {
        metrics_request_init(&reader->request);
        enter(reader, READER_IDLE, METRICS_IDLE_MS);
    }
}

static const char *reason_of(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 431:
        return "Request Header Fields Too Large";
    case 500:
        return "Internal Server Error";
    default:
        return "Bad Request";
    }
}

/* Sends `body` behind its head; frees it. */
static void answer(struct reader *reader, int status, const char *type, struct buf *body)
{
    reader->closes = status == 400 || status == 431 || status == 500 || !reader->request.keeps_alive;
    buf_free(&reader->answer);
    buf_init(&reader->answer, METRICS_TEXT_MAX + HEADERS_MAX);
    buf_printf(&reader->answer, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s%s\r\n",
               status, reason_of(status), type, body->length, status == 405 ? "Allow: GET, HEAD\r\n" : "",
               reader->closes ? "Connection: close\r\n" : "");
    if (!metrics_request_is_head(&reader->request))
        buf_append(&reader->answer, body->data, body->length);
    buf_free(body);
    enter(reader, READER_WRITING, METRICS_WRITE_MS);
    uv_buf_t buf = uv_buf_init(reader->answer.data, (unsigned)reader->answer.length);
    reader->write.data = reader;
    if (reader->answer.failed ||
        uv_write(&reader->write, (uv_stream_t *)&reader->tcp, &buf, 1, on_written) < 0)
        close_reader(reader);
}

static void answer_problem(struct reader *reader, int status)
{
    struct buf body;
    buf_init(&body, HEADERS_MAX);
    buf_printf(&body, "%s%s\n", reason_of(status), status == 404 ? ": try /metrics" : "");
    answer(reader, status, "text/plain; charset=utf-8", &body);
}

static void answer_metrics(struct reader *reader)
{
    struct buf body;
    enum metrics_format format = metrics_request_takes_open(&reader->request) ? METRICS_OPEN : METRICS_PLAIN;
    buf_init(&body, METRICS_TEXT_MAX);
    if (metrics_text_print(&body, format, &reader->metrics->total, &reader->metrics->control->more)) {
        answer(reader, 200, metrics_text_type(format), &body);
        return;
    }
    buf_free(&body);
    answer_problem(reader, 500);
}

void metrics_collecting(struct metrics *metrics)
{
    for (struct reader *reader = metrics->readers; reader; reader = reader->next)
        if (reader->state == READER_ASKED)
            reader->state = READER_AWAITS;
}

void metrics_collected(struct metrics *metrics, const struct stats_sample *sum)
{
    struct stats_sample *total = &metrics->total;
    total->connections_open = total->in_flight = total->held = 0;
    stats_sample_add(total, sum);
    control_describe_faults(metrics->control, total);
    for (struct reader *reader = metrics->readers; reader; reader = reader->next)
        if (reader->state == READER_AWAITS && !reader->closing)
            answer_metrics(reader);
}

/* ── requests ────────────────────────────────────────────────────────────────────────────── */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    (void)suggested;
    struct reader *reader = (struct reader *)handle;
    *buf = uv_buf_init(reader->bytes, sizeof reader->bytes);
}

static void take_request(struct reader *reader)
{
    int status = metrics_request_status(&reader->request);
    if (status != 200) {
        answer_problem(reader, status);
        return;
    }
    enter(reader, READER_ASKED, METRICS_WRITE_MS);
    control_collect(reader->metrics->control);
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buf)
{
    struct reader *reader = (struct reader *)stream;
    if (length < 0) {
        close_reader(reader);
        return;
    }
    if (length == 0 || reader->state == READER_LINGERING)
        return;
    if (reader->state > READER_READING) {
        /* The next request before the answer to this one: it comes to nothing. */
        reader->request.keeps_alive = false;
        reader->closes = true;
        return;
    }
    if (reader->state == READER_IDLE)
        enter(reader, READER_READING, METRICS_HEAD_MS);
    reader->since_ms = uv_now(reader->timer.loop);
    switch (metrics_request_feed(&reader->request, buf->base, (size_t)length)) {
    case METRICS_MORE:
        break;
    case METRICS_WHOLE:
        take_request(reader);
        break;
    case METRICS_TOO_LONG:
        answer_problem(reader, 431);
        break;
    case METRICS_BAD:
        answer_problem(reader, 400);
        break;
    }
}

/* Many that say nothing must not keep out the one that asks. */
static void make_room(struct metrics *metrics)
{
    struct reader *silent = NULL;
    for (struct reader *reader = metrics->readers; reader; reader = reader->next)
        if (!reader->closing && (!silent || reader->since_ms <= silent->since_ms))
            silent = reader;
    if (silent)
        close_reader(silent);
}

static void on_spare_closed(uv_handle_t *handle)
{
    struct metrics *metrics = handle->data;
    metrics->spare_open = false;
}

static void turn_away(struct metrics *metrics)
{
    if (metrics->spare_open)
        return;
    uv_tcp_init(metrics->listener.loop, &metrics->spare);
    metrics->spare.data = metrics;
    metrics->spare_open = true;
    uv_accept((uv_stream_t *)&metrics->listener, (uv_stream_t *)&metrics->spare);
    uv_close((uv_handle_t *)&metrics->spare, on_spare_closed);
}

static void on_connection(uv_stream_t *stream, int status)
{
    struct metrics *metrics = (struct metrics *)stream;
    if (status < 0)
        return;
    struct reader *reader = calloc(1, sizeof *reader);
    if (!reader) {
        turn_away(metrics);
        return;
    }
    if (metrics->count == METRICS_CLIENTS_MAX)
        make_room(metrics);
    reader->metrics = metrics;
    uv_tcp_init(stream->loop, &reader->tcp);
    uv_timer_init(stream->loop, &reader->timer);
    reader->tcp.data = reader->timer.data = reader;
    reader->handles = 2;
    reader->next = metrics->readers;
    metrics->readers = reader;
    metrics->count++;
    metrics_request_init(&reader->request);
    if (uv_accept(stream, (uv_stream_t *)&reader->tcp) < 0) {
        close_reader(reader);
        return;
    }
    enter(reader, READER_IDLE, METRICS_HEAD_MS);
    uv_read_start((uv_stream_t *)&reader->tcp, on_alloc, on_read);
}

/* ── beginning and end ───────────────────────────────────────────────────────────────────── */

static bool listen_on(struct metrics *metrics, const char *text, char *shown, size_t size,
                      struct error *error)
{
    char host[UNITS_HOST_MAX];
    uint16_t port;
    struct sockaddr_storage address = {0};
    if (!units_parse_address(text, "--metrics", host, &port, error))
        return false;
    if (host[0] == '\0')
        snprintf(host, sizeof host, "0.0.0.0");
    if (uv_ip4_addr(host, port, (struct sockaddr_in *)&address) < 0 &&
        uv_ip6_addr(host, port, (struct sockaddr_in6 *)&address) < 0)
        return error_set(error, ERROR_USAGE, "--metrics: '%s' is not a numeric address", host);
    int rc = uv_tcp_bind(&metrics->listener, (const struct sockaddr *)&address, 0);
    if (rc == 0)
        rc = uv_listen((uv_stream_t *)&metrics->listener, BACKLOG, on_connection);
    int length = sizeof address;
    if (rc == 0)
        rc = uv_tcp_getsockname(&metrics->listener, (struct sockaddr *)&address, &length);
    if (rc < 0)
        return error_set(error, ERROR_SYSTEM, "--metrics: cannot listen on %s: %s", text, uv_strerror(rc));
    bool v6 = address.ss_family == AF_INET6;
    snprintf(shown, size, v6 ? "[%s]:%u" : "%s:%u", host,
             ntohs(v6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                      : ((struct sockaddr_in *)&address)->sin_port));
    return true;
}

struct metrics *metrics_new(struct control *control, const char *address, char *shown, size_t size,
                            struct error *error)
{
    struct metrics *metrics = calloc(1, sizeof *metrics);
    if (!metrics || uv_tcp_init(&control->loop, &metrics->listener) < 0) {
        error_set(error, ERROR_SYSTEM, "--metrics: out of memory");
        free(metrics);
        return NULL;
    }
    metrics->control = control;
    stats_sample_init(&metrics->total);
    if (listen_on(metrics, address, shown, size, error))
        return metrics;
    /* The process is about to end: the loop still has the handle. */
    return NULL;
}

void metrics_close(struct metrics *metrics)
{
    if (metrics->closing)
        return;
    metrics->closing = true;
    uv_close((uv_handle_t *)&metrics->listener, NULL);
    for (struct reader *reader = metrics->readers; reader; reader = reader->next)
        close_reader(reader);
}

void metrics_free(struct metrics *metrics)
{
    free(metrics);
}
