#include "ui/state.h"

#include "ui/axis.h"
#include "ui/command.h"
#include "ui/state_parts.h"

#include <stdarg.h>
#include <stdio.h>
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
}

void ui_state_free(struct ui_state *state)
{
    if (state->frozen != NULL)
        model_release(state->frozen);
    state->frozen = NULL;
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
    return intent;
}

void turn_close(struct turn *turn)
{
    turn->state->overlay = UI_OVERLAY_NONE;
    turn->state->scroll = 0;
    turn->state->text[0] = '\0';
    turn->state->text_error[0] = '\0';
}

void turn_open_text(struct turn *turn, enum ui_overlay overlay, const char *text)
{
    turn_close(turn);
    turn->state->overlay = overlay;
    snprintf(turn->state->text, sizeof turn->state->text, "%s", text);
}

void turn_rollback(struct turn *turn)
{
    struct ui_state *state = turn->state;
    const struct model_experiment *experiment = &turn->model->experiment;
    /* What waits to be sent must not come after the rollback. */
    state->adjust_pending = false;
    state->dragging = false;
    struct intent *intent = turn_add(turn, INTENT_ROLLBACK);
    if (model_is_active(turn->model) && experiment->service[0] != '\0') {
        memcpy(intent->cluster, experiment->cluster, sizeof intent->cluster);
        memcpy(intent->service, experiment->service, sizeof intent->service);
        ui_state_notice(state, turn->now_ms, "rolling back %s", experiment->service);
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
    return (experiment->phase == MODEL_INJECTING || experiment->phase == MODEL_ARMED) &&
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
    if (turn_can_adjust(turn)) {
        if (state->touched)
            turn_send_staged(turn);
        else
            ui_state_notice(state, turn->now_ms, "live already: move a fader, or R rolls back");
        return;
    }
    if (phase == MODEL_ARMING || phase == MODEL_RECOVERING || model_is_active(turn->model)) {
        ui_state_notice(state, turn->now_ms, "an experiment is under way on %s: one at a time",
                        turn->model->experiment.service);
        return;
    }
    if (phase == MODEL_RESTORED || phase == MODEL_FAILED_PHASE)
        turn_add(turn, INTENT_DISMISS);
    turn_add(turn, INTENT_PLAN);
    turn_close(turn);
    state->overlay = UI_OVERLAY_PLAN;
    state->plan_button = -1;
    state->plan_ready_ms = 0;
    /* Until the model says so: what has ended before is not this plan's end. */
    state->last_phase = MODEL_PLANNING;
}

void turn_quit(struct turn *turn)
{
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

/* ── keys ────────────────────────────────────────────────────────────────────────────────── */

bool ui_state_is_typing(const struct ui_state *state, const struct model *model)
{
    switch (state->overlay) {
    case UI_OVERLAY_ENTRY:
    case UI_OVERLAY_DURATION:
    case UI_OVERLAY_COMMAND:
    case UI_OVERLAY_FILTER:
        return true;
    default:
        return dialog_asks_name(state, model);
    }
}

unsigned ui_state_context(const struct ui_state *state, const struct model *model)
{
    if (ui_state_is_typing(state, model))
        return UI_CONTEXT_TEXT;
    switch (state->overlay) {
    case UI_OVERLAY_PLAN:
        return UI_CONTEXT_PLAN;
    case UI_OVERLAY_HELP:
    case UI_OVERLAY_LOG:
    case UI_OVERLAY_TASKS:
        return UI_CONTEXT_LIST;
    case UI_OVERLAY_QUIT:
        return UI_CONTEXT_QUIT;
    default:
        return state->focus == UI_FOCUS_TREE ? UI_CONTEXT_TREE : UI_CONTEXT_FADERS;
    }
}

static void accept_text(struct turn *turn)
{
    struct ui_state *state = turn->state;
    struct error error = {0};
    char text[UI_TEXT_MAX];
    memcpy(text, state->text, sizeof text);
    bool done = true;
    switch (state->overlay) {
    case UI_OVERLAY_ENTRY:
        done = fader_enter(turn, state->fader, text, &error);
        break;
    case UI_OVERLAY_DURATION:
        done = fader_enter_duration(turn, text, &error);
        break;
    case UI_OVERLAY_COMMAND: {
        turn_close(turn); /* a command may open something itself */
        done = command_run(turn, text, &error);
        if (!done)
            turn_open_text(turn, UI_OVERLAY_COMMAND, text);
        break;
    }
    case UI_OVERLAY_PLAN:
        if (ui_state_plan_may_start(state, turn->model, turn->now_ms))
            dialog_press_plan(turn, UI_PLAN_INJECT);
        else
            snprintf(state->text_error, sizeof state->text_error, "type the service's name to go on");
        return;
    default:
        break;
    }
    if (!done)
        snprintf(state->text_error, sizeof state->text_error, "%.*s", UI_NOTICE_MAX - 1, error.message);
    else if (state->overlay == UI_OVERLAY_ENTRY || state->overlay == UI_OVERLAY_DURATION ||
             state->overlay == UI_OVERLAY_FILTER)
        turn_close(turn);
}

static void activate(struct turn *turn)
{
    struct ui_state *state = turn->state;
    if (ui_state_is_typing(state, turn->model)) {
        accept_text(turn);
        return;
    }
    switch (state->overlay) {
    case UI_OVERLAY_PLAN: {
        bool settling = state->plan_ready_ms != 0 && !dialog_plan_is_settled(state, turn->now_ms);
        if (!settling)
            dialog_press_plan(turn, ui_state_plan_button(state, turn->model, turn->now_ms));
        break;
    }
    case UI_OVERLAY_QUIT:
        dialog_press_quit(turn, state->quit_button);
        break;
    case UI_OVERLAY_NONE:
        if (state->focus == UI_FOCUS_TREE)
            tree_activate(turn);
        else
            turn_plan(turn);
        break;
    default:
        turn_close(turn);
        break;
    }
}

static void back(struct turn *turn)
{
    struct ui_state *state = turn->state;
    enum model_phase phase = turn->model->experiment.phase;
    if (state->overlay == UI_OVERLAY_PLAN) {
        dialog_press_plan(turn, UI_PLAN_CANCEL);
    } else if (state->overlay == UI_OVERLAY_FILTER) {
        state->filter[0] = '\0';
        turn_close(turn);
    } else if (state->overlay != UI_OVERLAY_NONE) {
        turn_close(turn);
    } else if (state->filter[0] != '\0') {
        state->filter[0] = '\0';
    } else if (state->frozen != NULL) {
        turn_freeze(turn);
    } else if (phase == MODEL_RESTORED || phase == MODEL_FAILED_PHASE) {
        turn_add(turn, INTENT_DISMISS);
    } else if (state->focus == UI_FOCUS_TREE && state->chosen_service[0] != '\0') {
        state->focus = UI_FOCUS_FADERS;
    }
}

static void toggle_overlay(struct turn *turn, enum ui_overlay overlay)
{
    bool close = turn->state->overlay == overlay;
    turn_close(turn);
    if (!close)
        turn->state->overlay = overlay;
}

/* Up, down, pages and ends: what moves depends on what is in front. */
static void move(struct turn *turn, int rows)
{
    struct ui_state *state = turn->state;
    if (state->overlay != UI_OVERLAY_NONE) {
        int64_t scroll = (int64_t)state->scroll + rows;
        state->scroll = scroll < 0 ? 0 : scroll > 100000 ? 100000 : (int)scroll;
    } else if (state->focus == UI_FOCUS_TREE) {
        tree_move(turn, rows);
    } else {
        int fader = (int)state->fader + rows;
        state->fader = fader < 0 ? 0 : fader >= FADER_COUNT ? (enum fader)(FADER_COUNT - 1) : (enum fader)fader;
    }
}

static void sideways(struct turn *turn, int direction, bool large)
{
    struct ui_state *state = turn->state;
    if (state->overlay == UI_OVERLAY_PLAN) {
        if (ui_state_plan_may_start(state, turn->model, turn->now_ms))
            state->plan_button = direction < 0 ? UI_PLAN_CANCEL : UI_PLAN_INJECT;
    } else if (state->overlay == UI_OVERLAY_QUIT) {
        int button = state->quit_button + direction;
        state->quit_button = button < 0 ? UI_QUIT_BUTTONS - 1 : button % UI_QUIT_BUTTONS;
    } else if (state->overlay == UI_OVERLAY_NONE && state->focus == UI_FOCUS_TREE) {
        if (state->service[0] == '\0')
            tree_set_folded(state, state->cluster, direction < 0);
        else if (direction > 0)
            tree_activate(turn);
        else
            state->service[0] = '\0';
    } else if (state->overlay == UI_OVERLAY_NONE) {
        fader_step(turn, direction, large);
    }
}

static void next_panel(struct turn *turn, int direction)
{
    struct ui_state *state = turn->state;
    if (state->overlay == UI_OVERLAY_PLAN) {
        int button = ui_state_plan_button(state, turn->model, turn->now_ms);
        sideways(turn, button == UI_PLAN_CANCEL ? 1 : -1, false);
    } else if (state->overlay == UI_OVERLAY_QUIT) {
        sideways(turn, direction, false);
    } else {
        state->focus = state->focus == UI_FOCUS_TREE ? UI_FOCUS_FADERS : UI_FOCUS_TREE;
    }
}

static void run_desk(struct turn *turn, enum ui_command command)
{
    struct ui_state *state = turn->state;
    char text[UI_TEXT_MAX] = "";
    switch (command) {
    case UI_COMMAND_INJECT:
        turn_plan(turn);
        break;
    case UI_COMMAND_FILTER:
        turn_open_text(turn, UI_OVERLAY_FILTER, state->filter);
        state->focus = UI_FOCUS_TREE;
        break;
    case UI_COMMAND_COMMAND:
        turn_open_text(turn, UI_OVERLAY_COMMAND, "");
        break;
    case UI_COMMAND_ENTRY:
        state->focus = UI_FOCUS_FADERS;
        fader_entry_text(state, text, sizeof text);
        turn_open_text(turn, UI_OVERLAY_ENTRY, text);
        break;
    case UI_COMMAND_DURATION:
        turn_open_text(turn, UI_OVERLAY_DURATION, "");
        break;
    case UI_COMMAND_MODE:
        fader_mode(turn);
        break;
    case UI_COMMAND_ZERO:
        fader_zero(turn);
        break;
    case UI_COMMAND_UNDO:
        fader_undo(turn);
        break;
    case UI_COMMAND_SERVICES:
        state->focus = UI_FOCUS_TREE;
        break;
    case UI_COMMAND_HISTORY:
        state->history = !state->history;
        break;
    case UI_COMMAND_AXIS_LEFT:
        state->axis = (state->axis + AXES - 1) % AXES;
        break;
    case UI_COMMAND_AXIS_RIGHT:
        state->axis = (state->axis + 1) % AXES;
        break;
    case UI_COMMAND_FREEZE:
        turn_freeze(turn);
        break;
    case UI_COMMAND_REFRESH:
        turn_add(turn, INTENT_REFRESH);
        ui_state_notice(state, turn->now_ms, "reading the services anew");
        break;
    default:
        break;
    }
}

static void erase(struct turn *turn)
{
    char *text = turn->state->text;
    size_t length = strlen(text);
    while (length > 0 && ((unsigned char)text[length - 1] & 0xc0U) == 0x80)
        length--;
    if (length > 0)
        text[length - 1] = '\0';
}

static void after_typing(struct turn *turn)
{
    turn->state->text_error[0] = '\0';
    if (turn->state->overlay == UI_OVERLAY_FILTER)
        memcpy(turn->state->filter, turn->state->text, sizeof turn->state->filter);
}

static void run(struct turn *turn, enum ui_command command)
{
    switch (command) {
    case UI_COMMAND_ROLLBACK:
        turn_rollback(turn);
        break;
    case UI_COMMAND_ACTIVATE:
        activate(turn);
        break;
    case UI_COMMAND_BACK:
        back(turn);
        break;
    case UI_COMMAND_QUIT:
        turn_quit(turn);
        break;
    case UI_COMMAND_HELP:
        toggle_overlay(turn, UI_OVERLAY_HELP);
        break;
    case UI_COMMAND_TASKS:
        toggle_overlay(turn, UI_OVERLAY_TASKS);
        break;
    case UI_COMMAND_LOG:
        toggle_overlay(turn, UI_OVERLAY_LOG);
        break;
    case UI_COMMAND_UP:
        move(turn, -1);
        break;
    case UI_COMMAND_DOWN:
        move(turn, 1);
        break;
    case UI_COMMAND_PAGE_UP:
        move(turn, -10);
        break;
    case UI_COMMAND_PAGE_DOWN:
        move(turn, 10);
        break;
    case UI_COMMAND_FIRST:
        move(turn, -UI_TREE_ROWS_MAX);
        break;
    case UI_COMMAND_LAST:
        move(turn, UI_TREE_ROWS_MAX);
        break;
    case UI_COMMAND_LESS:
    case UI_COMMAND_MUCH_LESS:
        sideways(turn, -1, command == UI_COMMAND_MUCH_LESS);
        break;
    case UI_COMMAND_MORE:
    case UI_COMMAND_MUCH_MORE:
        sideways(turn, 1, command == UI_COMMAND_MUCH_MORE);
        break;
    case UI_COMMAND_NEXT_PANEL:
        next_panel(turn, 1);
        break;
    case UI_COMMAND_PREVIOUS_PANEL:
        next_panel(turn, -1);
        break;
    case UI_COMMAND_REDRAW:
        turn->state->redraw = true;
        break;
    case UI_COMMAND_COMPLETE:
        if (turn->state->overlay == UI_OVERLAY_COMMAND)
            command_complete(turn->model, turn->state->text, sizeof turn->state->text);
        break;
    case UI_COMMAND_ERASE:
        erase(turn);
        after_typing(turn);
        break;
    case UI_COMMAND_ERASE_ALL:
        turn->state->text[0] = '\0';
        after_typing(turn);
        break;
    default:
        run_desk(turn, command);
        break;
    }
}

static void type_letter(struct turn *turn, int key)
{
    char *text = turn->state->text;
    size_t length = strlen(text);
    unsigned ch = (unsigned)key;
    char encoded[5] = {0};
    if (ch < 0x80) {
        encoded[0] = (char)ch;
    } else if (ch < 0x800) {
        encoded[0] = (char)(0xc0U | (ch >> 6U));
        encoded[1] = (char)(0x80U | (ch & 0x3fU));
    } else if (ch < 0x10000) {
        encoded[0] = (char)(0xe0U | (ch >> 12U));
        encoded[1] = (char)(0x80U | ((ch >> 6U) & 0x3fU));
        encoded[2] = (char)(0x80U | (ch & 0x3fU));
    } else {
        encoded[0] = (char)(0xf0U | (ch >> 18U));
        encoded[1] = (char)(0x80U | ((ch >> 12U) & 0x3fU));
        encoded[2] = (char)(0x80U | ((ch >> 6U) & 0x3fU));
        encoded[3] = (char)(0x80U | (ch & 0x3fU));
    }
    if (length + strlen(encoded) < sizeof turn->state->text)
        strcpy(text + length, encoded);
    after_typing(turn);
}

static void handle_key(struct turn *turn, int key)
{
    unsigned context = ui_state_context(turn->state, turn->model);
    enum ui_command command = keys_find(key, context);
    if (command != UI_COMMAND_NONE)
        run(turn, command);
    else if (context == UI_CONTEXT_TEXT && key >= ' ' && key != UI_KEY_BACKSPACE && key < UI_KEY_FIRST_SPECIAL)
        type_letter(turn, key);
}

/* ── mouse ───────────────────────────────────────────────────────────────────────────────── */

static void handle_press(struct turn *turn, const struct ui_event *event)
{
    struct ui_state *state = turn->state;
    const struct hit *hit = &event->hit;
    switch (hit->kind) {
    case HIT_TREE_ROW:
        state->focus = UI_FOCUS_TREE;
        tree_go(turn, (size_t)hit->value);
        tree_activate(turn);
        break;
    case HIT_TREE:
        state->focus = UI_FOCUS_TREE;
        break;
    case HIT_FADER:
        state->focus = UI_FOCUS_FADERS;
        state->fader = (enum fader)hit->value;
        state->dragging = true;
        state->drag_track = hit->rect;
        fader_drag_to(turn, event->x, true);
        break;
    case HIT_FADER_ROW:
        state->focus = UI_FOCUS_FADERS;
        state->fader = (enum fader)hit->value;
        break;
    case HIT_COMMAND:
        run(turn, (enum ui_command)hit->value);
        break;
    case HIT_BUTTON:
        if (state->overlay == UI_OVERLAY_PLAN)
            dialog_press_plan(turn, hit->value);
        else if (state->overlay == UI_OVERLAY_QUIT)
            dialog_press_quit(turn, hit->value);
        else
            turn_close(turn);
        break;
    default:
        break;
    }
}

static void handle_wheel(struct turn *turn, const struct ui_event *event, int direction)
{
    struct ui_state *state = turn->state;
    if (state->overlay != UI_OVERLAY_NONE) {
        move(turn, -3 * direction);
    } else if (event->hit.kind == HIT_FADER || event->hit.kind == HIT_FADER_ROW) {
        state->focus = UI_FOCUS_FADERS;
        state->fader = (enum fader)event->hit.value;
        fader_step(turn, direction, false);
    } else if (event->hit.kind == HIT_TREE_ROW || event->hit.kind == HIT_TREE) {
        tree_move(turn, -direction);
    }
}

void ui_handle_event(struct ui_state *state, struct model *model, const struct ui_event *event,
                     struct ui_intents *out)
{
    struct turn turn = {state, model, out, event->at_ms};
    out->count = 0;
    switch (event->type) {
    case UI_EVENT_KEY:
        handle_key(&turn, event->key);
        break;
    case UI_EVENT_PRESS:
        handle_press(&turn, event);
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
        handle_wheel(&turn, event, 1);
        break;
    case UI_EVENT_WHEEL_DOWN:
        handle_wheel(&turn, event, -1);
        break;
    case UI_EVENT_TICK:
        turn_follow(&turn);
        break;
    default:
        break;
    }
}
