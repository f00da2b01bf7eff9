/* The form of one of FIS's actions. */
#include "ui/view_overlay.h"

#include <stdio.h>
#include <string.h>

#define WORDS_MAX 512
#define LABEL_COLS 22
#define LABEL_COLS_MOST 36
#define LABEL_COLS_NARROW 13
#define VALUE_COLS 26
#define WIDE 70 /* from here on what a field takes stands beside it */
#define HELP_LINES 2

/* What stands beside a field, or below them all: what is wrong, or what it takes. */
static enum role hint_words(const struct form *form, const struct form_field *field,
                            const struct form_action *action, char text[WORDS_MAX])
{
    struct error error = {0};
    char range[WORDS_MAX / 2] = "";
    if (!form_check(form, field, action, &error)) {
        snprintf(text, WORDS_MAX, "%.*s", WORDS_MAX - 1, error.message);
        return ROLE_DANGER;
    }
    if (field->parameter != NULL && !field->choice)
        fis_parameter_range(field->parameter, range, sizeof range);
    snprintf(text, WORDS_MAX, "%s%s%s", field->unit, field->unit[0] != '\0' && range[0] != '\0' ? " · " : "",
             range);
    if (text[0] == '\0' && field->kind == FORM_BY)
        snprintf(text, WORDS_MAX, "%s", action->resource_type);
    else if (text[0] == '\0' && field->required)
        snprintf(text, WORDS_MAX, "needed");
    return ROLE_DIM;
}

/* A choice: "‹ tcp ›". */
static void draw_choice(const struct view *view, struct rect rect, const char *text, bool standard, bool here)
{
    struct canvas *canvas = view->canvas;
    paint arrow = here ? style_bold(STYLE_OF(ROLE_ACCENT, ROLE_DIALOG)) : STYLE_OF(ROLE_FAINT, ROLE_DIALOG);
    canvas_put(canvas, rect.x, rect.y, '<', arrow);
    int x = canvas_text_fit(canvas, rect.x + 2, rect.y, rect.width - 4,
                            STYLE_OF(standard ? ROLE_DIM : ROLE_BRIGHT, ROLE_DIALOG), text);
    canvas_put(canvas, x + 1, rect.y, '>', arrow);
}

static void draw_value(const struct view *view, struct rect rect, const struct form *form,
                       const struct form_field *field, bool here)
{
    struct canvas *canvas = view->canvas;
    const char *value = form_value(form, field);
    char text[WORDS_MAX];
    bool standard = value[0] == '\0' && field->standard[0] != '\0';
    bool example =
        value[0] == '\0' && !standard && field->parameter != NULL && field->parameter->example != NULL;
    snprintf(text, sizeof text, "%s%s",
             standard  ? field->standard
             : example ? "such as "
                       : "",
             standard  ? " (if empty)"
             : example ? field->parameter->example
                       : "");
    if (field->choice) {
        snprintf(text, sizeof text, "%s%s", standard ? field->standard : value, standard ? " (if left)" : "");
        draw_choice(view, rect, text, standard, here);
    } else if (here) {
        overlay_field(view, rect, value);
        if (value[0] == '\0')
            canvas_text_fit(canvas, rect.x + 2, rect.y, rect.width - 2, STYLE_OF(ROLE_DIM, ROLE_FIELD), text);
    } else {
        canvas_fill(canvas, rect, STYLE_OF(ROLE_TEXT, ROLE_FIELD));
        canvas_text_fit(canvas, rect.x, rect.y, rect.width,
                        STYLE_OF(value[0] == '\0' ? ROLE_DIM : ROLE_TEXT, ROLE_FIELD),
                        value[0] == '\0' ? text : value);
    }
}

/* FIS's own names are longer than our labels. */
static int label_cols(int width, const struct form_action *action)
{
    if (width < 50)
        return LABEL_COLS_NARROW;
    if (width < WIDE)
        return LABEL_COLS;
    int most = LABEL_COLS;
    for (size_t i = 0; action->known == NULL && i < action->told->parameter_count; i++) {
        int needed = canvas_text_width(action->told->parameters[i].name) + 3;
        most = needed > most ? needed : most;
    }
    return most > LABEL_COLS_MOST ? LABEL_COLS_MOST : most;
}

static void draw_field(const struct view *view, struct rect row, const struct form *form,
                       const struct form_field *field, const struct form_action *action, size_t index)
{
    struct canvas *canvas = view->canvas;
    char text[WORDS_MAX];
    bool here = form->cursor == index, wide = row.width >= WIDE;
    enum role role = hint_words(form, field, action, text);
    int label = label_cols(row.width, action);
    canvas_hit(canvas, row, HIT_LIST_ROW, (int)index);
    if (here)
        canvas_glyph(canvas, row.x, row.y, GLYPH_CURSOR, STYLE_OF(ROLE_ACCENT, ROLE_DIALOG));
    paint style = here ? style_bold(STYLE_OF(ROLE_BRIGHT, ROLE_DIALOG)) : STYLE_OF(ROLE_TEXT, ROLE_DIALOG);
    int x = canvas_text_fit(canvas, row.x + 2, row.y, label - 2, style, field->label);
    if (field->required)
        canvas_put(canvas, x, row.y, '*', STYLE_OF(ROLE_STAGED, ROLE_DIALOG));
    x = row.x + 2 + label;
    int width = wide ? VALUE_COLS : row.x + row.width - x - 2;
    draw_value(view, (struct rect){x, row.y, width, 1}, form, field, here);
    x += width + 1;
    if (role == ROLE_DANGER)
        canvas_glyph(canvas, x, row.y, GLYPH_BAD, style_bold(STYLE_OF(role, ROLE_DIALOG)));
    int room = row.x + row.width - x - 2;
    bool fits = canvas_text_width(text) <= room || role == ROLE_DANGER;
    if (wide) /* what does not fit stands below the fields, for the one under the cursor */
        canvas_text_fit(canvas, x + 2, row.y, room, STYLE_OF(role, ROLE_DIALOG), fits ? text : field->unit);
}

