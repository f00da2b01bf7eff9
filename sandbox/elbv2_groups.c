#include "sandbox/elbv2.h"
#include "sandbox/names.h"
#include "sandbox/operations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_LENGTH 32

/* Numbers of a health check: their limits and ELB's defaults. */
static const struct number {
    const char *key;
    int lowest, highest, standard;
} numbers[] = {
    {"HealthCheckIntervalSeconds", 5, 300, 30},
    {"HealthCheckTimeoutSeconds", 2, 120, 5},
    {"HealthyThresholdCount", 2, 10, 5},
    {"UnhealthyThresholdCount", 2, 10, 2},
};
static const struct word {
    const char *key, *standard;
} words[] = {
    {"HealthCheckProtocol", "HTTP"},
    {"HealthCheckPort", "traffic-port"},
    {"HealthCheckPath", "/"},
};

/* Puts what the request sets of a health check into the settings; what it does not stays. */
static bool take_health_check(struct call *call, struct json_object *settings)
{
    struct json_object *matcher = json_map(call->request, "Matcher");

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        int64_t value =
            json_integer(call->request, numbers[i].key, json_integer(settings, numbers[i].key, 0));
        if (value < numbers[i].lowest || value > numbers[i].highest)
            return call_fail(call, "ValidationError", "%s must be between %d and %d", numbers[i].key,
                             numbers[i].lowest, numbers[i].highest);
        json_put_integer(settings, numbers[i].key, value);
    }
    if (json_integer(settings, "HealthCheckTimeoutSeconds", 0) >=
        json_integer(settings, "HealthCheckIntervalSeconds", 0))
        return call_fail(call, "ValidationError",
                         "Health check timeout '%d' must be smaller than the interval '%d'",
                         (int)json_integer(settings, "HealthCheckTimeoutSeconds", 0),
                         (int)json_integer(settings, "HealthCheckIntervalSeconds", 0));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *value = json_text(call->request, words[i].key);
        if (value)
            json_put_text(settings, words[i].key, value);
    }
    if (json_text(matcher, "HttpCode"))
        json_put(settings, "Matcher", json_copy(matcher));
    return true;
}

static struct balancer_health_check health_check_of(const struct region *region,
                                                    const struct target_group *group)
{
    struct balancer_health_check check = {0};
    struct json_object *settings = group->settings;

    text_copy(check.path, sizeof check.path, json_text(settings, "HealthCheckPath"));
    text_copy(check.matcher, sizeof check.matcher, json_text(json_map(settings, "Matcher"), "HttpCode"));
    check.port = (uint16_t)json_integer(settings, "HealthCheckPort", 0); /* "traffic-port" is no number: 0 */
    check.interval_ms = region_wait_ms(region, (int)json_integer(settings, "HealthCheckIntervalSeconds", 30));
    /* In full: a busy machine must not make healthy targets look unhealthy. */
    check.timeout_ms = (int)json_integer(settings, "HealthCheckTimeoutSeconds", 5) * 1000;
    check.healthy_threshold = (int)json_integer(settings, "HealthyThresholdCount", 5);
    check.unhealthy_threshold = (int)json_integer(settings, "UnhealthyThresholdCount", 2);
    return check;
}

static struct json_object *standard_settings(struct call *call)
{
    struct json_object *settings = json_object_new_object(), *matcher = json_object_new_object();
    const char *protocol = json_text(call->request, "Protocol"), *vpc = json_text(call->request, "VpcId");

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        json_put_integer(settings, numbers[i].key, numbers[i].standard);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        json_put_text(settings, words[i].key, words[i].standard);
    json_put_text(matcher, "HttpCode", "200");
    json_put(settings, "Matcher", matcher);
    json_put_flag(settings, "HealthCheckEnabled", true);
    json_put_text(settings, "Protocol", protocol ? protocol : "HTTP");
    json_put_text(settings, "ProtocolVersion", "HTTP1");
    json_put_text(settings, "VpcId", vpc ? vpc : REGION_VPC);
    json_put_text(settings, "IpAddressType", "ipv4");
    return settings;
}

