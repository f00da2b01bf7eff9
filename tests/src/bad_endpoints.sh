#!/usr/bin/env bash
# An endpoint that is down, silent, slow, or answers garbage or half an answer: a message that names it, and
# status 1 within a bounded time.
. "${top_srcdir:-.}/tests/src/lib.bash"

python3 "${top_srcdir:-.}/tests/src/liar.py" >"$work/liar.out" &
wait_until 10 grep -q ready "$work/liar.out" || die "the lying endpoint did not start"
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1
# "KIND": the port on which it lies that way
port_of() {
  sed -n "s/^$1 //p" "$work/liar.out"
}

inject="inject --cluster storefront --service checkout --latency 5ms --yes"
for kind in garbage half empty html oops; do
  url=http://127.0.0.1:$(port_of $kind)
  refused 1 "${url#http://}" list clusters --endpoint-url "$url"
  refused 1 "${url#http://}" $inject --endpoint-url "$url"
  refused 5 '.' rollback --all --endpoint-url "$url" # who cannot look does not know what is left
done

# Nothing listens there.
down=http://127.0.0.1:$(port_of closed)
refused 1 "127\.0\.0\.1" list clusters --endpoint-url "$down"
refused 1 "127\.0\.0\.1" $inject --endpoint-url "$down"

# It accepts and says nothing: Ctrl-C ends it at once.
silent=http://127.0.0.1:$(port_of silent)
"$bin/shaketable" $inject --endpoint-url "$silent" >"$work/out" 2>"$work/err" </dev/null &
waiting=$!
sleep 1
kill -0 "$waiting" 2>/dev/null || fail "it did not wait for a silent endpoint"
began=$SECONDS
kill -INT "$waiting"
wait "$waiting"
status=$?
command_line="inject at a silent endpoint, interrupted"
expect_status 1
expect_error 'nothing was changed'
[ $((SECONDS - began)) -lt 10 ] || fail "an interrupt took $((SECONDS - began)) s"

[ -z "$(find "$work" -name '*.jsonl')" ] || fail "a journal was written"
finish
