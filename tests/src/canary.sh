#!/usr/bin/env bash
# The second way in: a few injected tasks beside the service, with a share of its traffic. The service is not
# touched; every ending, and every helper of the way back (journal, labels, another machine), leaves all as it was.
. "${top_srcdir:-.}/tests/src/lib.bash"
. "${top_srcdir:-.}/tests/awscli/aws.bash"

start_region
remember_state

start_canary() {
  start_injection --latency 300ms --blast-radius 25% --duration 90s "$@"
}

canary_name() {
  echo "shaketable-$(experiment_id)"
}

# The rest is as before, and nothing is left.
all_is_as_before() {
  expect_state_as_before
  expect_no_revision
  [ "$(aws elbv2 describe-target-groups --query 'length(TargetGroups)')" = "$groups" ] ||
    fail "$command_line: a target group is left"
}
groups=$(aws elbv2 describe-target-groups --query 'length(TargetGroups)')

# The listener whose default actions forward to the target group of that name, and the weights in them.
listener_of() {
  state | python3 -c '
import json, sys
for arn, listener in json.load(sys.stdin)["listeners"].items():
    if ":targetgroup/%s/" % sys.argv[1] in json.dumps(listener["DefaultActions"]):
        print(arn)
' "$1" | head -n 1
}
weights() {
  aws elbv2 describe-listeners --listener-arns "$(listener_of "$1")" \
    --query 'Listeners[0].DefaultActions[0].ForwardConfig.TargetGroups[].Weight' --output text | tr '\t' ' '
}

service() {
  aws ecs describe-services --cluster storefront --services "$1" --query "services[0].$2" --output text
}

# ── the plan tells it, and changes nothing ──
run plan --cluster storefront --service checkout --latency 300ms --blast-radius 25%
expect_status 0
expect_output '"Weight": "3"'
expect_error 'canary: 1 task beside the service gets 25 % of its traffic'
run plan --cluster storefront --service checkout --latency 300ms --blast-radius 25% --way in-place
expect_status 0
expect_error 'every task gets the sidecar, 25 % of the requests'
run plan --cluster storefront --service checkout --latency 300ms --way canary
expect_status 0
expect_error 'gets 10 % of its traffic'
refused 2 'blast-radius' plan --cluster storefront --service checkout --latency 1ms --blast-radius 0%
expect_state_as_before

# ── a whole round ──
before=$(service checkout deployments[0].id)
start_canary
wait_for_phase injecting
name=$(canary_name)
[ "$(service "$name" runningCount)" = 1 ] || fail "the canary has not one task"
[ "$(service checkout 'deployments[0].id')" = "$before" ] || fail "the service was deployed"
[ "$(weights "$name")" = '3 1' ] || fail "no rule gives it a quarter: $(weights "$name")"
kill -INT "$injection"
wait_for_injection
expect_status 0
all_is_as_before

# ── kill -9 in each phase, then the journal ──
for phase in arming armed injecting; do
  start_canary
  wait_for_phase "$phase"
  kill -KILL "$injection"
  wait "$injection" 2>/dev/null
  run rollback --all
  command_line="rollback --all after kill -9 of a canary while $phase"
  expect_status 0
  all_is_as_before
done

# ── without the journal: from the labels alone, by the service, by the canary's own name, by all ──
for target in checkout canary all; do
  start_canary
  wait_for_phase injecting
  kill -KILL "$injection"
  wait "$injection" 2>/dev/null
  rm -rf "$XDG_STATE_HOME"
  case $target in
    checkout) run rollback --cluster storefront --service checkout ;;
    canary) run rollback --cluster storefront --service "$(canary_name)" ;;
    *) run rollback --all ;;
  esac
  expect_status 0
  all_is_as_before
done

# ── somebody changes the rule meanwhile: it ends, theirs stays, ours is taken out ──
listener=$(listener_of tg-checkout)
old=$(aws elbv2 describe-target-groups --names tg-checkout --query 'TargetGroups[0].TargetGroupArn' --output text)
other=$(aws elbv2 describe-target-groups --names tg-catalog --query 'TargetGroups[0].TargetGroupArn' --output text)
start_canary
wait_for_phase injecting
ours=$(aws elbv2 describe-target-groups --names "$(canary_name)" --query 'TargetGroups[0].TargetGroupArn' --output text)
weigh() {
  local groups
  groups=$(printf '{"TargetGroupArn":"%s","Weight":%s},' "$@")
  printf '[{"Type":"forward","ForwardConfig":{"TargetGroups":[%s]}}]' "${groups%,}"
}
aws elbv2 modify-listener --listener-arn "$listener" --default-actions "$(weigh "$old" 8 "$other" 1 "$ours" 1)" >/dev/null ||
  die "the rule could not be changed"
kill -INT "$injection"
wait_for_injection
expect_status 0
[ "$(weights tg-checkout)" = '8 1' ] || fail "the rule that somebody changed is now: $(weights tg-checkout)"
grep -q 'someone changed it meanwhile' "$work/events" "$work/events.err" || fail "it is not told that the rule was changed"
aws elbv2 modify-listener --listener-arn "$listener" --default-actions "$(weigh "$old" 1)" >/dev/null
all_is_as_before

# ── a security group that does not admit the sidecar's port is opened only when asked, and closed ──
group=$(service checkout 'networkConfiguration.awsvpcConfiguration.securityGroups[0]')
permissions=$(aws ec2 describe-security-groups --group-ids "$group" --query 'SecurityGroups[0].IpPermissions' --output json)
aws ec2 revoke-security-group-ingress --group-id "$group" --ip-permissions "$permissions" >/dev/null || die "revoke"
source=$(aws elbv2 describe-load-balancers --query "LoadBalancers[?contains(LoadBalancerArn, 'storefront-internal')].SecurityGroups[0]" --output text)
aws ec2 authorize-security-group-ingress --group-id "$group" --protocol tcp --port 8080 --source-group "$source" >/dev/null ||
  die "authorize"
wait_until 30 is_steady
remember_state
refused_port() {
  run doctor --cluster storefront --service checkout
  [ "$status" = 3 ] && grep -q 'admits port 15000' "$work/out"
}
wait_until 30 refused_port || fail "a closed port is not refused"
expect_output 'add --open-security-group'
for way in in-place canary; do
  start_injection --latency 100ms --duration 60s --way "$way" --open-security-group
  wait_for_phase injecting
  aws ec2 describe-security-groups --group-ids "$group" --query 'SecurityGroups[0].IpPermissions' --output json |
    grep -q "shaketable $(experiment_id)" || fail "$way: the port is not opened"
  kill -INT "$injection"
  wait_for_injection
  expect_status 0
  all_is_as_before
done

stop_region
finish
