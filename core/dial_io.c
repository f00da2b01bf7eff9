/*
 * Reading and writing, over TCP or TLS alike: what can be done now is done, else poll(2) says when.
 */
#include "core/dial_internal.h"

#include "core/clock.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <poll.h>
#include <string.h>

/* In place of a number of bytes. */
enum { NOT_NOW = -1, BROKEN = -2 };

static ssize_t judge_tls(struct dial *dial, int result, short *events)
{
    switch (SSL_get_error(dial->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        *events = POLLIN;
        return NOT_NOW;
    case SSL_ERROR_WANT_WRITE:
        *events = POLLOUT;
        return NOT_NOW;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    default:
        return BROKEN;
    }
}

static ssize_t judge_tcp(ssize_t result, short events, short *wanted)
{
    *wanted = events;
    if (result >= 0)
        return result;
    return errno == EAGAIN || errno == EINTR ? NOT_NOW : BROKEN;
}

static int bounded(size_t size)
{
    return size > INT_MAX ? INT_MAX : (int)size;
}

static ssize_t read_now(struct dial *dial, void *into, size_t size, short *events)
{
    errno = 0;
    if (dial->ssl == NULL)
        return judge_tcp(recv(dial->fd, into, size, 0), POLLIN, events);
    ERR_clear_error();
    int result = SSL_read(dial->ssl, into, bounded(size));
    return result > 0 ? result : judge_tls(dial, result, events);
}

static ssize_t write_now(struct dial *dial, const void *from, size_t length, short *events)
{
    errno = 0;
    if (dial->ssl == NULL)
        return judge_tcp(send(dial->fd, from, length, MSG_NOSIGNAL), POLLOUT, events);
    ERR_clear_error();
    int result = SSL_write(dial->ssl, from, bounded(length));
    return result > 0 ? result : judge_tls(dial, result, events);
}

static void tell_broken(const struct dial *dial, struct error *error)
{
    if (errno != 0)
        error_set(error, ERROR_NETWORK, "%s: %s", dial->peer, strerror(errno));
    else
        error_set(error, ERROR_NETWORK, "%s: the connection was cut", dial->peer);
    ERR_clear_error();
}

/* True, and told: asked to stop. A peer that never pauses would else be read for ever. */
static bool is_canceled(const struct dial *dial, struct error *error)
{
    if (!dial_is_stopped(&dial->stop))
        return false;
    dial_wait_failed(DIAL_STOPPED, dial->peer, "", 0, error);
    return true;
}

ssize_t dial_read(struct dial *dial, void *into, size_t size, int timeout_ms, struct error *error)
{
    int64_t until_ms = clock_ms() + timeout_ms;
    if (is_canceled(dial, error))
        return -1;
    for (;;) {
        short events = POLLIN;
        ssize_t got = read_now(dial, into, size, &events);
        if (got >= 0)
            return got;
        if (got == BROKEN) {
            tell_broken(dial, error);
            return -1;
        }
        enum dial_wait wait = dial_wait(dial, events, until_ms);
        if (wait != DIAL_READY) {
            dial_wait_failed(wait, dial->peer, "answer", timeout_ms, error);
            return -1;
        }
    }
}

bool dial_write(struct dial *dial, const void *from, size_t length, int timeout_ms, struct error *error)
{
    const char *rest = from;
    int64_t until_ms = clock_ms() + timeout_ms;
    while (length > 0) {
        if (is_canceled(dial, error))
            return false;
        short events = POLLOUT;
        ssize_t put = write_now(dial, rest, length, &events);
        if (put > 0) {
            rest += put;
            length -= (size_t)put;
            until_ms = clock_ms() + timeout_ms;
            continue;
        }
        if (put != NOT_NOW) {
            tell_broken(dial, error);
            return false;
        }
        enum dial_wait wait = dial_wait(dial, events, until_ms);
        if (wait != DIAL_READY) {
            dial_wait_failed(wait, dial->peer, "room for what is to be sent", timeout_ms, error);
            return false;
        }
    }
    return true;
}

void dial_end(struct dial *dial)
{
    if (dial->ssl != NULL) {
        ERR_clear_error();
        SSL_shutdown(dial->ssl);
        ERR_clear_error();
    } else {
        shutdown(dial->fd, SHUT_WR);
    }
}

bool dial_is_idle(struct dial *dial)
{
    char byte;
    short events;
    errno = 0;
    if (dial->ssl == NULL)
        return judge_tcp(recv(dial->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT), POLLIN, &events) == NOT_NOW;
    ERR_clear_error();
    int result = SSL_peek(dial->ssl, &byte, 1); /* tickets are taken in on the way */
    bool idle = result <= 0 && judge_tls(dial, result, &events) == NOT_NOW;
    ERR_clear_error();
    return idle;
}
