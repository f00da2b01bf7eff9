/*
 * traffic: two ends that send each other messages of fixed sizes, for tests that compare one path with
 * another.
 *
 *   traffic serve http|raw REQUEST RESPONSE              prints "port N"; serves until it is killed
 *   traffic load PORT http|raw REQUEST RESPONSE CONNECTIONS EACH GAP_MS LIMIT_S
 *
 * REQUEST and RESPONSE are the bytes of a whole message; http is keep-alive HTTP/1.1, raw is nothing but x.
 * `load` opens its connections, makes one exchange on each, prints "ready", and waits for a line; then each
 * connection makes EACH exchanges with a pause of 0 to 2·GAP_MS before every one (the connections start
 * spread over GAP_MS), and in the end the microseconds of every exchange are printed, one a line. After
 * LIMIT_S no more begin, and those under way are printed as they are. One thread and epoll each.
 */
#include "core/clock.h"
#include "core/random.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define PEERS_MAX 1024
#define MESSAGE_MAX (1U << 20)
#define READ_BYTES 65536
#define BACKLOG 1024

struct message {
    char *bytes;
    size_t length;
};
struct peer {
    int fd;
    size_t in;  /* of the message that is read */
    size_t out; /* of the message that is written */
    bool waiting;
    unsigned left;
    uint64_t due_ns;
    uint64_t asked_ns;
};
struct traffic {
    int events;
    struct message out;
    size_t in_length;
    struct peer *peers;
    size_t count;
    struct random random;
    double *times_us;
    size_t times;
};

/* The head names the length of the rest; where it is itself of a length that depends on that. */
static bool fill(struct message *message, const char *kind, bool response, size_t length)
{
    char head[128] = "";
    message->bytes = malloc(length + 1);
    message->length = length;
    if (!message->bytes)
        return false;
    memset(message->bytes, 'x', length);
    if (strcmp(kind, "raw") == 0)
        return true;
    for (size_t body = length; body > 0; body--) {
        int size = snprintf(head, sizeof head, "%s\r\nContent-Length: %zu\r\n\r\n",
                            response ? "HTTP/1.1 200 OK" : "POST / HTTP/1.1\r\nHost: x", body - 1);
        if ((size_t)size + body - 1 == length) {
            memcpy(message->bytes, head, (size_t)size);
            return true;
        }
    }
    return false;
}

static bool traffic_init(struct traffic *traffic, const char *kind, const char *out, const char *in,
                         bool response)
{
    unsigned long in_length = strtoul(in, NULL, 10);
    unsigned long out_length = strtoul(out, NULL, 10);
    if (in_length < 1 || in_length > MESSAGE_MAX || out_length < 1 || out_length > MESSAGE_MAX)
        return false;
    traffic->in_length = in_length;
    traffic->events = epoll_create1(EPOLL_CLOEXEC);
    traffic->peers = calloc(PEERS_MAX, sizeof *traffic->peers);
    return traffic->events >= 0 && traffic->peers && fill(&traffic->out, kind, response, out_length);
}

static bool watch(const struct traffic *traffic, struct peer *peer, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data = {.ptr = peer}};
    return epoll_ctl(traffic->events, operation, peer->fd, &event) == 0;
}

static bool add_peer(struct traffic *traffic, int fd)
{
    int one = 1;
    if (fd < 0 || traffic->count == PEERS_MAX)
        return false;
    struct peer *peer = &traffic->peers[traffic->count++];
    peer->fd = fd;
    peer->out = traffic->out.length;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return watch(traffic, peer, EPOLL_CTL_ADD, EPOLLIN);
}

static _Noreturn void give_up(const char *what)
{
    perror(what);
    exit(1);
}

/* Goes on writing the message; what the socket does not take waits for EPOLLOUT. */
static void push(struct traffic *traffic, struct peer *peer)
{
    while (peer->out < traffic->out.length) {
        ssize_t count = send(peer->fd, traffic->out.bytes + peer->out, traffic->out.length - peer->out,
                             MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count < 0 && errno == EAGAIN) {
            watch(traffic, peer, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
            return;
        }
        if (count < 0)
            give_up("traffic: send");
        peer->out += (size_t)count;
    }
    watch(traffic, peer, EPOLL_CTL_MOD, EPOLLIN);
}

/* True when a message has been read to its end. */
static bool pull(const struct traffic *traffic, struct peer *peer)
{
    static char bytes[READ_BYTES];
    ssize_t count = recv(peer->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (count == 0 || (count < 0 && errno == ECONNRESET)) {
        close(peer->fd);
        peer->out = traffic->out.length;
        return false;
    }
    if (count < 0 && errno != EAGAIN)
        give_up("traffic: recv");
    peer->in += count > 0 ? (size_t)count : 0;
    if (peer->in < traffic->in_length)
        return false;
    peer->in -= traffic->in_length;
    return true;
}

static _Noreturn void serve(struct traffic *traffic)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    struct epoll_event list[64];
    struct epoll_event event = {.events = EPOLLIN};
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 ||
        listen(listener, BACKLOG) != 0 || getsockname(listener, (struct sockaddr *)&address, &size) != 0 ||
        epoll_ctl(traffic->events, EPOLL_CTL_ADD, listener, &event) != 0)
        give_up("traffic: listen");
    printf("port %d\n", ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        int count = epoll_wait(traffic->events, list, 64, -1);
        for (int i = 0; i < count; i++) {
            struct peer *peer = list[i].data.ptr;
            if (!peer) {
                if (!add_peer(traffic, accept(listener, NULL, NULL)))
                    give_up("traffic: accept");
                continue;
            }
            if ((list[i].events & ~(uint32_t)EPOLLOUT) && pull(traffic, peer))
                peer->out = 0;
            if (peer->out < traffic->out.length)
                push(traffic, peer);
        }
    }
}

