#!/usr/bin/env bash
# The proxy without faults beside a direct connection, and beside HAProxy (TCP) and nginx (stream) where they
# are installed: requests a second, round trip, and CPU a request of the relay alone. SECONDS_EACH=5 to take
# longer.
set -u
bin=$(cd "${top_builddir:-.}" && pwd)
http=$bin/tests/bench/bench_http
each=${SECONDS_EACH:-2}
work=$(mktemp -d "${TMPDIR:-/tmp}/shaketable-bench.XXXXXX")
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT

port_of() {
  for _ in $(seq 100); do
    grep -oE '(port |listening [0-9.]+:)[0-9]+' "$1" | grep -oE '[0-9]+$' && return
    sleep 0.05
  done
  echo "bench_proxy: $1 did not start" >&2
  exit 1
}

# User and system time of a process and its children that have not ended, in clock ticks.
ticks_of() {
  local pid sum=0 more
  for pid in "$@"; do
    more=$(sed 's/.*) //' "/proc/$pid/stat" | awk '{ print $12 + $13 }')
    sum=$((sum + more))
  done
  echo "$sum"
}

# "NAME PORT CONNECTIONS PID..."
measure() {
  local name=$1 port=$2 connections=$3 before after line
  shift 3
  before=$(ticks_of "$@")
  line=$("$http" load "$port" "$connections" "$each")
  after=$(ticks_of "$@")
  echo "$line" | awk -v name="$name" -v n="$connections" -v ticks=$((after - before)) -v hz="$(getconf CLK_TCK)" '
    { printf "  %-22s %4d connections %9d req/s   p50 %6d µs   p99 %6d µs", name, n, $3, $7, $9
      if (ticks > 0) printf "   CPU %5.2f µs/request", ticks / hz * 1e6 / $1
      print (/FAILED/ ? "   FAILED" : "") }'
}

both() {
  measure "$1" "$2" 1 "${@:3}"
  measure "$1" "$2" 32 "${@:3}"
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

echo "relaying HTTP, no fault"
"$http" serve >"$work/server" &
server=$(port_of "$work/server")
both direct "$server"

"$bin/shaketable-proxy" --listen 127.0.0.1:0 --upstream "127.0.0.1:$server" --stats "unix:$work/stats" \
  >"$work/proxy" 2>&1 &
both shaketable-proxy "$(port_of "$work/proxy")" $!

if command -v haproxy >/dev/null; then
  port=$(free_port)
  printf '%s\n' 'global' '  nbthread 1' 'defaults' '  mode tcp' '  timeout connect 5s' '  timeout client 1m' \
    '  timeout server 1m' 'listen bench' "  bind 127.0.0.1:$port" "  server one 127.0.0.1:$server" >"$work/haproxy.cfg"
  haproxy -db -f "$work/haproxy.cfg" >"$work/haproxy" 2>&1 &
  pid=$!
  sleep 0.5
  both 'HAProxy (TCP)' "$port" $pid
else
  echo "  HAProxy is not installed"
fi
if command -v nginx >/dev/null; then
  port=$(free_port)
  printf '%s\n' 'worker_processes 1; daemon off; master_process off;' "pid $work/nginx.pid; error_log stderr;" \
    'include /etc/nginx/modules-enabled/*stream*.conf;' 'events { worker_connections 1024; }' \
    "stream { server { listen 127.0.0.1:$port; proxy_pass 127.0.0.1:$server; } }" >"$work/nginx.conf"
  nginx -p "$work" -c "$work/nginx.conf" >"$work/nginx" 2>&1 &
  pid=$!
  sleep 0.5
  if kill -0 $pid 2>/dev/null; then both 'nginx (stream)' "$port" $pid; else echo "  nginx has no stream module"; fi
else
  echo "  nginx is not installed"
fi
