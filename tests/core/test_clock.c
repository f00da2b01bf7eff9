#include "core/clock.h"

#include "tests/core/support.h"

#include <stdlib.h>
#include <time.h>

static void writes_utc_as_iso_8601(void **state)
{
    (void)state;
    static const struct {
        int64_t epoch_ms;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00Z"},
        {999, "1970-01-01T00:00:00Z"},
        {-1, "1969-12-31T23:59:59Z"},
        {-1000, "1969-12-31T23:59:59Z"},
        {951782400000, "2000-02-29T00:00:00Z"},
        {1795269727000, "2026-11-21T14:02:07Z"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[CLOCK_TEXT_MAX];
        clock_format_utc(cases[i].epoch_ms, text, sizeof text);
        assert_string_equal(text, cases[i].text);
    }
}

static void survives_impossible_times(void **state)
{
    (void)state;
    char text[CLOCK_TEXT_MAX];
    clock_format_utc(INT64_MAX, text, sizeof text);
    assert_int_not_equal(text[0], '\0');
    clock_format_utc(INT64_MIN, text, sizeof text);
    assert_int_not_equal(text[0], '\0');
    clock_format_utc(0, text, 4);
    assert_string_equal(text, "?");
}

static void writes_local_time(void **state)
{
    (void)state;
    char text[CLOCK_TEXT_MAX];
    setenv("TZ", "XXX-02:30", 1);
    tzset();
    clock_format_local_time(1795269727000, text, sizeof text);
    assert_string_equal(text, "16:32:07");
}

static void monotonic_clocks_agree_and_never_go_back(void **state)
{
    (void)state;
    uint64_t last = clock_ns();
    for (int i = 0; i < 1000; i++) {
        uint64_t now = clock_ns();
        assert_true(now >= last);
        last = now;
    }
    assert_true(clock_us() >= last / 1000);
    assert_true(clock_ms() >= (int64_t)(last / 1000000));
    assert_true(clock_ms() < (int64_t)(last / 1000000) + 60000);
}

static void sleeps_at_least_as_long_as_asked(void **state)
{
    (void)state;
    uint64_t start = clock_ns();
    clock_sleep_ms(20);
    assert_true(clock_ns() - start >= 20000000);
    clock_sleep_ms(0);
    clock_sleep_ms(-5);
}

static void real_time_is_the_systems(void **state)
{
    (void)state;
    int64_t before = (int64_t)time(NULL) - 1;
    int64_t now = clock_epoch_ms() / 1000;
    assert_true(now >= before && now <= (int64_t)time(NULL) + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_utc_as_iso_8601),
        cmocka_unit_test(survives_impossible_times),
        cmocka_unit_test(writes_local_time),
        cmocka_unit_test(monotonic_clocks_agree_and_never_go_back),
        cmocka_unit_test(sleeps_at_least_as_long_as_asked),
        cmocka_unit_test(real_time_is_the_systems),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
