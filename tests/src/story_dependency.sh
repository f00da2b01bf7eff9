#!/usr/bin/env bash
# Faults on what a service calls: HOST:PORT through the sidecar as its HTTPS proxy, and DynamoDB with the sidecar in
# place of its endpoint. The service has no load balancer; its application reads a table every second (shaketable probe),
# and curl stands in its task's network as a second one. All is as it was afterwards, also when the console is killed and
# another one, with a home of its own, rolls back.
. "${top_srcdir:-.}/tests/src/lib.bash"

near=127.77.0.1 # the place that is named, and another one
far=127.77.0.2

start_place() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=place -addext "subjectAltName=IP:$near,IP:$far" \
    -keyout "$work/place.key" -out "$work/place.pem" 2>/dev/null || die "openssl made no certificate"
  mkfifo "$work/place.in"
  python3 "${top_srcdir:-.}/tests/src/tls_place.py" "$work/place.pem" "$work/place.key" $near $far \
    >"$work/place.out" <"$work/place.in" &
  exec 8>"$work/place.in"
  wait_until 20 grep -q '^ready ' "$work/place.out" || die "the place did not start"
  place=$(sed -n 's/^ready //p' "$work/place.out")
}

# A service without a load balancer, and the table that it reads.
create_service() {
  aws dynamodb create-table --table-name orders --attribute-definitions AttributeName=id,AttributeType=S \
    --key-schema AttributeName=id,KeyType=HASH --billing-mode PAY_PER_REQUEST >/dev/null &&
    aws dynamodb wait table-exists --table-name orders &&
    aws dynamodb put-item --table-name orders --item '{"id": {"S": "1"}, "what": {"S": "tea"}}' || die "there is no table"
  cat >"$work/orders.json" <<JSON
{"family": "orders", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512",
 "taskRoleArn": "arn:aws:iam::000000000000:role/catalog-task",
 "containerDefinitions": [{"name": "orders", "image": "shaketable/probe:1", "essential": true,
   "environment": [{"name": "TABLE_NAME", "value": "orders"}, {"name": "TEST_INTERVAL_SECONDS", "value": "1"},
     {"name": "AWS_REGION", "value": "us-east-1"}, {"name": "AWS_ENDPOINT_URL_DYNAMODB", "value": "$endpoint"}]}]}
JSON
  aws ecs register-task-definition --cli-input-json "file://$work/orders.json" >/dev/null &&
    aws ecs create-service --cluster storefront --service-name orders --task-definition orders --desired-count 2 \
      --launch-type FARGATE --network-configuration \
      'awsvpcConfiguration={subnets=[subnet-0f1e2d3c4b5a69788],securityGroups=[sg-0c1a2b3d4e5f60718]}' >/dev/null ||
    die "the service could not be created"
  wait_until 60 orders_are_steady || die "the service did not become steady"
}

orders_are_steady() {
  "$bin/shaketable" doctor --cluster storefront --service orders --dependency $near:$place </dev/null
}

start_on_orders() {
  : >"$work/events"
  "$bin/shaketable" inject --cluster storefront --service orders --yes --json "$@" \
    >"$work/events" 2>"$work/events.err" </dev/null &
  injection=$!
}

# The address of a task that carries a sidecar.
task_address() {
  "$bin/shaketable" status --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["sidecars"][0]["address"])'
}

# "PLACE": what a program in the task does that reads HTTPS_PROXY; prints the seconds that it took.
call() {
  curl -sS --max-time 30 --proxy "http://$(task_address):15000" --cacert "$work/place.pem" -o "$work/answer" \
    -w '%{time_total}\n' "https://$1:$place/"
}

# What an SDK in the task does whose endpoint leads to the sidecar; with keys that the region does not take, for the
# sidecar signs anew. Prints the seconds that it took.
call_dynamodb() {
  AWS_ACCESS_KEY_ID=somebody AWS_SECRET_ACCESS_KEY=elses curl -sS --max-time 30 -o "$work/answer" \
    -w '%{time_total}\n' --user somebody:elses --aws-sigv4 aws:amz:us-east-1:dynamodb \
    -H 'Content-Type: application/x-amz-json-1.0' -H 'X-Amz-Target: DynamoDB_20120810.GetItem' \
    -d '{"TableName": "orders", "Key": {"id": {"S": "1"}}}' "http://$(task_address):15000/"
}

# "SECONDS MORE|LESS WANTED"
expect_time() {
  awk -v got="$1" -v how="$2" -v wanted="$3" 'BEGIN { exit !(how == "more" ? got >= wanted : got < wanted) }' ||
    fail "a call took $1 s, which is not $2 than $3"
}

# The figures: the named place's round trips are slow, those to anywhere else are the control.
heard() {
  "$bin/shaketable" status --json >"$work/status" </dev/null || return
  python3 - "$work/status" <<'PYTHON'
import json, sys
status = json.load(open(sys.argv[1]))
assert status["calls_to"].startswith("127.77.0.1:"), status
assert status["scoped"]["n"] >= 3 and status["control"]["n"] >= 3, status
PYTHON
}

# Before curl calls: what the sidecars measure is the application's.
application_is_slow() {
  "$bin/shaketable" status --json >"$work/status" </dev/null || return
  python3 - "$work/status" <<'PYTHON'
import json, sys
status = json.load(open(sys.argv[1]))
before, now = status["before"], status["now"]
assert before["n"] >= 2, status
assert now["p50_ms"] is not None and now["p50_ms"] >= 300, status
assert now["error_percent"] == 0, status
PYTHON
}

