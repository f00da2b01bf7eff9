#!/usr/bin/env bash
# Guards on what AWS says: targets, tasks, an alarm; and on what can no longer be seen, unless that is said to be
# well.
. "${top_srcdir:-.}/tests/src/lib.bash"
. "${top_srcdir:-.}/tests/awscli/aws.bash"

alarm() { aws cloudwatch "$@" || die "aws cloudwatch $1 failed"; }
scale() { aws ecs update-service --cluster storefront --service checkout --desired-count "$1" >/dev/null || die "can't scale"; }
is_silent() {
  run status
  grep -q '^guards .*, missing' "$work/out"
}

start_region
alarm put-metric-alarm --alarm-name checkout-5xx --metric-name x --namespace y --statistic Sum --period 60 \
  --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanThreshold
remember_state

# An alarm without data is none; one in ALARM ends the experiment, and can't be begun with.
start_injection --latency 5ms --duration 90s --guard 'alarm checkout-5xx' --guard 'running tasks < 1'
wait_for_phase injecting
run status
expect_output 'guards      alarm checkout-5xx: INSUFFICIENT_DATA, ok'
expect_output 'running tasks < 1: 3, ok'
alarm set-alarm-state --alarm-name checkout-5xx --state-value ALARM --state-reason 'said by a test'
expect_tripped 'the alarm is in state ALARM: said by a test'
run inject --cluster storefront --service checkout --yes --latency 5ms --guard 'alarm checkout-5xx'
expect_status 3
expect_error "stop: the guard 'alarm checkout-5xx' holds already"
expect_state_as_before

# A target that dies.
start_injection --latency 5ms --duration 90s --guard 'healthy targets < 3'
wait_for_phase injecting
victim=$(for pid in $(processes_of "$region_pid"); do
  ps -o pid=,args= -p "$pid" | grep shaketable-proxy
done | awk '{ print $1; exit }')
[ -n "$victim" ] || die "no sidecar is running"
kill -KILL "$victim"
expect_tripped 'healthy targets stood at 2'

# All sidecars gone: what says that this is well goes on, what does not trips.
start_injection --latency 5ms --duration 90s --guard 'p99 > 50s, missing ok'
wait_for_phase injecting
scale 0
wait_until 60 is_silent || fail "it is not seen that nothing arrives: $(cat "$work/out")"
run adjust --guard 'lost > 90%'
expect_status 0
wait_for_injection
expect_status 4
expect_error "guard 'lost > 90%' tripped: no sidecar has told anything for"
scale 3
wait_until 60 is_steady || fail "the service did not become steady again"
expect_state_as_before
expect_no_revision

stop_region
finish
