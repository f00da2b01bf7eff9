/* The last minutes as a heatmap: time to the right, rows are bands of the round trip, colour is the
 * share of that moment's requests. The picture moves on in leaps, not with each column: it stays
 * calm, and a frame stays small. */
#include "ui/view.h"

#include "core/clock.h"

#include <stdio.h>
#include <string.h>

#define LABEL_WIDTH 8
#define LEAP 20      /* columns */
#define FIRST_BAND 6 /* 100 µs: six bands a decade from 10 µs */
#define BANDS 30     /* up to 10 s */
#define LEVELS 8

static int level_of(double share)
{
    static const double steps[LEVELS] = {0, 0.01, 0.04, 0.10, 0.20, 0.35, 0.50, 0.70};
    int level = 0;
    if (share <= 0)
        return 0;
    for (int i = 0; i < LEVELS; i++)
        if (share > steps[i])
            level = i + 1;
    return level;
}

/* What lies beyond the pinned range is counted in its outermost band. */
static double share_of(const struct model_column *column, int band, int bands)
{
    uint64_t total = 0;
    uint64_t here = 0;
    for (int i = 0; i < MODEL_BANDS; i++) {
        int shown = i < FIRST_BAND ? FIRST_BAND : i >= FIRST_BAND + BANDS ? FIRST_BAND + BANDS - 1 : i;
        total += column->bands[i];
        if (shown - FIRST_BAND >= band && shown - FIRST_BAND < band + bands)
            here += column->bands[i];
    }
    return total > 0 ? (double)here / (double)total : 0;
}

struct picture {
    struct rect rect; /* of the cells */
    bool halves;      /* two bands' rows in a cell */
    int per_row;      /* bands a row (or half row) */
    int64_t first;    /* the left edge's number of a column since 1970 */
    int64_t newest_ms;
};

static struct picture make_picture(const struct view *view, struct rect rect)
{
    struct picture picture = {.rect = rect, .halves = !view->mono && !view->canvas->ascii};
    int rows = rect.height * (picture.halves ? 2 : 1);
    picture.per_row = (BANDS + rows - 1) / rows;
    const struct model_series *series = view->series;
    /* The newest column, not the clock: where nothing is heard, nothing moves. */
    int64_t newest =
        series->column_count > 0 ? series->columns[series->column_count - 1].start_ms : view->now_ms;
    int64_t now = newest / MODEL_COLUMN_MS;
    int width = rect.width < MODEL_COLUMNS ? rect.width : MODEL_COLUMNS;
    picture.rect.width = width;
    int leap = width > 2 * LEAP ? LEAP : width / 4 > 0 ? width / 4 : 1;
    picture.first = (now / leap + 1) * leap - width;
    picture.newest_ms = newest;
    return picture;
}

static void draw_cell(const struct view *view, const struct picture *picture,
                      const struct model_column *column, int x, int row)
{
    struct canvas *canvas = view->canvas;
    int y = picture->rect.y + picture->rect.height - 1 - row;
    if (!column->measured) {
        if (row == 0)
            canvas_glyph(canvas, x, y, GLYPH_UNMEASURED, VIEW_STYLE(ROLE_FAINT));
        return;
    }
    if (!picture->halves) {
        int level = level_of(share_of(column, row * picture->per_row, picture->per_row));
        if (level > 0)
            canvas_put(canvas, x, y, glyph_density(level, canvas->ascii), VIEW_STYLE(ROLE_TEXT));
        return;
    }
    int lower = level_of(share_of(column, 2 * row * picture->per_row, picture->per_row));
    int upper = level_of(share_of(column, (2 * row + 1) * picture->per_row, picture->per_row));
    if (lower == 0 && upper == 0)
        return;
    unsigned below = lower > 0 ? ROLE_HEAT0 + (unsigned)lower - 1 : ROLE_GROUND;
    unsigned above = upper > 0 ? ROLE_HEAT0 + (unsigned)upper - 1 : ROLE_GROUND;
    if (upper == 0)
        canvas_put(canvas, x, y, glyph_eighths(4, false), STYLE_OF(below, ROLE_GROUND));
    else if (below == above)
        canvas_glyph(canvas, x, y, GLYPH_FULL, STYLE_OF(above, ROLE_GROUND));
    else
        canvas_glyph(canvas, x, y, GLYPH_HALF_UPPER, STYLE_OF(above, below));
}

