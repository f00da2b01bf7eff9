/* preflight of the service alone: what ECS says of it. No call, but where a revision of ours runs. */
#include "experiment/preflight.h"

#include <stdio.h>
#include <string.h>

#include "experiment/estimate.h"
#include "experiment/json.h"
#include "experiment/way_back.h"

static size_t length_of(struct json_object *array)
{
    return array == NULL ? 0 : json_object_array_length(array);
}

static bool is_daemon(const struct ecs_service *service)
{
    return strcmp(service->scheduling_strategy, "DAEMON") == 0;
}

/* ── who deploys it, and how ─────────────────────────────────────────────────────────────── */

static void check_controller(const struct preflight *at)
{
    const char *controller = at->service->deployment_controller;
    if (strcmp(controller, "ECS") == 0)
        return;
    preflight_say(at, MODEL_STOP,
                  strcmp(controller, "CODE_DEPLOY") == 0
                      ? "AWS CodeDeploy replaces its tasks: UpdateService can't change its task definition"
                      : "its task sets are made from outside: UpdateService can't change its task definition",
                  "choose a service that ECS deploys itself", "the deployment controller is %s", controller);
}

static void check_strategy(const struct preflight *at)
{
    bool advanced = false;
    for (size_t i = 0; i < at->service->load_balancer_count; i++)
        advanced = advanced || at->service->load_balancers[i].advanced;
    if (strcmp(at->service->deployment_strategy, "ROLLING") != 0)
        preflight_say(at, MODEL_STOP, "its listener rules are moved by ECS during a deployment",
                      "choose a service with rolling deployments", "the deployment strategy is %s",
                      at->service->deployment_strategy);
    else if (advanced)
        preflight_say(at, MODEL_STOP, "its listener rules are moved by ECS during a deployment",
                      "take advancedConfiguration out of its load balancers first",
                      "a load balancer has advancedConfiguration, of another deployment strategy");
}

static void check_deployments(const struct preflight *at)
{
    const struct ecs_service *service = at->service;
    const struct ecs_deployment *first = &service->deployments[0];
    if (service->deployment_count > 1 ||
        (service->deployment_count == 1 && strcmp(first->rollout_state, "IN_PROGRESS") == 0))
        preflight_say(at, MODEL_STOP, "the service is not in a steady state to come back to",
                      "wait until it is COMPLETED, then try again", "a deployment is under way");
    else if (service->deployment_count == 1 && strcmp(first->rollout_state, "FAILED") == 0)
        preflight_say(at, MODEL_STOP, "the service is not in a steady state to come back to",
                      "deploy a revision that works, then try again", "its last deployment FAILED");
    else if (service->running < service->desired)
        preflight_say(at, MODEL_WARNING, "the baseline is measured on a service that is not well",
                      "wait until all run", "%d of %d tasks run", service->running, service->desired);
}

/* What else may end or hold up the deployment that we make. */
static void check_safeguards(const struct preflight *at)
{
    struct json_object *configuration = json_object_of(at->raw_service, "deploymentConfiguration");
    struct json_object *alarms = json_object_of(configuration, "alarms");
    if (at->service->circuit_breaker_enabled && at->service->circuit_breaker_rollback)
        preflight_say(at, MODEL_NOTE, "if the sidecar's tasks fail, ECS undoes the injection by itself",
                      "nothing to do", "the deployment circuit breaker rolls back");
    else if (at->service->circuit_breaker_enabled)
        preflight_say(at, MODEL_NOTE,
                      "if the sidecar's tasks fail, ECS ends the deployment and shaketable goes back",
                      "nothing to do", "the deployment circuit breaker is on, without rollback");
    if (json_flag(alarms, "enable") && length_of(json_array(alarms, "alarmNames")) > 0)
        preflight_say(at, MODEL_WARNING,
                      "an alarm that is on while the sidecars are put in or taken out fails that deployment",
                      "see that they are OK; an alarm that the faults set off must be over before the "
                      "rollback's deployment ends",
                      "%zu deployment alarms watch its deployments",
                      length_of(json_array(alarms, "alarmNames")));
    if (length_of(json_array(configuration, "lifecycleHooks")) > 0)
        preflight_say(at, MODEL_NOTE, "they run when the sidecars are put in, and again on the way back",
                      "see that they allow it", "its deployments have lifecycle hooks");
}

/* ── room to replace its tasks ───────────────────────────────────────────────────────────── */

static void check_rolling(const struct preflight *at)
{
    struct estimate room;
    estimate_read_service(&room, at->raw_service);
    int desired = at->service->desired, minimum = room.minimum_percent, maximum = room.maximum_percent;
    int lowest = (int)(((int64_t)desired * minimum + 99) / 100); /* rounded as ECS does it */
    int highest = (int)((int64_t)desired * maximum / 100);
    if (desired <= 0 || highest > desired || is_daemon(at->service))
        return;
    if (lowest >= desired)
        preflight_say(at, MODEL_STOP,
                      "ECS may neither start a new task nor stop an old one, so no deployment gets on",
                      "raise maximumPercent (200 is usual) or lower minimumHealthyPercent",
                      "%d tasks, at least %d %% and at most %d %% of them: none can be replaced", desired,
                      minimum, maximum);
    else if (lowest <= 0)
        preflight_say(at, MODEL_WARNING,
                      "nobody answers meanwhile, when the sidecars are put in and again on the way back",
                      "raise maximumPercent (200 is usual), so that new tasks start first",
                      "all its tasks are stopped before new ones start (maximumPercent %d)", maximum);
    else
        preflight_say(
            at, MODEL_WARNING,
            "the others carry all traffic meanwhile, when the sidecars are put in and on the way back",
            "raise maximumPercent (200 is usual), so that new tasks start first",
            "up to %d of %d tasks are stopped before new ones start (maximumPercent %d)", desired - lowest,
            desired, maximum);
}

