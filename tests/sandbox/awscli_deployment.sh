#!/bin/bash
# The AWS CLI deploys: a sidecar before checkout and away again, with requests all the while; tasks
# that die or cannot start; the circuit breaker.
. "${top_srcdir:-.}/tests/sandbox/region.bash"
start_region --no-traffic
arn=arn:aws:ecs:us-east-1:000000000000
checkout() { text ecs describe-services --cluster storefront --services checkout --query "$1"; }
update() { text ecs update-service --cluster storefront --service checkout --query 'service.deployments[].[status,rolloutState]' "$@"; }

a ecs wait services-stable --cluster storefront --services checkout || is "stable" 0 1
before=$(state)
group=$(checkout 'services[0].loadBalancers[0].targetGroupArn')
lb=$(text elbv2 describe-load-balancers --names storefront-internal --query 'LoadBalancers[0].[LoadBalancerArn,DNSName]')
port=$(text elbv2 describe-listeners --load-balancer-arn "${lb% *}" \
    --query "Listeners[?DefaultActions[0].TargetGroupArn=='$group'].Port|[0]")
address=http://${lb#* }:$port/

# A revision with a second container: the first one's definition as it is, and one more.
a ecs describe-task-definition --task-definition checkout --query taskDefinition --output json |
    python3 -c '
import json, sys
d = json.load(sys.stdin)
for k in ("taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt",
          "registeredBy"):
    d.pop(k, None)
d["family"] = "shaketable-checkout"
d["containerDefinitions"].append({"name": "side", "image": "shaketable/app:1", "essential": True,
    "command": ["--listen", "0.0.0.0:15000", "--name", "side", "--call", "main=http://127.0.0.1:8080/"],
    "portMappings": [{"containerPort": 15000}]})
json.dump(d, sys.stdout)' >"$work/side.json"
is "registered" 1 "$(text ecs register-task-definition --cli-input-json "file://$work/side.json" --query taskDefinition.revision)"

fails "a container that is not in it" InvalidParameterException "The container nope does not exist in the task definition." \
    ecs update-service --cluster storefront --service checkout --task-definition shaketable-checkout \
    --load-balancers "targetGroupArn=$group,containerName=nope,containerPort=15000"
fails "a port that it has not" InvalidParameterException "The container side did not have a container port 1 defined." \
    ecs update-service --cluster storefront --service checkout --task-definition shaketable-checkout \
    --load-balancers "targetGroupArn=$group,containerName=side,containerPort=1"
fails "an inactive revision" ClientException "TaskDefinition is inactive" \
    ecs update-service --cluster storefront --service checkout --task-definition checkout:39
loose=$(text elbv2 create-target-group --name tg-loose --protocol HTTP --port 80 --vpc-id v --target-type ip --query 'TargetGroups[0].TargetGroupArn')
fails "a target group without a load balancer" InvalidParameterException \
    "The target group with targetGroupArn $loose does not have an associated load balancer." \
    ecs update-service --cluster storefront --service checkout \
    --load-balancers "targetGroupArn=$loose,containerName=checkout,containerPort=8080"
a elbv2 delete-target-group --target-group-arn "$loose" || is "delete-target-group" 0 1
is "nothing of this changed anything" "1 $arn:task-definition/checkout:41" "$(checkout 'services[].[length(deployments),taskDefinition]')"

# Requests all the while: none may fail, the deployment is a rolling one.
(while [ ! -e "$work/stop" ]; do curl -s -o "$work/answer" -w '%{http_code}\n' "$address"; sleep 0.02; done >"$work/codes") &
client=$!
is "two deployments" "PRIMARY IN_PROGRESS ACTIVE COMPLETED" \
    "$(update --task-definition shaketable-checkout --load-balancers "targetGroupArn=$group,containerName=side,containerPort=15000")"
