#!/usr/bin/env bash
# Proxies from the environment, and who never goes through them; authorities that are not trusted; a clock that is wrong.
. "${top_srcdir:-.}/tests/src/lib.bash"
command -v openssl >/dev/null || { echo "no openssl here"; exit 77; }
PYTHONDONTWRITEBYTECODE=1 timeout -k 5 200 python3 "${top_srcdir:-.}/tests/src/network.py" "$bin/shaketable" "$work" ||
  fail "the network's ways are not as they should be"
finish
