#!/bin/bash
# The AWS CLI makes, runs and reads FIS experiments: the whole life of templates and experiments, targets, stop
# conditions, the safety lever, tags, and what is refused, in AWS's words where they are known.
. "${top_srcdir:-.}/tests/sandbox/region.bash"
start_region --no-traffic --pace 0.02 # a minute of an experiment is 1.2 s
role=arn:aws:iam::000000000000:role/FisRole
none='[{"source":"none"}]'

# template ACTIONS [TARGETS [MORE]]: the request as JSON.
template() {
    printf '{"description":"a test","roleArn":"%s","stopConditions":%s,"actions":%s,"targets":%s%s}' \
        "$role" "${stops:-$none}" "$1" "${2:-{\}}" "${3:-}"
}
# An older CLI does not know all of FIS: what is newer goes by hand. pick EXPRESSION: of the JSON document `d`.
pick() { python3 -c 'import json,sys; d=json.load(sys.stdin); print(*eval(sys.argv[1]))' "($1,)" 2>&1; }
rest() { # METHOD PATH [BODY]
    curl -sS -X "$1" --max-time 5 --aws-sigv4 aws:amz:us-east-1:fis --user test:test \
        -H 'Content-Type: application/json' ${3+-d "$3"} "$url$2"
}
create() {
    rest POST /experimentTemplates "$(template "$@" | sed "s/^{/{\"clientToken\":\"$RANDOM-$RANDOM-$RANDOM\",/")" |
        pick 'd["experimentTemplate"]["id"]'
}
# start TEMPLATE [MORE]: the experiment's id.
start() {
    rest POST /experiments "{\"clientToken\":\"$RANDOM-$RANDOM-$RANDOM\",\"experimentTemplateId\":\"$1\"${2:-}}" |
        pick 'd["experiment"]["id"]'
}
# experiment ID [EXPRESSION]: of the experiment, e, and its actions, a.
experiment() { rest GET "/experiments/$1" | pick "*(lambda e,a: (${2:-e['state']['status']},))(d['experiment'],d['experiment']['actions'])"; }
# raw METHOD PATH [BODY]: a call that no client has looked at: its status, code and body.
raw() {
    curl -sS -X "$1" --max-time 5 --aws-sigv4 aws:amz:us-east-1:fis --user test:test -H 'Content-Type: application/json' \
        -w ' %{http_code} %header{x-amzn-errortype}' ${3+-d "$3"} "$url$2"
}
refused() { # WHAT CODE WORDS BODY
    local got
    got=$(raw POST /experimentTemplates "$4")
    has "$1" "$2" "$got"
    has "$1, in words" "$3" "$got"
}
wait='{"w":{"actionId":"aws:fis:wait","parameters":{"duration":"PT1M"}}}'
long='{"w":{"actionId":"aws:fis:wait","parameters":{"duration":"PT12H"}}}'

# --- templates
is "no template at first" "" "$(text fis list-experiment-templates --query 'experimentTemplates[].id')"
before=$(state)
t=$(a --output text fis create-experiment-template --cli-input-json \
    "$(template "$wait" '{}' ',"tags":{"team":"a b"}')" --query experimentTemplate.id)
[[ $t =~ ^EXT[A-Za-z0-9]{14}$ ]] || is "a template's id" "EXT…" "$t"
arn=arn:aws:fis:us-east-1:000000000000:experiment-template/$t
is "it is as it was asked for" "a test $role none a b PT1M" \
    "$(text fis get-experiment-template --id "$t" --query 'experimentTemplate.[description,roleArn,
        stopConditions[0].source,tags.team,actions.w.parameters.duration]')"
one() { rest GET "/experimentTemplates/$t" | pick "*(lambda t: ($1,))(d['experimentTemplate'])"; }
is "with what newer clients know" "$arn single-account fail 0 True" "$(one "t['arn'],t['experimentOptions']['accountTargeting'],
    t['experimentOptions']['emptyTargetResolutionMode'],t['targetAccountConfigurationsCount'],
    t['creationTime']==t['lastUpdateTime']")"
