#!/usr/bin/env -S python3 -B
"""What faults do to single streams of HTTP/2. Delays are asserted from below exactly, from above generously."""
from h2peer import *
from harness import *

GENEROUS = 3.0
NO_ERROR, INTERNAL_ERROR, CANCEL = 0, 2, 8
GRPC = [("content-type", "application/grpc"), ("te", "trailers")]


class Setup:
    def __init__(self, handle=echo, *options, **server):
        self.servers = []
        self.upstream = Upstream(serve_h2(handle, self.servers, **server))
        self.proxy = Proxy(self.upstream.port, *options)
        self.socket = self.proxy.connect()
        self.client = Client(self.socket)
        self.console = self.proxy.console()
        self.watch = self.proxy.console()
        self.watch.subscribe()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.socket.close()
        if kind:
            self.proxy.kill()
        else:
            self.proxy.stop()
        self.upstream.close()

    @property
    def server(self):
        return self.servers[0]

    def timed(self, *arguments, **named):
        start = time.monotonic()
        call = self.client.call(*arguments, **named)
        return time.monotonic() - start, call

    def outcomes(self, requests):
        sums = self.watch.sum(lambda sums, frame: sums["requests"] == requests and sum(sums["outcomes"].values()) >= requests)
        return {name: count for name, count in sums["outcomes"].items() if count}


def test_latency_adds_to_every_stream():
    def slow(server, stream, headers, body):
        time.sleep(0.03)
        server.answer(stream, b"ok", trailers=[("a", "b")])

    for direction in ("request", "response", "both"):
        with Setup(slow) as setup:
            setup.console.set({"latency": {"mean_ms": 60}, "scope": {"direction": direction}})
            for more in ({}, {"body": b"x" * 100_000, "method": "POST"}):
                took, call = setup.timed("/", **more)
                assert call.body == b"ok" and call.trailer("a") == "b"
                assert 0.09 <= took < GENEROUS, (direction, took)
            frame = setup.watch.until(lambda one: one["type"] == "stats" and "injected_got" in one["histograms"])
            asked, got = histogram(frame, "injected_asked"), histogram(frame, "injected_got")
            assert min(asked) >= 59_000 and min(got) >= 59_000, (asked, got)


def test_a_delayed_stream_delays_no_other():
    with Setup() as setup:
        setup.console.set({"latency": {"mean_ms": 700}, "scope": {"path": "/slow*"}})
        slow = [setup.client.send(f"/slow{i}") for i in range(20)]
        start = time.monotonic()
        for i in range(20):
            took, call = setup.timed(f"/fast{i}")
            assert call.body == b"/fast%d " % i
        # They were all done while the others were held.
        assert not any(setup.client.calls[one].headers for one in slow) or time.monotonic() - start > 0.7
        setup.client.wait(*slow)
        assert time.monotonic() - start >= 0.69


def test_delays_are_far_finer_than_a_millisecond():
    with Setup() as setup:
        setup.console.set({"latency": {"mean_ms": 3.3}, "scope": {"direction": "both"}})
        end = time.monotonic() + PATIENCE
        best = float("inf")
        setup.watch.socket.settimeout(0.001)
        while best >= 400 and time.monotonic() < end:
            setup.client.call("/")
            try:
                late = histogram(setup.watch.line(), "lateness")
            except TimeoutError:
                continue
            if sum(late.values()) >= 5:
                best = min(best, quantile(late, 0.5))
        assert best < 400, best


def test_a_delay_line_keeps_the_throughput():
    body = os.urandom(3_000_000)

    def handle(server, stream, headers, data):
        server.answer(stream, body)

    with Setup(handle) as setup:
        setup.client.h2.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 4_000_000})
        setup.client.h2.increment_flow_control_window(8_000_000)
        setup.client.flush()
        setup.console.set({"latency": {"mean_ms": 400}})
        took, call = setup.timed("/")
        assert call.body == body
        # A window for each delay would make it five seconds and more.
        assert 0.4 <= took < 4, took


def test_loss_stalls_a_stream():
    with Setup() as setup:
        setup.console.set({"loss": {"percent": 100}, "scope": {"path": "/lossy"}})
        setup.client.send("/lossy")
        took, call = setup.timed("/other")
        assert call.ended
        setup.console.set({"loss": {"percent": 40}})
        took = max(setup.timed(f"/{i}")[0] for i in range(20))
        assert took >= 0.207


def test_errors_answer_a_stream():
    with Setup() as setup:
        setup.console.set(
            {
                "error": {"percent": 100, "status": 429, "body": "slow down", "headers": ["Retry-After: 5", "X-Up: 1"]},
                "latency": {"mean_ms": 50},
                "scope": {"direction": "both"},
            }
        )
        took, call = setup.timed("/", "POST", body=b"x" * 200_000)
        assert took >= 0.05
        assert call.headers == [
            (":status", "429"),
            ("x-shaketable-injected", "error"),
            ("retry-after", "5"),
            ("x-up", "1"),
            ("content-type", "text/plain"),
            ("content-length", "9"),
        ], call.headers
        assert call.body == b"slow down"
        call = setup.client.call("/", "HEAD")
        assert call.status == 429 and call.body == b"" and call.ended
        setup.console.set({"error": {"percent": 100, "status": 500}})
        assert setup.client.call("/").body == b"Internal Server Error\n"
        # A request that does not end is answered, and told to stop.
        stream = setup.client.send("/", "POST", body=b"x", end=False)
        call = setup.client.wait(stream)
        setup.client.until(lambda: call.reset is not None)
        assert call.status == 500 and call.ended and call.reset == NO_ERROR
        setup.console.clear()
        assert setup.client.call("/").body == b"/ "
        assert setup.outcomes(5) == {"injected_error": 4, "answered": 1}
        assert len(setup.server.requests) == 1


