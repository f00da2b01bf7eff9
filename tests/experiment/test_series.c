/* series: a window that slides, a baseline, columns; and what is not known is not zero. */
#include "experiment/series.h"

#include "tests/experiment/support.h"

#define START_MS INT64_C(1795269000000)

static struct series *series;
static struct stats_sample sample;
static struct model_series *shown;

static int setup(void **state)
{
    (void)state;
    series = series_new(MODEL_SOURCE_SIDECARS, "storefront", "checkout");
    shown = calloc(1, sizeof *shown);
    return series == NULL || shown == NULL;
}

static int teardown(void **state)
{
    (void)state;
    series_free(series);
    free(shown);
    return 0;
}

static void empty_sample(void)
{
    stats_sample_clear(&sample);
}

/* `n` answered requests of `us` each. */
static void add(int64_t now_ms, uint64_t n, uint64_t us)
{
    empty_sample();
    hist_record_n(&sample.round_trip, us, n);
    sample.outcomes[STATS_ANSWERED] = n;
    series_add(series, &sample, now_ms);
}

static const struct model_series *show(int64_t now_ms)
{
    series_advance(series, now_ms);
    series_show(series, shown);
    return shown;
}

static void nothing_heard_is_nothing_known(void **state)
{
    (void)state;
    show(START_MS);
    assert_int_equal(shown->source, MODEL_SOURCE_SIDECARS);
    assert_string_equal(shown->service, "checkout");
    assert_int_equal(shown->now.n, 0);
    assert_true(shown->now.p50_us < 0 && shown->now.p999_us < 0 && shown->before.p50_us < 0);
    assert_int_equal(shown->heard_ms, 0);
    for (size_t i = 0; i < shown->column_count; i++)
        assert_false(shown->columns[i].measured);
}

/* A delay for half of the requests: the window has both, and each group's figures are its own. */
static void the_groups_have_figures_of_their_own(void **state)
{
    (void)state;
    add(START_MS, 100, 1000);
    show(START_MS);
    assert_int_equal(shown->control.n, 0);
    assert_int_equal(shown->scoped.n, 0);
    series_restart_window(series, START_MS + 100);
    empty_sample();
    hist_record_n(&sample.round_trip, 2000, 60);
    hist_record_n(&sample.control_round_trip, 2000, 60);
    hist_record_n(&sample.round_trip, 300000, 40);
    hist_record_n(&sample.scoped_round_trip, 300000, 40);
    sample.outcomes[STATS_ANSWERED] = 100;
    sample.outcomes[STATS_RESET] = 10;
    sample.control_outcomes[STATS_ANSWERED] = 60;
    sample.scoped_outcomes[STATS_ANSWERED] = 40;
    sample.scoped_outcomes[STATS_RESET] = 10;
    series_add(series, &sample, START_MS + 200);
    show(START_MS + 200);
    assert_int_equal(shown->now.n, 100);
    assert_int_equal(shown->control.n, 60);
    assert_int_equal(shown->scoped.n, 40);
    assert_true(shown->control.p50_us < 2100 && shown->scoped.p50_us > 290000);
    assert_true(shown->control.error_percent < 0.01);
    assert_true(shown->scoped.error_percent > 19.9 && shown->scoped.error_percent < 20.1);
    show(START_MS + 200 + 2 * MODEL_WINDOW_MS);
    assert_int_equal(shown->control.n, 0);
    assert_int_equal(shown->scoped.n, 0);
}

static void the_window_slides(void **state)
{
    (void)state;
    add(START_MS, 10, 1000);
    add(START_MS + 5000, 20, 2000);
    assert_int_equal(show(START_MS + 5000)->now.n, 30);
    assert_int_equal(show(START_MS + MODEL_WINDOW_MS + 300)->now.n, 20);
    assert_true(shown->window_ms <= MODEL_WINDOW_MS);
    assert_true(shown->window.min_us > 1500);
    assert_int_equal(show(START_MS + 5000 + MODEL_WINDOW_MS + 300)->now.n, 0);
    assert_true(shown->now.p50_us < 0);
    assert_int_equal(shown->heard_ms, START_MS + 5000);
}

