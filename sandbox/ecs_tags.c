#include "sandbox/ecs.h"
#include "sandbox/operations.h"

#include <string.h>

/* Where the tags of the resource stand; NULL after failing the call. */
static struct json_object **find_tags(struct region *region, struct call *call)
{
    const char *arn = json_text(call->request, "resourceArn");
    struct definition *definition = NULL;

    if (!arn || strncmp(arn, "arn:aws:ecs:", 12) != 0) {
        call_fail(call, "InvalidParameterException", "Invalid ARN: %.200s", arn ? arn : "null");
        return NULL;
    }
    for (size_t i = 0; i < region->clusters.count; i++) {
        struct cluster *cluster = region->clusters.items[i];
        struct service *service = region_find_service(region, cluster, arn);
        struct task *task = region_find_task(region, cluster, arn);
        if (strcmp(cluster->arn, arn) == 0 && cluster->active)
            return &cluster->tags;
        if (service && service->state != SERVICE_INACTIVE)
            return &service->tags;
        if (task)
            return &task->tags;
    }
    definition = strstr(arn, ":task-definition/") ? region_find_definition(region, arn) : NULL;
    if (definition)
        return &definition->tags;
    call_fail(call, "InvalidParameterException", "The specified resource does not exist: %.300s", arn);
    return NULL;
}

static bool key_is_in(struct json_object *list, const char *member, const char *key)
{
    for (size_t i = 0; i < json_length(list); i++) {
        struct json_object *item = json_object_array_get_idx(list, i);
        const char *text = member ? json_text(item, member) : json_object_get_string(item);
        if (text && key && strcmp(text, key) == 0)
            return true;
    }
    return false;
}

/* The tags whose keys are not in `list`. */
static struct json_object *tags_without(struct json_object *tags, struct json_object *list,
                                        const char *member)
{
    struct json_object *rest = json_object_new_array();

    for (size_t i = 0; i < json_length(tags); i++) {
        struct json_object *tag = json_object_array_get_idx(tags, i);
        if (!key_is_in(list, member, json_text(tag, "key")))
            json_object_array_add(rest, json_object_get(tag));
    }
    return rest;
}

bool ecs_tag_resource(struct region *region, struct call *call)
{
    struct json_object **tags = find_tags(region, call), *added = NULL, *merged = NULL;

    if (!tags || !(added = ecs_take_tags(call)))
        return false;
    merged = tags_without(*tags, added, "key");
    for (size_t i = 0; i < json_length(added); i++)
        json_object_array_add(merged, json_object_get(json_object_array_get_idx(added, i)));
    json_object_put(added);
    if (json_length(merged) > ECS_TAGS_MAX) {
        json_object_put(merged);
        return call_fail(call, "InvalidParameterException", "A resource can have at most %d tags.",
                         ECS_TAGS_MAX);
    }
    json_object_put(*tags);
    *tags = merged;
    return true;
}

bool ecs_untag_resource(struct region *region, struct call *call)
{
    struct json_object **tags = find_tags(region, call), *rest = NULL;

    if (!tags)
        return false;
    rest = tags_without(*tags, json_list(call->request, "tagKeys"), NULL);
    json_object_put(*tags);
    *tags = rest;
    return true;
}

bool ecs_list_tags_for_resource(struct region *region, struct call *call)
{
    struct json_object **tags = find_tags(region, call);

    if (!tags)
        return false;
    json_put(call->response, "tags", json_copy(*tags));
    return true;
}
