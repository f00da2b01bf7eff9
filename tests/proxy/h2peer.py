"""Peers that speak HTTP/2 frame by frame (needs python3-h2)."""
import os
import socket
import sys
import threading
import time

DEBIAN = "/usr/bin/python3"


def need(module, package):
    """The module; where this is another Python than Debian's, which has its packages, the test runs there."""
    try:
        return __import__(module)
    except ImportError:
        if os.path.exists(DEBIAN) and "SHAKETABLE_TEST_DEBIAN" not in os.environ:
            os.environ["SHAKETABLE_TEST_DEBIAN"] = "1"
            os.execv(DEBIAN, [DEBIAN, "-B"] + sys.argv)
        print(f"no {package} here")
        sys.exit(77)


need("h2", "python3-h2")
import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h2.settings

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


class Call:
    """What has come of one stream."""

    def __init__(self):
        self.informational = []
        self.headers = None
        self.body = b""
        self.trailers = None
        self.ended = False
        self.reset = None  # the error code
        self.first_at = self.done_at = None

    @property
    def status(self):
        return int(dict(self.headers)[":status"])

    def header(self, name):
        return dict(self.headers or []).get(name)

    def trailer(self, name):
        return dict(self.trailers or []).get(name)


class Peer:
    """One side of a connection."""

    def __init__(self, connection, client, settings=None, credit=True, validate=True):
        self.socket, self.client = connection, client
        self.pending, self.greeted, self.half_closed = b"", False, False
        self.credit = credit
        self.h2 = h2.connection.H2Connection(
            config=h2.config.H2Configuration(
                client_side=client,
                header_encoding="utf-8",
                validate_inbound_headers=validate,
                validate_outbound_headers=validate,
                normalize_inbound_headers=False,
                normalize_outbound_headers=validate,
            )
        )
        self.h2.local_settings = h2.settings.Settings(client=client, initial_values=settings or {})
        self.h2.initiate_connection()
        self.goaways = []
        self.pings = []
        self.settings_seen = []
        self.ended = False
        self.flush()

    def flush(self):
        data = self.h2.data_to_send()
        if data and not self.half_closed:
            self.socket.sendall(data)

    def shut_down(self):
        self.half_closed = True
        self.socket.shutdown(socket.SHUT_WR)

    def goaway(self, code, last_stream_id=0):
        frame = last_stream_id.to_bytes(4, "big") + code.to_bytes(4, "big")
        self.socket.sendall(b"\0\0\x08\7\0\0\0\0\0" + frame)

    def without_goaways(self, data):
        """python3-h2 takes nothing more after one, though the streams before it go on."""
        self.pending += data
        rest = b""
        if not self.client and not self.greeted:
            if len(self.pending) < len(PREFACE):
                return b""
            rest, self.pending = PREFACE, self.pending[len(PREFACE) :]
            self.greeted = True
        while len(self.pending) >= 9:
            length = 9 + int.from_bytes(self.pending[:3], "big")
            if len(self.pending) < length:
                break
            frame, self.pending = self.pending[:length], self.pending[length:]
            if frame[3] == 7:
                last, code = int.from_bytes(frame[9:13], "big"), int.from_bytes(frame[13:17], "big")
                self.goaways.append((code, last & 0x7FFFFFFF))
            else:
                rest += frame
        return rest

    def read(self):
        """The next events; an empty list at the end."""
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        if not data:
            self.ended = True
            return []
        events = self.h2.receive_data(self.without_goaways(data))
        for event in events:
            if isinstance(event, h2.events.DataReceived) and self.credit and event.flow_controlled_length:
                self.h2.increment_flow_control_window(event.flow_controlled_length)
                try:
                    self.h2.increment_flow_control_window(event.flow_controlled_length, event.stream_id)
                except (h2.exceptions.StreamClosedError, KeyError):
                    pass
            elif isinstance(event, h2.events.PingAckReceived):
                self.pings.append(event.ping_data)
            elif isinstance(event, h2.events.RemoteSettingsChanged):
                self.settings_seen.append({int(key): each.new_value for key, each in event.changed_settings.items()})
        self.flush()
        return events


