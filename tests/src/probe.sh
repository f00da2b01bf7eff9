#!/usr/bin/env bash
# shaketable probe: each way in which a round can end, against servers that bring it about, the embedded
# region's DynamoDB, and seed 004's three scenarios through the sidecar; as a service; as the region's image.
. "${top_srcdir:-.}/tests/sandbox/region.bash"
bin=$(cd "$top_builddir" && pwd)
unset AWS_CA_BUNDLE SSL_CERT_FILE TABLE_NAME CONNECTION_TIMEOUT_MS READ_TIMEOUT_MS TEST_INTERVAL_SECONDS
for name in http https all no; do unset "${name}_proxy" "${name^^}_PROXY"; done
command -v openssl >/dev/null || { echo "no openssl here"; exit 77; }
pids=
end_them() { for pid in $pids; do kill "$pid" 2>/dev/null; wait "$pid"; done; pids=; }
trap 'end_them; finish' EXIT

# probe ARGUMENT...: $status, $work/p.out, $work/p.err
probe() {
    timeout -k 5 60 "$bin/shaketable" probe "$@" >"$work/p.out" 2>"$work/p.err" </dev/null
    status=$?
}
# field NAME: of the first round in $work/p.out, which is JSON (and read as text: a Python each time takes long)
field() { sed -n "1{s/.*\"$1\":\"\([^\"]*\)\".*/\1/p;t;s/.*\"$1\":\([^,}]*\).*/\1/p}" "$work/p.out"; }
# ends WHAT OUTCOME WORDS ARGUMENT...: one round, which fails like that
ends() {
    local what=$1 outcome=$2 words=$3
    shift 3
    probe --json --count 1 "$@"
    is "$what: the outcome" "$outcome false 1" "$(field outcome) $(field ok) $status"
    has "$what: in words" "$words" "$(field what): $(field error)"
}
# usage WORDS [NAME=VALUE]... PROGRAM ARGUMENT...: refused as wrong usage
usage() {
    local words=$1
    shift
    env "$@" >"$work/p.out" 2>"$work/p.err" </dev/null
    is "status 2 for: ${*#"$bin/"}" 2 $?
    has "why" "$words" "$(cat "$work/p.err")"
    is "nothing was printed" "" "$(cat "$work/p.out")"
}

# ── bad usage ──
p=$bin/shaketable
usage "CONNECTION_TIMEOUT_MS: 'soon' is no duration" CONNECTION_TIMEOUT_MS=soon "$p" probe
usage "READ_TIMEOUT_MS: 0 is not between" READ_TIMEOUT_MS=0 "$p" probe
usage "TEST_INTERVAL_SECONDS: '-5' is no duration" TEST_INTERVAL_SECONDS=-5 "$p" probe
usage "TABLE_NAME: 'a b' is no table's name" "TABLE_NAME=a b" "$p" probe
usage "--connect-timeout: 0 is not between" "$p" probe --connect-timeout 0
usage "--read-timeout: 'x' is no duration" "$p" probe --read-timeout x
usage "--count" "$p" probe --count 0
usage "probe: 'ftp://x' is none of" "$p" probe ftp://x
usage "probe: it has no port" "$p" probe tcp://host
usage "one word too many" "$p" probe tcp://host:1 tcp://host:2
usage "--serve: 'host' is not a numeric address" "$p" probe tcp://127.0.0.1:1 --serve host:80
usage "--stats: it is told in plain text" "$p" probe tcp://127.0.0.1:1 --stats tcp:0.0.0.0:0
usage "HTTPS_PROXY: only proxies at http://" HTTPS_PROXY=socks5://x "$p" probe https://x/
usage "takes no option like --connect-timeout" "$p" list clusters --read-timeout 1
usage "--client-stats: 'x' is not tcp:" "$p" inject --client-stats x

# ── servers ──
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
start_peers() {
    local out=$1
    shift
    python3 -B "$@" >"$out" 2>"$out.err" &
    pids="$pids $!"
    for _ in $(seq 200); do grep -q '^ready' "$out" && return; sleep 0.05; done
    echo "the peers did not start"; cat "$out.err"; exit 1
}
: >"$work/asked"
start_peers "$work/peers" "$top_srcdir/tests/src/probe_peers.py" "$work/cert.pem" "$work/key.pem" "$work/asked"
start_peers "$work/liars" "$top_srcdir/tests/src/liar.py"
port() { cat "$work/peers" "$work/liars" | sed -n "s/^$1 //p"; }
web=http://127.0.0.1:$(port web) tls=https://127.0.0.1:$(port tls) via=http://127.0.0.1:$(port proxy)
closed=$(port refusing)

