#!/usr/bin/env bash
# The main story without a screen: 800 ms ± 50 ms into storefront/checkout for six seconds, and all is as it was.
. "${top_srcdir:-.}/tests/src/lib.bash"

start_region
remember_state
start_injection --latency 800ms --jitter 50ms --duration 6s
wait_for_phase injecting
aws ecs describe-services --cluster storefront --services checkout \
  --query 'services[0].taskDefinition' --output text >"$work/running"
grep -q 'task-definition/shaketable-checkout:' "$work/running" ||
  fail "while injecting, the service runs $(cat "$work/running")"
revision=$(sed 's|.*/||' "$work/running")
wait_for_injection
expect_status 0

python3 - "$work/events" <<'PYTHON' || fail "the events are not the story's"
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
phases = []
for event in events:
    if not phases or phases[-1] != event['phase']:
        phases.append(event['phase'])
wanted = ['planned', 'arming', 'armed', 'injecting', 'recovering', 'restored']
assert [phase for phase in phases if phase in wanted] == wanted, phases
steps = {step['name']: step['state'] for step in events[-1]['steps']}
assert set(steps.values()) == {'done'}, steps

injecting = [event for event in events if event['phase'] == 'injecting']
measured = [event for event in injecting if event.get('now', {}).get('p50_ms')]
assert measured, 'nothing was measured while the faults were live'
last = measured[-1]
assert (last['live_on'], last['live_of']) == (3, 3), last
assert [sidecar['state'] for sidecar in last['sidecars']] == ['live'] * 3, last['sidecars']
assert last['faults']['latency'] == {'mean_ms': 800.0, 'jitter_ms': 50.0, 'distribution': 'normal'}, last['faults']
before, now = last['before'], last['now']
print('before %.1f ms, now %.1f ms, n %d' % (before['p50_ms'], now['p50_ms'], now['n']))
assert before['n'] > 20 and now['n'] > 20, (before, now)
assert abs(now['p50_ms'] - before['p50_ms'] - 800) < 30, (before, now)
assert now['p90_ms'] > now['p50_ms'] + 20, now
assert now['error_percent'] == 0, now

clean = events[-1]['clean_in_ms']
print('clean in %.1f ms' % clean)
assert 0 <= clean < 1000, clean
PYTHON

expect_state_as_before
expect_no_revision
described=$(aws ecs describe-task-definition --task-definition "$revision" \
  --query 'taskDefinition.status' --output text)
[ "$described" = INACTIVE ] || fail "revision $revision is $described"
running=$(aws ecs describe-services --cluster storefront --services checkout \
  --query 'services[0].[taskDefinition, loadBalancers[0].containerName, loadBalancers[0].containerPort]' --output text)
[[ $running == *task-definition/checkout:41*checkout*8080 ]] || fail "afterwards the service runs $running"

# What stands in the journal, as another terminal sees it.
run list experiments
expect_status 0
expect_output "$(experiment_id).*storefront/checkout.*-"
run rollback --all
expect_status 0
expect_error 'nothing to roll back'
refused 1 'no experiment is under way' status

stop_region
finish