def test_errors_of_grpc_are_trailers_alone():
    with Setup() as setup:
        for status, wanted in ((503, 14), (429, 14), (400, 13), (401, 16), (403, 7), (404, 12), (500, 2)):
            setup.console.set({"error": {"percent": 100, "status": status, "body": "100 % ö"}})
            call = setup.client.call("/s/m", "POST", GRPC, b"\0\0\0\0\0")
            assert call.headers == [
                (":status", "200"),
                ("content-type", "application/grpc"),
                ("grpc-status", str(wanted)),
                ("grpc-message", "100 %25 %C3%B6"),
                ("x-shaketable-injected", "error"),
            ], call.headers
            assert call.body == b"" and call.trailers is None and call.ended
        setup.console.set({"error": {"percent": 100, "grpc_status": 8}})
        call = setup.client.call("/s/m", "POST", GRPC, b"\0\0\0\0\0")
        assert call.header("grpc-status") == "8" and call.header("grpc-message") == "Service Unavailable"


def test_errors_repeat_with_the_seed():
    def series():
        with Setup() as setup:
            setup.console.set({"error": {"percent": 30}, "seed": 42})
            return [setup.client.call(f"/{i}").status for i in range(200)]

    first = series()
    assert 30 <= first.count(503) <= 90, first.count(503)
    assert first == series()


def test_resets():
    def handle(server, stream, headers, body):
        server.answer(stream, b"z" * 5000, trailers=[("a", "b")])

    with Setup(handle) as setup:
        other = setup.client.send("/", "POST", end=False)
        setup.console.set({"reset": {"percent": 100}})
        call = setup.client.call("/")
        assert call.reset == INTERNAL_ERROR and call.headers is None
        setup.console.set({"reset": {"percent": 100, "at": "response"}})
        call = setup.client.call("/")
        assert call.reset == INTERNAL_ERROR and call.status == 200 and 0 < len(call.body) < 5000, len(call.body)
        setup.console.clear()
        setup.client.send_body(other, b"on", end=True)
        assert setup.client.wait(other).body == b"z" * 5000
        assert setup.outcomes(3) == {"reset": 2, "answered": 1}


def test_a_blackhole_swallows_single_streams():
    with Setup() as setup:
        setup.console.set({"blackhole": {"percent": 100}, "scope": {"path": "/hole*"}})
        held = [setup.client.send(f"/hole{i}", "POST", body=b"x" * 1000) for i in range(10)]
        given_up = setup.client.send("/hole")
        for i in range(10):
            assert setup.client.call(f"/{i}").body == b"/%d " % i
        setup.client.reset(given_up)
        assert not any(setup.client.calls[one].headers for one in held)
        assert all(dict(headers)[":path"][1:5] != "hole" for headers, _ in setup.server.requests.values())
        setup.watch.until(lambda one: one["type"] == "stats" and one["held"] == 10)
        released = setup.console.clear()["released"]
        assert released == 10, released
        setup.client.wait(*held)
        assert all(setup.client.calls[one].body == b"/hole%d " % i + b"x" * 1000 for i, one in enumerate(held))


def test_what_a_blackhole_holds_is_bounded():
    """A window of each stream, and of the connection what it may hold: 16 MiB, and its window of 4."""
    with Setup() as setup:
        setup.console.set({"blackhole": {"percent": 100}, "scope": {"method": "POST"}})
        client = setup.client
        client.call("/")
        client.socket.settimeout(0.05)
        most = 0
        streams = [client.send("/hole", "POST", end=False) for _ in range(90)]
        for stream in streams:
            sent = 0
            try:
                while True:
                    room = min(client.h2.local_flow_control_window(stream), 16384)
                    if room:
                        client.h2.send_data(stream, bytes(room))
                        client.flush()
                        sent += room
                    elif sent >= 262144 - 16384 or client.h2.outbound_flow_control_window == 0:
                        client.step()
            except TimeoutError:
                most += sent
        assert 16 << 20 <= most <= 21 << 20, most
        # What needs no window is answered all the same.
        client.socket.settimeout(PATIENCE)
        assert client.call("/other").body == b"/other "
        setup.console.clear()
        for stream in streams:
            client.h2.end_stream(stream)
        client.flush()
        client.wait(*streams)
        assert sum(len(client.calls[one].body) for one in streams) == most + 90 * len("/hole ")


