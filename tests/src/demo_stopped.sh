#!/usr/bin/env bash
# A signal while the headless demo waits for its services ends it, not the half minute that it would wait.
. "${top_srcdir:-.}/tests/src/lib.bash"

"$bin/shaketable" demo --headless >"$work/out" 2>"$work/err" </dev/null &
demo=$!
wait_until 30 grep -q '^injecting into' "$work/out" || die "the demo did not start: $(cat "$work/err")"
sleep 0.3 # the region takes longer than that to become steady
kill -TERM "$demo"
has_ended() { ! kill -0 "$demo" 2>/dev/null; }
wait_until 20 has_ended || fail "it goes on after SIGTERM"
wait "$demo"
status=$?
command_line="shaketable demo --headless, with SIGTERM"
expect_status 1
expect_error 'stopped, nothing was changed'
grep -q 'begins; the way back' "$work/out" && fail "it injected all the same"
finish
