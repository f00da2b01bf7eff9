/* fis_target: what an experiment's targets are, found once, when it begins. */
#include "sandbox/ecs.h"
#include "sandbox/fis.h"
#include "sandbox/fis_check.h"
#include "sandbox/memory.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define PATH_PART_MAX 64

struct fis_target *fis_target_of(struct fis_experiment *experiment, const struct fis_action *action)
{
    struct json_object *given = json_map(action->json, "targets");

    if (!given)
        return NULL;
    json_object_object_foreach(given, key, name)
    {
        (void)key;
        for (size_t i = 0; i < experiment->target_count; i++) {
            if (strcmp(experiment->targets[i].name, json_object_get_string(name)) == 0)
                return &experiment->targets[i];
        }
    }
    return NULL;
}

/* --- filters ------------------------------------------------------------------------------------ */

static bool is_one_of(struct json_object *values, struct json_object *value)
{
    const char *text = json_object_get_string(value);

    for (size_t i = 0; i < json_length(values); i++) {
        if (text && strcmp(json_text_at(values, i), text) == 0)
            return true;
    }
    return false;
}

/* Follows a path such as Containers.LastStatus; of a list any member will do. */
static bool path_has(struct json_object *value, const char *path, struct json_object *values)
{
    char part[PATH_PART_MAX];
    size_t length = strcspn(path, ".");

    for (size_t i = 0; i < json_length(value); i++) {
        if (path_has(json_item(value, i), path, values))
            return true;
    }
    if (json_object_is_type(value, json_type_array))
        return false;
    if (!*path)
        return value && !json_object_is_type(value, json_type_object) && is_one_of(values, value);
    if (length == 0 || length >= sizeof part)
        return false;
    memcpy(part, path, length);
    part[length] = '\0';
    part[0] = (char)tolower((unsigned char)part[0]);
    return path_has(json_any(value, part), path + length + (path[length] == '.'), values);
}

bool fis_filters_hold(struct json_object *filters, struct json_object *description)
{
    for (size_t i = 0; i < json_length(filters); i++) {
        struct json_object *filter = json_item(filters, i);
        const char *path = json_text(filter, "path");
        if (!path || !path_has(description, path, json_list(filter, "values")))
            return false;
    }
    return true;
}

void fis_select(struct random *random, struct json_object *list, const char *mode)
{
    size_t count = json_length(list), kept = 0;
    long number = 0;
    bool percent = false;

    if (!fis_read_selection(mode, &number, &percent))
        return;
    kept = percent ? count * (size_t)number / 100 : (size_t)number;
    while (count > kept) {
        json_object_array_del_idx(list, (size_t)random_below(random, count), 1);
        count--;
    }
}

/* --- resources ---------------------------------------------------------------------------------- */

/* ECS's tags are a list of pairs, the target's a map. */
static bool has_tags(struct json_object *tags, struct json_object *wanted)
{
    if (!wanted)
        return true;
    json_object_object_foreach(wanted, key, value)
    {
        bool found = false;
        for (size_t i = 0; i < json_length(tags) && !found; i++) {
            const char *name = json_text(json_item(tags, i), "key"),
                       *text = json_text(json_item(tags, i), "value");
            found = name && strcmp(name, key) == 0 &&
                    strcmp(text ? text : "", json_object_get_string(value)) == 0;
        }
        if (!found)
            return false;
    }
    return true;
}

static bool is_named(struct json_object *names, const char *arn)
{
    for (size_t i = 0; i < json_length(names); i++) {
        if (strcmp(json_text_at(names, i), arn) == 0)
            return true;
    }
    return json_length(names) == 0;
}

static bool is_called(const char *wanted, const char *name, const char *arn)
{
    return !wanted || strcmp(wanted, name) == 0 || strcmp(wanted, arn) == 0;
}

static bool is_task(const struct region *region, const struct task *task, struct json_object *target)
{
    struct json_object *parameters = json_map(target, "parameters"), *json = NULL;
    bool holds = false;

    /* What is only described, or on its way out, can't be harmed. */
    if (task->stopping || (task->service && task->service->described) ||
        !is_named(json_list(target, "resourceArns"), task->arn) ||
        !is_called(json_text(parameters, "cluster"), task->cluster->name, task->cluster->arn) ||
        !is_called(json_text(parameters, "service"), task->service ? task->service->name : "",
                   task->service ? task->service->arn : "") ||
        !has_tags(task->tags, json_map(target, "resourceTags")))
        return false;
    json = ecs_task_json(region, task, true);
    holds = fis_filters_hold(json_list(target, "filters"), json);
    json_object_put(json);
    return holds;
}

static struct json_object *find_tasks(struct region *region, struct json_object *target)
{
    struct json_object *arns = json_object_new_array();

    for (size_t i = 0; i < region->tasks.count; i++) {
        const struct task *task = region->tasks.items[i];
        if (is_task(region, task, target))
            json_append_text(arns, task->arn);
    }
    return arns;
}

static bool is_cluster(const struct cluster *cluster, struct json_object *target)
{
    struct json_object *json = NULL;
    bool holds = false;

    if (!cluster->active || !is_named(json_list(target, "resourceArns"), cluster->arn) ||
        !has_tags(cluster->tags, json_map(target, "resourceTags")))
        return false;
    json = json_object_new_object();
    json_put_text(json, "clusterArn", cluster->arn);
    json_put_text(json, "clusterName", cluster->name);
    json_put_text(json, "status", "ACTIVE");
    holds = fis_filters_hold(json_list(target, "filters"), json);
    json_object_put(json);
    return holds;
}

static struct json_object *find_clusters(struct region *region, struct json_object *target)
{
    struct json_object *arns = json_object_new_array();

    for (size_t i = 0; i < region->clusters.count; i++) {
        const struct cluster *cluster = region->clusters.items[i];
        if (is_cluster(cluster, target))
            json_append_text(arns, cluster->arn);
    }
    return arns;
}

/* Of the kinds that the region does not have: those that are named. The action says what it can't do. */
static struct json_object *find(struct region *region, const struct fis_experiment *experiment,
                                struct json_object *target, bool *is_ours)
{
    const char *type = json_text(target, "resourceType");
    bool is_task_type = strcmp(type, "aws:ecs:task") == 0;

    *is_ours = is_task_type || strcmp(type, "aws:ecs:cluster") == 0;
    if (!*is_ours)
        return json_copy_list(target, "resourceArns");
    if (strcmp(experiment->region, region->name) != 0)
        return json_object_new_array();
    return is_task_type ? find_tasks(region, target) : find_clusters(region, target);
}

bool fis_resolve(struct region *region, struct fis_experiment *experiment, const char **name)
{
    *name = NULL;
    for (size_t i = 0; i < experiment->target_count; i++) {
        struct fis_target *target = &experiment->targets[i];
        bool is_ours = false;
        target->resolved = find(region, experiment, target->json, &is_ours);
        fis_select(&region->fis->random, target->resolved, json_text(target->json, "selectionMode"));
        if (is_ours && json_length(target->resolved) == 0 && !*name)
            *name = target->name;
    }
    return *name == NULL;
}
