#include "proxy/stats_log.h"

#include "core/clock.h"
#include "proxy/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct stats_log {
    struct control *control;
    uv_timer_t timer;
    int fd;
    bool due;
    uint64_t since_ns;
    uint64_t sequence;
    struct buf unsent;
    size_t sent; /* of it */
    struct stats_sample sample;
};

static void on_timer(uv_timer_t *timer)
{
    struct stats_log *log = timer->data;
    log->due = true;
    control_collect(log->control);
}

struct stats_log *stats_log_new(struct control *control, int64_t interval_s, int fd, struct error *error)
{
    struct stats_log *log = calloc(1, sizeof *log);
    if (!log) {
        error_set(error, ERROR_SYSTEM, "out of memory");
        return NULL;
    }
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
        error_set_errno(error, "--stats-log: standard output can't be used");
        free(log);
        return NULL;
    }
    log->control = control;
    log->fd = fd;
    log->since_ns = clock_ns();
    log->timer.data = log;
    buf_init(&log->unsent, STATS_FRAME_MAX);
    stats_sample_init(&log->sample);
    uv_timer_init(&control->loop, &log->timer);
    uv_timer_start(&log->timer, on_timer, (uint64_t)interval_s * 1000, (uint64_t)interval_s * 1000);
    return log;
}

void stats_log_close(struct stats_log *log)
{
    if (!uv_is_closing((uv_handle_t *)&log->timer))
        uv_close((uv_handle_t *)&log->timer, NULL);
}

void stats_log_free(struct stats_log *log)
{
    if (log)
        buf_free(&log->unsent);
    free(log);
}

/* As much as goes; the rest with the next collection. What can't be written at all is given up: nobody reads
 * it, and the traffic goes on. */
static void flush(struct stats_log *log)
{
    while (log->sent < log->unsent.length) {
        ssize_t written = write(log->fd, log->unsent.data + log->sent, log->unsent.length - log->sent);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0 && errno == EAGAIN)
            return;
        log->sent = written < 0 ? log->unsent.length : log->sent + (size_t)written;
    }
    buf_free(&log->unsent);
    buf_init(&log->unsent, STATS_FRAME_MAX);
    log->sent = 0;
}

static void print(struct stats_log *log)
{
    struct stats_sample *sample = &log->sample;
    uint64_t now_ns = clock_ns();
    log->due = false;
    sample->sequence = ++log->sequence;
    if (log->unsent.length > 0)
        return; /* it stays gathered */
    sample->interval_ms = (int64_t)((now_ns - log->since_ns + 500000) / 1000000);
    log->since_ns = now_ns;
    control_describe_faults(log->control, sample);
    if (!stats_sample_print(sample, &log->unsent)) {
        buf_free(&log->unsent);
        buf_init(&log->unsent, STATS_FRAME_MAX);
    }
    stats_sample_reset(sample);
}

/* Counts add up over time; gauges are those of now. */
void stats_log_collected(struct stats_log *log, const struct stats_sample *sum)
{
    log->sample.connections_open = log->sample.in_flight = log->sample.held = 0;
    stats_sample_add(&log->sample, sum);
    flush(log);
    if (log->due)
        print(log);
    flush(log);
}
