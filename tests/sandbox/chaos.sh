#!/bin/bash
# LocalStack's faults on the region's own API: by the Chaos API and by FIS experiments, in each protocol, by service,
# operation, region and percentage, delays and failures.
. "${top_srcdir:-.}/tests/sandbox/region.bash"
command -v python3 >/dev/null || { echo "no Python here"; exit 77; }
start_region --no-traffic --fast
faults=$url/_localstack/chaos/faults effects=$url/_localstack/chaos/effects

# chaos METHOD ADDRESS [BODY]: the answer and its status.
chaos() { curl -sS -X "$1" -H 'Content-Type: application/json' ${3+-d "$3"} -w ' %{http_code}' "$2"; }
# call PROTOCOL: an unlikely but harmless call, by hand: the whole answer with its head.
call() {
    local service=$1 form=
    case $1 in
    ecs) set -- -H 'Content-Type: application/x-amz-json-1.1' -H 'X-Amz-Target: AmazonEC2ContainerServiceV20141113.ListClusters' -d '{}' ;;
    cbor) service=monitoring
        set -- -H 'Content-Type: application/cbor' -H 'smithy-protocol: rpc-v2-cbor' --data-binary $'\xa0' ;;
    elasticloadbalancing) form='Action=DescribeLoadBalancers&Version=2015-12-01'; set -- -d "$form" ;;
    ec2) form='Action=DescribeSecurityGroups&Version=2016-11-15'; set -- -d "$form" ;;
    sts) form='Action=GetCallerIdentity&Version=2011-06-15'; set -- -d "$form" ;;
    esac
    local path=/
    [ "$form" ] || [ "$service" != monitoring ] || path=/service/GraniteServiceVersion20100801/operation/DescribeAlarms
    curl -sS -i --max-time 20 --aws-sigv4 "aws:amz:${region:-us-east-1}:$service" --user test:test "$@" "$url$path" | tr -d '\0'
}
attempts() { curl -s "$url/_shaketable/faults" | python3 -c 'import json,sys; print(json.load(sys.stdin)["attempts"].get(sys.argv[1], 0))' "$1"; }
rest() { # METHOD PATH [BODY]
    curl -sS -X "$1" --max-time 5 --aws-sigv4 "aws:amz:${region:-us-east-1}:fis" --user test:test \
        -H 'Content-Type: application/json' ${3+-d "$3"} "$url$2"
}
pick() { python3 -c 'import json,sys; d=json.load(sys.stdin); print(*eval(sys.argv[1]))' "($1,)"; }
# start ACTIONS: the experiment's id, and that it runs. stop ID
start() {
    local id
    id=$(rest POST /experimentTemplates "{\"clientToken\":\"$RANDOM-$RANDOM-$RANDOM\",\"description\":\"x\",\"stopConditions\":[],\"roleArn\":\"arn:aws:iam:000000000000:role/ExperimentRole\",\"actions\":$1}" |
        pick 'd["experimentTemplate"]["id"]')
    rest POST /experiments "{\"clientToken\":\"$RANDOM-$RANDOM-$RANDOM\",\"experimentTemplateId\":\"$id\"}" |
        pick 'd["experiment"]["id"], d["experiment"]["state"]["status"]'
}
stop() { rest DELETE "/experiments/$1" | pick 'd["experiment"]["state"]["status"], *[a["state"]["status"] for a in d["experiment"]["actions"].values()]'; }
error() { printf '{"x":{"actionId":"localstack:generic:api-error","parameters":{%s}}}' "$1"; }
words='Failing as per Fault Injection Simulator configuration'

# --- the Chaos API
is "no faults at first" "[] 200" "$(chaos GET "$faults")"
is "they are set" '[{"service":"ecs","operation":"ListClusters"}] 200' \
    "$(chaos POST "$faults" '[{"service":"ecs","operation":"ListClusters"}]')"
