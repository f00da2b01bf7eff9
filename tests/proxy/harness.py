"""What the end-to-end tests of shaketable-proxy share: an upstream, the proxy, a console."""
import base64
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import zlib

PROXY = os.path.join(os.environ.get("top_builddir", "."), "shaketable-proxy")
# Sanitizers and busy machines are slow; nothing here asserts that something is fast.
PATIENCE = 20.0


class Upstream:
    """Calls serve(socket) in a thread for each connection."""

    def __init__(self, serve, port=0):
        self.serve = serve
        self.listener = socket.create_server(("127.0.0.1", port), backlog=1024)
        self.port = self.listener.getsockname()[1]
        self.accepted = 0
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.accepted += 1
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection):
        with connection:
            try:
                self.serve(connection)
            except (OSError, EOFError):
                pass

    def close(self):
        # close() alone leaves the port open while accept() blocks on it.
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()


class Proxy:
    """A running shaketable-proxy; must exit 0 on SIGTERM. Without an upstream it relays nothing."""

    def __init__(self, upstream_port, *options, stats=True, preexec=None, environment=None):
        self.directory = tempfile.mkdtemp(prefix="shaketable-test-")
        self.stats_path = os.path.join(self.directory, "s")
        behind = ["--listen", "127.0.0.1:0", "--upstream", f"127.0.0.1:{upstream_port}"]
        if isinstance(upstream_port, list):  # of options, such as --connect HOST:PORT
            behind = ["--listen", "127.0.0.1:0", *upstream_port]
        arguments = [PROXY, *(behind if upstream_port is not None else [])]
        threads = os.environ.get("PROXY_TEST_THREADS")
        if threads and "--threads" not in options:
            arguments += ["--threads", threads]
        if stats:
            arguments += ["--stats", "unix:" + self.stats_path]
        self.errors = open(os.path.join(self.directory, "stderr"), "w+b")
        self.process = subprocess.Popen(
            arguments + list(options),
            stdout=subprocess.PIPE,
            stderr=self.errors,
            preexec_fn=preexec,
            env=dict(os.environ, SHAKETABLE_PARENT_DEATH="1", **(environment or {})),
        )
        self.ready = self.process.stdout.readline().decode().strip()
        if not self.ready.startswith("listening " if upstream_port is not None else "agent"):
            self.process.wait()
            raise AssertionError(f"not ready: {self.ready!r} {self.stderr()!r}")
        words = self.ready.split()
        self.port = int(words[1].rsplit(":", 1)[1]) if upstream_port is not None else None
        self.metrics_port = int(words[-1].rsplit(":", 1)[1]) if words[-2:-1] == ["metrics"] else None

    def connect(self):
        client = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client

    def console(self):
        return Console(self.stats_path)

    def descriptors(self):
        """What is open, by kind: {"socket": 5, "pipe": 2, …}"""
        counts = {}
        for name in os.listdir(f"/proc/{self.process.pid}/fd"):
            try:
                kind = os.readlink(f"/proc/{self.process.pid}/fd/{name}").split(":")[0]
            except OSError:
                continue
            counts[kind] = counts.get(kind, 0) + 1
        return counts

    def stderr(self):
        self.errors.flush()
        with open(self.errors.name, "rb") as text:
            return text.read().decode(errors="replace")

    def stop(self, expect=0):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        self.process.stdout.close()
        text = self.stderr()
        self.errors.close()
        left = os.path.exists(self.stats_path)
        shutil.rmtree(self.directory, ignore_errors=True)
        assert code == expect, f"exit status {code}: {text}"
        assert "Sanitizer" not in text, text
        assert not left, "the socket's file is left behind"

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


class Console:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(path)
        self.pending = b""
        self.ids = 0

    def send(self, **request):
        self.socket.sendall(json.dumps(request).encode() + b"\n")

    def line(self):
        while b"\n" not in self.pending:
            piece = self.socket.recv(65536)
            if not piece:
                raise EOFError("the sidecar closed the stats socket")
            self.pending += piece
        line, self.pending = self.pending.split(b"\n", 1)
        return json.loads(line)

    def until(self, matches):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            frame = self.line()
            if matches(frame):
                return frame
        raise AssertionError(f"never came: {frame}")

    def ask(self, **request):
        """Sends it with an id; returns its ack or error."""
        self.ids += 1
        self.send(id=self.ids, **request)
        return self.until(lambda frame: frame["type"] in ("ack", "error") and frame["id"] == self.ids)

    def set(self, faults, lease_ms=60000, **more):
        ack = self.ask(op="set", faults=faults, lease_ms=lease_ms, **more)
        assert ack["type"] == "ack", ack
        return ack

    def clear(self):
        ack = self.ask(op="clear")
        assert ack["type"] == "ack", ack
        return ack

    def subscribe(self, interval_ms=50):
        """Returns the first frame: what happens after it is counted in the following ones."""
        self.send(op="subscribe", interval_ms=interval_ms)
        return self.until(lambda frame: frame["type"] == "stats")

    def sum(self, done):
        """Adds up the counts of frames until done(sums, last frame)."""
        sums = {"requests": 0, "faulted": 0, "accepted": 0, "in": 0, "out": 0, "outcomes": {}}
        sums.update({"control": {}, "scoped": {}, "upstream_in": 0, "upstream_out": 0, "histograms": {}})
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            frame = self.until(lambda one: one["type"] == "stats")
            sums["requests"] += frame["requests"]
            sums["faulted"] += frame["faulted"]
            sums["accepted"] += frame["connections"]["accepted"]
            sums["in"] += frame["bytes"]["in"]
            sums["out"] += frame["bytes"]["out"]
            sums["upstream_in"] += frame["upstream_bytes"]["in"]
            sums["upstream_out"] += frame["upstream_bytes"]["out"]
            for name, key in (("outcomes",) * 2, ("control", "control_outcomes"), ("scoped", "scoped_outcomes")):
                for outcome, count in frame.get(key, {}).items():
                    sums[name][outcome] = sums[name].get(outcome, 0) + count
            for name in frame["histograms"]:
                into = sums["histograms"].setdefault(name, {})
                for value, count in histogram(frame, name).items():
                    into[value] = into.get(value, 0) + count
            if done(sums, frame):
                return sums
        raise AssertionError(f"never came: {sums} {frame}")

    def close(self):
        self.socket.close()


