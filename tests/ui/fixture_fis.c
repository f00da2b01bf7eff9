#include "tests/ui/fixture_fis.h"

#include "experiment/model_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct model_catalogue *fixture_catalogue(void)
{
    static const char *const told[][3] = {
        {"aws:dynamodb:global-table-pause-replication", "Pause replication of a global table.",
         "aws:dynamodb:global-table"},
        {"aws:ec2:stop-instances", "Stop the specified EC2 instances.", "aws:ec2:instance"},
        {"aws:ecs:stop-task", "Stop the specified task.", "aws:ecs:task"},
        {"aws:rds:failover-db-cluster", "Failover a DB Cluster to one of the replicas.", "aws:rds:cluster"}};
    struct model_catalogue_parameter stop[] = {
        {"completeIfInstancesTerminated", "If the instances are terminated, complete the action.", false},
        {"startInstancesAfterDuration", "The time to wait before starting the instances (ISO 8601 duration).",
         false}};
    struct model_catalogue_parameter pause[] = {
        {"duration", "The duration, from one minute to 12 hours (ISO 8601 duration).", true}};
    struct model_catalogue *catalogue = model_catalogue_new(4);
    catalogue->loading = MODEL_LOADED;
    for (size_t i = 0; i < 4; i++) {
        const struct model_catalogue_action draft = {.loading = i < 2 ? MODEL_LOADED : MODEL_UNKNOWN,
                                                     .id = told[i][0],
                                                     .description = told[i][1],
                                                     .target_key = i == 0   ? "Tables"
                                                                   : i == 1 ? "Instances"
                                                                   : i == 2 ? "Tasks"
                                                                            : "Clusters",
                                                     .resource_type = told[i][2],
                                                     .target_count = 1,
                                                     .parameter_count = i == 0   ? 1
                                                                        : i == 1 ? 2
                                                                                 : 0,
                                                     .parameters = i == 0 ? pause : stop};
        model_catalogue_add(catalogue, model_catalogue_action_new(&draft));
    }
    return catalogue;
}

static struct model_action *add_action(struct model *model, const char *name, const char *id,
                                       const char *status, int64_t from_s, int64_t to_s)
{
    struct model_experiment *experiment = &model->experiment;
    struct model_action *action = &experiment->actions[experiment->action_count++];
    snprintf(action->name, sizeof action->name, "%s", name);
    snprintf(action->action_id, sizeof action->action_id, "%s", id);
    snprintf(action->status, sizeof action->status, "%s", status);
    if (from_s > 0)
        action->started_ms = model->now_ms - from_s * 1000;
    if (to_s > 0)
        action->ended_ms = model->now_ms - to_s * 1000;
    return action;
}

static void start_fis(struct model *model)
{
    struct model_experiment *experiment = &model->experiment;
    experiment->live_faders = false;
    experiment->live_on = experiment->live_of = 0;
    experiment->sidecar_count = 0;
    snprintf(experiment->engine, sizeof experiment->engine, "fis");
    snprintf(experiment->way_back, sizeof experiment->way_back, "stop, delete template, saved");
    snprintf(experiment->fis_template, sizeof experiment->fis_template, "EXT4vWrLTWs9hyPzM");
    snprintf(experiment->fis_experiment, sizeof experiment->fis_experiment, "EXPc2mXnaUmUDHqTB9");
    snprintf(experiment->fis_status, sizeof experiment->fis_status, "running");
    experiment->asked.error.percent = experiment->asked.loss.percent = 0;
    experiment->live = experiment->asked;
    model->log_count = 1;
    snprintf(model->log[0].text, sizeof model->log[0].text, "latency 800 ms ± 50 ms: live, AWS FIS runs it");
}