probe "$web/x" --count 2 --interval 100ms
is "two rounds" 0 "$status"
is "a line each" 2 "$(grep -Ec '^[0-9:]{8}  ok 200 +[0-9.]+ (µs|ms|s) +- +[0-9.]+ (µs|ms|s) +[0-9.]+ (µs|ms|s)$' "$work/p.out")"
has "and a summary" "2 rounds, 2 ok, 0 failed" "$(cat "$work/p.out")"
has "with percentiles" "total of those that were ok:  p50 " "$(tail -1 "$work/p.out")"
probe --json "$web/moved" --count 3 --interval 100ms --keep-alive
is "kept alive from the second on" "False True True" "$(python3 -c '
import json,sys; rounds=[json.loads(line) for line in open(sys.argv[1])]
print(*[r["reused"] for r in rounds[:3]]); s=rounds[3]["summary"]
assert s["rounds"]==s["ok"]==3 and s["failures"]=={} and s["total"]["p50_ms"]<=s["total"]["max_ms"], s
assert all(r["status"]==302 and r["total_ms"]>=r["first_byte_ms"]>0 for r in rounds[:3]), rounds
assert "connect_ms" in rounds[0] and "connect_ms" not in rounds[1], rounds' "$work/p.out")"
probe --json "tcp://127.0.0.1:$(port web)" --count 1
is "TCP is connected to, no more" "ok ok " "$(field outcome) $(field what) $(field first_byte_ms)"

ends "a closed port" refused "127.0.0.1:$closed: Connection refused" "tcp://127.0.0.1:$closed"
ends "no such name" unresolved "no such host: no-such-host.invalid" http://no-such-host.invalid/
ends "an error status" status "HTTP 503" "$web/busy"
ends "garbage" garbage "not understood" "http://127.0.0.1:$(port garbage)/"
ends "a reset" cut "connection cut" "http://127.0.0.1:$(port reset)/"
ends "half an answer" cut "in the middle of its answer" "http://127.0.0.1:$(port half)/"
ends "silence" read-timeout "read time-out after 200 ms" "http://127.0.0.1:$(port silent)/" --read-timeout 200
ends "silence where TLS should be" connect-timeout "connect time-out after 150 ms" "https://127.0.0.1:$(port silent)/" \
    --connect-timeout 150
ends "plain where TLS should be" cut "no TLS came about" "https://127.0.0.1:$(port web)/"
ends "nobody's certificate" untrusted "certificate not trusted" "$tls/"
is "the summary counts kinds" '{"untrusted":1}' "$(grep -o '{"untrusted":1}' "$work/p.out")"

# ── certificates and proxies ──
AWS_CA_BUNDLE=$work/cert.pem probe --json "$tls/" --count 1
is "AWS_CA_BUNDLE" ok "$(field outcome)"
has "TLS takes its time" '"tls_ms":' "$(cat "$work/p.out")"
SSL_CERT_FILE=$work/cert.pem probe --json "$tls/" --count 1
is "SSL_CERT_FILE" ok "$(field outcome)"
AWS_CA_BUNDLE=$work/none probe "$tls/"
is "a bundle that is not there" 1 "$status"
has "is named" "AWS_CA_BUNDLE: $work/none" "$(cat "$work/p.err")"
export AWS_CA_BUNDLE=$work/cert.pem
HTTPS_PROXY=$via probe --json "$tls/" --count 1
is "a tunnel through a proxy" "ok CONNECT 127.0.0.1:$(port tls)" "$(field outcome) $(tail -1 "$work/asked")"
: >"$work/asked"
HTTPS_PROXY=$via NO_PROXY=127.0.0.1 probe --json "$tls/" --count 1
is "but not for NO_PROXY" "ok " "$(field outcome) $(cat "$work/asked")"
HTTP_PROXY=$via probe --json http://far.invalid/x --count 1
is "plain HTTP by the whole URL" "ok GET http://far.invalid/x" "$(field outcome) $(tail -1 "$work/asked")"
HTTPS_PROXY=$via ends "a proxy that declines" proxy "answers 403 to CONNECT far.invalid:1" https://far.invalid:1/
HTTPS_PROXY=http://127.0.0.1:$(port garbage) ends "a proxy that is none" proxy "its answer is no HTTP" https://far.invalid/
unset AWS_CA_BUNDLE

