#!/bin/bash
# FIS's actions on tasks that are prepared for them: the network faults act on the task's interface and end with the
# experiment, in whatever way it ends; a process is killed; what a task lacks is said.
. "${top_srcdir:-.}/tests/sandbox/region.bash"
command -v python3 >/dev/null || { echo "no Python here"; exit 77; }
start_region --no-traffic --pace 0.05 # a minute of an experiment is 3 s

pick() { python3 -c 'import json,sys; d=json.load(sys.stdin); print(*eval(sys.argv[1]))' "($1,)" 2>&1; }
rest() { # METHOD PATH [BODY]
    curl -sS -X "$1" --max-time 5 --aws-sigv4 aws:amz:us-east-1:fis --user test:test \
        -H 'Content-Type: application/json' ${3+-d "$3"} "$url$2"
}
target='{"t":{"resourceType":"aws:ecs:task","parameters":{"cluster":"storefront","service":"web"},"selectionMode":"ALL"}}'
# start ACTIONS [TARGETS]: the experiment's id.
start() {
    local id
    id=$(rest POST /experimentTemplates "{\"clientToken\":\"$RANDOM-$RANDOM-$RANDOM\",\"description\":\"x\",\"stopConditions\":[{\"source\":\"none\"}],\"roleArn\":\"arn:aws:iam::000000000000:role/r\",\"actions\":$1,\"targets\":${2:-$target}}" |
        pick 'd["experimentTemplate"]["id"]')
    rest POST /experiments "{\"clientToken\":\"$RANDOM-$RANDOM-$RANDOM\",\"experimentTemplateId\":\"$id\"}" | pick 'd["experiment"]["id"]'
}
experiment() { rest GET "/experiments/$1" | pick "*(lambda e,a: (${2:-e['state']['status']},))(d['experiment'],d['experiment']['actions'])"; }
faults() { # the kinds that run on the tasks of web, sorted
    curl -s "$url/_shaketable/interface" | pick '*sorted(k for one in d for k in one["running"])'
}
action() { # NAME PARAMETERS: an action on the network
    printf '{"x":{"actionId":"aws:ecs:task-network-%s","parameters":{"useEcsFaultInjectionEndpoints":"true",%s},"targets":{"Tasks":"t"}}}' "$1" "$2"
}
service() { text ecs describe-services --cluster storefront --services "$1" --query "services[0].$2"; }
# deploy ENABLE PIDMODE VARIABLE: web with an SSM agent, prepared so.
deploy() {
    a ecs describe-task-definition --task-definition web --query taskDefinition --output json | python3 -c '
import json, sys
enable, pid, variable = sys.argv[1:]
d = json.load(sys.stdin)
for k in ("taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt", "registeredBy"):
    d.pop(k, None)
d["containerDefinitions"] = [d["containerDefinitions"][0], {
    "name": "amazon-ssm-agent", "image": "public.ecr.aws/amazon-ssm-agent/amazon-ssm-agent:latest", "essential": False,
    "environment": [{"name": variable, "value": "r"}]}]
d["enableFaultInjection"] = enable == "true"
if pid != "none":
    d["pidMode"] = pid
else:
    d.pop("pidMode", None)
json.dump(d, sys.stdout)' "$@" >"$work/web.json"
    curl -s --aws-sigv4 aws:amz:us-east-1:ecs --user test:test -d "@$work/web.json" -o "$work/registered" \
        -H 'Content-Type: application/x-amz-json-1.1' \
        -H 'X-Amz-Target: AmazonEC2ContainerServiceV20141113.RegisterTaskDefinition' "$url/"
    has "it is registered" '"revision"' "$(cat "$work/registered")"
    a ecs update-service --cluster storefront --service web --task-definition web >"$work/x" || is "update-service" 0 1
    until_is "deployed: $*" 90 "1 COMPLETED" service web '[length(deployments),deployments[0].rolloutState]'
}

deploy true none MANAGED_INSTANCE_ROLE_NAME
e=$(start "$(action latency '"duration":"PT10M"')")
until_is "no pidMode" 20 "failed PreconditionFailure" experiment "$e" "e['state']['status'],e['state']['error']['code']"
has "it says so" "pidMode of its task definition is not task." "$(experiment "$e" "e['state']['reason']")"
deploy false task MANAGED_INSTANCE_ROLE_NAME
e=$(start "$(action latency '"duration":"PT10M"')")
until_is "enableFaultInjection is false" 20 failed experiment "$e"
has "it says that, too" "enableFaultInjection is not true" "$(experiment "$e" "e['state']['reason']")"
is "nothing runs" "" "$(faults)"

deploy true task MANAGED_INSTANCE_ROLE_NAME
tasks=$(service web runningCount)
e=$(start "$(action latency '"duration":"PT12H","delayMilliseconds":"700","jitterMilliseconds":"0","flowsPercent":"50","sources":"10.0.0.1,DYNAMODB"')")
until_is "latency runs" 20 running experiment "$e" "a['x']['state']['status']"
is "on all of its tasks" "$(for _ in $(seq "$tasks"); do printf 'latency '; done | sed 's/ $//')" "$(faults)"
second=$(start "$(action packet-loss '"duration":"PT10M"')")
until_is "not a second one beside it" 20 "failed PreconditionFailure" experiment "$second" "e['state']['status'],e['state']['error']['code']"
has "it says why" "can't run in parallel" "$(experiment "$second" "e['state']['reason']")"
is "the first goes on" "$(for _ in $(seq "$tasks"); do printf 'latency '; done | sed 's/ $//')" "$(faults)"
rest DELETE "/experiments/$e" >"$work/x"
until_is "it is stopped" 20 stopped experiment "$e"
is "and its faults with it" "" "$(faults)"
e=$(start "$(action blackhole-port '"duration":"PT1M","port":"9","trafficType":"egress"')")
until_is "a blackhole runs" 20 "running" experiment "$e" "a['x']['state']['status']"
has "it is there" "blackhole" "$(faults)"
until_is "its time passes" 30 "completed completed" experiment "$e" "e['state']['status'],a['x']['state']['status']"
is "and it has gone" "" "$(faults)"

kill='{"k":{"actionId":"aws:ecs:task-kill-process","parameters":{"processName":"PROCESS","signal":"SIGKILL"},"targets":{"Tasks":"t"}}}'
e=$(start "${kill/PROCESS/nobody}")
until_is "a process that is none" 20 "failed InvalidTarget" experiment "$e" "e['state']['status'],e['state']['error']['code']"
has "it is named" "has no process nobody" "$(experiment "$e" "e['state']['reason']")"
e=$(start "${kill/PROCESS/app}" "${target/ALL/COUNT(1)}")
until_is "one is killed" 20 completed experiment "$e"
victim=$(rest GET "/experiments/$e/resolvedTargets" | pick 'd["resolvedTargets"][0]["targetInformation"]["arn"]')
until_is "the task ends of it" 30 "EssentialContainerExited 137" text ecs describe-tasks --cluster storefront \
    --tasks "$victim" --query 'tasks[0].[stopCode,containers[0].exitCode]'
done_testing
