#!/usr/bin/env bash
# The way back of what AWS FIS runs and of what was prepared for it: after kill -9 in each phase, from another machine,
# in the right order, and where FIS may not be asked. Then the console's list of what FIS holds.
. "${top_srcdir:-.}/tests/src/lib.bash"
. "${top_srcdir:-.}/tests/awscli/aws.bash"
where="--cluster storefront --service checkout"

fis_status() { aws fis list-experiments --query 'experiments[].state.status' --output text | tr '\t' '\n' | sort -u | tr '\n' ' '; }
templates() { aws fis list-experiment-templates --query 'experimentTemplates[].id' --output text; }
expect_nothing_in_fis() {
  local found
  found=$(templates)
  [ -z "$found" ] || [ "$found" = None ] || fail "$command_line: templates are left: $found"
  case $(fis_status) in *running*|*pending*|*initiating*|*stopping*) fail "$command_line: FIS has $(fis_status)" ;; esac
}
kill_while() {
  start_injection --engine fis --latency 300ms --duration 10m
  wait_until 60 grep -q "$1" "$work/events" || die "it did not come to $1: $(cat "$work/events.err")"
  kill -KILL "$injection"
  wait "$injection" 2>/dev/null
}
# So that another console is one of another machine.
elsewhere() { XDG_STATE_HOME=$work/elsewhere run "$@"; }
fail_calls() { curl -sS --max-time 20 -X PUT -d "$1" "$endpoint/_shaketable/fail" >"$work/failing" || die "no failures"; }

start_region
remember_state

# ── prepared: a state of its own ──
run prepare --engine fis $where --yes
expect_status 0
prepared=$(sed -n 's/.*shaketable rollback \([a-z0-9]*\) takes.*/\1/p' "$work/out" "$work/err" | head -n 1)
state >"$work/state.prepared"
run list experiments
expect_output "^$prepared +prepare +storefront/checkout +prepared +prepared"
elsewhere list experiments
expect_output "^$prepared +prepare +storefront/checkout +- +prepared"
refused 1 'no experiment is under way' status
run status "$prepared"
expect_output "^process +none is needed: it stays prepared until shaketable rollback $prepared"
run doctor $where
expect_status 3
expect_output 'stop: it is prepared for AWS FIS'
expect_output "shaketable rollback $prepared"

# ── killed in each phase: by the journal; what was prepared stays, for there is an experiment ──
for phase in '"phase":"arming"' 'Preview targets' '"phase":"injecting"'; do
  kill_while "$phase"
  run list experiments
  expect_output "^$(experiment_id) +fis +storefront/checkout .* dead"
  expect_output "^$prepared +prepare"
  run status
  expect_output '^process +dead: AWS FIS goes on with its actions until they are over'
  run rollback
  command_line="rollback after kill -9 at $phase"
  expect_status 0
  expect_nothing_in_fis
  state | cmp -s - "$work/state.prepared" || fail "$command_line: the service is no longer prepared"
done

# ── from another machine: by the service the experiment first, and by its id ──
kill_while '"phase":"injecting"'
elsewhere list experiments
expect_output "^$(experiment_id) +fis +storefront/checkout +- +elsewhere"
elsewhere list templates --json
python3 - "$work/out" "$(experiment_id)" <<'PYTHON' || fail "list templates --json: $(cat "$work/out")"
import json, sys
(one,) = json.load(open(sys.argv[1]))
assert one["ours"] and one["running"] and one["experiment"] == sys.argv[2] and one["template"].startswith("EXT"), one
PYTHON
elsewhere rollback $where
expect_status 0
expect_output "found experiment $(experiment_id)"
expect_nothing_in_fis
state | cmp -s - "$work/state.prepared" || fail "the service is no longer prepared"
kill_while '"phase":"injecting"'
elsewhere rollback "$(experiment_id)"
expect_status 0
expect_nothing_in_fis
# A template that is gone while its experiment runs.
kill_while '"phase":"injecting"'
aws fis delete-experiment-template --id "$(templates)" >"$work/deleted" || fail "the template can't be deleted"
elsewhere rollback --all
expect_status 0
grep -n 'found' "$work/err" | sed -n 1p | grep -q "experiment $(experiment_id)" || fail "the experiment does not come first"
expect_error "found the preparation $prepared"
expect_nothing_in_fis
expect_state_as_before
run rollback --all # the journals here know nothing of that
expect_status 0
run rollback --all
expect_error 'nothing to roll back'

# ── where FIS may not be asked ──
start_injection --latency 5ms --duration 60s
wait_for_phase injecting
kill -KILL "$injection"
wait "$injection" 2>/dev/null
fail_calls 'fis:ListExperimentTemplates@1+=refuse'
run list experiments
expect_status 0
expect_output "^$(experiment_id) +sidecar"
expect_error 'FIS was not looked at: FIS ListExperimentTemplates: AccessDenied'
elsewhere rollback --all
expect_status 0
[ "$(grep -c 'FIS was not looked at' "$work/err")" = 1 ] || fail "it is not said once: $(cat "$work/err")"
expect_state_as_before
elsewhere rollback $where
expect_status 1
expect_error 'nothing to roll back. FIS was not looked at'
refused 1 'FIS was not looked at' list templates
fail_calls ''
run rollback --all
expect_status 0

# ── the console's list of what FIS holds ──
wait='"stopConditions":[{"source":"none"}],"roleArn":"arn:aws:iam::000000000000:role/shaketable-fis",
      "actions":{"w":{"actionId":"aws:fis:wait","parameters":{"duration":"PT12H"}}}'
make() { aws fis create-experiment-template --cli-input-json "{\"description\":\"$1\",\"tags\":$2,$wait}" \
  --query experimentTemplate.id --output text; }
ours=$(make 'left of ours' '{"shaketable.experiment":"aaaa1111"}') || die "no template was made"
theirs=$(make 'of a game day' '{}') || die "no template was made"
running=$(aws fis start-experiment --experiment-template-id "$theirs" --query experiment.id --output text)
run list fis-experiments
expect_output "^$running +$theirs +- +(pending|initiating|running)"
for python in python3 /usr/bin/python3; do
  "$python" -c 'import pyte' 2>/dev/null || continue
  play_console 120 fis_list.py "$ours" "$theirs" "$running"
  [ "$(templates)" = "$theirs" ] || fail "FIS has the templates $(templates)"
  case $(fis_status) in *running*) fail "FIS has $(fis_status)" ;; esac
  break
done
stop_fast_aws
stop_region
finish
