#!/bin/bash
# The AWS CLI opens and closes security groups, and what they admit is what the load balancer reaches.
. "${top_srcdir:-.}/tests/sandbox/region.bash"
start_region --no-traffic --fast
sg=$(text ecs describe-services --cluster storefront --services checkout \
    --query 'services[0].networkConfiguration.awsvpcConfiguration.securityGroups[0]')
group=$(text elbv2 describe-target-groups --names tg-checkout --query 'TargetGroups[0].TargetGroupArn')
lb=$(text elbv2 describe-load-balancers --names storefront-internal --query 'LoadBalancers[0].SecurityGroups[0]')
health() {
    text elbv2 describe-target-health --target-group-arn "$group" \
        --query 'TargetHealthDescriptions[].TargetHealth.[State,Reason]|[0]'
}
before=$(state)

# Authorize: by IpPermissions and by the CLI's short form; described in both ways.
opened=$(text ec2 authorize-security-group-ingress --group-id "$sg" --ip-permissions \
    "IpProtocol=tcp,FromPort=15000,ToPort=15001,UserIdGroupPairs=[{GroupId=$lb,Description=a canary}]" \
    --tag-specifications 'ResourceType=security-group-rule,Tags=[{Key=experiment,Value=x1}]' \
    --query '[Return,SecurityGroupRules[0].SecurityGroupRuleId]')
has "authorized" "True sgr-0" "$opened"
rule=${opened#* }
is "a rule" "$sg tcp 15000 15001 $lb a canary x1 False" \
    "$(text ec2 describe-security-group-rules --security-group-rule-ids "$rule" --query \
        'SecurityGroupRules[].[GroupId,IpProtocol,FromPort,ToPort,ReferencedGroupInfo.GroupId,Description,Tags[0].Value,IsEgress]')"
is "in its group" "1024 15000" \
    "$(text ec2 describe-security-groups --group-ids "$sg" --query 'SecurityGroups[0].IpPermissions[].FromPort')"
is "by its tag" "$rule" \
    "$(text ec2 describe-security-group-rules --filters Name=tag:experiment,Values=x1 --query 'SecurityGroupRules[].SecurityGroupRuleId')"
is "the group's" 2 "$(text ec2 describe-security-group-rules --filters "Name=group-id,Values=$sg" --query 'length(SecurityGroupRules)')"
fails "the same again" InvalidPermission.Duplicate \
    "the specified rule \"peer: $lb, TCP, from port: 15000, to port: 15001, ALLOW\" already exists" \
    ec2 authorize-security-group-ingress --group-id "$sg" --ip-permissions \
    "IpProtocol=tcp,FromPort=15000,ToPort=15001,UserIdGroupPairs=[{GroupId=$lb}]"
a ec2 authorize-security-group-ingress --group-id "$sg" --protocol tcp --port 15000-15001 --cidr 10.1.2.3/16 >"$work/x" || exit 1
is "two sources of one permission" "$lb 10.1.0.0/16" \
    "$(text ec2 describe-security-groups --group-ids "$sg" --query \
        'SecurityGroups[0].IpPermissions[?FromPort==`15000`][].[UserIdGroupPairs[0].GroupId,IpRanges[0].CidrIp]')"
fails "an unknown group" InvalidGroup.NotFound "does not exist" \
    ec2 authorize-security-group-ingress --group-id sg-0 --protocol tcp --port 1 --cidr 10.0.0.0/8
fails "an unknown source" InvalidGroup.NotFound "does not exist" \
    ec2 authorize-security-group-ingress --group-id "$sg" --protocol tcp --port 1 --source-group sg-0
fails "no CIDR" InvalidParameterValue "CIDR block 10.0.0.0/33 is malformed" \
    ec2 authorize-security-group-ingress --group-id "$sg" --protocol tcp --port 1 --cidr 10.0.0.0/33
fails "no range" InvalidParameterValue "Invalid TCP/UDP port range (2:1)" \
    ec2 authorize-security-group-ingress --group-id "$sg" --protocol tcp --port 2-1 --cidr 10.0.0.0/8
fails "a dry run" DryRunOperation "Request would have succeeded, but DryRun flag is set." \
    ec2 authorize-security-group-ingress --group-id "$sg" --protocol tcp --port 7 --cidr 10.0.0.0/8 --dry-run

# Revoke, in both ways.
revoked=$(text ec2 revoke-security-group-ingress --group-id "$sg" --security-group-rule-ids "$rule" \
    --query '[Return,RevokedSecurityGroupRules[0].SecurityGroupRuleId]')
case $revoked in
"True None") echo "ok: revoked by id, which this CLI is too old to tell" ;;
*) is "revoked by id" "True $rule" "$revoked" ;;
esac
fails "it is gone" InvalidSecurityGroupRuleId.NotFound "The security group rule ID '$rule' does not exist" \
    ec2 revoke-security-group-ingress --group-id "$sg" --security-group-rule-ids "$rule"
is "revoked by what it says" True \
    "$(text ec2 revoke-security-group-ingress --group-id "$sg" --protocol tcp --port 15000-15001 --cidr 10.1.0.0/16 --query Return)"
fails "one that is not there" InvalidPermission.NotFound "The specified rule does not exist in this security group." \
    ec2 revoke-security-group-ingress --group-id "$sg" --protocol tcp --port 15000-15001 --cidr 10.1.0.0/16
is "the region is as it was" "$before" "$(state)"

# In force: without a rule for their port the targets are out of reach.
a ecs wait services-stable --cluster storefront --services checkout || is "stable" 0 1
a ecs update-service --cluster storefront --service checkout --health-check-grace-period-seconds 3600 >"$work/x" || exit 1
is "in reach" "healthy None" "$(health)"
a ec2 revoke-security-group-ingress --group-id "$sg" --ip-permissions \
    "IpProtocol=tcp,FromPort=1024,ToPort=65535,UserIdGroupPairs=[{GroupId=$lb}]" >"$work/x" || exit 1
until_is "out of reach" 60 "unhealthy Target.Timeout" health
a ec2 authorize-security-group-ingress --group-id "$sg" --protocol tcp --port 8080 --cidr 127.0.0.0/8 >"$work/x" || exit 1
until_is "in reach again" 60 "healthy None" health
done_testing