is "it is listed" "$t a test" "$(text fis list-experiment-templates --query 'experimentTemplates[].[id,description]')"
a fis update-experiment-template --id "$t" --description changed >"$work/updated" || is "it is updated" 0 1
rest PATCH "/experimentTemplates/$t" '{"experimentOptions":{"emptyTargetResolutionMode":"skip"}}' >"$work/updated"
is "only what was named has changed" "changed skip single-account PT1M a b" "$(one "t['description'],
    t['experimentOptions']['emptyTargetResolutionMode'],t['experimentOptions']['accountTargeting'],
    t['actions']['w']['parameters']['duration'],t['tags']['team']")"
is "a client token is known again" "same same" \
    "$(x=$(a --output text fis create-experiment-template --client-token t1 --cli-input-json "$(template "$wait")" --query experimentTemplate.id)
       y=$(a --output text fis create-experiment-template --client-token t1 --cli-input-json "$(template "$wait")" --query experimentTemplate.id)
       [ "$x" = "$y" ] && echo same same || echo "$x $y")"
fails "with other parameters it is not" ConflictException "client token" \
    fis create-experiment-template --client-token t1 --cli-input-json "$(template "$long")"
next=$(rest GET '/experimentTemplates?maxResults=1' | pick 'd["nextToken"]')
is "in pages" "1 False" "$(rest GET "/experimentTemplates?maxResults=1&nextToken=$(sed 's/=/%3D/g;s/+/%2B/g' <<<"$next")" |
    pick 'len(d["experimentTemplates"]), "nextToken" in d')"
a fis delete-experiment-template --id "$(text fis list-experiment-templates --query 'experimentTemplates[1].id')" \
    >"$work/deleted" || is "one is deleted" 0 1
is "another region has its own" "" \
    "$(text fis list-experiment-templates --region eu-west-1 --query 'experimentTemplates[].id')"
fails "unknown" ResourceNotFoundException "does not exist" fis get-experiment-template --id EXTnope
fails "an update of an unknown one" ResourceNotFoundException "does not exist" \
    fis update-experiment-template --id EXTnope --description x
fails "a delete of an unknown one" ResourceNotFoundException "does not exist" fis delete-experiment-template --id EXTnope

# --- tags
a fis tag-resource --resource-arn "$arn" --tags 'a/b=1,c=ü x' && a fis untag-resource --resource-arn "$arn" --tag-keys team c ||
    is "tags are set" 0 1
is "tags" "1" "$(text fis list-tags-for-resource --resource-arn "$arn" --query 'tags.*')"
fails "tags of nothing" ResourceNotFoundException "does not exist" fis list-tags-for-resource --resource-arn "$arn/x"

# --- an experiment
is "it begins" "initiating Experiment is initiating. pending Initial state" \
    "$(text fis start-experiment --experiment-template-id "$t" --tags run=1 --query \
        'experiment.[state.status,state.reason,actions.w.state.status,actions.w.state.reason]')"
e=$(text fis list-experiments --query 'experiments[0].id')
[[ $e =~ ^EXP[A-Za-z0-9]{14}$ ]] || is "an experiment's id" "EXP…" "$e"
until_is "it ends" 30 completed experiment "$e"
is "as AWS says it" "Experiment completed. completed Action was completed. 1" \
    "$(text fis get-experiment --id "$e" --query 'experiment.[state.reason,actions.w.state.status,
        actions.w.state.reason,tags.run]')"
is "it took its time" "run-all True True" "$(experiment "$e" "e['experimentOptions']['actionsMode'],e['endTime']>=e['startTime'],
    a['w']['endTime']-a['w']['startTime']>1")"
is "of a template" "$e 0" "$(rest GET "/experiments?experimentTemplateId=$t" | pick 'd["experiments"][0]["id"]') $(
    rest GET "/experiments?experimentTemplateId=EXTnope" | pick 'len(d["experiments"])')"
