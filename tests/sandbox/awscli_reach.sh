#!/usr/bin/env bash
# Session Manager's port forwarding into tasks with ECS Exec, and CloudWatch Logs, as the AWS CLI sees them.
. "${top_srcdir:-.}/tests/sandbox/region.bash"
export PATH=$(cd "$top_srcdir/tests/src/bin" && pwd):$PATH PLUGIN_WORK=$work
touch "$work/session"
start_region --fast --no-traffic
before=$(state)
service() { text ecs describe-services --cluster storefront --services checkout --query "services[0].$1"; }
until_is "checkout is there" 60 "3 COMPLETED" service '[runningCount, deployments[0].rolloutState]'

# ── ECS Exec ──
tasks() { text ecs list-tasks --cluster storefront --service-name checkout --query taskArns; }
describe() { text ecs describe-tasks --cluster storefront --tasks $(tasks) --query "$1"; }
is "no ECS Exec at first" "False False False" "$(describe 'tasks[].enableExecuteCommand')"
target() { # of the first task: ecs:CLUSTER_TASK_RUNTIMEID
    describe 'tasks[0].[taskArn, containers[0].runtimeId]' |
        sed 's|^.*/\([^/ ]*\) \(.*\)$|ecs:storefront_\1_\2|'
}
fails "no session without it" TargetNotConnected "is not connected" ssm start-session --target "$(target)" \
    --document-name AWS-StartPortForwardingSession --parameters portNumber=8080,localPortNumber=0
a ecs update-service --cluster storefront --service checkout --enable-execute-command --force-new-deployment \
    >"$work/update" || failures=$((failures + 1))
until_is "checkout is there with it" 60 "True 3 1 COMPLETED" \
    service '[enableExecuteCommand, runningCount, length(deployments), deployments[0].rolloutState]'
is "tasks have it" "True True True" "$(describe 'tasks[].enableExecuteCommand')"
is "its agent runs" "ExecuteCommandAgent RUNNING" \
    "$(describe 'tasks[0].containers[0].managedAgents[0].[name, lastStatus]')"

# ── a session: the CLI starts the plugin, which forwards the port ──
a ssm start-session --target "$(target)" --document-name AWS-StartPortForwardingSession \
    --parameters portNumber=8080,localPortNumber=0 >"$work/session" 2>&1 &
session=$!
port() { sed -n 's/^Port \([0-9]*\) opened.*/\1/p' "$work/session"; }
for _ in $(seq 200); do [ -n "$(port)" ] && break; sleep 0.05; done
if grep -q "not called as the AWS CLI does" "$work/session"; then
    echo "this AWS CLI gives the token as an argument: no session is tried"
else
    is "a request through it" 200 "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$(port)/health")"
fi
for plugin in $(ls "$work" | grep -x '[0-9]*'); do kill "$plugin"; done
kill "$session" 2>/dev/null; wait "$session" 2>/dev/null
has "the region counts it" '"sessions":["ecs:storefront_' "$(state)"
id=$(sed -n 's/^Starting session with SessionId: //p' "$work/session")
[ -z "$id" ] || is "and ends it" "$id" "$(text ssm terminate-session --session-id "$id" --query SessionId)"
fails "another document" InvalidDocument "does not exist" ssm start-session --target "$(target)" --document-name No
fails "another target" TargetNotConnected "ecs:storefront_x_y is not connected" ssm start-session \
    --target ecs:storefront_x_y --document-name AWS-StartPortForwardingSession --parameters portNumber=80

# ── logs ──
group=/ecs/storefront/checkout
fails "no such group" ResourceNotFoundException "log group does not exist" logs filter-log-events \
    --log-group-name /none
stream=$(text logs describe-log-streams --log-group-name $group --max-items 1 \
    --query 'logStreams[0].logStreamName' | sed 's/ .*//')
