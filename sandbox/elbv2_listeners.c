#include "sandbox/admission.h"
#include "sandbox/elbv2.h"
#include "sandbox/names.h"
#include "sandbox/operations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static int by_priority(const void *a, const void *b)
{
    const struct rule *first = *(const struct rule *const *)a, *second = *(const struct rule *const *)b;

    return (first->priority > second->priority) - (first->priority < second->priority);
}

size_t elbv2_sort_rules(struct region *region, const struct listener *listener,
                        struct rule *sorted[BALANCER_RULES_MAX])
{
    struct rule *last = NULL;
    size_t count = 0;

    for (size_t i = 0; i < region->rules.count; i++) {
        struct rule *rule = region->rules.items[i];
        if (rule->listener != listener)
            continue;
        if (rule->priority == 0)
            last = rule;
        else if (count < BALANCER_RULES_MAX - 1)
            sorted[count++] = rule;
    }
    qsort(sorted, count, sizeof *sorted, by_priority);
    if (last)
        sorted[count++] = last;
    return count;
}

bool elbv2_apply_listener(struct region *region, struct listener *listener, struct error *error)
{
    struct balancer_rule *rules = memory_new(BALANCER_RULES_MAX * sizeof *rules);
    struct rule *sorted[BALANCER_RULES_MAX];
    size_t count = elbv2_sort_rules(region, listener, sorted);

    for (size_t i = 0; i < count; i++) {
        elbv2_fill_conditions(sorted[i]->conditions, &rules[i]);
        elbv2_fill_actions(region, sorted[i]->priority == 0 ? listener->actions : sorted[i]->actions,
                           &rules[i]);
    }
    bool done = balancer_set_rules(region->balancer, listener->number, rules, count, error);
    free(rules);
    if (done)
        admission_refresh(region);
    return done;
}

/* --- changing ----------------------------------------------------------------------------------- */

/* Puts new actions or conditions in the slot and applies them; where the balancer can't, the old ones
 * stay. Takes `value`. */
static bool replace(struct region *region, struct call *call, struct listener *listener,
                    struct json_object **slot, struct json_object *value)
{
    struct json_object *old = *slot;
    struct error error = {0};

    *slot = value;
    if (elbv2_apply_listener(region, listener, &error)) {
        json_object_put(old);
        return true;
    }
    *slot = old;
    json_object_put(value);
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
        actions = elbv2_take_actions(region, call, asked, listener, listener->actions);
        if (!actions || !replace(region, call, listener, &listener->actions, actions))
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
    struct json_object *conditions = NULL, *actions = NULL, *list = NULL;

    if (!rule)
        return call_fail(call, "RuleNotFound", "One or more rules not found");
    if (rule->priority == 0)
        return call_fail(call, "OperationNotPermitted", "Default rule '%s' cannot be modified", rule->arn);
    if (json_any(call->request, "Conditions") && !(conditions = elbv2_take_conditions(call)))
        return false;
    if (json_any(call->request, "Actions") &&
        !(actions = elbv2_take_actions(region, call, json_list(call->request, "Actions"), rule->listener,
                                       rule->actions))) {
        json_object_put(conditions);
        return false;
    }
    if (conditions && !replace(region, call, rule->listener, &rule->conditions, conditions)) {
        json_object_put(actions);
        return false;
    }
    if (actions && !replace(region, call, rule->listener, &rule->actions, actions))
        return false;
    list = json_object_new_array();
    json_object_array_add(list, elbv2_rule_json(rule));
    json_put(call->response, "Rules", list);
    return true;
}
