#include "core/hist.h"

#include "core/random.h"
#include "tests/core/support.h"

#include <math.h>
#include <stdlib.h>

enum { VALUES = 20000 };

static uint64_t draw_uniform(struct random *random)
{
    return random_below(random, 1000000);
}

static uint64_t draw_exponential(struct random *random)
{
    return (uint64_t)(-20000.0 * log(1.0 - random_uniform(random)));
}

static uint64_t draw_log_normal(struct random *random)
{
    return (uint64_t)(5000.0 * exp(random_normal(random)));
}

static uint64_t draw_two_humps(struct random *random)
{
    return (uint64_t)((random_percent(random, 80) ? 900.0 : 800000.0) + 100.0 * fabs(random_normal(random)));
}

static uint64_t draw_constant(struct random *random)
{
    (void)random;
    return 123456;
}

static uint64_t draw_small(struct random *random)
{
    return random_below(random, 200);
}

typedef uint64_t draw(struct random *random);
static draw *const draws[] = {draw_uniform,   draw_exponential, draw_log_normal,
                              draw_two_humps, draw_constant,    draw_small};

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void indexes_tile_the_whole_range(void **state)
{
    (void)state;
    for (size_t i = 0; i < HIST_COUNTS; i++) {
        uint64_t lowest = hist_index_lowest(i);
        uint64_t width = hist_index_width(i);
        assert_int_equal(hist_index(lowest), i);
        assert_int_equal(hist_index(lowest + width - 1), i);
        assert_int_equal(hist_index(lowest + width), i + 1);
        /* Two significant figures: no bucket is wider than a hundredth of its values. */
        assert_true(width == 1 || width * 100 <= lowest);
    }
    assert_true(hist_index(HIST_HIGHEST_US) < HIST_COUNTS);
}

static void percentiles_agree_with_a_sorted_array(void **state)
{
    (void)state;
    static const double percentiles[] = {0.01, 1, 5, 25, 50, 75, 90, 95, 99, 99.9, 100};
    uint64_t *values = calloc(VALUES, sizeof *values);
    struct hist hist;
    struct random random;
    random_seed(&random, 11);
    for (size_t d = 0; d < COUNT(draws); d++) {
        double sum = 0;
        hist_clear(&hist);
        for (size_t i = 0; i < VALUES; i++) {
            values[i] = draws[d](&random);
            sum += (double)values[i];
            hist_record(&hist, values[i]);
        }
        qsort(values, VALUES, sizeof *values, compare);
        assert_int_equal(hist.total, VALUES);
        assert_int_equal(hist.min_us, values[0]);
        assert_int_equal(hist.max_us, values[VALUES - 1]);
        assert_true(fabs(hist_mean(&hist) - sum / VALUES) < 1e-6 * sum / VALUES + 1e-9);
        for (size_t p = 0; p < COUNT(percentiles); p++) {
            size_t rank = (size_t)ceil(percentiles[p] / 100 * VALUES - 1e-6);
            uint64_t exact = values[rank - 1];
            /* No further off than the bucket that the exact value lies in. */
            double off = fabs(hist_percentile(&hist, percentiles[p]) - (double)exact);
            assert_true(off <= (double)hist_index_width(hist_index(exact)) + 1e-6);
        }
    }
    free(values);
}

static void percentiles_rise_and_stay_between_least_and_greatest(void **state)
{
    (void)state;
    struct hist hist;
    struct random random;
    random_seed(&random, 3);
    for (size_t d = 0; d < COUNT(draws); d++) {
        hist_clear(&hist);
        for (size_t i = 0; i < 50; i++)
            hist_record(&hist, draws[d](&random));
        double last = 0;
        for (double p = 0; p <= 100; p += 0.25) {
            double value = hist_percentile(&hist, p);
            assert_true(value >= last);
            assert_true(value >= (double)hist.min_us && value <= (double)hist.max_us);
            last = value;
        }
        assert_true(last == (double)hist.max_us);
    }
}

static void an_empty_one_has_nothing_to_say(void **state)
{
    (void)state;
    struct hist hist;
    hist_clear(&hist);
    hist_record_n(&hist, 5, 0);
    assert_int_equal(hist.total, 0);
    assert_true(hist.min_us == UINT64_MAX);
    assert_true(hist_percentile(&hist, 50) == 0);
    assert_true(hist_mean(&hist) == 0);
    assert_false(hist_percentile_is_known(&hist, 50));
    assert_int_equal(hist_count_between(&hist, 0, UINT64_MAX), 0);
}

static void one_value_is_every_percentile(void **state)
{
    (void)state;
    struct hist hist;
    hist_clear(&hist);
    hist_record(&hist, 812345);
    assert_true(hist_percentile(&hist, 0) == 812345);
    assert_true(hist_percentile(&hist, 50) == 812345);
    assert_true(hist_percentile(&hist, 100) == 812345);
}

static void what_is_beyond_the_top_is_counted_there(void **state)
{
    (void)state;
    struct hist hist;
    hist_clear(&hist);
    hist_record(&hist, HIST_HIGHEST_US);
    assert_int_equal(hist.beyond, 0);
    hist_record(&hist, HIST_HIGHEST_US + 1);
    hist_record_n(&hist, UINT64_MAX, 3);
    assert_int_equal(hist.beyond, 4);
    assert_int_equal(hist.total, 5);
    assert_int_equal(hist.max_us, HIST_HIGHEST_US);
    assert_true(hist_percentile(&hist, 99) == (double)HIST_HIGHEST_US);
}

