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
kill -KILL "$victim"

# "ON OF": that many sidecars have the faults
live_on() {
  run status --json
  python3 -c 'import json, sys
status = json.load(open(sys.argv[1]))
assert [status["live_on"], status["live_of"]] == [int(n) for n in sys.argv[2:]], status' "$work/out" "$@"
}
wait_until 20 live_on 2 3 || wait_until 1 live_on 2 2 || fail "the loss of a sidecar was not seen: $(cat "$work/out")"
wait_until 60 live_on 3 3 || fail "the new task's sidecar did not get the faults: $(cat "$work/out")"

run rollback
expect_status 0
wait_for_injection
expect_status 0
expect_state_as_before
expect_no_revision

stop_region
finish
