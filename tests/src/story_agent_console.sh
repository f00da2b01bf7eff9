#!/usr/bin/env bash
# The ECS agent on the console: its slow faders, and what clients see of them.
. "${top_srcdir:-.}/tests/src/lib.bash"

find_pyte
start_region
remember_state
play_console 240 story_agent_console.py
expect_state_as_before
expect_no_revision
stop_region
finish
