/*
 * Health checks: a GET on a connection of its own each time, as ELB does them. A new target needs one
 * success to be healthy; afterwards the thresholds of the group count.
 */
#include "sandbox/balancer_internal.h"

#include <stdlib.h>
#include <string.h>

#define REGISTRATION_MS 200 /* from registration to the first check */

enum verdict { VERDICT_MATCH, VERDICT_MISMATCH, VERDICT_TIMEOUT, VERDICT_FAILED };

/* One check: a connection that closes itself. */
struct probe {
    struct checker *checker; /* NULL once the verdict is in */
    uv_tcp_t tcp;
    uv_connect_t connect;
    uv_write_t write;
    struct http_reader reader;
    char *read_buffer;
    char request[1400];
};

struct checker {
    struct target *target; /* NULL once stopped */
    uv_timer_t timer;      /* to the next check, or of the check under way */
    struct probe *probe;
    uint64_t begun_ms;
    int successes, failures; /* in a row */
};

static void check(uv_timer_t *timer);

static void on_probe_closed(uv_handle_t *handle)
{
    struct probe *probe = handle->data;
    http_reader_free(&probe->reader);
    free(probe);
}

static void probe_close(struct probe *probe)
{
    if (probe->checker == NULL)
        return;
    probe->checker->probe = NULL;
    probe->checker = NULL;
    uv_close((uv_handle_t *)&probe->tcp, on_probe_closed);
}

static void fail(struct target *target, enum verdict verdict, unsigned status)
{
    struct balancer_target *is = &target->is;
    is->state = BALANCER_UNHEALTHY;
    const char *reason = verdict == VERDICT_MISMATCH  ? "Target.ResponseCodeMismatch"
                         : verdict == VERDICT_TIMEOUT ? "Target.Timeout"
                                                      : "Target.FailedHealthChecks";
    snprintf(is->reason, sizeof is->reason, "%s", reason);
    if (verdict == VERDICT_MISMATCH)
        snprintf(is->description, sizeof is->description, "Health checks failed with these codes: [%u]",
                 status);
    else
        snprintf(is->description, sizeof is->description, "%s",
                 verdict == VERDICT_TIMEOUT ? "Request timed out" : "Health checks failed");
}

static void judge(struct checker *checker, enum verdict verdict, unsigned status)
{
    struct target *target = checker->target;
    const struct balancer_health_check *rule = &target->group->check;
    bool success = verdict == VERDICT_MATCH;
    checker->successes = success ? checker->successes + 1 : 0;
    checker->failures = success ? 0 : checker->failures + 1;
    bool is_new = target->is.state == BALANCER_INITIAL;
    if (success && (is_new || checker->successes >= rule->healthy_threshold)) {
        target->is.state = BALANCER_HEALTHY;
        target->is.reason[0] = target->is.description[0] = '\0';
    } else if (!success &&
               (target->is.state == BALANCER_UNHEALTHY || checker->failures >= rule->unhealthy_threshold)) {
        fail(target, verdict, status);
    }
}

static void conclude(struct probe *probe, enum verdict verdict, unsigned status)
{
    struct checker *checker = probe->checker;
    if (checker == NULL)
        return;
    probe_close(probe);
    judge(checker, verdict, status);
    uint64_t took_ms = uv_now(checker->timer.loop) - checker->begun_ms;
    uint64_t interval_ms = (uint64_t)checker->target->group->check.interval_ms;
    uv_timer_start(&checker->timer, check, took_ms < interval_ms ? interval_ms - took_ms : 0, 0);
}

static void conclude_by_status(struct probe *probe)
{
    unsigned status = probe->reader.head.status;
    const char *matcher = probe->checker->target->group->check.matcher;
    conclude(probe, checker_matches(matcher, status) ? VERDICT_MATCH : VERDICT_MISMATCH, status);
}

static bool on_head(void *context, const struct http_head *head)
{
    (void)context;
    (void)head;
    return true;
}

static void on_body(void *context, const char *data, size_t length)
{
    (void)context;
    (void)data;
    (void)length;
}

static const struct http_events events = {.head = on_head, .body = on_body};

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    struct probe *probe = handle->data;
    (void)suggested;
    *out = uv_buf_init(probe->read_buffer, STREAM_READ_BYTES);
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *in)
{
    struct probe *probe = stream->data;
    enum http_result result = HTTP_MORE;
    size_t used = 0;
    if (length == 0)
        return;
    if (length > 0)
        result = http_reader_feed(&probe->reader, in->base, (size_t)length, &used);
    else if (http_reader_finish(&probe->reader) == HTTP_DONE)
        result = HTTP_DONE;
    else
        result = HTTP_BROKEN;
    if (result == HTTP_DONE)
        conclude_by_status(probe);
    else if (result != HTTP_MORE)
        conclude(probe, VERDICT_FAILED, 0);
}

static void on_written(uv_write_t *request, int status)
{
    struct probe *probe = request->data;
    if (status != 0)
        conclude(probe, VERDICT_FAILED, 0);
}

