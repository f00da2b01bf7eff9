/* Arming and restoring, step by step; and how it ended. Drawn over the histogram's upper right. */
#include "ui/view.h"

#include <stdio.h>
#include <string.h>

#define WORDS_MAX 160
#define STEPS_WIDTH 38
#define REASON_LINES 3 /* at the least, where there is room for a step above */

static struct view_mark step_mark(enum model_step_state state)
{
    switch (state) {
    case MODEL_STEP_DONE:
        return (struct view_mark){"done", GLYPH_GOOD, ROLE_GOOD};
    case MODEL_STEP_DOING:
        return (struct view_mark){"", GLYPH_PARTLY, ROLE_STAGED};
    case MODEL_STEP_FAILED:
        return (struct view_mark){"failed", GLYPH_BAD, ROLE_DANGER};
    default:
        return (struct view_mark){"", GLYPH_TODO, ROLE_FAINT};
    }
}

static void draw_step(const struct view *view, struct rect rect, const struct model_step *step)
{
    struct canvas *canvas = view->canvas;
    struct view_mark mark = step_mark(step->state);
    if (step->state == MODEL_STEP_DOING)
        canvas_put(canvas, rect.x, rect.y, view_spinner(view), VIEW_STYLE(mark.role));
    else
        canvas_glyph(canvas, rect.x, rect.y, mark.glyph, VIEW_STYLE(mark.role));
    enum role role = step->state == MODEL_STEP_TODO     ? ROLE_DIM
                     : step->state == MODEL_STEP_FAILED ? ROLE_DANGER
                                                        : ROLE_TEXT;
    int name = rect.width >= 34 ? 20 : rect.width - 8;
    canvas_text_fit(canvas, rect.x + 2, rect.y, name, VIEW_STYLE(role), step->name);
    int x = rect.x + 2 + name;
    int room = rect.x + rect.width - x;
    if (step->state == MODEL_STEP_DOING && step->total > 0 && room >= 15) {
        canvas_bar(canvas, x, rect.y, 8, (double)step->done / step->total, VIEW_STYLE(ROLE_STAGED),
                   VIEW_STYLE(ROLE_FAINT));
        x += 9;
    }
    canvas_text_fit(canvas, x, rect.y, rect.x + rect.width - x, VIEW_STYLE(ROLE_DIM),
                    step->detail[0] != '\0' ? step->detail : mark.word);
}

static void title_words(const struct view *view, char text[WORDS_MAX])
{
    const struct model_experiment *experiment = &view->model->experiment;
    long long left = (long long)(experiment->estimate_ms + 999) / 1000;
    const char *words = experiment->phase == MODEL_ARMING  ? "arming"
                        : experiment->phase == MODEL_ARMED ? "baseline"
                                                           : "restoring";
    if (experiment->phase == MODEL_RESTORED && experiment->guard_tripped)
        snprintf(text, WORDS_MAX, "a guard tripped: all is as it was");
    else if (experiment->phase == MODEL_RESTORED && experiment->left_to_others)
        snprintf(text, WORDS_MAX, "left as someone deployed it");
    else if (experiment->phase == MODEL_RESTORED && experiment->clean_ms >= 0)
        snprintf(text, WORDS_MAX, "all is as it was: clean in %.0f ms", experiment->clean_ms);
    else if (experiment->phase == MODEL_RESTORED)
        snprintf(text, WORDS_MAX, "all is as it was");
    else if (experiment->estimate_ms > 0)
        snprintf(text, WORDS_MAX, "%s · about %lld s left", words, left);
    else
        snprintf(text, WORDS_MAX, "%s", words);
}

