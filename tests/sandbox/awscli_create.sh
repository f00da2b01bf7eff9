#!/bin/bash
# The AWS CLI creates services of all shapes: what it gives is described, what ECS refuses is refused.
# A second service behind a target group of its own takes its share by weight and goes again.
. "${top_srcdir:-.}/tests/sandbox/region.bash"
start_region --no-traffic --fast
net='awsvpcConfiguration={subnets=[subnet-1],securityGroups=[sg-1]}'
create() { text ecs create-service --cluster storefront --task-definition checkout --network-configuration "$net" "$@"; }
described() { text ecs describe-services --cluster storefront --include TAGS --services "$1" --query "services[0].$2"; }
job='[{"name":"job","image":"shaketable/app:1","portMappings":[{"containerPort":8080}]}]'

a ecs wait services-stable --cluster storefront --services checkout || is "stable" 0 1
before=$(state)

# The same call may come twice.
once() {
    create --service-name twice --client-token t-1 --desired-count 0 --launch-type FARGATE --platform-version 1.3.0 \
        --enable-execute-command --propagate-tags SERVICE --tags key=a,value=b "$@"
}
arn=$(once --query service.serviceArn)
has "created" ":service/storefront/twice" "$arn"
is "created again, by the same token" "$arn" "$(once --query service.serviceArn)"
has "the same token for something else" "not idempotent" "$(once --enable-ecs-managed-tags)"
is "as it was asked for" "FARGATE 1.3.0 True SERVICE b" \
    "$(described twice '[launchType,platformVersion,enableExecuteCommand,propagateTags,tags[0].value]')"

# Shapes that an experiment has to refuse.
create --service-name bluegreen --desired-count 0 --query service.status --deployment-controller type=CODE_DEPLOY >"$work/x"
is "CODE_DEPLOY" "CODE_DEPLOY 0 1 PRIMARY" \
    "$(described bluegreen '[deploymentController.type,length(deployments),length(taskSets),taskSets[0].status]')"
fails "its task definition" InvalidParameterException \
    "Unable to update task definition on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment." \
    ecs update-service --cluster storefront --service bluegreen --task-definition checkout
fails "a new deployment of it" InvalidParameterException \
    "Cannot force a new deployment on services with a CODE_DEPLOY deployment controller." \
    ecs update-service --cluster storefront --service bluegreen --force-new-deployment
is "its count" 0 "$(text ecs update-service --cluster storefront --service bluegreen --desired-count 0 --query service.desiredCount)"
a ecs create-service --cluster storefront --service-name sets --deployment-controller type=EXTERNAL \
    --desired-count 0 >"$work/x" || is "EXTERNAL" 0 1
is "EXTERNAL" "EXTERNAL 0 None" "$(described sets '[deploymentController.type,length(deployments),taskDefinition]')"
fails "its load balancers" InvalidParameterException "on services with a EXTERNAL deployment controller. Use CreateTaskSet" \
    ecs update-service --cluster storefront --service sets --load-balancers
# call OPERATION JSON: for members that the CLI does not know yet.
call() {
    curl -s --aws-sigv4 aws:amz:us-east-1:ecs --user test:test -d "$2" \
        -H "X-Amz-Target: AmazonEC2ContainerServiceV20141113.$1" "$url/"
}
group=$(described checkout 'loadBalancers[0].targetGroupArn')
advanced='{"alternateTargetGroupArn":"arn:x","productionListenerRule":"arn:y","roleArn":"arn:z"}'
call CreateService '{"cluster":"storefront","serviceName":"native","taskDefinition":"checkout","desiredCount":0,
    "networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-1"]}},
    "deploymentConfiguration":{"strategy":"CANARY","bakeTimeInMinutes":5,"canaryConfiguration":{"canaryPercent":10}},
    "serviceConnectConfiguration":{"enabled":true,"namespace":"inside"},
    "loadBalancers":[{"targetGroupArn":"'"$group"'","containerName":"checkout","containerPort":8080,
        "advancedConfiguration":'"$advanced"'}]}' >"$work/native"
native=$(call DescribeServices '{"cluster":"storefront","services":["native"]}')
for part in '"strategy":"CANARY"' '"bakeTimeInMinutes":5' '"canaryPercent":10' '"namespace":"inside"' "$advanced"; do
    has "kept: ${part%%:*}" "$part" "$native"
done
has "a strategy of nobody's" InvalidParameterException "$(call CreateService '{"cluster":"storefront","serviceName":"x",
    "taskDefinition":"checkout","deploymentConfiguration":{"strategy":"TELEPORT"}}')"
is "capacity providers" "FARGATE_SPOT None" \
    "$(create --service-name spot --desired-count 0 --capacity-provider-strategy capacityProvider=FARGATE_SPOT,weight=1 \
        --query 'service.[capacityProviderStrategy[0].capacityProvider,launchType]')"
fails "both" InvalidParameterException "Specifying both a launch type and capacity provider strategy is not supported." \
    ecs create-service --cluster storefront --service-name x --task-definition checkout --launch-type FARGATE \
    --capacity-provider-strategy capacityProvider=FARGATE,weight=1 --network-configuration "$net"
