#include "tests/bench/http.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS 256
#define READ_BYTES 65536

/* Both of a pair name each other; they are never freed: a load's connections last until it ends. */
struct end {
    int fd;
    struct end *other;
};

static struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_port = htons((uint16_t)port)};
}

static int listen_somewhere(int events)
{
    struct sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct epoll_event event = {.events = EPOLLIN};
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) != 0 || listen(fd, EVENTS) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) != 0 ||
        epoll_ctl(events, EPOLL_CTL_ADD, fd, &event) != 0)
        return -1;
    printf("port %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void watch(int events, struct end *end)
{
    int one = 1;
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data = {.ptr = end}};
    setsockopt(end->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    epoll_ctl(events, EPOLL_CTL_ADD, end->fd, &event);
}

static void pair(int events, int listener, int port)
{
    struct sockaddr_in address = loopback(port);
    struct end *ends = calloc(2, sizeof *ends);
    if (ends == NULL)
        return;
    ends[0] = (struct end){.fd = accept(listener, NULL, NULL), .other = &ends[1]};
    ends[1] = (struct end){.fd = socket(AF_INET, SOCK_STREAM, 0), .other = &ends[0]};
    if (ends[0].fd < 0 || connect(ends[1].fd, (struct sockaddr *)&address, sizeof address) != 0)
        return;
    watch(events, &ends[0]);
    watch(events, &ends[1]);
}

int http_relay(int port)
{
    static char bytes[READ_BYTES];
    int events = epoll_create1(0), listener = listen_somewhere(events);
    struct epoll_event list[EVENTS];
    if (listener < 0)
        return 1;
    for (;;) {
        int count = epoll_wait(events, list, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            struct end *end = list[i].data.ptr;
            if (end == NULL) {
                pair(events, listener, port);
                continue;
            }
            if (end->fd < 0)
                continue;
            ssize_t length = recv(end->fd, bytes, sizeof bytes, MSG_DONTWAIT);
            if (length <= 0 || send(end->other->fd, bytes, (size_t)length, MSG_NOSIGNAL) != length) {
                close(end->fd);
                close(end->other->fd);
                end->fd = end->other->fd = -1;
            }
        }
    }
}
