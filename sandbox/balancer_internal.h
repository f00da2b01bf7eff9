/*
 * balancer_internal: what the balancer's parts share. All of it lives on the balancer's thread.
 *
 *   balancer.c           the thread, commands from other threads, listeners
 *   balancer_commands.c  commands about groups
 *   balancer_group.c     groups, targets, the choice of a target, draining
 *   balancer_health.c    health checks
 *   balancer_client.c    a client's connection: reads requests, one exchange at a time
 *   balancer_route.c     which rule a request meets, and which target
 *   balancer_upstream.c  a connection to a target: reads responses
 *   balancer_head.c      heads as the balancer passes them on, and its own answers
 */
#ifndef SHAKETABLE_SANDBOX_BALANCER_INTERNAL_H
#define SHAKETABLE_SANDBOX_BALANCER_INTERNAL_H

#include "core/http_reader.h"
#include "sandbox/balancer.h"
#include "sandbox/balancer_stream.h"

#include <pthread.h>
#include <sys/queue.h>
#include <uv.h>

#define BALANCER_CLIENTS_MAX 4096
#define BALANCER_PIPELINE_MAX 65536     /* bytes read ahead of a client */
#define BALANCER_IDLE_TARGETS_MAX 64    /* kept-alive connections a target */
#define BALANCER_UPSTREAM_IDLE_MS 30000 /* below any target's own, so that it is we who close */
#define BALANCER_IDLE_TIMEOUT_MS 60000
#define BALANCER_CONNECT_TIMEOUT_MS 10000
#define BALANCER_LINGER_MS 2000
#define BALANCER_SWEEP_MS 100

struct client;
struct upstream;
struct checker;
struct target;
struct group;
struct listener;

LIST_HEAD(client_list, client);
LIST_HEAD(upstream_list, upstream);
LIST_HEAD(group_list, group);
LIST_HEAD(listener_list, listener);

struct target {
    struct group *group;
    struct balancer_target is; /* `connections` is filled when asked for */
    struct upstream_list idle, used;
    unsigned idle_count, used_count;
    uint64_t drain_until_ms;
    struct checker *checker;    /* NULL while it drains or is unused */
    bool no_traffic, no_checks; /* out of reach: connecting gets no answer */
};

struct group {
    LIST_ENTRY(group) link;
    struct balancer *balancer;
    unsigned number;
    struct balancer_health_check check;
    int deregistration_delay_ms;
    struct target *targets[BALANCER_TARGETS_MAX];
    size_t count;
    size_t next;   /* round robin */
    unsigned uses; /* forwards of listeners */
};

struct forward {
    struct group *group;
    int weight;
    int current; /* smooth weighted round robin */
};

struct route {
    struct balancer_rule is;
    struct forward forwards[BALANCER_FORWARDS_MAX];
};

struct listener {
    LIST_ENTRY(listener) link;
    struct balancer *balancer;
    uv_tcp_t tcp;
    unsigned number;
    uint16_t port;
    int idle_timeout_ms;
    struct route *routes;
    size_t count;
    struct client_list clients;
};

enum client_state {
    CLIENT_REQUEST, /* between requests, or reading one (an exchange may be under way) */
    CLIENT_WAITS,   /* the request is complete, its response is not */
    CLIENT_TUNNEL,  /* another protocol: bytes both ways */
    CLIENT_LINGERS, /* answered for the last time: input is dropped until the client closes */
};

struct client {
    LIST_ENTRY(client) link;
    struct balancer *balancer;
    struct listener *listener; /* NULL once that is removed */
    struct stream stream;
    struct http_reader reader;
    struct buf pending; /* read ahead, not parsed yet */
    enum client_state state;
    char address[BALANCER_ADDRESS_MAX];
    uint16_t port; /* of the listener */
    int idle_timeout_ms;
    uint64_t last_ms; /* of the last progress, on either side */

    /* The exchange. */
    struct upstream *upstream;
    struct buf replay; /* the request's head as sent; or an answer of a rule's own, head and body */
    size_t own_head;   /* how much of `replay` is that answer's head; 0: none */
    int answer;        /* status to answer with ourselves; 0: none */
    bool replayable;   /* idempotent, without a body, and not a byte of a response has come */
    bool head_only;    /* HEAD */
    bool chunked;      /* the request's body */
    bool switching;    /* it asks for another protocol */
    bool complete;     /* the request has been read to its end */
    bool responding;   /* the response has begun to go to the client */
    bool keep_alive;
    unsigned minor;
};

