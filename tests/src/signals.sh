#!/usr/bin/env bash
# A signal at any moment of an injection: everything is restored, and the exit status is 0. Each phase with
# the next of the three signals.
. "${top_srcdir:-.}/tests/src/lib.bash"

start_region
remember_state

# "PHASE SIGNAL"
signalled() {
  start_injection --latency 300ms --duration 60s
  wait_for_phase "$1"
  kill -"$2" "$injection"
  wait_for_injection
  command_line="inject with SIG$2 while $1"
  expect_status 0
  expect_error "rolling back"
  reached restored || fail "$command_line: the phase restored was not reached"
  expect_state_as_before
  expect_no_revision
  wait_until 30 is_steady || fail "$command_line: the service is not steady afterwards"
}

signalled arming INT
signalled armed TERM
signalled injecting HUP
signalled arming HUP
signalled injecting INT

stop_region
finish
