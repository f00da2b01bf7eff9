/* guard: what people write, and what is said of what they should not have written. */
#include "experiment/guard.h"
#include "tests/experiment/support.h"

static struct guard read_guard(const char *text)
{
    struct guard guard;
    struct error error;
    assert_done(guard_parse(&guard, text, &error), &error);
    return guard;
}

static void what_is_written_is_what_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct guard guard;
    } rows[] = {
        {"p50 > 200ms", {GUARD_P50, GUARD_ABOVE, 200e3, 0, false, "", ""}},
        {"p90>=1.5s for 10s", {GUARD_P90, GUARD_AT_LEAST, 1.5e6, 10000, false, "", ""}},
        {"p99 > 2s for 10s", {GUARD_P99, GUARD_ABOVE, 2e6, 10000, false, "", ""}},
        {"P99.9 > 500 for 1m30s", {GUARD_P999, GUARD_ABOVE, 500e3, 90000, false, "", ""}},
        {"errors > 20%", {GUARD_ERRORS, GUARD_ABOVE, 20, 0, false, "", ""}},
        {"errors>0.5 % FOR PT5S", {GUARD_ERRORS, GUARD_ABOVE, 0.5, 5000, false, "", ""}},
        {"lost > 5, missing ok", {GUARD_LOST, GUARD_ABOVE, 5, 0, true, "", ""}},
        {"requests < 10/s for 10 s", {GUARD_REQUESTS, GUARD_BELOW, 10, 10000, false, "", ""}},
        {"requests <= 0.5 missing ok", {GUARD_REQUESTS, GUARD_AT_MOST, 0.5, 0, true, "", ""}},
        {"  Healthy  targets < 2 ", {GUARD_HEALTHY_TARGETS, GUARD_BELOW, 2, 0, false, "", ""}},
        {"running tasks<3 for 5s,missing  ok", {GUARD_RUNNING_TASKS, GUARD_BELOW, 3, 5000, true, "", ""}},
        {"alarm checkout-5xx", {GUARD_ALARM, GUARD_ABOVE, 0, 0, false, "checkout-5xx", ""}},
        {"alarm checkout-5xx, missing ok", {GUARD_ALARM, GUARD_ABOVE, 0, 0, true, "checkout-5xx", ""}},
        {"alarm \"for 5 s, high\" for 30s", {GUARD_ALARM, GUARD_ABOVE, 0, 30000, false, "for 5 s, high", ""}},
        {"alarm arn:aws-cn:cloudwatch:cn-north-1:123456789012:alarm:a:b",
         {GUARD_ALARM, GUARD_ABOVE, 0, 0, false, "a:b", "cn-north-1"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct guard *wanted = &rows[i].guard;
        struct guard guard = read_guard(rows[i].text);
        assert_int_equal(guard.metric, wanted->metric);
        assert_int_equal(guard.op, wanted->op);
        assert_true(guard.threshold - wanted->threshold < 1e-6 && wanted->threshold - guard.threshold < 1e-6);
        assert_int_equal(guard.for_ms, wanted->for_ms);
        assert_int_equal(guard.missing_ok, wanted->missing_ok);
        assert_string_equal(guard.alarm, wanted->alarm);
        assert_string_equal(guard.alarm_region, wanted->alarm_region);
    }
}

static void what_is_wrong_is_said_with_its_place(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"", "ends too soon: expected p50"},
        {"p98 > 2s", "'p98 > 2s': expected p50, p90"},
        {"p99x > 2s", "expected p50, p90"},
        {"p99", "ends too soon: expected >, >=, < or <="},
        {"p99 = 2s", "expected >, >=, < or <= at '= 2s'"},
        {"p99 >", "ends too soon: expected a time (2s, 500ms)"},
        {"p99 > for 10s", "expected a time (2s, 500ms) at 'for 10s'"},
        {"p99 >> 2s", "expected a time (2s, 500ms) at '> 2s'"},
        {"p99 > 2x for 10s", "expected a time (2s, 500ms) at '2x for 10s'"},
        {"p99 > 20%", "expected a time (2s, 500ms) at '20%'"},
        {"p99 > 61s", "at most 60s"},
        {"p99 > 60s", "can never hold"},
        {"p99 > 2s for", "ends too soon: expected a time of at most 1h"},
        {"p99 > 2s for ever", "expected a time of at most 1h (10s) at 'ever'"},
        {"p99 > 2s for 2h", "a time of at most 1h (10s) at '2h'"},
        {"p99 > 2s for 10s, missing", "expected ', missing ok' or the end at 'missing'"},
        {"p99 > 2s, ", "'for 10s', ', missing ok' or the end"},
        {"p99 > 2s missing ok for 10s", "at 'missing ok for 10s'"},
        {"errors > 2s", "expected a percentage (20%, 0.5%) at '2s'"},
        {"errors > 120%", "expected a percentage"},
        {"errors > 100%", "can never hold; try 'errors > 20% for 5s'"},
        {"errors >= 0%", "can only hold"},
        {"lost <= 100%", "can only hold"},
        {"requests < 0/s", "can never hold"},
        {"requests < ten", "expected a rate (10/s) at 'ten'"},
        {"healthy targets < 1.5", "expected a whole number (2) at '1.5'"},
        {"healthy < 2", "expected p50"},
        {"running tasks < 99999999", "expected a number (2)"},
        {"alarm", "expected an alarm's name or ARN"},
        {"alarm , missing ok", "an alarm's name or ARN"},
        {"alarm \"half", "the closing quote"},
        {"alarm two words", "'for 10s', ', missing ok' or the end at 'words'"},
        {"alarm arn:aws:sns:eu-west-1:1:topic", "an alarm's ARN (arn:aws:cloudwatch:"},
        {"alarm arn:aws:cloudwatch:eu-west-1:1:alarm:", "an alarm's ARN"},
        {"p99 > 2s\n", "control character"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct guard guard = {.for_ms = 77};
        struct error error = {0};
        if (guard_parse(&guard, rows[i][0], &error))
            fail_msg("'%s' was taken", rows[i][0]);
        assert_int_equal(error.code, ERROR_INVALID);
        assert_contains(error.message, rows[i][1]);
        assert_int_equal(guard.for_ms, 77);
    }
}