fails "a grace period for nothing" InvalidParameterException "only valid for services configured to use load balancers" \
    ecs create-service --cluster storefront --service-name x --task-definition checkout --network-configuration "$net" \
    --health-check-grace-period-seconds 1
fails "a platform that is none" PlatformUnknownException "does not exist" \
    ecs create-service --cluster storefront --service-name x --task-definition checkout --network-configuration "$net" \
    --platform-version 9.9.9
a ecs register-task-definition --family job --network-mode bridge --cpu 256 --memory 512 --container-definitions "$job" \
    >"$work/x" || is "a bridge" 0 1
fails "a bridge on Fargate" ClientException "Fargate only supports network mode" \
    ecs create-service --cluster storefront --service-name x --task-definition job --launch-type FARGATE
is "a bridge on EC2" "EC2 None" "$(text ecs create-service --cluster storefront --service-name bridge --task-definition job \
    --desired-count 0 --query 'service.[launchType,platformVersion]')"
fails "its targets are instances" InvalidParameterException "incompatible with the bridge network mode" \
    ecs create-service --cluster storefront --service-name x --task-definition job \
    --load-balancers "targetGroupArn=$group,containerName=job,containerPort=8080"
for name in twice bluegreen sets native spot bridge; do
    a ecs delete-service --cluster storefront --service $name --force >"$work/x" || is "delete-service $name" 0 1
done
a ecs deregister-task-definition --task-definition job:1 >"$work/x" || is "deregister" 0 1

# A second service, as a canary has it.
read -r lb name < <(text elbv2 describe-load-balancers --names storefront-internal --query 'LoadBalancers[0].[LoadBalancerArn,DNSName]')
read -r listener port < <(text elbv2 describe-listeners --load-balancer-arn "$lb" \
    --query "Listeners[?DefaultActions[0].TargetGroupArn=='$group'].[ListenerArn,Port]|[0]")
second=$(text elbv2 create-target-group --name tg-second --protocol HTTP --port 8080 --vpc-id v --target-type ip \
    --health-check-path /health --health-check-interval-seconds 5 --health-check-timeout-seconds 2 \
    --query 'TargetGroups[0].TargetGroupArn')
weigh() {
    a elbv2 modify-listener --listener-arn "$listener" --default-actions \
        "Type=forward,ForwardConfig={TargetGroups=[{TargetGroupArn=$group,Weight=$1},{TargetGroupArn=$second,Weight=$2}]}" >"$work/x" || exit 1
}
# shares COUNT: how many of so many requests the second service answers.
shares() {
    for _ in $(seq "$1"); do curl -s "http://$name:$port/"; echo; done | grep -c '"service":"second"'
}
weigh 100 0
a ecs describe-task-definition --task-definition checkout --query taskDefinition --output json | python3 -c '
import json, sys
d = json.load(sys.stdin)
c = d["containerDefinitions"][0]
for pair in c["environment"]:
    if pair["name"] == "APP_NAME":
        pair["value"] = "second"
print(json.dumps({"family": "second", "networkMode": "awsvpc", "cpu": "512", "memory": "1024",
                  "requiresCompatibilities": ["FARGATE"], "containerDefinitions": [c]}))' >"$work/second.json"
a ecs register-task-definition --cli-input-json "file://$work/second.json" >"$work/x" || is "register" 0 1
a ecs create-service --cluster storefront --service-name second --task-definition second --desired-count 1 \
    --network-configuration "awsvpcConfiguration={subnets=[subnet-1],securityGroups=[$(described checkout 'networkConfiguration.awsvpcConfiguration.securityGroups[0]')]}" \
    --load-balancers "targetGroupArn=$second,containerName=checkout,containerPort=8080" >"$work/x" || exit 1
a ecs wait services-stable --cluster storefront --services second || is "stable" 0 1
is "healthy at weight 0" healthy "$(text elbv2 describe-target-health --target-group-arn "$second" --query 'TargetHealthDescriptions[].TargetHealth.State')"
is "weight 0: none" 0 "$(shares 20)"
weigh 75 25
is "weight 25: a quarter" 10 "$(shares 40)"
weigh 100 0
is "weight 0 again: none" 0 "$(shares 20)"
is "scaled to nothing" 0 "$(text ecs update-service --cluster storefront --service second --desired-count 0 --query service.desiredCount)"
is "deleted" DRAINING "$(text ecs delete-service --cluster storefront --service second --query service.status)"
until_is "gone" 30 INACTIVE described second status
fails "its target group is in use" ResourceInUse "is currently in use" elbv2 delete-target-group --target-group-arn "$second"
a elbv2 modify-listener --listener-arn "$listener" --default-actions "Type=forward,TargetGroupArn=$group" >"$work/x" || exit 1
a elbv2 delete-target-group --target-group-arn "$second" || is "delete-target-group" 0 1
a ecs deregister-task-definition --task-definition second:1 >"$work/x" || exit 1
is "the region is as it was" "$before" "$(state)"
done_testing
