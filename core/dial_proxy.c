/*
 * The tunnel of an HTTP proxy (CONNECT, RFC 9110, 9.3.6). What stands behind the answer's head is already
 * the other side's, so that no byte of it may be taken here.
 */
#include "core/dial_internal.h"

#include "core/buf.h"
#include "core/clock.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#define ANSWER_MAX 16384 /* bytes of the answer's head */
#define INTERIM_MAX 8    /* informational answers */
#define REQUEST_MAX 1024

int dial_proxy_status(const char *line, size_t length)
{
    static const char version[] = "HTTP/1.";
    size_t digits = sizeof version + 1; /* behind "HTTP/1.1 " */
    if (length < digits + 3 || memcmp(line, version, sizeof version - 1) != 0 ||
        (line[sizeof version - 1] != '0' && line[sizeof version - 1] != '1') || line[sizeof version] != ' ')
        return 0;
    int status = 0;
    for (size_t i = digits; i < digits + 3; i++) {
        if (line[i] < '0' || line[i] > '9')
            return 0;
        status = status * 10 + (line[i] - '0');
    }
    if (length > digits + 3 && line[digits + 3] != ' ' && line[digits + 3] != '\r')
        return 0;
    return status >= 100 ? status : 0;
}

/* Where the empty line behind a head ends; 0: not yet. */
static size_t head_end(const char *data, size_t length)
{
    for (size_t i = 0; i + 3 < length; i++)
        if (memcmp(data + i, "\r\n\r\n", 4) == 0)
            return i + 4;
    return 0;
}

static enum dial_failure cut(struct dial *dial, const char *why, struct error *error)
{
    error_set(error, ERROR_NETWORK, "proxy %s: %s", dial->peer, why);
    return DIAL_PROXY;
}

/* Takes the bytes of one head off the socket, and leaves what follows. */
static enum dial_failure read_head(struct dial *dial, struct buf *head, int64_t until_ms, int timeout_ms,
                                   struct error *error)
{
    char piece[1024];
    for (;;) {
        ssize_t got = recv(dial->fd, piece, sizeof piece, MSG_PEEK);
        if (got == 0)
            return cut(dial, "closed the connection", error);
        if (got < 0 && errno != EAGAIN && errno != EINTR)
            return cut(dial, strerror(errno), error);
        if (got < 0) {
            enum dial_wait wait = dial_wait(dial, POLLIN, until_ms);
            if (wait != DIAL_READY)
                return dial_wait_failed(wait, dial->peer, "answer of the proxy", timeout_ms, error);
            continue;
        }
        size_t before = head->length;
        if (!buf_append(head, piece, (size_t)got))
            return cut(dial, "its answer has no end", error);
        if (memcmp(head->data, "HTTP/", head->length < 5 ? head->length : 5) != 0)
            return cut(dial, "its answer is no HTTP", error);
        size_t end = head_end(head->data, head->length);
        size_t take = end == 0 ? (size_t)got : end - before;
        if (recv(dial->fd, piece, take, 0) != (ssize_t)take)
            return cut(dial, "closed the connection", error);
        head->length = before + take;
        if (end != 0)
            return DIAL_DONE;
    }
}

static enum dial_failure read_answer(struct dial *dial, const char *what, int timeout_ms, struct error *error)
{
    int64_t until_ms = clock_ms() + timeout_ms;
    int status = 0;
    int interim = 0;
    struct buf head;
    buf_init(&head, ANSWER_MAX);
    enum dial_failure failure;
    do {
        buf_reset(&head);
        failure = read_head(dial, &head, until_ms, timeout_ms, error);
        if (failure == DIAL_DONE)
            status = dial_proxy_status(head.data, head.length);
    } while (failure == DIAL_DONE && status >= 100 && status < 200 && status != 101 &&
             ++interim < INTERIM_MAX);
    buf_free(&head);
    if (failure != DIAL_DONE)
        return failure;
    if (status == 0)
        return cut(dial, "its answer is no HTTP", error);
    if (status >= 200 && status < 300)
        return DIAL_DONE;
    error_set(error, ERROR_NETWORK, "proxy %s: answers %d to CONNECT %s", dial->peer, status, what);
    return DIAL_PROXY;
}

enum dial_failure dial_ask_proxy(struct dial *dial, const char *host, uint16_t port, int timeout_ms,
                                 struct error *error)
{
    struct buf what, request;
    enum dial_failure failure = DIAL_PROXY;
    buf_init(&what, REQUEST_MAX);
    buf_init(&request, REQUEST_MAX);
    buf_printf(&what, strchr(host, ':') != NULL ? "[%s]:%u" : "%s:%u", host, port);
    buf_printf(&request, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", buf_text(&what), buf_text(&what));
    if (strpbrk(host, "\r\n \t") != NULL || what.failed || request.failed)
        error_set(error, ERROR_INVALID, "'%.64s' is no host's name", host);
    else if (dial_write(dial, request.data, request.length, timeout_ms, error))
        failure = read_answer(dial, buf_text(&what), timeout_ms, error);
    else if (dial_is_stopped(&dial->stop))
        failure = DIAL_CANCELED;
    buf_free(&request);
    buf_free(&what);
    return failure;
}
