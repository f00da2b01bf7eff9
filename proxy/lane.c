#include "proxy/lane.h"

#include "core/clock.h"
#include "proxy/connection.h"
#include "proxy/path.h"
#include "proxy/scope.h"
#include "proxy/shaping.h"
#include "proxy/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

static void on_timer(struct timer *timer)
{
    struct lane *lane = (struct lane *)timer;
    lane_flush(lane);
    connection_settle(lane->connection);
}

void lane_init(struct lane *lane, struct worker *worker, struct connection *connection, int direction)
{
    memset(lane, 0, sizeof *lane);
    lane->timer.fire = on_timer;
    lane->worker = worker;
    lane->connection = connection;
    lane->direction = direction;
    lane->sink = -1;
}

void lane_connect(struct lane *lane, int sink)
{
    lane->sink = sink;
}

void lane_unblock(struct lane *lane)
{
    if (!lane->blocked)
        return;
    lane->blocked = false;
    lane_flush(lane);
}

static void chunk_free(struct lane *lane, struct chunk *chunk)
{
    if (chunk->held)
        lane->worker->interval.held--;
    lane->worker->held_bytes -= chunk->length;
    lane->bytes -= chunk->length - chunk->sent;
    exchange_drop(chunk->exchange);
    free(chunk);
}

static void drop_first(struct lane *lane)
{
    struct chunk *chunk = lane->chunks;
    lane->chunks = chunk->next;
    if (!lane->chunks)
        lane->chunks_last = NULL;
    chunk_free(lane, chunk);
}

void lane_clear(struct lane *lane)
{
    timers_cancel(&lane->worker->loop.timers, &lane->timer);
    while (lane->chunks) {
        connection_chunk_lost(lane, lane->chunks->exchange);
        drop_first(lane);
    }
    if (lane->pipe)
        bulk_give(&lane->worker->pipes, lane->pipe);
    lane->pipe = NULL;
}

void lane_free(struct lane *lane)
{
    lane_clear(lane);
    free(lane->shaping);
    lane->shaping = NULL;
}

static void break_off(struct lane *lane)
{
    lane->broken = true;
    lane_clear(lane);
    connection_sink_broke(lane);
}

static bool is_shaped(const struct lane *lane, bool limited, bool sliced)
{
    return (limited || sliced) && shaping_applies(&lane->worker->fault, limited, sliced);
}

static void count_bytes(struct lane *lane, size_t length)
{
    struct stats_sample *interval = &lane->worker->interval;
    *(lane->direction == LANE_RESPONSE ? &interval->bytes_out : &interval->upstream_bytes_out) += length;
}

static void sent(struct lane *lane, size_t length, uint64_t now_ns)
{
    count_bytes(lane, length);
    while (lane->chunks) {
        struct chunk *chunk = lane->chunks;
        size_t part = chunk->length - chunk->sent;
        bool begins = chunk->first && chunk->sent == 0 && length > 0;
        if (part > length)
            part = length;
        chunk->sent += (uint32_t)part;
        lane->bytes -= part;
        if (is_shaped(lane, chunk->limited, chunk->sliced))
            shaping_sent(lane, chunk, part, now_ns);
        length -= part;
        bool whole = chunk->sent == chunk->length;
        if (begins || whole)
            connection_chunk_sent(lane, chunk->exchange, begins, whole && chunk->last);
        if (begins)
            chunk->first = false;
        if (!whole)
            return;
        if (chunk->mark != LANE_NO_MARK)
            connection_marked(lane, chunk->exchange, chunk->mark);
        drop_first(lane);
        if (length == 0 || lane->broken)
            return;
    }
}

/* What the kernel takes now: a number of bytes, 0 for none, or -1 for an error. */
static ssize_t try_write(struct lane *lane, struct iovec *parts, size_t count)
{
    ssize_t rc;
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    do
        rc = count == 1 ? send(lane->sink, parts->iov_base, parts->iov_len, MSG_NOSIGNAL)
                        : sendmsg(lane->sink, &message, MSG_NOSIGNAL);
    while (rc < 0 && errno == EINTR);
    return rc < 0 && errno == EAGAIN ? 0 : rc;
}

