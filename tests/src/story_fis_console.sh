#!/usr/bin/env bash
# AWS FIS on the console: switched to, prepared for, injected and stopped; its catalogue and a form; templates
# to files and from files.
. "${top_srcdir:-.}/tests/src/lib.bash"
. "${top_srcdir:-.}/tests/awscli/aws.bash"

find_pyte
start_region
play_console 240 story_fis_console.py "$work"
[ -z "$(aws fis list-experiment-templates --query 'experimentTemplates[].id' --output text)" ] ||
  fail "templates of FIS are left"
run rollback --all
expect_status 0
expect_no_revision
stop_region
finish
