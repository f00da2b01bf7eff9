#include "proxy/worker.h"

#include "core/clock.h"
#include "proxy/connection.h"
#include "proxy/scope.h"
#include "proxy/tcp_info.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define COMPLAINT_INTERVAL_NS UINT64_C(1000000000)

void worker_complain(struct worker *worker, const char *what, int uv_error)
{
    uint64_t now = clock_ns();
    if (worker->complained_ns != 0 && now - worker->complained_ns < COMPLAINT_INTERVAL_NS)
        return;
    worker->complained_ns = now;
    fprintf(stderr, "shaketable-proxy: %s: %s\n", what, uv_strerror(uv_error));
}

static void seed_random(struct worker *worker)
{
    /* The same for all, as it is chance which of them a connection falls to. */
    random_seed(&worker->random, worker->fault.seed);
}

/* The faults hold when this returns, for what is held as well. Returns how many were let go. */
static uint64_t apply(struct worker *worker, const struct fault *fault)
{
    struct fault before = worker->fault;
    worker->fault = *fault;
    worker->clean = fault_is_clean(fault);
    worker->generation++;
    if (!scope_same(&before, fault))
        worker->scope_generation++;
    if (fault->seed)
        seed_random(worker);
    uint64_t released = 0;
    for (struct connection *connection = worker->connections; connection; connection = connection->next)
        released += connection_retime(connection, &before);
    return released;
}

static void give_back(struct worker *worker, struct worker_message *message)
{
    mailbox_post(worker->control, &message->message);
}

static void close_listener(struct worker *worker)
{
    if (!uv_is_closing((uv_handle_t *)&worker->listener))
        uv_close((uv_handle_t *)&worker->listener, NULL);
}

void worker_connection_closed(struct worker *worker)
{
    if (worker->connections || !worker->drain)
        return;
    give_back(worker, worker->drain);
    worker->drain = NULL;
}

static void settle_all(struct worker *worker, enum doom doom)
{
    for (struct connection *connection = worker->connections; connection; connection = connection->next) {
        if (doom != DOOM_NONE)
            connection_doom(connection, doom);
        connection_settle(connection);
    }
}

static void drain(struct worker *worker, struct worker_message *message)
{
    struct fault clean;
    fault_init(&clean);
    close_listener(worker);
    worker->draining = true;
    worker->drain = message;
    message->released = apply(worker, &clean);
    settle_all(worker, DOOM_NONE);
    worker_connection_closed(worker);
}

static void stop(struct worker *worker)
{
    close_listener(worker);
    settle_all(worker, DOOM_STOPPED);
    timers_close(&worker->timers);
    mailbox_close(&worker->inbox);
}

static void collect(struct worker *worker, struct stats_sample *sample)
{
    tcp_info_sample(worker, clock_ns());
    stats_sample_take(sample, &worker->interval);
}

static void on_message(void *context, struct message *received)
{
    struct worker *worker = context;
    struct worker_message *message = (struct worker_message *)received;
    switch ((enum worker_message_kind)received->kind) {
    case WORKER_CHANGE:
        message->released = apply(worker, &message->fault);
        give_back(worker, message);
        break;
    case WORKER_COLLECT:
        collect(worker, message->sample);
        give_back(worker, message);
        break;
    case WORKER_DRAIN:
        drain(worker, message);
        break;
    case WORKER_STOP:
        stop(worker);
        break;
    }
}

static void on_connection(uv_stream_t *stream, int status)
{
    struct worker *worker = stream->data;
    if (status < 0)
        worker_complain(worker, "cannot accept a connection", status);
    else
        connection_accept(worker);
}

static uint64_t descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return UINT64_MAX;
    uint64_t kept = limit.rlim_cur / 4;
    return limit.rlim_cur - (kept < WORKER_DESCRIPTORS_KEPT ? kept : WORKER_DESCRIPTORS_KEPT);
}

int worker_init(struct worker *worker, unsigned index, int fd, const struct upstream *upstream,
                const struct fault *fault, struct mailbox *control)
{
    worker->index = index;
    worker->upstream = upstream;
    worker->control = control;
    worker->fault = *fault;
    worker->clean = fault_is_clean(fault);
    stats_sample_init(&worker->interval);
    seed_random(worker);
    worker->descriptor_limit = descriptor_limit();
    worker->read_buffer = malloc(WORKER_READ_BYTES);
    if (!worker->read_buffer)
        return UV_ENOMEM;
    int rc = uv_loop_init(&worker->loop);
    if (rc == 0)
        rc = mailbox_init(&worker->inbox, &worker->loop, on_message, worker);
    if (rc == 0)
        rc = timers_init(&worker->timers, &worker->loop);
    if (rc == 0)
        rc = uv_tcp_init(&worker->loop, &worker->listener);
    worker->listener.data = worker;
    if (rc == 0)
        rc = uv_tcp_open(&worker->listener, fd);
    if (rc == 0)
        rc = uv_listen((uv_stream_t *)&worker->listener, WORKER_BACKLOG, on_connection);
    return rc;
}

static void run(void *context)
{
    struct worker *worker = context;
    uv_run(&worker->loop, UV_RUN_DEFAULT);
}

int worker_start(struct worker *worker)
{
    return uv_thread_create(&worker->thread, run, worker);
}

void worker_join(struct worker *worker)
{
    uv_thread_join(&worker->thread);
    timers_free(&worker->timers);
    mailbox_free(&worker->inbox);
    uv_loop_close(&worker->loop);
    free(worker->read_buffer);
}

void worker_post(struct worker *worker, struct worker_message *message)
{
    message->worker = worker;
    mailbox_post(&worker->inbox, &message->message);
}
