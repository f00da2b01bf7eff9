#include "core/options.h"

#include "tests/core/support.h"

static bool parse(struct fault_options *options, const char *line, struct error *error)
{
    char copy[1024];
    char program[] = "program";
    char *argv[32] = {program};
    int argc = 1;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    const struct options_table table = {fault_option_specs, fault_options_take, options, NULL};
    error_clear(error);
    return options_parse(argc, argv, &table, 1, NULL, 0, NULL, error);
}

static void every_option_sets_its_part(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"--latency 800ms", "{\"latency\":{\"mean_ms\":800}}"},
        {"--latency 1.5s", "{\"latency\":{\"mean_ms\":1500}}"},
        {"--latency 250", "{\"latency\":{\"mean_ms\":250}}"},
        {"--latency PT1M", "{\"latency\":{\"mean_ms\":60000}}"},
        {"--jitter=50ms", "{\"latency\":{\"jitter_ms\":50}}"},
        {"--latency-distribution pareto", "{\"latency\":{\"distribution\":\"pareto\"}}"},
        {"--loss 2%", "{\"loss\":{\"percent\":2}}"},
        {"--loss-burst 3.5", "{\"loss\":{\"burst\":3.5}}"},
        {"--error 503@10%", "{\"error\":{\"percent\":10,\"status\":503}}"},
        {"--error 429@0.5", "{\"error\":{\"percent\":0.5,\"status\":429}}"},
        {"--error 500", "{\"error\":{\"percent\":100,\"status\":500}}"},
        {"--reset 1%", "{\"reset\":{\"percent\":1}}"},
        {"--blackhole", "{\"blackhole\":{\"percent\":100}}"},
        {"--blackhole 5%", "{\"blackhole\":{\"percent\":5}}"},
        {"--blackhole=7", "{\"blackhole\":{\"percent\":7}}"},
        {"--blackhole --loss 1", "{\"blackhole\":{\"percent\":100},\"loss\":{\"percent\":1}}"},
        {"--bandwidth 1MB/s", "{\"bandwidth\":{\"bytes_per_s\":1000000}}"},
        {"--bandwidth none", "{}"},
        {"--direction both", "{\"scope\":{\"direction\":\"both\"}}"},
        {"--percent 50%", "{\"scope\":{\"percent\":50}}"},
        {"--path /api/*", "{\"scope\":{\"path\":\"/api/*\"}}"},
        {"--method POST", "{\"scope\":{\"method\":\"POST\"}}"},
        {"--include-health-checks", "{\"scope\":{\"health_checks\":true}}"},
        {"--seed 42", "{\"seed\":42}"},
        {"--error-body sorry", "{\"error\":{\"body\":\"sorry\"}}"},
        {"--error-header X-A:1", "{\"error\":{\"headers\":[\"X-A:1\"]}}"},
        {"--error-header X-A:1 --error-header X-B:2", "{\"error\":{\"headers\":[\"X-A:1\",\"X-B:2\"]}}"},
        {"--error-header X-A:1 --error-header none", "{}"},
        {"--retry-after 5s", "{\"error\":{\"headers\":[\"Retry-After: 5\"]}}"},
        {"--retry-after 1500ms", "{\"error\":{\"headers\":[\"Retry-After: 2\"]}}"},
        {"--retry-after 9 --error-header X-A:1 --retry-after 7",
         "{\"error\":{\"headers\":[\"X-A:1\",\"Retry-After: 7\"]}}"},
        {"--grpc-status 14", "{\"error\":{\"grpc_status\":14}}"},
        {"--reset-at accept", "{\"reset\":{\"at\":\"accept\"}}"},
        {"--blackhole-per connection", "{\"blackhole\":{\"per\":\"connection\"}}"},
        {"--bandwidth-total 1MB/s", "{\"bandwidth\":{\"total_bytes_per_s\":1000000}}"},
        {"--slow-close 2s", "{\"slow_close\":{\"delay_ms\":2000}}"},
        {"--slice 64B", "{\"slice\":{\"bytes\":64}}"},
        {"--slice none", "{}"},
        {"--slice-delay 10ms", "{\"slice\":{\"delay_ms\":10}}"},
        {"--limit 10KB", "{\"limit\":{\"bytes\":10000}}"},
        {"--header X-Canary:1*", "{\"scope\":{\"header\":\"X-Canary:1*\"}}"},
        {"--source 10.0.0.0/8", "{\"scope\":{\"source\":\"10.0.0.0/8\"}}"},
        {"--start 30s", "{\"schedule\":{\"start_ms\":30000}}"},
        {"--start 30", "{\"schedule\":{\"start_ms\":30000}}"},
        {"--ramp 2m", "{\"schedule\":{\"ramp_ms\":120000}}"},
        {"--active 1m", "{\"schedule\":{\"duration_ms\":60000}}"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fault_options options = {0};
        struct fault expected;
        struct error error;
        fault_init(&options.fault);
        assert_case(parse(&options, cases[i][0], &error), cases[i][0]);
        assert_true(options.given);
        assert_true(fault_parse(&expected, cases[i][1], strlen(cases[i][1]), &error));
        assert_case(fault_equal(&options.fault, &expected), cases[i][0]);
    }
}

