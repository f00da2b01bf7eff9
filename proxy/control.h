/*
 * control: the main thread's part. It owns the faults (who set them, until when) and the stats
 * sockets, sends changes to the workers and gathers their counts. shaketable-stats(5).
 */
#ifndef SHAKETABLE_PROXY_CONTROL_H
#define SHAKETABLE_PROXY_CONTROL_H

#include "core/error.h"
#include "core/stats.h"
#include "proxy/agent.h"
#include "proxy/mailbox.h"
#include "proxy/metrics_text.h"
#include "proxy/timetable.h"
#include "proxy/worker.h"

#include <uv.h>

#define CONTROL_CLIENTS_MAX 64
#define CONTROL_LISTENERS_MAX 8
#define CONTROL_QUEUE_MAX (1U << 20) /* bytes unread by a client: it misses frames, then is dropped */
#define CONTROL_DRAIN_MS 5000
#define CONTROL_TICK_MS 250
/* Over TCP, whoever has not proved the console's key. */
#define CONTROL_STRANGERS_MAX 128
#define CONTROL_HANDSHAKE_MS 5000
#define CONTROL_STRANGER_READ 2048 /* bytes at once */
#define CONTROL_THROWN_AWAY_MAX 65536
#define CONTROL_REFUSAL_MS 1000 /* between two lines about them on standard error */
#define CONTROL_KEEPALIVE_S 30
#define CONTROL_READ_MAX 16384
#define CONTROL_CAPABILITIES \
    "latency loss error reset blackhole bandwidth slow_close slice limit scope_header scope_source schedule"

#define CONTROL_AGENT_CAPABILITIES "latency loss blackhole agent"
#define CONTROL_AGENT_TICK_MS 200

struct client;
struct listener;
struct metrics;
struct stats_log;
struct tls_context;

/* One change on its way through the workers. */
struct change {
    uint64_t client; /* who waits for the ack; 0: nobody */
    int64_t id;
    unsigned left; /* workers that have not applied it */
    uint64_t released;
    struct fault fault;
    uint64_t since_ns;
    uint64_t elapsed_ns; /* of their schedule, before they came here */
    char by[STATS_TEXT_MAX];
    uint64_t wish;                    /* of the agent; then there are no messages */
    struct worker_message messages[]; /* one a worker */
};

struct control {
    uv_loop_t loop;
    struct mailbox inbox;
    uv_poll_t arrival; /* of a message */
    struct worker *workers;
    unsigned worker_count;
    struct stats_hello hello;
    /* Faults */
    struct fault fault; /* of every worker */
    uint64_t since_ns;  /* when they were set: their schedule counts from here */
    struct fault told;  /* what the workers were last told */
    char set_by[STATS_TEXT_MAX];
    bool leased;
    uint64_t lease_end_ns;
    int64_t deadline_ms; /* epoch; 0: none */
    uv_timer_t expiry;
    struct timetable timetable; /* what `opening` waits for */
    uv_timer_t opening;
    struct change *cleaning; /* made beforehand: going clean must not need memory */
    /* The ECS agent's faults instead of the workers'; control_agent.c */
    struct agent *agent; /* NULL: the workers have the faults */
    struct agent_setting agent_setting;
    struct change *changing; /* the newest wish, until the agent has answered it; NULL: none */
    uint64_t agent_problems; /* that were told */
    bool agent_unclean;      /* at the end: a fault of ours may still run */
    uv_async_t agent_news;
    uv_timer_t agent_clock;
    /* Counts */
    struct stats_sample *samples; /* one a worker, and their sum */
    struct worker_message *collects;
    unsigned collecting; /* workers that have not answered */
    bool collect_again;
    uv_timer_t tick;          /* while anybody listens, however rarely it wants to know */
    struct metrics *metrics;  /* NULL: not asked for */
    struct metrics_more more; /* what stands in them beside the relay's counts; the caller's to set */
    struct stats_log *log;    /* likewise */
    /* Clients */
    struct listener *listeners;
    struct client *clients;
    unsigned client_count; /* that may speak */
    unsigned strangers;
    uint64_t client_serial;
    const char *console_key; /* the pins, NULL: none; the caller's */
    struct tls_context *tls; /* once there is a listener on TCP */
    uint64_t refused_ns;     /* when a refusal was last said */
    uint64_t refused_unsaid; /* since then */
    char read_buffer[CONTROL_READ_MAX];
    /* The end */
    uv_signal_t signals[2];
    uv_timer_t patience;
    struct worker_message *endings; /* two a worker: drain and stop */
    bool *stopped;
    unsigned stopped_count;
    void (*let_go)(void *context); /* told when the end begins: nothing is to be held any more; NULL: nobody.
                                      The caller's to set */
    void *let_go_context;
    bool ending;
    bool ended;
};

