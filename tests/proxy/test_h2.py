#!/usr/bin/env -S python3 -B
"""HTTP/2 with prior knowledge through the proxy: what is passed on, and how connections end."""
from h2peer import *
from harness import *

NO_ERROR, INTERNAL_ERROR, REFUSED_STREAM, CANCEL, ENHANCE_YOUR_CALM = 0, 2, 7, 8, 11


def outcomes(sums):
    return {name: count for name, count in sums["outcomes"].items() if count}


def ended(console, requests):
    """The outcomes, once so many requests have come and come to an end."""
    sums = console.sum(lambda sums, frame: sums["requests"] == requests and sum(sums["outcomes"].values()) >= requests)
    return outcomes(sums)


class Setup:
    def __init__(self, handle=echo, *options, client=None, **server):
        self.servers = []
        self.upstream = Upstream(serve_h2(handle, self.servers, **server))
        self.proxy = Proxy(self.upstream.port, *options)
        self.socket = self.proxy.connect()
        self.client = Client(self.socket, **(client or {}))

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
        wait_for(lambda: self.servers)
        return self.servers[0]


def test_requests_and_responses_are_passed_on_as_they_are():
    answer = [("server", "a"), ("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x-last", "ü")]

    def handle(server, stream, headers, body):
        server.answer(stream, b"body " + body, answer, "201")

    with Setup(handle) as setup:
        more = [("te", "trailers"), ("cookie", "a=b"), ("cookie", "c=d"), ("x-one", "1"), ("x-one", "2"), ("priority", "u=1")]
        call = setup.client.call("/p?q=1", "PATCH", more, b"hello")
        assert call.headers == [(":status", "201")] + answer and call.body == b"body hello", call.headers
        headers, body = setup.server.requests[1]
        assert headers == [
            (":method", "PATCH"),
            (":scheme", "http"),
            (":authority", "x"),
            (":path", "/p?q=1"),
        ] + more, headers
        assert body == b"hello"


def test_what_must_not_be_indexed_stays_so():
    import hpack

    with Setup() as setup:
        secret = hpack.NeverIndexedHeaderTuple("x-secret", "s3cret")
        setup.client.call("/", headers=[secret, ("x-plain", "p")])
        headers, _ = setup.server.requests[1]
        kinds = {name: type(field) for field in headers for name in [field[0]]}
        assert kinds["x-secret"] is hpack.NeverIndexedHeaderTuple
        assert kinds["x-plain"] is hpack.HeaderTuple


def test_trailers_informational_and_head():
    def handle(server, stream, headers, body):
        server.h2.send_headers(stream, [(":status", "103"), ("link", "</a>")])
        if dict(headers)[":method"] == "HEAD":
            server.answer(stream, headers=[("content-length", "1234")])
        else:
            server.answer(stream, b"x" * 40000, trailers=[("checksum", "1"), ("more", "2")])

    with Setup(handle) as setup:
        call = setup.client.call("/")
        assert call.informational == [[(":status", "103"), ("link", "</a>")]]
        assert call.body == b"x" * 40000 and call.trailers == [("checksum", "1"), ("more", "2")]
        call = setup.client.call("/", "HEAD")
        assert call.header("content-length") == "1234" and call.body == b"" and call.ended
        stream = setup.client.send("/", "POST", end=False)
        setup.client.send_body(stream, b"abc", end=False)
        setup.client.h2.send_headers(stream, [("x-trailer", "t")], end_stream=True)
        setup.client.flush()
        setup.client.wait(stream)
        assert setup.server.trailers[5] == [("x-trailer", "t")] and setup.server.requests[5][1] == b"abc"


def test_large_bodies_both_ways_at_once():
    body = os.urandom(3_000_000)
    with Setup() as setup:
        streams = [setup.client.send(f"/{i}", "POST", body=body) for i in range(3)]
        setup.client.wait(*streams)
        for i, stream in enumerate(streams):
            assert setup.client.calls[stream].body == f"/{i} ".encode() + body


def test_a_preface_in_pieces():
    with Setup() as setup:
        client = setup.proxy.connect()
        parts = h2.connection.H2Connection()
        parts.initiate_connection()
        parts.send_headers(1, [(":method", "GET"), (":scheme", "http"), (":authority", "x"), (":path", "/p")], end_stream=True)
        for byte in parts.data_to_send():
            client.sendall(bytes([byte]))
        body = b""
        while b"/p " not in body:
            data = client.recv(65536)
            assert data
            for event in parts.receive_data(data):
                if isinstance(event, h2.events.DataReceived):
                    body += event.data
        client.close()


