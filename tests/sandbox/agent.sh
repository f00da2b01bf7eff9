#!/bin/bash
# The ECS agent's fault endpoints for a region's tasks: its statuses and texts in its order, its limit, and
# faults that act on the task's real traffic until they are stopped or the task ends.
. "${top_srcdir:-.}/tests/sandbox/region.bash"
command -v python3 >/dev/null || { echo "no Python here"; exit 77; }
delay=600 # ms; what is clean is faster, even on a busy machine

# raw URI VERB-PATH [BODY]: status and body of one request; post: the same, again where it was too early.
raw() { curl -s -m 20 -X POST -w ' %{http_code}' -d "${3-}" "$1/fault/v1/$2" | sed 's/^\(.*\) \([0-9]*\)$/\2 \1/'; }
post() {
    local got
    for _ in $(seq 100); do
        got=$(raw "$@")
        [ "${got%% *}" = 429 ] || break
        sleep 0.1
    done
    echo "$got"
}
# environment TASK: those of the task's containers, one a line.
environment() {
    local pid
    for pid in $(cat /proc/"$sandbox_pid"/task/*/children); do
        tr '\0' '\n' <"/proc/$pid/environ" 2>/dev/null | grep -q "^SHAKETABLE_TASK=$1$" || continue
        tr '\0' '\n' <"/proc/$pid/environ" | sed -n 's/^ECS_AGENT_URI=//p'
    done
}
slow() { local status ms; read -r status ms < <("$@"); [ "$status" = 200 ] && [ "$ms" -ge "$delay" ] && echo yes || echo "$status $ms"; }
fast() {
    local status ms
    for _ in 1 2 3 4 5 6; do
        read -r status ms < <("$@")
        [ "$status" = 200 ] && [ "$ms" -lt "$delay" ] && { echo yes; return; }
    done
    echo "$status $ms"
}
fresh() { curl -s -m 30 -o /dev/null -w '%{http_code} %{time_total}\n' "http://$1$2" | awk '{printf "%s %d\n", $1, $2 * 1000}'; }
part() { # part NAME: status and time of a call that web makes
    curl -s -m 30 "http://$web/" | python3 -c '
import json, sys
part = json.load(sys.stdin)["parts"][sys.argv[1]]
print(200 if part["status"] == "ok" else part["reason"], round(part["ms"]))' "$1"
}
settled() {
    until_is "in force everywhere" 10 True python3 -c '
import json, sys, urllib.request
print([one["settled"] for one in json.load(urllib.request.urlopen(sys.argv[1])) if one["task"] == sys.argv[2]][0])' \
        "$url/_shaketable/interface" "$task"
}
running='200 {"Status":"running"}' stopped='200 {"Status":"stopped"}' not_running='200 {"Status":"not-running"}'
all='"Sources":["0.0.0.0/0"]'

start_region --no-traffic --fast
port_of() { text elbv2 describe-listeners --load-balancer-arn "$1" --query 'Listeners[].Port' | tr ' ' '\n' | sort -n | sed -n "$2p"; }
read -r lb lb_host < <(text elbv2 describe-load-balancers --names storefront-internal --query 'LoadBalancers[0].[LoadBalancerArn,DNSName]')
read -r pay pay_host < <(text elbv2 describe-load-balancers --names payments-internal --query 'LoadBalancers[0].[LoadBalancerArn,DNSName]')
pay_port=$(port_of "$pay" 1)
register() {
    curl -s --aws-sigv4 aws:amz:us-east-1:ecs --user test:test -d "@$1" -H 'Content-Type: application/x-amz-json-1.1' \
        -H 'X-Amz-Target: AmazonEC2ContainerServiceV20141113.RegisterTaskDefinition' "$url/" >"$work/x"
}
# definition FAMILY MODE FLAG: web's task definition, changed so, with a second container.
definition() {
    a ecs describe-task-definition --task-definition web --query taskDefinition --output json | python3 -c '
import json, sys
checkout, ledger, family, mode, flag = sys.argv[1:]
d = json.load(sys.stdin)
for k in ("taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt",
          "registeredBy"):
    d.pop(k, None)
web = d["containerDefinitions"][0]
web["environment"] = [{"name": "APP_CALLS", "value": f"checkout={checkout},ledger={ledger}"},
                      {"name": "APP_CALL_TIMEOUT_MS", "value": "20000"},
                      {"name": "ECS_AGENT_URI", "value": "http://127.0.0.1:9/mine"}]
d["family"], d["networkMode"], d["enableFaultInjection"] = family, mode, flag == "true"
if mode == "bridge":
    d["requiresCompatibilities"] = ["EC2"]
d["containerDefinitions"].append({"name": "second", "image": "shaketable/app:1", "essential": False,
                                  "portMappings": [{"containerPort": 9999}], "command": ["--listen", "0.0.0.0:9999"]})
json.dump(d, sys.stdout)' "http://$lb_host:$(port_of "$lb" 3)/" "http://$pay_host:$pay_port/" "$@" >"$work/$1.json"
    register "$work/$1.json"
}
definition faulty awsvpc true; definition plain awsvpc false; definition bridged bridge true
vpc='awsvpcConfiguration={subnets=[subnet-1]}'
run() { text ecs run-task --cluster storefront --task-definition "$@" --query 'tasks[0].taskArn'; }
task=$(run faulty --network-configuration "$vpc") plain=$(run plain --network-configuration "$vpc") bridged=$(run bridged)
for one in "$task" "$plain" "$bridged"; do
    until_is "it runs" 30 RUNNING text ecs describe-tasks --cluster storefront --tasks "$one" --query 'tasks[0].lastStatus'
done
address=$(text ecs describe-tasks --cluster storefront --tasks "$task" --query 'tasks[0].containers[0].networkInterfaces[0].privateIpv4Address')
port=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["containerDefinitions"][0]["portMappings"][0]["containerPort"])' "$work/faulty.json")
web=$address:$port

mapfile -t uris < <(environment "$task")
agent=${uris[0]} again=${uris[1]}
is "each container has one" "2 2" "${#uris[@]} $(printf '%s\n' "${uris[@]}" | sort -u | wc -l)"
has "at the region's own address" "$url/api/${task##*/}-" "$agent"

# Errors, in the agent's order: the limit, the body, the task, its network mode.
L=network-latency P=network-packet-loss B=network-blackhole-port
is "no such path" "404 page not found 404" "$(raw "$agent" network-latency/begin '{}' | tr -s '\n ' ' ' | sed 's/ $//')"
is "GET" 405 "$(curl -s -o /dev/null -w '%{http_code}' "$agent/fault/v1/$L/start")"
is "the first of a path" 400 "$(raw "$agent" $L/start | cut -c1-3)"
is "too soon, whatever it says" "429 You have reached maximum request limit" "$(raw "$agent" $L/start "{$all}")"
is "which is no JSON" "text/plain; charset=utf-8" "$(curl -s -X POST -o /dev/null -w '%{content_type}' "$agent/fault/v1/$L/start")"
is "other paths have their own" 400 "$(raw "$agent" $L/stop | cut -c1-3)"
is "other containers too" 400 "$(raw "$again" $L/start | cut -c1-3)"
while IFS='|' read -r path body message; do
    is "$path $body" "400 {\"Error\":\"$message\"}" "$(post "$agent" "$path" "$body" | sed 's/\\"//g')"
done <<END
$L/start||required request body is missing
$P/stop|nonsense|invalid character 'n' looking for beginning of value
$B/status|{"Port":|unexpected EOF
$L/stop|[]|json: cannot unmarshal array into Go value of type types.NetworkLatencyRequest
$P/start|{"LossPercent":"5"}|json: cannot unmarshal string into Go struct field NetworkPacketLossRequest.LossPercent of type uint64
$B/start|{"Port":70000}|json: cannot unmarshal number 70000 into Go struct field NetworkBlackholePortRequest.Port of type uint16
$L/status|{"Sources":[1]}|json: cannot unmarshal number into Go struct field NetworkLatencyRequest.Sources of type string
$L/start|{"JitterMilliseconds":0,$all}|required parameter DelayMilliseconds is missing
$L/stop|{"DelayMilliseconds":1,$all}|required parameter JitterMilliseconds is missing
$P/start|{$all}|required parameter LossPercent is missing
$P/stop|{"LossPercent":101,$all}|invalid value 101 for parameter LossPercent
$P/status|{"LossPercent":1}|required parameter Sources is missing
$B/start|{"Protocol":"tcp","TrafficType":"egress"}|required parameter Port is missing
$B/stop|{"Port":80,"Protocol":"","TrafficType":"egress"}|required parameter Protocol is missing
$B/status|{"Port":80,"Protocol":"tcp"}|required parameter TrafficType is missing
$L/status|{"DelayMilliseconds":0,"JitterMilliseconds":0,$all}|required either DelayMilliseconds or JitterMilliseconds to be non-zero
$L/start|{"DelayMilliseconds":1,"JitterMilliseconds":0,"Sources":["example.com"]}|invalid value example.com for parameter Sources
$L/stop|{"DelayMilliseconds":1,"JitterMilliseconds":0,$all,"SourcesToFilter":["10.0.0.1/33"]}|invalid value 10.0.0.1/33 for parameter SourcesToFilter
$P/start|{"LossPercent":1,$all,"FlowsPercent":0}|invalid value 0 for parameter flowsPercent
$B/start|{"Port":80,"Protocol":"icmp","TrafficType":"egress"}|invalid value icmp for parameter Protocol
$B/stop|{"Port":80,"Protocol":"tcp","TrafficType":"both"}|invalid value both for parameter TrafficType
END
latency="{\"DelayMilliseconds\":$delay,\"JitterMilliseconds\":0,$all}" loss="{\"LossPercent\":60,$all}"
ingress="{\"Port\":$port,\"Protocol\":\"tcp\",\"TrafficType\":\"ingress\"}"
egress="{\"Port\":$pay_port,\"Protocol\":\"tcp\",\"TrafficType\":\"egress\"}"
is "nobody's ID" \
    '404 {"Error":"unable to get task arn from request: unable to get task Arn from v3 endpoint ID: nobody"}' \
    "$(raw "$url/api/nobody" $L/start "$latency")"
is "a body first" 400 "$(raw "$url/api/nobody" $L/start '{}' | cut -c1-3)"
is "a task without" "400 {\"Error\":\"enableFaultInjection is not enabled for task: $plain\"}" \
    "$(raw "$(environment "$plain" | head -1)" $L/start "$latency")"
is "a bridge" '400 {"Error":"bridge mode is not supported. Please use either host or awsvpc mode."}' \
    "$(raw "$(environment "$bridged" | head -1)" $P/status "$loss")"
is "it is clean" "yes yes" "$(fast fresh "$web" /health) $(fast part ledger)"

# Latency acts on what the task sends, in both directions, and there is one at a time.
is "nothing runs" "$not_running" "$(post "$agent" $L/status "$latency")"
is "stopping nothing" "$stopped" "$(post "$agent" $L/stop "$latency")"
is "latency starts" "$running" "$(post "$agent" $L/start "$latency")"; settled
is "answers and calls are slow" "yes yes" "$(slow fresh "$web" /health) $(slow part ledger)"
is "one at a time" '409 {"Error":"There is already one network latency fault running"}' "$(post "$again" $L/start "$latency")"
is "nor loss beside it" '409 {"Error":"There is already one network latency fault running"}' "$(post "$again" $P/start "$loss")"
is "loss does not run" "$not_running" "$(post "$again" $P/status "$loss")"
is "stopping loss leaves it" "$stopped $running" "$(post "$again" $P/stop "$loss") $(post "$again" $L/status "$latency")"
is "any container may stop it" "$stopped" "$(post "$again" $L/stop "$latency")"; settled
is "and it is as it was" "yes yes" "$(fast fresh "$web" /health) $(fast part ledger)"

# Places, and places left alone.
is "towards one" "$running" "$(post "$agent" $L/start "${latency/0.0.0.0\/0/$pay_host\/32}")"; settled
is "slow there, and there alone" "yes yes yes" "$(slow part ledger) $(fast part checkout) $(fast fresh "$web" /health)"
is "it stops" "$stopped" "$(post "$agent" $L/stop "$latency")"
is "filtered" "$running" "$(post "$agent" $L/start "${latency%\}},\"SourcesToFilter\":[\"$pay_host\",\"127.0.0.1\"]}")"; settled
is "slow but for those" "yes yes yes" "$(fast part ledger) $(slow part checkout) $(fast fresh "$web" /health)"
is "it stops" "$stopped" "$(post "$agent" $L/stop "$latency")"

