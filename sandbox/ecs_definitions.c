#include "sandbox/ecs.h"
#include "sandbox/operations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFINITION_PAGE 100

/* --- describing --------------------------------------------------------------------------------- */

static struct json_object *named(const char *name)
{
    struct json_object *json = json_object_new_object();

    json_put_text(json, "name", name);
    return json;
}

static struct json_object *attributes_json(const struct definition *definition)
{
    struct json_object *list = json_object_new_array();
    struct json_object *containers = json_list(definition->body, "containerDefinitions");
    bool logs = false;

    for (size_t i = 0; i < json_length(containers); i++)
        logs = logs || json_map(json_object_array_get_idx(containers, i), "logConfiguration");
    if (logs)
        json_object_array_add(list, named("com.amazonaws.ecs.capability.logging-driver.awslogs"));
    if (json_text(definition->body, "executionRoleArn"))
        json_object_array_add(list, named("ecs.capability.execution-role-awslogs"));
    if (json_text(definition->body, "taskRoleArn"))
        json_object_array_add(list, named("com.amazonaws.ecs.capability.task-iam-role"));
    json_object_array_add(list, named("com.amazonaws.ecs.capability.docker-remote-api.1.18"));
    json_object_array_add(list, named("ecs.capability.task-eni"));
    return list;
}

struct json_object *ecs_definition_json(const struct definition *definition)
{
    struct json_object *json = json_copy(definition->body), *compatible = json_object_new_array();

    json_append_text(compatible, "EC2");
    json_append_text(compatible, "FARGATE");
    json_put_text(json, "taskDefinitionArn", definition->arn);
    json_put_integer(json, "revision", definition->revision);
    json_put_text(json, "status", definition->active ? "ACTIVE" : "INACTIVE");
    json_put(json, "requiresAttributes", attributes_json(definition));
    json_put(json, "compatibilities", compatible);
    json_put_time(json, "registeredAt", definition->registered);
    json_put_text(json, "registeredBy", "arn:aws:iam::" REGION_ACCOUNT ":role/deploy");
    json_put_time(json, "deregisteredAt", definition->deregistered);
    return json;
}

bool ecs_describe_task_definition(struct region *region, struct call *call)
{
    struct definition *definition =
        region_find_definition(region, json_text(call->request, "taskDefinition"));

    if (!definition)
        return call_fail(call, "ClientException", "Unable to describe task definition.");
    json_put(call->response, "taskDefinition", ecs_definition_json(definition));
    if (ecs_includes(call, "TAGS"))
        json_put(call->response, "tags", json_copy(definition->tags));
    return true;
}

/* --- listing ------------------------------------------------------------------------------------ */

static int compare_definitions(const void *a, const void *b)
{
    const struct definition *left = *(const struct definition *const *)a,
                            *right = *(const struct definition *const *)b;
    int order = strcmp(left->family, right->family);

    return order ? order : (left->revision > right->revision) - (left->revision < right->revision);
}

/* A sorted copy of the list of all definitions; free() it. */
static struct definition **sorted_definitions(const struct region *region)
{
    size_t count = region->definitions.count;
    struct definition **sorted = memory_new((count + 1) * sizeof *sorted);

    memcpy(sorted, region->definitions.items, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_definitions);
    return sorted;
}

bool ecs_list_task_definitions(struct region *region, struct call *call)
{
    const char *prefix = json_text(call->request, "familyPrefix"),
               *status = json_text(call->request, "status");
    const char *sort = json_text(call->request, "sort");
    bool active = !status || strcmp(status, "ACTIVE") == 0, descending = sort && strcmp(sort, "DESC") == 0;
    size_t count = region->definitions.count;
    struct definition **sorted = sorted_definitions(region);
    struct json_object *arns = json_object_new_array();

    for (size_t i = 0; i < count; i++) {
        const struct definition *definition = sorted[descending ? count - 1 - i : i];
        /* familyPrefix is, whatever its name says, the whole family. */
        if (definition->active == active && (!prefix || strcmp(definition->family, prefix) == 0))
            json_append_text(arns, definition->arn);
    }
    free(sorted);
    return call_answer_page(call, arns, "taskDefinitionArns", NULL, DEFINITION_PAGE, DEFINITION_PAGE);
}

