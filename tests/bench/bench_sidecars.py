"""From the key press to clean traffic with a hundred sidecars: a service of the embedded region is scaled to
COUNT tasks (100, or the argument), injected and rolled back. Prints how long the console took until all had
acknowledged the faults, and until all were clean again, and what of a processor it used while they were live."""
import json, os, signal, subprocess, sys, tempfile, time

bin_dir = os.path.abspath(os.environ.get("top_builddir", "."))
count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
LIVE_S = 10


def call(url, operation, body):
    out = subprocess.run(
        ["curl", "-sS", "--aws-sigv4", "aws:amz:us-east-1:ecs", "--user", "test:test", "-d", json.dumps(body),
         "-H", "X-Amz-Target: AmazonEC2ContainerServiceV20141113." + operation,
         "-H", "Content-Type: application/x-amz-json-1.1", url + "/"], capture_output=True, check=True)
    return json.loads(out.stdout)


def cpu_s(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_for_tasks(url):
    while True:
        service = call(url, "DescribeServices", {"cluster": "storefront", "services": ["catalog"]})["services"][0]
        steady = "has reached a steady state" in service["events"][0]["message"] if service["events"] else False
        if service["runningCount"] == count and service["deployments"][0]["rolloutState"] == "COMPLETED" and steady:
            return
        time.sleep(0.5)


def run(url, environment):
    console = subprocess.Popen(
        [bin_dir + "/shaketable", "inject", "--endpoint-url", url, "--cluster", "storefront", "--service",
         "catalog", "--latency", "50ms", "--duration", "10m", "--yes", "--json"],
        stdout=subprocess.PIPE, env=environment, text=True)
    began, figures, used = time.time(), {}, None
    for line in console.stdout:
        event = json.loads(line)
        if event.get("phase") == "injecting" and event.get("live_on") == count and used is None:
            figures["live in ms"] = event.get("applied_in_ms")
            figures["armed in s"] = round(time.time() - began, 1)
            used = cpu_s(console.pid)
            time.sleep(LIVE_S)
            figures["console's CPU %"] = round((cpu_s(console.pid) - used) / LIVE_S * 100, 1)
            figures["console's MB"] = int(
                [l for l in open(f"/proc/{console.pid}/status") if l.startswith("VmHWM")][0].split()[1]) // 1024
            console.send_signal(signal.SIGINT)
        if "clean_in_ms" in event:
            figures["clean in ms"] = event["clean_in_ms"]
            figures["sidecars"] = len(event.get("sidecars", [])) or figures.get("sidecars")
    figures["status"] = console.wait()
    return figures


with tempfile.TemporaryDirectory() as home:
    environment = dict(os.environ, HOME=home, XDG_STATE_HOME=home, XDG_CONFIG_HOME=home, XDG_RUNTIME_DIR=home,
                       AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="us-east-1",
                       AWS_EC2_METADATA_DISABLED="true")
    region = subprocess.Popen([bin_dir + "/shaketable-sandbox", "--listen", "127.0.0.1:0", "--fast"],
                              stdout=subprocess.PIPE, text=True)
    try:
        url = region.stdout.readline().split()[1]
        call(url, "UpdateService", {"cluster": "storefront", "service": "catalog", "desiredCount": count})
        wait_for_tasks(url)
        figures = run(url, environment)
    finally:
        region.terminate()
        region.wait()
print(f"{count} sidecars, one console")
for name, value in figures.items():
    print(f"  {name:<18} {value}")
