#include "config.h"

#include "sandbox/traffic_internal.h"

#include "core/clock.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UNSENT_MAX ((size_t)2 * STATS_FRAME_MAX) /* one that asks and does not listen is shown out */

#define KERNEL_BUFFER_BYTES 16384 /* one that lags loses frames early, rather than hear of the past */

struct subscriber {
    LIST_ENTRY(subscriber) link;
    struct source *source; /* NULL once it is closing */
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
    if (subscriber->source == NULL)
        return;
    LIST_REMOVE(subscriber, link);
    subscriber->source->subscriber_count--;
    subscriber->source = NULL;
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
    snprintf(hello.id, sizeof hello.id, "%s", subscriber->source->id);
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

/* What happened since the last frame. */
static void fill(struct stats_sample *sample, const struct subscriber *subscriber)
{
    const struct source *source = subscriber->source;
    const struct stats_sample *before = &subscriber->before;
    *sample = source->total;
    sample->connections_accepted -= before->connections_accepted;
    sample->requests -= before->requests;
    sample->bytes_in -= before->bytes_in;
    sample->bytes_out -= before->bytes_out;
    for (int i = 0; i < STATS_OUTCOMES; i++)
        sample->outcomes[i] -= before->outcomes[i];
    hist_subtract(&sample->round_trip, &before->round_trip);
    sample->in_flight = source_waiting(source);
    sample->connections_open = source_connections(source);
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
    subscriber->before = subscriber->source->total;
    subscriber->last_us = now_us;
    buf_init(&out, STATS_FRAME_MAX);
    stats_sample_print(sample, &out);
    free(sample);
    send_out(subscriber, &out);
}

static void subscribe(struct subscriber *subscriber, int64_t interval_ms)
{
    subscriber->before = subscriber->source->total;
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
    return subscriber->source != NULL;
}

static bool on_long_line(void *context)
{
    struct subscriber *subscriber = context;
    send_problem(subscriber, 0, error_code_name(ERROR_LIMIT), "the line is too long");
    return subscriber->source != NULL;
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
    struct source *source = door->data;
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
    subscriber->source = source;
    line_reader_init(&subscriber->lines, STATS_REQUEST_MAX);
    LIST_INSERT_HEAD(&source->subscribers, subscriber, link);
    source->subscriber_count++;
    uv_stream_t *stream = (uv_stream_t *)&subscriber->tcp;
    if (uv_accept(door, stream) != 0 || source->subscriber_count > TRAFFIC_SUBSCRIBERS_MAX ||
        uv_read_start(stream, give_buffer, on_read) != 0)
        subscriber_close(subscriber);
    else {
        int bytes = KERNEL_BUFFER_BYTES;
        uv_tcp_nodelay(&subscriber->tcp, 1);
        uv_send_buffer_size((uv_handle_t *)stream, &bytes);
    }
}

bool watch_open(struct source *source, uint16_t *port, struct error *error)
{
    struct sockaddr_in at;
    int length = sizeof at;
    LIST_INIT(&source->subscribers);
    random_name(source->id, sizeof source->id - 1);
    uv_ip4_addr("127.0.0.1", 0, &at);
    int result = uv_tcp_init(&source->traffic->loop, &source->door);
    if (result != 0)
        return error_set(error, ERROR_SYSTEM, "cannot serve client statistics: %s", uv_strerror(result));
    source->door.data = source;
    source->handles++;
    result = uv_tcp_bind(&source->door, (struct sockaddr *)&at, 0);
    if (result == 0)
        result = uv_listen((uv_stream_t *)&source->door, TRAFFIC_SUBSCRIBERS_MAX, on_visitor);
    if (result == 0)
        result = uv_tcp_getsockname(&source->door, (struct sockaddr *)&at, &length);
    *port = ntohs(at.sin_port);
    return result == 0 ||
           error_set(error, ERROR_SYSTEM, "cannot serve client statistics: %s", uv_strerror(result));
}

void watch_close(struct source *source)
{
    while (!LIST_EMPTY(&source->subscribers))
        subscriber_close(LIST_FIRST(&source->subscribers));
    uv_close((uv_handle_t *)&source->door, source_handle_closed);
}
