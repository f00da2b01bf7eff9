"""However the console ends, in the middle of arming or with live faults, the service is as it was: by itself, or
after kill -9 by `shaketable rollback`. Arguments: the shaketable program."""
import os, signal, subprocess, sys, urllib.request

from terminal import Terminal

PROGRAM = sys.argv[1]
ENDPOINT = os.environ["AWS_ENDPOINT_URL"]


def state():
    return urllib.request.urlopen(ENDPOINT + "/_shaketable/state", timeout=20).read()


def injecting(phase):
    console = Terminal([PROGRAM])
    console.until("checkout")
    console.send("/")
    console.send("checkout")
    console.key("Enter")
    console.until("▸ checkout")
    console.key("Enter")
    console.send("e")
    console.send("800ms")
    console.key("Enter", "Enter")
    console.until(r"\[ Inject \]")
    console.key("Enter")
    console.until(phase, 60)
    return console


def end(console, how):
    if how == "close":  # the terminal is gone
        os.close(console.fd)
        console.status = os.waitpid(console.pid, 0)[1]
    elif how == "quit":
        console.send("q")
        console.until("roll back")
        console.key("Enter")
        console.ended(60)
    else:
        os.kill(console.pid, getattr(signal, "SIG" + how))
        console.ended(60)
    return console.status


def main():
    before = state()
    for how in ("close", "quit", "INT", "TERM", "HUP", "KILL"):
        for phase in ("ARMING", "LIVE"):
            console = injecting(phase)
            try:
                status = end(console, how)
            finally:
                console.kill()
            if how == "KILL":
                subprocess.run([PROGRAM, "rollback", "--all"], check=True, capture_output=True, timeout=90)
            else:
                assert status == 0, (how, phase, status)
            assert state() == before, f"{how} while {phase}: the region is not as before"
            print(f"{how} while {phase}: as before")


main()
