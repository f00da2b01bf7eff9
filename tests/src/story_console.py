"""The main story, played on the console as a person does. Arguments: the shaketable program."""
import json, os, re, subprocess, sys, time, urllib.request

from terminal import Terminal

PROGRAM = sys.argv[1]
ENDPOINT = os.environ["AWS_ENDPOINT_URL"]


def state():
    return urllib.request.urlopen(ENDPOINT + "/_shaketable/state", timeout=20).read()


def milliseconds(text):
    number, unit = text.split()
    return float(number) * {"µs": 0.001, "ms": 1, "s": 1000}[unit]


def figure(console, row):
    """The median in the row `before` or `now`."""
    match = re.search(rf"{row}\s+([0-9.]+ (?:µs|ms|s))\b", console.text())
    return milliseconds(match.group(1)) if match else None


def wait_for_median(console, low, high, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        console.pump(0.1)
        now = figure(console, "now")
        if now is not None and low <= now <= high:
            return now
    raise AssertionError(f"the median is not between {low} and {high} ms:\n{console.text()}")


def choose(console, service):
    console.send("/")
    console.send(service)
    console.key("Enter")
    console.until(rf"▸ {service}\b")
    console.key("Enter")  # on to the faders


def set_fader(console, text):
    console.send("e")
    console.send(text)
    console.key("Enter")


def main():
    before = state()
    console = Terminal([PROGRAM])
    try:
        console.until("checkout")
        choose(console, "checkout")
        console.until("as clients see it")
        set_fader(console, "800ms")
        console.key("Down")
        set_fader(console, "50ms")
        console.until("staged")
        assert state() == before, "staging changed something"

        console.key("Enter")
        console.until(r"\+\s+\"name\": \"shaketable-proxy\"")
        console.until(r"\[ Inject \]")
        assert state() == before, "the plan changed something"
        console.key("Enter")
        console.until("ARMING")
        console.until("LIVE", 60)
        console.until("live on 3 of 3")
        baseline = figure(console, "before")
        median = wait_for_median(console, baseline + 760, baseline + 840, 20)
        print(f"before {baseline} ms, live {median} ms")

        # What its caller's clients see: web waits its time-out, twice, and falls back.
        console.key("Esc", "Tab")
        console.key("Down")
        console.until("▸ web")
        web = wait_for_median(console, 550, 900, 20)
        print(f"web's clients now see {web} ms")
        console.key("Up")
        console.until("▸ checkout")
        console.key("Enter", "Up")

        # Another value, live, without a deployment.
        running = json.loads(state())
        set_fader(console, "200ms")
        wait_for_median(console, baseline + 160, baseline + 240, 15)
        assert json.loads(state()) == running, "moving the fader deployed something"

        # Small terminals keep the way back in sight.
        for cols, rows in ((100, 30), (80, 24), (40, 10), (120, 36)):
            console.resize(cols, rows)
            console.until(r"\bR\b", 5)
            console.until("LIVE", 5)

        console.send("?")
        console.until("roll back")
        console.send("R")  # over the dialog, at once
        match = console.until(r"clean +in ([0-9.]+) ms", 10)
        print(f"clean in {match.group(1)} ms")
        console.until("RESTORED|is restored", 60)
        assert state() == before, "the region is not as before"

        console.key("Esc")
        console.send("q")
        status = console.ended(20)
        assert os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0, status
        check_terminal(console)
    finally:
        console.kill()


def check_terminal(console):
    import termios
    last = console.bytes.rfind(b"\x1b[?1049l")
    assert last > console.bytes.rfind(b"\x1b[?1049h"), "the alternate screen was not left"
    assert b"\x1b[?1002l" in console.bytes[-8192:], "the mouse is still on"
    assert b"\x1b[?25h" in console.bytes[-8192:] or b"\x1b[?12l\x1b[?25h" in console.bytes[-8192:], "no cursor"
    scrollback = console.bytes[last:].decode(errors="replace")
    for words in ("on storefront/checkout", "All is as it was"):
        assert words in scrollback, f"the summary does not say {words!r}: {scrollback!r}"
    try:
        assert termios.tcgetattr(console.fd)[3] == console.settings[3], "the terminal's modes are not as before"
    except termios.error:
        pass  # the last one to hold the terminal has closed it


main()
