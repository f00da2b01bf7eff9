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
finish
