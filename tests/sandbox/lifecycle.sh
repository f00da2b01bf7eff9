#!/bin/bash
# However the region ends, no process of it is left; and how it begins.
. "${top_srcdir:-.}/tests/sandbox/region.bash"

# The processes whose parent is the region, by /proc.
children() { cat /proc/"$1"/task/*/children 2>/dev/null | tr '\n' ' '; }
alive() { local pid n=0; for pid in $1; do [ -e "/proc/$pid" ] && n=$((n + 1)); done; echo "$n"; }
wait_for_tasks() {
    for _ in $(seq 200); do
        tasks=$(children "$sandbox_pid")
        # shellcheck disable=SC2086
        set -- $tasks
        [ $# -ge 10 ] && return
        sleep 0.1
    done
    is "ten tasks run" 10 "$#"
}

start_region --no-traffic --fast
is "it is well" '{"status":"ok"}' "$(curl -s "$url/_shaketable/health")"
wait_for_tasks
is "a port in use" 1 "$("$sandbox" --listen "${url#http://}" >"$work/x" 2>"$work/y"; echo $?)"
has "and why" "the port is in use" "$(cat "$work/y")"
is "not for others" 2 "$("$sandbox" --listen 0.0.0.0:0 >"$work/x" 2>"$work/y"; echo $?)"
has "and why" "0.0.0.0 is not a loopback address" "$(cat "$work/y")"
is "a second region beside it" "ready" "$(timeout -s INT 4 "$sandbox" --listen 127.0.0.1:0 --no-traffic | cut -d' ' -f1)"
kill -TERM "$sandbox_pid"; wait "$sandbox_pid"
is "SIGTERM ends it well" 0 $?
is "and all its tasks" 0 "$(alive "$tasks")"

start_region --no-traffic --fast
wait_for_tasks
kill -KILL "$sandbox_pid"; wait "$sandbox_pid" 2>/dev/null
until_is "after kill -9 no task is left" 10 0 alive "$tasks"

# Its parent dies.
(sandbox=$sandbox work=$work bash -c '
    SHAKETABLE_PARENT_DEATH=1 "$sandbox" --listen 127.0.0.1:0 --no-traffic --fast >"$work/out2" 2>/dev/null &
    echo $! >"$work/pid"
    until grep -q ready "$work/out2"; do sleep 0.05; done
    sleep 2; cat /proc/$!/task/*/children >"$work/tasks"
    kill -9 $$'; true) 2>/dev/null
sandbox_pid=
until_is "after its parent's death it ends" 10 0 alive "$(cat "$work/pid")"
[ -s "$work/tasks" ] || is "it had tasks" some none
is "and its tasks" 0 "$(alive "$(cat "$work/tasks")")"

# Throttling, when asked for.
start_region --no-traffic --empty --throttle 2
AWS_MAX_ATTEMPTS=1
codes=$(for i in 1 2 3 4 5 6 7 8; do
    curl -s -o /dev/null -w '%{http_code} ' --aws-sigv4 aws:amz:us-east-1:ecs --user test:test -d '{}' \
        -H 'X-Amz-Target: AmazonEC2ContainerServiceV20141113.ListClusters' \
        -H 'Content-Type: application/x-amz-json-1.1' "$url/"; done)
has "some calls pass" 200 "$codes"
has "the others are throttled" 400 "$codes"
has "as AWS says it" '"__type":"ThrottlingException","message":"Rate exceeded"' \
    "$(for i in 1 2 3 4 5; do
        curl -s --aws-sigv4 aws:amz:us-east-1:ecs --user test:test -d '{}' \
        -H 'X-Amz-Target: AmazonEC2ContainerServiceV20141113.ListClusters' \
        -H 'Content-Type: application/x-amz-json-1.1' "$url/"; done)"
done_testing
