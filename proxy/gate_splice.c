#include "proxy/gate_splice.h"

#include "proxy/gate.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define TICK_MS 200 /* where the near socket can't wake us */

/* One way: what was read of `from` and not yet written to `to`. */
struct way {
    int from, to;
    char *bytes;
    size_t start, end;
    bool ended; /* `from` has */
    bool shut;  /* … and `to` was told */
};

static bool is_broken(void)
{
    return errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR;
}

static bool fill(struct way *way)
{
    ssize_t got = recv(way->from, way->bytes, GATE_BUFFER_BYTES, 0);
    if (got > 0) {
        way->start = 0;
        way->end = (size_t)got;
    }
    way->ended = got == 0;
    return got >= 0 || !is_broken();
}

static bool drain(struct way *way)
{
    ssize_t put = send(way->to, way->bytes + way->start, way->end - way->start, MSG_NOSIGNAL);
    if (put < 0)
        return !is_broken();
    way->start += (size_t)put;
    return true;
}

/* As far as it goes without waiting. */
static bool move(struct way *way, short from_events)
{
    if (way->start == way->end && !way->ended && from_events != 0 && !fill(way))
        return false;
    if (way->start < way->end && !drain(way))
        return false;
    if (way->ended && way->start == way->end && !way->shut) {
        way->shut = true;
        shutdown(way->to, SHUT_WR);
    }
    return true;
}

/* What to wait for on a socket: room for `out`, bytes for `in`. One that has nothing to say is looked at for
 * a reset alone; not after we have shut it, for then it says for ever that it is hung up. */
static struct pollfd wanted(int fd, const struct way *in, const struct way *out)
{
    struct pollfd entry = {.fd = fd};
    if (!in->ended && in->start == in->end)
        entry.events |= POLLIN;
    if (out->start < out->end)
        entry.events |= POLLOUT;
    if (entry.events == 0 && out->shut)
        entry.fd = -1;
    return entry;
}

static bool was_reset(const struct pollfd *entry)
{
    return (entry->revents & (POLLERR | POLLNVAL)) || (entry->events == 0 && (entry->revents & POLLHUP));
}

static bool run(struct way *up, struct way *down, const atomic_bool *ending)
{
    while (!up->shut || !down->shut) {
        struct pollfd ends[2] = {wanted(up->from, up, down), wanted(down->from, down, up)};
        int ready = poll(ends, 2, ends[0].fd < 0 ? TICK_MS : -1);
        if (atomic_load(ending) || (ready < 0 && errno != EINTR) || was_reset(&ends[0]) ||
            was_reset(&ends[1]))
            return false;
        if (ready > 0 && (!move(up, ends[0].revents & (POLLIN | POLLHUP)) ||
                          !move(down, ends[1].revents & (POLLIN | POLLHUP))))
            return false;
    }
    return true;
}

bool gate_splice(int near, int far, const char *early, size_t early_length, const atomic_bool *ending)
{
    struct way up = {.from = near, .to = far, .bytes = malloc(GATE_BUFFER_BYTES)};
    struct way down = {.from = far, .to = near, .bytes = malloc(GATE_BUFFER_BYTES)};
    bool done = up.bytes && down.bytes && early_length <= GATE_BUFFER_BYTES;
    if (done) {
        memcpy(up.bytes, early, early_length);
        up.end = early_length;
        done = run(&up, &down, ending);
    }
    free(up.bytes);
    free(down.bytes);
    return done;
}
