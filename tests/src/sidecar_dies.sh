#!/usr/bin/env bash
# A sidecar is killed while faults are live: ECS replaces its task, the new sidecar gets the faults, and the
# rollback is whole.
. "${top_srcdir:-.}/tests/src/lib.bash"

start_region
remember_state
start_injection --latency 300ms --duration 90s
wait_for_phase injecting
victim=$(for pid in $(processes_of "$region_pid"); do
  ps -o pid=,args= -p "$pid" | grep shaketable-proxy
done | awk '{ print $1; exit }')
[ -n "$victim" ] || die "no sidecar is running"
run status --json
cp "$work/out" "$work/before.json"
kill -KILL "$victim"

# All three have the faults again, and one of them is another task's than before.
live_on_others() {
  run status --json
  python3 - "$work/before.json" "$work/out" <<'PYTHON'
import json, sys
before, now = (json.load(open(name)) for name in sys.argv[1:])
tasks = lambda status: {sidecar['task'] for sidecar in status['sidecars'] if sidecar['state'] == 'live'}
assert (now['live_on'], now['live_of']) == (3, 3) and len(tasks(now)) == 3 and tasks(now) != tasks(before), now
PYTHON
}
wait_until 60 live_on_others || fail "the new task's sidecar did not get the faults: $(cat "$work/out")"
# A region in haste replaces a task so soon that only the events are sure to have seen the loss.
grep -q '"live_on":2' "$work/events" || fail "the loss of a sidecar was not seen"

run rollback
expect_status 0
wait_for_injection
expect_status 0
expect_state_as_before
expect_no_revision

stop_region
finish
