#include "core/stats.h"

#include "tests/core/support.h"

static bool parse(struct stats_request *request, const char *line, struct error *error)
{
    error_clear(error);
    return stats_request_parse(request, line, strlen(line), error);
}

static void reads_every_request_of_the_manual(void **state)
{
    (void)state;
    struct stats_request request;
    struct error error;
    assert_true(parse(&request, "{\"op\":\"hello\"}", &error));
    assert_int_equal(request.op, STATS_HELLO);
    assert_true(parse(&request, "{\"op\":\"subscribe\"}", &error));
    assert_int_equal(request.op, STATS_SUBSCRIBE);
    assert_int_equal(request.interval_ms, 100);
    assert_true(parse(&request, "{\"op\":\"subscribe\",\"interval_ms\":250}", &error));
    assert_int_equal(request.interval_ms, 250);
    assert_true(
        parse(&request,
              "{\"op\":\"set\",\"id\":7,\"faults\":{\"latency\":{\"mean_ms\":800}},\"lease_ms\":10000,"
              "\"deadline\":1795269727000,\"by\":\"alice@laptop\"}",
              &error));
    assert_int_equal(request.op, STATS_SET);
    assert_int_equal(request.id, 7);
    assert_true(request.faults.latency.mean_ms == 800);
    assert_int_equal(request.lease_ms, 10000);
    assert_int_equal(request.deadline_ms, 1795269727000);
    assert_string_equal(request.by, "alice@laptop");
    assert_true(parse(&request, "{\"op\":\"renew\",\"id\":9,\"lease_ms\":500}", &error));
    assert_int_equal(request.op, STATS_RENEW);
    assert_int_equal(request.lease_ms, 500);
    assert_true(parse(&request, "{\"op\":\"clear\",\"id\":8}\n", &error));
    assert_int_equal(request.op, STATS_CLEAR);
    assert_int_equal(request.id, 8);
}

static void other_keys_are_ignored(void **state)
{
    (void)state;
    struct stats_request request;
    struct error error;
    assert_true(parse(&request, "{\"op\":\"clear\",\"colour\":\"red\",\"lease_ms\":1}", &error));
    assert_int_equal(request.op, STATS_CLEAR);
}

static void a_wrong_request_is_named_and_leaves_all_as_it_was(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", "not a JSON object: it ends too early"},
        {"{}", "op: is missing"},
        {"{\"op\":1}", "op: must be a string"},
        {"{\"op\":\"stop\"}", "op: 'stop' is none of hello, subscribe, set, renew, clear"},
        {"{\"op\":\"clear\",\"id\":\"8\"}", "id: must be a whole number"},
        {"{\"op\":\"clear\",\"id\":-1}", "id: -1 is not between 0 and 9223372036854775807"},
        {"{\"op\":\"subscribe\",\"interval_ms\":19}", "interval_ms: 19 is not between 20 and 60000"},
        {"{\"op\":\"subscribe\",\"interval_ms\":60001}", "interval_ms: 60001 is not between 20 and 60000"},
        {"{\"op\":\"subscribe\",\"interval_ms\":1e2}", "interval_ms: must be a whole number"},
        {"{\"op\":\"set\",\"lease_ms\":1000}", "faults: is missing"},
        {"{\"op\":\"set\",\"faults\":{}}", "lease_ms: is missing"},
        {"{\"op\":\"set\",\"faults\":[],\"lease_ms\":1000}", "faults: must be an object"},
        {"{\"op\":\"set\",\"faults\":{\"x\":1},\"lease_ms\":1000}", "faults: x: unknown key"},
        {"{\"op\":\"set\",\"faults\":{\"latency\":{\"mean_ms\":90000}},\"lease_ms\":1000}",
         "faults: latency.mean_ms: 90000 is more than 60000"},
        {"{\"op\":\"set\",\"faults\":{},\"lease_ms\":499}", "lease_ms: 499 is not between 500 and 43200000"},
        {"{\"op\":\"set\",\"faults\":{},\"lease_ms\":43200001}",
         "lease_ms: 43200001 is not between 500 and 43200000"},
        {"{\"op\":\"set\",\"faults\":{},\"lease_ms\":1000,\"deadline\":-1}",
         "deadline: -1 is not between 0 and 9223372036854775807"},
        {"{\"op\":\"set\",\"faults\":{},\"lease_ms\":1000,\"by\":5}", "by: must be a string"},
        {"{\"op\":\"set\",\"faults\":{},\"lease_ms\":1000,\"by\":\"\\u001b[2J\"}",
         "by: must not have control characters"},
        {"{\"op\":\"renew\"}", "lease_ms: is missing"},
        {"{\"op\":\"renew\",\"lease_ms\":null}", "lease_ms: must be a whole number"},
        {"{\"op\":\"clear\"} {}", "not JSON: unexpected character, at byte 15"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct stats_request request, before;
        struct error error;
        memset(&request, 0x2a, sizeof request);
        before = request;
        assert_case(!parse(&request, cases[i][0], &error), cases[i][0]);
        assert_string_equal(error.message, cases[i][1]);
        assert_memory_equal(&request, &before, sizeof request);
    }
}

