#include "sandbox/deployment.h"
#include "sandbox/ecs.h"
#include "sandbox/operations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_MINIMUM_PERCENT 100
#define DEFAULT_MAXIMUM_PERCENT 200
#define LOAD_BALANCERS_MAX 5

/* --- checks ------------------------------------------------------------------------------------- */

static struct json_object *find_container(const struct definition *definition, const char *name)
{
    struct json_object *list = json_list(definition->body, "containerDefinitions");

    for (size_t i = 0; i < json_length(list); i++) {
        struct json_object *container = json_object_array_get_idx(list, i);
        const char *its = json_text(container, "name");
        if (name && its && strcmp(its, name) == 0)
            return container;
    }
    return NULL;
}

static bool has_port(struct json_object *container, int64_t port)
{
    struct json_object *list = json_list(container, "portMappings");

    for (size_t i = 0; i < json_length(list); i++) {
        if (json_integer(json_object_array_get_idx(list, i), "containerPort", -1) == port)
            return true;
    }
    return false;
}

static bool check_group(struct region *region, struct call *call, const char *arn)
{
    struct target_group *group = region_find_group(region, arn);
    struct json_object *users = NULL;
    size_t count = 0;

    if (!group)
        return call_fail(call, "InvalidParameterException", "The specified target group %s does not exist.",
                         arn ? arn : "");
    users = region_group_load_balancers(region, group);
    count = json_length(users);
    json_object_put(users);
    if (count == 0)
        return call_fail(call, "InvalidParameterException",
                         "The target group with targetGroupArn %s does not have an associated load balancer.",
                         arn);
    if (strcmp(group->target_type, "ip") != 0)
        return call_fail(
            call, "InvalidParameterException",
            "The provided target group %s has target type %s, which is incompatible with the awsvpc "
            "network mode specified in the task definition.",
            arn, group->target_type);
    return true;
}

bool ecs_check_load_balancers(struct region *region, struct call *call, struct json_object *load_balancers,
                              const struct definition *definition)
{
    if (json_length(load_balancers) > LOAD_BALANCERS_MAX)
        return call_fail(call, "InvalidParameterException", "load balancers can have at most %d items.",
                         LOAD_BALANCERS_MAX);
    for (size_t i = 0; i < json_length(load_balancers); i++) {
        struct json_object *mapping = json_object_array_get_idx(load_balancers, i);
        const char *name = json_text(mapping, "containerName");
        int64_t port = json_integer(mapping, "containerPort", -1);
        struct json_object *container = find_container(definition, name);
        if (!container)
            return call_fail(call, "InvalidParameterException",
                             "The container %s does not exist in the task definition.", name ? name : "null");
        if (!has_port(container, port))
            return call_fail(call, "InvalidParameterException",
                             "The container %s did not have a container port %d defined.", name, (int)port);
        if (!check_group(region, call, json_text(mapping, "targetGroupArn")))
            return false;
    }
    return true;
}

static struct definition *take_definition(struct region *region, struct call *call, const char *name)
{
    struct definition *definition = region_find_definition(region, name);

    if (!definition)
        call_fail(call, "ClientException", "TaskDefinition not found.");
    else if (!definition->active)
        call_fail(call, "ClientException", "TaskDefinition is inactive");
    return definition && definition->active ? definition : NULL;
}

static bool check_network(struct call *call, const struct definition *definition, struct json_object *network)
{
    const char *mode = json_text(definition->body, "networkMode");
    bool is_awsvpc = mode && strcmp(mode, "awsvpc") == 0;

    if (!is_awsvpc)
        return call_fail(call, "ClientException",
                         "Fargate only supports network mode \xE2\x80\x98"
                         "awsvpc\xE2\x80\x99.");
    if (json_length(json_list(json_map(network, "awsvpcConfiguration"), "subnets")) == 0)
        return call_fail(call, "InvalidParameterException",
                         "Network Configuration must be provided when networkMode 'awsvpc' is specified.");
    return true;
}

/* --- what a call sets --------------------------------------------------------------------------- */

