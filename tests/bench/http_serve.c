#include "tests/bench/http.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS 256
#define READ_BYTES 16384

static int listen_somewhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) != 0 || listen(fd, EVENTS) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) != 0)
        return -1;
    printf("port %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void take(int events, int listener)
{
    int one = 1, fd = accept(listener, NULL, NULL);
    struct epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};
    if (fd < 0)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    epoll_ctl(events, EPOLL_CTL_ADD, fd, &event);
}

/* Closed loop: a client has one request under way, and requests are small, so a read holds whole ones. */
static void answer(int fd, const char *response, size_t length)
{
    char bytes[READ_BYTES];
    ssize_t count = read(fd, bytes, sizeof bytes);
    if (count <= 0 || memmem(bytes, (size_t)count, HTTP_HEAD_END, 4) == NULL ||
        write(fd, response, length) != (ssize_t)length)
        close(fd);
}

int http_serve(void)
{
    char response[512];
    int length =
        snprintf(response, sizeof response,
                 "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                 sizeof HTTP_BODY - 1, HTTP_BODY);
    int listener = listen_somewhere(), events = epoll_create1(0);
    struct epoll_event list[EVENTS], event = {.events = EPOLLIN, .data = {.fd = listener}};
    if (listener < 0 || epoll_ctl(events, EPOLL_CTL_ADD, listener, &event) != 0)
        return 1;
    for (;;) {
        int count = epoll_wait(events, list, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            if (list[i].data.fd == listener)
                take(events, listener);
            else
                answer(list[i].data.fd, response, (size_t)length);
        }
    }
}
