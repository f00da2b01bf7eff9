#!/bin/bash
# The order in which a task's containers start and end, by their dependsOn: judged by the AWS CLI and by /proc.
. "${top_srcdir:-.}/tests/sandbox/region.bash"
start_region --no-traffic --empty --fast
network='awsvpcConfiguration={subnets=[subnet-074e81a195f80085b],securityGroups=[sg-063a086776564b8ce]}'
a ecs create-cluster --cluster-name FIS >"$work/x" || is "a cluster" 0 1

# container NAME ESSENTIAL "NAME:CONDITION …" [MORE]: an app that answers to NAME; $MORE may say otherwise.
container() {
    local one list=
    for one in $3; do list="$list${list:+,}{\"containerName\":\"${one%:*}\",\"condition\":\"${one#*:}\"}"; done
    printf '{"name":"%s","essential":%s,"dependsOn":[%s],%s}' "$1" "$2" "$list" "${4:-$(app "$1" "$(port_of "$1")" 1)}"
}
port_of() { echo $((8000 + $(cksum <<<"$1" | cut -d" " -f1) % 900)); }
app() {
    printf '"image":"shaketable/app:1","command":["--listen","0.0.0.0:%d","--name","%s","--service-ms","%d","--sigma","0"]' "$2" "$1" "$3"
}
# Ends at once with 0 when it is told to, and waits otherwise. Its command only makes it known to find_process.
waiter() {
    printf '"image":"amazon-ssm-agent:1","command":["--name","%s"],"environment":[{"name":"MANAGED_INSTANCE_ROLE_NAME","value":"r"}]' "$1"
}
exits() { printf '"image":"shaketable/app:1","command":["%s"]' "$1"; } # --help: 0, --no-such-option: 2
register() { # FAMILY CONTAINER...
    local family=$1
    shift
    a ecs register-task-definition --family "$family" --network-mode awsvpc \
        --container-definitions "[$(IFS=,; echo "$*")]" --output text --query taskDefinition.family
}
run() { a ecs run-task --cluster FIS --task-definition "$1" --network-configuration "$network" --query 'tasks[0].taskArn' --output text; }
task() { text ecs describe-tasks --cluster FIS --tasks "$1" --query "tasks[0].$2"; }
status() { task "$1" "[lastStatus,containers[].lastStatus][]"; }
# find_process TASK NAME: the process of that container.
find_process() {
    local pid
    for pid in $(cat /proc/"$sandbox_pid"/task/*/children 2>/dev/null); do
        tr '\0' '\n' 2>/dev/null <"/proc/$pid/environ" | grep -qxF "SHAKETABLE_TASK=$1" || continue
        tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -q -- "--name $2 " && echo "$pid"
    done
}
started_at() { sed 's/.*) //' "/proc/$1/stat" | cut -d' ' -f20; } # clock ticks, of which a second has 100
is "a second has 100 ticks" 100 "$(getconf CLK_TCK)"

# --- what RegisterTaskDefinition refuses
refused() {
    local what=$1 words=$2
    shift 2
    fails "$what" ClientException "$words" ecs register-task-definition --family refused --container-definitions "[$(IFS=,; echo "$*")]"
}
refused "a circle" "Container dependencies should not have a cycle" \
    "$(container one true two:START)" "$(container two true three:START)" "$(container three true one:START)"
refused "one that depends on itself" "should not have a cycle" "$(container one true one:START)"
refused "one that is not there" "Cannot depend on container + 'nope' because it does not exist" "$(container one true nope:START)"
refused "the end of an essential one" "A dependency container with SUCCESS or COMPLETE condition cannot be an essential container" \
    "$(container one true two:COMPLETE)" "$(container two true '')"
refused "the health of one that nobody checks" "no health check" "$(container one true two:HEALTHY)" "$(container two true '')"
refused "another condition" "SOON is not a valid value for condition" "$(container one true two:SOON)" "$(container two true '')"
is "nothing was registered" "" "$(text ecs list-task-definitions --family-prefix refused --query taskDefinitionArns)"

# --- START, in a chain that is written down the wrong way round; HEALTHY is like it
register chain "$(container last true 'middle:HEALTHY first:START')" \
    "$(container middle true first:START "$(app middle 7999 1),\"healthCheck\":{\"command\":[\"CMD\",\"true\"]}")" \
    "$(container first true '')" >"$work/x"
chain=$(run chain)
until_is "all of a chain run" 20 "RUNNING RUNNING RUNNING RUNNING" status "$chain"
first=$(started_at "$(find_process "$chain" first)")
middle=$(started_at "$(find_process "$chain" middle)")
last=$(started_at "$(find_process "$chain" last)")
is "each at least 50 ms after what it depends on ($first, $middle, $last)" "1 1" "$((middle - first >= 4)) $((last - middle >= 4))"

# --- COMPLETE, SUCCESS: the application waits for the end of two others
register steps "$(container app true 'prepare:SUCCESS look:COMPLETE')" \
    "$(container prepare false '' "$(waiter prepare)")" "$(container look false '' "$(waiter look)")" >"$work/x"
steps=$(run steps)
until_is "the application waits" 20 "ACTIVATING PENDING RUNNING RUNNING" status "$steps"
is "it has neither a process nor an id" "|None" "$(find_process "$steps" app)|$(task "$steps" 'containers[0].runtimeId')"
kill -KILL "$(find_process "$steps" look)"
until_is "one of the two has ended" 20 "ACTIVATING PENDING RUNNING STOPPED" status "$steps"
kill -TERM "$(find_process "$steps" prepare)"
until_is "both have, whatever COMPLETE's exit code" 20 "RUNNING RUNNING STOPPED STOPPED 0 137" \
    task "$steps" '[lastStatus,containers[].lastStatus,containers[].exitCode][][]'
a ecs stop-task --cluster FIS --task "$steps" >"$work/x"
until_is "it stops as any other" 20 "STOPPED 0" task "$steps" '[lastStatus,containers[0].exitCode]'

why="CannotStartContainerError: dependency graph: failed to resolve container ordering dependency [prepare(shaketable/app:1) (STOPPED->RUNNING) - Exit: 2] for target [app(shaketable/app:1) (NONE->RUNNING)] as dependency did not exit successfully."
register failing "$(container app true prepare:SUCCESS)" "$(container prepare false '' "$(exits --no-such-option)")" >"$work/x"
failing=$(run failing)
until_is "what needs a success that does not come never starts" 20 "STOPPED TaskFailedToStart 143 2 $why" \
    task "$failing" '[lastStatus,stopCode,containers[].exitCode,containers[0].reason][]'
is "which is why the task stopped" "$why" "$(task "$failing" stoppedReason)"
register lame "$(container app false prepare:SUCCESS)" "$(container prepare false '' "$(exits --no-such-option)")" \
    "$(container init false '' "$(exits --help)")" "$(container main true init:SUCCESS)" >"$work/x"
lame=$(run lame)
until_is "a task that can do without it goes on" 20 "RUNNING STOPPED STOPPED STOPPED RUNNING" status "$lame"
is "and says why" "$why" "$(task "$lame" 'containers[0].reason')"

# --- a task that is stopped before all are started
early=$(run steps)
until_is "one waits again" 20 "ACTIVATING PENDING RUNNING RUNNING" status "$early"
a ecs stop-task --cluster FIS --task "$early" >"$work/x"
until_is "what was not started ends without an exit code" 20 "STOPPED None 0 0" task "$early" '[lastStatus,containers[0].exitCode,containers[1].exitCode,containers[2].exitCode]'

# 1 once a client of that port is connected.
connected() { awk -v port=":$(printf %04X "$1")$" '$4 == "01" && $2 ~ port { n = 1 } END { print n + 0 }' /proc/net/tcp; }
# --- the way down: the sidecar, which would end at once, outlives an application that has a request to finish
register pair "$(container app true sidecar:START "$(app app 9000 2000)")" "$(container sidecar true '' "$(waiter sidecar)")" >"$work/x"
pair=$(run pair)
until_is "an application and its sidecar run" 20 "RUNNING RUNNING RUNNING" status "$pair"
address=$(task "$pair" 'attachments[0].details[?name==`privateIPv4Address`].value|[0]')
app=$(find_process "$pair" app) sidecar=$(find_process "$pair" sidecar)
curl -s -o /dev/null -w '%{http_code}' "http://$address:9000/" >"$work/answer" & client=$!
until_is "it has a request" 5 1 connected 9000
a ecs stop-task --cluster FIS --task "$pair" >"$work/x"
order=
while [ -e "/proc/$app" ]; do
    [ -e "/proc/$sidecar" ] || [ ! -e "/proc/$app" ] || order="the sidecar was gone first"
    sleep 0.02
done
is "the sidecar is there as long as the application" "" "$order"
wait "$client"
is "whose request was answered" 200 "$(cat "$work/answer")"
until_is "then it ends too, in good order" 20 "STOPPED 0 0" task "$pair" '[lastStatus,containers[].exitCode][]'

# --- stopTimeout is counted from the container's own SIGTERM, not from the task's stop
register slow "$(container app true sidecar:START "$(app app 9001 2500),\"stopTimeout\":20")" \
    "$(container sidecar true '' "$(app sidecar 9002 3500),\"stopTimeout\":2")" >"$work/x"
slow=$(run slow)
until_is "a sidecar with a shorter stopTimeout runs" 20 "RUNNING RUNNING RUNNING" status "$slow"
address=$(task "$slow" 'attachments[0].details[?name==`privateIPv4Address`].value|[0]')
curl -s -o /dev/null -w '%{http_code}' "http://$address:9001/" >"$work/answer" & client=$!
curl -s -o /dev/null -w '%{http_code}' "http://$address:9002/" >"$work/answer2" & client2=$!
until_is "both have a request" 5 "1 1" eval 'echo $(connected 9001) $(connected 9002)'
a ecs stop-task --cluster FIS --task "$slow" >"$work/x"
wait "$client" "$client2"
is "both were answered" "200 200" "$(cat "$work/answer") $(cat "$work/answer2")"
until_is "and nobody was killed" 20 "STOPPED 0 0" task "$slow" '[lastStatus,containers[].exitCode][]'
done_testing
