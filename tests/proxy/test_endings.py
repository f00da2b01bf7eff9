#!/usr/bin/env -S python3 -B
"""How connections end: resets at every point, half-closes both ways, SIGTERM in the middle of things.

After each nothing may be left in the proxy: no connection, no request in flight, no held message, no descriptor.
"""
import os
import random
import resource
import signal
import socket
import struct
import threading
import time

from harness import PATIENCE, Proxy, Reader, Upstream, echo_path, request, run, serve_http

CONDITIONS = [
    {},
    {"latency": {"mean_ms": 40}, "scope": {"direction": "both"}},
    {"loss": {"percent": 5}, "scope": {"direction": "both"}},
    {"bandwidth": {"bytes_per_s": 200000}},
    {"blackhole": {"percent": 50}},
]
POOLED = 16 * int(os.environ.get("PROXY_TEST_THREADS") or 1)  # BULK_IDLE_MAX a thread
BODY = random.Random(3).randbytes(300000)


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def descriptors(proxy):
    """Its sockets; the pipes that it keeps for the next stream are counted apart."""
    kinds = proxy.descriptors()
    assert kinds.get("pipe", 0) <= 2 * POOLED + 10, kinds
    return kinds["socket"]


def wait_until(true, what):
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.01)


def nothing_left(proxy, console, before):
    def empty(_, frame):
        return frame["connections"]["open"] == 0 and frame["in_flight"] == 0 and frame["held"] == 0

    console.sum(empty)
    wait_until(lambda: descriptors(proxy) <= before, "descriptors are left open")


def start(serve):
    upstream = Upstream(serve)
    proxy = Proxy(upstream.port)
    console = proxy.console()
    console.subscribe()
    return upstream, proxy, console, descriptors(proxy)


def read_all(client):
    """What comes until the end, and whether the end was a reset."""
    data = b""
    try:
        while piece := client.recv(65536):
            data += piece
        return data, False
    except ConnectionResetError:
        return data, True


# Each leaves the client at some point of an exchange; then it is reset.
def nothing_said(client):
    pass


def within_the_head(client):
    client.sendall(b"POST /x HTTP/1.1\r\nHost")


def after_the_head(client):
    client.sendall(request("/x", "POST", b"x" * 1000)[:-1000])


def within_the_body(client):
    client.sendall(request("/x", "POST", BODY)[:-10])


def within_a_chunk(client):
    client.sendall(b"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc")


def waiting(client):
    client.sendall(request("/wait"))


def within_the_response(client):
    client.sendall(request("/large"))
    client.recv(1000)


def between_requests(client):
    client.sendall(request("/x"))
    Reader(client).response()


def pipelined(client):
    client.sendall(request("/x") + request("/large") + request("/wait"))


def opaque(client):
    client.sendall(b"\x00" + BODY)


POINTS = [
    nothing_said, within_the_head, after_the_head, within_the_body, within_a_chunk, waiting, within_the_response,
    between_requests, pipelined, opaque,
]  # fmt: skip


def serve_points(ended):
    """Large answers, late answers; an event for each connection that ended."""

    def handle(method, path, headers, body):
        if path == "/wait":
            time.sleep(0.2)
        return 200, BODY * 20 if path == "/large" else body

    def serve(connection):
        try:
            serve_http(handle)(connection)
        except (OSError, EOFError, ValueError, IndexError):
            pass
        ended.release()

    return serve


def test_the_client_resets_at_every_point():
    ended = threading.Semaphore(0)
    upstream, proxy, console, before = start(serve_points(ended))
    for faults in CONDITIONS:
        console.set(faults)
        for point in POINTS:
            client = proxy.connect()
            client.settimeout(1 if "blackhole" in faults else PATIENCE)
            try:
                point(client)
            except TimeoutError:
                pass
            time.sleep(0.02)
            reset(client)
        console.clear()
        nothing_left(proxy, console, before)
    # Every one of them ended at the application as well.
    while upstream.accepted > 0:
        assert ended.acquire(timeout=PATIENCE), f"{upstream.accepted} connections never ended"
        upstream.accepted -= 1
    client = proxy.connect()
    client.sendall(request("/x", "POST", BODY))
    assert Reader(client).response().body == BODY
    client.close()
    proxy.stop()
    upstream.close()


