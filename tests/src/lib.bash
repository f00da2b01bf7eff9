# Sourced by the tests of this folder: a home of their own, a region of their own, and words for what is
# expected. A test calls `finish` at its end.
set -u

bin=$(cd "${top_builddir:-.}" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/shaketable-test.XXXXXX")
failures=0
region_pid=
endpoint=

export HOME=$work XDG_STATE_HOME=$work/state XDG_CONFIG_HOME=$work/config TERM=dumb LC_ALL=C.UTF-8
for name in $(compgen -e | grep '^AWS_'); do
  unset "$name"
done
unset XDG_RUNTIME_DIR SHAKETABLE_IMAGE name
export AWS_PAGER= AWS_EC2_METADATA_DISABLED=true

fail() {
  printf 'FAIL: %s\n' "$*"
  failures=$((failures + 1))
}

# What cannot go on.
die() {
  fail "$@"
  exit 1
}

clean_up() {
  local pid
  if [ -n "$region_pid" ] && ! kill -0 "$region_pid" 2>/dev/null; then
    wait "$region_pid"
    echo "the region had ended by itself, with status $?: $(tail -n 30 "$work/region.err")"
  fi
  for pid in $(jobs -p); do
    kill -TERM "$pid" 2>/dev/null
  done
  wait
  rm -rf "$work"
}
trap clean_up EXIT

finish() {
  [ "$failures" = 0 ] && echo "all as expected"
  exit $((failures > 0))
}

# ── running shaketable ──────────────────────────────────────────────────────────────────────────

# Leaves the exit status in $status, and $work/out and $work/err.
run() {
  command_line="shaketable $*"
  timeout -k 5 90 "$bin/shaketable" "$@" >"$work/out" 2>"$work/err" </dev/null
  status=$?
}

expect_status() {
  [ "$status" = "$1" ] && return
  fail "$command_line: status $status, not $1"
  sed 's/^/    out: /' "$work/out" | tail -n 20
  sed 's/^/    err: /' "$work/err" | tail -n 20
}

# The message is on standard error and has these words (a regular expression).
expect_error() {
  grep -qE -- "$1" "$work/err" && return
  fail "$command_line: the error does not say /$1/"
  sed 's/^/    err: /' "$work/err" | tail -n 20
}

expect_output() {
  grep -qE -- "$1" "$work/out" && return
  fail "$command_line: the output does not say /$1/"
  sed 's/^/    out: /' "$work/out" | tail -n 20
}

expect_no_output() {
  [ ! -s "$work/out" ] && return
  fail "$command_line: it printed something"
  sed 's/^/    out: /' "$work/out" | tail -n 20
}

# "STATUS WORDS ARGUMENT...": refused with this status, for these reasons, with nothing on standard output.
refused() {
  local wanted=$1 words=$2
  shift 2
  run "$@"
  expect_status "$wanted"
  expect_error "$words"
  expect_no_output
}

# Waits until the command says yes: "SECONDS COMMAND [ARGUMENT...]".
wait_until() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.1
  done
}

# ── a region ────────────────────────────────────────────────────────────────────────────────────

is_ready() {
  grep -q '^ready ' "$work/region.out"
}

is_steady() {
  "$bin/shaketable" doctor --cluster storefront --service checkout >/dev/null 2>&1 </dev/null
}

use_region() {
  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1 AWS_ENDPOINT_URL=$endpoint
}

# Older AWS CLIs know neither AWS_REGION nor AWS_ENDPOINT_URL.
aws() {
  local program=(command aws)
  declare -F fast_aws >/dev/null && program=(fast_aws) # where a test sources tests/awscli/aws.bash
  "${program[@]}" --endpoint-url "$endpoint" --region us-east-1 "$@"
}

# Starts one with these options and waits until its services are steady; AWS calls go there from now on.
start_region() {
  "$bin/shaketable-sandbox" --listen 127.0.0.1:0 --fast "$@" >"$work/region.out" 2>"$work/region.err" </dev/null &
  region_pid=$!
  wait_until 30 is_ready || die "the region did not start: $(cat "$work/region.err")"
  endpoint=$(sed -n 's/^ready //p' "$work/region.out")
  use_region
  wait_until 60 is_steady || die "the region's services did not become steady"
}

