#!/usr/bin/env bash
# Traffic while the sidecars are put in and taken out again: clients at 500 requests a second, most of them over
# kept-alive connections, through the region's load balancer, to a service that is injected, live and rolled back, in both ways in.
# Not one request fails: the experiment delays, the deployments around it cost nobody anything.
. "${top_srcdir:-.}/tests/src/lib.bash"
command -v python3 >/dev/null || { echo "no python3 here"; exit 77; }
client="${top_srcdir:-.}/tests/sandbox/steady_client.py"

start_region --no-traffic "$@"
remember_state
host=$(aws elbv2 describe-load-balancers --names storefront-internal --query 'LoadBalancers[0].DNSName' --output text)

no_request_lost() {
  local way=$1 name
  shift
  python3 "$client" "$host" 8002 420 24 >"$work/kept" &
  local kept=$!
  python3 "$client" "$host" 8002 80 16 --close >"$work/closed" &
  local closed=$!
  start_injection --latency 20ms --duration 60s "$@"
  wait_for_phase injecting
  run rollback "$(experiment_id)"
  expect_status 0
  wait_for_injection
  expect_status 0
  kill -TERM "$kept" "$closed"
  wait "$kept" "$closed"
  for name in kept closed; do
    grep -q '^[0-9]* 0 failed$' "$work/$name" || fail "$way, $name connections: $(cat "$work/$name")"
    echo "$way, $name: $(cat "$work/$name")"
  done
  expect_state_as_before
  expect_no_revision
}

no_request_lost "in place" --way in-place
no_request_lost "canary" --way canary --blast-radius 34%

stop_region
finish
