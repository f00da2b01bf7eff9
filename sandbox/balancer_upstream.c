#include "sandbox/balancer_internal.h"

#include <stdlib.h>
#include <string.h>

static void detach(struct upstream *upstream)
{
    struct target *target = upstream->target;
    if (target == NULL)
        return;
    LIST_REMOVE(upstream, link);
    if (upstream->client == NULL)
        target->idle_count--;
    else
        target->used_count--;
    upstream->target = NULL;
}

void upstream_close(struct upstream *upstream)
{
    detach(upstream);
    if (upstream->client != NULL)
        upstream->client->upstream = NULL;
    upstream->client = NULL;
    stream_close(&upstream->stream);
}

/* The connection is of no more use: its client, if it has one, gets another or an answer. */
static void upstream_lost(struct upstream *upstream, int status)
{
    struct client *client = upstream->client;
    struct target *target = upstream->target;
    bool stale = upstream->reused && !upstream->heard && status == 502;
    upstream_close(upstream);
    if (client == NULL)
        return;
    target_settle(target);
    client_upstream_failed(client, status, stale);
}

/* The response is complete: the connection waits for the next request, or closes. */
static void upstream_release(struct upstream *upstream, bool keep)
{
    struct target *target = upstream->target;
    keep = keep && target->is.state != BALANCER_DRAINING && target->idle_count < BALANCER_IDLE_TARGETS_MAX;
    if (keep) {
        detach(upstream);
        upstream->client->upstream = NULL;
        upstream->client = NULL;
        upstream->target = target;
        upstream->since_ms = uv_now(&upstream->balancer->loop);
        LIST_INSERT_HEAD(&target->idle, upstream, link);
        target->idle_count++;
        stream_resume(&upstream->stream);
    } else {
        upstream_close(upstream);
    }
    target_settle(target);
}

static bool on_head(void *context, const struct http_head *head)
{
    struct upstream *upstream = context;
    struct client *client = upstream->client;
    bool switching = head->status == 101;
    bool has_body = head->body && !client->head_only;
    upstream->interim = head->status < 200 && !switching;
    upstream->bad = switching && !(client->switching && head->upgrade && client->complete);
    if (upstream->bad)
        return true;
    if (upstream->interim && client->minor == 0)
        return true; /* HTTP/1.0 knows no interim responses */
    if (!upstream->interim) {
        upstream->rechunk = has_body && !head->has_length && client->minor >= 1;
        if (has_body && !head->has_length && client->minor == 0)
            client->keep_alive = false; /* its end is the connection's */
        if (!client->complete)
            client->keep_alive = false; /* the target does not care for the rest of the request */
        client->responding = true;
    }
    head_write_response(&client->stream.waiting, client, head, upstream->rechunk, switching);
    return has_body;
}

static void on_body(void *context, const char *data, size_t length)
{
    struct upstream *upstream = context;
    struct client *client = upstream->client;
    char size[20];
    if (length == 0)
        return;
    if (upstream->rechunk)
        stream_append(&client->stream, size, (size_t)snprintf(size, sizeof size, "%zx\r\n", length));
    stream_append(&client->stream, data, length);
    if (upstream->rechunk)
        stream_append(&client->stream, "\r\n", 2);
}

static const struct http_events events = {.head = on_head, .body = on_body};

/* A whole response, with nothing of ours behind it. */
static void response_done(struct upstream *upstream, bool keep)
{
    struct client *client = upstream->client;
    if (upstream->rechunk)
        stream_append(&client->stream, "0\r\n\r\n", 5);
    upstream_release(upstream, keep && client->complete && stream_backlog(&upstream->stream) == 0);
    client_response_done(client);
}

static void tunnel_begins(struct upstream *upstream, const char *data, size_t length)
{
    stream_append(&upstream->client->stream, data, length);
    client_tunnel(upstream->client);
}

/* Passes a response on. What follows it without having been asked for ends the connection. */
static void take_response(struct upstream *upstream, const char *data, size_t length)
{
    struct client *client = upstream->client;
    while (length > 0) {
        size_t used = 0;
        enum http_result result = http_reader_feed(&upstream->reader, data, length, &used);
        data += used;
        length -= used;
        if (result == HTTP_BROKEN || upstream->bad) {
            upstream_lost(upstream, 502);
            return;
        }
        if (result == HTTP_SWITCHED) {
            tunnel_begins(upstream, data, length);
            return;
        }
        if (result == HTTP_DONE && !upstream->interim) {
            response_done(upstream, length == 0 && upstream->reader.head.keep_alive);
            return;
        }
    }
    client_flush(client);
}

