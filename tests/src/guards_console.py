"""Guards, played on the console as a person does. Arguments: the shaketable program."""
import os, sys, urllib.request

from terminal import Terminal

PROGRAM = sys.argv[1]
ENDPOINT = os.environ["AWS_ENDPOINT_URL"]


def state():
    return urllib.request.urlopen(ENDPOINT + "/_shaketable/state", timeout=20).read()


def main():
    before = state()
    console = Terminal([PROGRAM, "--guard", "lost > 90%"])
    try:
        console.until("checkout")
        console.send("/checkout")
        console.key("Enter", "Enter")
        console.send("g")
        console.until(r"lost > 90%.*set")
        console.send("a")
        console.send("p99 > soon")
        console.until("expected a time")
        console.send("\x15" + "healthy targets < 1")
        console.until("Trips when healthy targets are below 1")
        console.key("Enter")
        console.until("2 of 8")
        console.key("Esc")

        console.send("e" + "800ms")
        console.key("Enter", "Enter")
        console.until(r"guard +lost > 90%")
        console.until(r"\[ Inject \]")
        console.key("Enter")
        console.until("LIVE", 60)
        console.until("2 guards ok", 30)
        console.send("g")
        console.until(r"healthy targets < 1 +3 .* ok")
        console.key("Esc")
        console.send(":guard p99 > 400ms for 4s")
        console.key("Enter")
        console.until(r"guard p99 holds \d of 4 s", 30)
        console.until("RESTORED", 60)
        console.until("a guard tripped: all is as it was")
        console.until("guard p99 tripped")
        assert state() == before, "the region is not as before"
        console.send("g")
        console.until(r"p99 > 400ms for 4s .* tripped")
        console.key("Esc")
        console.send("q")
        status = console.ended(20)
        assert os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0, status
        scrollback = console.bytes[console.bytes.rfind(b"\x1b[?1049l"):].decode(errors="replace")
        assert "guard 'p99 > 400ms for 4s' tripped: p99 stood at" in scrollback, scrollback
    finally:
        console.kill()


main()