fails "it can't be stopped any more" ValidationException "it is completed" fis stop-experiment --id "$e"
fails "an unknown one" ResourceNotFoundException "does not exist" fis get-experiment --id EXPnope
fails "a stop of an unknown one" ResourceNotFoundException "does not exist" fis stop-experiment --id EXPnope
fails "a start of an unknown template" ResourceNotFoundException "does not exist" \
    fis start-experiment --experiment-template-id EXTnope

# --- one after the other
chain='{"a":{"actionId":"aws:fis:wait","parameters":{"duration":"PT1M"}},
        "b":{"actionId":"aws:fis:wait","parameters":{"duration":"PT1M"},"startAfter":["a"]},
        "c":{"actionId":"aws:fis:wait","parameters":{"duration":"PT12H"},"startAfter":["b"]}}'
e=$(start "$(create "$chain")")
until_is "the third begins after the second" 20 "completed completed running" \
    experiment "$e" "a['a']['state']['status'],a['b']['state']['status'],a['c']['state']['status']"
is "in order" "True True" "$(experiment "$e" "a['b']['startTime']>=a['a']['endTime'],a['c']['startTime']>=a['b']['endTime']")"
is "it is stopping" "stopping Stopping Experiment. stopping" \
    "$(text fis stop-experiment --id "$e" --query 'experiment.[state.status,state.reason,actions.c.state.status]')"
until_is "it has stopped" 10 "stopped completed stopped" experiment "$e" "e['state']['status'],a['a']['state']['status'],a['c']['state']['status']"
fails "it is stopped twice" ValidationException "it is stopped" fis stop-experiment --id "$e"

# --- targets
service='{"t":{"resourceType":"aws:ecs:task","parameters":{"cluster":"storefront","service":"web"},"selectionMode":"MODE"}}'
tasks() { text ecs list-tasks --cluster storefront --service-name web --query 'length(taskArns)'; }
running() { text ecs describe-services --cluster storefront --services web --query 'services[0].runningCount'; }
wanted=$(text ecs describe-services --cluster storefront --services web --query 'services[0].desiredCount')
until_is "the service is there" 60 "$wanted" running
stop='{"s":{"actionId":"aws:ecs:stop-task","targets":{"Tasks":"t"}}}'
e=$(start "$(create "$stop" "${service/MODE/ALL}")" ',"experimentOptions":{"actionsMode":"skip-all"}')
until_is "a preview" 20 "completed skipped skip-all" experiment "$e" \
    "e['state']['status'],a['s']['state']['status'],e['experimentOptions']['actionsMode']"
resolved() { rest GET "/experiments/$e/resolvedTargets${2:-}" | pick "*(lambda r: ($1,))(d['resolvedTargets'])"; }
is "says what it would be" "$wanted t aws:ecs:task True" "$(resolved "len(r),r[0]['targetName'],r[0]['resourceType'],
    ':task/storefront/' in r[0]['targetInformation']['arn']")"
is "by the target's name" "0" "$(resolved 'len(r)' '?targetName=other')"
is "nothing was stopped" "$wanted" "$(running)"
one='{"t":{"resourceType":"aws:ecs:task","resourceTags":{"nobody":"has it"},"selectionMode":"ALL"}}'
e=$(start "$(create "$stop" "$one")")
until_is "a target that is nothing" 20 \
    "failed Target resolution returned empty set. InvalidTarget targets.t 000000000000 cancelled" \
    experiment "$e" "e['state']['status'],e['state']['reason'],e['state']['error']['code'],e['state']['error']['location'],e['state']['error']['accountId'],a['s']['state']['status']"
