/* The round trip: histogram over a pinned axis, and the table of before, now and difference. */
#include "ui/view.h"

#include "ui/axis.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WORDS_MAX 160
#define EIGHTHS 8
/* The groups' line is drawn where there is room for it and for columns below. */
#define GROUPS_ROWS 3
#define GROUPS_COLS 66

/* ── the columns ─────────────────────────────────────────────────────────────────────────── */

/* The share at full height goes up and down in steps, so that the picture stands still. */
static double scale_top(double share)
{
    static const double steps[] = {1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.3, 8, 10};
    if (share <= 0)
        return 1;
    double unit = pow(10, floor(log10(share)));
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (share <= steps[i] * unit * 1.0001)
            return steps[i] * unit;
    return 10 * unit;
}

/* Heights are roots of shares (Tukey's rootogram): a wide baseline and a narrow peak are both to be
 * seen, and a tail is not lost. */
static int height_of(double share, double top, int rows)
{
    int eighths = (int)(sqrt(share / top) * rows * EIGHTHS + 0.5);
    /* What is there is seen: a single value at the edge is often the one that matters. */
    return share > 0 && eighths == 0 ? 1 : eighths;
}

/* One cell of a column in which both may end: live before, baseline behind. */
static void draw_both(const struct view *view, int x, int y, int live, int baseline, paint live_style)
{
    struct canvas *canvas = view->canvas;
    bool textured = view->mono || canvas->ascii;
    if (live >= EIGHTHS || (live > 0 && (baseline <= live || textured))) {
        canvas_put(canvas, x, y, glyph_eighths(live > EIGHTHS ? EIGHTHS : live, canvas->ascii), live_style);
        return;
    }
    if (textured) {
        if (baseline > 2)
            canvas_glyph(canvas, x, y, GLYPH_SHADE, VIEW_STYLE(ROLE_BASELINE));
        else if (baseline > 0)
            canvas_glyph(canvas, x, y, GLYPH_UNMEASURED, VIEW_STYLE(ROLE_BASELINE));
        return;
    }
    if (live > 0 && baseline >= EIGHTHS)
        canvas_put(canvas, x, y, glyph_eighths(live, false), style_on(live_style, ROLE_BASELINE));
    else if (live > 0)
        canvas_put(canvas, x, y, glyph_eighths(live, false), live_style);
    else if (baseline > 0)
        canvas_put(canvas, x, y, glyph_eighths(baseline > EIGHTHS ? EIGHTHS : baseline, false),
                   VIEW_STYLE(ROLE_BASELINE));
}

static void draw_columns(const struct view *view, struct rect rect, const struct axis_shares *live,
                         const struct axis_shares *baseline, enum role role)
{
    double top = scale_top(fmax(live->highest, baseline->highest));
    int bottom = rect.y + rect.height - 1;
    for (int i = 0; i < live->columns; i++) {
        int a = height_of(live->share[i], top, rect.height);
        int b = height_of(baseline->share[i], top, rect.height);
        for (int row = 0; row < rect.height && (a > 0 || b > 0); row++, a -= EIGHTHS, b -= EIGHTHS)
            draw_both(view, rect.x + i, bottom - row, a, b, VIEW_STYLE(role));
    }
}

/* ── the axis ────────────────────────────────────────────────────────────────────────────── */

static void draw_labels(const struct view *view, const struct axis *axis, struct rect rect, int right)
{
    struct axis_label labels[AXIS_LABELS_MAX];
    size_t count = axis_labels(axis, labels);
    int starts[AXIS_LABELS_MAX];
    int ends[AXIS_LABELS_MAX];
    size_t drawn = 0;
    for (int rank = 0; rank < 2; rank++)
        for (size_t i = 0; i < count; i++) {
            if (labels[i].rank != rank)
                continue;
            int at = rect.x + (int)(axis_position(axis, labels[i].us) * (rect.width - 1) + 0.5);
            int number = (int)strcspn(labels[i].text, " ");
            int width = canvas_text_width(labels[i].text);
            int x = at - (number - 1) / 2;
            if (x + width > right)
                continue;
            bool fits = true;
            for (size_t j = 0; j < drawn; j++)
                fits = fits && (x > ends[j] + 2 || x + width < starts[j] - 1);
            if (!fits)
                continue;
            canvas_glyph(view->canvas, at, rect.y, GLYPH_AXIS_TICK, VIEW_STYLE(ROLE_FAINT));
            canvas_text(view->canvas, x, rect.y + 1, VIEW_STYLE(rank == 0 ? ROLE_DIM : ROLE_FAINT),
                        labels[i].text);
            starts[drawn] = x;
            ends[drawn++] = x + width - 1;
        }
}