has "streams are named by prefix, container and task" "ecs/checkout/" "$stream"
six() { text logs describe-log-streams --log-group-name $group --query 'length(logStreams)'; }
is "one a container, those of before as well" 6 "$(six)"
events() { text logs filter-log-events --log-group-name $group "$@" --query 'length(events[])'; }
is "what each of the applications said at its start" 6 "$(events)"
# A container that has something to say: a proxy that logs statistics.
a ecs register-task-definition --cli-input-json '{"family":"talker","networkMode":"awsvpc","cpu":"256",
  "memory":"512","containerDefinitions":[{"name":"proxy","image":"shaketable/proxy:1","essential":true,
  "command":["--listen","0.0.0.0:9000","--upstream","127.0.0.1:9","--stats-log","1"],
  "portMappings":[{"containerPort":9000}],
  "logConfiguration":{"logDriver":"awslogs","options":{"awslogs-group":"/talk","awslogs-stream-prefix":"t"}}}]}' \
    >"$work/register" || failures=$((failures + 1))
a ecs create-service --cluster storefront --service-name talker --task-definition talker --desired-count 1 \
    --network-configuration 'awsvpcConfiguration={subnets=[subnet-0f1e2d3c4b5a69788]}' >"$work/create" ||
    failures=$((failures + 1))
stats() { text logs filter-log-events --log-group-name /talk --filter-pattern '{ $.type = "stats" }' \
    --query 'length(events) > `2`'; }
until_is "statistics arrive" 60 True stats
one() { text logs filter-log-events --log-group-name /talk --log-stream-name-prefix t/proxy/ "$@"; }
has "with what stands before them" "listening " "$(one --query 'events[0].message')"
is "by words" 1 "$(one --filter-pattern 'listening upstream' --query 'length(events)')"
is "by a phrase" 1 "$(one --filter-pattern '"listening "' --query 'length(events)')"
is "which stands there so" 0 "$(one --filter-pattern '"upstream listening"' --query 'length(events)')"
is "page by page" 3 "$(a --output json logs filter-log-events --log-group-name /talk --page-size 1 --max-items 3 \
    --query 'events[].eventId' | sort -u | grep -c '"0')"
is "not those of before" 0 "$(one --start-time 99999999999999 --query 'length(events)')"
stream=$(text logs describe-log-streams --log-group-name /talk --query 'logStreams[0].logStreamName')
has "a stream's events" "listening " "$(text logs get-log-events --log-group-name /talk \
    --log-stream-name "$stream" --start-from-head --limit 1 --query 'events[0].message')"
fails "a pattern beyond this region" InvalidParameterException "Invalid filter pattern" logs filter-log-events \
    --log-group-name /talk --filter-pattern '{ $.sequence > 5 }'
fails "a group that is there" ResourceAlreadyExistsException "already exists" logs create-log-group \
    --log-group-name /talk
fails "no name of a group" InvalidParameterException "logGroupName" logs create-log-group --log-group-name 'a b'
a logs create-log-group --log-group-name /new || failures=$((failures + 1))
is "a new group is empty" 0 "$(text logs filter-log-events --log-group-name /new --query 'length(events)')"
is "groups, by name" "/new /talk" "$(text logs describe-log-groups \
    --query 'logGroups[?logGroupName==`/new` || logGroupName==`/talk`].logGroupName')"
is "groups, page by page" /new "$(text logs describe-log-groups --page-size 1 --log-group-name-prefix /n \
    --query 'logGroups[].logGroupName')"
a logs delete-log-group --log-group-name /new || failures=$((failures + 1))
fails "a group that is gone" ResourceNotFoundException "does not exist" logs delete-log-group \
    --log-group-name /new
a ecs delete-service --cluster storefront --service talker --force >"$work/delete" || failures=$((failures + 1))
is "ECS Exec can be turned off, without a deployment" "False 1" \
    "$(text ecs update-service --cluster storefront --service checkout --disable-execute-command \
        --query 'service.[enableExecuteCommand, length(deployments)]')"
is "tasks that run keep it" "True True True" "$(describe 'tasks[].enableExecuteCommand')"
done_testing
