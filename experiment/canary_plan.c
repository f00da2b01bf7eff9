#include "experiment/canary_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/elbv2.h"
#include "aws/elbv2_change.h"
#include "core/clock.h"
#include "experiment/canary.h"
#include "experiment/diff.h"
#include "experiment/json.h"

#define DRAIN_MAX_S 30 /* our targets are clean by then: nothing that they hold takes longer */

/* What is being put together. */
struct planning {
    const struct job *job;
    struct plan *plan;
    struct json_object *canary;  /* of the way back */
    struct json_object *inputs;  /* of CreateTargetGroup, and attributes */
    struct json_object *service; /* of CreateService */
};

/* ── target groups ───────────────────────────────────────────────────────────────────────── */

static void add_tag(struct json_object *tags, const char *key_name, const char *key, const char *value_name,
                    const char *value)
{
    struct json_object *tag = json_object_new_object();
    json_put_text(tag, key_name, key);
    json_put_text(tag, value_name, value);
    json_object_array_add(tags, tag);
}

static void add_own_tags(const struct way_back *way_back, struct json_object *tags, const char *key_name,
                         const char *value_name)
{
    char deadline[CLOCK_TEXT_MAX];
    clock_format_utc(way_back->deadline_ms, deadline, sizeof deadline);
    add_tag(tags, key_name, CANARY_TAG_EXPERIMENT, value_name, way_back->experiment);
    add_tag(tags, key_name, CANARY_TAG_OPERATOR, value_name, way_back->operator_name);
    add_tag(tags, key_name, CANARY_TAG_DEADLINE, value_name, deadline);
}

static void copy_keys(struct json_object *from, struct json_object *to, const char *const *keys)
{
    struct json_object *value = NULL;
    for (; *keys != NULL; keys++)
        if (json_object_object_get_ex(from, *keys, &value) && value != NULL)
            json_object_object_add(to, *keys, json_copy(value));
}

static struct json_object *group_input(const struct way_back *way_back, struct json_object *group,
                                       const char *name)
{
    static const char *const keys[] = {
        "Protocol",
        "ProtocolVersion",
        "Port",
        "VpcId",
        "HealthCheckProtocol",
        "HealthCheckPort",
        "HealthCheckEnabled",
        "HealthCheckPath",
        "HealthCheckIntervalSeconds",
        "HealthCheckTimeoutSeconds",
        "HealthyThresholdCount",
        "UnhealthyThresholdCount",
        "Matcher",
        "TargetType",
        "IpAddressType",
        NULL,
    };
    struct json_object *input = json_object_new_object(), *tags = json_object_new_array();
    json_put_text(input, "Name", name);
    copy_keys(group, input, keys);
    add_own_tags(way_back, tags, "Key", "Value");
    json_object_object_add(input, "Tags", tags);
    return input;
}

/* Those of the group that ours stands beside; but ours need not drain for long. */
static bool group_attributes(const struct job *job, const char *arn, struct json_object **out,
                             struct error *error)
{
    struct json_object *all = NULL;
    if (!elbv2_read_target_group_attributes(job->client, arn, &all, error))
        return false;
    *out = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(all); i++) {
        struct json_object *attribute = json_copy(json_object_array_get_idx(all, i));
        char drain[16];
        if (strcmp(json_text(attribute, "Key"), "deregistration_delay.timeout_seconds") == 0 &&
            strtol(json_text(attribute, "Value"), NULL, 10) > DRAIN_MAX_S) {
            snprintf(drain, sizeof drain, "%d", DRAIN_MAX_S);
            json_put_text(attribute, "Value", drain);
        }
        if (json_text(attribute, "Value")[0] != '\0')
            json_object_array_add(*out, attribute);
        else
            json_object_put(attribute);
    }
    json_object_put(all);
    return true;
}

static bool add_group(const struct planning *planning, const char *arn, struct error *error)
{
    const struct way_back *way_back = &planning->plan->way_back;
    struct json_object *groups = json_array(planning->canary, "groups"), *raw = NULL, *attributes = NULL;
    char name[64];
    size_t number = json_object_array_length(groups) + 1;
    snprintf(name, sizeof name, number == 1 ? "%s%s" : "%s%s-%zu", WAY_BACK_FAMILY_PREFIX,
             way_back->experiment, number);
    if (!elbv2_read_target_group(planning->job->client, arn, &raw, error))
        return false;
    bool done = group_attributes(planning->job, arn, &attributes, error);
    if (done) {
        struct json_object *group = json_object_new_object(), *input = json_object_new_object();
        json_put_text(group, "name", name);
        json_put_text(group, "of", arn);
        json_object_array_add(groups, group);
        json_object_object_add(input, "create", group_input(way_back, raw, name));
        json_object_object_add(input, "attributes", attributes);
        json_object_array_add(planning->inputs, input);
    }
    json_object_put(raw);
    return done;
}