/* The workers are initialised by the caller with &control->inbox, and not started before. 0 or a
 * libuv error. */
int control_init(struct control *control, struct worker *workers, unsigned count, const struct fault *fault,
                 const char *task);
/* "unix:PATH", or "tcp:ADDR:PORT", which is TLS and takes control->console_key. On success the address stands
 * in `shown`. */
bool control_listen(struct control *control, const char *address, char *shown, size_t size,
                    struct error *error);
/* --metrics. On success the address stands in `shown`. */
bool control_serve_metrics(struct control *control, const char *address, char *shown, size_t size,
                           struct error *error);
/* --stats-log: a frame every so often on standard output. */
bool control_log_stats(struct control *control, int64_t interval_s, struct error *error);
/* --agent: the faults are the ECS agent's from now on, the workers stay clean. `uri` is ECS_AGENT_URI; one
 * that is missing or malformed is an error of each change, not of this. */
bool control_use_agent(struct control *control, const char *uri, const struct agent_setting *setting,
                       bool owns, struct error *error);
/* Until SIGTERM or SIGINT, the workers' end and that of the agent's faults. Workers are joined. */
void control_run(struct control *control);
void control_free(struct control *control);
/* Where starting failed: removes the sockets' files; the process is about to exit. */
void control_unlink(struct control *control);

/* control_faults.c: all of them answer the client. */
void control_set(struct control *control, struct client *client, const struct stats_request *request);
void control_renew(struct control *control, struct client *client, const struct stats_request *request);
void control_clear(struct control *control, struct client *client, const struct stats_request *request);
void control_change_done(struct control *control, struct worker_message *message);
/* How much of the faults is in force, 0 to 1. */
double control_intensity(const struct control *control);
int64_t control_lease_left_ms(const struct control *control);
/* What a sample says of the faults: which, how much of them, whose, for how long. */
void control_describe_faults(const struct control *control, struct stats_sample *sample);
struct change *control_change_new(const struct control *control);
void control_on_expiry(uv_timer_t *timer);
/* Goes live by itself, and clean again, unless a client sets or clears the faults. */
void control_keep_timetable(struct control *control, const struct timetable *timetable);
void control_drop_timetable(struct control *control);
void control_on_opening(uv_timer_t *timer);

/* Nothing of them is held: no faults, nobody's. */
void control_end_lease(struct control *control);
/* The timetable's faults are tried again later. */
void control_reopen(struct control *control);

/* control_agent.c: where there is an agent. */
/* False: it can't do these faults, or there is none; nothing was changed. */
bool control_agent_can(const struct control *control, const struct fault *fault, struct error *error);
/* Takes the change; who asked for it is answered when the agent has. */
void control_agent_change(struct control *control, struct change *change);
/* No more is wanted; control_agent_has_ended says when that is so. */
void control_agent_end(struct control *control);
bool control_agent_has_ended(const struct control *control);
void control_agent_close(struct control *control);

/* Something has ended: the last of all ends the loop. */
void control_has_ended(struct control *control);

/* control_collect.c */
void control_collect(struct control *control);
/* There is somebody new to collect for. */
void control_begin_ticking(struct control *control);
void control_collected(struct control *control);

#endif