/* The first chunks that are due, at most as many bytes as may go now; 0: none before *next_ns. */
static size_t gather(struct lane *lane, struct iovec *parts, uint64_t now_ns, uint64_t *next_ns)
{
    size_t count = 0;
    for (struct chunk *chunk = lane->chunks; chunk && count < LANE_WRITE_CHUNKS; chunk = chunk->next) {
        *next_ns = chunk->release_ns;
        if (chunk->release_ns > now_ns)
            break;
        size_t length = chunk->length - chunk->sent;
        bool shaped = is_shaped(lane, chunk->limited, chunk->sliced);
        /* What was allowed to one chunk is not seen by the next: one at a time. */
        if (shaped && count > 0)
            break;
        if (shaped)
            length = shaping_allow(lane, chunk, length, now_ns, next_ns);
        if (length == 0)
            break;
        parts[count++] = (struct iovec){.iov_base = chunk->bytes + chunk->sent, .iov_len = length};
        if (shaped || chunk->mark != LANE_NO_MARK)
            break;
    }
    return count;
}

static void set_timer(struct lane *lane, uint64_t at_ns)
{
    if (lane->timer.item.place != 0 && lane->timer.item.at_ns == at_ns)
        return;
    if (!timers_set(&lane->worker->loop.timers, &lane->timer, at_ns))
        connection_doom(lane->connection, DOOM_MEMORY);
}

static bool has_piped(const struct lane *lane)
{
    return lane->pipe && lane->pipe->bytes > 0;
}

static void drain_pipe(struct lane *lane)
{
    while (has_piped(lane) && !lane->blocked) {
        ssize_t rc = bulk_drain(lane->pipe, lane->sink);
        if (rc > 0) {
            count_bytes(lane, (size_t)rc);
            continue;
        }
        if (rc < 0 && errno == EAGAIN) {
            lane->blocked = true;
        } else {
            break_off(lane);
            return;
        }
    }
}

bool lane_pours(const struct lane *lane)
{
    return lane->bulk && lane->worker->clean && !lane->chunks && !lane->blocked && !lane->broken &&
           lane->sink >= 0;
}

ssize_t lane_pour(struct lane *lane, int source)
{
    struct bulk_pool *pool = &lane->worker->pipes;
    if (!lane->pipe)
        lane->pipe = bulk_take(pool);
    if (!lane->pipe) {
        lane->bulk = false;
        errno = EMFILE;
        return -1;
    }
    ssize_t rc = bulk_fill(lane->pipe, source);
    if (rc > 0) {
        lane->poured += (size_t)rc;
        drain_pipe(lane);
        return rc;
    }
    /* Dry: whoever has bulk next may have the pipe; and a trickle is cheaper to read. */
    bulk_give(pool, lane->pipe);
    lane->pipe = NULL;
    lane->bulk = lane->poured >= LANE_BULK_BYTES;
    lane->poured = 0;
    return rc;
}

static void shut_down(struct lane *lane)
{
    if (!lane_is_ending(lane) || lane->chunks || has_piped(lane) || lane->sink < 0)
        return;
    if (lane->ended_ns != 0) {
        uint64_t at = lane->ended_ns + connection_slow_close_ns(lane->connection);
        if (at > clock_ns()) {
            set_timer(lane, at);
            return;
        }
    }
    lane->shut = true;
    shutdown(lane->sink, SHUT_WR);
}

void lane_flush(struct lane *lane)
{
    drain_pipe(lane);
    while (lane->chunks && !lane->blocked && lane->sink >= 0 && !lane->broken) {
        uint64_t now = clock_ns();
        struct iovec parts[LANE_WRITE_CHUNKS];
        uint64_t next;
        size_t count = gather(lane, parts, now, &next);
        if (count == 0) {
            set_timer(lane, next);
            return;
        }
        ssize_t rc = try_write(lane, parts, count);
        if (rc < 0) {
            break_off(lane);
            return;
        }
        if (rc == 0)
            lane->blocked = true;
        else
            sent(lane, (size_t)rc, now);
    }
    if (!lane->chunks)
        timers_cancel(&lane->worker->loop.timers, &lane->timer);
    shut_down(lane);
}

void lane_end(struct lane *lane)
{
    if (!lane->ending && !lane->worker->clean)
        lane->ended_ns = clock_ns();
    lane->ending = true;
    shut_down(lane);
}

