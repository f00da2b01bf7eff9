/* Whether our sidecar, AWS FIS or the ECS agent is to do it, and what that means for the faders. */
#include "ui/state.h"

#include "ui/engine.h"
#include "ui/state_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum choices_engine ui_state_engine(const struct ui_state *state, const struct model *model)
{
    enum model_phase phase = model->experiment.phase;
    bool made = model_is_active(model) || phase == MODEL_PLANNED;
    if (!made || !ui_state_shows_experiment(state, model))
        return state->choices.engine;
    return strcmp(model->experiment.engine, "fis") == 0     ? CHOICES_ENGINE_FIS
           : strcmp(model->experiment.engine, "agent") == 0 ? CHOICES_ENGINE_AGENT
                                                            : CHOICES_ENGINE_SIDECAR;
}

bool ui_state_is_fis(const struct ui_state *state, const struct model *model)
{
    return ui_state_engine(state, model) == CHOICES_ENGINE_FIS;
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

void ui_state_refusals(const struct ui_state *state, const struct model *model, struct refusals *refusals)
{
    ui_engine_refusals(ui_state_engine(state, model), &state->staged, state->duration_ms,
                       container_port(state, model), refusals);
}

int64_t ui_state_change_in_ms(const struct model *model, int64_t now_ms)
{
    const struct model_experiment *experiment = &model->experiment;
    if (experiment->slow_ms <= 0)
        return 0;
    if (experiment->changing)
        return -1;
    return experiment->next_change_ms > now_ms ? experiment->next_change_ms - now_ms : 0;
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
    static const char *const words[] = {"our sidecar", "AWS FIS; its actions can't be changed while they run",
                                        "the ECS agent; its faults take one change in 5 s"};
    ui_state_notice(state, turn->now_ms, "the next plan: %s", words[choices.engine]);
    return true;
}

void engine_toggle(struct turn *turn)
{
    struct error error = {0};
    const char *next = choices_engine_words[turn->state->choices.engine + 1];
    if (!engine_take(turn, next != NULL ? next : choices_engine_words[0], &error))
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

static bool lacks(const struct turn *turn, enum fader fader)
{
    bool can;
    ui_engine_fader(ui_state_engine(turn->state, turn->model), fader, &can);
    return !can;
}

/* How far from rest it stands. */
static double strength(const struct fault *fault, enum fader fader)
{
    return fabs(scale_position(fader, scale_get(fault, fader)) - scale_position(fader, 0));
}

bool engine_allows(const struct turn *turn, const struct fault *fault, enum fader fader, struct error *error)
{
    if (!lacks(turn, fader) || strength(fault, fader) <= strength(&turn->state->staged, fader))
        return true;
    return error_set(error, ERROR_REFUSED, "%s: not in %s (E goes on to the sidecar, which has it)",
                     scale_name(fader), ui_engine_word(ui_state_engine(turn->state, turn->model)));
}

void engine_adapt(struct turn *turn, struct fault *fault, enum fader fader, int direction)
{
    enum choices_engine engine = ui_state_engine(turn->state, turn->model);
    if (!ui_engine_is_coarse(engine) || lacks(turn, fader))
        return;
    double value = scale_get(fault, fader);
    scale_set(fault, fader, direction > 0 ? ceil(value) : direction < 0 ? floor(value) : round(value));
    if (fault->latency.jitter_ms > 0 && fault->latency.distribution != FAULT_UNIFORM) {
        fault->latency.distribution = FAULT_UNIFORM;
        ui_state_notice(turn->state, turn->now_ms, "%s's jitter is uniform: so is this now",
                        ui_engine_word(engine));
    }
}