static void on_end(struct upstream *upstream)
{
    struct client *client = upstream->client;
    if (client != NULL && client->state != CLIENT_TUNNEL && client->responding &&
        http_reader_finish(&upstream->reader) == HTTP_DONE)
        response_done(upstream, false);
    else
        upstream_lost(upstream, 502);
}

static void on_read(void *owner, const char *data, ssize_t length)
{
    struct upstream *upstream = owner;
    struct client *client = upstream->client;
    if (length < 0) {
        on_end(upstream);
        return;
    }
    if (client == NULL) { /* it speaks without being asked */
        upstream_close(upstream);
        return;
    }
    upstream->heard = true;
    client->replayable = false;
    client->last_ms = uv_now(&upstream->balancer->loop);
    if (client->state != CLIENT_TUNNEL) {
        take_response(upstream, data, (size_t)length);
        return;
    }
    stream_append(&client->stream, data, (size_t)length);
    client_flush(client);
}

static void on_room(void *owner)
{
    struct upstream *upstream = owner;
    struct client *client = upstream->client;
    if (client == NULL)
        return;
    client->last_ms = uv_now(&upstream->balancer->loop);
    if (client->pending.length < BALANCER_PIPELINE_MAX)
        stream_resume(&client->stream);
}

/* A write failed. The target may have answered before it closed (413, say): what it said is read
 * first, and its end then ends the exchange. */
static void on_failed(void *owner)
{
    struct upstream *upstream = owner;
    buf_reset(&upstream->stream.waiting);
    stream_resume(&upstream->stream);
}

static void on_closed(void *owner)
{
    struct upstream *upstream = owner;
    http_reader_free(&upstream->reader);
    free(upstream);
}

static const struct stream_events stream_callbacks = {
    .read = on_read, .room = on_room, .failed = on_failed, .closed = on_closed};

static void on_connect(uv_connect_t *request, int status)
{
    struct upstream *upstream = request->data;
    if (upstream->stream.closing)
        return;
    if (status != 0 || !stream_begin(&upstream->stream))
        upstream_lost(upstream, 502);
}

static struct upstream *take_idle(struct target *target)
{
    struct upstream *upstream = LIST_FIRST(&target->idle);
    if (upstream == NULL)
        return NULL;
    LIST_REMOVE(upstream, link);
    target->idle_count--;
    upstream->reused = true;
    return upstream;
}

static struct upstream *connect_to(struct target *target)
{
    struct balancer *balancer = target->group->balancer;
    struct upstream *upstream = calloc(1, sizeof *upstream);
    if (upstream == NULL || !stream_init(&upstream->stream, &balancer->loop, balancer->read_buffer,
                                         &stream_callbacks, upstream)) {
        free(upstream);
        return NULL;
    }
    upstream->balancer = balancer;
    upstream->connect.data = upstream;
    http_reader_init(&upstream->reader, HTTP_RESPONSE, &events, upstream);
    struct sockaddr_storage address;
    if (uv_ip4_addr(target->is.address, target->is.port, (struct sockaddr_in *)&address) != 0)
        uv_ip6_addr(target->is.address, target->is.port, (struct sockaddr_in6 *)&address);
    if (target->no_traffic) /* the sweep gives it up */
        return upstream;
    if (uv_tcp_connect(&upstream->connect, &upstream->stream.tcp, (struct sockaddr *)&address, on_connect) ==
        0)
        return upstream;
    stream_close(&upstream->stream);
    return NULL;
}

struct upstream *upstream_get(struct target *target, struct client *client, bool fresh)
{
    struct upstream *upstream = fresh ? NULL : take_idle(target);
    if (upstream == NULL)
        upstream = connect_to(target);
    if (upstream == NULL)
        return NULL;
    upstream->target = target;
    upstream->client = client;
    upstream->since_ms = uv_now(&upstream->balancer->loop);
    upstream->heard = upstream->interim = upstream->bad = upstream->rechunk = false;
    LIST_INSERT_HEAD(&target->used, upstream, link);
    target->used_count++;
    return upstream;
}

void upstream_expire(struct upstream *upstream)
{
    upstream_lost(upstream, 504);
}

void upstream_flush(struct upstream *upstream)
{
    if (!stream_flush(&upstream->stream))
        on_failed(upstream);
}
