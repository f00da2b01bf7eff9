#!/usr/bin/env bash
# A part of the matrix, one cell of each kind: see matrix.py. `make check-crash` plays all of it.
command -v curl >/dev/null || { echo "no curl here"; exit 77; }
command -v python3 >/dev/null || { echo "no python3 here"; exit 77; }
exec python3 -B "${top_srcdir:-.}/tests/crash/matrix.py" "${top_builddir:-.}" "${top_builddir:-.}/tests/crash/shim.so" \
  --sample --jobs 4
