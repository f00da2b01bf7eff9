#!/usr/bin/env bash
# The proxy without faults beside a direct connection, and beside HAProxy (TCP) and nginx (stream) where they
# are installed: requests a second, round trip, and CPU a request of the relay alone. They take turns, so that what
# else the machine does falls on all; medians of ROUNDS. SECONDS_EACH=5, CONNECTIONS="1 32",
# PEERS="haproxy" and THREADS=2 choose.
set -u
bin=$(cd "${top_builddir:-.}" && pwd)
http=$bin/tests/bench/bench_http
each=${SECONDS_EACH:-0.7}
rounds=${ROUNDS:-3}
peers=${PEERS:-direct bare haproxy nginx}
threads=${THREADS:-1}
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

# "NAME PORT CONNECTIONS PID...": a line "NAME CONNECTIONS REQ/S P50 P99 CPU" in $work/results.
measure() {
  local name=$1 port=$2 connections=$3 before after line
  shift 3
  before=$(ticks_of "$@")
  line=$("$http" load "$port" "$connections" "$each")
  after=$(ticks_of "$@")
  case $line in *FAILED* | '') echo "bench_proxy: $name failed with $connections connections" >&2 ;; esac
  echo "$line" | awk -v name="$name" -v n="$connections" -v ticks=$((after - before)) -v hz="$(getconf CLK_TCK)" '
    { print name, n, $3, $7, $9, ticks / hz * 1e6 / $1 }' >>"$work/results"
}

# Medians of the rounds, and of each round's ratio to ours.
report() {
  awk '
    function median(list, count, i, j, t) {
      for (i = 2; i <= count; i++)
        for (j = i; j > 1 && list[j] < list[j - 1]; j--) { t = list[j]; list[j] = list[j - 1]; list[j - 1] = t }
      return count % 2 ? list[(count + 1) / 2] : (list[count / 2] + list[count / 2 + 1]) / 2
    }
    function column(key, field, ours, i, list) {
      for (i = 1; i <= rounds[key]; i++)
        list[i] = ours == "" ? value[key, field, i] : value[key, field, i] > 0 ? value[ours, field, i] / value[key, field, i] : 0
      return median(list, rounds[key])
    }
    { key = $1 " " $2
      if (!(key in rounds)) order[++keys] = key
      rounds[key]++
      for (field = 3; field <= 6; field++) value[key, field, rounds[key]] = $field }
    END {
      for (k = 1; k <= keys; k++) {
        split(order[k], part, " "); key = order[k]; ours = "shaketable-proxy " part[2]
        printf "  %-16s %4d connections %8d req/s   p50 %5d µs   p99 %6d µs", part[1], part[2],
          column(key, 3), column(key, 4), column(key, 5)
        if (part[1] != "direct") printf "   CPU %5.2f µs/request", column(key, 6)
        if (part[1] != "direct" && key != ours)
          printf "   ours: CPU %.2f, req/s %.2f, p50 %.2f, p99 %.2f of it", column(key, 6, ours),
            column(key, 3, ours), column(key, 4, ours), column(key, 5, ours)
        print ""
      }
    }' "$work/results"
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

declare -A ports pids
"$http" serve >"$work/server" &
server=$(port_of "$work/server")
names=()
add() {
  names+=("$1")
  ports[$1]=$2
  pids[$1]=$3
}

case $peers in *direct*) add direct "$server" '' ;; esac
"$bin/shaketable-proxy" --listen 127.0.0.1:0 --upstream "127.0.0.1:$server" --stats "unix:$work/stats" \
  --threads "$threads" \
  >"$work/proxy" 2>&1 &
pid=$!
add shaketable-proxy "$(port_of "$work/proxy")" $pid

# Nothing but the system calls that every relay makes.
case "$peers" in *bare*)
  "$http" relay "$server" >"$work/bare" &
  pid=$!
  add bare-relay "$(port_of "$work/bare")" $pid
  ;;
esac

start_haproxy() {
  local port
  port=$(free_port)
  printf '%s\n' 'global' "  nbthread $threads" 'defaults' '  mode tcp' '  timeout connect 5s' '  timeout client 1m' \
    '  timeout server 1m' 'listen bench' "  bind 127.0.0.1:$port" "  server one 127.0.0.1:$server" >"$work/haproxy.cfg"
  haproxy -db -f "$work/haproxy.cfg" >"$work/haproxy" 2>&1 &
  add 'HAProxy-TCP' "$port" $!
}

start_nginx() {
  local port pid load
  port=$(free_port)
  # Where it is a module of its own, it is loaded by its whole path: -p moves the others.
  load=$(nginx -V 2>&1 | grep -oE 'modules-path=[^ ]+' | cut -d= -f2)/ngx_stream_module.so
  if [ -e "$load" ]; then load="load_module $load;"; else load=; fi
  printf '%s\n' "worker_processes $threads; daemon off; master_process $([ "$threads" = 1 ] && echo off || echo on);" "pid $work/nginx.pid; error_log stderr;" \
    "$load" 'events { worker_connections 1024; }' \
    "stream { server { listen 127.0.0.1:$port; proxy_pass 127.0.0.1:$server; } }" >"$work/nginx.conf"
  nginx -p "$work" -c "$work/nginx.conf" >"$work/nginx" 2>&1 &
  pid=$!
  sleep 0.5
  # With more than one its workers are children.
  if kill -0 $pid 2>/dev/null; then add nginx-stream "$port" "$(pgrep -P $pid || echo $pid)"; else echo "  nginx has no stream module"; fi
}

echo "relaying HTTP, no fault, threads: $threads"
for peer in haproxy nginx; do
  case $peers in *$peer*) ;; *) continue ;; esac
  if command -v $peer >/dev/null; then start_$peer; else echo "  $peer is not installed"; fi
done
sleep 0.5
for connections in ${CONNECTIONS:-1 32 256}; do
  for round in $(seq "$rounds"); do
    for i in "${!names[@]}"; do
      name=${names[(i + round) % ${#names[@]}]}
      # shellcheck disable=SC2086
      measure "$name" "${ports[$name]}" "$connections" ${pids[$name]}
    done
  done
done
report