e=$(start "$(create "$stop" "$one" ',"experimentOptions":{"emptyTargetResolutionMode":"skip"}')")
until_is "it is skipped" 20 "completed skipped" experiment "$e" "e['state']['status'],a['s']['state']['status']"
filters='[{"path":"LastStatus","values":["RUNNING"]},{"path":"Containers.Name","values":["nope","web"]},{"path":"ClusterArn","values":["arn:aws:ecs:us-east-1:000000000000:cluster/storefront"]}]'
by_filter='{"t":{"resourceType":"aws:ecs:task","parameters":{"service":"web"},"filters":'$filters',"selectionMode":"COUNT(1)"}}'
e=$(start "$(create "$stop" "$by_filter")")
until_is "one is stopped" 20 completed experiment "$e"
victim=$(resolved "*(t['targetInformation']['arn'] for t in r)")
has "who did it is told" "experiment $e" "$(text ecs describe-tasks --cluster storefront --tasks "$victim" \
    --query 'tasks[0].stoppedReason')"
until_is "it is replaced" 60 "$wanted" running

# --- what can't be done fails by name
cannot='{"x":{"actionId":"aws:ecs:task-cpu-stress","parameters":{"duration":"PT1M"},"targets":{"Tasks":"t"}},"w":{"actionId":"aws:fis:wait","parameters":{"duration":"PT12H"}}}'
e=$(start "$(create "$cannot" "${service/MODE/ALL}")")
until_is "one fails, the others end" 20 "failed failed cancelled" experiment "$e" \
    "e['state']['status'],a['x']['state']['status'],a['w']['state']['status']"
has "by name" "aws:ecs:task-cpu-stress can't be done" "$(experiment "$e" "e['state']['reason']")"
ec2='{"x":{"actionId":"aws:ec2:stop-instances","targets":{"Instances":"i"}}}'
instances='{"i":{"resourceType":"aws:ec2:instance","resourceTags":{"a":"b"},"selectionMode":"ALL"}}'
e=$(start "$(create "$ec2" "$instances")")
until_is "so does what the region does not have" 20 "failed PreconditionFailure actions.x" experiment "$e" \
    "e['state']['status'],e['state']['error']['code'],e['state']['error']['location']"
kill='{"k":{"actionId":"aws:ecs:task-kill-process","parameters":{"processName":"app"},"targets":{"Tasks":"t"}}}'
e=$(start "$(create "$kill" "${service/MODE/COUNT(1)}")")
until_is "a task without the SSM agent" 20 failed experiment "$e"
has "says what it lacks" "It has no container amazon-ssm-agent." "$(experiment "$e" "e['state']['reason']")"

# --- stop conditions
a cloudwatch put-metric-alarm --alarm-name guard --metric-name m --namespace n --statistic Sum --period 60 \
    --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanThreshold || is "an alarm" 0 1
guard() { a cloudwatch set-alarm-state --alarm-name guard --state-value "$1" --state-reason test || is "its state" 0 1; }
alarm=arn:aws:cloudwatch:us-east-1:000000000000:alarm:guard
stops="[{\"source\":\"aws:cloudwatch:alarm\",\"value\":\"$alarm\"}]"
guarded=$(create "$long")
guard ALARM
fails "an alarm in ALARM" ConflictException "in ALARM" fis start-experiment --experiment-template-id "$guarded"
guard OK
e=$(start "$guarded")
until_is "it runs" 20 running experiment "$e"
guard ALARM
until_is "until the alarm" 20 "stopped Experiment halted by stop condition. stopped" experiment "$e" \
    "e['state']['status'],e['state']['reason'],a['w']['state']['status']"
a cloudwatch delete-alarms --alarm-names guard
fails "an alarm that is not there" ValidationException "does not exist" \
    fis start-experiment --experiment-template-id "$guarded"
stops=

# --- the safety lever and the quota
t=$(create "$long")
for _ in 1 2 3 4 5; do start "$t" >>"$work/five"; done
fails "a sixth" ServiceQuotaExceededException "at most 5" fis start-experiment --experiment-template-id "$t"
lever() { rest PATCH /safetyLevers/default/state "{\"state\":{\"status\":\"$1\",\"reason\":\"$2\"}}"; }
is "a lever is engaged" "engaged enough" \
    "$(lever engaged enough | pick 'd["safetyLever"]["state"]["status"],d["safetyLever"]["state"]["reason"]')"
