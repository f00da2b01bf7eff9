#include "sandbox/admission.h"
#include "sandbox/elbv2.h"
#include "sandbox/names.h"
#include "sandbox/operations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WEIGHT_MAX 999

/* --- making ------------------------------------------------------------------------------------- */

struct load_balancer *elbv2_add_load_balancer(struct region *region, const char *name, const char *address,
                                              const char *security_group)
{
    struct load_balancer *load_balancer = memory_new(sizeof *load_balancer);
    char id[17];

    names_hex(id, 16);
    text_copy(load_balancer->name, sizeof load_balancer->name, name);
    text_copy(load_balancer->address, sizeof load_balancer->address, address);
    text_copy(load_balancer->security_group, sizeof load_balancer->security_group, security_group);
    snprintf(load_balancer->arn, sizeof load_balancer->arn,
             "arn:aws:elasticloadbalancing:%s:%s:loadbalancer/app/%.100s/%s", region->name, REGION_ACCOUNT,
             name, id);
    load_balancer->tags = json_object_new_array();
    load_balancer->created = region_now();
    list_add(&region->load_balancers, load_balancer);
    return load_balancer;
}

/* "arn:…:loadbalancer/app/n/1" and "listener" give "arn:…:listener/app/n/1/NEW". */
static void derive_arn(char into[REGION_ARN_MAX], const char *from, const char *old_kind, const char *kind)
{
    const char *at = strstr(from, old_kind);
    char id[17];

    names_hex(id, 16);
    snprintf(into, REGION_ARN_MAX, "%.*s%s%.300s/%s", at ? (int)(at - from) : 0, from, kind,
             at ? at + strlen(old_kind) : "", id);
}

struct rule *elbv2_add_rule(struct region *region, struct listener *listener, int priority,
                            struct json_object *conditions, struct json_object *actions)
{
    struct rule *rule = memory_new(sizeof *rule);

    derive_arn(rule->arn, listener->arn, ":listener/", ":listener-rule/");
    rule->listener = listener;
    rule->priority = priority;
    rule->conditions = conditions;
    rule->actions = actions;
    rule->tags = json_object_new_array();
    list_add(&region->rules, rule);
    return rule;
}

struct listener *elbv2_add_listener(struct region *region, struct load_balancer *load_balancer, uint16_t port,
                                    struct json_object *actions, struct error *error)
{
    struct listener *listener = memory_new(sizeof *listener);

    derive_arn(listener->arn, load_balancer->arn, ":loadbalancer/", ":listener/");
    listener->load_balancer = load_balancer;
    listener->actions = actions;
    listener->tags = json_object_new_array();
    if (!balancer_add_listener(region->balancer, load_balancer->address, port, &listener->number,
                               &listener->port, error)) {
        json_object_put(listener->actions);
        json_object_put(listener->tags);
        free(listener);
        return NULL;
    }
    list_add(&region->listeners, listener);
    elbv2_add_rule(region, listener, 0, NULL, NULL);
    return elbv2_apply_listener(region, listener, error) ? listener : NULL;
}

/* --- routing ------------------------------------------------------------------------------------ */

static bool condition_matches_all(struct json_object *condition)
{
    struct json_object *values = json_list(condition, "Values");
    const char *field = json_text(condition, "Field");

    if (!values)
        values = json_list(json_map(condition, "PathPatternConfig"), "Values");
    for (size_t i = 0; i < json_length(values); i++) {
        const char *value = json_text_at(values, i);
        if (field && strcmp(field, "path-pattern") == 0 &&
            (strcmp(value, "*") == 0 || strcmp(value, "/*") == 0))
            return true;
    }
    return false;
}

static struct json_object *effective_actions(struct region *region, const struct listener *listener)
{
    const struct rule *first = NULL;

    for (size_t i = 0; i < region->rules.count; i++) {
        const struct rule *rule = region->rules.items[i];
        bool all = rule->listener == listener && rule->priority > 0;
        for (size_t k = 0; k < json_length(rule->conditions); k++)
            all = all && condition_matches_all(json_object_array_get_idx(rule->conditions, k));
        if (all && (!first || rule->priority < first->priority))
            first = rule;
    }
    return first ? first->actions : listener->actions;
}