# ── DynamoDB ──
start_region --no-traffic --empty --fast
export AWS_ENDPOINT_URL_DYNAMODB=$url
ends "no table" aws-error "ResourceNotFoundException" dynamodb:NoSuchTable
is "by AWS's code" "ResourceNotFoundException 400" "$(field code) $(field status)"
a dynamodb create-table --table-name MyTestTable --attribute-definitions AttributeName=id,AttributeType=S \
    --key-schema AttributeName=id,KeyType=HASH --billing-mode PAY_PER_REQUEST >"$work/x"
a dynamodb put-item --table-name MyTestTable --item '{"id":{"S":"test1"}}'
probe --json --count 1
is "the seed's table without a target" "ok ok 200" "$(field outcome) $(field what)"
has "it is named" "dynamodb:MyTestTable at $url" "$(cat "$work/p.out")"
TABLE_NAME=Other ends "TABLE_NAME" aws-error "ResourceNotFoundException"
TABLE_NAME=Other probe --json --count 1 dynamodb:MyTestTable
is "which a target beats" ok "$(field outcome)"
AWS_SECRET_ACCESS_KEY=wrong ends "a wrong key" aws-error "InvalidSignatureException" dynamodb:MyTestTable
env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY HOME="$work" timeout 60 "$p" probe --json --count 1 >"$work/p.out" 2>"$work/p.err"
is "no keys at all" 1 $?
has "which says where they were looked for" "credentials" "$(cat "$work/p.err")"
AWS_ENDPOINT_URL_DYNAMODB=nonsense probe
is "an endpoint that is none" 1 "$status"
has "is named, too" "AWS_ENDPOINT_URL_DYNAMODB" "$(cat "$work/p.err")"
AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:$(port html) ends "a hotel's network" garbage "not DynamoDB's"
AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:$closed ends "an endpoint that is down" refused "refused"

