#!/bin/bash
# The AWS CLI registers services with Application Auto Scaling, and reads what it registered.
. "${top_srcdir:-.}/tests/sandbox/region.bash"
start_region --no-traffic --fast
id="--service-namespace ecs --resource-id service/storefront/catalog --scalable-dimension ecs:service:DesiredCount"
scaling() { text application-autoscaling "$@"; }
a ecs wait services-stable --cluster storefront --services catalog || is "stable" 0 1
before=$(state)

is "nothing yet" 0 "$(scaling describe-scalable-targets --service-namespace ecs --query 'length(ScalableTargets)')"
registered=$(scaling register-scalable-target $id --min-capacity 1 --max-capacity 4 --query ScalableTargetARN)
[ "$registered" = None ] || has "registered" ":scalable-target/" "$registered" # an older CLI does not tell it
is "described" "service/storefront/catalog 1 4 False" "$(scaling describe-scalable-targets --service-namespace ecs \
    --resource-ids service/storefront/catalog --query 'ScalableTargets[].[ResourceId,MinCapacity,MaxCapacity,SuspendedState.ScheduledScalingSuspended]')"
is "suspended, its bounds as they were" "1 4 True False" "$(a application-autoscaling register-scalable-target $id \
    --suspended-state DynamicScalingInSuspended=true >"$work/x" && scaling describe-scalable-targets --service-namespace ecs \
    --query 'ScalableTargets[].[MinCapacity,MaxCapacity,SuspendedState.DynamicScalingInSuspended,SuspendedState.DynamicScalingOutSuspended]')"
fails "no such service" ValidationException "ECS service doesn't exist: service/storefront/nope" \
    application-autoscaling register-scalable-target --service-namespace ecs --resource-id service/storefront/nope \
    --scalable-dimension ecs:service:DesiredCount --min-capacity 1 --max-capacity 2
fails "no range" ValidationException "Maximum capacity cannot be less than minimum capacity" \
    application-autoscaling register-scalable-target $id --min-capacity 5
a application-autoscaling put-scaling-policy $id --policy-name cpu --policy-type TargetTrackingScaling \
    --target-tracking-scaling-policy-configuration \
    'TargetValue=60,PredefinedMetricSpecification={PredefinedMetricType=ECSServiceAverageCPUUtilization}' >"$work/x" || is "a policy" 0 1
is "the policy" "cpu TargetTrackingScaling 60.0" "$(scaling describe-scaling-policies --service-namespace ecs \
    --query 'ScalingPolicies[].[PolicyName,PolicyType,TargetTrackingScalingPolicyConfiguration.TargetValue]')"
a application-autoscaling put-scheduled-action $id --scheduled-action-name night --schedule 'cron(0 22 * * ? *)' \
    --scalable-target-action MinCapacity=1,MaxCapacity=1 || is "a schedule" 0 1
is "the schedule" "night cron(0 22 * * ? *)" "$(scaling describe-scheduled-actions --service-namespace ecs \
    --query 'ScheduledActions[].[ScheduledActionName,Schedule]')"

# A minimum above what runs scales at once.
a application-autoscaling register-scalable-target $id --min-capacity 3 >"$work/x" || is "a higher minimum" 0 1
activity() {
    scaling describe-scaling-activities --service-namespace ecs --resource-id service/storefront/catalog \
        --query 'ScalingActivities[0].[Description,StatusCode]'
}
until_is "done" 60 "Setting desired count to 3. Successful" activity
is "desired" 3 "$(text ecs describe-services --cluster storefront --services catalog --query 'services[0].desiredCount')"
[ "$before" != "$(state)" ] || is "the state tells it" different equal

a application-autoscaling deregister-scalable-target $id || is "deregistered" 0 1
fails "it is gone" ObjectNotFoundException "No scalable target found" application-autoscaling deregister-scalable-target $id
is "with what hung on it" "0 0" "$(scaling describe-scaling-policies --service-namespace ecs --query 'length(ScalingPolicies)') $(
    scaling describe-scheduled-actions --service-namespace ecs --query 'length(ScheduledActions)')"
a ecs update-service --cluster storefront --service catalog --desired-count 2 >"$work/x" || is "and back" 0 1

# The activity is under way as long as the tasks do not run: this one's image is nobody's.
a ecs register-task-definition --family stuck --network-mode awsvpc --cpu 256 --memory 512 \
    --container-definitions '[{"name":"stuck","image":"example.com/none:1"}]' >"$work/x" || is "registered" 0 1
a ecs create-service --cluster storefront --service-name stuck --task-definition stuck --desired-count 0 \
    --network-configuration 'awsvpcConfiguration={subnets=[subnet-1]}' >"$work/x" || is "created" 0 1
id=${id/catalog/stuck}
a application-autoscaling register-scalable-target $id --min-capacity 1 --max-capacity 1 >"$work/x" || is "registered" 0 1
is "under way" "Setting desired count to 1. InProgress" "$(scaling describe-scaling-activities --service-namespace ecs \
    --resource-id service/storefront/stuck --query 'ScalingActivities[0].[Description,StatusCode]')"
a application-autoscaling deregister-scalable-target $id || is "deregistered" 0 1
a ecs delete-service --cluster storefront --service stuck --force >"$work/x" || is "deleted" 0 1
a ecs deregister-task-definition --task-definition stuck:1 >"$work/x" || is "deregistered" 0 1
is "the region is as it was" "$before" "$(state)"
done_testing
