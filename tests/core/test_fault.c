#include "core/fault.h"

#include "core/random.h"
#include "tests/core/support.h"

#include <json-c/json.h>
#include <math.h>

static const char defaults[] =
    "{\"latency\":{\"mean_ms\":0,\"jitter_ms\":0,\"distribution\":\"normal\"},"
    "\"loss\":{\"percent\":0,\"burst\":1},"
    "\"error\":{\"percent\":0,\"status\":503,\"body\":\"\",\"headers\":[],\"grpc_status\":0},"
    "\"reset\":{\"percent\":0,\"at\":\"request\"},\"blackhole\":{\"percent\":0,\"per\":\"request\"},"
    "\"bandwidth\":{\"bytes_per_s\":0,\"total_bytes_per_s\":0},\"slow_close\":{\"delay_ms\":0},"
    "\"slice\":{\"bytes\":0,\"delay_ms\":0},\"limit\":{\"bytes\":0},"
    "\"scope\":{\"percent\":100,\"direction\":\"response\",\"method\":\"\",\"path\":\"\","
    "\"header\":\"\",\"source\":\"\",\"health_checks\":false},"
    "\"schedule\":{\"start_ms\":0,\"duration_ms\":0,\"ramp_ms\":0},\"seed\":0}";

static bool parse(struct fault *fault, const char *text, struct error *error)
{
    error_clear(error);
    return fault_parse(fault, text, strlen(text), error);
}

static void starts_without_a_fault(void **state)
{
    (void)state;
    struct fault fault;
    struct buf out;
    buf_init(&out, 4096);
    fault_init(&fault);
    assert_true(fault_is_clean(&fault));
    assert_true(fault_check(&fault, NULL));
    assert_true(fault_print(&fault, &out));
    assert_string_equal(buf_text(&out), defaults);
    buf_free(&out);
}

static void reads_the_document_of_the_manual(void **state)
{
    (void)state;
    struct fault fault;
    struct error error;
    assert_true(parse(&fault,
                      "{\"latency\":{\"mean_ms\":800,\"jitter_ms\":50,\"distribution\":\"pareto\"},"
                      "\"loss\":{\"percent\":2,\"burst\":1.5},"
                      "\"error\":{\"percent\":10,\"status\":429,\"body\":\"slow\\ndown\","
                      "\"headers\":[\"Retry-After: 5\",\"X-Empty:\"],\"grpc_status\":14},"
                      "\"reset\":{\"percent\":0.1,\"at\":\"response\"},"
                      "\"blackhole\":{\"percent\":3,\"per\":\"connection\"},"
                      "\"bandwidth\":{\"bytes_per_s\":1000000,\"total_bytes_per_s\":2000000},"
                      "\"slow_close\":{\"delay_ms\":2000},\"slice\":{\"bytes\":64,\"delay_ms\":10},"
                      "\"limit\":{\"bytes\":10000},"
                      "\"schedule\":{\"start_ms\":1,\"duration_ms\":2,\"ramp_ms\":3.5},"
                      "\"scope\":{\"percent\":50,\"direction\":\"both\",\"method\":\"GET\",\"path\":\"/a*\","
                      "\"header\":\"X-Canary: 1*\",\"source\":\"10.0.0.0/8\","
                      "\"health_checks\":true},\"seed\":18446744073709551615}",
                      &error));
    assert_true(fault.latency.mean_ms == 800 && fault.latency.jitter_ms == 50);
    assert_int_equal(fault.latency.distribution, FAULT_PARETO);
    assert_true(fault.loss.percent == 2 && fault.loss.burst == 1.5);
    assert_true(fault.error.percent == 10 && fault.error.status == 429);
    assert_string_equal(fault.error.body, "slow\ndown");
    assert_true(fault.reset.percent == 0.1 && fault.blackhole.percent == 3);
    assert_int_equal(fault.bandwidth.bytes_per_s, 1000000);
    assert_true(fault.scope.percent == 50 && fault.scope.health_checks);
    assert_int_equal(fault.scope.direction, FAULT_BOTH);
    assert_string_equal(fault.scope.method, "GET");
    assert_string_equal(fault.scope.path, "/a*");
    assert_true(fault.seed == UINT64_MAX);
    assert_int_equal(fault.error.header_count, 2);
    assert_string_equal(fault.error.headers[0], "Retry-After: 5");
    assert_int_equal(fault.error.grpc_status, 14);
    assert_int_equal(fault.reset.at, FAULT_AT_RESPONSE);
    assert_int_equal(fault.blackhole.per, FAULT_PER_CONNECTION);
    assert_int_equal(fault.bandwidth.total_bytes_per_s, 2000000);
    assert_true(fault.slow_close.delay_ms == 2000 && fault.slice.delay_ms == 10);
    assert_true(fault.slice.bytes == 64 && fault.limit.bytes == 10000);
    assert_string_equal(fault.scope.header, "X-Canary: 1*");
    assert_string_equal(fault.scope.source, "10.0.0.0/8");
    assert_true(fault.schedule.start_ms == 1 && fault.schedule.duration_ms == 2);
    assert_true(fault.schedule.ramp_ms == 3.5);
}

