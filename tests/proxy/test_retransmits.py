#!/usr/bin/env -S python3 -B
"""Retransmits against the kernel's own account: in a network of its own, in which packets are dropped for real."""
import os
import re
import shutil
import subprocess
import sys
import time

from harness import PATIENCE, Proxy, Reader, Upstream, request, run, serve_http

INSIDE = "SHAKETABLE_TEST_NETWORK"


def skip(why):
    print("skipped:", why)
    sys.exit(77)


def sh(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def kernel_count(matching):
    """Segments sent again by the sockets that match, as ss(8) tells it."""
    return sum(int(count) for count in re.findall(r"\bretrans:\d+/(\d+)", sh("ss", "-tin", *matching)))


def test_retransmits_are_the_kernels():
    upstream = Upstream(serve_http(lambda *_: (200, b"x" * 20_000)))
    proxy = Proxy(upstream.port)
    console = proxy.console()
    clients = [proxy.connect() for _ in range(5)]
    console.subscribe(100)
    readers = [Reader(client) for client in clients]
    sh("nft", "add rule ip t i numgen random mod 100 < 8 drop")
    ours = {"client": ("sport", proxy.port), "upstream": ("dport", upstream.port)}
    # Until there is something to count on both sides; that 100 rounds bring nothing has no chance.
    for _ in range(100):
        if min(kernel_count((way, "=", f":{port}")) for way, port in ours.values()) > 1:
            break
        for client in clients:
            client.sendall(request())
        for reader in readers:
            reader.response()
    sh("nft", "flush chain ip t i")
    sums = {side: 0 for side in ours}
    end = time.monotonic() + PATIENCE
    # A retransmission may still be on its way when the loss ends.
    while True:
        frame = console.until(lambda one: one["type"] == "stats")
        for side in sums:
            sums[side] += frame["retransmits"][side]
        kernel = {side: kernel_count((way, "=", f":{port}")) for side, (way, port) in ours.items()}
        if sums == kernel:
            break
        assert time.monotonic() < end, (sums, kernel)
    assert min(sums.values()) > 1, sums
    for client in clients:
        client.close()
    console.close()
    proxy.stop()
    upstream.close()


if INSIDE not in os.environ:
    for tool in ("unshare", "ip", "nft", "ss"):
        if not shutil.which(tool):
            skip(f"{tool} is not installed")
    inside = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]
    prepare = "ip link set lo up && nft add table ip t && nft 'add chain ip t i { type filter hook input priority 0; }'"
    tried = subprocess.run(inside + ["sh", "-c", prepare], capture_output=True, text=True)
    if tried.returncode != 0:
        skip("no network namespace with nftables here: " + tried.stderr.strip())
    os.environ[INSIDE] = "1"
    os.execvp(inside[0], inside + ["sh", "-c", prepare + ' && exec "$@"', "sh", sys.executable, "-B"] + sys.argv)
run(globals())
