#include "tests/ui/fixture_agent.h"

#include <stdio.h>

/* A change from 400 ms to 800 ms was sent two seconds ago, and one sidecar has yet to say that it has it. */
static void change(struct model_experiment *experiment)
{
    experiment->live.latency.mean_ms = 400;
    experiment->changing = true;
    experiment->next_change_ms = FIXTURE_NOW_MS + 3000;
    experiment->live_on = 2;
    experiment->sidecars[0].state = MODEL_SIDECAR_BEHIND;
}

void fixture_agent_model(enum fixture_scene scene, struct model *model)
{
    struct model_experiment *experiment = &model->experiment;
    if (scene != FIXTURE_AGENT_PLAN && scene != FIXTURE_AGENT_LIVE)
        return;
    snprintf(experiment->engine, sizeof experiment->engine, "agent");
    experiment->slow_ms = 5000;
    experiment->asked.error.percent = experiment->asked.loss.percent = 0;
    experiment->asked.latency.distribution = FAULT_UNIFORM;
    experiment->live = experiment->asked;
    if (scene == FIXTURE_AGENT_LIVE)
        change(experiment);
}

void fixture_agent_state(enum fixture_scene scene, struct model *model, struct ui_state *state)
{
    if (scene == FIXTURE_AGENT) {
        fault_init(&state->staged);
        state->staged.latency.mean_ms = 800;
        state->staged.error.percent = 10;
        state->choices.engine = CHOICES_ENGINE_AGENT;
        state->choices.source_count = 1;
        snprintf(state->choices.sources[0], sizeof state->choices.sources[0], "10.0.0.0/16");
    } else if (scene == FIXTURE_AGENT_PLAN) {
        state->staged = model->experiment.asked;
        state->staged.latency.mean_ms = 800;
    } else if (scene == FIXTURE_AGENT_LIVE) { /* and a third value waits */
        state->staged = model->experiment.asked;
        state->staged.latency.mean_ms = 1200;
        state->touched = state->adjust_pending = true;
        state->adjusted_ms = FIXTURE_NOW_MS - 2000;
    }
}
