/* What the faults do to a request, from its description alone. */
#include "proxy/decision.h"
#include "tests/proxy/support.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define MS UINT64_C(1000000)

struct fixture {
    struct fault fault;
    struct decision_rules rules;
    struct decision_lot lot;
    struct random random;
    struct decision decision;
};

static void start(struct fixture *f, const char *faults)
{
    struct error error = {0};
    memset(f, 0, sizeof *f);
    if (!fault_parse(&f->fault, faults, strlen(faults), &error))
        fail_msg("%s: %s", faults, error.message);
    decision_rules_init(&f->rules, &f->fault);
    random_seed(&f->random, 42);
    decision_draw(&f->lot, &f->random);
}

static const struct decision_request plain = {
    .method = "GET", .path = "/", .header_matched = true, .source_matched = true};

static const struct decision *decide(struct fixture *f, const struct decision_request *request)
{
    decision_make(&f->rules, request, &f->lot, &f->random, &f->decision);
    return &f->decision;
}

static void without_faults_nothing_happens(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, "{}");
    struct random before = f.random;
    const struct decision *d = decide(&f, &plain);
    assert_true(d->matched);
    assert_false(d->in_scope || d->limited || d->blackholed || d->reset || d->status);
    assert_true(d->latency_ns[0] == 0 && d->latency_ns[1] == 0);
    /* No chance was used up, nor is another lot drawn. */
    struct decision_lot lot = f.lot;
    decision_draw(&f.lot, &f.random);
    assert_memory_equal(&lot, &f.lot, sizeof lot);
    assert_memory_equal(before.state, f.random.state, sizeof before.state);
}

static void the_seed_repeats_every_chance(void **state)
{
    (void)state;
    static const char faults[] = "{\"latency\":{\"mean_ms\":50,\"jitter_ms\":20},\"error\":{\"percent\":20},"
                                 "\"reset\":{\"percent\":10},\"blackhole\":{\"percent\":10},"
                                 "\"scope\":{\"percent\":60}}";
    struct fixture a, b;
    unsigned errors = 0, resets = 0, holes = 0, in_scope = 0;
    start(&a, faults);
    start(&b, faults);
    for (int i = 0; i < 2000; i++) {
        const struct decision *d = decide(&a, &plain);
        assert_memory_equal(d, decide(&b, &plain), sizeof *d);
        in_scope += d->in_scope;
        errors += d->status == 503;
        resets += d->reset == DECISION_RESET_NOW;
        holes += d->blackholed;
    }
    /* Five standard deviations: 60 %, 6 %, 0.6·0.9·0.1, 0.6·0.9·0.9·0.2. */
    assert_in_range(in_scope, 1090, 1310);
    assert_in_range(resets, 67, 173);
    assert_in_range(holes, 57, 159);
    assert_in_range(errors, 128, 260);
    start(&b, faults);
    random_seed(&b.random, 43);
    unsigned different = 0;
    start(&a, faults);
    for (int i = 0; i < 2000; i++)
        different += memcmp(decide(&a, &plain), decide(&b, &plain), sizeof a.decision) != 0;
    assert_true(different > 100);
}

static void latency_goes_where_its_direction_says(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, "{\"latency\":{\"mean_ms\":10},\"scope\":{\"direction\":\"both\"}}");
    const struct decision *d = decide(&f, &plain);
    assert_true(d->in_scope && d->latency_ns[0] == 5 * MS && d->latency_ns[1] == 5 * MS);
    assert_true(decision_has_direction(&f.fault, 0) && decision_has_direction(&f.fault, 1));
    start(&f, "{\"latency\":{\"mean_ms\":10},\"scope\":{\"direction\":\"request\"}}");
    d = decide(&f, &plain);
    assert_true(d->latency_ns[0] == 10 * MS && d->latency_ns[1] == 0);
    assert_true(decision_has_direction(&f.fault, 0) && !decision_has_direction(&f.fault, 1));
}

static void several_faults_compose(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, "{\"latency\":{\"mean_ms\":10},\"error\":{\"percent\":100,\"status\":429},"
              "\"reset\":{\"percent\":100,\"at\":\"response\"},\"bandwidth\":{\"total_bytes_per_s\":1000}}");
    const struct decision *d = decide(&f, &plain);
    assert_true(d->latency_ns[1] == 10 * MS && d->status == 429 && d->limited);
    assert_int_equal(d->reset, DECISION_RESET_RESPONSE);
    start(&f, "{\"reset\":{\"percent\":100},\"error\":{\"percent\":100}}");
    d = decide(&f, &plain);
    assert_true(d->reset == DECISION_RESET_NOW && d->status == 0);
    start(&f, "{\"blackhole\":{\"percent\":100},\"error\":{\"percent\":100}}");
    d = decide(&f, &plain);
    assert_true(d->blackholed && d->status == 0);
}

