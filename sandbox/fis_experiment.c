/* fis_experiment: the operations on experiments, and how one is described. */
#include "core/clock.h"
#include "sandbox/fis.h"
#include "sandbox/fis_catalogue.h"
#include "sandbox/fis_check.h"
#include "sandbox/memory.h"
#include "sandbox/names.h"
#include "sandbox/operations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 20
#define PAGE_MAX 100

static const char *const status_names[] = {"pending", "initiating", "running",   "completed", "stopping",
                                           "stopped", "failed",     "cancelled", "skipped"};

bool fis_is_over(const struct fis_experiment *experiment)
{
    return experiment->status == FIS_COMPLETED || experiment->status == FIS_STOPPED ||
           experiment->status == FIS_FAILED || experiment->status == FIS_CANCELLED;
}

static void add_actions(struct fis_experiment *experiment)
{
    struct json_object *map = json_map(experiment->body, "actions");

    experiment->is_local = true;
    json_object_object_foreach(map, name, json)
    {
        struct fis_action *action = &experiment->actions[experiment->action_count++];
        text_copy(action->name, sizeof action->name, name);
        text_copy(action->reason, sizeof action->reason, "Initial state");
        action->json = json;
        action->type = fis_action_type(json_text(json, "actionId"));
        experiment->is_local = experiment->is_local && fis_is_local(action->type);
    }
}

static void add_targets(struct fis_experiment *experiment)
{
    struct json_object *map = json_map(experiment->body, "targets");

    experiment->targets =
        memory_new(((size_t)json_object_object_length(map) + 1) * sizeof *experiment->targets);
    json_object_object_foreach(map, name, json)
    {
        struct fis_target *target = &experiment->targets[experiment->target_count++];
        text_copy(target->name, sizeof target->name, name);
        target->json = json;
    }
}

struct fis_experiment *fis_experiment_new(struct region *region, const struct fis_template *from)
{
    struct fis_experiment *experiment = memory_new(sizeof *experiment);

    names_fis(experiment->id, "EXP");
    snprintf(experiment->arn, sizeof experiment->arn, "arn:aws:fis:%s:%s:experiment/%s", from->region,
             REGION_ACCOUNT, experiment->id);
    text_copy(experiment->region, sizeof experiment->region, from->region);
    text_copy(experiment->template_id, sizeof experiment->template_id, from->id);
    text_copy(experiment->reason, sizeof experiment->reason, "Experiment is pending.");
    experiment->body = json_copy(from->body);
    json_object_object_del(experiment->body, "description");
    json_put(experiment->body, "tags", json_object_new_object());
    experiment->created = experiment->started = region_now();
    add_actions(experiment);
    add_targets(experiment);
    list_add(&region->fis->experiments, experiment);
    return experiment;
}

void fis_experiment_free(struct fis_experiment *experiment)
{
    for (size_t i = 0; i < experiment->target_count; i++)
        json_object_put(experiment->targets[i].resolved);
    for (size_t i = 0; i < experiment->action_count; i++)
        json_object_put(experiment->actions[i].hit);
    free(experiment->targets);
    json_object_put(experiment->asked);
    json_object_put(experiment->body);
    free(experiment);
}

/* --- how it is described ------------------------------------------------------------------------ */

static struct json_object *state_json(const struct fis_experiment *experiment)
{
    struct json_object *json = json_object_new_object(), *error = NULL;

    json_put_text(json, "status", status_names[experiment->status]);
    json_put_text(json, "reason", experiment->reason);
    if (experiment->status == FIS_FAILED && *experiment->error_code) {
        error = json_object_new_object();
        json_put_text(error, "accountId", REGION_ACCOUNT);
        json_put_text(error, "code", experiment->error_code);
        json_put_text(error, "location", experiment->error_location);
        json_put(json, "error", error);
    }
    return json;
}

static struct json_object *action_json(const struct fis_action *action)
{
    struct json_object *json = json_copy(action->json), *state = json_object_new_object();

    json_put_text(state, "status", status_names[action->status]);
    json_put_text(state, "reason", action->reason);
    json_put(json, "state", state);
    json_put_time(json, "startTime", action->started);
    json_put_time(json, "endTime", action->ended);
    return json;
}

static struct json_object *options_json(const struct fis_experiment *experiment)
{
    struct json_object *json = json_copy(json_map(experiment->body, "experimentOptions"));

