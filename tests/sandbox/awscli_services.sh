#!/bin/bash
# The AWS CLI creates a cluster and services, pages through them, and deletes them again.
. "${top_srcdir:-.}/tests/sandbox/region.bash"
start_region --no-traffic --fast --empty
arn=arn:aws:ecs:us-east-1:000000000000
net='awsvpcConfiguration={subnets=[subnet-1],securityGroups=[sg-1]}'

is "an empty region" "" "$(text ecs list-clusters --query clusterArns)"
is "a new cluster" "lab ACTIVE" "$(text ecs create-cluster --cluster-name lab --query 'cluster.[clusterName,status]')"
is "creating it again answers with it" "$arn:cluster/lab" \
    "$(text ecs create-cluster --cluster-name lab --query cluster.clusterArn)"
fails "a bad name" InvalidParameterException "name" ecs create-cluster --cluster-name 'a b'
a ecs register-task-definition --family job --network-mode awsvpc --requires-compatibilities FARGATE --cpu 256 \
    --memory 512 --container-definitions '[{"name":"job","image":"shaketable/app:1","command":["--listen","0.0.0.0:8080"]}]' \
    >"$work/registered" || exit 1

# 25 services, created with the CLI's own signatures one call after the other; none runs anything.
for i in $(seq -w 25); do
    printf '{"cluster":"lab","serviceName":"s%s","taskDefinition":"job","desiredCount":0,"launchType":"FARGATE","networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-1"]}}}' "$i" >"$work/s$i.json"
done
seq -w 25 | xargs -P 2 -I{} aws --endpoint-url "$url" ecs create-service --cli-input-json "file://$work/s{}.json" \
    --query service.status --output text >"$work/created" 2>&1
is "25 services" 25 "$(grep -c '^ACTIVE$' "$work/created")"
is "a page has ten unless asked otherwise" "10" \
    "$(text ecs list-services --cluster lab --no-paginate --query 'length(serviceArns)')"
is "all pages" 25 "$(a ecs list-services --cluster lab --query 'length(serviceArns)')"
is "no service twice" 25 "$(a ecs list-services --cluster lab --page-size 7 --query 'serviceArns' --output text |
    tr '\t' '\n' | sort -u | wc -l)"
is "a large page" "25 None" \
    "$(text ecs list-services --cluster lab --no-paginate --max-results 100 --query '[length(serviceArns),nextToken]')"
fails "a token of nobody's" InvalidParameterException "oken" \
    ecs list-services --cluster lab --no-paginate --next-token 'bm9ib2R5J3M='
fails "too large a page" InvalidParameterException "100" ecs list-services --cluster lab --no-paginate --max-results 101

fails "the same name again" InvalidParameterException "Creation of service was not idempotent." \
    ecs create-service --cluster lab --service-name s01 --task-definition job --network-configuration "$net"
fails "without a network" InvalidParameterException "Network Configuration must be provided" \
    ecs create-service --cluster lab --service-name t --task-definition job
fails "an unknown task definition" ClientException "TaskDefinition not found." \
    ecs create-service --cluster lab --service-name t --task-definition nope --network-configuration "$net"
fails "a cluster with services" ClusterContainsServicesException "while Services are active" \
    ecs delete-cluster --cluster lab

# One that runs.
is "scaled up" "2" "$(text ecs update-service --cluster lab --service s01 --desired-count 2 --query service.desiredCount)"
a ecs wait services-stable --cluster lab --services s01 || is "stable" 0 1
is "its tasks run" "2 2" "$(text ecs describe-services --cluster lab --services s01 --query 'services[].[runningCount,desiredCount]')"
fails "deleting it while it runs" InvalidParameterException "The service cannot be stopped while it is scaled above 0." \
    ecs delete-service --cluster lab --service s01
is "by force" DRAINING "$(text ecs delete-service --cluster lab --service s01 --force --query service.status)"
until_is "it is INACTIVE in the end" 20 "INACTIVE 0" \
    text ecs describe-services --cluster lab --services s01 --query 'services[].[status,runningCount]'
fails "an INACTIVE one can't be updated" ServiceNotActiveException "Service was not ACTIVE." \
    ecs update-service --cluster lab --service s01 --desired-count 1
is "deleting it again does no harm" INACTIVE \
    "$(text ecs delete-service --cluster lab --service s01 --force --query service.status)"
fails "one that never was" ServiceNotFoundException "Service not found." \
    ecs update-service --cluster lab --service nope --desired-count 1
seq -w 2 25 | xargs -P 2 -I{} aws --endpoint-url "$url" ecs delete-service --cluster lab --service s{} \
    --query service.status --output text >"$work/deleted" 2>&1
is "24 deleted" 24 "$(grep -c '^DRAINING$' "$work/deleted")"
until_is "no service is listed" 10 0 a ecs list-services --cluster lab --query 'length(serviceArns)'
is "the cluster goes" INACTIVE "$(text ecs delete-cluster --cluster lab --query cluster.status)"
fails "it is no more" ClusterNotFoundException "Cluster not found." ecs delete-cluster --cluster lab
done_testing
