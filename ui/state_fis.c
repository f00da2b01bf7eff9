/* What AWS FIS holds, in the list of experiments: a template of ours is deleted, somebody's experiment
 * stopped, after a question each; what is ours is rolled back. */
#include "ui/state.h"

#include "ui/state_parts.h"

#include <stdio.h>
#include <string.h>

static bool is_refused(struct turn *turn)
{
    if (turn->model->place.read_only)
        ui_state_notice(turn->state, turn->now_ms, "read-only: FIS is left as it is from here");
    return turn->model->place.read_only;
}

static void ask_to_delete(struct turn *turn, const struct model_fis_template *template)
{
    struct ui_state *state = turn->state;
    if (template->experiment[0] == '\0') {
        ui_state_notice(state, turn->now_ms,
                        "%s does not carry shaketable's tag: it is not deleted from here", template->id);
    } else if (template->runs) {
        ui_state_notice(state, turn->now_ms, "its experiment runs: R rolls it back, and deletes this too");
    } else if (!is_refused(turn)) {
        state->overlay = UI_OVERLAY_FIS_DELETE;
        state->fis_button = UI_FIS_CANCEL;
        memcpy(state->fis, template->id, sizeof state->fis);
    }
}

static void ask_to_stop(struct turn *turn, const struct model_fis_experiment *experiment)
{
    struct ui_state *state = turn->state;
    if (experiment->ended) {
        ui_state_notice(state, turn->now_ms, "%s has ended: %s", experiment->id, experiment->status);
    } else if (experiment->experiment[0] != '\0') {
        ui_state_notice(state, turn->now_ms, "it is shaketable's: R rolls it back");
    } else if (!is_refused(turn)) {
        turn_open_text(turn, UI_OVERLAY_FIS_STOP, "");
        memcpy(state->fis, experiment->id, sizeof state->fis);
    }
}

void fis_ask(struct turn *turn, enum ui_command command)
{
    struct ui_list_row row;
    if (!ui_list_row_at(turn->model, ui_list_cursor(turn->state, turn->model), &row))
        return;
    turn->state->overlay = UI_OVERLAY_EXPERIMENTS; /* it says why not */
    if (command == UI_COMMAND_FIS_DELETE && row.template != NULL)
        ask_to_delete(turn, row.template);
    else if (command == UI_COMMAND_FIS_STOP && row.experiment != NULL)
        ask_to_stop(turn, row.experiment);
}

void fis_rollback(struct turn *turn, const struct ui_list_row *row)
{
    struct ui_state *state = turn->state;
    const char *ours = row->template != NULL     ? row->template->experiment
                       : row->experiment != NULL ? row->experiment->experiment
                                                 : "";
    const struct model_record *record;
    state->overlay = UI_OVERLAY_EXPERIMENTS;
    if (row->experiment != NULL && row->experiment->ended) {
        ui_state_notice(state, turn->now_ms, "%s has ended: %s", row->experiment->id,
                        row->experiment->status);
        return;
    }
    if (ours[0] == '\0') {
        ui_state_notice(state, turn->now_ms, "it is not shaketable's: there is nothing to roll back");
        return;
    }
    if (is_refused(turn))
        return;
    for (size_t i = 0; (record = ui_record_at(turn->model, i)) != NULL; i++)
        if (strcmp(record->id, ours) == 0) {
            records_roll_back(turn, record);
            return;
        }
    struct model_record found = {0}; /* its records were too many to be told */
    snprintf(found.id, sizeof found.id, "%s", ours);
    snprintf(found.engine, sizeof found.engine, "fis");
    records_roll_back(turn, &found);
}

/* ── the questions ───────────────────────────────────────────────────────────────────────── */

static void send(struct turn *turn, enum intent_kind kind)
{
    struct intent *intent = turn_add(turn, kind);
    memcpy(intent->fis_id, turn->state->fis, sizeof intent->fis_id);
    ui_state_notice(turn->state, turn->now_ms, kind == INTENT_FIS_DELETE ? "deleting %s" : "stopping %s",
                    turn->state->fis);
}

void fis_back(struct turn *turn)
{
    turn_close(turn);
    turn->state->overlay = UI_OVERLAY_EXPERIMENTS;
}

void fis_press(struct turn *turn, int button)
{
    if (button == UI_FIS_DELETE)
        send(turn, INTENT_FIS_DELETE);
    fis_back(turn);
}

void fis_accept(struct turn *turn, const char *text)
{
    struct ui_state *state = turn->state;
    if (strcmp(text, state->fis) != 0) {
        snprintf(state->text_error, sizeof state->text_error, "type its whole id to stop it");
        return;
    }
    send(turn, INTENT_FIS_STOP);
    fis_back(turn);
}

void fis_sideways(struct turn *turn)
{
    turn->state->fis_button = UI_FIS_BUTTONS - 1 - turn->state->fis_button; /* there are two */
}
