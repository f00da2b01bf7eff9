#!/usr/bin/env bash
# A guard that trips ends the experiment by itself: clean at once, the service as it was, exit status 4, and why.
. "${top_srcdir:-.}/tests/src/lib.bash"

says() {
  run status
  grep -qE -- "$1" "$work/out"
}

start_region
remember_state

# Round trips, for two seconds; another guard that does not trip stands beside it.
start_injection --latency 800ms --duration 90s --guard 'p99 > 500ms for 2s' --guard 'errors > 20%'
expect_tripped 'p99 stood at [0-9.]+ m?s, and it has held for 2'
python3 - "$work/events" <<'PYTHON' || fail "the events are not those of a guard"
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
before = [event for event in events if event['phase'] in ('planned', 'arming')]
assert all([guard['state'] for guard in event['guards']] == ['waiting', 'waiting'] for event in before), before
last = events[-1]
assert last['phase'] == 'restored' and last['guard_tripped'], last
first, second = last['guards']
assert first['guard'] == 'p99 > 500ms for 2s' and first['state'] == 'tripped', first
assert first['value'] > 500 and first['threshold'] == 500 and first['unit'] == 'ms', first
assert second['state'] == 'ok' and second['value'] == 0, second
assert last['problem'].startswith("guard 'p99 > 500ms for 2s' tripped: p99 stood at "), last['problem']
assert 0 <= last['clean_in_ms'] < 1000, last
PYTHON

# Errors, with a guard that another terminal adds.
start_injection --error 503@60% --duration 90s
wait_for_phase injecting
run adjust --guard 'errors > 20% for 1h' --guard 'requests < 0.01/s'
expect_status 0
run adjust --guard 'errors > 20% for 1h'
expect_status 1
expect_error 'is there already'
wait_until 20 says '^guards      errors > 20% for 1h: [0-9.]+ %, holds for [0-9.]+ of 3600 s$' ||
  fail "status does not say how long a guard holds: $(cat "$work/out")"
wait_until 20 says '^            requests < 0.01/s: [0-9.]+/s, ok$' || fail "status: $(cat "$work/out")"
run adjust --guard 'errors > 20%'
expect_status 0
expect_tripped 'errors stood at [0-9.]+ %'

# While the baseline is measured, before any fault is live.
start_injection --latency 5ms --duration 90s --guard 'requests < 100000/s'
expect_tripped 'requests stood at [0-9.]+/s'
reached injecting && fail "the faults went live although a guard held before"

# What holds already, and what there isn't, is refused before anything is changed.
refused_guard() {
  run inject --cluster storefront --service checkout --yes --latency 5ms --guard "$1"
  expect_status 3
  expect_error "$2"
  expect_state_as_before
}
refused_guard 'running tasks < 9' "stop: the guard 'running tasks < 9' holds already"
refused_guard 'healthy targets < 9' "stop: the guard 'healthy targets < 9' holds already"
refused_guard 'alarm nope' "stop: there is no alarm nope"
refused_guard 'alarm arn:aws:cloudwatch:eu-west-1:000000000000:alarm:nope' 'stop: .* is in eu-west-1'
run plan --cluster storefront --service checkout --latency 5ms --guard 'p99 > 2s' --json
expect_status 0
expect_output '"guard": *"p99 > 2s"'

stop_region
finish
