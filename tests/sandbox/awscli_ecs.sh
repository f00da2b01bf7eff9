#!/bin/bash
# The AWS CLI reads the region's ECS, changes tags and task definitions, and meets its errors.
. "${top_srcdir:-.}/tests/sandbox/region.bash"
start_region --no-traffic --fast
arn=arn:aws:ecs:us-east-1:000000000000

is "clusters" "$arn:cluster/payments $arn:cluster/storefront" \
    "$(text ecs list-clusters --query 'sort(clusterArns)')"
is "a cluster and a missing one" "storefront ACTIVE 3 $arn:cluster/nope MISSING" \
    "$(text ecs describe-clusters --clusters storefront nope --include TAGS \
        --query '[clusters[].[clusterName,status,activeServicesCount], failures[].[arn,reason]][]')"
is "services" "$arn:service/storefront/catalog $arn:service/storefront/checkout $arn:service/storefront/web" \
    "$(text ecs list-services --cluster storefront --query 'sort(serviceArns)')"
a ecs wait services-stable --cluster storefront --services web catalog checkout || is "stable" 0 1
is "the services" "catalog 2 2 0 COMPLETED PRIMARY checkout 3 3 0 COMPLETED PRIMARY web 2 2 0 COMPLETED PRIMARY" \
    "$(text ecs describe-services --cluster storefront --services web catalog checkout --query \
        'sort_by(services,&serviceName)[].[serviceName,desiredCount,runningCount,pendingCount,deployments[0].rolloutState,deployments[0].status]')"
is "a service's details" "checkout FARGATE awsvpc-ok 100 200 True ECS $arn:task-definition/checkout:41 checkout orders" \
    "$(text ecs describe-services --cluster storefront --services $arn:service/storefront/checkout --include TAGS --query \
        'services[].[serviceName,launchType,networkConfiguration.awsvpcConfiguration.assignPublicIp&&`awsvpc-ok`,deploymentConfiguration.minimumHealthyPercent,deploymentConfiguration.maximumPercent,deploymentConfiguration.deploymentCircuitBreaker.enable,deploymentController.type,taskDefinition,loadBalancers[0].containerName,tags[?key==`team`].value|[0]]')"
is "a missing service" "$arn:service/storefront/nope MISSING" \
    "$(text ecs describe-services --cluster storefront --services nope --query 'failures[].[arn,reason]')"
fails "an unknown cluster" ClusterNotFoundException "Cluster not found." ecs list-services --cluster nope
fails "eleven services at once" InvalidParameterException "10" \
    ecs describe-services --cluster storefront --services a b c d e f g h i j k

task=$(text ecs list-tasks --cluster storefront --service-name checkout --query 'taskArns[0]')
has "a task" "$arn:task/storefront/" "$task"
is "a task's state" "RUNNING RUNNING service:checkout checkout RUNNING HEALTHY ATTACHED" \
    "$(text ecs describe-tasks --cluster storefront --tasks "$task" --query \
        'tasks[].[lastStatus,desiredStatus,group,containers[0].name,containers[0].lastStatus,containers[0].healthStatus,attachments[0].status]')"
address=$(text ecs describe-tasks --cluster storefront --tasks "$task" \
    --query 'tasks[0].containers[0].networkInterfaces[0].privateIpv4Address')
is "its process answers at its own address" 200 \
    "$(curl -s -o /dev/null -w '%{http_code}' "http://$address:8080/health")"
is "a missing task" MISSING \
    "$(text ecs describe-tasks --cluster storefront --tasks 0123456789abcdef0123456789abcdef --query 'failures[].reason')"
fails "stopping a task that is not there" InvalidParameterException "The referenced task was not found." \
    ecs stop-task --cluster storefront --task 0123456789abcdef0123456789abcdef

# Task definitions.
is "families" "catalog checkout fraud ledger web" "$(text ecs list-task-definition-families --query families)"
is "ACTIVE revisions, the latest first" "$arn:task-definition/checkout:41 $arn:task-definition/checkout:40" \
    "$(text ecs list-task-definitions --family-prefix checkout --sort DESC --query taskDefinitionArns)"
is "INACTIVE revisions" "$arn:task-definition/checkout:39" \
    "$(text ecs list-task-definitions --family-prefix checkout --status INACTIVE --query taskDefinitionArns)"
is "a family is its latest revision" "41 ACTIVE 512 1024 shaketable/app:1.41 orders" \
    "$(text ecs describe-task-definition --task-definition checkout --include TAGS --query \
        '[taskDefinition.[revision,status,cpu,memory,containerDefinitions[0].image],tags[?key==`team`].value][]')"
fails "an unknown task definition" ClientException "Unable to describe task definition." \
    ecs describe-task-definition --task-definition nope
cat >"$work/definition.json" <<'J'
{"family":"probe","networkMode":"awsvpc","requiresCompatibilities":["FARGATE"],"cpu":"256","memory":"512",
 "containerDefinitions":[{"name":"probe","image":"shaketable/app:1","portMappings":[{"containerPort":8080}],
 "dockerLabels":{"a.b":"c d"},"command":["--listen","0.0.0.0:8080"]}],"tags":[{"key":"k","value":"v"}]}
J
is "registering" "probe 1 ACTIVE 8080 tcp c d v" \
    "$(text ecs register-task-definition --cli-input-json "file://$work/definition.json" --query \
        '[taskDefinition.[family,revision,status,containerDefinitions[0].portMappings[0].hostPort,containerDefinitions[0].portMappings[0].protocol,containerDefinitions[0].dockerLabels."a.b"],tags[].value][]')"
is "deregistering" "INACTIVE" \
    "$(text ecs deregister-task-definition --task-definition probe:1 --query taskDefinition.status)"
fails "no family" ClientException "Unable to describe" ecs describe-task-definition --task-definition probe
is "the next revision" "2" \
    "$(text ecs register-task-definition --cli-input-json "file://$work/definition.json" --query taskDefinition.revision)"
fails "no containers" ClientException "Container list cannot be empty." \
    ecs register-task-definition --family probe --container-definitions '[]'

# Tags.
a ecs tag-resource --resource-arn $arn:service/storefront/web --tags key=owner,value=me key=team,value=you
is "tags after tagging" "environment staging owner me team you" \
    "$(text ecs list-tags-for-resource --resource-arn $arn:service/storefront/web --query 'sort_by(tags,&key)[].[key,value]')"
a ecs untag-resource --resource-arn $arn:service/storefront/web --tag-keys owner environment
is "tags after untagging" "team you" \
    "$(text ecs list-tags-for-resource --resource-arn $arn:service/storefront/web --query 'sort_by(tags,&key)[].[key,value]')"
fails "tags of nothing" InvalidParameterException "does not exist" \
    ecs list-tags-for-resource --resource-arn $arn:service/storefront/nope

# An operation that the region does not know.
fails "an unknown operation" UnknownOperationException "" ecs list-account-settings
done_testing
