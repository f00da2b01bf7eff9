#!/usr/bin/env -S python3 -B
"""Opaque streams in bulk: without faults their bytes go from socket to socket by splice(2), unseen. What arrives
must be what was sent, whatever happens meanwhile."""
import hashlib
import os
import random
import socket
import threading
import time

from harness import *

BYTES = 24 << 20


def pattern(length, seed):
    block = random.Random(seed).randbytes(1 << 16)
    return b"".join(bytes([i & 0xFF]) + block for i in range(length // len(block)))


def digest_of(connection, slow=False):
    """Of all until the end."""
    hashed, length = hashlib.sha256(), 0
    while True:
        piece = connection.recv(1 << 18)
        if not piece:
            return length, hashed.hexdigest()
        hashed.update(piece)
        length += len(piece)
        if slow and length % 7 == 0:
            time.sleep(0.002)


class Sink:
    """Takes the mark that says opaque, then all there is; answers with its own stream at the same time."""

    def __init__(self, answer, slow=False):
        self.answer, self.slow, self.seen = answer, slow, []

    def __call__(self, connection):
        sender = threading.Thread(target=self.send, args=(connection,))
        sender.start()
        self.seen.append(digest_of(connection, self.slow))
        sender.join()

    def send(self, connection):
        connection.sendall(self.answer)
        connection.shutdown(socket.SHUT_WR)


def exchange(proxy, sent, slow=False):
    client = proxy.connect()
    sender = threading.Thread(target=lambda: (client.sendall(sent), client.shutdown(socket.SHUT_WR)))
    sender.start()
    got = digest_of(client, slow)
    sender.join()
    client.close()
    return got


def wait_for(seen, count):
    end = time.monotonic() + PATIENCE
    while len(seen) < count and time.monotonic() < end:
        time.sleep(0.01)
    return seen


def of(data):
    return len(data), hashlib.sha256(data).hexdigest()


def check_both_ways(slow_client, slow_server):
    up, down = b"\0" + pattern(BYTES, 1), b"\0" + pattern(BYTES, 2)
    sink = Sink(down, slow_server)
    upstream = Upstream(sink)
    proxy = Proxy(upstream.port)
    console = proxy.console()
    console.subscribe()
    assert exchange(proxy, up, slow_client) == of(down)
    assert wait_for(sink.seen, 1) == [of(up)]
    # What is not looked at is counted all the same.
    console.sum(lambda sums, frame: sums["in"] == len(up) and sums["out"] == len(down))
    proxy.stop()
    upstream.close()


def test_both_ways_at_once():
    check_both_ways(False, False)


def test_slow_client():
    check_both_ways(True, False)


def test_slow_server():
    check_both_ways(False, True)


def test_faults_come_and_go_in_the_middle():
    up, down = b"\0" + pattern(BYTES, 3), b"\0" + pattern(BYTES, 4)
    sink = Sink(down)
    upstream = Upstream(sink)
    proxy = Proxy(upstream.port)
    console = proxy.console()
    results = []
    clients = [threading.Thread(target=lambda: results.append(exchange(proxy, up))) for _ in range(4)]
    for client in clients:
        client.start()
    for turn in range(12):
        console.set({"latency": {"mean_ms": 5 + turn}, "scope": {"direction": "both"}})
        time.sleep(0.02)
        console.clear()
        time.sleep(0.02)
    for client in clients:
        client.join()
    assert results == [of(down)] * 4
    assert wait_for(sink.seen, 4) == [of(up)] * 4
    proxy.stop()
    upstream.close()


def test_a_bulk_sender_that_resets():
    """Half of it is in the pipe then; nothing of it stays behind, though the upstream never reads."""
    over = threading.Event()
    upstream = Upstream(lambda connection: over.wait())
    proxy = Proxy(upstream.port)
    descriptors = len(os.listdir(f"/proc/{proxy.process.pid}/fd"))
    for _ in range(5):
        client = proxy.connect()
        client.settimeout(0.2)
        try:
            client.sendall(b"\0" * (64 << 20))
            raise AssertionError("nobody reads, and all of it went")
        except TimeoutError:
            pass
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()
    end = time.monotonic() + PATIENCE
    left = descriptors + 99
    while left > descriptors + 2 * 2 and time.monotonic() < end:
        time.sleep(0.05)
        left = len(os.listdir(f"/proc/{proxy.process.pid}/fd"))
    # The pipes that are kept for the next are the only ones.
    assert left <= descriptors + 2 * 2, (descriptors, left)
    over.set()
    proxy.stop()
    upstream.close()


if __name__ == "__main__":
    run(globals())