static void a_long_one_is_refused(void **state)
{
    (void)state;
    char text[CHOICES_GUARD_MAX + 1];
    struct guard guard;
    struct error error;
    memset(text, 'a', sizeof text);
    memcpy(text, "alarm ", 6);
    text[6 + GUARD_ALARM_MAX - 1] = '\0';
    assert_done(guard_parse(&guard, text, &error), &error);
    assert_int_equal(strlen(guard.alarm), GUARD_ALARM_MAX - 1);
    text[6 + GUARD_ALARM_MAX - 1] = 'a';
    text[CHOICES_GUARD_MAX] = '\0';
    assert_false(guard_parse(&guard, text, &error));
    assert_contains(error.message, "longer than");
}

static void operators_mean_what_they_look_like(void **state)
{
    (void)state;
    static const bool wanted[4][3] = {
        {false, false, true}, {false, true, true}, {true, false, false}, {true, true, false}};
    for (int op = GUARD_ABOVE; op <= GUARD_AT_MOST; op++)
        for (int value = 1; value <= 3; value++) {
            const struct guard guard = {.op = (enum guard_operator)op, .threshold = 2};
            assert_int_equal(guard_holds(&guard, value), wanted[op][value - 1]);
        }
}

static void every_example_is_taken(void **state)
{
    (void)state;
    for (int i = 0; i < GUARD_METRICS; i++)
        assert_int_equal(read_guard(guard_example((enum guard_metric)i)).metric, i);
}

static void values_have_their_unit(void **state)
{
    (void)state;
    char text[UNITS_TEXT_MAX];
    guard_format(GUARD_P99, 812e3, text);
    assert_string_equal(text, "812 ms");
    guard_format(GUARD_ERRORS, 21.26, text);
    assert_string_equal(text, "21.3 %");
    guard_format(GUARD_REQUESTS, 9.54, text);
    assert_string_equal(text, "9.5/s");
    guard_format(GUARD_RUNNING_TASKS, 2, text);
    assert_string_equal(text, "2");
    guard_format(GUARD_ALARM, 0, text);
    assert_string_equal(text, "");
}

static void a_list_has_each_once_and_a_bound(void **state)
{
    (void)state;
    struct choices choices = {0};
    struct error error;
    char text[64];
    assert_false(guard_add(&choices, "p99 > soon", &error));
    for (int i = 1; i <= CHOICES_GUARDS_MAX; i++) {
        snprintf(text, sizeof text, "running tasks < %d", i);
        assert_done(guard_add(&choices, text, &error), &error);
        assert_false(guard_add(&choices, text, &error));
        assert_contains(error.message, "is there already");
    }
    assert_false(guard_add(&choices, "p99 > 2s", &error));
    assert_contains(error.message, "there are 8 already");
    guard_remove(&choices, 0);
    guard_remove(&choices, 99);
    assert_int_equal(choices.guard_count, CHOICES_GUARDS_MAX - 1);
    assert_string_equal(choices.guards[0], "running tasks < 2");
    assert_string_equal(choices.guards[6], "running tasks < 8");
    assert_done(guard_add(&choices, "p99 > 2s", &error), &error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_what_is_read),
        cmocka_unit_test(what_is_wrong_is_said_with_its_place),
        cmocka_unit_test(a_long_one_is_refused),
        cmocka_unit_test(operators_mean_what_they_look_like),
        cmocka_unit_test(every_example_is_taken),
        cmocka_unit_test(values_have_their_unit),
        cmocka_unit_test(a_list_has_each_once_and_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
