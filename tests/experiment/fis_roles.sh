#!/bin/bash
# The roles of AWS FIS in a region's IAM: what each shape of them lacks, and that nothing is said where all is well.
. "${top_srcdir:-.}/tests/sandbox/region.bash"
start_region --no-traffic --fast
me=arn:aws:iam::000000000000:role
core=arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore
ask() { AWS_ENDPOINT_URL=$url "$top_builddir/tests/experiment/ask_fis_roles" "$@" 2>&1; }
role() { # NAME SERVICE
    a iam create-role --role-name "$1" --assume-role-policy-document \
        "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"$2\"},\"Action\":\"sts:AssumeRole\"}]}" >"$work/x" || exit 1
}
may() { # NAME POLICY STATEMENTS
    a iam put-role-policy --role-name "$1" --policy-name "$2" --policy-document \
        "{\"Version\":\"2012-10-17\",\"Statement\":[$3]}" >"$work/x" || exit 1
}
allow() { echo "{\"Effect\":\"Allow\",\"Action\":[$1],\"Resource\":\"$2\"${3:-}}"; }

is "roles that are not there" \
    "stop: the FIS role does not exist: $me/fis; make the role, or name another
stop: the managed-instance role does not exist: $me/managed; make the role, or name another
stop: the task role does not exist: $me/task; make the role, or name another" \
    "$(ask $me/fis $me/task managed network)"
has "roles that are not named" "stop: the FIS role is not named; make a role for AWS FIS, and name it" "$(ask '' '' '' network)"

# The region's own task role may nothing, and FIS is not whom it trusts.
role managed ssm.amazonaws.com
a iam attach-role-policy --role-name managed --policy-arn "$core" || exit 1
got=$(ask $me/ledger-task $me/ledger-task managed network)
is "of the seed's roles" \
    "stop: the FIS role ledger-task does not trust fis.amazonaws.com; allow sts:AssumeRole to the service fis.amazonaws.com in its trust policy