static void missing_keys_keep_their_defaults(void **state)
{
    (void)state;
    struct fault fault, expected;
    struct error error;
    fault_init(&expected);
    memset(&fault, 0x55, sizeof fault);
    assert_true(parse(&fault, "{}", &error));
    assert_true(fault_equal(&fault, &expected));
    assert_true(parse(&fault, "{\"latency\":{\"mean_ms\":5}}", &error));
    expected.latency.mean_ms = 5;
    assert_true(fault_equal(&fault, &expected));
}

/* Every limit: the value at it passes, the one behind it does not and is named. */
static const struct {
    const char *key, *inside, *outside;
} limits[] = {
    {"latency.mean_ms", "0", "-0.001"},
    {"latency.mean_ms", "60000", "60000.01"},
    {"latency.jitter_ms", "0", "-1"},
    {"latency.jitter_ms", "60000", "60001"},
    {"loss.percent", "0", "-1"},
    {"loss.percent", "100", "100.1"},
    {"loss.burst", "1", "0.99"},
    {"loss.burst", "100", "101"},
    {"error.percent", "0", "-1e-9"},
    {"error.percent", "100", "101"},
    {"error.status", "400", "399"},
    {"error.status", "599", "600"},
    {"error.status", "599", "4294967796"},
    {"reset.percent", "0", "-1"},
    {"reset.percent", "100", "1e300"},
    {"blackhole.percent", "0", "-1"},
    {"blackhole.percent", "100", "101"},
    {"bandwidth.bytes_per_s", "100", "99"},
    {"bandwidth.bytes_per_s", "0", "1"},
    {"bandwidth.bytes_per_s", "100000000000", "100000000001"},
    {"scope.percent", "0", "-1"},
    {"scope.percent", "100", "100.00001"},
    {"scope.method", "\"PROPFIND\"", "\"GET /\""},
    {"scope.method", "\"abcdefghijklmnopqrstuvwxyz012345\"", "\"abcdefghijklmnopqrstuvwxyz0123456\""},
    {"scope.path", "\"/caf\u00e9/*\"", "\"/a\\tb\""},
    {"latency.distribution", "\"uniform\"", "\"Uniform\""},
    {"latency.distribution", "\"paretonormal\"", "\"\""},
    {"scope.direction", "\"request\"", "\"up\""},
    {"scope.direction", "\"both\"", "\"\""},
    {"error.grpc_status", "16", "17"},
    {"error.grpc_status", "0", "-1"},
    {"reset.at", "\"accept\"", "\"never\""},
    {"reset.at", "\"response\"", "\"\""},
    {"blackhole.per", "\"connection\"", "\"host\""},
    {"bandwidth.total_bytes_per_s", "100", "99"},
    {"bandwidth.total_bytes_per_s", "100000000000", "100000000001"},
    {"slow_close.delay_ms", "60000", "60000.5"},
    {"slow_close.delay_ms", "0", "-1"},
    {"slice.bytes", "1048576", "1048577"},
    {"slice.delay_ms", "60000", "60001"},
    {"limit.bytes", "1000000000000000", "1000000000000001"},
    {"schedule.start_ms", "86400000", "86400001"},
    {"schedule.duration_ms", "0", "-1"},
    {"schedule.ramp_ms", "86400000", "1e9"},
    /* headers */
    {"error.headers", "[\"Retry-After: 5\"]", "[\"Retry-After 5\"]"},
    {"error.headers", "[\"X-Empty:\"]", "[\"X-Lone\"]"},
    {"error.headers", "[\"X: \u00e9\"]", "[\": x\"]"},
    {"error.headers", "[]", "[\"X : y\"]"},
    {"error.headers", "[]", "[\"X: a\\r\\nY: b\"]"},
    {"error.headers", "[]", "[\"X: a\\nY: b\"]"},
    {"error.headers", "[]", "[\"X\\r\\nY: b\"]"},
    {"error.headers", "[]", "[\"X: a\\u0000b\"]"},
    {"error.headers", "[]", "[\"X: a\\tb\"]"},
    {"error.headers", "[]", "[\"Content-Length: 0\"]"},
    {"error.headers", "[]", "[\"transfer-encoding: chunked\"]"},
    {"error.headers", "[]", "[\"CONNECTION: close\"]"},
    {"error.headers", "[\"Content-Type: application/json\"]", "[5]"},
    {"error.headers", "[\"a:1\",\"a:2\",\"a:3\",\"a:4\",\"a:5\",\"a:6\",\"a:7\",\"a:8\"]",
     "[\"a:1\",\"a:2\",\"a:3\",\"a:4\",\"a:5\",\"a:6\",\"a:7\",\"a:8\",\"a:9\"]"},
    {"scope.header", "\"X-Canary\"", "\"X Canary: 1\""},
    {"scope.header", "\"X-Canary: 1*\"", "\": 1\""},
    {"scope.header", "\"\"", "\"X: a\\rb\""},
    {"scope.source", "\"10.0.0.0/8\"", "\"10.0.0.0/33\""},
    {"scope.source", "\"::1\"", "\"localhost\""},
    {"scope.source", "\"2001:db8::/32\"", "\"2001:db8::/129\""},
    {"scope.source", "\"192.0.2.1\"", "\"192.0.2.1/\""},
    {"scope.source", "\"0.0.0.0/0\"", "\"10.0.0.0/08\""},
    {"scope.source", "\"\"", "\"/8\""},
    /* wrong types */
    {"error.headers", "[]", "\"X: y\""},
    {"error.grpc_status", "1", "1.5"},
    {"reset.at", "\"request\"", "1"},
    {"blackhole.per", "\"request\"", "null"},
    {"slow_close.delay_ms", "1", "\"1s\""},
    {"slice.bytes", "1", "1.5"},
    {"limit.bytes", "1", "-1"},
    {"scope.header", "\"\"", "[]"},
    {"scope.source", "\"\"", "1"},
    {"schedule.start_ms", "1.5", "\"1\""},
    {"latency.mean_ms", "1", "\"1\""},
    {"latency.jitter_ms", "1.5", "null"},
    {"latency.distribution", "\"normal\"", "1"},
    {"loss.percent", "1", "true"},
    {"loss.burst", "2", "\"2\""},
    {"error.percent", "1", "[]"},
    {"error.status", "500", "500.0"},
    {"error.body", "\"\"", "5"},
    {"error.body", "\"\\n\"", "\"\\u0000\""},
    {"reset.percent", "1", "{}"},
    {"blackhole.percent", "1", "\"1%\""},
    {"bandwidth.bytes_per_s", "1000", "1000.5"},
    {"bandwidth.bytes_per_s", "1000", "-1"},
    {"scope.percent", "1", "NaN"},
    {"scope.direction", "\"response\"", "true"},
    {"scope.method", "\"\"", "null"},
    {"scope.path", "\"\"", "1"},
    {"scope.health_checks", "true", "1"},
    {"scope.health_checks", "false", "\"false\""},
};

