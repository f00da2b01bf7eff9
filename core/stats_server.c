#include "config.h"

#include "core/stats_server.h"

#include "core/clock.h"
#include "core/random.h"
#include "core/units.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#define UNSENT_MAX ((size_t)2 * STATS_FRAME_MAX) /* one that asks and does not listen is shown out */

#define KERNEL_BUFFER_BYTES 16384 /* one that lags loses frames early, rather than hear of the past */

struct subscriber;
LIST_HEAD(subscriber_list, subscriber);

struct stats_server {
    uv_tcp_t door;
    stats_server_totals *totals;
    void *context;
    struct subscriber_list subscribers;
    unsigned subscriber_count;
    char id[17];
    char address[INET6_ADDRSTRLEN + 10];
    uint16_t port;
};

struct subscriber {
    LIST_ENTRY(subscriber) link;
    struct stats_server *server; /* NULL once it is closing */
    uv_tcp_t tcp;
    uv_timer_t timer;
    struct line_reader lines;
    struct stats_sample before; /* the totals at its last frame */
    uint64_t sequence;
    uint64_t last_us;
    unsigned handles;
    char data[4096];
};

struct line_out {
    uv_write_t write;
    char *text;
};

static void on_closed(uv_handle_t *handle)
{
    struct subscriber *subscriber = handle->data;
    if (--subscriber->handles > 0)
        return;
    line_reader_free(&subscriber->lines);
    free(subscriber);
}

static void subscriber_close(struct subscriber *subscriber)
{
    if (subscriber->server == NULL)
        return;
    LIST_REMOVE(subscriber, link);
    subscriber->server->subscriber_count--;
    subscriber->server = NULL;
    uv_close((uv_handle_t *)&subscriber->tcp, on_closed);
    uv_close((uv_handle_t *)&subscriber->timer, on_closed);
}

static void on_sent(uv_write_t *write, int status)
{
    struct line_out *line = write->data;
    struct subscriber *subscriber = write->handle->data;
    free(line->text);
    free(line);
    if (status != 0)
        subscriber_close(subscriber);
}

/* Sends what was printed, and frees it. */
static void send_out(struct subscriber *subscriber, struct buf *out)
{
    uv_stream_t *stream = (uv_stream_t *)&subscriber->tcp;
    size_t length = out->length;
    struct line_out *line = calloc(1, sizeof *line);
    char *text = buf_take(out);
    bool fits = uv_stream_get_write_queue_size(stream) + length <= UNSENT_MAX;
    if (line != NULL && text != NULL && fits) {
        uv_buf_t buffer = uv_buf_init(text, (unsigned)length);
        line->text = text;
        line->write.data = line;
        if (uv_write(&line->write, stream, &buffer, 1, on_sent) == 0)
            return;
    }
    free(text);
    free(line);
    buf_free(out);
    subscriber_close(subscriber);
}

static void send_hello(struct subscriber *subscriber)
{
    struct stats_hello hello = {.version = PACKAGE_VERSION, .pid = getpid()};
    struct buf out;
    snprintf(hello.id, sizeof hello.id, "%s", subscriber->server->id);
    buf_init(&out, STATS_FRAME_MAX);
    stats_hello_print(&hello, &out);
    send_out(subscriber, &out);
}

static void send_problem(struct subscriber *subscriber, int64_t id, const char *code, const char *message)
{
    struct stats_problem problem = {.id = id};
    struct buf out;
    snprintf(problem.code, sizeof problem.code, "%s", code);
    snprintf(problem.message, sizeof problem.message, "%s", message);
    buf_init(&out, STATS_FRAME_MAX);
    stats_problem_print(&problem, &out);
    send_out(subscriber, &out);
}

static void read_totals(const struct stats_server *server, struct stats_sample *sample)
{
    stats_sample_clear(sample);
    server->totals(server->context, sample);
}

