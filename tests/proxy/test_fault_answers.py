#!/usr/bin/env -S python3 -B
"""Injected answers, and which requests they are for."""
import struct

from harness import *


def ask(client, reader, *arguments, **more):
    client.sendall(request(*arguments, **more))
    return reader.response()


def test_headers_and_body_are_those_asked_for():
    upstream, proxy, console, client, reader = start()
    headers = ["Retry-After: 5", "Content-Type: application/json", "X-Empty:", "Set-Cookie: a", "Set-Cookie: b"]
    console.set({"error": {"percent": 100, "status": 429, "body": '{"é":1}', "headers": headers}})
    client.sendall(request())
    head = reader.take_through(b"\r\n\r\n").decode()
    lines = head.split("\r\n")
    assert lines[0] == "HTTP/1.1 429 Too Many Requests", lines
    for header in headers:
        assert header in lines, (header, lines)
    assert sum(line.lower().startswith("content-type:") for line in lines) == 1
    assert "x-shaketable-injected: error" in lines
    assert "Content-Length: 8" in lines and reader.take(8) == '{"é":1}'.encode()
    assert ask(client, reader).status == 429
    stop(upstream, proxy, client)


def test_headers_on_the_command_line():
    upstream, proxy, console, client, reader = start(
        "--error", "503", "--error-body", "later", "--error-header", "X-One: 1", "--retry-after", "90s"
    )
    response = ask(client, reader)
    assert (response.status, response.body) == (503, b"later")
    assert response.headers["x-one"] == "1" and response.headers["retry-after"] == "90"
    stop(upstream, proxy, client)


def test_what_would_break_the_answer_is_refused():
    upstream, proxy, console, client, reader = start()
    for header in ("X: a\r\nY: b", "X: a\nb", "X", "Content-Length: 3", "Connection: close", "X\u0000: 1", ": x"):
        answer = console.ask(op="set", faults={"error": {"percent": 100, "headers": [header]}}, lease_ms=1000)
        assert answer["type"] == "error" and "error.headers" in answer["message"], answer
    assert ask(client, reader).status == 200
    stop(upstream, proxy, client)


def test_a_request_body_is_swallowed_whatever_its_form():
    upstream, proxy, console, client, reader = start()
    console.set({"error": {"percent": 100, "status": 500}, "scope": {"path": "/bad*"}})
    chunked = b"Transfer-Encoding: chunked\r\n"
    # In pieces, with trailers, and with bodies that look like requests.
    client.sendall(b"POST /bad HTTP/1.1\r\nHost: x\r\n" + chunked + b"\r\n26\r\nGET /bad2 HTTP/1.1\r\n")
    client.sendall(b"Host: x\r\n\r\n1234567\r\n")
    client.sendall(b"0\r\nTrailer: x\r\n\r\n")
    assert reader.response().status == 500
    assert ask(client, reader, "/good").status == 200
    inner = request("/good2") * 3000
    client.sendall(request("/bad", "POST", inner) + request("/good", "POST", inner) + request("/bad"))
    assert [reader.response().status for _ in range(3)] == [500, 200, 500]
    # Its answer waits for its turn behind one that is slow to send its own body.
    client.sendall(b"POST /good HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n")
    client.sendall(b"abc" + request("/bad") + request("/good"))
    assert [reader.response().status for _ in range(3)] == [200, 500, 200]
    stop(upstream, proxy, client)
    assert upstream.accepted == 1


