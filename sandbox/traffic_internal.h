/*
 * traffic_internal: what the traffic source's parts share. All of it lives on its thread.
 *
 *   traffic.c         the thread, and the call from other threads
 *   traffic_source.c  arrivals, connections, round trips
 */
#ifndef SHAKETABLE_SANDBOX_TRAFFIC_INTERNAL_H
#define SHAKETABLE_SANDBOX_TRAFFIC_INTERNAL_H

#include "core/http_reader.h"
#include "core/random.h"
#include "core/stats_server.h"
#include "sandbox/traffic.h"

#include <pthread.h>
#include <sys/queue.h>
#include <uv.h>

#define TRAFFIC_IN_FLIGHT_MAX 200 /* a source */
#define TRAFFIC_READ_BYTES 65536
#define TRAFFIC_REQUEST_MAX 1024

struct visit;
struct source;

TAILQ_HEAD(visit_list, visit);
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

    struct stats_server *stats; /* what was seen, to whoever subscribes */
    unsigned handles;           /* to be closed before it is freed */
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
/* What it has seen, for the server of its statistics. */
void source_totals(void *context, struct stats_sample *into);

#endif
