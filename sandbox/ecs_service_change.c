#include "sandbox/deployment.h"
#include "sandbox/ecs.h"
#include "sandbox/operations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_MINIMUM_PERCENT 100
#define DEFAULT_MAXIMUM_PERCENT 200
#define CLIENT_TOKEN_MAX 36

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

/* A service of that name is there: the same call again is answered with it, any other refused. */
static bool answer_existing(struct call *call, const struct service *service)
{
    const char *token = json_text(call->request, "clientToken");
    const char *first = json_text(service->asked, "clientToken");

    if (service->state == SERVICE_DRAINING)
        return call_fail(call, "InvalidParameterException",
                         "Unable to Start a service that is still Draining.");
    if (!token || !first || strcmp(token, first) != 0 || !json_equal(service->asked, call->request))
        return call_fail(call, "InvalidParameterException", "Creation of service was not idempotent.");
    json_put(call->response, "service", ecs_service_json(service, true));
    return true;
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

static bool check_request(struct region *region, struct call *call)
{
    struct json_object *request = call->request;
    const char *token = json_text(request, "clientToken");

    if (!name_is_wellformed(json_text(request, "serviceName")))
        return call_fail(call, "InvalidParameterException", "Service name is invalid.");
    if (token && strlen(token) > CLIENT_TOKEN_MAX)
        return call_fail(call, "InvalidParameterException", "clientToken must be at most %d characters long.",
                         CLIENT_TOKEN_MAX);
    if (region->services.count >= REGION_SERVICES_MAX)
        return call_fail(call, "InvalidParameterException",
                         "The maximum number of services has been reached.");
    if (json_any(request, "launchType") && json_length(json_list(request, "capacityProviderStrategy")) > 0)
        return call_fail(call, "InvalidParameterException",
                         "Specifying both a launch type and capacity provider strategy is not supported. "
                         "Remove one and try again.");
    if (json_any(request, "healthCheckGracePeriodSeconds") &&
        json_length(json_list(request, "loadBalancers")) == 0)
        return call_fail(call, "InvalidParameterException",
                         "Health check grace period is only valid for services configured to use load "
                         "balancers");
    return ecs_check_words(call);
}

static void free_service(struct service *service)
{
    json_object_put(service->tags);
    json_object_put(service->created_from);
    json_object_put(service->asked);
    free(service);
}

/* The service as the request describes it; not yet the region's. NULL after failing the call. */
static struct service *build_service(struct region *region, struct call *call, struct cluster *cluster)
{
    struct service *service = new_service(region, cluster, json_text(call->request, "serviceName"));

    service->tags = ecs_take_tags(call);
    if (!service->tags || !take_counts(service, call)) {
        free_service(service);
        return NULL;
    }
    if (json_length(json_list(call->request, "loadBalancers")) > 0 && service->grace_s < 0)
        service->grace_s = 0;
    keep_rest(service, call->request);
    service->asked = json_copy(call->request);
    return service;
}

bool ecs_create_service(struct region *region, struct call *call)
{
    struct json_object *request = call->request, *network = NULL, *load_balancers = NULL;
    const char *name = json_text(request, "serviceName"), *named = json_text(request, "taskDefinition");
    struct cluster *cluster = ecs_find_cluster(region, call);
    struct service *service = cluster ? region_find_service(region, cluster, name) : NULL;
    struct definition *definition = NULL;

    if (!cluster)
        return false;
    if (service && service->state != SERVICE_INACTIVE)
        return answer_existing(call, service);
    if (!check_request(region, call) || !(service = build_service(region, call, cluster)))
        return false;
    /* Copies: a call's request is not kept. */
    network = json_copy(json_map(request, "networkConfiguration"));
    load_balancers = json_copy_list(request, "loadBalancers");
    bool is_external = strcmp(ecs_controller_of(service), "EXTERNAL") == 0 && !named;
    bool done = is_external ||
                ((definition = ecs_take_definition(region, call, named)) &&
                 ecs_check_network(call, definition, network, ecs_is_on_fargate(service, definition)) &&
                 ecs_check_load_balancers(region, call, load_balancers, definition));
    if (!done) {
        free_service(service);
    } else {
        if (definition)
            deployment_begin(service, definition, load_balancers, network, NULL);
        list_add(&region->services, service);
        region_wake(region);
        json_put(call->response, "service", ecs_service_json(service, true));
    }
    json_object_put(load_balancers);
    json_object_put(network);
    return done;
}

static struct service *take_service(struct region *region, struct call *call)
{
    struct cluster *cluster = ecs_find_cluster(region, call);
    struct service *service =
        cluster ? region_find_service(region, cluster, json_text(call->request, "service")) : NULL;

    if (cluster && !service)
        call_fail(call, "ServiceNotFoundException", "Service not found.");
    if (service && service->described) {
        call_fail(call, "AccessDeniedException",
                  "%.200s is only described here (--big): nothing stands behind it that could change.",
                  service->name);
        return NULL;
    }
    return service;
}

/* The definition that the service shall run after the update; NULL after failing the call. */
static struct definition *check_update(struct region *region, struct call *call,
                                       const struct service *service, const struct deployment *primary)
{
    const char *named = json_text(call->request, "taskDefinition");
    struct json_object *load_balancers = json_list(call->request, "loadBalancers");
    struct json_object *network = json_map(call->request, "networkConfiguration");
    struct definition *definition = named ? ecs_take_definition(region, call, named) : primary->definition;
    bool on_fargate = definition && ecs_is_on_fargate(service, definition);

    if (!definition)
        return NULL;
    if ((named || load_balancers) &&
        !ecs_check_load_balancers(region, call, load_balancers ? load_balancers : primary->load_balancers,
                                  definition))
        return NULL;
    if ((named || network) &&
        !ecs_check_network(call, definition, network ? network : primary->network, on_fargate))
        return NULL;
    return definition;
}

/* True when the request changes something that only new tasks can have. */
static bool changes_tasks(const struct service *service, const struct deployment *primary,
                          struct json_object *request)
{
    static const char *const kept[] = {"serviceRegistries",        "serviceConnectConfiguration",
                                       "volumeConfigurations",     "platformVersion",
                                       "vpcLatticeConfigurations", "capacityProviderStrategy"};
    struct json_object *load_balancers = json_list(request, "loadBalancers");
    struct json_object *network = json_map(request, "networkConfiguration");
    bool changes = json_flag(request, "forceNewDeployment", false) ||
                   (load_balancers && !json_equal(load_balancers, primary->load_balancers)) ||
                   (network && !json_equal(network, primary->network));

    for (size_t i = 0; i < sizeof kept / sizeof *kept && !changes; i++) {
        struct json_object *value = json_any(request, kept[i]);
        changes = value && !json_equal(value, json_any(service->created_from, kept[i]));
    }
    return changes;
}

/* The next deployment: what the request does not say stays. */
static void deploy(struct service *service, struct definition *definition, struct json_object *request)
{
    const struct deployment *primary = service_primary(service);
    struct json_object *load_balancers = json_list(request, "loadBalancers");
    struct json_object *network = json_map(request, "networkConfiguration");

    load_balancers = load_balancers ? json_copy(load_balancers) : json_object_get(primary->load_balancers);
    network = network ? json_copy(network) : json_object_get(primary->network);
    deployment_begin(service, definition, load_balancers, network, NULL);
    json_object_put(load_balancers);
    json_object_put(network);
}

bool ecs_update_service(struct region *region, struct call *call)
{
    struct service *service = take_service(region, call);
    struct deployment *primary = service ? service_primary(service) : NULL;
    struct definition *definition = NULL;

    if (!service)
        return false;
    if (service->state != SERVICE_ACTIVE)
        return call_fail(call, "ServiceNotActiveException", "Service was not ACTIVE.");
    if (!ecs_check_controller(service, call) || !ecs_check_words(call))
        return false;
    if (primary && !(definition = check_update(region, call, service, primary)))
        return false;
    if (!take_counts(service, call))
        return false;
    bool is_new =
        primary && (definition != primary->definition || changes_tasks(service, primary, call->request));
    keep_rest(service, call->request);
    if (is_new)
        deploy(service, definition, call->request);
    if (primary)
        service_primary(service)->desired = service->desired;
    region_wake(region);
    json_put(call->response, "service", ecs_service_json(service, true));
    return true;
}

/* One that is no longer ACTIVE is answered with as it is: deleting can be repeated. */
bool ecs_delete_service(struct region *region, struct call *call)
{
    struct service *service = take_service(region, call);

    if (!service)
        return false;
    if (service->state == SERVICE_ACTIVE && service->desired > 0 && !json_flag(call->request, "force", false))
        return call_fail(call, "InvalidParameterException",
                         "The service cannot be stopped while it is scaled above 0.");
    if (service->state == SERVICE_ACTIVE) {
        service->state = SERVICE_DRAINING;
        service->desired = 0;
        service->steady = false;
        region_wake(region);
    }
    json_put(call->response, "service", ecs_service_json(service, true));
    return true;
}
