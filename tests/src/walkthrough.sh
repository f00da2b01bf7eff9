#!/usr/bin/env bash
# The README's walk-through of the DynamoDB latency test, block by block as it stands there, with the AWS CLI and curl.
. "${top_srcdir:-.}/tests/src/lib.bash"
. "${top_srcdir:-.}/tests/awscli/aws.bash"
command -v aws >/dev/null || { echo "no AWS CLI here"; exit 77; }
source=$(cd "${top_srcdir:-.}" && pwd)
top_srcdir=$source

# Its commands, in blocks: $work/block1, …
python3 - "$source/README.md" "$work/block" <<'PYTHON'
import re, sys
text = open(sys.argv[1], encoding='utf-8').read()
section = text.split('\n### The DynamoDB latency test', 1)[1].split('\n## ', 1)[0]
blocks = re.findall(r'(?:^    .*\n|^\n(?=    ))+', section, re.M)
for number, block in enumerate(blocks, 1):
    with open(f'{sys.argv[2]}{number}', 'w', encoding='utf-8') as out:
        out.write(re.sub('^    ', '', block, flags=re.M))
assert len(blocks) == 6, len(blocks)
PYTHON
[ -s "$work/block6" ] || die "the README's section has another form"

# A build directory of its own: what the commands write is theirs. A round's pause is shorter here.
mkdir -p "$work/play/build" "$work/play/doc"
ln -s "$bin/shaketable" "$work/play/build/shaketable"
sed 's/"value": "1"/"value": "0.1"/' "$source/doc/dynamodb-latency-test.json" >"$work/play/doc/dynamodb-latency-test.json"
cd "$work/play/build" || die "no place to play"

start_region --no-traffic
export AWS_DEFAULT_REGION=us-east-1
service=(--cluster FIS --services dynamodb-test-service)
# The CLI's waiter looks every 15 seconds.
aws() {
  case "$1 $2" in
  "ecs wait")
    for _ in $(seq 300); do
      [ "$(aws ecs describe-services "${service[@]}" --output text --query \
        'services[0].[length(deployments),runningCount==desiredCount,deployments[0].rolloutState]')" = $'1\tTrue\tCOMPLETED' ] && return
      sleep 0.1
    done
    fail "the service does not become stable" ;;
  *) fast_aws --endpoint-url "$endpoint" "$@" ;; # Debian 12's CLI knows no AWS_ENDPOINT_URL
  esac
}
# play NUMBER: leaves what it prints in $work/said.
play() {
  . "$work/block$1" >"$work/said" 2>&1 || die "block $1 fails with status $?: $(tail -n 20 "$work/said")"
}
said() { grep -qE -- "$1" "$work/said" || fail "nobody says /$1/ but: $(tail -n 30 "$work/said")"; }
# The application's rounds since $since, by its own clock.
recent() { awk -v since="$since" '$3 >= since' "$work/said"; }
rounds() { recent | grep -cE -- "$1"; }
at_least() { [ "$(rounds "$2")" -ge "$1" ] || fail "$3: $(rounds "$2") rounds are /$2/, not $1: $(tail -n 30 "$work/said")"; }
none() { [ "$(rounds "$1")" = 0 ] || fail "$2: $(recent | grep -E -- "$1" | head -n 3)"; }
since=00:00:00
slow_ok=' ok .* ([6-9][0-9]{2} ms|1\.[0-9]+ s)$'
state() { curl -sS "$endpoint/_shaketable/state"; }

play 1
said '^3 rounds, 3 ok, 0 failed'
play 2
play 3
said 'probing dynamodb:MyTestTable'
at_least 1 ' ok ' "before the fault"
state >"$work/before"
play 4
said '0 calls|calls to dynamodb'
state >"$work/after"
cmp -s "$work/before" "$work/after" || fail "it is not as it was: $(diff "$work/before" "$work/after" | head)"

# The scenarios one by one, shorter, and what somebody in another terminal sees of the first.
sed -n '/^scenario()/,/^}/p' "$work/block5" | sed 's/--duration 45s/--duration ${long:-10s}/' >"$work/scenario"
. "$work/scenario"
grep -q '^scenario 500 ' "$work/block5" && grep -q '^scenario 2000 ' "$work/block5" && grep -q '^scenario 850 ' "$work/block5" ||
  fail "the README has other scenarios"

long=34s
since=$(date +%T)
scenario 500 >"$work/first" 2>&1 &
playing=$!
for _ in $(seq 600); do # its health turns after 30 s of failures
  sleep 0.1
  kill -0 $playing 2>/dev/null || break
  address=$(aws ecs list-tasks --cluster FIS --query 'taskArns[0]' --output text)
  grep -q 'live' "$work/first" && [ -n "$address" ] &&
    . <(sed -n '/^address=/,/list-tasks/p' "$work/block6") &&
    [ "$(curl -s -o "$work/health" -w '%{http_code}' "http://$address:8080/health")" = 503 ] && break
done
[ "$(curl -s -o "$work/health" -w '%{http_code}' "http://$address:8080/health")" = 503 ] ||
  fail "/health is not 503: $(cat "$work/health")"
[ "$(curl -s -o "$work/test" -w '%{http_code}' "http://$address:8080/test")" = 500 ] ||
  fail "/test is not 500: $(cat "$work/test")"
wait $playing
cp "$work/first" "$work/said"
at_least 20 'time-out after 500 ms' "500 ms"
none "$slow_ok" "500 ms: a round is as slow and succeeds"

long=
since=$(date +%T)
scenario 2000 >"$work/said" 2>&1
at_least 5 "$slow_ok" "2000 ms"
none 'time-out after' "2000 ms: a round times out"

# Some of either: with more tasks there are more rounds.
aws ecs update-service --cluster FIS --service dynamodb-test-service --desired-count 4 >"$work/x"
aws ecs wait services-stable "${service[@]}"
since=$(date +%T)
scenario 850 >"$work/said" 2>&1
at_least 5 "$slow_ok" "850 ms"
at_least 1 'time-out after 850 ms' "850 ms"

stop_fast_aws
stop_region
finish