static void make(char *text, size_t size, const char *key, const char *value)
{
    const char *dot = strchr(key, '.');
    snprintf(text, size, "{\"%.*s\":{\"%s\":%s}}", (int)(dot - key), key, dot + 1, value);
}

static void every_limit_holds_and_names_its_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(limits); i++) {
        struct fault fault, before;
        struct error error;
        char text[256];
        make(text, sizeof text, limits[i].key, limits[i].inside);
        assert_case(parse(&fault, text, &error), text);
        before = fault;
        make(text, sizeof text, limits[i].key, limits[i].outside);
        assert_case(!parse(&fault, text, &error), text);
        assert_case(error.code == ERROR_INVALID, text);
        assert_case(strncmp(error.message, limits[i].key, strlen(limits[i].key)) == 0, error.message);
        assert_case(fault_equal(&fault, &before), text);
    }
}

static void messages_say_value_and_limit(void **state)
{
    (void)state;
    struct fault fault;
    struct error error;
    assert_false(parse(&fault, "{\"latency\":{\"mean_ms\":90000}}", &error));
    assert_string_equal(error.message, "latency.mean_ms: 90000 is more than 60000");
    assert_false(parse(&fault, "{\"loss\":{\"burst\":0.5}}", &error));
    assert_string_equal(error.message, "loss.burst: 0.5 is less than 1");
}

