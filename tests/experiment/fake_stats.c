#include "tests/experiment/fake_stats.h"
#include "tests/experiment/support.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/stats.h"
#include "core/tls.h"

#define INTERVAL_MS 50
#define REQUESTS_A_SAMPLE 10
#define ROUND_TRIP_US 1000

struct visit {
    struct fake_stats *fake;
    int fd;
    struct tls *tls; /* NULL: plain text */
    struct line_reader *reader;
    bool subscribed;
    uint64_t sequence;
};

/* What TLS has to say. */
static bool flush(const struct visit *visit)
{
    struct buf out;
    buf_init(&out, 2 * STATS_FRAME_MAX);
    bool sent = tls_take(visit->tls, &out) && (out.length == 0 || send(visit->fd, out.data, out.length,
                                                                       MSG_NOSIGNAL) == (ssize_t)out.length);
    buf_free(&out);
    return sent;
}

static bool send_bytes(const struct visit *visit, const char *bytes, size_t length)
{
    if (visit->tls != NULL)
        return tls_send(visit->tls, bytes, length) && flush(visit);
    return send(visit->fd, bytes, length, MSG_NOSIGNAL) == (ssize_t)length;
}

static bool send_text(const struct visit *visit, struct buf *out)
{
    bool sent = send_bytes(visit, out->data, out->length);
    buf_free(out);
    return sent;
}

static bool send_hello(const struct visit *visit)
{
    struct stats_hello hello = {.version = "1", .id = "fake", .pid = 1};
    struct buf out;
    buf_init(&out, STATS_FRAME_MAX);
    snprintf(hello.capabilities, sizeof hello.capabilities, "%s",
             visit->fake->capabilities == NULL ? "latency loss error reset blackhole bandwidth"
                                               : visit->fake->capabilities);
    stats_hello_print(&hello, &out);
    return send_text(visit, &out);
}

static bool send_ack(const struct visit *visit, int64_t id)
{
    if (atomic_load(&visit->fake->hold_acks)) {
        atomic_store(&visit->fake->held, id);
        return true;
    }
    const struct stats_ack ack = {.id = id, .applied_ms = clock_epoch_ms()};
    struct buf out;
    buf_init(&out, STATS_FRAME_MAX);
    stats_ack_print(&ack, &out);
    return send_text(visit, &out);
}

static bool send_refusal(const struct visit *visit, int64_t id)
{
    const struct stats_problem problem = {.id = id, .code = "invalid", .message = "not these faults"};
    struct buf out;
    buf_init(&out, STATS_FRAME_MAX);
    stats_problem_print(&problem, &out);
    return send_text(visit, &out);
}

static bool send_sample(struct visit *visit)
{
    struct stats_sample *sample = calloc(1, sizeof *sample);
    struct buf out;
    buf_init(&out, STATS_FRAME_MAX);
    stats_sample_init(sample);
    if (!atomic_load(&visit->fake->idle)) {
        hist_record_n(&sample->round_trip, ROUND_TRIP_US, REQUESTS_A_SAMPLE);
        sample->requests = sample->outcomes[STATS_ANSWERED] = REQUESTS_A_SAMPLE;
    }
    sample->sequence = ++visit->sequence;
    sample->interval_ms = INTERVAL_MS;
    sample->lease_left_ms = atomic_load(&visit->fake->lease_ms);
    stats_sample_print(sample, &out);
    free(sample);
    return send_text(visit, &out);
}

static bool take_set(struct visit *visit, const struct stats_request *request)
{
    struct fake_stats *fake = visit->fake;
    double most_ms = atomic_load(&fake->most_ms);
    if (atomic_load(&fake->refuse) || (most_ms > 0 && request->faults.latency.mean_ms > most_ms)) {
        atomic_fetch_add(&fake->sets, 1);
        return send_refusal(visit, request->id);
    }
    atomic_store(&fake->latency_ms, request->faults.latency.mean_ms);
    atomic_store(&fake->lease_ms, request->lease_ms);
    atomic_store(&fake->elapsed_ms, request->elapsed_ms);
    atomic_store(&fake->deadline_ms, request->deadline_ms);
    atomic_fetch_add(&fake->sets, 1);
    return atomic_load(&fake->no_ack) || send_ack(visit, request->id);
}

static bool take_request(struct visit *visit, const struct stats_request *request)
{
    struct fake_stats *fake = visit->fake;
    switch (request->op) {
    case STATS_HELLO:
        atomic_fetch_add(&fake->hellos, 1);
        return atomic_load(&fake->silent) || send_hello(visit);
    case STATS_SUBSCRIBE:
        atomic_fetch_add(&fake->subscribes, 1);
        visit->subscribed = true;
        return true;
    case STATS_SET:
        return take_set(visit, request);
    case STATS_RENEW:
        atomic_fetch_add(&fake->renews, 1);
        return true;
    case STATS_CLEAR:
        atomic_store(&fake->latency_ms, 0);
        atomic_fetch_add(&fake->clears, 1);
        return atomic_load(&fake->no_ack) || send_ack(visit, request->id);
    }
    return false;
}