static void adding_is_the_same_as_recording_together(void **state)
{
    (void)state;
    struct hist parts[2], together;
    struct random random;
    random_seed(&random, 5);
    hist_clear(&parts[0]);
    hist_clear(&parts[1]);
    hist_clear(&together);
    for (size_t i = 0; i < 5000; i++) {
        uint64_t value = draws[i % COUNT(draws)](&random) * (i % 100 == 0 ? 10000 : 1);
        hist_record(&parts[i % 2], value);
        hist_record(&together, value);
    }
    assert_true(together.beyond > 0);
    hist_add(&parts[0], &parts[1]);
    assert_memory_equal(&parts[0], &together, sizeof together);
    struct hist empty;
    hist_clear(&empty);
    hist_add(&parts[0], &empty);
    assert_memory_equal(&parts[0], &together, sizeof together);
    hist_add(&empty, &together);
    assert_memory_equal(&empty, &together, sizeof together);
}

static void subtracting_undoes_adding(void **state)
{
    (void)state;
    struct hist kept, gone, both;
    struct random random;
    random_seed(&random, 6);
    hist_clear(&kept);
    hist_clear(&gone);
    for (size_t i = 0; i < 5000; i++)
        hist_record(i % 2 ? &kept : &gone, draw_log_normal(&random));
    hist_record(&gone, 0);
    hist_record(&gone, UINT64_MAX);
    both = kept;
    hist_add(&both, &gone);
    hist_subtract(&both, &gone);
    assert_memory_equal(both.counts, kept.counts, sizeof kept.counts);
    assert_int_equal(both.total, kept.total);
    assert_int_equal(both.sum_us, kept.sum_us);
    assert_int_equal(both.beyond, 0);
    assert_int_equal(hist_index(both.min_us), hist_index(kept.min_us));
    assert_int_equal(hist_index(both.max_us), hist_index(kept.max_us));
    assert_true(both.min_us <= kept.min_us && both.max_us >= kept.max_us);
    hist_subtract(&both, &kept);
    struct hist empty;
    hist_clear(&empty);
    assert_memory_equal(&both, &empty, sizeof empty);
}

/* Only what was counted is touched, and nothing of it stays. */
static void a_reset_one_is_as_a_cleared_one(void **state)
{
    static struct hist hist, cleared;
    struct random random;
    (void)state;
    random_seed(&random, 5);
    hist_clear(&hist);
    hist_clear(&cleared);
    hist_reset(&hist);
    assert_memory_equal(&hist, &cleared, sizeof hist);
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 50; i++)
            hist_record(&hist, random_below(&random, round % 2 ? 300 : 100000000));
        hist_reset(&hist);
        assert_memory_equal(&hist, &cleared, sizeof hist);
    }
    memset(&hist, 0, sizeof hist); /* memory that is all zero is as good as one that is empty */
    hist_reset(&hist);
    assert_memory_equal(&hist, &cleared, sizeof hist);
}

static void a_percentile_is_known_with_five_values_beyond(void **state)
{
    (void)state;
    static const struct {
        uint64_t total;
        double percentile;
        bool known;
    } cases[] = {
        {9, 50, false},        {10, 50, true},       {49, 90, false},     {50, 90, true},
        {499, 99, false},      {500, 99, true},      {4999, 99.9, false}, {5000, 99.9, true},
        {49999, 99.99, false}, {50000, 99.99, true}, {1000, 100, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct hist hist;
        hist_clear(&hist);
        hist_record_n(&hist, 10, cases[i].total);
        assert_int_equal(hist_percentile_is_known(&hist, cases[i].percentile), cases[i].known);
    }
}

static void counts_between_two_values(void **state)
{
    (void)state;
    struct hist hist;
    hist_clear(&hist);
    for (uint64_t i = 0; i < 200; i++)
        hist_record(&hist, i);
    assert_int_equal(hist_count_between(&hist, 10, 20), 10);
    assert_int_equal(hist_count_between(&hist, 0, 200), 200);
    assert_int_equal(hist_count_between(&hist, 20, 20), 0);
    assert_int_equal(hist_count_between(&hist, 30, 20), 0);
    /* Parts that meet add up to the whole, wherever they are cut. */
    struct random random;
    random_seed(&random, 9);
    for (size_t i = 0; i < 3000; i++)
        hist_record(&hist, draw_log_normal(&random));
    for (uint64_t cut = 0; cut < 100000; cut += 777) {
        uint64_t sum = hist_count_between(&hist, 0, cut) + hist_count_between(&hist, cut, UINT64_MAX);
        assert_int_equal(sum, hist.total);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(indexes_tile_the_whole_range),
        cmocka_unit_test(percentiles_agree_with_a_sorted_array),
        cmocka_unit_test(percentiles_rise_and_stay_between_least_and_greatest),
        cmocka_unit_test(an_empty_one_has_nothing_to_say),
        cmocka_unit_test(one_value_is_every_percentile),
        cmocka_unit_test(what_is_beyond_the_top_is_counted_there),
        cmocka_unit_test(adding_is_the_same_as_recording_together),
        cmocka_unit_test(subtracting_undoes_adding),
        cmocka_unit_test(a_reset_one_is_as_a_cleared_one),
        cmocka_unit_test(a_percentile_is_known_with_five_values_beyond),
        cmocka_unit_test(counts_between_two_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