def test_expect_behind_a_pipelined_request():
    upstream, proxy, console, client, reader = start()
    console.set({"error": {"percent": 100, "status": 500}, "scope": {"path": "/bad"}})
    client.sendall(request("/good") + b"PUT /bad HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
    assert [reader.response().status for _ in range(2)] == [200, 100]
    client.sendall(b"body" + request("/good"))
    assert [reader.response().status for _ in range(2)] == [500, 200]
    # One that does not wait is told as well, and nothing else changes.
    client.sendall(b"PUT /bad HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nbo")
    assert reader.response().status == 100
    client.sendall(b"dy")
    assert reader.response().status == 500
    # HTTP/1.0 knows no 100.
    client.sendall(b"PUT /bad HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
    client.sendall(b"body")
    assert reader.response().status == 500 and client.recv(1) == b""
    stop(upstream, proxy, client)


def test_chosen_by_header():
    upstream, proxy, console, client, reader = start()
    error = {"percent": 100, "status": 500}

    def status(headers):
        return ask(client, reader, headers=headers).status

    console.set({"error": error, "scope": {"header": "X-Canary: 1*"}})
    assert status("") == 200 and status("X-Canary: 0\r\n") == 200 and status("X-Canaries: 1\r\n") == 200
    assert status("x-CANARY:12  \r\n") == 500
    assert status("X-Canary: 0\r\nX-Canary: 1\r\n") == 500
    console.set({"error": error, "scope": {"header": "X-Canary"}})
    assert status("X-Canary: anything\r\n") == 500 and status("X-Other: X-Canary: 1\r\n") == 200
    # A head in pieces.
    for piece in (request(headers="X-Canary: 1\r\n")[i : i + 7] for i in range(0, 60, 7)):
        client.sendall(piece)
        time.sleep(0.002)
    assert reader.response().status == 500
    # A body is no head.
    assert ask(client, reader, "/", "POST", b"\r\nX-Canary: 1\r\n").status == 200
    stop(upstream, proxy, client)


def test_chosen_by_source():
    upstream, proxy, console, client, reader = start()
    error = {"percent": 100, "status": 500}
    for source, wanted in (("127.0.0.0/8", 500), ("10.0.0.0/8", 200), ("127.0.0.1", 500), ("127.0.0.2", 200), ("::1", 200)):
        console.set({"error": error, "scope": {"source": source}})
        assert ask(client, reader).status == wanted, source
    console.set({"error": error, "scope": {"source": "127.0.0.2"}})
    other = socket.create_connection(("127.0.0.1", proxy.port), PATIENCE, ("127.0.0.2", 0))
    assert ask(other, Reader(other)).status == 500 and ask(client, reader).status == 200
    stop(upstream, proxy, client, other)


def test_nothing_at_no_percent():
    upstream, proxy, console, client, reader = start()
    console.set(
        {
            "error": {"percent": 100},
            "latency": {"mean_ms": 60000},
            "bandwidth": {"bytes_per_s": 100, "total_bytes_per_s": 100},
            "slice": {"bytes": 1, "delay_ms": 60000},
            "limit": {"bytes": 1},
            "slow_close": {"delay_ms": 60000},
            "reset": {"percent": 100, "at": "accept"},
            "scope": {"percent": 0},
        }
    )
    other = proxy.connect()
    assert ask(other, Reader(other), "/", "POST", b"x" * 5000).body == b"/ " + b"x" * 5000
    assert ask(client, reader).status == 200
    stop(upstream, proxy, client, other)


def test_one_roll_a_request():
    """What is rolled for a request stays: of those that are delayed by a share, that share gets the error."""
    upstream, proxy, console, client, reader = start()
    console.set({"error": {"percent": 50}, "scope": {"percent": 50}, "seed": 5})
    console.subscribe()
    bad = sum(ask(client, reader, "/", "POST", b"x" * 70000).status == 503 for _ in range(300))
    assert 42 <= bad <= 112, bad
    sums = console.sum(lambda sums, _: sums["outcomes"].get("injected_error", 0) == bad)
    assert sums["requests"] == 300 and sums["faulted"] == bad
    stop(upstream, proxy, client)


def test_a_response_that_nobody_takes_is_counted():
    upstream, proxy, console, client, reader = start()
    console.subscribe()
    console.set({"latency": {"mean_ms": 30000}})
    client.sendall(request())
    quiet = proxy.console()
    quiet.subscribe()
    quiet.until(lambda one: one["type"] == "stats" and one["held"] == 1)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    sums = console.sum(lambda sums, frame: sums["outcomes"].get("client_gone") == 1 and frame["in_flight"] == 0)
    assert sums["requests"] == 1
    stop(upstream, proxy, quiet)


if __name__ == "__main__":
    run(globals())