class Client(Peer):
    def __init__(self, connection, **options):
        self.calls = {}
        super().__init__(connection, True, **options)

    def send(self, path="/", method="GET", headers=(), body=None, end=True):
        """Opens a stream; returns its number."""
        stream = self.h2.get_next_available_stream_id()
        fields = [(":method", method), (":scheme", "http"), (":authority", "x"), (":path", path)] + list(headers)
        self.calls[stream] = Call()
        self.h2.send_headers(stream, fields, end_stream=end and body is None)
        self.flush()
        if body is not None:
            self.send_body(stream, body, end)
        return stream

    def send_body(self, stream, body, end=True):
        """As the windows open."""
        while body:
            room = min(self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size, len(body))
            if room == 0:
                self.step()
                continue
            self.h2.send_data(stream, body[:room])
            body = body[room:]
            self.flush()
        if end:
            self.h2.end_stream(stream)
            self.flush()

    def reset(self, stream, code=8):
        self.h2.reset_stream(stream, code)
        self.flush()

    def step(self):
        for event in self.read():
            call = self.calls.get(getattr(event, "stream_id", None))
            if call is None:
                continue
            if isinstance(event, h2.events.InformationalResponseReceived):
                call.informational.append(event.headers)
            elif isinstance(event, h2.events.ResponseReceived):
                call.headers, call.first_at = event.headers, time.monotonic()
            elif isinstance(event, h2.events.DataReceived):
                call.body += event.data
            elif isinstance(event, h2.events.TrailersReceived):
                call.trailers = event.headers
            elif isinstance(event, h2.events.StreamEnded):
                call.ended, call.done_at = True, time.monotonic()
            elif isinstance(event, h2.events.StreamReset):
                call.reset, call.done_at = int(event.error_code), call.done_at or time.monotonic()

    def until(self, done):
        while not done() and not self.ended:
            self.step()
        assert done(), "the connection ended first"

    def wait(self, *streams):
        self.until(lambda: all(self.calls[one].ended or self.calls[one].reset is not None for one in streams))
        return self.calls[streams[0]]

    def call(self, *arguments, **named):
        return self.wait(self.send(*arguments, **named))


class Server(Peer):
    """Calls handle(server, stream, headers, body) in the connection's thread when a request has ended, and
    on_event(server, event), if given, for everything that comes."""

    def __init__(self, connection, handle, on_event=None, **options):
        self.handle, self.on_event = handle, on_event
        self.requests = {}
        self.whole = []
        self.resets = {}
        self.trailers = {}
        super().__init__(connection, False, **options)

    def run(self):
        while not self.ended:
            for event in self.read():
                self.take(event)
            while self.whole:
                stream = self.whole.pop(0)
                self.handle(self, stream, *self.requests[stream])
            self.flush()

    def take(self, event):
        if isinstance(event, h2.events.RequestReceived):
            self.requests[event.stream_id] = [event.headers, b""]
        elif isinstance(event, h2.events.DataReceived):
            self.requests[event.stream_id][1] += event.data
        elif isinstance(event, h2.events.TrailersReceived):
            self.trailers[event.stream_id] = event.headers
        elif isinstance(event, h2.events.StreamReset):
            self.resets[event.stream_id] = int(event.error_code)
        if self.on_event:
            self.on_event(self, event)
        # An answer may read on while it waits for a window: so not at once.
        if isinstance(event, h2.events.StreamEnded) and self.handle:
            self.whole.append(event.stream_id)

    def answer(self, stream, body=b"", headers=(), status="200", trailers=None):
        self.h2.send_headers(stream, [(":status", status)] + list(headers), end_stream=not body and not trailers)
        self.send_body(stream, body, end=bool(body) and not trailers)
        if trailers:
            self.h2.send_headers(stream, list(trailers), end_stream=True)
        self.flush()

    def send_body(self, stream, body, end=True):
        while body:
            room = min(self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size, len(body))
            if room == 0:
                for event in self.read():
                    self.take(event)
                if self.ended:
                    return
                continue
            self.h2.send_data(stream, body[:room])
            body = body[room:]
            self.flush()
        if end:
            self.h2.end_stream(stream)


def serve_h2(handle, servers=None, **options):
    """For harness.Upstream: each connection a Server, noted in `servers`."""

    def serve(connection):
        server = Server(connection, handle, **options)
        if servers is not None:
            servers.append(server)
        server.run()

    return serve


def echo(server, stream, headers, body):
    server.answer(stream, dict(headers)[":path"].encode() + b" " + body)


def wait_for(done, patience=20.0):
    end = time.monotonic() + patience
    while not done():
        assert time.monotonic() < end, "never came"
        time.sleep(0.005)
