#include "proxy/gateway_request.h"

#include "core/clock.h"
#include "proxy/gateway_query.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define TEXTS_MAX ((1 + GATEWAY_QUERY_GROWTH) * HTTP_HEAD_MAX + 2 * HTTP_FIELDS_MAX + 32)

/* ── the head ────────────────────────────────────────────────────────────────────────────── */

/* Where it begins in the texts: they move while they grow. */
static size_t put_text(struct buf *texts, const char *text, size_t length)
{
    size_t at = texts->length;
    buf_append(texts, text, length);
    buf_append_char(texts, '\0');
    return at;
}

/* "http://host/path?query" and "/path?query" to the path; the query is put elsewhere, settled. */
static void take_path(struct gateway_request *request, char *target)
{
    char *scheme = target[0] != '/' ? strstr(target, "://") : NULL;
    if (scheme) {
        target = scheme + 3;
        target += strcspn(target, "/?");
    }
    target[strcspn(target, "?#")] = '\0';
    request->path = target;
}

static size_t put_query(struct buf *texts, const char *target, size_t length)
{
    size_t at = texts->length;
    const char *mark = memchr(target, '#', length), *query = NULL;
    if (mark)
        length = (size_t)(mark - target);
    query = memchr(target, '?', length);
    if (query)
        gateway_query_settle(texts, query + 1, length - (size_t)(query + 1 - target));
    buf_append_char(texts, '\0');
    return at;
}

/* Without the blanks at its end, which are no part of it. */
static size_t value_length(const char *value, size_t length)
{
    while (length > 0 && (value[length - 1] == ' ' || value[length - 1] == '\t'))
        length--;
    return length;
}

static bool keep_head(struct gateway_request *request, const struct http_head *head)
{
    size_t names[HTTP_FIELDS_MAX], values[HTTP_FIELDS_MAX];
    const char *text = buf_text(&head->text);
    const char *method = llhttp_method_name((llhttp_method_t)head->method);
    struct buf *texts = &request->texts;
    size_t target = put_text(texts, text, head->target_length);
    size_t query = put_query(texts, text, head->target_length);
    size_t named = put_text(texts, method, strlen(method));
    for (size_t i = 0; i < head->count; i++) {
        names[i] = put_text(texts, text + head->fields[i].name, head->fields[i].name_length);
        const char *value = text + head->fields[i].value;
        values[i] = put_text(texts, value, value_length(value, head->fields[i].value_length));
    }
    if (texts->failed)
        return false;
    for (size_t i = 0; i < head->count; i++)
        request->headers[i] =
            (struct http1_header){.name = texts->data + names[i], .value = texts->data + values[i]};
    request->header_count = head->count;
    request->method = texts->data + named;
    request->query = texts->data + query;
    take_path(request, texts->data + target);
    return true;
}

static void say_continue(struct gateway_request *request)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    const struct api_request view = gateway_request_view(request);
    const char *expect = api_request_header(&view, "Expect");
    if (expect && strcasecmp(expect, "100-continue") == 0 && !request->http_1_0 && request->fd >= 0 &&
        send(request->fd, text, sizeof text - 1, MSG_NOSIGNAL) < 0)
        request->keeps_alive = false;
}

static bool on_head(void *context, const struct http_head *head)
{
    struct gateway_request *request = context;
    request->headed = true;
    request->http_1_0 = head->minor == 0;
    request->keeps_alive = head->keep_alive && !head->upgrade;
    request->no_memory = !keep_head(request, head);
    request->too_large = head->has_length && head->length > GATEWAY_BODY_MAX;
    if (!request->no_memory && !request->too_large && head->body)
        say_continue(request);
    return true;
}

static void let_go_of_body(struct gateway_request *request)
{
    buf_free(&request->body);
    atomic_fetch_sub(request->bodies, request->taken);
    request->taken = 0;
}

/* Small ones always find room: so does what takes a fault back. */
static bool make_room(struct gateway_request *request, size_t length)
{
    if (!buf_reserve(&request->body, length))
        return false;
    size_t grown = request->body.capacity - request->taken;
    if (request->body.capacity <= GATEWAY_BODY_SMALL || grown == 0)
        return true;
    request->taken += grown;
    return atomic_fetch_add(request->bodies, grown) + grown <= GATEWAY_BODIES_MAX;
}

static void on_body(void *context, const char *data, size_t length)
{
    struct gateway_request *request = context;
    if (request->too_large || request->no_memory)
        return;
    if (length > GATEWAY_BODY_MAX - request->body.length)
        request->too_large = true;
    else if (!make_room(request, length) || !buf_append(&request->body, data, length))
        request->no_memory = true;
    if (request->too_large || request->no_memory)
        let_go_of_body(request);
}

