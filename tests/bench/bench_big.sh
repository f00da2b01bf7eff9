#!/bin/bash
# A big account, throttled as AWS does: how soon the tree is of use, what was asked for, and what was refused.
set -eu
bin=$(cd "${top_builddir:-.}" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/shaketable-bench.XXXXXX")
region_pid=
trap '[ -n "$region_pid" ] && kill "$region_pid" 2>/dev/null; wait; rm -rf "$work"' EXIT
export HOME=$work XDG_STATE_HOME=$work XDG_CONFIG_HOME=$work
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true

# start OPTION...: sets $url and $region_pid.
start() {
    : >"$work/out"
    "$bin/shaketable-sandbox" --listen 127.0.0.1:0 --no-traffic "$@" >"$work/out" &
    region_pid=$!
    until grep -q ready "$work/out"; do sleep 0.01; done
    url=$(cut -d' ' -f2 "$work/out")
}
stop() { kill "$region_pid"; wait "$region_pid" || true; region_pid=; }

echo "a big account (100 clusters, 2000 services, 5000 tasks; throttled as AWS does)"
start --big 100:2000:5000 --throttle aws
"$bin/tests/bench/bench_inventory" "$url"
echo "  calls: $(curl -s "$url/_shaketable/calls")"
stop
start --big 100:2000:5000 --throttle aws
began=$(date +%s%N)
"$bin/shaketable" --endpoint-url "$url" list services --cluster ads-prod-001 >"$work/list"
echo "  list services: $(($(wc -l <"$work/list") - 1)) in $((($(date +%s%N) - began) / 1000000)) ms"
python3 -B "${top_srcdir:-.}/tests/bench/console_start.py" "$bin/shaketable" "$url"
stop