static void only_what_is_meant_is_faulted(void **state)
{
    (void)state;
    struct fixture f;
    struct decision_request request = plain;
    start(&f, "{\"error\":{\"percent\":100},\"scope\":{\"method\":\"PUT\",\"path\":\"/a/*\","
              "\"header\":\"X-Canary: 1\",\"source\":\"10.0.0.0/8\"}}");
    assert_false(decide(&f, &request)->matched);
    request.method = "PUT";
    request.path = "/a/b";
    assert_int_equal(decide(&f, &request)->status, 503);
    request.header_matched = false;
    assert_false(decide(&f, &request)->matched);
    request.header_matched = true;
    request.source_matched = false;
    assert_false(decide(&f, &request)->matched);
    request.source_matched = true;
    request.health_check = true;
    assert_false(decide(&f, &request)->matched);
    request.health_check = false;
    request.method = NULL;
    assert_false(decide(&f, &request)->matched);
}

static void opaque_bursts_are_meant_where_no_request_is_described(void **state)
{
    (void)state;
    static const struct decision_request burst = {.source_matched = true};
    struct fixture f;
    start(&f, "{\"latency\":{\"mean_ms\":1},\"error\":{\"percent\":100}}");
    const struct decision *d = decide(&f, &burst);
    assert_true(d->in_scope && d->latency_ns[1] == MS && d->status == 0);
    assert_true(decision_means_all(&f.rules));
    start(&f, "{\"latency\":{\"mean_ms\":1},\"scope\":{\"header\":\"X\"}}");
    assert_false(decide(&f, &burst)->in_scope);
    assert_false(decision_means_all(&f.rules));
}

static void a_percentage_of_nothing_affects_nothing(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, "{\"error\":{\"percent\":100},\"bandwidth\":{\"bytes_per_s\":100},"
              "\"reset\":{\"percent\":100,\"at\":\"accept\"},\"slow_close\":{\"delay_ms\":9},"
              "\"scope\":{\"percent\":0}}");
    for (int i = 0; i < 100; i++) {
        const struct decision *d = decide(&f, &plain);
        struct decision_lot lot = {0};
        decision_draw(&lot, &f.random);
        assert_false(d->in_scope || d->limited);
        assert_false(decision_reset_at_accept(&f.rules, true, &lot, &f.random));
        assert_true(decision_slow_close_ns(&f.rules, true, true, true, &lot) == 0);
    }
}

static void a_connection_is_blackholed_for_good_or_not_at_all(void **state)
{
    (void)state;
    struct fixture f;
    unsigned connections = 0;
    start(&f, "{\"blackhole\":{\"percent\":30,\"per\":\"connection\"}}");
    for (int i = 0; i < 1000; i++) {
        f.lot = (struct decision_lot){0};
        decision_draw(&f.lot, &f.random);
        bool first = decide(&f, &plain)->blackholed;
        for (int j = 0; j < 5; j++)
            assert_true(decide(&f, &plain)->blackholed == first);
        connections += first;
    }
    assert_in_range(connections, 227, 373);
}

static void connections_are_chosen_by_their_lot(void **state)
{
    (void)state;
    struct fixture f;
    unsigned resets = 0, slow = 0;
    start(&f, "{\"reset\":{\"percent\":50,\"at\":\"accept\"},\"slow_close\":{\"delay_ms\":1.5},"
              "\"scope\":{\"percent\":40}}");
    assert_int_equal(decide(&f, &plain)->reset, DECISION_NO_RESET);
    for (int i = 0; i < 1000; i++) {
        struct decision_lot lot = {0};
        decision_draw(&lot, &f.random);
        resets += decision_reset_at_accept(&f.rules, true, &lot, &f.random);
        uint64_t delay = decision_slow_close_ns(&f.rules, true, false, false, &lot);
        assert_true(delay == 0 || delay == 3 * MS / 2);
        assert_true(delay == decision_slow_close_ns(&f.rules, true, false, false, &lot));
        slow += delay > 0;
    }
    assert_in_range(resets, 136, 264);
    assert_in_range(slow, 322, 478);
    struct decision_lot lot = {0};
    decision_draw(&lot, &f.random);
    start(&f, "{\"reset\":{\"percent\":100,\"at\":\"accept\"},\"slow_close\":{\"delay_ms\":1},"
              "\"scope\":{\"path\":\"/x\"}}");
    assert_false(decision_reset_at_accept(&f.rules, true, &lot, &f.random));
    assert_true(decision_slow_close_ns(&f.rules, true, false, false, &lot) == 0);
    assert_true(decision_slow_close_ns(&f.rules, true, true, true, &lot) == MS);
    /* One that had nothing but health checks. */
    start(&f, "{\"slow_close\":{\"delay_ms\":1}}");
    assert_true(decision_slow_close_ns(&f.rules, true, false, true, &lot) == 0);
    assert_true(decision_slow_close_ns(&f.rules, true, false, false, &lot) == MS);
    start(&f, "{\"reset\":{\"percent\":100,\"at\":\"accept\"}}");
    assert_false(decision_reset_at_accept(&f.rules, false, &lot, &f.random));
    assert_true(decision_reset_at_accept(&f.rules, true, &lot, &f.random));
}