/* What is left, whole: over the upper part of the panel. */
static void draw_failure(const struct view *view, struct rect rect)
{
    struct canvas *canvas = view->canvas;
    const struct model_experiment *experiment = &view->model->experiment;
    int width = rect.width;
    int lines = canvas_wrap(NULL, 0, 0, width - 6, rect.height, 0, experiment->problem);
    struct rect box = {rect.x, rect.y, width, lines + 2};
    if (box.height > rect.height)
        box.height = rect.height;
    paint ground = STYLE_OF(ROLE_TEXT, ROLE_DIALOG);
    canvas_fill(canvas, box, ground);
    canvas_glyph(canvas, box.x + 2, box.y, GLYPH_BAD, style_bold(STYLE_OF(ROLE_DANGER, ROLE_DIALOG)));
    const char *head = experiment->plan != NULL && experiment->plan->refused
                           ? "refused: nothing was changed"
                           : "not done: something is left to do";
    canvas_text_fit(canvas, box.x + 4, box.y, width - 6, style_bold(STYLE_OF(ROLE_DANGER, ROLE_DIALOG)),
                    head);
    canvas_wrap(canvas, box.x + 4, box.y + 1, width - 6, box.height - 2, ground, experiment->problem);
    canvas_text_fit(canvas, box.x + 4, box.y + box.height - 1, width - 6, STYLE_OF(ROLE_ACCENT, ROLE_DIALOG),
                    "R tries the way back again · Esc takes note");
}

/* Which guard, and why, under the steps. */
static void draw_reason(const struct view *view, struct rect rect)
{
    const struct model_experiment *experiment = &view->model->experiment;
    int lines = canvas_wrap(NULL, 0, 0, rect.width - 2, rect.height, 0, experiment->problem);
    rect.height = lines < rect.height ? lines : rect.height;
    canvas_fill(view->canvas, rect, VIEW_STYLE(ROLE_TEXT));
    if (rect.height < 1)
        return;
    canvas_glyph(view->canvas, rect.x, rect.y, GLYPH_WARNING, style_bold(VIEW_STYLE(ROLE_WARN)));
    canvas_wrap(view->canvas, rect.x + 2, rect.y, rect.width - 2, rect.height, VIEW_STYLE(ROLE_WARN),
                experiment->problem);
}

void view_steps(const struct view *view, struct rect rect)
{
    const struct model_experiment *experiment = &view->model->experiment;
    if (experiment->phase == MODEL_FAILED_PHASE && experiment->problem[0] != '\0') {
        draw_failure(view, rect);
        return;
    }
    bool shown = experiment->phase == MODEL_ARMING || experiment->phase == MODEL_ARMED ||
                 experiment->phase == MODEL_RECOVERING || experiment->phase == MODEL_RESTORED;
    if (!shown || rect.height < 3)
        return;
    struct canvas *canvas = view->canvas;
    /* The histogram's busy part stays in sight: never more than half. */
    int width = rect.width / 2 < STEPS_WIDTH ? rect.width / 2 : STEPS_WIDTH;
    int rows = (int)experiment->step_count;
    int most = rect.height - 1 - (experiment->guard_tripped ? REASON_LINES : 0);
    most = most < 1 ? 1 : most;
    if (rows > most)
        rows = most;
    /* Where not all fit, those around the one under way. */
    int first = 0;
    while (first + rows < (int)experiment->step_count && experiment->steps[first].state == MODEL_STEP_DONE)
        first++;
    struct rect box = {rect.x + rect.width - width, rect.y, width, rows + 1};
    canvas_fill(canvas, box, VIEW_STYLE(ROLE_TEXT));
    char text[WORDS_MAX];
    title_words(view, text);
    bool restored = experiment->phase == MODEL_RESTORED;
    if (restored)
        canvas_glyph(canvas, box.x, box.y, GLYPH_GOOD, style_bold(VIEW_STYLE(ROLE_GOOD)));
    canvas_text_fit(canvas, box.x + (restored ? 2 : 0), box.y, width - 2,
                    style_bold(VIEW_STYLE(restored ? ROLE_GOOD : ROLE_STAGED)), text);
    for (int i = 0; i < rows; i++)
        draw_step(view, (struct rect){box.x, box.y + 1 + i, width, 1}, &experiment->steps[first + i]);
    if (experiment->guard_tripped)
        draw_reason(view, (struct rect){box.x, box.y + box.height, width, rect.height - box.height});
}