bool lane_is_ending(const struct lane *lane)
{
    return lane->ending && !lane->shut;
}

bool lane_is_full(const struct lane *lane)
{
    if (has_piped(lane))
        return true;
    if (lane->bytes < LANE_BYTES_MAX)
        return false;
    if (lane->bytes >= LANE_DELAYED_MAX || lane->worker->held_bytes >= WORKER_HELD_MAX)
        return true;
    const struct chunk *chunk = lane->chunks;
    return lane->blocked || lane->sink < 0 || chunk->release_ns == HEAP_NEVER ||
           is_shaped(lane, chunk->limited, chunk->sliced) || chunk->release_ns <= clock_ns();
}

/* Not before `earliest_ns`: who is let go by a change is asked to wait until the change, no less. */
static void time_chunk(struct lane *lane, struct chunk *chunk, uint64_t earliest_ns)
{
    uint64_t release = HEAP_NEVER;
    if (chunk->latency_ns != HEAP_NEVER)
        release = chunk->arrived_ns + chunk->latency_ns + chunk->loss_ns;
    if (release < earliest_ns)
        release = earliest_ns;
    if (release < lane->last_release_ns)
        release = lane->last_release_ns;
    chunk->release_ns = release;
    lane->last_release_ns = release;
    struct exchange *exchange = chunk->exchange;
    if (!exchange)
        return;
    uint64_t asked = release == HEAP_NEVER ? 0 : release - chunk->arrived_ns;
    if (lane->direction == LANE_REQUEST ? chunk->last : chunk->first)
        exchange->asked_ns[lane->direction] = asked;
}

static bool append(struct lane *lane, const struct parcel *parcel, size_t from, size_t to, uint64_t loss_ns,
                   uint64_t now_ns)
{
    size_t length = to - from;
    struct chunk *chunk = malloc(sizeof *chunk + length);
    if (!chunk)
        return false;
    *chunk = (struct chunk){.exchange = parcel->exchange,
                            .arrived_ns = now_ns - parcel->waited_ns,
                            .latency_ns = parcel->latency_ns,
                            .loss_ns = loss_ns,
                            .length = (uint32_t)length,
                            .first = parcel->first && from == 0,
                            .last = parcel->last && to == parcel->length,
                            .limited = parcel->limited,
                            .sliced = parcel->sliced,
                            .mark = to == parcel->length ? parcel->mark : LANE_NO_MARK};
    memcpy(chunk->bytes, parcel->data + from, length);
    if (chunk->exchange)
        exchange_hold(chunk->exchange);
    if (!lane->chunks)
        lane->last_release_ns = 0;
    time_chunk(lane, chunk, 0);
    chunk->held = chunk->first && chunk->release_ns > now_ns;
    if (chunk->held)
        lane->worker->interval.held++;
    if (lane->chunks_last)
        lane->chunks_last->next = chunk;
    else
        lane->chunks = chunk;
    lane->chunks_last = chunk;
    lane->bytes += length;
    lane->worker->held_bytes += length;
    return true;
}

static bool put_lossy(struct lane *lane, const struct parcel *parcel, uint64_t now_ns)
{
    struct worker *worker = lane->worker;
    size_t segments = (parcel->length + SAMPLE_SEGMENT_BYTES - 1) / SAMPLE_SEGMENT_BYTES;
    /* Segments are lost between the client and here. */
    struct sample_path path = path_look(lane->connection->client.watch.fd, lane->direction == LANE_REQUEST);
    struct sample_loss loss;
    sample_losses(&lane->loss, &worker->fault, &worker->noise, segments, parcel->last, &path, &loss);
    if (loss.count == 0)
        return append(lane, parcel, 0, parcel->length, 0, now_ns);
    measure_faulted(worker, parcel->exchange);
    size_t from = 0;
    bool good = true;
    for (size_t i = 0; good && i < loss.count; i++) {
        size_t to = from + loss.pieces[i].segments * SAMPLE_SEGMENT_BYTES;
        if (to > parcel->length)
            to = parcel->length;
        good = append(lane, parcel, from, to, loss.pieces[i].delay_ns, now_ns);
        from = to;
    }
    return good;
}

