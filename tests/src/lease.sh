#!/usr/bin/env bash
# The console is killed and nobody comes: the sidecars go clean when the lease ends, and traffic is as fast
# as before although the sidecars are still there.
. "${top_srcdir:-.}/tests/src/lib.bash"

start_region
remember_state
start_injection --latency 900ms --duration 60s
wait_for_phase injecting

address=$(aws elbv2 describe-load-balancers --query "LoadBalancers[?starts_with(LoadBalancerName, 'storefront')].DNSName" --output text)
cart() {
  curl -sS -o "$work/cart" -w '%{time_starttransfer}' --max-time 10 "http://$address:8002/cart"
}
is_slow() {
  cart | awk '{ exit !($1 >= 0.9) }'
}
is_fast() {
  cart | awk '{ exit !($1 < 0.7) }'
}
is_slow || fail "while injecting, a request took $(cart) s"

kill -KILL "$injection"
wait "$injection" 2>/dev/null
is_slow || fail "the faults ended before their lease"
wait_until 25 is_fast || fail "25 s after kill -9 a request still takes $(cart) s"
aws ecs describe-services --cluster storefront --services checkout --query 'services[0].taskDefinition' \
  --output text | grep -q shaketable-checkout || fail "the sidecars are gone although nobody rolled back"

run rollback --all
expect_status 0
expect_state_as_before
expect_no_revision

stop_region
finish
