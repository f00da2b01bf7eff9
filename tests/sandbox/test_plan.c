/* A rolling deployment's next step, from counts and percents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sandbox/plan.h"

static void expect(struct plan_counts counts, struct plan_steps wanted)
{
    struct plan_steps steps = plan_deployment(&counts);

    assert_int_equal(steps.start, wanted.start);
    assert_int_equal(steps.stop_new_waiting, wanted.stop_new_waiting);
    assert_int_equal(steps.stop_new_healthy, wanted.stop_new_healthy);
    assert_int_equal(steps.stop_old_waiting, wanted.stop_old_waiting);
    assert_int_equal(steps.stop_old_healthy, wanted.stop_old_healthy);
}

static void a_new_service_starts_all(void **state)
{
    (void)state;
    expect((struct plan_counts){.desired = 3, .minimum_percent = 100, .maximum_percent = 200},
           (struct plan_steps){.start = 3});
}

static void nothing_is_done_in_a_steady_state(void **state)
{
    (void)state;
    expect(
        (struct plan_counts){.desired = 3, .minimum_percent = 100, .maximum_percent = 200, .new_healthy = 3},
        (struct plan_steps){0});
}

static void with_200_percent_all_new_ones_start_beside_the_old(void **state)
{
    (void)state;
    expect(
        (struct plan_counts){.desired = 3, .minimum_percent = 100, .maximum_percent = 200, .old_healthy = 3},
        (struct plan_steps){.start = 3});
}

static void an_old_one_goes_for_each_new_one_that_is_healthy(void **state)
{
    (void)state;
    expect((struct plan_counts){.desired = 3,
                                .minimum_percent = 100,
                                .maximum_percent = 200,
                                .new_healthy = 1,
                                .new_waiting = 2,
                                .old_healthy = 3},
           (struct plan_steps){.stop_old_healthy = 1});
    expect(
        (struct plan_counts){
            .desired = 3, .minimum_percent = 100, .maximum_percent = 200, .new_healthy = 3, .old_healthy = 2},
        (struct plan_steps){.stop_old_healthy = 2});
}

static void with_50_and_100_percent_room_is_made_first(void **state)
{
    (void)state;
    expect(
        (struct plan_counts){.desired = 4, .minimum_percent = 50, .maximum_percent = 100, .old_healthy = 4},
        (struct plan_steps){.stop_old_healthy = 2});
    expect(
        (struct plan_counts){.desired = 4, .minimum_percent = 50, .maximum_percent = 100, .old_healthy = 2},
        (struct plan_steps){.start = 2});
}

static void the_floor_is_rounded_up_and_the_ceiling_down(void **state)
{
    (void)state;
    expect(
        (struct plan_counts){.desired = 3, .minimum_percent = 50, .maximum_percent = 150, .old_healthy = 3},
        (struct plan_steps){.start = 1, .stop_old_healthy = 1});
}

static void with_100_and_100_percent_nothing_can_move(void **state)
{
    (void)state;
    expect(
        (struct plan_counts){.desired = 2, .minimum_percent = 100, .maximum_percent = 100, .old_healthy = 2},
        (struct plan_steps){0});
}

static void old_ones_that_serve_nobody_go_at_once(void **state)
{
    (void)state;
    expect(
        (struct plan_counts){
            .desired = 2, .minimum_percent = 100, .maximum_percent = 200, .old_healthy = 1, .old_waiting = 1},
        (struct plan_steps){.start = 2, .stop_old_waiting = 1});
}

static void scaling_in_takes_those_that_wait_first(void **state)
{
    (void)state;
    expect(
        (struct plan_counts){
            .desired = 1, .minimum_percent = 100, .maximum_percent = 200, .new_healthy = 2, .new_waiting = 1},
        (struct plan_steps){.stop_new_waiting = 1, .stop_new_healthy = 1});
    expect(
        (struct plan_counts){
            .desired = 0, .minimum_percent = 100, .maximum_percent = 200, .new_healthy = 2, .old_healthy = 1},
        (struct plan_steps){.stop_new_healthy = 2, .stop_old_healthy = 1});
}

/* Whatever it meets, a deployment ends with the desired number of new ones and never breaks its
 * floor or its ceiling on the way. */
static void every_deployment_ends(void **state)
{
    (void)state;
    for (int desired = 1; desired <= 7; desired++) {
        struct plan_counts counts = {
            .desired = desired, .minimum_percent = 50, .maximum_percent = 150, .old_healthy = desired};
        if (desired == 1)
            counts.maximum_percent = 200;
        for (int round = 0; round < 40; round++) {
            struct plan_steps steps = plan_deployment(&counts);
            counts.old_healthy -= steps.stop_old_healthy;
            int healthy = counts.old_healthy + counts.new_healthy;
            assert_true(healthy * 2 >= desired);
            counts.new_waiting += steps.start;
            assert_true((healthy + counts.new_waiting) * 100 <= desired * counts.maximum_percent);
            if (counts.new_waiting > 0) { /* one becomes healthy a round */
                counts.new_waiting--;
                counts.new_healthy++;
            }
        }
        assert_int_equal(counts.new_healthy, desired);
        assert_int_equal(counts.old_healthy, 0);
    }
}

static void the_breaker_opens_at_half_but_at_3_at_least(void **state)
{
    (void)state;
    assert_int_equal(plan_breaker_threshold(1), 3);
    assert_int_equal(plan_breaker_threshold(10), 5);
    assert_int_equal(plan_breaker_threshold(1000), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_service_starts_all),
        cmocka_unit_test(nothing_is_done_in_a_steady_state),
        cmocka_unit_test(with_200_percent_all_new_ones_start_beside_the_old),
        cmocka_unit_test(an_old_one_goes_for_each_new_one_that_is_healthy),
        cmocka_unit_test(with_50_and_100_percent_room_is_made_first),
        cmocka_unit_test(the_floor_is_rounded_up_and_the_ceiling_down),
        cmocka_unit_test(with_100_and_100_percent_nothing_can_move),
        cmocka_unit_test(old_ones_that_serve_nobody_go_at_once),
        cmocka_unit_test(scaling_in_takes_those_that_wait_first),
        cmocka_unit_test(every_deployment_ends),
        cmocka_unit_test(the_breaker_opens_at_half_but_at_3_at_least),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
