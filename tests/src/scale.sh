#!/usr/bin/env bash
# Tasks come and go while faults are live: the new ones get the same faults, at the same point of their schedule,
# and a task whose sidecar can't be reached is counted as such.
. "${top_srcdir:-.}/tests/src/lib.bash"
. "${top_srcdir:-.}/tests/awscli/aws.bash"

start_region
remember_state
start_injection --latency 300ms --ramp 1s --duration 170s
wait_for_phase injecting

# "ON OF UNREACHABLE"
live_on() {
  run status --json
  python3 -c 'import json, sys
status = json.load(open(sys.argv[1]))
assert [status["live_on"], status["live_of"], status["unreachable"]] == [int(n) for n in sys.argv[2:]], status
# Nobody has a lease of its own, and all end at one deadline.
assert all(sidecar["state"] == "live" for sidecar in status["sidecars"]) or sys.argv[4] != "0", status' \
    "$work/out" "$@"
}
scale() {
  aws ecs update-service --cluster storefront --service checkout --desired-count "$1" >"$work/update" ||
    die "the service could not be scaled to $1"
}
wait_until 20 live_on 3 3 0 || fail "not live on all: $(cat "$work/out")"
scale 5
wait_until 60 live_on 5 5 0 || fail "the new tasks did not get the faults: $(cat "$work/out")"
scale 2
wait_until 60 live_on 2 2 0 || fail "those that left still count: $(cat "$work/out")"

# One that stands still is not reached, and not called live; it gets the faults again when it goes on.
victim=$(for pid in $(processes_of "$region_pid"); do
  ps -o pid=,args= -p "$pid" | grep shaketable-proxy
done | awk '{ print $1; exit }')
[ -n "$victim" ] || die "no sidecar is running"
kill -STOP "$victim"
wait_until 20 live_on 1 2 1 || fail "a silent sidecar is not counted: $(cat "$work/out")"
run status
expect_output 'live on 1 of 2 sidecars, 1 unreachable'
kill -CONT "$victim"
wait_until 60 live_on 2 2 0 || fail "it did not get the faults again: $(cat "$work/out")"
scale 3
wait_until 60 live_on 3 3 0 || fail "the third task did not get the faults: $(cat "$work/out")"

run rollback
expect_status 0
wait_for_injection
expect_status 0
expect_state_as_before
expect_no_revision

stop_region
finish