static bool on_line(void *context, char *line, size_t length)
{
    struct stats_request request;
    return stats_request_parse(&request, line, length, NULL) && take_request(context, &request);
}

static bool on_long_line(void *context)
{
    (void)context;
    return false;
}

/* What is said without being asked. False: the connection shall end. */
static bool speak(struct visit *visit)
{
    struct fake_stats *fake = visit->fake;
    static const char garbage[] = "{\"type\":\"what?\"}\n";
    if (atomic_exchange(&fake->drop, false))
        return false;
    if (!atomic_load(&fake->hold_acks) && atomic_load(&fake->held) != 0 &&
        !send_ack(visit, atomic_exchange(&fake->held, 0)))
        return false;
    if (atomic_load(&fake->garbage))
        return send_bytes(visit, garbage, sizeof garbage - 1);
    if (atomic_load(&fake->endless)) {
        char block[65536];
        memset(block, 'x', sizeof block);
        return send_bytes(visit, block, sizeof block);
    }
    return !visit->subscribed || atomic_load(&fake->silent) || send_sample(visit);
}

static bool on_plain(void *context, const char *data, size_t length)
{
    struct visit *visit = context;
    return line_reader_feed(visit->reader, data, length, on_line, on_long_line, visit);
}

/* With bytes of theirs unread, closing would take the alert back. */
static void let_read_alert(const struct visit *visit)
{
    char bytes[4096];
    flush(visit);
    shutdown(visit->fd, SHUT_WR);
    struct pollfd polled = {.fd = visit->fd, .events = POLLIN};
    while (poll(&polled, 1, 1000) > 0 && recv(visit->fd, bytes, sizeof bytes, 0) > 0)
        ;
}

static bool hear(struct visit *visit)
{
    char bytes[8192];
    ssize_t length = recv(visit->fd, bytes, sizeof bytes, 0);
    if (length <= 0)
        return false;
    if (visit->tls == NULL)
        return on_plain(visit, bytes, (size_t)length);
    if (tls_receive(visit->tls, bytes, (size_t)length, on_plain, visit) == TLS_FAILED)
        let_read_alert(visit);
    return (tls_state(visit->tls) == TLS_SHAKING || tls_state(visit->tls) == TLS_OPEN) && flush(visit);
}

static void receive(struct fake_stats *fake, int fd)
{
    struct line_reader reader;
    struct visit visit = {.fake = fake, .fd = fd, .reader = &reader};
    if (fake->tls != NULL)
        visit.tls = tls_new(fake->tls);
    line_reader_init(&reader, STATS_REQUEST_MAX);
    int64_t next_ms = clock_ms() + INTERVAL_MS;
    while (!atomic_load(&fake->stopping)) {
        struct pollfd polled = {.fd = fd, .events = POLLIN};
        if (poll(&polled, 1, 10) > 0 && !hear(&visit))
            break;
        if (clock_ms() >= next_ms || atomic_load(&fake->endless)) {
            next_ms = clock_ms() + INTERVAL_MS;
            if ((visit.tls == NULL || tls_state(visit.tls) == TLS_OPEN) && !speak(&visit))
                break;
        }
    }
    tls_free(visit.tls);
    line_reader_free(&reader);
}

static void *serve(void *argument)
{
    struct fake_stats *fake = argument;
    while (!atomic_load(&fake->stopping)) {
        struct pollfd polled = {.fd = fake->fd, .events = POLLIN};
        if (poll(&polled, 1, 20) <= 0)
            continue;
        int fd = accept4(fake->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        atomic_fetch_add(&fake->connections, 1);
        if (!atomic_load(&fake->turn_away))
            receive(fake, fd);
        close(fd);
    }
    return NULL;
}

bool fake_stats_start(struct fake_stats *fake, const char *address, int port)
{
    const int yes = 1;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t size = sizeof at;
    snprintf(fake->address, sizeof fake->address, "%s", address == NULL ? "127.0.0.1" : address);
    assert_int_equal(inet_pton(AF_INET, fake->address, &at.sin_addr), 1);
    fake->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fake->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fake->fd, (struct sockaddr *)&at, size) != 0 || listen(fake->fd, 16) != 0) {
        close(fake->fd);
        return false;
    }
    assert_int_equal(getsockname(fake->fd, (struct sockaddr *)&at, &size), 0);
    fake->port = ntohs(at.sin_port);
    if (fake->pins != NULL) {
        struct tls_pins pins;
        struct error error;
        assert_done(tls_pins_parse(fake->pins, "pins", &pins, &error), &error);
        fake->tls = tls_context_server(&pins, &error);
        assert_done(fake->tls != NULL, &error);
    }
    assert_int_equal(pthread_create(&fake->thread, NULL, serve, fake), 0);
    return true;
}

void fake_stats_stop(struct fake_stats *fake)
{
    atomic_store(&fake->stopping, true);
    pthread_join(fake->thread, NULL);
    tls_context_free(fake->tls);
    close(fake->fd);
}