# Loss costs a retransmission now and then.
is "loss starts" "$running" "$(post "$agent" $P/start "$loss")"; settled
late() { local status ms; for _ in $(seq 60); do read -r status ms < <(fresh "$web" /health); [ "$ms" -ge 200 ] && { echo "$status"; return; }; done; echo never; }
is "it acts" 200 "$(late)"
is "latency beside it" '409 {"Error":"There is already one network packet loss fault running"}' "$(post "$agent" $L/start "$latency")"
is "its status" "$running $not_running" "$(post "$agent" $P/status "$loss") $(post "$agent" $L/status "$latency")"

# A blackhole beside it: two kinds at once.
is "a blackhole of what goes out" "$running" "$(post "$agent" $B/start "$egress")"; settled
is "calls there hang" 28 "$(curl -s -m 3 -o /dev/null "http://$web/"; echo $?)"
is "what comes in does not" 200 "$(curl -s -m 20 -o /dev/null -w '%{http_code}' "http://$web/health")"
is "again is no conflict" "$running" "$(post "$agent" $B/start "$egress")"
is "another port's does not run" "$not_running" "$(post "$agent" $B/status "$ingress")"
is "both run" "$running $running" "$(post "$agent" $B/status "$egress") $(post "$agent" $P/status "$loss")"
is "they stop" "$stopped $stopped" "$(post "$agent" $B/stop "$egress") $(post "$agent" $P/stop "$loss")"; settled
is "clean again" "yes yes" "$(fast part ledger) $(fast fresh "$web" /health)"
is "one of what comes in" "$running" "$(post "$agent" $B/start "$ingress")"; settled
is "nobody is answered" 28 "$(curl -s -m 2 -o /dev/null "http://$web/health"; echo $?)"
is "it stops" "$stopped" "$(post "$agent" $B/stop "$ingress")"; settled
is "a filter names where packets go, not who sent them" "$running" \
    "$(post "$agent" $B/start "${ingress%\}},\"SourcesToFilter\":[\"127.0.0.1\"]}")"; settled
