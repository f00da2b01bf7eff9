/* Another profile or region. */
#include "ui/state.h"

#include "ui/state_parts.h"

#include <stdio.h>
#include <string.h>

static bool is_listed(const struct model *model, const char *profile)
{
    const struct model_profiles *profiles = model->profiles;
    for (size_t i = 0; profiles != NULL && i < profiles->count; i++)
        if (strcmp(profiles->items[i].name, profile) == 0)
            return true;
    return false;
}

/* Profiles: those of the files, and before them the one that is used if it is in neither (keys from the
 * environment). */
const char *ui_place_name(const struct model *model, enum ui_place_column column, size_t row,
                          const char **detail)
{
    if (column == UI_PLACE_REGIONS)
        return model_region_at(row);
    const struct model_place *place = &model->place;
    bool extra = place->profile[0] != '\0' && !is_listed(model, place->profile);
    if (detail != NULL)
        *detail = extra && row == 0 ? place->region : "";
    if (extra && row == 0)
        return place->profile;
    size_t index = row - extra;
    if (model->profiles == NULL || index >= model->profiles->count)
        return NULL;
    if (detail != NULL)
        *detail = model->profiles->items[index].region;
    return model->profiles->items[index].name;
}

static size_t row_of(const struct model *model, enum ui_place_column column, const char *name)
{
    const char *other;
    for (size_t i = 0; (other = ui_place_name(model, column, i, NULL)) != NULL; i++)
        if (strcmp(other, name) == 0)
            return i;
    return 0;
}

void place_open(struct turn *turn, enum ui_place_column column)
{
    struct ui_state *state = turn->state;
    bool close = state->overlay == UI_OVERLAY_PLACE;
    turn_close(turn);
    if (close)
        return;
    state->overlay = UI_OVERLAY_PLACE;
    state->place_column = column;
    state->place_row[UI_PLACE_PROFILES] = row_of(turn->model, UI_PLACE_PROFILES, turn->model->place.profile);
    state->place_row[UI_PLACE_REGIONS] = row_of(turn->model, UI_PLACE_REGIONS, turn->model->place.region);
}

void place_move(struct turn *turn, int rows)
{
    size_t *row = &turn->state->place_row[turn->state->place_column];
    size_t count = 0;
    while (ui_place_name(turn->model, turn->state->place_column, count, NULL) != NULL)
        count++;
    int64_t wanted = (int64_t)*row + rows;
    if (wanted >= (int64_t)count)
        wanted = (int64_t)count - 1;
    *row = wanted < 0 ? 0 : (size_t)wanted;
}

bool place_go(struct turn *turn, const char *profile, const char *region, struct error *error)
{
    struct ui_state *state = turn->state;
    const struct model_place *place = &turn->model->place;
    const char *own = "";
    if (place->embedded)
        return error_set(error, ERROR_REFUSED, "the demo has a region of its own: there is no other");
    if (model_is_active(turn->model))
        return error_set(error, ERROR_REFUSED, "an experiment is under way on %s: R rolls back first",
                         turn->model->experiment.service);
    if (profile != NULL) {
        for (size_t i = 0; i < MODEL_PROFILES_MAX; i++) {
            const char *name = ui_place_name(turn->model, UI_PLACE_PROFILES, i, &own);
            if (name == NULL)
                return error_set(error, ERROR_NOT_FOUND, "no profile %.60s in the AWS CLI's files", profile);
            if (strcmp(name, profile) == 0)
                break;
        }
    }
    if (region == NULL)
        region = own[0] != '\0' ? own : place->region;
    if (profile == NULL || (strcmp(profile, place->profile) == 0 && !is_listed(turn->model, profile)))
        profile = ""; /* as it is: keys of the environment have no profile to name */
    if (strlen(profile) >= sizeof state->move_profile || strlen(region) >= sizeof state->move_region)
        return error_set(error, ERROR_USAGE, "the name is too long");
    snprintf(state->move_profile, sizeof state->move_profile, "%s", profile);
    snprintf(state->move_region, sizeof state->move_region, "%s", region);
    state->move_wanted = true;
    turn_close(turn);
    return true;
}

void place_activate(struct turn *turn)
{
    struct ui_state *state = turn->state;
    struct error error = {0};
    const char *name =
        ui_place_name(turn->model, state->place_column, state->place_row[state->place_column], NULL);
    bool profile = state->place_column == UI_PLACE_PROFILES;
    if (name == NULL)
        turn_close(turn);
    else if (!place_go(turn, profile ? name : NULL, profile ? NULL : name, &error))
        snprintf(state->text_error, sizeof state->text_error, "%.*s", UI_NOTICE_MAX - 1, error.message);
}

void ui_state_move(struct ui_state *state)
{
    if (state->frozen != NULL)
        model_release(state->frozen);
    state->frozen = NULL;
    state->cluster[0] = state->service[0] = '\0';
    state->chosen_cluster[0] = state->chosen_service[0] = '\0';
    state->folded_count = 0;
    state->filter[0] = '\0';
    state->select_pending = state->move_wanted = state->offers_closed = false;
    state->record[0] = state->fis[0] = '\0';
    state->offer_count = 0;
    state->offer_button = -1;
    state->focus = UI_FOCUS_TREE;
    state->overlay = UI_OVERLAY_NONE;
    state->last_phase = MODEL_IDLE;
}
