/* The plan: what will change, what speaks against it, and the two buttons. */
#include "ui/view_overlay.h"

#include <stdio.h>
#include <string.h>

#define WORDS_MAX 512
#define LINE_MAX_BYTES 8192 /* the way back stands in one line of the diff */
#define LABEL 11            /* "! warning" */
#define LABEL_NARROW 2
#define NARROW 50

/* Lines are counted as they are drawn; what is above the scroll or below the room is only counted. */
struct page {
    const struct view *view;
    struct rect rect;
    int skip, line;
};

static void page_text(struct page *page, int indent, paint style, const char *text)
{
    int width = page->rect.width - indent;
    const char *rest = text;
    do {
        char line[LINE_MAX_BYTES];
        size_t length = strcspn(rest, "\n");
        snprintf(line, sizeof line, "%.*s", (int)(length < sizeof line ? length : sizeof line - 1), rest);
        int lines = canvas_wrap(NULL, 0, 0, width, LINE_MAX_BYTES, 0, line);
        int y = page->rect.y + page->line - page->skip;
        struct rect old = canvas_clip(page->view->canvas, page->rect);
        canvas_wrap(page->view->canvas, page->rect.x + indent, y, width, LINE_MAX_BYTES, style, line);
        canvas_restore_clip(page->view->canvas, old);
        page->line += lines > 0 ? lines : 1;
        rest += length + (rest[length] == '\n');
    } while (*rest != '\0');
}

/* Marked by glyph, word and colour. */
static void page_finding(struct page *page, const struct model_finding *finding)
{
    static const struct view_mark marks[] = {{"note", GLYPH_NOTE, ROLE_DIM},
                                             {"warning", GLYPH_WARNING, ROLE_WARN},
                                             {"stop", GLYPH_BAD, ROLE_DANGER}};
    struct canvas *canvas = page->view->canvas;
    const struct view_mark *mark = &marks[finding->severity];
    paint style = style_bold(STYLE_OF(mark->role, ROLE_DIALOG));
    bool narrow = page->rect.width < NARROW;
    int label = narrow ? LABEL_NARROW : LABEL;
    int y = page->rect.y + page->line - page->skip;
    if (y >= page->rect.y && y < page->rect.y + page->rect.height) {
        canvas_glyph(canvas, page->rect.x, y, mark->glyph, style);
        if (!narrow)
            canvas_text(canvas, page->rect.x + 2, y, style, mark->word);
    }
    page_text(page, label, style_bold(STYLE_OF(ROLE_BRIGHT, ROLE_DIALOG)), finding->what);
    if (finding->why[0] != '\0')
        page_text(page, label, STYLE_OF(ROLE_DIM, ROLE_DIALOG), finding->why);
    if (finding->advice[0] != '\0')
        page_text(page, label, STYLE_OF(ROLE_ACCENT, ROLE_DIALOG), finding->advice);
}

static void page_findings(struct page *page, const struct model_plan *plan)
{
    char text[WORDS_MAX];
    for (size_t i = 0; i < plan->finding_count; i++) /* the stops stand first */
        page_finding(page, &plan->findings[i]);
    if (plan->findings_left_out > 0) {
        snprintf(text, sizeof text, "and %zu more, none of them worse", plan->findings_left_out);
        page_text(page, 0, STYLE_OF(ROLE_DIM, ROLE_DIALOG), text);
    }
    if (plan->finding_count > 0)
        page->line++;
}

static enum role diff_role(const char *line)
{
    if (strncmp(line, "--- ", 4) == 0 || strncmp(line, "+++ ", 4) == 0)
        return ROLE_BRIGHT; /* what is compared */
    return line[0] == '+'   ? ROLE_GOOD
           : line[0] == '-' ? ROLE_DANGER
           : line[0] == '@' ? ROLE_ACCENT
                            : ROLE_DIM;
}

