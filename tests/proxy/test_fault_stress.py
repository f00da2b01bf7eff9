#!/usr/bin/env -S python3 -B
"""Faults of every kind change while thousands of requests are held: no byte is lost or out of its place, nothing is
stuck, and all goes on when they are gone. Every body is checked by its hash."""
import asyncio
import hashlib
import os
import random
import struct
import threading

from harness import *

CONNECTIONS = 150
RUN_S = 4.0

# None of these ends a connection: every request must be answered as asked.
HARMLESS = [
    {},
    {"latency": {"mean_ms": 30000}},
    {"latency": {"mean_ms": 30000}, "scope": {"direction": "request"}},
    {"latency": {"mean_ms": 8, "jitter_ms": 8, "distribution": "pareto"}, "scope": {"direction": "both"}},
    {"latency": {"mean_ms": 300}, "scope": {"direction": "request", "percent": 50}},
    {"latency": {"mean_ms": 100}, "schedule": {"ramp_ms": 40}},
    {"latency": {"mean_ms": 5000}, "schedule": {"start_ms": 10, "duration_ms": 25}},
    {"blackhole": {"percent": 40}},
    {"blackhole": {"percent": 60, "per": "connection"}},
    {"blackhole": {"percent": 100}, "schedule": {"duration_ms": 30}},
    {"bandwidth": {"bytes_per_s": 20000}},
    {"bandwidth": {"total_bytes_per_s": 50000}},
    {"bandwidth": {"bytes_per_s": 200000, "total_bytes_per_s": 1000000}},
    {"slice": {"bytes": 16, "delay_ms": 5}, "scope": {"direction": "both"}},
    {"slice": {"bytes": 700}, "latency": {"mean_ms": 10}},
    {"slow_close": {"delay_ms": 3000}},
    {"loss": {"percent": 20, "burst": 3}, "scope": {"direction": "both"}},
    {"error": {"percent": 30, "status": 503, "body": "no", "headers": ["Retry-After: 1"]}},
    {"error": {"percent": 100}, "latency": {"mean_ms": 20}, "scope": {"path": "/a*", "header": "X-Odd: 1"}},
    {"latency": {"mean_ms": 400}, "scope": {"source": "127.0.0.0/8", "header": "X-Odd"}},
    {"latency": {"mean_ms": 400}, "scope": {"source": "10.0.0.0/8"}},
]
# These do.
HARMFUL = [
    {"reset": {"percent": 30, "at": "accept"}},
    {"reset": {"percent": 10, "at": "request"}},
    {"reset": {"percent": 20, "at": "response"}, "latency": {"mean_ms": 15}},
    {"reset": {"percent": 20, "at": "response"}, "slice": {"bytes": 50}},
    {"limit": {"bytes": 30000}},
    {"limit": {"bytes": 5000}, "bandwidth": {"total_bytes_per_s": 200000}},
]


def serve(connection):
    """Echoes the body behind its hash; the path says in how many pieces."""
    reader = Reader(connection)
    while True:
        try:
            line, headers = reader.head()
        except EOFError:
            return
        body = reader.body(headers)
        answer = hashlib.sha256(body).hexdigest().encode() + body
        if "/chunked" in line:
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for at in range(0, len(answer), 7000):
                part = answer[at : at + 7000]
                connection.sendall(b"%x\r\n%s\r\n" % (len(part), part))
            connection.sendall(b"0\r\n\r\n")
        else:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer)


