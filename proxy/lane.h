/*
 * lane: one direction of a connection. A delay line in front of a socket: bytes go out in order,
 * each not before its time, as fast as the socket and the bandwidth limit take them. Where nothing
 * delays them they are written at once, without a copy.
 */
#ifndef SHAKETABLE_PROXY_LANE_H
#define SHAKETABLE_PROXY_LANE_H

#include "proxy/bulk.h"
#include "proxy/exchange.h"
#include "proxy/sample.h"
#include "proxy/timers.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Above this the source is read no further while the sink is what holds the bytes up … */
#define LANE_BYTES_MAX (256U << 10)
/* … and above this while it is only the delay. */
#define LANE_DELAYED_MAX (16U << 20)
#define LANE_WRITE_CHUNKS 16
#define LANE_BULK_BYTES (32U << 10) /* what comes in such portions is poured */

struct worker;
struct connection;

/* Where a fault ends the connection, if it is still in force when the bytes before it are out. */
enum lane_mark { LANE_NO_MARK, LANE_MARK_RESET, LANE_MARK_LIMIT };

struct chunk {
    struct chunk *next;
    struct exchange *exchange; /* a reference; NULL on an opaque stream */
    uint64_t arrived_ns;
    uint64_t latency_ns;
    uint64_t loss_ns;
    uint64_t release_ns;
    uint32_t length;
    uint32_t sent;
    bool first; /* of its message */
    bool last;
    bool held;    /* counts in the gauge */
    bool limited; /* by the bandwidth */
    bool sliced;
    enum lane_mark mark; /* at its end */
    char bytes[];
};

struct lane {
    struct timer timer; /* first member */
    struct worker *worker;
    struct connection *connection;
    int direction; /* LANE_REQUEST or LANE_RESPONSE */
    int sink;      /* the socket; -1 until it is connected */
    struct chunk *chunks;
    struct chunk *chunks_last;
    size_t bytes;
    uint64_t last_release_ns;
    struct sample_loss_state loss;
    struct shaping *shaping; /* NULL: it has not been needed */
    uint64_t ended_ns;       /* when `ending` was set, if faults were in force */
    struct bulk_pipe
        *pipe;     /* what is in it goes before the chunks; only a blocked lane has something in it */
    size_t poured; /* since the source last ran dry */
    bool bulk;     /* the source has been seen to fill whole buffers */
    bool blocked;  /* the sink took no more; it will tell */
    bool ending;   /* no more will be put; shut the sink down when all is out */
    bool shut;
    bool broken; /* the sink takes nothing any more: what is put is dropped */
};
enum { LANE_REQUEST, LANE_RESPONSE, LANES };

/* What is put into a lane. */
struct parcel {
    const char *data;
    size_t length;
    struct exchange *exchange;
    uint64_t latency_ns; /* HEAP_NEVER: held until the faults change */
    uint64_t waited_ns;  /* of it, before now */
    bool first;
    bool last;
    bool lossy;   /* the loss fault is for it */
    bool limited; /* the bandwidth fault is for it */
    bool sliced;  /* the slice fault is for it */
    enum lane_mark mark;
};

void lane_init(struct lane *lane, struct worker *worker, struct connection *connection, int direction);
/* From here on its bytes go there. */
void lane_connect(struct lane *lane, int sink);
/* The sink takes something again. */
void lane_unblock(struct lane *lane);
/* Drops all that is queued, and what belongs to it. */
void lane_free(struct lane *lane);
/* Drops all that is queued. */
void lane_clear(struct lane *lane);
/* False: out of memory, the bytes are lost and the connection must go. */
bool lane_put(struct lane *lane, const struct parcel *parcel, uint64_t now_ns);
/* Writes what is due; sets the timer for what is not. */
void lane_flush(struct lane *lane);
/* True when lane_pour is to be used instead of reading and putting. */
bool lane_pours(const struct lane *lane);
/* Moves bytes of an opaque stream from the socket `source` to the sink, unseen: how many, 0 at the stream's
 * end, or -1 with errno: EAGAIN when there are none now. */
ssize_t lane_pour(struct lane *lane, int source);
/* No more will be put: the sink is shut down for writing after the last byte. */
void lane_end(struct lane *lane);
/* True while its end waits for something: bytes, or a slow close. */
bool lane_is_ending(const struct lane *lane);
/* True when the source should not be read now. */
bool lane_is_full(const struct lane *lane);
/* The worker's faults have changed: times held messages anew (never later than before). Returns how
 * many are let go; the caller flushes. */
uint64_t lane_retime(struct lane *lane, const struct fault *before, uint64_t now_ns);

#endif
