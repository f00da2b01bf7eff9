#!/usr/bin/env -S python3 -B
"""What is measured: the control group beside the experiment, outcomes and their time, the upstream's connect
time, TCP on both sides of the hop, bytes."""
import socket
import struct
import time

from harness import Proxy, Reader, Upstream, echo_path, quantile, request, run, serve_http

# Far above what a busy machine takes for a request, far below the delay that is injected.
DELAY_MS = 300


def start(handle=echo_path, *options):
    upstream = Upstream(serve_http(handle))
    proxy = Proxy(upstream.port, *options)
    console = proxy.console()
    return upstream, proxy, console


def stop(upstream, proxy, *sockets):
    for one in sockets:
        one.close()
    proxy.stop()
    upstream.close()


def one_by_one(proxy, count, path="/"):
    """Each on a connection of its own, all at once, so that delays do not add up."""
    clients = [proxy.connect() for _ in range(count)]
    for client in clients:
        client.sendall(request(path))
    for client in clients:
        assert Reader(client).response().status in (200, 503)
    return clients


def ended(count):
    return lambda sums, frame: sum(sums["outcomes"].values()) >= count


def total(counts):
    return sum(counts.values())


def test_the_control_group_stays_fast():
    upstream, proxy, console = start()
    console.set({"latency": {"mean_ms": DELAY_MS}, "scope": {"percent": 50}, "seed": 7})
    console.subscribe()
    clients = one_by_one(proxy, 60)
    sums = console.sum(ended(60))
    control, scoped = (sums["histograms"][name] for name in ("control_round_trip", "scoped_round_trip"))
    assert total(control) + total(scoped) == 60 == total(sums["histograms"]["round_trip"])
    assert 10 < total(control) < 50, control
    assert quantile(control, 0.5) < DELAY_MS * 1000 / 2, control
    assert min(scoped) >= DELAY_MS * 1000 * 0.98, scoped
    for share in ("control", "scoped"):
        assert sums[share]["answered"] == total(sums["histograms"][share + "_round_trip"])
        # The application is as fast for both.
        assert quantile(sums["histograms"][share + "_service"], 0.5) < DELAY_MS * 1000 / 2
    assert sums["faulted"] == total(scoped) == total(sums["histograms"]["injected_got"])
    # All of a request's outcome comes after the first byte of its response.
    assert quantile(sums["histograms"]["until_answered"], 1) >= quantile(scoped, 1)
    stop(upstream, proxy, console, *clients)


def test_without_faults_there_are_no_groups():
    upstream, proxy, console = start()
    console.subscribe()
    clients = one_by_one(proxy, 5)
    sums = console.sum(ended(5))
    assert sums["control"] == sums["scoped"] == {}, sums
    assert not [name for name in sums["histograms"] if name.startswith(("control", "scoped"))]
    stop(upstream, proxy, console, *clients)


def test_who_is_let_go_by_a_clear_stays_in_its_group():
    upstream, proxy, console = start()
    console.set({"latency": {"mean_ms": 60000}})
    console.subscribe()
    client = proxy.connect()
    client.sendall(request())
    console.until(lambda frame: frame["type"] == "stats" and frame["held"] == 1)
    console.clear()
    assert Reader(client).response().status == 200
    sums = console.sum(ended(1))
    assert sums["scoped"]["answered"] == 1 and sums["control"] == {}, sums
    stop(upstream, proxy, console, client)


def test_outcomes_by_share():
    upstream, proxy, console = start()
    console.set({"error": {"percent": 100, "status": 503}, "scope": {"path": "/broken*"}})
    console.subscribe()
    clients = one_by_one(proxy, 4, "/broken/1") + one_by_one(proxy, 6, "/whole")
    sums = console.sum(ended(10))
    assert sums["scoped"]["injected_error"] == 4 and total(sums["scoped"]) == 4, sums
    assert sums["control"]["answered"] == 6 and total(sums["control"]) == 6, sums
    assert total(sums["histograms"]["until_injected_error"]) == 4
    assert total(sums["histograms"]["control_round_trip"]) == 6
    assert "scoped_round_trip" not in sums["histograms"]
    stop(upstream, proxy, console, *clients)


