#!/usr/bin/env -S python3 -B
"""How exact delays are, and how fast held messages are let go, by the proxy's own measure.

A client asks one request after another, so what is late is the proxy (or the machine: a bare timer is shown
beside it). MEDIAN and p99 are microseconds that requests were delayed beyond what was asked for."""
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "proxy"))
from harness import Console, Proxy, Reader, histogram, quantile, request

HTTP = os.path.join(os.environ.get("top_builddir", "."), "tests/bench/bench_http")
CROWD = int(os.environ.get("CROWD", "2000"))
DELAY_MS = 20
ROUNDS = 3
HELD = (1000, 3000)
SECONDS = float(os.environ.get("SECONDS_EACH", "2"))


def serve():
    server = subprocess.Popen([HTTP, "serve"], stdout=subprocess.PIPE, env=dict(os.environ))
    return server, int(server.stdout.readline().split()[1])


def gather(console, names, done):
    sums = {name: {} for name in names}
    while True:
        frame = console.until(lambda one: one["type"] == "stats")
        for name in names:
            for value, count in histogram(frame, name).items():
                sums[name][value] = sums[name].get(value, 0) + count
        if done():
            return sums


def sleep_lateness():
    """What the machine does to a thread that sleeps until a moment."""
    late = []
    for _ in range(100):
        until = time.monotonic_ns() + 5_000_000
        time.sleep(0.005)
        late.append((time.monotonic_ns() - until) // 1000)
    late.sort()
    return late[50], late[98]


def lateness(port, delay_ms, connections, direction):
    proxy = Proxy(port, "--latency", f"{delay_ms}ms", "--direction", direction, "--threads", "1")
    console = proxy.console()
    console.subscribe(200)
    end = time.monotonic() + SECONDS
    load = None
    if connections > 1:
        load = subprocess.Popen([HTTP, "load", str(proxy.port), str(connections), str(SECONDS)], stdout=subprocess.DEVNULL)
    else:
        threading.Thread(target=one_by_one, args=(proxy, end), daemon=True).start()
    ticks = os.sysconf("SC_CLK_TCK")
    begin = time.monotonic()
    sums = gather(console, ["lateness"], lambda: time.monotonic() > end + 0.3)
    with open(f"/proc/{proxy.process.pid}/stat") as stat:
        fields = stat.read().rsplit(") ", 1)[1].split()
    share = (int(fields[11]) + int(fields[12])) / ticks / (time.monotonic() - begin)
    if load:
        load.wait()
    late = sums["lateness"]
    print(
        f"  {delay_ms:6} ms {direction:8} {connections:4} connections  {sum(late.values()):7} requests"
        f"   late by {quantile(late, 0.5):5} µs median {quantile(late, 0.99):6} µs p99   CPU {share:4.0%}",
        flush=True,
    )
    console.close()
    proxy.stop()


def one_by_one(proxy, end):
    client = proxy.connect()
    reader = Reader(client)
    while time.monotonic() < end:
        client.sendall(request())
        reader.response()
    client.close()


def toxiproxy():
    """Where it is, or None."""
    return os.environ.get("TOXIPROXY") or shutil.which("toxiproxy-server")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask_toxiproxy(api, path, document):
    body = json.dumps(document).encode()
    asking = urllib.request.Request(f"http://127.0.0.1:{api}{path}", body, {"Content-Type": "application/json"})
    for _ in range(100):
        try:
            with urllib.request.urlopen(asking, timeout=5) as answer:
                return json.load(answer)
        except urllib.error.HTTPError:
            raise
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("toxiproxy does not listen")


def load_for(port, seconds):
    """Requests a second, and the round trip's median and p99 in µs."""
    words = subprocess.run([HTTP, "load", str(port), str(CROWD), str(seconds)], stdout=subprocess.PIPE, check=True,
                           text=True).stdout.split()
    return float(words[2]), float(words[words.index("p50") + 1]), float(words[words.index("p99") + 1])


def crowd_line(name, result, ratio):
    rate, median, p99 = result
    print(f"  {name:28} {rate:8.0f} requests/s   late by {median / 1000 - DELAY_MS:7.2f} ms median "
          f"{p99 / 1000 - DELAY_MS:7.2f} ms p99   {ratio:5.2f}", flush=True)


def crowd_through_toxiproxy(port):
    api = free_port()
    server = subprocess.Popen([toxiproxy(), "-host", "127.0.0.1", "-port", str(api)], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    try:
        made = ask_toxiproxy(api, "/proxies", {"name": "bench", "listen": "127.0.0.1:0",
                                               "upstream": f"127.0.0.1:{port}", "enabled": True})
        ask_toxiproxy(api, "/proxies/bench/toxics", {"type": "latency", "attributes": {"latency": DELAY_MS}})
        return load_for(int(made["listen"].rsplit(":", 1)[1]), SECONDS)
    finally:
        server.kill()
        server.wait()


def crowd_through_proxy(port, threads):
    proxy = Proxy(port, "--latency", f"{DELAY_MS}ms", "--threads", str(threads), stats=False)
    try:
        return load_for(proxy.port, SECONDS)
    finally:
        proxy.stop()


def crowd(port):
    """Many connections that each wait most of the time, or for a processor: beside toxiproxy, by turns."""
    kinds = {"shaketable-proxy, 1 thread": lambda: crowd_through_proxy(port, 1),
             "shaketable-proxy, 2 threads": lambda: crowd_through_proxy(port, 2)}
    if toxiproxy():
        kinds["toxiproxy"] = lambda: crowd_through_toxiproxy(port)
    else:
        print("  toxiproxy left out: no toxiproxy-server on PATH, and none named by $TOXIPROXY")
    rounds = {name: [] for name in kinds}
    for _ in range(ROUNDS):
        for name, measure in kinds.items():
            rounds[name].append(measure())
    middle = {name: sorted(results)[ROUNDS // 2] for name, results in rounds.items()}
    for name, result in middle.items():
        ratio = result[0] / middle["toxiproxy"][0] if "toxiproxy" in middle else 1
        crowd_line(name, result, ratio)


def clear(port, held, threads):
    proxy = Proxy(port, "--threads", str(threads))
    console = proxy.console()
    console.set({"latency": {"mean_ms": 60000}})
    clients = [proxy.connect() for _ in range(held)]
    for client in clients:
        client.sendall(request())
    console.subscribe(50)
    console.until(lambda one: one["type"] == "stats" and one["held"] == held)
    quiet = proxy.console()
    begin = time.monotonic()
    ack = quiet.clear()
    took = time.monotonic() - begin
    assert ack["released"] == held, ack
    bare = subprocess.run([HTTP, "writes", str(held)], stdout=subprocess.PIPE, check=True).stdout.split()
    bare_ms = int(bare[0]) / 1000
    for client in clients:
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
        client.close()
    print(
        f"  {held} held, {threads} threads: cleared in {took * 1e3:6.1f} ms;"
        f" as many bare writes {bare_ms:6.1f} ms ({took * 1e3 / bare_ms:4.2f} of it)",
        flush=True,
    )
    quiet.close()
    console.close()
    proxy.stop()


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    chosen = sys.argv[1:] or ["late", "crowd", "clear"]
    server, port = serve()
    try:
        if "late" in chosen:
            print("delays: what clients get less what was asked for\n  (a thread that sleeps wakes late by %d µs median, %d µs p99)" % sleep_lateness(), flush=True)
            for delay, connections, direction in ((0.9, 1, "response"), (20, 1, "response"), (20, 1, "both"), (20, 64, "response")):
                lateness(port, delay, connections, direction)
        if "crowd" in chosen:
            print(f"{CROWD} connections, {DELAY_MS} ms asked for; the last column is against toxiproxy")
            crowd(port)
        if "clear" in chosen:
            print("clearing held messages")
            for held in HELD:
                for threads in (1, 2):
                    clear(port, held, threads)
    finally:
        server.terminate()
        server.wait()


main()
