/* The list of experiments, and the offer to roll back those that were left behind. */
#include "ui/state.h"

#include "ui/state_parts.h"

#include <stdio.h>
#include <string.h>

const struct model_record *ui_record_at(const struct model *model, size_t row)
{
    const struct model_records *records = model->records;
    return records != NULL && row < records->count ? &records->items[row] : NULL;
}

static const struct model_record *record_of(const struct model *model, const char *id)
{
    const struct model_record *record;
    for (size_t i = 0; (record = ui_record_at(model, i)) != NULL; i++)
        if (strcmp(record->id, id) == 0)
            return record;
    return NULL;
}

/* FIS's experiments that have not ended come first in their list. */
static size_t count_live(const struct model_fis *fis)
{
    size_t count = 0;
    while (count < fis->experiment_count && !fis->experiments[count].ended)
        count++;
    return count;
}

bool ui_list_row_at(const struct model *model, size_t row, struct ui_list_row *out)
{
    const struct model_records *records = model->records;
    memset(out, 0, sizeof *out);
    if (records == NULL)
        return false;
    const struct model_fis *fis = &records->fis;
    size_t live = count_live(fis), before = records->count + live;
    if (row < records->count)
        out->record = &records->items[row];
    else if (row < before)
        out->experiment = &fis->experiments[row - records->count];
    else if (row < before + fis->template_count)
        out->template = &fis->templates[row - before];
    else if (row - records->count - fis->template_count < fis->experiment_count)
        out->experiment = &fis->experiments[row - records->count - fis->template_count];
    else
        return false;
    return true;
}

static const char *fis_id(const struct ui_list_row *row)
{
    return row->template != NULL ? row->template->id : row->experiment != NULL ? row->experiment->id : "";
}

size_t ui_list_cursor(const struct ui_state *state, const struct model *model)
{
    struct ui_list_row row;
    for (size_t i = 0; ui_list_row_at(model, i, &row); i++)
        if (row.record != NULL ? state->fis[0] == '\0' && strcmp(row.record->id, state->record) == 0
                               : strcmp(fis_id(&row), state->fis) == 0)
            return i;
    return 0;
}

const struct model_record *ui_record_chosen(const struct ui_state *state, const struct model *model)
{
    struct ui_list_row row;
    return ui_list_row_at(model, ui_list_cursor(state, model), &row) ? row.record : NULL;
}

static bool is_offered(const struct ui_state *state, const struct model_record *record)
{
    for (size_t i = 0; i < state->offer_count; i++)
        if (strcmp(state->offers[i], record->id) == 0)
            return model_record_is_orphan(record);
    return false;
}

const struct model_record *ui_offer_at(const struct ui_state *state, const struct model *model, size_t row)
{
    const struct model_record *record;
    for (size_t i = 0; (record = ui_record_at(model, i)) != NULL; i++)
        if (is_offered(state, record) && row-- == 0)
            return record;
    return NULL;
}

const struct model_record *ui_offer_chosen(const struct ui_state *state, const struct model *model)
{
    const struct model_record *record = record_of(model, state->record);
    return record != NULL && is_offered(state, record) ? record : ui_offer_at(state, model, 0);
}

int ui_offer_button(const struct ui_state *state, const struct model *model, int64_t now_ms)
{
    const struct model_record *record = ui_offer_chosen(state, model);
    if (state->offer_button >= 0)
        return state->offer_button;
    return record != NULL && model_record_is_abandoned(record, now_ms) ? UI_OFFER_ROLLBACK : UI_OFFER_LEAVE;
}

static void choose(struct ui_state *state, const struct model_record *record)
{
    state->fis[0] = '\0';
    if (record == NULL || strcmp(state->record, record->id) == 0)
        return;
    memcpy(state->record, record->id, sizeof state->record);
    state->offer_button = -1;
}

static void choose_row(struct ui_state *state, const struct ui_list_row *row)
{
    if (row->record != NULL)
        choose(state, row->record);
    else
        snprintf(state->fis, sizeof state->fis, "%s", fis_id(row));
}

static bool row_at(const struct turn *turn, size_t index, struct ui_list_row *row)
{
    if (turn->state->overlay != UI_OVERLAY_OFFER)
        return ui_list_row_at(turn->model, index, row);
    *row = (struct ui_list_row){.record = ui_offer_at(turn->state, turn->model, index)};
    return row->record != NULL;
}

