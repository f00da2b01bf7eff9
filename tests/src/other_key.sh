#!/usr/bin/env bash
# The console's key: made once, for its owner alone; its pin travels, the key does not. Without it nobody steers a
# sidecar; and from a machine with another one `rollback` restores all the same, by AWS.
. "${top_srcdir:-.}/tests/src/lib.bash"

start_region
remember_state
key=$XDG_CONFIG_HOME/shaketable/console.key

pin() {
  openssl pkey -in "$key" -pubout -outform DER | sha256sum | cut -d ' ' -f 1
}

elsewhere() {
  rm -rf "$XDG_STATE_HOME" "$XDG_CONFIG_HOME"
}

restored_elsewhere() {
  expect_status 0
  expect_output "take another console's key, not this one: they can't be cleared from here"
  expect_output 'storefront/checkout is restored'
  expect_state_as_before
  expect_no_revision
  wait_until 30 is_steady || fail "$command_line: the service is not steady afterwards"
}

# ── the key ──
run plan --cluster storefront --service checkout --latency 300ms
expect_status 0
[ "$(stat -c '%a %a' "$key" "$(dirname "$key")" | tr '\n' ' ')" = '600 600 700 700 ' ] || fail "modes of the key: $(ls -la "$(dirname "$key")")"
expect_output '"name": "SHAKETABLE_CONSOLE_KEY"'
expect_output "\"value\": \"$(pin)\""
grep -qF "$(sed -n 2p "$key")" "$work/out" && fail "the plan shows the key itself"
before=$(pin)
run plan --cluster storefront --service checkout --latency 300ms
[ "$(pin)" = "$before" ] || fail "the key is another one"

chmod 644 "$key"
run inject --cluster storefront --service checkout --latency 300ms --duration 5s --yes
expect_status 3
expect_error 'others can read .*console.key \(mode 644\): chmod 600'
expect_state_as_before
chmod 600 "$key"

# ── strangers ──
start_injection --latency 300ms --duration 60s
wait_for_phase injecting
tasks=$(aws ecs list-tasks --cluster storefront --service-name checkout --query 'taskArns[0]' --output text)
address=$(aws ecs describe-tasks --cluster storefront --tasks "$tasks" \
  --query 'tasks[0].attachments[0].details[?name==`privateIPv4Address`].value | [0]' --output text)
for options in -tls1_3 -tls1_2; do
  printf '{"op":"hello"}\n{"op":"clear","id":1}\n' |
    timeout 10 openssl s_client -ign_eof $options -connect "$address:15001" >"$work/out" 2>&1
  expect_output 'alert'
  grep -q '"type"' "$work/out" && fail "a stranger got an answer over $options"
done
printf '{"op":"hello"}\n{"op":"clear","id":1}\n' | timeout 10 curl -s -m 5 -T - "telnet://$address:15001" >"$work/out" 2>&1
grep -q '"type"' "$work/out" && fail "a stranger got an answer in plain text"
openssl req -new -x509 -key "$key" -subj /CN=me -out "$work/me.crt" 2>/dev/null
printf '{"op":"hello"}\n' | timeout 3 openssl s_client -quiet -connect "$address:15001" -key "$key" -cert "$work/me.crt" \
  >"$work/out" 2>/dev/null
expect_output '"type":"hello".*"task":"arn:aws:ecs:'

# ── from elsewhere, while the console lives ──
elsewhere
run rollback --cluster storefront --service checkout
command_line="rollback with another key, while the console lives"
restored_elsewhere
[ "$(pin)" != "$before" ] || fail "it is the same key"
wait_for_injection
expect_status 1
expect_error 'someone deployed meanwhile'

# ── and after its death ──
start_injection --latency 300ms --duration 60s
wait_for_phase injecting
kill -KILL "$injection"
wait "$injection" 2>/dev/null
elsewhere
run rollback --all
command_line="rollback --all with another key"
restored_elsewhere

stop_region
finish
