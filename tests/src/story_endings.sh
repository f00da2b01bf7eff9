#!/usr/bin/env bash
# However the console ends: the terminal closed, quit, INT, TERM, HUP, kill -9; while arming and while live.
. "${top_srcdir:-.}/tests/src/lib.bash"

python=
for candidate in python3 /usr/bin/python3; do # the first may be one that Debian's packages do not reach
  "$candidate" -c 'import pyte' 2>/dev/null && python=$candidate && break
done
[ -n "$python" ] || { echo "no python3-pyte here"; exit 77; }
start_region
PYTHONDONTWRITEBYTECODE=1 timeout -k 5 400 "$python" "${top_srcdir:-.}/tests/src/story_endings.py" "$bin/shaketable" ||
  fail "the story does not hold"
expect_no_revision
stop_region
finish
