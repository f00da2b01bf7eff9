#include "core/stats.h"

#include "core/random.h"
#include "tests/core/support.h"

#include <stdlib.h>

struct fixture {
    struct stats_frame frame;
    struct stats_sample sample;
    struct buf out;
    struct error error;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    buf_init(&f->out, STATS_FRAME_MAX);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    buf_free(&f->out);
    free(f);
    return 0;
}

static void parse_printed(struct fixture *f)
{
    assert_int_equal(f->out.data[f->out.length - 1], '\n');
    assert_null(memchr(f->out.data, '\n', f->out.length - 1));
    if (!stats_frame_parse(&f->frame, f->out.data, f->out.length, &f->error))
        fail_msg("%s: %s", f->error.message, f->out.data);
}

static void hello_goes_there_and_back(void **state)
{
    struct fixture *f = *state;
    struct stats_hello hello = {.version = "0.1.0",
                                .id = "abc",
                                .task = "arn:aws:ecs:eu-west-1:1:task/c/1",
                                .capabilities = "latency loss error",
                                .pid = 42};
    assert_true(stats_hello_print(&hello, &f->out));
    assert_string_equal(f->out.data,
                        "{\"type\":\"hello\",\"protocol\":1,\"version\":\"0.1.0\",\"id\":\"abc\","
                        "\"task\":\"arn:aws:ecs:eu-west-1:1:task/c/1\","
                        "\"capabilities\":[\"latency\",\"loss\",\"error\"],\"pid\":42}\n");
    parse_printed(f);
    assert_int_equal(f->frame.type, STATS_FRAME_HELLO);
    assert_string_equal(f->frame.hello.version, hello.version);
    assert_string_equal(f->frame.hello.id, hello.id);
    assert_string_equal(f->frame.hello.task, hello.task);
    assert_string_equal(f->frame.hello.capabilities, hello.capabilities);
    assert_int_equal(f->frame.hello.pid, 42);
    assert_int_equal(f->frame.hello.slow_ms, 0);
}

static void a_slow_sidecar_says_so(void **state)
{
    struct fixture *f = *state;
    struct stats_hello hello = {.version = "0.1.0", .id = "abc", .pid = 42, .slow_ms = 5000};
    assert_true(stats_hello_print(&hello, &f->out));
    assert_non_null(strstr(f->out.data, "\"pid\":42,\"slow_ms\":5000}"));
    parse_printed(f);
    assert_int_equal(f->frame.hello.slow_ms, 5000);
}

static void an_ack_goes_there_and_back(void **state)
{
    struct fixture *f = *state;
    struct stats_ack ack = {.id = 7, .applied_ms = 1795269727000, .released = 12};
    assert_true(stats_ack_print(&ack, &f->out));
    assert_string_equal(f->out.data,
                        "{\"type\":\"ack\",\"id\":7,\"applied\":1795269727000,\"released\":12}\n");
    parse_printed(f);
    assert_int_equal(f->frame.type, STATS_FRAME_ACK);
    assert_int_equal(f->frame.ack.id, 7);
    assert_int_equal(f->frame.ack.applied_ms, 1795269727000);
    assert_int_equal(f->frame.ack.released, 12);
}

static void a_problem_goes_there_and_back(void **state)
{
    struct fixture *f = *state;
    struct stats_problem problem = {
        .id = 3, .code = "invalid", .message = "loss.percent: \"x\"\n\x1b[2J\xff"};
    assert_true(stats_problem_print(&problem, &f->out));
    parse_printed(f);
    assert_int_equal(f->frame.type, STATS_FRAME_ERROR);
    assert_int_equal(f->frame.problem.id, 3);
    assert_string_equal(f->frame.problem.code, "invalid");
    assert_string_equal(f->frame.problem.message, "loss.percent: \"x\"??[2J?");
}