def test_an_upstream_that_speaks_before_the_client():
    with Setup() as setup:
        late = setup.proxy.connect()
        wait_for(lambda: len(setup.servers) == 2)
        time.sleep(0.1)
        client = Client(late)
        assert client.call("/late").body == b"/late "
        console = setup.proxy.console()
        first = console.subscribe()
        client.call("/counted")
        console.sum(lambda sums, frame: sums["requests"] == 1)
        late.close()


def test_other_streams_stay_opaque():
    """What resembles a beginning of HTTP/2 on either side, and is not."""

    def serve(connection):
        connection.sendall(b"\0\0\0\4\0\0\0\0\0")
        while data := connection.recv(65536):
            connection.sendall(data)

    upstream = Upstream(serve)
    proxy = Proxy(upstream.port)
    for sent in (b"", b"PRI * HTTP/2.0\r\n\r\nXX", b"PRI * HTTP/1.1 and so on\r\n\r\n", b"\1\2\3"):
        client = proxy.connect()
        reader = Reader(client)
        if sent:
            client.sendall(sent)
        assert reader.take(9) == b"\0\0\0\4\0\0\0\0\0"
        if sent:
            assert reader.take(len(sent)) == sent, sent
        client.close()
    proxy.stop()
    upstream.close()


def test_resets_carry_their_code_both_ways():
    def on_event(server, event):
        if isinstance(event, h2.events.RequestReceived) and dict(event.headers)[":path"].startswith("/reset"):
            server.h2.reset_stream(event.stream_id, int(dict(event.headers)[":path"][6:]))

    def handle(server, stream, headers, body):
        if dict(headers)[":path"] == "/half":
            server.h2.send_headers(stream, [(":status", "200")])
            server.h2.send_data(stream, b"half")
            server.h2.reset_stream(stream, 3)
        elif dict(headers)[":path"] == "/":
            server.answer(stream, b"ok")

    with Setup(handle, on_event=on_event) as setup:
        console = setup.proxy.console()
        console.subscribe()
        for code in (1, 5, CANCEL, REFUSED_STREAM, 13):
            assert setup.client.call(f"/reset{code}", "POST", end=False).reset == code
        call = setup.client.call("/half")
        assert call.status == 200 and call.body == b"half" and call.reset == 3
        stream = setup.client.send("/wait")
        assert setup.client.call("/").body == b"ok"
        setup.client.reset(stream, 6)
        wait_for(lambda: setup.server.resets)
        assert list(setup.server.resets.values()) == [6]
        assert setup.client.call("/").body == b"ok"
        assert ended(console, 9) == {"answered": 2, "upstream_failed": 6, "client_gone": 1}


def test_an_early_answer_stops_the_request():
    """Response and RST_STREAM with NO_ERROR while the request's body is still coming."""

    def on_event(server, event):
        if isinstance(event, h2.events.RequestReceived):
            server.answer(event.stream_id, b"y" * 100_000, status="413")
            server.h2.reset_stream(event.stream_id, NO_ERROR)

    with Setup(None, on_event=on_event) as setup:
        call = setup.client.wait(setup.client.send("/", "POST", body=b"x" * 1000, end=False))
        setup.client.until(lambda: call.reset is not None)
        assert (call.status, len(call.body), call.ended, call.reset) == (413, 100_000, True, NO_ERROR)


def test_a_slow_reader_holds_up_its_own_stream_alone():
    sent = {}

    def handle(server, stream, headers, body):
        if dict(headers)[":path"] == "/big":
            server.h2.send_headers(stream, [(":status", "200")])
            sent[stream] = 0
            pour(server, stream)
        else:
            server.answer(stream, b"ok")

    def pour(server, stream):
        while (room := min(server.h2.local_flow_control_window(stream), 16384)) > 0:
            server.h2.send_data(stream, b"z" * room)
            sent[stream] += room

    def on_event(server, event):
        if isinstance(event, h2.events.WindowUpdated):
            for stream in sent:
                pour(server, stream)

    def settled():
        before = dict(sent)
        time.sleep(0.2)
        return before == sent

    with Setup(handle, on_event=on_event) as setup:
        setup.client.credit = False
        setup.client.h2.increment_flow_control_window(10_000_000)
        for _ in range(3):
            setup.client.send("/big")
        wait_for(lambda: len(sent) == 3)
        assert setup.client.call("/").body == b"ok"
        wait_for(settled)
        # A window of the proxy's beyond the client's own: no more is taken from the upstream.
        assert all(65535 <= each <= 65535 + 400_000 for each in sent.values()), sent
        assert setup.client.call("/").body == b"ok"


