/* Dialogs and lists over the desk. */
#include "ui/view_overlay.h"

#include "core/clock.h"
#include "ui/command.h"

#include <stdio.h>
#include <string.h>

#define WORDS_MAX 512

int overlay_button(const struct view *view, int x, int y, const char *text, int value, bool focused,
                   bool enabled)
{
    struct canvas *canvas = view->canvas;
    int width = canvas_text_width(text) + 4;
    paint style = focused   ? style_bold(STYLE_OF(ROLE_INK, ROLE_ACCENT))
                  : enabled ? STYLE_OF(ROLE_TEXT, ROLE_FIELD)
                            : STYLE_OF(ROLE_FAINT, ROLE_DIALOG);
    /* Brackets where colour can't say which button has the focus. */
    canvas_fill(canvas, (struct rect){x, y, width, 1}, style);
    canvas_put(canvas, x, y, focused ? '[' : ' ', style);
    canvas_text(canvas, x + 2, y, style, text);
    canvas_put(canvas, x + width - 1, y, focused ? ']' : ' ', style);
    canvas_hit(canvas, (struct rect){x, y, width, 1}, HIT_BUTTON, value);
    return x + width;
}

void overlay_field(const struct view *view, struct rect rect, const char *text)
{
    struct canvas *canvas = view->canvas;
    paint style = STYLE_OF(ROLE_BRIGHT, ROLE_FIELD);
    canvas_fill(canvas, rect, style);
    /* The end is where one types: the beginning goes out of sight first. */
    while (canvas_text_width(text) > rect.width - 1 && *text != '\0')
        canvas_next_codepoint(&text);
    int x = canvas_text(canvas, rect.x, rect.y, style, text);
    canvas_put(canvas, x, rect.y, '_', style_bold(STYLE_OF(ROLE_ACCENT, ROLE_FIELD)));
}

void overlay_more(const struct view *view, struct rect body, int skip, int lines)
{
    if (body.height < 1 || lines <= body.height)
        return;
    struct canvas *canvas = view->canvas;
    canvas->scroll_most = lines - body.height;
    int size = body.height * body.height / lines;
    size = size < 1 ? 1 : size;
    int top = skip * (body.height - size) / (lines - body.height);
    for (int i = 0; i < size; i++)
        canvas_glyph(canvas, body.x + body.width, body.y + top + i, GLYPH_SCROLL,
                     STYLE_OF(ROLE_DIM, ROLE_DIALOG));
}

/* ── help ────────────────────────────────────────────────────────────────────────────────── */

#define HELP_INDENT 12

/* Draws the table from line -skip on; returns how many lines it has. */
static int draw_help(const struct view *view, struct rect body, int skip)
{
    struct canvas *canvas = view->canvas;
    int line = -skip;
    for (const struct ui_binding *binding = keys_table(); binding->command != UI_COMMAND_NONE; binding++) {
        if (binding->help == NULL)
            continue;
        bool back = binding->command == UI_COMMAND_ROLLBACK;
        canvas_text_fit(canvas, body.x, body.y + line, HELP_INDENT - 1,
                        style_bold(STYLE_OF(back ? ROLE_GOOD : ROLE_ACCENT, ROLE_DIALOG)),
                        keys_name(binding, canvas->ascii));
        line += canvas_wrap(canvas, body.x + HELP_INDENT, body.y + line, body.width - HELP_INDENT, 10,
                            STYLE_OF(ROLE_TEXT, ROLE_DIALOG), binding->help);
    }
    return line + skip;
}

static void overlay_help(const struct view *view, struct rect rect)
{
    struct canvas *canvas = view->canvas;
    int width = rect.width < 96 ? rect.width : 96;
    /* Nothing is drawn by the first pass: its clip is empty. */
    struct rect old = canvas_clip(canvas, (struct rect){0, 0, 0, 0});
    int lines = draw_help(view, (struct rect){0, 0, width - 4, 1}, 0);
    canvas_restore_clip(canvas, old);
    struct rect body = view_dialog(view, rect, width, lines + 2, "Keys");
    int most = lines > body.height ? lines - body.height : 0;
    int skip = view->state->scroll < most ? view->state->scroll : most;
    old = canvas_clip(canvas, body);
    draw_help(view, body, skip);
    canvas_restore_clip(canvas, old);
    overlay_more(view, body, skip, lines);
}

/* ── log and tasks ───────────────────────────────────────────────────────────────────────── */

