/* The top line, the log line and the key bar. */
#include "ui/view.h"

#include "core/clock.h"

#include <stdio.h>
#include <string.h>

#define STATUS_MAX 96

/* What stands beside the phase's badge. */
static void phase_words(const struct view *view, char text[STATUS_MAX])
{
    const struct model_experiment *experiment = &view->model->experiment;
    char a[UNITS_TEXT_MAX] = "";
    char b[UNITS_TEXT_MAX] = "";
    text[0] = '\0';
    switch (experiment->phase) {
    case MODEL_INJECTING: {
        int64_t live = view->clock_ms - experiment->started_ms;
        units_format_clock(experiment->started_ms > 0 && live > 0 ? live : 0, a);
        if (experiment->ends_ms > 0) {
            units_format_clock(experiment->ends_ms - experiment->started_ms, b);
            snprintf(text, STATUS_MAX, "%s of %s", a, b);
        } else {
            snprintf(text, STATUS_MAX, "%s, open end", a);
        }
        break;
    }
    case MODEL_ARMING:
    case MODEL_RECOVERING:
        if (experiment->phase == MODEL_RECOVERING && experiment->clean_ms >= 0)
            snprintf(text, STATUS_MAX, "clean in %.0f ms", experiment->clean_ms);
        else if (experiment->estimate_ms > 0)
            snprintf(text, STATUS_MAX, "about %lld s left",
                     (long long)(experiment->estimate_ms + 999) / 1000);
        break;
    case MODEL_ARMED:
        snprintf(text, STATUS_MAX, "baseline");
        break;
    default:
        break;
    }
}

static int draw_way_back(const struct view *view, int right, int y, bool words)
{
    struct canvas *canvas = view->canvas;
    bool lit = view_has_way_back(view);
    bool typing = ui_state_is_typing(view->state, view->model);
    const char *key = typing ? " ^R " : " R ";
    paint chip = lit ? style_bold(STYLE_OF(ROLE_INK, ROLE_GOOD)) : STYLE_OF(ROLE_DIM, ROLE_FIELD);
    paint text = lit ? style_bold(STYLE_OF(ROLE_GOOD, ROLE_BAR)) : STYLE_OF(ROLE_DIM, ROLE_BAR);
    int x = right;
    if (words)
        x = canvas_text_right(canvas, x, y, text, " roll back ");
    int end = x;
    x = canvas_text_right(canvas, x, y, chip, key);
    (void)end;
    canvas_hit(canvas, (struct rect){x, y, right - x, 1}, HIT_COMMAND, UI_COMMAND_ROLLBACK);
    return x;
}

static int draw_badge(const struct view *view, int right, int y, bool words)
{
    struct canvas *canvas = view->canvas;
    char text[STATUS_MAX];
    struct view_mark mark = view_phase_mark(view);
    int x = right;
    phase_words(view, text);
    if (!words) /* the time alone */
        text[view->model->experiment.phase == MODEL_INJECTING ? strcspn(text, " ,") : 0] = '\0';
    if (text[0] != '\0') {
        x = canvas_text_right(canvas, x, y, STYLE_OF(ROLE_BRIGHT, ROLE_BAR), text) - 1;
    }
    if (view->state->frozen != NULL) {
        paint chip = style_bold(STYLE_OF(ROLE_INK, ROLE_ACCENT));
        x = canvas_text_right(canvas, x, y, chip, " FROZEN ") - 1;
    }
    bool idle = view->model->experiment.phase == MODEL_IDLE;
    paint chip = idle ? STYLE_OF(ROLE_DIM, ROLE_FIELD) : style_bold(STYLE_OF(ROLE_INK, mark.role));
    int width = 4 + canvas_text_width(mark.word);
    canvas_fill(canvas, (struct rect){x - width, y, width, 1}, chip);
    canvas_glyph(canvas, x - width + 1, y, mark.glyph, chip);
    canvas_text(canvas, x - width + 3, y, chip, mark.word);
    return x - width;
}

static int draw_crumb(const struct view *view, int x, int y, int right, paint style, const char *text)
{
    struct canvas *canvas = view->canvas;
    if (text[0] == '\0' || x + 3 >= right)
        return x;
    canvas_glyph(canvas, x + 1, y, GLYPH_CRUMB, STYLE_OF(ROLE_FAINT, ROLE_BAR));
    return canvas_text_fit(canvas, x + 3, y, right - x - 3, style, text);
}

