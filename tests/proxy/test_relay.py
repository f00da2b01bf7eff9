#!/usr/bin/env -S python3 -B
"""Without faults: whatever a client and an application say reaches the other unchanged."""
import hashlib
import os
import socket
import struct
import threading
import time

from harness import *


def proxied(serve):
    upstream = Upstream(serve)
    return upstream, Proxy(upstream.port)


def test_keep_alive():
    upstream, proxy = proxied(serve_http(echo_path))
    client = proxy.connect()
    reader = Reader(client)
    for i in range(50):
        client.sendall(request(f"/{i}"))
        assert reader.response().body == f"/{i} ".encode()
    client.close()
    proxy.stop()
    assert upstream.accepted == 1
    upstream.close()


def test_pipelining_keeps_order():
    upstream, proxy = proxied(serve_http(echo_path))
    client = proxy.connect()
    reader = Reader(client)
    # More than the proxy keeps open at once.
    client.sendall(b"".join(request(f"/{i}", "POST", b"b%d" % i) for i in range(300)))
    for i in range(300):
        assert reader.response().body == f"/{i} b{i}".encode()
    client.close()
    proxy.stop()
    upstream.close()


def test_every_split_of_a_request():
    upstream, proxy = proxied(serve_http(echo_path))
    message = request("/split", "POST", b"hello") + request("/next")
    client = proxy.connect()
    reader = Reader(client)
    for cut in range(1, len(message), 3):
        client.sendall(message[:cut])
        time.sleep(0.001)
        client.sendall(message[cut:])
        assert reader.response().body == b"/split hello"
        assert reader.response().body == b"/next "
    client.close()
    proxy.stop()
    upstream.close()


def test_chunked_both_ways():
    def handle(method, path, headers, body):
        assert headers["transfer-encoding"] == "chunked"
        return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)

    upstream, proxy = proxied(serve_http(handle))
    client = proxy.connect()
    reader = Reader(client)
    for _ in range(3):
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.sendall(b"5\r\nhello\r\n1")
        time.sleep(0.01)
        client.sendall(b"0\r\n0123456789abcdef\r\n0\r\n\r\n")
        assert reader.response().body == b"abchello0123456789abcdef"
    client.close()
    proxy.stop()
    upstream.close()


def test_responses_without_a_body():
    def handle(method, path, headers, body):
        if method == "HEAD":
            return b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
        if path == "/204":
            return b"HTTP/1.1 204 No Content\r\n\r\n"
        if path == "/304":
            return b"HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\nETag: x\r\n\r\n"
        return 200, b"full"

    upstream, proxy = proxied(serve_http(handle))
    console = proxy.console()
    console.subscribe()
    client = proxy.connect()
    reader = Reader(client)
    for _ in range(3):
        client.sendall(request("/", "HEAD"))
        assert reader.response(head=True).headers["content-length"] == "1000"
        client.sendall(request("/204"))
        assert reader.response().status == 204
        client.sendall(request("/304"))
        assert reader.response().status == 304
        client.sendall(request("/"))
        assert reader.response().body == b"full"
    # That each was seen as whole shows that none was taken for the body of another.
    console.sum(lambda sums, _: sums["outcomes"]["answered"] == 12 and sums["requests"] == 12)
    client.close()
    proxy.stop()
    upstream.close()


def test_100_continue():
    def serve(connection):
        reader = Reader(connection)
        _, headers = reader.head()
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = reader.body(headers)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    upstream, proxy = proxied(serve)
    client = proxy.connect()
    reader = Reader(client)
    client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
    assert reader.response().status == 100
    client.sendall(b"data")
    assert reader.response().body == b"data"
    client.close()
    proxy.stop()
    upstream.close()


def test_websocket_upgrade():
    def serve(connection):
        reader = Reader(connection)
        line, headers = reader.head()
        if headers["upgrade"] != "websocket":
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno")
            line, headers = reader.head()
        connection.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x05first"
        )
        while True:
            data = reader.data or connection.recv(1000)
            reader.data = b""
            if not data:
                return
            connection.sendall(data)

    upstream, proxy = proxied(serve)
    client = proxy.connect()
    reader = Reader(client)
    # Declined once, and what stands behind the request is a request.
    client.sendall(request("/a", headers="Connection: Upgrade\r\nUpgrade: h2c\r\n"))
    assert reader.response().body == b"no"
    client.sendall(request("/a", headers="Connection: Upgrade\r\nUpgrade: websocket\r\n") + b"\x81\x03abc")
    assert reader.response().status == 101
    assert reader.take(7) == b"\x81\x05first"
    assert reader.take(5) == b"\x81\x03abc"
    client.sendall(b"GET / HTTP/1.1\r\n\r\n\x00\xff")
    assert reader.take(20) == b"GET / HTTP/1.1\r\n\r\n\x00\xff"
    client.close()
    proxy.stop()
    upstream.close()


