/* elbv2_read: AWS's XML into plain values. No calls. */
#include "aws/elbv2.h"
#include "aws/elbv2_internal.h"
#include "aws/json.h"

#include <string.h>

static void copy(char *out, size_t size, const struct aws_xml *member, const char *path)
{
    aws_copy_text(out, size, aws_xml_text(member, path));
}

static int number(const struct aws_xml *member, const char *path, int missing)
{
    int64_t value = aws_xml_integer(member, path, missing);
    return value < INT32_MIN || value > INT32_MAX ? missing : (int)value;
}

void elbv2_target_group_from_xml(struct elbv2_target_group *group, const struct aws_xml *member)
{
    struct elbv2_health_check *check = &group->health_check;
    memset(group, 0, sizeof *group);
    copy(group->arn, sizeof group->arn, member, "TargetGroupArn");
    copy(group->name, sizeof group->name, member, "TargetGroupName");
    copy(group->protocol, sizeof group->protocol, member, "Protocol");
    copy(group->target_type, sizeof group->target_type, member, "TargetType");
    copy(group->protocol_version, sizeof group->protocol_version, member, "ProtocolVersion");
    copy(group->address_type, sizeof group->address_type, member, "IpAddressType");
    copy(group->vpc_id, sizeof group->vpc_id, member, "VpcId");
    group->port = number(member, "Port", 0);
    check->enabled = strcmp(aws_xml_text(member, "HealthCheckEnabled"), "false") != 0;
    copy(check->protocol, sizeof check->protocol, member, "HealthCheckProtocol");
    copy(check->port, sizeof check->port, member, "HealthCheckPort");
    copy(check->path, sizeof check->path, member, "HealthCheckPath");
    check->interval_s = number(member, "HealthCheckIntervalSeconds", 0);
    check->timeout_s = number(member, "HealthCheckTimeoutSeconds", 0);
    check->healthy = number(member, "HealthyThresholdCount", 0);
    check->unhealthy = number(member, "UnhealthyThresholdCount", 0);
    copy(check->matcher, sizeof check->matcher, member, "Matcher/HttpCode");
    if (!*check->matcher)
        copy(check->matcher, sizeof check->matcher, member, "Matcher/GrpcCode");
    const struct aws_xml *arn = aws_xml_child(aws_xml_find(member, "LoadBalancerArns"), "member");
    for (; arn && group->load_balancer_count < ELBV2_LOAD_BALANCERS_MAX; arn = aws_xml_next(arn, "member"))
        copy(group->load_balancer_arns[group->load_balancer_count++], ELBV2_ARN_MAX, arn, "");
}

void elbv2_target_from_xml(struct elbv2_target *target, const struct aws_xml *member)
{
    memset(target, 0, sizeof *target);
    copy(target->id, sizeof target->id, member, "Target/Id");
    target->port = number(member, "Target/Port", 0);
    copy(target->az, sizeof target->az, member, "Target/AvailabilityZone");
    copy(target->state, sizeof target->state, member, "TargetHealth/State");
    copy(target->reason, sizeof target->reason, member, "TargetHealth/Reason");
    copy(target->description, sizeof target->description, member, "TargetHealth/Description");
}

void elbv2_load_balancer_from_xml(struct elbv2_load_balancer *balancer, const struct aws_xml *member)
{
    memset(balancer, 0, sizeof *balancer);
    copy(balancer->arn, sizeof balancer->arn, member, "LoadBalancerArn");
    copy(balancer->name, sizeof balancer->name, member, "LoadBalancerName");
    copy(balancer->dns_name, sizeof balancer->dns_name, member, "DNSName");
    copy(balancer->type, sizeof balancer->type, member, "Type");
    copy(balancer->scheme, sizeof balancer->scheme, member, "Scheme");
    copy(balancer->state, sizeof balancer->state, member, "State/Code");
    copy(balancer->vpc_id, sizeof balancer->vpc_id, member, "VpcId");
    const struct aws_xml *group = aws_xml_child(aws_xml_find(member, "SecurityGroups"), "member");
    for (; group && balancer->security_group_count < ELBV2_SECURITY_GROUPS_MAX;
         group = aws_xml_next(group, "member"))
        copy(balancer->security_groups[balancer->security_group_count++], ELBV2_WORD_MAX, group, "");
}

/* Where the actions forward to. ForwardConfig holds all groups with weights; the older
 * TargetGroupArn stands alone, or repeats the one in ForwardConfig. */
static size_t read_forwards(struct elbv2_forward out[ELBV2_FORWARDS_MAX], const struct aws_xml *actions)
{
    size_t count = 0;
    const struct aws_xml *action = aws_xml_child(actions, "member");
    for (; action; action = aws_xml_next(action, "member")) {
        const struct aws_xml *group =
            aws_xml_child(aws_xml_find(action, "ForwardConfig/TargetGroups"), "member");
        if (!group && *aws_xml_text(action, "TargetGroupArn") && count < ELBV2_FORWARDS_MAX) {
            copy(out[count].target_group_arn, ELBV2_ARN_MAX, action, "TargetGroupArn");
            out[count++].weight = ELBV2_WEIGHT_NONE;
        }
        for (; group && count < ELBV2_FORWARDS_MAX; group = aws_xml_next(group, "member")) {
            copy(out[count].target_group_arn, ELBV2_ARN_MAX, group, "TargetGroupArn");
            out[count++].weight = number(group, "Weight", ELBV2_WEIGHT_NONE);
        }
    }
    return count;
}

void elbv2_listener_from_xml(struct elbv2_listener *listener, const struct aws_xml *member)
{
    memset(listener, 0, sizeof *listener);
    copy(listener->arn, sizeof listener->arn, member, "ListenerArn");
    copy(listener->load_balancer_arn, sizeof listener->load_balancer_arn, member, "LoadBalancerArn");
    copy(listener->protocol, sizeof listener->protocol, member, "Protocol");
    listener->port = number(member, "Port", 0);
    listener->forward_count = read_forwards(listener->forwards, aws_xml_find(member, "DefaultActions"));
}

void elbv2_rule_from_xml(struct elbv2_rule *rule, const struct aws_xml *member)
{
    memset(rule, 0, sizeof *rule);
    copy(rule->arn, sizeof rule->arn, member, "RuleArn");
    copy(rule->priority, sizeof rule->priority, member, "Priority");
    rule->is_default = strcmp(aws_xml_text(member, "IsDefault"), "true") == 0;
    rule->forward_count = read_forwards(rule->forwards, aws_xml_find(member, "Actions"));
}
