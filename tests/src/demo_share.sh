#!/usr/bin/env bash
# Faults for half of the requests, in words: the report at the end has the control group beside the others.
. "${top_srcdir:-.}/tests/src/lib.bash"

run demo --headless --latency 400ms --percent 50% --duration 6s
expect_status 0
expect_output '^  before +p50 '
expect_output '^  during +p50 '
expect_output '^  in scope +p50 [4-9][0-9][0-9] ms'
expect_output '^  control +p50 [0-9.]+ (ms|µs)'
expect_output '^  All is as it was'
grep -Eq '^  control +p50 [4-9][0-9][0-9] ms' "$work/out" && fail "the control group is as slow as the experiment"
# A client that never said anything does not take the place of what the sidecars measured.
run demo --headless --json --client-stats tcp:127.0.0.1:9 --latency 100ms --duration 2s
expect_status 0
grep '"phase":"restored"' "$work/out" | tail -n 1 | grep -q '"before":{"n":[1-9]' ||
  fail "in the end nothing is said of before: $(tail -n 1 "$work/out" | cut -c1-2000)"
finish