bool ecs_list_task_definition_families(struct region *region, struct call *call)
{
    const char *prefix = json_text(call->request, "familyPrefix"),
               *status = json_text(call->request, "status");
    bool all = !status || strcmp(status, "ALL") == 0, wants_active = status && strcmp(status, "ACTIVE") == 0;
    size_t count = region->definitions.count;
    struct definition **sorted = sorted_definitions(region);
    struct json_object *families = json_object_new_array();

    for (size_t i = 0, next = 0; i < count; i = next) {
        const char *family = sorted[i]->family;
        bool active = false;
        for (next = i; next < count && strcmp(sorted[next]->family, family) == 0; next++)
            active = active || sorted[next]->active;
        if ((all || active == wants_active) && (!prefix || strncmp(family, prefix, strlen(prefix)) == 0))
            json_append_text(families, family);
    }
    free(sorted);
    return call_answer_page(call, families, "families", NULL, DEFINITION_PAGE, DEFINITION_PAGE);
}

/* --- registering -------------------------------------------------------------------------------- */

static bool name_is_wellformed(const char *name)
{
    size_t length = name ? strlen(name) : 0;

    return length > 0 && length < REGION_NAME_MAX - 1 &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == length;
}

static bool check_container(struct call *call, struct json_object *list, size_t at)
{
    struct json_object *container = json_object_array_get_idx(list, at);
    const char *name = json_text(container, "name");

    if (!name_is_wellformed(name))
        return call_fail(call, "ClientException", "Container.name should not be null or empty.");
    if (!json_text(container, "image") || !*json_text(container, "image"))
        return call_fail(call, "ClientException", "Container.image should not be null or empty.");
    for (size_t i = 0; i < at; i++) {
        const char *earlier = json_text(json_object_array_get_idx(list, i), "name");
        if (strcmp(earlier, name) == 0)
            return call_fail(call, "ClientException", "Container names must be unique: %.200s is not.", name);
    }
    return true;
}

static bool check_pid_mode(struct call *call, bool fargate)
{
    const char *mode = json_text(call->request, "pidMode");

    if (mode && strcmp(mode, "task") != 0 && strcmp(mode, "host") != 0)
        return call_fail(call, "ClientException",
                         "%.100s is not a valid value for pidMode. The value must be one of [task,host]",
                         mode);
    if (fargate && mode && strcmp(mode, "host") == 0)
        return call_fail(call, "ClientException",
                         "Tasks using the Fargate launch type do not support pidMode 'host'. The supported "
                         "value for pidMode is 'task'.");
    return true;
}

static bool check_fargate(struct call *call)
{
    struct json_object *required = json_list(call->request, "requiresCompatibilities");
    const char *mode = json_text(call->request, "networkMode");
    bool fargate = false;

    for (size_t i = 0; i < json_length(required); i++)
        fargate = fargate || strcmp(json_text_at(required, i), "FARGATE") == 0;
    if (!check_pid_mode(call, fargate))
        return false;
    if (!fargate)
        return true;
    if (!mode || strcmp(mode, "awsvpc") != 0)
        return call_fail(call, "ClientException",
                         "Fargate only supports network mode \xE2\x80\x98"
                         "awsvpc\xE2\x80\x99.");
    if (!json_any(call->request, "cpu") || !json_any(call->request, "memory"))
        return call_fail(call, "ClientException",
                         "Fargate requires that 'cpu' and 'memory' be defined at the task level.");
    return true;
}

