"""The console's list of what AWS FIS holds: a template of ours is deleted after a question, somebody's experiment is
stopped once its id is typed, and with --read-only neither. Arguments: the shaketable program, a template of ours, one
of somebody else's, and its experiment, which runs."""
import re, sys

from terminal import Terminal

PROGRAM, OURS, THEIRS, RUNNING = sys.argv[1:5]


def open_list(*options):
    console = Terminal([PROGRAM, *options], term="screen-256color")  # pyte knows no other way of scrolling
    if options:
        console.until("storefront")
    else:
        console.until("An experiment was left behind", 40)  # what the template of ours tells of
        console.key("Esc")
    console.send("x")
    console.until("AWS FIS +2 templates", 40)
    return console


def refresh(console):
    """The whole screen anew: the emulator does not follow all the ways in which lines are moved."""
    console.send("\x0c")
    console.pump(0.3)


def go_to(console, text):
    for _ in range(40):
        refresh(console)
        if re.search(rf"│ ▸ .*{text}", console.text()):
            return
        console.key("Down")
    raise AssertionError(f"the cursor never came to {text}; the screen:\n{console.text()}")


def read_only_changes_nothing():
    console = open_list("--read-only")
    try:
        go_to(console, f"template +{OURS}")
        console.send("d")
        console.until("read-only: FIS is left as it is")
        console.send("q")
        assert console.ended(20) == 0
    finally:
        console.kill()


def deletes_and_stops():
    console = open_list()
    try:
        go_to(console, f"template +{OURS}")
        console.send("d")
        console.until("Delete FIS template")
        console.key("Enter")  # Cancel has the focus
        console.until("AWS FIS +2 templates")
        console.send("d")
        console.key("Tab", "Enter")
        console.until("AWS FIS +1 template,", 40)
        assert not re.search(rf"template +{OURS}", console.text()), console.text()
        go_to(console, RUNNING)
        console.key("Enter")
        console.until("Not begun by shaketable")
        console.send("s")
        console.until("Type its id")
        console.send(RUNNING[:-1])
        console.key("Enter")
        console.until("type its whole id")
        console.send(RUNNING[-1])
        console.key("Enter")
        console.until(f"stopped +{RUNNING}", 40)
        console.send("q")
        assert console.ended(20) == 0
    finally:
        console.kill()


read_only_changes_nothing()
deletes_and_stops()
