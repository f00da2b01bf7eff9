#!/usr/bin/env bash
# shaketable template: what is exported the AWS CLI takes, and comes back as the same faults; what is imported or
# checked is told by name. No experiment is started.
. "${top_srcdir:-.}/tests/src/lib.bash"
. "${top_srcdir:-.}/tests/awscli/aws.bash"
command -v aws >/dev/null || { echo "no AWS CLI here"; exit 77; }

corpus=${top_srcdir:-.}/tests/experiment/corpus/template
role=arn:aws:iam::123456789012:role/fis
where="--cluster storefront --service checkout"

# The CLI checks a request before it connects, and nobody listens at that port.
aws_takes() {
  local said
  said=$(AWS_MAX_ATTEMPTS=1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test fast_aws fis create-experiment-template \
    --cli-input-json "file://$1" --region us-east-1 --endpoint-url http://127.0.0.1:1 2>&1)
  [[ $said == *"Could not connect to the endpoint URL"* ]] || fail "the AWS CLI does not take $1: $said"
}

# "OPTION...": exported, taken by the AWS CLI, imported, and exported once more as the same.
round_trip() {
  run template export $where --role $role "$@"
  expect_status 0
  [ -s "$work/err" ] && fail "$command_line: it printed on standard error: $(cat "$work/err")"
  cp "$work/out" "$work/first.json"
  aws_takes "$work/first.json"
  run template import "file://$work/first.json"
  expect_status 0
  [ -s "$work/err" ] && fail "$command_line: not taken over: $(cat "$work/err")"
  options=$(cat "$work/out")
  eval "run template export --role $role $options"
  expect_status 0
  cmp -s "$work/out" "$work/first.json" || fail "$* came back as $options"
}

# ── export and back, without a word to AWS ──
round_trip --latency 800ms
[ "$options" = "--latency 800ms --duration 300s --cluster storefront --service checkout" ] || fail "imported: $options"
round_trip --latency 1.5s --jitter 50ms --latency-distribution uniform --percent 25% --duration 90s
[[ $options == "--latency 1500ms --jitter 50ms --latency-distribution uniform --percent 25% --duration 90s "* ]] ||
  fail "imported: $options"
round_trip --loss 7% --duration 12h --guard 'alarm arn:aws:cloudwatch:eu-west-1:123456789012:alarm:checkout-5xx'
[[ $options == *" --guard 'alarm arn:aws:cloudwatch:eu-west-1:123456789012:alarm:checkout-5xx'" ]] ||
  fail "imported: $options"
run template export $where --latency 8
expect_status 0
expect_error 'note: without a roleArn AWS FIS won.t take it: add --role ARN'
refused 2 '-: not a JSON object: it ends too early' template import - # its standard input is empty
python3 - "$bin/shaketable" "$work/first.json" <<'PYTHON' || fail "import --json is not as it should be"
import json, subprocess, sys
run = subprocess.run([sys.argv[1], 'template', 'import', '--json', '-'], stdin=open(sys.argv[2]), capture_output=True)
assert run.returncode == 0, run
said = json.loads(run.stdout)
assert said['faults']['loss'] == {'percent': 7, 'burst': 1} and said['faults']['latency']['mean_ms'] == 0, said
assert (said['cluster'], said['service'], said['duration_ms']) == ('storefront', 'checkout', 43200000), said
assert said['guards'] == ['alarm arn:aws:cloudwatch:eu-west-1:123456789012:alarm:checkout-5xx'] and said['left'] == []
PYTHON

# ── what FIS can't do ──
refused 3 '^shaketable: --error: FIS does not answer requests' template export $where --error 503
refused 3 '^shaketable: --latency and --loss: FIS runs only one of its network actions' \
  template export $where --latency 8 --loss 2%
refused 3 '^shaketable: --latency-distribution: .* add --latency-distribution uniform' \
  template export $where --latency 80 --jitter 8 --latency-distribution normal
run template export $where --role $role --latency 80 --jitter 8
expect_status 0 # uniform, for nobody asked for another
refused 3 '^shaketable: --duration: FIS.s actions last from a minute' template export $where --latency 8 --duration 30s
run template export $where --latency 8 --reset 1% --path /x --ramp 10s --seed 4
expect_status 3
for option in reset path ramp seed; do
  expect_error "^shaketable: --$option: "
done
refused 3 "FIS stops by CloudWatch alarms only" template export $where --latency 8 --guard 'p99 > 2s'
refused 3 "FIS stops as soon as the alarm does" template export $where --latency 8 --guard 'alarm x for 10s'
refused 1 '^shaketable: the ARN of --guard.s alarm needs region and account, and they are not known.*no region' \
  template export $where --latency 8 --guard 'alarm x'
refused 1 '^shaketable: --blackhole needs the service.s container port: no region' template export $where --blackhole

# ── usage ──
refused 2 'template what\? export, import, check or run' template
refused 2 'template what\? export, import, check or run' template explain
refused 2 'template check: which file' template check
refused 2 'template export: x is one word too many' template export x $where --latency 8
refused 2 '--service is missing' template export --cluster c --latency 8
refused 2 'which faults' template export $where
refused 2 '--role: fis is not a role.s ARN' template export $where --latency 8 --role fis
refused 2 'takes no --yes' template export $where --latency 8 --yes
refused 2 '--engine: lorry is none of sidecar, fis, agent' template check x --engine lorry
refused 2 'template check takes no --engine agent' template check x --engine agent
refused 2 'template import takes no option like --latency' template import x --latency 8
refused 2 'both --cluster and --service, or neither' template check x --cluster c
refused 1 'nowhere: No such file' template check "$work/nowhere"
refused 1 'Is a directory' template check "$work"
printf '{"description": "x",\n "actions": }' >"$work/bad.json"
refused 2 "bad.json: not JSON: .*, line 2, column 13" template check "$work/bad.json"
refused 2 'cycle: startAfter: a cycle, a → c → b → a' template check "$corpus/cycle"
head -c 300000 /dev/zero | tr '\0' ' ' >"$work/long.json"
refused 2 'longer than 256 KB' template check "$work/long.json"

# ── which engine can run it ──
run template check "$corpus/answer"
expect_status 0
expect_output '^sidecar: can run it: storefront/checkout, 1:33:00$'
expect_output '^fis: can.t run it$'
expect_output '^  actions lossy and hole: FIS runs only one of its network actions'
run template check "$corpus/answer" --engine fis
expect_status 2
run template check "$corpus/seed_004_service"
expect_status 0
expect_output '^sidecar: can.t run it$'
expect_output '^  action networkLatency: sources: the sidecar stands in front of the service'
expect_output '^fis: can run it'
run template check "$corpus/seed_004_service" --engine sidecar
expect_status 2
run template check "$corpus/seed_004_tags"
expect_status 2
expect_output '^  target myTasks: it does not name its service .* add --cluster and --service'
expect_output '^  roleArn: FIS needs the role that it acts by: add --role ARN'
run template check "$corpus/seed_004_tags" --role $role $where
expect_status 0
expect_output '^sidecar: can run it: storefront/checkout'
expect_output '^fis: can run it'
run template check "$corpus/seed_002_error" --json
expect_status 2
python3 - "$work/out" <<'PYTHON' || fail "check --json is not as it should be"
import json, sys
said = json.load(open(sys.argv[1]))
assert [engine['engine'] for engine in said['engines']] == ['sidecar', 'fis'], said
assert not any(engine['can_run'] for engine in said['engines']), said
assert any('localstack:generic:api-error' in refusal['why'] for refusal in said['engines'][1]['refusals']), said
PYTHON
run template check "$corpus/seed_002_error" --engine fis --endpoint-url http://127.0.0.1:1
expect_status 0
refused 2 'action networkLatency: sources: .*' template import "$corpus/seed_004_service"
expect_error 'no fault of it can be taken over'
run template import "$corpus/answer"
expect_status 0
expect_output '^--latency 300ms --jitter 10ms --latency-distribution uniform --duration 120s '
expect_error '^shaketable: not taken over: action lossy: it begins later'

# A name must do no harm where the options are pasted into a shell.
sed "s/\"service\": \"[^\"]*\"/\"service\": \"a'; touch \$(pwd)\/harm; '\"/" "$work/first.json" >"$work/harm.json"
run template import "$work/harm.json"
expect_status 0
(cd "$work" && eval "set -- $(cat "$work/out")" && [ ! -e harm ] && [[ "$*" == *"--service a'; touch "* ]]) ||
  fail "harm: $(cat "$work/out")"

# ── the man page's templates can be run ──
python3 - "${top_srcdir:-.}/man/shaketable-templates.5" "$work" <<'PYTHON' || fail "the man page has no templates"
import re, sys
page = open(sys.argv[1]).read().replace('\\-', '-').replace('\\(aq', "'").replace('\\e', '\\')
found = [block for block in re.findall(r'^\.EX\n(.*?)^\.EE$', page, re.S | re.M) if block.startswith('{')]
assert len(found) >= 2
for i, block in enumerate(found):
    open(f'{sys.argv[2]}/manual{i}.json', 'w').write(block)
PYTHON
for file in "$work"/manual*.json; do
  run template check "$file" --role $role
  expect_status 0
done

# ── what is asked of AWS: a port and an account ──
start_region
remember_state
port=$(aws ecs describe-services --cluster storefront --services checkout \
  --query 'services[0].loadBalancers[0].containerPort' --output text)
run template export $where --blackhole --role $role --guard 'alarm checkout-5xx'
expect_status 0
cp "$work/out" "$work/first.json"
aws_takes "$work/first.json"
python3 - "$work/out" "$port" <<'PYTHON' || fail "the blackhole: $(cat "$work/out")"
import json, re, sys
said = json.load(open(sys.argv[1]))
hole = said['actions']['blackhole']
assert hole['actionId'] == 'aws:ecs:task-network-blackhole-port' and hole['parameters']['port'] == sys.argv[2], hole
alarm = said['stopConditions'][0]
assert alarm['source'] == 'aws:cloudwatch:alarm'
assert re.fullmatch(r'arn:aws:cloudwatch:us-east-1:\d{12}:alarm:checkout-5xx', alarm['value']), alarm
PYTHON
run template import "$work/first.json"
expect_status 0
expect_output '^--blackhole 100% --duration 300s'
eval "run template export --role $role $(cat "$work/out")"
expect_status 0
cmp -s "$work/out" "$work/first.json" || fail "the blackhole came back as another: $(cat "$work/out")"
refused 1 'nobody' template export --cluster storefront --service nobody --blackhole
expect_state_as_before
stop_region
stop_fast_aws
finish