void records_open(struct turn *turn)
{
    bool close = turn->state->overlay == UI_OVERLAY_EXPERIMENTS || turn->state->overlay == UI_OVERLAY_RECORD;
    turn_close(turn);
    if (close)
        return;
    turn->state->overlay = UI_OVERLAY_EXPERIMENTS;
    turn->state->record[0] = turn->state->fis[0] = '\0';
    struct ui_list_row row;
    if (ui_list_row_at(turn->model, 0, &row))
        choose_row(turn->state, &row);
}

static size_t offer_cursor(const struct turn *turn)
{
    const struct model_record *chosen = ui_offer_chosen(turn->state, turn->model), *record;
    for (size_t i = 0; (record = ui_offer_at(turn->state, turn->model, i)) != NULL; i++)
        if (record == chosen)
            return i;
    return 0;
}

void records_move(struct turn *turn, int rows)
{
    struct ui_state *state = turn->state;
    struct ui_list_row row;
    size_t cursor =
        state->overlay == UI_OVERLAY_OFFER ? offer_cursor(turn) : ui_list_cursor(state, turn->model);
    size_t count = 0;
    while (row_at(turn, count, &row))
        count++;
    int64_t wanted = (int64_t)cursor + rows;
    wanted = wanted >= (int64_t)count ? (int64_t)count - 1 : wanted;
    if (row_at(turn, wanted < 0 ? 0 : (size_t)wanted, &row))
        choose_row(state, &row);
}

void records_activate(struct turn *turn)
{
    struct ui_state *state = turn->state;
    struct ui_list_row row;
    bool any = ui_list_row_at(turn->model, ui_list_cursor(state, turn->model), &row);
    if (any)
        choose_row(state, &row);
    state->overlay =
        any && state->overlay == UI_OVERLAY_EXPERIMENTS ? UI_OVERLAY_RECORD : UI_OVERLAY_EXPERIMENTS;
    state->scroll = 0;
}

void records_press(struct turn *turn, size_t index)
{
    struct ui_state *state = turn->state;
    struct ui_list_row row;
    if (state->overlay == UI_OVERLAY_PLACE) {
        state->place_column = index >= MODEL_PROFILES_MAX ? UI_PLACE_REGIONS : UI_PLACE_PROFILES;
        state->place_row[state->place_column] = index % MODEL_PROFILES_MAX;
        return;
    }
    if (!row_at(turn, index, &row))
        return;
    bool list = state->overlay == UI_OVERLAY_EXPERIMENTS;
    bool again = list && ui_list_cursor(state, turn->model) == index &&
                 (row.record != NULL ? strcmp(row.record->id, state->record) == 0 : state->fis[0] != '\0');
    choose_row(state, &row);
    if (again)
        records_activate(turn);
}

/* ── rolling back ────────────────────────────────────────────────────────────────────────── */

static void stop_offering(struct ui_state *state, const char *id)
{
    for (size_t i = 0; i < state->offer_count; i++)
        if (strcmp(state->offers[i], id) == 0) {
            state->offer_count--;
            memmove(state->offers[i], state->offers[i + 1],
                    (state->offer_count - i) * sizeof state->offers[0]);
            return;
        }
}

void records_roll_back(struct turn *turn, const struct model_record *record)
{
    struct ui_state *state = turn->state;
    enum model_phase phase = turn->model->experiment.phase;
    if (phase == MODEL_RESTORED || phase == MODEL_FAILED_PHASE)
        turn_add(turn, INTENT_DISMISS); /* or it would be the one that failed that is rolled back */
    struct intent *intent = turn_add(turn, INTENT_ROLLBACK);
    snprintf(intent->cluster, sizeof intent->cluster, "%s", record->cluster);
    snprintf(intent->service, sizeof intent->service, "%s", record->service);
    /* A service may have an experiment of FIS's, and be prepared for it. */
    bool by_id = strcmp(record->engine, "fis") == 0 || strcmp(record->engine, "prepare") == 0;
    if (record->journal || by_id)
        snprintf(intent->experiment, sizeof intent->experiment, "%s", record->id);
    ui_state_notice(state, turn->now_ms, "rolling back %s",
                    record->service[0] != '\0' ? record->service : record->id);
    stop_offering(state, record->id);
    state->offer_since_ms = turn->now_ms;
    turn_close(turn);
    if (record->service[0] != '\0')
        tree_choose(turn, record->cluster, record->service);
    state->focus = UI_FOCUS_FADERS;
}

