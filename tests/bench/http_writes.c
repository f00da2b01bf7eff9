#include "tests/bench/http.h"

#include "core/clock.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 128

static const char response[] = "HTTP/1.1 200 OK\r\nContent-Length: 63\r\n\r\n" HTTP_BODY;

/* A connection to the listener: the end to write to; the other stays open and unread. */
static int open_pair(int listener, const struct sockaddr_in *address)
{
    int one = 1;
    int client = socket(AF_INET, SOCK_STREAM, 0);
    if (client < 0 || connect(client, (const struct sockaddr *)address, sizeof *address) != 0)
        return -1;
    int fd = accept(listener, NULL, NULL);
    if (fd >= 0)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

int http_writes(int connections)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int *fds = calloc((size_t)connections, sizeof *fds);
    bool good = fds != NULL && bind(listener, (struct sockaddr *)&address, sizeof address) == 0 &&
                listen(listener, BACKLOG) == 0 &&
                getsockname(listener, (struct sockaddr *)&address, &size) == 0;
    for (int i = 0; good && i < connections; i++)
        good = (fds[i] = open_pair(listener, &address)) >= 0;
    uint64_t began = clock_us();
    for (int i = 0; good && i < connections; i++)
        good = write(fds[i], response, sizeof response - 1) == (ssize_t)(sizeof response - 1);
    if (good)
        printf("%d microseconds\n", (int)(clock_us() - began));
    else
        perror("bench_http: writes");
    free(fds);
    return good ? 0 : 1;
}
