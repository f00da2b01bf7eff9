#include "experiment/probe_stats.h"

#include "core/stats_server.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct probe_stats {
    uv_loop_t loop;
    uv_async_t end;
    struct stats_server *server;
    char address[80];
    pthread_t thread;
    pthread_mutex_t mutex;
    struct stats_sample total; /* under the mutex */
};

static void tell_totals(void *context, struct stats_sample *into)
{
    struct probe_stats *stats = context;
    pthread_mutex_lock(&stats->mutex);
    *into = stats->total;
    pthread_mutex_unlock(&stats->mutex);
}

static void on_end(uv_async_t *end)
{
    struct probe_stats *stats = end->data;
    stats_server_close(stats->server);
    uv_close((uv_handle_t *)end, NULL);
}

static void *run(void *context)
{
    struct probe_stats *stats = context;
    uv_run(&stats->loop, UV_RUN_DEFAULT);
    return NULL;
}

/* What was opened on the loop is closed, and the loop with it. */
static void close_loop(struct probe_stats *stats)
{
    uv_run(&stats->loop, UV_RUN_DEFAULT);
    uv_loop_close(&stats->loop);
}

static bool open_server(struct probe_stats *stats, const char *address, struct error *error)
{
    if (strncmp(address, "tcp:", 4) != 0)
        return error_set(error, ERROR_USAGE, "--stats: '%.80s' is not tcp:127.0.0.1:PORT", address);
    stats->server = stats_server_open(&stats->loop, address + 4, "--stats", tell_totals, stats, error);
    if (stats->server == NULL)
        return false;
    snprintf(stats->address, sizeof stats->address, "tcp:%s", stats_server_address(stats->server));
    if (uv_async_init(&stats->loop, &stats->end, on_end) == 0) {
        stats->end.data = stats;
        if (pthread_create(&stats->thread, NULL, run, stats) == 0)
            return true;
        uv_close((uv_handle_t *)&stats->end, NULL);
    }
    stats_server_close(stats->server);
    return error_set(error, ERROR_SYSTEM, "--stats: no memory or thread");
}

struct probe_stats *probe_stats_start(const char *address, struct error *error)
{
    struct probe_stats *stats = calloc(1, sizeof *stats);
    if (stats == NULL || uv_loop_init(&stats->loop) != 0) {
        free(stats);
        error_set(error, ERROR_SYSTEM, "--stats: out of memory");
        return NULL;
    }
    stats_sample_init(&stats->total);
    pthread_mutex_init(&stats->mutex, NULL);
    if (open_server(stats, address, error))
        return stats;
    close_loop(stats);
    pthread_mutex_destroy(&stats->mutex);
    free(stats);
    return NULL;
}

const char *probe_stats_address(const struct probe_stats *stats)
{
    return stats->address;
}

static enum stats_outcome outcome_of(enum probe_outcome outcome)
{
    switch (outcome) {
    case PROBE_OK:
        return STATS_ANSWERED;
    case PROBE_READ_TIMEOUT:
        return STATS_CLIENT_GONE;
    case PROBE_CUT:
    case PROBE_GARBAGE:
    case PROBE_STATUS:
    case PROBE_AWS_ERROR:
        return STATS_UPSTREAM_FAILED;
    default:
        return STATS_UPSTREAM_REFUSED;
    }
}

void probe_stats_note(struct probe_stats *stats, const struct probe_round *round)
{
    if (round->outcome == PROBE_CANCELED)
        return;
    pthread_mutex_lock(&stats->mutex);
    stats->total.requests++;
    stats->total.connections_accepted += round->reused ? 0 : 1;
    stats->total.outcomes[outcome_of(round->outcome)]++;
    if (round->outcome == PROBE_OK)
        hist_record(&stats->total.round_trip, (uint64_t)round->total_us);
    pthread_mutex_unlock(&stats->mutex);
}

void probe_stats_stop(struct probe_stats *stats)
{
    if (stats == NULL)
        return;
    uv_async_send(&stats->end);
    pthread_join(stats->thread, NULL);
    close_loop(stats);
    pthread_mutex_destroy(&stats->mutex);
    free(stats);
}
