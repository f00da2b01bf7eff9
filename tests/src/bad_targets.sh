#!/usr/bin/env bash
# What can't be injected, and a region that will not have us: a message that names the thing, a status, and
# nothing changed.
. "${top_srcdir:-.}/tests/src/lib.bash"

start_region
remember_state
inject="inject --latency 5ms --yes --duration 5s"

refused 1 'atlantis' $inject --cluster atlantis --service checkout
refused 1 'nautilus' $inject --cluster storefront --service nautilus
refused 1 'atlantis' list services --cluster atlantis
refused 1 'nautilus' rollback --cluster storefront --service nautilus
refused 1 'nothing to roll back' rollback --cluster storefront --service checkout

# Without a terminal nobody can confirm.
run inject --cluster storefront --service checkout --latency 5ms
expect_status 2
expect_error 'add --yes'

run $inject --read-only --cluster storefront --service checkout
expect_status 3
expect_error 'read-only'
[ -z "$(find "$work/state" -name '*.jsonl' 2>/dev/null)" ] || fail "a refused injection left a journal"

# Plans and the preflight change nothing.
run plan --cluster storefront --service checkout --latency 5ms
expect_status 0
expect_output '^\+.*shaketable-proxy'
run plan --cluster storefront --service checkout --latency 5ms --json
expect_status 0
python3 -c 'import json, sys; p = json.load(sys.stdin); assert not p["refused"] and "shaketable-proxy" in p["diff"]' \
  <"$work/out" || fail "plan --json: $(cat "$work/out")"
run doctor --cluster storefront --service checkout
expect_status 0
expect_output 'can be injected'

# ── credentials ──
AWS_SECRET_ACCESS_KEY=wrong refused 1 '[Ss]ignature' $inject --cluster storefront --service checkout
AWS_SECRET_ACCESS_KEY=wrong refused 1 '[Ss]ignature' list clusters

expect_state_as_before

# ── a service without a load balancer ──
aws ecs create-service --cluster storefront --service-name worker --task-definition checkout --desired-count 1 \
  --network-configuration 'awsvpcConfiguration={subnets=[subnet-0a1b2c3d4e5f60718]}' >"$work/created" ||
  fail "the region did not create a service"
worker_is_steady() {
  aws ecs describe-services --cluster storefront --services worker \
    --query 'services[0].deployments[0].rolloutState' --output text | grep -q COMPLETED
}
wait_until 60 worker_is_steady || fail "the service worker did not become steady"
remember_state
run $inject --cluster storefront --service worker
expect_status 3
expect_error 'no load balancer'
expect_error 'nothing was changed'
expect_state_as_before

stop_region
finish
