#!/bin/bash
# The AWS CLI makes roles as the walk-throughs for AWS FIS do, reads them back, and asks what they may do.
. "${top_srcdir:-.}/tests/sandbox/region.bash"
start_region --no-traffic --fast
aws() { a "$@"; } # so that the walk-through's commands stand here as they are written
before=$(state)
me=arn:aws:iam::000000000000:role

is "the region's own roles" \
    "catalog-task checkout-task ecs-task-execution fraud-task ledger-task shaketable-fis shaketable-instance web-task" \
    "$(text iam list-roles --query 'Roles[].RoleName')"
is "of a task" "/ $me/web-task 3600 2012-10-17 Allow ecs-tasks.amazonaws.com sts:AssumeRole" \
    "$(text iam get-role --role-name web-task --query 'Role.[Path,Arn,MaxSessionDuration,
        AssumeRolePolicyDocument.Version,AssumeRolePolicyDocument.Statement[0].[Effect,Principal.Service,Action][]][]')"
is "may do nothing" "" "$(text iam list-attached-role-policies --role-name web-task --query 'AttachedPolicies[]')"
is "the one that tasks are started with" AmazonECSTaskExecutionRolePolicy \
    "$(text iam list-attached-role-policies --role-name ecs-task-execution --query 'AttachedPolicies[].PolicyName')"

# The walk-through's own commands.
{
aws iam create-role --role-name ecsTaskExecutionRole \
  --assume-role-policy-document '{
    "Version": "2012-10-17",
    "Statement": [{
      "Effect": "Allow",
      "Principal": {"Service": "ecs-tasks.amazonaws.com"},
      "Action": "sts:AssumeRole"
    }]
  }'

aws iam attach-role-policy --role-name ecsTaskExecutionRole \
  --policy-arn arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy

aws iam create-role --role-name ecsTaskRole \
  --assume-role-policy-document '{
    "Version": "2012-10-17",
    "Statement": [{
      "Effect": "Allow",
      "Principal": {"Service": "ecs-tasks.amazonaws.com"},
      "Action": "sts:AssumeRole"
    }]
  }'

aws iam put-role-policy --role-name ecsTaskRole \
  --policy-name DynamoDBAndSSMAccess \
  --policy-document '{
    "Version": "2012-10-17",
    "Statement": [
      {
        "Effect": "Allow",
        "Action": [
          "dynamodb:Scan",
          "dynamodb:GetItem",
          "dynamodb:Query",
          "dynamodb:DescribeTable"
        ],
        "Resource": "arn:aws:dynamodb:us-east-1:064250592128:table/MyTestTable"
      },
      {
        "Effect": "Allow",
        "Action": [
          "ssm:CreateActivation",
          "ssm:DeleteActivation",
          "ssm:DeregisterManagedInstance",
          "ssm:AddTagsToResource"
        ],
        "Resource": "*"
      },
      {
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": "arn:aws:iam::064250592128:role/SSMManagedInstanceRole"
      }
    ]
  }'

aws iam create-role --role-name SSMManagedInstanceRole \
  --assume-role-policy-document '{
    "Version": "2012-10-17",
    "Statement": [{
      "Effect": "Allow",
      "Principal": {"Service": "ssm.amazonaws.com"},
      "Action": "sts:AssumeRole"
    }]
  }'

aws iam attach-role-policy --role-name SSMManagedInstanceRole \
  --policy-arn arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore

aws iam put-role-policy --role-name SSMManagedInstanceRole \
  --policy-name AssumeRole \
  --policy-document '{
    "Version": "2012-10-17",
    "Statement": [{
      "Effect": "Allow",
      "Action": "sts:AssumeRole",
      "Resource": "arn:aws:iam::064250592128:role/SSMManagedInstanceRole"
    }]
  }'

aws iam create-role --role-name fisExperimentRole \
  --assume-role-policy-document '{
    "Version": "2012-10-17",
    "Statement": [{
      "Effect": "Allow",
      "Principal": {"Service": "fis.amazonaws.com"},
      "Action": "sts:AssumeRole"
    }]
  }'

