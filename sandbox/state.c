#include "sandbox/state.h"

#include "sandbox/alarm.h"
#include "sandbox/autoscaling.h"
#include "sandbox/chaos.h"
#include "sandbox/ec2.h"
#include "sandbox/ecs.h"
#include "sandbox/elbv2.h"
#include "sandbox/fis.h"
#include "sandbox/ssm.h"

static struct json_object *clusters_json(struct region *region)
{
    struct json_object *map = json_object_new_object();

    for (size_t i = 0; i < region->clusters.count; i++) {
        const struct cluster *cluster = region->clusters.items[i];
        struct json_object *json = NULL;
        if (!cluster->active)
            continue;
        json = json_object_new_object();
        json_put(json, "settings", json_copy(cluster->settings));
        json_put(json, "tags", json_copy(cluster->tags));
        json_put(map, cluster->arn, json);
    }
    return map;
}

/* A service's description without what changes by itself. */
static struct json_object *service_json(const struct service *service)
{
    static const char *const volatiles[] = {"deployments",  "events",    "runningCount",
                                            "pendingCount", "createdAt", "taskSets"};
    struct json_object *json = ecs_service_json(service, true);
    struct json_object *deployment = json_item(json_list(json, "deployments"), 0);
    struct json_object *connect = json_any(deployment, "serviceConnectConfiguration");

    if (connect)
        json_put(json, "serviceConnectConfiguration", json_copy(connect));
    for (size_t i = 0; i < sizeof volatiles / sizeof *volatiles; i++)
        json_object_object_del(json, volatiles[i]);
    return json;
}

static struct json_object *services_json(struct region *region)
{
    struct json_object *map = json_object_new_object();

    for (size_t i = 0; i < region->services.count; i++) {
        const struct service *service = region->services.items[i];
        if (service->state == SERVICE_ACTIVE)
            json_put(map, service->arn, service_json(service));
    }
    return map;
}

static struct json_object *definitions_json(struct region *region)
{
    struct json_object *map = json_object_new_object();

    for (size_t i = 0; i < region->definitions.count; i++) {
        const struct definition *definition = region->definitions.items[i];
        struct json_object *json = NULL;
        if (!definition->active)
            continue;
        json = json_object_new_object();
        json_put(json, "definition", json_copy(definition->body));
        json_put(json, "tags", json_copy(definition->tags));
        json_put(map, definition->arn, json);
    }
    return map;
}

static struct json_object *target_groups_json(struct region *region)
{
    struct json_object *map = json_object_new_object();

    for (size_t i = 0; i < region->target_groups.count; i++) {
        const struct target_group *group = region->target_groups.items[i];
        struct json_object *json = elbv2_group_json(region, group);
        json_put(json, "attributes", elbv2_attributes_json(group));
        json_put(json, "tags", json_copy(group->tags));
        json_put(map, group->arn, json);
    }
    return map;
}

static struct json_object *listeners_json(struct region *region)
{
    struct json_object *map = json_object_new_object();

    for (size_t i = 0; i < region->listeners.count; i++) {
        const struct listener *listener = region->listeners.items[i];
        struct json_object *json = elbv2_listener_json(listener);
        json_put(json, "tags", json_copy(listener->tags));
        json_put(map, listener->arn, json);
    }
    return map;
}

static struct json_object *rules_json(struct region *region)
{
    struct json_object *map = json_object_new_object();

    for (size_t i = 0; i < region->rules.count; i++) {
        const struct rule *rule = region->rules.items[i];
        struct json_object *json = elbv2_rule_json(rule);
        json_put(json, "tags", json_copy(rule->tags));
        json_put(map, rule->arn, json);
    }
    return map;
}

static struct json_object *load_balancers_json(struct region *region)
{
    struct json_object *map = json_object_new_object();

    for (size_t i = 0; i < region->load_balancers.count; i++) {
        const struct load_balancer *load_balancer = region->load_balancers.items[i];
        struct json_object *json = elbv2_load_balancer_json(region, load_balancer);
        json_put(json, "tags", json_copy(load_balancer->tags));
        json_put(map, load_balancer->arn, json);
    }
    return map;
}

static struct json_object *security_groups_json(struct region *region)
{
    struct json_object *map = json_object_new_object();

    for (size_t i = 0; i < region->security_groups.count; i++) {
        const struct security_group *group = region->security_groups.items[i];
        json_put(map, group->id, ec2_security_group_json(group));
    }
    return map;
}

static struct json_object *alarms_json(struct region *region)
{
    struct json_object *map = json_object_new_object();

    for (size_t i = 0; i < region->alarms.count; i++) {
        const struct alarm *alarm = region->alarms.items[i];
        json_put(map, alarm->arn, alarm_settings_json(alarm));
    }
    return map;
}

bool state_print(struct region *region, struct buf *out)
{
    struct json_object *json = json_object_new_object();
    bool done = false;

    json_put(json, "clusters", clusters_json(region));
    json_put(json, "services", services_json(region));
    json_put(json, "taskDefinitions", definitions_json(region));
    json_put(json, "loadBalancers", load_balancers_json(region));
    json_put(json, "targetGroups", target_groups_json(region));
    json_put(json, "listeners", listeners_json(region));
    json_put(json, "rules", rules_json(region));
    json_put(json, "sessions", ssm_sessions_json(region));
    json_put(json, "securityGroups", security_groups_json(region));
    json_put(json, "alarms", alarms_json(region));
    json_put(json, "autoscaling", autoscaling_state_json(region));
    json_put(json, "experimentTemplates", fis_state_json(region));
    json_put(json, "chaos", chaos_state_json(region->chaos));
    done = json_print_canonical(json, out) && buf_append_char(out, '\n');
    json_object_put(json);
    return done;
}
