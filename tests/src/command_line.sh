#!/usr/bin/env bash
# The command line alone, without a region: help, bad values, what is missing, exit statuses.
. "${top_srcdir:-.}/tests/src/lib.bash"

commands="demo sandbox list plan doctor prepare inject adjust status watch rollback template probe"

# ── help and version ──
run --help
expect_status 0
for command in $commands; do
  expect_output "^  $command "
done
for command in $commands; do
  run "$command" --help
  expect_status 0
  expect_output "^usage: shaketable $command"
  expect_output '--endpoint-url URL'
  [ -s "$work/err" ] && fail "$command --help printed on standard error"
done
run -h
expect_status 0
run inject --help
for option in latency jitter latency-distribution loss loss-burst error reset blackhole bandwidth direction \
  percent path method include-health-checks seed duration yes cluster service; do
  expect_output "^      --$option( |\$)"
done
run --version
expect_status 0
expect_output '^shaketable [0-9]+\.[0-9]+\.[0-9]+$'

# ── the man page knows every command and option ──
manual=${top_srcdir:-.}/man/shaketable.1
for command in $commands; do
  grep -qE "^\.(B|BR|BI) \"?$command" "$manual" || fail "shaketable(1) does not describe the command $command"
  run "$command" --help
  for option in $(grep -oE '^ +(-., )?--[a-z-]+' "$work/out" | sed 's/.*--//'); do
    grep -qF -- "\-\-${option//-/\\-}" "$manual" || fail "shaketable(1) does not describe --$option"
  done
done

# ── what does not exist, is missing, or is too much ──

refused 2 'no command explode' explode
refused 2 'unknown option --latncy .did you mean --latency' inject --latncy 8
refused 2 '--latency needs a value' inject --latency
refused 2 '--yes takes no value' inject --yes=1
refused 2 'list what\? clusters, services' list
refused 2 'list what\? clusters, services' list mountains
refused 2 "list what.*templates or fis-experiments" list mountains
refused 2 '--cluster is missing' list services
refused 2 'needs its --cluster' list target-groups --service checkout
refused 2 '--cluster is missing' plan --latency 8ms
refused 2 '--service is missing' plan --latency 8ms --cluster storefront
refused 2 '--cluster is missing' doctor
refused 2 '--cluster is missing' inject --latency 8ms --yes
refused 2 'inject: which faults' inject --cluster storefront --service checkout --yes
refused 2 'plan: which faults' plan --cluster storefront --service checkout
for bad in 'p98 > 2s' 'p99 > 2x' 'errors > 120%' 'healthy targets < 1.5' 'alarm'; do
  refused 2 "^shaketable: --guard: '$bad'.* expected " inject --cluster c --service s --latency 8 --guard "$bad"
done
refused 2 'is there already' inject --cluster c --service s --latency 8 --guard 'lost > 5%' --guard 'lost > 5%'
refused 2 'status takes no option like --guard' status --guard 'lost > 5%'
refused 2 'adjust: to what' adjust
refused 2 'both --cluster and --service' rollback --cluster storefront
refused 2 'two is one word too many' status one two
refused 2 'list takes no option like --latency' list clusters --latency 8
refused 2 'status takes no option like --cluster' status --cluster c
refused 2 'the console takes no option like --cluster' --cluster storefront
refused 2 'needs a terminal'

# ── values ──
bad_value() {
  refused 2 "$1.*$3" inject --cluster c --service s --yes "$1" "$2"
}
bad_value --latency soon "'soon' is no duration"
bad_value --latency -5 "'-5' is no duration"
bad_value --latency 61s 'more than 60s'
bad_value --latency '' 'no duration'
bad_value --jitter 5parsecs 'no duration'
bad_value --jitter 2h 'more than 60s'
bad_value --latency-distribution flat "'flat' is none of uniform, normal, pareto, paretonormal"
bad_value --loss 101% 'more than 100%'
bad_value --loss -1% 'no percentage'
bad_value --loss half 'no percentage'
bad_value --loss-burst 0 'no number from 1 to 100'
bad_value --error 200 'not between 400 and 599'
bad_value --error 503@ 'no percentage'
bad_value --error 503@200% 'more than 100%'
bad_value --error teapot "'teapot'"
bad_value --reset x 'no percentage'
bad_value --bandwidth 3 'not between 100B/s and 100GB/s'
bad_value --bandwidth fast "'fast'"
bad_value --direction sideways 'none of request, response, both'
bad_value --percent 1000 'more than 100%'
bad_value --method 'G T' 'HTTP method'
bad_value --path "$(printf '%600s' x)" 'longer than 512'
bad_value --seed -1 "'-1'"
bad_value --duration 0 'not between 1 s and 12 h'
bad_value --duration 13h 'not between 1 s and 12 h'
bad_value --duration tomorrow 'no duration'
refused 2 '--blackhole.*more than 100%' inject --cluster c --service s --blackhole=101
refused 2 '--interval.*not between' watch --interval 1ms

# ── nothing to act on ──
refused 1 'no experiment is under way' status
refused 1 'no experiment is under way' watch
refused 1 'no experiment is under way' rollback
refused 1 'no experiment is under way' adjust --latency 8
refused 1 'no experiment abc' status abc
refused 1 'no experiment abc' adjust abc --latency 8
refused 1 'no experiment abc' rollback abc
refused 1 'no experiment \.\./abc' rollback ../abc
run list experiments --json
expect_status 0
[ "$(tr -d ' \n' <"$work/out")" = "[]" ] || fail "list experiments --json: $(cat "$work/out")"

# ── no region, no credentials, no such profile ──
refused 1 'no region: give --region, set AWS_REGION' list clusters
refused 1 'credentials' list clusters --region us-east-1
refused 1 "'nobody'" list clusters --region us-east-1 --profile nobody
refused 1 "'not a region'" list clusters --region 'not a region'
refused 1 'credentials' inject --cluster c --service s --latency 8ms --yes --region us-east-1
refused 1 'credentials' rollback --all --region us-east-1
grep -q 'nothing to roll back' "$work/err" && fail "rollback --all knew that there is nothing, without asking"
export AWS_ACCESS_KEY_ID=test
refused 1 'no secret access key' list clusters --region us-east-1
export AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1
refused 1 'ftp://localhost' list clusters --endpoint-url ftp://localhost
refused 1 '127\.0\.0\.1:1' list clusters --endpoint-url http://127.0.0.1:1

[ -z "$(find "$work" -name '*.jsonl')" ] || fail "a journal was written"
finish
