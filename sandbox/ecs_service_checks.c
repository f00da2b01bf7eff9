/* What CreateService and UpdateService refuse, in ECS's words. */
#include "sandbox/ecs.h"

#include <string.h>

#define LOAD_BALANCERS_MAX 5

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

/* The kind of target that a task's network mode makes it. */
static const char *target_type_of(const struct definition *definition)
{
    const char *mode = json_text(definition->body, "networkMode");

    return mode && strcmp(mode, "awsvpc") == 0 ? "ip" : "instance";
}

static bool check_group(struct region *region, struct call *call, const struct definition *definition,
                        const char *arn)
{
    const char *mode = json_text(definition->body, "networkMode");
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
    if (strcmp(group->target_type, target_type_of(definition)) != 0)
        return call_fail(call, "InvalidParameterException",
                         "The provided target group %s has target type %s, which is incompatible with the %s "
                         "network mode specified in the task definition.",
                         arn, group->target_type, mode ? mode : "bridge");
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
        if (!check_group(region, call, definition, json_text(mapping, "targetGroupArn")))
            return false;
    }
    return true;
}

struct definition *ecs_take_definition(struct region *region, struct call *call, const char *name)
{
    struct definition *definition = region_find_definition(region, name);

    if (!definition)
        call_fail(call, "ClientException", "TaskDefinition not found.");
    else if (!definition->active)
        call_fail(call, "ClientException", "TaskDefinition is inactive");
    return definition && definition->active ? definition : NULL;
}

bool ecs_check_network(struct call *call, const struct definition *definition, struct json_object *network,
                       bool on_fargate)
{
    const char *mode = json_text(definition->body, "networkMode");
    bool is_awsvpc = mode && strcmp(mode, "awsvpc") == 0;

    if (on_fargate && !is_awsvpc)
        return call_fail(call, "ClientException",
                         "Fargate only supports network mode \xE2\x80\x98"
                         "awsvpc\xE2\x80\x99.");
    if (is_awsvpc && json_length(json_list(json_map(network, "awsvpcConfiguration"), "subnets")) == 0)
        return call_fail(call, "InvalidParameterException",
                         "Network Configuration must be provided when networkMode 'awsvpc' is specified.");
    if (!is_awsvpc && network)
        return call_fail(call, "InvalidParameterException",
                         "Network Configuration is not valid for the given networkMode of this task "
                         "definition.");
    return true;
}

static bool one_of(const char *text, const char *const *words)
{
    for (; *words; words++) {
        if (strcmp(text, *words) == 0)
            return true;
    }
    return false;
}

static bool check_word(struct call *call, struct json_object *object, const char *key,
                       const char *const *words)
{
    const char *text = json_text(object, key);

    return !text || one_of(text, words) ||
           call_fail(call, "InvalidParameterException", "The value '%.64s' of %s is not valid.", text, key);
}

bool ecs_check_words(struct call *call)
{
    static const char *const launch_types[] = {"FARGATE", "EC2", "EXTERNAL", NULL},
                             *const controllers[] = {"ECS", "CODE_DEPLOY", "EXTERNAL", NULL},
                             *const strategies[] = {"ROLLING", "BLUE_GREEN", "LINEAR", "CANARY", NULL},
                             *const propagations[] = {"SERVICE", "TASK_DEFINITION", "NONE", NULL},
                             *const schedulings[] = {"REPLICA", "DAEMON", NULL},
                             *const platforms[] = {"LATEST", "1.4.0", "1.3.0", NULL};
    struct json_object *request = call->request;
    const char *platform = json_text(request, "platformVersion");

    if (platform && !one_of(platform, platforms))
        return call_fail(call, "PlatformUnknownException", "The specified platform does not exist.");
    return check_word(call, request, "launchType", launch_types) &&
           check_word(call, json_map(request, "deploymentController"), "type", controllers) &&
           check_word(call, json_map(request, "deploymentConfiguration"), "strategy", strategies) &&
           check_word(call, request, "propagateTags", propagations) &&
           check_word(call, request, "schedulingStrategy", schedulings);
}

/* What only CodeDeploy, or a task set, may change. */
bool ecs_check_controller(const struct service *service, struct call *call)
{
    static const struct {
        const char *key, *refusal;
    } guarded[] = {
        {"taskDefinition", "Unable to update task definition"},
        {"loadBalancers", "Unable to update load balancers"},
        {"networkConfiguration", "Unable to update network parameters"},
        {"platformVersion", "Unable to update platform version"},
        {"forceNewDeployment", "Cannot force a new deployment"},
    };
    const char *type = ecs_controller_of(service);

    if (strcmp(type, "ECS") == 0)
        return true;
    for (size_t i = 0; i < sizeof guarded / sizeof *guarded; i++) {
        bool asked = json_any(call->request, guarded[i].key) &&
                     (strcmp(guarded[i].key, "forceNewDeployment") != 0 ||
                      json_flag(call->request, "forceNewDeployment", false));
        if (asked)
            return call_fail(call, "InvalidParameterException",
                             "%s on services with a %s deployment controller. %s", guarded[i].refusal, type,
                             strcmp(type, "CODE_DEPLOY") == 0
                                 ? "Use AWS CodeDeploy to trigger a new deployment."
                                 : "Use CreateTaskSet to trigger a new deployment.");
    }
    return true;
}
