#!/usr/bin/env bash
# Guards on the console: chosen, watched while the faults are live, added there; one trips and all is as it was.
. "${top_srcdir:-.}/tests/src/lib.bash"

find_pyte
start_region
play_console 200 guards_console.py
expect_no_revision
stop_region
finish
