#!/usr/bin/env -S python3 -B
"""GET /metrics, read by Prometheus's own parsers; and what else may come to that address."""
import os
import random
import socket
import sys
import time

from harness import PATIENCE, Proxy, Reader, Upstream, echo_path, request, run, serve_http

# Debian's packages are not on the path of a Python from elsewhere; this one is nothing but Python.
sys.path.append("/usr/lib/python3/dist-packages")
try:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open
    from prometheus_client.parser import text_string_to_metric_families as parse_plain
except ImportError:
    print("skipped: prometheus_client is missing (Debian: python3-prometheus-client)")
    sys.exit(77)

OPEN = "Accept: application/openmetrics-text;version=1.0.0;q=0.7,text/plain;version=0.0.4;q=0.3\r\n"
SHARES = ("clean", "control", "scoped")


def start(*options, handle=echo_path):
    upstream = Upstream(serve_http(handle))
    return upstream, Proxy(upstream.port, "--metrics", "127.0.0.1:0", *options)


def stop(upstream, proxy, *sockets):
    for one in sockets:
        one.close()
    proxy.stop()
    upstream.close()


def dial(proxy):
    return socket.create_connection(("127.0.0.1", proxy.metrics_port), timeout=PATIENCE)


def scrape(proxy, headers=OPEN, path="/metrics"):
    with dial(proxy) as client:
        client.sendall(request(path, headers=headers))
        return Reader(client).response()


def samples_of(response):
    is_open = response.headers["content-type"].startswith("application/openmetrics-text")
    text = response.body.decode()
    assert is_open == text.endswith("# EOF\n")
    families = list((parse_open if is_open else parse_plain)(text))
    found = {}
    for family in families:
        for one in family.samples:
            key = (one.name, tuple(sorted(one.labels.items())))
            assert key not in found, key
            found[key] = one.value
    return found


def value(found, name, **labels):
    return found[("shaketable_" + name, tuple(sorted(labels.items())))]


def buckets(found, name, **labels):
    """[(limit in seconds, cumulative count)]"""
    found_limits = []
    for (one, its), count in found.items():
        if one == f"shaketable_{name}_bucket" and labels.items() <= dict(its).items():
            found_limits.append((float(dict(its)["le"]), count))
    return sorted(found_limits)


def load(proxy, count):
    client = proxy.connect()
    reader = Reader(client)
    for _ in range(count):
        client.sendall(request())
        reader.response()
    client.close()


def test_both_formats_have_the_same_values():
    upstream, proxy = start()
    load(proxy, 20)
    both = [samples_of(scrape(proxy, headers)) for headers in (OPEN, "Accept: text/plain\r\n", "")]
    # TCP is looked at between them, and connections end.
    moving = ("tcp_", "connections_open")
    still = [
        {key: one for key, one in found.items() if not key[0].startswith(tuple("shaketable_" + name for name in moving))}
        for found in both
    ]
    assert still[0] == still[1] == still[2]
    assert value(both[0], "build_info", version=proxy_version()) == 1
    assert value(both[0], "requests_total", outcome="answered", share="clean") == 20
    stop(upstream, proxy)


def proxy_version():
    import subprocess

    from harness import PROXY

    return subprocess.run([PROXY, "--version"], check=True, capture_output=True, text=True).stdout.split()[1]


def test_they_are_the_sums_of_the_stats_frames():
    upstream, proxy = start("--threads", "2")
    console = proxy.console()
    first = console.subscribe()
    assert first["requests"] == 0
    console.set({"latency": {"mean_ms": 30}, "error": {"percent": 20}, "scope": {"percent": 50}, "seed": 3})
    for _ in range(4):
        load(proxy, 15)
    sums = console.sum(lambda sums, frame: sum(sums["outcomes"].values()) >= 60 and not frame["connections"]["open"])
    found = samples_of(scrape(proxy))
    for outcome, count in sums["outcomes"].items():
        control, scoped = (sums[share].get(outcome, 0) for share in ("control", "scoped"))
        expected = {"clean": count - control - scoped, "control": control, "scoped": scoped}
        for share in SHARES:
            assert value(found, "requests_total", outcome=outcome, share=share) == expected[share], (outcome, share)
    assert value(found, "requests_started_total") == sums["requests"] == 60
    assert value(found, "requests_faulted_total") == sums["faulted"] > 0
    assert value(found, "connections_accepted_total") == sums["accepted"] == 4
    for side, there in (("client", ("in", "out")), ("upstream", ("upstream_in", "upstream_out"))):
        for direction, key in zip(("in", "out"), there):
            assert value(found, "transferred_bytes_total", side=side, direction=direction) == sums[key] > 0
    checked = 0
    for name, labels, key in (
        ("round_trip_seconds", {"share": "control"}, "control_round_trip"),
        ("round_trip_seconds", {"share": "scoped"}, "scoped_round_trip"),
        ("service_seconds", {"share": "scoped"}, "scoped_service"),
        ("injected_got_seconds", {}, "injected_got"),
        ("connect_seconds", {}, "connect"),
        ("outcome_seconds", {"outcome": "answered"}, "until_answered"),
        ("outcome_seconds", {"outcome": "injected_error"}, "until_injected_error"),
    ):
        counts = sums["histograms"][key]
        for limit, count in buckets(found, name, **labels):
            # Exact at every limit: those are ends of the histogram's own buckets.
            assert count == sum(n for us, n in counts.items() if us <= limit * 1e6 + 0.5), (name, limit)
            checked += count > 0
        assert value(found, name + "_count", **labels) == sum(counts.values())
        mean = value(found, name + "_sum", **labels) / sum(counts.values())
        assert min(counts) / 1e6 <= mean <= max(counts) / 1e6 * 1.01
    assert checked > 20
    limits = [limit for limit, _ in buckets(found, "connect_seconds")]
    assert len(limits) == 20 and limits[0] == 0.0001 and limits[-2] == 60 and limits[-1] == float("inf"), limits
    stop(upstream, proxy, console)