got=$(call ecs)
has "a call fails, with the defaults" "HTTP/1.1 503" "$got"
has "as JSON has it" '{"__type":"ServiceUnavailable","message":"Operation failed due to a simulated fault"}' "$got"
has "and in its head" "x-amzn-ErrorType: ServiceUnavailable" "$got"
has "the CLI knows it" "(ServiceUnavailable) when calling the ListClusters" "$(text ecs list-clusters)"
is "another operation does not" "storefront" "$(text ecs describe-clusters --clusters storefront --query 'clusters[].clusterName')"
is "one is added" '[{"service":"ecs","operation":"ListClusters"},{"service":"ec2","error":{"statusCode":500,"code":"Odd"}}] 200' \
    "$(chaos PATCH "$faults" '[{"service":"ec2","error":{"statusCode":500,"code":"Odd"}}]')"
has "EC2's form" "<Response><Errors><Error><Code>Odd</Code>" "$(call ec2)"
is "an equal one is taken away" '[{"service":"ec2","error":{"statusCode":500,"code":"Odd"}}] 200' \
    "$(chaos DELETE "$faults" '[{"operation":"ListClusters","service":"ecs"}]')"
has "one that is not there" "no such fault" "$(chaos DELETE "$faults" '[{"service":"ecs"}]')"
chaos POST "$faults" '[{"service":"sts","error":{"code":"First"}},{"service":"sts","error":{"code":"Second"}}]' >"$work/x"
has "the first that matches" "<Code>First</Code>" "$(call sts)"
chaos POST "$faults" '[{}]' >"$work/x"
for one in ecs ec2 elasticloadbalancing sts cbor; do has "everything: $one" "503" "$(call $one | head -1)"; done
has "FIS goes on" '"safetyLever"' "$(rest GET /safetyLevers/default)"
is "and what is ours" "ok" "$(curl -s "$url/_shaketable/health" | pick 'd["status"]')"
chaos POST "$faults" '[{"region":"eu-west-1"}]' >"$work/x"
has "another region" "200" "$(call sts | head -1)"
has "that one" "503" "$(region=eu-west-1 call sts | head -1)"
chaos POST "$faults" '[{"service":"sts","probability":0}]' >"$work/x"
has "never" "200" "$(call sts | head -1)"
chaos POST "$faults" '[{"service":"sts","probability":0.5}]' >"$work/x"
some=0
for _ in $(seq 60); do case $(call sts | head -1) in *503*) some=$((some + 1)) ;; esac; done
[ "$some" -gt 5 ] && [ "$some" -lt 55 ] || is "about half of 60" 30 "$some"
is "off" "[] 200" "$(chaos POST "$faults" '[]')"
has "it is" "200" "$(call sts | head -1)"
is "effects" '{"latency": 0} 200' "$(chaos GET "$effects")"
is "a delay for all" '{"latency": 700} 200' "$(chaos POST "$effects" '{"latency":700}')"
took() { local begun=${EPOCHREALTIME/./}; call "$1" >"$work/answer"; echo $(((${EPOCHREALTIME/./} - begun) / 1000)); }
ms=$(took ecs)
[ "$ms" -ge 700 ] || is "it is delayed" 700 "$ms"
has "and answered" '"clusterArns"' "$(cat "$work/answer")"
chaos POST "$effects" '{"latency":0}' >"$work/x"

