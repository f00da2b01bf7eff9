#include "ui/state.h"

#include "ui/axis.h"
#include "ui/state_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ui_state_init(struct ui_state *state)
{
    memset(state, 0, sizeof *state);
    fault_init(&state->staged);
    fault_init(&state->seen);
    for (unsigned i = 0; i < FADER_COUNT; i++)
        state->cap[i] = scale_no_cap((enum fader)i);
    state->duration_ms = UI_DURATION_DEFAULT_MS;
    state->axis = AXIS_DEFAULT;
    state->plan_button = -1;
    state->offer_button = -1;
}

void ui_state_free(struct ui_state *state)
{
    if (state->frozen != NULL)
        model_release(state->frozen);
    state->frozen = NULL;
    for (size_t i = 0; i < UI_FORMS_MAX; i++)
        free(state->forms[i]);
    memset(state->forms, 0, sizeof state->forms);
}

void ui_state_notice(struct ui_state *state, int64_t now_ms, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(state->notice, sizeof state->notice, format, arguments);
    va_end(arguments);
    state->notice_until_ms = now_ms + UI_NOTICE_MS;
}

bool ui_state_shows_experiment(const struct ui_state *state, const struct model *model)
{
    const struct model_experiment *experiment = &model->experiment;
    return experiment->phase != MODEL_IDLE && strcmp(experiment->service, state->chosen_service) == 0 &&
           strcmp(experiment->cluster, state->chosen_cluster) == 0;
}

struct intent *turn_add(struct turn *turn, enum intent_kind kind)
{
    struct ui_intents *out = turn->out;
    /* One event asks for two things at the most; the bound is never reached. */
    struct intent *intent = &out->list[out->count < UI_INTENTS_MAX ? out->count++ : UI_INTENTS_MAX - 1];
    memset(intent, 0, sizeof *intent);
    intent->kind = kind;
    memcpy(intent->cluster, turn->state->chosen_cluster, sizeof intent->cluster);
    memcpy(intent->service, turn->state->chosen_service, sizeof intent->service);
    intent->fault = turn->state->staged;
    intent->duration_ms = turn->state->duration_ms;
    intent->choices = turn->state->choices;
    return intent;
}

void turn_close(struct turn *turn)
{
    turn->state->overlay = UI_OVERLAY_NONE;
    turn->state->scroll = 0;
    turn->state->text[0] = '\0';
    turn->state->text_error[0] = '\0';
    turn->state->guards_over_plan = false;
}

void turn_open_text(struct turn *turn, enum ui_overlay overlay, const char *text)
{
    turn_close(turn);
    turn->state->overlay = overlay;
    snprintf(turn->state->text, sizeof turn->state->text, "%s", text);
    turn->state->text_is_offered = overlay == UI_OVERLAY_ENTRY;
}

void turn_rollback(struct turn *turn)
{
    struct ui_state *state = turn->state;
    const struct model_experiment *experiment = &turn->model->experiment;
    /* What waits to be sent must not come after the rollback. */
    state->adjust_pending = false;
    state->dragging = false;
    if (!model_is_active(turn->model) && records_rollback(turn))
        return;
    struct intent *intent = turn_add(turn, INTENT_ROLLBACK);
    if (model_is_active(turn->model) && experiment->service[0] != '\0') {
        memcpy(intent->cluster, experiment->cluster, sizeof intent->cluster);
        memcpy(intent->service, experiment->service, sizeof intent->service);
        ui_state_notice(state, turn->now_ms, "rolling back %s", experiment->service);
    } else if (model_is_active(turn->model)) { /* of the account, not of a service */
        ui_state_notice(state, turn->now_ms, "rolling back");
    } else {
        const struct model_service *service =
            model_find_service(turn->model, state->chosen_cluster, state->chosen_service);
        if (service != NULL && service->injected)
            ui_state_notice(state, turn->now_ms, "rolling back %s", service->name);
        else
            ui_state_notice(state, turn->now_ms, "nothing to roll back here");
    }
    turn_close(turn);
}

bool turn_can_adjust(const struct turn *turn)
{
    const struct model_experiment *experiment = &turn->model->experiment;
    return (experiment->phase == MODEL_INJECTING || experiment->phase == MODEL_ARMED ||
            experiment->phase == MODEL_ARMING) &&
           ui_state_shows_experiment(turn->state, turn->model);
}

void turn_send_staged(struct turn *turn)
{
    turn->state->adjust_pending = true;
    turn->state->adjusted_ms = 0;
    fader_flush(turn);
}

void turn_plan(struct turn *turn)
{
    struct ui_state *state = turn->state;
    enum model_phase phase = turn->model->experiment.phase;
    if (state->chosen_service[0] == '\0') {
        ui_state_notice(state, turn->now_ms, "choose a service first: s");
        return;
    }
    const char *lock = ui_state_fader_lock(state, turn->model);
    if (lock != NULL) {
        ui_state_notice(state, turn->now_ms, "%s", lock);
        return;
    }
    if (turn_can_adjust(turn)) {
        if (state->touched)
            turn_send_staged(turn);
        else
            ui_state_notice(state, turn->now_ms, "%s already: move a fader, or R rolls back",
                            phase == MODEL_INJECTING ? "live" : "under way");
        return;
    }
    if (model_is_active(turn->model)) {
        ui_state_notice(state, turn->now_ms, "an experiment is under way on %s: one at a time",
                        turn->model->experiment.service);
        return;
    }
    if (phase == MODEL_RESTORED || phase == MODEL_FAILED_PHASE)
        turn_add(turn, INTENT_DISMISS);
    turn_add(turn, INTENT_PLAN);
    turn_open_plan(turn);
}

