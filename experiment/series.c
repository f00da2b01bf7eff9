#include "experiment/series.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiment/tally.h"

#define SLOT_MS 250
#define SLOTS (MODEL_WINDOW_MS / SLOT_MS)

/* Of all requests, and of the two groups while faults are in force. */
enum { ALL, CONTROL, SCOPED, TALLIES };
struct slot {
    struct tally tallies[TALLIES];
};

struct series {
    enum model_source source;
    char cluster[MODEL_NAME_MAX];
    char service[MODEL_NAME_MAX];
    char problem[MODEL_TEXT_MAX];
    int64_t heard_ms;
    int64_t slot_number; /* now_ms / SLOT_MS of the newest slot */
    int64_t window_from_ms;
    int64_t restarted_ms;     /* what was measured before is not for the window */
    struct slot slots[SLOTS]; /* by slot_number % SLOTS */
    struct slot window;       /* their sum */
    struct hist baseline;
    struct model_figures before;
    struct model_column columns[MODEL_COLUMNS]; /* by start_ms / MODEL_COLUMN_MS % MODEL_COLUMNS */
    struct model_marker markers[MODEL_MARKERS_MAX];
    size_t marker_count;
};

static void slot_clear(struct slot *slot)
{
    for (size_t i = 0; i < TALLIES; i++)
        tally_clear(&slot->tallies[i]);
}

static void no_figures(struct model_figures *figures)
{
    memset(figures, 0, sizeof *figures);
    figures->p50_us = figures->p90_us = figures->p99_us = figures->p999_us = -1;
}

struct series *series_new(enum model_source source, const char *cluster, const char *service)
{
    struct series *series = calloc(1, sizeof *series);
    if (series == NULL)
        return NULL;
    series->source = source;
    snprintf(series->cluster, sizeof series->cluster, "%s", cluster);
    snprintf(series->service, sizeof series->service, "%s", service);
    for (size_t i = 0; i < SLOTS; i++)
        slot_clear(&series->slots[i]);
    slot_clear(&series->window);
    hist_clear(&series->baseline);
    no_figures(&series->before);
    return series;
}

void series_free(struct series *series)
{
    free(series);
}

void series_set_problem(struct series *series, const char *problem)
{
    snprintf(series->problem, sizeof series->problem, "%s", problem);
}

static void drop_slot(struct series *series, struct slot *slot)
{
    for (size_t i = 0; i < TALLIES; i++) {
        tally_subtract(&series->window.tallies[i], &slot->tallies[i]);
        tally_reset(&slot->tallies[i]);
    }
}

void series_advance(struct series *series, int64_t now_ms)
{
    int64_t number = now_ms / SLOT_MS;
    if (series->slot_number == 0 || number < series->slot_number) {
        series->slot_number = number; /* the first call, or the clock was set back */
        if (series->window_from_ms == 0 || series->window_from_ms > now_ms)
            series->window_from_ms = now_ms;
        return;
    }
    int64_t steps = number - series->slot_number;
    for (int64_t i = 1; i <= steps && i <= SLOTS; i++)
        drop_slot(series, &series->slots[(series->slot_number + i) % SLOTS]);
    series->slot_number = number;
    if (series->window_from_ms < (number - SLOTS + 1) * SLOT_MS)
        series->window_from_ms = (number - SLOTS + 1) * SLOT_MS;
}

static size_t band_of(double us)
{
    double band = us <= 10 ? 0 : floor(6.0 * log10(us / 10.0));
    return band >= MODEL_BANDS ? MODEL_BANDS - 1 : (size_t)band;
}

static struct model_column *column_at(struct series *series, int64_t now_ms)
{
    int64_t start = now_ms / MODEL_COLUMN_MS * MODEL_COLUMN_MS;
    struct model_column *column = &series->columns[now_ms / MODEL_COLUMN_MS % MODEL_COLUMNS];
    if (column->start_ms != start) {
        memset(column, 0, sizeof *column);
        column->start_ms = start;
    }
    return column;
}

static uint64_t errors_of(const uint64_t *outcome)
{
    return outcome[STATS_INJECTED_ERROR] + outcome[STATS_RESET] + outcome[STATS_UPSTREAM_FAILED];
}

static uint64_t lost_of(const uint64_t *outcome)
{
    return outcome[STATS_CLIENT_GONE] + outcome[STATS_BLACKHOLED] + outcome[STATS_UPSTREAM_REFUSED];
}

static void add_to_column(struct series *series, const struct stats_sample *sample, int64_t at_ms)
{
    struct model_column *column = column_at(series, at_ms);
    column->measured = true;
    column->errors += (uint32_t)errors_of(sample->outcomes);
    column->lost += (uint32_t)lost_of(sample->outcomes);
    for (size_t i = 0; sample->round_trip.total > 0 && i < HIST_COUNTS; i++) {
        if (sample->round_trip.counts[i] == 0)
            continue;
        double middle = (double)hist_index_lowest(i) + (double)(hist_index_width(i) - 1) / 2.0;
        column->bands[band_of(middle)] += (uint32_t)sample->round_trip.counts[i];
    }
}

static void add_to_window(struct series *series, const struct stats_sample *sample)
{
    struct slot *slot = &series->slots[series->slot_number % SLOTS];
    struct slot *both[2] = {slot, &series->window};
    for (size_t i = 0; i < 2; i++) {
        struct tally *tallies = both[i]->tallies;
        tally_count(&tallies[ALL], &sample->round_trip, sample->outcomes);
        tally_count(&tallies[CONTROL], &sample->control_round_trip, sample->control_outcomes);
        tally_count(&tallies[SCOPED], &sample->scoped_round_trip, sample->scoped_outcomes);
    }
}