def test_the_client_resets_while_the_answer_is_written():
    """The answer is seen first, and its writing tells of the reset: both wait for a proxy that stands still."""
    asked, answer = threading.Semaphore(0), threading.Semaphore(0)

    def handle(*request):
        asked.release()
        assert answer.acquire(timeout=PATIENCE)
        return 200, b"too late"

    upstream, proxy, console, before = start(serve_http(handle))
    for _ in range(5):
        client = proxy.connect()
        client.sendall(request())
        assert asked.acquire(timeout=PATIENCE)
        proxy.process.send_signal(signal.SIGSTOP)
        answer.release()
        time.sleep(0.05)
        reset(client)
        time.sleep(0.05)
        proxy.process.send_signal(signal.SIGCONT)
    nothing_left(proxy, console, before)
    proxy.stop()
    upstream.close()


def test_the_application_resets_at_every_point():
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY

    def at_once(connection):
        pass

    def within_the_request(connection):
        connection.recv(20)

    def after_the_request_head(connection):
        Reader(connection).head()

    def within_the_status_line(connection):
        Reader(connection).head()
        connection.sendall(whole[:12])

    def within_the_answer(connection):
        Reader(connection).head()
        connection.sendall(whole[:-1])

    def after_the_answer(connection):
        Reader(connection).head()
        connection.sendall(whole)
        time.sleep(0.05)

    points = [
        at_once, within_the_request, after_the_request_head, within_the_status_line, within_the_answer, after_the_answer,
    ]  # fmt: skip
    current = [None]

    def serve(connection):
        current[0](connection)
        reset(connection)

    upstream, proxy, console, before = start(serve)
    for faults in CONDITIONS[:-1]:
        console.set(faults)
        for point in points:
            current[0] = point
            try:
                client = proxy.connect()
            except ConnectionResetError:
                assert point is at_once
                continue
            data, was_reset = talk(client, request("/", "POST", BODY))
            # What came is true as far as it goes, and never looks whole when it is not.
            assert data == whole[: len(data)], (point.__name__, faults)
            assert was_reset or data == whole, (point.__name__, faults, len(data))
            client.close()
        console.clear()
        nothing_left(proxy, console, before)
    proxy.stop()
    upstream.close()


def talk(client, message):
    """Sends and reads side by side; a reset is told to whichever of the two comes first."""
    broken = []

    def send():
        try:
            client.sendall(message)
        except OSError as problem:
            broken.append(problem)

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    data, was_reset = read_all(client)
    sender.join(PATIENCE)
    return data, was_reset or bool(broken)


def test_half_a_request_without_an_application():
    """Who ends within a request that is refused has nothing to wait for, and is not kept."""
    upstream, proxy, console, before = start(echo_path)
    upstream.close()
    for faults in CONDITIONS:
        console.set(faults)
        for message in (request("/x", "POST", BODY)[:-10], request("/x", "POST", BODY)[:-299000], b"GET /x HT", b"\x00x", b""):
            client = proxy.connect()
            quietly(client, message)
            time.sleep(0.05)
            try:
                client.shutdown(socket.SHUT_WR)
                read_all(client)
            except TimeoutError:
                raise
            except OSError:
                pass
            client.close()
        console.clear()
        nothing_left(proxy, console, before)
    proxy.stop()


def quietly(client, message):
    try:
        client.sendall(message)
    except OSError:
        pass


