/* The rules of security groups: authorized, revoked, described. */
#include "sandbox/admission.h"
#include "sandbox/ec2.h"
#include "sandbox/operations.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PORT_MAX 65535

static const struct {
    const char *list, *member; /* in a request's IpPermissions */
    const char *described;     /* in a rule's description; NULL: referencedGroupInfo */
} places[] = {
    [SECURITY_GROUP] = {"Groups", "GroupId", NULL},
    [SECURITY_IPV4] = {"IpRanges", "CidrIp", "cidrIpv4"},
    [SECURITY_IPV6] = {"Ipv6Ranges", "CidrIpv6", "cidrIpv6"},
    [SECURITY_PREFIX_LIST] = {"PrefixListIds", "PrefixListId", "prefixListId"},
};

/* --- descriptions ---------------------------------------------------------------------------------- */

struct json_object *ec2_rule_json(const struct region *region, const struct security_group *group,
                                  const struct security_group_rule *rule)
{
    struct json_object *json = json_object_new_object(), *tags = json_object_new_array();

    json_put_text(json, "securityGroupRuleId", rule->id);
    json_put_format(json, "securityGroupRuleArn", "arn:aws:ec2:%s:%s:security-group-rule/%s", region->name,
                    REGION_ACCOUNT, rule->id);
    json_put_text(json, "groupId", group->id);
    json_put_text(json, "groupOwnerId", REGION_ACCOUNT);
    json_put_flag(json, "isEgress", false);
    json_put_text(json, "ipProtocol", rule->protocol);
    json_put_integer(json, "fromPort", rule->from_port);
    json_put_integer(json, "toPort", rule->to_port);
    if (places[rule->kind].described) {
        json_put_text(json, places[rule->kind].described, rule->source);
    } else {
        struct json_object *info = json_object_new_object();
        json_put_text(info, "groupId", rule->source);
        json_put_text(info, "userId", REGION_ACCOUNT);
        json_put(json, "referencedGroupInfo", info);
    }
    if (*rule->description)
        json_put_text(json, "description", rule->description);
    for (size_t i = 0; i < json_length(rule->tags); i++) {
        struct json_object *tag = json_object_array_get_idx(rule->tags, i), *item = json_object_new_object();
        json_put_text(item, "key", json_text(tag, "Key"));
        json_put_text(item, "value", json_text(tag, "Value"));
        json_object_array_add(tags, item);
    }
    json_put(json, "tagSet", tags);
    return json;
}

/* --- what a request says --------------------------------------------------------------------------- */

/* Rules as a request names them. */
struct wanted {
    struct security_group_rule rules[SECURITY_GROUP_RULES_MAX];
    size_t count;
};

static bool take_protocol(struct call *call, struct json_object *permission, struct security_group_rule *rule)
{
    static const struct {
        const char *number, *name;
    } names[] = {{"6", "tcp"}, {"17", "udp"}, {"1", "icmp"}, {"58", "icmpv6"}};
    const char *text = json_text(permission, "IpProtocol");

    if (!text)
        return call_fail(call, "MissingParameter", "The request must contain the parameter IpProtocol");
    text_copy(rule->protocol, sizeof rule->protocol, text);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(text, names[i].number) == 0)
            text_copy(rule->protocol, sizeof rule->protocol, names[i].name);
        if (strcmp(rule->protocol, names[i].name) == 0)
            return true;
    }
    bool is_number = strlen(text) <= 3 && strspn(text, "0123456789") == strlen(text) && *text;
    if (is_number || strcmp(text, "-1") == 0)
        return true;
    return call_fail(call, "InvalidPermission.Malformed",
                     "Unsupported IP protocol \"%.32s\"  - supported: "
                     "[icmp, icmpv6, tcp, udp]",
                     text);
}