static void fill(struct stats_sample *sample)
{
    struct random random;
    random_seed(&random, 8);
    stats_sample_clear(sample);
    sample->faults.latency.mean_ms = 800;
    sample->sequence = UINT64_MAX;
    sample->interval_ms = 101;
    sample->intensity = 0.25;
    strcpy(sample->set_by, "alice@laptop");
    sample->lease_left_ms = 9500;
    sample->connections_open = 32;
    sample->connections_accepted = 5;
    sample->in_flight = 7;
    sample->held = 6;
    sample->requests = 1234;
    sample->faulted = 617;
    sample->bytes_in = UINT64_C(1) << 60;
    sample->bytes_out = 99;
    sample->upstream_bytes_in = 77;
    sample->upstream_bytes_out = 66;
    sample->client_retransmits = 3;
    sample->upstream_retransmits = 4;
    for (size_t i = 0; i < STATS_OUTCOMES; i++) {
        sample->outcomes[i] = 1000 + i;
        sample->scoped_outcomes[i] = 10 + i;
    }
    for (size_t h = 0; h < STATS_HISTOGRAMS; h++)
        for (size_t i = 0; i < 300 * h; i++) /* the first one stays empty */
            hist_record(stats_histogram_of(sample, &stats_histograms[h]),
                        random_below(&random, 1000000) * (h + 1));
}

static void assert_same_hist(const struct hist *a, const struct hist *b)
{
    assert_memory_equal(a->counts, b->counts, sizeof a->counts);
    assert_int_equal(a->total, b->total);
}

static void a_sample_goes_there_and_back(void **state)
{
    struct fixture *f = *state;
    const struct stats_sample *back = &f->frame.sample, *sample = &f->sample;
    fill(&f->sample);
    assert_true(stats_sample_print(sample, &f->out));
    assert_null(strstr(f->out.data, "\"round_trip")); /* it is empty */
    assert_null(strstr(f->out.data, "control_outcomes"));
    assert_contains(f->out.data, "\"retransmits\":{\"client\":3,\"upstream\":4}");
    assert_contains(f->out.data, "\"connections\":{\"open\":32,\"accepted\":5}");
    assert_contains(f->out.data, "\"bytes\":{\"in\":1152921504606846976,\"out\":99}");
    assert_contains(f->out.data, "\"histograms\":{\"service\":\"HISTF");
    memset(&f->frame, 0x55, sizeof f->frame);
    parse_printed(f);
    assert_int_equal(f->frame.type, STATS_FRAME_STATS);
    assert_true(back->sequence == UINT64_MAX);
    assert_int_equal(back->interval_ms, 101);
    assert_true(fault_equal(&back->faults, &sample->faults));
    assert_true(back->intensity == 0.25);
    assert_string_equal(back->set_by, sample->set_by);
    assert_int_equal(back->lease_left_ms, 9500);
    assert_int_equal(back->connections_open, 32);
    assert_int_equal(back->connections_accepted, 5);
    assert_int_equal(back->in_flight, 7);
    assert_int_equal(back->held, 6);
    assert_int_equal(back->requests, 1234);
    assert_int_equal(back->faulted, 617);
    assert_true(back->bytes_in == UINT64_C(1) << 60);
    assert_int_equal(back->bytes_out, 99);
    assert_memory_equal(back->outcomes, sample->outcomes, sizeof sample->outcomes);
    assert_memory_equal(back->control_outcomes, sample->control_outcomes, sizeof sample->control_outcomes);
    assert_memory_equal(back->scoped_outcomes, sample->scoped_outcomes, sizeof sample->scoped_outcomes);
    assert_int_equal(back->upstream_bytes_in, 77);
    assert_int_equal(back->upstream_bytes_out, 66);
    assert_int_equal(back->client_retransmits, 3);
    assert_int_equal(back->upstream_retransmits, 4);
    for (size_t h = 0; h < STATS_HISTOGRAMS; h++)
        assert_same_hist(stats_histogram_in(back, &stats_histograms[h]),
                         stats_histogram_in(sample, &stats_histograms[h]));
}