static void check_placement(const struct preflight *at)
{
    struct json_object *constraints = json_array(at->raw_service, "placementConstraints");
    for (size_t i = 0; i < length_of(constraints); i++)
        if (strcmp(json_text(json_object_array_get_idx(constraints, i), "type"), "distinctInstance") == 0)
            preflight_say(at, MODEL_WARNING,
                          "a new task needs an instance on which none of the service's tasks runs",
                          "see that one is free, or that minimumHealthyPercent is below 100",
                          "its tasks must stand on distinct instances");
    if (is_daemon(at->service))
        preflight_say(at, MODEL_WARNING,
                      "on each instance its task is stopped before the new one starts, twice: in and out",
                      "go on if the other instances carry the traffic",
                      "it is a daemon: one task on each instance");
}

/* ── traffic that does not meet the sidecar ──────────────────────────────────────────────── */

static bool has_lattice(struct json_object *raw)
{
    struct json_object *deployments = json_array(raw, "deployments");
    for (size_t i = 0; i < length_of(deployments); i++)
        if (length_of(json_array(json_object_array_get_idx(deployments, i), "vpcLatticeConfigurations")) > 0)
            return true;
    return length_of(json_array(raw, "vpcLatticeConfigurations")) > 0;
}

static void check_other_ways_in(const struct preflight *at)
{
    if (at->service->service_connect)
        preflight_say(at, MODEL_WARNING, "calls that come through it do not pass the sidecar",
                      "only traffic of the load balancer is faulted", "Service Connect is enabled");
    if (length_of(json_array(at->raw_service, "serviceRegistries")) > 0)
        preflight_say(at, MODEL_WARNING,
                      "clients that find its tasks by DNS go straight to them, past the sidecar",
                      "only traffic of the load balancer is faulted", "it is registered in Cloud Map");
    if (has_lattice(at->raw_service))
        preflight_say(at, MODEL_WARNING, "calls that come through it do not pass the sidecar",
                      "only traffic of the load balancer is faulted", "it is a target of VPC Lattice");
}

static void check_load_balancers(const struct preflight *at)
{
    if (at->service->load_balancer_count == 0 && !at->agent)
        preflight_say(at, MODEL_STOP, "a sidecar would see none of its traffic",
                      "attach a target group to it, inject into the service that calls it, or fault what it "
                      "calls itself (--dependency)",
                      "the service has no load balancer");
}

static void check_role(const struct preflight *at)
{
    const char *role = at->service->role_arn;
    if (role[0] != '\0' && strstr(role, "AWSServiceRoleForECS") == NULL)
        preflight_say(at, MODEL_WARNING,
                      "changing load balancers makes ECS use the service-linked role, for good",
                      "go on only if nothing depends on that role", "the service has a role of its own");
}

void preflight_deployable(const struct preflight *at)
{
    check_controller(at);
    check_strategy(at);
    check_deployments(at);
}

/* The id of what prepared it for FIS; "" where that is not why a revision of ours runs. */
static void find_preparation(const struct preflight *at, char experiment[32])
{
    struct way_back way_back = {0};
    experiment[0] = '\0';
    if (at->task_definition != NULL && way_back_from_task_definition(&way_back, at->task_definition, NULL) &&
        way_back.prepares)
        snprintf(experiment, 32, "%s", way_back.experiment);
    way_back_free(&way_back);
}

static void say_held(const struct preflight *at)
{
    const struct ecs_service *service = at->service;
    char advice[MODEL_TEXT_MAX], prepared[32];
    find_preparation(at, prepared);
    if (prepared[0] != '\0') {
        snprintf(advice, sizeof advice, "roll that back first: shaketable rollback %s", prepared);
        preflight_say(at, MODEL_STOP, "its tasks hold what AWS FIS needs, and one change at a time is kept",
                      advice, "it is prepared for AWS FIS");
        return;
    }
    snprintf(advice, sizeof advice, "shaketable rollback --cluster %.60s --service %.60s",
             ecs_short_name(service->cluster_arn), service->name);
    preflight_say(at, MODEL_STOP, "another experiment holds this service", advice,
                  "it is injected already, by revision %s", ecs_short_name(service->task_definition));
}

bool preflight_service(const struct preflight *at)
{
    const struct ecs_service *service = at->service;
    if (strcmp(service->status, "ACTIVE") != 0) {
        preflight_say(at, MODEL_STOP, "there is nothing to inject into", "choose an ACTIVE service",
                      "the service is %s", service->status);
        return false;
    }
    if (way_back_is_ours(service->task_definition)) {
        say_held(at);
        return false;
    }
    preflight_deployable(at);
    if (!at->outbound)
        check_load_balancers(at);
    if (service->desired == 0)
        preflight_say(at, MODEL_STOP, "no task would carry the sidecar", "scale it to at least one task",
                      "its desired count is 0");
    if (!at->agent && !at->outbound)
        check_other_ways_in(at);
    return true;
}

void preflight_rolling(const struct preflight *at)
{
    check_safeguards(at);
    if (!at->outbound) /* its load balancers stay as they are */
        check_role(at);
    check_rolling(at);
    check_placement(at);
}