def test_settings_and_pings():
    with Setup(settings={h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: 7}) as setup:
        setup.client.until(lambda: setup.client.h2.remote_settings.max_concurrent_streams == 7)
        setup.client.h2.ping(b"12345678")
        setup.client.flush()
        setup.client.until(lambda: setup.client.pings)
        assert setup.client.pings == [b"12345678"]
        assert setup.server.h2.remote_settings.enable_push == 0


def test_tunnels():
    """CONNECT, and with the application's consent its extended form (RFC 8441)."""

    def on_event(server, event):
        if isinstance(event, h2.events.RequestReceived):
            server.h2.send_headers(event.stream_id, [(":status", "200")])
        elif isinstance(event, h2.events.DataReceived) and event.data:
            server.h2.send_data(event.stream_id, b"re: " + event.data, end_stream=event.data == b"end")

    settings = {h2.settings.SettingCodes.ENABLE_CONNECT_PROTOCOL: 1}
    with Setup(None, on_event=on_event, settings=settings, validate=False, client={"validate": False}) as setup:
        client = setup.client
        client.until(lambda: any(each.get(8) == 1 for each in client.settings_seen))
        plain = [(":method", "CONNECT"), (":authority", "x:1")]
        extended = [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":authority", "x"), (":path", "/c")]
        for fields in (plain, extended):
            stream = client.h2.get_next_available_stream_id()
            call = client.calls[stream] = Call()
            client.h2.send_headers(stream, fields)
            client.flush()
            for word, so_far in ((b"a", b"re: a"), (b"b", b"re: are: b")):
                client.send_body(stream, word, end=False)
                client.until(lambda: call.body == so_far)
            client.send_body(stream, b"end")
            client.wait(stream)
            assert setup.server.requests[stream][0] == fields


def test_requests_above_the_upstreams_limit_wait():
    def handle(server, stream, headers, body):
        assert sum(1 for each in server.h2.streams.values() if each.open) <= 2
        time.sleep(0.02)
        server.answer(stream, b"ok")

    with Setup(handle, settings={h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: 2}) as setup:
        # Sent before the client has heard of the limit, but not before the proxy has.
        setup.client.send("/")
        wait_for(lambda: setup.server.requests)
        time.sleep(0.1)
        streams = [setup.client.send(f"/{i}") for i in range(20)]
        setup.client.wait(*streams)
        good = [one for one in streams if setup.client.calls[one].ended]
        refused = [one for one in streams if setup.client.calls[one].reset == REFUSED_STREAM]
        assert len(good) >= 2 and len(good) + len(refused) == 20


def test_goaway_of_the_upstream():
    def handle(server, stream, headers, body):
        if dict(headers)[":path"] == "/bye":
            server.goaway(11, stream)
            server.socket.shutdown(socket.SHUT_WR)
            return
        server.answer(stream, b"ok")

    with Setup(handle) as setup:
        assert setup.client.call("/").body == b"ok"
        stream = setup.client.send("/bye")
        while not setup.client.ended:
            setup.client.step()
        assert setup.client.goaways[0][0] == 11 and setup.client.goaways[0][1] >= stream, setup.client.goaways


def test_goaway_of_the_client():
    with Setup() as setup:
        assert setup.client.call("/").body == b"/ "
        setup.client.goaway(9)
        wait_for(lambda: setup.server.goaways)
        assert setup.server.goaways[0][0] == 9
        wait_for(lambda: setup.server.ended)


def test_the_upstreams_connection_is_lost():
    def handle(server, stream, headers, body):
        if dict(headers)[":path"] == "/end":
            server.socket.shutdown(socket.SHUT_RDWR)
            server.ended = True
        elif dict(headers)[":path"] == "/part":
            server.h2.send_headers(stream, [(":status", "200")])
            server.h2.send_data(stream, b"part")

    with Setup(handle) as setup:
        console = setup.proxy.console()
        console.subscribe()
        part = setup.client.send("/part")
        setup.client.until(lambda: setup.client.calls[part].body)
        end = setup.client.send("/end")
        while not setup.client.ended:
            setup.client.step()
        assert not setup.client.calls[part].ended and setup.client.calls[end].headers is None
        assert len(setup.client.goaways) == 1
        assert ended(console, 2) == {"upstream_failed": 2}


