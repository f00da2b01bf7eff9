/* The guards: those of the next plan, or of the experiment under way. */
#include "ui/state.h"

#include "experiment/guard.h"
#include "ui/state_parts.h"

#include <stdio.h>
#include <string.h>

/* A list of our own has been sent, and the model may not know it yet. */
#define SENT_MS 1000

static bool is_under_way(enum model_phase phase)
{
    return phase == MODEL_PLANNED || phase == MODEL_ARMING || phase == MODEL_ARMED ||
           phase == MODEL_INJECTING;
}

void guards_open(struct turn *turn)
{
    struct ui_state *state = turn->state;
    bool over_plan = state->overlay == UI_OVERLAY_PLAN;
    if (state->overlay == UI_OVERLAY_GUARDS) {
        guards_back(turn);
        return;
    }
    turn_close(turn);
    state->overlay = UI_OVERLAY_GUARDS;
    state->guards_over_plan = over_plan;
    if (state->guard >= state->choices.guard_count)
        state->guard = 0;
}

void guards_back(struct turn *turn)
{
    struct ui_state *state = turn->state;
    bool entry = state->overlay == UI_OVERLAY_GUARD;
    bool over_plan = state->guards_over_plan;
    enum model_phase phase = turn->model->experiment.phase;
    turn_close(turn);
    if (entry) {
        state->overlay = UI_OVERLAY_GUARDS;
        state->guards_over_plan = over_plan;
    } else if (over_plan && (phase == MODEL_PLANNING || phase == MODEL_PLANNED)) {
        state->overlay = UI_OVERLAY_PLAN;
    }
}

void guards_move(struct turn *turn, int rows)
{
    struct ui_state *state = turn->state;
    int64_t last = (int64_t)state->choices.guard_count - 1;
    int64_t at = (int64_t)state->guard + rows;
    state->guard = at < 0 || last < 0 ? 0 : at > last ? (size_t)last : (size_t)at;
}

/* The list as it is now counts from now on. */
static void take(struct turn *turn, const struct choices *choices)
{
    turn->state->choices = *choices;
    if (!is_under_way(turn->model->experiment.phase))
        return;
    turn->state->guards_sent_ms = turn->now_ms;
    turn_add(turn, INTENT_GUARDS);
}

static bool may_change(const struct turn *turn, struct error *error)
{
    enum model_phase phase = turn->model->experiment.phase;
    if (phase == MODEL_PLANNING)
        return error_set(error, ERROR_CONFLICT, "the plan is being read: in a moment");
    return phase != MODEL_RECOVERING ||
           error_set(error, ERROR_CONFLICT, "it is being rolled back: guards have nothing left to do");
}

bool guards_add(struct turn *turn, const char *text, struct error *error)
{
    struct choices choices = turn->state->choices;
    if (!may_change(turn, error) || !guard_add(&choices, text, error))
        return false;
    take(turn, &choices);
    turn->state->guard = choices.guard_count - 1;
    return true;
}

static void guards_remove(struct turn *turn)
{
    struct ui_state *state = turn->state;
    struct choices choices = state->choices;
    struct error error;
    if (state->guard >= choices.guard_count)
        return;
    if (!may_change(turn, &error)) {
        ui_state_notice(state, turn->now_ms, "%s", error.message);
        return;
    }
    guard_remove(&choices, state->guard);
    take(turn, &choices);
    guards_move(turn, 0);
}

bool guards_accept(struct turn *turn, const char *text, struct error *error)
{
    struct ui_state *state = turn->state;
    struct choices choices = state->choices;
    size_t place = state->guard;
    if (!may_change(turn, error))
        return false;
    if (!state->guard_change)
        return guards_add(turn, text, error);
    guard_remove(&choices, place);
    if (!guard_add(&choices, text, error))
        return false;
    /* It goes where it was. */
    size_t last = choices.guard_count - 1;
    memmove(choices.guards[place + 1], choices.guards[place], (last - place) * sizeof choices.guards[0]);
    snprintf(choices.guards[place], sizeof choices.guards[0], "%s", text);
    take(turn, &choices);
    return true;
}

static void open_entry(struct turn *turn, const char *text, bool change)
{
    bool over_plan = turn->state->guards_over_plan;
    turn_open_text(turn, UI_OVERLAY_GUARD, text);
    turn->state->guards_over_plan = over_plan;
    turn->state->guard_change = change;
}

void guards_run(struct turn *turn, enum ui_command command)
{
    struct ui_state *state = turn->state;
    char text[UI_TEXT_MAX];
    if (command == UI_COMMAND_REMOVE) {
        guards_remove(turn);
    } else if (command == UI_COMMAND_ADD || state->choices.guard_count == 0) {
        open_entry(turn, "", false);
    } else {
        snprintf(text, sizeof text, "%.*s", UI_TEXT_MAX - 1, state->choices.guards[state->guard]);
        open_entry(turn, text, true);
    }
}

void guards_complete(struct ui_state *state)
{
    for (int i = 0; i < GUARD_METRICS; i++) {
        const char *example = guard_example((enum guard_metric)i);
        size_t length = strlen(state->text);
        if (strncmp(example, state->text, length) != 0 || strlen(example) == length)
            continue;
        snprintf(state->text, sizeof state->text, "%s", example);
        return;
    }
}

static bool same_guards(const struct choices *choices, const struct model_experiment *experiment)
{
    bool same = choices->guard_count == experiment->guard_count;
    for (size_t i = 0; same && i < choices->guard_count; i++)
        same = strcmp(choices->guards[i], experiment->guards[i].text) == 0;
    return same;
}

void guards_follow(struct turn *turn)
{
    struct ui_state *state = turn->state;
    const struct model_experiment *experiment = &turn->model->experiment;
    if (!is_under_way(experiment->phase) || same_guards(&state->choices, experiment) ||
        turn->now_ms - state->guards_sent_ms < SENT_MS)
        return;
    state->choices.guard_count = experiment->guard_count;
    for (size_t i = 0; i < experiment->guard_count; i++)
        memcpy(state->choices.guards[i], experiment->guards[i].text, sizeof state->choices.guards[0]);
    guards_move(turn, 0);
}
