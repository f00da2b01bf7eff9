#include "sandbox/traffic_internal.h"

#include "core/units.h"

#include <math.h>
#include <netdb.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define RATE_MAX 10000.0 /* requests a second */
#define TIMEOUT_MAX_MS 600000

/* A call from another thread, on its stack. A command without a source stops the loop. */
struct traffic_command {
    struct source *source;
    uint16_t port;
    struct error *error;
    bool result;
    bool done;
};

static void take_source(struct traffic *traffic, struct traffic_command *command)
{
    struct source *source = command->source;
    source->traffic = traffic;
    source->stats = stats_server_open(&traffic->loop, "127.0.0.1:0", "client statistics", source_totals,
                                      source, command->error);
    if (source->stats == NULL) {
        free(source);
        return;
    }
    command->port = stats_server_port(source->stats);
    source_begin(source);
    command->result = true;
}

static void run_command(uv_async_t *wake)
{
    struct traffic *traffic = wake->data;
    pthread_mutex_lock(&traffic->mutex);
    struct traffic_command *command = traffic->command;
    if (command != NULL && !command->done) {
        if (command->source != NULL) {
            take_source(traffic, command);
        } else {
            while (!LIST_EMPTY(&traffic->sources))
                source_stop(LIST_FIRST(&traffic->sources));
            uv_close((uv_handle_t *)&traffic->wake, NULL);
        }
        command->done = true;
        pthread_cond_broadcast(&traffic->changed);
    }
    pthread_mutex_unlock(&traffic->mutex);
}

static bool call(struct traffic *traffic, struct traffic_command *command)
{
    pthread_mutex_lock(&traffic->mutex);
    while (traffic->command != NULL)
        pthread_cond_wait(&traffic->changed, &traffic->mutex);
    traffic->command = command;
    uv_async_send(&traffic->wake);
    while (!command->done)
        pthread_cond_wait(&traffic->changed, &traffic->mutex);
    traffic->command = NULL;
    pthread_cond_broadcast(&traffic->changed);
    pthread_mutex_unlock(&traffic->mutex);
    return command->result;
}

static void *run(void *context)
{
    struct traffic *traffic = context;
    uv_run(&traffic->loop, UV_RUN_DEFAULT);
    return NULL;
}

/* Signals are for the program's other threads, and a closed connection is no reason to die. */
static int start_thread(struct traffic *traffic)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int result = pthread_create(&traffic->thread, NULL, run, traffic);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}

static void traffic_free(struct traffic *traffic)
{
    uv_loop_close(&traffic->loop);
    pthread_cond_destroy(&traffic->changed);
    pthread_mutex_destroy(&traffic->mutex);
    free(traffic);
}

struct traffic *traffic_start(struct error *error)
{
    struct traffic *traffic = calloc(1, sizeof *traffic);
    if (traffic == NULL || uv_loop_init(&traffic->loop) != 0) {
        free(traffic);
        error_set(error, ERROR_SYSTEM, "cannot make the traffic's loop");
        return NULL;
    }
    pthread_mutex_init(&traffic->mutex, NULL);
    pthread_cond_init(&traffic->changed, NULL);
    LIST_INIT(&traffic->sources);
    random_seed(&traffic->random, 0);
    traffic->wake.data = traffic;
    if (uv_async_init(&traffic->loop, &traffic->wake, run_command) == 0) {
        if (start_thread(traffic) == 0)
            return traffic;
        uv_close((uv_handle_t *)&traffic->wake, NULL);
        uv_run(&traffic->loop, UV_RUN_DEFAULT);
    }
    traffic_free(traffic);
    error_set(error, ERROR_SYSTEM, "cannot start the traffic's thread");
    return NULL;
}

void traffic_stop(struct traffic *traffic)
{
    struct traffic_command command = {0};
    if (traffic == NULL)
        return;
    call(traffic, &command);
    pthread_join(traffic->thread, NULL);
    traffic_free(traffic);
}

/* "http://HOST:PORT/PATH" to an address and the request that will be sent. */
static bool read_url(struct source *source, const char *url, struct error *error)
{
    char authority[UNITS_HOST_MAX + 16];
    char host[UNITS_HOST_MAX];
    char service[8];
    uint16_t port = 0;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    size_t length = strncmp(url, "http://", 7) == 0 ? strcspn(url + 7, "/?#") : 0;
    if (length == 0 || length >= sizeof authority || strpbrk(url, " \t\r\n") != NULL)
        return error_set(error, ERROR_INVALID, "'%s' is not like http://HOST:PORT/PATH", url);
    const char *path = url + 7 + length;
    snprintf(authority, sizeof authority, "%.*s", (int)length, url + 7);
    if (!units_parse_address(authority, "url", host, &port, error))
        return false;
    snprintf(service, sizeof service, "%u", (unsigned)port);
    if (getaddrinfo(host, service, &hints, &found) != 0)
        return error_set(error, ERROR_NETWORK, "cannot find the address of '%s'", host);
    memcpy(&source->address, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    int written =
        snprintf(source->request, sizeof source->request,
                 "GET %s%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: shaketable-traffic\r\nAccept: */*\r\n\r\n",
                 *path == '/' ? "" : "/", path, authority);
    return (size_t)written < sizeof source->request || error_set(error, ERROR_LIMIT, "the URL is too long");
}

bool traffic_add(struct traffic *traffic, const struct traffic_source *source, uint16_t *stats_port,
                 struct error *error)
{
    if (!(source->per_second > 0 && source->per_second <= RATE_MAX))
        return error_set(error, ERROR_INVALID, "rate must be above 0 and up to %.0f requests a second",
                         RATE_MAX);
    if (source->timeout_ms < 1 || source->timeout_ms > TIMEOUT_MAX_MS)
        return error_set(error, ERROR_INVALID, "timeout must be 1 to %d ms", TIMEOUT_MAX_MS);
    struct source *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL)
        return error_set(error, ERROR_SYSTEM, "no memory for a traffic source");
    fresh->per_second = source->per_second;
    fresh->timeout_us = (uint64_t)source->timeout_ms * 1000;
    fresh->uncounted = source->from_first_answer;
    stats_sample_init(&fresh->total);
    if (!read_url(fresh, source->url, error)) {
        free(fresh);
        return false;
    }
    struct traffic_command command = {.source = fresh, .error = error};
    if (!call(traffic, &command))
        return false;
    *stats_port = command.port;
    return true;
}
