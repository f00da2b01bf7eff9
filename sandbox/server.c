#include "sandbox/server.h"

#include "core/clock.h"
#include "sandbox/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define BACKLOG 128
#define IDLE_S 60
#define REQUEST_MEMORY (64 * 1024) /* headers of one request */

struct server {
    struct MHD_Daemon *daemon;
    server_handler *answer;
    void *context;
    pthread_mutex_t mutex; /* over what follows */
    struct pending *held;
    int timer;
};

/* One request's state, kept by libmicrohttpd between its callbacks. */
struct pending {
    struct server_request request;
    bool too_many_headers, url_too_long;
    struct MHD_Connection *connection; /* of one that is held */
    struct pending *next;
    int64_t due_ms;
    bool is_released;
    struct server_answer answer; /* of one that was held, to be sent now */
};

int server_bind(const char *host, uint16_t *port, struct error *error)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(*port)};
    socklen_t size = sizeof address;
    int one = 1, fd = -1;

    if (strcmp(host, "localhost") == 0)
        host = "127.0.0.1";
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1 || ntohl(address.sin_addr.s_addr) >> 24 != 127) {
        error_set(error, ERROR_USAGE,
                  "--listen: %s is not a loopback address; the region only listens on 127.x.y.z",
                  *host ? host : "an empty host");
        return -1;
    }
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        if (errno == EADDRINUSE)
            error_set(error, ERROR_CONFLICT,
                      "cannot listen on %s:%u: the port is in use; stop what uses it, or choose another with "
                      "--listen",
                      host, *port);
        else
            error_set_errno(error, "cannot listen on %s:%u", host, *port);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    *port = ntohs(address.sin_port);
    return fd;
}

/* Called before anything else of a request: the only place that has the URL as it was sent. */
static void *begin(void *context, const char *uri, struct MHD_Connection *connection)
{
    struct pending *pending = memory_new(sizeof *pending);
    char *mark = NULL;

    (void)context;
    (void)connection;
    pending->url_too_long = strlen(uri) >= sizeof pending->request.path;
    text_copy(pending->request.path, sizeof pending->request.path, uri);
    mark = strchr(pending->request.path, '?');
    if (mark)
        *mark = '\0';
    pending->request.query = mark ? mark + 1 : "";
    buf_init(&pending->request.body, SERVER_BODY_MAX);
    buf_init(&pending->answer.body, 0);
    return pending;
}

static void end(void *context, struct MHD_Connection *connection, void **state,
                enum MHD_RequestTerminationCode code)
{
    struct pending *pending = *state;

    (void)context;
    (void)connection;
    (void)code;
    if (pending) {
        buf_free(&pending->request.body);
        buf_free(&pending->answer.body);
    }
    free(pending);
    *state = NULL;
}

static enum MHD_Result take_header(void *context, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    struct pending *pending = context;
    struct server_request *request = &pending->request;

    (void)kind;
    if (request->header_count == SIGV4_HEADERS_MAX) {
        pending->too_many_headers = true;
        return MHD_NO;
    }
    request->headers[request->header_count++] = (struct sigv4_header){name, value ? value : ""};
    return MHD_YES;
}

/* A body that promises its length and ends before it is reached. */
struct half {
    char *body;
    size_t length;
};

static ssize_t read_half(void *context, uint64_t at, char *to, size_t size)
{
    const struct half *half = context;
    size_t left = half->length / 2 - (size_t)at;

    if (left == 0)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (left > size)
        left = size;
    memcpy(to, half->body + at, left);
    return (ssize_t)left;
}

static void free_half(void *context)
{
    struct half *half = context;

    free(half->body);
    free(half);
}

static struct MHD_Response *make_half(char *body, size_t length)
{
    struct half *half = memory_new(sizeof *half);

    *half = (struct half){body, length};
    struct MHD_Response *response =
        MHD_create_response_from_callback(length, REQUEST_MEMORY, read_half, half, free_half);
    if (!response)
        free(half);
    return response;
}

static enum MHD_Result send_answer(struct MHD_Connection *connection, struct server_answer *answer)
{
    size_t length = answer->body.length;
    char *taken = buf_take(&answer->body), *body = taken ? taken : strdup("");
    struct MHD_Response *response =
        answer->ending == SERVER_HALF ? make_half(body, length)
                                      : MHD_create_response_from_buffer(length, body, MHD_RESPMEM_MUST_FREE);
    enum MHD_Result result = MHD_NO;

    if (!response) {
        free(body);
        return MHD_NO;
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->content_type);
    if (strcmp(answer->content_type, "application/cbor") == 0)
        MHD_add_response_header(response, "smithy-protocol", "rpc-v2-cbor");
    if (*answer->id)
        MHD_add_response_header(response, "x-amzn-RequestId", answer->id);
    if (*answer->error_type)
        MHD_add_response_header(response, "x-amzn-ErrorType", answer->error_type);
    result = MHD_queue_response(connection, (unsigned)answer->status, response);
    MHD_destroy_response(response);
    return result;
}

