#include "sandbox/autoscaling.h"

#include "sandbox/names.h"
#include "sandbox/operations.h"

#include <stdio.h>
#include <string.h>

#define PAGE_MAX 50
#define DIMENSION "ecs:service:DesiredCount"
#define ROLE                                                                                           \
    "arn:aws:iam::" REGION_ACCOUNT ":role/aws-service-role/ecs.application-autoscaling.amazonaws.com/" \
    "AWSServiceRoleForApplicationAutoScaling_ECSService"

enum kind { TARGET, POLICY, SCHEDULE };
/* Where things of a kind are kept, how they are listed, and what names one beside its resource. */
static const struct {
    const char *slot, *answer, *name, *noun;
} kinds[] = {
    [TARGET] = {"targets", "ScalableTargets", NULL, "scalable target"},
    [POLICY] = {"policies", "ScalingPolicies", "PolicyName", "scaling policy"},
    [SCHEDULE] = {"schedules", "ScheduledActions", "ScheduledActionName", "scheduled action"},
};
#define ACTIVITIES "activities"

/* The region's list of a kind, made when it is first asked for. */
static struct json_object *slot_of(struct region *region, const char *slot)
{
    if (!region->scaling)
        region->scaling = json_object_new_object();
    if (!json_list(region->scaling, slot))
        json_put(region->scaling, slot, json_object_new_array());
    return json_list(region->scaling, slot);
}

static bool same_text(struct json_object *a, struct json_object *b, const char *key)
{
    const char *one = json_text(a, key), *other = json_text(b, key);

    return one && other && strcmp(one, other) == 0;
}

/* Where in its list the thing stands that the request names; the list's length if it does not. */
static size_t find(struct region *region, enum kind kind, struct json_object *request)
{
    struct json_object *list = slot_of(region, kinds[kind].slot);

    for (size_t i = 0; i < json_length(list); i++) {
        struct json_object *item = json_item(list, i);
        if (same_text(item, request, "ResourceId") && same_text(item, request, "ScalableDimension") &&
            (!kinds[kind].name || same_text(item, request, kinds[kind].name)))
            return i;
    }
    return json_length(list);
}

/* The service behind "service/CLUSTER/NAME". */
static struct service *find_service(struct region *region, const char *resource)
{
    char cluster_name[REGION_NAME_MAX], service_name[REGION_NAME_MAX];

    if (!resource || sscanf(resource, "service/%255[^/]/%255s", cluster_name, service_name) != 2)
        return NULL;
    struct cluster *cluster = region_find_cluster(region, cluster_name);
    struct service *service = cluster ? region_find_service(region, cluster, service_name) : NULL;
    return service && service->state == SERVICE_ACTIVE ? service : NULL;
}

static bool check_namespace(struct call *call)
{
    const char *name = json_text(call->request, "ServiceNamespace");

    if (name && strcmp(name, "ecs") == 0)
        return true;
    return call_fail(call, "ValidationException",
                     "This region scales ECS services: the service namespace "
                     "must be ecs");
}

static bool check_resource(struct region *region, struct call *call)
{
    const char *resource = json_text(call->request, "ResourceId");
    const char *dimension = json_text(call->request, "ScalableDimension");

    if (!check_namespace(call))
        return false;
    if (!dimension || strcmp(dimension, DIMENSION) != 0)
        return call_fail(call, "ValidationException",
                         "Unsupported service namespace, resource type or "
                         "scalable dimension");
    if (!find_service(region, resource))
        return call_fail(call, "ValidationException", "ECS service doesn't exist: %.400s",
                         resource ? resource : "");
    return true;
}

static bool fail_not_found(struct call *call, enum kind kind)
{
    const char *resource = json_text(call->request, "ResourceId");

    return call_fail(call, "ObjectNotFoundException",
                     "No %s found for service namespace: ecs, resource ID: %.400s, scalable dimension: %s",
                     kinds[kind].noun, resource ? resource : "", DIMENSION);
}

/* --- targets ---------------------------------------------------------------------------------------- */

static void add_activity(struct region *region, struct service *service, const char *resource, int desired,
                         const char *bound)
{
    struct json_object *list = slot_of(region, ACTIVITIES), *json = json_object_new_object();
    char id[37];

    names_uuid(id);
    json_put_text(json, "ActivityId", id);
    json_put_text(json, "ServiceNamespace", "ecs");
    json_put_text(json, "ResourceId", resource);
    json_put_text(json, "ScalableDimension", DIMENSION);
    json_put_format(json, "Description", "Setting desired count to %d.", desired);
    json_put_format(json, "Cause", "%s capacity was set to %d", bound, desired);
    json_put_time(json, "StartTime", region_now());
    json_object_array_add(list, json);
    if (json_length(list) > AUTOSCALING_ACTIVITIES_MAX)
        json_object_array_del_idx(list, 0, 1);
    service->desired = desired;
    if (service_primary(service))
        service_primary(service)->desired = desired;
    service->steady = false;
    region_wake(region);
}

