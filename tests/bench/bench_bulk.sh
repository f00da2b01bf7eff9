#!/usr/bin/env bash
# Bulk through the proxy without faults, beside HAProxy (TCP, splice-auto) and a direct connection: iperf3 with one
# stream and with eight. They take turns; medians of ROUNDS, and of each round's ratio. SECONDS_EACH=5 chooses.
set -u
bin=$(cd "${top_builddir:-.}" && pwd)
each=${SECONDS_EACH:-2}
rounds=${ROUNDS:-3}
for need in iperf3 haproxy; do
  command -v $need >/dev/null || { echo "bulk: $need is not installed" && exit 0; }
done
work=$(mktemp -d "${TMPDIR:-/tmp}/shaketable-bench.XXXXXX")
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

server=$(free_port)
iperf3 -s -B 127.0.0.1 -p "$server" >/dev/null 2>&1 &
"$bin/shaketable-proxy" --listen 127.0.0.1:0 --upstream "127.0.0.1:$server" >"$work/proxy" &
ours_pid=$!
port=$(free_port)
printf '%s\n' 'global' '  nbthread 1' 'defaults' '  mode tcp' '  option splice-auto' '  timeout connect 5s' \
  '  timeout client 1m' '  timeout server 1m' 'listen bench' "  bind 127.0.0.1:$port" \
  "  server one 127.0.0.1:$server" >"$work/haproxy.cfg"
haproxy -db -f "$work/haproxy.cfg" >/dev/null 2>&1 &
haproxy_pid=$!
sleep 1
ours=$(grep -oE 'listening [0-9.]+:[0-9]+' "$work/proxy" | grep -oE '[0-9]+$')

# "PORT STREAMS PID": Gbit/s and CPU seconds a gigabyte of the relay.
measure() {
  local before after
  before=$(awk '{ print $14 + $15 }' "/proc/$3/stat")
  iperf3 -c 127.0.0.1 -p "$1" -P "$2" -t "$each" -J >"$work/result" 2>/dev/null
  after=$(awk '{ print $14 + $15 }' "/proc/$3/stat")
  python3 - "$work/result" $((after - before)) "$(getconf CLK_TCK)" <<'END'
import json, sys
total = json.load(open(sys.argv[1]))["end"]["sum_received"]
print(total["bits_per_second"] / 1e9, int(sys.argv[2]) / int(sys.argv[3]) / (total["bytes"] / 1e9))
END
}

echo "bulk, no fault (iperf3)"
for streams in 1 8; do
  : >"$work/rounds"
  for _ in $(seq "$rounds"); do
    echo "$(measure "$server" $streams $$) $(measure "$ours" $streams $ours_pid) $(measure "$port" $streams $haproxy_pid)" \
      >>"$work/rounds"
  done
  python3 - "$work/rounds" $streams <<'END'
import statistics, sys
rows = [[float(word) for word in line.split()] for line in open(sys.argv[1])]
middle = lambda of: statistics.median(of(row) for row in rows)
print(f"  {sys.argv[2]} stream(s): direct {middle(lambda r: r[0]):.1f} Gbit/s,"
      f" shaketable-proxy {middle(lambda r: r[2]):.1f} ({middle(lambda r: r[3]):.2f} s CPU/GB),"
      f" HAProxy {middle(lambda r: r[4]):.1f} ({middle(lambda r: r[5]):.2f} s CPU/GB);"
      f" ours: {middle(lambda r: r[2] / r[4]):.2f} of its speed, {middle(lambda r: r[3] / r[5]):.2f} of its CPU")
END
done
