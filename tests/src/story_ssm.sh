#!/usr/bin/env bash
# Sidecars that are reached through Session Manager: the whole story, and no process and no session is left.
. "${top_srcdir:-.}/tests/src/lib.bash"
export PLUGIN_WORK=$work/plugins
mkdir "$PLUGIN_WORK"
plain_path=$PATH
export PATH=$(cd "$top_srcdir/tests/src/bin" && pwd):$PATH

enable_exec() {
  aws ecs update-service --cluster storefront --service checkout --enable-execute-command --force-new-deployment \
    >"$work/update" || die "ECS Exec could not be enabled"
  wait_until 60 is_steady || die "the service is not steady with ECS Exec"
}
plugins() { ls "$PLUGIN_WORK" | grep -cx '[0-9]*'; }
plugins_alive() {
  local pid
  for pid in $(ls "$PLUGIN_WORK" | grep -x '[0-9]*'); do kill -0 "$pid" 2>/dev/null && echo "$pid"; done
}
none_alive() { [ -z "$(plugins_alive)" ]; }

start_region

# Without ECS Exec, without the plugin, or with one that would show the token: refused, with what to do.
refused 3 'ECS Exec is not enabled' inject --cluster storefront --service checkout --latency 100ms --reach ssm --yes
enable_exec
echo 1.2.497.0 >"$PLUGIN_WORK/version"
refused 3 'version 1.2.497.0, which takes the session' inject --cluster storefront --service checkout \
  --latency 100ms --reach ssm --yes
rm "$PLUGIN_WORK/version"
PATH=$plain_path refused 3 'session-manager-plugin is not installed' inject --cluster storefront \
  --service checkout --latency 100ms --reach ssm --yes
remember_state

# The story.
start_injection --latency 300ms --duration 40s --reach ssm
wait_for_phase injecting
run status --json
expect_output '"reach": *"ssm"'
[ "$(plugins)" = 3 ] || fail "$(plugins) plugins run, not 3"
for pid in $(plugins_alive); do
  tr '\0' ' ' <"/proc/$pid/cmdline" >"$work/cmdline"
  grep -q 'AWS_SSM_START_SESSION_RESPONSE us-east-1 StartSession  {"Target":"ecs:storefront_' "$work/cmdline" ||
    fail "not called as the AWS CLI does: $(cat "$work/cmdline")"
  grep -q TokenValue "$work/cmdline" && fail "the token is among the arguments"
done
run adjust --latency 100ms
expect_status 0
live_with() {
  run status --json
  python3 -c 'import json, sys
status = json.load(open(sys.argv[1]))
assert [status["live_on"], status["live_of"]] == [3, 3], status
assert status["faults"]["latency"]["mean_ms"] == float(sys.argv[2]), status' "$work/out" "$1"
}
wait_until 20 live_with 100 || fail "the change did not arrive: $(cat "$work/out")"
# A path that breaks is opened again, and the faults go on.
kill -KILL "$(plugins_alive | head -n 1)"
two_are_live() { run status --json && grep -Eq '"live_on": *2' "$work/out"; }
wait_until 10 two_are_live || fail "the loss of a path was not seen"
wait_until 30 live_with 100 || fail "the path was not opened again: $(cat "$work/out")"
run rollback
expect_status 0
wait_for_injection
expect_status 0
expect_output '"clean_in_ms":[0-9]'
none_alive || fail "plugins are left behind: $(plugins_alive)"
expect_state_as_before # its sessions among it
expect_no_revision

# A console that is killed takes them with it. The lease ends the faults, and another console rolls back.
start_injection --latency 300ms --duration 60s --reach ssm
wait_for_phase injecting
kill -KILL "$injection"
wait "$injection" 2>/dev/null
wait_until 10 none_alive || fail "plugins outlive the console: $(plugins_alive)"
run rollback --all
expect_status 0
none_alive || fail "plugins are left behind: $(plugins_alive)"
expect_no_revision
# What the dead one had opened ends with the tasks.
sessions_gone() { [[ $(state) == *'"sessions":[]'* ]]; }
wait_until 20 sessions_gone || fail "sessions are left: $(state | grep -o '"sessions":.*')"
expect_state_as_before

# A plugin that does not work: nothing is injected, and all is restored.
touch "$PLUGIN_WORK/refuse"
start_injection --latency 300ms --duration 20s --reach ssm
wait_for_phase armed
kill -INT "$injection"
wait_for_injection
none_alive || fail "plugins are left behind: $(plugins_alive)"
expect_state_as_before

stop_region
finish
