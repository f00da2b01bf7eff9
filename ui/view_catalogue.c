/* The actions that AWS FIS has; and what could not be taken over from a file. */
#include "ui/view_overlay.h"

#include "experiment/fis_actions.h"

#include <stdio.h>
#include <string.h>

#define WORDS_MAX 512
#define TITLE_COLS 18
#define ID_COLS 37
#define WIDE 64
#define WITH_HELP 90

/* Lines above a row: each of the two parts has a heading. */
static int headings(size_t row, size_t known)
{
    return row < known ? 1 : 2;
}

static size_t count_known(const struct model *model)
{
    size_t known = 0;
    const char *id;
    while ((id = ui_catalogue_at(model, known)) != NULL && fis_actions_find(id) != NULL)
        known++;
    return known;
}

static void draw_row(const struct view *view, struct rect row, size_t index)
{
    struct canvas *canvas = view->canvas;
    struct form_action action;
    const char *id = ui_catalogue_at(view->model, index);
    bool cursor = view->state->catalogue_row == index;
    unsigned ground = cursor ? ROLE_SELECTED : ROLE_DIALOG;
    form_describe(id, view->model->catalogue, &action);
    canvas_fill(canvas, row, STYLE_OF(ROLE_TEXT, ground));
    canvas_hit(canvas, row, HIT_LIST_ROW, (int)index);
    if (cursor)
        canvas_glyph(canvas, row.x, row.y, GLYPH_CURSOR, STYLE_OF(ROLE_ACCENT, ground));
    int x = row.x + 2, right = row.x + row.width;
    paint name = cursor ? style_bold(STYLE_OF(ROLE_BRIGHT, ground)) : STYLE_OF(ROLE_TEXT, ground);
    if (action.known != NULL) {
        bool wide = row.width >= WIDE;
        canvas_text_fit(canvas, x, row.y, wide ? TITLE_COLS : right - x, name, action.title);
        x += TITLE_COLS + 1;
        if (wide)
            canvas_text_fit(canvas, x, row.y, right - x < ID_COLS ? right - x : ID_COLS,
                            STYLE_OF(ROLE_DIM, ground), id);
        x += ID_COLS + 1;
        if (row.width >= WITH_HELP)
            canvas_text_fit(canvas, x, row.y, right - x, STYLE_OF(ROLE_DIM, ground), action.help);
        return;
    }
    int width = TITLE_COLS + 1 + ID_COLS;
    canvas_text_fit(canvas, x, row.y, right - x < width ? right - x : width, name, id);
    x += width + 1;
    if (row.width >= WITH_HELP)
        canvas_text_fit(canvas, x, row.y, right - x, STYLE_OF(ROLE_DIM, ground), action.help);
}

/* Behind the last row: what is awaited, or why it did not come. Returns its lines. */
static int draw_end(const struct view *view, struct rect rect)
{
    struct canvas *canvas = view->canvas;
    const struct model_catalogue *catalogue = view->model->catalogue;
    if (catalogue == NULL || catalogue->loading == MODEL_LOADING || catalogue->loading == MODEL_UNKNOWN) {
        canvas_put(canvas, rect.x + 2, rect.y, view_spinner(view), STYLE_OF(ROLE_ACCENT, ROLE_DIALOG));
        canvas_text_fit(canvas, rect.x + 4, rect.y, rect.width - 4, STYLE_OF(ROLE_DIM, ROLE_DIALOG),
                        "asking AWS FIS");
        return 1;
    }
    if (catalogue->loading == MODEL_FAILED)
        return canvas_wrap(canvas, rect.x + 2, rect.y, rect.width - 2, 4, STYLE_OF(ROLE_WARN, ROLE_DIALOG),
                           catalogue->problem);
    return 0;
}

static void draw_heading(const struct view *view, struct rect rect, const char *text)
{
    canvas_text_fit(view->canvas, rect.x, rect.y, rect.width, style_bold(STYLE_OF(ROLE_TITLE, ROLE_DIALOG)),
                    text);
}

void overlay_catalogue(const struct view *view, struct rect rect)
{
    size_t known = count_known(view->model), count = known;
    while (ui_catalogue_at(view->model, count) != NULL)
        count++;
    int width = rect.width >= 110 ? 104 : rect.width >= 44 ? rect.width - 2 : rect.width;
    struct rect old = canvas_clip(view->canvas, (struct rect){0, 0, 0, 0});
    int end = draw_end(view, (struct rect){0, 0, width - 4, 0});
    canvas_restore_clip(view->canvas, old);
    int lines = (int)count + 2 + end;
    struct rect inner = view_dialog(view, rect, width, lines + 2, "Actions of AWS FIS");
    int cursor = (int)view->state->catalogue_row + headings(view->state->catalogue_row, known);
    int most = lines > inner.height ? lines - inner.height : 0;
    int skip = cursor - inner.height / 2 < 0 ? 0 : cursor - inner.height / 2;
    skip = skip > most ? most : skip;
    old = canvas_clip(view->canvas, inner);
    int y = inner.y - skip;
    draw_heading(view, (struct rect){inner.x, y, inner.width, 1}, "Amazon ECS");
    draw_heading(view, (struct rect){inner.x, y + 1 + (int)known, inner.width, 1},
                 "Other actions of this account's FIS");
    for (size_t i = 0; i < count; i++) {
        int at = y + (int)i + headings(i, known);
        if (at >= inner.y && at < inner.y + inner.height)
            draw_row(view, (struct rect){inner.x, at, inner.width, 1}, i);
    }
    draw_end(view, (struct rect){inner.x, y + (int)count + 2, inner.width, 1});
    canvas_restore_clip(view->canvas, old);
    overlay_more(view, inner, skip, lines);
    view->canvas->scroll_most = 0; /* the cursor moves, not the list */
}

/* ── notes ───────────────────────────────────────────────────────────────────────────────── */

/* From line -skip on; returns how many there are. */
static int draw_notes(const struct view *view, struct rect rect, int skip)
{
    const struct refusals *notes = &view->state->notes;
    char text[REFUSAL_WHERE_MAX + REFUSAL_WHY_MAX + 4];
    struct canvas *canvas = view->canvas;
    struct rect old = canvas_clip(canvas, rect);
    int y = rect.y - skip;
    for (size_t i = 0; i < notes->count; i++) {
        canvas_glyph(canvas, rect.x, y, GLYPH_WARNING, style_bold(STYLE_OF(ROLE_WARN, ROLE_DIALOG)));
        snprintf(text, sizeof text, "%s: %s", notes->items[i].where, notes->items[i].why);
        y += canvas_wrap(canvas, rect.x + 2, y, rect.width - 2, 16, STYLE_OF(ROLE_TEXT, ROLE_DIALOG), text);
    }
    if (notes->more > 0) {
        snprintf(text, sizeof text, "and %zu more", notes->more);
        canvas_text_fit(canvas, rect.x + 2, y++, rect.width - 2, STYLE_OF(ROLE_DIM, ROLE_DIALOG), text);
    }
    canvas_restore_clip(canvas, old);
    return y + skip - rect.y;
}

void overlay_notes(const struct view *view, struct rect rect)
{
    int width = rect.width >= 84 ? 80 : rect.width;
    int lines = draw_notes(view, (struct rect){0, 0, width - 4, 0}, 0);
    struct rect inner = view_dialog(view, rect, width, lines + 2, view->state->notes_title);
    int most = lines > inner.height ? lines - inner.height : 0;
    int skip = view->state->scroll < most ? view->state->scroll : most;
    draw_notes(view, inner, skip);
    overlay_more(view, inner, skip, lines);
}
