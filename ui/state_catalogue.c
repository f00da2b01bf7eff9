/* The actions that AWS FIS has, and the form of one. */
#include "ui/state.h"

#include "experiment/template.h"
#include "ui/state_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ── the list ────────────────────────────────────────────────────────────────────────────── */

/* LocalStack's are those of a region with an endpoint of its own; AWS does not have them. */
static bool is_listed(const struct model *model, const struct fis_action *action)
{
    return (action->actors & FIS_BY_AWS) != 0 || model->place.endpoint[0] != '\0' || model->place.embedded;
}

const char *ui_catalogue_at(const struct model *model, size_t row)
{
    const struct model_catalogue *catalogue = model->catalogue;
    for (size_t i = 0; i < fis_actions_count(); i++)
        if (is_listed(model, fis_actions_at(i)) && row-- == 0)
            return fis_actions_at(i)->id;
    for (size_t i = 0; catalogue != NULL && i < catalogue->count; i++)
        if (fis_actions_find(catalogue->actions[i]->id) == NULL && row-- == 0)
            return catalogue->actions[i]->id;
    return NULL;
}

static void ask(struct turn *turn, const char *action)
{
    struct intent *intent = turn_add(turn, INTENT_CATALOGUE);
    snprintf(intent->action, sizeof intent->action, "%s", action);
}

void catalogue_open(struct turn *turn)
{
    struct ui_state *state = turn->state;
    const struct model_catalogue *catalogue = turn->model->catalogue;
    bool close = state->overlay == UI_OVERLAY_CATALOGUE;
    turn_close(turn);
    if (close)
        return;
    state->overlay = UI_OVERLAY_CATALOGUE;
    if (catalogue == NULL || catalogue->loading == MODEL_FAILED || catalogue->loading == MODEL_UNKNOWN)
        ask(turn, "");
}

void catalogue_move(struct turn *turn, int rows)
{
    size_t count = 0;
    while (ui_catalogue_at(turn->model, count) != NULL)
        count++;
    int64_t wanted = (int64_t)turn->state->catalogue_row + rows;
    if (wanted >= (int64_t)count)
        wanted = (int64_t)count - 1;
    turn->state->catalogue_row = wanted < 0 ? 0 : (size_t)wanted;
}

/* The form of that action becomes the first; the oldest goes where there are too many. False: no memory. */
static bool bring_form(struct turn *turn, const char *action)
{
    struct ui_state *state = turn->state;
    const struct model_service *service =
        model_find_service(turn->model, state->chosen_cluster, state->chosen_service);
    bool grouped = service != NULL && service->target_group_count > 0;
    size_t at = 0;
    while (at < UI_FORMS_MAX && state->forms[at] != NULL && strcmp(state->forms[at]->action, action) != 0)
        at++;
    struct form *form = at < UI_FORMS_MAX ? state->forms[at] : NULL;
    if (form == NULL) {
        form = calloc(1, sizeof *form);
        if (form == NULL)
            return false;
        form_init(form, action, turn->model->catalogue, state->duration_ms,
                  grouped ? service->target_groups[0]->port : 0,
                  service != NULL && strcmp(service->launch_type, "FARGATE") == 0);
        if (at == UI_FORMS_MAX)
            free(state->forms[--at]);
    }
    memmove(&state->forms[1], &state->forms[0], at * sizeof state->forms[0]);
    state->forms[0] = form;
    return true;
}

void catalogue_activate(struct turn *turn)
{
    struct ui_state *state = turn->state;
    const char *action = ui_catalogue_at(turn->model, state->catalogue_row);
    if (action == NULL || !bring_form(turn, action))
        return;
    struct form_action described;
    form_describe(action, turn->model->catalogue, &described);
    turn_close(turn);
    state->overlay = UI_OVERLAY_FORM;
    state->form_error[0] = '\0';
    if (described.loading != MODEL_LOADED)
        ask(turn, action);
}

void catalogue_press(struct turn *turn, size_t row)
{
    bool again = row == turn->state->catalogue_row;
    turn->state->catalogue_row = row;
    catalogue_move(turn, 0);
    if (again)
        catalogue_activate(turn);
}

/* ── the form ────────────────────────────────────────────────────────────────────────────── */