static bool take_counts(struct service *service, struct call *call)
{
    struct json_object *configuration = json_map(call->request, "deploymentConfiguration");
    struct json_object *breaker = json_map(configuration, "deploymentCircuitBreaker");
    int64_t desired = json_integer(call->request, "desiredCount", service->desired);
    int64_t minimum = json_integer(configuration, "minimumHealthyPercent", service->minimum_percent);
    int64_t maximum = json_integer(configuration, "maximumPercent", service->maximum_percent);

    if (desired < 0 || desired > REGION_TASKS_MAX)
        return call_fail(call, "InvalidParameterException", "desiredCount must be between 0 and %d.",
                         REGION_TASKS_MAX);
    if (minimum < 0 || minimum > 100 || maximum < 100 || maximum > 400)
        return call_fail(
            call, "InvalidParameterException",
            "minimumHealthyPercent must be within 0 and 100, maximumPercent within 100 and 400.");
    service->desired = (int)desired;
    service->minimum_percent = (int)minimum;
    service->maximum_percent = (int)maximum;
    service->breaker = json_flag(breaker, "enable", service->breaker);
    service->breaker_rollback = json_flag(breaker, "rollback", service->breaker_rollback);
    service->grace_s = (int)json_integer(call->request, "healthCheckGracePeriodSeconds", service->grace_s);
    return true;
}

/* All that we do not act upon is kept, to be described as it was given. */
static void keep_rest(struct service *service, struct json_object *request)
{
    static const char *const used[] = {"cluster",
                                       "service",
                                       "serviceName",
                                       "taskDefinition",
                                       "loadBalancers",
                                       "desiredCount",
                                       "networkConfiguration",
                                       "forceNewDeployment",
                                       "tags",
                                       "clientToken",
                                       "launchType",
                                       "platformVersion",
                                       "healthCheckGracePeriodSeconds"};

    json_object_object_foreach(request, name, value)
    {
        bool is_used = false;
        for (size_t i = 0; i < sizeof used / sizeof *used; i++)
            is_used = is_used || strcmp(used[i], name) == 0;
        if (!is_used && value)
            json_put(service->created_from, name, json_copy(value));
    }
}

static struct service *new_service(struct region *region, struct cluster *cluster, const char *name)
{
    struct service *service = memory_new(sizeof *service);

    text_copy(service->name, sizeof service->name, name);
    snprintf(service->arn, sizeof service->arn, "arn:aws:ecs:%s:%s:service/%s/%s", region->name,
             REGION_ACCOUNT, cluster->name, service->name);
    service->cluster = cluster;
    service->minimum_percent = DEFAULT_MINIMUM_PERCENT;
    service->maximum_percent = DEFAULT_MAXIMUM_PERCENT;
    service->grace_s = -1;
    service->created = region_now();
    service->created_from = json_object_new_object();
    return service;
}

static bool name_is_wellformed(const char *name)
{
    size_t length = name ? strlen(name) : 0;

    return length > 0 && length < REGION_NAME_MAX - 1 &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == length;
}

bool ecs_create_service(struct region *region, struct call *call)
{
    struct json_object *request = call->request, *network = json_map(request, "networkConfiguration");
    struct json_object *load_balancers = json_list(request, "loadBalancers"), *none = json_object_new_array();
    const char *name = json_text(request, "serviceName");
    struct cluster *cluster = ecs_find_cluster(region, call);
    struct service *service = cluster ? region_find_service(region, cluster, name) : NULL;
    struct definition *definition = NULL;
    bool done = false;

    if (!load_balancers)
        load_balancers = none;
    if (!cluster)
        goto out;
    if (!name_is_wellformed(name)) {
        call_fail(call, "InvalidParameterException", "Service name is invalid.");
        goto out;
    }
    if (service && service->state != SERVICE_INACTIVE) {
        call_fail(call, "InvalidParameterException",
                  service->state == SERVICE_ACTIVE ? "Creation of service was not idempotent."
                                                   : "Unable to Start a service that is still Draining.");
        goto out;
    }
    if (region->services.count >= REGION_SERVICES_MAX) {
        call_fail(call, "InvalidParameterException", "The maximum number of services has been reached.");
        goto out;
    }
    definition = take_definition(region, call, json_text(request, "taskDefinition"));
    if (!definition || !check_network(call, definition, network) ||
        !ecs_check_load_balancers(region, call, load_balancers, definition))
        goto out;
    service = new_service(region, cluster, name);
    service->tags = ecs_take_tags(call);
    if (!service->tags || !take_counts(service, call)) {
        json_object_put(service->tags);
        json_object_put(service->created_from);
        free(service);
        goto out;
    }
    if (json_length(load_balancers) > 0 && service->grace_s < 0)
        service->grace_s = 0;
    keep_rest(service, request);
    /* Copies: a call's request is not kept. */
    load_balancers = json_copy(load_balancers);
    network = json_copy(network);
    deployment_begin(service, definition, load_balancers, network, NULL);
    json_object_put(load_balancers);
    json_object_put(network);
    list_add(&region->services, service);
    region_wake(region);
    json_put(call->response, "service", ecs_service_json(service, true));
    done = true;
out:
    json_object_put(none);
    return done;
}