static bool check_bounds(struct call *call, struct json_object *target)
{
    int64_t minimum = json_integer(target, "MinCapacity", -1),
            maximum = json_integer(target, "MaxCapacity", -1);

    if (minimum < 0 || maximum < 0)
        return call_fail(call, "ValidationException",
                         "MinCapacity and MaxCapacity must be specified for a new "
                         "scalable target");
    if (minimum > maximum || maximum > REGION_TASKS_MAX)
        return call_fail(call, "ValidationException",
                         "Maximum capacity cannot be less than minimum capacity, "
                         "nor more than %d",
                         REGION_TASKS_MAX);
    return true;
}

/* As it was, or new, with what the request sets. */
static struct json_object *build_target(const struct region *region, struct json_object *request,
                                        struct json_object *known)
{
    static const char *const suspensions[] = {"DynamicScalingInSuspended", "DynamicScalingOutSuspended",
                                              "ScheduledScalingSuspended"};
    struct json_object *json = known ? json_copy(known) : json_object_new_object();
    struct json_object *asked = json_map(request, "SuspendedState"), *state = json_object_new_object();
    char id[19];

    names_hex(id, 18);
    for (size_t i = 0; i < sizeof suspensions / sizeof *suspensions; i++) {
        bool was = json_flag(json_map(json, "SuspendedState"), suspensions[i], false);
        json_put_flag(state, suspensions[i], json_flag(asked, suspensions[i], was));
    }
    json_put(json, "SuspendedState", state);
    if (json_any(request, "MinCapacity"))
        json_put_integer(json, "MinCapacity", json_integer(request, "MinCapacity", -1));
    if (json_any(request, "MaxCapacity"))
        json_put_integer(json, "MaxCapacity", json_integer(request, "MaxCapacity", -1));
    if (known)
        return json;
    json_put_text(json, "ServiceNamespace", "ecs");
    json_put_text(json, "ResourceId", json_text(request, "ResourceId"));
    json_put_text(json, "ScalableDimension", DIMENSION);
    json_put_text(json, "RoleARN", json_text(request, "RoleARN") ? json_text(request, "RoleARN") : ROLE);
    json_put_time(json, "CreationTime", region_now());
    json_put_format(json, "ScalableTargetARN", "arn:aws:application-autoscaling:%s:%s:scalable-target/0ec5%s",
                    region->name, REGION_ACCOUNT, id);
    return json;
}

bool autoscaling_register_scalable_target(struct region *region, struct call *call)
{
    if (!check_resource(region, call))
        return false;
    struct json_object *list = slot_of(region, kinds[TARGET].slot);
    size_t at = find(region, TARGET, call->request);
    struct json_object *target = build_target(region, call->request, json_item(list, at));
    const char *resource = json_text(target, "ResourceId");
    struct service *service = find_service(region, resource);
    int minimum = (int)json_integer(target, "MinCapacity", 0),
        maximum = (int)json_integer(target, "MaxCapacity", 0);

    if (!check_bounds(call, target) ||
        (at >= AUTOSCALING_ITEMS_MAX &&
         !call_fail(call, "LimitExceededException", "Too many scalable targets"))) {
        json_object_put(target);
        return false;
    }
    json_object_array_put_idx(list, at, target);
    if (service->desired < minimum)
        add_activity(region, service, resource, minimum, "minimum");
    else if (service->desired > maximum)
        add_activity(region, service, resource, maximum, "maximum");
    json_put_text(call->response, "ScalableTargetARN", json_text(target, "ScalableTargetARN"));
    return true;
}

/* --- policies and schedules: kept as they are given -------------------------------------------------- */

static bool put_named(struct region *region, struct call *call, enum kind kind, const char *arn_key,
                      const char *arn_kind)
{
    const char *name = json_text(call->request, kinds[kind].name);
    struct json_object *list = slot_of(region, kinds[kind].slot), *json = NULL;
    size_t at = find(region, kind, call->request), targets = json_length(slot_of(region, kinds[TARGET].slot));
    char id[37];

    if (!check_resource(region, call))
        return false;
    if (!name || !*name)
        return call_fail(call, "ValidationException", "%s must be specified", kinds[kind].name);
    if (find(region, TARGET, call->request) == targets)
        return fail_not_found(call, TARGET);
    if (at >= AUTOSCALING_ITEMS_MAX)
        return call_fail(call, "LimitExceededException", "Too many of this kind");
    json = json_copy(call->request);
    names_uuid(id);
    if (at < json_length(list))
        json_put_text(json, arn_key, json_text(json_item(list, at), arn_key));
    else
        json_put_format(json, arn_key, "arn:aws:autoscaling:%s:%s:%s:%s:resource/ecs/%.400s:%.200s",
                        region->name, REGION_ACCOUNT, arn_kind, id, json_text(json, "ResourceId"), name);
    json_put_time(json, "CreationTime", region_now());
    json_object_array_put_idx(list, at, json);
    json_put_text(call->response, arn_key, json_text(json, arn_key));
    return true;
}

bool autoscaling_put_scaling_policy(struct region *region, struct call *call)
{
    if (!put_named(region, call, POLICY, "PolicyARN", "scalingPolicy"))
        return false;
    json_put(call->response, "Alarms", json_object_new_array());
    return true;
}

