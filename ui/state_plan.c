/* The two dialogs that decide: the plan's and the one before quitting. */
#include "ui/state.h"

#include "ui/state_parts.h"

#include <string.h>

bool dialog_asks_name(const struct ui_state *state, const struct model *model)
{
    const struct model_plan *plan = model->experiment.plan;
    return state->overlay == UI_OVERLAY_PLAN && model->experiment.phase == MODEL_PLANNED && plan != NULL &&
           plan->must_type_name && !plan->refused;
}

bool dialog_plan_is_settled(const struct ui_state *state, int64_t now_ms)
{
    return state->plan_ready_ms != 0 && now_ms - state->plan_ready_ms >= UI_PLAN_SETTLE_MS;
}

bool ui_state_plan_may_start(const struct ui_state *state, const struct model *model, int64_t now_ms)
{
    const struct model_plan *plan = model->experiment.plan;
    if (model->experiment.phase != MODEL_PLANNED || plan == NULL || plan->refused ||
        !dialog_plan_is_settled(state, now_ms))
        return false;
    return !plan->must_type_name || strcmp(state->text, model->experiment.service) == 0;
}

int ui_state_plan_button(const struct ui_state *state, const struct model *model, int64_t now_ms)
{
    const struct model_plan *plan = model->experiment.plan;
    if (!ui_state_plan_may_start(state, model, now_ms))
        return UI_PLAN_CANCEL;
    if (state->plan_button >= 0)
        return state->plan_button;
    if (plan->must_type_name)
        return UI_PLAN_INJECT; /* the whole name was typed: that is the decision */
    for (size_t i = 0; i < plan->finding_count; i++)
        if (plan->findings[i].severity != MODEL_NOTE)
            return UI_PLAN_CANCEL;
    return UI_PLAN_INJECT;
}

void dialog_press_plan(struct turn *turn, int button)
{
    struct ui_state *state = turn->state;
    if (button == UI_PLAN_INJECT) {
        if (!ui_state_plan_may_start(state, turn->model, turn->now_ms))
            return;
        const struct model_experiment *experiment = &turn->model->experiment;
        turn_add(turn, INTENT_CONFIRM);
        if (experiment->service[0] != '\0' && !ui_state_shows_experiment(state, turn->model))
            tree_choose(turn, experiment->cluster, experiment->service); /* a template names its own */
        state->touched = false;
        state->focus = UI_FOCUS_FADERS;
        turn_close(turn);
        state->last_phase = MODEL_PLANNED;
        return;
    }
    turn_add(turn, INTENT_DISMISS);
    bool form = state->plan_from_form;
    turn_close(turn);
    if (form && state->forms[0] != NULL)
        state->overlay = UI_OVERLAY_FORM;
}

void dialog_press_quit(struct turn *turn, int button)
{
    if (button == UI_QUIT_ROLLBACK) {
        turn_add(turn, INTENT_QUIT);
        turn->state->ending = UI_ENDING_ROLLBACK;
        turn->state->adjust_pending = false;
        ui_state_notice(turn->state, turn->now_ms,
                        "rolling back, then quitting; q again leaves the screen now");
    } else if (button == UI_QUIT_LEAVE) {
        turn_add(turn, INTENT_LEAVE);
        turn->state->ending = UI_ENDING_LEAVE;
    }
    turn_close(turn);
}
