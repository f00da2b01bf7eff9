/* guards, guard_window: when a guard trips and when it does not, by a clock and samples of the test's own. */
#include "experiment/guards.h"

#include "experiment/guard_window.h"
#include "tests/experiment/support.h"

#define START_MS INT64_C(50000000)
#define TICK_MS 100

static struct guards *guards;
static struct stats_sample sample;
static struct model_experiment *shown;
static int64_t now_ms;
static bool tripped;

static int setup(void **state)
{
    (void)state;
    guards = guards_new();
    shown = calloc(1, sizeof *shown);
    now_ms = START_MS;
    tripped = false;
    return guards == NULL || shown == NULL;
}

static int teardown(void **state)
{
    (void)state;
    guards_free(guards);
    free(shown);
    return 0;
}

static void begin(const char *first, const char *second)
{
    struct choices choices = {0};
    struct error error;
    assert_done(guard_add(&choices, first, &error), &error);
    if (second != NULL)
        assert_done(guard_add(&choices, second, &error), &error);
    guards_set(guards, &choices, now_ms);
    guards_begin(guards, GUARD_POLL_AWS_MS, now_ms);
}

/* What a tenth of a second brings. */
struct traffic {
    uint64_t fast, slow; /* answered in 10 ms, in 3 s */
    uint64_t errors, lost;
    bool silent; /* nothing is heard at all */
};
static const struct traffic quiet = {0}, silence = {.silent = true};

/* Lets time pass, at most `ms`, until one trips. */
static void pass(int64_t ms, struct traffic traffic)
{
    for (int64_t end_ms = now_ms + ms; now_ms < end_ms && !tripped;) {
        now_ms += TICK_MS;
        if (!traffic.silent) {
            stats_sample_clear(&sample);
            hist_record_n(&sample.round_trip, 10000, traffic.fast);
            hist_record_n(&sample.round_trip, 3000000, traffic.slow);
            sample.outcomes[STATS_ANSWERED] = traffic.fast + traffic.slow;
            sample.outcomes[STATS_INJECTED_ERROR] = traffic.errors;
            sample.outcomes[STATS_BLACKHOLED] = traffic.lost;
            guards_sample(guards, &sample, now_ms);
        }
        tripped = guards_tick(guards, now_ms);
    }
}

static const struct model_guard *show(void)
{
    memset(shown, 0, sizeof *shown);
    guards_show(guards, now_ms, shown);
    return &shown->guards[0];
}

static void expect_state(enum model_guard_state wanted)
{
    if (show()->state != wanted)
        fail_msg("the guard is %s, not %s", model_guard_state_name(shown->guards[0].state),
                 model_guard_state_name(wanted));
}

/* It tripped between these two times after `from_ms`. */
static void expect_tripped(int64_t from_ms, int64_t least_ms, int64_t most_ms, const char *why)
{
    if (!tripped)
        fail_msg("it has not tripped");
    if (now_ms - from_ms < least_ms || now_ms - from_ms > most_ms)
        fail_msg("it tripped after %lld ms", (long long)(now_ms - from_ms));
    assert_contains(guards_reason(guards), why);
    expect_state(MODEL_GUARD_TRIPPED);
    assert_true(shown->guard_tripped && guards_tripped(guards));
    assert_false(guards_tick(guards, now_ms + 60000)); /* once */
}

/* Within two slots and a tick of the time, for a slot must be whole and nothing is said of less than a
 * second. */
#define LATE_MS (2 * GUARD_SLOT_MS + TICK_MS)

static void it_trips_when_it_has_held_for_its_time(void **state)
{
    (void)state;
    begin("p99 > 2s for 10s", NULL);
    pass(5000, (struct traffic){.fast = 100});
    expect_state(MODEL_GUARD_OK);
    assert_true(shown->guards[0].value > 9 && shown->guards[0].value < 11);
    int64_t from_ms = now_ms;
    pass(9800, (struct traffic){.fast = 50, .slow = 50});
    assert_false(tripped);
    expect_state(MODEL_GUARD_HOLDS);
    assert_true(shown->guards[0].held_ms >= 9000 && shown->guards[0].trips_ms == 10000);
    pass(60000, (struct traffic){.fast = 50, .slow = 50});
    expect_tripped(from_ms, 10000, 10000 + LATE_MS, "guard 'p99 > 2s for 10s' tripped: p99 stood at 3");
    assert_contains(guards_reason(guards), "it has held for 10 s");
}