static void draw_mark(const struct view *view, const struct axis *axis, struct rect rect, double us,
                      enum glyph glyph, enum role role)
{
    double position = axis_position(axis, us);
    if (us < 0 || position < 0 || position > 1)
        return;
    canvas_glyph(view->canvas, rect.x + (int)(position * (rect.width - 1) + 0.5), rect.y, glyph,
                 style_bold(VIEW_STYLE(role)));
}

static void draw_axis(const struct view *view, const struct axis *axis, struct rect rect,
                      const struct axis_shares *live, enum role role)
{
    struct canvas *canvas = view->canvas;
    const struct model_series *series = view->series;
    char text[WORDS_MAX];
    canvas_repeat(canvas, rect.x, rect.y, rect.width, GLYPH_AXIS, VIEW_STYLE(ROLE_FAINT));
    int right = rect.x + rect.width;
    paint counted = live->beyond > 0 ? style_bold(VIEW_STYLE(ROLE_WARN)) : VIEW_STYLE(ROLE_FAINT);
    snprintf(text, sizeof text, " %llu", (unsigned long long)live->beyond);
    int x = canvas_text_right(canvas, right, rect.y + 1, counted, text);
    canvas_glyph(canvas, x - 1, rect.y + 1, GLYPH_BEYOND, counted);
    draw_labels(view, axis, rect, x - 2);
    if (live->below > 0) {
        snprintf(text, sizeof text, "%llu ", (unsigned long long)live->below);
        canvas_glyph(canvas, rect.x, rect.y + 1, GLYPH_BEYOND_LEFT, VIEW_STYLE(ROLE_WARN));
        canvas_text(canvas, rect.x + 2, rect.y + 1, VIEW_STYLE(ROLE_WARN), text);
    }
    draw_mark(view, axis, rect, series->before.p99_us, GLYPH_MARK_BASELINE, ROLE_BASELINE);
    draw_mark(view, axis, rect, series->before.p50_us, GLYPH_MARK_BASELINE, ROLE_BASELINE);
    draw_mark(view, axis, rect, series->now.p99_us, GLYPH_MARK_LIVE, role);
    draw_mark(view, axis, rect, series->now.p50_us, GLYPH_MARK_LIVE, role);
}

/* ── the table ───────────────────────────────────────────────────────────────────────────── */

#define TABLE_LABEL 9
#define TABLE_CELLS 7

static void difference_us(double before, double now, char text[UNITS_TEXT_MAX])
{
    text[0] = '\0';
    if (before < 0 || now < 0)
        return;
    char number[UNITS_TEXT_MAX];
    units_format_us(fabs(now - before), number);
    snprintf(text, UNITS_TEXT_MAX, "%s%.*s", now >= before ? "+" : "−", UNITS_TEXT_MAX - 5, number);
}

static void table_row(const struct view *view, int row, char cells[TABLE_CELLS][UNITS_TEXT_MAX])
{
    const struct model_figures *figures = row == 0 ? &view->series->before : &view->series->now;
    const struct model_figures *before = &view->series->before;
    if (row == 2) {
        const struct model_figures *now = &view->series->now;
        for (int i = 0; i < TABLE_CELLS; i++)
            cells[i][0] = '\0';
        if (before->n == 0 || now->n == 0)
            return;
        difference_us(before->p50_us, now->p50_us, cells[0]);
        difference_us(before->p90_us, now->p90_us, cells[1]);
        difference_us(before->p99_us, now->p99_us, cells[2]);
        difference_us(before->p999_us, now->p999_us, cells[3]);
        snprintf(cells[4], UNITS_TEXT_MAX, "%+.1f", now->error_percent - before->error_percent);
        snprintf(cells[5], UNITS_TEXT_MAX, "%+.1f", now->lost_percent - before->lost_percent);
        snprintf(cells[6], UNITS_TEXT_MAX, "%+.0f", now->per_second - before->per_second);
        return;
    }
    bool none = figures->n == 0;
    view_format_us(view, none ? -1 : figures->p50_us, cells[0]);
    view_format_us(view, none ? -1 : figures->p90_us, cells[1]);
    view_format_us(view, none ? -1 : figures->p99_us, cells[2]);
    view_format_us(view, none ? -1 : figures->p999_us, cells[3]);
    view_format_share(view, none ? -1 : figures->error_percent, cells[4]);
    view_format_share(view, none ? -1 : figures->lost_percent, cells[5]);
    if (none)
        view_format_us(view, -1, cells[6]);
    else
        snprintf(cells[6], UNITS_TEXT_MAX, "%.0f", figures->per_second);
}

