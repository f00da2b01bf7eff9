/* What the keys do, by context. */
#include "ui/state.h"

#include "ui/axis.h"
#include "ui/command.h"
#include "ui/state_parts.h"

#include <stdio.h>
#include <string.h>

#define PAGE 10

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
    case UI_OVERLAY_GUARD:
        done = guards_accept(turn, text, &error);
        if (done)
            guards_back(turn);
        break;
    case UI_OVERLAY_COMMAND: {
        turn_close(turn); /* a command may open something itself */
        done = command_run(turn, text, &error);
        if (!done)
            turn_open_text(turn, UI_OVERLAY_COMMAND, text);
        break;
    }
    case UI_OVERLAY_FIS_STOP:
        fis_accept(turn, text);
        return;
    case UI_OVERLAY_CODE:
        if (text[0] != '\0')
            code_answer(turn, text);
        return;
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
    if (state->overlay == UI_OVERLAY_FORM) {
        form_activate(turn);
        return;
    }
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
    case UI_OVERLAY_OFFER:
        offer_activate(turn);
        break;
    case UI_OVERLAY_FIS_DELETE:
        fis_press(turn, state->fis_button);
        break;
    case UI_OVERLAY_EXPERIMENTS:
    case UI_OVERLAY_RECORD:
        records_activate(turn);
        break;
    case UI_OVERLAY_PLACE:
        place_activate(turn);
        break;
    case UI_OVERLAY_GUARDS:
        guards_run(turn, UI_COMMAND_ACTIVATE);
        break;
    case UI_OVERLAY_CATALOGUE:
        catalogue_activate(turn);
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
    } else if (state->overlay == UI_OVERLAY_CODE) {
        code_answer(turn, "");
    } else if (state->overlay == UI_OVERLAY_GUARDS || state->overlay == UI_OVERLAY_GUARD) {
        guards_back(turn);
    } else if (state->overlay == UI_OVERLAY_FORM) {
        form_back(turn);
    } else if (state->overlay == UI_OVERLAY_FILTER) {
        state->filter[0] = '\0';
        turn_close(turn);
    } else if (state->overlay == UI_OVERLAY_OFFER) {
        offer_leave_all(turn);
    } else if (state->overlay == UI_OVERLAY_FIS_DELETE || state->overlay == UI_OVERLAY_FIS_STOP) {
        fis_back(turn);
    } else if (state->overlay == UI_OVERLAY_RECORD) {
        records_activate(turn); /* to the list */
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
void turn_move(struct turn *turn, int rows)
{
    struct ui_state *state = turn->state;
    if (state->overlay == UI_OVERLAY_EXPERIMENTS || state->overlay == UI_OVERLAY_OFFER) {
        records_move(turn, rows);
    } else if (state->overlay == UI_OVERLAY_PLACE) {
        place_move(turn, rows);
    } else if (state->overlay == UI_OVERLAY_GUARDS) {
        guards_move(turn, rows);
    } else if (state->overlay == UI_OVERLAY_CATALOGUE) {
        catalogue_move(turn, rows);
    } else if (state->overlay == UI_OVERLAY_FORM) {
        form_move(turn, rows);
    } else if (state->overlay != UI_OVERLAY_NONE) {
        /* The log is shown from its end: up goes back in time. */
        int64_t scroll = (int64_t)state->scroll + (state->overlay == UI_OVERLAY_LOG ? -rows : rows);
        state->scroll = scroll < 0 ? 0 : scroll > turn->scroll_most ? turn->scroll_most : (int)scroll;
    } else if (state->focus == UI_FOCUS_TREE) {
        tree_move(turn, rows);
    } else {
        int fader = (int)state->fader + rows;
        state->fader = fader < 0              ? 0
                       : fader >= FADER_COUNT ? (enum fader)(FADER_COUNT - 1)
                                              : (enum fader)fader;
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
    } else if (state->overlay == UI_OVERLAY_OFFER) {
        state->offer_button =
            UI_OFFER_BUTTONS - 1 - ui_offer_button(state, turn->model, turn->now_ms); /* there are two */
    } else if (state->overlay == UI_OVERLAY_FORM) {
        form_sideways(turn, direction);
    } else if (state->overlay == UI_OVERLAY_FIS_DELETE) {
        fis_sideways(turn);
    } else if (state->overlay == UI_OVERLAY_PLACE) {
        state->place_column = direction < 0 ? UI_PLACE_PROFILES : UI_PLACE_REGIONS;
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
    } else if (state->overlay == UI_OVERLAY_QUIT || state->overlay == UI_OVERLAY_OFFER ||
               state->overlay == UI_OVERLAY_FIS_DELETE) {
        sideways(turn, direction, false);
    } else if (state->overlay == UI_OVERLAY_PLACE) {
        sideways(turn, state->place_column == UI_PLACE_PROFILES ? 1 : -1, false);
    } else if (state->overlay == UI_OVERLAY_NONE) {
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
    case UI_COMMAND_BLAST_RADIUS:
        turn_open_text(turn, UI_OVERLAY_COMMAND, "blast-radius ");
        break;
    case UI_COMMAND_DEPENDENCY:
        turn_open_text(turn, UI_OVERLAY_COMMAND, "dependency ");
        break;
    case UI_COMMAND_ENGINE:
        engine_toggle(turn);
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
    turn->state->text_is_offered = false;
    if (turn->state->overlay != UI_OVERLAY_FILTER)
        return;
    memcpy(turn->state->filter, turn->state->text, sizeof turn->state->filter);
    tree_keep_cursor(turn);
}

/* True if the command was one that moves something. */
static bool run_movement(struct turn *turn, enum ui_command command)
{
    switch (command) {
    case UI_COMMAND_UP:
        turn_move(turn, -1);
        return true;
    case UI_COMMAND_DOWN:
        turn_move(turn, 1);
        return true;
    case UI_COMMAND_PAGE_UP:
        turn_move(turn, -PAGE);
        return true;
    case UI_COMMAND_PAGE_DOWN:
        turn_move(turn, PAGE);
        return true;
    case UI_COMMAND_FIRST:
        turn_move(turn, -UI_TREE_ROWS_MAX);
        return true;
    case UI_COMMAND_LAST:
        turn_move(turn, UI_TREE_ROWS_MAX);
        return true;
    case UI_COMMAND_LESS:
    case UI_COMMAND_MUCH_LESS:
        sideways(turn, -1, command == UI_COMMAND_MUCH_LESS);
        return true;
    case UI_COMMAND_MORE:
    case UI_COMMAND_MUCH_MORE:
        sideways(turn, 1, command == UI_COMMAND_MUCH_MORE);
        return true;
    case UI_COMMAND_NEXT_PANEL:
        next_panel(turn, 1);
        return true;
    case UI_COMMAND_PREVIOUS_PANEL:
        next_panel(turn, -1);
        return true;
    default:
        return false;
    }
}

static void run_typing(struct turn *turn, enum ui_command command)
{
    struct ui_state *state = turn->state;
    if (state->overlay == UI_OVERLAY_FORM) {
        form_erase(turn, command == UI_COMMAND_ERASE_ALL);
        return;
    }
    if (command == UI_COMMAND_COMPLETE) {
        if (state->overlay == UI_OVERLAY_COMMAND)
            command_complete(turn->model, state->text, sizeof state->text);
        else if (state->overlay == UI_OVERLAY_GUARD)
            guards_complete(state);
        return;
    }
    if (command == UI_COMMAND_ERASE)
        erase(turn);
    else
        state->text[0] = '\0';
    after_typing(turn);
}

void turn_run(struct turn *turn, enum ui_command command)
{
    if (run_movement(turn, command))
        return;
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
    case UI_COMMAND_GUARDS:
        guards_open(turn);
        break;
    case UI_COMMAND_ADD:
    case UI_COMMAND_REMOVE:
        guards_run(turn, command);
        break;
    case UI_COMMAND_FIS_DELETE:
    case UI_COMMAND_FIS_STOP:
        fis_ask(turn, command);
        break;
    case UI_COMMAND_LOG:
        toggle_overlay(turn, UI_OVERLAY_LOG);
        break;
    case UI_COMMAND_EXPERIMENTS:
        records_open(turn);
        break;
    case UI_COMMAND_CATALOGUE:
        catalogue_open(turn);
        break;
    case UI_COMMAND_ACTIONS:
        toggle_overlay(turn, UI_OVERLAY_ACTIONS);
        break;
    case UI_COMMAND_PLACE:
        place_open(turn, UI_PLACE_PROFILES);
        break;
    case UI_COMMAND_REDRAW:
        turn->state->redraw = true;
        break;
    case UI_COMMAND_COMPLETE:
    case UI_COMMAND_ERASE:
    case UI_COMMAND_ERASE_ALL:
        run_typing(turn, command);
        break;
    default:
        run_desk(turn, command);
        break;
    }
}

static void encode(int key, char encoded[5])
{
    unsigned ch = (unsigned)key;
    memset(encoded, 0, 5);
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
}

static void type_letter(struct turn *turn, int key)
{
    char encoded[5];
    encode(key, encoded);
    if (turn->state->overlay == UI_OVERLAY_FORM) {
        form_type(turn, encoded);
        return;
    }
    char *text = turn->state->text;
    if (turn->state->text_is_offered)
        text[0] = '\0';
    size_t length = strlen(text);
    if (length + strlen(encoded) < sizeof turn->state->text)
        memcpy(text + length, encoded, strlen(encoded) + 1);
    after_typing(turn);
}

void turn_key(struct turn *turn, int key)
{
    unsigned context = ui_state_context(turn->state, turn->model);
    enum ui_command command = keys_find(key, context);
    if (command != UI_COMMAND_NONE)
        turn_run(turn, command);
    else if ((context & UI_CONTEXT_TYPING) != 0 && key >= ' ' && key != UI_KEY_BACKSPACE &&
             key < UI_KEY_FIRST_SPECIAL)
        type_letter(turn, key);
}