all_stopped() { rest GET "/experiments?experimentTemplateId=$t" | pick 'sum(e["state"]["status"]=="stopped" for e in d["experiments"])'; }
until_is "all have stopped" 20 5 all_stopped
is "none begins" "cancelled" "$(text fis start-experiment --experiment-template-id "$t" --query experiment.state.status)"
has "it is engaged already" "409 ConflictException" \
    "$(raw PATCH /safetyLevers/default/state '{"state":{"status":"engaged","reason":"x"}}')"
has "it can't be half engaged" "enum value set: [disengaged, engaged]" "$(lever half x)"
lever disengaged over >"$work/lever"
is "it is disengaged" "disengaged over" "$(rest GET /safetyLevers/default | pick '*list(d["safetyLever"]["state"].values())')"
has "an unknown lever" "404 ResourceNotFoundException" "$(raw GET /safetyLevers/other)"

# --- the catalogue
is "an action" "Tasks aws:ecs:task True False" "$(text fis get-action --id aws:ecs:task-network-blackhole-port --query \
    'action.[keys(targets)[0],targets.Tasks.resourceType,parameters.trafficType.required,parameters.protocol.required]')"
is "an unknown one" "ResourceNotFoundException" "$(a fis get-action --id aws:ecs:nope 2>&1 | grep -o ResourceNotFoundException)"
has "all of ECS's" "aws:ecs:drain-container-instances aws:ecs:stop-task aws:ecs:task-cpu-stress aws:ecs:task-io-stress aws:ecs:task-kill-process aws:ecs:task-network-blackhole-port aws:ecs:task-network-latency aws:ecs:task-network-packet-loss" \
    "$(text fis list-actions --query 'actions[].id')"
is "in pages, too" "7 True" "$(rest GET '/actions?maxResults=7' | pick 'len(d["actions"]), "nextToken" in d')"
is "a resource type" "cluster service" "$(text fis get-target-resource-type --resource-type aws:ecs:task \
    --query 'sort(keys(targetResourceType.parameters))')"
is "resource types" "True" "$(text fis list-target-resource-types --query \
    'contains(targetResourceTypes[].resourceType, `aws:ecs:cluster`)')"

# --- what is refused
tok='"clientToken":"x",'
body() { template "$@" | sed "s/^{/{$tok/"; }
refused "not JSON" SerializationException "not a JSON object" 'no json'
refused "no token" ValidationException "Value null at 'clientToken'" "$(template "$wait")"
refused "no description" ValidationException "Value null at 'description' failed to satisfy constraint: Member must not be null" \
    "{$tok\"roleArn\":\"$role\",\"stopConditions\":[],\"actions\":$wait}"
refused "no actions" ValidationException "Value null at 'actions'" \
    "{$tok\"roleArn\":\"$role\",\"stopConditions\":[],\"description\":\"d\"}"
refused "a short role" ValidationException "greater than or equal to 20" "$(role=arn:x; body "$wait")"
refused "an unknown action" ValidationException 'Invalid action ID \"aws:fis:nope\"' "$(body '{"w":{"actionId":"aws:fis:nope"}}')"
refused "no duration" ValidationException 'Missing required parameter \"duration\"' "$(body '{"w":{"actionId":"aws:fis:wait"}}')"
refused "a wrong duration" ValidationException "ISO 8601" "$(body "${wait/PT1M/5m}")"
refused "a short one" ValidationException "from 60 to 43200 seconds" "$(body "${wait/PT1M/PT59S}")"
refused "a long one" ValidationException "from 60 to 43200 seconds" "$(body "${wait/PT1M/PT13H}")"
refused "an unknown parameter" ValidationException 'Unexpected parameter \"length\"' "$(body "${wait/duration/length}")"
refused "an unexpected target" ValidationException 'Unexpected target \"Instances\" found in action \"w\"' \
    "$(body '{"w":{"actionId":"aws:fis:wait","parameters":{"duration":"PT1M"},"targets":{"Instances":"i"}}}' "$instances")"
