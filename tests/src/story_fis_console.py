"""AWS FIS on the console. Arguments: the shaketable program, a folder to write into."""
import json, os, re, sys, time

from terminal import Terminal

PROGRAM, FOLDER = sys.argv[1], sys.argv[2]


def command(console, line):
    console.send(":")
    console.send(line)
    console.key("Enter")


def median_ms(console, row):
    match = re.search(rf"{row}\s+([0-9.]+) (µs|ms|s)\b", console.text())
    return float(match.group(1)) * {"µs": 0.001, "ms": 1, "s": 1000}[match.group(2)] if match else 0


def stage(console):
    console.send("E")
    console.until("Faults · AWS FIS")
    console.send("e")
    console.send("800ms")
    console.key("Enter")
    console.until("delayMilliseconds · staged")
    console.key("Down", "Down", "Down")
    console.send("l")
    console.until("errors: not in FIS")
    console.key("Up", "Up", "Up")


def export(console):
    path = os.path.join(FOLDER, "faders.json")
    command(console, "export " + path)
    console.until("written")
    document = json.load(open(path))
    action, = document["actions"].values()
    assert action["actionId"] == "aws:ecs:task-network-latency", document
    assert action["parameters"]["delayMilliseconds"] == "800", document
    assert os.stat(path).st_mode & 0o777 == 0o644 & ~os.umask(0o022), oct(os.stat(path).st_mode)
    written = open(path).read()
    command(console, "export " + path)
    console.until("is there already")
    assert open(path).read() == written
    return path


def prepare(console):
    console.key("Enter")
    console.until("no enableFaultInjection", 30)
    console.key("Esc")
    command(console, "prepare")
    console.until(r"\[ Prepare \]", 30)
    console.pump(0.3)
    console.key("Enter")
    console.until("ARMING")
    console.until(r"IDLE(.|\n)*revision +shaketable-checkout:1", 60)


def inject(console):
    console.key("Enter")
    console.until(r"\[ Inject \]", 30)
    assert "CreateExperimentTemplate" in console.text(), console.text()
    console.pump(0.3)
    console.key("Enter")
    console.until("LIVE", 90)
    console.until("live by AWS FIS · locked while live")
    console.until(r"latency\s+(aws:ecs:task-network-latency\s+)?running", 30)
    end = time.monotonic() + 30
    while median_ms(console, "now") < 500:
        assert time.monotonic() < end, console.text()
        console.pump(0.2)
    console.send("l")
    console.until("FIS can't change a running fault")
    console.send("A")
    console.until(r"experiment\s+EXP")
    console.until(r"template\s+EXT")
    console.send("R")  # over the list
    console.until("RESTORED", 60)
    console.key("Esc", "Esc")  # drops the filter, takes note
    console.until("IDLE")


def fill_form(console):
    console.send("a")
    console.until("Network latency +aws:ecs:task-network-latency")
    console.until("Other actions of this account's FIS\\W+\\n.*aws:", 20)
    console.key("Down")
    console.key("Enter")
    console.until("aws:ecs:task-network-packet-loss")
    console.key("Tab")
    console.send("200")
    console.until("must be a whole number from 1 to 100")
    console.key("Enter")
    assert "Inject" not in console.text()
    console.send("\x15")
    console.send("5%")
    console.key("Enter")
    console.until(r"\[ Inject \]", 30)
    console.until(r'"lossPercent": ?"5"')
    console.key("Esc")  # back in the form, where 5% still stands
    console.until("5%")
    console.key("Esc")
    console.until("Actions of AWS FIS")
    console.key("Esc")


def templates(console, exported):
    console.send("E")
    console.until("Faults · ECS agent")
    console.send("E")
    console.until("Faults · sidecar")
    command(console, "clear")
    command(console, "template " + exported)
    console.until(r"\+800 ms +staged")
    document = json.load(open(exported))
    document["actions"]["rest"] = {"actionId": "aws:fis:wait", "parameters": {"duration": "PT1M"}}
    path = os.path.join(FOLDER, "two.json")
    json.dump(document, open(path, "w"))
    command(console, "template " + path)
    console.until("2 actions: shaketable", 20)
    console.until(r"\[ (Inject|Cancel|Close) \]", 30)
    console.key("Esc")
    command(console, "template /dev/zero")
    console.until("not an ordinary file")


def main():
    console = Terminal([PROGRAM])
    try:
        console.until("checkout")
        console.send("/")
        console.send("checkout")
        console.key("Enter")
        console.until(r"▸ checkout\b")
        console.key("Enter")
        console.until("as clients see it")
        stage(console)
        exported = export(console)
        prepare(console)
        inject(console)
        fill_form(console)
        templates(console, exported)
        console.send("q")
        console.ended(30)
        assert os.WEXITSTATUS(console.status) == 0, console.status
    finally:
        console.kill()


main()