void turn_open_plan(struct turn *turn)
{
    struct ui_state *state = turn->state;
    turn_close(turn);
    state->overlay = UI_OVERLAY_PLAN;
    state->plan_button = -1;
    state->plan_ready_ms = 0;
    state->plan_words[0] = '\0';
    state->plan_from_form = false;
    /* Until the model says so: what has ended before is not this plan's end. */
    state->last_phase = MODEL_PLANNING;
}

void turn_quit(struct turn *turn)
{
    if (turn->state->ending != UI_ENDING_NONE) { /* asked for already: only the screen is still here */
        turn->state->ending = UI_ENDING_AT_ONCE;
        return;
    }
    if (!model_is_active(turn->model)) {
        turn_add(turn, INTENT_QUIT);
        turn->state->ending = UI_ENDING_AT_ONCE;
        return;
    }
    turn_close(turn);
    turn->state->overlay = UI_OVERLAY_QUIT;
    turn->state->quit_button = UI_QUIT_ROLLBACK;
}

void turn_freeze(struct turn *turn)
{
    struct ui_state *state = turn->state;
    if (state->frozen != NULL) {
        model_release(state->frozen);
        state->frozen = NULL;
        return;
    }
    model_retain(turn->model);
    state->frozen = turn->model;
}

bool ui_state_is_typing(const struct ui_state *state, const struct model *model)
{
    switch (state->overlay) {
    case UI_OVERLAY_ENTRY:
    case UI_OVERLAY_DURATION:
    case UI_OVERLAY_COMMAND:
    case UI_OVERLAY_FILTER:
    case UI_OVERLAY_CODE:
    case UI_OVERLAY_GUARD:
    case UI_OVERLAY_FORM:
    case UI_OVERLAY_FIS_STOP:
        return true;
    default:
        return dialog_asks_name(state, model);
    }
}

/* The list of experiments: what its keys mean beyond a list's depends on the row. */
static unsigned list_context(const struct ui_state *state, const struct model *model)
{
    struct ui_list_row row;
    if (!ui_list_row_at(model, ui_list_cursor(state, model), &row))
        return UI_CONTEXT_CHOICE;
    return UI_CONTEXT_CHOICE | (row.template != NULL ? UI_CONTEXT_FIS_TEMPLATE : 0U) |
           (row.experiment != NULL ? UI_CONTEXT_FIS_EXPERIMENT : 0U);
}

unsigned ui_state_context(const struct ui_state *state, const struct model *model)
{
    if (state->overlay == UI_OVERLAY_FORM)
        return UI_CONTEXT_FORM;
    if (ui_state_is_typing(state, model))
        return UI_CONTEXT_TEXT;
    switch (state->overlay) {
    case UI_OVERLAY_PLAN:
        return UI_CONTEXT_PLAN;
    case UI_OVERLAY_HELP:
    case UI_OVERLAY_LOG:
    case UI_OVERLAY_TASKS:
    case UI_OVERLAY_ACTIONS:
    case UI_OVERLAY_NOTES:
        return UI_CONTEXT_LIST;
    case UI_OVERLAY_EXPERIMENTS:
    case UI_OVERLAY_RECORD:
        return list_context(state, model);
    case UI_OVERLAY_PLACE:
    case UI_OVERLAY_CATALOGUE:
        return UI_CONTEXT_CHOICE;
    case UI_OVERLAY_GUARDS:
        return UI_CONTEXT_GUARDS;
    case UI_OVERLAY_QUIT:
    case UI_OVERLAY_OFFER:
    case UI_OVERLAY_FIS_DELETE:
        return UI_CONTEXT_QUIT;
    default:
        return state->focus == UI_FOCUS_TREE ? UI_CONTEXT_TREE : UI_CONTEXT_FADERS;
    }
}

void ui_handle_event(struct ui_state *state, struct model *model, const struct ui_event *event,
                     struct ui_intents *out)
{
    struct turn turn = {state, model, out, event->at_ms, event->scroll_most, event->tree_rows};
    out->count = 0;
    switch (event->type) {
    case UI_EVENT_KEY:
        turn_key(&turn, event->key);
        break;
    case UI_EVENT_PRESS:
        turn_press(&turn, event);
        break;
    case UI_EVENT_DRAG:
        if (state->dragging)
            fader_drag_to(&turn, event->x, false);
        break;
    case UI_EVENT_RELEASE:
        if (state->dragging)
            fader_drag_to(&turn, event->x, false);
        state->dragging = false;
        break;
    case UI_EVENT_WHEEL_UP:
        turn_wheel(&turn, event, 1);
        break;
    case UI_EVENT_WHEEL_DOWN:
        turn_wheel(&turn, event, -1);
        break;
    case UI_EVENT_TICK:
        turn_follow(&turn);
        break;
    default:
        break;
    }
}
