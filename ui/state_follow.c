/* The state follows the model: what was chosen, what is sent, which dialog stands. */
#include "ui/state.h"

#include "ui/engine.h"
#include "ui/state_parts.h"

#include <string.h>

static void choose_first(struct turn *turn)
{
    struct ui_state *state = turn->state;
    const struct model_experiment *experiment = &turn->model->experiment;
    if (state->chosen_service[0] != '\0')
        return;
    if (experiment->phase != MODEL_IDLE && experiment->service[0] != '\0') {
        tree_choose(turn, experiment->cluster, experiment->service);
        state->focus = UI_FOCUS_FADERS;
        return;
    }
    const struct model_inventory *inventory = turn->model->inventory;
    for (size_t i = 0; inventory != NULL && i < inventory->cluster_count; i++)
        if (inventory->clusters[i]->service_count > 0 &&
            !ui_state_is_folded(state, inventory->clusters[i]->name)) {
            tree_choose(turn, inventory->clusters[i]->name, inventory->clusters[i]->services[0]->name);
            return;
        }
}

static void follow_plan(struct turn *turn)
{
    struct ui_state *state = turn->state;
    const struct model_experiment *experiment = &turn->model->experiment;
    enum model_phase phase = experiment->phase;
    if (state->overlay == UI_OVERLAY_NONE && phase != state->last_phase && experiment->ours &&
        (phase == MODEL_PLANNING || phase == MODEL_PLANNED)) {
        state->overlay = UI_OVERLAY_PLAN;
        state->plan_button = -1;
        state->plan_ready_ms = 0;
    }
    if (state->overlay != UI_OVERLAY_PLAN)
        return;
    if (phase == MODEL_PLANNED && state->plan_ready_ms == 0)
        state->plan_ready_ms = turn->now_ms;
    bool was_planning = state->last_phase == MODEL_PLANNING || state->last_phase == MODEL_PLANNED;
    bool under_way = phase == MODEL_ARMING || phase == MODEL_ARMED || phase == MODEL_INJECTING;
    if (under_way || phase == MODEL_RECOVERING ||
        (phase == MODEL_IDLE && was_planning && state->plan_ready_ms != 0))
        turn_close(turn);
}

static bool is_under_way(enum model_phase phase)
{
    return phase == MODEL_ARMING || phase == MODEL_ARMED || phase == MODEL_INJECTING;
}

/* The agent's plan has made a share of the flows of the blast radius: from now on the fader says so. Else the
 * next move of any fader would widen the faults to all of them. */
static void follow_share(struct turn *turn)
{
    struct ui_state *state = turn->state;
    const struct model_experiment *experiment = &turn->model->experiment;
    if (!is_under_way(experiment->phase) || is_under_way(state->last_phase) || !experiment->ours ||
        state->choices.engine != CHOICES_ENGINE_AGENT || strcmp(experiment->engine, "agent") != 0 ||
        state->choices.blast_radius <= 0)
        return;
    state->staged.scope.percent = experiment->asked.scope.percent;
    state->choices.blast_radius = 0;
}

/* Faults that take seconds to change: when they have. */
static void follow_change(struct turn *turn)
{
    struct ui_state *state = turn->state;
    const struct model_experiment *experiment = &turn->model->experiment;
    bool done = state->was_changing && !experiment->changing && experiment->phase == MODEL_INJECTING &&
                experiment->last_ack_ms >= 0;
    state->was_changing = experiment->changing;
    if (done && !experiment->change_waits)
        ui_state_notice(state, turn->now_ms, "the %s has changed the faults: live after %.1f s",
                        ui_engine_title(ui_state_engine(state, turn->model)), experiment->last_ack_ms / 1000);
}

void turn_follow(struct turn *turn)
{
    struct ui_state *state = turn->state;
    const struct model_experiment *experiment = &turn->model->experiment;
    tree_fold_many(turn);
    choose_first(turn);
    follow_plan(turn);
    offer_follow(turn);
    code_follow(turn);
    guards_follow(turn);
    bool ours_here = ui_state_shows_experiment(state, turn->model);
    if (ours_here && experiment->phase == MODEL_INJECTING && !state->touched && !state->adjust_pending &&
        !state->dragging && !fault_equal(&experiment->asked, &state->seen))
        state->staged = experiment->asked;
    state->seen = experiment->asked;
    follow_share(turn);
    /* A plan that is still awaited keeps the phase that was set when it was asked for. */
    if (state->overlay != UI_OVERLAY_PLAN || experiment->phase == MODEL_PLANNING ||
        experiment->phase == MODEL_PLANNED)
        state->last_phase = experiment->phase;
    if (!turn_can_adjust(turn))
        state->adjust_pending = false;
    follow_change(turn);
    fader_flush(turn);
    if (state->select_pending && turn->now_ms >= state->select_at_ms)
        tree_choose(turn, state->cluster, state->service);
    if (state->overlay == UI_OVERLAY_QUIT && !model_is_active(turn->model) && state->ending == UI_ENDING_NONE)
        turn_close(turn);
    tree_tell_visible(turn);
}

/* What waits for an acknowledgement goes with the model that brings it. */
static int64_t adjust_in_ms(const struct ui_state *state, const struct model *model, int64_t now_ms)
{
    int64_t slow_ms = model->experiment.slow_ms, change_ms = ui_state_change_in_ms(model, now_ms);
    int64_t own_ms =
        state->adjusted_ms + (slow_ms > UI_ADJUST_INTERVAL_MS ? slow_ms : UI_ADJUST_INTERVAL_MS) - now_ms;
    return change_ms < 0 ? UI_ADJUST_INTERVAL_MS : change_ms > own_ms ? change_ms : own_ms;
}

int ui_state_tick_in_ms(const struct ui_state *state, const struct model *model, int64_t now_ms)
{
    int64_t wait = 1000 - now_ms % 1000;
    int64_t due = wait;
    if (state->adjust_pending)
        due = adjust_in_ms(state, model, now_ms);
    if (state->select_pending && state->select_at_ms - now_ms < due)
        due = state->select_at_ms - now_ms;
    if (state->plan_ready_ms != 0 && now_ms - state->plan_ready_ms <= UI_PLAN_SETTLE_MS &&
        state->plan_ready_ms + UI_PLAN_SETTLE_MS - now_ms < due)
        due = state->plan_ready_ms + UI_PLAN_SETTLE_MS - now_ms;
    int64_t settled_ms = state->offer_since_ms + UI_OFFER_SETTLE_MS;
    if (state->overlay == UI_OVERLAY_OFFER && now_ms <= settled_ms && settled_ms - now_ms < due)
        due = settled_ms - now_ms;
    bool awaited = model->experiment.phase == MODEL_PLANNING || model->experiment.phase == MODEL_ARMING ||
                   model->experiment.phase == MODEL_RECOVERING || model->inventory == NULL ||
                   model->inventory->loading == MODEL_LOADING || state->ending != UI_ENDING_NONE;
    const struct model_catalogue *catalogue = model->catalogue;
    const struct form *form = ui_state_form(state);
    const struct model_catalogue_action *told =
        form == NULL ? NULL : model_catalogue_find(catalogue, form->action);
    awaited = awaited || (told != NULL && told->loading == MODEL_LOADING) ||
              (state->overlay == UI_OVERLAY_CATALOGUE &&
               (catalogue == NULL || catalogue->loading == MODEL_LOADING));
    if (awaited && due > 200)
        due = 200;
    if (due > wait)
        due = wait;
    return due < 0 ? 0 : (int)due;
}
