#include "proxy/gateway_answer.h"

#include "core/http_reader.h"
#include "proxy/local.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define HEAD_MAX (HTTP_HEAD_MAX + 8192)
#define CHUNK_HEAD_MAX 32

static bool send_all(struct gateway_answer *answer, const char *data, size_t length)
{
    while (length > 0 && !answer->lost) {
        ssize_t sent = send(answer->fd, data, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0) {
            answer->lost = answer->closes = true;
            break;
        }
        data += sent;
        length -= (size_t)sent;
    }
    return !answer->lost;
}

void gateway_answer_init(struct gateway_answer *answer, const struct gateway_request *request)
{
    *answer = (struct gateway_answer){.fd = request->fd,
                                      .is_head = request->method && strcmp(request->method, "HEAD") == 0,
                                      .http_1_0 = request->http_1_0,
                                      .closes = !request->keeps_alive};
}

static void put_status(struct buf *out, int status)
{
    buf_printf(out, "HTTP/1.1 %d %s\r\n", status, status < 400 ? "OK" : local_phrase(status));
}

static void put_connection(struct buf *out, const struct gateway_answer *answer)
{
    if (answer->closes)
        buf_append_text(out, "Connection: close\r\n");
    else if (answer->http_1_0)
        buf_append_text(out, "Connection: keep-alive\r\n");
    buf_append_text(out, "\r\n");
}

static bool send_buf(struct gateway_answer *answer, struct buf *out)
{
    if (out->failed)
        answer->lost = answer->closes = true;
    bool sent = send_all(answer, buf_text(out), out->length);
    buf_free(out);
    return sent;
}

void gateway_answer_send(struct gateway_answer *answer, int status, const char *headers,
                         const struct buf *body)
{
    struct buf out;
    answer->begun = true;
    answer->status = status;
    buf_init(&out, HEAD_MAX + body->length);
    put_status(&out, status);
    buf_printf(&out, "%sContent-Length: %zu\r\n", headers, body->length);
    put_connection(&out, answer);
    if (!answer->is_head)
        buf_append(&out, buf_text(body), body->length);
    send_buf(answer, &out);
}

/* ── passed on ───────────────────────────────────────────────────────────────────────────── */

static bool is_of_connection(const struct http1_answer *upstream, const char *name)
{
    static const char *const names[] = {"Connection", "Keep-Alive", "Proxy-Connection",  "Proxy-Authenticate",
                                        "TE",         "Trailer",    "Transfer-Encoding", "Upgrade"};
    const char *list = http1_header_find(upstream, "Connection");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcasecmp(name, names[i]) == 0)
            return true;
    return list && http_list_has(list, strlen(list), name, strlen(name));
}

static bool on_head(void *context, const struct http1_answer *upstream)
{
    struct gateway_answer *answer = context;
    bool bodyless = answer->is_head || upstream->status == 204 || upstream->status == 304;
    bool told = bodyless || (http1_header_find(upstream, "Content-Length") &&
                             !http1_header_find(upstream, "Transfer-Encoding"));
    struct buf out;
    answer->begun = true;
    answer->status = upstream->status;
    answer->chunked = !told && !answer->http_1_0;
    answer->closes = answer->closes || (!told && answer->http_1_0);
    buf_init(&out, HEAD_MAX);
    put_status(&out, upstream->status);
    for (size_t i = 0; i < upstream->header_count; i++) {
        const struct http1_header *header = &upstream->headers[i];
        bool is_length = strcasecmp(header->name, "Content-Length") == 0;
        if (!is_of_connection(upstream, header->name) && (!is_length || told))
            buf_printf(&out, "%s: %s\r\n", header->name, header->value);
    }
    if (answer->chunked)
        buf_append_text(&out, "Transfer-Encoding: chunked\r\n");
    put_connection(&out, answer);
    return send_buf(answer, &out);
}

static bool on_body(void *context, const char *data, size_t length)
{
    struct gateway_answer *answer = context;
    char head[CHUNK_HEAD_MAX];
    if (length == 0 || !answer->chunked)
        return send_all(answer, data, length);
    int size = snprintf(head, sizeof head, "%zx\r\n", length);
    return send_all(answer, head, (size_t)size) && send_all(answer, data, length) &&
           send_all(answer, "\r\n", 2);
}

struct http1_sink gateway_answer_sink(struct gateway_answer *answer)
{
    return (struct http1_sink){.context = answer, .head = on_head, .body = on_body};
}

void gateway_answer_end(struct gateway_answer *answer)
{
    if (answer->chunked)
        send_all(answer, "0\r\n\r\n", 5);
}
