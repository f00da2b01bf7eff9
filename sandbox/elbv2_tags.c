#include "sandbox/elbv2.h"
#include "sandbox/operations.h"

#include <string.h>

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

bool elbv2_add_tags(struct region *region, struct call *call)
{
    struct json_object *arns = json_list(call->request, "ResourceArns"),
                       *added = json_list(call->request, "Tags");

    if (json_length(arns) == 0 || json_length(added) == 0)
        return call_fail(call, "ValidationError", "ResourceArns and Tags must not be empty");
    for (size_t k = 0; k < json_length(added); k++) {
        const char *key = json_text(json_object_array_get_idx(added, k), "Key");
        if (!key || !*key)
            return call_fail(call, "ValidationError", "Tag keys must not be empty");
    }
    for (size_t i = 0; i < json_length(arns); i++) {
        struct json_object **tags = elbv2_find_tags(region, json_text_at(arns, i));
        if (!tags)
            return elbv2_fail_not_found(call, json_text_at(arns, i));
        if (json_length(*tags) + json_length(added) > ELBV2_TAGS_MAX)
            return call_fail(call, "TooManyTags", "A resource can have at most %d tags", ELBV2_TAGS_MAX);
    }
    for (size_t i = 0; i < json_length(arns); i++) {
        struct json_object **tags = elbv2_find_tags(region, json_text_at(arns, i));
        for (size_t k = 0; k < json_length(added); k++)
            set_tag(*tags, json_object_array_get_idx(added, k));
    }
    return true;
}