static const struct http_events events = {.head = on_head, .body = on_body};

/* ── reading ─────────────────────────────────────────────────────────────────────────────── */

void gateway_request_init(struct gateway_request *request, int fd, atomic_size_t *bodies)
{
    memset(request, 0, sizeof *request);
    request->fd = fd;
    request->bodies = bodies;
    buf_init(&request->texts, TEXTS_MAX);
    buf_init(&request->body, GATEWAY_BODY_MAX + 1);
    http_reader_init(&request->reader, HTTP_REQUEST, &events, request);
}

void gateway_request_free(struct gateway_request *request)
{
    http_reader_free(&request->reader);
    buf_free(&request->texts);
    let_go_of_body(request);
}

static void begin(struct gateway_request *request)
{
    buf_reset(&request->texts);
    let_go_of_body(request); /* a big one is not kept for the small ones behind it */
    request->method = request->path = request->query = NULL;
    request->header_count = 0;
    request->headed = request->too_large = request->no_memory = false;
}

bool gateway_request_feed(struct gateway_request *request, const char *data, size_t length,
                          enum gateway_read *result, size_t *used)
{
    enum http_result fed = http_reader_feed(&request->reader, data, length, used);
    *result = GATEWAY_WHOLE;
    if (request->no_memory)
        *result = GATEWAY_NO_MEMORY;
    else if (request->too_large)
        *result = GATEWAY_TOO_LARGE;
    else if (fed == HTTP_BROKEN)
        *result = GATEWAY_BROKEN;
    else if (fed == HTTP_SWITCHED)
        request->keeps_alive = false;
    return fed != HTTP_MORE || *result != GATEWAY_WHOLE;
}

enum gateway_read gateway_request_read(struct gateway_request *request)
{
    enum gateway_read result;
    begin(request);
    for (;;) {
        size_t used = 0;
        if (request->pending_length == 0) {
            ssize_t got = recv(request->fd, request->pending, sizeof request->pending, 0);
            if (got < 0 && errno == EINTR)
                continue;
            if (got <= 0)
                return GATEWAY_ENDED;
            request->pending_length = (size_t)got;
        }
        bool done = gateway_request_feed(request, request->pending, request->pending_length, &result, &used);
        request->pending_length -= used;
        memmove(request->pending, request->pending + used, request->pending_length);
        if (done)
            return result;
    }
}

void gateway_request_drain(struct gateway_request *request)
{
    int64_t end_ms = clock_ms() + GATEWAY_DRAIN_MS;
    shutdown(request->fd, SHUT_WR);
    for (;;) {
        struct pollfd poll_fd = {.fd = request->fd, .events = POLLIN};
        int64_t left_ms = end_ms - clock_ms();
        if (left_ms <= 0 || poll(&poll_fd, 1, (int)left_ms) <= 0 ||
            recv(request->fd, request->pending, sizeof request->pending, 0) <= 0)
            return;
    }
}

/* ── signed pieces ───────────────────────────────────────────────────────────────────────── */

/* As S3 checks it: pieces that are missing are not seen otherwise. */
static bool has_said_length(const struct gateway_request *request, const struct api_request *view)
{
    const char *said = api_request_header(view, "X-Amz-Decoded-Content-Length");
    char *end = NULL;
    return !said || (strtoull(said, &end, 10) == request->body.length && end != said && *end == '\0');
}

bool gateway_request_unchunk(struct gateway_request *request)
{
    const struct api_request view = gateway_request_view(request);
    const char *hash = api_request_header(&view, "X-Amz-Content-Sha256");
    struct aws_chunked_trailers trailers;
    if (!hash || strncmp(hash, "STREAMING-", strlen("STREAMING-")) != 0)
        return true;
    if (!aws_chunked_decode(&request->body, &trailers) || !has_said_length(request, &view))
        return false;
    for (size_t i = 0; i < trailers.count; i++)
        request->headers[request->header_count++] =
            (struct http1_header){.name = trailers.items[i].name, .value = trailers.items[i].value};
    return true;
}

struct api_request gateway_request_view(const struct gateway_request *request)
{
    return (struct api_request){.method = request->method ? request->method : "",
                                .path = request->path ? request->path : "",
                                .query = request->query ? request->query : "",
                                .headers = request->headers,
                                .header_count = request->header_count,
                                .body = request->body.data,
                                .body_length = request->body.length};
}