# All of a region's processes: those that are its children's children too.
processes_of() {
  ps -e -o pid=,ppid= | awk -v root="$1" '
    { parent[$1] = $2 }
    END {
      for (pid in parent) {
        for (p = pid; p in parent && p != root; p = parent[p]);
        if (p == root && pid != root) print pid
      }
    }'
}

# Ends it; it must leave no process behind.
stop_region() {
  local children pid
  children=$(processes_of "$region_pid")
  kill -TERM "$region_pid"
  wait "$region_pid"
  for pid in $children; do
    if kill -0 "$pid" 2>/dev/null; then
      fail "the region left process $pid behind: $(ps -o args= -p "$pid")"
      kill -KILL "$pid"
    fi
  done
  region_pid=
}

# What an experiment must leave as it was, byte for byte.
state() {
  curl -sS --max-time 20 "$endpoint/_shaketable/state"
}

remember_state() {
  state >"$work/state.before" || die "the region's state can't be read"
}

expect_state_as_before() {
  state >"$work/state.after"
  cmp -s "$work/state.before" "$work/state.after" && return
  fail "the region's state is not as before"
  python3 - "$work/state.before" "$work/state.after" <<'PYTHON'
import difflib, json, sys
texts = [json.dumps(json.load(open(name)), indent=1, sort_keys=True).splitlines() for name in sys.argv[1:]]
print('\n'.join(list(difflib.unified_diff(*texts, 'before', 'after', lineterm=''))[:60]))
PYTHON
}

# ── the console on a pseudo-terminal ────────────────────────────────────────────────────────────

# $python has pyte from here on; without one the test is skipped.
find_pyte() {
  for python in python3 /usr/bin/python3; do # the first may be one that Debian's packages do not reach
    "$python" -c 'import pyte' 2>/dev/null && return
  done
  echo "no python3-pyte here"
  exit 77
}

# "SECONDS STORY.py [ARGUMENT...]"
play_console() {
  local seconds=$1 story=$2
  shift 2
  PYTHONDONTWRITEBYTECODE=1 timeout -k 5 "$seconds" "$python" "${top_srcdir:-.}/tests/src/$story" "$bin/shaketable" "$@" ||
    fail "the story does not hold"
}

# ── experiments ─────────────────────────────────────────────────────────────────────────────────

# Starts `inject … --json` on storefront/checkout in the background: $injection, events in $work/events.
start_injection() {
  : >"$work/events" # before the child does: what is read from now on is of this one
  "$bin/shaketable" inject --cluster storefront --service checkout --yes --json "$@" \
    >"$work/events" 2>"$work/events.err" </dev/null &
  injection=$!
}

reached() {
  grep -q "\"phase\":\"$1\"" "$work/events"
}

wait_for_phase() {
  wait_until 60 reached "$1" && return
  cat "$work/events.err"
  die "the experiment did not reach the phase $1"
}

# The status of the injection that was started.
wait_for_injection() {
  wait "$injection"
  status=$?
  command_line="shaketable inject (in the background)"
  cp "$work/events" "$work/out"
  cp "$work/events.err" "$work/err"
}

# "REASON": the injection that was started ended because of a guard, and nothing of it is left.
expect_tripped() {
  wait_for_injection
  expect_status 4
  expect_error "^shaketable: guard .* tripped: $1"
  expect_error 'the service is as it was'
  expect_state_as_before
  expect_no_revision
  grep -q '"event":"guard","tripped":"guard ' "$XDG_STATE_HOME/shaketable/experiments/$(experiment_id).jsonl" ||
    fail "the journal does not say that a guard tripped"
}

# The revisions of ours that are ACTIVE.
expect_no_revision() {
  local found
  found=$(aws ecs list-task-definitions --family-prefix shaketable-checkout --status ACTIVE \
    --query 'taskDefinitionArns' --output text) || fail "aws ecs list-task-definitions failed"
  [ -z "$found" ] || [ "$found" = None ] || fail "still ACTIVE: $found"
}

experiment_id() {
  sed -n 's/.*"experiment":"\([0-9a-z-]\{1,\}\)".*/\1/p' "$work/events" | head -n 1
}
