#include "src/probe_serve.h"

#include "core/units.h"
#include "experiment/json.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 64
#define ADDRESS_MAX (INET6_ADDRSTRLEN + 10)

struct probe_server {
    struct MHD_Daemon *daemon;
    struct probe_serve_answers answers;
    char address[ADDRESS_MAX];
};

/* ── answers ─────────────────────────────────────────────────────────────────────────────── */

static enum MHD_Result send_document(struct MHD_Connection *connection, unsigned status,
                                     struct json_object *document)
{
    const char *text = json_object_to_json_string_ext(document, JSON_C_TO_STRING_NOSLASHESCAPE);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result = MHD_NO;
    if (response != NULL) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
        MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
        if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
            MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
        result = MHD_queue_response(connection, status, response);
        MHD_destroy_response(response);
    }
    json_object_put(document);
    return result;
}

static unsigned not_found(struct json_object **document)
{
    *document = json_object_new_object();
    json_put_text(*document, "error", "there are /health and /test");
    return MHD_HTTP_NOT_FOUND;
}

static unsigned not_allowed(struct json_object **document)
{
    *document = json_object_new_object();
    json_put_text(*document, "error", "only GET and HEAD");
    return MHD_HTTP_METHOD_NOT_ALLOWED;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *body, size_t *length,
                              void **state)
{
    struct probe_server *server = context;
    struct json_object *document = NULL;
    unsigned status;
    (void)version;
    (void)body;
    if (*state == NULL) { /* the head alone: the answer is due when the request is whole */
        *state = server;
        return MHD_YES;
    }
    if (*length > 0) {
        *length = 0;
        return MHD_YES;
    }
    bool health = strcmp(url, "/health") == 0;
    if (!health && strcmp(url, "/test") != 0)
        status = not_found(&document);
    else if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        status = not_allowed(&document);
    else if (health)
        status = server->answers.health(server->answers.context, &document);
    else
        status = server->answers.test(server->answers.context, &document);
    return send_document(connection, status, document);
}

/* ── the socket ──────────────────────────────────────────────────────────────────────────── */

static bool read_where(const char *where, struct sockaddr_storage *address, socklen_t *length,
                       struct error *error)
{
    char text[UNITS_HOST_MAX + 8], host[UNITS_HOST_MAX];
    uint16_t port;
    bool bare = strchr(where, ':') == NULL;
    snprintf(text, sizeof text, "%s%.250s", bare ? ":" : "", where);
    if (!units_parse_address(text, "--serve", host, &port, error)) {
        error->code = ERROR_USAGE;
        return false;
    }
    struct sockaddr_in *v4 = (struct sockaddr_in *)address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET,
                  host[0] == '\0'                  ? "0.0.0.0"
                  : strcmp(host, "localhost") == 0 ? "127.0.0.1"
                                                   : host,
                  &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        *length = sizeof *v4;
    } else if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        *length = sizeof *v6;
    } else {
        return error_set(error, ERROR_USAGE, "--serve: '%.80s' is not a numeric address", host);
    }
    return true;
}

static void keep_address(struct probe_server *server, int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof address;
    char host[INET6_ADDRSTRLEN] = "";
    getsockname(fd, (struct sockaddr *)&address, &length);
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address;
    bool six = address.ss_family == AF_INET6;
    inet_ntop(address.ss_family, six ? (const void *)&v6->sin6_addr : (const void *)&v4->sin_addr, host,
              sizeof host);
    snprintf(server->address, sizeof server->address, six ? "[%s]:%u" : "%s:%u", host,
             ntohs(six ? v6->sin6_port : v4->sin_port));
}

static int open_socket(struct probe_server *server, const char *where, struct error *error)
{
    struct sockaddr_storage address;
    socklen_t length = 0;
    if (!read_where(where, &address, &length, error))
        return -1;
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, length) == 0 && listen(fd, BACKLOG) == 0) {
        keep_address(server, fd);
        return fd;
    }
    error_set_errno(error, "--serve: cannot listen on %.80s", where);
    if (fd >= 0)
        close(fd);
    return -1;
}

struct probe_server *probe_serve_start(const char *where, const struct probe_serve_answers *answers,
                                       struct error *error)
{
    struct probe_server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        error_set(error, ERROR_SYSTEM, "out of memory");
        return NULL;
    }
    server->answers = *answers;
    int fd = open_socket(server, where, error);
    if (fd >=
        0) { /* a thread a connection: /test takes as long as its round, and /health must not wait for it */
        server->daemon =
            MHD_start_daemon(MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_ITC, 0,
                             NULL, NULL, handle, server, MHD_OPTION_LISTEN_SOCKET, fd,
                             MHD_OPTION_CONNECTION_LIMIT, (unsigned)PROBE_SERVE_CONNECTIONS_MAX,
                             MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)PROBE_SERVE_IDLE_S, MHD_OPTION_END);
        if (server->daemon == NULL) {
            error_set(error, ERROR_SYSTEM, "--serve: the HTTP server does not start");
            close(fd);
        }
    }
    if (server->daemon != NULL)
        return server;
    free(server);
    return NULL;
}

const char *probe_serve_address(const struct probe_server *server)
{
    return server->address;
}

void probe_serve_stop(struct probe_server *server)
{
    if (server == NULL)
        return;
    MHD_stop_daemon(server->daemon);
    free(server);
}