a ecs wait services-stable --cluster storefront --services checkout || is "stable" 0 1
is "deployed" "1 3 COMPLETED 0 side 15000" \
    "$(checkout 'services[].[length(deployments),runningCount,deployments[0].rolloutState,deployments[0].failedTasks,loadBalancers[0].containerName,loadBalancers[0].containerPort]')"
has "the balancer goes through the new container" '"service":"side","parts":{"main":{"status":"ok"' "$(curl -s "$address")"
is "all targets have its port" "15000 15000 15000" \
    "$(text elbv2 describe-target-health --target-group-arn "$group" --query "TargetHealthDescriptions[?TargetHealth.State=='healthy'].Target.Port")"
events=$(checkout 'services[0].events[].message')
has "events: started" "(service checkout) has started 3 tasks: (task " "$events"
has "events: registered" "(service checkout) registered 1 targets in (target-group $group)" "$events"
has "events: draining" "(service checkout) has begun draining connections on 1 tasks." "$events"
has "events: steady" "(service checkout) has reached a steady state." "$events"
is "the old tasks have stopped" "3" \
    "$(text ecs list-tasks --cluster storefront --service-name checkout --desired-status STOPPED --query 'length(taskArns)')"
stopped=$(text ecs list-tasks --cluster storefront --service-name checkout --desired-status STOPPED --query 'taskArns[0]')
is "as the scheduler wanted" "STOPPED ServiceSchedulerInitiated 0" \
    "$(text ecs describe-tasks --cluster storefront --tasks "$stopped" --query 'tasks[].[lastStatus,stopCode,containers[0].exitCode]')"

# And back.
update >"$work/x" --task-definition checkout:41 --load-balancers "targetGroupArn=$group,containerName=checkout,containerPort=8080" || exit 1
a ecs wait services-stable --cluster storefront --services checkout || is "stable" 0 1
a ecs deregister-task-definition --task-definition shaketable-checkout:1 >"$work/x" || exit 1
touch "$work/stop"; wait $client
is "every request was answered" "200" "$(sort -u "$work/codes" | tr '\n' ' ' | sed 's/ $//')"
is "the region is as it was" "$before" "$(state)"

# A task that dies is replaced.
task=$(text ecs list-tasks --cluster payments --service-name fraud --query 'taskArns[0]')
a ecs stop-task --cluster payments --task "$task" --reason "because" >"$work/x" || exit 1
until_is "it stops as the user wanted" 20 "STOPPED UserInitiated because" \
    text ecs describe-tasks --cluster payments --tasks "$task" --query 'tasks[].[lastStatus,stopCode,stoppedReason]'
a ecs wait services-stable --cluster payments --services fraud || is "stable" 0 1
new=$(text ecs list-tasks --cluster payments --service-name fraud --query 'taskArns')
has "another took its place" "$arn:task/payments/" "$new"
[ "$new" != "$task" ] || is "another task" other same

# An image that nobody has: the circuit breaker opens and the service goes back.
sed 's/"shaketable-checkout"/"broken"/; s|"shaketable/app:1"|"example.com/none:1"|' "$work/side.json" >"$work/broken.json"
a ecs register-task-definition --cli-input-json "file://$work/broken.json" >"$work/x" || exit 1
update >"$work/x" --task-definition broken || exit 1
until_is "a task that cannot be pulled" 20 "TaskFailedToStart" \
    text ecs describe-tasks --cluster storefront --query 'tasks[0].stopCode' --tasks \
    "$(until [ -n "$(text ecs list-tasks --cluster storefront --family broken --desired-status STOPPED --query 'taskArns')" ]; do sleep 0.2; done
       text ecs list-tasks --cluster storefront --family broken --desired-status STOPPED --query 'taskArns[0]')"
a ecs wait services-stable --cluster storefront --services checkout || is "stable" 0 1
is "rolled back" "1 $arn:task-definition/checkout:41 COMPLETED" \
    "$(checkout 'services[].[length(deployments),taskDefinition,deployments[0].rolloutState]')"
has "and says so" "rolling back" "$(checkout 'services[0].events[].message')"
done_testing
