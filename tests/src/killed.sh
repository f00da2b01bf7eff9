#!/usr/bin/env bash
# kill -9 in each phase: the faults end with their lease, and `rollback` finishes, from the journal or, with
# the journal deleted, from what stands in AWS.
. "${top_srcdir:-.}/tests/src/lib.bash"

start_region
remember_state

kill_while() {
  start_injection --latency 300ms --duration 60s
  wait_for_phase "$1"
  kill -KILL "$injection"
  wait "$injection" 2>/dev/null
}

restored() {
  expect_status 0
  expect_state_as_before
  expect_no_revision
  wait_until 30 is_steady || fail "$command_line: the service is not steady afterwards"
}

# ── with the journal ──
for phase in arming armed injecting; do
  kill_while "$phase"
  run list experiments
  expect_output "$(experiment_id).*storefront/checkout.*dead"
  run status
  expect_status 0
  expect_output 'process +dead'
  refused 1 'is dead' adjust --latency 10ms
  run rollback --all
  command_line="rollback --all after kill -9 while $phase"
  restored
done

# By its name.
kill_while injecting
run rollback "$(experiment_id)"
restored

# ── without it ──
kill_while injecting
rm -rf "$XDG_STATE_HOME"
run rollback --cluster storefront --service checkout
command_line="rollback --cluster --service without a journal"
restored

kill_while arming
rm -rf "$XDG_STATE_HOME"
run rollback --all
command_line="rollback --all without a journal"
restored

refused 1 'nothing to roll back' rollback --cluster storefront --service checkout

stop_region
finish