bool elbv2_apply_listener(struct region *region, struct listener *listener, struct error *error)
{
    struct json_object *actions = effective_actions(region, listener);
    struct balancer_forward forwards[BALANCER_FORWARDS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < json_length(actions); i++) {
        struct json_object *config = json_map(json_object_array_get_idx(actions, i), "ForwardConfig");
        struct json_object *groups = json_list(config, "TargetGroups");
        for (size_t k = 0; k < json_length(groups) && count < BALANCER_FORWARDS_MAX; k++) {
            struct json_object *entry = json_object_array_get_idx(groups, k);
            struct target_group *group = region_find_group(region, json_text(entry, "TargetGroupArn"));
            if (group)
                forwards[count++] =
                    (struct balancer_forward){group->number, (unsigned)json_integer(entry, "Weight", 1)};
        }
    }
    if (!balancer_set_forwards(region->balancer, listener->number, forwards, count, error))
        return false;
    admission_refresh(region);
    return true;
}

/* --- changing ----------------------------------------------------------------------------------- */

static struct json_object *forward_entry(const char *arn, int64_t weight)
{
    struct json_object *entry = json_object_new_object();

    json_put_text(entry, "TargetGroupArn", arn);
    json_put_integer(entry, "Weight", weight);
    return entry;
}

static bool check_forward(struct region *region, struct call *call, struct json_object *groups)
{
    if (json_length(groups) == 0 || json_length(groups) > BALANCER_FORWARDS_MAX)
        return call_fail(call, "ValidationError", "A forward action must name between 1 and %d target groups",
                         BALANCER_FORWARDS_MAX);
    for (size_t i = 0; i < json_length(groups); i++) {
        struct json_object *entry = json_object_array_get_idx(groups, i);
        int64_t weight = json_integer(entry, "Weight", 1);
        if (!region_find_group(region, json_text(entry, "TargetGroupArn")))
            return call_fail(call, "TargetGroupNotFound", "One or more target groups not found");
        if (weight < 0 || weight > WEIGHT_MAX)
            return call_fail(call, "ValidationError", "The weight of a target group must be between 0 and %d",
                             WEIGHT_MAX);
    }
    return true;
}

/* A Query call says everything in text: kept as what it means, so that what is set back is as it was. */
static struct json_object *stickiness_json(struct json_object *config)
{
    struct json_object *asked = json_map(config, "TargetGroupStickinessConfig");
    struct json_object *json = json_object_new_object();

    json_put_flag(json, "Enabled", json_flag(asked, "Enabled", false));
    if (json_any(asked, "DurationSeconds"))
        json_put_integer(json, "DurationSeconds", json_integer(asked, "DurationSeconds", 0));
    return json;
}

/* Both ways to say it, direct and by ForwardConfig, in the one form that the API answers with. */
static struct json_object *forward_json(struct region *region, struct call *call, struct json_object *action)
{
    struct json_object *asked = json_list(json_map(action, "ForwardConfig"), "TargetGroups");
    struct json_object *groups = json_object_new_array(), *config = NULL, *json = NULL;
    const char *direct = json_text(action, "TargetGroupArn");

    for (size_t i = 0; i < json_length(asked); i++) {
        struct json_object *entry = json_object_array_get_idx(asked, i);
        const char *arn = json_text(entry, "TargetGroupArn");
        json_object_array_add(groups, forward_entry(arn ? arn : "", json_integer(entry, "Weight", 1)));
    }
    if (!asked && direct)
        json_object_array_add(groups, forward_entry(direct, 1));
    if (!check_forward(region, call, groups)) {
        json_object_put(groups);
        return NULL;
    }
    json = json_object_new_object();
    config = json_object_new_object();
    json_put_text(json, "Type", "forward");
    if (json_length(groups) == 1)
        json_put_text(json, "TargetGroupArn",
                      json_text(json_object_array_get_idx(groups, 0), "TargetGroupArn"));
    json_put(config, "TargetGroups", groups);
    json_put(config, "TargetGroupStickinessConfig", stickiness_json(json_map(action, "ForwardConfig")));
    json_put(json, "ForwardConfig", config);
    return json;
}

