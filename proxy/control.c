#include "config.h"

#include "proxy/control.h"

#include "core/clock.h"
#include "core/random.h"
#include "proxy/client.h"
#include "proxy/metrics.h"
#include "proxy/stats_log.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void close_if_open(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

/* From here on nobody can ask for anything. */
static void close_sockets(struct control *control)
{
    for (struct listener *listener = control->listeners; listener; listener = listener->next)
        close_if_open(&listener->socket.handle);
    for (struct client *client = control->clients; client; client = client->next)
        client_close(client);
    if (control->metrics)
        metrics_close(control->metrics);
    if (control->log)
        stats_log_close(control->log);
    uv_timer_stop(&control->tick);
}

/* Closing the signals' handles brings back what they do by themselves, and whoever asked us to end may ask
 * again: that must not turn an orderly end into a death by signal. No other thread is left that could take
 * them. */
static void hold_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void close_all(struct control *control)
{
    hold_signals();
    for (int i = 0; i < 2; i++)
        close_if_open((uv_handle_t *)&control->signals[i]);
    close_if_open((uv_handle_t *)&control->expiry);
    close_if_open((uv_handle_t *)&control->opening);
    close_if_open((uv_handle_t *)&control->patience);
    close_if_open((uv_handle_t *)&control->arrival);
    close_if_open((uv_handle_t *)&control->tick);
    control_agent_close(control);
}

/* The last word to a worker, exactly once. */
static void stop_worker(struct control *control, unsigned index)
{
    if (control->stopped[index])
        return;
    control->stopped[index] = true;
    struct worker_message *message = &control->endings[2 * index + 1];
    message->message.kind = WORKER_STOP;
    worker_post(&control->workers[index], message);
    control->stopped_count++;
    control_has_ended(control);
}

void control_has_ended(struct control *control)
{
    if (!control->ending || control->ended || control->stopped_count < control->worker_count ||
        !control_agent_has_ended(control))
        return;
    control->ended = true;
    for (unsigned i = 0; i < control->worker_count; i++)
        worker_join(&control->workers[i]);
    /* What they sent back last. */
    mailbox_deliver(&control->inbox);
    close_all(control);
}

static void on_patience(uv_timer_t *timer)
{
    struct control *control = timer->data;
    for (unsigned i = 0; i < control->worker_count; i++)
        stop_worker(control, i);
}

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    struct control *control = handle->data;
    if (control->ending)
        return;
    control->ending = true;
    close_sockets(control);
    uv_timer_stop(&control->expiry);
    uv_timer_stop(&control->opening);
    uv_timer_start(&control->patience, on_patience, CONTROL_DRAIN_MS, 0);
    control_agent_end(control);
    if (control->let_go)
        control->let_go(control->let_go_context);
    for (unsigned i = 0; i < control->worker_count; i++) {
        struct worker_message *message = &control->endings[2 * i];
        message->message.kind = WORKER_DRAIN;
        worker_post(&control->workers[i], message);
    }
    control_has_ended(control);
}

static void on_message(void *context, struct message *received)
{
    struct control *control = context;
    struct worker_message *message = (struct worker_message *)received;
    switch ((enum worker_message_kind)received->kind) {
    case WORKER_CHANGE:
        control_change_done(control, message);
        break;
    case WORKER_COLLECT:
        control_collected(control);
        break;
    case WORKER_DRAIN:
        stop_worker(control, message->worker->index);
        break;
    case WORKER_STOP:
        break;
    }
}

static void on_arrival(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct control *control = poll->data;
    mailbox_deliver(&control->inbox);
}

static int init_handles(struct control *control)
{
    static const int numbers[] = {SIGTERM, SIGINT};
    int rc = uv_poll_init(&control->loop, &control->arrival, control->inbox.fd);
    control->arrival.data = control;
    if (rc == 0)
        rc = uv_poll_start(&control->arrival, UV_READABLE, on_arrival);
    if (rc == 0)
        rc = uv_timer_init(&control->loop, &control->expiry);
    if (rc == 0)
        rc = uv_timer_init(&control->loop, &control->opening);
    if (rc == 0)
        rc = uv_timer_init(&control->loop, &control->patience);
    if (rc == 0)
        rc = uv_timer_init(&control->loop, &control->tick);
    control->expiry.data = control->opening.data = control->patience.data = control->tick.data = control;
    for (int i = 0; i < 2 && rc == 0; i++) {
        control->signals[i].data = control;
        rc = uv_signal_init(&control->loop, &control->signals[i]);
        if (rc == 0)
            rc = uv_signal_start(&control->signals[i], on_signal, numbers[i]);
    }
    return rc;
}

static void init_hello(struct stats_hello *hello, const char *task)
{
    snprintf(hello->version, sizeof hello->version, "%s", PACKAGE_VERSION);
    snprintf(hello->task, sizeof hello->task, "%s", task);
    snprintf(hello->capabilities, sizeof hello->capabilities, "%s", CONTROL_CAPABILITIES);
    random_name(hello->id, 16);
    hello->pid = getpid();
}

int control_init(struct control *control, struct worker *workers, unsigned count, const struct fault *fault,
                 const char *task)
{
    memset(control, 0, sizeof *control);
    control->workers = workers;
    control->worker_count = count;
    control->fault = control->told = *fault;
    control->since_ns = clock_ns();
    init_hello(&control->hello, task);
    size_t room = count > 0 ? count : 1; /* of nothing there is no memory */
    control->samples = calloc(room + 1, sizeof *control->samples);
    control->collects = calloc(room, sizeof *control->collects);
    control->endings = calloc(2 * room, sizeof *control->endings);
    control->stopped = calloc(room, sizeof *control->stopped);
    control->cleaning = control_change_new(control);
    if (!control->samples || !control->collects || !control->endings || !control->stopped ||
        !control->cleaning)
        return UV_ENOMEM;
    for (unsigned i = 0; i <= count; i++)
        stats_sample_init(&control->samples[i]);
    int rc = uv_loop_init(&control->loop);
    if (rc == 0)
        rc = mailbox_init(&control->inbox, on_message, control);
    if (rc == 0)
        rc = init_handles(control);
    return rc;
}

bool control_serve_metrics(struct control *control, const char *address, char *shown, size_t size,
                           struct error *error)
{
    control->metrics = metrics_new(control, address, shown, size, error);
    if (control->metrics)
        control_begin_ticking(control);
    return control->metrics != NULL;
}

bool control_log_stats(struct control *control, int64_t interval_s, struct error *error)
{
    control->log = stats_log_new(control, interval_s, STDOUT_FILENO, error);
    if (control->log)
        control_begin_ticking(control);
    return control->log != NULL;
}

void control_run(struct control *control)
{
    uv_run(&control->loop, UV_RUN_DEFAULT);
}

void control_free(struct control *control)
{
    while (control->listeners) {
        struct listener *listener = control->listeners;
        control->listeners = listener->next;
        free(listener);
    }
    metrics_free(control->metrics);
    stats_log_free(control->log);
    tls_context_free(control->tls);
    mailbox_free(&control->inbox);
    uv_loop_close(&control->loop);
    free(control->samples);
    free(control->collects);
    free(control->endings);
    free(control->stopped);
    free(control->cleaning);
    agent_free(control->agent);
}