/* Straight into the kernel; how much of it went. */
static size_t put_direct(struct lane *lane, const struct parcel *parcel)
{
    struct iovec part = {.iov_base = (char *)parcel->data, .iov_len = parcel->length};
    ssize_t rc = try_write(lane, &part, 1);
    if (rc == 0) {
        lane->blocked = true;
        return 0;
    }
    if (rc < 0) {
        connection_chunk_lost(lane, parcel->exchange);
        break_off(lane);
        return parcel->length;
    }
    count_bytes(lane, (size_t)rc);
    bool whole = (size_t)rc == parcel->length;
    if (parcel->first || (whole && parcel->last))
        connection_chunk_sent(lane, parcel->exchange, parcel->first, whole && parcel->last);
    if (whole && parcel->mark != LANE_NO_MARK)
        connection_marked(lane, parcel->exchange, parcel->mark);
    return (size_t)rc;
}

bool lane_put(struct lane *lane, const struct parcel *parcel, uint64_t now_ns)
{
    if (lane->broken)
        connection_chunk_lost(lane, parcel->exchange);
    if (lane->broken || parcel->length == 0)
        return true;
    bool lossy = parcel->lossy && lane->worker->fault.loss.percent > 0;
    struct parcel rest = *parcel;
    if (!lane->chunks && !lossy && parcel->latency_ns == 0 && lane->sink >= 0 && !lane->blocked &&
        !is_shaped(lane, parcel->limited, parcel->sliced)) {
        size_t direct = put_direct(lane, parcel);
        if (direct == parcel->length)
            return true;
        rest.data += direct;
        rest.length -= direct;
        rest.first = parcel->first && direct == 0;
    }
    bool good = lossy ? put_lossy(lane, &rest, now_ns) : append(lane, &rest, 0, rest.length, 0, now_ns);
    lane_flush(lane);
    return good;
}

/* The latency that a held message has under the new faults, never more than it had. */
static uint64_t latency_now(struct lane *lane, const struct chunk *chunk, const struct fault *before)
{
    const struct fault *fault = &lane->worker->fault;
    bool same_scope = fault->scope.percent >= before->scope.percent && scope_same(fault, before) &&
                      fault->scope.direction == before->scope.direction;
    if (chunk->latency_ns == HEAP_NEVER)
        return same_scope && fault->blackhole.percent > 0 ? HEAP_NEVER : 0;
    if (!same_scope)
        return 0;
    uint64_t delays[LANES];
    sample_split(fault->scope.direction, sample_latency_ns(fault, &lane->worker->noise),
                 &delays[LANE_REQUEST], &delays[LANE_RESPONSE]);
    uint64_t anew = delays[lane->direction];
    return anew < chunk->latency_ns ? anew : chunk->latency_ns;
}

uint64_t lane_retime(struct lane *lane, const struct fault *before, uint64_t now_ns)
{
    const struct fault *fault = &lane->worker->fault;
    bool still = fault->latency.mean_ms == before->latency.mean_ms &&
                 fault->latency.jitter_ms == before->latency.jitter_ms &&
                 fault->latency.distribution == before->latency.distribution &&
                 fault->blackhole.percent == before->blackhole.percent &&
                 fault->scope.percent >= before->scope.percent &&
                 fault->scope.direction == before->scope.direction && scope_same(fault, before);
    uint64_t released = 0;
    uint64_t latency = 0;
    const struct exchange *of = NULL;
    lane->last_release_ns = 0;
    for (struct chunk *chunk = lane->chunks; chunk; chunk = chunk->next) {
        /* The chunks of one message share one delay. */
        if (!still && (chunk->first || chunk == lane->chunks || chunk->exchange != of))
            latency = latency_now(lane, chunk, before);
        of = chunk->exchange;
        if (!still && latency < chunk->latency_ns)
            chunk->latency_ns = latency;
        if (fault->loss.percent <= 0)
            chunk->loss_ns = 0;
        time_chunk(lane, chunk, chunk->release_ns > now_ns ? now_ns : 0);
        if (chunk->held && chunk->release_ns <= now_ns) {
            chunk->held = false;
            lane->worker->interval.held--;
            released++;
        }
    }
    return released;
}