static void one_good_look_starts_it_anew(void **state)
{
    (void)state;
    begin("p99 > 2s for 5s", NULL);
    pass(2000, (struct traffic){.fast = 100});
    pass(3500, (struct traffic){.slow = 100}); /* a second more is seen of it */
    expect_state(MODEL_GUARD_HOLDS);
    pass(1500, (struct traffic){.fast = 100});
    expect_state(MODEL_GUARD_OK);
    assert_int_equal(show()->held_ms, 0);
    int64_t from_ms = now_ms;
    pass(60000, (struct traffic){.slow = 100});
    expect_tripped(from_ms, 5000, 5000 + LATE_MS, "p99 > 2s");
}

static void without_a_time_it_trips_at_once(void **state)
{
    (void)state;
    begin("errors > 20%", NULL);
    pass(3000, (struct traffic){.fast = 90, .errors = 10});
    expect_state(MODEL_GUARD_OK);
    assert_int_equal((int)shown->guards[0].value, 10);
    int64_t from_ms = now_ms;
    pass(60000, (struct traffic){.fast = 50, .errors = 50});
    /* as soon as a fifth of the last second's requests were errors */
    expect_tripped(from_ms, 250, 1000, "errors stood at");
}

static void a_share_beyond_all_bounds_but_of_three_requests_is_no_proof(void **state)
{
    (void)state;
    begin("errors > 20%, missing ok", NULL);
    pass(1000, (struct traffic){.fast = 10});
    pass(100, (struct traffic){.errors = 3});
    pass(60000, quiet);
    assert_false(tripped);
    expect_state(MODEL_GUARD_FEW);
}

static void where_none_may_be_one_is_proof(void **state)
{
    (void)state;
    begin("lost > 0%", NULL);
    pass(3000, (struct traffic){.fast = 10});
    assert_false(tripped);
    pass(100, (struct traffic){.fast = 10, .lost = 1});
    pass(1000, (struct traffic){.fast = 10});
    assert_true(tripped);
}

/* 30 requests a second are too few for a p99 even in ten seconds: five slow ones of them are proof. */
static void few_requests_trip_by_the_slow_ones_among_them(void **state)
{
    (void)state;
    begin("p99 > 2s for 2s", NULL);
    pass(20000, (struct traffic){.fast = 3});
    expect_state(MODEL_GUARD_OK);
    assert_true(shown->guards[0].value < 0); /* it is not known, only that it is fine */
    pass(400, (struct traffic){.fast = 2, .slow = 1});
    pass(12000, (struct traffic){.fast = 3});
    assert_false(tripped); /* four were slow */
    int64_t from_ms = now_ms;
    pass(60000, (struct traffic){.fast = 2, .slow = 1});
    expect_tripped(from_ms, 2500, 2500 + 2000, "p99 stood at 3");
}

static void too_few_requests_are_neither_good_nor_bad_for_a_while(void **state)
{
    (void)state;
    begin("p99 > 2s for 5s", NULL);
    pass(3000, (struct traffic){.fast = 100});
    pass(9000, quiet);
    expect_state(MODEL_GUARD_OK); /* by the ten seconds' requests */
    int64_t from_ms = now_ms;
    pass(20000, quiet);
    assert_false(tripped);
    expect_state(MODEL_GUARD_FEW);
    assert_int_equal(shown->guards[0].trips_ms, GUARDS_FEW_MS);
    pass(60000, quiet);
    expect_tripped(from_ms, 29000, 33000, "too few requests");
}

/* All requests hang: they are lost, and there is no round trip that could be fine. */
static void lost_requests_are_no_round_trips(void **state)
{
    (void)state;
    begin("p99 > 2s", NULL);
    pass(2000, (struct traffic){.fast = 100});
    pass(13500, (struct traffic){.lost = 100});
    expect_state(MODEL_GUARD_FEW);
    pass(60000, (struct traffic){.lost = 100});
    assert_true(tripped);
}

