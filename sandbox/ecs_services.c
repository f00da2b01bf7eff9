#include "sandbox/ecs.h"
#include "sandbox/operations.h"

#include <string.h>

#define SERVICE_PAGE 10
#define SERVICE_PAGE_MAX 100

static const char *state_name(enum service_state state)
{
    return state == SERVICE_ACTIVE ? "ACTIVE" : state == SERVICE_DRAINING ? "DRAINING" : "INACTIVE";
}

static struct json_object *deployment_json(const struct deployment *deployment)
{
    struct json_object *json = json_object_new_object();

    json_put_text(json, "id", deployment->id);
    json_put_text(json, "status", deployment->primary ? "PRIMARY" : "ACTIVE");
    json_put_text(json, "taskDefinition", deployment->definition->arn);
    json_put_integer(json, "desiredCount", deployment->desired);
    json_put_integer(json, "pendingCount", deployment->pending);
    json_put_integer(json, "runningCount", deployment->running);
    json_put_integer(json, "failedTasks", deployment->failed_tasks);
    json_put_time(json, "createdAt", deployment->created);
    json_put_time(json, "updatedAt", deployment->updated);
    json_put_text(json, "launchType", "FARGATE");
    json_put_text(json, "platformVersion", deployment->platform_version);
    json_put_text(json, "platformFamily", "Linux");
    if (deployment->network)
        json_put(json, "networkConfiguration", json_copy(deployment->network));
    json_put_text(json, "rolloutState",
                  deployment->broken      ? "FAILED"
                  : deployment->completed ? "COMPLETED"
                                          : "IN_PROGRESS");
    json_put_text(json, "rolloutStateReason", deployment->reason);
    return json;
}

static struct json_object *configuration_json(const struct service *service)
{
    struct json_object *json = json_copy(json_map(service->created_from, "deploymentConfiguration"));
    struct json_object *breaker = json_object_new_object();

    if (!json)
        json = json_object_new_object();
    json_put_flag(breaker, "enable", service->breaker);
    json_put_flag(breaker, "rollback", service->breaker_rollback);
    json_put(json, "deploymentCircuitBreaker", breaker);
    json_put_integer(json, "maximumPercent", service->maximum_percent);
    json_put_integer(json, "minimumHealthyPercent", service->minimum_percent);
    if (!json_text(json, "strategy"))
        json_put_text(json, "strategy", "ROLLING");
    return json;
}

static struct json_object *events_json(const struct service *service)
{
    struct json_object *list = json_object_new_array();

    for (size_t i = service->events.count; i-- > 0;) { /* the latest first */
        const struct event *event = service->events.items[i];
        struct json_object *json = json_object_new_object();
        json_put_text(json, "id", event->id);
        json_put_time(json, "createdAt", event->at);
        json_put_text(json, "message", event->message);
        json_object_array_add(list, json);
    }
    return list;
}

/* Members that are kept as they were given, or have ECS's default. */
static void add_kept(struct json_object *json, const struct service *service)
{
    static const char *const lists[] = {"serviceRegistries", "placementConstraints", "placementStrategy"};
    struct json_object *kept = service->created_from, *controller = json_map(kept, "deploymentController");

    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        json_put(json, lists[i], json_copy_list(kept, lists[i]));
    json_put(json, "deploymentController",
             controller ? json_copy(controller) : json_tokener_parse("{\"type\":\"ECS\"}"));
    json_put_flag(json, "enableECSManagedTags", json_flag(kept, "enableECSManagedTags", false));
    json_put_flag(json, "enableExecuteCommand", json_flag(kept, "enableExecuteCommand", false));
    json_put_text(json, "propagateTags",
                  json_text(kept, "propagateTags") ? json_text(kept, "propagateTags") : "NONE");
    json_put_text(json, "roleArn",
                  json_text(kept, "role") ? json_text(kept, "role")
                                          : "arn:aws:iam::" REGION_ACCOUNT
                                            ":role/aws-service-role/ecs.amazonaws.com/"
                                            "AWSServiceRoleForECS");
    json_put_text(json, "availabilityZoneRebalancing",
                  json_text(kept, "availabilityZoneRebalancing")
                      ? json_text(kept, "availabilityZoneRebalancing")
                      : "DISABLED");
    json_put_text(json, "createdBy", "arn:aws:iam::" REGION_ACCOUNT ":role/deploy");
}

