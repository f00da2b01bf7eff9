/* The whole desk, put together from its parts. */
#include "ui/view.h"

#include "ui/engine.h"

#include <stdio.h>
#include <string.h>

static void draw_frames(const struct view *view, const struct layout *layout)
{
    paint frame = VIEW_STYLE(ROLE_FRAME);
    struct canvas *canvas = view->canvas;
    canvas_box(canvas, layout->frame, frame);
    const struct rect *parts[] = {&layout->tree, &layout->faders, &layout->trip, &layout->history};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (parts[i]->height > 0)
            canvas_box(canvas, *parts[i], frame);
}

/* Somebody measures what is chosen, or did. */
static bool is_measured(const struct view *view)
{
    const struct model_series *series = view->series;
    return series->source != MODEL_SOURCE_NONE || series->window.total > 0 || series->baseline.total > 0;
}

static bool tree_has_problem(const struct view *view)
{
    const struct model_inventory *inventory = view->model->inventory;
    return inventory == NULL || inventory->loading == MODEL_FAILED || view->state->chosen_service[0] == '\0';
}

static void draw_drop_down(const struct view *view, struct rect rect)
{
    /* With nothing chosen there is nothing beside it to see. */
    bool whole = tree_has_problem(view) || rect.width <= 54;
    struct rect box = {rect.x, rect.y, whole ? rect.width : 54, rect.height};
    canvas_fill(view->canvas, box, VIEW_STYLE(ROLE_TEXT));
    canvas_box(view->canvas, box, VIEW_STYLE(ROLE_ACCENT));
    view_tree(view, box);
}

static void draw_desk(const struct view *view, const struct layout *layout)
{
    draw_frames(view, layout);
    if (layout->tree.height > 0)
        view_tree(view, layout->tree);
    view_faders(view, layout->faders, layout->fader_rows, layout->fader_scale);
    struct rect steps = rect_inset(layout->trip, 2, 1);
    bool actions = ui_state_shows_actions(view->state, view->model);
    bool instead = actions && !is_measured(view) && layout->trip.height > 0;
    if (instead) {
        view_actions(view, layout->trip);
        steps.height = layout->trip.height - 2;
    } else if (layout->trip.height > 0) {
        view_trip(view, layout->trip, layout->trip_rows, layout->difference);
        steps.height = layout->trip_rows;
    }
    if (layout->history.height > 0)
        view_history(view, layout->history);
    if (layout->trip.height == 0)
        steps = rect_inset(layout->history, 2, 1);
    else if (view->model->experiment.phase == MODEL_FAILED_PHASE)
        steps.height = layout->trip.height - 2; /* what is left to do is said whole */
    if (actions && !instead && view->model->experiment.phase == MODEL_INJECTING)
        view_actions_beside(view, steps);
    view_steps(view, steps);
    if (layout->log.height > 0)
        view_log(view, layout->log);
    bool filtering = view->state->overlay == UI_OVERLAY_FILTER;
    bool tree_wanted = view->state->focus == UI_FOCUS_TREE || filtering || tree_has_problem(view);
    if (layout->tree_folded && tree_wanted)
        draw_drop_down(view, (struct rect){0, 1, layout->frame.width, layout->frame.height});
}

/* The step under way; or who has the faults; or the action that matters most. */
static void draw_small_status(const struct view *view, struct rect row)
{
    struct canvas *canvas = view->canvas;
    const struct model_experiment *experiment = &view->model->experiment;
    bool steps = experiment->phase == MODEL_ARMING || experiment->phase == MODEL_RECOVERING;
    for (size_t i = 0; steps && i < experiment->step_count; i++) {
        const struct model_step *step = &experiment->steps[i];
        if (step->state != MODEL_STEP_DOING)
            continue;
        canvas_put(canvas, row.x, row.y, view_spinner(view), VIEW_STYLE(ROLE_STAGED));
        int x =
            canvas_text_fit(canvas, row.x + 2, row.y, row.width - 12, VIEW_STYLE(ROLE_STAGED), step->name);
        canvas_text_fit(canvas, x + 1, row.y, row.width - x, VIEW_STYLE(ROLE_DIM), step->detail);
    }
    if (experiment->phase != MODEL_INJECTING)
        return;
    char words[VIEW_ACTION_WORDS_MAX];
    bool actions = ui_state_shows_actions(view->state, view->model);
    if (actions && is_measured(view)) {
        view_action_row(view, row);
        return;
    }
    if (actions)
        view_action_words(view, false, words);
    else if (!view_change_words(view, true, words))
        view_live_words(view, "live on", words, sizeof words);
    canvas_text_fit(canvas, row.x, row.y, row.width,
                    VIEW_STYLE(experiment->live_on == experiment->live_of ? ROLE_LIVE : ROLE_STAGED), words);
}

