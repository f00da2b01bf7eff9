#!/usr/bin/env -S python3 -B
"""WebSocket (RFC 6455) through the proxy: the upgrade, then frames both ways, every byte compared."""
import base64
import hashlib
import os
import random
import socket
import struct
import threading
import time

from harness import PATIENCE, Proxy, Reader, Upstream, changing, request, run

CONDITIONS = [
    {},
    {"latency": {"mean_ms": 5, "jitter_ms": 4, "distribution": "pareto"}, "scope": {"direction": "both"}},
    {"loss": {"percent": 2, "burst": 2}, "scope": {"direction": "both"}},
    {"bandwidth": {"bytes_per_s": 2000000}},
]
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def frame(opcode, payload, masked):
    head = bytes([0x80 | opcode])
    bit = 0x80 if masked else 0
    if len(payload) < 126:
        head += bytes([bit | len(payload)])
    elif len(payload) < 65536:
        head += bytes([bit | 126]) + struct.pack("!H", len(payload))
    else:
        head += bytes([bit | 127]) + struct.pack("!Q", len(payload))
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + apply(mask, payload)


def apply(mask, payload):
    """Exclusive or with the repeated mask, by big numbers: in Python that is fast."""
    long = (mask * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(long, "big")).to_bytes(len(payload), "big")


def read_frame(reader):
    """(opcode, payload, whether it was masked)"""
    first, second = reader.take(2)
    assert first & 0x80, "fragments are not sent here"
    length = second & 0x7F
    if length == 126:
        (length,) = struct.unpack("!H", reader.take(2))
    elif length == 127:
        (length,) = struct.unpack("!Q", reader.take(8))
    mask = reader.take(4) if second & 0x80 else None
    payload = reader.take(length)
    return first & 0x0F, apply(mask, payload) if mask else payload, mask is not None


def accept_of(key):
    return base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()


def serve(connection):
    """Echoes messages, answers pings and the closing frame; says something by itself at the start."""
    reader = Reader(connection)
    _, headers = reader.head()
    connection.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + f"Sec-WebSocket-Accept: {accept_of(headers['sec-websocket-key'])}\r\n\r\n".encode()
        + frame(TEXT, b"hello", False)
    )
    while True:
        opcode, payload, masked = read_frame(reader)
        assert masked
        connection.sendall(frame(PONG if opcode == PING else opcode, payload, False))
        if opcode == CLOSE:
            return


def open_socket(proxy):
    client = proxy.connect()
    reader = Reader(client)
    key = base64.b64encode(os.urandom(16)).decode()
    client.sendall(
        request(
            "/chat",
            headers="Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n",
        )
    )
    line, headers = reader.head()
    assert line.split()[1] == "101" and headers["sec-websocket-accept"] == accept_of(key)
    assert read_frame(reader) == (TEXT, b"hello", False)
    return client, reader


def converse(proxy, count, seed):
    """Sends messages without waiting while their echoes are read; then says good-bye."""
    chance = random.Random(seed)
    sizes = (0, 1, 125, 126, 1500, 65535, 65536, 200000)
    client, reader = open_socket(proxy)
    sent, heard = hashlib.sha256(), hashlib.sha256()
    problems = []

    def send():
        try:
            for i in range(count):
                payload = chance.randbytes(chance.choice(sizes))
                sent.update(payload)
                client.sendall(frame(PING if i % 10 == 9 and len(payload) < 126 else BINARY, payload, True))
            client.sendall(frame(CLOSE, struct.pack("!H", 1000), True))
        except Exception as problem:
            problems.append(problem)

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    frames = 0
    while True:
        opcode, payload, masked = read_frame(reader)
        assert not masked
        if opcode == CLOSE:
            break
        heard.update(payload)
        frames += 1
    sender.join(PATIENCE)
    assert not problems, problems
    assert (frames, heard.digest()) == (count, sent.digest())
    assert payload == struct.pack("!H", 1000) and client.recv(1) == b""
    client.close()


def with_proxy(test):
    def wrapped():
        upstream = Upstream(serve)
        proxy = Proxy(upstream.port)
        try:
            test(proxy, proxy.console())
            proxy.stop()
        finally:
            proxy.kill()
            upstream.close()

    return wrapped


@with_proxy
def test_frames_both_ways_under_every_fault(proxy, console):
    for i, faults in enumerate(CONDITIONS):
        console.set(faults)
        converse(proxy, 30, i)


@with_proxy
def test_frames_while_the_faults_change(proxy, console):
    problems = []

    def one(seed):
        try:
            converse(proxy, 150, seed)
        except BaseException as problem:
            problems.append(problem)

    with changing(console, CONDITIONS, 0.02):
        talks = [threading.Thread(target=one, args=(seed,), daemon=True) for seed in range(4)]
        for talk in talks:
            talk.start()
        for talk in talks:
            talk.join(60)
    assert not problems, problems
    assert not any(talk.is_alive() for talk in talks)


@with_proxy
def test_latency_of_the_handshake_and_of_each_frame(proxy, console):
    console.set({"latency": {"mean_ms": 20}})
    begin = time.monotonic()
    client, reader = open_socket(proxy)
    assert time.monotonic() - begin >= 0.02
    for _ in range(5):
        begin = time.monotonic()
        client.sendall(frame(TEXT, b"ping", True))
        assert read_frame(reader)[1] == b"ping"
        assert 0.02 <= time.monotonic() - begin < 2
    # Cleared, what is held comes at once.
    console.set({"latency": {"mean_ms": 30000}})
    client.sendall(frame(TEXT, b"held", True))
    time.sleep(0.1)
    console.clear()
    assert read_frame(reader)[1] == b"held"
    client.shutdown(socket.SHUT_RDWR)
    client.close()


if __name__ == "__main__":
    run(globals())
