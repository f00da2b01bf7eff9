#!/usr/bin/env bash
# The ECS agent as the engine, without a screen: what it can't do is told, an injection delays real traffic, is
# changed and taken back; a console that dies leaves nothing that does not end by itself; another machine finds
# the way back; a service without a load balancer.
. "${top_srcdir:-.}/tests/src/lib.bash"
. "${top_srcdir:-.}/tests/src/agent.bash"

start_agent_region

# ── bad lines, and what the agent can't do, all of it before anything is made ──
refused 2 '"db.example.com" is no IP address .* takes no names' inject --engine agent $where --yes --latency 8 --agent-source db.example.com
refused 2 "it is the ECS agent's faults that take places" inject $where --yes --latency 8 --agent-source 10.0.0.0/8
refused 2 "are AWS FIS's" inject --engine agent $where --yes --latency 8 --tag a=b
refused 2 'inject --engine agent brings its own' prepare --engine agent $where
echo '{}' >"$work/template.json"
refused 2 'template run takes no --engine agent' template run "$work/template.json" --engine agent --yes
refused 2 'template check takes no --engine agent' template check "$work/template.json" --engine agent
run doctor --engine agent $where --latency 2.5ms --error 503@10% --reset 1% --percent 50.5%
expect_status 3
for words in '--error' '--reset' '--latency: .* whole milliseconds' '--percent'; do
  expect_output "^stop: $words"
done
expect_output 'do:  set it to zero, or use --engine sidecar'
run doctor --engine agent $where --latency 3s
expect_status 0
expect_output "^warning: connecting and answering take 6.00 s longer, and tg-catalog's health checks wait for"
expect_clean

# ── an injection, a change, and R from another terminal ──
start_agent --latency 300ms
wait_for_phase injecting
is_slower_than 300 || fail "requests are not slow: $(fastest_ms) ms"
[ "$(faults)" = 2 ] || fail "not each of the two tasks has its fault: $(faults)"
run adjust --error 503@10% --reset 1%
expect_status 3
expect_error '--error: .*--reset: '
run adjust --latency 600ms
expect_status 0
wait_until 30 is_slower_than 600 || fail "the change does not come: $(fastest_ms) ms"
run status
expect_status 0
expect_output 'faults +latency 600 ms, live on 2 of 2 sidecars'
expect_output 'engine +the ECS agent, called by the sidecars, one change in 5 s'
run list experiments
expect_output "$(experiment_id) +agent +storefront/catalog"
run rollback "$(experiment_id)"
expect_status 0
wait_for_injection
expect_status 0
python3 - "$work/events" <<'PYTHON' || fail "the events are not the story's"
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
live = [event for event in events if event['phase'] == 'injecting']
assert live[0]['engine'] == 'agent' and live[0]['adjustable'] and live[0]['slow_ms'] == 5000, live[0]
assert {event['faults']['latency']['mean_ms'] for event in live} == {300, 600}, live
under_way = [event for event in live if event['changing']]
assert under_way and all(event['asked']['latency']['mean_ms'] == 600 for event in under_way), under_way
assert not live[-1]['changing'], live[-1]
assert events[-1]['phase'] == 'restored' and events[-1]['clean_in_ms'] >= 0, events[-1]
assert {step['state'] for step in events[-1]['steps']} == {'done'}, events[-1]['steps']
PYTHON
expect_clean

# ── a black hole, where the load balancer comes in ──
start_agent --blackhole
wait_for_phase injecting
curl -s -o /dev/null --max-time 2 "$door" && fail "somebody answers out of the black hole"
run rollback "$(experiment_id)"
expect_status 0
wait_for_injection
expect_status 0
expect_clean

# ── kill -9 of the console: the sidecars take the fault back by themselves, and `rollback` does the rest ──
start_agent --latency 300ms
wait_for_phase injecting
kill_console
is_slower_than 300 || fail "the fault went with the console, not with its lease"
wait_until 60 is_fast || fail "the fault outlives its lease: $(fastest_ms) ms"
wait_until 10 no_faults || fail "the agent still runs a fault: $(curl -sS "$endpoint/_shaketable/interface")"
run status "$(experiment_id)"
expect_output 'process +dead: its faults ended with their lease'
run rollback "$(experiment_id)"
expect_status 0
expect_clean

# ── another machine: no journal and another key, while the fault is live ──
start_agent --latency 300ms
wait_for_phase injecting
id=$(experiment_id)
kill_console
rm -rf "$XDG_STATE_HOME" "$XDG_CONFIG_HOME"
run list experiments
expect_output "$id +agent +storefront/catalog"
run rollback $where
expect_status 0
expect_output "take another console's key, not this one"
expect_output 'storefront/catalog is restored'
expect_clean

# ── a service without a load balancer: no load balancer is touched, and its network is faulted all the same ──
network=$(aws ecs describe-services --cluster storefront --services catalog --query 'services[0].networkConfiguration' --output json)
aws ecs create-service --cluster storefront --service-name worker --task-definition catalog --desired-count 1 \
  --network-configuration "$network" >"$work/created" || die "no service"
aws ecs wait services-stable --cluster storefront --services worker
remember_state
where="--cluster storefront --service worker"
start_agent --latency 300ms
wait_for_phase injecting
task=$(aws ecs list-tasks --cluster storefront --service-name worker --query 'taskArns[0]' --output text)
door=http://$(aws ecs describe-tasks --cluster storefront --tasks "$task" --output text \
  --query 'tasks[0].attachments[0].details[?name==`privateIPv4Address`].value | [0]'):8080/
is_slower_than 300 || fail "the worker is not slow: $(fastest_ms) ms"
run rollback "$(experiment_id)"
expect_status 0
wait_for_injection
expect_status 0
expect_state_as_before
[ "$(faults)" = 0 ] || fail "faults are left"

stop_region
finish
