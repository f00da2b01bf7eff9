#!/bin/bash
# The AWS CLI reads and changes the region's load balancers; STS and EC2; signatures and throttling.
. "${top_srcdir:-.}/tests/sandbox/region.bash"
start_region --no-traffic --fast

lb=$(text elbv2 describe-load-balancers --names storefront-internal --query 'LoadBalancers[0].LoadBalancerArn')
has "a load balancer" ":loadbalancer/app/storefront-internal/" "$lb"
is "all of them" "payments-internal application active storefront-internal application active" \
    "$(text elbv2 describe-load-balancers --query 'sort_by(LoadBalancers,&LoadBalancerName)[].[LoadBalancerName,Type,State.Code]')"
fails "an unknown load balancer" LoadBalancerNotFound "not found" elbv2 describe-load-balancers --names nope
is "its target groups" "tg-catalog ip HTTP /health 200 1 tg-checkout ip HTTP /health 200 1 tg-web ip HTTP /health 200 1" \
    "$(text elbv2 describe-target-groups --load-balancer-arn "$lb" --query \
        'sort_by(TargetGroups,&TargetGroupName)[].[TargetGroupName,TargetType,Protocol,HealthCheckPath,Matcher.HttpCode,length(LoadBalancerArns)]')"
read -r web catalog < <(text elbv2 describe-target-groups --names tg-web tg-catalog --query 'reverse(sort_by(TargetGroups,&TargetGroupName))[].TargetGroupArn')
read -r listener port target < <(text elbv2 describe-listeners --load-balancer-arn "$lb" \
    --query "Listeners[?DefaultActions[0].TargetGroupArn=='$web'].[ListenerArn,Port,DefaultActions[0].TargetGroupArn]|[0]")
is "web's listener forwards to tg-web" "$web" "$target"
is "its default rule" "default True $web" \
    "$(text elbv2 describe-rules --listener-arn "$listener" --query 'Rules[].[Priority,IsDefault,Actions[0].TargetGroupArn]')"
a ecs wait services-stable --cluster storefront --services web catalog || is "stable" 0 1
is "target health" "healthy healthy" \
    "$(text elbv2 describe-target-health --target-group-arn "$web" --query 'TargetHealthDescriptions[].TargetHealth.State')"
is "a target that is not there" "unused Target.NotRegistered" \
    "$(text elbv2 describe-target-health --target-group-arn "$web" --targets Id=10.0.0.1,Port=80 \
        --query 'TargetHealthDescriptions[].[TargetHealth.State,TargetHealth.Reason]')"
name=$(text elbv2 describe-load-balancers --load-balancer-arns "$lb" --query 'LoadBalancers[0].DNSName')
has "a request through the load balancer" '"service":"web"' "$(curl -s "http://$name:$port/")"

# Target groups.
group=$(text elbv2 create-target-group --name tg-new --protocol HTTP --port 8080 --vpc-id vpc-1 --target-type ip \
    --health-check-path /up --tags Key=a,Value=b --query 'TargetGroups[0].TargetGroupArn')
has "a new target group" ":targetgroup/tg-new/" "$group"
fails "the same name, other settings" DuplicateTargetGroupName "tg-new" \
    elbv2 create-target-group --name tg-new --protocol HTTP --port 8081 --vpc-id vpc-1 --target-type ip
is "its defaults" "30 5 5 2 200 traffic-port" \
    "$(text elbv2 describe-target-groups --target-group-arns "$group" --query 'TargetGroups[].[HealthCheckIntervalSeconds,HealthCheckTimeoutSeconds,HealthyThresholdCount,UnhealthyThresholdCount,Matcher.HttpCode,HealthCheckPort]')"
is "its health check changed" "10 /alive 200-299" \
    "$(text elbv2 modify-target-group --target-group-arn "$group" --health-check-interval-seconds 10 \
        --health-check-path /alive --matcher HttpCode=200-299 \
        --query 'TargetGroups[].[HealthCheckIntervalSeconds,HealthCheckPath,Matcher.HttpCode]')"