static void without_options_nothing_is_given(void **state)
{
    (void)state;
    struct fault_options options = {0};
    struct error error;
    fault_init(&options.fault);
    assert_true(parse(&options, "", &error));
    assert_false(options.given);
    assert_true(fault_is_clean(&options.fault));
}

static void a_wrong_value_names_its_option_and_changes_nothing(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "--latency fast",
        "--latency 61s",
        "--latency -1",
        "--jitter 2h",
        "--jitter 5%",
        "--latency-distribution gauss",
        "--loss 101",
        "--loss two",
        "--loss-burst 0.5",
        "--loss-burst 101",
        "--loss-burst 3%",
        "--error 200",
        "--error 600@5%",
        "--error 503@",
        "--error 503@200%",
        "--error @5",
        "--error teapot@5",
        "--error 00000000000000000503",
        "--reset 1s",
        "--blackhole=all",
        "--blackhole=",
        "--blackhole 200",
        "--bandwidth fast",
        "--bandwidth 99",
        "--bandwidth 200GB/s",
        "--bandwidth 0",
        "--direction up",
        "--percent 100.5%",
        "--method GET/",
        "--method abcdefghijklmnopqrstuvwxyz0123456789",
        "--path \xff",
        "--path /\x1b[2J",
        "--error-header X-A",
        "--error-header Content-Length:5",
        "--error-header Connection:close",
        "--error-header X:\r\nY:1",
        "--retry-after soon",
        "--grpc-status 17",
        "--reset-at end",
        "--blackhole-per host",
        "--bandwidth-total 5",
        "--slow-close 61s",
        "--slice 2MB",
        "--slice 0",
        "--slice 1kB/s",
        "--slice-delay x",
        "--limit 8Mbit",
        "--header :x",
        "--source example.org",
        "--source 10.0.0.0/40",
        "--start never",
        "--ramp 25h",
        "--active -1",
        "--seed -1",
        "--seed 1.5",
        "--seed 99999999999999999999",
    };
    struct fault clean;
    fault_init(&clean);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fault_options options = {0};
        struct error error;
        fault_init(&options.fault);
        assert_case(!parse(&options, cases[i], &error), cases[i]);
        assert_case(error.code == ERROR_USAGE, cases[i]);
        assert_case(strncmp(error.message, cases[i], strcspn(cases[i], " =")) == 0, error.message);
        assert_case(fault_equal(&options.fault, &clean) && !options.given, cases[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_option_sets_its_part),
        cmocka_unit_test(without_options_nothing_is_given),
        cmocka_unit_test(a_wrong_value_names_its_option_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
