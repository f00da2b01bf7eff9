#!/usr/bin/env -S python3 -B
"""What faults do to connections and to the flow of bytes: resets, blackholes, bandwidth, slices, limits, slow ends."""
import hashlib
import threading

from harness import *

GENEROUS = 8.0


def echo(connection):
    while data := connection.recv(65536):
        connection.sendall(data)


def start(*options, serve=serve_http(echo_path)):
    upstream = Upstream(serve)
    proxy = Proxy(upstream.port, *options)
    return upstream, proxy, proxy.console()


def stop(upstream, proxy, *sockets):
    for one in sockets:
        one.close()
    proxy.stop()
    upstream.close()


def read_until_reset(client):
    """What came before the RST."""
    data = b""
    try:
        while piece := client.recv(65536):
            data += piece
    except ConnectionResetError:
        return data
    raise AssertionError(f"ended without a reset after {len(data)} bytes")


def test_reset_at_accept():
    upstream, proxy, console = start()
    old = proxy.connect()
    old.sendall(request())
    assert Reader(old).response().status == 200
    console.set({"reset": {"percent": 100, "at": "accept"}})
    console.subscribe()
    for _ in range(5):
        try:
            client = proxy.connect()
            assert read_until_reset(client) == b""
            client.close()
        except ConnectionResetError:
            pass
    console.sum(lambda sums, _: sums["outcomes"].get("reset") == 5)
    assert upstream.accepted == 1
    old.sendall(request("/old"))
    assert Reader(old).response().body == b"/old "
    # A path is not known then.
    console.set({"reset": {"percent": 100, "at": "accept"}, "scope": {"path": "/"}})
    client = proxy.connect()
    client.sendall(request())
    assert Reader(client).response().status == 200
    stop(upstream, proxy, old, client)


def test_reset_at_request_reaches_the_application_too():
    seen = threading.Event()

    def serve(connection):
        try:
            assert connection.recv(65536) and not connection.recv(1)
        except ConnectionResetError:
            seen.set()

    upstream, proxy, console = start(serve=serve)
    client = proxy.connect()
    client.sendall(request("/first"))
    time.sleep(0.2)
    console.set({"reset": {"percent": 100, "at": "request"}})
    client.sendall(request("/second"))
    assert read_until_reset(client) == b""
    assert seen.wait(PATIENCE)
    stop(upstream, proxy, client)


def test_reset_within_the_response():
    body = bytes(range(256)) * 400

    def handle(method, path, headers, _):
        return (204, b"") if path == "/empty" else (200, body if path == "/large" else b"0123456789")

    upstream, proxy, console = start(serve=serve_http(handle))
    for latency in (0, 30):
        console.set({"reset": {"percent": 100, "at": "response"}, "latency": {"mean_ms": latency}})
        counter = proxy.console()
        counter.subscribe()
        for path, whole in (("/large", body), ("/small", b"0123456789")):
            client = proxy.connect()
            client.sendall(request(path))
            head, part = read_until_reset(client).split(b"\r\n\r\n", 1)
            assert head.startswith(b"HTTP/1.1 200 ") and b"Content-Length: %d" % len(whole) in head
            assert 0 < len(part) < len(whole) and whole.startswith(part), len(part)
            client.close()
        client = proxy.connect()
        client.sendall(request("/empty"))
        data = read_until_reset(client)
        assert data and b"\r\n\r\n" not in data
        client.close()
        counter.sum(lambda sums, frame: sums["outcomes"].get("reset") == 3 and frame["in_flight"] == 0)
    stop(upstream, proxy)


def test_reset_within_the_response_resets_the_application():
    seen = threading.Event()

    def serve(connection):
        reader = Reader(connection)
        reader.head()
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        time.sleep(0.1)
        try:
            while True:
                connection.sendall(b"x" * 65536)
        except (ConnectionResetError, BrokenPipeError):
            seen.set()

    upstream, proxy, console = start("--reset", "100", "--reset-at", "response", serve=serve)
    client = proxy.connect()
    client.sendall(request())
    assert b"\r\n\r\nx" in read_until_reset(client)
    assert seen.wait(PATIENCE)
    stop(upstream, proxy, client)


