#include "sandbox/elbv2.h"
#include "sandbox/operations.h"

#include "core/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- descriptions ------------------------------------------------------------------------------- */

static struct json_object *zones_json(const struct region *region)
{
    static const char *const subnets[] = {REGION_SUBNET_A, REGION_SUBNET_B};
    struct json_object *list = json_object_new_array();

    for (int i = 0; i < 2; i++) {
        struct json_object *zone = json_object_new_object();
        json_put_format(zone, "ZoneName", "%s%c", region->name, 'a' + i);
        json_put_text(zone, "SubnetId", subnets[i]);
        json_put(zone, "LoadBalancerAddresses", json_object_new_array());
        json_object_array_add(list, zone);
    }
    return list;
}

struct json_object *elbv2_load_balancer_json(const struct region *region,
                                             const struct load_balancer *load_balancer)
{
    struct json_object *json = json_object_new_object(), *state = json_object_new_object();
    struct json_object *groups = json_object_new_array();
    char created[CLOCK_TEXT_MAX];

    clock_format_utc((int64_t)(load_balancer->created * 1000), created, sizeof created);
    json_put_text(state, "Code", "active");
    json_append_text(groups, load_balancer->security_group);
    json_put_text(json, "LoadBalancerArn", load_balancer->arn);
    json_put_text(json, "DNSName", load_balancer->address);
    json_put_text(json, "CanonicalHostedZoneId", "Z35SXDOTRQ7X7K");
    json_put_text(json, "CreatedTime", created);
    json_put_text(json, "LoadBalancerName", load_balancer->name);
    json_put_text(json, "Scheme", "internal");
    json_put_text(json, "VpcId", REGION_VPC);
    json_put(json, "State", state);
    json_put_text(json, "Type", "application");
    json_put(json, "AvailabilityZones", zones_json(region));
    json_put(json, "SecurityGroups", groups);
    json_put_text(json, "IpAddressType", "ipv4");
    return json;
}

struct json_object *elbv2_listener_json(const struct listener *listener)
{
    struct json_object *json = json_object_new_object();

    json_put_text(json, "ListenerArn", listener->arn);
    json_put_text(json, "LoadBalancerArn", listener->load_balancer->arn);
    json_put_integer(json, "Port", listener->port);
    json_put_text(json, "Protocol", "HTTP");
    json_put(json, "DefaultActions", json_copy(listener->actions));
    return json;
}

struct json_object *elbv2_rule_json(const struct rule *rule)
{
    struct json_object *json = json_object_new_object();
    bool is_default = rule->priority == 0;

    json_put_text(json, "RuleArn", rule->arn);
    if (is_default)
        json_put_text(json, "Priority", "default");
    else
        json_put_format(json, "Priority", "%d", rule->priority);
    json_put(json, "Conditions", is_default ? json_object_new_array() : json_copy(rule->conditions));
    json_put(json, "Actions", json_copy(is_default ? rule->listener->actions : rule->actions));
    json_put_flag(json, "IsDefault", is_default);
    return json;
}

struct json_object *elbv2_group_json(struct region *region, const struct target_group *group)
{
    struct json_object *json = json_copy(group->settings);

    json_put_text(json, "TargetGroupArn", group->arn);
    json_put_text(json, "TargetGroupName", group->name);
    json_put_text(json, "TargetType", group->target_type);
    json_put_integer(json, "Port", group->port);
    json_put(json, "LoadBalancerArns", region_group_load_balancers(region, group));
    return json;
}

/* --- reading ------------------------------------------------------------------------------------ */

/* True when the list is absent or has the text. */
static bool selected(struct json_object *list, const char *text)
{
    for (size_t i = 0; i < json_length(list); i++) {
        if (strcmp(json_text_at(list, i), text) == 0)
            return true;
    }
    return json_length(list) == 0;
}

bool elbv2_fail_not_found(struct call *call, const char *arn)
{
    if (strstr(arn, ":listener-rule/"))
        return call_fail(call, "RuleNotFound", "One or more rules not found");
    if (strstr(arn, ":listener/"))
        return call_fail(call, "ListenerNotFound", "One or more listeners not found");
    if (strstr(arn, ":targetgroup/"))
        return call_fail(call, "TargetGroupNotFound", "One or more target groups not found");
    if (strstr(arn, ":loadbalancer/"))
        return call_fail(call, "LoadBalancerNotFound", "Load balancer '%.400s' not found", arn);
    return call_fail(call, "ValidationError", "'%.400s' is not a valid ARN", arn);
}

