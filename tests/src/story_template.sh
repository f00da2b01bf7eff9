#!/usr/bin/env bash
# A template that the sidecars play: its faults come and go by its timeline, its tasks are stopped, R ends it
# early, and what can't be played is refused before anything is made.
. "${top_srcdir:-.}/tests/src/lib.bash"
. "${top_srcdir:-.}/tests/awscli/aws.bash"

# "SERVICE ACTIONS": a template whose targets are all of the service's tasks, and one of them.
write_template() {
  cat <<JSON
{"description": "a story", "stopConditions": [{"source": "none"}],
 "targets": {
  "all": {"resourceType": "aws:ecs:task", "selectionMode": "ALL",
          "parameters": {"cluster": "storefront", "service": "$1"}},
  "one": {"resourceType": "aws:ecs:task", "selectionMode": "COUNT(1)",
          "parameters": {"cluster": "storefront", "service": "$1"}}},
 "actions": {$2}}
JSON
}
latency() { # "NAME MS AFTER"
  printf '"%s": {"actionId": "aws:ecs:task-network-latency", "targets": {"Tasks": "all"}, "startAfter": [%s],
    "parameters": {"duration": "PT1M", "delayMilliseconds": "%s", "jitterMilliseconds": "0"}}' "$1" "$3" "$2"
}
tasks_stopped() {
  aws ecs list-tasks --cluster storefront --desired-status STOPPED --query 'taskArns[]' --output text | tr '\t' '\n' |
    while read -r task; do
      aws ecs describe-tasks --cluster storefront --tasks "$task" --query 'tasks[0].stoppedReason' --output text
    done | grep -c '^shaketable experiment'
}

start_region
remember_state

# ── a whole one, in the background: a minute of latency, and then a task less ──
write_template catalog "$(latency slow 250 ''),
  \"kill\": {\"actionId\": \"aws:ecs:stop-task\", \"targets\": {\"Tasks\": \"one\"}, \"startAfter\": [\"slow\"]}" \
  >"$work/whole.json"
"$bin/shaketable" template run "$work/whole.json" --yes --json >"$work/whole.events" 2>"$work/whole.err" </dev/null &
whole=$!

# ── AWS FIS keeps away from a service that has sidecars ──
is_injecting() { grep -q '"phase":"injecting"' "$work/whole.events"; }
wait_until 60 is_injecting || fail "the whole one did not begin: $(cat "$work/whole.err")"
run doctor --engine fis --cluster storefront --service catalog --latency 100ms
expect_status 3
expect_output '^stop: it is injected already, by revision shaketable-catalog:'

# ── what can't be played ──
write_template checkout '"cpu": {"actionId": "aws:ecs:task-cpu-stress", "targets": {"Tasks": "all"},
  "parameters": {"duration": "PT1M"}}' >"$work/cpu.json"
run template run "$work/cpu.json" --engine sidecar --yes
expect_status 3
expect_error 'stop: action cpu'
refused 2 'takes no --duration' template run "$work/cpu.json" --duration 5m
refused 2 'both --cluster and --service' template run "$work/cpu.json" --cluster storefront
write_template checkout '"hole": {"actionId": "aws:ecs:task-network-blackhole-port", "targets": {"Tasks": "all"},
  "parameters": {"duration": "PT1M", "port": "9999", "trafficType": "ingress"}}' >"$work/port.json"
run template run "$work/port.json" --yes
expect_status 3
expect_error 'stop: no target group of the service uses port 9999'

# ── one that is ended early, with a task stopped at its beginning ──
write_template checkout "$(latency slow 300 ''),
  \"kill\": {\"actionId\": \"aws:ecs:stop-task\", \"targets\": {\"Tasks\": \"one\"}},
  $(latency slower 600 '"slow"')" >"$work/early.json"
"$bin/shaketable" template run "$work/early.json" --yes --json >"$work/events" 2>"$work/events.err" </dev/null &
injection=$!
wait_for_phase injecting
killed() { grep -q '"name":"kill","action":"aws:ecs:stop-task","status":"completed"' "$work/events"; }
wait_until 30 killed || fail "no task was stopped: $(tail -n 1 "$work/events")"
run adjust "$(experiment_id)" --latency 1s
expect_status 1
expect_error 'a template plays, and says which faults there are'
run status "$(experiment_id)"
expect_output '^actions +slow \(aws:ecs:task-network-latency\): running'
expect_output '^ +slower \(aws:ecs:task-network-latency\): pending'
run rollback "$(experiment_id)"
expect_status 0
wait_for_injection
expect_status 0
python3 - "$work/events" <<'PYTHON' || fail "the events of the one that was ended early are not as they should be"
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
last = {action['name']: action['status'] for action in events[-1]['actions']}
assert last == {'slow': 'stopped', 'kill': 'completed', 'slower': 'cancelled'}, last
assert events[-1]['phase'] == 'restored'
live = [event for event in events if event['phase'] == 'injecting' and event.get('now', {}).get('p50_ms')]
assert live and live[-1]['now']['p50_ms'] > 300, live[-1:]
PYTHON
[ "$(tasks_stopped)" = 1 ] || fail "$(tasks_stopped) tasks were stopped by the experiment, not 1"

# ── its stop condition is a guard ──
aws cloudwatch put-metric-alarm --alarm-name too-slow --metric-name x --namespace y --statistic Sum --period 60 \
  --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanThreshold
write_template checkout "$(latency slow 100 '')" | sed \
  's|"none"|"aws:cloudwatch:alarm", "value": "arn:aws:cloudwatch:us-east-1:000000000000:alarm:too-slow"|' >"$work/guarded.json"
# Named by hand as well it is one guard.
"$bin/shaketable" template run "$work/guarded.json" --yes --json \
  --guard 'alarm arn:aws:cloudwatch:us-east-1:000000000000:alarm:too-slow' >"$work/events" 2>"$work/events.err" </dev/null &
injection=$!
wait_for_phase injecting
aws cloudwatch set-alarm-state --alarm-name too-slow --state-value ALARM --state-reason 'said by a test'
wait_for_injection
expect_status 4
expect_error "guard 'alarm arn:.*too-slow' tripped: the alarm is in state ALARM: said by a test"
aws cloudwatch delete-alarms --alarm-names too-slow

# ── the whole one ──
wait "$whole"
status=$?
command_line="shaketable template run whole.json"
cp "$work/whole.events" "$work/out"
cp "$work/whole.err" "$work/err"
expect_status 0
python3 - "$work/whole.events" <<'PYTHON' || fail "the events of the whole one are not as they should be"
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
last = {action['name']: action for action in events[-1]['actions']}
assert {action['status'] for action in last.values()} == {'completed'}, last
length = last['slow']['ended'] - last['slow']['started']
assert 59000 < length < 75000, length
assert last['kill']['started'] >= last['slow']['ended'], last
assert events[-1]['phase'] == 'restored'
PYTHON

is_as_before() { state >"$work/state.after" && cmp -s "$work/state.before" "$work/state.after"; }
wait_until 30 is_as_before || expect_state_as_before # ECS replaces what was stopped
stop_region
finish
