/* RunTask: tasks without a service. */
#include "sandbox/ecs.h"
#include "sandbox/operations.h"
#include "sandbox/overrides.h"
#include "sandbox/task.h"

#include <string.h>

#define COUNT_MAX 10
#define STARTED_BY_MAX 128
#define CLIENT_TOKEN_MAX 64
#define OVERRIDES_MAX 8192 /* characters, as JSON */

static bool check_overrides(struct call *call, const struct definition *definition)
{
    struct json_object *overrides = json_map(call->request, "overrides");
    struct json_object *list = json_list(overrides, "containerOverrides");
    struct json_object *containers = json_list(definition->body, "containerDefinitions");

    if (overrides &&
        strlen(json_object_to_json_string_ext(overrides, JSON_C_TO_STRING_PLAIN)) > OVERRIDES_MAX)
        return call_fail(call, "InvalidParameterException", "Container Overrides length must be at most %d",
                         OVERRIDES_MAX);
    for (size_t i = 0; i < json_length(list); i++) {
        const char *name = json_text(json_item(list, i), "name");
        bool known = false;
        for (size_t k = 0; k < json_length(containers) && name; k++)
            known = known || strcmp(json_text(json_item(containers, k), "name"), name) == 0;
        if (!known)
            return call_fail(call, "InvalidParameterException",
                             "Override for container named %.200s is not a container in the TaskDefinition.",
                             name ? name : "null");
    }
    return true;
}

static bool check_texts(struct call *call)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_/";
    struct json_object *request = call->request;
    const char *started_by = json_text(request, "startedBy"), *token = json_text(request, "clientToken");
    const char *propagate = json_text(request, "propagateTags"), *group = json_text(request, "group");

    if (started_by &&
        (strlen(started_by) > STARTED_BY_MAX || strspn(started_by, allowed) != strlen(started_by)))
        return call_fail(call, "InvalidParameterException",
                         "startedBy can only contain up to %d letters, numbers, hyphens, forward slashes and "
                         "underscores.",
                         STARTED_BY_MAX);
    if (token && strlen(token) > CLIENT_TOKEN_MAX)
        return call_fail(call, "InvalidParameterException", "clientToken must be at most %d characters long.",
                         CLIENT_TOKEN_MAX);
    if (group && (strncmp(group, "service:", 8) == 0 || strlen(group) >= REGION_NAME_MAX))
        return call_fail(call, "InvalidParameterException", "Invalid namespace for group.");
    if (propagate && strcmp(propagate, "SERVICE") == 0)
        return call_fail(call, "InvalidParameterException",
                         "propagateTags: SERVICE is not possible for a task without a service.");
    if (json_any(request, "launchType") && json_length(json_list(request, "capacityProviderStrategy")) > 0)
        return call_fail(call, "InvalidParameterException",
                         "Specifying both a launch type and capacity provider strategy is not supported. "
                         "Remove one and try again.");
    return ecs_check_words(call);
}

static size_t count_alone(const struct region *region)
{
    size_t count = 0;

    for (size_t i = 0; i < region->tasks.count; i++) {
        const struct task *task = region->tasks.items[i];
        count += !task->service && !task->stopping;
    }
    return count;
}

/* A token that was used is answered with the tasks of then; true when it was. `*differs`: the request was
 * another. */
static bool answer_again(struct region *region, const struct cluster *cluster, struct call *call,
                         struct json_object *tasks, bool *differs)
{
    const char *token = json_text(call->request, "clientToken");
    bool found = false;

    *differs = false;
    for (size_t i = 0; i < region->tasks.count && token; i++) {
        const struct task *task = region->tasks.items[i];
        const char *its = json_text(task->asked, "clientToken");
        if (task->cluster != cluster || !its || strcmp(its, token) != 0)
            continue;
        found = true;
        *differs = !json_equal(task->asked, call->request);
        json_object_array_add(tasks, ecs_task_json(region, task, true));
    }
    return found;
}

/* Its own, and the definition's where they are propagated; NULL after failing the call. */
static struct json_object *take_tags(struct call *call, const struct definition *definition)
{
    const char *propagate = json_text(call->request, "propagateTags");
    struct json_object *tags = ecs_take_tags(call), *all = NULL;

    if (!tags || !propagate || strcmp(propagate, "TASK_DEFINITION") != 0)
        return tags;
    all = json_copy(definition->tags);
    for (size_t i = 0; i < json_length(tags); i++)
        json_object_array_add(all, json_copy(json_item(tags, i)));
    json_object_put(tags);
    return all;
}

static bool start(struct region *region, struct call *call, struct cluster *cluster,
                  struct definition *definition, struct json_object *answer)
{
    int64_t count = json_integer(call->request, "count", 1);
    struct json_object *tags = NULL;

    if (count < 1 || count > COUNT_MAX)
        return call_fail(call, "InvalidParameterException", "count must be between 1 and %d.", COUNT_MAX);
    if (count_alone(region) + (size_t)count > REGION_ALONE_MAX)
        return call_fail(call, "ClientException",
                         "You've reached the limit on the number of tasks you can run concurrently");
    tags = take_tags(call, definition);
    if (!tags)
        return false;
    for (int64_t i = 0; i < count; i++) {
        struct task *task = task_create_alone(region, cluster, definition, call->request);
        json_object_put(task->tags);
        task->tags = json_copy(tags);
        json_object_array_add(answer, ecs_task_json(region, task, true));
    }
    json_object_put(tags);
    region_wake(region);
    return true;
}

bool ecs_run_task(struct region *region, struct call *call)
{
    struct cluster *cluster = ecs_find_cluster(region, call);
    struct definition *definition =
        cluster ? ecs_take_definition(region, call, json_text(call->request, "taskDefinition")) : NULL;
    struct json_object *network = json_map(call->request, "networkConfiguration");
    struct json_object *tasks = NULL;
    bool differs = false;

    if (!definition || !check_texts(call) || !check_overrides(call, definition) ||
        !ecs_check_network(call, definition, network, ecs_asks_for_fargate(call->request, definition)))
        return false;
    tasks = json_object_new_array();
    json_put(call->response, "tasks", tasks);
    json_put(call->response, "failures", json_object_new_array());
    if (!answer_again(region, cluster, call, tasks, &differs))
        return start(region, call, cluster, definition, tasks);
    return !differs ||
           call_fail(call, "ConflictException", "The clientToken was used with other parameters.");
}