/* To when the first of those held is due; the mutex is held. */
static void set_timer(const struct server *server)
{
    struct itimerspec spec = {0};
    int64_t due_ms = 0, wait_ms = 0;

    for (const struct pending *held = server->held; held; held = held->next)
        if (due_ms == 0 || held->due_ms < due_ms)
            due_ms = held->due_ms;
    if (due_ms > 0) {
        wait_ms = due_ms - clock_ms();
        if (wait_ms < 1)
            wait_ms = 1;
        spec.it_value.tv_sec = wait_ms / 1000;
        spec.it_value.tv_nsec = wait_ms % 1000 * 1000000;
    }
    timerfd_settime(server->timer, 0, &spec, NULL);
}

static enum MHD_Result hold(struct server *server, struct MHD_Connection *connection, struct pending *pending,
                            const struct server_answer *answer)
{
    pending->connection = connection;
    pending->answer.ending = answer->ending;
    pending->due_ms = clock_ms() + (answer->ending == SERVER_LATER ? answer->later_ms : SERVER_SILENCE_MS);
    MHD_suspend_connection(connection);
    pthread_mutex_lock(&server->mutex);
    pending->next = server->held;
    server->held = pending;
    set_timer(server);
    pthread_mutex_unlock(&server->mutex);
    return MHD_YES;
}

static enum MHD_Result finish(struct server *server, struct MHD_Connection *connection,
                              struct pending *pending, struct server_answer *answer)
{
    switch (answer->ending) {
    case SERVER_WHOLE:
    case SERVER_HALF:
        return send_answer(connection, answer);
    case SERVER_SILENT:
    case SERVER_LATER:
        buf_free(&answer->body);
        return pending->is_released ? MHD_NO : hold(server, connection, pending, answer);
    case SERVER_CUT:
        break;
    }
    buf_free(&answer->body);
    return MHD_NO;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data, size_t *length,
                              void **state)
{
    struct server *server = context;
    struct pending *pending = *state;
    struct server_answer answer = {.status = 200, .content_type = "text/plain"};

    (void)url;
    (void)version;
    if (!pending)
        return MHD_NO;
    if (!pending->request.method) { /* the head is here, the body is not */
        pending->request.method = method;
        MHD_get_connection_values(connection, MHD_HEADER_KIND, take_header, pending);
        return MHD_YES;
    }
    if (*length > 0) { /* a body beyond the bound is read to its end, then refused */
        buf_append(&pending->request.body, data, *length);
        *length = 0;
        return MHD_YES;
    }
    if (pending->is_released)
        return finish(server, connection, pending, &pending->answer);
    buf_init(&answer.body, 0);
    if (pending->request.body.failed)
        answer.status = 413;
    else if (pending->url_too_long)
        answer.status = 414;
    else if (pending->too_many_headers)
        answer.status = 431;
    else
        server->answer(server->context, &pending->request, &answer);
    return finish(server, connection, pending, &answer);
}

int server_event_fd(const struct server *server)
{
    return server->timer;
}

/* The list of those that are due, or of all. */
static struct pending *take_held(struct server *server, bool all)
{
    struct pending *taken = NULL, **at = &server->held;
    int64_t now_ms = clock_ms();

    pthread_mutex_lock(&server->mutex);
    while (*at) {
        struct pending *pending = *at;
        if (all || pending->due_ms <= now_ms) {
            *at = pending->next;
            pending->next = taken;
            taken = pending;
        } else {
            at = &pending->next;
        }
    }
    set_timer(server);
    pthread_mutex_unlock(&server->mutex);
    return taken;
}

static void release(struct server *server, bool all)
{
    uint64_t count = 0;

    if (read(server->timer, &count, sizeof count) < 0)
        count = 0; /* it was set anew meanwhile */
    for (struct pending *next, *pending = take_held(server, all); pending; pending = next) {
        next = pending->next;
        if (pending->answer.ending == SERVER_LATER && !all) {
            pending->answer = (struct server_answer){.status = 200, .content_type = "text/plain"};
            pending->request.again = true;
            server->answer(server->context, &pending->request, &pending->answer);
        }
        pending->is_released = true;
        MHD_resume_connection(pending->connection); /* it may be gone after this */
    }
}

void server_release(struct server *server)
{
    release(server, false);
}

static void free_server(struct server *server)
{
    if (server->timer >= 0)
        close(server->timer);
    pthread_mutex_destroy(&server->mutex);
    free(server);
}

struct server *server_start(int socket, server_handler *answer, void *context, struct error *error)
{
    struct server *server = memory_new(sizeof *server);

    server->answer = answer;
    server->context = context;
    server->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    pthread_mutex_init(&server->mutex, NULL);
    server->daemon =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME, 0, NULL,
                         NULL, handle, server, MHD_OPTION_LISTEN_SOCKET, socket, MHD_OPTION_URI_LOG_CALLBACK,
                         begin, NULL, MHD_OPTION_NOTIFY_COMPLETED, end, NULL, MHD_OPTION_CONNECTION_LIMIT,
                         (unsigned)SERVER_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
                         MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_MEMORY, MHD_OPTION_END);
    if (!server->daemon) {
        error_set_errno(error, "cannot start the HTTP server");
        close(socket);
        free_server(server);
        return NULL;
    }
    return server;
}

void server_stop(struct server *server)
{
    if (!server)
        return;
    release(server, true);
    MHD_stop_daemon(server->daemon);
    free_server(server);
}
