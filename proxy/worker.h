/*
 * worker: one thread with one loop. It owns its listener, its connections, its random numbers, the
 * faults in force for it, and its counters; nothing of that is shared. The control thread talks to
 * it by messages, and gets each back once the worker has done what it says.
 */
#ifndef SHAKETABLE_PROXY_WORKER_H
#define SHAKETABLE_PROXY_WORKER_H

#include "core/fault.h"
#include "core/random.h"
#include "core/stats.h"
#include "proxy/authority.h"
#include "proxy/bucket.h"
#include "proxy/bulk.h"
#include "proxy/decision.h"
#include "proxy/loop.h"
#include "proxy/mailbox.h"
#include "proxy/tracker.h"

#include <pthread.h>
#include <sys/socket.h>

#define WORKER_THREADS_MAX 64
#define WORKER_READ_BYTES 65536
#define WORKER_BACKLOG 4096
#define WORKER_ACCEPTS 64          /* a turn */
#define WORKER_DESCRIPTORS_KEPT 16 /* or a quarter, where few are allowed */
#define WORKER_ADDRESSES_MAX 8
/* While a worker holds less than this, a delayed connection may hold LANE_DELAYED_MAX bytes. */
#define WORKER_HELD_MAX (UINT64_C(256) << 20)

/* Set up by main before the workers start, constant afterwards. */
struct upstream {
    struct sockaddr_storage addresses[WORKER_ADDRESSES_MAX];
    size_t count;
    const char *health_path; /* "" if none */
    bool resets;             /* whom it refuses is reset; else HTTP clients are answered 502 */
    bool aws;                /* it is AWS: injected errors are what its JSON clients read */
    const struct authority
        *only; /* it is a CONNECT proxy: the faults are for tunnels there alone; NULL: none */
};

enum worker_message_kind {
    WORKER_CHANGE,  /* faults: from now on these; back with `released` */
    WORKER_COLLECT, /* `sample` is empty; back with the counts since the last time, and gauges */
    WORKER_DRAIN,   /* no new connections, faults off; back when nothing is in flight any more */
    WORKER_STOP,    /* close everything and end; the last message that may be sent; does not come back */
};
struct worker;
struct worker_message {
    struct message message; /* first member */
    struct worker *worker;
    void *tag; /* the sender's */
    struct fault fault;
    uint64_t since_ns; /* when the faults were set */
    struct stats_sample *sample;
    uint64_t released;
};

enum worker_phase {
    WORKER_BEFORE,  /* the start of the faults' schedule */
    WORKER_GROWING, /* along its ramp */
    WORKER_WHOLE,
    WORKER_OVER
};

struct connection;
struct worker {
    struct loop loop;
    pthread_t thread;
    unsigned index;
    const struct upstream *upstream;
    size_t address_index; /* the upstream's address that answered last */
    struct watch listener;
    struct watch arrival; /* of a message */
    struct mailbox inbox;
    struct mailbox *control;
    struct random random; /* of decisions … */
    struct random lots;   /* … of connections … */
    struct random noise;  /* … and of all else, so that it does not change them */
    /* worker_faults.c */
    struct fault asked;    /* as they were set … */
    uint64_t since_ns;     /* … then */
    struct timer schedule; /* when they change by themselves */
    enum worker_phase phase;
    struct bucket *totals;        /* the proxy's bandwidth, by direction; all workers' */
    uint64_t totals_epoch;        /* counts the changes of that bandwidth … */
    uint32_t limit_epoch;         /* … and how often a limit of bytes was set */
    struct fault fault;           /* what of them is in force */
    struct decision_rules rules;  /* of `fault` */
    bool clean;                   /* fault_is_clean(&fault) */
    uint64_t generation;          /* counts changes of the faults */
    uint64_t scope_generation;    /* … those of which requests are meant */
    struct stats_sample interval; /* counts since the last collection; gauges are kept up to date */
    uint64_t held_bytes;
    struct connection *connections;
    struct connection *looked_at; /* tcp_info: where to go on */
    uint64_t looked_at_ns;
    int spare_fd; /* given up to accept a client when descriptors have run out, only to turn it away */
    bool draining;
    bool stopping;
    uint64_t complained_ns;
    uint64_t descriptor_limit;    /* clients with this number or a higher one are turned away */
    struct worker_message *drain; /* to be sent back */
    struct bulk_pool pipes;
    struct tracker_pool heads;
    char *read_buffer; /* WORKER_READ_BYTES, filled and emptied within one callback */
};

/* Takes over the bound socket `fd`; `worker` is zeroed memory. Nothing runs yet. 0 or a negative errno. */
int worker_init(struct worker *worker, unsigned index, int fd, const struct upstream *upstream,
                const struct fault *fault, struct bucket *totals, struct mailbox *control);
int worker_start(struct worker *worker);
/* After WORKER_STOP was sent. Frees what it has. */
void worker_join(struct worker *worker);
void worker_post(struct worker *worker, struct worker_message *message);

/* worker_faults.c */
/* Where the proxy's bandwidth is used anew, and what was taken of it is forgotten: by all workers and, before
 * they are told, by whoever tells them (bucket_reset). */
bool worker_renews_totals(const struct fault *before, const struct fault *after);
/* Before its loop runs: the faults it starts with. */
void worker_init_faults(struct worker *worker, const struct fault *fault, uint64_t since_ns);
/* These faults hold when it returns, or what their schedule leaves of them, for what is held as well.
 * Returns how many held messages were let go. */
uint64_t worker_set_faults(struct worker *worker, const struct fault *fault, uint64_t since_ns);

/* For its connections. */
/* A line to standard error, at most one a second. */
void worker_complain(struct worker *worker, const char *what, int error_number);
/* A connection was closed for good. */
void worker_connection_closed(struct worker *worker);

#endif