static void unknown_keys_are_errors(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"{\"latencies\":{}}", "latencies: unknown key"},
        {"{\"latency\":{\"mean\":1}}", "latency.mean: unknown key"},
        {"{\"loss\":{\"rate\":1}}", "loss.rate: unknown key"},
        {"{\"error\":{\"code\":1}}", "error.code: unknown key"},
        {"{\"reset\":{\"status\":1}}", "reset.status: unknown key"},
        {"{\"blackhole\":{\"x\":1}}", "blackhole.x: unknown key"},
        {"{\"bandwidth\":{\"percent\":1}}", "bandwidth.percent: unknown key"},
        {"{\"scope\":{\"host\":\"a\"}}", "scope.host: unknown key"},
        {"{\"reset\":{\"when\":1}}", "reset.when: unknown key"},
        {"{\"slow_close\":{\"ms\":1}}", "slow_close.ms: unknown key"},
        {"{\"slice\":{\"size\":1}}", "slice.size: unknown key"},
        {"{\"limit\":{\"percent\":1}}", "limit.percent: unknown key"},
        {"{\"schedule\":{\"end_ms\":1}}", "schedule.end_ms: unknown key"},
        {"{\"slice\":[]}", "slice: must be an object"},
        {"{\"latency\":5}", "latency: must be an object"},
        {"{\"scope\":null}", "scope: must be an object"},
        {"{\"seed\":\"1\"}", "seed: must be a whole number"},
        {"{\"seed\":-1}", "seed: must not be negative"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fault fault;
        struct error error;
        assert_case(!parse(&fault, cases[i][0], &error), cases[i][0]);
        assert_string_equal(error.message, cases[i][1]);
    }
}

static void long_texts_fit_up_to_their_bounds(void **state)
{
    (void)state;
    char text[FAULT_BODY_MAX + 100];
    char filler[FAULT_BODY_MAX + 2];
    struct fault fault;
    struct error error;
    memset(filler, 'x', sizeof filler);
    snprintf(text, sizeof text, "{\"error\":{\"body\":\"%.*s\"}}", FAULT_BODY_MAX, filler);
    assert_true(parse(&fault, text, &error));
    assert_int_equal(strlen(fault.error.body), FAULT_BODY_MAX);
    snprintf(text, sizeof text, "{\"error\":{\"body\":\"%.*s\"}}", FAULT_BODY_MAX + 1, filler);
    assert_false(parse(&fault, text, &error));
    assert_string_equal(error.message, "error.body: is too long");
    snprintf(text, sizeof text, "{\"scope\":{\"path\":\"%.*s\"}}", FAULT_PATH_MAX, filler);
    assert_true(parse(&fault, text, &error));
    snprintf(text, sizeof text, "{\"scope\":{\"path\":\"%.*s\"}}", FAULT_PATH_MAX + 1, filler);
    assert_false(parse(&fault, text, &error));
}

static void values_from_within_are_checked_too(void **state)
{
    (void)state;
    struct fault fault;
    fault_init(&fault);
    fault.latency.mean_ms = NAN;
    assert_false(fault_check(&fault, NULL));
    fault_init(&fault);
    fault.scope.percent = INFINITY;
    assert_false(fault_check(&fault, NULL));
    fault_init(&fault);
    fault.latency.distribution = (enum fault_distribution)17;
    assert_false(fault_check(&fault, NULL));
    fault_init(&fault);
    memset(fault.scope.path, 'x', sizeof fault.scope.path);
    assert_false(fault_check(&fault, NULL));
    fault_init(&fault);
    strcpy(fault.error.body, "\xff");
    assert_false(fault_check(&fault, NULL));
    fault_init(&fault);
    fault.error.header_count = FAULT_HEADERS_MAX + 1;
    assert_false(fault_check(&fault, NULL));
    fault_init(&fault);
    fault.error.header_count = 1;
    memset(fault.error.headers[0], 'x', sizeof fault.error.headers[0]);
    assert_false(fault_check(&fault, NULL));
    fault_init(&fault);
    fault.reset.at = (enum fault_moment)9;
    assert_false(fault_check(&fault, NULL));
    fault_init(&fault);
    fault.blackhole.per = (enum fault_unit)9;
    assert_false(fault_check(&fault, NULL));
    fault_init(&fault);
    memset(fault.scope.source, '1', sizeof fault.scope.source);
    assert_false(fault_check(&fault, NULL));
}