static void page_diff(struct page *page, const char *diff)
{
    while (*diff != '\0') {
        char line[LINE_MAX_BYTES];
        size_t length = strcspn(diff, "\n");
        snprintf(line, sizeof line, "%.*s", (int)(length < sizeof line ? length : sizeof line - 1), diff);
        page_text(page, 0, STYLE_OF(diff_role(line), ROLE_DIALOG), line);
        diff += length + (diff[length] == '\n');
    }
}

static bool is_prepare(const struct view *view)
{
    return strcmp(view->model->experiment.engine, "prepare") == 0;
}

static bool is_fis(const struct view *view)
{
    return strcmp(view->model->experiment.engine, "fis") == 0;
}

/* All of it; returns how many lines there are. */
static int draw_page(const struct view *view, struct rect rect, int skip)
{
    const struct model_experiment *experiment = &view->model->experiment;
    const struct model_plan *plan = experiment->plan;
    struct page page = {view, rect, skip, 0};
    char text[WORDS_MAX];
    char faults[WORDS_MAX / 2];
    char clock[UNITS_TEXT_MAX] = "an open end";
    paint plain = STYLE_OF(ROLE_TEXT, ROLE_DIALOG);
    fault_describe(&view->state->staged, faults, sizeof faults);
    if (view->state->duration_ms > 0)
        units_format_clock(view->state->duration_ms, clock);
    if (view->state->plan_words[0] != '\0')
        snprintf(text, sizeof text, "%s", view->state->plan_words);
    else
        snprintf(text, sizeof text, "%s, for %s", faults, clock);
    page_text(&page, 0, style_bold(STYLE_OF(ROLE_STAGED, ROLE_DIALOG)), text);
    for (size_t i = 0; i < experiment->guard_count; i++) {
        snprintf(text, sizeof text, "guard  %s", experiment->guards[i].text);
        page_text(&page, 0, plain, text);
    }
    if (experiment->phase == MODEL_FAILED_PHASE && experiment->problem[0] != '\0')
        page_text(&page, 0, STYLE_OF(ROLE_DANGER, ROLE_DIALOG), experiment->problem);
    if (plan == NULL)
        return page.line;
    if (plan->estimate_ms > 0 && !plan->refused) {
        bool fis = is_fis(view), prepares = is_prepare(view);
        snprintf(
            text, sizeof text,
            prepares ? "The service's tasks are replaced in about %lld s; R takes it back at any time."
            : fis ? "AWS FIS has found its targets in about %lld s, then it begins; R stops it at any time."
                  : "The sidecars are in place in about %lld s; R takes them out again at any time.",
            (long long)(plan->estimate_ms + 999) / 1000);
        page_text(&page, 0, plain, text);
        if (experiment->slow_ms > 0) {
            snprintf(text, sizeof text,
                     "Engine: %s, the ECS agent's own faults; they take one change in %lld s.",
                     experiment->engine, (long long)experiment->slow_ms / 1000);
            page_text(&page, 0, plain, text);
        }
        if (!fis && !prepares && experiment->reach != CHOICES_REACH_AUTO) {
            snprintf(text, sizeof text, "Reach: %s.", view_reach_words(experiment->reach));
            page_text(&page, 0, plain, text);
        }
    }
    page.line++;
    page_findings(&page, plan);
    if (plan->diff != NULL)
        page_diff(&page, plan->diff);
    return page.line;
}