static bool check_definition(struct call *call)
{
    struct json_object *containers = json_list(call->request, "containerDefinitions");
    bool essential = false;

    if (!name_is_wellformed(json_text(call->request, "family")))
        return call_fail(call, "ClientException", "Family should not be null or empty.");
    if (json_length(containers) == 0)
        return call_fail(call, "ClientException", "Container list cannot be empty.");
    if (json_length(containers) > REGION_CONTAINERS_MAX)
        return call_fail(call, "ClientException", "Too many containers: at most %d are allowed.",
                         REGION_CONTAINERS_MAX);
    for (size_t i = 0; i < json_length(containers); i++) {
        if (!check_container(call, containers, i))
            return false;
        essential = essential || json_flag(json_object_array_get_idx(containers, i), "essential", true);
    }
    if (!essential)
        return call_fail(call, "ClientException", "At least one container must be essential.");
    return ecs_check_dependencies(call) && check_fargate(call);
}

static void add_missing_list(struct json_object *json, const char *key)
{
    if (!json_any(json, key))
        json_put(json, key, json_object_new_array());
}

/* ECS answers with these although nobody gave them. */
static void add_defaults(struct json_object *body)
{
    static const char *const lists[] = {"portMappings", "environment", "mountPoints", "volumesFrom",
                                        "systemControls"};
    struct json_object *containers = json_list(body, "containerDefinitions");

    for (size_t i = 0; i < json_length(containers); i++) {
        struct json_object *container = json_object_array_get_idx(containers, i), *ports = NULL;
        if (!json_any(container, "cpu"))
            json_put_integer(container, "cpu", 0);
        if (!json_any(container, "essential"))
            json_put_flag(container, "essential", true);
        for (size_t k = 0; k < sizeof lists / sizeof *lists; k++)
            add_missing_list(container, lists[k]);
        ports = json_list(container, "portMappings");
        for (size_t k = 0; k < json_length(ports); k++) {
            struct json_object *port = json_object_array_get_idx(ports, k);
            if (!json_any(port, "hostPort"))
                json_put_integer(port, "hostPort", json_integer(port, "containerPort", 0));
            if (!json_any(port, "protocol"))
                json_put_text(port, "protocol", "tcp");
        }
    }
    add_missing_list(body, "volumes");
    add_missing_list(body, "placementConstraints");
}

bool ecs_register_task_definition(struct region *region, struct call *call)
{
    struct definition *definition = NULL;
    struct json_object *tags = NULL;

    if (!check_definition(call))
        return false;
    if (region->definitions.count >= REGION_DEFINITIONS_MAX)
        return call_fail(call, "LimitExceededException",
                         "The maximum number of task definitions has been reached.");
    tags = ecs_take_tags(call);
    if (!tags)
        return false;
    definition = memory_new(sizeof *definition);
    text_copy(definition->family, sizeof definition->family, json_text(call->request, "family"));
    definition->revision = region_next_revision(region, definition->family);
    snprintf(definition->arn, sizeof definition->arn, "arn:aws:ecs:%s:%s:task-definition/%s:%d", region->name,
             REGION_ACCOUNT, definition->family, definition->revision);
    definition->active = true;
    definition->registered = region_now();
    definition->tags = tags;
    definition->body = json_copy(call->request);
    json_object_object_del(definition->body, "tags");
    add_defaults(definition->body);
    list_add(&region->definitions, definition);
    json_put(call->response, "taskDefinition", ecs_definition_json(definition));
    json_put(call->response, "tags", json_copy(definition->tags));
    return true;
}

bool ecs_deregister_task_definition(struct region *region, struct call *call)
{
    const char *name = json_text(call->request, "taskDefinition");
    struct definition *definition = NULL;

    if (!name || !strchr(strncmp(name, "arn:", 4) == 0 && strchr(name, '/') ? strchr(name, '/') : name, ':'))
        return call_fail(call, "ClientException",
                         "Task definition must contain a revision: family:revision.");
    definition = region_find_definition(region, name);
    if (!definition)
        return call_fail(call, "ClientException", "The specified task definition does not exist.");
    if (definition->active) { /* a second time changes nothing */
        definition->active = false;
        definition->deregistered = region_now();
    }
    json_put(call->response, "taskDefinition", ecs_definition_json(definition));
    return true;
}