/* What may be left out in a narrow table goes first: p90, p99.9, lost, requests, … */
static size_t table_columns(int width, int columns[TABLE_CELLS])
{
    static const int order[TABLE_CELLS] = {0, 2, 4, 6, 3, 5, 1};
    int room = (width - TABLE_LABEL) / 9;
    bool kept[TABLE_CELLS] = {false};
    for (int i = 0; i < TABLE_CELLS && i < room; i++)
        kept[order[i]] = true;
    size_t count = 0;
    for (int i = 0; i < TABLE_CELLS; i++)
        if (kept[i])
            columns[count++] = i;
    return count;
}

void view_table(const struct view *view, struct rect rect, bool difference)
{
    static const char *const heads[TABLE_CELLS] = {"p50", "p90", "p99", "p99.9", "errors", "lost", "req/s"};
    static const char *const labels[] = {"before", "now", "change"};
    struct canvas *canvas = view->canvas;
    bool live = view->model->experiment.phase == MODEL_INJECTING &&
                ui_state_shows_experiment(view->state, view->model);
    bool stale = view_age_ms(view) > 0;
    int columns[TABLE_CELLS];
    size_t count = table_columns(rect.width, columns);
    int span = count > 0 ? (rect.width - TABLE_LABEL) / (int)count : 0;
    if (span > 14)
        span = 14;
    for (size_t i = 0; i < count; i++)
        canvas_text_right(canvas, rect.x + TABLE_LABEL + span * ((int)i + 1), rect.y, VIEW_STYLE(ROLE_DIM),
                          heads[columns[i]]);
    for (int row = 0; row < 2 + difference && row + 1 < rect.height; row++) {
        char cells[TABLE_CELLS][UNITS_TEXT_MAX];
        int y = rect.y + 1 + row;
        paint style = row == 0   ? VIEW_STYLE(ROLE_BASELINE)
                      : row == 1 ? VIEW_STYLE(ROLE_BRIGHT)
                                 : VIEW_STYLE(ROLE_DIM);
        paint label = row == 1 && live ? VIEW_STYLE(ROLE_LIVE) : style;
        if (row == 1)
            style = stale ? VIEW_STYLE(ROLE_FAINT) : style_bold(style);
        table_row(view, row, cells);
        canvas_text(canvas, rect.x, y, row == 1 ? style_bold(label) : label, labels[row]);
        for (size_t i = 0; i < count; i++)
            canvas_text_right(canvas, rect.x + TABLE_LABEL + span * ((int)i + 1), y, style,
                              cells[columns[i]]);
    }
}

/* ── the panel ───────────────────────────────────────────────────────────────────────────── */

/* 3412 as "3 412". */
static void group_digits(uint64_t n, char text[UNITS_TEXT_MAX])
{
    char digits[UNITS_TEXT_MAX];
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    size_t length = strlen(digits);
    size_t out = 0;
    for (size_t i = 0; i < length && out + 2 < UNITS_TEXT_MAX; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            text[out++] = ' ';
        text[out++] = digits[i];
    }
    text[out] = '\0';
}

/* What is measured; returns how wide that is. */
static int trip_title(const struct model_series *series, int width, char text[WORDS_MAX])
{
    if (series->dependencies[0] == '\0')
        snprintf(text, WORDS_MAX, "Round trip");
    else
        snprintf(text, WORDS_MAX, "Calls to %.*s", width / 4, series->dependencies);
    return canvas_text_width(text);
}

static void draw_titles(const struct view *view, struct rect rect, enum role role)
{
    struct canvas *canvas = view->canvas;
    const struct model_series *series = view->series;
    char text[WORDS_MAX];
    char n[UNITS_TEXT_MAX];
    int title = trip_title(series, rect.width, text);
    canvas_title(canvas, rect, style_bold(VIEW_STYLE(ROLE_TITLE)), text);
    int64_t age = view_age_ms(view);
    const char *source = series->source == MODEL_SOURCE_CLIENTS    ? "as clients see it"
                         : series->within                          ? "inside the task, without the fault"
                         : series->source == MODEL_SOURCE_SIDECARS ? "at the sidecars"
                                                                   : "not measured";
    group_digits(series->window.total, n);
    if (age > 0)
        snprintf(text, sizeof text, "%lld s old · %s", (long long)age / 1000, source);
    else if (series->source == MODEL_SOURCE_NONE)
        snprintf(text, sizeof text, "%s", source);
    else if (rect.width >= 78)
        snprintf(text, sizeof text, "%s · last %lld s · n %s", source,
                 (long long)(series->window_ms + 500) / 1000, n);
    else
        snprintf(text, sizeof text, "last %lld s · n %s", (long long)(series->window_ms + 500) / 1000, n);
    canvas_title_right(canvas, rect, VIEW_STYLE(age > 0 ? ROLE_WARN : ROLE_DIM), text);
    int legend = rect.x + title + 5;
    if (legend + 22 + canvas_text_width(text) + 4 > rect.x + rect.width ||
        series->source == MODEL_SOURCE_NONE)
        return;
    legend = canvas_text(canvas, legend, rect.y, VIEW_STYLE(ROLE_DIM), " ");
    if (series->baseline.total > 0) {
        canvas_glyph(canvas, legend, rect.y, view->mono || canvas->ascii ? GLYPH_SHADE : GLYPH_FULL,
                     VIEW_STYLE(ROLE_BASELINE));
        legend = canvas_text(canvas, legend + 1, rect.y, VIEW_STYLE(ROLE_DIM), " before  ");
    }
    canvas_glyph(canvas, legend, rect.y, GLYPH_FULL, VIEW_STYLE(role));
    canvas_text(canvas, legend + 1, rect.y, VIEW_STYLE(ROLE_DIM), " now ");
}

