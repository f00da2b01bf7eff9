#include "proxy/client.h"

#include "core/clock.h"

#include <stdlib.h>
#include <string.h>

struct outgoing {
    uv_write_t write; /* first member */
    char *text;
};

static void on_closed(uv_handle_t *handle)
{
    struct client *client = handle->data;
    if (--client->handles > 0)
        return;
    struct client **link = &client->control->clients;
    while (*link != client)
        link = &(*link)->next;
    *link = client->next;
    line_reader_free(&client->reader);
    tls_free(client->tls);
    free(client->sample);
    free(client);
}

void client_close(struct client *client)
{
    if (client->closing)
        return;
    client->closing = true;
    if (client->standing == STANDING_KNOWN)
        client->control->client_count--;
    else
        client->control->strangers--;
    uv_close(&client->socket.handle, on_closed);
    uv_close((uv_handle_t *)&client->timer, on_closed);
}

struct client *client_find(struct control *control, uint64_t serial)
{
    for (struct client *client = control->clients; client; client = client->next)
        if (client->serial == serial && !client->closing)
            return client;
    return NULL;
}

static void on_written(uv_write_t *write, int status)
{
    struct outgoing *outgoing = (struct outgoing *)write;
    struct client *client = write->data;
    free(outgoing->text);
    free(outgoing);
    if (status < 0 || client->leaving)
        client_close(client);
}

void client_write(struct client *client, struct buf *bytes)
{
    struct outgoing *outgoing = NULL;
    size_t length = bytes->length;
    if (!client->closing && uv_stream_get_write_queue_size(&client->socket.stream) <= CONTROL_QUEUE_MAX)
        outgoing = malloc(sizeof *outgoing);
    if (!outgoing) {
        buf_free(bytes);
        client_close(client);
        return;
    }
    outgoing->text = buf_take(bytes);
    outgoing->write.data = client;
    uv_buf_t buf = uv_buf_init(outgoing->text, (unsigned)length);
    if (uv_write(&outgoing->write, &client->socket.stream, &buf, 1, on_written) < 0) {
        free(outgoing->text);
        free(outgoing);
        client_close(client);
    }
}

/* Takes the buffer's memory. */
static void send_line(struct client *client, struct buf *line)
{
    if (line->failed || client->closing) {
        buf_free(line);
        client_close(client);
    } else if (client->tls) {
        client_tls_send(client, line);
        buf_free(line);
    } else {
        client_write(client, line);
    }
}

void client_send_ack(struct client *client, int64_t id, uint64_t released)
{
    struct stats_ack ack = {.id = id, .applied_ms = clock_epoch_ms(), .released = (int64_t)released};
    struct buf line;
    buf_init(&line, STATS_FRAME_MAX);
    stats_ack_print(&ack, &line);
    send_line(client, &line);
}

void client_send_problem(struct client *client, int64_t id, const struct error *error)
{
    struct stats_problem problem = {.id = id};
    struct buf line;
    strncpy(problem.code, error_code_name(error->code), sizeof problem.code - 1);
    memcpy(problem.message, error->message, sizeof problem.message);
    buf_init(&line, STATS_FRAME_MAX);
    stats_problem_print(&problem, &line);
    send_line(client, &line);
}

static void send_hello(struct client *client)
{
    struct buf line;
    buf_init(&line, STATS_FRAME_MAX);
    stats_hello_print(&client->control->hello, &line);
    send_line(client, &line);
}

void client_send_sample(struct client *client)
{
    const struct control *control = client->control;
    struct stats_sample *sample = client->sample;
    client->due = false;
    client->sequence++;
    if (uv_stream_get_write_queue_size(&client->socket.stream) > CONTROL_QUEUE_MAX / 2)
        return;
    uint64_t now = clock_ns();
    sample->sequence = client->sequence;
    sample->interval_ms = (int64_t)((now - client->since_ns + 500000) / 1000000);
    control_describe_faults(control, sample);
    client->since_ns = now;
    struct buf line;
    buf_init(&line, STATS_FRAME_MAX);
    stats_sample_print(sample, &line);
    stats_sample_reset(sample);
    send_line(client, &line);
}

static void on_timer(uv_timer_t *timer)
{
    struct client *client = timer->data;
    client->due = true;
    control_collect(client->control);
}

