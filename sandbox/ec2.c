#include "sandbox/ec2.h"
#include "sandbox/operations.h"

#include <string.h>

static struct security_group *find_group(struct region *region, const char *id)
{
    for (size_t i = 0; i < region->security_groups.count; i++) {
        struct security_group *group = region->security_groups.items[i];
        if (strcmp(group->id, id) == 0)
            return group;
    }
    return NULL;
}

static const char *field_of(const struct security_group *group, const char *filter)
{
    if (strcmp(filter, "group-id") == 0)
        return group->id;
    if (strcmp(filter, "group-name") == 0)
        return group->name;
    if (strcmp(filter, "vpc-id") == 0)
        return REGION_VPC;
    return NULL;
}

static bool has_text(struct json_object *list, const char *text)
{
    for (size_t i = 0; i < json_length(list); i++) {
        if (strcmp(json_text_at(list, i), text) == 0)
            return true;
    }
    return false;
}

static bool group_matches(const struct security_group *group, struct json_object *filters)
{
    for (size_t i = 0; i < json_length(filters); i++) {
        struct json_object *filter = json_object_array_get_idx(filters, i);
        const char *field = field_of(group, json_text(filter, "Name"));
        if (!field || !has_text(json_list(filter, "Value"), field))
            return false;
    }
    return true;
}

static struct json_object *everywhere_json(void)
{
    return json_tokener_parse(
        "[{\"ipProtocol\":\"-1\",\"groups\":[],\"ipRanges\":[{\"cidrIp\":\"0.0.0.0/0\"}],"
        "\"ipv6Ranges\":[],\"prefixListIds\":[]}]");
}

static struct json_object *ingress_json(const struct security_group *group)
{
    struct json_object *list = json_object_new_array(), *permission = json_object_new_object();
    struct json_object *sources = json_object_new_array(), *ranges = json_object_new_array();

    json_put_text(permission, "ipProtocol", "tcp");
    json_put_integer(permission, "fromPort", group->from_port);
    json_put_integer(permission, "toPort", group->to_port);
    if (*group->source) {
        struct json_object *source = json_object_new_object();
        json_put_text(source, "userId", REGION_ACCOUNT);
        json_put_text(source, "groupId", group->source);
        json_object_array_add(sources, source);
    } else {
        json_object_array_add(ranges, json_tokener_parse("{\"cidrIp\":\"127.0.0.0/8\"}"));
    }
    json_put(permission, "groups", sources);
    json_put(permission, "ipRanges", ranges);
    json_put(permission, "ipv6Ranges", json_object_new_array());
    json_put(permission, "prefixListIds", json_object_new_array());
    json_object_array_add(list, permission);
    return list;
}

struct json_object *ec2_security_group_json(const struct security_group *group)
{
    struct json_object *json = json_object_new_object();

    json_put_text(json, "ownerId", REGION_ACCOUNT);
    json_put_text(json, "groupId", group->id);
    json_put_text(json, "groupName", group->name);
    json_put_text(json, "groupDescription", group->description);
    json_put_text(json, "vpcId", REGION_VPC);
    json_put(json, "ipPermissions", ingress_json(group));
    json_put(json, "ipPermissionsEgress", everywhere_json());
    json_put(json, "tagSet", json_object_new_array());
    return json;
}

bool ec2_describe_security_groups(struct region *region, struct call *call)
{
    struct json_object *ids = json_list(call->request, "GroupId"),
                       *filters = json_list(call->request, "Filter");
    struct json_object *list = NULL;

    for (size_t i = 0; i < json_length(ids); i++) {
        if (!find_group(region, json_text_at(ids, i)))
            return call_fail(call, "InvalidGroup.NotFound", "The security group '%s' does not exist",
                             json_text_at(ids, i));
    }
    for (size_t i = 0; i < json_length(filters); i++) {
        const char *name = json_text(json_object_array_get_idx(filters, i), "Name");
        struct security_group any = {.id = ""};
        if (!name || !field_of(&any, name))
            return call_fail(call, "InvalidParameterValue", "The filter '%s' is invalid",
                             name ? name : "null");
    }
    list = json_object_new_array();
    for (size_t i = 0; i < region->security_groups.count; i++) {
        const struct security_group *group = region->security_groups.items[i];
        if ((json_length(ids) == 0 || has_text(ids, group->id)) && group_matches(group, filters))
            json_object_array_add(list, ec2_security_group_json(group));
    }
    return call_answer_page(call, list, "securityGroupInfo", "groupId", 1000, 1000);
}
