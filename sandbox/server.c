#include "sandbox/server.h"

#include "sandbox/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 128
#define IDLE_S 60
#define REQUEST_MEMORY (64 * 1024) /* headers of one request */

struct server {
    struct MHD_Daemon *daemon;
    server_handler *answer;
    void *context;
};

/* One request's state, kept by libmicrohttpd between its callbacks. */
struct pending {
    struct server_request request;
    bool too_many_headers, url_too_long;
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
    return pending;
}

static void end(void *context, struct MHD_Connection *connection, void **state,
                enum MHD_RequestTerminationCode code)
{
    struct pending *pending = *state;

    (void)context;
    (void)connection;
    (void)code;
    if (pending)
        buf_free(&pending->request.body);
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

static enum MHD_Result send_answer(struct MHD_Connection *connection, struct server_answer *answer)
{
    size_t length = answer->body.length;
    char *body = buf_take(&answer->body);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(length, body ? body : strdup(""), MHD_RESPMEM_MUST_FREE);
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
    buf_init(&answer.body, 0);
    if (pending->request.body.failed)
        answer.status = 413;
    else if (pending->url_too_long)
        answer.status = 414;
    else if (pending->too_many_headers)
        answer.status = 431;
    else
        server->answer(server->context, &pending->request, &answer);
    return send_answer(connection, &answer);
}

struct server *server_start(int socket, server_handler *answer, void *context, struct error *error)
{
    struct server *server = memory_new(sizeof *server);

    server->answer = answer;
    server->context = context;
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC, 0, NULL, NULL, handle, server, MHD_OPTION_LISTEN_SOCKET,
        socket, MHD_OPTION_URI_LOG_CALLBACK, begin, NULL, MHD_OPTION_NOTIFY_COMPLETED, end, NULL,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)SERVER_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_MEMORY, MHD_OPTION_END);
    if (!server->daemon) {
        error_set_errno(error, "cannot start the HTTP server");
        close(socket);
        free(server);
        return NULL;
    }
    return server;
}

void server_stop(struct server *server)
{
    if (!server)
        return;
    MHD_stop_daemon(server->daemon);
    free(server);
}