a elbv2 add-tags --resource-arns "$group" "$lb" --tags Key=c,Value='d & <e>' Key=a,Value=B || is "add-tags" 0 1
is "tags" "a B c d & <e>" \
    "$(text elbv2 describe-tags --resource-arns "$group" --query 'TagDescriptions[].sort_by(Tags,&Key)[].[Key,Value]|[]')"

a elbv2 remove-tags --resource-arns "$group" "$lb" --tag-keys a nope || is "remove-tags" 0 1
is "the tags that are left" "c" "$(text elbv2 describe-tags --resource-arns "$group" --query 'TagDescriptions[].Tags[].Key')"
fails "a reserved tag" ValidationError "must not begin with 'aws:'" elbv2 add-tags --resource-arns "$group" --tags Key=aws:x,Value=1
attribute() { text elbv2 describe-target-group-attributes --target-group-arn "$group" --query "Attributes[?Key=='$1'].Value"; }
is "an attribute's default" "300 false" "$(attribute deregistration_delay.timeout_seconds) $(attribute stickiness.enabled)"
a elbv2 modify-target-group-attributes --target-group-arn "$group" --attributes \
    Key=deregistration_delay.timeout_seconds,Value=7 Key=slow_start.duration_seconds,Value=30 \
    Key=stickiness.enabled,Value=true >"$work/x" || is "modify-target-group-attributes" 0 1
is "attributes changed" "7 30 true" \
    "$(attribute deregistration_delay.timeout_seconds) $(attribute slow_start.duration_seconds) $(attribute stickiness.enabled)"
fails "too long a delay" ValidationError "must be between 0 and 3600" elbv2 modify-target-group-attributes \
    --target-group-arn "$group" --attributes Key=deregistration_delay.timeout_seconds,Value=3601
fails "no such attribute" ValidationError "'nope' is not recognized" elbv2 modify-target-group-attributes \
    --target-group-arn "$group" --attributes Key=nope,Value=1

# Rules and listeners.
is "a listener with weights" "80 20" \
    "$(text elbv2 modify-listener --listener-arn "$listener" --default-actions \
        "Type=forward,ForwardConfig={TargetGroups=[{TargetGroupArn=$web,Weight=80},{TargetGroupArn=$catalog,Weight=20}]}" \
        --query 'Listeners[].DefaultActions[].ForwardConfig.TargetGroups[].Weight')"
a elbv2 modify-listener --listener-arn "$listener" --default-actions "Type=forward,TargetGroupArn=$catalog" >"$work/x" || exit 1
has "a listener that forwards elsewhere" '"service":"catalog"' "$(curl -s "http://$name:$port/")"
a elbv2 modify-listener --listener-arn "$listener" --default-actions "Type=forward,TargetGroupArn=$web" >"$work/x" || exit 1
fails "an unknown target group" TargetGroupNotFound "One or more target groups not found" \
    elbv2 modify-listener --listener-arn "$listener" --default-actions "Type=forward,TargetGroupArn=${web}0"
fraud=$(text elbv2 describe-target-groups --names tg-fraud --query 'TargetGroups[0].TargetGroupArn')
payments=$(text elbv2 describe-load-balancers --names payments-internal --query 'LoadBalancers[0].LoadBalancerArn')
second=$(text elbv2 describe-listeners --load-balancer-arn "$payments" --query "Listeners[?DefaultActions[0].Type=='fixed-response'].ListenerArn|[0]")
read -r rule priority < <(text elbv2 describe-rules --listener-arn "$second" --query 'Rules[?!IsDefault].[RuleArn,Priority]|[0]')
is "a rule before the default one" 10 "$priority"
is "a rule changed" "$group" \
    "$(text elbv2 modify-rule --rule-arn "$rule" --actions "Type=forward,TargetGroupArn=$group" --query 'Rules[0].Actions[0].TargetGroupArn')"
