#!/bin/bash
# Calls that fail on demand, as a client meets them: before their effect and after it.
. "${top_srcdir:-.}/tests/sandbox/region.bash"
start_region --empty --fail 'ecs:ListClusters@2=refuse'
export AWS_MAX_ATTEMPTS=1

# call OPERATION [BODY]: the answer, or what became of it.
call() {
    curl -sS --max-time 2 --aws-sigv4 aws:amz:us-east-1:ecs --user test:test \
        -H 'Content-Type: application/x-amz-json-1.1' -H "X-Amz-Target: AmazonEC2ContainerServiceV20141113.$1" \
        -d "${2:-{\}}" "$url/" 2>&1
}
set_fail() { curl -sS --max-time 5 -X PUT --data-binary "$1" "$url/_shaketable/fail"; }
clusters() { text ecs list-clusters --query 'length(clusterArns)'; }

is "the first is well" 0 "$(clusters)"
has "the second is refused" "is not authorized to perform: ecs:ListClusters" "$(clusters)"
is "the third is well" 0 "$(clusters)"
has "the CLI knows the code" "(AccessDeniedException)" "$(set_fail '*=refuse' >"$work/set"; clusters)"
is "what is set is shown, and what was called" '{"calls":{"ecs:ListClusters":1},"fail":["*:*=refuse"]}' \
    "$(curl -sS "$url/_shaketable/fail")"
has "what is wrong is said" "is no way to fail" "$(set_fail 'ecs:X=nicely')"

count() { call ListClusters | grep -o ':cluster/' | wc -l; }
n=0
# effect WHAT WORDS CLUSTERS: CreateCluster ends so, and that many clusters are there.
effect() {
    local got
    n=$((n + 1))
    set_fail "ecs:CreateCluster=$1" >"$work/set"
    got=$(call CreateCluster "{\"clusterName\":\"c$n\"}")
    has "$1" "$2" "$got"
    is "$1: clusters" "$3" "$(count)"
}
effect refuse AccessDeniedException 0
effect throttle ThrottlingException 0
effect 500-before ServerException 0
effect timeout-before 'timed out' 0
effect cut-before 'Empty reply' 0
effect 500-after ServerException 1
effect timeout-after 'timed out' 2
effect cut-after 'Empty reply' 3
effect half 'curl: (18)' 4
effect delay:300ms '"clusterName":"c10"' 5
effect delay:10s 'timed out' 5
for _ in $(seq 300); do
    [ "$(count)" = 6 ] && break
    sleep 0.1
done
is "its caller has left: the effect comes all the same" 6 "$(count)"

curl -sS -X DELETE "$url/_shaketable/fail" >"$work/set"
has "ended" c99 "$(call CreateCluster '{"clusterName":"c99"}')"
has "elbv2" AccessDenied "$(set_fail 'elasticloadbalancing:*=refuse' >"$work/set"; text elbv2 describe-load-balancers)"
has "ec2" UnauthorizedOperation "$(set_fail 'ec2:*=refuse' >"$work/set"; text ec2 describe-subnets)"

# One that is silent does not keep the region from ending.
set_fail '*=timeout-before' >"$work/set"
has 'silence' 'timed out' "$(call ListClusters)"
