/*
 * stats: the frames of the stats socket, one JSON object a line, both ways (shaketable-stats(5)).
 * This module builds and reads frames; it opens no socket.
 */
#ifndef SHAKETABLE_CORE_STATS_H
#define SHAKETABLE_CORE_STATS_H

#include "core/buf.h"
#include "core/error.h"
#include "core/fault.h"
#include "core/hist.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STATS_PROTOCOL 1
#define STATS_REQUEST_MAX 16384 /* the longest line a sidecar reads */
#define STATS_FRAME_MAX 524288  /* the longest line a console reads */
#define STATS_INTERVAL_MIN_MS 20
#define STATS_INTERVAL_MAX_MS 60000
#define STATS_LEASE_MIN_MS 500
#define STATS_LEASE_MAX_MS 43200000 /* twelve hours: an experiment that was left running */
#define STATS_TEXT_MAX 256

/* console → sidecar */
enum stats_op { STATS_HELLO, STATS_SUBSCRIBE, STATS_SET, STATS_RENEW, STATS_CLEAR };
struct stats_request {
    enum stats_op op;
    int64_t id;          /* echoed in the ack; 0: none was given */
    int64_t interval_ms; /* subscribe; default 100 */
    struct fault faults; /* set */
    int64_t lease_ms;    /* set (required) and renew (required) */
    int64_t deadline_ms; /* set: epoch milliseconds after which the faults end; 0: none */
    int64_t elapsed_ms;  /* set: how long others have had these faults; their schedule goes on from there */
    char by[STATS_TEXT_MAX]; /* set: who asks, for others to see ("alice@laptop"); may be "" */
};
/* Unknown keys are ignored in requests other than in "faults"; a wrong one leaves `request` unchanged. */
bool stats_request_parse(struct stats_request *request, const char *line, size_t length, struct error *error);
/* The id of a request that stats_request_parse refused, for the answer; 0: it has none. */
int64_t stats_request_find_id(const char *line, size_t length);
/* Appends the line with its \n. */
bool stats_request_print(const struct stats_request *request, struct buf *out);

/* sidecar → console */
enum stats_frame_type { STATS_FRAME_HELLO, STATS_FRAME_ACK, STATS_FRAME_STATS, STATS_FRAME_ERROR };

struct stats_hello {
    char version[32];
    char id[64];                       /* of this process, new at each start */
    char task[512];                    /* the ECS task's ARN, "" elsewhere */
    char capabilities[STATS_TEXT_MAX]; /* the faults it can do, separated by spaces: "latency loss error" */
    int64_t pid;
    int64_t
        slow_ms; /* a change of the faults may take so long, and is acknowledged when it holds; 0: at once */
};
struct stats_ack {
    int64_t id;
    int64_t applied_ms; /* epoch: from this moment it holds for every request */
    int64_t released;   /* how many held messages this change let go */
};
enum stats_outcome {
    STATS_ANSWERED,         /* a response of the application reached the client whole */
    STATS_INJECTED_ERROR,   /* our answer instead of the application's */
    STATS_RESET,            /* RST injected */
    STATS_BLACKHOLED,       /* held for ever; counted when it begins */
    STATS_CLIENT_GONE,      /* the client left before its response */
    STATS_UPSTREAM_REFUSED, /* no connection to the application */
    STATS_UPSTREAM_FAILED,  /* it closed or spoke nonsense in the middle of a response */
    STATS_OUTCOMES
};
extern const char *const stats_outcome_names[STATS_OUTCOMES];

/*
 * Which share of the requests one belongs to, for a control group beside the experiment. It is membership
 * that counts, not what chance then did: a request in scope of a loss that happened to lose nothing is one of
 * the experiment's, or the control group would be the lucky ones.
 */
enum stats_share {
    STATS_CLEAN,   /* no faults were in force */
    STATS_CONTROL, /* faults were in force, and not meant for it: by percentage, method, path, … */
    STATS_SCOPED,  /* faults in force were meant for it, whether or not one came to act */
    STATS_SHARES
};
extern const char *const stats_share_names[STATS_SHARES];

/* Counts are those of the interval, gauges say so. About 400 KB: keep it off the stack. What is counted of
 * all requests stands without a prefix; the clean share is what control and scoped leave of it. */