static void several_actions(struct model *model)
{
    fault_init(&model->experiment.asked);
    fault_init(&model->experiment.live);
    add_action(model, "slow", "aws:ecs:task-network-latency", "completed", 180, 60);
    add_action(model, "then-wait", "aws:fis:wait", "completed", 60, 42);
    struct model_action *drop =
        add_action(model, "drop", "aws:ecs:task-network-blackhole-port", "failed", 42, 39);
    snprintf(drop->reason, sizeof drop->reason,
             "The SSM agent of task 4f1c09ab27e84d1f8c0 did not answer: is amazon-ssm-agent running in it?");
    add_action(model, "lossy", "aws:ecs:task-network-packet-loss", "running", 39, 0);
    add_action(model, "stop-some", "aws:ecs:stop-task", "pending", 0, 0);
    snprintf(model->log[0].text, sizeof model->log[0].text,
             "action drop is failed: the SSM agent did not answer");
    memset(&model->series, 0, sizeof model->series);
    hist_clear(&model->series.window);
    hist_clear(&model->series.baseline);
}

void fixture_fis_model(enum fixture_scene scene, struct model *model)
{
    if (scene == FIXTURE_CATALOGUE || scene == FIXTURE_FORM || scene == FIXTURE_FORM_OTHER)
        model->catalogue = fixture_catalogue();
    if (scene != FIXTURE_ENGINE_LIVE && scene != FIXTURE_ENGINE_ALONE && scene != FIXTURE_ACTIONS)
        return;
    start_fis(model);
    if (scene == FIXTURE_ENGINE_LIVE)
        add_action(model, "fault", "aws:ecs:task-network-latency", "running", 42, 0);
    else
        several_actions(model);
}

static void press(struct ui_state *state, struct model *model, int key)
{
    static struct ui_intents intents; /* large */
    const struct ui_event event = {.type = UI_EVENT_KEY, .key = key, .at_ms = FIXTURE_NOW_MS};
    ui_handle_event(state, model, &event, &intents);
}

static void type(struct ui_state *state, struct model *model, const char *text)
{
    for (; *text != '\0'; text++)
        press(state, model, (unsigned char)*text);
}

static void fill_form(struct ui_state *state, struct model *model, bool other)
{
    press(state, model, 'a');
    if (other)
        press(state, model, UI_KEY_END);
    if (other)
        press(state, model, UI_KEY_UP);
    press(state, model, UI_KEY_ENTER);
    press(state, model, UI_KEY_TAB);
    type(state, model, other ? "PT5M" : "800 cm");
    if (other) {
        press(state, model, UI_KEY_ENTER); /* its target is missing */
        return;
    }
    press(state, model, UI_KEY_TAB);
    type(state, model, "50");
    press(state, model, UI_KEY_UP);
}

void fixture_fis_state(enum fixture_scene scene, struct model *model, struct ui_state *state)
{
    if (scene == FIXTURE_ENGINE) {
        fault_init(&state->staged);
        state->staged.latency.mean_ms = 800;
        state->staged.error.percent = 10;
        state->choices.engine = CHOICES_ENGINE_FIS;
        state->choices.blast_radius = 50;
    } else if (scene == FIXTURE_ENGINE_LIVE) {
        state->staged = model->experiment.asked;
    } else if (scene == FIXTURE_ACTIONS) {
        press(state, model, 'A');
    } else if (scene == FIXTURE_CATALOGUE) {
        press(state, model, 'a');
        press(state, model, UI_KEY_DOWN);
    } else if (scene == FIXTURE_FORM || scene == FIXTURE_FORM_OTHER) {
        fill_form(state, model, scene == FIXTURE_FORM_OTHER);
    } else if (scene == FIXTURE_NOTES) {
        state->overlay = UI_OVERLAY_NOTES;
        snprintf(state->notes_title, sizeof state->notes_title, "Staged, but for");
        refusals_add(&state->notes, "action slow", "sources 10.0.0.0/8: the sidecar sees its clients alone");
        refusals_add(&state->notes, "target tasks",
                     "its filters: the sidecar is in all of the service's tasks");
    }
    state->notice[0] = '\0';
}