static void the_largest_sample_fits_its_line(void **state)
{
    struct fixture *f = *state;
    struct random random;
    fill(&f->sample);
    random_seed(&random, 2);
    memset(f->sample.faults.error.body, '\n', FAULT_BODY_MAX);
    memset(f->sample.faults.scope.path, '"', FAULT_PATH_MAX);
    for (size_t h = 0; h < STATS_HISTOGRAMS; h++)
        for (size_t i = 0; i <= hist_index(HIST_HIGHEST_US); i++)
            hist_record_n(stats_histogram_of(&f->sample, &stats_histograms[h]), hist_index_lowest(i),
                          1 + (random_next(&random) >> 34));
    assert_true(stats_sample_print(&f->sample, &f->out));
    parse_printed(f);
}

/* Every histogram and every counter is in the table and in the sums, or it would be lost on its way. */
static void samples_add_up_and_are_taken_whole(void **state)
{
    struct fixture *f = *state;
    struct stats_sample *sample = &f->sample, *sum = &f->frame.sample;
    fill(sample);
    stats_sample_clear(sum);
    stats_sample_add(sum, sample);
    stats_sample_take(sum, sample);
    assert_int_equal(sum->requests, 2468);
    assert_int_equal(sum->upstream_bytes_out, 132);
    assert_int_equal(sum->client_retransmits, 6);
    assert_int_equal(sum->scoped_outcomes[STATS_RESET], 2 * (10 + STATS_RESET));
    for (size_t h = 0; h < STATS_HISTOGRAMS; h++) {
        assert_int_equal(stats_histogram_in(sum, &stats_histograms[h])->total, 600 * h);
        for (size_t other = 0; other < h; other++)
            assert_true(stats_histograms[h].offset != stats_histograms[other].offset);
    }
    assert_int_equal(sample->requests, 0);
    assert_int_equal(sample->in_flight, 7); /* a gauge */
    stats_sample_reset(sample);
    stats_sample_clear(sum);
    assert_memory_equal(sample, sum, sizeof *sample);
}

static void a_small_sample_is_enough(void **state)
{
    struct fixture *f = *state;
    static const char line[] =
        "{\"type\":\"stats\",\"sequence\":1,\"interval_ms\":100,\"faults\":{},\"new\":[1]}";
    memset(&f->frame, 0x55, sizeof f->frame);
    assert_true(stats_frame_parse(&f->frame, line, strlen(line), &f->error));
    assert_int_equal(f->frame.sample.requests, 0);
    assert_string_equal(f->frame.sample.set_by, "");
    assert_true(f->frame.sample.intensity == 1);
    assert_int_equal(f->frame.sample.round_trip.total, 0);
    assert_true(f->frame.sample.round_trip.min_us == UINT64_MAX);
}