stop: the FIS role ledger-task lacks ecs:DescribeTasks; allow ecs:DescribeTasks on arn:aws:ecs:us-east-1:000000000000:task/storefront/* to the role
stop: the FIS role ledger-task lacks ssm:SendCommand; allow ssm:SendCommand on arn:aws:ssm:us-east-1:000000000000:managed-instance/* to the role
stop: the FIS role ledger-task lacks ssm:ListCommands; allow ssm:ListCommands on * to the role
stop: the FIS role ledger-task lacks ssm:CancelCommand; allow ssm:CancelCommand on * to the role
stop: the task role ledger-task lacks ssm:CreateActivation; allow ssm:CreateActivation on * to the role
stop: the task role ledger-task lacks ssm:AddTagsToResource; allow ssm:AddTagsToResource on arn:aws:ssm:us-east-1:000000000000:managed-instance/* to the role
stop: the task role ledger-task lacks iam:PassRole; allow iam:PassRole on $me/managed to the role" "$(grep ^stop <<<"$got")"
is "and what need not stop it" \
    "warning: the FIS role ledger-task lacks ecs:DescribeContainerInstances
warning: the FIS role ledger-task lacks ec2:DescribeInstances
warning: the FIS role ledger-task lacks ec2:DescribeSubnets
warning: the managed-instance role managed lacks ssm:DeregisterManagedInstance
warning: the managed-instance role managed lacks ssm:DeleteActivation" "$(grep -v ^stop <<<"$got" | cut -d';' -f1)"

# As the walk-through makes them: the role that is passed on is named for another account there.
role fisExperimentRole fis.amazonaws.com
may fisExperimentRole FISECSAccess "$(allow '"ecs:ListTasks","ecs:DescribeTasks","ecs:ListContainerInstances"' '*'),$(
    allow '"ssm:SendCommand","ssm:ListCommands","ssm:CancelCommand","ssm:GetCommandInvocation"' '*')"
role ecsTaskRole ecs-tasks.amazonaws.com
may ecsTaskRole DynamoDBAndSSMAccess "$(allow '"ssm:CreateActivation","ssm:DeleteActivation","ssm:DeregisterManagedInstance","ssm:AddTagsToResource"' '*'),$(
    allow '"iam:PassRole"' arn:aws:iam::064250592128:role/managed)"
is "as the walk-through makes them" \
    "stop: the task role ecsTaskRole lacks iam:PassRole
warning: the FIS role fisExperimentRole lacks ecs:DescribeContainerInstances
warning: the FIS role fisExperimentRole lacks ec2:DescribeInstances
warning: the FIS role fisExperimentRole lacks ec2:DescribeSubnets
warning: the managed-instance role managed lacks ssm:DeregisterManagedInstance
warning: the managed-instance role managed lacks ssm:DeleteActivation" \
    "$(ask $me/fisExperimentRole $me/ecsTaskRole managed network | cut -d';' -f1)"

# All that AWS asks for, as narrow as a policy can be.
may ecsTaskRole pass "$(allow '"iam:PassRole"' "$me/managed" ',"Condition":{"StringEquals":{"iam:PassedToService":"ssm.amazonaws.com"}}')"
may managed cleanup "$(allow '"ssm:DeleteActivation"' '*'),$(
    allow '"ssm:DeregisterManagedInstance"' 'arn:aws:ssm:us-east-1:000000000000:managed-instance/*')"
may fisExperimentRole FISECSAccess "$(allow '"ecs:DescribeTasks"' 'arn:aws:ecs:*:*:task/storefront/*'),$(
    allow '"ssm:SendCommand"' 'arn:aws:ssm:*:*:managed-instance/*'),$(allow '"ssm:ListCommands","ssm:CancelCommand"' 'arn:aws:ssm:*:*:*'),$(
    allow '"ecs:DescribeContainerInstances"' 'arn:aws:ecs:*:*:container-instance/storefront/*'),$(allow '"ec2:Describe*"' '*')"
is "nothing is said where all is well" "" "$(ask $me/fisExperimentRole $me/ecsTaskRole managed network)"
is "nor of a role by its name" "" "$(ask fisExperimentRole ecsTaskRole managed network)"
is "stopping tasks takes one more" \
    "stop: the FIS role fisExperimentRole lacks ecs:StopTask; allow ecs:StopTask on arn:aws:ecs:us-east-1:000000000000:task/storefront/* to the role" \
    "$(ask $me/fisExperimentRole '' '' stop)"
a iam attach-role-policy --role-name fisExperimentRole \
    --policy-arn arn:aws:iam::aws:policy/service-role/AWSFaultInjectionSimulatorECSAccess || exit 1
is "and AWS's policy has it" "" "$(ask $me/fisExperimentRole '' '' stop)"

# What denies, and what a condition decides.
may fisExperimentRole deny '{"Effect":"Deny","Action":"ssm:Cancel*","Resource":"*"}'
may ecsTaskRole pass "$(allow '"iam:PassRole"' "$me/managed" ',"Condition":{"StringEquals":{"aws:RequestedRegion":"us-east-1"}}')"
is "a deny and a condition" \
    "stop: the FIS role fisExperimentRole is denied ssm:CancelCommand; take out the statement that denies it
warning: the task role ecsTaskRole may lack iam:PassRole: a condition decides; see that the condition on aws:RequestedRegion holds" \
    "$(ask $me/fisExperimentRole $me/ecsTaskRole managed commands)"
is "a role of another account" \
    "note: the FIS role is in another account and can't be checked: arn:aws:iam::111122223333:role/fis; see to its permissions there" \
    "$(ask arn:aws:iam::111122223333:role/fis $me/ecsTaskRole managed commands | grep -v 'task role')"
is "one of the name with another path" \
    "stop: the FIS role does not exist: $me/chaos/fisExperimentRole; make the role, or name another" \
    "$(ask $me/chaos/fisExperimentRole '' '' stop)"
done_testing