bool elbv2_describe_load_balancers(struct region *region, struct call *call)
{
    struct json_object *arns = json_list(call->request, "LoadBalancerArns"),
                       *names = json_list(call->request, "Names");
    struct json_object *list = NULL;

    if (json_length(arns) > ELBV2_ARNS_MAX || json_length(names) > ELBV2_ARNS_MAX)
        return call_fail(call, "ValidationError", "Up to %d load balancers can be described in one call",
                         ELBV2_ARNS_MAX);
    for (size_t i = 0; i < json_length(arns); i++) {
        if (!region_find_load_balancer(region, json_text_at(arns, i)))
            return call_fail(call, "LoadBalancerNotFound", "Load balancer '%.400s' not found",
                             json_text_at(arns, i));
    }
    for (size_t i = 0; i < json_length(names); i++) {
        if (!region_find_load_balancer(region, json_text_at(names, i)))
            return call_fail(call, "LoadBalancerNotFound", "Load balancers '[%.400s]' not found",
                             json_text_at(names, i));
    }
    list = json_object_new_array();
    for (size_t i = 0; i < region->load_balancers.count; i++) {
        const struct load_balancer *load_balancer = region->load_balancers.items[i];
        if (selected(arns, load_balancer->arn) && selected(names, load_balancer->name))
            json_object_array_add(list, elbv2_load_balancer_json(region, load_balancer));
    }
    return call_answer_page(call, list, "LoadBalancers", "LoadBalancerArn", ELBV2_PAGE_MAX, ELBV2_PAGE_MAX);
}

bool elbv2_describe_listeners(struct region *region, struct call *call)
{
    struct json_object *arns = json_list(call->request, "ListenerArns"), *list = NULL;
    const char *owner = json_text(call->request, "LoadBalancerArn");

    if (!owner && json_length(arns) == 0)
        return call_fail(call, "ValidationError",
                         "You must specify either listener ARNs or a load balancer ARN");
    if (owner && !region_find_load_balancer(region, owner))
        return call_fail(call, "LoadBalancerNotFound", "Load balancer '%.400s' not found", owner);
    for (size_t i = 0; i < json_length(arns); i++) {
        if (!region_find_listener(region, json_text_at(arns, i)))
            return call_fail(call, "ListenerNotFound", "One or more listeners not found");
    }
    list = json_object_new_array();
    for (size_t i = 0; i < region->listeners.count; i++) {
        const struct listener *listener = region->listeners.items[i];
        if ((!owner || strcmp(listener->load_balancer->arn, owner) == 0) && selected(arns, listener->arn))
            json_object_array_add(list, elbv2_listener_json(listener));
    }
    return call_answer_page(call, list, "Listeners", "ListenerArn", ELBV2_PAGE_MAX, ELBV2_PAGE_MAX);
}

bool elbv2_describe_rules(struct region *region, struct call *call)
{
    struct json_object *arns = json_list(call->request, "RuleArns"), *list = NULL;
    struct rule *sorted[BALANCER_RULES_MAX];
    size_t count = 0;
    const char *owner = json_text(call->request, "ListenerArn");

    if (!owner && json_length(arns) == 0)
        return call_fail(call, "ValidationError",
                         "You must specify either listener rule ARNs or a listener ARN");
    if (owner && !region_find_listener(region, owner))
        return call_fail(call, "ListenerNotFound", "One or more listeners not found");
    for (size_t i = 0; i < json_length(arns); i++) {
        if (!region_find_rule(region, json_text_at(arns, i)))
            return call_fail(call, "RuleNotFound", "One or more rules not found");
    }
    list = json_object_new_array();
    count = owner ? elbv2_sort_rules(region, region_find_listener(region, owner), sorted) : 0;
    for (size_t i = 0; i < count; i++) {
        if (selected(arns, sorted[i]->arn))
            json_object_array_add(list, elbv2_rule_json(sorted[i]));
    }
    for (size_t i = 0; i < json_length(arns) && !owner; i++)
        json_object_array_add(list, elbv2_rule_json(region_find_rule(region, json_text_at(arns, i))));
    return call_answer_page(call, list, "Rules", "RuleArn", ELBV2_PAGE_MAX, ELBV2_PAGE_MAX);
}

static bool group_has_load_balancer(struct json_object *group, const char *arn)
{
    return !arn || (json_length(json_list(group, "LoadBalancerArns")) > 0 &&
                    selected(json_list(group, "LoadBalancerArns"), arn));
}

bool elbv2_describe_target_groups(struct region *region, struct call *call)
{
    struct json_object *arns = json_list(call->request, "TargetGroupArns"),
                       *names = json_list(call->request, "Names");
    const char *owner = json_text(call->request, "LoadBalancerArn");
    struct json_object *list = NULL;

    if (owner && !region_find_load_balancer(region, owner))
        return call_fail(call, "LoadBalancerNotFound", "Load balancer '%.400s' not found", owner);
    for (size_t i = 0; i < json_length(arns); i++) {
        if (!region_find_group(region, json_text_at(arns, i)))
            return call_fail(call, "TargetGroupNotFound", "One or more target groups not found");
    }
    for (size_t i = 0; i < json_length(names); i++) {
        if (!region_find_group_by_name(region, json_text_at(names, i)))
            return call_fail(call, "TargetGroupNotFound", "One or more target groups not found");
    }
    list = json_object_new_array();
    for (size_t i = 0; i < region->target_groups.count; i++) {
        const struct target_group *group = region->target_groups.items[i];
        struct json_object *json = elbv2_group_json(region, group);
        if (selected(arns, group->arn) && selected(names, group->name) &&
            group_has_load_balancer(json, owner))
            json_object_array_add(list, json);
        else
            json_object_put(json);
    }
    return call_answer_page(call, list, "TargetGroups", "TargetGroupArn", ELBV2_PAGE_MAX, ELBV2_PAGE_MAX);
}