void series_add(struct series *series, const struct stats_sample *sample, int64_t now_ms)
{
    series_advance(series, now_ms);
    series->heard_ms = now_ms;
    series->problem[0] = '\0';
    add_to_window(series, sample);
    add_to_column(series, sample, now_ms);
}

void series_add_late(struct series *series, const struct stats_sample *sample, int64_t now_ms,
                     int64_t measured_ms)
{
    series_advance(series, now_ms);
    if (measured_ms > now_ms)
        measured_ms = now_ms; /* their clock is ahead */
    if (measured_ms > series->heard_ms)
        series->heard_ms = measured_ms;
    series->problem[0] = '\0';
    if (measured_ms - sample->interval_ms >= series->restarted_ms)
        add_to_window(series, sample);
    if (now_ms - measured_ms < (MODEL_COLUMNS - 1) * (int64_t)MODEL_COLUMN_MS)
        add_to_column(series, sample, measured_ms);
}

void series_restart_window(struct series *series, int64_t now_ms)
{
    for (size_t i = 0; i < SLOTS; i++)
        slot_clear(&series->slots[i]);
    slot_clear(&series->window);
    series->window_from_ms = series->restarted_ms = now_ms;
}

static double known_percentile(const struct hist *hist, double percentile)
{
    return hist_percentile_is_known(hist, percentile) ? hist_percentile(hist, percentile) : -1;
}

static int64_t window_length_ms(const struct series *series)
{
    int64_t end = (series->slot_number + 1) * SLOT_MS;
    if (series->heard_ms > series->slot_number * SLOT_MS)
        end = series->heard_ms;
    return end > series->window_from_ms ? end - series->window_from_ms : 0;
}

static void figures_of_window(const struct series *series, size_t which, struct model_figures *figures)
{
    no_figures(figures);
    const struct tally *window = &series->window.tallies[which];
    figures->n = window->round_trip.total;
    figures->p50_us = known_percentile(&window->round_trip, 50);
    figures->p90_us = known_percentile(&window->round_trip, 90);
    figures->p99_us = known_percentile(&window->round_trip, 99);
    figures->p999_us = known_percentile(&window->round_trip, 99.9);
    if (window->requests > 0) {
        figures->error_percent = 100.0 * (double)window->errors / (double)window->requests;
        figures->lost_percent = 100.0 * (double)window->lost / (double)window->requests;
    }
    int64_t length_ms = window_length_ms(series);
    if (length_ms > 0)
        figures->per_second = (double)window->requests * 1000.0 / (double)length_ms;
}

void series_take_baseline(struct series *series)
{
    const struct hist *window = &series->window.tallies[ALL].round_trip;
    if (window->total == 0)
        return;
    series->baseline = *window;
    figures_of_window(series, ALL, &series->before);
}

void series_mark(struct series *series, int64_t now_ms, const char *text)
{
    if (series->marker_count == MODEL_MARKERS_MAX) {
        memmove(series->markers, series->markers + 1, (MODEL_MARKERS_MAX - 1) * sizeof series->markers[0]);
        series->marker_count--;
    }
    struct model_marker *marker = &series->markers[series->marker_count++];
    marker->at_ms = now_ms;
    snprintf(marker->text, sizeof marker->text, "%s", text);
}

uint64_t series_window_total(const struct series *series)
{
    return series->window.tallies[ALL].round_trip.total;
}

int64_t series_heard_ms(const struct series *series)
{
    return series->heard_ms;
}

static void show_columns(const struct series *series, struct model_series *out)
{
    int64_t newest = series->slot_number * SLOT_MS / MODEL_COLUMN_MS;
    for (int64_t i = MODEL_COLUMNS - 1; i >= 0; i--) {
        int64_t number = newest - i;
        if (number < 0)
            continue;
        const struct model_column *column = &series->columns[number % MODEL_COLUMNS];
        struct model_column *shown = &out->columns[out->column_count++];
        if (column->start_ms == number * MODEL_COLUMN_MS) {
            *shown = *column;
        } else {
            memset(shown, 0, sizeof *shown);
            shown->start_ms = number * MODEL_COLUMN_MS;
        }
    }
}

void series_show(const struct series *series, struct model_series *out)
{
    memset(out, 0, sizeof *out);
    out->source = series->source;
    memcpy(out->cluster, series->cluster, sizeof out->cluster);
    memcpy(out->service, series->service, sizeof out->service);
    memcpy(out->problem, series->problem, sizeof out->problem);
    out->heard_ms = series->heard_ms;
    out->window_ms = window_length_ms(series);
    out->window = series->window.tallies[ALL].round_trip;
    out->baseline = series->baseline;
    out->before = series->before;
    figures_of_window(series, ALL, &out->now);
    figures_of_window(series, CONTROL, &out->control);
    figures_of_window(series, SCOPED, &out->scoped);
    show_columns(series, out);
    memcpy(out->markers, series->markers, sizeof out->markers);
    out->marker_count = series->marker_count;
}

void series_show_client(const struct series *series, struct model_series *out)
{
    out->has_client = true;
    figures_of_window(series, ALL, &out->client);
    out->client_mean_us = hist_mean(&series->window.tallies[ALL].round_trip);
    memcpy(out->client_problem, series->problem, sizeof out->client_problem);
}