/* ── rules ───────────────────────────────────────────────────────────────────────────────── */

static bool add_rule(const struct planning *planning, const char *listener_arn, struct json_object *rule,
                     struct error *error)
{
    struct json_object *actions = json_array(rule, "Actions"), *made = json_object_new_object();
    struct json_object *rules = json_array(planning->canary, "rules");
    const char *other = canary_forwards_to_ours(actions);
    bool done = true;
    if (other[0] != '\0')
        done = error_set(
            error, ERROR_REFUSED,
            "another experiment's canary (%.40s) is behind the rule already: roll that back first", other);
    else if (json_object_array_length(rules) == CANARY_RULES_MAX)
        done = error_set(error, ERROR_REFUSED, "more than %d rules forward to it", CANARY_RULES_MAX);
    /* Whether ELBv2 would take it: the names stand for the ARNs that are not there yet. */
    struct json_object *groups = json_array(planning->canary, "groups");
    for (size_t i = 0; i < json_object_array_length(groups); i++) {
        const char *name = json_text(json_object_array_get_idx(groups, i), "name");
        json_put_text(made, name, name);
    }
    struct json_object *tried = done ? canary_actions(actions, planning->canary, made,
                                                      planning->plan->request.choices.blast_radius, error)
                                     : NULL;
    if (tried != NULL) {
        struct json_object *kept = json_object_new_object();
        json_put_text(kept, "rule", json_text(rule, "RuleArn"));
        json_put_text(kept, "listener", listener_arn);
        json_put_flag(kept, "default", strcmp(json_text(rule, "IsDefault"), "true") == 0);
        json_object_object_add(kept, "actions", json_copy(actions));
        json_object_array_add(rules, kept);
    }
    json_object_put(tried);
    json_object_put(made);
    return tried != NULL;
}

static bool forwards_to_service(struct json_object *canary, struct json_object *actions)
{
    struct json_object *groups = json_array(canary, "groups");
    for (size_t i = 0; i < json_object_array_length(groups); i++)
        if (canary_forwards_to(actions, json_text(json_object_array_get_idx(groups, i), "of")))
            return true;
    return false;
}

static bool add_rules_of_listener(const struct planning *planning, const char *listener_arn,
                                  struct error *error)
{
    struct json_object *rules = NULL;
    bool done = elbv2_read_rules(planning->job->client, listener_arn, &rules, error);
    for (size_t i = 0; done && i < json_object_array_length(rules); i++) {
        struct json_object *rule = json_object_array_get_idx(rules, i);
        if (forwards_to_service(planning->canary, json_array(rule, "Actions")))
            done = add_rule(planning, listener_arn, rule, error);
    }
    json_object_put(rules);
    return done;
}

static bool add_rules_of_balancer(const struct planning *planning, const char *arn, struct error *error)
{
    struct elbv2_load_balancers balancers = {0};
    struct elbv2_listeners listeners = {0};
    bool done = elbv2_describe_load_balancers(planning->job->client, (const char *const[]){arn}, 1,
                                              &balancers, error);
    if (done && (balancers.count == 0 || strcmp(balancers.items[0].type, "application") != 0))
        done = error_set(error, ERROR_REFUSED,
                         "%s is no Application Load Balancer: only those share a rule by weight",
                         balancers.count == 0 ? arn : balancers.items[0].name);
    done = done && elbv2_describe_listeners(planning->job->client, arn, &listeners, error);
    for (size_t i = 0; done && i < listeners.count; i++)
        done = add_rules_of_listener(planning, listeners.items[i].arn, error);
    elbv2_listeners_free(&listeners);
    elbv2_load_balancers_free(&balancers);
    return done;
}

static bool is_behind_a_rule(const struct planning *planning, const char *target_group_arn)
{
    struct json_object *rules = json_array(planning->canary, "rules");
    for (size_t i = 0; i < json_object_array_length(rules); i++)
        if (canary_forwards_to(json_array(json_object_array_get_idx(rules, i), "actions"), target_group_arn))
            return true;
    return false;
}

