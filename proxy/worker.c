#include "proxy/worker.h"

#include "core/clock.h"
#include "proxy/connection.h"
#include "proxy/tcp_info.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define COMPLAINT_INTERVAL_NS UINT64_C(1000000000)

void worker_complain(struct worker *worker, const char *what, int error_number)
{
    uint64_t now = clock_ns();
    if (worker->complained_ns != 0 && now - worker->complained_ns < COMPLAINT_INTERVAL_NS)
        return;
    worker->complained_ns = now;
    char text[128];
    fprintf(stderr, "shaketable-proxy: %s: %s\n", what, strerror_r(error_number, text, sizeof text));
}

static void give_back(struct worker *worker, struct worker_message *message)
{
    mailbox_post(worker->control, &message->message);
}

static void close_listener(struct worker *worker)
{
    if (worker->listener.fd >= 0)
        close(worker->listener.fd);
    worker->listener.fd = -1;
}

void worker_connection_closed(struct worker *worker)
{
    if (worker->connections)
        return;
    if (worker->drain)
        give_back(worker, worker->drain);
    worker->drain = NULL;
    worker->loop.stopped = worker->stopping;
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
    message->released = worker_set_faults(worker, &clean, clock_ns());
    settle_all(worker, DOOM_NONE);
    worker_connection_closed(worker);
}

static void stop(struct worker *worker)
{
    close_listener(worker);
    worker->stopping = true;
    settle_all(worker, DOOM_STOPPED);
    worker_connection_closed(worker);
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
        message->released = worker_set_faults(worker, &message->fault, message->since_ns);
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

static void on_arrival(struct watch *watch, uint32_t events)
{
    (void)events;
    struct worker *worker = (struct worker *)((char *)watch - offsetof(struct worker, arrival));
    mailbox_deliver(&worker->inbox);
}

/* No descriptor is left: the client is let in only to be closed, or it would wait, and the listener be ready,
 * for ever. */
static void turn_away(struct worker *worker)
{
    if (worker->spare_fd >= 0)
        close(worker->spare_fd);
    int fd = accept4(worker->listener.fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        close(fd);
    worker->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void on_connection(struct watch *watch, uint32_t events)
{
    (void)events;
    struct worker *worker = (struct worker *)((char *)watch - offsetof(struct worker, listener));
    /* Level-triggered: who is not taken now is told of again. */
    for (int i = 0; i < WORKER_ACCEPTS && worker->listener.fd >= 0; i++) {
        int fd = accept4(worker->listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            connection_accept(worker, fd);
            continue;
        }
        if (errno == ECONNABORTED || errno == EINTR)
            continue;
        if (errno == EAGAIN)
            return;
        worker_complain(worker, "cannot accept a connection", errno);
        if (errno == EMFILE || errno == ENFILE)
            turn_away(worker);
        return;
    }
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
                const struct fault *fault, struct bucket *totals, struct mailbox *control)
{
    worker->index = index;
    worker->upstream = upstream;
    worker->control = control;
    worker->totals = totals;
    stats_sample_init(&worker->interval);
    worker->descriptor_limit = descriptor_limit();
    worker->read_buffer = malloc(WORKER_READ_BYTES);
    if (!worker->read_buffer)
        return -ENOMEM;
    int rc = loop_init(&worker->loop);
    if (rc == 0)
        worker_init_faults(worker, fault, clock_ns());
    if (rc == 0)
        rc = mailbox_init(&worker->inbox, on_message, worker);
    worker->arrival = (struct watch){.ready = on_arrival, .fd = worker->inbox.fd};
    if (rc == 0)
        rc = loop_add(&worker->loop, &worker->arrival, EPOLLIN | EPOLLET);
    if (rc == 0)
        rc = listen(fd, WORKER_BACKLOG) < 0 ? -errno : 0;
    worker->listener = (struct watch){.ready = on_connection, .fd = fd};
    worker->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return rc == 0 ? loop_add(&worker->loop, &worker->listener, EPOLLIN) : rc;
}

static void *run(void *context)
{
    struct worker *worker = context;
    loop_run(&worker->loop);
    return NULL;
}

int worker_start(struct worker *worker)
{
    /* Signals are the main thread's: it is in no system call of ours that they could interrupt. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = -pthread_create(&worker->thread, NULL, run, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

void worker_join(struct worker *worker)
{
    pthread_join(worker->thread, NULL);
    mailbox_free(&worker->inbox);
    loop_free(&worker->loop);
    bulk_free(&worker->pipes);
    tracker_pool_free(&worker->heads);
    if (worker->spare_fd >= 0)
        close(worker->spare_fd);
    free(worker->read_buffer);
}

void worker_post(struct worker *worker, struct worker_message *message)
{
    message->worker = worker;
    mailbox_post(&worker->inbox, &message->message);
}