aws iam put-role-policy --role-name fisExperimentRole \
  --policy-name FISECSAccess \
  --policy-document '{
    "Version": "2012-10-17",
    "Statement": [
      {
        "Effect": "Allow",
        "Action": [
          "ecs:ListTasks",
          "ecs:DescribeTasks",
          "ecs:ListContainerInstances"
        ],
        "Resource": "*"
      },
      {
        "Effect": "Allow",
        "Action": [
          "ssm:SendCommand",
          "ssm:ListCommands",
          "ssm:CancelCommand",
          "ssm:GetCommandInvocation"
        ],
        "Resource": "*"
      }
    ]
  }'
} >"$work/out.json" 2>"$work/errors"
is "the walk-through makes its roles without a word" "" "$(cat "$work/errors")"
is "all of them" "ecsTaskExecutionRole ecsTaskRole SSMManagedInstanceRole fisExperimentRole" \
    "$(grep -o '"RoleName": "[^"]*"' "$work/out.json" | cut -d'"' -f4 | tr '\n' ' ' | sed 's/ $//')"
has "with an id of a role's" '"RoleId": "AROA' "$(cat "$work/out.json")"
has "created now" "\"CreateDate\": \"$(date -u +%Y-%m-)" "$(cat "$work/out.json")"
is "a policy comes back as it was given" "DynamoDBAndSSMAccess 3 dynamodb:DescribeTable *" \
    "$(text iam get-role-policy --role-name ecsTaskRole --policy-name DynamoDBAndSSMAccess --query \
        '[PolicyName,length(PolicyDocument.Statement),PolicyDocument.Statement[0].Action[3],PolicyDocument.Statement[1].Resource]')"
is "its name is listed" DynamoDBAndSSMAccess "$(text iam list-role-policies --role-name ecsTaskRole --query 'PolicyNames[]')"
is "a managed policy" "AmazonSSMManagedInstanceCore arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore" \
    "$(text iam list-attached-role-policies --role-name SSMManagedInstanceRole --query 'AttachedPolicies[].[PolicyName,PolicyArn]')"
is "an answer without a result" 0 "$(a iam attach-role-policy --role-name SSMManagedInstanceRole \
    --policy-arn arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore >"$work/x" 2>&1; echo $?)"

# decides ROLE ACTION... [-- OPTION...]: "ACTION=DECISION …"
decides() {
    local role=$1 actions=()
    shift
    while [ $# -gt 0 ] && [ "$1" != -- ]; do actions+=("$1"); shift; done
    [ $# -gt 0 ] && shift
    text iam simulate-principal-policy --policy-source-arn "$me/$role" --action-names "${actions[@]}" "$@" \
        --query 'EvaluationResults[].[join(`=`,[EvalActionName,EvalDecision])]'
}
is "what the FIS role may" "ecs:DescribeTasks=allowed ssm:SendCommand=allowed ecs:DescribeContainerInstances=implicitDeny" \
    "$(decides fisExperimentRole ecs:DescribeTasks ssm:SendCommand ecs:DescribeContainerInstances)"
is "in any case" "ECS:describetasks=allowed" "$(decides fisExperimentRole ECS:describetasks)"
is "on what it names alone" "iam:PassRole=implicitDeny" \
    "$(decides ecsTaskRole iam:PassRole -- --resource-arns $me/SSMManagedInstanceRole)"
is "and there it may" "iam:PassRole=allowed" \
    "$(decides ecsTaskRole iam:PassRole -- --resource-arns arn:aws:iam::064250592128:role/SSMManagedInstanceRole)"
is "by a managed policy" "ssm:UpdateInstanceInformation=allowed ssmmessages:OpenDataChannel=allowed ssm:DeleteActivation=implicitDeny" \
    "$(decides SSMManagedInstanceRole ssm:UpdateInstanceInformation ssmmessages:OpenDataChannel ssm:DeleteActivation)"
is "each action on each resource" "ecs:ListTasks=allowed ecs:ListTasks=allowed ecs:StopTask=implicitDeny ecs:StopTask=implicitDeny" \
    "$(decides fisExperimentRole ecs:ListTasks ecs:StopTask -- --resource-arns arn:aws:ecs:us-east-1:1:task/a/1 arn:aws:ecs:us-east-1:1:task/a/2)"
is "page by page" "a:A=implicitDeny a:B=implicitDeny a:C=implicitDeny a:D=implicitDeny a:E=implicitDeny" \
    "$(decides web-task a:A a:B a:C a:D a:E -- --page-size 2)"
is "roles page by page" 12 "$(a iam list-roles --page-size 3 --query 'Roles[].RoleName' --output text | wc -w)"
is "the first page says that there is more" "True 3" \
    "$(text iam list-roles --no-paginate --max-items 3 --query '[IsTruncated,length(Roles)]')"

# A deny beats an allow; conditions are met by the context that is given.
a iam put-role-policy --role-name fisExperimentRole --policy-name careful --policy-document '{
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "ssm:Send*", "Resource": "*"},
      {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*",
       "Condition": {"StringEquals": {"iam:PassedToService": "ssm.amazonaws.com"}}}]}' || exit 1
