#!/usr/bin/env -S python3 -B
"""The soak for ten seconds, with little load: that it works, and finds nothing."""
import os
import re
import subprocess
import sys

SOAK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "soak.py")

done = subprocess.run(
    [sys.executable, "-B", SOAK, "--seconds", "10", "--rate", "60", "--clients", "24", "--sanitized"],
    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
)  # fmt: skip
print(done.stdout)
checked = int(re.search(r"(\d+) checked", done.stdout).group(1))
assert done.returncode == 0 and "\nclean\n" in done.stdout
assert checked > 50, "hardly anything went through"
