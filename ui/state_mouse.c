/* What presses, drags and the wheel do. */
#include "ui/state.h"

#include "ui/state_parts.h"

void turn_press(struct turn *turn, const struct ui_event *event)
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
    case HIT_GUARD:
        state->guard = (size_t)hit->value;
        break;
    case HIT_COMMAND:
        turn_run(turn, (enum ui_command)hit->value);
        break;
    case HIT_LIST_ROW:
        if (state->overlay == UI_OVERLAY_CATALOGUE)
            catalogue_press(turn, (size_t)hit->value);
        else if (state->overlay == UI_OVERLAY_FORM)
            form_press(turn, (size_t)hit->value);
        else
            records_press(turn, (size_t)hit->value);
        break;
    case HIT_BUTTON:
        if (state->overlay == UI_OVERLAY_PLAN)
            dialog_press_plan(turn, hit->value);
        else if (state->overlay == UI_OVERLAY_QUIT)
            dialog_press_quit(turn, hit->value);
        else if (state->overlay == UI_OVERLAY_OFFER)
            offer_press(turn, hit->value);
        else if (state->overlay == UI_OVERLAY_FIS_DELETE)
            fis_press(turn, hit->value);
        else
            turn_close(turn);
        break;
    default:
        break;
    }
}

void turn_wheel(struct turn *turn, const struct ui_event *event, int direction)
{
    struct ui_state *state = turn->state;
    if (state->overlay != UI_OVERLAY_NONE) {
        turn_move(turn, -3 * direction);
    } else if (event->hit.kind == HIT_FADER || event->hit.kind == HIT_FADER_ROW) {
        state->focus = UI_FOCUS_FADERS;
        state->fader = (enum fader)event->hit.value;
        fader_step(turn, direction, false);
    } else if (event->hit.kind == HIT_TREE_ROW || event->hit.kind == HIT_TREE) {
        tree_move(turn, -direction);
    }
}