static struct fault random_fault(struct random *random)
{
    struct fault fault;
    fault_init(&fault);
    fault.latency.mean_ms = random_uniform(random) * FAULT_LATENCY_MAX_MS;
    fault.latency.jitter_ms = random_uniform(random) * FAULT_LATENCY_MAX_MS;
    fault.latency.distribution = (enum fault_distribution)random_below(random, 4);
    fault.loss.percent = random_uniform(random) * 100;
    fault.loss.burst = 1 + random_uniform(random) * 99;
    fault.error.percent = random_uniform(random) * 100;
    fault.error.status = 400 + (int)random_below(random, 200);
    for (size_t i = 0; i < random_below(random, FAULT_BODY_MAX); i++)
        fault.error.body[i] = (char)(1 + random_below(random, 127));
    fault.reset.percent = random_uniform(random) * 1e-9;
    fault.blackhole.percent = random_uniform(random) * 100;
    fault.bandwidth.bytes_per_s = FAULT_BANDWIDTH_MIN + random_below(random, FAULT_BANDWIDTH_MAX / 2);
    fault.scope.percent = random_uniform(random) * 100;
    fault.scope.direction = (enum fault_direction)random_below(random, 3);
    snprintf(fault.scope.method, sizeof fault.scope.method, "M%u", (unsigned)random_below(random, 1000));
    snprintf(fault.scope.path, sizeof fault.scope.path, "/\u00e9/\"%u\\*",
             (unsigned)random_below(random, 1000));
    fault.scope.health_checks = random_below(random, 2) == 1;
    fault.error.header_count = (unsigned)random_below(random, FAULT_HEADERS_MAX + 1);
    for (unsigned i = 0; i < fault.error.header_count; i++)
        snprintf(fault.error.headers[i], sizeof fault.error.headers[i], "X-%u: \"%u\"", i,
                 (unsigned)random_below(random, 1000));
    fault.error.grpc_status = (int)random_below(random, FAULT_GRPC_STATUS_MAX + 1);
    fault.reset.at = (enum fault_moment)random_below(random, 3);
    fault.blackhole.per = (enum fault_unit)random_below(random, 2);
    fault.bandwidth.total_bytes_per_s = FAULT_BANDWIDTH_MIN + random_below(random, FAULT_BANDWIDTH_MAX / 2);
    fault.slow_close.delay_ms = random_uniform(random) * FAULT_LATENCY_MAX_MS;
    fault.slice.bytes = random_below(random, FAULT_SLICE_MAX + 1);
    fault.slice.delay_ms = random_uniform(random) * FAULT_LATENCY_MAX_MS;
    fault.limit.bytes = random_below(random, FAULT_LIMIT_MAX + 1);
    snprintf(fault.scope.header, sizeof fault.scope.header, "X-H: %u*", (unsigned)random_below(random, 99));
    snprintf(fault.scope.source, sizeof fault.scope.source, "10.0.0.0/%u",
             (unsigned)random_below(random, 33));
    fault.schedule.start_ms = random_uniform(random) * FAULT_SCHEDULE_MAX_MS;
    fault.schedule.duration_ms = random_uniform(random) * FAULT_SCHEDULE_MAX_MS;
    fault.schedule.ramp_ms = random_uniform(random) * FAULT_SCHEDULE_MAX_MS;
    fault.seed = random_next(random);
    return fault;
}

static void what_is_printed_reads_back_as_the_same(void **state)
{
    (void)state;
    struct random random;
    struct buf out;
    random_seed(&random, 7);
    buf_init(&out, 100000);
    for (int i = 0; i < 300; i++) {
        struct fault fault = random_fault(&random), back;
        struct error error = {0};
        buf_reset(&out);
        assert_true(fault_print(&fault, &out));
        if (!fault_parse(&back, buf_text(&out), out.length, &error))
            fail_msg("%s: %s", error.message, buf_text(&out));
        assert_true(fault_equal(&fault, &back));
    }
    buf_free(&out);
}

