#!/usr/bin/env bash
# The way back from what the matrix does not play: see way_back.py.
command -v python3 >/dev/null || { echo "no python3 here"; exit 77; }
command -v curl >/dev/null || { echo "no curl here"; exit 77; }
exec python3 -B "${top_srcdir:-.}/tests/crash/way_back.py" "${top_builddir:-.}"