struct json_object *elbv2_take_actions(struct region *region, struct call *call, struct json_object *actions)
{
    static const char *const others[] = {"fixed-response", "redirect", "authenticate-oidc",
                                         "authenticate-cognito"};
    struct json_object *list = json_object_new_array();

    for (size_t i = 0; i < json_length(actions); i++) {
        struct json_object *action = json_object_array_get_idx(actions, i), *json = NULL;
        const char *type = json_text(action, "Type");
        bool known = false;
        for (size_t k = 0; k < sizeof others / sizeof *others; k++)
            known = known || (type && strcmp(type, others[k]) == 0);
        if (type && strcmp(type, "forward") == 0)
            json = forward_json(region, call, action);
        else if (known)
            json = json_copy(action);
        else
            call_fail(call, "ValidationError", "'%.100s' is not a valid action type", type ? type : "");
        if (!json) {
            json_object_put(list);
            return NULL;
        }
        if (json_length(actions) > 1 && json_any(action, "Order"))
            json_put_integer(json, "Order", json_integer(action, "Order", 1));
        json_object_array_add(list, json);
    }
    return list;
}

/* Puts new actions in the slot and applies them; where the balancer can't, the old ones stay. */
static bool replace_actions(struct region *region, struct call *call, struct listener *listener,
                            struct json_object **slot, struct json_object *actions)
{
    struct json_object *old = *slot;
    struct error error = {0};

    *slot = actions;
    if (elbv2_apply_listener(region, listener, &error)) {
        json_object_put(old);
        return true;
    }
    *slot = old;
    json_object_put(actions);
    return call_fail_status(call, 500, "InternalFailure", "%s", error.message);
}

bool elbv2_modify_listener(struct region *region, struct call *call)
{
    struct listener *listener = region_find_listener(region, json_text(call->request, "ListenerArn"));
    struct json_object *asked = json_list(call->request, "DefaultActions"), *actions = NULL, *list = NULL;

    if (!listener)
        return call_fail(call, "ListenerNotFound", "One or more listeners not found");
    if (json_any(call->request, "Port") && json_integer(call->request, "Port", 0) != listener->port)
        return call_fail(call, "UnsupportedOperation", "This region does not change a listener's port");
    if (json_any(call->request, "DefaultActions")) {
        actions = elbv2_take_actions(region, call, asked);
        if (!actions || !replace_actions(region, call, listener, &listener->actions, actions))
            return false;
    }
    list = json_object_new_array();
    json_object_array_add(list, elbv2_listener_json(listener));
    json_put(call->response, "Listeners", list);
    return true;
}

bool elbv2_modify_rule(struct region *region, struct call *call)
{
    struct rule *rule = region_find_rule(region, json_text(call->request, "RuleArn"));
    struct json_object *conditions = json_list(call->request, "Conditions"), *actions = NULL, *list = NULL;

    if (!rule)
        return call_fail(call, "RuleNotFound", "One or more rules not found");
    if (rule->priority == 0)
        return call_fail(call, "OperationNotPermitted", "Default rule '%s' cannot be modified", rule->arn);
    if (json_list(call->request, "Actions")) {
        actions = elbv2_take_actions(region, call, json_list(call->request, "Actions"));
        if (!actions)
            return false;
    }
    if (conditions) {
        json_object_put(rule->conditions);
        rule->conditions = json_copy(conditions);
    }
    if (!replace_actions(region, call, rule->listener, &rule->actions,
                         actions ? actions : json_object_get(rule->actions)))
        return false;
    list = json_object_new_array();
    json_object_array_add(list, elbv2_rule_json(rule));
    json_put(call->response, "Rules", list);
    return true;
}
