#!/usr/bin/env bash
# LocalStack's tutorial and guide to FIS, command by command, with the AWS CLI and curl.
. "${top_srcdir:-.}/tests/src/lib.bash"
. "${top_srcdir:-.}/tests/awscli/aws.bash"
command -v aws >/dev/null || { echo "no AWS CLI here"; exit 77; }

start_region
export AWS_DEFAULT_REGION=us-east-1 AWS_PAGER= work top_srcdir="$(cd "${top_srcdir:-.}" && pwd)" aws_socket aws_python aws_server
export -f fast_aws
unset AWS_ENDPOINT_URL AWS_MAX_ATTEMPTS
PYTHONDONTWRITEBYTECODE=1 timeout -k 5 300 python3 "$top_srcdir/tests/src/seeds.py" "$endpoint" ||
  fail "a walk-through does not hold"
# Attempts are counted, not calls: four for each of the three that failed, and one that was only slow.
curl -sS "$endpoint/_shaketable/faults" >"$work/faults"
grep -q '"dynamodb.GetItem":13,' "$work/faults" || fail "attempts are not counted: $(cat "$work/faults")"

stop_region
finish
