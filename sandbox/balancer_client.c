#include "sandbox/balancer_internal.h"

#include <stdlib.h>
#include <string.h>

static void on_closed(void *owner)
{
    struct client *client = owner;
    client->balancer->clients--;
    http_reader_free(&client->reader);
    buf_free(&client->pending);
    buf_free(&client->replay);
    free(client);
}

/* Leaves the target without a word to the client. */
static void drop_upstream(struct client *client)
{
    struct upstream *upstream = client->upstream;
    if (upstream == NULL)
        return;
    struct target *target = upstream->target;
    upstream_close(upstream);
    target_settle(target);
}

void client_close(struct client *client)
{
    if (client->stream.closing)
        return;
    LIST_REMOVE(client, link);
    stream_close(&client->stream);
    drop_upstream(client);
}

/* Answered for the last time: what is to be sent is sent, what still comes is dropped. Closing at once
 * would reset the connection and might take the answer with it. */
static void linger(struct client *client)
{
    client->state = CLIENT_LINGERS;
    client->last_ms = uv_now(&client->balancer->loop);
    buf_reset(&client->pending);
    stream_resume(&client->stream);
    stream_end(&client->stream);
}

void client_flush(struct client *client)
{
    if (client->stream.closing)
        return;
    if (!stream_flush(&client->stream)) {
        client_close(client);
        return;
    }
    if (client->upstream != NULL && stream_backlog(&client->stream) > STREAM_BACKLOG_HIGH)
        stream_pause(&client->upstream->stream);
}

static void exchange_begin(struct client *client, const struct http_head *head)
{
    client->answer = 0;
    client->own_head = 0;
    client->complete = client->responding = false;
    client->head_only = head->method == HTTP_HEAD;
    client->chunked = head->chunked;
    client->switching = head->upgrade;
    client->keep_alive = head->keep_alive && client->listener != NULL;
    client->minor = head->minor;
    buf_reset(&client->replay);
}

/* Methods that may be sent twice (RFC 9110, 9.2.2). */
static bool is_idempotent(unsigned method)
{
    return method == HTTP_GET || method == HTTP_HEAD || method == HTTP_PUT || method == HTTP_DELETE ||
           method == HTTP_OPTIONS || method == HTTP_TRACE;
}

/* Sends the head in `replay` where the listener's rules have it go. */
static void send_head(struct client *client, const struct http_head *head, bool fresh)
{
    struct route *route = client->listener == NULL ? NULL : route_find(client->listener, client, head);
    if (route != NULL && route->is.action != BALANCER_FORWARD) {
        buf_reset(&client->replay);
        client->own_head = head_write_rule(&client->replay, &route->is, client, head);
        client->answer = (int)route->is.status;
        return;
    }
    struct target *target = route == NULL ? NULL : route_choose(route);
    client->upstream = target == NULL ? NULL : upstream_get(target, client, fresh);
    client->answer = target == NULL ? 503 : client->upstream == NULL ? 502 : 0;
    if (client->upstream != NULL)
        stream_append(&client->upstream->stream, client->replay.data, client->replay.length);
}

static bool on_head(void *context, const struct http_head *head)
{
    struct client *client = context;
    exchange_begin(client, head);
    client->replayable = is_idempotent(head->method) && !head->body && !head->upgrade;
    head_write_request(&client->replay, client, head);
    if (client->replay.failed || head->method == HTTP_CONNECT) {
        client->answer = 400;
        client->keep_alive = false;
    } else {
        send_head(client, head, false);
    }
    return true;
}

static void on_body(void *context, const char *data, size_t length)
{
    struct client *client = context;
    char size[20];
    if (client->upstream == NULL || length == 0)
        return;
    struct stream *stream = &client->upstream->stream;
    if (client->chunked)
        stream_append(stream, size, (size_t)snprintf(size, sizeof size, "%zx\r\n", length));
    stream_append(stream, data, length);
    if (client->chunked)
        stream_append(stream, "\r\n", 2);
}

static const struct http_events events = {.head = on_head, .body = on_body};

