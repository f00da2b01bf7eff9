/* Rules and listeners that come and go. */
#include "sandbox/elbv2.h"
#include "sandbox/operations.h"

#include <stdlib.h>
#include <string.h>

#define PRIORITY_MAX 50000

static bool answer_rules(struct call *call, struct json_object *list)
{
    json_put(call->response, "Rules", list);
    return true;
}

static struct rule *find_by_priority(struct region *region, const struct listener *listener, int64_t priority)
{
    for (size_t i = 0; i < region->rules.count; i++) {
        struct rule *rule = region->rules.items[i];
        if (rule->listener == listener && rule->priority == priority)
            return rule;
    }
    return NULL;
}

static size_t count_rules(struct region *region, const struct listener *listener)
{
    size_t count = 0;

    for (size_t i = 0; i < region->rules.count; i++)
        count += ((const struct rule *)region->rules.items[i])->listener == listener;
    return count;
}

static void free_rule(struct rule *rule)
{
    json_object_put(rule->conditions);
    json_object_put(rule->actions);
    json_object_put(rule->tags);
    free(rule);
}

/* Takes it out of the region; the caller applies the listener. */
static void drop_rule(struct region *region, struct rule *rule)
{
    for (size_t i = 0; i < region->rules.count; i++) {
        if (region->rules.items[i] == rule)
            list_remove_at(&region->rules, i);
    }
    free_rule(rule);
}

static bool check_new_rule(struct region *region, struct call *call, const struct listener *listener)
{
    int64_t priority = json_integer(call->request, "Priority", 0);

    if (priority < 1 || priority > PRIORITY_MAX)
        return call_fail(call, "ValidationError", "Priority must be between 1 and %d", PRIORITY_MAX);
    if (find_by_priority(region, listener, priority))
        return call_fail(call, "PriorityInUse", "Priority '%d' is currently in use", (int)priority);
    if (count_rules(region, listener) >= BALANCER_RULES_MAX)
        return call_fail(call, "TooManyRules", "The maximum number of rules has been reached");
    return true;
}

bool elbv2_create_rule(struct region *region, struct call *call)
{
    struct listener *listener = region_find_listener(region, json_text(call->request, "ListenerArn"));
    struct json_object *tags = NULL, *conditions = NULL, *actions = NULL, *list = NULL;
    struct error error = {0};

    if (!listener)
        return call_fail(call, "ListenerNotFound", "One or more listeners not found");
    if (!check_new_rule(region, call, listener) || !(tags = elbv2_take_tags(call)))
        return false;
    if (!(conditions = elbv2_take_conditions(call)) ||
        !(actions = elbv2_take_actions(region, call, json_list(call->request, "Actions"), listener, NULL))) {
        json_object_put(conditions);
        json_object_put(tags);
        return false;
    }
    struct rule *rule = elbv2_add_rule(region, listener, (int)json_integer(call->request, "Priority", 0),
                                       conditions, actions);
    json_object_put(rule->tags);
    rule->tags = tags;
    if (!elbv2_apply_listener(region, listener, &error)) {
        drop_rule(region, rule);
        return call_fail_status(call, 500, "InternalFailure", "%s", error.message);
    }
    list = json_object_new_array();
    json_object_array_add(list, elbv2_rule_json(rule));
    return answer_rules(call, list);
}

bool elbv2_delete_rule(struct region *region, struct call *call)
{
    struct rule *rule = region_find_rule(region, json_text(call->request, "RuleArn"));
    struct listener *listener = rule ? rule->listener : NULL;
    struct error error = {0};

    if (!rule)
        return call_fail(call, "RuleNotFound", "One or more rules not found");
    if (rule->priority == 0)
        return call_fail(call, "OperationNotPermitted", "Default rule '%s' cannot be deleted", rule->arn);
    drop_rule(region, rule);
    if (!elbv2_apply_listener(region, listener, &error))
        return call_fail_status(call, 500, "InternalFailure", "%s", error.message);
    return true;
}

/* The rule of each pair of the request; false after failing the call. */
static bool check_priorities(struct region *region, struct call *call, struct json_object *pairs)
{
    for (size_t i = 0; i < json_length(pairs); i++) {
        struct rule *rule = region_find_rule(region, json_text(json_item(pairs, i), "RuleArn"));
        int64_t priority = json_integer(json_item(pairs, i), "Priority", 0);
        if (!rule)
            return call_fail(call, "RuleNotFound", "One or more rules not found");
        if (rule->priority == 0)
            return call_fail(call, "OperationNotPermitted", "Default rule '%s' has no priority", rule->arn);
        if (priority < 1 || priority > PRIORITY_MAX)
            return call_fail(call, "ValidationError", "Priority must be between 1 and %d", PRIORITY_MAX);
        struct rule *other = find_by_priority(region, rule->listener, priority);
        bool moves = other == rule || !other;
        for (size_t k = 0; k < json_length(pairs) && !moves; k++)
            moves = strcmp(json_text(json_item(pairs, k), "RuleArn"), other->arn) == 0;
        for (size_t k = 0; k < i && moves; k++)
            moves = json_integer(json_item(pairs, k), "Priority", 0) != priority;
        if (!moves)
            return call_fail(call, "PriorityInUse", "Priority '%d' is currently in use", (int)priority);
    }
    return true;
}