    json_put_text(json, "actionsMode", experiment->skip_all ? "skip-all" : "run-all");
    return json;
}

struct json_object *fis_experiment_json(const struct fis_experiment *experiment)
{
    struct json_object *json = json_copy(experiment->body), *actions = json_object_new_object();

    for (size_t i = 0; i < experiment->action_count; i++)
        json_put(actions, experiment->actions[i].name, action_json(&experiment->actions[i]));
    json_put_text(json, "id", experiment->id);
    json_put_text(json, "arn", experiment->arn);
    json_put_text(json, "experimentTemplateId", experiment->template_id);
    json_put(json, "state", state_json(experiment));
    json_put(json, "actions", actions);
    json_put_time(json, "creationTime", experiment->created);
    json_put_time(json, "startTime", experiment->started);
    json_put_time(json, "endTime", experiment->ended);
    json_put(json, "experimentOptions", options_json(experiment));
    return json;
}

static bool answer(struct call *call, const struct fis_experiment *experiment)
{
    json_put(call->response, "experiment", fis_experiment_json(experiment));
    return true;
}

/* --- starting ----------------------------------------------------------------------------------- */

static struct fis_experiment *find_token(struct region *region, const char *name, const char *token)
{
    for (size_t i = 0; i < region->fis->experiments.count; i++) {
        struct fis_experiment *experiment = region->fis->experiments.items[i];
        if (strcmp(experiment->token, token) == 0 && strcmp(experiment->region, name) == 0)
            return experiment;
    }
    return NULL;
}

static bool check_quota(struct region *region, struct call *call)
{
    const char *name = fis_region_of(region, call);
    size_t active = 0;

    for (size_t i = 0; i < region->fis->experiments.count; i++) {
        const struct fis_experiment *experiment = region->fis->experiments.items[i];
        active += strcmp(experiment->region, name) == 0 && !fis_is_over(experiment);
    }
    return active < FIS_ACTIVE_MAX ||
           call_fail_status(call, 402, "ServiceQuotaExceededException",
                            "There can be at most %d active experiments.", FIS_ACTIVE_MAX);
}

static bool check_alarms(const struct region *region, struct call *call, struct json_object *body)
{
    const char *missing = NULL, *alarm = fis_alarm_of(region, body, &missing);

    if (missing)
        return fis_invalid(call, "The alarm of a stop condition does not exist: %.300s", missing);
    return !alarm ||
           call_fail_status(call, 409, "ConflictException",
                            "The experiment can't be started while the alarm of a stop condition is "
                            "in ALARM: %.300s",
                            alarm);
}

static bool read_mode(struct call *call, bool *skip_all)
{
    struct json_object *options = json_map(call->request, "experimentOptions");
    const char *mode = json_text(options, "actionsMode");

    *skip_all = mode && strcmp(mode, "skip-all") == 0;
    if (!mode || *skip_all || strcmp(mode, "run-all") == 0)
        return true;
    return fis_invalid(
        call,
        "1 validation error detected: Value '%.100s' at 'experimentOptions.actionsMode' failed to "
        "satisfy constraint: Member must satisfy enum value set: [skip-all, run-all]",
        mode);
}

static void forget_old(struct fis *fis)
{
    for (size_t i = 0; i < fis->experiments.count && fis->experiments.count >= FIS_EXPERIMENTS_KEPT;) {
        struct fis_experiment *experiment = fis->experiments.items[i];
        if (!fis_is_over(experiment)) {
            i++;
            continue;
        }
        list_remove_at(&fis->experiments, i);
        fis_experiment_free(experiment);
    }
}

static struct fis_experiment *start(struct region *region, struct call *call,
                                    const struct fis_template *template, const char *token, bool skip_all)
{
    const struct fis_lever *lever = fis_find_lever(region, template->region);
    struct json_object *tags = json_any(call->request, "tags");
    struct fis_experiment *experiment = NULL;

    forget_old(region->fis);
    experiment = fis_experiment_new(region, template);
    text_copy(experiment->token, sizeof experiment->token, token);
    experiment->asked = json_copy(call->request);
    experiment->skip_all = skip_all;
    if (tags)
        json_put(experiment->body, "tags", json_copy(tags));
    if (lever && lever->engaged)
        fis_stop(region, experiment, FIS_CANCELLED,
                 "The experiment was cancelled: the safety lever is engaged.", clock_ms());
    else
        fis_begin(region, experiment, clock_ms());
    return experiment;
}

