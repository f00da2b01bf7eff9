#include "experiment/control.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/buf.h"
#include "experiment/paths.h"

struct control_client {
    int fd;
    struct buf received;
    size_t taken; /* of `received`, by the last line */
};

struct control_client *control_connect(const char *experiment, struct error *error)
{
    char path[PATHS_MAX];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!paths_control_socket(experiment, path, error))
        return NULL;
    if (strlen(path) >= sizeof address.sun_path) {
        error_set(error, ERROR_SYSTEM, "the path %s is too long for a socket: set XDG_RUNTIME_DIR", path);
        return NULL;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    struct control_client *client = calloc(1, sizeof *client);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client == NULL || fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        error_set(error, ERROR_NOT_FOUND, "no process runs experiment %s", experiment);
        if (fd >= 0)
            close(fd);
        free(client);
        return NULL;
    }
    client->fd = fd;
    buf_init(&client->received, 4 * CONTROL_LINE_MAX);
    return client;
}

bool control_send(struct control_client *client, const char *line, struct error *error)
{
    size_t length = strlen(line);
    if (send(client->fd, line, length, MSG_NOSIGNAL) != (ssize_t)length ||
        send(client->fd, "\n", 1, MSG_NOSIGNAL) != 1)
        return error_set_errno(error, "the experiment's process does not listen");
    return true;
}

const char *control_read(struct control_client *client, int timeout_ms, struct error *error)
{
    error_clear(error);
    buf_consume(&client->received, client->taken);
    client->taken = 0;
    for (;;) {
        char *end = client->received.length == 0
                        ? NULL
                        : memchr(client->received.data, '\n', client->received.length);
        if (end != NULL) {
            *end = '\0';
            client->taken = (size_t)(end - client->received.data) + 1;
            return client->received.data;
        }
        struct pollfd poll_fd = {.fd = client->fd, .events = POLLIN};
        int ready = poll(&poll_fd, 1, timeout_ms);
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready == 0) {
            error_set(error, ERROR_TIMEOUT, "the experiment's process does not answer");
            return NULL;
        }
        char bytes[4096];
        ssize_t length = recv(client->fd, bytes, sizeof bytes, 0);
        if (length == 0)
            return NULL;
        if (length < 0 || !buf_append(&client->received, bytes, (size_t)length)) {
            error_set(error, ERROR_NETWORK, "the experiment's process sent what can't be read");
            return NULL;
        }
    }
}

void control_disconnect(struct control_client *client)
{
    if (client == NULL)
        return;
    close(client->fd);
    buf_free(&client->received);
    free(client);
}
