#!/usr/bin/env bash
# The process that runs an experiment is stopped for longer than the lease: the faults end by themselves. When it
# goes on it says so and rolls back: they do not come back by themselves.
. "${top_srcdir:-.}/tests/src/lib.bash"

start_region
remember_state
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

# Sees to it that no request is delayed any more: writes down those that are.
watch_requests() {
  while [ ! -e "$work/enough" ]; do
    is_fast || cart >>"$work/slow"
    sleep 0.05
  done
}

start_injection --latency 900ms --duration 120s
wait_for_phase injecting
is_slow || fail "while injecting, a request took $(cart) s"
kill -STOP "$injection"
wait_until 30 is_fast || fail "30 s after SIGSTOP a request still takes $(cart) s"
sleep 2 # the sidecars' leases end at their own moments
watch_requests &
watcher=$!
kill -CONT "$injection"
wait_for_injection
expect_status 1
expect_error 'stood still for [0-9]+ s, longer than the lease of 10 s'
touch "$work/enough"
wait "$watcher"
[ ! -s "$work/slow" ] || fail "the faults came back: $(head -n 3 "$work/slow" | tr '\n' ' ')"
expect_state_as_before
expect_no_revision

stop_region
finish