bool fis_start_experiment(struct region *region, struct call *call)
{
    const char *token = NULL, *id = json_text(call->request, "experimentTemplateId");
    struct fis_template *template = fis_find_template(region, call, id);
    struct fis_experiment *experiment = NULL;
    bool skip_all = false;

    if (!fis_take_token(call, &token))
        return false;
    experiment = find_token(region, fis_region_of(region, call), token);
    if (experiment && json_equal(experiment->asked, call->request))
        return answer(call, experiment);
    if (experiment)
        return call_fail_status(call, 409, "ConflictException",
                                "The client token was used before, with other parameters.");
    if (!id)
        return fis_invalid(call,
                           "1 validation error detected: Value null at 'experimentTemplateId' failed to "
                           "satisfy constraint: Member must not be null");
    if (!template)
        return fis_not_found(call, "Experiment template", id);
    if (!read_mode(call, &skip_all) || !fis_check_tags(call, json_any(call->request, "tags"), true) ||
        !check_quota(region, call) || !check_alarms(region, call, template->body))
        return false;
    return answer(call, start(region, call, template, token, skip_all));
}

/* --- the others --------------------------------------------------------------------------------- */

bool fis_get_experiment(struct region *region, struct call *call)
{
    const char *id = json_text(call->request, "id");
    const struct fis_experiment *experiment = fis_find_experiment(region, call, id);

    return experiment ? answer(call, experiment) : fis_not_found(call, "Experiment", id);
}

bool fis_stop_experiment(struct region *region, struct call *call)
{
    const char *id = json_text(call->request, "id");
    struct fis_experiment *experiment = fis_find_experiment(region, call, id);

    if (!experiment)
        return fis_not_found(call, "Experiment", id);
    /* The model has no conflict for this operation. */
    if (fis_is_over(experiment))
        return fis_invalid(call, "Experiment %s can't be stopped: it is %s.", id,
                           status_names[experiment->status]);
    fis_stop(region, experiment, FIS_STOPPED, "Experiment stopped.", clock_ms());
    return answer(call, experiment);
}

bool fis_list_experiments(struct region *region, struct call *call)
{
    static const char *const members[] = {"id",           "arn",  "experimentTemplateId", "state",
                                          "creationTime", "tags", "experimentOptions"};
    const char *template = json_text(call->request, "experimentTemplateId"),
               *name = fis_region_of(region, call);
    struct json_object *list = json_object_new_array();

    for (size_t i = 0; i < region->fis->experiments.count; i++) {
        const struct fis_experiment *experiment = region->fis->experiments.items[i];
        if (strcmp(experiment->region, name) != 0 ||
            (template && strcmp(template, experiment->template_id) != 0))
            continue;
        struct json_object *whole = fis_experiment_json(experiment), *json = json_object_new_object();
        for (size_t k = 0; k < sizeof members / sizeof *members; k++)
            json_put(json, members[k], json_object_get(json_any(whole, members[k])));
        json_object_put(whole);
        json_object_array_add(list, json);
    }
    return call_answer_page(call, list, "experiments", "id", PAGE, PAGE_MAX);
}

static void add_resolved(struct json_object *list, const struct fis_target *target)
{
    for (size_t i = 0; i < json_length(target->resolved); i++) {
        struct json_object *json = json_object_new_object(), *information = json_object_new_object();
        json_put_text(information, "arn", json_text_at(target->resolved, i));
        json_put_text(json, "resourceType", json_text(target->json, "resourceType"));
        json_put_text(json, "targetName", target->name);
        json_put(json, "targetInformation", information);
        json_object_array_add(list, json);
    }
}

bool fis_list_experiment_resolved_targets(struct region *region, struct call *call)
{
    const char *id = json_text(call->request, "id"), *name = json_text(call->request, "targetName");
    const struct fis_experiment *experiment = fis_find_experiment(region, call, id);
    struct json_object *list = NULL;

    if (!experiment)
        return fis_not_found(call, "Experiment", id);
    list = json_object_new_array();
    for (size_t i = 0; i < experiment->target_count; i++) {
        if (!name || strcmp(name, experiment->targets[i].name) == 0)
            add_resolved(list, &experiment->targets[i]);
    }
    return call_answer_page(call, list, "resolvedTargets", NULL, PAGE, PAGE_MAX);
}
