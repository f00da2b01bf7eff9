/*
 * The stats sockets.
 */
#include "proxy/control.h"

#include "core/units.h"
#include "proxy/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define LISTEN_BACKLOG 128
#define STATS_FD_MAX 1023

static void on_connection(uv_stream_t *stream, int status)
{
    if (status == 0)
        client_accept(stream->data);
    else
        fprintf(stderr, "shaketable-proxy: stats socket: %s\n", uv_strerror(status));
}

/* A socket file that nobody answers on is what a killed process left: it may go. */
static bool remove_stale(const struct sockaddr_un *address, struct error *error)
{
    struct stat status;
    if (lstat(address->sun_path, &status) < 0)
        return true;
    if (!S_ISSOCK(status.st_mode))
        return error_set(error, ERROR_CONFLICT, "--stats: %s exists and is no socket", address->sun_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return error_set_errno(error, "--stats: %s", address->sun_path);
    int rc = connect(fd, (const struct sockaddr *)address, sizeof *address);
    bool dead = rc < 0 && errno == ECONNREFUSED;
    close(fd);
    if (!dead)
        return error_set(error, ERROR_CONFLICT, "--stats: another process listens on %s", address->sun_path);
    if (unlink(address->sun_path) < 0)
        return error_set_errno(error, "--stats: cannot remove the stale socket %s", address->sun_path);
    return true;
}

static bool listen_unix(struct listener *listener, const char *path, struct error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (path[0] == '\0' || strlen(path) >= sizeof address.sun_path)
        return error_set(error, ERROR_USAGE, "--stats: a socket's path has 1 to %zu characters",
                         sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, strlen(path) + 1);
    if (!remove_stale(&address, error))
        return false;
    mode_t mask = umask(0177);
    int rc = uv_pipe_bind(&listener->socket.pipe, path);
    umask(mask);
    if (rc == 0) {
        memcpy(listener->path, path, strlen(path) + 1);
        rc = uv_listen(&listener->socket.stream, LISTEN_BACKLOG, on_connection);
    }
    return rc == 0 ||
           error_set(error, ERROR_SYSTEM, "--stats: cannot listen on %s: %s", path, uv_strerror(rc));
}

/* Without a key to know the console by, anybody who reaches the port could break the service. */
static bool begin_tls(struct control *control, struct error *error)
{
    struct tls_pins pins;
    if (control->tls)
        return true;
    if (!control->console_key || control->console_key[0] == '\0')
        return error_set(
            error, ERROR_USAGE,
            "--stats: over TCP only the console may speak whose key's SHA-256 stands in the "
            "environment, in SHAKETABLE_CONSOLE_KEY, which is not set; without it use unix:PATH");
    if (!tls_pins_parse(control->console_key, "SHAKETABLE_CONSOLE_KEY", &pins, error))
        return false;
    control->tls = tls_context_server(&pins, error);
    return control->tls || error_prefix(error, "--stats: ");
}

static bool listen_tcp(struct listener *listener, const char *text, char *shown, size_t size,
                       struct error *error)
{
    char host[UNITS_HOST_MAX];
    uint16_t port;
    struct sockaddr_storage address = {0};
    if (!units_parse_address(text, "--stats", host, &port, error))
        return false;
    if (uv_ip4_addr(host, port, (struct sockaddr_in *)&address) < 0 &&
        uv_ip6_addr(host, port, (struct sockaddr_in6 *)&address) < 0)
        return error_set(error, ERROR_USAGE, "--stats: '%s' is not a numeric address", host);
    if (!begin_tls(listener->control, error))
        return false;
    int rc = uv_tcp_bind(&listener->socket.tcp, (const struct sockaddr *)&address, 0);
    if (rc == 0)
        rc = uv_listen(&listener->socket.stream, LISTEN_BACKLOG, on_connection);
    int length = sizeof address;
    if (rc == 0)
        rc = uv_tcp_getsockname(&listener->socket.tcp, (struct sockaddr *)&address, &length);
    if (rc < 0)
        return error_set(error, ERROR_SYSTEM, "--stats: cannot listen on %s: %s", text, uv_strerror(rc));
    bool v6 = address.ss_family == AF_INET6;
    snprintf(shown, size, v6 ? "tcp:[%s]:%u" : "tcp:%s:%u", host,
             ntohs(v6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                      : ((struct sockaddr_in *)&address)->sin_port));
    return true;
}

/* One end of a socketpair(2): who started us holds the other, and nobody else can come. On a socket of the
 * network whoever is at its other end would change the faults unproved. */
static bool adopt(struct control *control, const char *text, struct error *error)
{
    int64_t fd = 0;
    int domain = 0, type = 0;
    socklen_t size = sizeof domain;
    if (!units_parse_integer(text, "--stats fd:", 0, STATS_FD_MAX, &fd, error))
        return false;
    if (getsockopt((int)fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) < 0 ||
        getsockopt((int)fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || domain != AF_UNIX ||
        type != SOCK_STREAM)
        return error_set(error, ERROR_USAGE, "--stats: descriptor %s is no Unix stream socket", text);
    int rc = client_adopt(control, (int)fd);
    return rc == 0 || error_set(error, ERROR_SYSTEM, "--stats: descriptor %s: %s", text, uv_strerror(rc));
}

void control_unlink(struct control *control)
{
    for (struct listener *listener = control->listeners; listener; listener = listener->next)
        if (listener->path[0] != '\0')
            unlink(listener->path);
}

bool control_listen(struct control *control, const char *address, char *shown, size_t size,
                    struct error *error)
{
    bool is_unix = strncmp(address, "unix:", 5) == 0;
    snprintf(shown, size, "%s", address);
    if (strncmp(address, "fd:", 3) == 0)
        return adopt(control, address + 3, error);
    if (!is_unix && strncmp(address, "tcp:", 4) != 0)
        return error_set(error, ERROR_USAGE, "--stats: '%s' is none of unix:PATH, fd:N and tcp:ADDR:PORT",
                         address);
    struct listener *listener = calloc(1, sizeof *listener);
    if (!listener)
        return error_set(error, ERROR_SYSTEM, "out of memory");
    listener->control = control;
    listener->is_unix = is_unix;
    listener->next = control->listeners;
    control->listeners = listener;
    int rc = is_unix ? uv_pipe_init(&control->loop, &listener->socket.pipe, 0)
                     : uv_tcp_init(&control->loop, &listener->socket.tcp);
    if (rc < 0)
        return error_set(error, ERROR_SYSTEM, "--stats: %s", uv_strerror(rc));
    listener->socket.handle.data = listener;
    return is_unix ? listen_unix(listener, address + 5, error)
                   : listen_tcp(listener, address + 4, shown, size, error);
}
