"""What the console does about experiments that were left behind. Arguments: the shaketable program, a directory for
files."""
import json, os, shutil, subprocess, sys, urllib.request

from terminal import Terminal

PROGRAM, WORK = sys.argv[1:3]
ENDPOINT = os.environ["AWS_ENDPOINT_URL"]


def state():
    return urllib.request.urlopen(ENDPOINT + "/_shaketable/state", timeout=20).read()


def inject(service):
    cluster, name = service.split("/")
    other = subprocess.Popen([PROGRAM, "inject", "--cluster", cluster, "--service", name, "--latency", "300ms",
                              "--yes", "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    while json.loads(other.stdout.readline())["phase"] != "injecting":
        pass
    return other


def leave_behind(service):
    other = inject(service)
    other.kill()
    other.wait()


def listed():
    text = subprocess.run([PROGRAM, "list", "experiments", "--json"], stdout=subprocess.PIPE, check=True).stdout
    return {e["cluster"] + "/" + e["service"]: e for e in json.loads(text) if not e["restored"]}


def quits(console):
    console.send("q")
    assert console.ended(30) == 0


def offers_what_was_left_behind():
    before = state()
    leave_behind("storefront/checkout")
    leave_behind("payments/ledger")
    live = inject("storefront/catalog")
    injected = state()
    seen = listed()
    assert {name: e["process"] for name, e in seen.items()} == {
        "storefront/checkout": "dead", "payments/ledger": "dead", "storefront/catalog": "running"}, seen
    assert all(e["journal"] and e["labels"] for e in seen.values()), seen
    console = Terminal([PROGRAM])
    try:
        console.until("2 experiments were left behind")
        console.until(r"\[ Roll back \]")
        assert "storefront/catalog" not in console.text().split("left behind", 1)[1], console.text()
        console.pump(3)
        assert state() == injected, "something was rolled back unasked"
        console.key("Enter")
        console.until("RESTORED", 60)
        console.key("Esc")
        console.until("An experiment was left behind", 20)
        console.pump(1)
        console.send("R")
        console.until("RESTORED", 60)
        console.key("Esc")
        console.until("IDLE")
        assert "left behind" not in console.text(), console.text()
        seen = listed()
        assert list(seen) == ["storefront/catalog"] and seen["storefront/catalog"]["process"] == "running", seen
        console.send("x")
        console.until("running +storefront/catalog")
        console.until("restored +storefront/checkout")
        console.key("Enter")
        console.until("Another process of this machine runs it")
        console.until("injecting")
        console.key("Esc")
        console.send("R")  # asked for: then it is
        console.until("RESTORED", 60)
        assert state() == before, "the region is not as before"
        console.key("Esc")
        quits(console)
    finally:
        console.kill()
        live.stdout.read()
    assert live.wait(20) == 0, live.returncode


def finds_it_without_a_journal_and_leaves_it_when_told():
    before = state()
    leave_behind("storefront/checkout")
    shutil.rmtree(os.environ["XDG_STATE_HOME"])
    assert listed()["storefront/checkout"]["process"] == "elsewhere", listed()
    injected = state()
    console = Terminal([PROGRAM], 80, 24)
    try:
        console.until("An experiment has no process here")
        console.until(r"\[ Leave it \]")  # it may have one elsewhere
        console.pump(1)
        console.key("Enter")
        console.until("left as they are")
        assert state() == injected
        console.send("x")
        console.until("elsewhere")
        console.key("Enter")
        console.until("there is no journal")
        console.send("R")
        console.until("RESTORED", 60)
        assert state() == before, "the region is not as before"
        quits(console)
    finally:
        console.kill()


def read_only_only_shows_it():
    leave_behind("storefront/checkout")
    injected = state()
    console = Terminal([PROGRAM, "--read-only"])
    try:
        console.until("has no process here: x shows it")
        console.pump(2)
        assert "Roll back ]" not in console.text(), console.text()
        console.send("x")
        console.until("left behind +storefront/checkout")
        console.send("R")
        console.until("read-only: nothing is rolled back")
        assert state() == injected
        quits(console)
    finally:
        console.kill()
    subprocess.run([PROGRAM, "rollback", "--all"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def goes_to_another_profile():
    config = os.path.join(WORK, "aws-config")
    with open(config, "w") as f:
        f.write("[default]\nregion = us-east-1\n[profile nowhere]\nregion = eu-west-1\n"
                "endpoint_url = http://127.0.0.1:1\naws_access_key_id = test\naws_secret_access_key = test\n")
    environment = dict(os.environ)
    os.environ["AWS_CONFIG_FILE"] = config
    del os.environ["AWS_REGION"]
    console = Terminal([PROGRAM])
    try:
        console.until("checkout")
        console.send("p")
        console.until("nowhere +eu-west-1")
        console.key("Down", "Enter")
        console.until("nowhere ▸ eu-west-1")
        console.until("checkout")  # the endpoint of the environment is everywhere
        console.send(":region us-east-1")
        console.key("Enter")
        console.until("nowhere ▸ us-east-1")
        console.until("checkout")
        quits(console)
    finally:
        console.kill()
        os.environ.clear()
        os.environ.update(environment)


offers_what_was_left_behind()
finds_it_without_a_journal_and_leaves_it_when_told()
read_only_only_shows_it()
goes_to_another_profile()
