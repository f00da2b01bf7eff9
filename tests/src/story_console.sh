#!/usr/bin/env bash
# The main story on the console, on a pseudo-terminal: choose, push, watch, move, roll back, quit.
. "${top_srcdir:-.}/tests/src/lib.bash"

find_pyte
start_region
play_console 200 story_console.py
expect_no_revision
run list experiments
expect_output 'storefront/checkout +restored'
stop_region
finish
