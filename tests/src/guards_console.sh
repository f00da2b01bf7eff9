#!/usr/bin/env bash
# Guards on the console: chosen, watched while the faults are live, added there; one trips and all is as it was.
. "${top_srcdir:-.}/tests/src/lib.bash"

python=
for candidate in python3 /usr/bin/python3; do # the first may be one that Debian's packages do not reach
  "$candidate" -c 'import pyte' 2>/dev/null && python=$candidate && break
done
[ -n "$python" ] || { echo "no python3-pyte here"; exit 77; }
start_region
PYTHONDONTWRITEBYTECODE=1 timeout -k 5 200 "$python" "${top_srcdir:-.}/tests/src/guards_console.py" "$bin/shaketable" ||
  fail "the story does not hold"
expect_no_revision
stop_region
finish
