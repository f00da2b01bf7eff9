#!/usr/bin/env -S python3 -B
"""Redis through the proxy: an opaque stream of many small commands. Needs redis-tools."""
import hashlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from harness import PATIENCE, Proxy, Reader, changing, run

# Debian's redis-tools has the server as well: it is what it is called as.
PROGRAM = shutil.which("redis-server") or shutil.which("redis-check-rdb")
BENCHMARK = shutil.which("redis-benchmark")
CONDITIONS = [
    {},
    {"latency": {"mean_ms": 4, "jitter_ms": 3, "distribution": "pareto"}, "scope": {"direction": "both"}},
    {"loss": {"percent": 2, "burst": 2}, "scope": {"direction": "both"}},
    {"bandwidth": {"bytes_per_s": 3000000}},
    {"latency": {"mean_ms": 300}, "scope": {"percent": 50}},
]


class Redis:
    """A server of its own, with nothing on disk."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="shaketable-redis-")
        # Its own choice of a port can't be asked for, so one is found that nobody has at this moment.
        for _ in range(20):
            with socket.create_server(("127.0.0.1", 0)) as free:
                self.port = free.getsockname()[1]
            settings = f"--bind 127.0.0.1 --port {self.port} --appendonly no --dir {self.directory}"
            self.process = subprocess.Popen(
                ["redis-server", *settings.split(), "--save", ""],
                executable=PROGRAM, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            if self._answers():
                return
            self.stop()
        raise AssertionError("redis-server does not start")

    def _answers(self):
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < end:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as client:
                    client.sendall(b"PING\r\n")
                    return client.recv(7) == b"+PONG\r\n"
            except OSError:
                time.sleep(0.02)
        return False

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)

    def close(self):
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


def command(*words):
    words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def reply(reader):
    line = reader.take_through(b"\r\n")[:-2]
    kind, rest = line[:1], line[1:]
    if kind == b"$":
        if rest == b"-1":
            return None
        value = reader.take(int(rest))
        assert reader.take(2) == b"\r\n"
        return value
    if kind == b"*":
        return [reply(reader) for _ in range(int(rest))]
    assert kind in b"+:", line
    return rest


def ask(client, reader, *words):
    client.sendall(command(*words))
    return reply(reader)


def with_redis(test):
    def wrapped():
        redis = Redis()
        proxy = Proxy(redis.port)
        try:
            test(redis, proxy, proxy.console())
            proxy.stop()
        finally:
            proxy.kill()
            redis.close()

    return wrapped


@with_redis
def test_20_ms_are_added(redis, proxy, console):
    client = proxy.connect()
    reader = Reader(client)
    assert ask(client, reader, "PING") == b"PONG"
    console.set({"latency": {"mean_ms": 20}})
    for _ in range(10):
        begin = time.monotonic()
        assert ask(client, reader, "PING") == b"PONG"
        assert 0.02 <= time.monotonic() - begin < 2
    # A pipeline is delayed as a whole, not command by command.
    begin = time.monotonic()
    client.sendall(b"".join(command("SET", f"k{i}", i) for i in range(500)))
    assert [reply(reader) for _ in range(500)] == [b"OK"] * 500
    assert 0.02 <= time.monotonic() - begin < 500 * 0.02 / 2
    client.close()


@with_redis
def test_values_come_back_whole_under_every_fault(redis, proxy, console):
    chance = random.Random(1)
    client = proxy.connect()
    reader = Reader(client)
    for faults in CONDITIONS:
        console.set(faults)
        kept = {}
        for i in range(6):
            value = chance.randbytes(chance.choice((0, 1, 100, 1448, 70000, 400000)))
            kept[f"v{i}"] = hashlib.sha256(value).digest()
            assert ask(client, reader, "SET", f"v{i}", value) == b"OK"
        client.sendall(b"".join(command("GET", name) for name in kept))
        assert [hashlib.sha256(reply(reader)).digest() for _ in kept] == list(kept.values())
    client.close()


@with_redis
def test_publish_and_subscribe_keep_order(redis, proxy, console):
    console.set({"latency": {"mean_ms": 20, "jitter_ms": 15, "distribution": "uniform"}})
    listener = proxy.connect()
    heard = Reader(listener)
    assert ask(listener, heard, "SUBSCRIBE", "news") == [b"subscribe", b"news", b"1"]
    speaker = proxy.connect()
    answers = Reader(speaker)
    begin = time.monotonic()
    for i in range(300):
        speaker.sendall(command("PUBLISH", "news", i))
        if i == 150:
            console.set({"loss": {"percent": 3}})
        time.sleep(0.001)
    for i in range(300):
        assert reply(heard) == [b"message", b"news", str(i).encode()]
        assert reply(answers) == b"1"
    # A delay line: what is under way is delayed side by side.
    assert time.monotonic() - begin < 300 * 0.02
    speaker.close()
    listener.close()


@with_redis
def test_redis_benchmark(redis, proxy, console):
    assert BENCHMARK, "redis-tools has it"
    for faults, live in ((CONDITIONS[0], False), (CONDITIONS[1], False), (CONDITIONS[0], True)):
        console.set(faults)
        words = f"{BENCHMARK} -h 127.0.0.1 -p {proxy.port} -n 2000 -c 20 -P 8 -d 300 -t set,get,incr,lpush,mset --csv"
        with changing(console, CONDITIONS if live else [faults]):
            done = subprocess.run(words.split(), capture_output=True, text=True, timeout=90)
        assert done.returncode == 0 and "error" not in done.stderr.lower(), done.stdout + done.stderr
        assert len([line for line in done.stdout.splitlines() if line.startswith('"')]) >= 5, done.stdout
    with socket.create_connection(("127.0.0.1", redis.port)) as direct:
        # Every INCR of three runs arrived once.
        assert ask(direct, Reader(direct), "GET", "counter:__rand_int__") == b"6000"


if __name__ == "__main__":
    if not PROGRAM or not BENCHMARK:
        print("skipped: redis-tools is not installed")
        sys.exit(77)
    run(globals())
