#include "experiment/canary_arm.h"

#include <stdio.h>
#include <string.h>

#include "aws/elbv2_change.h"
#include "core/clock.h"
#include "core/units.h"
#include "experiment/arm.h"
#include "experiment/canary.h"
#include "experiment/canary_calls.h"
#include "experiment/deployment.h"
#include "experiment/ingress.h"
#include "experiment/json.h"

const char *const canary_arm_step_names[CANARY_ARM_STEPS] = {
    "Register revision", "Target groups", "Canary service",   "Tasks running",
    "Targets healthy",   "Traffic share", "Sidecars reached", "Baseline",
};

/* One arming. */
struct arming {
    const struct job *job;
    const struct plan *plan;
    struct journal *journal;
    struct json_object *canary; /* of the way back */
    struct json_object *made;   /* our target groups' ARNs, by name */
    char revision[ECS_ARN_MAX];
};

/* The plan may be minutes old: what was changed in the rules since would be lost on the way back. */
static bool check_unchanged(const struct arming *arming, struct error *error)
{
    struct json_object *rules = json_array(arming->canary, "rules");
    for (size_t i = 0; i < json_object_array_length(rules); i++) {
        struct json_object *rule = json_object_array_get_idx(rules, i), *now = NULL;
        if (!canary_read_actions(arming->job, rule, &now, error))
            return false;
        bool same = canary_same_actions(now, json_array(rule, "actions"));
        json_object_put(now);
        if (!same)
            return error_set(
                error, ERROR_CONFLICT,
                "the rule %s was changed since the plan was made. Nothing was injected; plan again",
                ecs_short_name(json_text(rule, "rule")));
    }
    return true;
}

/* After a lost answer. */
static bool find_group(const struct job *job, const char *name, char arn[ELBV2_ARN_MAX])
{
    int64_t until_ms = clock_ms() + job->settle_ms;
    struct json_object *group = NULL;
    while (!elbv2_read_target_group(job->client, name, &group, NULL)) {
        if (clock_ms() >= until_ms || job_is_canceled(job, NULL))
            return false;
        job_wait(job);
    }
    snprintf(arn, ELBV2_ARN_MAX, "%s", json_text(group, "TargetGroupArn"));
    json_object_put(group);
    return true;
}

static bool make_group(const struct arming *arming, struct json_object *input, struct error *error)
{
    char arn[ELBV2_ARN_MAX];
    struct error failure = {0};
    const struct job *job = arming->job;
    struct json_object *create = json_object_of(input, "create");
    const char *name = json_text(create, "Name");
    if (!journal_will(arming->journal, "CreateTargetGroup", "DeleteTargetGroup of that name", error))
        return false;
    if (!elbv2_create_target_group(job->client, create, arn, &failure)) {
        bool unsure = deployment_may_have_happened(&failure);
        if (!unsure || !find_group(job, name, arn)) {
            if (!unsure)
                journal_did(arming->journal, "CreateTargetGroup", "refused", NULL);
            if (error != NULL)
                *error = failure;
            return false;
        }
    }
    json_put_text(arming->made, name, arn);
    return journal_did(arming->journal, "CreateTargetGroup", arn, error) &&
           journal_will(arming->journal, "ModifyTargetGroupAttributes", "nothing: the group is ours",
                        error) &&
           elbv2_modify_target_group_attributes(job->client, arn, json_array(input, "attributes"), error) &&
           journal_did(arming->journal, "ModifyTargetGroupAttributes", arn, error);
}

static bool make_groups(const struct arming *arming, struct error *error)
{
    struct json_object *inputs = arming->plan->canary_groups;
    size_t count = json_object_array_length(inputs);
    for (size_t i = 0; i < count; i++) {
        struct json_object *input = json_object_array_get_idx(inputs, i);
        progress_set(arming->job->progress, CANARY_ARM_GROUPS, MODEL_STEP_DOING, (int)i, (int)count, "%s",
                     json_text(json_object_of(input, "create"), "Name"));
        if (job_is_canceled(arming->job, error) || !make_group(arming, input, error))
            return false;
    }
    progress_set(arming->job->progress, CANARY_ARM_GROUPS, MODEL_STEP_DONE, 0, 0, "%zu made", count);
    return true;
}

