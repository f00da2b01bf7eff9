#!/usr/bin/env bash
# Somebody deploys in the middle of an experiment: it ends, what they deployed is not touched, our revision is
# removed, and only --take-over goes back over what they deployed.
. "${top_srcdir:-.}/tests/src/lib.bash"

start_region
remember_state
start_injection --latency 300ms --duration 90s
wait_for_phase injecting

group=$(aws ecs describe-services --cluster storefront --services checkout \
  --query 'services[0].loadBalancers[0].targetGroupArn' --output text)
aws ecs update-service --cluster storefront --service checkout --task-definition checkout:40 \
  --load-balancers "targetGroupArn=$group,containerName=checkout,containerPort=8080" >"$work/updated" ||
  die "the region did not take the deployment"
wait_for_injection
expect_status 1
expect_error 'someone deployed meanwhile'
expect_error 'checkout:40'
expect_error 'the service is left as someone deployed it'
runs() {
  aws ecs describe-services --cluster storefront --services checkout \
    --query 'services[0].taskDefinition' --output text | grep -q "task-definition/$1\$"
}
runs checkout:40 || fail "what they deployed was touched"
expect_no_revision

run rollback "$(experiment_id)"
expect_status 0
expect_output 'left as it is'
runs checkout:40 || fail "a rollback touched what they deployed"

run rollback "$(experiment_id)" --take-over
expect_status 0
runs checkout:41 || fail "--take-over did not go back"
expect_state_as_before
expect_no_revision

stop_region
finish