/* Below the fields: what the one under the cursor is for, and what is wrong with it or with the whole. */
static void draw_foot(const struct view *view, struct rect rect, const struct form *form,
                      const struct form_field *field, const struct form_action *action)
{
    struct canvas *canvas = view->canvas;
    char text[WORDS_MAX];
    const char *error = view->state->form_error;
    enum role role = hint_words(form, field, action, text);
    int room = rect.width - label_cols(rect.width, action) - VALUE_COLS - 5;
    bool beside = rect.width >= WIDE && canvas_text_width(text) <= room;
    if (error[0] != '\0') {
        canvas_wrap(canvas, rect.x, rect.y, rect.width, rect.height, STYLE_OF(ROLE_DANGER, ROLE_DIALOG),
                    error);
        return;
    }
    if (role == ROLE_DANGER && !beside) {
        canvas_wrap(canvas, rect.x, rect.y, rect.width, rect.height, STYLE_OF(role, ROLE_DIALOG), text);
        return;
    }
    char words[WORDS_MAX * 2];
    snprintf(words, sizeof words, "%s%s%s", field->help, !beside && text[0] != '\0' ? " · " : "",
             beside ? "" : text);
    canvas_wrap(canvas, rect.x, rect.y, rect.width, rect.height, STYLE_OF(ROLE_DIM, ROLE_DIALOG), words);
}

/* Its parameters are not known: awaited, or refused. */
static void draw_awaited(const struct view *view, struct rect inner, const struct form_action *action)
{
    struct canvas *canvas = view->canvas;
    if (action->loading == MODEL_FAILED) {
        canvas_wrap(canvas, inner.x, inner.y, inner.width, inner.height, STYLE_OF(ROLE_WARN, ROLE_DIALOG),
                    action->problem);
        return;
    }
    canvas_put(canvas, inner.x, inner.y, view_spinner(view), STYLE_OF(ROLE_ACCENT, ROLE_DIALOG));
    canvas_text_fit(canvas, inner.x + 2, inner.y, inner.width - 2, STYLE_OF(ROLE_TEXT, ROLE_DIALOG),
                    "asking AWS FIS for its parameters");
}

void overlay_form(const struct view *view, struct rect rect)
{
    struct canvas *canvas = view->canvas;
    const struct form *form = ui_state_form(view->state);
    struct form_action action;
    struct form_field fields[FORM_FIELDS_MAX];
    if (form == NULL)
        return;
    form_describe(form->action, view->model->catalogue, &action);
    int count = (int)form_fields(form, &action, fields);
    int width = rect.width >= 110 ? 104 : rect.width >= 44 ? rect.width - 2 : rect.width;
    bool roomy = rect.height >= 18;
    int head = roomy ? canvas_wrap(NULL, 0, 0, width - 4, 3, 0, action.help) + 1 : 0;
    int rows = count > 0 ? count : 3;
    struct rect inner =
        view_dialog(view, rect, width, head + rows + (roomy ? 1 : 0) + HELP_LINES + 2, form->action);
    struct rect box = {inner.x - 2, inner.y - 1, inner.width + 4, inner.height + 2};
    if (action.known != NULL && inner.width >= 60)
        canvas_title_right(canvas, box, STYLE_OF(ROLE_DIM, ROLE_DIALOG), action.title);
    if (roomy)
        canvas_wrap(canvas, inner.x, inner.y, inner.width, head - 1, STYLE_OF(ROLE_DIM, ROLE_DIALOG),
                    action.help);
    struct rect body = {inner.x, inner.y + head, inner.width,
                        inner.height - head - HELP_LINES - (roomy ? 1 : 0)};
    if (count == 0 && action.loading != MODEL_LOADED) {
        draw_awaited(view, (struct rect){body.x, body.y, body.width, inner.height - head}, &action);
        return;
    }
    int most = count > body.height ? count - body.height : 0;
    int first = (int)form->cursor - body.height / 2;
    first = first > most ? most : first < 0 ? 0 : first;
    for (int i = 0; i < body.height && first + i < count; i++)
        draw_field(view, (struct rect){body.x, body.y + i, body.width, 1}, form, &fields[first + i], &action,
                   (size_t)(first + i));
    overlay_more(view, body, first, count);
    canvas->scroll_most = 0;
    struct rect foot = {inner.x, inner.y + inner.height - HELP_LINES, inner.width, HELP_LINES};
    if (count > 0)
        draw_foot(view, foot, form, &fields[form->cursor < (size_t)count ? form->cursor : 0], &action);
    else
        canvas_text_fit(canvas, foot.x, foot.y, foot.width, STYLE_OF(ROLE_DIM, ROLE_DIALOG),
                        view->state->form_error[0] != '\0' ? view->state->form_error
                                                           : "it takes nothing: Enter shows its plan");
}