async def read_response(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    if b"chunked" in head:
        body = b""
        while size := int(await reader.readline(), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readexactly(2)
        return status, body
    length = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    return status, await reader.readexactly(int(length.split(b":")[1]))


class Load:
    def __init__(self, port, harmful):
        self.port, self.harmful = port, harmful
        self.stopping = False
        self.answered = self.injected = self.ended = 0

    async def one(self, index):
        chance = random.Random(index)
        while not self.stopping:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                assert self.harmful
                self.ended += 1
                continue
            try:
                while not self.stopping:
                    await self.exchange(chance, reader, writer)
            except (OSError, EOFError):
                assert self.harmful
                self.ended += 1
            writer.close()

    async def exchange(self, chance, reader, writer):
        bodies = [os.urandom(8) * chance.choice((1, 100, 3000)) for _ in range(chance.choice((1, 1, 3)))]
        for i, body in enumerate(bodies):
            path = chance.choice(("/a", "/a/chunked", "/b"))
            odd = chance.choice(("", "X-Odd: 1\r\n"))
            writer.write(request(path, "POST", body, odd))
        await writer.drain()
        for body in bodies:
            status, answer = await read_response(reader)
            if status == 503:
                self.injected += 1
                continue
            assert status == 200 and answer[64:] == body
            assert answer[:64] == hashlib.sha256(body).hexdigest().encode()
            self.answered += 1

    async def run(self):
        async def stop():
            await asyncio.sleep(RUN_S)
            self.stopping = True

        await asyncio.wait_for(asyncio.gather(stop(), *(self.one(i) for i in range(CONNECTIONS))), RUN_S + 2 * PATIENCE)


def shake(faults, harmful, seed):
    upstream = Upstream(serve)
    proxy = Proxy(upstream.port)
    console = proxy.console()
    load = Load(proxy.port, harmful)
    chance = random.Random(seed)
    ended = threading.Event()
    changes = 0

    def change():
        nonlocal changes
        while not ended.wait(0.05):
            console.set(chance.choice(faults))
            changes += 1
        console.clear()

    changer = threading.Thread(target=change)
    changer.start()
    timer = threading.Timer(RUN_S, ended.set)
    timer.start()
    try:
        asyncio.run(load.run())
    finally:
        ended.set()
        changer.join()
    assert changes > 10 and load.answered > CONNECTIONS, (changes, load.answered)
    console.subscribe()
    console.until(lambda one: one["type"] == "stats" and one["in_flight"] == 0 and one["held"] == 0)
    end = time.monotonic() + PATIENCE
    while (frame := console.until(lambda one: one["type"] == "stats"))["connections"]["open"] > 0:
        assert time.monotonic() < end, frame["connections"]
    print(f"  {changes} changes, {load.answered} answered, {load.injected} errors, {load.ended} connections ended")
    console.close()
    proxy.stop()
    upstream.close()


def test_no_byte_is_lost_while_faults_change():
    shake(HARMLESS, False, 1)


def test_nothing_is_stuck_where_connections_end():
    shake(HARMLESS + HARMFUL * 2, True, 2)


def test_clearing_lets_thousands_go_at_once():
    """Every kind of hold, of two thousand requests, lifted by one clear."""
    upstream = Upstream(serve_http(lambda *_: (200, b"0123456789" * 30)))
    proxy = Proxy(upstream.port)
    console = proxy.console()
    clients = [proxy.connect() for _ in range(500)]
    for faults in (
        {"latency": {"mean_ms": 60000}},
        {"latency": {"mean_ms": 60000}, "scope": {"direction": "request"}},
        {"blackhole": {"percent": 100, "per": "connection"}},
        {"bandwidth": {"total_bytes_per_s": 100}},
        {"bandwidth": {"bytes_per_s": 100}},
        {"slice": {"bytes": 1, "delay_ms": 60000}},
    ):
        console.set(faults)
        for client in clients:
            client.sendall(request() * 4)
        time.sleep(0.3)
        console.clear()
        for client in clients:
            reader = Reader(client)
            for _ in range(4):
                assert reader.response().body == b"0123456789" * 30
            assert reader.data == b""
    for client in clients:
        client.close()
    proxy.stop()
    upstream.close()


def test_opaque_streams_while_faults_change():
    def echo(connection):
        while data := connection.recv(65536):
            connection.sendall(data)

    faults = [one for one in HARMLESS if "error" not in one]
    upstream = Upstream(echo)
    proxy = Proxy(upstream.port)
    console = proxy.console()
    problems = []
    ended = threading.Event()

    def drive(index):
        try:
            client = proxy.connect()
            client.settimeout(PATIENCE + RUN_S)
            sent, got = hashlib.sha256(), hashlib.sha256()
            chance = random.Random(index)
            while not ended.is_set():
                data = b"\x00" + chance.randbytes(chance.choice((1, 1000, 60000)))
                sent.update(data)
                client.sendall(data)
                left = len(data)
                while left > 0:
                    piece = client.recv(left)
                    assert piece
                    got.update(piece)
                    left -= len(piece)
            assert sent.digest() == got.digest()
            client.shutdown(socket.SHUT_WR)
            assert client.recv(1) == b""
            client.close()
        except Exception as problem:
            problems.append(problem)

    drivers = [threading.Thread(target=drive, args=(i,)) for i in range(30)]
    for driver in drivers:
        driver.start()
    chance = random.Random(4)
    for _ in range(int(RUN_S / 0.05)):
        console.set(chance.choice(faults))
        time.sleep(0.05)
    ended.set()
    console.clear()
    for driver in drivers:
        driver.join(2 * PATIENCE)
    assert not problems, problems
    proxy.stop()
    upstream.close()


if __name__ == "__main__":
    run(globals())