static void silence_trips_after_its_grace(void **state)
{
    (void)state;
    begin("errors > 20% for 5s", NULL);
    pass(5000, (struct traffic){.fast = 100});
    int64_t from_ms = now_ms;
    pass(1900, silence);
    expect_state(MODEL_GUARD_OK);
    pass(2000, silence);
    expect_state(MODEL_GUARD_MISSING);
    assert_true(shown->guards[0].value < 0 && shown->guards[0].now[0] == '\0');
    pass(60000, silence);
    expect_tripped(from_ms, 10000, 10000 + LATE_MS, "no sidecar has told anything for 10 s");
}

static void a_longer_time_is_a_longer_grace(void **state)
{
    (void)state;
    begin("errors > 20% for 20s", NULL);
    pass(5000, (struct traffic){.fast = 100});
    int64_t from_ms = now_ms;
    pass(60000, silence);
    expect_tripped(from_ms, 20000, 20000 + LATE_MS, "no sidecar");
}

static void what_comes_back_in_time_does_not_trip(void **state)
{
    (void)state;
    begin("errors > 20%", NULL);
    pass(5000, (struct traffic){.fast = 100});
    for (int i = 0; i < 10; i++) {
        pass(9000, silence);
        expect_state(MODEL_GUARD_MISSING);
        pass(2000, (struct traffic){.fast = 100});
        expect_state(MODEL_GUARD_OK);
    }
    assert_false(tripped);
}

static void silence_may_be_allowed(void **state)
{
    (void)state;
    begin("errors > 20%, missing ok", NULL);
    pass(5000, (struct traffic){.fast = 100});
    pass(600000, silence);
    assert_false(tripped);
    expect_state(MODEL_GUARD_MISSING);
    assert_true(shown->guards[0].trips_ms < 0);
    pass(5000, (struct traffic){.errors = 100});
    assert_true(tripped);
}

/* A gap in what is known is no good look: it goes on behind it. */
static void a_gap_does_not_end_the_time(void **state)
{
    (void)state;
    begin("errors > 20% for 10s", NULL);
    pass(2000, (struct traffic){.fast = 100});
    int64_t from_ms = now_ms;
    pass(5000, (struct traffic){.errors = 100});
    pass(4000, silence);
    assert_false(tripped);
    pass(60000, (struct traffic){.errors = 100});
    expect_tripped(from_ms, 10000, 10000 + LATE_MS, "errors stood at 100 %");
}

static void a_rate_is_that_of_three_seconds(void **state)
{
    (void)state;
    begin("requests < 50/s for 2s", NULL);
    pass(5000, (struct traffic){.fast = 10});
    expect_state(MODEL_GUARD_OK);
    assert_int_equal((int)(shown->guards[0].value + 0.5), 100);
    int64_t from_ms = now_ms;
    pass(60000, quiet);
    expect_tripped(from_ms, 3500, 3500 + LATE_MS, "requests stood at");
}

static void answer(const char *state, const char *reason, int healthy)
{
    struct guard_poll poll;
    guards_want(guards, &poll);
    poll.targets_read = poll.targets;
    poll.healthy = healthy;
    poll.alarms_read = poll.alarm_count > 0;
    for (size_t i = 0; i < poll.alarm_count; i++) {
        snprintf(poll.states[i], sizeof poll.states[i], "%s", state);
        snprintf(poll.reasons[i], sizeof poll.reasons[i], "%s", reason);
    }
    guards_take_poll(guards, &poll, now_ms);
}

static void an_alarm_trips_in_its_state_alone(void **state)
{
    (void)state;
    begin("alarm five", "healthy targets < 2");
    assert_true(guards_wait(guards));
    answer("INSUFFICIENT_DATA", "", 3);
    assert_false(guards_wait(guards));
    pass(1000, quiet);
    expect_state(MODEL_GUARD_OK);
    assert_string_equal(shown->guards[0].now, "INSUFFICIENT_DATA");
    assert_string_equal(shown->guards[0].limit, "five");
    assert_string_equal(shown->guards[1].now, "3");
    answer("ALARM", "Threshold Crossed", 3);
    int64_t from_ms = now_ms;
    pass(1000, quiet);
    expect_tripped(from_ms, 0, TICK_MS, "guard 'alarm five' tripped: the alarm is in state ALARM: Threshold");
}

