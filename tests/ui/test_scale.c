/* Scales: each key press changes something, positions and values match both ways, caps hold. */
#include "ui/scale.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static bool same(double a, double b)
{
    return fabs(a - b) <= 1e-6 * fmax(1, fabs(a));
}

static void each_press_changes_something_up_and_down(void **context)
{
    (void)context;
    for (unsigned f = 0; f < FADER_COUNT; f++)
        for (int large = 0; large < 2; large++) {
            enum fader fader = (enum fader)f;
            bool rate = fader == FADER_BANDWIDTH;
            double cap = scale_no_cap(fader);
            double value = rate ? 1000 : 0;
            int presses = 0;
            for (;; presses++) {
                double next = scale_step(fader, value, 1, large != 0, cap);
                if (same(next, value))
                    break;
                assert_true(rate && next <= 0 ? true : next > value);
                value = next;
                if (rate && value <= 0)
                    break;
                assert_true(presses < 1000);
            }
            assert_true(same(value, rate ? 0 : scale_highest(fader)));
            assert_true(presses > 10);
            for (presses = 0;; presses++) {
                double next = scale_step(fader, value, -1, large != 0, cap);
                if (same(next, value))
                    break;
                assert_true((rate && value <= 0) || next < value);
                value = next;
                assert_true(presses < 1000);
            }
            assert_true(same(value, rate ? 1000 : 0));
        }
}

static void steps_from_any_value_go_the_right_way(void **context)
{
    (void)context;
    static const double values[] = {0.3, 1.7, 99, 100, 101, 830, 999.5, 59999};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        for (int large = 0; large < 2; large++) {
            assert_true(scale_step(FADER_LATENCY, values[i], 1, large != 0, 60000) > values[i]);
            assert_true(scale_step(FADER_LATENCY, values[i], -1, large != 0, 60000) < values[i]);
        }
    static const double percents[] = {0.05, 0.1, 0.7, 1, 4.9, 5, 5.5, 33.3, 99.9};
    for (size_t i = 0; i < sizeof percents / sizeof percents[0]; i++)
        for (int large = 0; large < 2; large++) {
            assert_true(scale_step(FADER_LOSS, percents[i], 1, large != 0, 100) > percents[i]);
            assert_true(scale_step(FADER_LOSS, percents[i], -1, large != 0, 100) < percents[i]);
        }
}

static void small_steps_keep_one_figure_and_large_ones_go_to_1_2_5(void **context)
{
    (void)context;
    assert_true(same(scale_step(FADER_LATENCY, 800, 1, false, 60000), 900));
    assert_true(same(scale_step(FADER_LATENCY, 830, 1, false, 60000), 900));
    assert_true(same(scale_step(FADER_LATENCY, 830, -1, false, 60000), 800));
    assert_true(same(scale_step(FADER_LATENCY, 1000, -1, false, 60000), 900));
    assert_true(same(scale_step(FADER_LATENCY, 900, 1, false, 60000), 1000));
    assert_true(same(scale_step(FADER_LATENCY, 800, 1, true, 60000), 1000));
    assert_true(same(scale_step(FADER_LATENCY, 800, -1, true, 60000), 500));
    assert_true(same(scale_step(FADER_LATENCY, 1000, -1, true, 60000), 500));
    assert_true(same(scale_step(FADER_LATENCY, 1, -1, true, 60000), 0));
    assert_true(same(scale_step(FADER_LATENCY, 0, 1, false, 60000), 1));
    assert_true(same(scale_step(FADER_LOSS, 0, 1, false, 100), 0.1));
    assert_true(same(scale_step(FADER_LOSS, 2, 1, false, 100), 2.5));
    assert_true(same(scale_step(FADER_LOSS, 5, -1, false, 100), 4.5));
    assert_true(same(scale_step(FADER_LOSS, 5, 1, false, 100), 6));
    assert_true(same(scale_step(FADER_LOSS, 12, 1, true, 100), 15));
}

static void positions_and_values_match_both_ways(void **context)
{
    (void)context;
    for (unsigned f = 0; f < FADER_COUNT; f++) {
        double before = -1;
        for (int i = 0; i <= 200; i++) {
            double value = scale_value_at((enum fader)f, i / 200.0);
            double position = scale_position((enum fader)f, value);
            assert_true(fabs(position - i / 200.0) < 0.07); /* rounded to what one can say */
            assert_true(position >= before - 1e-9);
            before = position;
        }
        assert_true(same(scale_position((enum fader)f, scale_value_at((enum fader)f, 0)), 0));
        assert_true(same(scale_position((enum fader)f, scale_value_at((enum fader)f, 1)), 1));
    }
    assert_true(scale_value_at(FADER_LATENCY, 0) <= 0);
    assert_true(scale_value_at(FADER_BANDWIDTH, 1) <= 0);
    assert_true(scale_position(FADER_LATENCY, 1) > scale_position(FADER_LATENCY, 0));
}

static void nothing_goes_past_a_cap(void **context)
{
    (void)context;
    assert_true(same(scale_step(FADER_LATENCY, 1900, 1, false, 1950), 1950));
    assert_true(same(scale_step(FADER_LATENCY, 1950, 1, false, 1950), 1950));
    assert_true(same(scale_within_cap(FADER_LOSS, 50, 10), 10));
    /* Less bandwidth is the stronger fault. */
    assert_true(same(scale_within_cap(FADER_BANDWIDTH, 2000, 64000), 64000));
    assert_true(same(scale_within_cap(FADER_BANDWIDTH, 0, 64000), 0));
}

static void sets_and_gets_each_fault(void **context)
{
    (void)context;
    struct fault fault;
    fault_init(&fault);
    for (unsigned f = 0; f < FADER_COUNT; f++) {
        scale_set(&fault, (enum fader)f, f == FADER_BANDWIDTH ? 5000 : 7);
        assert_true(same(scale_get(&fault, (enum fader)f), f == FADER_BANDWIDTH ? 5000 : 7));
        assert_int_equal(scale_find(scale_name((enum fader)f)), f);
    }
    struct error error = {0};
    assert_true(fault_check(&fault, &error));
    assert_int_equal(scale_find("wobble"), FADER_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_press_changes_something_up_and_down),
        cmocka_unit_test(steps_from_any_value_go_the_right_way),
        cmocka_unit_test(small_steps_keep_one_figure_and_large_ones_go_to_1_2_5),
        cmocka_unit_test(positions_and_values_match_both_ways),
        cmocka_unit_test(nothing_goes_past_a_cap),
        cmocka_unit_test(sets_and_gets_each_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