def test_half_closes_both_ways():
    """Whoever says first that it is done still gets all that the other side has to say."""

    def application_first(connection):
        connection.sendall(BODY)
        connection.shutdown(socket.SHUT_WR)
        data, was_reset = read_all(connection)
        got.append((data == b"\x00" + BODY, was_reset))

    def client_first(connection):
        data, was_reset = read_all(connection)
        got.append((data == b"\x00" + BODY, was_reset))
        connection.sendall(BODY)

    for serve, first in ((application_first, False), (client_first, True)):
        got = []
        upstream, proxy, console, before = start(serve)
        for faults in CONDITIONS[:-1]:
            console.set(dict(faults, bandwidth={"bytes_per_s": 2000000}) if "bandwidth" in faults else faults)
            client = proxy.connect()
            client.sendall(b"\x00")
            if first:
                client.sendall(BODY)
                client.shutdown(socket.SHUT_WR)
                data, was_reset = read_all(client)
            else:
                data, was_reset = read_all(client)
                client.sendall(BODY)
                client.shutdown(socket.SHUT_WR)
            assert data == BODY and not was_reset, (first, faults, len(data), was_reset)
            wait_until(lambda: got, "the application heard no end")
            assert got.pop() == (True, False), (first, faults)
            client.close()
            nothing_left(proxy, console, before)
        proxy.stop()
        upstream.close()


def test_slow_readers_get_everything():
    upstream, proxy, console, before = start(serve_http(lambda *request: (200, BODY * 5)))
    for faults in CONDITIONS[:3]:
        console.set(faults)
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(PATIENCE)
        client.connect(("127.0.0.1", proxy.port))
        client.sendall(request() + request())
        reader = Reader(client)
        for _ in range(20):
            reader.more()
            time.sleep(0.01)
        assert reader.response().body == reader.response().body == BODY * 5
        client.close()
    console.clear()
    nothing_left(proxy, console, before)
    proxy.stop()
    upstream.close()


def test_the_soft_limit_of_descriptors_is_no_bound():
    upstream = Upstream(serve_http(echo_path))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    proxy = Proxy(upstream.port, preexec=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (48, hard)))
    clients = [proxy.connect() for _ in range(60)]
    for client in clients:
        client.sendall(request())
        assert Reader(client).response().status == 200
    for client in clients:
        client.close()
    proxy.stop()
    upstream.close()


def test_no_descriptor_for_the_upstream():
    """Clients that got in, but for whom no connection to the application can be made, hear so."""
    upstream = Upstream(serve_http(echo_path))
    proxy = Proxy(upstream.port, preexec=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (48, 48)))
    console = proxy.console()
    clients = [proxy.connect() for _ in range(60)]
    verdicts = {"answered": 0, "refused": 0, "reset": 0}
    for client in clients:
        try:
            client.sendall(request())
            status = Reader(client).response().status
            verdicts["answered" if status == 200 else "refused"] += 1
        except (OSError, EOFError):
            verdicts["reset"] += 1
    assert sum(verdicts.values()) == 60 and verdicts["answered"] > 3 and verdicts["reset"] > 3, verdicts
    for client in clients:
        client.close()
    console.send(op="hello")
    assert console.line()["type"] == "hello"

    def works():
        with proxy.connect() as client:
            try:
                client.sendall(request("/again"))
                return Reader(client).response().body == b"/again "
            except (OSError, EOFError):
                return False

    wait_until(works, "it does not recover")
    proxy.stop()
    upstream.close()


def test_sigterm_in_the_middle_of_bodies_and_pipelines():
    begun = threading.Event()

    def handle(method, path, headers, body):
        begun.set()
        time.sleep(0.3)
        return 200, BODY * 10 if path == "/large" else body

    upstream, proxy, console, _ = start(serve_http(handle))
    large = proxy.connect()
    large.sendall(request("/large"))
    behind = proxy.connect()
    behind.sendall(request("/a", "POST", b"one") + request("/b", "POST", b"two"))
    upload = proxy.connect()
    message = request("/up", "POST", BODY)
    upload.sendall(message[:-1000])
    assert begun.wait(PATIENCE)
    time.sleep(0.1)
    proxy.process.send_signal(signal.SIGTERM)
    time.sleep(0.1)
    upload.sendall(message[-1000:])
    assert Reader(upload).response().body == BODY
    reader = Reader(behind)
    assert [reader.response().body, reader.response().body] == [b"one", b"two"]
    assert Reader(large).response().body == BODY * 10
    assert read_all(large) == (b"", False)
    console.close()
    proxy.stop()
    upstream.close()


if __name__ == "__main__":
    run(globals())