/* Each rule from what it was to our share of it. */
static bool share(const struct arming *arming, double percent, struct error *error)
{
    struct json_object *rules = json_array(arming->canary, "rules");
    for (size_t i = 0; i < json_object_array_length(rules); i++) {
        struct json_object *rule = json_object_array_get_idx(rules, i);
        struct json_object *actions =
            canary_actions(json_array(rule, "actions"), arming->canary, arming->made, percent, error);
        bool done = actions != NULL && !job_is_canceled(arming->job, error) &&
                    canary_set_actions(arming->job, arming->journal, rule, actions,
                                       "the rule's actions, as wayBack says", error);
        json_object_put(actions);
        if (!done)
            return false;
    }
    return true;
}

static struct json_object *service_input(const struct arming *arming)
{
    struct json_object *input = json_copy(arming->plan->canary_service);
    struct json_object *mappings = json_array(input, "loadBalancers");
    json_put_text(input, "taskDefinition", arming->revision);
    for (size_t i = 0; i < json_object_array_length(mappings); i++) {
        struct json_object *mapping = json_object_array_get_idx(mappings, i);
        json_put_text(mapping, "targetGroupArn",
                      json_text(arming->made, json_text(mapping, "targetGroupArn")));
    }
    return input;
}

static bool is_there(const struct job *job, const struct way_back *way_back)
{
    int64_t until_ms = clock_ms() + job->settle_ms;
    for (;;) {
        struct json_object *raw = NULL;
        bool active = ecs_describe_service(job->client, way_back->cluster_arn, way_back_carrier(way_back),
                                           &raw, NULL) &&
                      strcmp(json_text(raw, "status"), "ACTIVE") == 0;
        json_object_put(raw);
        if (active || clock_ms() >= until_ms || job_is_canceled(job, NULL))
            return active;
        job_wait(job);
    }
}

static bool make_service(const struct arming *arming, struct json_object *input, struct error *error)
{
    struct error failure = {0};
    const char *name = json_text(input, "serviceName");
    progress_set(arming->job->progress, CANARY_ARM_SERVICE, MODEL_STEP_DOING, 0, 0, "%s", name);
    if (!journal_will(arming->journal, "CreateService", "DeleteService of that name", error))
        return false;
    if (!ecs_create_service(arming->job->client, input, NULL, &failure)) {
        bool unsure = deployment_may_have_happened(&failure);
        if (!unsure || !is_there(arming->job, &arming->plan->way_back)) {
            if (!unsure)
                journal_did(arming->journal, "CreateService", "refused", NULL);
            if (error != NULL)
                *error = failure;
            return false;
        }
    }
    progress_set(arming->job->progress, CANARY_ARM_SERVICE, MODEL_STEP_DONE, 0, 0, "%s", name);
    return journal_did(arming->journal, "CreateService", name, error);
}

static bool run_service(const struct arming *arming, struct error *error)
{
    struct json_object *input = service_input(arming);
    const struct deployment deployment = {
        .cluster_arn = arming->plan->way_back.cluster_arn,
        .service_arn = json_text(input, "serviceName"),
        .task_definition = arming->revision,
        .load_balancers = json_array(input, "loadBalancers"),
    };
    bool done = !job_is_canceled(arming->job, error) && make_service(arming, input, error) &&
                deployment_wait(arming->job, &deployment, CANARY_ARM_TASKS, CANARY_ARM_TARGETS, error);
    json_object_put(input);
    return done;
}

static bool run(struct arming *arming, struct error *error)
{
    char text[UNITS_TEXT_MAX];
    double percent = canary_percent(arming->canary);
    struct progress *progress = arming->job->progress;
    if (!check_unchanged(arming, error) ||
        !arm_register(arming->job, arming->plan, arming->journal, arming->revision, error) ||
        !ingress_open(arming->job, &arming->plan->way_back, arming->journal, error) ||
        !make_groups(arming, error) || !share(arming, 0, error) || !run_service(arming, error))
        return false;
    units_format_percent(percent, text);
    progress_set(progress, CANARY_ARM_SHARE, MODEL_STEP_DOING, 0, 0, "%s", text);
    if (!share(arming, percent, error))
        return false;
    progress_set(progress, CANARY_ARM_SHARE, MODEL_STEP_DONE, 0, 0, "%s", text);
    return true;
}

bool canary_arm(const struct job *job, const struct plan *plan, struct journal *journal, struct error *error)
{
    struct arming arming = {.job = job,
                            .plan = plan,
                            .journal = journal,
                            .canary = plan->way_back.canary,
                            .made = json_object_new_object()};
    progress_begin(job->progress, canary_arm_step_names, CANARY_ARM_STEPS);
    progress_estimate(job->progress, plan->shown->estimate_ms);
    bool done = journal_phase(journal, "arming", error) && run(&arming, error);
    json_object_put(arming.made);
    return done;
}