# --- what is wrong
bad() { has "$1" "400" "$(chaos POST "$faults" "$3")"; has "$1: what" "$2" "$(chaos POST "$faults" "$3")"; }
chaos POST "$faults" '[{"service":"sts","probability":0}]' >"$work/x"
bad "no list" "must be a list" '{}'
bad "not JSON" "is not JSON" '[{'
bad "an unknown service" "there is no service nosuch" '[{"service":"sts"},{"service":"nosuch"}]'
bad "an unknown member" "latency is not known" '[{"latency":5}]'
bad "a probability" "from 0 to 1" '[{"probability":2}]'
bad "a status" "statusCode" '[{"error":{"statusCode":200}}]'
bad "a code" "is not the name" '[{"error":{"code":"<a>"}}]'
is "nothing of it was taken" '[{"service":"sts","probability":0}] 200' "$(chaos GET "$faults")"
has "another type" "415" "$(curl -s -w '%{http_code}' -H 'Content-Type: text/plain' -d '[{}]' "$faults")"
has "a form" "415" "$(curl -s -w '%{http_code}' -d '[{}]' "$faults")"
has "another method" "405" "$(curl -s -w '%{http_code}' -X PUT -d '[{}]' "$faults")"
has "an unknown path" "404" "$(curl -s -w '%{http_code}' "$url/_localstack/chaos")"
has "effects" "400" "$(chaos POST "$effects" '{"latency":-1}')"
chaos POST "$faults" '[]' >"$work/x"

# --- experiments
read -r e status < <(start "$(error '')")
is "it runs at once" running "$status"
got=$(call ecs)
has "the defaults" "HTTP/1.1 500" "$got"
has "in words" "{\"__type\":\"InternalError\",\"message\":\"$words\"}" "$got"
has "as Query has it" "<Error><Type>Receiver</Type><Code>InternalError</Code><Message>$words</Message></Error>" "$(call elasticloadbalancing)"
has "as EC2 has it" "<Error><Code>InternalError</Code><Message>$words</Message></Error>" "$(call ec2)"
has "as CBOR has it" "InternalError" "$(call cbor)"
has "the CLI's" "(InternalError)" "$(text cloudwatch describe-alarms)"
is "it stops at once" "stopped stopped" "$(stop "$e")"
has "and all is well" "200" "$(call ecs | head -1)"
read -r e status < <(start "$(error '"service":"ecs","apiCall":"ListClusters","exception":"Service Unavailable","errorCode":503')")
has "numbers are as good as texts" "HTTP/1.1 503" "$(call ecs)"
has "and a name with a blank" "x-amzn-ErrorType: Service Unavailable" "$(call ecs)"
before=$(attempts ecs.ListClusters)
AWS_MAX_ATTEMPTS=3 command aws --endpoint-url "$url" ecs list-clusters >"$work/x" 2>&1
is "attempts are counted, each" "$((before + 3))" "$(attempts ecs.ListClusters)"
has "the others are left alone" "200" "$(call sts | head -1)"
stop "$e" >"$work/x"
read -r e status < <(start '{"a":{"actionId":"localstack:generic:api-error","parameters":{"region":"eu-west-1","errorCode":"503"}},"b":{"actionId":"localstack:generic:latency","parameters":{"service":"sts","operation":"all","latencyMilliseconds":"800"}}}')
has "a region is down" "503" "$(region=eu-west-1 call ecs | head -1)"
has "this one is not" "200" "$(call ecs | head -1)"
ms=$(took sts)
[ "$ms" -ge 800 ] || is "its calls are delayed" 800 "$ms"
has "and answered, too" "GetCallerIdentityResult" "$(cat "$work/answer")"
stop "$e" >"$work/x"
read -r e status < <(start "$(error '"latency":"1"')")
ms=$(took sts)
[ "$ms" -ge 1000 ] || is "seconds" 1000 "$ms"
has "first the delay, then the failure" "InternalError" "$(cat "$work/answer")"
stop "$e" >"$work/x"
read -r e status < <(start "$(error '"percentage":"0"')")
has "no percent" "200" "$(call sts | head -1)"
stop "$e" >"$work/x"
read -r e status < <(region=eu-west-1 start "$(error '')")
has "an experiment is of its region" "200" "$(call sts | head -1)"
has "there it acts" "500" "$(region=eu-west-1 call sts | head -1)"
is "no rule is left" "stopped stopped 0" "$(region=eu-west-1 stop "$e") $(curl -s "$url/_shaketable/faults" | pick 'd["rules"]')"
done_testing
