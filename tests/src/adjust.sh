#!/usr/bin/env bash
# An experiment under way, from other terminals: status, watch, adjust, a second injection, rollback.
. "${top_srcdir:-.}/tests/src/lib.bash"

start_region
remember_state
start_injection --latency 700ms --duration 60s
wait_for_phase injecting
id=$(experiment_id)

run status
expect_status 0
expect_output "^experiment +$id"
expect_output '^service +storefront/checkout'
expect_output '^phase +injecting'
expect_output '^faults +latency 700 ms.* live on 3 of 3'
run status "$id" --json
expect_status 0
python3 -c 'import json, sys; s = json.load(sys.stdin); assert s["phase"] == "injecting" and s["live_on"] == 3' \
  <"$work/out" || fail "status --json: $(cat "$work/out")"
run list experiments
expect_output "$id.*injecting.*running"

# The figures follow.
median_is() {
  run status --json
  python3 - "$work/out" "$1" <<'PYTHON'
import json, sys
status = json.load(open(sys.argv[1]))
moved = status['now']['p50_ms'] - status['before']['p50_ms']
assert status['now']['n'] > 20 and abs(moved - float(sys.argv[2])) < 30, moved
PYTHON
}
wait_until 15 median_is 700 || fail "the median did not move by 700 ms: $(cat "$work/out")"
run adjust --latency 200ms --json
expect_status 0
wait_until 15 median_is 200 || fail "the median did not follow to 200 ms: $(cat "$work/out")"
run adjust "$id" --error 503@50%
expect_status 0
run status --json
python3 -c 'import json, sys
faults = json.load(sys.stdin)["faults"]
assert faults["latency"]["mean_ms"] == 200, faults
assert (faults["error"]["percent"], faults["error"]["status"], faults["error"]["body"]) == (50, 503, ""), faults' \
  <"$work/out" || fail "what adjust does not name should stay"
errors_flow() {
  run status --json
  python3 -c 'import json, sys; assert 25 < json.load(sys.stdin)["now"]["error_percent"] < 75' <"$work/out"
}
wait_until 15 errors_flow || fail "half of the answers should be errors: $(cat "$work/out")"
refused 2 '--latency' adjust --latency soon

# watch: a line an interval, for as long as it is asked.
timeout 3 "$bin/shaketable" watch --interval 500ms --json >"$work/watched" 2>"$work/err"
[ "$(wc -l <"$work/watched")" -ge 3 ] || fail "watch printed $(wc -l <"$work/watched") lines in 3 s"
python3 -c 'import json, sys; [json.loads(line)["phase"] for line in sys.stdin]' <"$work/watched" ||
  fail "watch --json did not print one document a line"

# Faults for a share: the control group stands beside it.
run adjust --latency 300ms --error 503@0% --percent 50%
expect_status 0
groups_differ() {
  run status --json
  python3 - "$work/out" <<'PYTHON'
import json, sys
status = json.load(open(sys.argv[1]))
scoped, control = status['scoped'], status['control']
assert scoped['n'] > 10 and control['n'] > 10, status
assert scoped['p50_ms'] > 290 and scoped['p50_ms'] - control['p50_ms'] > 200, status
PYTHON
}
wait_until 20 groups_differ || fail "the control group should stay fast: $(cat "$work/out")"
run status
expect_output 'in scope .* control '
run adjust --percent 100%
expect_status 0
no_control() {
  run status --json
  python3 -c 'import json, sys; s = json.load(sys.stdin); assert s["now"]["n"] > 10 and "control" not in s' <"$work/out"
}
wait_until 20 no_control || fail "faults for all leave no control group: $(cat "$work/out")"

# A second one on the same service is refused, whatever it is.
run inject --cluster storefront --service checkout --latency 5ms --yes
expect_status 3
expect_error 'injected already'
expect_error 'nothing was changed'
run doctor --cluster storefront --service checkout
expect_status 3

# Another terminal ends it; the one in the foreground sees that, and ends well.
run rollback
expect_status 0
wait_for_injection
expect_status 0
reached restored || fail "the injection did not end restored"
expect_state_as_before
expect_no_revision

stop_region
finish
