#!/usr/bin/env bash
# The AWS CLI through `shaketable-proxy --aws` in front of an embedded region: what it answers without rules is what the
# region answers, and with them it is an error of the service's own protocol, retried as the CLI retries.
. "${top_srcdir:-.}/tests/sandbox/region.bash"

proxy_pid=
stop_proxy() {
    [ -n "$proxy_pid" ] || return 0
    kill "$proxy_pid" 2>/dev/null
    wait "$proxy_pid" || { echo "the proxy ended with status $?"; cat "$work/proxy.err"; failures=$((failures + 1)); }
    proxy_pid=
}
trap 'stop_proxy; finish' EXIT

# start_proxy OPTION...: sets $through and $proxy_pid.
start_proxy() {
    : >"$work/proxy.out"
    "${top_builddir:-.}/shaketable-proxy" --listen 127.0.0.1:0 --aws --aws-endpoint "$url" "$@" \
        >"$work/proxy.out" 2>"$work/proxy.err" &
    proxy_pid=$!
    for _ in $(seq 300); do
        read -r _ through _ <"$work/proxy.out" && break
        kill -0 "$proxy_pid" 2>/dev/null || break
        sleep 0.05
    done
    [ -n "${through:-}" ] || { echo "the proxy did not start"; cat "$work/proxy.err"; exit 1; }
    through=http://$through
}
t() { fast_aws --endpoint-url "$through" "$@"; }
faults() { curl -sf -X POST -H 'Content-Type: application/json' -d "$1" "$through/_localstack/chaos/faults" >/dev/null; }
# count SERVICE OPERATION FIELD
count() {
    curl -sf "$through/_shaketable/calls" | python3 -c '
import json, sys
print(sum(one[sys.argv[3]] for one in json.load(sys.stdin)["calls"]
          if (one["service"], one["operation"]) == (sys.argv[1], sys.argv[2])))' "$1" "$2" "$3"
}

start_region
start_proxy
has "the ready line" " upstream aws" "$(cat "$work/proxy.out")"

# --- without rules: the same answers (JSON 1.1, 1.0, Query, EC2, REST-JSON, CBOR or Query)
same() {
    is "$* passes" "$(a "$@" 2>&1)" "$(t "$@" 2>&1)"
}
same ecs list-clusters
same ecs describe-services --cluster storefront --services web --query 'services[].[serviceName,desiredCount]'
same ecs describe-clusters --clusters nosuch
same ecs list-services --cluster nosuch
same elbv2 describe-load-balancers
same elbv2 describe-load-balancers --names nosuch
same ec2 describe-security-groups --query 'SecurityGroups[].GroupId'
same ec2 describe-security-groups --group-ids sg-00000000
same iam list-roles --query 'Roles[].RoleName'
same iam get-role --role-name nosuch
same sts get-caller-identity
same fis list-actions --query 'actions[].id'
same fis get-experiment --id EXPnosuch
same cloudwatch describe-alarms
same dynamodb describe-table --table-name nosuch
t dynamodb create-table --table-name Table --billing-mode PAY_PER_REQUEST \
    --attribute-definitions AttributeName=k,AttributeType=S --key-schema AttributeName=k,KeyType=HASH >/dev/null
t dynamodb wait table-exists --table-name Table
t dynamodb put-item --table-name Table --item '{"k":{"S":"ä€"},"n":{"N":"7"}}'
is "an item that went through" 7 "$(text dynamodb get-item --table-name Table --key '{"k":{"S":"ä€"}}' --query Item.n.N)"