static void draw_nothing(const struct view *view, struct rect rect)
{
    const struct model_series *series = view->series;
    char calls[WORDS_MAX];
    const char *words = series->problem[0] != '\0'               ? series->problem
                        : view->state->chosen_service[0] == '\0' ? "choose a service to see its round trips"
                        : ui_state_dependencies(view->state, view->model, calls, sizeof calls)
                            ? "nothing measures what it calls yet: arming puts sidecars in between"
                            : "nothing measures this service yet: arming puts sidecars in front of it";
    int lines = canvas_wrap(NULL, 0, 0, rect.width - 4, rect.height, 0, words);
    canvas_wrap(view->canvas, rect.x + 2, rect.y + (rect.height - lines) / 2, rect.width - 4, rect.height,
                VIEW_STYLE(ROLE_DIM), words);
}

/* One group's word and its percentiles; returns the next column. */
static int draw_group(const struct view *view, int x, int y, paint style, const char *word,
                      const struct model_figures *figures)
{
    char p50[UNITS_TEXT_MAX];
    char p99[UNITS_TEXT_MAX];
    char text[WORDS_MAX];
    view_format_us(view, figures->p50_us, p50);
    view_format_us(view, figures->p99_us, p99);
    snprintf(text, sizeof text, "  p50 %s  p99 %s", p50, p99);
    x = canvas_text(view->canvas, x, y, style_bold(style), word);
    return canvas_text(view->canvas, x, y, style, text);
}

/* The experiment's requests beside those it leaves alone: above the columns, in the row they leave free. */
static void draw_groups(const struct view *view, struct rect row, enum role role)
{
    const struct model_series *series = view->series;
    int x = draw_group(view, row.x, row.y, VIEW_STYLE(role), "in scope", &series->scoped);
    int half = row.x + row.width / 2;
    draw_group(view, x + 3 < half ? half : x + 3, row.y, VIEW_STYLE(ROLE_TEXT), "control", &series->control);
}

void view_trip(const struct view *view, struct rect rect, int rows, bool difference)
{
    const struct model_series *series = view->series;
    struct rect inner = rect_inset(rect, 2, 1);
    bool live = view->model->experiment.phase == MODEL_INJECTING &&
                ui_state_shows_experiment(view->state, view->model);
    bool stale = view_age_ms(view) > 0;
    enum role role = stale ? ROLE_FAINT : live ? ROLE_LIVE : ROLE_ACCENT;
    const struct axis *axis = axis_at(view->state->axis);
    struct axis_shares shares;
    struct axis_shares baseline;
    draw_titles(view, rect, role);
    axis_shares(axis, &series->window, inner.width, &shares);
    axis_shares(axis, &series->baseline, inner.width, &baseline);
    struct rect columns = {inner.x, inner.y, inner.width, rows};
    if (series->control.n > 0 && rows >= GROUPS_ROWS && inner.width >= GROUPS_COLS) {
        draw_groups(view, (struct rect){inner.x, inner.y, inner.width, 1}, role);
        columns.y++;
        columns.height--;
    }
    if (series->source == MODEL_SOURCE_NONE && series->window.total == 0 && series->baseline.total == 0)
        draw_nothing(view, columns);
    else {
        view_guard_lines(view, axis, columns);
        draw_columns(view, columns, &shares, &baseline, role);
    }
    draw_axis(view, axis, (struct rect){inner.x, inner.y + rows, inner.width, 1}, &shares, role);
    view_table(view, (struct rect){inner.x, inner.y + rows + 2, inner.width, inner.height - rows - 2},
               difference);
}