/* One change at a time, so that no field is forgotten in fault_equal. */
static void every_field_counts_for_equality(void **state)
{
    (void)state;
    static const char *const changes[] = {
        "{\"latency\":{\"mean_ms\":1}}",
        "{\"latency\":{\"jitter_ms\":1}}",
        "{\"latency\":{\"distribution\":\"uniform\"}}",
        "{\"loss\":{\"percent\":1}}",
        "{\"loss\":{\"burst\":2}}",
        "{\"error\":{\"percent\":1}}",
        "{\"error\":{\"status\":500}}",
        "{\"error\":{\"body\":\"x\"}}",
        "{\"reset\":{\"percent\":1}}",
        "{\"blackhole\":{\"percent\":1}}",
        "{\"bandwidth\":{\"bytes_per_s\":100}}",
        "{\"scope\":{\"percent\":1}}",
        "{\"scope\":{\"direction\":\"both\"}}",
        "{\"scope\":{\"method\":\"GET\"}}",
        "{\"scope\":{\"path\":\"/\"}}",
        "{\"scope\":{\"health_checks\":true}}",
        "{\"seed\":1}",
        "{\"error\":{\"headers\":[\"a: b\"]}}",
        "{\"error\":{\"grpc_status\":2}}",
        "{\"reset\":{\"at\":\"accept\"}}",
        "{\"blackhole\":{\"per\":\"connection\"}}",
        "{\"bandwidth\":{\"total_bytes_per_s\":100}}",
        "{\"slow_close\":{\"delay_ms\":1}}",
        "{\"slice\":{\"bytes\":1}}",
        "{\"slice\":{\"delay_ms\":1}}",
        "{\"limit\":{\"bytes\":1}}",
        "{\"scope\":{\"header\":\"a\"}}",
        "{\"scope\":{\"source\":\"::1\"}}",
        "{\"schedule\":{\"start_ms\":1}}",
        "{\"schedule\":{\"duration_ms\":1}}",
        "{\"schedule\":{\"ramp_ms\":1}}",
    };
    struct fault clean;
    fault_init(&clean);
    for (size_t i = 0; i < COUNT(changes); i++) {
        struct fault fault;
        struct error error;
        assert_true(parse(&fault, changes[i], &error));
        assert_case(!fault_equal(&fault, &clean), changes[i]);
        assert_true(fault_equal(&fault, &fault));
    }
}

static void clean_is_what_changes_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool clean;
    } cases[] = {
        {"{\"scope\":{\"path\":\"/a\"},\"error\":{\"status\":500},\"loss\":{\"burst\":9},\"seed\":3}", true},
        {"{\"latency\":{\"mean_ms\":0.001}}", false},
        {"{\"latency\":{\"jitter_ms\":1}}", false},
        {"{\"loss\":{\"percent\":0.1}}", false},
        {"{\"error\":{\"percent\":1}}", false},
        {"{\"reset\":{\"percent\":1}}", false},
        {"{\"blackhole\":{\"percent\":1}}", false},
        {"{\"bandwidth\":{\"bytes_per_s\":100}}", false},
        {"{\"latency\":{\"mean_ms\":5},\"scope\":{\"percent\":0}}", true},
        {"{\"bandwidth\":{\"bytes_per_s\":100},\"scope\":{\"percent\":0}}", true},
        {"{\"bandwidth\":{\"total_bytes_per_s\":100}}", false},
        {"{\"slow_close\":{\"delay_ms\":1}}", false},
        {"{\"slice\":{\"bytes\":1}}", false},
        {"{\"slice\":{\"delay_ms\":1}}", true},
        {"{\"limit\":{\"bytes\":1}}", false},
        {"{\"schedule\":{\"start_ms\":1,\"ramp_ms\":2,\"duration_ms\":3},\"reset\":{\"at\":\"accept\"}}",
         true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fault fault;
        struct error error;
        assert_true(parse(&fault, cases[i].text, &error));
        assert_case(fault_is_clean(&fault) == cases[i].clean, cases[i].text);
    }
}

