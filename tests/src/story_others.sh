#!/usr/bin/env bash
# The console and others: an experiment that another process runs, credentials that come late.
. "${top_srcdir:-.}/tests/src/lib.bash"

find_pyte
start_region
play_console 200 story_others.py "$work"
expect_no_revision
stop_region
finish