static void the_name_of_who_asks_has_a_bound(void **state)
{
    (void)state;
    char filler[STATS_TEXT_MAX + 1], line[STATS_TEXT_MAX + 100];
    struct stats_request request;
    struct error error;
    memset(filler, 'x', sizeof filler);
    snprintf(line, sizeof line, "{\"op\":\"set\",\"faults\":{},\"lease_ms\":1000,\"by\":\"%.*s\"}",
             STATS_TEXT_MAX - 1, filler);
    assert_true(parse(&request, line, &error));
    snprintf(line, sizeof line, "{\"op\":\"set\",\"faults\":{},\"lease_ms\":1000,\"by\":\"%.*s\"}",
             STATS_TEXT_MAX, filler);
    assert_false(parse(&request, line, &error));
    assert_string_equal(error.message, "by: is too long");
}

static void the_id_of_a_refused_request_can_be_found(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int64_t id;
    } cases[] = {
        {"{\"op\":\"stop\",\"id\":12}", 12},
        {"{\"id\":\"12\"}", 0},
        {"{\"id\":-3}", 0},
        {"{}", 0},
        {"nonsense", 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(stats_request_find_id(cases[i].line, strlen(cases[i].line)), cases[i].id);
}

static void print_and_compare(const struct stats_request *request, const char *expected)
{
    struct buf out;
    struct stats_request back;
    struct error error = {0};
    buf_init(&out, STATS_REQUEST_MAX);
    assert_true(stats_request_print(request, &out));
    if (expected)
        assert_string_equal(buf_text(&out), expected);
    if (!stats_request_parse(&back, buf_text(&out), out.length, &error))
        fail_msg("%s", error.message);
    assert_int_equal(back.op, request->op);
    assert_int_equal(back.id, request->id);
    assert_true(fault_equal(&back.faults, &request->faults));
    assert_int_equal(back.lease_ms, request->lease_ms);
    assert_int_equal(back.deadline_ms, request->deadline_ms);
    assert_string_equal(back.by, request->by);
    buf_free(&out);
}

static void what_is_printed_reads_back_as_the_same(void **state)
{
    (void)state;
    struct stats_request request = {.op = STATS_HELLO};
    fault_init(&request.faults);
    print_and_compare(&request, "{\"op\":\"hello\"}\n");
    request = (struct stats_request){.op = STATS_SUBSCRIBE, .interval_ms = 50, .faults = request.faults};
    print_and_compare(&request, "{\"op\":\"subscribe\",\"interval_ms\":50}\n");
    request = (struct stats_request){.op = STATS_RENEW, .id = 3, .lease_ms = 5000, .faults = request.faults};
    print_and_compare(&request, "{\"op\":\"renew\",\"id\":3,\"lease_ms\":5000}\n");
    request = (struct stats_request){.op = STATS_CLEAR, .id = INT64_MAX, .faults = request.faults};
    print_and_compare(&request, "{\"op\":\"clear\",\"id\":9223372036854775807}\n");
    request = (struct stats_request){.op = STATS_SET,
                                     .id = 7,
                                     .lease_ms = 10000,
                                     .deadline_ms = 1795269727000,
                                     .by = "\u00e9ric \"x\"@host",
                                     .faults = request.faults};
    request.faults.latency.mean_ms = 12.345;
    strcpy(request.faults.error.body, "line\n\"two\"");
    print_and_compare(&request, NULL);
}

static void the_largest_request_fits_its_line(void **state)
{
    (void)state;
    struct stats_request request = {
        .op = STATS_SET, .id = INT64_MAX, .lease_ms = 1000, .deadline_ms = INT64_MAX};
    fault_init(&request.faults);
    memset(request.faults.error.body, '"', FAULT_BODY_MAX); /* each becomes two */
    memset(request.faults.scope.path, '\\', FAULT_PATH_MAX);
    memset(request.by, '"', STATS_TEXT_MAX - 1);
    print_and_compare(&request, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_request_of_the_manual),
        cmocka_unit_test(other_keys_are_ignored),
        cmocka_unit_test(a_wrong_request_is_named_and_leaves_all_as_it_was),
        cmocka_unit_test(the_name_of_who_asks_has_a_bound),
        cmocka_unit_test(the_id_of_a_refused_request_can_be_found),
        cmocka_unit_test(what_is_printed_reads_back_as_the_same),
        cmocka_unit_test(the_largest_request_fits_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
