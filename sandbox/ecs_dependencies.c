/* RegisterTaskDefinition's checks of the containers' dependsOn. */
#include "sandbox/ecs.h"

#include <string.h>

static struct json_object *find_container(struct json_object *containers, const char *name)
{
    for (size_t i = 0; i < json_length(containers); i++) {
        struct json_object *container = json_item(containers, i);
        if (strcmp(json_text(container, "name"), name) == 0)
            return container;
    }
    return NULL;
}

static bool is(const char *condition, const char *word)
{
    return strcmp(condition, word) == 0;
}

static bool check_dependency(struct call *call, struct json_object *containers,
                             struct json_object *dependency)
{
    const char *name = json_text(dependency, "containerName"),
               *condition = json_text(dependency, "condition");
    struct json_object *other = name ? find_container(containers, name) : NULL;
    bool to_its_end = condition && (is(condition, "SUCCESS") || is(condition, "COMPLETE"));

    if (!name || !*name)
        return call_fail(call, "ClientException",
                         "ContainerDependency.containerName should not be null or empty.");
    if (!condition)
        return call_fail(call, "ClientException",
                         "ContainerDependency.condition should not be null or empty.");
    if (!to_its_end && !is(condition, "START") && !is(condition, "HEALTHY"))
        return call_fail(call, "ClientException",
                         "%.64s is not a valid value for condition. The value must be one of "
                         "[START,COMPLETE,SUCCESS,HEALTHY]",
                         condition);
    if (!other)
        return call_fail(call, "ClientException",
                         "Cannot depend on container + '%.200s' because it does not exist", name);
    if (to_its_end && json_flag(other, "essential", true))
        return call_fail(call, "ClientException",
                         "A dependency container with SUCCESS or COMPLETE condition cannot be an essential "
                         "container");
    if (is(condition, "HEALTHY") && !json_map(other, "healthCheck"))
        return call_fail(call, "ClientException",
                         "Container '%.200s' has no health check, so no container can depend on it with "
                         "condition HEALTHY",
                         name);
    return true;
}

/* True when all that it depends on is among those that are done. */
static bool is_free(struct json_object *containers, struct json_object *container, const bool *done)
{
    struct json_object *list = json_list(container, "dependsOn");

    for (size_t i = 0; i < json_length(containers); i++) {
        const char *name = json_text(json_item(containers, i), "name");
        for (size_t k = 0; !done[i] && k < json_length(list); k++) {
            if (strcmp(json_text(json_item(list, k), "containerName"), name) == 0)
                return false;
        }
    }
    return true;
}

/* Takes those away that depend on nothing that is left, until none is left or a cycle is. */
static bool has_cycle(struct json_object *containers)
{
    bool done[REGION_CONTAINERS_MAX] = {false}, moved = true;
    size_t left = json_length(containers);

    while (moved && left > 0) {
        moved = false;
        for (size_t i = 0; i < json_length(containers); i++) {
            if (done[i] || !is_free(containers, json_item(containers, i), done))
                continue;
            done[i] = moved = true;
            left--;
        }
    }
    return left > 0;
}

bool ecs_check_dependencies(struct call *call)
{
    struct json_object *containers = json_list(call->request, "containerDefinitions");

    for (size_t i = 0; i < json_length(containers); i++) {
        struct json_object *list = json_list(json_item(containers, i), "dependsOn");
        for (size_t k = 0; k < json_length(list); k++) {
            if (!check_dependency(call, containers, json_item(list, k)))
                return false;
        }
    }
    /* As ECS says it of links. */
    return !has_cycle(containers) ||
           call_fail(call, "ClientException", "Container dependencies should not have a cycle");
}