def test_connect_is_a_tunnel():
    def serve(connection):
        Reader(connection).head()
        connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        while data := connection.recv(1000):
            connection.sendall(data.upper())

    upstream, proxy = proxied(serve)
    client = proxy.connect()
    reader = Reader(client)
    client.sendall(b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n")
    reader.head()
    client.sendall(b"get / http/1.1\r\n\r\n")
    assert reader.take(18) == b"GET / HTTP/1.1\r\n\r\n"
    client.close()
    proxy.stop()
    upstream.close()


def test_body_until_close():
    def serve(connection):
        Reader(connection).head()
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(10):
            connection.sendall(b"x" * 10000)

    upstream, proxy = proxied(serve)
    console = proxy.console()
    console.subscribe()
    client = proxy.connect()
    client.sendall(request())
    data = b""
    while piece := client.recv(65536):
        data += piece
    assert data.endswith(b"x" * 100000)
    console.sum(lambda sums, _: sums["outcomes"]["answered"] == 1)
    client.close()
    proxy.stop()
    upstream.close()


def echo(connection):
    while data := connection.recv(65536):
        connection.sendall(data)


def test_opaque_echo():
    upstream, proxy = proxied(echo)
    for first in (b"\x00\x01\x02", b"PING\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r", b"G", b"\r\n\x80"):
        client = proxy.connect()
        reader = Reader(client)
        client.sendall(first)
        time.sleep(0.01)
        client.sendall(b"\x00more")
        assert reader.take(len(first) + 5) == first + b"\x00more"
        client.close()
    proxy.stop()
    upstream.close()


def test_half_close():
    def serve(connection):
        data = b""
        while piece := connection.recv(1000):
            data += piece
        connection.sendall(b"got %d" % len(data))

    upstream, proxy = proxied(serve)
    client = proxy.connect()
    client.sendall(b"\x00" * 5000)
    client.shutdown(socket.SHUT_WR)
    assert Reader(client).take(8) == b"got 5000"
    assert client.recv(1) == b""
    client.close()
    # Half a request's head goes through as well.
    client = proxy.connect()
    client.sendall(b"GET /half HT")
    client.shutdown(socket.SHUT_WR)
    assert Reader(client).take(6) == b"got 12"
    client.close()
    proxy.stop()
    upstream.close()


def test_server_speaks_first():
    def serve(connection):
        connection.sendall(b"220 hello\r\n")
        echo(connection)

    upstream, proxy = proxied(serve)
    client = proxy.connect()
    reader = Reader(client)
    assert reader.take(11) == b"220 hello\r\n"
    client.sendall(b"GET / HTTP/1.1\r\n\r\n")
    assert reader.take(18) == b"GET / HTTP/1.1\r\n\r\n"
    client.close()
    proxy.stop()
    upstream.close()


LARGE = 10 << 20


def check_large(proxy):
    body = os.urandom(LARGE)
    client = proxy.connect()
    # Sent and read side by side, as the answer begins while the request is still going out.
    threading.Thread(target=client.sendall, args=(request("/", "POST", body),), daemon=True).start()
    response = Reader(client).response()
    assert hashlib.sha256(response.body).digest() == hashlib.sha256(body).digest()
    client.close()


def test_large_bodies_both_ways():
    upstream, proxy = proxied(serve_http(lambda method, path, headers, body: (200, body)))
    check_large(proxy)
    console = proxy.console()
    console.set({"latency": {"mean_ms": 30}, "scope": {"direction": "both"}})
    check_large(proxy)
    console.set({"loss": {"percent": 1}, "scope": {"direction": "both"}})
    check_large(proxy)
    proxy.stop()
    upstream.close()


def test_slow_reader_stops_the_application():
    sent = [0]

    def serve(connection):
        Reader(connection).head()
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 200000000\r\n\r\n")
        try:
            while sent[0] < 200000000:
                sent[0] += connection.send(b"x" * 100000)
        except OSError:
            pass

    upstream, proxy = proxied(serve)
    client = proxy.connect()
    client.sendall(request())
    time.sleep(1)
    before = sent[0]
    time.sleep(0.3)
    assert sent[0] == before < 100000000
    client.close()
    proxy.stop()
    upstream.close()


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def test_reset_is_passed_on():
    seen = []

    def serve(connection):
        if connection.recv(100) == b"\x00you":
            reset(connection)
            return
        try:
            seen.append(connection.recv(100))
        except ConnectionResetError:
            seen.append("reset")

    upstream, proxy = proxied(serve)
    client = proxy.connect()
    client.sendall(b"\x00you")
    try:
        client.recv(1)
        raise AssertionError("no reset")
    except ConnectionResetError:
        pass
    client = proxy.connect()
    client.sendall(b"\x00me")
    time.sleep(0.1)
    reset(client)
    end = time.monotonic() + PATIENCE
    while not seen and time.monotonic() < end:
        time.sleep(0.01)
    assert seen == ["reset"], seen
    proxy.stop()
    upstream.close()


def test_upstream_down_and_back():
    upstream = Upstream(serve_http(echo_path))
    proxy = Proxy(upstream.port)
    upstream.close()
    console = proxy.console()
    console.subscribe()
    client = proxy.connect()
    client.sendall(request("/", "POST", b"x" * 100000))
    response = Reader(client).response()
    assert response.status == 502 and response.headers["x-shaketable"] == "upstream refused"
    client.close()
    client = proxy.connect()
    client.sendall(b"\x00\x01")
    try:
        client.recv(1)
        raise AssertionError("no reset")
    except ConnectionResetError:
        pass
    console.sum(lambda sums, _: sums["outcomes"]["upstream_refused"] == 2)
    port = upstream.port
    back = Upstream.__new__(Upstream)
    back.serve, back.port, back.accepted = serve_http(echo_path), port, 0
    back.listener = socket.create_server(("127.0.0.1", port))
    threading.Thread(target=back._run, daemon=True).start()
    client = proxy.connect()
    client.sendall(request("/again"))
    assert Reader(client).response().body == b"/again "
    client.close()
    back.close()
    proxy.stop()


def test_response_before_the_request_is_whole():
    def serve(connection):
        Reader(connection).head()
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass

    upstream, proxy = proxied(serve)
    client = proxy.connect()
    client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 1000)
    assert Reader(client).response().status == 413
    client.close()
    proxy.stop()
    upstream.close()


