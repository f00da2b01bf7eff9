#!/usr/bin/env bash
# An ECS agent that does not take the faults, of its own, for somebody else's fault, and without a word: a clear
# error, and all is as it was.
. "${top_srcdir:-.}/tests/src/lib.bash"
. "${top_srcdir:-.}/tests/src/agent.bash"

start_agent_region

fail_calls 'agent:StartNetworkLatency=500-before'
run inject --engine agent $where --yes --latency 300ms
expect_status 1
expect_error 'the ECS agent does not take the faults: .*internal error'
expect_error 'the service is as it was'
fail_calls ''
expect_clean

start_agent --latency 300ms
wait_for_phase armed
for task in $(aws ecs list-tasks --cluster storefront --service-name catalog --query 'taskArns[]' --output text); do
  curl -sS -o /dev/null -X PUT -d "{\"task\":\"$task\",\"kind\":\"loss\",\"loss_percent\":1}" "$endpoint/_shaketable/interface"
done
wait_for_injection
expect_status 1
expect_error 'the ECS agent does not take the faults: .*packet-loss fault runs'
expect_clean

fail_calls 'agent:*=timeout-before'
start_agent --latency 300ms
wait_for_injection
expect_status 1
expect_error 'the ECS agent does not take the faults|have not taken the faults'
fail_calls ''
expect_clean

stop_region
finish
