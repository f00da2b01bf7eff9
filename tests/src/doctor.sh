#!/usr/bin/env bash
# The doctor: findings by severity, with and without faults, as text, as JSON and in colour; the plan's diff too.
. "${top_srcdir:-.}/tests/src/lib.bash"

start_region
target="--cluster storefront --service checkout"

# "COMMAND...": on a terminal; what it wrote is in $work/out.
on_terminal() {
  command_line="$* (on a terminal)"
  TERM=xterm python3 - "$work/out" "$bin/shaketable" "$@" <<'PYTHON'
import os, pty, sys
def read(fd):
    data = os.read(fd, 65536)
    written.write(data)
    return data
with open(sys.argv[1], "wb") as written:
    sys.stdout = open(os.devnull, "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    status = os.waitstatus_to_exitcode(pty.spawn(sys.argv[2:], read))
sys.exit(status)
PYTHON
  status=$?
}

escape=$(printf '\033')

# ── one that can be injected ──
run doctor $target
expect_status 0
expect_output '^note: the deployment circuit breaker rolls back$'
expect_output '^  why: '
expect_output '^  do:  '
expect_output 'storefront/checkout can be injected: [0-9]+ notes?$'
grep -q "$escape" "$work/out" && fail "colours where there is no terminal"
run doctor $target --latency 5s --include-health-checks
expect_status 0
expect_output '^warning: the faults are meant for the health checks of tg-checkout too'
[ "$(grep -nE '^(stop|warning|note):' "$work/out" | head -n 1 | cut -d: -f2)" = warning ] ||
  fail "the warning does not stand before the notes"

run doctor $target --json
expect_status 0
python3 -c '
import json, sys
answer = json.load(sys.stdin)
findings = answer["findings"]
assert not answer["refused"] and answer["findings_left_out"] == 0
assert all(f["what"] and f["why"] and f["advice"] and f["severity"] == "note" for f in findings), findings
assert any("circuit breaker" in f["what"] for f in findings), findings
' <"$work/out" || fail "doctor --json: $(cat "$work/out")"
[ -s "$work/err" ] && fail "doctor --json said: $(cat "$work/err")"

# ── colours, and none ──
on_terminal doctor $target
expect_output "$escape\[36m.*note:.*circuit breaker"
on_terminal plan $target --latency 5ms
expect_output "^$escape\[32m\+ .*shaketable-proxy"
expect_output "^$escape\[31m- .*\"containerPort\": 8080"
expect_output "^$escape\[36m@@"
NO_COLOR=1 on_terminal plan $target --latency 5ms
grep -q "$escape" "$work/out" && fail "colours in spite of NO_COLOR"
expect_output '^\+.*shaketable-proxy'
on_terminal plan $target --latency 5ms --no-color
grep -q "$escape" "$work/out" && fail "colours in spite of --no-color"

# ── some that can't: every stop is told at once ──
task_definition=$(aws ecs describe-services --cluster storefront --services checkout \
  --query 'services[0].taskDefinition' --output text)
aws ecs create-service --cluster storefront --service-name stuck --task-definition "$task_definition" \
  --desired-count 1 --network-configuration 'awsvpcConfiguration={subnets=[subnet-0a1b2c3d4e5f60718]}' \
  --deployment-configuration 'minimumHealthyPercent=100,maximumPercent=100' >/dev/null || die "create-service"
run doctor --cluster storefront --service stuck
expect_status 3
expect_output '^stop: the service has no load balancer$'
expect_output '^stop: 1 tasks, at least 100 % and at most 100 % of them: none can be replaced$'
expect_output "storefront/stuck can't be injected: [2-9] stops"
expect_error 'refused, nothing was changed'
run doctor --cluster storefront --service stuck --json
expect_status 3
python3 -c 'import json, sys; a = json.load(sys.stdin); assert a["refused"] and a["findings"][0]["severity"] == "stop"' \
  <"$work/out" || fail "doctor --json: $(cat "$work/out")"
on_terminal doctor --cluster storefront --service stuck
[ "$status" = 3 ] || fail "$command_line: status $status"
expect_output "$escape\[31m.*stop:"
aws ecs delete-service --cluster storefront --service stuck --force >/dev/null

stop_region
finish