static bool name_is_wellformed(const char *name)
{
    size_t length = name ? strlen(name) : 0;

    return length > 0 && length <= NAME_MAX_LENGTH && name[0] != '-' && name[length - 1] != '-' &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

static bool answer_group(struct region *region, struct call *call, const struct target_group *group)
{
    struct json_object *list = json_object_new_array();

    json_object_array_add(list, elbv2_group_json(region, group));
    json_put(call->response, "TargetGroups", list);
    return true;
}

static bool check_new_group(struct region *region, struct call *call)
{
    const char *name = json_text(call->request, "Name"), *protocol = json_text(call->request, "Protocol");
    int64_t port = json_integer(call->request, "Port", 0);

    if (!name_is_wellformed(name))
        return call_fail(call, "ValidationError",
                         "Target group name '%.64s' must be 1 to %d letters, digits or hyphens",
                         name ? name : "", NAME_MAX_LENGTH);
    if (!protocol || strcmp(protocol, "HTTP") != 0)
        return call_fail(call, "ValidationError", "This region's target groups speak HTTP");
    if (port < 1 || port > 65535)
        return call_fail(call, "ValidationError", "Port must be between 1 and 65535");
    if (region->target_groups.count >= REGION_GROUPS_MAX)
        return call_fail(call, "TooManyTargetGroups", "The maximum number of target groups has been reached");
    return true;
}

/* Creating one that is there is no error if it is the same. */
static bool answer_existing(struct region *region, struct call *call, const struct target_group *group,
                            const struct json_object *settings, uint16_t port)
{
    if (group->port == port && json_equal(group->settings, (struct json_object *)settings))
        return answer_group(region, call, group);
    return call_fail(call, "DuplicateTargetGroupName",
                     "A target group with the same name '%s' exists, but with different settings",
                     group->name);
}

static void name_group(const struct region *region, const struct call *call, struct target_group *group)
{
    const char *type = json_text(call->request, "TargetType");
    char id[17];

    names_hex(id, 16);
    text_copy(group->name, sizeof group->name, json_text(call->request, "Name"));
    text_copy(group->target_type, sizeof group->target_type, type ? type : "instance");
    snprintf(group->arn, sizeof group->arn, "arn:aws:elasticloadbalancing:%s:%s:targetgroup/%.32s/%s",
             region->name, REGION_ACCOUNT, group->name, id);
    group->attributes = json_object_new_object();
}

bool elbv2_create_target_group(struct region *region, struct call *call)
{
    struct json_object *settings = NULL;
    struct json_object *tags = NULL;
    struct target_group *existing = NULL, *group = NULL;
    struct balancer_health_check check;
    struct error error = {0};

    if (!check_new_group(region, call) || !(tags = elbv2_take_tags(call)))
        return false;
    uint16_t port = (uint16_t)json_integer(call->request, "Port", 0);
    settings = standard_settings(call);
    if (!take_health_check(call, settings)) {
        json_object_put(settings);
        json_object_put(tags);
        return false;
    }
    existing = region_find_group_by_name(region, json_text(call->request, "Name"));
    if (existing) {
        bool done = answer_existing(region, call, existing, settings, port);
        json_object_put(settings);
        json_object_put(tags);
        return done;
    }
    group = memory_new(sizeof *group);
    group->settings = settings;
    group->tags = tags;
    group->port = port;
    name_group(region, call, group);
    check = health_check_of(region, group);
    if (!balancer_add_group(region->balancer, &check,
                            region_wait_ms(region, elbv2_deregistration_delay_s(group)), &group->number,
                            &error)) {
        json_object_put(group->settings);
        json_object_put(group->attributes);
        json_object_put(group->tags);
        free(group);
        return call_fail_status(call, 500, "InternalFailure", "%s", error.message);
    }
    list_add(&region->target_groups, group);
    return answer_group(region, call, group);
}

bool elbv2_apply_group(struct region *region, struct target_group *group, struct error *error)
{
    struct balancer_health_check check = health_check_of(region, group);

    return balancer_change_group(region->balancer, group->number, &check,
                                 region_wait_ms(region, elbv2_deregistration_delay_s(group)), error);
}

bool elbv2_modify_target_group(struct region *region, struct call *call)
{
    struct target_group *group = region_find_group(region, json_text(call->request, "TargetGroupArn"));
    struct json_object *settings = NULL;
    struct error error = {0};

    if (!group)
        return call_fail(call, "TargetGroupNotFound", "One or more target groups not found");
    settings = json_copy(group->settings);
    if (!take_health_check(call, settings)) {
        json_object_put(settings);
        return false;
    }
    json_object_put(group->settings);
    group->settings = settings;
    if (!elbv2_apply_group(region, group, &error))
        return call_fail_status(call, 500, "InternalFailure", "%s", error.message);
    return answer_group(region, call, group);
}

bool elbv2_delete_target_group(struct region *region, struct call *call)
{
    const char *arn = json_text(call->request, "TargetGroupArn");
    struct target_group *group = region_find_group(region, arn);
    struct json_object *users = NULL;
    struct error error = {0};

    if (!group)
        return call_fail(call, "TargetGroupNotFound", "One or more target groups not found");
    users = region_group_load_balancers(region, group);
    bool in_use = json_length(users) > 0;
    json_object_put(users);
    if (in_use)
        return call_fail(call, "ResourceInUse",
                         "Target group '%s' is currently in use by a listener or a rule", arn);
    if (!balancer_remove_group(region->balancer, group->number, &error))
        return call_fail(call, "ResourceInUse", "%s", error.message);
    for (size_t i = 0; i < region->target_groups.count; i++) {
        if (region->target_groups.items[i] == group)
            list_remove_at(&region->target_groups, i);
    }
    json_object_put(group->settings);
    json_object_put(group->attributes);
    json_object_put(group->tags);
    free(group->seen);
    free(group);
    return true;
}
