/* schedule: which schedules fall into an experiment. */
#include "experiment/schedule.h"

#include "tests/experiment/support.h"

/* Saturday 2026-11-21, 08:00:00 UTC, and half an hour. */
#define FROM_MS INT64_C(1795248000000)
#define TO_MS (FROM_MS + 30 * 60000)

static const struct {
    const char *expression, *timezone;
    enum schedule_answer answer;
} cases[] = {
    {"at(2026-11-21T08:15:00)", "", SCHEDULE_YES},
    {"at(2026-11-21T08:30:00)", "UTC", SCHEDULE_YES},
    {"at(2026-11-21T08:30:01)", "", SCHEDULE_NO},
    {"at(2026-11-21T07:59:59)", "", SCHEDULE_NO},
    {"at(2026-11-21T09:15:00)", "Europe/Berlin", SCHEDULE_UNKNOWN},
    {"at(2026-11-23T08:15:00)", "Europe/Berlin", SCHEDULE_NO},
    {"at(2026-11-21)", "", SCHEDULE_UNKNOWN},
    {"at(2026-11-21T08:15:00) ", "", SCHEDULE_UNKNOWN},
    {"cron(15 8 * * ? *)", "", SCHEDULE_YES},
    {"cron(45 8 * * ? *)", "", SCHEDULE_NO},
    {"cron(0/10 * * * ? *)", "", SCHEDULE_YES},
    {"cron(40-50,55 8 * * ? *)", "", SCHEDULE_NO},
    {"cron(40-50,5 8 * * ? *)", "", SCHEDULE_YES},
    {"cron(15 8 ? * SAT *)", "", SCHEDULE_YES},
    {"cron(15 8 ? * 7 *)", "", SCHEDULE_YES},
    {"cron(15 8 ? * MON-FRI *)", "", SCHEDULE_NO},
    {"cron(15 8 21 NOV ? 2026)", "", SCHEDULE_YES},
    {"cron(15 8 21 nov ? 2026-2030)", "", SCHEDULE_YES},
    {"cron(15 8 21 12 ? *)", "", SCHEDULE_NO},
    {"cron(15 8 * * ? 2025)", "", SCHEDULE_NO},
    {"cron(15 8 L * ? *)", "", SCHEDULE_UNKNOWN},
    {"cron(15 9 L * ? *)", "", SCHEDULE_NO},
    {"cron(15 8 ? * 6#3 *)", "", SCHEDULE_UNKNOWN},
    {"cron(15 8 * * ? *)", "America/New_York", SCHEDULE_UNKNOWN},
    {"cron(15 8 * *)", "", SCHEDULE_UNKNOWN},
    {"cron(1/0 8 * * ? *)", "", SCHEDULE_UNKNOWN},
    {"rate(10 minutes)", "", SCHEDULE_YES},
    {"rate(1 hour)", "", SCHEDULE_UNKNOWN},
    {"rate(2 days)", "", SCHEDULE_UNKNOWN},
    {"rate(0 minutes)", "", SCHEDULE_UNKNOWN},
    {"", "", SCHEDULE_UNKNOWN},
};

static void each_schedule_falls_in_or_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum schedule_answer answer = schedule_fires(cases[i].expression, cases[i].timezone, FROM_MS, TO_MS);
        if (answer != cases[i].answer)
            fail_msg("%s %s: %d", cases[i].expression, cases[i].timezone, (int)answer);
    }
}

static void spans_have_bounds(void **state)
{
    (void)state;
    assert_int_equal(schedule_fires("rate(1 minute)", "", TO_MS, FROM_MS), SCHEDULE_NO);
    assert_int_equal(schedule_fires("cron(0 0 1 1 ? 1999)", "", 0, INT64_MAX / 2), SCHEDULE_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_schedule_falls_in_or_not),
        cmocka_unit_test(spans_have_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