/* What happened since the last frame; the totals are then kept for the next. */
static void fill(struct stats_sample *sample, struct subscriber *subscriber)
{
    struct stats_sample *before = &subscriber->before;
    read_totals(subscriber->server, sample);
    const uint64_t accepted = sample->connections_accepted, requests = sample->requests,
                   bytes_in = sample->bytes_in, bytes_out = sample->bytes_out;
    sample->connections_accepted -= before->connections_accepted;
    sample->requests -= before->requests;
    sample->bytes_in -= before->bytes_in;
    sample->bytes_out -= before->bytes_out;
    before->connections_accepted = accepted;
    before->requests = requests;
    before->bytes_in = bytes_in;
    before->bytes_out = bytes_out;
    for (int i = 0; i < STATS_OUTCOMES; i++) {
        sample->outcomes[i] -= before->outcomes[i];
        before->outcomes[i] += sample->outcomes[i];
    }
    hist_subtract(&sample->round_trip, &before->round_trip);
    hist_add(&before->round_trip, &sample->round_trip);
    sample->sequence = subscriber->sequence;
}

/* One that still has the last frame to read loses this one: its sequence has a gap then, and the next frame
 * covers both intervals, so that the counts still add up. */
static void on_interval(uv_timer_t *timer)
{
    struct subscriber *subscriber = timer->data;
    subscriber->sequence++;
    if (uv_stream_get_write_queue_size((uv_stream_t *)&subscriber->tcp) > 0)
        return;
    struct stats_sample *sample = malloc(sizeof *sample);
    struct buf out;
    if (sample == NULL)
        return;
    uint64_t now_us = clock_us();
    fill(sample, subscriber);
    sample->interval_ms = (int64_t)((now_us - subscriber->last_us + 500) / 1000);
    subscriber->last_us = now_us;
    buf_init(&out, STATS_FRAME_MAX);
    stats_sample_print(sample, &out);
    free(sample);
    send_out(subscriber, &out);
}

static void subscribe(struct subscriber *subscriber, int64_t interval_ms)
{
    read_totals(subscriber->server, &subscriber->before);
    subscriber->last_us = clock_us();
    uv_timer_start(&subscriber->timer, on_interval, (uint64_t)interval_ms, (uint64_t)interval_ms);
}

static bool on_line(void *context, char *line, size_t length)
{
    struct subscriber *subscriber = context;
    struct stats_request *request = malloc(sizeof *request);
    struct error error;
    error_clear(&error);
    if (request == NULL)
        subscriber_close(subscriber);
    else if (!stats_request_parse(request, line, length, &error))
        send_problem(subscriber, 0, error_code_name(error.code), error.message);
    else if (request->op == STATS_HELLO)
        send_hello(subscriber);
    else if (request->op == STATS_SUBSCRIBE)
        subscribe(subscriber, request->interval_ms);
    else
        send_problem(subscriber, request->id, "unsupported",
                     "these are clients: there are no faults to set here");
    free(request);
    return subscriber->server != NULL;
}

static bool on_long_line(void *context)
{
    struct subscriber *subscriber = context;
    send_problem(subscriber, 0, error_code_name(ERROR_LIMIT), "the line is too long");
    return subscriber->server != NULL;
}

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    struct subscriber *subscriber = handle->data;
    (void)suggested;
    *out = uv_buf_init(subscriber->data, sizeof subscriber->data);
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *in)
{
    struct subscriber *subscriber = stream->data;
    if (length < 0)
        subscriber_close(subscriber);
    else if (length > 0)
        line_reader_feed(&subscriber->lines, in->base, (size_t)length, on_line, on_long_line, subscriber);
}

static void on_visitor(uv_stream_t *door, int status)
{
    struct stats_server *server = door->data;
    if (status != 0)
        return;
    struct subscriber *subscriber = calloc(1, sizeof *subscriber);
    if (subscriber == NULL || uv_tcp_init(door->loop, &subscriber->tcp) != 0) {
        free(subscriber);
        return;
    }
    uv_timer_init(door->loop, &subscriber->timer);
    subscriber->tcp.data = subscriber->timer.data = subscriber;
    subscriber->handles = 2;
    subscriber->server = server;
    line_reader_init(&subscriber->lines, STATS_REQUEST_MAX);
    LIST_INSERT_HEAD(&server->subscribers, subscriber, link);
    server->subscriber_count++;
    uv_stream_t *stream = (uv_stream_t *)&subscriber->tcp;
    if (uv_accept(door, stream) != 0 || server->subscriber_count > STATS_SERVER_SUBSCRIBERS_MAX ||
        uv_read_start(stream, give_buffer, on_read) != 0)
        subscriber_close(subscriber);
    else {
        int bytes = KERNEL_BUFFER_BYTES;
        uv_tcp_nodelay(&subscriber->tcp, 1);
        uv_send_buffer_size((uv_handle_t *)stream, &bytes);
    }
}

