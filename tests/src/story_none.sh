#!/usr/bin/env bash
# Sidecars that are not reached: they live by the clock, and are heard of by CloudWatch Logs alone.
. "${top_srcdir:-.}/tests/src/lib.bash"

start_region
remember_state

run plan --cluster storefront --service checkout --latency 300ms --duration 20s --reach none
expect_status 0
expect_output '"SHAKETABLE_DEADLINE"'
expect_error 'the sidecars are not reached: no live faders'

start_injection --latency 300ms --duration 20s --reach none
wait_for_phase armed
run status --json
expect_output '"reach": *"none"'
run adjust --latency 100ms
expect_status 1
expect_error "can't be reached.*Roll back"
# Nobody but this console and the region's log knows: the sidecar's own port is not used.
wait_for_phase injecting
live_on_three() {
  run status --json
  python3 -c 'import json, sys
status = json.load(open(sys.argv[1]))
assert [status["live_on"], status["live_of"], status["unreachable"]] == [3, 3, 0], status
assert status["now"]["p50_ms"] > 295 and status["now"]["n"] > 20, status["now"]
assert status["before"]["n"] > 20 and status["before"]["p50_ms"] < 250, status["before"]
assert all(sidecar["heard"] > 0 for sidecar in status["sidecars"]), status["sidecars"]' "$work/out"
}
wait_until 15 live_on_three || fail "what the sidecars logged is not seen: $(cat "$work/out" "$work/err")"
run status
expect_output 'reach +none'
wait_for_injection
expect_status 0
python3 - "$work/events" <<'PYTHON' || fail "the events are not the story's"
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
last = events[-1]
assert last['phase'] == 'restored', last
assert 'clean_in_ms' not in last, 'a time that nobody measured'
steps = {step['name']: step['detail'] for step in last['steps']}
assert 'with their tasks' in steps['Traffic clean'] or 'clock' in steps['Traffic clean'], steps
PYTHON
expect_state_as_before
expect_no_revision

# Rolled back before its time, from another terminal; and by another console after a crash.
start_injection --latency 300ms --duration 60s --reach none
wait_for_phase injecting
run rollback
expect_status 0
wait_for_injection
expect_status 0
expect_error 'traffic is clean when their tasks are gone, or at'
expect_state_as_before

start_injection --latency 300ms --duration 60s --reach none
wait_for_phase injecting
kill -KILL "$injection"
wait "$injection" 2>/dev/null
run status
expect_output 'its faults go on by themselves until'
run rollback --all
expect_status 0
expect_state_as_before
expect_no_revision

stop_region
finish
