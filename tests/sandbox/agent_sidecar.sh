#!/bin/bash
# A sidecar with --agent in a task of the region: the console's faults become the task's, in both directions and on the
# console's own link unless that is spared, and they end with clear, lease, and task.
. "${top_srcdir:-.}/tests/sandbox/region.bash"
command -v python3 >/dev/null || { echo "no Python here"; exit 77; }
command -v openssl >/dev/null || { echo "no openssl here"; exit 77; }
start_region --no-traffic --fast

openssl genpkey -algorithm ED25519 -out "$work/key" 2>/dev/null
openssl req -new -x509 -key "$work/key" -subj /CN=c -days 2 -out "$work/certificate" 2>/dev/null
pin=$(openssl pkey -in "$work/key" -pubout -outform DER | sha256sum | cut -d' ' -f1)
read -r pay pay_host < <(text elbv2 describe-load-balancers --names payments-internal --query 'LoadBalancers[0].[LoadBalancerArn,DNSName]')
pay_port=$(text elbv2 describe-listeners --load-balancer-arn "$pay" --query 'Listeners[0].Port')
# task FAMILY OPTION...: runs one with a sidecar of these options; sets $task and $address.
task() {
    python3 - "$pin" "http://$pay_host:$pay_port/" "$url" "$@" >"$work/definition" <<'P'
import json, sys
pin, ledger, endpoint, family, *options = sys.argv[1:]
proxy = ["--listen", "0.0.0.0:8090", "--upstream", "127.0.0.1:3000", "--stats", "tcp:0.0.0.0:8099", "--agent"]
print(json.dumps({
    "family": family, "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512",
    "enableFaultInjection": True, "containerDefinitions": [
        {"name": "app", "image": "shaketable/app:1", "portMappings": [{"containerPort": 3000}],
         "command": ["--listen", "0.0.0.0:3000"],
         "environment": [{"name": "APP_CALLS", "value": "ledger=" + ledger},
                         {"name": "APP_CALL_TIMEOUT_MS", "value": "20000"},
                         {"name": "AWS_ENDPOINT_URL_DYNAMODB", "value": endpoint}]},
        {"name": "shaketable-proxy", "image": "shaketable/proxy:1", "command": proxy + options,
         "portMappings": [{"containerPort": 8090}, {"containerPort": 8099}],
         "environment": [{"name": "SHAKETABLE_CONSOLE_KEY", "value": pin}]}]}))
P
    curl -s --aws-sigv4 aws:amz:us-east-1:ecs --user test:test -d "@$work/definition" -H 'Content-Type: application/x-amz-json-1.1' \
        -H 'X-Amz-Target: AmazonEC2ContainerServiceV20141113.RegisterTaskDefinition' "$url/" >"$work/x"
    task=$(text ecs run-task --cluster storefront --task-definition "$1" --network-configuration \
        'awsvpcConfiguration={subnets=[subnet-1]}' --query 'tasks[0].taskArn')
    until_is "it runs" 30 RUNNING text ecs describe-tasks --cluster storefront --tasks "$task" --query 'tasks[0].lastStatus'
    address=$(text ecs describe-tasks --cluster storefront --tasks "$task" --query 'tasks[0].containers[0].networkInterfaces[0].privateIpv4Address')
}

cat >"$work/console.py" <<'P'
import json, os, signal, socket, ssl, sys, time, urllib.request
sys.path.insert(0, os.path.join(os.environ.get("top_srcdir", "."), "tests/proxy"))
from harness import Console, PATIENCE, Reader, request

work, url, task, address, part = sys.argv[1:]
DELAY = 0.7
LATENCY = {"latency": {"mean_ms": DELAY * 1000}}
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
context.load_cert_chain(work + "/certificate", work + "/key")