fails "a target group in use" ResourceInUse "is currently in use by a listener or a rule" \
    elbv2 delete-target-group --target-group-arn "$group"
kept=$(text elbv2 modify-rule --rule-arn "$rule" --actions "Type=forward,ForwardConfig={TargetGroups=[{TargetGroupArn=$fraud,Weight=0},{TargetGroupArn=$group,Weight=999}],TargetGroupStickinessConfig={Enabled=true,DurationSeconds=60}}" \
    --query 'Rules[0].Actions[0].[TargetGroupArn,ForwardConfig.TargetGroups[1].Weight,ForwardConfig.TargetGroupStickinessConfig.DurationSeconds]')
is "several groups: no short form; stickiness kept" "None 999 60" "$kept"
fails "too large a weight" ValidationError "between 0 and 999" elbv2 modify-rule --rule-arn "$rule" \
    --actions "Type=forward,ForwardConfig={TargetGroups=[{TargetGroupArn=$fraud,Weight=1000}]}"
fails "both forms that differ" ValidationError "the same one target group" elbv2 modify-rule --rule-arn "$rule" \
    --actions "Type=forward,TargetGroupArn=$fraud,ForwardConfig={TargetGroups=[{TargetGroupArn=$group}]}"
fails "another load balancer's group" TargetGroupAssociationLimit "more than one load balancer" \
    elbv2 modify-rule --rule-arn "$rule" --actions "Type=forward,TargetGroupArn=$web"
is "and back" "$fraud" \
    "$(text elbv2 modify-rule --rule-arn "$rule" --actions "Type=forward,TargetGroupArn=$fraud" --query 'Rules[0].Actions[0].TargetGroupArn')"
a elbv2 delete-target-group --target-group-arn "$group" || is "delete-target-group" 0 1
fails "it is gone" TargetGroupNotFound "One or more target groups not found" \
    elbv2 describe-target-groups --target-group-arns "$group"
read -r count marker < <(text elbv2 describe-target-groups --page-size 2 --query '[length(TargetGroups),NextMarker]')
is "a page" 2 "$count"
is "the page behind it" "3 None" \
    "$(text elbv2 describe-target-groups --page-size 4 --marker "$marker" --query '[length(TargetGroups),NextMarker]')"
fails "an unknown operation" InvalidAction "" elbv2 describe-ssl-policies

# Rules that look into requests.
rule() { text elbv2 create-rule --listener-arn "$listener" --query 'Rules[0].RuleArn' "$@"; }
to_catalog="Type=forward,TargetGroupArn=$catalog"
fixed='Type=fixed-response,FixedResponseConfig={StatusCode=403,ContentType=text/plain,MessageBody=no}'
moved='Type=redirect,RedirectConfig={Protocol=HTTPS,Port=443,StatusCode=HTTP_302}'
first=$(rule --priority 20 --conditions Field=path-pattern,Values='/api/*' --actions "$to_catalog" --tags Key=k,Value=v)
has "a rule" ":listener-rule/" "$first"
second=$(rule --priority 5 --conditions Field=http-header,HttpHeaderConfig='{HttpHeaderName=X-Test,Values=[on]}' \
    Field=http-request-method,HttpRequestMethodConfig='{Values=[GET]}' --actions "$fixed")
third=$(rule --priority 30 --conditions Field=query-string,QueryStringConfig='{Values=[{Key=go,Value=away}]}' --actions "$moved")
is "in order of priority" "5 20 30 default" "$(text elbv2 describe-rules --listener-arn "$listener" --query 'Rules[].Priority')"
is "a rule's tag" v "$(text elbv2 describe-tags --resource-arns "$first" --query 'TagDescriptions[].Tags[].Value')"
is "a condition in both forms" "/api/* /api/*" "$(text elbv2 describe-rules --rule-arns "$first" \
    --query 'Rules[0].Conditions[0].[Values[0],PathPatternConfig.Values[0]]')"