def test_the_clients_connection_is_lost():
    with Setup(None) as setup:
        console = setup.proxy.console()
        console.subscribe()
        setup.client.send("/a")
        setup.client.send("/b", "POST", end=False)
        wait_for(lambda: len(setup.server.requests) == 2)
        setup.socket.close()
        wait_for(lambda: setup.server.ended)
        assert ended(console, 2) == {"client_gone": 2}


def test_a_client_that_ends_its_side_still_gets_its_answers():
    def handle(server, stream, headers, body):
        time.sleep(0.1)
        server.answer(stream, b"late", trailers=[("a", "b")])

    with Setup(handle, "--latency", "100ms", "--direction", "both") as setup:
        stream = setup.client.send("/")
        setup.client.shut_down()
        call = setup.client.wait(stream)
        assert call.body == b"late" and call.trailer("a") == "b"
        while not setup.client.ended:
            setup.client.step()


def test_no_upstream():
    gone = Upstream(lambda connection: None)
    gone.close()
    proxy = Proxy(gone.port)
    console = proxy.console()
    console.subscribe()
    connection = proxy.connect()
    client = Client(connection)
    plain, grpc = client.send("/"), client.send("/s/m", "POST", [("content-type", "application/grpc+proto")], b"\0" * 5)
    client.wait(plain, grpc)
    call = client.calls[plain]
    assert call.status == 502 and call.header("x-shaketable") == "upstream refused" and call.body
    call = client.calls[grpc]
    assert call.status == 200 and call.header("grpc-status") == "14" and call.header("grpc-message")
    while not client.ended:
        client.step()
    assert client.goaways[-1] == (NO_ERROR, grpc), client.goaways
    assert ended(console, 2) == {"upstream_refused": 2}
    # One that asks for nothing is let go as well.
    idle = Client(proxy.connect())
    while not idle.ended:
        idle.step()
    assert idle.goaways
    connection.close()
    proxy.stop()


def test_an_upstream_of_http_1_only():
    def serve(connection):
        # Only when both requests are there: those that never went to it are refused, for others to take.
        connection.settimeout(0.3)
        try:
            while connection.recv(65536):
                pass
        except TimeoutError:
            pass
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")

    upstream = Upstream(serve)
    proxy = Proxy(upstream.port)
    client = Client(proxy.connect())
    streams = [client.send("/"), client.send("/s/m", "POST", [("content-type", "application/grpc")], b"\0" * 5)]
    client.wait(*streams)
    call = client.calls[streams[0]]
    assert call.status == 502 and call.header("x-shaketable") == "upstream failed", call.headers
    assert client.calls[streams[1]].header("grpc-status") == "14"
    while not client.ended:
        client.step()
    proxy.stop()
    upstream.close()


def test_garbage_after_the_preface():
    with Setup() as setup:
        for garbage in (os.urandom(4096), b"GET / HTTP/1.1\r\n\r\n", b"\0\0\1\0\0\0\0\0\1x", b"\xff" * 70000):
            other = setup.proxy.connect()
            other.sendall(PREFACE + garbage)
            try:
                while other.recv(65536):
                    pass
            except ConnectionResetError:
                pass
            other.close()
        assert setup.client.call("/still").body == b"/still "


def test_a_head_that_is_too_large():
    with Setup() as setup:
        stream = setup.client.send("/", headers=[(f"x-{i}", "v" * 4000) for i in range(8)])
        assert setup.client.wait(stream).ended
        try:
            stream = setup.client.send("/", headers=[(f"x-{i}", "v" * 8000) for i in range(20)])
            call = setup.client.wait(stream)
            assert call.reset == ENHANCE_YOUR_CALM, call.reset
            assert setup.client.call("/").ended
        except AssertionError:
            # Or the connection is ended, by libnghttp2's own bound.
            assert setup.client.ended and setup.client.goaways
        other = Client(setup.proxy.connect())
        assert other.call("/").ended