def test_they_are_there_without_a_stats_socket_and_count_from_the_start():
    upstream = Upstream(serve_http(echo_path))
    proxy = Proxy(upstream.port, "--metrics", "127.0.0.1:0", stats=False)
    load(proxy, 3)
    assert value(samples_of(scrape(proxy)), "requests_started_total") == 3
    load(proxy, 4)
    assert value(samples_of(scrape(proxy)), "requests_started_total") == 7
    stop(upstream, proxy)


def test_faults_in_force_are_gauges():
    upstream, proxy = start()
    found = samples_of(scrape(proxy))
    assert value(found, "faults_in_force") == value(found, "lease_seconds") == 0
    console = proxy.console()
    console.set({"latency": {"mean_ms": 0.25, "jitter_ms": 0.1}, "loss": {"percent": 2}, "scope": {"percent": 40}})
    found = samples_of(scrape(proxy))
    assert value(found, "faults_in_force") == 1 and 0 < value(found, "lease_seconds") <= 60
    assert value(found, "fault_latency_seconds") == 0.00025
    assert value(found, "fault_jitter_seconds") == 0.0001
    assert value(found, "fault_loss_ratio") == 0.02 and value(found, "fault_scope_ratio") == 0.4
    console.clear()
    assert value(samples_of(scrape(proxy)), "faults_in_force") == 0
    stop(upstream, proxy, console)


def test_what_waits_is_seen():
    upstream, proxy = start("--latency", "60s")
    client = proxy.connect()
    client.sendall(request())
    end = time.monotonic() + PATIENCE
    while value(samples_of(scrape(proxy)), "messages_held") != 1:
        assert time.monotonic() < end
    found = samples_of(scrape(proxy))
    assert value(found, "requests_in_flight") == value(found, "connections_open") == 1
    stop(upstream, proxy, client)


def test_connections_are_kept_and_heads_have_no_body():
    upstream, proxy = start()
    client = dial(proxy)
    reader = Reader(client)
    for method, path, status in (
        ("GET", "/metrics", 200),
        ("HEAD", "/metrics", 200),
        ("GET", "/metrics?x=1", 200),
        ("GET", "/", 404),
        ("GET", "/metrics/", 404),
        ("DELETE", "/metrics", 405),
        ("GET", "/" + "m" * 3000, 404),
        ("GET", "/metrics", 200),
    ):
        client.sendall(request(path, method, headers=OPEN))
        response = reader.response(head=method == "HEAD")
        assert response.status == status, (method, path, response.status)
        assert "connection" not in response.headers
        assert int(response.headers["content-length"]) > 0
        assert status != 405 or response.headers["allow"] == "GET, HEAD"
    stop(upstream, proxy, client)


def test_what_cannot_be_kept_is_closed_after_the_answer():
    upstream, proxy = start()
    for data, status in (
        (request("/metrics", headers="Connection: close\r\n"), 200),
        (b"GET /metrics HTTP/1.0\r\n\r\n", 200),
        (request("/metrics", "POST", b"body"), 405),
        (request("/metrics", headers="Transfer-Encoding: chunked\r\n") + b"zzz", 200),
        (request("/metrics") + request("/metrics"), 200),
        (b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (b"\x16\x03\x01 hello\r\n\r\n", 400),
        (b"GET /metrics HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 100_000, 431),
    ):
        with dial(proxy) as client:
            try:
                client.sendall(data)
            except ConnectionError:
                pass
            reader = Reader(client)
            response = reader.response()
            assert response.status == status, (data[:60], response.status)
            assert response.headers["connection"] == "close", data[:60]
            try:
                reader.more()
                raise AssertionError(f"more came after the answer to {data[:60]!r}")
            except (EOFError, ConnectionError):
                pass
    stop(upstream, proxy)


def test_garbage_and_many_clients_change_nothing():
    upstream, proxy = start()
    dice = random.Random(1)
    idle = []
    for turn in range(300):
        client = dial(proxy)
        kind = turn % 3
        if kind == 0:
            client.sendall(bytes(dice.randrange(256) for _ in range(dice.randrange(1, 2000))))
        elif kind == 1:
            client.sendall(request("/metrics", headers=OPEN)[: dice.randrange(1, 40)])
        idle.append(client)
        if turn % 50 == 49:
            # However many there are that say nothing, who asks is answered.
            assert scrape(proxy).status == 200
    client = proxy.connect()
    client.sendall(request())
    assert Reader(client).response().status == 200
    descriptors = os.listdir(f"/proc/{proxy.process.pid}/fd")
    assert len(descriptors) < 40, len(descriptors)
    stop(upstream, proxy, client, *idle)


def test_one_that_is_slow_is_left():
    """It has five seconds for a request; a byte now and then does not make them longer."""
    upstream, proxy = start()
    began = time.monotonic()
    with dial(proxy) as client:
        client.settimeout(0.5)
        ended = False
        for byte in request("/metrics") * 10:
            try:
                client.sendall(bytes([byte]))
                ended = client.recv(1) == b""
            except TimeoutError:
                continue
            except ConnectionError:
                ended = True
            break
    assert ended and time.monotonic() - began >= 4.9
    stop(upstream, proxy)


def test_an_address_that_is_none():
    for address in ("nowhere:1", "127.0.0.1", "127.0.0.1:99999"):
        try:
            Proxy(1, "--metrics", address)
        except AssertionError as error:
            assert "--metrics" in str(error), error
        else:
            raise AssertionError(f"{address} was taken")


run(globals())