void view_top(const struct view *view, struct rect rect)
{
    struct canvas *canvas = view->canvas;
    const struct model_place *place = &view->model->place;
    paint dim = STYLE_OF(ROLE_DIM, ROLE_BAR);
    paint bright = style_bold(STYLE_OF(ROLE_BRIGHT, ROLE_BAR));
    int y = rect.y;
    canvas_fill(canvas, rect, STYLE_OF(ROLE_TEXT, ROLE_BAR));
    bool wide = rect.width >= 60;
    int right = draw_way_back(view, rect.width - (wide ? 1 : 0), y, wide) - 2;
    right = draw_badge(view, right, y, wide) - 1;
    int x = 1;
    char calls[STATUS_MAX];
    if (rect.width >= 80)
        x = canvas_text(canvas, x, y, style_bold(STYLE_OF(ROLE_ACCENT, ROLE_BAR)), "shaketable");
    bool crumbs = rect.width >= 100;
    if (crumbs) {
        x = canvas_text(canvas, x + 1, y, dim, " ");
        x = canvas_text_fit(canvas, x, y, 20, dim, place->embedded ? "demo" : place->profile);
        x = draw_crumb(view, x, y, right, dim, place->region);
    }
    const char *service = view->state->chosen_service;
    if (rect.width >= 80) {
        x = draw_crumb(view, x, y, right, dim, view->state->chosen_cluster);
        x = draw_crumb(view, x, y, right, bright, service);
    } else {
        x = canvas_text_fit(canvas, x, y, right - x, bright, service[0] != '\0' ? service : "shaketable");
    }
    if (service[0] != '\0' && ui_state_dependencies(view->state, view->model, calls, sizeof calls) &&
        x + 3 + canvas_text_width(calls) <= right) /* whole, or left to the panels' titles */
        x = draw_crumb(view, x, y, right, bright, calls);
    if (place->read_only && x + 12 < right)
        x = canvas_text(canvas, x + 2, y, STYLE_OF(ROLE_WARN, ROLE_BAR), "read-only");
    if (place->throttled[0] != '\0') {
        char text[STATUS_MAX];
        snprintf(text, sizeof text, "%s throttled, %.*f/s", place->throttled,
                 place->calls_per_second < 10 ? 1 : 0, place->calls_per_second);
        if (x + 2 + canvas_text_width(text) < right)
            canvas_text(canvas, x + 2, y, STYLE_OF(ROLE_WARN, ROLE_BAR), text);
    }
    canvas_hit(canvas, (struct rect){rect.x, y, x, 1}, HIT_COMMAND, UI_COMMAND_SERVICES);
}

/* ── the log line ────────────────────────────────────────────────────────────────────────── */

static enum role level_role(enum model_log_level level)
{
    switch (level) {
    case MODEL_LOG_GOOD:
        return ROLE_GOOD;
    case MODEL_LOG_WARNING:
        return ROLE_WARN;
    case MODEL_LOG_ERROR:
        return ROLE_DANGER;
    default:
        return ROLE_TEXT;
    }
}

void view_log(const struct view *view, struct rect rect)
{
    struct canvas *canvas = view->canvas;
    const struct ui_state *state = view->state;
    if (state->overlay == UI_OVERLAY_NONE && state->notice[0] != '\0' &&
        view->clock_ms < state->notice_until_ms) {
        canvas_glyph(canvas, 1, rect.y, GLYPH_CURSOR, VIEW_STYLE(ROLE_ACCENT));
        canvas_text_fit(canvas, 3, rect.y, rect.width - 4, VIEW_STYLE(ROLE_ACCENT), state->notice);
        return;
    }
    if (view->model->log_count == 0)
        return;
    const struct model_log_line *line = &view->model->log[view->model->log_count - 1];
    char time[CLOCK_TEXT_MAX];
    clock_format_local_time(line->at_ms, time, sizeof time);
    int x = canvas_text(canvas, 1, rect.y, VIEW_STYLE(ROLE_DIM), time);
    if (line->level == MODEL_LOG_WARNING || line->level == MODEL_LOG_ERROR)
        canvas_glyph(canvas, x + 1, rect.y, GLYPH_WARNING, style_bold(VIEW_STYLE(level_role(line->level))));
    canvas_text_fit(canvas, x + 3, rect.y, rect.width - x - 4, VIEW_STYLE(level_role(line->level)),
                    line->text);
    canvas_hit(canvas, rect, HIT_COMMAND, UI_COMMAND_LOG);
}

/* ── the key bar ─────────────────────────────────────────────────────────────────────────── */

void view_keys(const struct view *view, struct rect rect)
{
    struct canvas *canvas = view->canvas;
    const struct ui_binding *bar[UI_KEY_BAR_MAX];
    unsigned context = ui_state_context(view->state, view->model);
    canvas_fill(canvas, rect, STYLE_OF(ROLE_TEXT, ROLE_BAR));
    size_t count = keys_bar(context, rect.width - 1, canvas->ascii, bar);
    int x = 1;
    for (size_t i = 0; i < count; i++) {
        int start = x;
        bool lit = bar[i]->command == UI_COMMAND_ROLLBACK && view_has_way_back(view);
        paint key = style_bold(STYLE_OF(lit ? ROLE_GOOD : ROLE_ACCENT, ROLE_BAR));
        x = canvas_text(canvas, x, rect.y, key, keys_name(bar[i], canvas->ascii));
        x = canvas_text(canvas, x + 1, rect.y, lit ? key : STYLE_OF(ROLE_DIM, ROLE_BAR), bar[i]->label);
        canvas_hit(canvas, (struct rect){start, rect.y, x - start, 1}, HIT_COMMAND, (int)bar[i]->command);
        x += 2;
    }
}