static void overlay_log(const struct view *view, struct rect rect)
{
    static const enum role roles[] = {ROLE_TEXT, ROLE_GOOD, ROLE_WARN, ROLE_DANGER};
    int count = (int)view->model->log_count;
    struct rect inner = view_dialog(view, rect, rect.width >= 110 ? 104 : rect.width - 2, count + 2, "Log");
    int most = count > inner.height ? count - inner.height : 0;
    /* The newest at the bottom; scrolling up goes back in time. */
    int back = view->state->scroll < most ? view->state->scroll : most;
    int first = most - back;
    for (int i = 0; i < inner.height && first + i < count; i++) {
        const struct model_log_line *line = &view->model->log[first + i];
        char time[CLOCK_TEXT_MAX];
        clock_format_local_time(line->at_ms, time, sizeof time);
        int x = canvas_text(view->canvas, inner.x, inner.y + i, STYLE_OF(ROLE_DIM, ROLE_DIALOG), time);
        if (line->level >= MODEL_LOG_WARNING)
            canvas_glyph(view->canvas, x + 1, inner.y + i, GLYPH_WARNING,
                         style_bold(STYLE_OF(roles[line->level], ROLE_DIALOG)));
        canvas_text_fit(view->canvas, x + 3, inner.y + i, inner.x + inner.width - x - 3,
                        STYLE_OF(roles[line->level], ROLE_DIALOG), line->text);
    }
    overlay_more(view, inner, first, count);
}

static void draw_sidecar_line(const struct view *view, struct rect rect, const struct model_sidecar *sidecar)
{
    struct canvas *canvas = view->canvas;
    struct view_mark mark = view_sidecar_mark(sidecar);
    paint plain = STYLE_OF(ROLE_TEXT, ROLE_DIALOG);
    paint dim = STYLE_OF(ROLE_DIM, ROLE_DIALOG);
    char text[WORDS_MAX];
    snprintf(text, sizeof text, "%s:%d", sidecar->address, sidecar->port);
    canvas_text_fit(canvas, rect.x, rect.y, 21, plain, text);
    canvas_glyph(canvas, rect.x + 22, rect.y, mark.glyph, style_bold(STYLE_OF(mark.role, ROLE_DIALOG)));
    canvas_text_fit(canvas, rect.x + 24, rect.y, 12, STYLE_OF(mark.role, ROLE_DIALOG), mark.word);
    if (sidecar->state == MODEL_SIDECAR_UNREACHABLE || sidecar->state == MODEL_SIDECAR_SILENT) {
        canvas_text_fit(canvas, rect.x + 37, rect.y, rect.width - 37, STYLE_OF(ROLE_DANGER, ROLE_DIALOG),
                        sidecar->state == MODEL_SIDECAR_SILENT ? "its log says nothing" : sidecar->problem);
        return;
    }
    snprintf(text, sizeof text, "%6.0f/s", sidecar->per_second);
    canvas_text_fit(canvas, rect.x + 37, rect.y, 9, plain, text);
    snprintf(text, sizeof text, "%5llu held", (unsigned long long)sidecar->held);
    canvas_text_fit(canvas, rect.x + 47, rect.y, rect.width - 47, dim, text);
    int64_t age_ms = view->model->now_ms - sidecar->heard_ms;
    if (view->model->experiment.reach == CHOICES_REACH_NONE)
        snprintf(text, sizeof text, "%lld s ago", (long long)(age_ms > 0 ? age_ms / 1000 : 0));
    else if (sidecar->lease_left_ms > 0)
        snprintf(text, sizeof text, "lease %lld s", (long long)sidecar->lease_left_ms / 1000);
    else
        snprintf(text, sizeof text, "no lease");
    canvas_text_fit(canvas, rect.x + 60, rect.y, rect.width - 60, dim, text);
    canvas_text_fit(canvas, rect.x + 73, rect.y, rect.width - 73, dim, sidecar->task_id);
}

static struct rect tasks_dialog(const struct view *view, struct rect rect, int lines)
{
    return view_dialog(view, rect, rect.width >= 110 ? 108 : rect.width - 2, lines + 2, "Tasks");
}

static void draw_sidecars(const struct view *view, struct rect rect)
{
    const struct model_experiment *experiment = &view->model->experiment;
    int count = (int)experiment->sidecar_count;
    struct rect inner = tasks_dialog(view, rect, count);
    int most = count > inner.height ? count - inner.height : 0;
    int skip = view->state->scroll < most ? view->state->scroll : most;
    for (int i = 0; i < inner.height && i + skip < count; i++)
        draw_sidecar_line(view, (struct rect){inner.x, inner.y + i, inner.width, 1},
                          &experiment->sidecars[i + skip]);
    overlay_more(view, inner, skip, count);
}

static void draw_target_line(const struct view *view, struct rect rect, const struct model_target *target)
{
    bool healthy = strcmp(target->state, "healthy") == 0;
    char text[WORDS_MAX];
    snprintf(text, sizeof text, "%s:%d", target->address, target->port);
    canvas_text_fit(view->canvas, rect.x + 2, rect.y, 24, STYLE_OF(ROLE_TEXT, ROLE_DIALOG), text);
    snprintf(text, sizeof text, "%s %s", target->state, target->reason);
    canvas_text_fit(view->canvas, rect.x + 27, rect.y, rect.width - 27,
                    STYLE_OF(healthy ? ROLE_GOOD : ROLE_WARN, ROLE_DIALOG), text);
}