# --- with rules: errors as each protocol has them
rule() { printf '[{"service":"%s","operation":"%s","error":{"statusCode":%s,"code":"%s"}}]' "$@"; }
# hit CODE SERVICE OPERATION STATUS COMMAND...
hit() {
    local code=$1 service=$2 operation=$3 status=$4
    shift 4
    faults "$(rule "$service" "$operation" "$status" "$code")"
    has "$service fails" "($code)" "$(t "$@" 2>&1)"
    until_is "$service: injected" 20 1 count "$service" "$operation" injected
}
hit ProvisionedThroughputExceededException dynamodb GetItem 400 dynamodb get-item --table-name Table --key '{"k":{"S":"a"}}'
hit ServerException ecs ListTasks 500 ecs list-tasks --cluster storefront
hit Throttling elasticloadbalancing DescribeRules 400 elbv2 describe-rules --rule-arns x
hit RequestLimitExceeded ec2 DescribeVpcs 503 ec2 describe-vpcs
hit ServiceFailure iam GetRole 500 iam get-role --role-name nosuch
hit ResourceNotFoundException fis GetAction 404 fis get-action --id aws:ecs:stop-task
hit InternalServiceError monitoring ListMetrics 500 cloudwatch list-metrics
faults "$(rule dynamodb GetItem 400 X)"
is "another operation passes" 7 "$(t --output text dynamodb scan --table-name Table --query 'Items[0].n.N')"

# --- retried. (Not every AWS CLI says which attempts are one call: that is test_aws.py's.)
faults '[{"service":"sqs"},{"service":"sts","percentage":"100","exception":"Throttling","errorCode":"400"}]'
before=$(count sts GetCallerIdentity attempts)
has "the CLI gives up" "(Throttling)" "$(AWS_RETRY_MODE=standard AWS_MAX_ATTEMPTS=3 t sts get-caller-identity 2>&1)"
until_is "three attempts" 20 $((before + 3)) count sts GetCallerIdentity attempts
faults '[{"service":"sts","probability":0.5,"error":{"code":"Throttling","statusCode":400}}]'
for _ in 1 2 3 4 5 6 7 8; do
    AWS_RETRY_MODE=standard AWS_MAX_ATTEMPTS=10 t sts get-caller-identity >/dev/null 2>>"$work/half.err" || echo failed
done >"$work/half"
is "half of them failing, retries get there" "" "$(cat "$work/half")"

# --- latency
faults '[{"service":"sts","latencyMilliseconds":"700"}]'
before=$(date +%s%N)
t sts get-caller-identity >/dev/null
took=$((($(date +%s%N) - before) / 1000000))
[ "$took" -ge 700 ] && echo "ok: delayed" || { echo "FAILED: it took $took ms"; failures=$((failures + 1)); }
until_is "counted" 20 1 count sts GetCallerIdentity delayed
has "the CLI's time-out" "Read timeout" "$(faults '[{"service":"sts","latencyMilliseconds":"60000"}]'
    t --cli-read-timeout 1 sts get-caller-identity 2>&1)"
faults '[]'

# --- signatures
has "our key, a wrong secret" "(SignatureDoesNotMatch)" "$(AWS_SECRET_ACCESS_KEY=wrong t sts get-caller-identity 2>&1)"
has "in JSON" "(InvalidSignatureException)" "$(AWS_SECRET_ACCESS_KEY=wrong t ecs list-clusters 2>&1)"
is "another's key is replaced by ours" "$(text sts get-caller-identity)" \
    "$(AWS_ACCESS_KEY_ID=AKIDELSEWHERE AWS_SECRET_ACCESS_KEY=x AWS_SESSION_TOKEN=y t --output text sts get-caller-identity 2>&1 |
        tr '\t\n' '  ' | sed 's/ *$//')"
has "not signed" "(MissingAuthenticationToken)" "$(t --no-sign-request sts get-caller-identity 2>&1)"
is "nothing on standard error" "" "$(cat "$work/proxy.err")"
stop_proxy

# --- an endpoint that is gone
start_proxy --api-fault service=dynamodb,operation=ListTables,errorCode=503
kill "$sandbox_pid" && wait "$sandbox_pid"
sandbox_pid=
has "is told in JSON" "(ServiceUnavailable)" "$(t ecs list-clusters 2>&1)"
has "with what to do" "Connection refused" "$(t ecs list-clusters 2>&1)"
has "in XML" "(ServiceUnavailable)" "$(t sts get-caller-identity 2>&1)"
has "in EC2's" "(ServiceUnavailable)" "$(t ec2 describe-vpcs 2>&1)"
has "in CBOR or Query" "(ServiceUnavailable)" "$(t cloudwatch describe-alarms 2>&1)"
until_is "counted" 20 2 count ecs ListClusters upstream_errors
has "rules go on" "(InternalError)" "$(t dynamodb list-tables 2>&1)"
done_testing
