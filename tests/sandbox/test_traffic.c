#include "sandbox/traffic.h"

#include "core/clock.h"
#include "core/stats.h"
#include "tests/sandbox/test_balancer_stub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A subscriber, and the sum of what it was told. */
struct reader {
    int fd;
    char *line;
    struct stats_frame frame;
    struct stats_sample sum;
    uint64_t frames;
};

static struct reader *reader_open(uint16_t port)
{
    struct reader *reader = calloc(1, sizeof *reader);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct timeval patience = {.tv_sec = 15};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    reader->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(reader->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(reader->fd, (struct sockaddr *)&at, sizeof at), 0);
    reader->line = malloc(STATS_FRAME_MAX);
    hist_clear(&reader->sum.round_trip);
    return reader;
}

static void reader_close(struct reader *reader)
{
    close(reader->fd);
    free(reader->line);
    free(reader);
}

static void ask(struct reader *reader, const char *text)
{
    assert_int_equal(send(reader->fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* With a time-out a read is interrupted by what is no signal of ours: libuv 1.50's io_uring ends in this
 * thread some time after its loop did. */
static size_t receive(struct reader *reader, size_t at, size_t most, int flags)
{
    ssize_t length;
    do
        length = recv(reader->fd, reader->line + at, most, flags);
    while (length < 0 && errno == EINTR);
    assert_true(length > 0);
    return (size_t)length;
}

static void read_line(struct reader *reader)
{
    size_t length = 0;
    do {
        size_t there = receive(reader, length, STATS_FRAME_MAX - 1 - length, MSG_PEEK);
        const char *end = memchr(reader->line + length, '\n', there);
        size_t wanted = end == NULL ? there : (size_t)(end - (reader->line + length)) + 1;
        length += receive(reader, length, wanted, 0);
    } while (reader->line[length - 1] != '\n');
    reader->line[length] = '\0';
}

/* Reads a frame, and adds it if it holds statistics. */
static enum stats_frame_type next(struct reader *reader)
{
    struct error error;
    read_line(reader);
    assert_true(stats_frame_parse(&reader->frame, reader->line, strcspn(reader->line, "\n"), &error));
    if (reader->frame.type != STATS_FRAME_STATS)
        return reader->frame.type;
    const struct stats_sample *sample = &reader->frame.sample;
    struct stats_sample *sum = &reader->sum;
    assert_true(sample->sequence > sum->sequence);
    assert_true(sample->interval_ms >= 0);
    sum->sequence = sample->sequence;
    sum->interval_ms += sample->interval_ms;
    sum->requests += sample->requests;
    sum->bytes_in += sample->bytes_in;
    sum->bytes_out += sample->bytes_out;
    for (int i = 0; i < STATS_OUTCOMES; i++)
        sum->outcomes[i] += sample->outcomes[i];
    hist_add(&sum->round_trip, &sample->round_trip);
    sum->in_flight = sample->in_flight;
    reader->frames++;
    return reader->frame.type;
}

static uint64_t outcomes_of(const struct stats_sample *sample)
{
    uint64_t all = 0;
    for (int i = 0; i < STATS_OUTCOMES; i++)
        all += sample->outcomes[i];
    return all;
}

/* Frames until so many outcomes of the kind were counted. */
static void read_until(struct reader *reader, enum stats_outcome outcome, uint64_t many)
{
    int64_t until_ms = clock_ms() + 15000;
    while (reader->sum.outcomes[outcome] < many && clock_ms() < until_ms)
        next(reader);
    assert_true(reader->sum.outcomes[outcome] >= many);
}

/* A source that asks `path` of the port, and a subscriber that was there from the start. */
static struct reader *begin_source(struct traffic *traffic, struct traffic_source *source, uint16_t port,
                                   const char *path)
{
    struct error error;
    uint16_t stats_port = 0;
    snprintf(source->url, sizeof source->url, "http://127.0.0.1:%u%s", (unsigned)port, path);
    assert_true(traffic_add(traffic, source, &stats_port, &error));
    struct reader *reader = reader_open(stats_port);
    ask(reader, "{\"op\":\"subscribe\",\"interval_ms\":50}\n");
    return reader;
}

static struct reader *begin(struct traffic *traffic, uint16_t port, const char *path, double rate,
                            int timeout_ms)
{
    struct traffic_source source = {.per_second = rate, .timeout_ms = timeout_ms};
    return begin_source(traffic, &source, port, path);
}

static void sends_at_its_rate_and_the_counts_add_up(void **state)
{
    (void)state;
    struct stub stub;
    struct error error;
    stub_start(&stub, "one", 0);
    struct traffic *traffic = traffic_start(&error);
    assert_non_null(traffic);
    struct reader *reader = begin(traffic, stub.port, "/slow?5", 200, 5000);
    int64_t begun_ms = clock_ms();
    while (reader->sum.interval_ms < 3000)
        assert_int_equal(next(reader), STATS_FRAME_STATS);
    int64_t took_ms = clock_ms() - begun_ms;
    double rate = (double)reader->sum.requests / (double)reader->sum.interval_ms * 1000;
    assert_true(rate > 140 && rate < 260); /* 600 ± 24 requests: five standard deviations and more */
    assert_true(reader->sum.interval_ms <= took_ms + 200);
    const struct stats_sample *sum = &reader->sum;
    assert_int_equal(sum->round_trip.total, sum->outcomes[STATS_ANSWERED]);
    assert_int_equal(outcomes_of(sum), sum->outcomes[STATS_ANSWERED]);
    assert_true(sum->requests + 16 >= outcomes_of(sum) &&
                outcomes_of(sum) + sum->in_flight + 16 >= sum->requests);
    assert_true((uint64_t)atomic_load(&stub.requests) + 16 >= sum->requests);
    assert_true(hist_percentile(&sum->round_trip, 50) >= 4900); /* the stub slept 5 ms */
    assert_true(sum->bytes_in > 50 * sum->outcomes[STATS_ANSWERED]);
    assert_true(sum->bytes_out > 30 * sum->outcomes[STATS_ANSWERED]);
    assert_true(atomic_load(&stub.connections) < atomic_load(&stub.requests) / 4); /* kept alive */
    reader_close(reader);
    traffic_stop(traffic);
    stub_stop(&stub);
}

static void each_kind_of_end_has_its_count(void **state)
{
    (void)state;
    struct stub stub, closed;
    struct error error;
    stub_start(&stub, "one", 0);
    stub_start(&closed, "closed", 0);
    stub_stop(&closed);
    static const struct {
        const char *path;
        enum stats_outcome outcome;
    } kinds[] = {{"/fail", STATS_UPSTREAM_FAILED},    {"/garbage", STATS_UPSTREAM_FAILED},
                 {"/half", STATS_UPSTREAM_FAILED},    {"/injected", STATS_INJECTED_ERROR},
                 {"/silent", STATS_CLIENT_GONE},      {"/304", STATS_ANSWERED},
                 {"/chunked?20000", STATS_ANSWERED},  {"/close", STATS_ANSWERED},
                 {"/refused", STATS_UPSTREAM_REFUSED}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct traffic *traffic = traffic_start(&error);
        uint16_t port = kinds[i].outcome == STATS_UPSTREAM_REFUSED ? closed.port : stub.port;
        struct reader *reader =
            begin(traffic, port, kinds[i].path, 100, kinds[i].outcome == STATS_CLIENT_GONE ? 60 : 5000);
        read_until(reader, kinds[i].outcome, 5);
        assert_int_equal(outcomes_of(&reader->sum), reader->sum.outcomes[kinds[i].outcome]);
        assert_int_equal(reader->sum.round_trip.total, reader->sum.outcomes[STATS_ANSWERED]);
        reader_close(reader);
        traffic_stop(traffic);
    }
    stub_stop(&stub);
}

static void nothing_is_counted_before_the_first_answer(void **state)
{
    (void)state;
    struct stub stub;
    struct error error;
    stub_start(&stub, "one", 0);
    uint16_t port = stub.port;
    stub_stop(&stub);
    struct traffic *traffic = traffic_start(&error);
    struct traffic_source source = {.per_second = 200, .timeout_ms = 5000, .from_first_answer = true};
    struct reader *reader = begin_source(traffic, &source, port, "/id");
    for (int i = 0; i < 5; i++)
        next(reader);
    assert_int_equal(reader->sum.requests, 0);
    assert_int_equal(outcomes_of(&reader->sum), 0);
    stub_start(&stub, "one", port);
    read_until(reader, STATS_ANSWERED, 5);
    assert_true(reader->sum.requests >= 5);
    /* From here on a failure is one. */
    stub_stop(&stub);
    read_until(reader, STATS_UPSTREAM_REFUSED, 5);
    reader_close(reader);
    traffic_stop(traffic);
}

static void a_stale_connection_is_no_failure(void **state)
{
    (void)state;
    struct stub stub;
    struct error error;
    stub_start(&stub, "one", 0);
    atomic_store(&stub.drop_reused, 10);
    struct traffic *traffic = traffic_start(&error);
    struct reader *reader = begin(traffic, stub.port, "/id", 100, 5000);
    read_until(reader, STATS_ANSWERED, 40);
    assert_int_equal(outcomes_of(&reader->sum), reader->sum.outcomes[STATS_ANSWERED]);
    assert_int_equal(atomic_load(&stub.drop_reused), 0);
    reader_close(reader);
    traffic_stop(traffic);
    stub_stop(&stub);
}

static void no_more_than_its_bound_are_in_flight(void **state)
{
    (void)state;
    struct stub stub;
    struct error error;
    stub_start(&stub, "one", 0);
    struct traffic *traffic = traffic_start(&error);
    struct reader *reader = begin(traffic, stub.port, "/silent", 1000, 60000);
    read_until(reader, STATS_CLIENT_GONE, 50); /* those that left when they saw the queue */
    assert_int_equal(reader->sum.in_flight, 200);
    assert_true(atomic_load(&stub.requests) <= 200);
    reader_close(reader);
    traffic_stop(traffic);
    stub_stop(&stub);
}

static void speaks_the_stats_protocol(void **state)
{
    (void)state;
    struct stub stub;
    struct error error;
    struct reader *readers[17];
    struct traffic_source source = {.per_second = 1, .timeout_ms = 1000};
    uint16_t port = 0;
    stub_start(&stub, "one", 0);
    struct traffic *traffic = traffic_start(&error);
    snprintf(source.url, sizeof source.url, "http://127.0.0.1:%u", (unsigned)stub.port);
    assert_true(traffic_add(traffic, &source, &port, &error));
    struct reader *reader = reader_open(port);
    ask(reader, "{\"op\":\"hel");
    ask(reader, "lo\"}\n{\"op\":\"set\",\"id\":7,\"faults\":{},\"lease_ms\":1000}\n");
    assert_int_equal(next(reader), STATS_FRAME_HELLO);
    assert_int_equal(strlen(reader->frame.hello.id), 16);
    assert_string_equal(reader->frame.hello.capabilities, "");
    assert_int_equal(next(reader), STATS_FRAME_ERROR);
    assert_int_equal(reader->frame.problem.id, 7);
    assert_string_equal(reader->frame.problem.code, "unsupported");
    static const char *const refused[] = {"{\"op\":\"renew\",\"lease_ms\":1000}\n",
                                          "{\"op\":\"clear\",\"id\":8}\n"};
    for (size_t i = 0; i < 2; i++) {
        ask(reader, refused[i]);
        assert_int_equal(next(reader), STATS_FRAME_ERROR);
        assert_string_equal(reader->frame.problem.code, "unsupported");
    }
    ask(reader, "what?\n{\"op\":\"hello\"}\n");
    assert_int_equal(next(reader), STATS_FRAME_ERROR);
    assert_string_equal(reader->frame.problem.code, "invalid");
    assert_int_equal(next(reader), STATS_FRAME_HELLO); /* it survives bad input */
    reader_close(reader);
    for (size_t i = 0; i < 17; i++)
        readers[i] = reader_open(port);
    for (size_t i = 0; i < 16; i++) {
        ask(readers[i], "{\"op\":\"subscribe\",\"interval_ms\":30}\n");
        assert_int_equal(next(readers[i]), STATS_FRAME_STATS);
    }
    char byte;
    assert_true(recv(readers[16]->fd, &byte, 1, 0) <= 0); /* one too many */
    for (size_t i = 0; i < 17; i++)
        reader_close(readers[i]);
    traffic_stop(traffic);
    stub_stop(&stub);
}

static void a_slow_subscriber_loses_frames_but_no_counts(void **state)
{
    (void)state;
    struct stub stub;
    struct error error;
    stub_start(&stub, "one", 0);
    struct traffic *traffic = traffic_start(&error);
    struct traffic_source source = {.per_second = 200, .timeout_ms = 5000};
    uint16_t port = 0;
    int small = 4096;
    snprintf(source.url, sizeof source.url, "http://127.0.0.1:%u/id", (unsigned)stub.port);
    assert_true(traffic_add(traffic, &source, &port, &error));
    struct reader *reader = reader_open(port);
    setsockopt(reader->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    ask(reader, "{\"op\":\"subscribe\",\"interval_ms\":20}\n");
    assert_int_equal(next(reader), STATS_FRAME_STATS);
    clock_sleep_ms(2500); /* it does not read: its own buffer and the socket's fill up */
    int64_t until_ms = clock_ms() + 15000;
    while (reader->sum.sequence == reader->frames && clock_ms() < until_ms)
        next(reader);
    assert_true(reader->sum.sequence > reader->frames);
    assert_true(reader->sum.interval_ms >= (int64_t)reader->frames * 19);
    assert_true(reader->sum.interval_ms >= 2000);
    assert_true(reader->sum.requests > 250);
    reader_close(reader);
    traffic_stop(traffic);
    stub_stop(&stub);
}

static void sources_are_checked(void **state)
{
    (void)state;
    struct error error;
    uint16_t port;
    struct traffic *traffic = traffic_start(&error);
    static const char *const wrong[] = {"",          "https://127.0.0.1/",      "http://",
                                        "http:///x", "http://127.0.0.1:99999/", "http://127.0.0.1:80/a b"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct traffic_source source = {.per_second = 1, .timeout_ms = 1000};
        snprintf(source.url, sizeof source.url, "%s", wrong[i]);
        assert_false(traffic_add(traffic, &source, &port, &error));
    }
    struct traffic_source source = {.url = "http://127.0.0.1:80/", .per_second = 0, .timeout_ms = 1000};
    assert_false(traffic_add(traffic, &source, &port, &error));
    assert_int_equal(error.code, ERROR_INVALID);
    traffic_stop(traffic);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends_at_its_rate_and_the_counts_add_up),
        cmocka_unit_test(each_kind_of_end_has_its_count),
        cmocka_unit_test(nothing_is_counted_before_the_first_answer),
        cmocka_unit_test(a_stale_connection_is_no_failure),
        cmocka_unit_test(no_more_than_its_bound_are_in_flight),
        cmocka_unit_test(speaks_the_stats_protocol),
        cmocka_unit_test(a_slow_subscriber_loses_frames_but_no_counts),
        cmocka_unit_test(sources_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