static void a_wrong_frame_names_its_key(void **state)
{
    struct fixture *f = *state;
    static const char *const cases[][2] = {
        {"", "not a JSON object"},
        {"[]", "not a JSON object"},
        {"{}", "type: is missing"},
        {"{\"type\":null}", "type: must be a string"},
        {"{\"type\":\"bye\"}", "type: 'bye' is none of"},
        {"{\"type\":\"hello\",\"version\":\"1\",\"id\":\"a\"}", "protocol: is missing"},
        {"{\"type\":\"hello\",\"protocol\":2,\"version\":\"1\",\"id\":\"a\"}",
         "protocol: the sidecar speaks version 2"},
        {"{\"type\":\"hello\",\"protocol\":1,\"version\":1,\"id\":\"a\"}", "version: must be a string"},
        {"{\"type\":\"hello\",\"protocol\":1,\"version\":\"\\u001b\",\"id\":\"a\"}",
         "version: must not have control"},
        {"{\"type\":\"hello\",\"protocol\":1,\"version\":\"1\",\"id\":\"a\",\"capabilities\":\"loss\"}",
         "capabilities: must be an array"},
        {"{\"type\":\"hello\",\"protocol\":1,\"version\":\"1\",\"id\":\"a\",\"capabilities\":[1]}",
         "capabilities: must be an array of strings"},
        {"{\"type\":\"hello\",\"protocol\":1,\"version\":\"1\",\"id\":\"a\",\"capabilities\":[\"a b\"]}",
         "capabilities: must be an array of words"},
        {"{\"type\":\"ack\",\"id\":1}", "applied: is missing"},
        {"{\"type\":\"ack\",\"id\":1.5,\"applied\":1}", "id: must be a whole number"},
        {"{\"type\":\"error\",\"code\":\"x\"}", "message: is missing"},
        {"{\"type\":\"stats\",\"sequence\":1,\"interval_ms\":1}", "faults: is missing"},
        {"{\"type\":\"stats\",\"sequence\":1,\"interval_ms\":1,\"faults\":{},\"intensity\":1.5}",
         "intensity: must be from 0 to 1"},
        {"{\"type\":\"stats\",\"sequence\":-1,\"interval_ms\":1,\"faults\":{}}",
         "sequence: must not be negative"},
        {"{\"type\":\"stats\",\"sequence\":1,\"interval_ms\":-1,\"faults\":{}}",
         "interval_ms: must not be negative"},
        {"{\"type\":\"stats\",\"sequence\":1,\"interval_ms\":1,\"faults\":{\"loss\":{\"percent\":200}}}",
         "faults: loss.percent: 200 is more than 100"},
        {"{\"type\":\"stats\",\"sequence\":1,\"interval_ms\":1,\"faults\":{},\"bytes\":{\"in\":\"1\"}}",
         "bytes.in: must be a whole number"},
        {"{\"type\":\"stats\",\"sequence\":1,\"interval_ms\":1,\"faults\":{},\"outcomes\":{\"reset\":-1}}",
         "outcomes.reset: must not be negative"},
        {"{\"type\":\"stats\",\"sequence\":1,\"interval_ms\":1,\"faults\":{},\"connections\":[]}",
         "connections: must be an object"},
        {"{\"type\":\"stats\",\"sequence\":1,\"interval_ms\":1,\"faults\":{},\"histograms\":{\"service\":1}}",
         "histograms.service: must be a string"},
        {"{\"type\":\"stats\",\"sequence\":1,\"interval_ms\":1,\"faults\":{},\"histograms\":{\"service\":"
         "\"HISTF\"}}",
         "histograms.service: histogram: not base64"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        error_clear(&f->error);
        assert_case(!stats_frame_parse(&f->frame, cases[i][0], strlen(cases[i][0]), &f->error), cases[i][0]);
        assert_contains(f->error.message, cases[i][1]);
    }
}

static void capabilities_have_a_bound(void **state)
{
    struct fixture *f = *state;
    buf_append_text(
        &f->out, "{\"type\":\"hello\",\"protocol\":1,\"version\":\"1\",\"id\":\"a\",\"capabilities\":[\"a\"");
    for (int i = 0; i < 200; i++)
        buf_append_text(&f->out, ",\"b\"");
    buf_append_text(&f->out, "]}");
    assert_false(stats_frame_parse(&f->frame, f->out.data, f->out.length, &f->error));
    assert_string_equal(f->error.message, "capabilities: is too long");
}

static void printing_stops_at_the_bound(void **state)
{
    struct fixture *f = *state;
    struct buf small;
    buf_init(&small, 20);
    struct stats_ack ack = {.id = 1};
    assert_false(stats_ack_print(&ack, &small));
    assert_true(small.failed);
    fill(&f->sample);
    buf_reset(&small);
    assert_false(stats_sample_print(&f->sample, &small));
    buf_free(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(hello_goes_there_and_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_slow_sidecar_says_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_ack_goes_there_and_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_problem_goes_there_and_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_sample_goes_there_and_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_largest_sample_fits_its_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(samples_add_up_and_are_taken_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_small_sample_is_enough, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wrong_frame_names_its_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(capabilities_have_a_bound, set_up, tear_down),
        cmocka_unit_test_setup_teardown(printing_stops_at_the_bound, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
