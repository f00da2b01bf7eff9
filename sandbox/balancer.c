#include "sandbox/balancer_internal.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define LISTEN_BACKLOG 512
#define IDLE_MAX_MS 3600000

static void run_commands(uv_async_t *wake)
{
    struct balancer *balancer = wake->data;
    pthread_mutex_lock(&balancer->mutex);
    struct command *command = balancer->commands;
    balancer->commands = NULL;
    pthread_mutex_unlock(&balancer->mutex);
    while (command != NULL) {
        struct command *next = command->next; /* the caller's stack is gone once it is done */
        command->run(balancer, command);
        pthread_mutex_lock(&balancer->mutex);
        command->done = true;
        pthread_cond_broadcast(&balancer->changed);
        pthread_mutex_unlock(&balancer->mutex);
        command = next;
    }
}

bool balancer_call(struct balancer *balancer, struct command *command)
{
    pthread_mutex_lock(&balancer->mutex);
    struct command **end = &balancer->commands;
    while (*end != NULL)
        end = &(*end)->next;
    *end = command;
    uv_async_send(&balancer->wake);
    while (!command->done)
        pthread_cond_wait(&balancer->changed, &balancer->mutex);
    pthread_mutex_unlock(&balancer->mutex);
    return command->result;
}

static void sweep_clients(struct client_list *list, uint64_t now_ms)
{
    struct client *client, *next;
    for (client = LIST_FIRST(list); client != NULL; client = next) {
        next = LIST_NEXT(client, link);
        client_sweep(client, now_ms);
    }
}

static void sweep(uv_timer_t *timer)
{
    struct balancer *balancer = timer->data;
    uint64_t now_ms = uv_now(&balancer->loop);
    struct listener *listener;
    struct group *group;
    LIST_FOREACH(listener, &balancer->listeners, link)
    sweep_clients(&listener->clients, now_ms);
    sweep_clients(&balancer->orphans, now_ms);
    LIST_FOREACH(group, &balancer->groups, link)
    group_sweep(group, now_ms);
}

static void *run(void *context)
{
    struct balancer *balancer = context;
    uv_run(&balancer->loop, UV_RUN_DEFAULT);
    return NULL;
}

/* Signals are for the program's other threads, and a closed connection is no reason to die. */
static int start_thread(struct balancer *balancer)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int result = pthread_create(&balancer->thread, NULL, run, balancer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}

static void close_own_handles(struct balancer *balancer)
{
    uv_close((uv_handle_t *)&balancer->wake, NULL);
    uv_close((uv_handle_t *)&balancer->sweep, NULL);
}

static void balancer_free(struct balancer *balancer)
{
    uv_loop_close(&balancer->loop);
    pthread_cond_destroy(&balancer->changed);
    pthread_mutex_destroy(&balancer->mutex);
    free(balancer);
}

struct balancer *balancer_start(struct error *error)
{
    struct balancer *balancer = calloc(1, sizeof *balancer);
    if (balancer == NULL || uv_loop_init(&balancer->loop) != 0) {
        free(balancer);
        error_set(error, ERROR_SYSTEM, "cannot make the balancer's loop");
        return NULL;
    }
    pthread_mutex_init(&balancer->mutex, NULL);
    pthread_cond_init(&balancer->changed, NULL);
    LIST_INIT(&balancer->groups);
    LIST_INIT(&balancer->listeners);
    LIST_INIT(&balancer->orphans);
    balancer->wake.data = balancer->sweep.data = balancer;
    uv_timer_init(&balancer->loop, &balancer->sweep);
    uv_timer_start(&balancer->sweep, sweep, BALANCER_SWEEP_MS, BALANCER_SWEEP_MS);
    if (uv_async_init(&balancer->loop, &balancer->wake, run_commands) == 0) {
        if (start_thread(balancer) == 0)
            return balancer;
        uv_close((uv_handle_t *)&balancer->wake, NULL);
    }
    uv_close((uv_handle_t *)&balancer->sweep, NULL);
    uv_run(&balancer->loop, UV_RUN_DEFAULT);
    balancer_free(balancer);
    error_set(error, ERROR_SYSTEM, "cannot start the balancer's thread");
    return NULL;
}

static void on_listener_closed(uv_handle_t *handle)
{
    struct listener *listener = handle->data;
    free(listener->routes);
    free(listener);
}

static void listener_destroy(struct listener *listener)
{
    route_set(listener, NULL, 0, NULL);
    while (!LIST_EMPTY(&listener->clients))
        client_listener_gone(LIST_FIRST(&listener->clients));
    LIST_REMOVE(listener, link);
    uv_close((uv_handle_t *)&listener->tcp, on_listener_closed);
}

static void stop(struct balancer *balancer, struct command *command)
{
    (void)command;
    while (!LIST_EMPTY(&balancer->listeners))
        listener_destroy(LIST_FIRST(&balancer->listeners));
    while (!LIST_EMPTY(&balancer->orphans))
        client_close(LIST_FIRST(&balancer->orphans));
    while (!LIST_EMPTY(&balancer->groups))
        group_destroy(LIST_FIRST(&balancer->groups));
    close_own_handles(balancer);
}