is "denied in so many words" "ssm:SendCommand=explicitDeny" "$(decides fisExperimentRole ssm:SendCommand)"
is "a condition whose key is missing" "implicitDeny iam:PassedToService" \
    "$(text iam simulate-principal-policy --policy-source-arn $me/fisExperimentRole --action-names iam:PassRole \
        --query 'EvaluationResults[0].[EvalDecision,MissingContextValues[0]]')"
is "and given" "iam:PassRole=allowed" "$(decides fisExperimentRole iam:PassRole -- --context-entries \
    ContextKeyName=iam:PassedToService,ContextKeyValues=ssm.amazonaws.com,ContextKeyType=string)"
a iam delete-role-policy --role-name fisExperimentRole --policy-name careful || exit 1
is "allowed again" "ssm:SendCommand=allowed" "$(decides fisExperimentRole ssm:SendCommand)"

# Trust, paths, tags.
trust='{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":["fis.amazonaws.com","ssm.amazonaws.com"]},"Action":"sts:AssumeRole"}}'
a iam update-assume-role-policy --role-name fisExperimentRole --policy-document "$trust" || exit 1
is "another trust" "fis.amazonaws.com ssm.amazonaws.com" \
    "$(text iam get-role --role-name fisExperimentRole --query 'Role.AssumeRolePolicyDocument.Statement.Principal.Service')"
is "a role with all that it can have" "/fis/ $me/fis/tagged for tests 7200 team orders" \
    "$(text iam create-role --role-name tagged --path /fis/ --description 'for tests' --max-session-duration 7200 \
        --tags Key=team,Value=orders --assume-role-policy-document "$trust" \
        --query 'Role.[Path,Arn,Description,MaxSessionDuration,Tags[0].Key,Tags[0].Value]')"
a iam tag-role --role-name tagged --tags Key=Team,Value=risk Key=x,Value= || exit 1
is "tags take the place of their like" "Team risk x" "$(text iam list-role-tags --role-name tagged --query 'Tags[].[Key,Value]' | sed 's/  */ /g')"
is "by path" tagged "$(text iam list-roles --path-prefix /fis --query 'Roles[].RoleName')"

# What AWS refuses, in its words.
fails "a second of that name" EntityAlreadyExists "Role with name ecsTaskRole already exists." \
    iam create-role --role-name ecsTaskRole --assume-role-policy-document "$trust"
fails "no such role" NoSuchEntity "The role with name nobody cannot be found." iam get-role --role-name nobody
fails "to simulate" NoSuchEntity "The role with name nobody cannot be found." \
    iam simulate-principal-policy --policy-source-arn $me/nobody --action-names ecs:ListTasks
fails "no role at all" InvalidInput "does not clearly define entity type and name" \
    iam simulate-principal-policy --policy-source-arn arn:aws:ecs:us-east-1:1:cluster/c --action-names ecs:ListTasks
fails "a bad name" ValidationError "The specified value for roleName is invalid. It must contain only alphanumeric characters" \
    iam create-role --role-name 'a b' --assume-role-policy-document "$trust"
fails "a long name" ValidationError "Member must have length less than or equal to 64" \
    iam create-role --role-name "$(printf 'x%.0s' $(seq 65))" --assume-role-policy-document "$trust"
fails "no JSON" MalformedPolicyDocument "This policy contains invalid Json" \
    iam create-role --role-name bad --assume-role-policy-document '{"Statement":'
fails "nobody may take it on" MalformedPolicyDocument "Missing required field Principal" \
    iam create-role --role-name bad --assume-role-policy-document '{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole"}]}'
