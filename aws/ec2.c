#include "aws/ec2.h"

#include "aws/json.h"
#include "aws/list.h"
#include "aws/pager.h"

#include <stdlib.h>
#include <string.h>

void ec2_security_groups_free(struct ec2_security_groups *groups)
{
    aws_list_free(&groups->items, &groups->count, &groups->capacity);
}

/* One rule for each source in a list of the permission's: "ipRanges" with "cidrIp", and so on. */
static void read_sources(struct ec2_security_group *group, const struct aws_xml *permission, const char *list,
                         const char *field, bool is_group)
{
    const struct aws_xml *item = aws_xml_child(aws_xml_find(permission, list), "item");
    for (; item; item = aws_xml_next(item, "item")) {
        if (group->rule_count == EC2_RULES_MAX) {
            group->more_rules = true;
            return;
        }
        struct ec2_rule *rule = &group->rules[group->rule_count++];
        aws_copy_text(rule->protocol, sizeof rule->protocol, aws_xml_text(permission, "ipProtocol"));
        rule->from_port = (int)aws_xml_integer(permission, "fromPort", EC2_PORT_ANY);
        rule->to_port = (int)aws_xml_integer(permission, "toPort", EC2_PORT_ANY);
        aws_copy_text(rule->source, sizeof rule->source, aws_xml_text(item, field));
        rule->source_is_group = is_group;
        aws_copy_text(rule->description, sizeof rule->description, aws_xml_text(item, "description"));
    }
}

static void read_group(struct ec2_security_group *group, const struct aws_xml *item)
{
    aws_copy_text(group->id, sizeof group->id, aws_xml_text(item, "groupId"));
    aws_copy_text(group->name, sizeof group->name, aws_xml_text(item, "groupName"));
    aws_copy_text(group->vpc_id, sizeof group->vpc_id, aws_xml_text(item, "vpcId"));
    const struct aws_xml *permission = aws_xml_child(aws_xml_find(item, "ipPermissions"), "item");
    for (; permission; permission = aws_xml_next(permission, "item")) {
        read_sources(group, permission, "ipRanges", "cidrIp", false);
        read_sources(group, permission, "ipv6Ranges", "cidrIpv6", false);
        read_sources(group, permission, "prefixListIds", "prefixListId", false);
        read_sources(group, permission, "groups", "groupId", true);
    }
}

static bool call_page(struct aws_client *client, const char *const *ids, size_t count,
                      struct aws_pager *pager, struct ec2_security_groups *out, bool *more,
                      struct error *error)
{
    struct aws_query query;
    struct aws_xml *output = NULL;
    aws_query_init(&query);
    aws_query_add_list(&query, "GroupId", ids, count);
    if (*pager->token)
        aws_query_add(&query, "NextToken", pager->token);
    bool done = aws_call_query(client, AWS_EC2, "DescribeSecurityGroups", &query, &output, error);
    const struct aws_xml *item = aws_xml_child(aws_xml_find(output, "securityGroupInfo"), "item");
    for (; done && item; item = aws_xml_next(item, "item")) {
        struct ec2_security_group *group =
            aws_list_add(&out->items, &out->count, &out->capacity, sizeof *group);
        done = group || error_set(error, ERROR_SYSTEM, "out of memory");
        if (group)
            read_group(group, item);
    }
    done = done && aws_pager_next(pager, aws_xml_text(output, "nextToken"), "EC2 DescribeSecurityGroups",
                                  more, error);
    aws_xml_free(output);
    aws_query_free(&query);
    return done;
}

bool ec2_describe_security_groups(struct aws_client *client, const char *const *ids, size_t count,
                                  struct ec2_security_groups *out, struct error *error)
{
    ec2_security_groups_free(out);
    if (count == 0)
        return true;
    struct aws_pager *pager = malloc(sizeof *pager);
    bool more = true, done = true;
    if (!pager)
        return error_set(error, ERROR_SYSTEM, "out of memory");
    aws_pager_init(pager);
    while (done && more)
        done = call_page(client, ids, count, pager, out, &more, error);
    free(pager);
    return done;
}

static bool change_ingress(struct aws_client *client, const char *operation, const char *group, int port,
                           const char *source_group, const char *description, struct error *error)
{
    struct aws_query query;
    aws_query_init(&query);
    aws_query_add(&query, "GroupId", group);
    aws_query_add(&query, "IpPermissions.1.IpProtocol", "tcp");
    aws_query_add_integer(&query, "IpPermissions.1.FromPort", port);
    aws_query_add_integer(&query, "IpPermissions.1.ToPort", port);
    aws_query_add(&query, "IpPermissions.1.Groups.1.GroupId", source_group);
    if (*description)
        aws_query_add(&query, "IpPermissions.1.Groups.1.Description", description);
    bool done = aws_call_query(client, AWS_EC2, operation, &query, NULL, error);
    aws_query_free(&query);
    return done;
}

bool ec2_authorize_ingress(struct aws_client *client, const char *group, int port, const char *source_group,
                           const char *description, struct error *error)
{
    return change_ingress(client, "AuthorizeSecurityGroupIngress", group, port, source_group, description,
                          error);
}

bool ec2_revoke_ingress(struct aws_client *client, const char *group, int port, const char *source_group,
                        struct error *error)
{
    return change_ingress(client, "RevokeSecurityGroupIngress", group, port, source_group, "", error);
}
