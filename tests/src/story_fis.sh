#!/usr/bin/env bash
# AWS FIS as the engine, without a screen: what is missing is told, prepare adds it, an injection delays real
# traffic and is stopped by R from another terminal, by an alarm and by its own time; nothing is left.
. "${top_srcdir:-.}/tests/src/lib.bash"
. "${top_srcdir:-.}/tests/awscli/aws.bash"
where="--cluster storefront --service checkout"

# One request through the load balancer, in milliseconds.
took_ms() { curl -s -o /dev/null --max-time 20 -w '%{time_total}' "$door" | awk '{ print int($1 * 1000) }'; }
# The fastest of five: the application takes some 12 ms, and this machine may be busy.
fastest_ms() { for _ in 1 2 3 4 5; do took_ms; done | sort -n | head -n 1; }
is_slow() { [ "$(took_ms)" -ge 300 ]; }
experiments() { aws fis list-experiments --query 'experiments[].state.status' --output text | tr '\t' '\n' | sort -u; }
expect_nothing_of_ours() {
  local found
  found=$(aws fis list-experiment-templates --query 'experimentTemplates[].id' --output text)
  [ -z "$found" ] || [ "$found" = None ] || fail "templates are left: $found"
  found=$(experiments | grep -vE '^(completed|stopped|failed)$')
  [ -z "$found" ] || fail "experiments are left: $found"
  [ "$(fastest_ms)" -lt 250 ] || fail "requests are still slow: $(fastest_ms) ms"
}

start_region
remember_state
door=http://$(aws elbv2 describe-load-balancers --names storefront-internal --query 'LoadBalancers[0].DNSName' \
  --output text):$(aws elbv2 describe-listeners --load-balancer-arn "$(aws elbv2 describe-load-balancers \
  --names storefront-internal --query 'LoadBalancers[0].LoadBalancerArn' --output text)" \
  --query "Listeners[?DefaultActions[0].TargetGroupArn && contains(DefaultActions[0].TargetGroupArn, 'checkout')].Port" --output text)/cart

# ── what is missing, and what FIS can't do, all of it before anything is made ──
run doctor --engine fis $where
expect_status 3
for words in 'no enableFaultInjection' 'pidMode is not task' 'no container with the SSM agent'; do
  expect_output "^stop: the task definition.* $words"
done
expect_output "do:  shaketable prepare --engine fis --cluster storefront --service checkout"
refused 3 'stop: --error: FIS does not answer requests' inject --engine fis $where --yes --error 503@10%
refused 3 "stop: the guard 'p99 > 2s' can't be kept" inject --engine fis $where --yes --latency 8 --guard 'p99 > 2s'
refused 2 'prepare: for which engine' prepare $where
run doctor --engine fis --cluster payments --service ledger --latency 300ms
expect_output '^stop: the task role ledger-task lacks ssm:CreateActivation'
expect_state_as_before
[ -z "$(experiments)" ] || fail "something was started: $(experiments)"

# ── prepare ──
run prepare --engine fis $where --yes
expect_status 0
expect_output 'storefront/checkout is prepared for AWS FIS; shaketable rollback [a-z0-9]+ takes that back'
run doctor --engine fis $where --latency 300ms
expect_status 0
aws ecs describe-task-definition --task-definition shaketable-checkout --query taskDefinition >"$work/prepared.json"
python3 - "$work/prepared.json" <<'PYTHON' || fail "what prepare made is not what FIS needs"
import json, subprocess, sys
made = json.load(open(sys.argv[1]))
assert made['pidMode'] == 'task', made # enableFaultInjection is not known to older AWS CLIs; the doctor saw it
agent = [one for one in made['containerDefinitions'] if one['name'] == 'amazon-ssm-agent'][0]
assert agent['essential'] is False and agent['environment'] == [
    {'name': 'MANAGED_INSTANCE_ROLE_NAME', 'value': 'shaketable-instance'}], agent
script = agent['command'][-1]
assert subprocess.run(['bash', '-n'], input=script, text=True).returncode == 0
PYTHON
run prepare --engine fis $where --yes
expect_status 3
expect_error 'there is nothing to prepare'
[ "$(fastest_ms)" -lt 250 ] || fail "a prepared service is slow: $(fastest_ms) ms"

# ── an injection, and R from another terminal ──
start_injection --engine fis --latency 400ms --duration 10m
wait_for_phase injecting
wait_until 30 is_slow || fail "no request is slow: $(took_ms) ms"
[ "$(fastest_ms)" -ge 400 ] || fail "a request took less than what was asked for: $(fastest_ms) ms"
run adjust --latency 1s
expect_status 1
expect_error "AWS FIS can't change a fault that runs. Roll back, and inject anew"
run status
expect_status 0
[ "$(experiments | tr '\n' ' ')" = "completed running " ] || fail "FIS has $(experiments)" # the preview, and the real one
run rollback "$(experiment_id)"
expect_status 0
wait_for_injection
expect_status 0
python3 - "$work/events" <<'PYTHON' || fail "the events are not the story's"
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
live = [event for event in events if event['phase'] == 'injecting'][-1]
assert live['engine'] == 'fis' and live['fis']['status'] == 'running', live
assert live['fis']['experiment'].startswith('EXP') and live['fis']['template'].startswith('EXT'), live
assert [(a['name'], a['action'], a['status']) for a in live['actions']] == [
    ('latency', 'aws:ecs:task-network-latency', 'running')], live['actions']
assert events[-1]['phase'] == 'restored', events[-1]
assert {step['state'] for step in events[-1]['steps']} == {'done'}, events[-1]['steps']
assert events[-1]['clean_in_ms'] >= 0, events[-1]
PYTHON
expect_nothing_of_ours

# ── an alarm is FIS's own stop condition ──
aws cloudwatch put-metric-alarm --alarm-name too-slow --metric-name x --namespace y --statistic Sum --period 60 \
  --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanThreshold
start_injection --engine fis --loss 20% --duration 10m --guard 'alarm too-slow'
wait_for_phase injecting
id=$(aws fis list-experiment-templates --query 'experimentTemplates[0].id' --output text)
[ "$(aws fis get-experiment-template --id "$id" --query 'experimentTemplate.stopConditions[0].value' --output text)" = \
  arn:aws:cloudwatch:us-east-1:000000000000:alarm:too-slow ] || fail "the alarm is no stop condition"
aws cloudwatch set-alarm-state --alarm-name too-slow --state-value ALARM --state-reason 'said by a test'
wait_for_injection
expect_status 4
expect_nothing_of_ours
run inject --engine fis $where --yes --latency 300ms --guard 'alarm too-slow'
expect_status 3
expect_error 'holds already'
aws cloudwatch delete-alarms --alarm-names too-slow

# ── its own time; a part of the tasks; and a template that was exported ──
run inject --engine fis $where --yes --latency 400ms --duration 1m --blast-radius 34% --json
expect_status 0
grep -q '"status":"completed"' "$work/out" || fail "FIS did not complete it"
grep -q '"detail":"1 target"' "$work/out" || fail "34 % of three tasks is not one target: $(grep -o '"detail":"[^"]*target[^"]*"' "$work/out" | sort -u)"
expect_nothing_of_ours
run template export $where --latency 300ms --duration 1m --role arn:aws:iam::000000000000:role/shaketable-fis
expect_status 0
cp "$work/out" "$work/exported.json"
run template run "$work/exported.json" --engine fis --yes
expect_status 0
expect_output 'FIS has completed experiment EXP'
expect_nothing_of_ours

# ── and the service as it was ──
run rollback $where
expect_status 0
expect_state_as_before
expect_no_revision

stop_region
finish