refused "no target" ValidationException 'Missing required target \"Tasks\"' "$(body '{"s":{"actionId":"aws:ecs:stop-task"}}')"
refused "a target that is not there" ValidationException "is not one of the template's" "$(body "$stop")"
refused "a target of another type" ValidationException 'needs \"aws:ecs:task\"' "$(body "${stop/\"t\"/\"i\"}" "$instances")"
refused "a cycle" ValidationException "in a cycle" "$(body '{"a":{"actionId":"aws:fis:wait","parameters":{"duration":"PT1M"},"startAfter":["b"]},"b":{"actionId":"aws:fis:wait","parameters":{"duration":"PT1M"},"startAfter":["a"]}}')"
refused "after nothing" ValidationException "which is no action" "$(body '{"a":{"actionId":"aws:fis:wait","parameters":{"duration":"PT1M"},"startAfter":["b"]}}')"
refused "a selection mode" ValidationException "Invalid selection mode" "$(body "$stop" "${service/MODE/PERCENT(101)}")"
refused "ARNs and tags" ValidationException "both resourceArns and resourceTags" \
    "$(body "$stop" '{"t":{"resourceType":"aws:ecs:task","resourceArns":["arn:aws:ecs:us-east-1:000000000000:task/a/b"],"resourceTags":{"a":"b"},"selectionMode":"ALL"}}')"
refused "a malformed alarm" ValidationException "is not the ARN of an alarm" \
    "$(stops='[{"source":"aws:cloudwatch:alarm","value":"arn:aws:cloudwatch:us-east-1:alarm:x"}]'; body "$wait")"
refused "six stop conditions" ValidationException "at most 5" \
    "$(stops='[{"source":"none"},{"source":"none"},{"source":"none"},{"source":"none"},{"source":"none"},{"source":"none"}]'; body "$wait")"
refused "21 actions" "402 ServiceQuotaExceededException" "at most 20" "$(body "{$(for i in $(seq 21); do printf '%s"a%d":{"actionId":"aws:fis:wait","parameters":{"duration":"PT1M"}}' "${sep:-}" "$i"; sep=,; done)}")"
refused "a service that is none" ValidationException "there is no service nosuch" \
    "$(body '{"x":{"actionId":"localstack:generic:api-error","parameters":{"service":"nosuch"}}}')"
has "no such path" "404 UnknownOperationException" "$(raw GET /experimentTemplates/a/b)"
has "a page's size" "must be between 1 and 100" "$(raw GET '/actions?maxResults=101')"
has "without a signature" MissingAuthenticationTokenException "$(curl -sS -i "$url/actions")"
has "wrongly signed" InvalidSignatureException \
    "$(curl -sS -i --aws-sigv4 aws:amz:us-east-1:fis --user test:wrong "$url/actions")"
has "wrongly signed, by the CLI" "(InvalidSignatureException)" "$(AWS_SECRET_ACCESS_KEY=x command aws --endpoint-url "$url" fis list-actions 2>&1)"
is "numbers are texts" "5000" "$(raw POST /experimentTemplates "$(body '{"l":{"actionId":"localstack:generic:latency","parameters":{"latencyMilliseconds":5000}}}')" |
    grep -o '"latencyMilliseconds":"5000"' | tr -dc 0-9)"

for id in $(text fis list-experiment-templates --query 'experimentTemplates[].id'); do
    rest DELETE "/experimentTemplates/$id" >"$work/deleted"
done
without_services() { sed 's/"services":.*"taskDefinitions"/"taskDefinitions"/'; }
is "nothing is left" "$(without_services <<<"$before")" "$(state | without_services)"
done_testing
