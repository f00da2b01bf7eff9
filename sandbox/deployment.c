#include "sandbox/deployment.h"

#include "sandbox/names.h"
#include "sandbox/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct deployment *deployment_begin(struct service *service, struct definition *definition,
                                    struct json_object *load_balancers, struct json_object *network,
                                    const char *reason)
{
    struct deployment *deployment = memory_new(sizeof *deployment);
    const char *platform = json_text(service->created_from, "platformVersion");
    char digits[20];

    names_digits(digits, 19);
    snprintf(deployment->id, sizeof deployment->id, "ecs-svc/%s", digits);
    if (reason)
        text_copy(deployment->reason, sizeof deployment->reason, reason);
    else
        snprintf(deployment->reason, sizeof deployment->reason, "ECS deployment %s in progress.",
                 deployment->id);
    deployment->definition = definition;
    deployment->load_balancers = json_object_get(load_balancers);
    deployment->network = json_object_get(network);
    text_copy(deployment->platform_version, sizeof deployment->platform_version,
              platform && strcmp(platform, "LATEST") != 0 ? platform : DEPLOYMENT_PLATFORM);
    deployment->created = deployment->updated = region_now();
    deployment->primary = true;
    deployment->desired = service->desired;

    struct deployment *earlier = service_primary(service);
    if (earlier) {
        earlier->primary = false;
        earlier->updated = deployment->created;
    }
    list_add(&service->deployments, deployment);
    memmove(service->deployments.items + 1, service->deployments.items,
            (service->deployments.count - 1) * sizeof *service->deployments.items);
    service->deployments.items[0] = deployment;
    service->steady = false;
    service->failures_in_a_row = 0;
    service->retry_ms = 0;
    return deployment;
}

void deployment_free(struct deployment *deployment)
{
    json_object_put(deployment->load_balancers);
    json_object_put(deployment->network);
    free(deployment);
}

static void remember(struct json_object **slot, struct json_object *value)
{
    struct json_object *held = json_object_get(value);

    json_object_put(*slot);
    *slot = held;
}

void deployment_complete(struct service *service, struct deployment *deployment)
{
    deployment->completed = true;
    deployment->updated = region_now();
    snprintf(deployment->reason, sizeof deployment->reason, "ECS deployment %s completed.", deployment->id);
    service->good_definition = deployment->definition;
    remember(&service->good_load_balancers, deployment->load_balancers);
    remember(&service->good_network, deployment->network);
    service_add_event(service, "(service %s) (deployment %s) deployment completed.", service->name,
                      deployment->id);
}

void deployment_check_breaker(struct service *service)
{
    struct deployment *deployment = service_primary(service);
    char reason[REGION_REASON_MAX];

    if (!service->breaker || !deployment || deployment->completed || deployment->broken ||
        deployment->failed_tasks < plan_breaker_threshold(service->desired))
        return;
    deployment->broken = true;
    deployment->updated = region_now();
    text_copy(deployment->reason, sizeof deployment->reason,
              "ECS deployment circuit breaker: tasks failed to start.");
    service_add_event(service, "(service %s) (deployment %s) deployment failed: tasks failed to start.",
                      service->name, deployment->id);
    if (!service->breaker_rollback || !service->good_definition)
        return;
    snprintf(reason, sizeof reason,
             "ECS deployment circuit breaker: rolling back to the last completed deployment.");
    struct deployment *back = deployment_begin(service, service->good_definition,
                                               service->good_load_balancers, service->good_network, reason);
    snprintf(deployment->reason, sizeof deployment->reason,
             "ECS deployment circuit breaker: tasks failed to start. Rolling back to deploymentId %s.",
             back->id);
    service_add_event(service, "(service %s) rolling back to (deployment %s).", service->name, back->id);
}
