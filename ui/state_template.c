/* Templates from files and to files, and the plan of one. */
#include "ui/state.h"

#include "experiment/fis_document.h"
#include "experiment/json.h"
#include "experiment/template_import.h"
#include "ui/state_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct intent *turn_last_plan(struct turn *turn)
{
    return &turn->out->list[turn->out->count - 1];
}

bool template_plan(struct turn *turn, struct template *template, const char *words, bool names_service,
                   struct error *error)
{
    struct ui_state *state = turn->state;
    enum model_phase phase = turn->model->experiment.phase;
    if (model_is_active(turn->model))
        return error_set(error, ERROR_CONFLICT, "an experiment is under way: one at a time");
    if (phase == MODEL_RESTORED || phase == MODEL_FAILED_PHASE)
        turn_add(turn, INTENT_DISMISS);
    turn_open_plan(turn);
    struct intent *intent = turn_add(turn, INTENT_PLAN);
    fault_init(&intent->fault); /* the faders have no part in it */
    intent->template = template_retain(template);
    if (names_service)
        intent->cluster[0] = intent->service[0] = '\0';
    snprintf(state->plan_words, sizeof state->plan_words, "%s", words);
    return true;
}

static bool names_service(const struct template *template)
{
    for (size_t i = 0; i < template->target_count; i++)
        if (template_value(&template->targets[i].parameters, "service") != NULL)
            return true;
    return false;
}

static void plan_whole(struct turn *turn, struct template *template)
{
    struct ui_state *state = turn->state;
    struct error error = {0};
    char words[UI_NOTICE_MAX];
    bool fis = state->choices.engine == CHOICES_ENGINE_FIS;
    snprintf(words, sizeof words, "%zu action%s%s%.150s, by %s", template->action_count,
             template->action_count == 1 ? "" : "s", template->description[0] == '\0' ? "" : ": ",
             template->description,
             fis                                             ? "AWS FIS"
             : state->choices.engine == CHOICES_ENGINE_AGENT ? "the ECS agent"
                                                             : "the sidecars");
    if (!template_plan(turn, template, words, fis || names_service(template), &error))
        ui_state_notice(state, turn->now_ms, "%s", error.message);
}

static void choose_service(struct turn *turn, const struct template_import *import)
{
    struct ui_state *state = turn->state;
    if (import->service[0] == '\0' || (strcmp(import->service, state->chosen_service) == 0 &&
                                       strcmp(import->cluster, state->chosen_cluster) == 0))
        return;
    char where[REFUSAL_WHERE_MAX];
    snprintf(where, sizeof where, "%.70s/%.70s", import->cluster, import->service);
    if (model_find_service(turn->model, import->cluster, import->service) != NULL)
        tree_choose(turn, import->cluster, import->service);
    else
        refusals_add(&state->notes, where, "no such service here: the one that was chosen stays");
}

static void take_guards(struct turn *turn, const struct template_import *import)
{
    struct error error = {0};
    for (size_t i = 0; i < import->choices.guard_count; i++)
        if (!guards_add(turn, import->choices.guards[i], &error))
            refusals_add(&turn->state->notes, "guard", "%.200s", error.message);
}

static void take_faders(struct turn *turn, const struct template_import *import)
{
    struct ui_state *state = turn->state;
    char faults[UI_NOTICE_MAX - 32];
    turn_close(turn);
    state->notes = import->left;
    choose_service(turn, import);
    fader_change(turn, &import->fault, true);
    if (import->duration_ms > 0)
        state->duration_ms = import->duration_ms;
    take_guards(turn, import);
    state->focus = UI_FOCUS_FADERS;
    fault_describe(&import->fault, faults, sizeof faults);
    ui_state_notice(state, turn->now_ms, "staged from the file: %s", faults);
    if (state->notes.count == 0)
        return;
    snprintf(state->notes_title, sizeof state->notes_title, "Staged, but for");
    state->overlay = UI_OVERLAY_NOTES;
}

void ui_state_import(struct ui_state *state, struct model *model, struct template *template, int64_t now_ms,
                     struct ui_intents *out)
{
    struct turn turn = {.state = state, .model = model, .out = out, .now_ms = now_ms};
    struct template_import *import = calloc(1, sizeof *import);
    out->count = 0;
    if (import == NULL)
        return;
    const char *lock = ui_state_fader_lock(state, model);
    bool faders = template->action_count == 1 && template_import(template, import);
    if (faders && (lock != NULL || turn_can_adjust(&turn)))
        ui_state_notice(state, now_ms, "an experiment is under way here: R rolls back first");
    else if (faders)
        take_faders(&turn, import);
    else
        plan_whole(&turn, template);
    free(import);
}

struct json_object *ui_state_export(struct ui_state *state, const struct model *model)
{
    const struct model_service *service =
        model_find_service(model, state->chosen_cluster, state->chosen_service);
    const struct fis_document_request request = {
        .experiment = "",
        .cluster = state->chosen_cluster,
        .service = state->chosen_service,
        .service_arn = service != NULL ? service->arn : "",
        .port = service != NULL && service->target_group_count > 0 ? service->target_groups[0]->port : 0,
        .fault = &state->staged,
        .duration_ms = state->duration_ms,
        .choices = &state->choices,
    };
    struct json_object *document = NULL;
    memset(&state->notes, 0, sizeof state->notes);
    if (service == NULL)
        refusals_add(&state->notes, "service", "none is chosen");
    else
        document = fis_document_make(&request, &state->notes);
    if (document != NULL) {
        if (state->choices.role[0] != '\0')
            json_put_text(document, "roleArn", state->choices.role);
        return document;
    }
    snprintf(state->notes_title, sizeof state->notes_title, "Not exported");
    state->overlay = UI_OVERLAY_NOTES;
    state->scroll = 0;
    return NULL;
}