/* --- target health ------------------------------------------------------------------------------ */

static struct json_object *health_json(const struct target_group *group, const char *address, uint16_t port,
                                       const char *state, const char *reason, const char *description)
{
    const char *check_port = json_text(group->settings, "HealthCheckPort");

    struct json_object *json = json_object_new_object(), *target = json_object_new_object();
    struct json_object *health = json_object_new_object();

    json_put_text(target, "Id", address);
    json_put_integer(target, "Port", port);
    json_put_text(target, "AvailabilityZone", "all");
    json_put_text(health, "State", state);
    if (*reason)
        json_put_text(health, "Reason", reason);
    if (*description)
        json_put_text(health, "Description", description);
    json_put(json, "Target", target);
    if (json_integer(group->settings, "HealthCheckPort", 0) > 0)
        json_put_text(json, "HealthCheckPort", check_port);
    else
        json_put_format(json, "HealthCheckPort", "%u", port);
    json_put(json, "TargetHealth", health);
    return json;
}

static struct json_object *target_json(const struct target_group *group, const struct balancer_target *target)
{
    static const char *const states[] = {"initial", "healthy", "unhealthy", "draining", "unused"};

    return health_json(group, target->address, target->port, states[target->state], target->reason,
                       target->description);
}

static const struct balancer_target *find_target(const struct balancer_target *targets, size_t count,
                                                 struct json_object *asked)
{
    const char *id = json_text(asked, "Id");
    int64_t port = json_integer(asked, "Port", -1);

    for (size_t i = 0; i < count; i++) {
        if (id && strcmp(targets[i].address, id) == 0 && (port < 0 || port == targets[i].port))
            return &targets[i];
    }
    return NULL;
}

static size_t read_targets(struct region *region, const struct target_group *group,
                           struct balancer_target targets[BALANCER_TARGETS_MAX])
{
    size_t count = group->seen_count;

    if (group->described)
        memcpy(targets, group->seen, count * sizeof *targets);
    else
        count = balancer_targets(region->balancer, group->number, targets, BALANCER_TARGETS_MAX);
    return count < BALANCER_TARGETS_MAX ? count : BALANCER_TARGETS_MAX;
}

bool elbv2_describe_target_health(struct region *region, struct call *call)
{
    struct target_group *group = region_find_group(region, json_text(call->request, "TargetGroupArn"));
    struct json_object *asked = json_list(call->request, "Targets"), *list = json_object_new_array();
    struct balancer_target *targets = NULL;
    size_t count = 0;

    json_put(call->response, "TargetHealthDescriptions", list);
    if (!group)
        return call_fail(call, "TargetGroupNotFound", "One or more target groups not found");
    targets = memory_new(BALANCER_TARGETS_MAX * sizeof *targets);
    count = read_targets(region, group, targets);
    for (size_t i = 0; i < count && json_length(asked) == 0; i++)
        json_object_array_add(list, target_json(group, &targets[i]));
    for (size_t i = 0; i < json_length(asked); i++) {
        struct json_object *wanted = json_object_array_get_idx(asked, i);
        const struct balancer_target *target = find_target(targets, count, wanted);
        json_object_array_add(
            list, target
                      ? target_json(group, target)
                      : health_json(group, json_text(wanted, "Id") ? json_text(wanted, "Id") : "",
                                    (uint16_t)json_integer(wanted, "Port", group->port), "unused",
                                    "Target.NotRegistered", "Target is not registered to the target group"));
    }
    free(targets);
    return true;
}

bool elbv2_describe_tags(struct region *region, struct call *call)
{
    struct json_object *arns = json_list(call->request, "ResourceArns"), *list = json_object_new_array();

    json_put(call->response, "TagDescriptions", list);
    if (json_length(arns) == 0 || json_length(arns) > ELBV2_ARNS_MAX)
        return call_fail(call, "ValidationError", "Between 1 and %d resource ARNs are needed",
                         ELBV2_ARNS_MAX);
    for (size_t i = 0; i < json_length(arns); i++) {
        struct json_object **tags = elbv2_find_tags(region, json_text_at(arns, i));
        struct json_object *json = NULL;
        if (!tags)
            return elbv2_fail_not_found(call, json_text_at(arns, i));
        json = json_object_new_object();
        json_put_text(json, "ResourceArn", json_text_at(arns, i));
        json_put(json, "Tags", json_copy(*tags));
        json_object_array_add(list, json);
    }
    return true;
}
