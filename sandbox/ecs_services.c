#include "sandbox/ecs.h"
#include "sandbox/operations.h"

#include <string.h>

#define SERVICE_PAGE 10
#define SERVICE_PAGE_MAX 100

static const char *state_name(enum service_state state)
{
    return state == SERVICE_ACTIVE ? "ACTIVE" : state == SERVICE_DRAINING ? "DRAINING" : "INACTIVE";
}

const char *ecs_controller_of(const struct service *service)
{
    const char *type = json_text(json_map(service->created_from, "deploymentController"), "type");

    return type ? type : "ECS";
}

bool ecs_asks_for_fargate(struct json_object *asked, const struct definition *definition)
{
    struct json_object *strategy = json_list(asked, "capacityProviderStrategy");
    struct json_object *compatibilities = json_list(definition->body, "requiresCompatibilities");
    const char *type = json_text(asked, "launchType");
    const char *provider = json_text(json_item(strategy, 0), "capacityProvider");

    if (json_length(strategy) > 0)
        return provider && strncmp(provider, "FARGATE", 7) == 0;
    if (type)
        return strcmp(type, "FARGATE") == 0;
    return strcmp(json_text_at(compatibilities, 0), "FARGATE") == 0;
}

bool ecs_is_on_fargate(const struct service *service, const struct definition *definition)
{
    return ecs_asks_for_fargate(service->created_from, definition);
}

/* launchType or capacityProviderStrategy, and the platform where there is one. */
static void put_launch(struct json_object *json, const struct service *service,
                       const struct definition *definition, const char *platform)
{
    struct json_object *strategy = json_list(service->created_from, "capacityProviderStrategy");
    const char *type = json_text(service->created_from, "launchType");
    bool on_fargate = definition && ecs_is_on_fargate(service, definition);

    if (json_length(strategy) > 0)
        json_put(json, "capacityProviderStrategy", json_copy(strategy));
    else
        json_put_text(json, "launchType", type ? type : on_fargate ? "FARGATE" : "EC2");
    if (on_fargate) {
        json_put_text(json, "platformVersion", platform);
        json_put_text(json, "platformFamily", "Linux");
    }
}

/* What the service keeps and its deployments show. */
static void put_kept(struct json_object *json, const struct service *service)
{
    static const char *const kept[] = {"serviceConnectConfiguration", "volumeConfigurations",
                                       "vpcLatticeConfigurations"};

    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        struct json_object *value = json_any(service->created_from, kept[i]);
        if (value)
            json_put(json, kept[i], json_copy(value));
    }
}

static struct json_object *deployment_json(const struct service *service, const struct deployment *deployment)
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
    put_launch(json, service, deployment->definition, deployment->platform_version);
    if (deployment->network)
        json_put(json, "networkConfiguration", json_copy(deployment->network));
    json_put_text(json, "rolloutState",
                  deployment->broken      ? "FAILED"
                  : deployment->completed ? "COMPLETED"
                                          : "IN_PROGRESS");
    json_put_text(json, "rolloutStateReason", deployment->reason);
    if (deployment->primary)
        put_kept(json, service);
    return json;
}

/* A service of CodeDeploy has task sets where others have deployments. */
static struct json_object *task_set_json(const struct service *service, const struct deployment *deployment)
{
    struct json_object *json = json_object_new_object();