def test_many_small_fields_that_unpack_to_much():
    """HPACK's bomb: one large field in the table, named thousands of times by one byte."""
    with Setup() as setup:
        import hpack

        encoder = hpack.Encoder()
        block = encoder.encode([(":method", "GET"), (":scheme", "http"), (":authority", "x"), (":path", "/")])
        block += encoder.encode([("x-bomb", "b" * 4000)])
        block += encoder.encode([("x-bomb", "b" * 4000)]) * 15000
        assert len(block) < 25000
        client = setup.proxy.connect()
        first, rest = block[:16384], block[16384:]
        frames = PREFACE + b"\0\0\0\4\0\0\0\0\0"
        frames += len(first).to_bytes(3, "big") + b"\1\1\0\0\0\1" + first
        frames += len(rest).to_bytes(3, "big") + b"\x09\4\0\0\0\1" + rest
        client.sendall(frames)
        seen = b""
        while b"\x03\0\0\0\0\1\0\0\0\x0b" not in seen:  # RST_STREAM of stream 1, ENHANCE_YOUR_CALM
            seen += client.recv(65536)
        client.close()
        with open(f"/proc/{setup.proxy.process.pid}/status") as status:
            peak = next(line for line in status if line.startswith("VmHWM"))
        assert int(peak.split()[1]) < 400_000, peak


def flood(setup, data):
    """Sends it over and over; true if the proxy ended the connection."""
    client = setup.proxy.connect()
    client.sendall(PREFACE + b"\0\0\0\4\0\0\0\0\0")
    client.settimeout(0.05)
    try:
        for part in data:
            client.sendall(part)
            try:
                if not client.recv(65536):
                    return True
            except TimeoutError:
                pass
    except (ConnectionResetError, BrokenPipeError):
        return True
    finally:
        client.close()
    return False


def test_floods_end_their_connection_alone():
    import hpack

    def opened_and_reset():
        encoder = hpack.Encoder()
        for batch in range(100):
            frames = b""
            for stream in range(batch * 200 + 1, batch * 200 + 201, 2):
                block = encoder.encode([(":method", "GET"), (":scheme", "http"), (":authority", "x"), (":path", "/")])
                frames += len(block).to_bytes(3, "big") + b"\1\5" + stream.to_bytes(4, "big") + block
                frames += b"\0\0\4\3\0" + stream.to_bytes(4, "big") + b"\0\0\0\x08"
            yield frames

    def continuations():
        yield b"\0\0\1\1\0\0\0\0\1\x82"
        for _ in range(100):
            yield b"\0\0\0\x09\0\0\0\0\1" * 100

    def settings():
        for _ in range(100):
            yield b"\0\0\0\4\0\0\0\0\0" * 500

    with Setup() as setup:
        assert flood(setup, opened_and_reset()), "rapid reset"
        assert flood(setup, continuations()), "CONTINUATION"
        # Acknowledged as fast as they come, they do no harm while they are read; unread they end it.
        quiet = setup.proxy.connect()
        quiet.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        quiet.sendall(PREFACE + b"\0\0\0\4\0\0\0\0\0")
        quiet.settimeout(5)
        ended = False
        try:
            for _ in range(3000):
                quiet.sendall(b"\0\0\x08\6\0\0\0\0\0abcdefgh" * 500)
        except (ConnectionResetError, BrokenPipeError, TimeoutError):
            ended = True
        quiet.close()
        assert ended
        assert setup.client.call("/still").body == b"/still "


def test_sigterm_lets_streams_finish():
    arrived = threading.Event()

    def handle(server, stream, headers, body):
        arrived.set()
        time.sleep(0.4)
        server.answer(stream, b"done")

    with Setup(handle) as setup:
        stream = setup.client.send("/")
        arrived.wait(PATIENCE)
        setup.proxy.process.send_signal(signal.SIGTERM)
        call = setup.client.wait(stream)
        assert call.body == b"done"
        while not setup.client.ended:
            setup.client.step()
        assert setup.client.goaways[-1] == (NO_ERROR, stream), setup.client.goaways


def test_http_1_beside_it():
    got = []

    def serve(connection):
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n/1")
        got.append(connection.recv(65536))

    upstream = Upstream(serve)
    proxy = Proxy(upstream.port)
    client = proxy.connect()
    reader = Reader(client)
    client.sendall(request("/1"))
    assert reader.response().body == b"/1"
    # A preface that is not the first that a client says is none.
    client.sendall(PREFACE)
    wait_for(lambda: got)
    assert got == [PREFACE], got
    client.close()
    proxy.stop()
    upstream.close()


run(globals())
