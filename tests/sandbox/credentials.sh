#!/bin/bash
# A task's role: its containers get keys of it, as ECS's agent gives them, and the region knows who calls with them.
. "${top_srcdir:-.}/tests/sandbox/region.bash"
start_region --no-traffic --fast

# The variables of a task's first process: variables TASK_ARN
variables() {
    local pid
    for pid in $(cat /proc/"$sandbox_pid"/task/*/children); do
        tr '\0' '\n' <"/proc/$pid/environ" 2>/dev/null | grep -qx "SHAKETABLE_TASK=$1" || continue
        tr '\0' '\n' <"/proc/$pid/environ"
        return
    done
}
uri_of() { variables "$1" | sed -n 's/^AWS_CONTAINER_CREDENTIALS_FULL_URI=//p'; }
task_of() { text ecs list-tasks --cluster storefront --service-name "$1" --query 'taskArns[0]'; }
keys() { curl -s "$1"; }
of() { python3 -c 'import json,sys; print(json.load(sys.stdin).get(sys.argv[1]))' "$1"; }
# The AWS CLI with nothing but what a container has: inside URI COMMAND...
inside() {
    (
        unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
        export AWS_CONTAINER_CREDENTIALS_FULL_URI=$1
        shift
        text "$@"
    )
}
# With keys given by hand: as KEY SECRET TOKEN COMMAND...
as() {
    (
        export AWS_ACCESS_KEY_ID=$1 AWS_SECRET_ACCESS_KEY=$2 AWS_SESSION_TOKEN=$3
        shift 3
        a "$@" 2>&1
    )
}

until_is "the tasks run" 30 "RUNNING" text ecs describe-tasks --cluster storefront --tasks "$(task_of web)" --query 'tasks[0].lastStatus'
task=$(task_of web)
uri=$(uri_of "$task")
has "the variable leads to the region's endpoint" "$url/v2/credentials/" "$uri"
other=$(uri_of "$(task_of catalog)")
is "each task has its own" 1 "$([ -n "$other" ] && [ "$other" != "$uri" ] && echo 1)"

answer=$(keys "$uri")
is "whose role it is" "arn:aws:iam::000000000000:role/web-task" "$(of RoleArn <<<"$answer")"
has "a temporary key" ASIA "$(of AccessKeyId <<<"$answer")"
is "five members" 5 "$(python3 -c 'import json,sys; print(len(json.load(sys.stdin)))' <<<"$answer")"
is "its end lies ahead" 1 "$(python3 -c 'import json,sys,calendar,time
left = calendar.timegm(time.strptime(json.load(sys.stdin)["Expiration"], "%Y-%m-%dT%H:%M:%SZ")) - time.time()
print(int(3600 < left <= 6 * 3600))' <<<"$answer")"
is "the answer is JSON" application/json "$(curl -s -o "$work/x" -w '%{content_type}' "$uri")"

role_id=$(text iam get-role --role-name web-task --query Role.RoleId)
is "the AWS CLI finds the keys and signs with them" \
    "000000000000 arn:aws:sts::000000000000:assumed-role/web-task/${task##*/} $role_id:${task##*/}" \
    "$(inside "$uri" sts get-caller-identity)"
has "and may call whatever a task calls" "storefront" "$(inside "$uri" ecs list-clusters --query clusterArns)"
has "in the REST protocol, too" "" "$(inside "$uri" fis list-experiments --query 'length(experiments)')"
is "as ever with other keys" "arn:aws:iam::000000000000:user/test" "$(text sts get-caller-identity --query Arn)"

key=$(of AccessKeyId <<<"$answer") secret=$(of SecretAccessKey <<<"$answer") token=$(of Token <<<"$answer")
has "by hand" assumed-role/web-task "$(as "$key" "$secret" "$token" sts get-caller-identity)"
has "not without the token" InvalidClientTokenId "$(as "$key" "$secret" '' sts get-caller-identity)"
has "not with another token" "The security token included in the request is invalid" "$(as "$key" "$secret" "${token}x" ecs list-clusters)"
has "nor in JSON" UnrecognizedClientException "$(as "$key" "$secret" "${token}x" ecs list-clusters)"
has "not with another secret" SignatureDoesNotMatch "$(as "$key" "${secret}x" "$token" sts get-caller-identity)"
has "not with the region's own secret" SignatureDoesNotMatch "$(as "$key" test "$token" sts get-caller-identity)"
has "an unknown key with a token is none of a task's" InvalidClientTokenId "$(as ASIAUNKNOWNUNKNOWN22 "$secret" "$token" sts get-caller-identity)"

refused() { curl -s -w ' %{http_code}' "$@"; }
is "an unknown id" '{"HTTPErrorCode":400,"code":"InvalidIdInRequest","message":"CredentialsV2Request: Credentials not found"} 400' \
    "$(refused "$url/v2/credentials/00000000-0000-0000-0000-000000000000")"
has "no id" NoIdInRequest "$(refused "$url/v2/credentials/")"
has "nor a slash" NoIdInRequest "$(refused "$url/v2/credentials")"
has "a task's id is none" " 400" "$(refused "$url/v2/credentials/${task##*/}")"
has "only GET" " 405" "$(refused -X POST -d x "$uri")"

# A definition's own variable of that name does not hold, as ECS's agent sets its own; without a role it does.
cat >"$work/definition.json" <<'J'
{"family":"own","networkMode":"awsvpc","containerDefinitions":[{"name":"app","image":"shaketable/app:1","essential":true,
 "command":["--listen","0.0.0.0:8080"],"environment":[{"name":"AWS_CONTAINER_CREDENTIALS_FULL_URI","value":"http://127.0.0.1:1/mine"}]}]}
J
run() {
    text ecs run-task --cluster storefront --task-definition "$1" --query 'tasks[0].taskArn' \
        --network-configuration 'awsvpcConfiguration={subnets=[subnet-1]}' "${@:2}"
}
a ecs register-task-definition --cli-input-json "file://$work/definition.json" >"$work/x" || is "a definition" 0 1
plain=$(run own)
with_role=$(run own --overrides '{"taskRoleArn":"arn:aws:iam::000000000000:role/path/to/job"}')
status() { text ecs describe-tasks --cluster storefront --tasks "$1" --query 'tasks[0].lastStatus'; }
until_is "it runs" 30 RUNNING status "$plain"
until_is "and so does the other" 30 RUNNING status "$with_role"
is "SDKs find the region, and its name" \
    "AWS_DEFAULT_REGION=us-east-1 AWS_ENDPOINT_URL=$url AWS_REGION=us-east-1" \
    "$(variables "$plain" | grep -E '^AWS_(DEFAULT_REGION|ENDPOINT_URL|REGION)=' | sort | tr '\n' ' ' | sed 's/ $//')"
has "without a role its own variable holds, at its own address" ":1/mine" "$(uri_of "$plain")"
has "with RunTask's role it does not" "$url/v2/credentials/" "$(uri_of "$with_role")"
is "a role's path is no part of who calls" "arn:aws:sts::000000000000:assumed-role/job/${with_role##*/}" \
    "$(inside "$(uri_of "$with_role")" sts get-caller-identity --query Arn)"

# A task that takes network faults has containers at an address of their own; the agent is reached all the same.
sed 's/"family":"own"/"family":"faulty","pidMode":"task","taskRoleArn":"faulty-role"/;
     s|"containerDefinitions":.|&{"name":"agent","image":"amazon-ssm-agent:latest","essential":false},|' "$work/definition.json" >"$work/faulty.json"
a ecs register-task-definition --cli-input-json "file://$work/faulty.json" >"$work/x" || is "a definition" 0 1
faulty=$(run faulty)
until_is "it runs" 30 RUNNING status "$faulty"
is "it has an interface" 1 "$(curl -s "$url/_shaketable/interface" | grep -c "$faulty")"
has "its variable is the agent's" "$url/v2/credentials/" "$(uri_of "$faulty")"
is "a role's short name will do" "arn:aws:iam::000000000000:role/faulty-role" "$(keys "$(uri_of "$faulty")" | of RoleArn)"

# Gone when the task is.
gone_uri=$(uri_of "$with_role")
gone=$(keys "$gone_uri")
a ecs stop-task --cluster storefront --task "$with_role" >"$work/x"
until_is "it ends" 60 STOPPED status "$with_role"
has "its keys are not given any more" InvalidIdInRequest "$(keys "$gone_uri")"
has "and not taken" InvalidClientTokenId "$(as "$(of AccessKeyId <<<"$gone")" "$(of SecretAccessKey <<<"$gone")" "$(of Token <<<"$gone")" sts get-caller-identity)"
done_testing
