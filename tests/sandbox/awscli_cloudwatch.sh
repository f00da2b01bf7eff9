#!/bin/bash
# The AWS CLI makes, moves and reads CloudWatch's alarms, by the Query protocol or by CBOR, as it chooses; JSON by
# hand.
. "${top_srcdir:-.}/tests/sandbox/region.bash"
start_region --no-traffic --fast

put() {
    a cloudwatch put-metric-alarm --metric-name HTTPCode_Target_5XX_Count --namespace AWS/ApplicationELB \
        --statistic Sum --period 60 --evaluation-periods 2 --threshold 2.5 \
        --comparison-operator GreaterThanThreshold --dimensions Name=LoadBalancer,Value=app/x "$@"
}
is "no alarm at first" "" "$(text cloudwatch describe-alarms --query 'MetricAlarms[].AlarmName')"
put --alarm-name five || is "an alarm is made" 0 1
put --alarm-name "with blanks, and <marks> & ü" --no-actions-enabled || is "another one" 0 1
is "as it was asked for" \
    "five arn:aws:cloudwatch:us-east-1:000000000000:alarm:five INSUFFICIENT_DATA 60 2 2.5 GreaterThanThreshold True LoadBalancer app/x" \
    "$(text cloudwatch describe-alarms --alarm-names five --query 'MetricAlarms[].[AlarmName,AlarmArn,StateValue,Period,EvaluationPeriods,Threshold,ComparisonOperator,ActionsEnabled,Dimensions[0].Name,Dimensions[0].Value]')"
is "any name" "with blanks, and <marks> & ü False" \
    "$(text cloudwatch describe-alarms --alarm-name-prefix with --query 'MetricAlarms[].[AlarmName,ActionsEnabled]')"
state >"$work/state.before"
a cloudwatch set-alarm-state --alarm-name five --state-value ALARM --state-reason "said so" ||
    is "its state is set" 0 1
is "it is in that state" "ALARM said so" \
    "$(text cloudwatch describe-alarms --state-value ALARM --query 'MetricAlarms[].[StateValue,StateReason]')"
since=$(text cloudwatch describe-alarms --alarm-names five --query 'MetricAlarms[0].StateUpdatedTimestamp')
[[ $since =~ ^20..-|^[0-9]{10} ]] || is "since when: a date, or what is on the wire" "" "$since"
state | cmp -s - "$work/state.before" || is "an alarm's state is not the region's" 0 1
put --alarm-name five --threshold 7 || is "it is changed" 0 1
is "it keeps its state" "7.0 ALARM" \
    "$(text cloudwatch describe-alarms --alarm-names five --query 'MetricAlarms[].[Threshold,StateValue]')"
is "composite alarms alone" "" \
    "$(text cloudwatch describe-alarms --alarm-types CompositeAlarm --query 'MetricAlarms[].AlarmName')"
for i in 1 2 3; do put --alarm-name "page-$i" || is "a page's alarm" 0 1; done
is "in pages" "page-1 page-2 page-3" "$(text cloudwatch describe-alarms --alarm-name-prefix page- --page-size 2 \
    --query 'MetricAlarms[].AlarmName')"
fails "an unknown alarm" ResourceNotFound "does not exist" \
    cloudwatch set-alarm-state --alarm-name nope --state-value OK --state-reason x
fails "an unknown state" ValidationError "enum value set" \
    cloudwatch set-alarm-state --alarm-name five --state-value FINE --state-reason x
fails "one of them is unknown" ResourceNotFound "does not exist" cloudwatch delete-alarms --alarm-names five nope
a cloudwatch delete-alarms --alarm-names five page-1 page-2 page-3 || is "they are deleted" 0 1
is "and gone" "with blanks, and <marks> & ü" \
    "$(text cloudwatch describe-alarms --query 'MetricAlarms[].AlarmName')"
done_testing
