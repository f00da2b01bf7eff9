/* What was left behind when this console began: roll it back, or leave it. */
#include "ui/view_experiments.h"

#include <stdio.h>
#include <string.h>

#define STORY_LINES 4

static size_t count_offers(const struct view *view, const struct model_record *chosen, size_t *cursor)
{
    const struct model_record *record;
    size_t count = 0;
    for (; (record = ui_offer_at(view->state, view->model, count)) != NULL; count++)
        if (record == chosen)
            *cursor = count;
    return count;
}

static void draw_rows(const struct view *view, struct rect rect, size_t cursor, size_t count)
{
    size_t rows = (size_t)rect.height, first = cursor > rows / 2 ? cursor - rows / 2 : 0;
    if (first + rows > count)
        first = count > rows ? count - rows : 0;
    for (size_t i = 0; i < rows && first + i < count; i++) {
        struct rect row = {rect.x, rect.y + (int)i, rect.width, 1};
        canvas_hit(view->canvas, row, HIT_LIST_ROW, (int)(first + i));
        record_row(view, row, ui_offer_at(view->state, view->model, first + i), first + i == cursor);
    }
    if (count > rows)
        overlay_more(view, rect, (int)first, (int)count);
}

static void draw_foot(const struct view *view, struct rect inner)
{
    int button = ui_offer_button(view->state, view->model, view->clock_ms);
    int y = inner.y + inner.height - 1;
    int x =
        overlay_button(view, inner.x, y, "Roll back", UI_OFFER_ROLLBACK, button == UI_OFFER_ROLLBACK, true);
    x = overlay_button(view, x + 2, y, "Leave it", UI_OFFER_LEAVE, button == UI_OFFER_LEAVE, true);
    if (inner.width >= 60)
        canvas_text_fit(view->canvas, x + 2, y, inner.x + inner.width - x - 2,
                        STYLE_OF(ROLE_DIM, ROLE_DIALOG), "Esc leaves all as they are");
}

/* Of those that somebody may come back to it is not said that they were left behind. */
static void title_words(const struct view *view, size_t count, char *text, size_t size)
{
    bool behind = true;
    for (size_t i = 0; i < count; i++)
        behind =
            behind && model_record_is_abandoned(ui_offer_at(view->state, view->model, i), view->clock_ms);
    if (count == 1)
        snprintf(text, size, "%s",
                 behind ? "An experiment was left behind" : "An experiment has no process here");
    else
        snprintf(text, size,
                 behind ? "%zu experiments were left behind" : "%zu experiments have no process here", count);
}

void overlay_offer(const struct view *view, struct rect rect)
{
    const struct model_record *record = ui_offer_chosen(view->state, view->model);
    size_t cursor = 0, count = count_offers(view, record, &cursor);
    if (record == NULL)
        return;
    char title[64], text[RECORD_WORDS_MAX], more[2 * RECORD_WORDS_MAX];
    int width = rect.width >= 100 ? 90 : rect.width >= 60 ? rect.width - 4 : rect.width;
    title_words(view, count, title, sizeof title);
    record_story(view, record, text);
    int lines = canvas_wrap(NULL, 0, 0, width - 4, STORY_LINES, 0, text);
    bool roomy = rect.height >= (int)count + lines + 6;
    int rows = roomy ? (int)count : rect.height - lines - 3;
    rows = rows < 1 ? 1 : rows > (int)count ? (int)count : rows;
    struct rect inner = view_dialog(view, rect, width, rows + lines + (roomy ? 6 : 3), title);
    draw_rows(view, (struct rect){inner.x, inner.y, inner.width, rows}, cursor, count);
    int y = inner.y + rows + roomy;
    y += canvas_wrap(view->canvas, inner.x, y, inner.width, lines, STYLE_OF(ROLE_TEXT, ROLE_DIALOG), text);
    snprintf(more, sizeof more, "%s%.200s%s%.200s",
             strcmp(record->engine, "fis") == 0 ? "the way back: " : "goes back to ", record->way_back,
             record->faults[0] != '\0' ? " · was: " : "", record->faults);
    if (roomy)
        canvas_text_fit(view->canvas, inner.x, y, inner.width, STYLE_OF(ROLE_DIM, ROLE_DIALOG), more);
    draw_foot(view, inner);
}
