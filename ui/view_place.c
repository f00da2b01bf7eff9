/* Profiles and regions to choose from. */
#include "ui/view_overlay.h"

#include <string.h>

#define REGIONS_WIDTH 20
#define ROWS_MAX 16

static int count_rows(const struct view *view, enum ui_place_column column)
{
    int count = 0;
    while (ui_place_name(view->model, column, (size_t)count, NULL) != NULL)
        count++;
    return count;
}

static void draw_row(const struct view *view, struct rect rect, enum ui_place_column column, size_t row)
{
    struct canvas *canvas = view->canvas;
    const struct model_place *place = &view->model->place;
    const char *detail = "";
    const char *name = ui_place_name(view->model, column, row, &detail);
    bool focused = view->state->place_column == column;
    bool cursor = view->state->place_row[column] == row;
    unsigned ground = focused && cursor ? ROLE_SELECTED : ROLE_DIALOG;
    bool now = strcmp(name, column == UI_PLACE_PROFILES ? place->profile : place->region) == 0;
    canvas_fill(canvas, rect, STYLE_OF(ROLE_TEXT, ground));
    canvas_hit(canvas, rect, HIT_LIST_ROW, (int)row + (column == UI_PLACE_REGIONS ? MODEL_PROFILES_MAX : 0));
    if (cursor)
        canvas_glyph(canvas, rect.x, rect.y, GLYPH_CURSOR,
                     STYLE_OF(focused ? ROLE_ACCENT : ROLE_FAINT, ground));
    int x =
        canvas_text_fit(canvas, rect.x + 2, rect.y, rect.width - 4,
                        now ? style_bold(STYLE_OF(ROLE_BRIGHT, ground)) : STYLE_OF(ROLE_TEXT, ground), name);
    if (now)
        canvas_glyph(canvas, x + 1, rect.y, GLYPH_GOOD, STYLE_OF(ROLE_GOOD, ground));
    int room = rect.x + rect.width - x - 4;
    if (detail[0] != '\0' && canvas_text_width(detail) <= room)
        canvas_text_right(canvas, rect.x + rect.width - 1, rect.y, STYLE_OF(ROLE_DIM, ground), detail);
}

static void draw_column(const struct view *view, struct rect rect, enum ui_place_column column)
{
    int count = count_rows(view, column), room = rect.height - 1;
    int cursor = (int)view->state->place_row[column];
    int first = cursor - room / 2 > count - room ? count - room : cursor - room / 2;
    first = first < 0 ? 0 : first;
    bool focused = view->state->place_column == column;
    canvas_text_fit(view->canvas, rect.x + 2, rect.y, rect.width - 2,
                    style_bold(STYLE_OF(focused ? ROLE_ACCENT : ROLE_DIM, ROLE_DIALOG)),
                    column == UI_PLACE_PROFILES ? "Profile" : "Region");
    for (int i = 0; i < room && first + i < count; i++)
        draw_row(view, (struct rect){rect.x, rect.y + 1 + i, rect.width, 1}, column,
                 (size_t)first + (size_t)i);
    if (count == 0)
        canvas_text_fit(view->canvas, rect.x + 2, rect.y + 1, rect.width - 2, STYLE_OF(ROLE_DIM, ROLE_DIALOG),
                        "none in the AWS CLI's files");
    if (focused)
        overlay_more(view, (struct rect){rect.x, rect.y + 1, rect.width, room}, first, count);
}

void overlay_place(const struct view *view, struct rect rect)
{
    const struct ui_state *state = view->state;
    int profiles = count_rows(view, UI_PLACE_PROFILES), regions = count_rows(view, UI_PLACE_REGIONS);
    bool both = rect.width >= 60;
    int width = rect.width >= 80 ? 72 : rect.width;
    int rows = profiles > regions ? profiles : regions;
    rows = rows < ROWS_MAX ? rows : ROWS_MAX;
    struct rect inner = view_dialog(view, rect, width, rows + 5, "Profile and region");
    struct rect body = {inner.x, inner.y, inner.width, inner.height - (inner.height > 4 ? 2 : 1)};
    struct rect left = body, right = body;
    if (both) {
        left.width = body.width - REGIONS_WIDTH - 2;
        right.x = body.x + body.width - REGIONS_WIDTH;
        right.width = REGIONS_WIDTH;
    }
    if (both || state->place_column == UI_PLACE_PROFILES)
        draw_column(view, left, UI_PLACE_PROFILES);
    if (both || state->place_column == UI_PLACE_REGIONS)
        draw_column(view, right, UI_PLACE_REGIONS);
    bool wrong = state->text_error[0] != '\0';
    canvas_text_fit(view->canvas, inner.x, inner.y + inner.height - 1, inner.width,
                    STYLE_OF(wrong ? ROLE_WARN : ROLE_DIM, ROLE_DIALOG),
                    wrong  ? state->text_error
                    : both ? "Enter goes there; Tab to the other list"
                           : "Enter goes there · Tab");
}
