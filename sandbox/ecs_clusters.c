#include "sandbox/ecs.h"
#include "sandbox/operations.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CLUSTER_PAGE 100

struct cluster *ecs_find_cluster(struct region *region, struct call *call)
{
    struct cluster *cluster = region_find_cluster(region, json_text(call->request, "cluster"));

    if (cluster && cluster->active)
        return cluster;
    call_fail(call, "ClusterNotFoundException", "Cluster not found.");
    return NULL;
}

bool ecs_includes(const struct call *call, const char *word)
{
    struct json_object *include = json_list(call->request, "include");

    for (size_t i = 0; i < json_length(include); i++) {
        const char *text = json_text_at(include, i);
        if (text && strcmp(text, word) == 0)
            return true;
    }
    return false;
}

void ecs_add_missing(struct call *call, const char *arn_format, ...)
{
    struct json_object *failures = json_list(call->response, "failures"), *failure = json_object_new_object();
    char arn[REGION_ARN_MAX];
    va_list arguments;

    va_start(arguments, arn_format);
    vsnprintf(arn, sizeof arn, arn_format, arguments);
    va_end(arguments);
    json_put_text(failure, "arn", arn);
    json_put_text(failure, "reason", "MISSING");
    json_object_array_add(failures, failure);
}

struct json_object *ecs_take_tags(struct call *call)
{
    struct json_object *tags = json_list(call->request, "tags");

    if (json_length(tags) > ECS_TAGS_MAX) {
        call_fail(call, "InvalidParameterException", "A resource can have at most %d tags.", ECS_TAGS_MAX);
        return NULL;
    }
    for (size_t i = 0; i < json_length(tags); i++) {
        const char *key = json_text(json_object_array_get_idx(tags, i), "key");
        if (!key || !*key || strncmp(key, "aws:", 4) == 0) {
            call_fail(call, "InvalidParameterException", "Tag keys must not be empty or begin with aws:.");
            return NULL;
        }
    }
    return tags ? json_copy(tags) : json_object_new_array();
}

/* What the clusters hold, of all of them in one go. */
static void count_all(struct region *region)
{
    for (size_t i = 0; i < region->clusters.count; i++) {
        struct cluster *cluster = region->clusters.items[i];
        cluster->services = cluster->running = cluster->pending = 0;
    }
    for (size_t i = 0; i < region->tasks.count; i++) {
        const struct task *task = region->tasks.items[i];
        task->cluster->running += task->state == TASK_RUNNING || task->state == TASK_DEACTIVATING;
        task->cluster->pending += task->state < TASK_RUNNING;
    }
    for (size_t i = 0; i < region->services.count; i++) {
        const struct service *service = region->services.items[i];
        service->cluster->services += service->state != SERVICE_INACTIVE;
    }
}

/* After count_all. */
static struct json_object *cluster_json(const struct cluster *cluster, bool with_tags)
{
    struct json_object *json = json_object_new_object();

    json_put_text(json, "clusterArn", cluster->arn);
    json_put_text(json, "clusterName", cluster->name);
    json_put_text(json, "status", cluster->active ? "ACTIVE" : "INACTIVE");
    json_put_integer(json, "registeredContainerInstancesCount", 0);
    json_put_integer(json, "runningTasksCount", cluster->running);
    json_put_integer(json, "pendingTasksCount", cluster->pending);
    json_put_integer(json, "activeServicesCount", cluster->services);
    json_put(json, "statistics", json_object_new_array());
    json_put(json, "tags", with_tags ? json_copy(cluster->tags) : json_object_new_array());
    json_put(json, "settings", json_copy(cluster->settings));
    json_put(json, "capacityProviders", json_object_new_array());
    json_put(json, "defaultCapacityProviderStrategy", json_object_new_array());
    return json;
}

bool ecs_list_clusters(struct region *region, struct call *call)
{
    struct json_object *arns = json_object_new_array();

    for (size_t i = 0; i < region->clusters.count; i++) {
        const struct cluster *cluster = region->clusters.items[i];
        if (cluster->active)
            json_append_text(arns, cluster->arn);
    }
    return call_answer_page(call, arns, "clusterArns", NULL, CLUSTER_PAGE, CLUSTER_PAGE);
}

static void describe_cluster(struct region *region, struct call *call, struct json_object *list,
                             const char *name)
{
    struct cluster *cluster = region_find_cluster(region, name);

    if (cluster)
        json_object_array_add(list, cluster_json(cluster, ecs_includes(call, "TAGS")));
    else if (strncmp(name, "arn:", 4) == 0)
        ecs_add_missing(call, "%s", name);
    else
        ecs_add_missing(call, "arn:aws:ecs:%s:%s:cluster/%s", region->name, REGION_ACCOUNT, name);
}

bool ecs_describe_clusters(struct region *region, struct call *call)
{
    struct json_object *names = json_list(call->request, "clusters"), *list = json_object_new_array();

    json_put(call->response, "clusters", list);
    json_put(call->response, "failures", json_object_new_array());
    if (json_length(names) > ECS_BATCH_MAX)
        return call_fail(call, "InvalidParameterException", "Clusters cannot have more than %d elements.",
                         ECS_BATCH_MAX);
    count_all(region);
    if (json_length(names) == 0)
        describe_cluster(region, call, list, "default");
    for (size_t i = 0; i < json_length(names); i++)
        describe_cluster(region, call, list, json_text_at(names, i));
    return true;
}

static bool name_is_wellformed(const char *name)
{
    size_t length = strlen(name);

    return length > 0 && length < REGION_NAME_MAX &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == length;
}

bool ecs_create_cluster(struct region *region, struct call *call)
{
    const char *name = json_text(call->request, "clusterName");
    struct json_object *tags = NULL;
    struct cluster *cluster = NULL;

    if (!name)
        name = "default";
    if (!name_is_wellformed(name))
        return call_fail(call, "InvalidParameterException", "Invalid cluster name.");
    if (region->clusters.count >= REGION_CLUSTERS_MAX)
        return call_fail(call, "LimitExceededException", "The maximum number of clusters has been reached.");
    tags = ecs_take_tags(call);
    if (!tags)
        return false;
    cluster = region_find_cluster(region, name);
    if (!cluster) {
        cluster = memory_new(sizeof *cluster);
        text_copy(cluster->name, sizeof cluster->name, name);
        snprintf(cluster->arn, sizeof cluster->arn, "arn:aws:ecs:%s:%s:cluster/%s", region->name,
                 REGION_ACCOUNT, cluster->name);
        list_add(&region->clusters, cluster);
    }
    if (!cluster->active) { /* creating one that is there answers with it, unchanged */
        json_object_put(cluster->tags);
        json_object_put(cluster->settings);
        cluster->tags = json_object_get(tags);
        cluster->settings = json_copy_list(call->request, "settings");
        cluster->active = true;
    }
    json_object_put(tags);
    count_all(region);
    json_put(call->response, "cluster", cluster_json(cluster, true));
    return true;
}

bool ecs_delete_cluster(struct region *region, struct call *call)
{
    struct cluster *cluster = ecs_find_cluster(region, call);

    if (!cluster)
        return false;
    count_all(region);
    if (cluster->services > 0)
        return call_fail(call, "ClusterContainsServicesException",
                         "The Cluster cannot be deleted while Services are active.");
    if (cluster->running + cluster->pending > 0)
        return call_fail(call, "ClusterContainsTasksException",
                         "The Cluster cannot be deleted while Tasks are active.");
    cluster->active = false;
    json_put(call->response, "cluster", cluster_json(cluster, true));
    return true;
}
