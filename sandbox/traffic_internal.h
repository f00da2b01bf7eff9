/*
 * traffic_internal: what the traffic source's parts share. All of it lives on its thread.
 *
 *   traffic.c         the thread, and the call from other threads
 *   traffic_source.c  arrivals, connections, round trips
 *   traffic_stats.c   what was seen, to whoever subscribes
 */
#ifndef SHAKETABLE_SANDBOX_TRAFFIC_INTERNAL_H
#define SHAKETABLE_SANDBOX_TRAFFIC_INTERNAL_H

#include "core/http_reader.h"
#include "core/random.h"
#include "core/stats.h"
#include "sandbox/traffic.h"

#include <pthread.h>
#include <sys/queue.h>
#include <uv.h>

#define TRAFFIC_IN_FLIGHT_MAX 200  /* a source */
#define TRAFFIC_SUBSCRIBERS_MAX 16 /* a source */
#define TRAFFIC_READ_BYTES 65536
#define TRAFFIC_REQUEST_MAX 1024

struct visit;
struct subscriber;
struct source;

TAILQ_HEAD(visit_list, visit);
LIST_HEAD(subscriber_list, subscriber);
LIST_HEAD(source_list, source);

struct source {
    LIST_ENTRY(source) link;
    struct traffic *traffic;
    struct sockaddr_storage address;
    char request[TRAFFIC_REQUEST_MAX];
    double per_second;
    uint64_t timeout_us;
    bool uncounted; /* until its first answer */
    uv_timer_t arrivals;
    uv_timer_t patience;    /* runs out for the oldest request */
    double next_us;         /* the next arrival */
    struct visit_list busy; /* oldest first */
    struct visit_list idle; /* last used first */
    unsigned busy_count;
    struct stats_sample total; /* since the start; counts only */

    uv_tcp_t door; /* where subscribers come in */
    struct subscriber_list subscribers;
    unsigned subscriber_count;
    char id[17];
    unsigned handles; /* to be closed before it is freed */
};

/* One connection; busy with one request at a time. */
struct visit {
    TAILQ_ENTRY(visit) link;
    struct source *source;
    uv_tcp_t tcp;
    uv_connect_t connect;
    uv_write_t write;
    struct http_reader reader;
    uint64_t begun_us; /* the request's arrival */
    uint64_t sent_us;  /* its last byte was handed over; 0: not yet */
    uint64_t heard_us; /* the response's first byte; 0: not yet */
    bool busy;
    bool reused;
    bool connected;
    bool injected; /* the response says so */
    bool closing;
};

struct traffic {
    uv_loop_t loop;
    uv_async_t wake;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct traffic_command *command; /* under the mutex; one at a time */
    struct source_list sources;
    struct random random;
    char read_buffer[TRAFFIC_READ_BYTES];
};

/* traffic_source.c: begins to send. The source is freed by source_stop, on the loop. */
void source_begin(struct source *source);
void source_stop(struct source *source);
unsigned source_waiting(const struct source *source);     /* requests without a byte of their response */
unsigned source_connections(const struct source *source); /* open ones */
/* A handle of the source is closed: the last one frees it. */
void source_handle_closed(uv_handle_t *handle);

/* traffic_stats.c: the door on 127.0.0.1, at a port of the system's choice. */
bool watch_open(struct source *source, uint16_t *port, struct error *error);
void watch_close(struct source *source);

#endif