static void a_long_silence_empties_it_at_once(void **state)
{
    (void)state;
    add(START_MS, 10, 1000);
    assert_int_equal(show(START_MS + INT64_C(86400000))->now.n, 0);
}

static void samples_of_several_sidecars_add_up(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++)
        add(START_MS, 25, (uint64_t)(i + 1) * 1000);
    assert_int_equal(show(START_MS)->now.n, 100);
    assert_int_equal(series_window_total(series), 100);
    assert_true(shown->now.p50_us > 1900 && shown->now.p50_us < 3100);
}

static void a_restarted_window_knows_only_what_came_after(void **state)
{
    (void)state;
    add(START_MS, 100, 1000);
    series_restart_window(series, START_MS + 1000);
    assert_int_equal(show(START_MS + 1000)->now.n, 0);
    add(START_MS + 2000, 50, 800000);
    show(START_MS + 2000);
    assert_int_equal(shown->now.n, 50);
    assert_true(shown->now.p50_us > 700000);
    assert_true(shown->window_ms >= 1000 && shown->window_ms <= 1250);
    assert_true(shown->now.per_second > 39 && shown->now.per_second < 55);
}

static void the_baseline_is_the_window_of_its_moment(void **state)
{
    (void)state;
    series_take_baseline(series);
    assert_int_equal(show(START_MS)->baseline.total, 0);
    add(START_MS, 100, 1000);
    series_take_baseline(series);
    series_restart_window(series, START_MS + 100);
    add(START_MS + 200, 100, 500000);
    show(START_MS + 200);
    assert_int_equal(shown->baseline.total, 100);
    assert_int_equal(shown->before.n, 100);
    assert_true(shown->before.p50_us < 1100 && shown->now.p50_us > 450000);
    show(START_MS + 60000);
    assert_int_equal(shown->baseline.total, 100);
    series_take_baseline(series); /* with nothing measured, the last one stays */
    assert_int_equal(show(START_MS + 60000)->baseline.total, 100);
}

static void a_percentile_of_too_few_is_unknown(void **state)
{
    (void)state;
    add(START_MS, 3, 1000);
    assert_true(show(START_MS)->now.p50_us < 0);
    add(START_MS, 17, 1000);
    show(START_MS);
    assert_true(shown->now.p50_us > 0);
    assert_true(shown->now.p99_us < 0 && shown->now.p999_us < 0);
    add(START_MS, 10000, 1000);
    show(START_MS);
    assert_true(shown->now.p99_us > 0 && shown->now.p999_us > 0);
}

static void errors_and_losses_are_shares_of_all(void **state)
{
    (void)state;
    empty_sample();
    sample.outcomes[STATS_ANSWERED] = 80;
    sample.outcomes[STATS_INJECTED_ERROR] = 5;
    sample.outcomes[STATS_RESET] = 3;
    sample.outcomes[STATS_UPSTREAM_FAILED] = 2;
    sample.outcomes[STATS_BLACKHOLED] = 4;
    sample.outcomes[STATS_CLIENT_GONE] = 5;
    sample.outcomes[STATS_UPSTREAM_REFUSED] = 1;
    series_add(series, &sample, START_MS);
    show(START_MS);
    assert_true(shown->now.error_percent > 9.99 && shown->now.error_percent < 10.01);
    assert_true(shown->now.lost_percent > 9.99 && shown->now.lost_percent < 10.01);
    const struct model_column *last = &shown->columns[shown->column_count - 1];
    assert_int_equal(last->errors, 10);
    assert_int_equal(last->lost, 10);
    assert_true(last->measured);
    show(START_MS + 2 * MODEL_WINDOW_MS);
    assert_true(shown->now.error_percent < 0.001 && shown->now.lost_percent < 0.001);
}