def test_who_leaves_while_the_answer_waits_is_counted():
    """The upstream is through with it, the client's patience is not ours: it has an outcome, and is no longer in
    flight."""
    for faults in (
        {"latency": {"mean_ms": 60000}},
        {"latency": {"mean_ms": 60000}, "error": {"percent": 100}},
    ):
        upstream = Upstream(serve_http(echo_path))
        proxy = Proxy(upstream.port)
        console = proxy.console()
        console.set(faults)
        console.subscribe()
        client = proxy.connect()
        client.sendall(request("/"))
        console.until(lambda frame: frame["type"] == "stats" and frame["in_flight"] == 1 and frame["held"] == 1)
        reset(client)
        sums = console.sum(lambda sums, frame: frame["in_flight"] == 0 and frame["held"] == 0)
        console.sum(lambda more, _: sums["outcomes"]["client_gone"] + more["outcomes"]["client_gone"] == 1)
        proxy.stop()
        upstream.close()


def test_pipeline_that_is_never_answered_ends_with_its_upstream():
    """More requests than are taken at once, and an upstream that says no more, at its beginning or later: nothing is
    stuck, whether or not the client goes."""
    for wait in (0, 0.2):
        for leaves in (False, True):
            over = threading.Event()

            def serve(connection):
                time.sleep(wait)
                connection.shutdown(socket.SHUT_WR)
                over.wait(PATIENCE)

            upstream = Upstream(serve)
            proxy = Proxy(upstream.port)
            console = proxy.console()
            console.subscribe()
            client = proxy.connect()
            client.sendall(request("/") * 200)
            if leaves:
                client.close()
            console.until(lambda frame: frame["type"] == "stats" and frame["connections"]["open"] == 0)
            client.close()
            over.set()
            proxy.stop()
            upstream.close()


if __name__ == "__main__":
    run(globals())