static void subscribe(struct client *client, const struct stats_request *request)
{
    if (!client->sample) {
        client->sample = calloc(1, sizeof *client->sample);
        if (!client->sample) {
            client_close(client);
            return;
        }
        stats_sample_init(client->sample);
    }
    stats_sample_reset(client->sample);
    client->subscription = SUBSCRIPTION_WANTED;
    client->due = false;
    uint64_t interval = (uint64_t)request->interval_ms;
    uv_timer_start(&client->timer, on_timer, interval, interval);
    control_begin_ticking(client->control);
    control_collect(client->control);
}

static void act(struct client *client, const struct stats_request *request)
{
    switch (request->op) {
    case STATS_HELLO:
        send_hello(client);
        break;
    case STATS_SUBSCRIBE:
        subscribe(client, request);
        break;
    case STATS_SET:
        control_set(client->control, client, request);
        break;
    case STATS_RENEW:
        control_renew(client->control, client, request);
        break;
    case STATS_CLEAR:
        control_clear(client->control, client, request);
        break;
    }
}

static bool on_line(void *context, char *line, size_t length)
{
    struct client *client = context;
    struct stats_request request;
    struct error error;
    if (stats_request_parse(&request, line, length, &error))
        act(client, &request);
    else
        client_send_problem(client, stats_request_find_id(line, length), &error);
    return !client->closing;
}

static bool on_too_long(void *context)
{
    struct client *client = context;
    struct error error;
    error_set(&error, ERROR_LIMIT, "the line is longer than %d bytes and was thrown away", STATS_REQUEST_MAX);
    client_send_problem(client, 0, &error);
    return !client->closing;
}

bool client_take(struct client *client, const char *data, size_t length)
{
    return !client->leaving &&
           line_reader_feed(&client->reader, data, length, on_line, on_too_long, client) && !client->closing;
}

/* What is read is used up before anybody else reads. A stranger's handshake is small, and bounded. */
static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    (void)suggested;
    struct client *client = handle->data;
    size_t size = sizeof client->control->read_buffer;
    if (client->standing != STANDING_KNOWN)
        size = CONTROL_STRANGER_READ;
    *buf = uv_buf_init(client->control->read_buffer, (unsigned)size);
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buf)
{
    struct client *client = stream->data;
    if (length < 0)
        client_close(client);
    else if (length > 0 && (client->tls || client->standing != STANDING_KNOWN))
        client_tls_receive(client, buf->base, (size_t)length);
    else if (length > 0)
        client_take(client, buf->base, (size_t)length);
}

/* One too many is told why, and closed once that is written. */
void client_admit(struct client *client)
{
    struct error error;
    client->standing = STANDING_KNOWN;
    if (++client->control->client_count <= CONTROL_CLIENTS_MAX)
        return;
    client->leaving = true;
    uv_read_stop(&client->socket.stream);
    error_set(&error, ERROR_LIMIT, "%d clients are connected, which is the most", CONTROL_CLIENTS_MAX);
    client_send_problem(client, 0, &error);
}

static struct client *new_client(struct control *control)
{
    struct client *client = calloc(1, sizeof *client);
    if (!client)
        return NULL;
    client->control = control;
    client->serial = ++control->client_serial;
    line_reader_init(&client->reader, STATS_REQUEST_MAX);
    uv_timer_init(&control->loop, &client->timer);
    client->timer.data = client;
    client->handles = 2;
    client->next = control->clients;
    control->clients = client;
    return client;
}

int client_adopt(struct control *control, int fd)
{
    struct client *client = new_client(control);
    if (!client)
        return UV_ENOMEM;
    uv_pipe_init(&control->loop, &client->socket.pipe, 0);
    client->socket.handle.data = client;
    client_admit(client);
    int rc = uv_pipe_open(&client->socket.pipe, fd);
    if (rc == 0)
        rc = uv_read_start(&client->socket.stream, on_alloc, on_read);
    if (rc < 0)
        client_close(client);
    return rc;
}

void client_accept(struct listener *listener)
{
    struct control *control = listener->control;
    struct client *client = new_client(control);
    if (!client)
        return;
    if (listener->is_unix)
        uv_pipe_init(&control->loop, &client->socket.pipe, 0);
    else
        uv_tcp_init(&control->loop, &client->socket.tcp);
    client->socket.handle.data = client;
    bool accepted = uv_accept(&listener->socket.stream, &client->socket.stream) == 0;
    if (listener->is_unix)
        client_admit(client);
    else
        client_tls_begin(client);
    if (!accepted)
        client_close(client);
    else if (!client->closing && !client->leaving)
        uv_read_start(&client->socket.stream, on_alloc, on_read);
}