/* The answer of a rule that forwards nothing. */
static void write_own(struct client *client, bool keep)
{
    const struct buf *own = &client->replay;
    stream_append(&client->stream, own->data, client->own_head);
    buf_append_text(&client->stream.waiting,
                    keep ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n");
    if (!client->head_only)
        stream_append(&client->stream, own->data + client->own_head, own->length - client->own_head);
}

/* Our own answer; the connection goes on if the request has been read to its end. */
static void answer(struct client *client, int status)
{
    bool keep = client->complete && client->keep_alive;
    client->answer = 0;
    if (client->own_head > 0)
        write_own(client, keep);
    else
        head_write_answer(&client->stream.waiting, status, keep, client->head_only);
    client->own_head = 0;
    client->state = CLIENT_REQUEST;
    if (!keep)
        linger(client);
}

static void answer_broken(struct client *client)
{
    client->complete = false;
    client->head_only = false;
    client->own_head = 0;
    drop_upstream(client);
    if (client->responding)
        client_close(client);
    else
        answer(client, 400);
}

static void request_done(struct client *client)
{
    client->complete = true;
    client->state = CLIENT_WAITS;
    if (client->upstream != NULL && client->chunked)
        stream_append(&client->upstream->stream, "0\r\n\r\n", 5);
}

/* Reads requests until one has to wait for its response, or the bytes end. Returns how many were used. */
static size_t parse(struct client *client, const char *data, size_t length)
{
    size_t done = 0;
    while (done < length && client->state == CLIENT_REQUEST && !client->stream.closing) {
        size_t used = 0;
        enum http_result result = http_reader_feed(&client->reader, data + done, length - done, &used);
        done += used;
        if (result == HTTP_BROKEN)
            answer_broken(client);
        else if (result != HTTP_MORE)
            request_done(client);
        if (client->answer != 0)
            answer(client, client->answer);
    }
    return done;
}

static void after_parse(struct client *client)
{
    if (client->upstream != NULL)
        upstream_flush(client->upstream);
    if (client->upstream != NULL && stream_backlog(&client->upstream->stream) > STREAM_BACKLOG_HIGH)
        stream_pause(&client->stream);
    client_flush(client);
}

/* Goes on with what was read ahead, when an exchange is over. */
static void parse_pending(struct client *client)
{
    size_t used = parse(client, client->pending.data, client->pending.length);
    if (client->stream.closing)
        return;
    if (client->state != CLIENT_LINGERS) /* which has thrown them away */
        buf_consume(&client->pending, used);
    if (client->pending.length < BALANCER_PIPELINE_MAX)
        stream_resume(&client->stream);
    after_parse(client);
}

static void take(struct client *client, const char *data, size_t length)
{
    size_t used = client->pending.length == 0 ? parse(client, data, length) : 0;
    if (client->stream.closing)
        return;
    if (used < length && client->state != CLIENT_LINGERS) {
        if (!buf_append(&client->pending, data + used, length - used)) {
            client_close(client);
            return;
        }
        if (client->pending.length >= BALANCER_PIPELINE_MAX)
            stream_pause(&client->stream);
    }
    after_parse(client);
}

static void on_read(void *owner, const char *data, ssize_t length)
{
    struct client *client = owner;
    if (length < 0) {
        client_close(client);
        return;
    }
    if (client->state == CLIENT_LINGERS)
        return;
    client->last_ms = uv_now(&client->balancer->loop);
    if (client->state != CLIENT_TUNNEL) {
        take(client, data, (size_t)length);
        return;
    }
    stream_append(&client->upstream->stream, data, (size_t)length);
    after_parse(client);
}

static void on_room(void *owner)
{
    struct client *client = owner;
    client->last_ms = uv_now(&client->balancer->loop);
    if (client->upstream != NULL)
        stream_resume(&client->upstream->stream);
}

static void on_failed(void *owner)
{
    client_close(owner);
}

static const struct stream_events stream_callbacks = {
    .read = on_read, .room = on_room, .failed = on_failed, .closed = on_closed};

void client_upstream_failed(struct client *client, int status, bool stale)
{
    if (client->stream.closing)
        return;
    if (client->state == CLIENT_TUNNEL) {
        linger(client);
        client_flush(client);
        return;
    }
    if (client->responding) {
        client_close(client);
        return;
    }
    if (stale && client->replayable && client->complete) {
        client->replayable = false;
        send_head(client, &client->reader.head, true);
        status = client->answer;
    }
    if (client->upstream == NULL)
        answer(client, status);
    if (client->state == CLIENT_REQUEST)
        parse_pending(client);
    else
        after_parse(client);
}

void client_response_done(struct client *client)
{
    if (!client->complete || !client->keep_alive) {
        linger(client);
        client_flush(client);
        return;
    }
    client->state = CLIENT_REQUEST;
    client->responding = false;
    parse_pending(client);
}

void client_tunnel(struct client *client)
{
    client->state = CLIENT_TUNNEL;
    stream_append(&client->upstream->stream, client->pending.data, client->pending.length);
    buf_free(&client->pending);
    stream_resume(&client->stream);
    after_parse(client);
}

/* What silence means depends on who is silent. */
static void expire(struct client *client)
{
    bool reading = client->state == CLIENT_REQUEST;
    if (client->upstream != NULL && !client->responding && client->state == CLIENT_WAITS) {
        upstream_expire(client->upstream);
    } else if (reading && client->reader.begun && !client->responding) {
        drop_upstream(client);
        client->own_head = 0;
        client->complete = client->head_only = false;
        answer(client, 408);
        client_flush(client);
    } else {
        client_close(client);
    }
}

void client_sweep(struct client *client, uint64_t now_ms)
{
    struct upstream *upstream = client->upstream;
    uint64_t silent_ms = now_ms - client->last_ms;
    if (client->state == CLIENT_LINGERS) {
        if (silent_ms > BALANCER_LINGER_MS && stream_backlog(&client->stream) == 0)
            client_close(client);
        else if (silent_ms > (uint64_t)client->idle_timeout_ms)
            client_close(client);
    } else if (upstream != NULL && !upstream->stream.ready &&
               now_ms - upstream->since_ms > BALANCER_CONNECT_TIMEOUT_MS) {
        upstream_expire(upstream);
    } else if (silent_ms > (uint64_t)client->idle_timeout_ms) {
        expire(client);
    }
}

void client_listener_gone(struct client *client)
{
    LIST_REMOVE(client, link);
    LIST_INSERT_HEAD(&client->balancer->orphans, client, link);
    client->listener = NULL;
    client->keep_alive = false;
    if (client->state == CLIENT_REQUEST && !client->reader.begun)
        client_close(client);
}

static void name_peer(struct client *client)
{
    struct sockaddr_storage peer;
    int length = sizeof peer;
    snprintf(client->address, sizeof client->address, "unknown");
    if (uv_tcp_getpeername(&client->stream.tcp, (struct sockaddr *)&peer, &length) == 0)
        uv_ip_name((struct sockaddr *)&peer, client->address, sizeof client->address);
}

void client_accept(struct listener *listener)
{
    struct balancer *balancer = listener->balancer;
    struct client *client = calloc(1, sizeof *client);
    if (client == NULL ||
        !stream_init(&client->stream, &balancer->loop, balancer->read_buffer, &stream_callbacks, client)) {
        free(client);
        return;
    }
    balancer->clients++;
    client->balancer = balancer;
    client->listener = listener;
    client->port = listener->port;
    client->idle_timeout_ms = listener->idle_timeout_ms;
    client->last_ms = uv_now(&balancer->loop);
    http_reader_init(&client->reader, HTTP_REQUEST, &events, client);
    buf_init(&client->pending, BALANCER_PIPELINE_MAX + STREAM_READ_BYTES);
    buf_init(&client->replay, (size_t)2 * HTTP_HEAD_MAX);
    LIST_INSERT_HEAD(&listener->clients, client, link);
    bool accepted = uv_accept((uv_stream_t *)&listener->tcp, (uv_stream_t *)&client->stream.tcp) == 0;
    if (!accepted || balancer->clients > BALANCER_CLIENTS_MAX || !stream_begin(&client->stream)) {
        client_close(client);
        return;
    }
    name_peer(client);
}
