#include "tests/bench/http.h"

#include "core/clock.h"
#include "core/hist.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS_MAX 4096
#define EVENTS 1024
#define READ_BYTES 16384

struct client {
    int fd;
    uint64_t asked_ns;
    size_t got; /* bytes of the response */
};
struct load {
    int events;
    struct client clients[CONNECTIONS_MAX];
    size_t response_length; /* learnt from the first */
    uint64_t requests, failures;
    struct hist hist; /* nanoseconds would overflow its top: microseconds */
};

static bool ask(struct client *client)
{
    client->got = 0;
    client->asked_ns = clock_ns();
    return write(client->fd, HTTP_REQUEST, sizeof HTTP_REQUEST - 1) == (ssize_t)(sizeof HTTP_REQUEST - 1);
}

static bool open_client(struct load *load, struct client *client, int port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_port = htons((uint16_t)port)};
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = client}};
    int one = 1;
    client->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (client->fd < 0 || connect(client->fd, (struct sockaddr *)&address, sizeof address) != 0)
        return false;
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return epoll_ctl(load->events, EPOLL_CTL_ADD, client->fd, &event) == 0 && ask(client);
}

/* A relay may add a header: the length is learnt, and the same for all. */
static size_t whole_length(const char *bytes, size_t count)
{
    const char *end = memmem(bytes, count, HTTP_HEAD_END, 4);
    return end == NULL ? 0 : (size_t)(end - bytes) + 4 + sizeof HTTP_BODY - 1;
}

static void hear(struct load *load, struct client *client)
{
    char bytes[READ_BYTES];
    ssize_t count = read(client->fd, bytes, sizeof bytes);
    if (count <= 0) {
        load->failures++;
        close(client->fd);
        return;
    }
    if (client->got == 0 && load->response_length == 0)
        load->response_length = whole_length(bytes, (size_t)count);
    client->got += (size_t)count;
    if (client->got < load->response_length)
        return;
    hist_record(&load->hist, (clock_ns() - client->asked_ns) / 1000);
    load->requests++;
    if (!ask(client))
        load->failures++;
}

int http_load(int port, int connections, double seconds)
{
    struct load *load = calloc(1, sizeof *load);
    struct epoll_event list[EVENTS];
    if (load == NULL || connections < 1 || connections > CONNECTIONS_MAX)
        return 2;
    hist_clear(&load->hist);
    load->events = epoll_create1(0);
    for (int i = 0; i < connections; i++)
        if (!open_client(load, &load->clients[i], port)) {
            perror("bench_http: load");
            return 1;
        }
    uint64_t began = clock_ns(), end = began + (uint64_t)(seconds * 1e9);
    while (clock_ns() < end && load->failures == 0) {
        int count = epoll_wait(load->events, list, EVENTS, 100);
        for (int i = 0; i < count; i++)
            hear(load, list[i].data.ptr);
    }
    double took = (double)(clock_ns() - began) / 1e9;
    printf("%.0f requests, %.0f a second, p50 %.0f p99 %.0f us%s\n", (double)load->requests,
           (double)load->requests / took, hist_percentile(&load->hist, 50), hist_percentile(&load->hist, 99),
           load->failures > 0 ? ", FAILED" : "");
    int status = load->failures > 0 || load->requests == 0;
    free(load);
    return status;
}