static void columns_hold_bands_oldest_first(void **state)
{
    (void)state;
    add(START_MS, 1, 5);
    add(START_MS + MODEL_COLUMN_MS, 2, 1000);
    add(START_MS + 3 * MODEL_COLUMN_MS, 3, 59000000);
    show(START_MS + 3 * MODEL_COLUMN_MS);
    assert_int_equal(shown->column_count, MODEL_COLUMNS);
    const struct model_column *end = &shown->columns[MODEL_COLUMNS];
    assert_int_equal(end[-4].bands[0], 1);
    size_t band = 0;
    while (band + 1 < MODEL_BANDS && model_band_low_us(band + 1) <= 1000.0)
        band++;
    assert_int_equal(end[-3].bands[band] + end[-3].bands[band - 1], 2);
    assert_false(end[-2].measured);
    assert_int_equal(end[-1].bands[40], 3);
    for (size_t i = 1; i < MODEL_COLUMNS; i++)
        assert_int_equal(shown->columns[i].start_ms - shown->columns[i - 1].start_ms, MODEL_COLUMN_MS);
}

static void old_columns_leave(void **state)
{
    (void)state;
    add(START_MS, 1, 1000);
    show(START_MS + MODEL_COLUMNS * MODEL_COLUMN_MS);
    for (size_t i = 0; i < shown->column_count; i++)
        assert_false(shown->columns[i].measured);
}

static void a_clock_that_is_set_back_breaks_nothing(void **state)
{
    (void)state;
    add(START_MS, 10, 1000);
    add(START_MS - 3600000, 5, 1000);
    show(START_MS - 3600000);
    assert_true(shown->now.n >= 5 && shown->now.n <= 15);
    assert_true(shown->window_ms >= 0 && shown->window_ms <= 2 * MODEL_WINDOW_MS);
    assert_int_equal(show(START_MS - 3600000 + 2 * MODEL_WINDOW_MS)->now.n, 0);
    assert_int_equal(shown->window.total, 0);
    add(START_MS - 3500000, 7, 1000);
    assert_int_equal(show(START_MS - 3500000)->now.n, 7);
}

static void the_newest_markers_are_kept(void **state)
{
    (void)state;
    char text[32];
    for (int i = 0; i < MODEL_MARKERS_MAX + 3; i++) {
        snprintf(text, sizeof text, "latency %d ms", i);
        series_mark(series, START_MS + i, text);
    }
    show(START_MS);
    assert_int_equal(shown->marker_count, MODEL_MARKERS_MAX);
    assert_string_equal(shown->markers[0].text, "latency 3 ms");
    assert_int_equal(shown->markers[MODEL_MARKERS_MAX - 1].at_ms, START_MS + MODEL_MARKERS_MAX + 2);
}

static void a_problem_stands_until_something_is_heard(void **state)
{
    (void)state;
    series_set_problem(series, "it is silent");
    assert_string_equal(show(START_MS)->problem, "it is silent");
    add(START_MS, 1, 1000);
    assert_string_equal(show(START_MS)->problem, "");
    assert_int_equal(series_heard_ms(series), START_MS);
}

int main(void)
{
#define WITH_SERIES(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_SERIES(nothing_heard_is_nothing_known),
        WITH_SERIES(the_groups_have_figures_of_their_own),
        WITH_SERIES(the_window_slides),
        WITH_SERIES(a_long_silence_empties_it_at_once),
        WITH_SERIES(samples_of_several_sidecars_add_up),
        WITH_SERIES(a_restarted_window_knows_only_what_came_after),
        WITH_SERIES(the_baseline_is_the_window_of_its_moment),
        WITH_SERIES(a_percentile_of_too_few_is_unknown),
        WITH_SERIES(errors_and_losses_are_shares_of_all),
        WITH_SERIES(columns_hold_bands_oldest_first),
        WITH_SERIES(old_columns_leave),
        WITH_SERIES(a_clock_that_is_set_back_breaks_nothing),
        WITH_SERIES(the_newest_markers_are_kept),
        WITH_SERIES(a_problem_stands_until_something_is_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
