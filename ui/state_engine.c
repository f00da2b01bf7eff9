/* Whether our sidecar or AWS FIS is to do it, and what that means for the faders. */
#include "ui/state.h"

#include "experiment/fis_faults.h"
#include "ui/state_parts.h"

#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

bool ui_state_is_fis(const struct ui_state *state, const struct model *model)
{
    enum model_phase phase = model->experiment.phase;
    bool made = model_is_active(model) || phase == MODEL_PLANNED;
    if (made && ui_state_shows_experiment(state, model))
        return strcmp(model->experiment.engine, "fis") == 0;
    return state->choices.engine == CHOICES_ENGINE_FIS;
}

bool ui_state_shows_actions(const struct ui_state *state, const struct model *model)
{
    const struct model_experiment *experiment = &model->experiment;
    return experiment->phase != MODEL_IDLE && experiment->action_count > 0 &&
           (experiment->service[0] == '\0' || ui_state_shows_experiment(state, model));
}

const char *ui_state_fader_lock(const struct ui_state *state, const struct model *model)
{
    const struct model_experiment *experiment = &model->experiment;
    enum model_phase phase = experiment->phase;
    bool runs = phase == MODEL_ARMING || phase == MODEL_ARMED || phase == MODEL_INJECTING;
    bool free = experiment->live_faders && experiment->action_count == 0;
    if (!runs || free || !ui_state_shows_experiment(state, model))
        return NULL;
    if (strcmp(experiment->engine, "fis") == 0)
        return "FIS can't change a running fault: R rolls back, then inject anew";
    if (experiment->action_count > 0)
        return "a template moves these faults: R rolls back";
    if (experiment->reach == CHOICES_REACH_NONE)
        return "the sidecars can't be told of changes: R rolls back, then inject anew";
    return "its faults can't be changed while it runs: R rolls back";
}

static int container_port(const struct ui_state *state, const struct model *model)
{
    const struct model_service *service =
        model_find_service(model, state->chosen_cluster, state->chosen_service);
    return service == NULL || service->target_group_count == 0 ? 0 : service->target_groups[0]->port;
}

void ui_state_fis_refusals(const struct ui_state *state, const struct model *model, struct refusals *refusals)
{
    const struct fis_faults_setting setting = {
        .duration_ms = state->duration_ms, .target = "tasks", .container_port = container_port(state, model)};
    memset(refusals, 0, sizeof *refusals);
    if (ui_state_is_fis(state, model) && !fault_is_clean(&state->staged))
        json_object_put(fis_faults_action(&state->staged, &setting, refusals));
}

bool engine_take(struct turn *turn, const char *value, struct error *error)
{
    struct ui_state *state = turn->state;
    struct choices choices = state->choices;
    if (!choices_take_engine(&choices, value, "engine", error))
        return false;
    if (model_is_active(turn->model) && choices.engine != state->choices.engine)
        return error_set(error, ERROR_CONFLICT, "an experiment is under way: its engine stays");
    state->choices = choices;
    bool fis = choices.engine == CHOICES_ENGINE_FIS;
    ui_state_notice(state, turn->now_ms, "the next plan: %s",
                    fis ? "AWS FIS; its actions can't be changed while they run" : "our sidecar");
    return true;
}

void engine_toggle(struct turn *turn)
{
    struct error error = {0};
    bool fis = turn->state->choices.engine == CHOICES_ENGINE_FIS;
    if (!engine_take(turn, choices_engine_words[fis ? CHOICES_ENGINE_SIDECAR : CHOICES_ENGINE_FIS], &error))
        ui_state_notice(turn->state, turn->now_ms, "%s", error.message);
}

bool engine_plan_prepare(struct turn *turn, struct error *error)
{
    struct ui_state *state = turn->state;
    enum model_phase phase = turn->model->experiment.phase;
    if (state->chosen_service[0] == '\0')
        return error_set(error, ERROR_USAGE, "choose a service first: s");
    if (model_is_active(turn->model))
        return error_set(error, ERROR_CONFLICT, "an experiment is under way: one at a time");
    if (phase == MODEL_RESTORED || phase == MODEL_FAILED_PHASE)
        turn_add(turn, INTENT_DISMISS);
    turn_open_plan(turn);
    struct intent *intent = turn_add(turn, INTENT_PLAN);
    fault_init(&intent->fault);
    intent->prepare = true;
    intent->choices.engine = CHOICES_ENGINE_FIS;
    snprintf(state->plan_words, sizeof state->plan_words,
             "what AWS FIS needs of its tasks; it stays until it is rolled back (x)");
    return true;
}

static bool lacks(enum fader fader)
{
    return fader == FADER_ERRORS || fader == FADER_RESET || fader == FADER_BANDWIDTH;
}

/* How far from rest it stands. */
static double strength(const struct fault *fault, enum fader fader)
{
    return fabs(scale_position(fader, scale_get(fault, fader)) - scale_position(fader, 0));
}

bool engine_allows(const struct turn *turn, const struct fault *fault, enum fader fader, struct error *error)
{
    if (!ui_state_is_fis(turn->state, turn->model) || !lacks(fader) ||
        strength(fault, fader) <= strength(&turn->state->staged, fader))
        return true;
    return error_set(error, ERROR_REFUSED, "%s: not in FIS (E goes back to the sidecar, which has it)",
                     scale_name(fader));
}

void engine_adapt(struct turn *turn, struct fault *fault, enum fader fader, int direction)
{
    if (!ui_state_is_fis(turn->state, turn->model) || lacks(fader))
        return;
    double value = scale_get(fault, fader);
    scale_set(fault, fader, direction > 0 ? ceil(value) : direction < 0 ? floor(value) : round(value));
    if (fault->latency.jitter_ms > 0 && fault->latency.distribution != FAULT_UNIFORM) {
        fault->latency.distribution = FAULT_UNIFORM;
        ui_state_notice(turn->state, turn->now_ms, "FIS's jitter is uniform: so is this now");
    }
}