/* Its name and value, its track, and a line of words. */
static void draw_small_fader(const struct view *view, int y, int width)
{
    struct canvas *canvas = view->canvas;
    const struct ui_state *state = view->state;
    const struct model_experiment *experiment = &view->model->experiment;
    char text[UNITS_TEXT_MAX];
    canvas_glyph(canvas, 0, y, GLYPH_CURSOR, VIEW_STYLE(ROLE_ACCENT));
    canvas_text(canvas, 1, y, style_bold(VIEW_STYLE(ROLE_BRIGHT)), scale_name(state->fader));
    double staged = view_staged(view, state->fader);
    scale_format(state->fader, staged, text);
    bool live_here = experiment->phase == MODEL_INJECTING && ui_state_shows_experiment(state, view->model);
    double live = live_here ? scale_get(&experiment->live, state->fader) : 0;
    bool moved = live < staged || live > staged;
    const char *word = moved ? "staged" : live_here ? "live" : "";
    enum role role = moved ? ROLE_STAGED : live_here ? ROLE_LIVE : ROLE_DIM;
    int x = canvas_text_right(canvas, width - 1, y, VIEW_STYLE(role), word);
    canvas_text_right(canvas, word[0] != '\0' ? x - 1 : x, y, style_bold(VIEW_STYLE(ROLE_BRIGHT)), text);
    view_fader_track(view, state->fader, (struct rect){1, y + 1, width - 2, 1});
    char words[VIEW_GUARD_WORDS_MAX];
    bool can;
    enum role guards = view_guard_words(view, words);
    const char *becomes = view_engine_words(view, state->fader, &can);
    if (words[0] == '\0' && becomes[0] != '\0') {
        snprintf(words, sizeof words, "%s: %s", ui_engine_title(ui_state_engine(state, view->model)),
                 becomes);
        guards = can ? ROLE_DIM : ROLE_WARN;
    }
    canvas_text_fit(canvas, 1, y + 2, width - 2, VIEW_STYLE(guards), words);
}

/* One fader and the figures: what is left of the desk in 40×10. */
void view_small(const struct view *view, const struct layout *layout)
{
    struct canvas *canvas = view->canvas;
    const struct ui_state *state = view->state;
    const struct model_experiment *experiment = &view->model->experiment;
    const struct model_inventory *inventory = view->model->inventory;
    int width = layout->top.width, height = layout->keys.y - 1, y = 1;
    bool filtering = state->overlay == UI_OVERLAY_FILTER;
    if (inventory != NULL && inventory->loading == MODEL_FAILED && inventory->cluster_count == 0) {
        canvas_wrap(canvas, 1, y, width - 2, height, VIEW_STYLE(ROLE_DANGER), inventory->problem);
        return;
    }
    if (state->focus == UI_FOCUS_TREE || filtering || tree_has_problem(view)) {
        draw_drop_down(view, (struct rect){0, y, width, height});
        return;
    }
    if (experiment->phase == MODEL_FAILED_PHASE && experiment->problem[0] != '\0') {
        canvas_wrap(canvas, 1, y, width - 2, height, VIEW_STYLE(ROLE_DANGER), experiment->problem);
        return;
    }
    draw_small_status(view, (struct rect){1, y, width - 2, 1});
    draw_small_fader(view, y + 1, width);
    y += 4;
    struct rect rest = {1, y, width - 2, layout->keys.y - y};
    if (ui_state_shows_actions(state, view->model) && !is_measured(view))
        view_actions_plain(view, rest);
    else
        view_table(view, rest, rest.height >= 4);
    if (rest.height > 6)
        view_log(view, (struct rect){0, layout->keys.y - 1, width, 1});
}

void view_tiny(const struct view *view)
{
    struct canvas *canvas = view->canvas;
    struct view_mark mark = view_phase_mark(view);
    canvas_text_fit(canvas, 0, 0, canvas->cols,
                    style_bold(VIEW_STYLE(mark.role == ROLE_FIELD ? ROLE_TEXT : mark.role)), mark.word);
    bool typing = ui_state_is_typing(view->state, view->model);
    const char *key = typing ? "^R" : "R";
    paint style = view_has_way_back(view) ? style_bold(STYLE_OF(ROLE_INK, ROLE_GOOD)) : VIEW_STYLE(ROLE_DIM);
    int y = canvas->rows > 1 ? 1 : 0;
    canvas_text_right(canvas, canvas->cols, y, style, key);
    canvas_hit(canvas, (struct rect){0, y, canvas->cols, 1}, HIT_COMMAND, UI_COMMAND_ROLLBACK);
}

void view_draw(struct canvas *canvas, const struct model *model, const struct ui_state *state, int64_t now_ms,
               bool mono)
{
    const struct model *measured = state->frozen != NULL ? state->frozen : model;
    struct view view = {
        canvas, model, state, &measured->series, state->frozen != NULL ? state->frozen->now_ms : now_ms,
        now_ms, mono};
    struct layout layout;
    canvas_clear(canvas);
    layout_make(&layout, canvas->cols, canvas->rows, state->history);
    if (layout.tiny) {
        view_tiny(&view);
        return;
    }
    if (layout.small)
        view_small(&view, &layout);
    else
        draw_desk(&view, &layout);
    view_overlay(&view, (struct rect){0, 1, canvas->cols, canvas->rows - 2});
    view_top(&view, layout.top);
    view_keys(&view, layout.keys);
}