def test_each_outcome_has_its_time():
    """A client that leaves, an application that breaks off, one that is not there."""

    def serve(connection):
        Reader(connection).head()
        time.sleep(0.2)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    upstream = Upstream(serve)
    proxy = Proxy(upstream.port)
    console = proxy.console()
    console.subscribe()
    clients = [proxy.connect()]
    clients[0].sendall(request())
    sums = console.sum(ended(1))
    assert sums["outcomes"]["upstream_failed"] == 1, sums
    assert min(sums["histograms"]["until_upstream_failed"]) >= 198_000
    clients.append(proxy.connect())
    clients[1].sendall(request())
    time.sleep(0.05)
    clients[1].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    clients[1].close()
    sums = console.sum(ended(1))
    assert sums["outcomes"]["client_gone"] == 1, sums
    assert min(sums["histograms"]["until_client_gone"]) > 0
    upstream.close()
    clients.append(proxy.connect())
    clients[2].sendall(request())
    assert Reader(clients[2]).response().status == 502
    sums = console.sum(ended(1))
    assert sums["outcomes"]["upstream_refused"] == total(sums["histograms"]["until_upstream_refused"]) == 1, sums
    stop(upstream, proxy, console, *clients)


def test_an_opaque_stream_is_in_its_share():
    upstream = Upstream(lambda connection: connection.recv(100))
    proxy = Proxy(upstream.port)
    console = proxy.console()
    console.set({"reset": {"percent": 100}})
    console.subscribe()
    client = proxy.connect()
    client.sendall(b"\x00\x01\x02 no HTTP\n")
    sums = console.sum(ended(1))
    assert sums["outcomes"]["reset"] == sums["scoped"]["reset"] == 1, sums
    stop(upstream, proxy, console, client)


def test_connect_time_and_bytes_on_both_sides():
    upstream, proxy, console = start()
    console.subscribe()
    clients = one_by_one(proxy, 7, "/some/path")
    sums = console.sum(ended(7))
    assert total(sums["histograms"]["connect"]) == 7, sums
    # Clean: what goes in goes out.
    assert sums["in"] == sums["upstream_out"] == 7 * len(request("/some/path")), sums
    assert sums["out"] == sums["upstream_in"] > 0, sums
    stop(upstream, proxy, console, *clients)


def test_bytes_of_a_bulk_stream_are_counted_on_all_sides():
    """Much more than is read at once, so that it may go by itself."""
    there, back = 3_000_000, 5_000_000

    def serve(connection):
        left = there
        while left > 0:
            left -= len(connection.recv(65536))
        connection.sendall(b"\xff" * back)

    upstream = Upstream(serve)
    proxy = Proxy(upstream.port)
    console = proxy.console()
    console.subscribe()
    client = proxy.connect()
    client.sendall(b"\xff" * there)
    left = back
    while left > 0:
        left -= len(client.recv(65536))
    sums = console.sum(lambda sums, frame: sums["out"] >= back and sums["upstream_in"] >= back)
    assert sums["in"] == sums["upstream_out"] == there, sums
    assert sums["out"] == sums["upstream_in"] == back, sums
    stop(upstream, proxy, console, client)


def test_an_injected_error_does_not_reach_the_upstream():
    upstream, proxy, console = start()
    console.set({"error": {"percent": 100, "status": 503}})
    console.subscribe()
    clients = one_by_one(proxy, 3)
    sums = console.sum(ended(3))
    assert sums["upstream_out"] == sums["upstream_in"] == 0 and sums["in"] > 0 and sums["out"] > 0, sums
    stop(upstream, proxy, console, *clients)


def test_tcp_is_looked_at_on_both_sides():
    """More connections than are looked at in one go, so that it must go round."""
    upstream, proxy, console = start()
    clients = one_by_one(proxy, 40)
    console.subscribe()
    sums = console.sum(
        lambda sums, frame: total(sums["histograms"].get("client_rtt", {})) >= 80
        and total(sums["histograms"].get("upstream_rtt", {})) >= 80
    )
    # On loopback: above nothing, below a second.
    for side in ("client_rtt", "upstream_rtt"):
        assert 0 < quantile(sums["histograms"][side], 0.5) < 1e6, sums
    for client in clients:
        client.close()
    # Looking at connections that go away meanwhile harms nothing.
    clients = one_by_one(proxy, 40)
    console.sum(lambda sums, frame: frame["connections"]["open"] == 40)
    stop(upstream, proxy, console, *clients)


def test_health_checks_are_in_no_share():
    upstream, proxy, console = start()
    console.set({"latency": {"mean_ms": 1}, "scope": {"percent": 50}})
    console.subscribe()
    client = proxy.connect()
    client.sendall(request(headers="User-Agent: ELB-HealthChecker/2.0\r\n"))
    assert Reader(client).response().status == 200
    sums = console.sum(lambda sums, frame: sums["out"] > 0)
    assert sums["control"] == sums["scoped"] == {} and total(sums["outcomes"]) == 0, sums
    assert set(sums["histograms"]) <= {"connect", "client_rtt", "upstream_rtt"}, sums
    stop(upstream, proxy, console, client)


run(globals())