struct form *ui_state_form(const struct ui_state *state)
{
    return state->overlay == UI_OVERLAY_FORM ? state->forms[0] : NULL;
}

/* The form, what it is of, and its fields; false: there is none, or it has none yet. */
struct open_form {
    struct form *form;
    struct form_action action;
    struct form_field fields[FORM_FIELDS_MAX];
    size_t count;
};
static bool look(const struct turn *turn, struct open_form *open)
{
    open->form = ui_state_form(turn->state);
    if (open->form == NULL)
        return false;
    form_describe(open->form->action, turn->model->catalogue, &open->action);
    open->count = form_fields(open->form, &open->action, open->fields);
    if (open->form->cursor >= open->count)
        open->form->cursor = open->count > 0 ? open->count - 1 : 0;
    return open->count > 0;
}

void form_move(struct turn *turn, int rows)
{
    struct open_form open;
    if (!look(turn, &open))
        return;
    int64_t at = (int64_t)open.form->cursor + rows, last = (int64_t)open.count - 1;
    open.form->cursor = at < 0 ? 0 : at > last ? (size_t)last : (size_t)at;
}

void form_sideways(struct turn *turn, int direction)
{
    struct open_form open;
    if (!look(turn, &open))
        return;
    form_turn(open.form, &open.fields[open.form->cursor], &open.action, direction);
    turn->state->form_error[0] = '\0';
}

void form_type(struct turn *turn, const char *letter)
{
    struct open_form open;
    size_t size = 0;
    if (!look(turn, &open))
        return;
    char *text = form_text(open.form, &open.fields[open.form->cursor], &size);
    if (text == NULL) {
        if (strcmp(letter, " ") == 0)
            form_sideways(turn, 1);
        return;
    }
    size_t length = strlen(text);
    if (length + strlen(letter) < size)
        memcpy(text + length, letter, strlen(letter) + 1);
    turn->state->form_error[0] = '\0';
}

void form_erase(struct turn *turn, bool all)
{
    struct open_form open;
    size_t size = 0;
    if (!look(turn, &open))
        return;
    char *text = form_text(open.form, &open.fields[open.form->cursor], &size);
    size_t length = text == NULL || all ? 0 : strlen(text);
    while (length > 0 && ((unsigned char)text[length - 1] & 0xc0U) == 0x80)
        length--;
    if (text != NULL)
        text[length > 0 ? length - 1 : 0] = '\0';
    turn->state->form_error[0] = '\0';
}

void form_press(struct turn *turn, size_t row)
{
    struct open_form open;
    if (!look(turn, &open) || row >= open.count)
        return;
    if (row == open.form->cursor)
        form_sideways(turn, 1);
    open.form->cursor = row;
}

void form_back(struct turn *turn)
{
    turn_close(turn);
    turn->state->overlay = UI_OVERLAY_CATALOGUE;
}

void form_activate(struct turn *turn)
{
    struct ui_state *state = turn->state;
    struct open_form open;
    struct error error = {0};
    size_t wrong = 0;
    struct form *form = ui_state_form(state);
    if (form == NULL) {
        turn_close(turn);
        return;
    }
    bool filled = look(turn, &open);
    if (open.action.loading != MODEL_LOADED) {
        if (open.action.loading != MODEL_LOADING)
            ask(turn, form->action);
        return;
    }
    form->tried = true;
    const struct model_service *service =
        model_find_service(turn->model, state->chosen_cluster, state->chosen_service);
    struct template *template =
        form_template(form, &open.action, state->chosen_cluster, state->chosen_service,
                      service != NULL ? service->arn : "", &wrong, &error);
    bool tasks = strcmp(open.action.resource_type, FIS_TASK_TYPE) == 0;
    char words[UI_NOTICE_MAX];
    snprintf(words, sizeof words, "%.128s, by AWS FIS", form->action);
    if (template != NULL && template_plan(turn, template, words, !tasks, &error)) {
        turn_last_plan(turn)->choices.engine = CHOICES_ENGINE_FIS;
        state->plan_from_form = true;
    } else if (filled && wrong < open.count) {
        form->cursor = wrong; /* it says there what is wrong */
    } else {
        snprintf(state->form_error, sizeof state->form_error, "%.*s", UI_NOTICE_MAX - 1, error.message);
    }
    template_release(template);
}
