#include "proxy/gate.h"

#include "core/buf.h"
#include "core/clock.h"
#include "core/dial.h"
#include "core/error.h"
#include "proxy/gate_request.h"
#include "proxy/gate_splice.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define ANSWER_MAX 2048

/* Until it is readable (or has ended); false: not in time. */
static bool wait_readable(int fd, int64_t until_ms, const atomic_bool *ending)
{
    for (;;) {
        struct pollfd entry = {.fd = fd, .events = POLLIN};
        int64_t left = until_ms - clock_ms();
        int ready = poll(&entry, 1, left > 0 ? (int)left : 0);
        if (atomic_load(ending) || (ready < 0 && errno != EINTR))
            return false;
        if (ready != 0 || left <= 0)
            return ready > 0;
    }
}

/* The length of the head that stands at the beginning of `data`, which may have more behind it; 0: the client
 * went, or was too slow. A head that is too long is SIZE_MAX. */
static size_t read_head(const struct gate *gate, int fd, struct buf *data, const atomic_bool *ending)
{
    int64_t until_ms = clock_ms() + gate->head_timeout_ms;
    for (;;) {
        size_t head = gate_request_head(buf_text(data), data->length);
        if (head > 0)
            return head;
        if (data->length == GATE_HEAD_MAX)
            return SIZE_MAX;
        if (!wait_readable(fd, until_ms, ending) || !buf_reserve(data, GATE_HEAD_MAX - data->length))
            return 0;
        ssize_t got = recv(fd, data->data + data->length, GATE_HEAD_MAX - data->length, 0);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            return 0;
        if (got > 0)
            data->length += (size_t)got;
        data->data[data->length] = '\0';
    }
}

/* Short enough for any socket's buffer. */
static bool say(int fd, const char *text, size_t length)
{
    return send(fd, text, length, MSG_NOSIGNAL) == (ssize_t)length;
}

static const char *phrase_of(int status)
{
    switch (status) {
    case 400:
        return "Bad Request";
    case 405:
        return "Method Not Allowed";
    case 431:
        return "Request Header Fields Too Large";
    case 504:
        return "Gateway Timeout";
    case 505:
        return "HTTP Version Not Supported";
    default:
        return "Bad Gateway";
    }
}

/* Bytes that nobody reads would make the kernel reset the connection, and the answer might be lost. */
static void linger(int fd, const atomic_bool *ending)
{
    char block[4096];
    int64_t until_ms = clock_ms() + GATE_LINGER_MS;
    shutdown(fd, SHUT_WR);
    while (wait_readable(fd, until_ms, ending)) {
        ssize_t got = recv(fd, block, sizeof block, 0);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            return;
    }
}

static void refuse(int fd, int status, const char *why, const atomic_bool *ending)
{
    char text[ANSWER_MAX];
    size_t length = strlen("shaketable-proxy: \n") + strlen(why);
    int size = snprintf(text, sizeof text,
                        "HTTP/1.1 %d %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: "
                        "%zu\r\n%sConnection: close\r\n\r\nshaketable-proxy: %s\n",
                        status, phrase_of(status), length, status == 405 ? "Allow: CONNECT\r\n" : "", why);
    if (size > 0 && size < (int)sizeof text && say(fd, text, (size_t)size))
        linger(fd, ending);
}

static void refuse_dialled(int fd, enum dial_failure failure, const struct error *error,
                           const atomic_bool *ending)
{
    if (failure != DIAL_CANCELED)
        refuse(fd, failure == DIAL_CONNECT_TIMEOUT ? 504 : 502, error->message, ending);
}

static void reset_at_close(int fd)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

static void open_tunnel(const struct gate *gate, int fd, const struct authority *to, const char *early,
                        size_t early_length, const atomic_bool *ending)
{
    static const char established[] = "HTTP/1.1 200 Connection established\r\n\r\n";
    const struct dial_options options = {.host = to->host,
                                         .port = to->port,
                                         .connect_timeout_ms = gate->connect_timeout_ms,
                                         .cancel = ending,
                                         .caller_fd = fd};
    enum dial_failure failure = DIAL_DONE;
    struct error error = {0};
    struct dial *dial = dial_open(&options, NULL, &failure, &error);
    if (!dial) {
        refuse_dialled(fd, failure, &error, ending);
        return;
    }
    /* One that has vanished is noticed at last. */
    setsockopt(dial_fd(dial), SOL_SOCKET, SO_KEEPALIVE, &(int){1}, sizeof(int));
    if (!say(fd, established, sizeof established - 1) ||
        !gate_splice(fd, dial_fd(dial), early, early_length, ending)) {
        reset_at_close(fd);
        reset_at_close(dial_fd(dial));
    }
    dial_close(dial);
}

void gate_serve(void *context, int fd, const atomic_bool *ending)
{
    const struct gate *gate = context;
    struct gate_request request;
    struct buf data;
    buf_init(&data, GATE_HEAD_MAX);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    size_t head = read_head(gate, fd, &data, ending);
    if (head == SIZE_MAX) {
        refuse(fd, 431, "the request's head is too long", ending);
    } else if (head > 0) {
        gate_request_parse(data.data, head, &request);
        if (request.status == 200)
            open_tunnel(gate, fd, &request.to, data.data + head, data.length - head, ending);
        else
            refuse(fd, request.status, request.why, ending);
    }
    buf_free(&data);
}