has "by path" '"service":"catalog"' "$(curl -s "http://$name:$port/api/x")"
has "any other path" '"service":"web"' "$(curl -s "http://$name:$port/")"
is "by header, first of all" "no 403" "$(curl -s -H 'X-Test: on' -w ' %{http_code}' "http://$name:$port/api/x")"
has "both conditions must hold" '"service":"catalog"' "$(curl -s -X POST -H 'X-Test: on' "http://$name:$port/api/x")"
is "by query" "302 https://$name/?go=away" "$(curl -s -o /dev/null -w '%{http_code} %{redirect_url}' "http://$name:$port/?go=away" | sed 's/:443//')"
fails "a priority twice" PriorityInUse "Priority '5' is currently in use" elbv2 create-rule --listener-arn "$listener" \
    --priority 5 --conditions Field=path-pattern,Values=/x --actions "$to_catalog"
fails "no such field" ValidationError "is not supported" elbv2 create-rule --listener-arn "$listener" \
    --priority 6 --conditions Field=moon-phase,Values=full --actions "$to_catalog"
fails "too many values" ValidationError "at most 5 condition values" elbv2 create-rule --listener-arn "$listener" \
    --priority 6 --conditions Field=path-pattern,Values=/1,/2,/3,/4,/5,/6 --actions "$to_catalog"
is "priorities change places" "20 5" "$(text elbv2 set-rule-priorities --rule-priorities "RuleArn=$second,Priority=20" \
    "RuleArn=$first,Priority=5" --query 'Rules[].Priority')"
has "and so does what is first" '"service":"catalog"' "$(curl -s -H 'X-Test: on' "http://$name:$port/api/x")"
fails "the default one stays" OperationNotPermitted "cannot be deleted" elbv2 delete-rule --rule-arn \
    "$(text elbv2 describe-rules --listener-arn "$listener" --query 'Rules[?IsDefault].RuleArn|[0]')"
oidc='Issuer=https://i,AuthorizationEndpoint=https://i/a,TokenEndpoint=https://i/t,UserInfoEndpoint=https://i/u,ClientId=me'
a elbv2 modify-rule --rule-arn "$first" --actions "Type=authenticate-oidc,Order=1,AuthenticateOidcConfig={$oidc,ClientSecret=hush}" \
    "$to_catalog,Order=2" >"$work/oidc" || is "authenticate-oidc" 0 1
a elbv2 describe-rules --listener-arn "$listener" >>"$work/oidc"
is "its secret is not told" 0 "$(grep -c -e hush -e ClientSecret "$work/oidc")"
fails "changed without the secret" ValidationError "UseExistingClientSecret" elbv2 modify-rule --rule-arn "$first" \
    --actions "Type=authenticate-oidc,Order=1,AuthenticateOidcConfig={$oidc}" "$to_catalog,Order=2"
is "with the one that is there" "authenticate-oidc forward" "$(text elbv2 modify-rule --rule-arn "$first" --actions \
    "Type=authenticate-oidc,Order=1,AuthenticateOidcConfig={$oidc,UseExistingClientSecret=true}" "$to_catalog,Order=2" \
    --query 'Rules[0].Actions[].Type')"
for gone in "$first" "$second" "$third"; do a elbv2 delete-rule --rule-arn "$gone" || is "delete-rule" 0 1; done
has "as before" '"service":"web"' "$(curl -s -H 'X-Test: on' "http://$name:$port/api/x?go=away")"

# A listener of one's own.
free=$(python3 -c 'import socket; s = socket.socket(); s.bind(("'"$name"'", 0)); print(s.getsockname()[1])')
own=$(text elbv2 create-listener --load-balancer-arn "$lb" --protocol HTTP --port "$free" --default-actions "$to_catalog" \
    --query 'Listeners[0].ListenerArn')