/* The load balancers of all its target groups, each once. */
static bool add_rules(const struct planning *planning, const char *const *arns, size_t count,
                      struct error *error)
{
    struct elbv2_target_groups groups = {0};
    const char *seen[ECS_LOAD_BALANCERS_MAX * ELBV2_LOAD_BALANCERS_MAX];
    size_t seen_count = 0;
    bool done = elbv2_describe_target_groups(planning->job->client, arns, count, &groups, error);
    for (size_t i = 0; done && i < groups.count; i++)
        for (size_t k = 0; done && k < groups.items[i].load_balancer_count; k++) {
            const char *arn = groups.items[i].load_balancer_arns[k];
            bool known = seen_count == sizeof seen / sizeof seen[0];
            for (size_t s = 0; s < seen_count; s++)
                known = known || strcmp(seen[s], arn) == 0;
            if (known)
                continue;
            seen[seen_count++] = arn;
            done = add_rules_of_balancer(planning, arn, error);
        }
    elbv2_target_groups_free(&groups);
    for (size_t i = 0; done && i < count; i++)
        if (!is_behind_a_rule(planning, arns[i]))
            done = error_set(error, ERROR_REFUSED, "no listener's rule forwards to its target group %.60s",
                             ecs_short_name(arns[i]));
    return done;
}

/* ── the service ─────────────────────────────────────────────────────────────────────────── */

/* It calls others through the mesh as the service does, and isn't called through it. */
static void copy_service_connect(struct json_object *raw, struct json_object *input)
{
    struct json_object *deployments = json_array(raw, "deployments");
    struct json_object *first = deployments == NULL ? NULL : json_object_array_get_idx(deployments, 0);
    struct json_object *from = json_object_of(first, "serviceConnectConfiguration");
    if (!json_flag(from, "enabled"))
        return;
    struct json_object *to = json_copy(from);
    json_object_object_del(to, "services");
    json_object_object_add(input, "serviceConnectConfiguration", to);
}

static void copy_tags(const struct planning *planning, struct json_object *input)
{
    struct json_object *tags = json_object_new_array();
    struct json_object *from = json_array(planning->plan->service, "tags");
    for (size_t i = 0; from != NULL && i < json_object_array_length(from); i++) {
        struct json_object *tag = json_object_array_get_idx(from, i);
        const char *key = json_text(tag, "key");
        if (strncmp(key, "aws:", 4) != 0 && strncmp(key, "shaketable:", 11) != 0)
            json_object_array_add(tags, json_copy(tag));
    }
    add_own_tags(&planning->plan->way_back, tags, "key", "value");
    json_object_object_add(input, "tags", tags);
}

/* Its load balancers with our groups' names, in whose place their ARNs stand once they are made. */
static struct json_object *load_balancers(const struct planning *planning)
{
    struct json_object *mappings = revision_load_balancers(
        json_array(planning->plan->service, "loadBalancers"), &planning->plan->sidecars);
    struct json_object *groups = json_array(planning->canary, "groups");
    for (size_t i = 0; i < json_object_array_length(mappings); i++) {
        struct json_object *mapping = json_object_array_get_idx(mappings, i);
        for (size_t k = 0; k < json_object_array_length(groups); k++) {
            struct json_object *group = json_object_array_get_idx(groups, k);
            if (strcmp(json_text(group, "of"), json_text(mapping, "targetGroupArn")) != 0)
                continue;
            json_put_text(mapping, "targetGroupArn", json_text(group, "name"));
            break;
        }
    }
    return mappings;
}

static struct json_object *service_input(const struct planning *planning, int desired)
{
    static const char *const keys[] = {
        "launchType",
        "capacityProviderStrategy",
        "platformVersion",
        "placementConstraints",
        "placementStrategy",
        "networkConfiguration",
        "healthCheckGracePeriodSeconds",
        "enableECSManagedTags",
        "enableExecuteCommand",
        NULL,
    };
    const struct plan *plan = planning->plan;
    struct json_object *input = json_object_new_object(), *breaker = json_object_new_object();
    json_put_text(input, "cluster", plan->way_back.cluster_arn);
    json_put_text(input, "serviceName", json_text(planning->canary, "service"));
    json_put_text(input, "clientToken", plan->way_back.experiment);
    json_put_text(input, "taskDefinition", plan->way_back.family);
    json_object_object_add(input, "loadBalancers", load_balancers(planning));
    json_put_integer(input, "desiredCount", desired);
    copy_keys(plan->service, input, keys);
    if (json_array(plan->service, "capacityProviderStrategy") != NULL)
        json_object_object_del(input, "launchType"); /* ECS tells both and takes one */
    const char *propagate = json_text(plan->service, "propagateTags");
    if (propagate[0] != '\0' && strcmp(propagate, "NONE") != 0)
        json_put_text(input, "propagateTags", propagate);
    copy_service_connect(plan->service, input);
    /* Tasks that can't start end the experiment soon, instead of being started for ever. */
    json_put_flag(breaker, "enable", true);
    json_put_flag(breaker, "rollback", false);
    struct json_object *deployment = json_object_new_object();
    json_object_object_add(deployment, "deploymentCircuitBreaker", breaker);
    json_object_object_add(input, "deploymentConfiguration", deployment);
    copy_tags(planning, input);
    return input;
}

