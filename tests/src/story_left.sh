#!/usr/bin/env bash
# The console and what was left behind: it offers to roll back, never does so by itself, leaves alone what another
# process runs; and goes to another profile or region.
. "${top_srcdir:-.}/tests/src/lib.bash"

find_pyte
start_region
play_console 200 story_left.py "$work"
expect_no_revision
stop_region
finish