static bool take_ports(struct call *call, struct json_object *permission, struct security_group_rule *rule)
{
    bool has_ports = strcmp(rule->protocol, "tcp") == 0 || strcmp(rule->protocol, "udp") == 0;
    int64_t from = json_integer(permission, "FromPort", -2), to = json_integer(permission, "ToPort", -2);

    rule->from_port = rule->to_port = SECURITY_PORT_ALL;
    if (strcmp(rule->protocol, "-1") == 0)
        return true;
    if (!has_ports) { /* ICMP's type and code, or nothing */
        rule->from_port = from < -1 || from > PORT_MAX ? SECURITY_PORT_ALL : (int)from;
        rule->to_port = to < -1 || to > PORT_MAX ? SECURITY_PORT_ALL : (int)to;
        return true;
    }
    if (from == -2 || to == -2)
        return call_fail(call, "MissingParameter",
                         "The request must contain the parameters FromPort and ToPort");
    if (from < 0 || to > PORT_MAX || from > to)
        return call_fail(call, "InvalidParameterValue", "Invalid TCP/UDP port range (%d:%d)", (int)from,
                         (int)to);
    rule->from_port = (int)from;
    rule->to_port = (int)to;
    return true;
}

static bool check_source(struct region *region, struct call *call, struct security_group_rule *rule,
                         const char *source)
{
    if (!source)
        return call_fail(call, "MissingParameter", "The request must contain the parameter %s",
                         places[rule->kind].member);
    if (rule->kind == SECURITY_GROUP && !security_group_find(region, source))
        return call_fail(call, "InvalidGroup.NotFound", "The security group '%.64s' does not exist", source);
    if (rule->kind == SECURITY_IPV4 && !security_cidr_normalize(source, rule->source))
        return call_fail(call, "InvalidParameterValue", "CIDR block %.64s is malformed", source);
    if (rule->kind != SECURITY_IPV4)
        text_copy(rule->source, sizeof rule->source, source);
    return true;
}

/* One rule for each source of a permission. */
static bool take_permission(struct region *region, struct call *call, struct json_object *permission,
                            struct wanted *wanted)
{
    struct security_group_rule rule = {.tags = NULL};

    if (!take_protocol(call, permission, &rule) || !take_ports(call, permission, &rule))
        return false;
    for (size_t kind = 0; kind < sizeof places / sizeof *places; kind++) {
        struct json_object *sources = json_list(permission, places[kind].list);
        for (size_t i = 0; i < json_length(sources); i++) {
            struct json_object *source = json_object_array_get_idx(sources, i);
            rule.kind = (enum security_source)kind;
            text_copy(rule.description, sizeof rule.description, json_text(source, "Description"));
            if (!check_source(region, call, &rule, json_text(source, places[kind].member)))
                return false;
            if (wanted->count == SECURITY_GROUP_RULES_MAX)
                return call_fail(call, "RulesPerSecurityGroupLimitExceeded",
                                 "The maximum number of rules per security group has been reached.");
            wanted->rules[wanted->count++] = rule;
        }
    }
    return true;
}

/* IpPermissions, or the older form: one permission in the request itself. */
static bool take_wanted(struct region *region, struct call *call, struct wanted *wanted)
{
    struct json_object *permissions = json_list(call->request, "IpPermissions");
    bool done = true;

    for (size_t i = 0; i < json_length(permissions) && done; i++)
        done = take_permission(region, call, json_object_array_get_idx(permissions, i), wanted);
    if (done && json_text(call->request, "CidrIp")) {
        struct json_object *permission = json_copy(call->request), *range = json_object_new_object();
        json_put_text(range, "CidrIp", json_text(call->request, "CidrIp"));
        json_put(permission, "IpRanges", json_object_new_array());
        json_object_array_add(json_list(permission, "IpRanges"), range);
        done = take_permission(region, call, permission, wanted);
        json_object_put(permission);
    }
    if (done && wanted->count == 0)
        return call_fail(call, "MissingParameter", "The request must contain the parameter ipPermissions");
    return done;
}