struct json_object *ecs_service_json(const struct service *service, bool with_tags)
{
    struct json_object *json = json_object_new_object(), *deployments = json_object_new_array();
    const struct deployment *primary = service_primary(service);
    int running = 0, pending = 0;

    for (size_t i = 0; i < service->deployments.count; i++) {
        const struct deployment *deployment = service->deployments.items[i];
        running += deployment->running;
        pending += deployment->pending;
        if (service->state != SERVICE_INACTIVE)
            json_object_array_add(deployments, deployment_json(deployment));
    }
    json_put_text(json, "serviceArn", service->arn);
    json_put_text(json, "serviceName", service->name);
    json_put_text(json, "clusterArn", service->cluster->arn);
    json_put(json, "loadBalancers", json_copy(primary->load_balancers));
    json_put_text(json, "status", state_name(service->state));
    json_put_integer(json, "desiredCount", service->desired);
    json_put_integer(json, "runningCount", running);
    json_put_integer(json, "pendingCount", pending);
    json_put_text(json, "launchType", "FARGATE");
    json_put_text(json, "platformVersion", primary->platform_version);
    json_put_text(json, "platformFamily", "Linux");
    json_put_text(json, "taskDefinition", primary->definition->arn);
    json_put(json, "deploymentConfiguration", configuration_json(service));
    json_put(json, "deployments", deployments);
    json_put(json, "events", events_json(service));
    json_put_time(json, "createdAt", service->created);
    if (primary->network)
        json_put(json, "networkConfiguration", json_copy(primary->network));
    if (service->grace_s >= 0)
        json_put_integer(json, "healthCheckGracePeriodSeconds", service->grace_s);
    json_put_text(json, "schedulingStrategy", "REPLICA");
    add_kept(json, service);
    if (with_tags)
        json_put(json, "tags", json_copy(service->tags));
    return json;
}

bool ecs_list_services(struct region *region, struct call *call)
{
    struct cluster *cluster = ecs_find_cluster(region, call);
    const char *launch_type = json_text(call->request, "launchType");
    struct json_object *arns = NULL;

    if (!cluster)
        return false;
    arns = json_object_new_array();
    for (size_t i = 0; i < region->services.count; i++) {
        const struct service *service = region->services.items[i];
        if (service->cluster == cluster && service->state != SERVICE_INACTIVE &&
            (!launch_type || strcmp(launch_type, "FARGATE") == 0))
            json_append_text(arns, service->arn);
    }
    return call_answer_page(call, arns, "serviceArns", NULL, SERVICE_PAGE, SERVICE_PAGE_MAX);
}

bool ecs_describe_services(struct region *region, struct call *call)
{
    struct cluster *cluster = ecs_find_cluster(region, call);
    struct json_object *names = json_list(call->request, "services"), *list = json_object_new_array();

    json_put(call->response, "services", list);
    json_put(call->response, "failures", json_object_new_array());
    if (!cluster)
        return false;
    if (json_length(names) == 0)
        return call_fail(call, "InvalidParameterException", "Services cannot be empty.");
    if (json_length(names) > ECS_SERVICES_BATCH_MAX)
        return call_fail(call, "InvalidParameterException", "Services cannot have more than %d elements.",
                         ECS_SERVICES_BATCH_MAX);
    for (size_t i = 0; i < json_length(names); i++) {
        const char *name = json_text_at(names, i);
        struct service *service = region_find_service(region, cluster, name);
        if (service)
            json_object_array_add(list, ecs_service_json(service, ecs_includes(call, "TAGS")));
        else if (name && strncmp(name, "arn:", 4) == 0)
            ecs_add_missing(call, "%s", name);
        else
            ecs_add_missing(call, "arn:aws:ecs:%s:%s:service/%s/%s", region->name, REGION_ACCOUNT,
                            cluster->name, name ? name : "");
    }
    return true;
}