void balancer_stop(struct balancer *balancer)
{
    if (balancer == NULL)
        return;
    struct command command = {.run = stop};
    balancer_call(balancer, &command);
    pthread_join(balancer->thread, NULL);
    balancer_free(balancer);
}

static struct listener *need_listener(struct balancer *balancer, unsigned number, struct error *error)
{
    struct listener *listener;
    LIST_FOREACH(listener, &balancer->listeners, link)
    if (listener->number == number)
        return listener;
    error_set(error, ERROR_NOT_FOUND, "there is no listener %u", number);
    return NULL;
}

static void on_connection(uv_stream_t *stream, int status)
{
    if (status == 0)
        client_accept(stream->data);
}

static bool bind_and_listen(struct listener *listener, const char *address, uint16_t port,
                            struct error *error)
{
    struct sockaddr_storage at;
    int length = sizeof at;
    int result = uv_ip4_addr(address, port, (struct sockaddr_in *)&at);
    if (result != 0)
        result = uv_ip6_addr(address, port, (struct sockaddr_in6 *)&at);
    if (result == 0)
        result = uv_tcp_bind(&listener->tcp, (struct sockaddr *)&at, 0);
    if (result == 0)
        result = uv_listen((uv_stream_t *)&listener->tcp, LISTEN_BACKLOG, on_connection);
    if (result == 0)
        result = uv_tcp_getsockname(&listener->tcp, (struct sockaddr *)&at, &length);
    if (result != 0)
        return error_set(error, ERROR_SYSTEM, "cannot listen on %s port %u: %s", address, (unsigned)port,
                         uv_strerror(result));
    uint16_t bound = at.ss_family == AF_INET ? ((struct sockaddr_in *)&at)->sin_port
                                             : ((struct sockaddr_in6 *)&at)->sin6_port;
    listener->port = ntohs(bound);
    return true;
}

static void add_listener(struct balancer *balancer, struct command *command)
{
    struct listener *listener = calloc(1, sizeof *listener);
    if (listener == NULL || uv_tcp_init(&balancer->loop, &listener->tcp) != 0) {
        free(listener);
        error_set(command->error, ERROR_SYSTEM, "no memory for a listener");
        return;
    }
    listener->tcp.data = listener;
    listener->balancer = balancer;
    listener->idle_timeout_ms = BALANCER_IDLE_TIMEOUT_MS;
    LIST_INIT(&listener->clients);
    if (!bind_and_listen(listener, command->address, command->port, command->error)) {
        uv_close((uv_handle_t *)&listener->tcp, on_listener_closed);
        return;
    }
    listener->number = ++balancer->last_number;
    LIST_INSERT_HEAD(&balancer->listeners, listener, link);
    command->number = listener->number;
    command->port = listener->port;
    command->result = true;
}

bool balancer_add_listener(struct balancer *balancer, const char *address, uint16_t port, unsigned *listener,
                           uint16_t *bound, struct error *error)
{
    struct command command = {.run = add_listener, .error = error, .address = address, .port = port};
    if (!balancer_call(balancer, &command))
        return false;
    *listener = command.number;
    *bound = command.port;
    return true;
}

static void set_rules(struct balancer *balancer, struct command *command)
{
    struct listener *listener = need_listener(balancer, command->number, command->error);
    command->result = listener != NULL && route_set(listener, command->rules, command->count, command->error);
}

bool balancer_set_rules(struct balancer *balancer, unsigned listener, const struct balancer_rule *rules,
                        size_t count, struct error *error)
{
    struct command command = {
        .run = set_rules, .error = error, .number = listener, .rules = rules, .count = count};
    return balancer_call(balancer, &command);
}

static void set_idle_timeout(struct balancer *balancer, struct command *command)
{
    struct listener *listener = need_listener(balancer, command->number, command->error);
    struct client *client;
    if (listener == NULL)
        return;
    listener->idle_timeout_ms = command->delay_ms;
    LIST_FOREACH(client, &listener->clients, link)
    client->idle_timeout_ms = command->delay_ms;
    command->result = true;
}

bool balancer_set_idle_timeout(struct balancer *balancer, unsigned listener, int idle_timeout_ms,
                               struct error *error)
{
    struct command command = {
        .run = set_idle_timeout, .error = error, .number = listener, .delay_ms = idle_timeout_ms};
    if (idle_timeout_ms < 1 || idle_timeout_ms > IDLE_MAX_MS)
        return error_set(error, ERROR_INVALID, "idle timeout must be 1 to %d ms", IDLE_MAX_MS);
    return balancer_call(balancer, &command);
}

static void remove_listener(struct balancer *balancer, struct command *command)
{
    struct listener *listener = need_listener(balancer, command->number, NULL);
    if (listener != NULL)
        listener_destroy(listener);
}

void balancer_remove_listener(struct balancer *balancer, unsigned listener)
{
    struct command command = {.run = remove_listener, .number = listener};
    balancer_call(balancer, &command);
}