static void draw_plan_foot(const struct view *view, struct rect inner, bool ready)
{
    struct canvas *canvas = view->canvas;
    const struct ui_state *state = view->state;
    const struct model_plan *plan = view->model->experiment.plan;
    int y = inner.y + inner.height - 1;
    int button = ui_state_plan_button(state, view->model, view->clock_ms);
    bool may = ui_state_plan_may_start(state, view->model, view->clock_ms);
    bool named = ready && plan != NULL && plan->must_type_name;
    if (named) {
        char text[WORDS_MAX];
        bool wide = inner.width >= 60;
        snprintf(text, sizeof text, wide ? "production: type %s to go on " : "type %s ",
                 view->model->experiment.service);
        int x =
            canvas_text_fit(canvas, inner.x, y - 1, inner.width - 12, STYLE_OF(ROLE_WARN, ROLE_DIALOG), text);
        overlay_field(view, (struct rect){x, y - 1, inner.x + inner.width - x, 1}, state->text);
    }
    const char *cancel = plan != NULL && plan->refused ? "Close" : "Cancel";
    int x =
        overlay_button(view, inner.x, y, cancel, UI_PLAN_CANCEL, button == UI_PLAN_CANCEL && !named, true);
    if (ready)
        x = overlay_button(view, x + 2, y, is_prepare(view) ? "Prepare" : "Inject", UI_PLAN_INJECT,
                           button == UI_PLAN_INJECT, may);
    const char *hint = state->text_error[0] != '\0' ? state->text_error
                       : inner.width < 50           ? ""
                       : button == UI_PLAN_INJECT
                           ? is_fis(view) ? "Enter starts it" : "Enter starts the tasks"
                       : ready && may ? "read it; Tab goes to Inject"
                                      : "";
    canvas_text_fit(canvas, x + 2, y, inner.x + inner.width - x - 2,
                    STYLE_OF(state->text_error[0] != '\0' ? ROLE_WARN : ROLE_DIM, ROLE_DIALOG), hint);
}

void overlay_plan(const struct view *view, struct rect rect)
{
    struct canvas *canvas = view->canvas;
    const struct model_experiment *experiment = &view->model->experiment;
    const struct model_plan *plan = experiment->plan;
    char title[WORDS_MAX];
    bool planned = experiment->phase == MODEL_PLANNED && plan != NULL;
    bool refused = (plan != NULL && plan->refused) || experiment->phase == MODEL_FAILED_PHASE;
    bool whole = view->state->plan_words[0] != '\0'; /* a template names its service itself, or none */
    const char *service = whole && (planned || refused) ? experiment->service : view->state->chosen_service;
    snprintf(title, sizeof title, "%s %.200s", refused ? "Refused:" : "Plan for",
             service[0] != '\0' ? service : "a template");
    if (experiment->dependencies[0] != '\0' && (planned || refused))
        snprintf(title, sizeof title, "%s %.120s: its calls to %.120s", refused ? "Refused:" : "Plan for",
                 service, experiment->dependencies);
    int width = rect.width >= 110 ? 100 : rect.width >= 80 ? rect.width - 4 : rect.width;
    bool named = planned && plan->must_type_name && !plan->refused;
    /* Nothing is drawn by the first pass: its clip is empty. */
    struct rect old = canvas_clip(canvas, (struct rect){0, 0, 0, 0});
    int lines = planned || refused ? draw_page(view, (struct rect){0, 0, width - 4, 1}, 0) : 3;
    canvas_restore_clip(canvas, old);
    struct rect inner = view_dialog(view, rect, width, lines + 4 + named, title);
    struct rect body = {inner.x, inner.y, inner.width, inner.height - 2 - named};
    bool ready = planned && !refused && view->state->plan_ready_ms != 0 &&
                 view->clock_ms - view->state->plan_ready_ms >= UI_PLAN_SETTLE_MS;
    if (!planned && !refused) {
        canvas_put(canvas, body.x, body.y, view_spinner(view), STYLE_OF(ROLE_ACCENT, ROLE_DIALOG));
        canvas_text_fit(canvas, body.x + 2, body.y, body.width - 2, STYLE_OF(ROLE_TEXT, ROLE_DIALOG),
                        "reading the service: nothing is changed yet");
        draw_plan_foot(view, inner, false);
        return;
    }
    int most = lines > body.height ? lines - body.height : 0;
    int skip = view->state->scroll < most ? view->state->scroll : most;
    draw_page(view, body, skip);
    overlay_more(view, body, skip, lines);
    draw_plan_foot(view, inner, ready);
}