@contextlib.contextmanager
def changing(console, faults, every_s=0.05):
    """Sets the faults in turn, over and over, as long as it lasts; clears them at the end."""
    stopped = threading.Event()
    problems = []

    def change():
        try:
            while not stopped.is_set():
                for one in faults:
                    console.set(one)
                    stopped.wait(every_s)
        except Exception as problem:
            problems.append(problem)

    thread = threading.Thread(target=change, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(PATIENCE)
    assert not problems, problems
    console.clear()


def histogram(frame, name):
    """{lowest microsecond of a bucket: count}: HdrHistogram's V2 encoding, as core/hist.h lays it out."""
    data = base64.b64decode(frame["histograms"].get(name, ""))
    if not data:
        return {}
    data = zlib.decompress(data[8:])
    length = int.from_bytes(data[4:8], "big")
    counts, index, at = {}, 0, 40
    while at < 40 + length:
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F if shift < 56 else byte) << shift
            shift += 7
            if byte < 0x80 or shift > 56:
                break
        value = (value >> 1) ^ -(value & 1)
        if value < 0:
            index -= value
            continue
        if value:
            bucket = max(0, (index >> 7) - 1)
            counts[(index - (bucket << 7)) << bucket] = value
        index += 1
    return counts


def quantile(counts, share):
    """The value that this share of the values is not above."""
    left = share * sum(counts.values())
    for value in sorted(counts):
        left -= counts[value]
        if left <= 0:
            return value
    return 0


class Response:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body


class Reader:
    """Reads HTTP responses (or requests) off a socket, strictly."""

    def __init__(self, connection):
        self.connection = connection
        self.data = b""

    def more(self):
        piece = self.connection.recv(65536)
        if not piece:
            raise EOFError(f"connection ended, pending {self.data[:200]!r}")
        self.data += piece

    def take(self, length):
        while len(self.data) < length:
            self.more()
        taken, self.data = self.data[:length], self.data[length:]
        return taken

    def take_through(self, mark):
        while mark not in self.data:
            self.more()
        taken, self.data = self.data.split(mark, 1)
        return taken + mark

    def head(self):
        lines = self.take_through(b"\r\n\r\n").decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:]:
            if line:
                name, value = line.split(":", 1)
                headers[name.lower()] = value.strip()
        return lines[0], headers

    def body(self, headers):
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while True:
                size = int(self.take_through(b"\r\n"), 16)
                part = self.take(size)
                assert self.take(2) == b"\r\n"
                body += part
                if size == 0:
                    return body
        return self.take(int(headers.get("content-length", "0")))

    def response(self, head=False):
        line, headers = self.head()
        status = int(line.split()[1])
        if head or status in (204, 304) or status < 200:
            return Response(status, headers, b"")
        return Response(status, headers, self.body(headers))


def request(path="/", method="GET", body=None, headers=""):
    length = f"Content-Length: {len(body)}\r\n" if body is not None else ""
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\n{length}{headers}\r\n".encode() + (body or b"")


def serve_http(handle):
    """handle(method, path, headers, body) gives (status, body) or raw bytes."""

    def serve(connection):
        reader = Reader(connection)
        while True:
            try:
                line, headers = reader.head()
            except EOFError:
                return
            method, path, _ = line.split(" ", 2)
            answer = handle(method, path, headers, reader.body(headers))
            if isinstance(answer, tuple):
                status, body = answer
                answer = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
            connection.sendall(answer)

    return serve


def echo_path(method, path, headers, body):
    return 200, path.encode() + b" " + body


def start(*options, handle=echo_path):
    """An HTTP upstream, a proxy, a console and a client: what stop() ends."""
    upstream = Upstream(serve_http(handle))
    proxy = Proxy(upstream.port, *options)
    client = proxy.connect()
    return upstream, proxy, proxy.console(), client, Reader(client)


def stop(upstream, proxy, *sockets):
    for one in sockets:
        one.close()
    proxy.stop()
    upstream.close()


def run(namespace):
    """Runs all test_ functions of a module; names in argv choose."""
    chosen = sys.argv[1:]
    failed = 0
    for name, test in list(namespace.items()):
        if not name.startswith("test_") or (chosen and name not in chosen):
            continue
        start = time.monotonic()
        try:
            test()
            verdict = "ok"
        except Exception:
            traceback.print_exc()
            failed += 1
            verdict = "FAILED"
        print(f"{verdict} {name} ({time.monotonic() - start:.2f} s)", flush=True)
    sys.exit(1 if failed else 0)