def test_a_change_reaches_held_streams():
    with Setup() as setup:
        for direction in ("request", "response"):
            setup.console.set({"latency": {"mean_ms": 30000}, "scope": {"direction": direction}})
            streams = [setup.client.send(f"/{i}", "POST", body=b"y" * 3000) for i in range(90)]
            setup.watch.until(lambda one: one["type"] == "stats" and one["held"] == 90)
            time.sleep(0.05)  # longer than the new latency: all are let go
            start = time.monotonic()
            assert setup.console.set({"latency": {"mean_ms": 20}, "scope": {"direction": direction}})["released"] == 90
            setup.client.wait(*streams)
            assert time.monotonic() - start < 10
            assert all(setup.client.calls[one].body.endswith(b"y" * 3000) for one in streams)
        setup.watch.until(lambda one: one["type"] == "stats" and one["held"] == 0 and one["in_flight"] == 0)


def test_what_a_client_gives_up_is_still_asked_for():
    """As on a slow path: the request arrives, and then its cancellation."""
    with Setup(None) as setup:
        setup.console.set({"latency": {"mean_ms": 200}, "scope": {"direction": "request"}})
        start = time.monotonic()
        stream = setup.client.send("/")
        time.sleep(0.05)
        setup.client.reset(stream, CANCEL)
        wait_for(lambda: setup.server.resets)
        assert time.monotonic() - start >= 0.25
        assert list(setup.server.resets.values()) == [CANCEL] and len(setup.server.requests) == 1


def test_bandwidth_is_the_connections():
    def handle(server, stream, headers, body):
        server.answer(stream, b"w" * 50_000)

    with Setup(handle) as setup:
        setup.console.set({"bandwidth": {"bytes_per_s": 200_000}})
        start = time.monotonic()
        streams = [setup.client.send("/") for _ in range(2)]
        setup.client.wait(*streams)
        assert time.monotonic() - start >= 0.4
        assert all(len(setup.client.calls[one].body) == 50_000 for one in streams)
        # Taken away in the middle, it hangs nothing.
        setup.console.set({"bandwidth": {"bytes_per_s": 100}})
        stream = setup.client.send("/")
        time.sleep(0.1)
        setup.console.clear()
        assert len(setup.client.wait(stream).body) == 50_000


def test_a_limit_of_bytes_ends_the_connection():
    def handle(server, stream, headers, body):
        server.answer(stream, b"w" * 50_000)

    with Setup(handle) as setup:
        setup.console.set({"limit": {"bytes": 20_000}})
        stream = setup.client.send("/")
        while not setup.client.ended:
            setup.client.step()
        assert len(setup.client.calls[stream].body) < 20_000 and not setup.client.calls[stream].ended
        assert setup.outcomes(1).get("reset")


def test_scope():
    with Setup(echo, "--health-check-path", "/healthz") as setup:
        error = {"percent": 100, "status": 500}

        def status(path="/", method="GET", headers=()):
            return setup.client.call(path, method, headers).status

        setup.console.set({"error": error, "scope": {"path": "/api/*", "method": "PUT"}})
        assert status("/api/x?q", "PUT") == 500
        assert status("/api/x") == 200 and status("/other", "PUT") == 200
        setup.console.set({"error": error, "scope": {"header": "X-User: alice*"}})
        assert status(headers=[("x-user", "alice2")]) == 500
        assert status(headers=[("x-user", "bob")]) == 200 and status() == 200
        setup.console.set({"error": error, "scope": {"header": "Host: x"}})
        assert status() == 500
        setup.console.set({"error": error, "scope": {"source": "127.0.0.0/8"}})
        assert status() == 500
        setup.console.set({"error": error, "scope": {"source": "10.0.0.0/8"}})
        assert status() == 200
        setup.console.set({"error": error})
        assert status("/healthz") == 200
        assert status(headers=[("user-agent", "ELB-HealthChecker/2.0")]) == 200
        setup.console.set({"error": error, "scope": {"health_checks": True}})
        assert status("/healthz") == 500
        assert setup.outcomes(9) == {"injected_error": 4, "answered": 5}


def test_faults_change_all_the_time():
    """Every byte arrives, in order, whatever changes meanwhile."""
    with Setup() as setup:
        stop = threading.Event()
        changes = [
            {"latency": {"mean_ms": 40, "jitter_ms": 30}, "scope": {"direction": "both"}},
            {"blackhole": {"percent": 50}},
            {"bandwidth": {"bytes_per_s": 500_000}},
            {"loss": {"percent": 5}, "scope": {"direction": "both"}},
            {},
        ]

        def change():
            console = setup.proxy.console()
            while not stop.is_set():
                for faults in changes:
                    console.set(faults)
                    time.sleep(0.03)
            console.clear()

        changer = threading.Thread(target=change)
        changer.start()
        try:
            end = time.monotonic() + 4
            count = 0
            while time.monotonic() < end:
                bodies = {setup.client.send("/", "POST", body=body): body for body in (os.urandom(30_000) for _ in range(8))}
                setup.client.wait(*bodies)
                for stream, body in bodies.items():
                    assert setup.client.calls[stream].body == b"/ " + body
                count += len(bodies)
        finally:
            stop.set()
            changer.join()
        assert count >= 8


run(globals())