struct upstream {
    LIST_ENTRY(upstream) link;
    struct balancer *balancer;
    struct target *target; /* NULL once closing */
    struct client *client; /* NULL: idle */
    struct stream stream;
    struct http_reader reader;
    uv_connect_t connect;
    uint64_t since_ms; /* it is idle, or it connects */
    bool reused;
    bool heard;   /* a byte of the response has come */
    bool interim; /* what is read is a 1xx */
    bool bad;     /* the response cannot be passed on */
    bool rechunk; /* the body goes to the client in chunks of ours */
};

struct balancer {
    uv_loop_t loop;
    uv_async_t wake;
    uv_timer_t sweep;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct command *commands; /* under the mutex */
    struct group_list groups;
    struct listener_list listeners;
    struct client_list orphans; /* clients whose listener is gone */
    unsigned last_number;
    unsigned clients;
    char read_buffer[STREAM_READ_BYTES];
};

/* A call from another thread: it stands on the caller's stack, who waits until it is done. */
struct command {
    struct command *next;
    void (*run)(struct balancer *balancer, struct command *command);
    struct error *error;
    unsigned number;
    const struct balancer_health_check *check;
    int delay_ms;
    const char *address;
    uint16_t port;
    struct balancer_target *targets;
    size_t count;
    const struct balancer_rule *rules;
    bool traffic, checks;
    bool result;
    bool done;
};

/* balancer.c */
/* Runs the command on the balancer's thread; returns its result. */
bool balancer_call(struct balancer *balancer, struct command *command);

/* balancer_route.c */
/* The first of the listener's rules that the request matches; NULL if there is none. */
struct route *route_find(struct listener *listener, const struct client *client,
                         const struct http_head *head);
/* The next target of a rule that forwards, by weight; NULL if there is none. */
struct target *route_choose(struct route *route);
/* Replaces the listener's rules, if all the groups are there. */
bool route_set(struct listener *listener, const struct balancer_rule *rules, size_t count,
               struct error *error);

/* balancer_client.c */
void client_accept(struct listener *listener);
/* The target's side has failed before the response was complete. `stale`: a kept-alive connection that was
 * closed before it said a word, as happens when both sides act at once; worth another try. */
void client_upstream_failed(struct client *client, int status, bool stale);
/* The response has been passed on whole; the upstream is detached already. */
void client_response_done(struct client *client);
/* The target has switched to the protocol the client asked for. */
void client_tunnel(struct client *client);
void client_sweep(struct client *client, uint64_t now_ms);
/* Its listener goes: closed now if idle, else after the response. */
void client_listener_gone(struct client *client);
void client_close(struct client *client);
void client_flush(struct client *client);

/* balancer_upstream.c */
/* An idle connection to the target, or a fresh one; NULL when there is neither socket nor memory. */
struct upstream *upstream_get(struct target *target, struct client *client, bool fresh);
void upstream_flush(struct upstream *upstream);
/* Its target has been silent for too long. */
void upstream_expire(struct upstream *upstream);
/* Closes it; neither its client nor its target is told (target_settle). */
void upstream_close(struct upstream *upstream);

/* balancer_group.c */
struct group *group_create(struct balancer *balancer, const struct balancer_health_check *check,
                           int deregistration_delay_ms);
struct group *group_find(struct balancer *balancer, unsigned number);
/* NULL with ERROR_NOT_FOUND. */
struct group *group_need(struct balancer *balancer, unsigned number, struct error *error);
void group_destroy(struct group *group);
bool group_register(struct group *group, const char *address, uint16_t port, struct error *error);
bool group_deregister(struct group *group, const char *address, uint16_t port, struct error *error);
void group_set_reach(struct group *group, const char *address, uint16_t port, bool traffic, bool checks);
/* A listener forwards to it, or one does so no more. */
void group_use(struct group *group, int change);
/* The next target: round robin over the healthy ones, over the unhealthy ones if there are no others. */
struct target *group_choose(struct group *group);
void group_sweep(struct group *group, uint64_t now_ms);
/* A connection of it was given back or closed: a target that drains may be done. May free it. */
void target_settle(struct target *target);

/* balancer_health.c */
bool checker_start(struct target *target);
void checker_stop(struct target *target);
/* "200,202", "200-299": true for a list of such; and whether it holds the status. */
bool checker_matcher_is_valid(const char *matcher);
bool checker_matches(const char *matcher, unsigned status);

/* balancer_head.c */
void head_write_request(struct buf *out, const struct client *client, const struct http_head *head);
void head_write_response(struct buf *out, const struct client *client, const struct http_head *head,
                         bool rechunk, bool switching);
/* The answer of a rule that forwards nothing, but for the Connection field; returns the length of its head.
 */
size_t head_write_rule(struct buf *out, const struct balancer_rule *rule, const struct client *client,
                       const struct http_head *head);
/* An answer of the balancer's own, as an Application Load Balancer words it. */
void head_write_answer(struct buf *out, int status, bool keep_alive, bool head_only);

#endif