static void describes_itself(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"{}", "no faults"},
        {"{\"latency\":{\"mean_ms\":800,\"jitter_ms\":50},\"error\":{\"percent\":10}}",
         "latency 800 ms ± 50 ms, errors 10 % (503)"},
        {"{\"loss\":{\"percent\":2,\"burst\":3},\"bandwidth\":{\"bytes_per_s\":1000000},"
         "\"scope\":{\"percent\":50,\"direction\":\"both\",\"method\":\"GET\",\"path\":\"/a*\","
         "\"health_checks\":true}}",
         "loss 2 % (in runs of 3), bandwidth 1 MB/s, on 50 % of requests, direction both, method GET, "
         "path /a*, health checks too"},
        {"{\"reset\":{\"percent\":1},\"blackhole\":{\"percent\":0.5}}", "resets 1 %, blackhole 0.5 %"},
        {"{\"reset\":{\"percent\":1,\"at\":\"response\"},"
         "\"blackhole\":{\"percent\":5,\"per\":\"connection\"},\"slow_close\":{\"delay_ms\":2000},"
         "\"slice\":{\"bytes\":64,\"delay_ms\":10},\"limit\":{\"bytes\":10000},"
         "\"bandwidth\":{\"total_bytes_per_s\":1000000},"
         "\"scope\":{\"header\":\"X-Canary: 1\",\"source\":\"10.0.0.0/8\"},"
         "\"schedule\":{\"start_ms\":30000,\"ramp_ms\":120000,\"duration_ms\":300000}}",
         "resets 1 % (within responses), blackhole 5 % of connections, bandwidth in all 1 MB/s, "
         "slow close 2 s, slices of 64 B every 10 ms, connections end after 10 kB, "
         "header X-Canary: 1, from 10.0.0.0/8, after 30 s, growing over 2 m, for 5 m"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fault fault;
        struct error error;
        char text[512];
        assert_true(parse(&fault, cases[i][0], &error));
        fault_describe(&fault, text, sizeof text);
        assert_string_equal(text, cases[i][1]);
    }
    struct fault fault;
    struct error error;
    char text[17];
    assert_true(parse(&fault, cases[1][0], &error));
    fault_describe(&fault, text, sizeof text);
    assert_string_equal(text, "latency 800 ms "); /* not half a ± */
}

static void names_go_both_ways(void **state)
{
    (void)state;
    for (int i = FAULT_UNIFORM; i <= FAULT_PARETONORMAL; i++) {
        enum fault_distribution back;
        assert_true(fault_distribution_parse(fault_distribution_name((enum fault_distribution)i), &back));
        assert_int_equal(back, i);
    }
    for (int i = FAULT_REQUEST; i <= FAULT_BOTH; i++) {
        enum fault_direction back;
        assert_true(fault_direction_parse(fault_direction_name((enum fault_direction)i), &back));
        assert_int_equal(back, i);
    }
    for (int i = FAULT_AT_ACCEPT; i <= FAULT_AT_RESPONSE; i++) {
        enum fault_moment back;
        assert_true(fault_moment_parse(fault_moment_name((enum fault_moment)i), &back));
        assert_int_equal(back, i);
    }
    for (int i = FAULT_PER_REQUEST; i <= FAULT_PER_CONNECTION; i++) {
        enum fault_unit back;
        assert_true(fault_unit_parse(fault_unit_name((enum fault_unit)i), &back));
        assert_int_equal(back, i);
    }
}

