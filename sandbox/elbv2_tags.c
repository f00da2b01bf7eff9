#include "sandbox/elbv2.h"
#include "sandbox/operations.h"

#include <string.h>

#define TAG_KEY_MAX 128

struct json_object **elbv2_find_tags(struct region *region, const char *arn)
{
    struct load_balancer *load_balancer =
        strncmp(arn, "arn:", 4) == 0 ? region_find_load_balancer(region, arn) : NULL;
    struct listener *listener = region_find_listener(region, arn);
    struct rule *rule = region_find_rule(region, arn);
    struct target_group *group = region_find_group(region, arn);

    return load_balancer ? &load_balancer->tags
           : listener    ? &listener->tags
           : rule        ? &rule->tags
           : group       ? &group->tags
                         : NULL;
}

static void set_tag(struct json_object *tags, struct json_object *tag)
{
    const char *key = json_text(tag, "Key"), *value = json_text(tag, "Value");

    for (size_t i = 0; i < json_length(tags); i++) {
        struct json_object *known = json_object_array_get_idx(tags, i);
        if (strcmp(json_text(known, "Key"), key) == 0) {
            json_put_text(known, "Value", value ? value : "");
            return;
        }
    }
    struct json_object *added = json_object_new_object();
    json_put_text(added, "Key", key);
    json_put_text(added, "Value", value ? value : "");
    json_object_array_add(tags, added);
}

/* Fails for a resource that is not there. */
static bool check_resources(struct region *region, struct call *call, struct json_object *arns)
{
    if (json_length(arns) == 0)
        return call_fail(call, "ValidationError", "ResourceArns must not be empty");
    for (size_t i = 0; i < json_length(arns); i++) {
        if (!elbv2_find_tags(region, json_text_at(arns, i)))
            return elbv2_fail_not_found(call, json_text_at(arns, i));
    }
    return true;
}

struct json_object *elbv2_take_tags(struct call *call)
{
    struct json_object *asked = json_list(call->request, "Tags"), *tags = NULL;

    for (size_t i = 0; i < json_length(asked); i++) {
        const char *key = json_text(json_object_array_get_idx(asked, i), "Key");
        bool reserved = key && strncmp(key, "aws:", 4) == 0;
        if (!key || !*key || strlen(key) > TAG_KEY_MAX || reserved) {
            call_fail(call, "ValidationError",
                      reserved ? "Tag keys must not begin with 'aws:'"
                               : "Tag keys must have 1 to 128 characters");
            return NULL;
        }
        for (size_t k = 0; k < i; k++) {
            if (strcmp(json_text(json_object_array_get_idx(asked, k), "Key"), key) == 0) {
                call_fail(call, "DuplicateTagKeys", "A tag key was specified more than once");
                return NULL;
            }
        }
    }
    if (json_length(asked) > ELBV2_TAGS_MAX) {
        call_fail(call, "TooManyTags", "A resource can have at most %d tags", ELBV2_TAGS_MAX);
        return NULL;
    }
    tags = json_object_new_array();
    for (size_t i = 0; i < json_length(asked); i++)
        set_tag(tags, json_object_array_get_idx(asked, i));
    return tags;
}

bool elbv2_add_tags(struct region *region, struct call *call)
{
    struct json_object *arns = json_list(call->request, "ResourceArns"), *added = NULL;
    bool done = check_resources(region, call, arns) && (added = elbv2_take_tags(call));

    if (done && json_length(added) == 0)
        done = call_fail(call, "ValidationError", "Tags must not be empty");
    for (size_t i = 0; i < json_length(arns) && done; i++) {
        if (json_length(*elbv2_find_tags(region, json_text_at(arns, i))) + json_length(added) >
            ELBV2_TAGS_MAX)
            done = call_fail(call, "TooManyTags", "A resource can have at most %d tags", ELBV2_TAGS_MAX);
    }
    for (size_t i = 0; i < json_length(arns) && done; i++) {
        struct json_object **tags = elbv2_find_tags(region, json_text_at(arns, i));
        for (size_t k = 0; k < json_length(added); k++)
            set_tag(*tags, json_object_array_get_idx(added, k));
    }
    json_object_put(added);
    return done;
}

static void remove_tag(struct json_object *tags, const char *key)
{
    for (size_t i = json_length(tags); i-- > 0;) {
        if (strcmp(json_text(json_object_array_get_idx(tags, i), "Key"), key) == 0)
            json_object_array_del_idx(tags, i, 1);
    }
}

bool elbv2_remove_tags(struct region *region, struct call *call)
{
    struct json_object *arns = json_list(call->request, "ResourceArns"),
                       *keys = json_list(call->request, "TagKeys");

    if (!check_resources(region, call, arns))
        return false;
    for (size_t i = 0; i < json_length(arns); i++) {
        for (size_t k = 0; k < json_length(keys); k++)
            remove_tag(*elbv2_find_tags(region, json_text_at(arns, i)), json_text_at(keys, k));
    }
    return true;
}
