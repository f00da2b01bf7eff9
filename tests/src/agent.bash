# Sourced by the tests of the ECS agent as the engine, after lib.bash: injections on the service of $where, real
# requests through $door, and what is in force at the agents.
. "${top_srcdir:-.}/tests/awscli/aws.bash"
where="--cluster storefront --service catalog"

# One request, in milliseconds.
took_ms() { curl -s -o /dev/null --max-time 20 -w '%{time_total}' "$door" | awk '{ print int($1 * 1000) }'; }
# The fastest of five: the application takes some 10 ms, and this machine may be busy.
fastest_ms() { for _ in 1 2 3 4 5; do took_ms; done | sort -n | head -n 1; }
is_fast() { [ "$(fastest_ms)" -lt 200 ]; }
is_slower_than() { [ "$(fastest_ms)" -ge "$1" ]; }
# How many faults run at the agents.
faults() {
  curl -sS --max-time 20 "$endpoint/_shaketable/interface" |
    python3 -c 'import json, sys; print(sum(len(one["running"]) for one in json.load(sys.stdin)))'
}
no_faults() { [ "$(faults)" = 0 ]; }
fail_calls() { curl -sS --max-time 20 -X PUT -d "$1" "$endpoint/_shaketable/fail" >"$work/failing" || die "no failures"; }

# Like start_injection, on the service of $where.
start_agent() {
  : >"$work/events"
  "$bin/shaketable" inject --engine agent $where --yes --json --duration 10m "$@" >"$work/events" 2>"$work/events.err" </dev/null &
  injection=$!
}
kill_console() {
  kill -KILL "$injection"
  wait "$injection" 2>/dev/null
}
# As before, with nothing of ours and no fault anywhere.
expect_clean() {
  expect_state_as_before
  [ "$(faults)" = 0 ] || fail "$command_line: faults are left: $(curl -sS "$endpoint/_shaketable/interface")"
  is_fast || fail "$command_line: requests are still slow: $(fastest_ms) ms"
}

# A region, its state remembered, and the way through the load balancer to catalog.
start_agent_region() {
  local balancer
  start_region
  remember_state
  balancer=$(aws elbv2 describe-load-balancers --names storefront-internal --query 'LoadBalancers[0].LoadBalancerArn' --output text)
  door=http://$(aws elbv2 describe-load-balancers --names storefront-internal --query 'LoadBalancers[0].DNSName' --output text):$(
    aws elbv2 describe-listeners --load-balancer-arn "$balancer" --output text \
      --query "Listeners[?DefaultActions[0].TargetGroupArn && contains(DefaultActions[0].TargetGroupArn, 'catalog')].Port")/
}