class Link(Console):
    def __init__(self):
        self.socket = context.wrap_socket(socket.create_connection((address, 8099), timeout=PATIENCE))
        self.pending, self.ids = b"", 0

    def hello(self):
        begun = time.monotonic()
        self.send(op="hello")
        self.frame = self.until(lambda one: one["type"] == "hello")
        return time.monotonic() - begun


def fetch(port, path):
    begun = time.monotonic()
    with urllib.request.urlopen(f"http://{address}:{port}{path}", timeout=30) as answer:
        return json.load(answer), time.monotonic() - begun


def incoming():
    """Of a request through the sidecar, which is faulted once, where it leaves the task."""
    return fetch(8090, "/health")[1]


def outgoing():
    return fetch(8090, "/")[0]["parts"]["ledger"]["ms"] / 1000


def interface():
    with urllib.request.urlopen(url + "/_shaketable/interface") as answer:
        return [one for one in json.load(answer) if one["task"] == task][0]


def until(done, what):
    end = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def fast(measure):
    until(lambda: measure() < DELAY, measure.__name__ + " is fast")


link = Link()
link.hello()
assert link.frame["capabilities"] == ["latency", "loss", "blackhole", "agent"] and link.frame["task"] == task, link.frame
fast(incoming), fast(outgoing), fast(link.hello)
if part == "all":
    ack = link.set(LATENCY, lease_ms=20000)
    assert interface()["running"] == ["latency"]
    until(lambda: interface()["settled"], "settled")
    assert incoming() >= DELAY and outgoing() >= DELAY and link.hello() >= DELAY  # the console's own link as well
    # One more change: within the agent's limit, so it waits.
    link.set({"loss": {"percent": 20}}, lease_ms=20000)
    assert interface()["running"] == ["loss"]
    link.set({"blackhole": {"percent": 100}}, lease_ms=20000)  # of the port of --upstream
    until(lambda: interface()["running"] == ["blackhole"] and interface()["settled"], "settled")
    try:
        urllib.request.urlopen(f"http://{address}:3000/health", timeout=1.5)
        raise AssertionError("the blackhole answers")
    except TimeoutError:
        pass
    link.clear()
    assert interface()["running"] == []
    fast(incoming), fast(outgoing), fast(link.hello)
    link.set(LATENCY, lease_ms=1000)
    link.close()
    until(lambda: interface()["running"] == [], "the lease's end")
    # Somebody else's fault is left alone.
    body = json.dumps({"task": task, "kind": "loss", "loss_percent": 1}).encode()
    urllib.request.urlopen(urllib.request.Request(url + "/_shaketable/interface", data=body, method="PUT"))
    link = Link()
    answer = link.ask(op="set", faults=LATENCY, lease_ms=20000)
    assert answer["type"] == "error" and "network-packet-loss fault runs in this task that is not ours" in answer["message"], answer
    link.clear()
    assert interface()["running"] == ["loss"]
else:
    link.set(LATENCY, lease_ms=30000)
    until(lambda: interface()["running"] == ["latency"] and interface()["settled"], "settled")
    fast(link.hello)  # spared
    assert outgoing() >= DELAY
print("ok")
P
console() { python3 -B "$work/console.py" "$work" "$url" "$task" "$address" "$1" 2>&1; }
task everything
is "a console, through the task's interface" ok "$(console all)"
task spared --agent-filter 127.0.0.1/32 # not the task itself, which 127.0.0.1 means in it
is "a console that is spared" ok "$(console spared)"
has "runs on" '"running":["latency"]' "$(curl -s "$url/_shaketable/interface")"
a ecs stop-task --cluster storefront --task "$task" >"$work/x"
until_is "with the task its sidecar stops the fault" 20 yes eval "curl -s '$url/_shaketable/fail' | grep -q StopNetworkLatency && echo yes"
until_is "it ends in good order" 40 "STOPPED 0 0" text ecs describe-tasks --cluster storefront --tasks "$task" --query 'tasks[0].[lastStatus,containers[].exitCode][]'
done_testing