has "a new listener" '"service":"catalog"' "$(curl -s "http://$name:$free/")"
fails "its port again" DuplicateListener "already exists" elbv2 create-listener --load-balancer-arn "$lb" \
    --protocol HTTP --port "$free" --default-actions "$to_catalog"
a elbv2 delete-listener --listener-arn "$own" || is "delete-listener" 0 1
fails "it is gone" ListenerNotFound "not found" elbv2 describe-listeners --listener-arns "$own"
is "nobody listens" 000 "$(curl -s -o /dev/null -w '%{http_code}' "http://$name:$free/")"

# STS and EC2.
is "who am I" "000000000000 arn:aws:iam::000000000000:user/test" \
    "$(text sts get-caller-identity --query '[Account,Arn]')"
read -r sg < <(text ecs describe-services --cluster storefront --services checkout \
    --query 'services[0].networkConfiguration.awsvpcConfiguration.securityGroups[0]')
is "a security group" "storefront-checkout tcp 1024 65535" \
    "$(text ec2 describe-security-groups --group-ids "$sg" --query 'SecurityGroups[].[GroupName,IpPermissions[0].IpProtocol,IpPermissions[0].FromPort,IpPermissions[0].ToPort]')"
is "by filter" "$sg" \
    "$(text ec2 describe-security-groups --filters Name=group-name,Values=storefront-checkout --query 'SecurityGroups[].GroupId')"
fails "an unknown one" InvalidGroup.NotFound "does not exist" ec2 describe-security-groups --group-ids sg-0

# Who may call.
does_not_match='The request signature we calculated does not match the signature you provided.'
AWS_SECRET_ACCESS_KEY=wrong fails "a wrong secret, ECS" InvalidSignatureException "$does_not_match" ecs list-clusters
AWS_SECRET_ACCESS_KEY=wrong fails "a wrong secret, ELBv2" SignatureDoesNotMatch "$does_not_match" elbv2 describe-load-balancers
AWS_SECRET_ACCESS_KEY=wrong fails "a wrong secret, EC2" AuthFailure "not able to validate" ec2 describe-security-groups
AWS_ACCESS_KEY_ID='no-way' fails "an access key of another form" UnrecognizedClientException "" ecs list-clusters
is "any other access key" "arn:aws:iam::000000000000:user/AKIAEXAMPLE" \
    "$(AWS_ACCESS_KEY_ID=AKIAEXAMPLE AWS_SESSION_TOKEN=a/b+c= text sts get-caller-identity --query Arn)"
has "no signature" '"__type":"MissingAuthenticationTokenException"' \
    "$(curl -s -H 'X-Amz-Target: AmazonEC2ContainerServiceV20141113.ListClusters' -d '{}' "$url/")"
has "a signature of long ago" '"__type":"InvalidSignatureException","message":"Signature expired: 20200101T000000Z is now earlier than' \
    "$(curl -s --aws-sigv4 aws:amz:us-east-1:ecs --user test:test -d '{}' -H 'X-Amz-Date: 20200101T000000Z' \
        -H 'X-Amz-Target: AmazonEC2ContainerServiceV20141113.ListClusters' "$url/")"
has "a signature for another service" InvalidSignatureException \
    "$(curl -s --aws-sigv4 aws:amz:us-east-1:fis --user test:test -d '{}' \
        -H 'X-Amz-Target: AmazonEC2ContainerServiceV20141113.ListClusters' "$url/")"
has "half a signature" IncompleteSignatureException \
    "$(curl -s -H 'Authorization: AWS4-HMAC-SHA256 Credential=test' -d '{}' \
        -H 'X-Amz-Target: AmazonEC2ContainerServiceV20141113.ListClusters' "$url/")"
has "no signature, Query" '<Code>MissingAuthenticationToken</Code>' \
    "$(curl -s -d 'Action=DescribeLoadBalancers&Version=2015-12-01' "$url/")"
is "too large a body" 413 "$(head -c 2000000 /dev/zero | curl -s -o /dev/null -w '%{http_code}' --data-binary @- "$url/")"
done_testing
