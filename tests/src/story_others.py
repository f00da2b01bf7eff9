"""What the console does about others: an experiment that another process runs, and credentials that come late.
Arguments: the shaketable program, a directory for files."""
import json, os, subprocess, sys, urllib.request

from terminal import Terminal

PROGRAM, WORK = sys.argv[1:3]
ENDPOINT = os.environ["AWS_ENDPOINT_URL"]


def state():
    return urllib.request.urlopen(ENDPOINT + "/_shaketable/state", timeout=20).read()


def choose(console, service):
    console.until(service)
    console.send("/")
    console.send(service)
    console.key("Enter")
    console.until(rf"▸ {service}\b")


def rolls_back_what_another_process_runs():
    before = state()
    other = subprocess.Popen([PROGRAM, "inject", "--cluster", "storefront", "--service", "checkout", "--latency",
                              "300ms", "--yes", "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    while json.loads(other.stdout.readline())["phase"] != "injecting":
        pass
    console = Terminal([PROGRAM])
    try:
        choose(console, "checkout")
        console.until("shaketable-checkout:")  # the tree says whose revision it runs
        console.key("Enter")
        console.key("Enter")
        console.until("it is injected already", 20)
        console.send("R")  # closes the plan that was refused …
        console.send("R")  # … and rolls back what is there
        console.until("RESTORED", 60)
        assert state() == before, "the region is not as before"
        console.send("q")
        assert console.ended(20) == 0
    finally:
        console.kill()
        other.stdout.read()
    assert other.wait(20) == 0, other.returncode


def takes_credentials_that_come_late():
    file = os.path.join(WORK, "credentials")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del os.environ[name]
    os.environ["AWS_SHARED_CREDENTIALS_FILE"] = file
    console = Terminal([PROGRAM])
    try:
        console.until("no AWS credentials")
        with open(file, "w") as f:
            f.write("[default]\naws_access_key_id = test\naws_secret_access_key = test\n")
        console.send("r")
        console.until("storefront")
        console.until("checkout")
        console.send("q")
        assert console.ended(20) == 0
    finally:
        console.kill()


rolls_back_what_another_process_runs()
takes_credentials_that_come_late()