static bool is_dry_run(struct call *call)
{
    if (!json_flag(call->request, "DryRun", false))
        return false;
    call_fail_status(call, 412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.");
    return true;
}

/* --- authorize and revoke --------------------------------------------------------------------------- */

static bool fail_duplicate(struct call *call, const struct security_group_rule *rule)
{
    char protocol[16];

    text_copy(protocol, sizeof protocol, strcmp(rule->protocol, "-1") == 0 ? "ALL" : rule->protocol);
    for (char *c = protocol; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    if (rule->from_port == SECURITY_PORT_ALL)
        return call_fail(call, "InvalidPermission.Duplicate",
                         "the specified rule \"peer: %s, %s, ALLOW\" already exists", rule->source, protocol);
    return call_fail(call, "InvalidPermission.Duplicate",
                     "the specified rule \"peer: %s, %s, from port: %d, to port: %d, ALLOW\" already exists",
                     rule->source, protocol, rule->from_port, rule->to_port);
}

/* The tags that TagSpecifications gives to rules; the caller owns the list. */
static struct json_object *take_rule_tags(struct call *call)
{
    struct json_object *specifications = json_list(call->request, "TagSpecification");

    for (size_t i = 0; i < json_length(specifications); i++) {
        struct json_object *specification = json_object_array_get_idx(specifications, i);
        const char *type = json_text(specification, "ResourceType");
        if (type && strcmp(type, "security-group-rule") == 0)
            return json_copy_list(specification, "Tag");
    }
    return json_object_new_array();
}

static bool check_new(struct call *call, const struct security_group *group, const struct wanted *wanted)
{
    for (size_t i = 0; i < wanted->count; i++) {
        if (security_group_find_rule(group, &wanted->rules[i]))
            return fail_duplicate(call, &wanted->rules[i]);
    }
    if (group->rules.count + wanted->count > SECURITY_GROUP_RULES_MAX)
        return call_fail(call, "RulesPerSecurityGroupLimitExceeded",
                         "The maximum number of rules per security group has been reached.");
    return true;
}

bool ec2_authorize_security_group_ingress(struct region *region, struct call *call)
{
    struct security_group *group = ec2_take_group(region, call);
    struct wanted *wanted = memory_new(sizeof *wanted);
    bool done =
        group && take_wanted(region, call, wanted) && check_new(call, group, wanted) && !is_dry_run(call);

    if (done) {
        struct json_object *list = json_object_new_array(), *tags = take_rule_tags(call);
        for (size_t i = 0; i < wanted->count; i++) {
            wanted->rules[i].tags = json_copy(tags);
            json_object_array_add(
                list, ec2_rule_json(region, group, security_group_add_rule(group, &wanted->rules[i])));
        }
        json_object_put(tags);
        json_put_flag(call->response, "return", true);
        json_put(call->response, "securityGroupRuleSet", list);
        admission_refresh(region);
    }
    free(wanted);
    return done;
}

static struct security_group_rule *find_by_id(const struct security_group *group, const char *id)
{
    for (size_t i = 0; i < group->rules.count; i++) {
        struct security_group_rule *rule = group->rules.items[i];
        if (strcmp(rule->id, id) == 0)
            return rule;
    }
    return NULL;
}

/* The group's rules that the request names, each once, as pointers in `found`. */
static bool find_revoked(struct region *region, struct call *call, const struct security_group *group,
                         struct list *found)
{
    struct json_object *ids = json_list(call->request, "SecurityGroupRuleId");
    struct wanted *wanted = memory_new(sizeof *wanted);
    bool done = json_length(ids) > 0 || take_wanted(region, call, wanted);

    for (size_t i = 0; i < json_length(ids) && done; i++) {
        struct security_group_rule *rule = find_by_id(group, json_text_at(ids, i));
        if (rule)
            list_add(found, rule);
        else
            done = call_fail(call, "InvalidSecurityGroupRuleId.NotFound",
                             "The security group rule ID '%.64s' does not exist", json_text_at(ids, i));
    }
    for (size_t i = 0; i < wanted->count && done; i++) {
        struct security_group_rule *rule = security_group_find_rule(group, &wanted->rules[i]);
        if (rule)
            list_add(found, rule);
        else
            done = call_fail(call, "InvalidPermission.NotFound",
                             "The specified rule does not exist in this security group.");
    }
    free(wanted);
    return done;
}

static bool is_before(const struct list *list, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (list->items[i] == list->items[index])
            return true;
    }
    return false;
}

bool ec2_revoke_security_group_ingress(struct region *region, struct call *call)
{
    struct security_group *group = ec2_take_group(region, call);
    struct list found = {NULL, 0, 0};
    bool done = group && find_revoked(region, call, group, &found) && !is_dry_run(call);

    if (done) {
        struct json_object *list = json_object_new_array();
        for (size_t i = 0; i < found.count; i++) {
            struct json_object *json =
                is_before(&found, i) ? NULL : ec2_rule_json(region, group, found.items[i]);
            if (json)
                json_object_array_add(list, json);
        }
        for (size_t i = 0; i < found.count; i++) { /* one that is named twice is gone the second time */
            if (!is_before(&found, i))
                security_group_remove_rule(group, found.items[i]);
        }
        json_put_flag(call->response, "return", true);
        json_put(call->response, "revokedSecurityGroupRuleSet", list);
        admission_refresh(region);
    }
    list_free(&found);
    return done;
}

/* --- describe --------------------------------------------------------------------------------------- */

static bool has_tag(const struct security_group_rule *rule, const char *key, struct json_object *values)
{
    for (size_t i = 0; i < json_length(rule->tags); i++) {
        struct json_object *tag = json_object_array_get_idx(rule->tags, i);
        const char *value = json_text(tag, "Value");
        if (strcmp(json_text(tag, "Key") ? json_text(tag, "Key") : "", key) == 0 &&
            ec2_has_text(values, value ? value : ""))
            return true;
    }
    return false;
}

static bool filter_is_known(const char *name)
{
    return name && (strcmp(name, "group-id") == 0 || strcmp(name, "security-group-rule-id") == 0 ||
                    strncmp(name, "tag:", 4) == 0);
}

static bool rule_matches(const struct security_group *group, const struct security_group_rule *rule,
                         struct json_object *filters)
{
    for (size_t i = 0; i < json_length(filters); i++) {
        struct json_object *filter = json_object_array_get_idx(filters, i);
        struct json_object *values = json_list(filter, "Value");
        const char *name = json_text(filter, "Name");
        bool matches = strncmp(name, "tag:", 4) == 0   ? has_tag(rule, name + 4, values)
                       : strcmp(name, "group-id") == 0 ? ec2_has_text(values, group->id)
                                                       : ec2_has_text(values, rule->id);
        if (!matches)
            return false;
    }
    return true;
}

bool ec2_describe_security_group_rules(struct region *region, struct call *call)
{
    struct json_object *ids = json_list(call->request, "SecurityGroupRuleId"),
                       *filters = json_list(call->request, "Filter"), *list = NULL;
    size_t found = 0;

    for (size_t i = 0; i < json_length(filters); i++) {
        const char *name = json_text(json_object_array_get_idx(filters, i), "Name");
        if (!filter_is_known(name))
            return call_fail(call, "InvalidParameterValue", "The filter '%.64s' is invalid",
                             name ? name : "null");
    }
    list = json_object_new_array();
    for (size_t i = 0; i < region->security_groups.count; i++) {
        const struct security_group *group = region->security_groups.items[i];
        for (size_t k = 0; k < group->rules.count; k++) {
            const struct security_group_rule *rule = group->rules.items[k];
            bool asked = json_length(ids) == 0 || ec2_has_text(ids, rule->id);
            found += asked;
            if (asked && rule_matches(group, rule, filters))
                json_object_array_add(list, ec2_rule_json(region, group, rule));
        }
    }
    if (found < json_length(ids)) {
        json_object_put(list);
        return call_fail(call, "InvalidSecurityGroupRuleId.NotFound",
                         "The security group rule ID '%.64s' does not exist", json_text_at(ids, 0));
    }
    return call_answer_page(call, list, "securityGroupRuleSet", "securityGroupRuleId", EC2_PAGE_MAX,
                            EC2_PAGE_MAX);
}