bool records_rollback(struct turn *turn)
{
    struct ui_state *state = turn->state;
    bool offer = state->overlay == UI_OVERLAY_OFFER;
    if (!offer && state->overlay != UI_OVERLAY_EXPERIMENTS && state->overlay != UI_OVERLAY_RECORD)
        return false;
    const struct model_record *record =
        offer ? ui_offer_chosen(state, turn->model) : ui_record_chosen(state, turn->model);
    struct ui_list_row row;
    if (!offer && record == NULL && ui_list_row_at(turn->model, ui_list_cursor(state, turn->model), &row)) {
        fis_rollback(turn, &row);
        return true;
    }
    if (record == NULL || record->state == MODEL_RECORD_ENDED)
        return false;
    if (!record->here) {
        ui_state_notice(state, turn->now_ms, "begun in %s, not here: shaketable rollback %s", record->region,
                        record->id);
        turn_close(turn);
    } else if (turn->model->place.read_only) {
        ui_state_notice(state, turn->now_ms, "read-only: nothing is rolled back from here");
        turn_close(turn);
    } else {
        records_roll_back(turn, record);
    }
    return true;
}

/* ── the offer ───────────────────────────────────────────────────────────────────────────── */

static void take_note(struct turn *turn)
{
    struct ui_state *state = turn->state;
    const struct model_records *records = turn->model->records;
    const struct model_record *record;
    if (records == NULL || state->offers_closed)
        return;
    for (size_t i = 0; (record = ui_record_at(turn->model, i)) != NULL; i++)
        if (model_record_is_orphan(record) && !is_offered(state, record) &&
            state->offer_count < UI_OFFERS_MAX)
            memcpy(state->offers[state->offer_count++], record->id, sizeof state->offers[0]);
    /* What was left before this console began is known now. */
    state->offers_closed = records->searched || records->problem[0] != '\0';
}

void offer_follow(struct turn *turn)
{
    struct ui_state *state = turn->state;
    enum model_phase phase = turn->model->experiment.phase;
    if (turn->model->place.read_only)
        return;
    size_t known = state->offer_count;
    if (state->overlay != UI_OVERLAY_OFFER || !state->offers_closed)
        take_note(turn);
    if (state->overlay == UI_OVERLAY_OFFER) {
        if (state->offer_count != known)
            state->offer_since_ms = turn->now_ms; /* the rows have moved */
        if (ui_offer_at(state, turn->model, 0) == NULL || phase != MODEL_IDLE)
            turn_close(turn); /* somebody else has dealt with them */
        return;
    }
    if (state->overlay != UI_OVERLAY_NONE || phase != MODEL_IDLE || state->frozen != NULL ||
        state->ending != UI_ENDING_NONE || state->dragging ||
        turn->now_ms - state->offer_since_ms < UI_OFFER_AGAIN_MS ||
        ui_offer_at(state, turn->model, 0) == NULL)
        return;
    turn_close(turn);
    state->overlay = UI_OVERLAY_OFFER;
    state->offer_button = -1;
    state->offer_since_ms = turn->now_ms;
    choose(state, ui_offer_at(state, turn->model, 0));
}

void offer_press(struct turn *turn, int button)
{
    struct ui_state *state = turn->state;
    const struct model_record *record = ui_offer_chosen(state, turn->model);
    if (record == NULL) {
        turn_close(turn);
    } else if (button == UI_OFFER_ROLLBACK) {
        turn_rollback(turn);
    } else {
        stop_offering(state, record->id);
        state->offer_button = -1;
        choose(state, ui_offer_at(state, turn->model, 0));
        if (ui_offer_at(state, turn->model, 0) == NULL) {
            turn_close(turn);
            ui_state_notice(state, turn->now_ms, "left as they are: x shows them");
        }
    }
}

void offer_activate(struct turn *turn)
{
    if (turn->now_ms - turn->state->offer_since_ms >= UI_OFFER_SETTLE_MS)
        offer_press(turn, ui_offer_button(turn->state, turn->model, turn->now_ms));
}

void offer_leave_all(struct turn *turn)
{
    turn->state->offer_count = 0;
    turn->state->offers_closed = true;
    turn_close(turn);
    ui_state_notice(turn->state, turn->now_ms, "left as they are: x shows them");
}
