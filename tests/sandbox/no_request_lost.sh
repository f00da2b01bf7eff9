#!/bin/bash
# A service of three tasks gets the sidecar and loses it again while clients send 500 requests a second
# through the load balancer, most over kept-alive connections: not one request fails.
. "${top_srcdir:-.}/tests/sandbox/region.bash"
command -v python3 >/dev/null || { echo "no Python here"; exit 77; }
start_region --no-traffic --fast
a ecs wait services-stable --cluster storefront --services checkout || is "stable" 0 1
before=$(state)
checkout() { text ecs describe-services --cluster storefront --services checkout --query "services[0].$1"; }
group=$(checkout 'loadBalancers[0].targetGroupArn')
read -r lb host < <(text elbv2 describe-load-balancers --names storefront-internal --query 'LoadBalancers[0].[LoadBalancerArn,DNSName]')
port=$(text elbv2 describe-listeners --load-balancer-arn "$lb" --query "Listeners[?DefaultActions[0].TargetGroupArn=='$group'].Port|[0]")

a ecs describe-task-definition --task-definition checkout --query taskDefinition --output json | python3 -c '
import json, sys
d = json.load(sys.stdin)
for k in ("taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt",
          "registeredBy"):
    d.pop(k, None)
d["family"] = "shaketable-checkout"
d["containerDefinitions"].append({"name": "sidecar", "image": "shaketable/proxy:1", "essential": True,
    "command": ["--listen", "0.0.0.0:15000", "--upstream", "127.0.0.1:8080"],
    "portMappings": [{"containerPort": 15000}]})
if sys.argv[1]:
    d["pidMode"] = "task"
    d["containerDefinitions"].append({"name": "amazon-ssm-agent", "essential": False,
        "image": "public.ecr.aws/amazon-ssm-agent/amazon-ssm-agent:latest", "command": ["/bin/bash", "-c", "set -e"],
        "environment": [{"name": "MANAGED_INSTANCE_ROLE_NAME", "value": "SSMManagedInstanceRole"}]})
json.dump(d, sys.stdout)' "${WITH_INTERFACE:-}" >"$work/sidecar.json"
a ecs register-task-definition --cli-input-json "file://$work/sidecar.json" >"$work/x" || is "registered" 0 1

client="$top_srcdir/tests/sandbox/steady_client.py"
python3 "$client" "$host" "$port" 420 24 >"$work/kept" & kept=$!
python3 "$client" "$host" "$port" 80 16 --close >"$work/closed" & closed=$!

# move DEFINITION CONTAINER PORT
move() {
    a ecs update-service --cluster storefront --service checkout --task-definition "$1" \
        --load-balancers "targetGroupArn=$group,containerName=$2,containerPort=$3" >"$work/x" || is "update-service" 0 1
    a ecs wait services-stable --cluster storefront --services checkout || is "stable" 0 1
    is "deployed: $2" "1 COMPLETED 3 $3" \
        "$(checkout '[length(deployments),deployments[0].rolloutState,runningCount,loadBalancers[0].containerPort]')"
}
move shaketable-checkout sidecar 15000
is "its tasks have an interface${WITH_INTERFACE:+, as they should}" "$((${WITH_INTERFACE:-0} * 3))" \
    "$(curl -s "$url/_shaketable/interface" | grep -o '"inside"' | wc -l)"
move checkout:41 checkout 8080
a ecs deregister-task-definition --task-definition shaketable-checkout:1 >"$work/x" || is "deregistered" 0 1
kill $kept $closed; wait $kept $closed

has "kept-alive: none failed" " 0 failed" "$(cat "$work/kept")"
has "one each: none failed" " 0 failed" "$(cat "$work/closed")"
[ "$(($(cut -d' ' -f1 "$work/kept") + $(cut -d' ' -f1 "$work/closed")))" -gt 1000 ] || is "clients at work" "more than 1000 requests" fewer
cat "$work/kept" "$work/closed"
is "every task left in good order" "0 0 0 0 0 0" "$(text ecs describe-tasks --cluster storefront --query 'tasks[].containers[?name==`checkout`].exitCode[]' \
    --tasks $(text ecs list-tasks --cluster storefront --service-name checkout --desired-status STOPPED --query 'taskArns'))"
is "the region is as it was" "$before" "$(state)"
done_testing
