#!/usr/bin/env bash
# For the same files and variables shaketable signs as the AWS CLI does.
. "${top_srcdir:-.}/tests/src/lib.bash"

# Of several, Debian's: it is version 2, whose rules are the ones that hold here.
cli=
for candidate in /usr/bin/aws "$(command -v aws)"; do
  "$candidate" --version 2>&1 | grep -q '^aws-cli/2' && cli=$candidate && break
done
[ -n "$cli" ] || { echo "no AWS CLI of version 2 here"; exit 77; }
command -v openssl >/dev/null || { echo "no openssl here"; exit 77; }
PYTHONDONTWRITEBYTECODE=1 timeout -k 5 1200 python3 "${top_srcdir:-.}/tests/src/credentials.py" "$bin/shaketable" "$cli" \
  "$work" || fail "shaketable and the AWS CLI do not agree"
finish
