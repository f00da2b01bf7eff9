/* preflight of the task definition: no call. */
#include "experiment/preflight.h"

#include <string.h>

#include "experiment/json.h"
#include "experiment/way_back.h"

#define CONTAINERS_MAX 10 /* ECS's quota of a task definition */

static size_t length_of(struct json_object *array)
{
    return array == NULL ? 0 : json_object_array_length(array);
}

static void check_status(const struct preflight *at)
{
    const char *status = json_text(at->task_definition, "status");
    if (strcmp(status, "ACTIVE") != 0)
        preflight_say(at, MODEL_STOP, "ECS would refuse to set it again, so there would be no way back",
                      "deploy an ACTIVE revision first", "%s is %s",
                      ecs_short_name(json_text(at->task_definition, "taskDefinitionArn")), status);
}

/* In bridge mode the application is not on 127.0.0.1 for the sidecar. A Docker link would lead there, but the
 * host ports that the load balancer then sees are picked anew for each task: neither the deployment nor the
 * way back could be told from the ports of the old tasks. So it is refused, whole. */
static void check_network_mode(const struct preflight *at)
{
    const char *mode = json_text(at->task_definition, "networkMode");
    if (strcmp(mode, "awsvpc") == 0)
        return;
    if (at->outbound && strcmp(mode, "host") != 0)
        preflight_say(
            at, MODEL_STOP,
            "its containers do not share 127.0.0.1 there: the application would not reach the sidecar",
            "choose a service with awsvpc or host networking", "the network mode is %s",
            mode[0] == '\0' ? "bridge" : mode);
    else if (strcmp(mode, "host") == 0)
        preflight_say(at, MODEL_WARNING,
                      "a port of the sidecar that is taken on an instance keeps its task PENDING, and the "
                      "instances' security groups must admit both ports",
                      "see that an instance has room; watch the deployment", "the network mode is host");
    else if (strcmp(mode, "none") == 0)
        preflight_say(at, MODEL_STOP, "its tasks have no network: no traffic comes to a sidecar",
                      "choose a service with awsvpc or host networking", "the network mode is none");
    else
        preflight_say(at, MODEL_STOP,
                      "the sidecar can't reach the application on 127.0.0.1 there, and its host ports change "
                      "with each task, so that deployment and way back could not be watched",
                      "move the service to awsvpc (or host) networking, or inject into the one that calls it",
                      "the network mode is %s", mode[0] == '\0' ? "bridge" : mode);
}

static void check_platform(const struct preflight *at)
{
    struct json_object *platform = json_object_of(at->task_definition, "runtimePlatform");
    if (strncmp(json_text(platform, "operatingSystemFamily"), "WINDOWS", 7) == 0)
        preflight_say(at, MODEL_STOP, "the sidecar is a Linux program", "choose a service on Linux",
                      "its tasks run on Windows");
    if (json_object_of(at->task_definition, "proxyConfiguration") != NULL)
        preflight_say(at, MODEL_STOP,
                      "App Mesh's Envoy takes the task's traffic to itself and speaks the mesh's TLS, which "
                      "would reach the application through the sidecar as it is",
                      "take the service out of the mesh, or inject into one outside it",
                      "its tasks are in an App Mesh (%s)",
                      json_text(json_object_of(at->task_definition, "proxyConfiguration"), "containerName"));
    if (json_flag(at->task_definition, "enableFaultInjection") && !at->agent)
        preflight_say(at, MODEL_NOTE, "a fault of AWS FIS on these tasks would add to ours",
                      "see that no FIS experiment runs on it", "fault injection by the ECS agent is enabled");
}

static bool declares_port(struct json_object *container, int port)
{
    struct json_object *mappings = json_array(container, "portMappings");
    for (size_t i = 0; i < length_of(mappings); i++)
        if (json_integer(json_object_array_get_idx(mappings, i), "containerPort") == port)
            return true;
    return false;
}

/* In awsvpc and host mode all containers share 127.0.0.1. */
static void check_same_port(const struct preflight *at, const struct ecs_load_balancer *mapping)
{
    struct json_object *containers = json_array(at->task_definition, "containerDefinitions");
    for (size_t i = 0; i < length_of(containers); i++) {
        struct json_object *container = json_object_array_get_idx(containers, i);
        const char *name = json_text(container, "name");
        if (strcmp(name, mapping->container_name) != 0 && declares_port(container, mapping->container_port))
            preflight_say(at, MODEL_WARNING,
                          "they share 127.0.0.1, so the sidecar reaches whichever of them listens there",
                          "see that it is the one that the load balancer means",
                          "containers %.60s and %.60s both name port %d", mapping->container_name, name,
                          mapping->container_port);
    }
}

static void check_containers(const struct preflight *at)
{
    struct json_object *containers = json_array(at->task_definition, "containerDefinitions");
    size_t count = length_of(containers), more = at->sidecars->count;
    for (size_t i = 0; i < count; i++) {
        struct json_object *container = json_object_array_get_idx(containers, i);
        if (json_text(json_object_of(container, "dockerLabels"), WAY_BACK_LABEL_EXPERIMENT)[0] != '\0')
            preflight_say(at, MODEL_STOP, "it was registered from a revision that shaketable had made",
                          "deploy a revision without it",
                          "container %.60s is a sidecar of shaketable already", json_text(container, "name"));
    }
    if (count + more > CONTAINERS_MAX)
        preflight_say(at, MODEL_STOP, "ECS takes no more than 10 in a task definition",
                      "take a container out of the task definition",
                      "with %zu of the sidecar it would have %zu containers", more, count + more);
    for (size_t i = 0; !at->outbound && i < at->service->load_balancer_count; i++)
        check_same_port(at, &at->service->load_balancers[i]);
}

void preflight_task_definition(const struct preflight *at)
{
    check_status(at);
    check_network_mode(at);
    check_platform(at);
    check_containers(at);
}
