#!/usr/bin/env bash
# However the console ends: the terminal closed, quit, INT, TERM, HUP, kill -9; while arming and while live.
. "${top_srcdir:-.}/tests/src/lib.bash"

find_pyte
start_region
play_console 400 story_endings.py
expect_no_revision
stop_region
finish