is_being_changed() {
  "$bin/shaketable" status </dev/null | grep -E 'faults +latency 300 ms, being changed: the change is live on 0 of 2 sidecars'
}

expect_no_revision_of_orders() {
  local found
  found=$(aws ecs list-task-definitions --family-prefix shaketable-orders --status ACTIVE \
    --query 'taskDefinitionArns' --output text)
  [ -z "$found" ] || [ "$found" = None ] || fail "still ACTIVE: $found"
}

start_region
start_place
create_service
remember_state

# ── what can't be ──
refused 3 'the service has no load balancer' inject --cluster storefront --service orders --latency 1s --yes
refused 3 'in the task itself' inject --cluster storefront --service orders --latency 1s --yes --dependency localhost:443
refused 2 'was dynamodb meant' inject --cluster storefront --service orders --latency 1s --yes --dependency dinamodb
refused 3 'a canary can.t be had' inject --cluster storefront --service orders --latency 1s --yes --way canary \
  --dependency $near:$place
refused 3 'AWS FIS knows no --dependency' inject --cluster storefront --service orders --latency 1s --yes \
  --engine fis --dependency $near:$place
run plan --cluster storefront --service orders --latency 300ms --dependency $near:$place
expect_status 0
expect_output '\+ .*"HTTPS_PROXY"'
expect_output "\\+ .*\"$near:$place\""
expect_state_as_before

# ── the faults act on that place alone ──
start_on_orders --latency 300ms --dependency $near:$place
wait_for_phase injecting
run status
expect_output "calls to +$near:$place"
run list experiments
expect_output "storefront/orders.* calls to $near:$place"
for _ in 1 2 3; do
  expect_time "$(call $near)" more 0.3
  [ "$(cat "$work/answer")" = here ] || fail "the place did not answer"
  call $far >/dev/null || fail "another place is not reached"
done
wait_until 20 heard || fail "the sidecars' figures do not tell of the calls"
mapping=$(aws ecs describe-services --cluster storefront --services orders --query 'services[0].loadBalancers' --output text)
[ -z "$mapping" ] || [ "$mapping" = None ] || fail "the service has load balancers: $mapping"
kill -INT "$injection"
wait_for_injection
expect_status 0
expect_state_as_before
expect_no_revision_of_orders

# ── DynamoDB, which goes on where the application called it ──
start_on_orders --latency 300ms --dependency dynamodb
wait_for_phase injecting
wait_until 30 application_is_slow || fail "the application's own calls do not show the latency: $(cat "$work/status")"
for _ in 1 2 3; do
  expect_time "$(call_dynamodb)" more 0.3
  grep -q '"tea"' "$work/answer" || fail "DynamoDB did not answer: $(cat "$work/answer")"
done
run status
expect_output 'calls to +dynamodb'
run adjust --error 503@100%
expect_status 0
AWS_MAX_ATTEMPTS=1 command aws --endpoint-url "http://$(task_address):15000" --region us-east-1 dynamodb get-item \
  --table-name orders --key '{"id": {"S": "1"}}' >"$work/answer" 2>&1 && fail "an error of 100 % spared a call"
grep -q 'ServiceUnavailable' "$work/answer" || fail "an error that no SDK understands: $(cat "$work/answer")"
kill -INT "$injection"
wait_for_injection
expect_status 0
expect_output '"calls_to":"dynamodb"'
expect_state_as_before
expect_no_revision_of_orders

# ── the same by the ECS agent: the kernel delays what the task sends, and the sidecar's figures show it ──
start_on_orders --engine agent --latency 300ms --dependency dynamodb
wait_for_phase injecting
wait_until 30 application_is_slow || fail "the application's calls do not show the agent's latency: $(cat "$work/status")"
run status
expect_output 'calls to +dynamodb'
expect_output 'engine +the ECS agent'
expect_output 'faults +latency 300 ms, live on 2 of 2 sidecars'
# While no agent answers, what was live before is not said to be live on nobody.
curl -sS --max-time 20 -X PUT -d 'agent:*=timeout-before' "$endpoint/_shaketable/fail" >"$work/failing"
run adjust --latency 600ms
expect_status 0
wait_until 10 is_being_changed || fail "a change under way is not told: $("$bin/shaketable" status)"
curl -sS --max-time 20 -X PUT -d '' "$endpoint/_shaketable/fail" >"$work/failing"
kill -INT "$injection"
wait_for_injection
expect_status 0
expect_error 'warning: the kernel faults all that its tasks send, not the calls to dynamodb alone'
expect_output '"calls_to":"dynamodb"'
expect_state_as_before
expect_no_revision_of_orders

# ── the console is killed, and another one finds it ──
start_on_orders --latency 300ms --dependency $near:$place
wait_for_phase injecting
kill -KILL "$injection"
wait "$injection" 2>/dev/null
elsewhere() (
  export HOME=$work/elsewhere XDG_STATE_HOME=$work/elsewhere/state XDG_CONFIG_HOME=$work/elsewhere/config
  mkdir -p "$HOME"
  timeout -k 5 90 "$bin/shaketable" "$@" >"$work/out" 2>"$work/err" </dev/null
)
elsewhere list experiments
expect_output "storefront/orders.* calls to $near:$place"
elsewhere rollback --cluster storefront --service orders
status=$? command_line="rollback from another home"
expect_status 0
expect_state_as_before
expect_no_revision_of_orders

exec 8>&-
stop_region
finish