/* ── the door ────────────────────────────────────────────────────────────────────────────── */

static bool is_loopback(const struct sockaddr_storage *address)
{
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
    const struct sockaddr_in *four = (const struct sockaddr_in *)address;
    return address->ss_family == AF_INET6 ? IN6_IS_ADDR_LOOPBACK(&six->sin6_addr) != 0
                                          : ntohl(four->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

static bool read_address(const char *text, const char *name, struct sockaddr_storage *address,
                         struct error *error)
{
    char host[UNITS_HOST_MAX];
    uint16_t port;
    if (!units_parse_address(text, name, host, &port, error)) {
        if (error != NULL)
            error->code = ERROR_USAGE;
        return false;
    }
    if (uv_ip4_addr(host, port, (struct sockaddr_in *)address) != 0 &&
        uv_ip6_addr(host, port, (struct sockaddr_in6 *)address) != 0)
        return error_set(error, ERROR_USAGE, "%s: '%.80s' is not a numeric address", name, host);
    return is_loopback(address) ||
           error_set(error, ERROR_USAGE,
                     "%s: it is told in plain text, so only on this machine: 127.0.0.1, not %.80s", name,
                     host);
}

static int keep_address(struct stats_server *server)
{
    struct sockaddr_storage at = {0};
    char host[INET6_ADDRSTRLEN] = "";
    int length = sizeof at;
    int result = uv_tcp_getsockname(&server->door, (struct sockaddr *)&at, &length);
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&at;
    const struct sockaddr_in *four = (const struct sockaddr_in *)&at;
    bool v6 = at.ss_family == AF_INET6;
    uv_ip_name((const struct sockaddr *)&at, host, sizeof host);
    server->port = ntohs(v6 ? six->sin6_port : four->sin_port);
    snprintf(server->address, sizeof server->address, v6 ? "[%s]:%u" : "%s:%u", host, server->port);
    return result;
}

static void free_server(uv_handle_t *door)
{
    free(door->data);
}

struct stats_server *stats_server_open(uv_loop_t *loop, const char *address, const char *name,
                                       stats_server_totals *totals, void *context, struct error *error)
{
    struct sockaddr_storage at = {0};
    if (!read_address(address, name, &at, error))
        return NULL;
    struct stats_server *server = calloc(1, sizeof *server);
    if (server == NULL || uv_tcp_init(loop, &server->door) != 0) {
        free(server);
        error_set(error, ERROR_SYSTEM, "%s: out of memory", name);
        return NULL;
    }
    server->door.data = server;
    server->totals = totals;
    server->context = context;
    LIST_INIT(&server->subscribers);
    random_name(server->id, sizeof server->id - 1);
    int result = uv_tcp_bind(&server->door, (struct sockaddr *)&at, 0);
    if (result == 0)
        result = uv_listen((uv_stream_t *)&server->door, STATS_SERVER_SUBSCRIBERS_MAX, on_visitor);
    if (result == 0)
        result = keep_address(server);
    if (result == 0)
        return server;
    error_set(error, ERROR_SYSTEM, "%s: cannot listen on %.80s: %s", name, address, uv_strerror(result));
    stats_server_close(server);
    return NULL;
}

const char *stats_server_address(const struct stats_server *server)
{
    return server->address;
}

uint16_t stats_server_port(const struct stats_server *server)
{
    return server->port;
}

void stats_server_close(struct stats_server *server)
{
    if (server == NULL)
        return;
    while (!LIST_EMPTY(&server->subscribers))
        subscriber_close(LIST_FIRST(&server->subscribers));
    uv_close((uv_handle_t *)&server->door, free_server);
}