static void draw_bands(const struct view *view, const struct picture *picture)
{
    static const struct {
        int band;
        const char *text;
    } labels[] = {{24, "1 s"}, {18, "100 ms"}, {12, "10 ms"}, {6, "1 ms"}, {0, "100 µs"}};
    int per_cell = picture->per_row * (picture->halves ? 2 : 1);
    int last = -1;
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        int row = labels[i].band / per_cell;
        if (row == last || row >= picture->rect.height)
            continue;
        last = row;
        canvas_text_right(view->canvas, picture->rect.x - 1, picture->rect.y + picture->rect.height - 1 - row,
                          VIEW_STYLE(ROLE_DIM), labels[i].text);
    }
}

static int column_x(const struct picture *picture, int64_t at_ms)
{
    return picture->rect.x + (int)(at_ms / MODEL_COLUMN_MS - picture->first);
}

static bool is_inside(const struct picture *picture, int x)
{
    return x >= picture->rect.x && x < picture->rect.x + picture->rect.width;
}

static void draw_moment(const struct view *view, const struct picture *picture, int x)
{
    struct canvas *canvas = view->canvas;
    for (int y = picture->rect.y; y < picture->rect.y + picture->rect.height; y++) {
        const struct cell *cell = &canvas->cells[(size_t)y * (size_t)canvas->cols + (size_t)x];
        bool empty = cell->ch == ' ';
        unsigned ground = empty ? ROLE_GROUND : STYLE_FOREGROUND(cell->style);
        bool heat = ground >= ROLE_HEAT0 && ground <= ROLE_HEAT7;
        canvas_glyph(canvas, x, y, GLYPH_MOMENT,
                     STYLE_OF(heat ? ROLE_INK : ROLE_BRIGHT, heat ? ground : ROLE_GROUND));
    }
}

/* Under the picture: what changed, newest first, then the times at its ends where there is room. */
static void draw_times(const struct view *view, const struct picture *picture)
{
    struct canvas *canvas = view->canvas;
    const struct model_series *series = view->series;
    int y = picture->rect.y + picture->rect.height;
    int left = picture->rect.x;
    int right = left + picture->rect.width;
    int taken = right + 1;
    int words_end = 0;
    for (size_t i = series->marker_count; i > 0; i--) {
        const struct model_marker *marker = &series->markers[i - 1];
        int x = column_x(picture, marker->at_ms);
        if (!is_inside(picture, x))
            continue;
        draw_moment(view, picture, x);
        int width = canvas_text_width(marker->text) + 2;
        int start = x;
        bool behind = start + width > taken - 1; /* then the words end at the mark */
        if (behind)
            start = x - width + 1;
        if (start < left || x >= taken - 1)
            continue;
        canvas_glyph(canvas, x, y, GLYPH_MOMENT_MARK, VIEW_STYLE(ROLE_LIVE));
        canvas_text(canvas, behind ? start : x + 2, y, VIEW_STYLE(ROLE_TEXT), marker->text);
        words_end = words_end > start + width ? words_end : start + width;
        taken = start;
    }
    char text[CLOCK_TEXT_MAX];
    clock_format_local_time(picture->first * MODEL_COLUMN_MS, text, sizeof text);
    if (left + 10 < taken && series->column_count > 0)
        canvas_text(canvas, left, y, VIEW_STYLE(ROLE_DIM), text);
    int now = column_x(picture, picture->newest_ms);
    clock_format_local_time(picture->newest_ms, text, sizeof text);
    if (series->column_count > 0 && now - 8 > words_end && now - 7 > left + 10 && now < right)
        canvas_text_right(canvas, now + 1, y, VIEW_STYLE(ROLE_DIM), text);
}

void view_history(const struct view *view, struct rect rect)
{
    struct rect inner = rect_inset(rect, 2, 1);
    struct rect cells = {inner.x + LABEL_WIDTH, inner.y, inner.width - LABEL_WIDTH, inner.height - 1};
    if (cells.width < 10 || cells.height < 1)
        return;
    struct picture picture = make_picture(view, cells);
    const struct model_series *series = view->series;
    canvas_title(view->canvas, rect, style_bold(VIEW_STYLE(ROLE_TITLE)), "Last minutes");
    canvas_title_right(view->canvas, rect, VIEW_STYLE(ROLE_DIM),
                       rect.width >= 70 ? "round trip, 1.5 s a column" : "1.5 s a column");
    draw_bands(view, &picture);
    for (size_t i = 0; i < series->column_count; i++) {
        int x = column_x(&picture, series->columns[i].start_ms);
        if (!is_inside(&picture, x))
            continue;
        for (int row = 0; row < cells.height; row++)
            draw_cell(view, &picture, &series->columns[i], x, row);
    }
    draw_times(view, &picture);
}