bool elbv2_set_rule_priorities(struct region *region, struct call *call)
{
    struct json_object *pairs = json_list(call->request, "RulePriorities"), *list = NULL;
    struct error error = {0};

    if (json_length(pairs) == 0)
        return call_fail(call, "ValidationError", "RulePriorities must not be empty");
    for (size_t i = 0; i < json_length(pairs); i++) {
        if (!json_text(json_item(pairs, i), "RuleArn"))
            return call_fail(call, "ValidationError", "RuleArn must be specified");
    }
    if (!check_priorities(region, call, pairs))
        return false;
    list = json_object_new_array();
    for (size_t i = 0; i < json_length(pairs); i++) {
        struct rule *rule = region_find_rule(region, json_text(json_item(pairs, i), "RuleArn"));
        rule->priority = (int)json_integer(json_item(pairs, i), "Priority", 0);
        json_object_array_add(list, elbv2_rule_json(rule));
        if (!elbv2_apply_listener(region, rule->listener, &error)) {
            json_object_put(list);
            return call_fail_status(call, 500, "InternalFailure", "%s", error.message);
        }
    }
    return answer_rules(call, list);
}

/* --- listeners -------------------------------------------------------------------------------------- */

static bool check_new_listener(struct region *region, struct call *call,
                               const struct load_balancer *load_balancer)
{
    const char *protocol = json_text(call->request, "Protocol");
    int64_t port = json_integer(call->request, "Port", 0);

    if (!protocol || strcmp(protocol, "HTTP") != 0)
        return call_fail(call, "ValidationError", "This region's listeners speak HTTP");
    if (port < 1 || port > 65535)
        return call_fail(call, "ValidationError", "Port must be between 1 and 65535");
    for (size_t i = 0; i < region->listeners.count; i++) {
        const struct listener *listener = region->listeners.items[i];
        if (listener->load_balancer == load_balancer && listener->port == port)
            return call_fail(call, "DuplicateListener",
                             "A listener already exists on this port for this load balancer '%s'",
                             load_balancer->arn);
    }
    return true;
}

bool elbv2_create_listener(struct region *region, struct call *call)
{
    struct load_balancer *load_balancer =
        region_find_load_balancer(region, json_text(call->request, "LoadBalancerArn"));
    struct listener probe = {.load_balancer = load_balancer}, *listener = NULL;
    struct json_object *actions = NULL, *tags = NULL, *list = NULL;
    struct error error = {0};

    if (!load_balancer)
        return call_fail(call, "LoadBalancerNotFound", "One or more load balancers not found");
    if (!check_new_listener(region, call, load_balancer) || !(tags = elbv2_take_tags(call)))
        return false;
    actions = elbv2_take_actions(region, call, json_list(call->request, "DefaultActions"), &probe, NULL);
    if (actions)
        listener = elbv2_add_listener(region, load_balancer, (uint16_t)json_integer(call->request, "Port", 0),
                                      actions, &error);
    if (!listener) {
        json_object_put(tags);
        return actions ? call_fail(call, "UnsupportedOperation", "%s", error.message) : false;
    }
    json_object_put(listener->tags);
    listener->tags = tags;
    list = json_object_new_array();
    json_object_array_add(list, elbv2_listener_json(listener));
    json_put(call->response, "Listeners", list);
    return true;
}

bool elbv2_delete_listener(struct region *region, struct call *call)
{
    struct listener *listener = region_find_listener(region, json_text(call->request, "ListenerArn"));

    if (!listener)
        return call_fail(call, "ListenerNotFound", "One or more listeners not found");
    balancer_remove_listener(region->balancer, listener->number);
    for (size_t i = region->rules.count; i-- > 0;) {
        struct rule *rule = region->rules.items[i];
        if (rule->listener == listener)
            drop_rule(region, rule);
    }
    for (size_t i = 0; i < region->listeners.count; i++) {
        if (region->listeners.items[i] == listener)
            list_remove_at(&region->listeners, i);
    }
    json_object_put(listener->actions);
    json_object_put(listener->tags);
    free(listener);
    return true;
}