static void healthy_targets_trip(void **state)
{
    (void)state;
    begin("healthy targets < 2 for 6s", "alarm five, missing ok");
    answer("OK", "", 1);
    int64_t from_ms = now_ms;
    pass(5000, quiet);
    expect_state(MODEL_GUARD_HOLDS);
    answer("OK", "", 1);
    pass(60000, quiet);
    expect_tripped(from_ms, 6000, 6000 + TICK_MS, "healthy targets stood at 1");
}

static void what_aws_no_longer_answers_trips_after_four_polls(void **state)
{
    (void)state;
    struct guard_poll none;
    begin("alarm five", "running tasks < 2, missing ok");
    answer("OK", "", 3);
    int64_t from_ms = now_ms;
    guards_want(guards, &none);
    snprintf(none.error.message, sizeof none.error.message, "CloudWatch DescribeAlarms: AccessDenied");
    for (int i = 0; i < 10 && !tripped; i++) {
        pass(GUARD_POLL_AWS_MS, quiet);
        guards_take_poll(guards, &none, now_ms);
    }
    expect_tripped(from_ms, 20000, 20000 + TICK_MS,
                   "it could not be read for 20 s: CloudWatch DescribeAlarms: AccessDenied");
}

static void one_that_is_added_is_looked_at_and_the_others_go_on(void **state)
{
    (void)state;
    struct choices choices = {.guard_count = 2, .guards = {"errors > 20% for 10s", "p99 > 1s"}};
    begin("errors > 20% for 10s", NULL);
    pass(3000, (struct traffic){.fast = 100});
    int64_t from_ms = now_ms;
    pass(6000, (struct traffic){.errors = 100, .fast = 100});
    guards_set(guards, &choices, now_ms);
    pass(TICK_MS, (struct traffic){.errors = 100, .fast = 100});
    show();
    assert_int_equal(shown->guard_count, 2);
    assert_int_equal(shown->guards[0].state, MODEL_GUARD_HOLDS);
    assert_int_equal(shown->guards[1].state, MODEL_GUARD_OK);
    pass(60000, (struct traffic){.errors = 100, .fast = 100});
    expect_tripped(from_ms, 10000, 10000 + LATE_MS, "errors");
}

static void before_and_after_nothing_trips(void **state)
{
    (void)state;
    struct choices choices = {.guard_count = 1, .guards = {"errors > 20%"}};
    guards_set(guards, &choices, now_ms);
    pass(30000, (struct traffic){.errors = 100});
    expect_state(MODEL_GUARD_WAITING);
    guards_begin(guards, GUARD_POLL_AWS_MS, now_ms);
    guards_end(guards);
    pass(30000, (struct traffic){.errors = 100});
    assert_false(tripped);
    guards_reset(guards);
    show();
    assert_int_equal(shown->guard_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_trips_when_it_has_held_for_its_time, setup, teardown),
        cmocka_unit_test_setup_teardown(one_good_look_starts_it_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_time_it_trips_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_share_beyond_all_bounds_but_of_three_requests_is_no_proof, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(where_none_may_be_one_is_proof, setup, teardown),
        cmocka_unit_test_setup_teardown(few_requests_trip_by_the_slow_ones_among_them, setup, teardown),
        cmocka_unit_test_setup_teardown(too_few_requests_are_neither_good_nor_bad_for_a_while, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(lost_requests_are_no_round_trips, setup, teardown),
        cmocka_unit_test_setup_teardown(silence_trips_after_its_grace, setup, teardown),
        cmocka_unit_test_setup_teardown(a_longer_time_is_a_longer_grace, setup, teardown),
        cmocka_unit_test_setup_teardown(what_comes_back_in_time_does_not_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(silence_may_be_allowed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_gap_does_not_end_the_time, setup, teardown),
        cmocka_unit_test_setup_teardown(a_rate_is_that_of_three_seconds, setup, teardown),
        cmocka_unit_test_setup_teardown(an_alarm_trips_in_its_state_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(healthy_targets_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(what_aws_no_longer_answers_trips_after_four_polls, setup, teardown),
        cmocka_unit_test_setup_teardown(one_that_is_added_is_looked_at_and_the_others_go_on, setup, teardown),
        cmocka_unit_test_setup_teardown(before_and_after_nothing_trips, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