static void overlay_tasks(const struct view *view, struct rect rect)
{
    if (ui_state_shows_experiment(view->state, view->model) && view->model->experiment.sidecar_count > 0) {
        draw_sidecars(view, rect);
        return;
    }
    const struct model_service *service =
        model_find_service(view->model, view->state->chosen_cluster, view->state->chosen_service);
    int lines = 0;
    for (size_t i = 0; service != NULL && i < service->target_group_count; i++)
        lines += 1 + (int)service->target_groups[i]->target_count;
    struct rect inner = tasks_dialog(view, rect, lines > 0 ? lines : 1);
    int most = lines > inner.height ? lines - inner.height : 0;
    int y = inner.y - (view->state->scroll < most ? view->state->scroll : most);
    struct rect old = canvas_clip(view->canvas, inner);
    if (lines == 0)
        canvas_text_fit(view->canvas, inner.x, y, inner.width, STYLE_OF(ROLE_DIM, ROLE_DIALOG),
                        service != NULL ? "no targets are known" : "choose a service first");
    for (size_t i = 0; service != NULL && i < service->target_group_count; i++) {
        const struct model_target_group *group = service->target_groups[i];
        canvas_text_fit(view->canvas, inner.x, y++, inner.width,
                        style_bold(STYLE_OF(ROLE_TITLE, ROLE_DIALOG)), group->name);
        for (size_t j = 0; j < group->target_count; j++, y++)
            draw_target_line(view, (struct rect){inner.x, y, inner.width, 1}, &group->targets[j]);
    }
    canvas_restore_clip(view->canvas, old);
    overlay_more(view, inner, inner.y - (y - lines), lines);
}

/* ── questions and entries ───────────────────────────────────────────────────────────────── */

static void overlay_quit(const struct view *view, struct rect rect)
{
    static const char *const texts[] = {"Roll back and quit", "Leave it running", "Stay"};
    const struct model_experiment *experiment = &view->model->experiment;
    struct canvas *canvas = view->canvas;
    struct rect inner = view_dialog(view, rect, 66, rect.width >= 66 ? 7 : 9, "Quit");
    char text[WORDS_MAX];
    char until[CLOCK_TEXT_MAX] = "";
    if (experiment->deadline_ms > 0)
        clock_format_local_time(experiment->deadline_ms, until, sizeof until);
    if (until[0] != '\0')
        snprintf(text, sizeof text, "An experiment is running on %.200s. Left alone it ends by itself at %s.",
                 experiment->service, until);
    else
        snprintf(text, sizeof text, "An experiment is running on %.200s. Left alone it ends with its lease.",
                 experiment->service);
    int y = inner.y +
            canvas_wrap(canvas, inner.x, inner.y, inner.width, 3, STYLE_OF(ROLE_TEXT, ROLE_DIALOG), text) + 1;
    int x = inner.x;
    for (int i = 0; i < UI_QUIT_BUTTONS; i++) {
        if (x + canvas_text_width(texts[i]) + 4 > inner.x + inner.width) {
            x = inner.x;
            y++;
        }
        x = overlay_button(view, x, y, texts[i], i, view->state->quit_button == i, true) + 2;
    }
}

static void overlay_entry(const struct view *view, struct rect rect)
{
    static const char *const hints[FADER_COUNT] = {
        "800ms · 1.5s · 800ms 50ms normal", "50ms", "2% · 0.5%",
        "10% · 10% 503 · 503@10%",          "1%",   "1MB/s · 64kB/s · none",
        "50% · 50% GET /api/* · health"};
    struct canvas *canvas = view->canvas;
    const struct ui_state *state = view->state;
    bool duration = state->overlay == UI_OVERLAY_DURATION;
    struct rect inner = view_dialog(view, rect, 52, 6, duration ? "duration" : scale_name(state->fader));
    canvas_text_fit(canvas, inner.x, inner.y, inner.width, STYLE_OF(ROLE_DIM, ROLE_DIALOG),
                    duration ? "5m · 90s · none for an open end" : hints[state->fader]);
    overlay_field(view, (struct rect){inner.x, inner.y + 1, inner.width, 1}, state->text);
    if (state->text_error[0] != '\0')
        canvas_wrap(canvas, inner.x, inner.y + 2, inner.width, 2, STYLE_OF(ROLE_DANGER, ROLE_DIALOG),
                    state->text_error);
}

