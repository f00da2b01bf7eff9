#!/usr/bin/env bash
# The console and what was left behind: it offers to roll back, never does so by itself, leaves alone what another
# process runs; and goes to another profile or region.
. "${top_srcdir:-.}/tests/src/lib.bash"

python=
for candidate in python3 /usr/bin/python3; do # the first may be one that Debian's packages do not reach
  "$candidate" -c 'import pyte' 2>/dev/null && python=$candidate && break
done
[ -n "$python" ] || { echo "no python3-pyte here"; exit 77; }
start_region
PYTHONDONTWRITEBYTECODE=1 timeout -k 5 200 "$python" "${top_srcdir:-.}/tests/src/story_left.py" "$bin/shaketable" "$work" ||
  fail "the story does not hold"
expect_no_revision
stop_region
finish