struct service *ecs_add_described_service(struct region *region, struct cluster *cluster,
                                          struct json_object *request, struct definition *definition)
{
    struct service *service = new_service(region, cluster, json_text(request, "serviceName"));
    struct json_object *load_balancers = json_copy_list(request, "loadBalancers");
    struct json_object *network = json_copy(json_map(request, "networkConfiguration"));

    service->described = service->steady = true;
    service->tags = json_copy_list(request, "tags");
    service->desired = (int)json_integer(request, "desiredCount", 0);
    service->grace_s = json_length(load_balancers) > 0 ? 30 : -1;
    keep_rest(service, request);
    deployment_complete(service, deployment_begin(service, definition, load_balancers, network, NULL));
    json_object_put(load_balancers);
    json_object_put(network);
    list_add(&region->services, service);
    return service;
}

/* The ACTIVE service that the request names. */
static struct service *take_service(struct region *region, struct call *call)
{
    struct cluster *cluster = ecs_find_cluster(region, call);
    struct service *service = NULL;

    if (!cluster)
        return NULL;
    service = region_find_service(region, cluster, json_text(call->request, "service"));
    if (!service) {
        call_fail(call, "ServiceNotFoundException", "Service not found.");
        return NULL;
    }
    if (service->state != SERVICE_ACTIVE) {
        call_fail(call, "ServiceNotActiveException", "Service was not ACTIVE.");
        return NULL;
    }
    if (service->described) {
        call_fail(call, "AccessDeniedException",
                  "%.200s is only described here (--big): nothing stands behind it that could change.",
                  service->name);
        return NULL;
    }
    return service;
}

static bool check_controller(const struct service *service, struct call *call)
{
    const char *type = json_text(json_map(service->created_from, "deploymentController"), "type");

    if (!type || strcmp(type, "ECS") == 0)
        return true;
    if (json_any(call->request, "taskDefinition"))
        return call_fail(call, "InvalidParameterException",
                         "Unable to update task definition on services with a %s deployment controller. %s",
                         type,
                         strcmp(type, "CODE_DEPLOY") == 0 ? "Use AWS CodeDeploy to trigger a new deployment."
                                                          : "Use CreateTaskSet to trigger a new deployment.");
    if (json_any(call->request, "loadBalancers"))
        return call_fail(call, "InvalidParameterException",
                         "Unable to update load balancers on services with a %s deployment controller.",
                         type);
    return true;
}

bool ecs_update_service(struct region *region, struct call *call)
{
    struct json_object *request = call->request;
    struct service *service = take_service(region, call);
    struct deployment *primary = service ? service_primary(service) : NULL;
    const char *named = json_text(request, "taskDefinition");
    struct json_object *load_balancers = json_list(request, "loadBalancers");
    struct json_object *network = json_map(request, "networkConfiguration");
    struct definition *definition = primary ? primary->definition : NULL;

    if (!service || !primary || !check_controller(service, call))
        return false;
    if (named && !(definition = take_definition(region, call, named)))
        return false;
    if ((named || load_balancers) &&
        !ecs_check_load_balancers(region, call, load_balancers ? load_balancers : primary->load_balancers,
                                  definition))
        return false;
    if ((named || network) && !check_network(call, definition, network ? network : primary->network))
        return false;
    if (!take_counts(service, call))
        return false;
    keep_rest(service, request);
    bool is_new = definition != primary->definition || json_flag(request, "forceNewDeployment", false) ||
                  (load_balancers && !json_equal(load_balancers, primary->load_balancers)) ||
                  (network && !json_equal(network, primary->network));
    if (is_new) {
        load_balancers =
            load_balancers ? json_copy(load_balancers) : json_object_get(primary->load_balancers);
        network = network ? json_copy(network) : json_object_get(primary->network);
        deployment_begin(service, definition, load_balancers, network, NULL);
        json_object_put(load_balancers);
        json_object_put(network);
    }
    primary = service_primary(service);
    primary->desired = service->desired;
    region_wake(region);
    json_put(call->response, "service", ecs_service_json(service, true));
    return true;
}

bool ecs_delete_service(struct region *region, struct call *call)
{
    struct service *service = take_service(region, call);

    if (!service)
        return false;
    if (service->desired > 0 && !json_flag(call->request, "force", false))
        return call_fail(call, "InvalidParameterException",
                         "The service cannot be stopped while it is scaled above 0.");
    service->state = SERVICE_DRAINING;
    service->desired = 0;
    service->steady = false;
    region_wake(region);
    json_put(call->response, "service", ecs_service_json(service, true));
    return true;
}