is "so the client is not spared" 28 "$(curl -s -m 2 -o /dev/null "http://$web/health"; echo $?)"
is "it stops" "$stopped" "$(post "$agent" $B/stop "$ingress")"

# It fails on demand, for all or for one task.
fail() { curl -s -o /dev/null -X PUT -d "$1" "$url/_shaketable/fail"; }
fail 'agent:StartNetworkLatency@1=500-before'
is "500" '500 {"Error":"internal error"}' "$(post "$agent" $L/start "$latency")"
is "and then not" "$running" "$(post "$agent" $L/start "$latency")"
fail "agent:${plain##*/}=throttle
agent:${task##*/}=refuse"
is "404" 404 "$(post "$agent" $L/status "$latency" | cut -c1-3)"
fail 'agent:StopNetworkLatency=timeout-after'
is "no answer" 28 "$(curl -s -m 1 -X POST -d "$latency" "$agent/fault/v1/$L/stop"; echo $?)"
fail ''
is "but its effect" "$not_running" "$(post "$agent" $L/status "$latency")"

# Nothing ends by itself, but with the task; and then nobody has its ID.
is "latency starts" "$running" "$(post "$agent" $L/start "$latency")"
a ecs stop-task --cluster storefront --task "$task" >"$work/x"
until_is "it has ended" 60 404 eval "post '$agent' $L/status '$latency' | cut -c1-3"
is "and its network with it" '[]' "$(curl -s "$url/_shaketable/interface" | tr -d '\n')"
done_testing