bool autoscaling_put_scheduled_action(struct region *region, struct call *call)
{
    if (!put_named(region, call, SCHEDULE, "ScheduledActionARN", "scheduledAction"))
        return false;
    json_object_object_del(call->response, "ScheduledActionARN");
    return true;
}

static bool remove_one(struct region *region, struct call *call, enum kind kind)
{
    struct json_object *list = slot_of(region, kinds[kind].slot);
    size_t at = find(region, kind, call->request);

    if (!check_namespace(call))
        return false;
    if (at == json_length(list))
        return fail_not_found(call, kind);
    json_object_array_del_idx(list, at, 1);
    return true;
}

/* With its policies and scheduled actions. */
bool autoscaling_deregister_scalable_target(struct region *region, struct call *call)
{
    if (!remove_one(region, call, TARGET))
        return false;
    for (enum kind kind = POLICY; kind <= SCHEDULE; kind++) {
        struct json_object *list = slot_of(region, kinds[kind].slot);
        for (size_t i = json_length(list); i-- > 0;) {
            if (same_text(json_item(list, i), call->request, "ResourceId"))
                json_object_array_del_idx(list, i, 1);
        }
    }
    return true;
}

bool autoscaling_delete_scaling_policy(struct region *region, struct call *call)
{
    return remove_one(region, call, POLICY);
}

bool autoscaling_delete_scheduled_action(struct region *region, struct call *call)
{
    return remove_one(region, call, SCHEDULE);
}

/* --- reading ---------------------------------------------------------------------------------------- */

static bool is_asked_for(struct json_object *item, struct json_object *request, enum kind kind)
{
    static const char *const plurals[] = {"ResourceIds", "PolicyNames", "ScheduledActionNames"};
    struct json_object *wanted = json_list(request, plurals[kind]);
    const char *its = json_text(item, kind == TARGET ? "ResourceId" : kinds[kind].name);
    bool asked = json_length(wanted) == 0;

    for (size_t i = 0; i < json_length(wanted); i++)
        asked = asked || strcmp(json_text_at(wanted, i), its) == 0;
    if (json_text(request, "ResourceId") && !same_text(item, request, "ResourceId"))
        return false;
    return asked &&
           (!json_text(request, "ScalableDimension") || same_text(item, request, "ScalableDimension"));
}

static bool describe(struct region *region, struct call *call, enum kind kind, const char *identity)
{
    struct json_object *kept = slot_of(region, kinds[kind].slot), *list = NULL;

    if (!check_namespace(call))
        return false;
    list = json_object_new_array();
    for (size_t i = 0; i < json_length(kept); i++) {
        if (is_asked_for(json_item(kept, i), call->request, kind))
            json_object_array_add(list, json_copy(json_item(kept, i)));
    }
    return call_answer_page(call, list, kinds[kind].answer, identity, PAGE_MAX, PAGE_MAX);
}

bool autoscaling_describe_scalable_targets(struct region *region, struct call *call)
{
    return describe(region, call, TARGET, "ScalableTargetARN");
}

bool autoscaling_describe_scaling_policies(struct region *region, struct call *call)
{
    return describe(region, call, POLICY, "PolicyARN");
}

bool autoscaling_describe_scheduled_actions(struct region *region, struct call *call)
{
    return describe(region, call, SCHEDULE, "ScheduledActionARN");
}

/* Under way until as many tasks run as were asked for. */
static struct json_object *activity_json(struct region *region, struct json_object *activity)
{
    struct json_object *json = json_copy(activity);
    const struct service *service = find_service(region, json_text(activity, "ResourceId"));
    const struct deployment *primary = service ? service_primary(service) : NULL;
    bool done = !primary || primary->running == service->desired;

    json_put_text(json, "StatusCode", done ? "Successful" : "InProgress");
    if (done)
        json_put_format(json, "StatusMessage", "Successfully %c%.64s Change successfully fulfilled by ecs.",
                        's', json_text(activity, "Description") + 1);
    return json;
}

bool autoscaling_describe_scaling_activities(struct region *region, struct call *call)
{
    struct json_object *kept = slot_of(region, ACTIVITIES), *list = NULL;

    if (!check_namespace(call))
        return false;
    list = json_object_new_array();
    for (size_t i = json_length(kept); i-- > 0;) { /* the latest first */
        struct json_object *activity = json_item(kept, i);
        if (!json_text(call->request, "ResourceId") || same_text(activity, call->request, "ResourceId"))
            json_object_array_add(list, activity_json(region, activity));
    }
    return call_answer_page(call, list, "ScalingActivities", "ActivityId", PAGE_MAX, PAGE_MAX);
}

struct json_object *autoscaling_state_json(struct region *region)
{
    struct json_object *json = json_object_new_object();

    for (enum kind kind = TARGET; kind <= SCHEDULE; kind++)
        json_put(json, kinds[kind].slot, json_copy(slot_of(region, kinds[kind].slot)));
    return json;
}
