/* The dialog for the code of an MFA device, without which AWS can't be spoken to. */
#include "ui/state.h"

#include "ui/state_parts.h"

#include <stdio.h>
#include <string.h>

static void close_code(struct turn *turn)
{
    struct ui_state *state = turn->state;
    bool plan = state->code_over_plan;
    turn_close(turn);
    state->code_over_plan = false;
    if (plan)
        state->overlay = UI_OVERLAY_PLAN;
}

/* What somebody is typing or deciding just now is not taken from under his fingers, but a plan that waits for
 * the code is. */
static bool may_open(const struct turn *turn)
{
    switch (turn->state->overlay) {
    case UI_OVERLAY_NONE:
    case UI_OVERLAY_HELP:
    case UI_OVERLAY_LOG:
    case UI_OVERLAY_TASKS:
        return true;
    case UI_OVERLAY_PLAN:
        return turn->model->experiment.phase != MODEL_PLANNED;
    default:
        return false;
    }
}

void code_follow(struct turn *turn)
{
    struct ui_state *state = turn->state;
    unsigned number = turn->model->question.number;
    if (state->overlay == UI_OVERLAY_CODE && number != state->code_number)
        close_code(turn);
    if (number == 0 || number == state->code_settled || state->overlay == UI_OVERLAY_CODE || !may_open(turn))
        return;
    bool plan = state->overlay == UI_OVERLAY_PLAN;
    turn_open_text(turn, UI_OVERLAY_CODE, "");
    state->code_number = number;
    state->code_over_plan = plan;
}

bool code_answer(struct turn *turn, const char *code)
{
    struct ui_state *state = turn->state;
    if (code[0] != '\0' && !model_code_is_valid(code)) {
        snprintf(state->text_error, sizeof state->text_error, "a code has six digits");
        return false;
    }
    struct intent *intent = turn_add(turn, INTENT_ANSWER);
    intent->number = state->code_number;
    snprintf(intent->code, sizeof intent->code, "%s", code);
    if (code[0] == '\0')
        ui_state_notice(state, turn->now_ms, "no code given: r asks again");
    state->code_settled = state->code_number;
    close_code(turn);
    return true;
}
