"""The ECS agent on the console: chosen, injected, its slow faders moved while they are live, and rolled back.
Arguments: the shaketable program."""
import os, re, sys

from terminal import Terminal

PROGRAM = sys.argv[1]


def command(console, line):
    console.send(":")
    console.send(line)
    console.key("Enter")


def median_ms(console, row):
    match = re.search(rf"{row}\s+([0-9.]+) (µs|ms|s)\b", console.text())
    return float(match.group(1)) * {"µs": 0.001, "ms": 1, "s": 1000}[match.group(2)] if match else 0


def until_median(console, least_ms):
    for _ in range(200):
        if median_ms(console, "now") >= least_ms:
            return
        console.pump(0.1)
    raise AssertionError(f"now is {median_ms(console, 'now')} ms\n{console.text()}")


def choose(console):
    console.until("checkout +3/3", 30)
    command(console, "select storefront/checkout")
    console.until("checkout FARGATE")
    console.send("E")
    console.until("Faults · AWS FIS")
    console.send("E")
    console.until("Faults · ECS agent · one change in 5 s")
    command(console, "latency 200ms")
    console.until("DelayMilliseconds · staged")
    console.key("Down", "Down", "Down")
    console.send("l")
    console.until("errors: not in the agent")
    console.key("Up", "Up", "Up")
    command(console, "source example.com")
    console.until("takes no names")
    console.key("Esc")


def inject(console):
    console.key("Enter")
    console.until(r"Engine: agent(.|\n)*\[ Inject \]", 30)
    console.pump(0.3)
    console.key("Enter")
    console.until("● LIVE", 60)
    console.until(r"live on 3 of 3(.|\n)*as clients see it")
    until_median(console, 200)


def move(console):
    """Three moves at once are one change, sent when the agent can take it."""
    command(console, "latency 300ms")
    command(console, "latency 400ms")
    command(console, "latency 500ms")
    console.until(r"→ \+500 ms")
    console.until(r"changed the faults: live after [0-9.]+ s", 40)
    until_median(console, 500)
    console.send("o")
    console.until(r"latency 200 ms → latency 500 ms: live on 3 of 3 sidecars in [0-9.]+ (s|ms)")
    assert "300 ms" not in console.text() and "400 ms" not in console.text(), console.text()
    console.key("Esc")
    console.send("x")
    console.key("Enter")
    console.until("engine +agent: the ECS agent's faults")
    console.key("Esc")
    console.key("Esc")


def roll_back(console):
    console.send("R")
    console.until("RESTORED", 60)
    console.until("clean in [0-9]+ ms")
    console.send("q")
    console.ended(30)
    assert os.WEXITSTATUS(console.status) == 0, console.status


def main():
    console = Terminal([PROGRAM])
    try:
        choose(console)
        inject(console)
        move(console)
        roll_back(console)
    finally:
        console.kill()


main()
