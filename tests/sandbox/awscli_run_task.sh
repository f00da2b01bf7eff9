#!/bin/bash
# RunTask, by the AWS CLI: tasks without a service, what may be overridden, how they end; the SSM agent's image.
. "${top_srcdir:-.}/tests/sandbox/region.bash"
children() { cat /proc/"$1"/task/*/children 2>/dev/null | tr '\n' ' '; }
alive() { local pid n=0; for pid in $1; do [ -e "/proc/$pid" ] && n=$((n + 1)); done; echo "$n"; }
start_region --no-traffic --empty --fast
network='awsvpcConfiguration={subnets=[subnet-074e81a195f80085b],securityGroups=[sg-063a086776564b8ce],assignPublicIp=ENABLED}'
tasks() { text ecs describe-tasks --cluster FIS --tasks "$@"; }
first() { tasks "$1" --query "tasks[0].$2"; }

a ecs create-cluster --cluster-name FIS >"$work/x" || is "a cluster" 0 1
cat >"$work/definition.json" <<'J'
{"family":"latency-test","networkMode":"awsvpc","requiresCompatibilities":["FARGATE"],"cpu":"256","memory":"512",
 "pidMode":"task","containerDefinitions":[
 {"name":"app","image":"shaketable/app:1","portMappings":[{"containerPort":8080}],"command":["--listen","0.0.0.0:8080"],
  "environment":[{"name":"APP_NAME","value":"as-defined"},{"name":"APP_SERVICE_MS","value":"1"}]},
 {"name":"amazon-ssm-agent","image":"public.ecr.aws/amazon-ssm-agent/amazon-ssm-agent:latest","essential":false,
  "command":["/bin/bash","-c","set -e; yum upgrade -y"],
  "environment":[{"name":"MANAGED_INSTANCE_ROLE_NAME","value":"SSMManagedInstanceRole"}]}],
 "tags":[{"key":"of","value":"definition"}]}
J
is "the definition keeps pidMode" "task" "$(text ecs register-task-definition --cli-input-json "file://$work/definition.json" --query taskDefinition.pidMode)"
fails "another pidMode" ClientException "guest is not a valid value for pidMode. The value must be one of [task,host]" \
    ecs register-task-definition --family x --pid-mode guest --container-definitions 'name=a,image=b'
fails "Fargate has no host's" ClientException "do not support pidMode 'host'. The supported value for pidMode is 'task'." \
    ecs register-task-definition --family x --pid-mode host --container-definitions 'name=a,image=b' \
    --requires-compatibilities FARGATE --network-mode awsvpc --cpu 256 --memory 512

run() { a ecs run-task --cluster FIS --task-definition latency-test --launch-type FARGATE --network-configuration "$network" "$@"; }
is "two tasks" "PROVISIONING RUNNING family:latency-test FARGATE job-7 definition by me PROVISIONING RUNNING family:latency-test FARGATE job-7 definition by me" \
    "$(run --count 2 --started-by job-7 --propagate-tags TASK_DEFINITION --tags key=by,value=me --output text --query \
        'tasks[].[lastStatus,desiredStatus,group,launchType,startedBy,tags[0].value,tags[1].key,tags[1].value][]' | tr '\t\n' '  ' | sed 's/ *$//')"
read -r one two < <(text ecs list-tasks --cluster FIS --started-by job-7 --query taskArns)
until_is "they run" 20 "RUNNING RUNNING" tasks "$one" "$two" --query 'tasks[].lastStatus'
is "by family, too" "2 0" "$(text ecs list-tasks --cluster FIS --family latency-test --query 'length(taskArns)') $(text ecs list-tasks --cluster FIS --family other --query 'length(taskArns)')"
is "the cluster counts them" 2 "$(text ecs describe-clusters --clusters FIS --query 'clusters[0].runningTasksCount')"
address() { first "$1" 'attachments[0].details[?name==`privateIPv4Address`].value|[0]'; }
has "one answers at its address" '"service":"as-defined"' "$(curl -s "http://$(address "$one"):8080/")"
is "the SSM agent waits in it" "RUNNING" "$(first "$one" 'containers[?name==`amazon-ssm-agent`].lastStatus|[0]')"

# What ends.
is "stopping one" "STOPPED UserInitiated enough" "$(text ecs stop-task --cluster FIS --task "$one" --reason enough --query 'task.[desiredStatus,stopCode,stoppedReason]')"
until_is "it ends in good order" 20 "STOPPED 0 0" first "$one" '[lastStatus,containers[].exitCode][]'
is "it is listed as such" "$one" "$(text ecs list-tasks --cluster FIS --desired-status STOPPED --query taskArns)"
overridden=$(run --overrides '{"containerOverrides":[{"name":"app","command":["--no-such-option"]}]}' --query 'tasks[0].taskArn' --output text)
until_is "a container that fails ends its task, with its exit code" 20 \
    "STOPPED EssentialContainerExited Essential container in task exited 2" \
    first "$overridden" '[lastStatus,stopCode,stoppedReason,containers[?name==`app`].exitCode|[0]]'
is "its overrides are described" "--no-such-option" "$(first "$overridden" 'overrides.containerOverrides[?name==`app`].command|[0][0]')"
overridden=$(run --overrides '{"containerOverrides":[{"name":"app","environment":[{"name":"APP_NAME","value":"overridden"}]},
    {"name":"amazon-ssm-agent","environment":[{"name":"MANAGED_INSTANCE_ROLE_NAME","value":""}]}]}' --query 'tasks[0].taskArn' --output text)
until_is "an agent without a role exits, and its task goes on" 20 "RUNNING STOPPED 1" \
    first "$overridden" '[lastStatus,containers[?name==`amazon-ssm-agent`].[lastStatus,exitCode][]][]'
has "its variables are overridden" '"service":"overridden"' "$(curl -s "http://$(address "$overridden"):8080/")"

# A token is used once. (An AWS CLI may be too old to give one.)
raw() {
    curl -s --aws-sigv4 aws:amz:us-east-1:ecs --user test:test -H 'Content-Type: application/x-amz-json-1.1' \
        -H 'X-Amz-Target: AmazonEC2ContainerServiceV20141113.RunTask' "$url/" -d '{"cluster":"FIS","taskDefinition":"latency-test",
        "launchType":"FARGATE","networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-1"]}},"clientToken":"t-1"'"$1}"
}
arn_of() { grep -o '"taskArn":"[^"]*"' | tail -1; }
is "the same token, the same task" "$(raw '' | arn_of)" "$(raw '' | arn_of)"
has "and no other" '"__type":"ConflictException"' "$(raw ',"startedBy":"another"')"

# What is refused starts nothing.
count=$(text ecs list-tasks --cluster FIS --query 'length(taskArns)')
refused() {
    local what=$1 code=$2 words=$3
    shift 3
    fails "$what" "$code" "$words" ecs run-task --cluster FIS --task-definition latency-test --launch-type FARGATE --network-configuration "$network" "$@"
}
refused "eleven" InvalidParameterException "10" --count 11
refused "none" InvalidParameterException "1" --count 0
refused "a container that is not there" InvalidParameterException "Override for container named nope is not a container in the TaskDefinition." \
    --overrides '{"containerOverrides":[{"name":"nope"}]}'
refused "a service's tags" InvalidParameterException "SERVICE" --propagate-tags SERVICE
refused "a service's group" InvalidParameterException "Invalid namespace for group." --group service:x
refused "who starts it" InvalidParameterException "startedBy" --started-by 'a b'
fails "no network" InvalidParameterException "Network Configuration must be provided when networkMode 'awsvpc' is specified." \
    ecs run-task --cluster FIS --task-definition latency-test
fails "no such definition" ClientException "TaskDefinition not found." ecs run-task --cluster FIS --task-definition nope
fails "no such cluster" ClusterNotFoundException "Cluster not found." ecs run-task --cluster nope --task-definition latency-test
is "nothing was started" "$count" "$(text ecs list-tasks --cluster FIS --query 'length(taskArns)')"

# Its network goes with the task, and all with the region.
pids() { curl -s "$url/_shaketable/interface" | grep -o '"pid":[1-9][0-9]*' | cut -d: -f2 | tr '\n' ' '; }
# Two processes each: before what it serves, and before the region that it calls.
until_is "the network of a task that has ended is gone" 20 "$((2 * count))" eval 'pids | wc -w'
processes=$(children "$sandbox_pid")
kill -TERM "$sandbox_pid"; wait "$sandbox_pid"
is "SIGTERM ends the region well" 0 $?
sandbox_pid=
is "and all its processes" 0 "$(alive "$processes")"
done_testing