fails "a trust with resources" MalformedPolicyDocument "Has prohibited field Resource" \
    iam create-role --role-name bad --assume-role-policy-document \
    '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}]}'
fails "a service that is none" MalformedPolicyDocument 'Invalid principal in policy: "SERVICE":"fis"' \
    iam update-assume-role-policy --role-name tagged --policy-document \
    '{"Statement":[{"Effect":"Allow","Principal":{"Service":"fis"},"Action":"sts:AssumeRole"}]}'
fails "permissions that are no JSON" MalformedPolicyDocument "Syntax errors in policy." \
    iam put-role-policy --role-name tagged --policy-name p --policy-document '{'
fails "without a statement" MalformedPolicyDocument "Syntax errors in policy." \
    iam put-role-policy --role-name tagged --policy-name p --policy-document '{"Version":"2012-10-17"}'
fails "without resources" MalformedPolicyDocument "Policy statement must contain resources." \
    iam put-role-policy --role-name tagged --policy-name p --policy-document '{"Statement":[{"Effect":"Allow","Action":"ecs:*"}]}'
fails "with a principal" MalformedPolicyDocument "Policy document should not specify a principal." \
    iam put-role-policy --role-name tagged --policy-name p --policy-document \
    '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"ecs:*","Resource":"*"}]}'
is "nothing of it was kept" "" "$(text iam list-role-policies --role-name tagged --query 'PolicyNames[]')"
fails "no such policy" NoSuchEntity "The role policy with name p cannot be found." \
    iam get-role-policy --role-name tagged --policy-name p
fails "a managed policy that is unknown" NoSuchEntity \
    "Policy arn:aws:iam::aws:policy/NoSuchPolicy does not exist or is not attachable." \
    iam attach-role-policy --role-name tagged --policy-arn arn:aws:iam::aws:policy/NoSuchPolicy
fails "an ARN that is none" InvalidInput "ARN arn:aws:s3:::some-bucket is not valid." \
    iam attach-role-policy --role-name tagged --policy-arn arn:aws:s3:::some-bucket
fails "detached what was not attached" NoSuchEntity "Policy arn:aws:iam::aws:policy/AdministratorAccess was not found." \
    iam detach-role-policy --role-name tagged --policy-arn arn:aws:iam::aws:policy/AdministratorAccess
fails "a permissions boundary" InvalidInput "no permissions boundaries" iam create-role --role-name bounded \
    --assume-role-policy-document "$trust" --permissions-boundary arn:aws:iam::aws:policy/AdministratorAccess
fails "a role with a managed policy" DeleteConflict "Cannot delete entity, must detach all policies first." \
    iam delete-role --role-name SSMManagedInstanceRole
a iam detach-role-policy --role-name SSMManagedInstanceRole --policy-arn arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore || exit 1
fails "a role with a policy of its own" DeleteConflict "Cannot delete entity, must delete policies first." \
    iam delete-role --role-name SSMManagedInstanceRole
a iam delete-role-policy --role-name SSMManagedInstanceRole --policy-name AssumeRole || exit 1
a iam delete-role --role-name SSMManagedInstanceRole || exit 1
fails "it is gone" NoSuchEntity "The role with name SSMManagedInstanceRole cannot be found." \
    iam get-role --role-name SSMManagedInstanceRole

# One service for all regions, whichever of them a call is signed for; and its own form of XML.
is "from another region" "$me/web-task" "$(text --region eu-west-1 iam get-role --role-name web-task --query Role.Arn)"
is "AWS's own form" "<GetRoleResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><GetRoleResult><Role><Path>/</Path>" \
    "$(curl -s --aws-sigv4 aws:amz:us-east-1:iam -u test:test -d 'Action=GetRole&Version=2010-05-08&RoleName=web-task' "$url/" |
        sed 's/<RoleName>.*//')"
has "no result where there is none" "<DeleteRoleResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ResponseMetadata><RequestId>" \
    "$(curl -s --aws-sigv4 aws:amz:us-east-1:iam -u test:test -d 'Action=DeleteRole&Version=2010-05-08&RoleName=tagged' "$url/")"
has "not signed" "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type><Code>MissingAuthenticationToken" \
    "$(curl -s -d 'Action=GetRole&Version=2010-05-08&RoleName=web-task' "$url/")"
is "no experiment has to bring roles back" "$before" "$(state)"
done_testing
