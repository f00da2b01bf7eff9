/* The attributes of target groups. The deregistration delay is in force; the others are kept and
 * described. */
#include "sandbox/elbv2.h"
#include "sandbox/operations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DELAY "deregistration_delay.timeout_seconds"
#define DELAY_MAX_S 3600
#define ATTRIBUTES_MAX 20 /* of one call, as ELB has it */

/* With ELB's defaults for a group of an Application Load Balancer. `words`: what it may be, "a|b";
 * NULL: a number of [lowest, highest], or 0 where `or_zero`. */
static const struct attribute {
    const char *key, *standard, *words;
    int lowest, highest;
    bool or_zero;
} attributes[] = {
    {DELAY, "300", NULL, 0, DELAY_MAX_S, false},
    {"stickiness.enabled", "false", "true|false", 0, 0, false},
    {"stickiness.type", "lb_cookie", "lb_cookie|app_cookie", 0, 0, false},
    {"stickiness.lb_cookie.duration_seconds", "86400", NULL, 1, 604800, false},
    {"stickiness.app_cookie.cookie_name", "", "", 0, 0, false},
    {"stickiness.app_cookie.duration_seconds", "86400", NULL, 1, 604800, false},
    {"slow_start.duration_seconds", "0", NULL, 30, 900, true},
    {"load_balancing.algorithm.type", "round_robin", "round_robin|least_outstanding_requests|weighted_random",
     0, 0, false},
    {"load_balancing.algorithm.anomaly_mitigation", "off", "on|off", 0, 0, false},
    {"load_balancing.cross_zone.enabled", "use_load_balancer_configuration",
     "true|false|use_load_balancer_configuration", 0, 0, false},
    {"target_group_health.dns_failover.minimum_healthy_targets.count", "1", "", 0, 0, false},
    {"target_group_health.dns_failover.minimum_healthy_targets.percentage", "off", "", 0, 0, false},
    {"target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", "1", "", 0, 0, false},
    {"target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "off", "", 0, 0,
     false},
};

static const struct attribute *find_attribute(const char *key)
{
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes && key; i++) {
        if (strcmp(attributes[i].key, key) == 0)
            return &attributes[i];
    }
    return NULL;
}

static const char *value_of(const struct target_group *group, const struct attribute *attribute)
{
    const char *set = json_text(group->attributes, attribute->key);

    return set ? set : attribute->standard;
}

struct json_object *elbv2_attributes_json(const struct target_group *group)
{
    struct json_object *list = json_object_new_array();

    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
        struct json_object *item = json_object_new_object();
        json_put_text(item, "Key", attributes[i].key);
        json_put_text(item, "Value", value_of(group, &attributes[i]));
        json_object_array_add(list, item);
    }
    return list;
}

static bool is_one_of(const char *words, const char *value)
{
    size_t length = strlen(value);

    for (const char *at = words; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL) {
        if (strncmp(at, value, length) == 0 && (at[length] == '|' || at[length] == '\0') && length > 0)
            return true;
    }
    return false;
}

static bool check_attribute(struct call *call, struct json_object *item)
{
    const char *key = json_text(item, "Key"), *value = json_text(item, "Value");
    const struct attribute *attribute = find_attribute(key);

    if (!attribute)
        return call_fail(call, "ValidationError", "Target group attribute key '%.200s' is not recognized",
                         key ? key : "");
    if (!value)
        return call_fail(call, "ValidationError", "Target group attribute '%s' has no value", key);
    if (attribute->words) {
        if (*attribute->words && !is_one_of(attribute->words, value))
            return call_fail(call, "ValidationError",
                             "Target group attribute value '%.200s' is not valid for '%s'", value, key);
        return true;
    }
    int64_t number = json_integer(item, "Value", -1);
    if ((attribute->or_zero && number == 0) || (number >= attribute->lowest && number <= attribute->highest))
        return true;
    return call_fail(call, "ValidationError", "'%s' must be between %d and %d inclusive", key,
                     attribute->lowest, attribute->highest);
}

int elbv2_deregistration_delay_s(const struct target_group *group)
{
    return (int)strtol(value_of(group, find_attribute(DELAY)), NULL, 10);
}

bool elbv2_modify_target_group_attributes(struct region *region, struct call *call)
{
    struct target_group *group = region_find_group(region, json_text(call->request, "TargetGroupArn"));
    struct json_object *asked = json_list(call->request, "Attributes");
    struct error error = {0};

    if (!group)
        return call_fail(call, "TargetGroupNotFound", "One or more target groups not found");
    if (json_length(asked) == 0 || json_length(asked) > ATTRIBUTES_MAX)
        return call_fail(call, "ValidationError", "Between 1 and %d attributes are needed", ATTRIBUTES_MAX);
    for (size_t i = 0; i < json_length(asked); i++) {
        if (!check_attribute(call, json_object_array_get_idx(asked, i)))
            return false;
    }
    for (size_t i = 0; i < json_length(asked); i++) {
        struct json_object *item = json_object_array_get_idx(asked, i);
        json_put_text(group->attributes, json_text(item, "Key"), json_text(item, "Value"));
    }
    if (!elbv2_apply_group(region, group, &error))
        return call_fail_status(call, 500, "InternalFailure", "%s", error.message);
    json_put(call->response, "Attributes", elbv2_attributes_json(group));
    return true;
}

bool elbv2_describe_target_group_attributes(struct region *region, struct call *call)
{
    struct target_group *group = region_find_group(region, json_text(call->request, "TargetGroupArn"));

    if (!group)
        return call_fail(call, "TargetGroupNotFound", "One or more target groups not found");
    json_put(call->response, "Attributes", elbv2_attributes_json(group));
    return true;
}