static void overlay_code(const struct view *view, struct rect rect)
{
    struct canvas *canvas = view->canvas;
    const struct ui_state *state = view->state;
    struct rect inner = view_dialog(view, rect, 60, 6, "MFA code");
    paint plain = STYLE_OF(ROLE_TEXT, ROLE_DIALOG);
    canvas_text_fit(canvas, inner.x, inner.y, inner.width, plain, "AWS wants a code of the device");
    canvas_text_fit(canvas, inner.x, inner.y + 1, inner.width, style_bold(STYLE_OF(ROLE_BRIGHT, ROLE_DIALOG)),
                    view->model->question.serial);
    overlay_field(view, (struct rect){inner.x, inner.y + 3, inner.width < 12 ? inner.width : 12, 1},
                  state->text);
    if (state->text_error[0] != '\0')
        canvas_text_fit(canvas, inner.x + 14, inner.y + 3, inner.width - 14,
                        STYLE_OF(ROLE_DANGER, ROLE_DIALOG), state->text_error);
}

/* The command line takes the log line's place, with its completions above. */
static void overlay_command(const struct view *view, struct rect rect)
{
    struct canvas *canvas = view->canvas;
    const struct ui_state *state = view->state;
    const char *matches[COMMAND_MATCHES_MAX];
    size_t count = command_matches(view->model, state->text, matches);
    struct rect box = {0, rect.y + rect.height - 3, rect.width, 3};
    canvas_fill(canvas, box, STYLE_OF(ROLE_TEXT, ROLE_DIALOG));
    int x = canvas_text(canvas, 1, box.y + 1, style_bold(STYLE_OF(ROLE_ACCENT, ROLE_DIALOG)), ":");
    overlay_field(view, (struct rect){x, box.y + 1, rect.width - x - 1, 1}, state->text);
    x = 2;
    for (size_t i = 0; i < count && x + canvas_text_width(matches[i]) + 1 < rect.width; i++)
        x = canvas_text(canvas, x, box.y, STYLE_OF(ROLE_DIM, ROLE_DIALOG), matches[i]) + 2;
    char word[32];
    snprintf(word, sizeof word, "%.*s", (int)strcspn(state->text, " "), state->text);
    const char *usage = command_usage(word, state->choices.engine == CHOICES_ENGINE_FIS);
    bool wrong = state->text_error[0] != '\0';
    if (wrong || usage != NULL)
        canvas_text_fit(canvas, 2, box.y + 2, rect.width - 3,
                        STYLE_OF(wrong ? ROLE_DANGER : ROLE_DIM, ROLE_DIALOG),
                        wrong ? state->text_error : usage);
}

static void overlay_of_fis(const struct view *view, struct rect rect)
{
    switch (view->state->overlay) {
    case UI_OVERLAY_ACTIONS:
        overlay_actions(view, rect);
        break;
    case UI_OVERLAY_CATALOGUE:
        overlay_catalogue(view, rect);
        break;
    case UI_OVERLAY_FORM:
        overlay_form(view, rect);
        break;
    case UI_OVERLAY_NOTES:
        overlay_notes(view, rect);
        break;
    case UI_OVERLAY_FIS_DELETE:
        overlay_fis_delete(view, rect);
        break;
    case UI_OVERLAY_FIS_STOP:
        overlay_fis_stop(view, rect);
        break;
    default:
        break;
    }
}

void view_overlay(const struct view *view, struct rect rect)
{
    switch (view->state->overlay) {
    case UI_OVERLAY_PLAN:
        overlay_plan(view, rect);
        break;
    case UI_OVERLAY_HELP:
        overlay_help(view, rect);
        break;
    case UI_OVERLAY_LOG:
        overlay_log(view, rect);
        break;
    case UI_OVERLAY_TASKS:
        overlay_tasks(view, rect);
        break;
    case UI_OVERLAY_QUIT:
        overlay_quit(view, rect);
        break;
    case UI_OVERLAY_EXPERIMENTS:
        overlay_experiments(view, rect);
        break;
    case UI_OVERLAY_RECORD:
        overlay_record(view, rect);
        break;
    case UI_OVERLAY_OFFER:
        overlay_offer(view, rect);
        break;
    case UI_OVERLAY_PLACE:
        overlay_place(view, rect);
        break;
    case UI_OVERLAY_ENTRY:
    case UI_OVERLAY_DURATION:
        overlay_entry(view, rect);
        break;
    case UI_OVERLAY_CODE:
        overlay_code(view, rect);
        break;
    case UI_OVERLAY_COMMAND:
        overlay_command(view, rect);
        break;
    case UI_OVERLAY_GUARDS:
        overlay_guards(view, rect);
        break;
    case UI_OVERLAY_GUARD:
        overlay_guard(view, rect);
        break;
    default:
        overlay_of_fis(view, rect);
        break;
    }
}