static void ask(struct traffic *traffic, struct peer *peer)
{
    peer->waiting = true;
    peer->out = 0;
    peer->asked_ns = clock_ns();
    push(traffic, peer);
}

/* Whose pause is over asks. Returns the milliseconds to the next that will be. */
static int ask_due(struct traffic *traffic)
{
    uint64_t now = clock_ns();
    uint64_t next = now + UINT64_C(1000000000);
    for (size_t i = 0; i < traffic->count; i++) {
        struct peer *peer = &traffic->peers[i];
        if (peer->waiting || peer->left == 0)
            continue;
        if (peer->due_ns <= now)
            ask(traffic, peer);
        else if (peer->due_ns < next)
            next = peer->due_ns;
    }
    return (int)((next - now + 999999) / 1000000);
}

static void hear(struct traffic *traffic, struct peer *peer, uint64_t gap_ns)
{
    uint64_t now = clock_ns();
    traffic->times_us[traffic->times++] = (double)(now - peer->asked_ns) / 1e3;
    peer->due_ns = now + random_below(&traffic->random, 2 * gap_ns + 1);
    peer->waiting = false;
    peer->left--;
}

/* All exchanges that are left. */
static bool run(struct traffic *traffic, uint64_t gap_ns, double limit_s)
{
    struct epoll_event list[64];
    size_t left = 0;
    uint64_t began = clock_ns();
    for (size_t i = 0; i < traffic->count; i++) {
        left += traffic->peers[i].left;
        traffic->peers[i].due_ns = began + random_below(&traffic->random, gap_ns + 1);
    }
    traffic->times = 0;
    traffic->times_us = calloc(left, sizeof *traffic->times_us);
    if (!traffic->times_us)
        return false;
    while (traffic->times < left && (double)(clock_ns() - began) < limit_s * 1e9) {
        int wait = ask_due(traffic);
        int count = epoll_wait(traffic->events, list, 64, wait);
        for (int i = 0; i < count; i++) {
            struct peer *peer = list[i].data.ptr;
            if (list[i].events & EPOLLOUT)
                push(traffic, peer);
            if ((list[i].events & ~(uint32_t)EPOLLOUT) && pull(traffic, peer))
                hear(traffic, peer, gap_ns);
        }
    }
    return true;
}

static void print_times(const struct traffic *traffic)
{
    for (size_t i = 0; i < traffic->times; i++)
        printf("%.0f\n", traffic->times_us[i]);
    for (size_t i = 0; i < traffic->count; i++)
        if (traffic->peers[i].waiting)
            printf("%.0f\n", (double)(clock_ns() - traffic->peers[i].asked_ns) / 1e3);
}

static int load(struct traffic *traffic, int port, int connections, char **options)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_port = htons((uint16_t)port)};
    random_seed(&traffic->random, 0);
    for (int i = 0; i < connections; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0 || !add_peer(traffic, fd))
            give_up("traffic: connect");
        traffic->peers[i].left = 1;
    }
    if (!run(traffic, 0, 60))
        return 1;
    free(traffic->times_us);
    printf("ready\n");
    fflush(stdout);
    if (getchar() == EOF)
        return 1;
    for (int i = 0; i < connections; i++)
        traffic->peers[i].left = (unsigned)atoi(options[0]);
    if (!run(traffic, (uint64_t)(atof(options[1]) * 1e6), atof(options[2])))
        return 1;
    print_times(traffic);
    free(traffic->times_us);
    return 0;
}

int main(int argc, char **argv)
{
    struct traffic traffic = {0};
    if (argc == 5 && strcmp(argv[1], "serve") == 0 && traffic_init(&traffic, argv[2], argv[4], argv[3], true))
        serve(&traffic);
    if (argc == 10 && strcmp(argv[1], "load") == 0 &&
        traffic_init(&traffic, argv[3], argv[4], argv[5], false)) {
        int status = load(&traffic, atoi(argv[2]), atoi(argv[6]), argv + 7);
        free(traffic.peers);
        free(traffic.out.bytes);
        return status;
    }
    fprintf(stderr, "usage: traffic serve http|raw REQUEST RESPONSE\n"
                    "       traffic load PORT http|raw REQUEST RESPONSE CONNECTIONS EACH GAP_MS LIMIT_S\n");
    return 2;
}