    json_put_text(json, "id", deployment->id);
    json_put_format(json, "taskSetArn", "%.*s:task-set/%s/%s/%s",
                    (int)(strstr(service->arn, ":service/") - service->arn), service->arn,
                    service->cluster->name, service->name, deployment->id);
    json_put_text(json, "serviceArn", service->arn);
    json_put_text(json, "clusterArn", service->cluster->arn);
    json_put_text(json, "status", deployment->primary ? "PRIMARY" : "ACTIVE");
    json_put_text(json, "taskDefinition", deployment->definition->arn);
    json_put_integer(json, "computedDesiredCount", deployment->desired);
    json_put_integer(json, "pendingCount", deployment->pending);
    json_put_integer(json, "runningCount", deployment->running);
    json_put_time(json, "createdAt", deployment->created);
    json_put_time(json, "updatedAt", deployment->updated);
    put_launch(json, service, deployment->definition, deployment->platform_version);
    if (deployment->network)
        json_put(json, "networkConfiguration", json_copy(deployment->network));
    json_put(json, "loadBalancers", json_copy(deployment->load_balancers));
    json_put(json, "scale", json_tokener_parse("{\"value\":100.0,\"unit\":\"PERCENT\"}"));
    json_put_text(json, "stabilityStatus", deployment->completed ? "STEADY_STATE" : "STABILIZING");
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

/* Deployments, or task sets, and the tasks counted in them. */
static void put_deployments(struct json_object *json, const struct service *service)
{
    struct json_object *deployments = json_object_new_array(), *task_sets = json_object_new_array();
    bool by_ecs = strcmp(ecs_controller_of(service), "ECS") == 0;
    int running = 0, pending = 0;

    for (size_t i = 0; i < service->deployments.count; i++) {
        const struct deployment *deployment = service->deployments.items[i];
        running += deployment->running;
        pending += deployment->pending;
        if (service->state == SERVICE_INACTIVE)
            continue;
        if (by_ecs)
            json_object_array_add(deployments, deployment_json(service, deployment));
        else
            json_object_array_add(task_sets, task_set_json(service, deployment));
    }
    json_put(json, "deployments", deployments);
    if (by_ecs)
        json_object_put(task_sets);
    else
        json_put(json, "taskSets", task_sets);
    json_put_integer(json, "runningCount", running);
    json_put_integer(json, "pendingCount", pending);
}

struct json_object *ecs_service_json(const struct service *service, bool with_tags)
{
    struct json_object *json = json_object_new_object();
    const struct deployment *primary = service_primary(service);
    const char *platform = json_text(service->created_from, "platformVersion");
    const char *scheduling = json_text(service->created_from, "schedulingStrategy");

    json_put_text(json, "serviceArn", service->arn);
    json_put_text(json, "serviceName", service->name);
    json_put_text(json, "clusterArn", service->cluster->arn);
    json_put_text(json, "status", state_name(service->state));
    json_put_integer(json, "desiredCount", service->desired);
    json_put(json, "loadBalancers",
             primary ? json_copy(primary->load_balancers) : json_copy_list(service->asked, "loadBalancers"));
    put_launch(json, service, primary ? primary->definition : NULL, platform ? platform : "LATEST");
    if (primary)
        json_put_text(json, "taskDefinition", primary->definition->arn);
    json_put(json, "deploymentConfiguration", configuration_json(service));
    put_deployments(json, service);
    json_put(json, "events", events_json(service));
    json_put_time(json, "createdAt", service->created);
    if (primary && primary->network)
        json_put(json, "networkConfiguration", json_copy(primary->network));
    if (service->grace_s >= 0)
        json_put_integer(json, "healthCheckGracePeriodSeconds", service->grace_s);
    json_put_text(json, "schedulingStrategy", scheduling ? scheduling : "REPLICA");
    add_kept(json, service);
    if (with_tags)
        json_put(json, "tags", json_copy(service->tags));
    return json;
}

/* True when the service is of the launch type and the scheduling strategy that the request asks for. */
static bool is_asked_for(const struct service *service, struct json_object *request)
{
    static const char *const keys[] = {"launchType", "schedulingStrategy"};
    struct json_object *json = NULL;
    bool asked = true;

    if (!json_any(request, keys[0]) && !json_any(request, keys[1]))
        return true;
    json = ecs_service_json(service, false);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *wanted = json_text(request, keys[i]), *its = json_text(json, keys[i]);
        asked = asked && (!wanted || (its && strcmp(wanted, its) == 0));
    }
    json_object_put(json);
    return asked;
}

bool ecs_list_services(struct region *region, struct call *call)
{
    struct cluster *cluster = ecs_find_cluster(region, call);
    struct json_object *arns = NULL;

    if (!cluster)
        return false;
    arns = json_object_new_array();
    for (size_t i = 0; i < region->services.count; i++) {
        const struct service *service = region->services.items[i];
        if (service->cluster == cluster && service->state != SERVICE_INACTIVE &&
            is_asked_for(service, call->request))
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