static void a_change_is_rolled_for_what_is_still_to_come(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, "{\"latency\":{\"mean_ms\":10},\"error\":{\"percent\":100}}");
    decide(&f, &plain);
    f.fault.latency.mean_ms = 20;
    decision_renew(&f.rules, &f.random, &f.decision);
    assert_true(f.decision.latency_ns[1] == 20 * MS && f.decision.status == 503);
    fault_init(&f.fault);
    decision_renew(&f.rules, &f.random, &f.decision);
    assert_true(!f.decision.in_scope && f.decision.latency_ns[1] == 0);
}

static void headers_are_found_in_a_head(void **state)
{
    (void)state;
    static const char head[] = "GET /x-canary: HTTP/1.1\r\nHost: a\r\nX-CANARY: 12 \r\nX-Empty:\r\n"
                               "Accept: a\r\nAccept: b\r\n\r\nX-Body: 1\r\n";
    static const struct {
        const char *header;
        bool found;
    } cases[] = {
        {"X-Canary", true},    {"x-canary: 1*", true}, {"X-Canary: 12", true}, {"X-Canary: 1", false},
        {"X-Empty", true},     {"X-Empty:", true},     {"X-Empty: ?*", false}, {"Accept: b", true},
        {"Accept: c", false},  {"X-Body", false},      {"X-Can", false},       {"Host: [a-c]", true},
        {"X-Canary-2", false}, {"HTTP", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture f;
        char faults[128];
        snprintf(faults, sizeof faults, "{\"scope\":{\"header\":\"%s\"}}", cases[i].header);
        start(&f, faults);
        if (decision_head_matches(&f.rules, head, sizeof head - 1) != cases[i].found)
            fail_msg("%s", cases[i].header);
        /* Cut anywhere it must stay within its bytes. */
        for (size_t length = 0; length < sizeof head - 1; length++) {
            char *cut = test_malloc(length + 1);
            memcpy(cut, head, length);
            decision_head_matches(&f.rules, cut, length);
            test_free(cut);
        }
    }
    struct fixture f;
    start(&f, "{}");
    assert_true(decision_head_matches(&f.rules, head, 0));
}

static void sources_are_addresses_of_either_family(void **state)
{
    (void)state;
    struct fixture f;
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    inet_pton(AF_INET, "10.1.2.3", &v4.sin_addr);
    inet_pton(AF_INET6, "::ffff:10.1.2.3", &v6.sin6_addr);
    start(&f, "{\"scope\":{\"source\":\"10.0.0.0/8\"}}");
    assert_true(decision_source_matches(&f.rules, (struct sockaddr *)&v4));
    assert_true(decision_source_matches(&f.rules, (struct sockaddr *)&v6));
    inet_pton(AF_INET6, "2001:db8::1", &v6.sin6_addr);
    assert_false(decision_source_matches(&f.rules, (struct sockaddr *)&v6));
    assert_false(decision_source_matches(&f.rules, NULL));
    start(&f, "{}");
    assert_true(decision_source_matches(&f.rules, NULL));
}

static void grpc_statuses_follow_the_mapping(void **state)
{
    (void)state;
    static const int cases[][2] = {{400, 13}, {401, 16}, {403, 7},  {404, 12}, {429, 14},
                                   {500, 2},  {502, 14}, {503, 14}, {504, 14}, {418, 2}};
    struct fault fault;
    fault_init(&fault);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fault.error.status = cases[i][0];
        assert_int_equal(decision_grpc_status(&fault), cases[i][1]);
    }
    fault.error.grpc_status = 8;
    assert_int_equal(decision_grpc_status(&fault), 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_faults_nothing_happens),
        cmocka_unit_test(the_seed_repeats_every_chance),
        cmocka_unit_test(latency_goes_where_its_direction_says),
        cmocka_unit_test(several_faults_compose),
        cmocka_unit_test(only_what_is_meant_is_faulted),
        cmocka_unit_test(opaque_bursts_are_meant_where_no_request_is_described),
        cmocka_unit_test(a_percentage_of_nothing_affects_nothing),
        cmocka_unit_test(a_connection_is_blackholed_for_good_or_not_at_all),
        cmocka_unit_test(connections_are_chosen_by_their_lot),
        cmocka_unit_test(a_change_is_rolled_for_what_is_still_to_come),
        cmocka_unit_test(headers_are_found_in_a_head),
        cmocka_unit_test(sources_are_addresses_of_either_family),
        cmocka_unit_test(grpc_statuses_follow_the_mapping),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
