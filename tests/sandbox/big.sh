#!/bin/bash
# A big account that is only described, and AWS's throttling.
. "${top_srcdir:-.}/tests/sandbox/region.bash"

is "nonsense is refused" 2 "$("$sandbox" --big 3:x >"$work/x" 2>"$work/y"; echo $?)"
has "and why" "CLUSTERS:SERVICES:TASKS" "$(cat "$work/y")"
is "tasks need services" 2 "$("$sandbox" --big 3:0:5 >"$work/x" 2>"$work/y"; echo $?)"
is "a rate that is none" 2 "$("$sandbox" --throttle fast >"$work/x" 2>"$work/y"; echo $?)"
has "and why" "neither aws nor a number" "$(cat "$work/y")"

start_region --no-traffic --fast --big 30:600:900 --throttle aws
is "the clusters, and the others beside them" 32 "$(a ecs list-clusters --query 'length(clusterArns)')"
cluster=ads-prod-001
is "a cluster tells its counts" "20 30 0" "$(text ecs describe-clusters --clusters $cluster \
    --query 'clusters[0].[activeServicesCount,runningTasksCount,pendingTasksCount]')"
is "its services" 20 "$(a ecs list-services --cluster $cluster --query 'length(serviceArns)')"
is "a page of them" 7 "$(a ecs list-services --cluster $cluster --page-size 7 --max-items 7 --query 'length(serviceArns)')"
service=$(text ecs list-services --cluster $cluster --max-items 1 --query 'serviceArns[0]' | cut -d' ' -f1)
is "a service is well" "ACTIVE 1 1 COMPLETED" "$(text ecs describe-services --cluster $cluster --services "$service" \
    --query 'services[0].[status,desiredCount,runningCount,deployments[0].rolloutState]')"
task=$(text ecs list-tasks --cluster $cluster --service-name "${service##*/}" --query 'taskArns[0]')
is "its task runs" "RUNNING" "$(text ecs describe-tasks --cluster $cluster --tasks "$task" --query 'tasks[0].lastStatus')"
address=$(text ecs describe-tasks --cluster $cluster --tasks "$task" \
    --query "tasks[0].attachments[0].details[?name=='privateIPv4Address'].value")
group=$(text ecs describe-services --cluster $cluster --services "$service" \
    --query 'services[0].loadBalancers[0].targetGroupArn')
is "and is a healthy target" "$address healthy" "$(text elbv2 describe-target-health --target-group-arn "$group" \
    --query 'TargetHealthDescriptions[0].[Target.Id,TargetHealth.State]')"
is "of a load balancer" 1 "$(a elbv2 describe-target-groups --target-group-arns "$group" \
    --query 'length(TargetGroups[0].LoadBalancerArns)')"
fails "it can't be changed" AccessDeniedException "only described" ecs update-service --cluster $cluster \
    --service "$service" --desired-count 3
fails "nor can its task be stopped" AccessDeniedException "only described" ecs stop-task --cluster $cluster --task "$task"
calls=$(curl -s "$url/_shaketable/calls")
has "calls are counted" '"ListClusters":{"made":1,"refused":0}' "$calls"
done_testing
