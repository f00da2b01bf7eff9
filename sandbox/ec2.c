#include "sandbox/ec2.h"

#include "sandbox/operations.h"

#include <stdio.h>
#include <string.h>

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

bool ec2_has_text(struct json_object *list, const char *text)
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
        if (!field || !ec2_has_text(json_list(filter, "Value"), field))
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

/* --- IpPermissions: the rules of the same protocol and ports in one -------------------------------- */

static const struct {
    const char *list, *member;
} places[] = {
    [SECURITY_GROUP] = {"groups", "groupId"},
    [SECURITY_IPV4] = {"ipRanges", "cidrIp"},
    [SECURITY_IPV6] = {"ipv6Ranges", "cidrIpv6"},
    [SECURITY_PREFIX_LIST] = {"prefixListIds", "prefixListId"},
};

static struct json_object *new_permission(const struct security_group_rule *rule)
{
    struct json_object *permission = json_object_new_object();

    json_put_text(permission, "ipProtocol", rule->protocol);
    if (strcmp(rule->protocol, "-1") != 0) {
        json_put_integer(permission, "fromPort", rule->from_port);
        json_put_integer(permission, "toPort", rule->to_port);
    }
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        json_put(permission, places[i].list, json_object_new_array());
    return permission;
}

static struct json_object *find_permission(struct json_object *list, const struct security_group_rule *rule)
{
    for (size_t i = 0; i < json_length(list); i++) {
        struct json_object *permission = json_object_array_get_idx(list, i);
        if (strcmp(json_text(permission, "ipProtocol"), rule->protocol) == 0 &&
            json_integer(permission, "fromPort", SECURITY_PORT_ALL) == rule->from_port &&
            json_integer(permission, "toPort", SECURITY_PORT_ALL) == rule->to_port)
            return permission;
    }
    return NULL;
}

static struct json_object *ingress_json(const struct security_group *group)
{
    struct json_object *list = json_object_new_array();

    for (size_t i = 0; i < group->rules.count; i++) {
        const struct security_group_rule *rule = group->rules.items[i];
        struct json_object *permission = find_permission(list, rule), *source = json_object_new_object();
        if (!permission) {
            permission = new_permission(rule);
            json_object_array_add(list, permission);
        }
        if (rule->kind == SECURITY_GROUP)
            json_put_text(source, "userId", REGION_ACCOUNT);
        json_put_text(source, places[rule->kind].member, rule->source);
        if (*rule->description)
            json_put_text(source, "description", rule->description);
        json_object_array_add(json_list(permission, places[rule->kind].list), source);
    }
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

/* --- operations ------------------------------------------------------------------------------------ */

struct security_group *ec2_take_group(struct region *region, struct call *call)
{
    const char *id = json_text(call->request, "GroupId"), *name = json_text(call->request, "GroupName");
    struct security_group *group = security_group_find(region, id);

    for (size_t i = 0; i < region->security_groups.count && !id && name && !group; i++) {
        struct security_group *other = region->security_groups.items[i];
        if (strcmp(other->name, name) == 0)
            group = other;
    }
    if (!id && !name)
        call_fail(call, "MissingParameter", "The request must contain the parameter GroupId");
    else if (!group && id && strncmp(id, "sg-", 3) != 0)
        call_fail(call, "InvalidGroupId.Malformed", "Invalid id: \"%.64s\" (expecting \"sg-...\")", id);
    else if (!group)
        call_fail(call, "InvalidGroup.NotFound", "The security group '%.255s' does not exist",
                  id ? id : name);
    return group;
}

bool ec2_describe_security_groups(struct region *region, struct call *call)
{
    struct json_object *ids = json_list(call->request, "GroupId"),
                       *filters = json_list(call->request, "Filter");
    struct json_object *list = NULL;

    for (size_t i = 0; i < json_length(ids); i++) {
        if (!security_group_find(region, json_text_at(ids, i)))
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
        if ((json_length(ids) == 0 || ec2_has_text(ids, group->id)) && group_matches(group, filters))
            json_object_array_add(list, ec2_security_group_json(group));
    }
    return call_answer_page(call, list, "securityGroupInfo", "groupId", EC2_PAGE_MAX, EC2_PAGE_MAX);
}