def test_what_comes_before_a_response_is_no_part_of_it():
    def serve(connection):
        Reader(connection).head()
        for part in (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", b"body"):
            connection.sendall(part)
            time.sleep(0.05)

    upstream, proxy, console = start("--reset", "100", "--reset-at", "response", serve=serve)
    client = proxy.connect()
    client.sendall(request())
    data = read_until_reset(client)
    assert data.startswith(b"HTTP/1.1 103 ") and data.endswith(b"Content-Length: 4\r\n\r\nbo"), data
    stop(upstream, proxy, client)


def test_a_reset_that_is_cleared_in_time_cuts_nothing():
    upstream, proxy, console = start()
    client = proxy.connect()
    reader = Reader(client)
    console.set({"reset": {"percent": 100, "at": "response"}, "limit": {"bytes": 20}, "latency": {"mean_ms": 30000}})
    client.sendall(request("/", "POST", b"x" * 30000))
    console.subscribe()
    console.until(lambda one: one["type"] == "stats" and one["held"] == 1)
    time.sleep(0.1)
    console.clear()
    assert reader.response().body == b"/ " + b"x" * 30000
    client.sendall(request("/next"))
    assert reader.response().body == b"/next "
    stop(upstream, proxy, client)


def test_resets_of_opaque_streams():
    for at in ("request", "response"):
        upstream, proxy, console = start("--reset", "100", "--reset-at", at, serve=echo)
        client = proxy.connect()
        client.sendall(b"\x00" * 1000)
        data = read_until_reset(client)
        assert data == (b"" if at == "request" else b"\x00" * 500)
        stop(upstream, proxy, client)


def test_blackhole_per_connection():
    upstream, proxy, console = start()
    console.set({"blackhole": {"percent": 50, "per": "connection"}, "seed": 11})
    answered = []
    clients = [proxy.connect() for _ in range(20)]
    readers = [Reader(client) for client in clients]
    for client, reader in zip(clients, readers):
        client.sendall(request("/a"))
        client.settimeout(0.3)
        try:
            answered.append(reader.response().body == b"/a ")
        except TimeoutError:
            answered.append(False)
    good = sum(answered)
    assert 2 <= good <= 18, answered
    # Those that are answered always are, the others never.
    for answer, client, reader in zip(answered, clients, readers):
        for _ in range(6 if answer else 0):
            client.settimeout(PATIENCE)
            client.sendall(request("/b"))
            assert reader.response().body == b"/b "
    console.clear()
    for answer, client, reader in zip(answered, clients, readers):
        client.settimeout(PATIENCE)
        assert answer or reader.response().body == b"/a "
    stop(upstream, proxy, *clients)


def download(proxy, path, count):
    """The bodies, and how long all of them took."""
    bodies = [None] * count

    def one(index):
        client = proxy.connect()
        client.sendall(request(path))
        try:
            bodies[index] = Reader(client).response().body, time.monotonic()
        except OSError as problem:
            bodies[index] = repr(problem).encode(), time.monotonic()
        client.close()

    threads = [threading.Thread(target=one, args=(i,)) for i in range(count)]
    begin = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return [body for body, _ in bodies], [end - begin for _, end in bodies]


def test_bandwidth_of_the_whole_proxy():
    def handle(method, path, headers, body):
        return 200, b"x" * 100_000

    for threads in ("1", "3"):
        upstream, proxy, console = start("--threads", threads, serve=serve_http(handle))
        console.set({"bandwidth": {"total_bytes_per_s": 1_000_000}})
        bodies, times = download(proxy, "/", 6)
        assert all(len(body) == 100_000 for body in bodies)
        # 600 kB at 1 MB/s, of which the first 20 ms may be saved up.
        assert 0.57 <= max(times) < GENEROUS, times
        # In turn: nobody is through before the others have had most of theirs.
        assert min(times) > 0.35 * max(times), times
        stop(upstream, proxy)


def test_bandwidth_of_the_whole_proxy_while_other_faders_move():
    upstream, proxy, console = start(serve=serve_http(lambda *_: (200, b"x" * 50_000)))
    faults = {"bandwidth": {"total_bytes_per_s": 1_000_000}}
    console.set(faults)
    ended = threading.Event()

    def move():
        i = 0
        while not ended.wait(0.02):
            i += 1
            console.set(dict(faults, latency={"mean_ms": i % 3}))

    mover = threading.Thread(target=move)
    mover.start()
    bodies, times = download(proxy, "/", 20)
    ended.set()
    mover.join()
    assert all(len(body) == 50_000 for body in bodies)
    assert 0.95 <= max(times) < GENEROUS, times
    stop(upstream, proxy)


def test_bandwidth_of_one_connection_within_the_whole():
    upstream, proxy, console = start(serve=serve_http(lambda *_: (200, b"x" * 40_000)))
    console.set({"bandwidth": {"bytes_per_s": 100_000, "total_bytes_per_s": 10_000_000}})
    _, times = download(proxy, "/", 3)
    assert 0.37 <= min(times) and max(times) < GENEROUS, times
    console.set({"bandwidth": {"bytes_per_s": 10_000_000, "total_bytes_per_s": 200_000}})
    _, times = download(proxy, "/", 3)
    assert 0.57 <= max(times) < GENEROUS, times
    stop(upstream, proxy)


def test_a_bandwidth_that_is_lifted_hangs_nothing():
    upstream, proxy, console = start(serve=serve_http(lambda *_: (200, b"x" * 300_000)))
    for slow in ({"total_bytes_per_s": 100}, {"bytes_per_s": 100}, {"bytes_per_s": 100, "total_bytes_per_s": 100}):
        for fast in ({}, {"total_bytes_per_s": 100_000_000}, {"bytes_per_s": 100_000_000}):
            console.set({"bandwidth": slow})
            clients = [proxy.connect() for _ in range(20)]
            for client in clients:
                client.sendall(request())
            time.sleep(0.1)
            console.set({"bandwidth": fast})
            for client in clients:
                assert len(Reader(client).response().body) == 300_000
                client.close()
    stop(upstream, proxy)


def test_slow_close():
    def once(connection):
        Reader(connection).head()
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nbody")

    upstream, proxy, console = start("--slow-close", "300ms", serve=once)
    client = proxy.connect()
    begin = time.monotonic()
    client.sendall(request())
    Reader(client).take_through(b"body")
    assert client.recv(1) == b"" and 0.3 <= time.monotonic() - begin < GENEROUS
    client.close()
    # Clearing it passes on what waits.
    console.set({"slow_close": {"delay_ms": 60000}})
    client = proxy.connect()
    client.sendall(request())
    reader = Reader(client)
    reader.take_through(b"body")
    time.sleep(0.2)
    console.clear()
    assert client.recv(1) == b""
    stop(upstream, proxy, client)


def test_slow_close_is_not_for_health_checks():
    def once(connection):
        Reader(connection).head()
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nbody")

    upstream, proxy, console = start("--slow-close", "60s", serve=once)
    client = proxy.connect()
    client.sendall(request(headers="User-Agent: ELB-HealthChecker/2.0\r\n"))
    assert Reader(client).take_through(b"body") and client.recv(1) == b""
    stop(upstream, proxy, client)


def test_slow_close_of_a_client():
    def serve(connection):
        while connection.recv(65536):
            pass
        connection.sendall(b"bye")

    upstream, proxy, console = start("--slow-close", "250ms", serve=serve)
    client = proxy.connect()
    client.sendall(b"\x00last")
    begin = time.monotonic()
    client.shutdown(socket.SHUT_WR)
    assert Reader(client).take(3) == b"bye"
    assert 0.25 <= time.monotonic() - begin < GENEROUS
    # And the application's end in turn.
    assert client.recv(1) == b"" and 0.5 <= time.monotonic() - begin < GENEROUS
    stop(upstream, proxy, client)


def test_slices():
    upstream, proxy, console = start()
    client = proxy.connect()
    reader = Reader(client)
    body = hashlib.sha256(b"x").digest() * 20
    console.set({"slice": {"bytes": 64, "delay_ms": 10}})
    begin = time.monotonic()
    client.sendall(request("/", "POST", body))
    pieces, data = 0, b""
    while not data.endswith(body):
        piece = client.recv(65536)
        assert piece
        pieces += 1
        data += piece
    took = time.monotonic() - begin
    # About 680 bytes and a head: at most 96 a piece, 10 ms apart.
    least = (len(data) - 1) // 96
    assert least * 0.01 <= took < GENEROUS and data.count(body) == 1, took
    assert pieces >= 2 and pieces <= len(data) // 32 + 1, pieces
    # Without delay they are only small; and both ways.
    console.set({"slice": {"bytes": 3}, "scope": {"direction": "both"}})
    for i in range(20):
        client.sendall(request(f"/{i}", "POST", body * 10))
        assert reader.response().body == b"/%d " % i + body * 10
    stop(upstream, proxy, client)


def test_slices_go_on_whole_when_cleared():
    upstream, proxy, console = start()
    client = proxy.connect()
    console.set({"slice": {"bytes": 10, "delay_ms": 60000}})
    client.sendall(request("/", "POST", b"0123456789" * 5000))
    time.sleep(0.2)
    console.clear()
    assert Reader(client).response().body == b"/ " + b"0123456789" * 5000
    stop(upstream, proxy, client)


def test_limit_ends_a_connection():
    upstream, proxy, console = start()
    old = proxy.connect()
    old.sendall(request("/", "POST", b"x" * 5000))
    assert len(Reader(old).response().body) == 5002
    console.set({"limit": {"bytes": 3000}})
    console.subscribe()
    # What passed before the limit was set does not count; each connection has its own.
    for client, bodies in ((old, (1000, 1000, 100000)), (proxy.connect(), (10000,))):
        got = b""
        client.sendall(b"".join(request("/", "POST", b"y" * length) for length in bodies))
        while piece := client.recv(65536):
            got += piece
        assert len(got) == 3000 and got.count(b"HTTP/1.1 200") == len(bodies), len(got)
        client.close()
    sums = console.sum(lambda sums, frame: sums["outcomes"].get("reset") == 2 and frame["in_flight"] == 0)
    assert sums["outcomes"]["answered"] == 2
    # Clearing it leaves no trace.
    console.set({"limit": {"bytes": 100000}})
    client = proxy.connect()
    reader = Reader(client)
    for i in range(30):
        if i == 5:
            console.clear()
        client.sendall(request("/", "POST", b"z" * 15000))
        assert len(reader.response().body) == 15002
    stop(upstream, proxy, client)


def test_limit_of_an_opaque_stream():
    upstream, proxy, console = start("--limit", "2500B", serve=echo)
    client = proxy.connect()
    for _ in range(5):
        client.sendall(b"\x01" * 1000)
        time.sleep(0.02)
    got = b""
    while piece := client.recv(65536):
        got += piece
    assert len(got) == 2500
    stop(upstream, proxy, client)


def test_several_at_once():
    upstream, proxy, console = start()
    console.set(
        {
            "latency": {"mean_ms": 40},
            "error": {"percent": 50, "status": 503, "headers": ["Retry-After: 1"]},
            "slice": {"bytes": 100, "delay_ms": 1},
            "bandwidth": {"bytes_per_s": 200_000, "total_bytes_per_s": 400_000},
            "loss": {"percent": 1},
            "scope": {"direction": "both"},
            "seed": 3,
        }
    )
    client = proxy.connect()
    reader = Reader(client)
    statuses = []
    for i in range(30):
        begin = time.monotonic()
        client.sendall(request(f"/{i}", "POST", b"q" * 900))
        response = reader.response()
        assert 0.04 <= time.monotonic() - begin < GENEROUS
        assert response.status == 503 or response.body == b"/%d " % i + b"q" * 900
        statuses.append(response.status)
    assert {200, 503} == set(statuses)
    stop(upstream, proxy, client)


if __name__ == "__main__":
    run(globals())