# ── the seed's three scenarios: 800 ± 50 ms, and 500, 2000 and 850 ms of patience ──
"$bin/shaketable-proxy" --listen 127.0.0.1:0 --upstream "${url#http://}" --latency 800ms --jitter 50ms >"$work/proxy" &
pids="$pids $!"
for _ in $(seq 200); do grep -q '^listening' "$work/proxy" && break; sleep 0.05; done
slow=http://$(sed -n 's/^listening \([^ ]*\).*/\1/p' "$work/proxy")
scenario() { # MS ROUNDS PROBES: how many rounds were ok, and failed; all failures must be read time-outs
    local i
    for i in $(seq "$3"); do
        AWS_ENDPOINT_URL_DYNAMODB=$slow CONNECTION_TIMEOUT_MS=$1 READ_TIMEOUT_MS=$1 TEST_INTERVAL_SECONDS=0.001 \
            timeout 60 "$p" probe --json --count "$2" >"$work/s.$i" 2>&1 &
        wait_for="${wait_for:-} $!"
    done
    for i in $wait_for; do wait "$i"; done
    wait_for=
    cat "$work"/s.* | python3 -c '
import json,sys
rounds=[r for r in map(json.loads, sys.stdin) if "round" in r]
assert all(r["ok"] or r["what"]=="read time-out after %s ms" % sys.argv[1] for r in rounds), rounds
assert all(r["total_ms"]>=600 for r in rounds if r["ok"]), rounds
print(sum(r["ok"] for r in rounds), sum(not r["ok"] for r in rounds))' "$1"
    rm -f "$work"/s.*
}
is "500 ms: each read times out" "0 4" "$(scenario 500 2 2)"
is "2000 ms: all is well" "4 0" "$(scenario 2000 2 2)"
got=$(scenario 850 8 8)
is "850 ms: some go well, and some do not" yes "$([ "${got% *}" -gt 0 ] && [ "${got#* }" -gt 0 ] && echo yes || echo "$got")"
end_them

# ── as a service ──
serve() { # ARGUMENT...: sets $base, $served
    "$p" probe "$@" --serve 127.0.0.1:0 >"$work/s.out" 2>"$work/s.err" &
    served=$!
    pids="$pids $served"
    for _ in $(seq 200); do grep -q '^serving ' "$work/s.err" && break; sleep 0.05; done
    base=$(sed -n 's,^serving \(http://[^/]*\)/.*,\1,p' "$work/s.err")
}
get() { curl -s -o "$work/body" -w '%{http_code} %{content_type}' "$@"; }
serve dynamodb:MyTestTable --interval 50s
is "healthy" "200 application/json" "$(get "$base/health")"
has "it says so" '"status":"healthy"' "$(cat "$work/body")"
is "a round on demand" "200 application/json" "$(get "$base/test")"
has "with its figures" '"total_ms":' "$(cat "$work/body")"
is "HEAD" "200" "$(curl -sI -o "$work/x" -w '%{http_code}' "$base/health")"
is "anything else" "404 application/json" "$(get "$base/")"
is "no POST" "405 application/json" "$(get -X POST -d x "$base/test")"
"$p" probe tcp://127.0.0.1:1 --serve "${base#http://}" >"$work/p.out" 2>"$work/p.err"
is "a port that is taken" "1 Address already in use" "$? $(grep -o 'Address already in use' "$work/p.err")"
for _ in $(seq 100); do grep -q 'ok 200' "$work/s.out" && break; sleep 0.05; done
kill -TERM "$served"; wait "$served"
is "SIGTERM ends it well" 0 $?
has "with the summary" "1 round, 1 ok, 0 failed" "$(cat "$work/s.out")"
serve "tcp://127.0.0.1:$closed" --interval 50s
is "a round that fails" "500 application/json" "$(get "$base/test")"
has "tells why" '"outcome":"refused"' "$(cat "$work/body")"
is "it takes time to be ill" "200 application/json" "$(get "$base/health")"
kill -INT "$served"; wait "$served"
is "SIGINT ends it well, too" 0 $?

# ── as the region's image ──
network='awsvpcConfiguration={subnets=[subnet-074e81a195f80085b],securityGroups=[sg-063a086776564b8ce]}'
a ecs create-cluster --cluster-name FIS >"$work/x"
for image in fis-latency-test-to-ddb:latest shaketable/probe; do
    cat >"$work/definition.json" <<J
{"family":"dynamodb-latency-test","networkMode":"awsvpc","requiresCompatibilities":["FARGATE"],"cpu":"256","memory":"512",
 "containerDefinitions":[{"name":"app","image":"064250592128.dkr.ecr.us-east-1.amazonaws.com/$image",
  "portMappings":[{"containerPort":8080}],"command":["--serve","8080"],
  "environment":[{"name":"TABLE_NAME","value":"MyTestTable"},{"name":"TEST_INTERVAL_SECONDS","value":"0.2"},
   {"name":"AWS_ENDPOINT_URL","value":"$url"},{"name":"AWS_REGION","value":"us-east-1"},
   {"name":"AWS_ACCESS_KEY_ID","value":"test"},{"name":"AWS_SECRET_ACCESS_KEY","value":"test"}],
  "logConfiguration":{"logDriver":"awslogs","options":{"awslogs-group":"/ecs/dynamodb-latency-test",
   "awslogs-region":"us-east-1","awslogs-stream-prefix":"ecs"}}}]}
J
    a ecs register-task-definition --cli-input-json "file://$work/definition.json" >"$work/x"
    arn=$(text ecs run-task --cluster FIS --launch-type FARGATE --task-definition dynamodb-latency-test \
        --network-configuration "$network" --query 'tasks[0].taskArn')
    until_is "$image runs" 20 RUNNING text ecs describe-tasks --cluster FIS --tasks "$arn" --query 'tasks[0].lastStatus'
    stream=ecs/app/${arn##*/}
    said() { text logs get-log-events --log-group-name /ecs/dynamodb-latency-test --log-stream-name "$stream" \
        --query 'events[].message' | grep -o -m1 'ok 200' | head -1; }
    until_is "$image tells its rounds to CloudWatch Logs" 20 "ok 200" said
    address=$(text ecs describe-tasks --cluster FIS --tasks "$arn" \
        --query 'tasks[0].attachments[0].details[?name==`privateIPv4Address`].value|[0]')
    is "$image is healthy" "200 application/json" "$(get "http://$address:8080/health")"
    a ecs stop-task --cluster FIS --task "$arn" >"$work/x"
    until_is "$image ends in good order" 20 "STOPPED 0" text ecs describe-tasks --cluster FIS --tasks "$arn" \
        --query 'tasks[0].[lastStatus,containers[0].exitCode][]'
done
