#!/bin/bash
# Tasks that can take network faults: latency, loss and blackholes act on their real traffic, live, and go again.
. "${top_srcdir:-.}/tests/sandbox/region.bash"
command -v python3 >/dev/null || { echo "no Python here"; exit 77; }
delay=600 # ms; what is clean is faster, even on a busy machine

children() { cat /proc/"$1"/task/*/children 2>/dev/null | tr '\n' ' '; }
alive() { local pid n=0; for pid in $1; do [ -e "/proc/$pid" ] && n=$((n + 1)); done; echo "$n"; }
service() { text ecs describe-services --cluster storefront --services "$1" --query "services[0].$2"; }
# register FILE: an AWS CLI may be too old for enableFaultInjection.
register() {
    curl -s --aws-sigv4 aws:amz:us-east-1:ecs --user test:test -d "@$1" -H 'Content-Type: application/x-amz-json-1.1' \
        -H 'X-Amz-Target: AmazonEC2ContainerServiceV20141113.RegisterTaskDefinition' "$url/"
}
# interface EXPRESSION: of the JSON of all interfaces, by their tasks.
interface() {
    curl -s "$url/_shaketable/interface" | python3 -c '
import json, sys
by = {one["task"]: one for one in json.load(sys.stdin)}
print(eval(sys.argv[1], {"by": by, "task": sys.argv[2], "one": by.get(sys.argv[2])}))' "$1" "${task:-}"
}
settled() { until_is "in force everywhere" 10 True interface 'one["settled"]'; }
# start JSON: a fault on $task. stop KIND
start() { curl -s -X PUT -d "{\"task\":\"$task\",$1}" "$url/_shaketable/interface" >"$work/put"; settled; }
stop() { curl -s -o "$work/put" -X DELETE "$url/_shaketable/interface?task=$task&kind=$1"; settled; }
# A connection that stays: kept PATH prints the status and the milliseconds of a request on it.
coproc KEPT { exec python3 -u -c '
import http.client, sys, time
connection = None
for line in sys.stdin:
    host, path = line.split()
    connection = connection or http.client.HTTPConnection(host, timeout=60)
    begun = time.monotonic()
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        print(response.status, round((time.monotonic() - begun) * 1000))
    except OSError as error:
        print(type(error).__name__, 0)
'; }
kept() { local answer; echo "$1 $2" >&"${KEPT[1]}"; read -r answer <&"${KEPT[0]}"; echo "$answer"; }
# slow COMMAND...: what it prints has at least the delay; fast: the best of some has less.
slow() { local status ms; read -r status ms < <("$@"); [ "$status" = 200 ] && [ "$ms" -ge "$delay" ] && echo yes || echo "$status $ms"; }
fast() {
    local status ms
    for _ in 1 2 3 4 5 6; do
        read -r status ms < <("$@")
        [ "$status" = 200 ] && [ "$ms" -lt "$delay" ] && { echo yes; return; }
    done
    echo "$status $ms"
}
fresh() { curl -s -o /dev/null -w '%{http_code} %{time_total}\n' "http://$1$2" | awk '{printf "%s %d\n", $1, $2 * 1000}'; }
part() { # part NAME: status and time of a call that web makes
    curl -s "http://$host/" | python3 -c '
import json, sys
part = json.load(sys.stdin)["parts"][sys.argv[1]]
print(200 if part["status"] == "ok" else part["reason"], round(part["ms"]))' "$1"
}

start_region --no-traffic --fast
port_of() { text elbv2 describe-listeners --load-balancer-arn "$1" --query 'Listeners[].Port' | tr ' ' '\n' | sort -n | sed -n "$2p"; }
read -r lb lb_host < <(text elbv2 describe-load-balancers --names storefront-internal --query 'LoadBalancers[0].[LoadBalancerArn,DNSName]')
read -r pay pay_host < <(text elbv2 describe-load-balancers --names payments-internal --query 'LoadBalancers[0].[LoadBalancerArn,DNSName]')
a ecs describe-task-definition --task-definition web --query taskDefinition --output json | python3 -c '
import json, sys
checkout, ledger, endpoint = sys.argv[1:]
d = json.load(sys.stdin)
for k in ("taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt",
          "registeredBy"):
    d.pop(k, None)
web = d["containerDefinitions"][0]
web["environment"] = [{"name": "APP_CALLS", "value": f"checkout={checkout},ledger={ledger}"},
                      {"name": "APP_CALL_TIMEOUT_MS", "value": "20000"},
                      {"name": "AWS_ENDPOINT_URL_DYNAMODB", "value": endpoint},
                      {"name": "OWN", "value": "http://localhost:3000/"}]
d["enableFaultInjection"] = True
json.dump(d, sys.stdout)' "http://$lb_host:$(port_of "$lb" 3)/" "http://$pay_host:$(port_of "$pay" 1)/" \
    "${url/127.0.0.1/localhost}" >"$work/web.json"
has "a definition keeps it" '"enableFaultInjection":true' "$(register "$work/web.json")"
a ecs update-service --cluster storefront --service web --task-definition web >"$work/x" || is "update-service" 0 1
until_is "deployed" 60 "1 COMPLETED 2" service web '[length(deployments),deployments[0].rolloutState,runningCount]'

task=$(text ecs list-tasks --cluster storefront --service-name checkout --query 'taskArns[0]')
has "a task without an interface" "neither enableFaultInjection nor pidMode task" \
    "$(curl -s -X PUT -d "{\"task\":\"$task\",\"kind\":\"latency\",\"delay_ms\":1}" "$url/_shaketable/interface")"
read -r task other < <(text ecs list-tasks --cluster storefront --service-name web --query taskArns)
address_of() { text ecs describe-tasks --cluster storefront --tasks "$1" --query 'tasks[0].containers[0].networkInterfaces[0].privateIpv4Address'; }
port=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["containerDefinitions"][0]["portMappings"][0]["containerPort"])' "$work/web.json")
host=$(address_of "$task"):$port other_host=$(address_of "$other"):$port
is "what goes through it, to the region as well" "egress egress egress egress ingress" \
    "$(interface '" ".join(sorted(part["direction"] for part in one["listeners"]))')"
is "both are clean" "yes yes" "$(fast kept "$host" /health) $(fast fresh "$other_host" /health)"

# Latency: what the task sends is late, on a connection that was open before too, and nobody else's.
start "\"kind\":\"latency\",\"delay_ms\":$delay"
is "an open connection is slow" yes "$(slow kept "$host" /health)"
is "a new one is slow" yes "$(slow fresh "$host" /health)"
is "another task is not" yes "$(fast fresh "$other_host" /health)"
is "what it calls is slow" "yes yes" "$(slow part checkout) $(slow part ledger)"
has "one of a kind at a time" "There is already one network latency fault running" \
    "$(curl -s -X PUT -d "{\"task\":\"$task\",\"kind\":\"latency\",\"delay_ms\":1}" "$url/_shaketable/interface")"
stop latency
is "it is as it was" "yes yes" "$(fast kept "$host" /health) $(fast part ledger)"
has "stopped once" "no latency fault is running" "$(curl -s -X DELETE "$url/_shaketable/interface?task=$task&kind=latency")"

start '"kind":"latency","delay_ms":50000'
curl -s -o /dev/null -w '%{http_code}' -m 40 "http://$host/health" >"$work/held" & held=$!
is "for its whole delay" 28 "$(curl -s -o /dev/null -m 1 "http://$host/health"; echo $?)"
stop latency
wait $held
is "who waits when it ends waits no longer" 200 "$(cat "$work/held")"

# To some places only.
start "\"kind\":\"latency\",\"delay_ms\":$delay,\"sources\":[\"$pay_host/32\"]"
is "calls to that load balancer are slow" yes "$(slow part ledger)"
is "others are not, and what comes in neither" "yes yes" "$(fast part checkout) $(fast kept "$host" /health)"
stop latency
start "\"kind\":\"latency\",\"delay_ms\":$delay,\"sources_to_filter\":[\"$pay_host\"]"
is "all but that one" "yes yes yes" "$(fast part ledger) $(slow part checkout) $(slow kept "$host" /health)"
stop latency
dynamodb=$(interface '[part["listen"] for part in one["listeners"] if part["service"] == "dynamodb"][0]')
is "the region's endpoint from inside" yes "$(fast fresh "$dynamodb" /_shaketable/health)"
start "\"kind\":\"latency\",\"delay_ms\":$delay,\"sources\":[\"DYNAMODB\"]"
is "DYNAMODB is slow, and it alone" "yes yes yes" \
    "$(slow fresh "$dynamodb" /_shaketable/health) $(fast part checkout) $(fast kept "$host" /health)"
stop latency

# Loss costs the time of a retransmission; no byte is lost.
lost() {
    local status ms
    for _ in $(seq 40); do
        read -r status ms < <(kept "$host" /health)
        [ "$status" = 200 ] || { echo "$status"; return; }
        [ "$ms" -ge 200 ] && { echo late; return; }
    done
    echo never
}
start '"kind":"loss","loss_percent":60'
is "of many answers one is lost, sent again and late" late "$(lost)"
# Two kinds at once: both act.
start "\"kind\":\"latency\",\"delay_ms\":$delay"
is "two kinds" "latency loss" "$(interface '" ".join(sorted(one["running"]))')"
is "and slow it is" yes "$(slow kept "$host" /health)"
stop latency; stop loss
is "clean again" "yes" "$(fast kept "$host" /health)"

# A blackhole: no answer until it ends, one way.
start "\"kind\":\"blackhole\",\"port\":$(port_of "$pay" 1),\"traffic\":\"egress\""
is "calls to that port hang" 28 "$(curl -s -m 2 -o /dev/null "http://$host/"; echo $?)"
is "what comes in does not" yes "$(fast kept "$host" /health)"
stop blackhole
start "\"kind\":\"blackhole\",\"port\":$port"
curl -s -o /dev/null -w '%{http_code}' "http://$host/health" >"$work/held" & held=$!
is "requests to that port hang" 28 "$(curl -s -m 1 -o /dev/null "http://$host/health"; echo $?)"
stop blackhole
wait $held
is "who waited is answered when it ends" 200 "$(cat "$work/held")"

# A load balancer's health checks are traffic, too.
pids=$(interface '" ".join(str(part["pid"]) for part in one["listeners"])')
is "five processes" 5 "$(alive "$pids")"
start "\"kind\":\"blackhole\",\"port\":$port"
until_is "its health checks fail, and the service replaces it" 60 "STOPPED Task failed ELB health checks" \
    eval "text ecs describe-tasks --cluster storefront --tasks $task --query 'tasks[0].[desiredStatus,stoppedReason]' | sed 's/ in (target.*//'"
until_is "its interface goes with it" 30 0 alive "$pids"
until_is "another takes its place" 60 "1 2 0" service web '[length(deployments),runningCount,pendingCount]'

# Bad requests change nothing.
task=$other
for bad in '"kind":"latenci"' '"kind":"latency","delay_ms":"x"' '"kind":"latency","delay_ms":60001' '"kind":"loss","loss_percent":101' \
    '"kind":"blackhole","port":0' '"kind":"blackhole","port":80,"protocol":"icmp"' '"kind":"latency","sources":[1]'; do
    is "refused: $bad" 400 "$(curl -s -o /dev/null -w '%{http_code}' -X PUT -d "{\"task\":\"$task\",$bad}" "$url/_shaketable/interface")"
done
is "an unknown task" 404 "$(curl -s -o /dev/null -w '%{http_code}' -X PUT -d '{"task":"x","kind":"loss"}' "$url/_shaketable/interface")"
is "nothing runs" "[]" "$(interface 'one["running"]')"

# However the region ends, nothing of it is left (run_task.sh has SIGTERM).
start "\"kind\":\"latency\",\"delay_ms\":$delay"
processes=$(children "$sandbox_pid")
kill -KILL "$sandbox_pid"; wait "$sandbox_pid" 2>/dev/null
sandbox_pid=
until_is "after kill -9 no process is left" 10 0 alive "$processes"
done_testing