struct stats_sample {
    uint64_t sequence;
    int64_t interval_ms; /* what it really was, rounded */
    struct fault faults; /* as they were set */
    double intensity;    /* how much of them is in force now, 0 to 1 */
    char set_by[STATS_TEXT_MAX];
    int64_t lease_left_ms;     /* gauge; 0: no lease */
    uint64_t connections_open; /* gauge */
    uint64_t connections_accepted;
    uint64_t in_flight; /* gauge: requests without their response's first byte */
    uint64_t held;      /* gauge: messages that wait for an injected delay */
    uint64_t requests;
    uint64_t faulted;            /* requests on which at least one fault acted */
    uint64_t bytes_in;           /* from clients */
    uint64_t bytes_out;          /* to clients */
    uint64_t upstream_bytes_in;  /* from the application */
    uint64_t upstream_bytes_out; /* to the application */
    uint64_t outcomes[STATS_OUTCOMES];
    uint64_t control_outcomes[STATS_OUTCOMES];
    uint64_t scoped_outcomes[STATS_OUTCOMES];
    uint64_t client_retransmits; /* TCP segments sent again to the clients whose connections were looked at */
    uint64_t upstream_retransmits; /* … to the application */
    struct hist round_trip; /* answered requests: last byte of the request to first byte of the response */
    struct hist service;    /* the application's part */
    struct hist injected_asked; /* our part: what the fault model asked for */
    struct hist injected_got;   /* … and what was measured */
    struct hist lateness;       /* got − asked of each, in microseconds; never early */
    struct hist control_round_trip;
    struct hist control_service;
    struct hist scoped_round_trip;
    struct hist scoped_service;
    /* Last byte of the request (0 before it) to the outcome; nothing for a blackhole, which has no end. */
    struct hist until[STATS_OUTCOMES];
    struct hist connect;    /* to the application, from connect() to connected */
    struct hist client_rtt; /* TCP's smoothed round trip, of connections that were looked at */
    struct hist upstream_rtt;
};

/* Of memory that is all zero; what has no counts yet is not touched. */
void stats_sample_init(struct stats_sample *sample);
/* Of any memory. */
void stats_sample_clear(struct stats_sample *sample);
/* Empties one that is valid, gauges and all; cheap where little was counted. */
void stats_sample_reset(struct stats_sample *sample);
/* Counts of `from` are added, gauges too: so that the sample of several threads is their sum. */
void stats_sample_add(struct stats_sample *into, const struct stats_sample *from);
/* `into` is empty: the counts move into it, gauges are copied and stay. */
void stats_sample_take(struct stats_sample *into, struct stats_sample *from);

/* All histograms of a sample, by their keys in a frame. */
struct stats_histogram {
    const char *key;
    size_t offset;
};
#define STATS_HISTOGRAMS (12 + STATS_OUTCOMES)
extern const struct stats_histogram stats_histograms[STATS_HISTOGRAMS];
static inline struct hist *stats_histogram_of(struct stats_sample *sample,
                                              const struct stats_histogram *histogram)
{
    return (struct hist *)((char *)sample + histogram->offset);
}
static inline const struct hist *stats_histogram_in(const struct stats_sample *sample,
                                                    const struct stats_histogram *histogram)
{
    return (const struct hist *)((const char *)sample + histogram->offset);
}

struct stats_problem {
    int64_t id; /* of the request it answers; 0: none */
    char code[32];
    char message[ERROR_MESSAGE_MAX];
};

bool stats_hello_print(const struct stats_hello *hello, struct buf *out);
bool stats_ack_print(const struct stats_ack *ack, struct buf *out);
bool stats_sample_print(const struct stats_sample *sample, struct buf *out);
bool stats_problem_print(const struct stats_problem *problem, struct buf *out);

/* Reads one frame; what it is stands in *type, its value in the matching member. */
struct stats_frame {
    enum stats_frame_type type;
    struct stats_hello hello;
    struct stats_ack ack;
    struct stats_sample sample;
    struct stats_problem problem;
};
bool stats_frame_parse(struct stats_frame *frame, const char *line, size_t length, struct error *error);

#endif