static bool check_service(const struct ecs_service *service, struct json_object *task_definition,
                          struct error *error)
{
    struct json_object *volumes = json_array(task_definition, "volumes");
    if (strcmp(service->scheduling_strategy, "DAEMON") == 0)
        return error_set(error, ERROR_REFUSED, "its scheduling strategy is DAEMON");
    if (strcmp(service->launch_type, "EXTERNAL") == 0)
        return error_set(error, ERROR_REFUSED, "its launch type is EXTERNAL");
    for (size_t i = 0; volumes != NULL && i < json_object_array_length(volumes); i++)
        if (json_flag(json_object_array_get_idx(volumes, i), "configuredAtLaunch"))
            return error_set(error, ERROR_REFUSED, "its volume %.60s is configured at the service's creation",
                             json_text(json_object_array_get_idx(volumes, i), "name"));
    return true;
}

static bool fill(const struct planning *planning, const struct ecs_service *service, struct error *error)
{
    const char *arns[ECS_LOAD_BALANCERS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < service->load_balancer_count; i++) {
        const char *arn = service->load_balancers[i].target_group_arn;
        bool known = arn[0] == '\0';
        for (size_t k = 0; k < count; k++)
            known = known || strcmp(arns[k], arn) == 0;
        if (!known)
            arns[count++] = arn;
    }
    for (size_t i = 0; i < count; i++)
        if (!add_group(planning, arns[i], error))
            return false;
    return add_rules(planning, arns, count, error);
}

bool canary_plan(const struct job *job, struct plan *plan, const struct ecs_service *service,
                 struct json_object *task_definition, struct error *error)
{
    char name[64];
    struct planning planning = {
        .job = job, .plan = plan, .canary = json_object_new_object(), .inputs = json_object_new_array()};
    snprintf(name, sizeof name, "%s%s", WAY_BACK_FAMILY_PREFIX, plan->way_back.experiment);
    json_put_text(planning.canary, "service", name);
    json_put_number(planning.canary, "percent", plan->request.choices.blast_radius);
    json_object_object_add(planning.canary, "groups", json_object_new_array());
    json_object_object_add(planning.canary, "rules", json_object_new_array());
    if (!check_service(service, task_definition, error) || !fill(&planning, service, error)) {
        json_object_put(planning.canary);
        json_object_put(planning.inputs);
        return false;
    }
    plan->desired = canary_desired(service->desired, plan->request.choices.blast_radius);
    plan->canary_service = service_input(&planning, plan->desired);
    plan->canary_groups = planning.inputs;
    plan->way_back.canary = planning.canary;
    return true;
}

/* ── shown ───────────────────────────────────────────────────────────────────────────────── */

static bool print_new(const char *name, struct json_object *json, struct buf *out)
{
    return buf_printf(out, "--- (none)\n+++ %s (new)\n", name) && diff_unified("", json_pretty(json), out);
}

static bool print_rule(const struct plan *plan, struct json_object *rule, struct json_object *made,
                       struct buf *out)
{
    struct json_object *before = json_array(rule, "actions");
    struct json_object *after =
        canary_actions(before, plan->way_back.canary, made, plan->request.choices.blast_radius, NULL);
    char *old = strdup(json_pretty(before));
    bool done =
        after != NULL && old != NULL &&
        buf_printf(out, "--- rule %s\n+++ rule %s\n", json_text(rule, "rule"), json_text(rule, "rule")) &&
        diff_unified(old, json_pretty(after), out);
    free(old);
    json_object_put(after);
    return done;
}

bool canary_plan_diff(const struct plan *plan, struct buf *out)
{
    struct json_object *made = json_object_new_object(), *rules = json_array(plan->way_back.canary, "rules");
    bool done = true;
    for (size_t i = 0; done && i < json_object_array_length(plan->canary_groups); i++) {
        struct json_object *input =
            json_object_of(json_object_array_get_idx(plan->canary_groups, i), "create");
        const char *name = json_text(input, "Name");
        json_put_text(made, name, name);
        done = print_new(name, input, out);
    }
    done = done && print_new(json_text(plan->way_back.canary, "service"), plan->canary_service, out);
    for (size_t i = 0; done && i < json_object_array_length(rules); i++)
        done = print_rule(plan, json_object_array_get_idx(rules, i), made, out);
    json_object_put(made);
    return done;
}