static void on_connect(uv_connect_t *request, int status)
{
    struct probe *probe = request->data;
    if (probe->checker == NULL)
        return;
    uv_buf_t out = uv_buf_init(probe->request, (unsigned)strlen(probe->request));
    probe->write.data = probe;
    if (status != 0 || uv_read_start((uv_stream_t *)&probe->tcp, give_buffer, on_read) != 0 ||
        uv_write(&probe->write, (uv_stream_t *)&probe->tcp, &out, 1, on_written) != 0)
        conclude(probe, VERDICT_FAILED, 0);
}

static void on_timeout(uv_timer_t *timer)
{
    struct checker *checker = timer->data;
    conclude(checker->probe, VERDICT_TIMEOUT, 0);
}

static struct probe *probe_create(struct checker *checker, uint16_t port)
{
    struct target *target = checker->target;
    struct balancer *balancer = target->group->balancer;
    struct probe *probe = calloc(1, sizeof *probe);
    if (probe == NULL || uv_tcp_init(&balancer->loop, &probe->tcp) != 0) {
        free(probe);
        return NULL;
    }
    probe->checker = checker;
    probe->tcp.data = probe->connect.data = probe;
    probe->read_buffer = balancer->read_buffer;
    http_reader_init(&probe->reader, HTTP_RESPONSE, &events, probe);
    bool v6 = strchr(target->is.address, ':') != NULL;
    snprintf(
        probe->request, sizeof probe->request,
        "GET %s HTTP/1.1\r\nHost: %s%s%s:%u\r\nConnection: close\r\nUser-Agent: ELB-HealthChecker/2.0\r\n"
        "Accept-Encoding: gzip, compressed\r\n\r\n",
        target->group->check.path, v6 ? "[" : "", target->is.address, v6 ? "]" : "", (unsigned)port);
    return probe;
}

static void check(uv_timer_t *timer)
{
    struct checker *checker = timer->data;
    struct target *target = checker->target;
    const struct balancer_health_check *rule = &target->group->check;
    uint16_t port = rule->port != 0 ? rule->port : target->is.port;
    checker->begun_ms = uv_now(timer->loop);
    if (target->is.state == BALANCER_INITIAL) {
        snprintf(target->is.reason, sizeof target->is.reason, "Elb.InitialHealthChecking");
        snprintf(target->is.description, sizeof target->is.description, "Initial health checks in progress");
    }
    checker->probe = probe_create(checker, port);
    if (checker->probe == NULL) { /* ours to blame, not the target's: try again */
        uv_timer_start(timer, check, (uint64_t)rule->interval_ms, 0);
        return;
    }
    uv_timer_start(timer, on_timeout, (uint64_t)rule->timeout_ms, 0);
    struct sockaddr_storage address;
    if (uv_ip4_addr(target->is.address, port, (struct sockaddr_in *)&address) != 0)
        uv_ip6_addr(target->is.address, port, (struct sockaddr_in6 *)&address);
    struct probe *probe = checker->probe;
    if (!target->no_checks &&
        uv_tcp_connect(&probe->connect, &probe->tcp, (struct sockaddr *)&address, on_connect) != 0)
        conclude(probe, VERDICT_FAILED, 0);
}

bool checker_start(struct target *target)
{
    struct checker *checker = calloc(1, sizeof *checker);
    if (checker == NULL)
        return false;
    checker->target = target;
    uv_timer_init(&target->group->balancer->loop, &checker->timer);
    checker->timer.data = checker;
    uint64_t interval_ms = (uint64_t)target->group->check.interval_ms;
    uv_timer_start(&checker->timer, check, interval_ms < REGISTRATION_MS ? interval_ms : REGISTRATION_MS, 0);
    target->checker = checker;
    return true;
}

static void on_checker_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void checker_stop(struct target *target)
{
    struct checker *checker = target->checker;
    if (checker == NULL)
        return;
    target->checker = NULL;
    if (checker->probe != NULL)
        probe_close(checker->probe);
    uv_close((uv_handle_t *)&checker->timer, on_checker_closed);
}

/* One "200" or "200-299" of the list; *end is where it stopped. False if it is none. */
static bool read_range(const char *text, char **end, unsigned long *lowest, unsigned long *highest)
{
    if (*text < '0' || *text > '9')
        return false;
    *lowest = *highest = strtoul(text, end, 10);
    if (**end == '-') {
        const char *second = *end + 1;
        if (*second < '0' || *second > '9')
            return false;
        *highest = strtoul(second, end, 10);
    }
    return *lowest >= 100 && *highest <= 599 && *lowest <= *highest && (**end == ',' || **end == '\0');
}

bool checker_matcher_is_valid(const char *matcher)
{
    unsigned long lowest, highest;
    char *end;
    while (read_range(matcher, &end, &lowest, &highest)) {
        if (*end == '\0')
            return true;
        matcher = end + 1;
    }
    return false;
}

bool checker_matches(const char *matcher, unsigned status)
{
    unsigned long lowest, highest;
    char *end;
    while (read_range(matcher, &end, &lowest, &highest)) {
        if (status >= lowest && status <= highest)
            return true;
        if (*end == '\0')
            return false;
        matcher = end + 1;
    }
    return false;
}