static void a_source_is_an_address_or_a_block(void **state)
{
    (void)state;
    static const uint8_t ten[] = {10, 1, 2, 3}, eleven[] = {11, 1, 2, 3};
    static const uint8_t mapped_ten[16] = {[10] = 0xff, [11] = 0xff, 10, 1, 2, 3};
    static const uint8_t documentation[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
    static const struct {
        const char *text;
        bool ten, eleven, mapped, documentation;
    } cases[] = {
        {"", true, true, true, true},
        {"10.1.2.3", true, false, true, false},
        {"10.9.9.9/8", true, false, true, false},
        {"10.0.0.0/7", true, true, true, false},
        {"10.1.2.2/31", true, false, true, false},
        {"0.0.0.0/0", true, true, true, false},
        {"::/0", true, true, true, true},
        {"2001:db8::/32", false, false, false, true},
        {"2001:db8::2", false, false, false, false},
        {"::ffff:10.0.0.0/104", true, false, true, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fault_source source;
        assert_case(fault_source_parse(cases[i].text, &source), cases[i].text);
        assert_case(fault_source_contains(&source, ten, 4) == cases[i].ten, cases[i].text);
        assert_case(fault_source_contains(&source, eleven, 4) == cases[i].eleven, cases[i].text);
        assert_case(fault_source_contains(&source, mapped_ten, 16) == cases[i].mapped, cases[i].text);
        assert_case(fault_source_contains(&source, documentation, 16) == cases[i].documentation,
                    cases[i].text);
    }
}

static void a_schedule_starts_grows_and_ends(void **state)
{
    (void)state;
    static const struct {
        double start, ramp, duration, at, intensity;
    } cases[] = {
        {0, 0, 0, 0, 1},           {0, 0, 0, 1e9, 1},         {100, 0, 0, 99.9, 0},
        {100, 0, 0, 100, 1},       {0, 1000, 0, 0, 0},        {0, 1000, 0, 250, 0.25},
        {0, 1000, 0, 1000, 1},     {500, 1000, 0, 1000, 0.5}, {500, 1000, 800, 1200, 0.7},
        {500, 1000, 800, 1300, 0}, {0, 0, 10, 9.99, 1},       {0, 0, 10, 10, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fault fault;
        fault_init(&fault);
        fault.schedule.start_ms = cases[i].start;
        fault.schedule.ramp_ms = cases[i].ramp;
        fault.schedule.duration_ms = cases[i].duration;
        double intensity = fault_intensity(&fault, cases[i].at);
        assert_true(fabs(intensity - cases[i].intensity) < 1e-9);
    }
}

static void a_part_of_the_faults_is_a_part_of_each(void **state)
{
    (void)state;
    struct fault asked, half, none;
    struct error error;
    assert_true(parse(&asked,
                      "{\"latency\":{\"mean_ms\":800,\"jitter_ms\":50},\"loss\":{\"percent\":2,\"burst\":3},"
                      "\"error\":{\"percent\":10},\"reset\":{\"percent\":4},\"blackhole\":{\"percent\":6},"
                      "\"bandwidth\":{\"bytes_per_s\":1000,\"total_bytes_per_s\":5000},"
                      "\"slow_close\":{\"delay_ms\":100},\"slice\":{\"bytes\":64,\"delay_ms\":8},"
                      "\"limit\":{\"bytes\":500},\"scope\":{\"percent\":70}}",
                      &error));
    fault_scale(&half, &asked, 0.5);
    assert_true(half.latency.mean_ms == 400 && half.latency.jitter_ms == 25);
    assert_true(half.loss.percent == 1 && half.loss.burst == 3 && half.error.percent == 5);
    assert_true(half.reset.percent == 2 && half.blackhole.percent == 3);
    assert_true(half.bandwidth.bytes_per_s == 2000 && half.bandwidth.total_bytes_per_s == 10000);
    assert_true(half.slow_close.delay_ms == 50 && half.slice.bytes == 128 && half.slice.delay_ms == 4);
    assert_true(half.limit.bytes == 1000 && half.scope.percent == 70);
    fault_scale(&none, &asked, 0);
    assert_true(fault_is_clean(&none));
    fault_scale(&none, &asked, 1);
    assert_true(fault_equal(&none, &asked));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_without_a_fault),
        cmocka_unit_test(reads_the_document_of_the_manual),
        cmocka_unit_test(missing_keys_keep_their_defaults),
        cmocka_unit_test(every_limit_holds_and_names_its_key),
        cmocka_unit_test(messages_say_value_and_limit),
        cmocka_unit_test(unknown_keys_are_errors),
        cmocka_unit_test(long_texts_fit_up_to_their_bounds),
        cmocka_unit_test(values_from_within_are_checked_too),
        cmocka_unit_test(what_is_printed_reads_back_as_the_same),
        cmocka_unit_test(every_field_counts_for_equality),
        cmocka_unit_test(clean_is_what_changes_nothing),
        cmocka_unit_test(describes_itself),
        cmocka_unit_test(names_go_both_ways),
        cmocka_unit_test(a_source_is_an_address_or_a_block),
        cmocka_unit_test(a_schedule_starts_grows_and_ends),
        cmocka_unit_test(a_part_of_the_faults_is_a_part_of_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
