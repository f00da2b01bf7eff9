#!/usr/bin/env bash
# `shaketable-proxy --aws` in front of a DynamoDB that we did not write: dynalite, by npm (skipped without npm or a
# network). The AWS CLI is served, faulted and delayed, and retries.
set -u
: "${top_builddir:=.}" "${top_srcdir:=.}"
for program in aws curl node npm; do
    command -v "$program" >/dev/null || { echo "skipped: no $program here"; exit 77; }
done
peer=$top_builddir/tests/peers/dynalite
work=$(mktemp -d)
dynalite_pid= proxy_pid= failures=0
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_PAGER= AWS_MAX_ATTEMPTS=1
unset AWS_PROFILE AWS_SESSION_TOKEN AWS_ENDPOINT_URL

finish() {
    status=$?
    [ -n "$dynalite_pid" ] && kill "$dynalite_pid" 2>/dev/null && wait "$dynalite_pid" 2>/dev/null
    if [ -n "$proxy_pid" ] && kill "$proxy_pid" 2>/dev/null; then
        wait "$proxy_pid" || { echo "the proxy ended with status $?"; failures=$((failures + 1)); }
    fi
    [ "$failures" -eq 0 ] || { sed 's/^/proxy: /' "$work/proxy.err"; [ "$status" -eq 0 ] && status=1; }
    stop_fast_aws
    rm -rf "$work"
    exit "$status"
}
. "$top_srcdir/tests/awscli/aws.bash"
trap finish EXIT
trap 'exit 1' INT TERM

# Kept in the build tree: one download a build. Moved into its place whole.
if [ ! -e "$peer/node_modules/dynalite/cli.js" ]; then
    mkdir -p "$peer" "$work/peer"
    cp "$top_srcdir"/tests/peers/dynalite/package*.json "$work/peer"
    chmod u+w "$work"/peer/*
    if ! (cd "$work/peer" && npm ci --no-audit --no-fund --ignore-scripts --cache "$work/npm") >"$work/npm.log" 2>&1; then
        tail -n 5 "$work/npm.log"
        echo "skipped: npm could not install dynalite (no network?)"
        exit 77
    fi
    mv "$work/peer/node_modules" "$peer/node_modules" 2>/dev/null || true # another run may have been first
fi

# --port 0 is taken for the usual one, so the server is made here.
cat >"$work/serve.js" <<'JS'
const dynalite = require(process.argv[2])
const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
JS
node "$work/serve.js" "$(cd "$peer" && pwd)/node_modules/dynalite" >"$work/dynalite.out" 2>"$work/dynalite.err" &
dynalite_pid=$!
port=
for _ in $(seq 300); do
    read -r port <"$work/dynalite.out" && break
    kill -0 "$dynalite_pid" 2>/dev/null || break
    sleep 0.05
done
[ -n "$port" ] || { echo "dynalite did not start"; cat "$work/dynalite.err"; exit 1; }
"$top_builddir/shaketable-proxy" --listen 127.0.0.1:0 --aws --aws-endpoint "http://127.0.0.1:$port" \
    >"$work/proxy.out" 2>"$work/proxy.err" &
proxy_pid=$!
through=
for _ in $(seq 300); do
    read -r _ through _ <"$work/proxy.out" && break
    kill -0 "$proxy_pid" 2>/dev/null || break
    sleep 0.05
done
[ -n "$through" ] || { echo "the proxy did not start"; cat "$work/proxy.err"; exit 1; }
through=http://$through

d() { fast_aws --output text --endpoint-url "$through" dynamodb "$@" 2>&1; }
direct() { fast_aws --output text --endpoint-url "http://127.0.0.1:$port" dynamodb "$@" 2>&1; }
faults() { curl -sf -X POST -H 'Content-Type: application/json' -d "$1" "$through/_localstack/chaos/faults" >/dev/null; }
count() {
    curl -sf "$through/_shaketable/calls" | python3 -c '
import json, sys
print(sum(one[sys.argv[2]] for one in json.load(sys.stdin)["calls"] if one["operation"] == sys.argv[1]))' "$1" "$2"
}
counted() { # OPERATION FIELD WANTED: once the answer is out, it is counted
    for _ in $(seq 100); do
        [ "$(count "$1" "$2")" = "$3" ] && echo "ok: $1, $2" && return
        sleep 0.1
    done
    echo "FAILED: $1, $2: wanted $3, got $(count "$1" "$2")"
    failures=$((failures + 1))
}
check() { # WHAT PART GOT
    case $3 in
    *"$2"*) echo "ok: $1" ;;
    *) echo "FAILED: $1"; echo "  wanted: …$2…"; echo "  got:    $3"; failures=$((failures + 1)) ;;
    esac
}

d create-table --table-name MyTestTable --billing-mode PAY_PER_REQUEST \
    --attribute-definitions AttributeName=id,AttributeType=S --key-schema AttributeName=id,KeyType=HASH >/dev/null
for _ in $(seq 100); do
    [ "$(d describe-table --table-name MyTestTable --query Table.TableStatus)" = ACTIVE ] && break
    sleep 0.05
done
for i in $(seq 20); do d put-item --table-name MyTestTable --item "{\"id\":{\"S\":\"$i\"},\"n\":{\"N\":\"$((i * i))\"}}"; done
check "an item" 49 "$(d get-item --table-name MyTestTable --key '{"id":{"S":"7"}}' --query Item.n.N)"
check "a scan, as it is without us" "$(direct scan --table-name MyTestTable --query 'sort(Items[].n.N)')" \
    "$(d scan --table-name MyTestTable --query 'sort(Items[].n.N)')"
check "its own errors pass" "$(direct get-item --table-name nosuch --key '{"id":{"S":"7"}}')" \
    "$(d get-item --table-name nosuch --key '{"id":{"S":"7"}}')"
check "a condition that fails" "(ConditionalCheckFailedException)" "$(d put-item --table-name MyTestTable \
    --item '{"id":{"S":"7"}}' --condition-expression 'attribute_not_exists(id)')"

faults '[{"service":"dynamodb","operation":"GetItem","percentage":"100","errorCode":"400",
    "exception":"ProvisionedThroughputExceededException"},{"service":"dynamodb","latencyMilliseconds":"400"}]'
check "one operation fails" "(ProvisionedThroughputExceededException)" \
    "$(d get-item --table-name MyTestTable --key '{"id":{"S":"7"}}')"
before=$(date +%s%N)
check "another waits" 49 "$(d query --table-name MyTestTable --key-condition-expression 'id = :i' \
    --expression-attribute-values '{":i":{"S":"7"}}' --query 'Items[0].n.N')"
took=$((($(date +%s%N) - before) / 1000000))
[ "$took" -ge 400 ] || { echo "FAILED: it took $took ms"; failures=$((failures + 1)); }
counted Query delayed 1
counted GetItem attempts 3
attempts=3
check "retried in vain" "reached max retries" \
    "$(AWS_RETRY_MODE=standard AWS_MAX_ATTEMPTS=3 d get-item --table-name MyTestTable --key '{"id":{"S":"7"}}')"
counted GetItem attempts $((attempts + 3))
faults '[]'
check "clean again" 49 "$(d get-item --table-name MyTestTable --key '{"id":{"S":"7"}}' --query Item.n.N)"
kill "$dynalite_pid" && wait "$dynalite_pid" 2>/dev/null
dynalite_pid=
check "gone" "(ServiceUnavailable)" "$(d list-tables)"
[ "$failures" -eq 0 ] || { echo "$failures failed"; exit 1; }
