"""What the soak's clients do. Each gets back every byte it is owed, or can name the fault that took it.

A client raises Broken for what no fault explains; what a fault explains ends it quietly.
"""
import hashlib
import select
import socket
import struct
import subprocess
import time

from faults import DESTRUCTIVE, short
from harness import Reader
from server import H2_FILE_BYTES

# Faults change every second: nothing is held for long. A loss may cost 26 s on its own, and only goes when a
# change takes the loss away.
PATIENCE_S = 60.0


class Broken(Exception):
    pass


class SlowReader(Reader):
    """Takes its time over the first pieces."""

    def __init__(self, connection, chance):
        super().__init__(connection)
        self.chance = chance
        self.slow = chance.randrange(20)

    def more(self):
        if self.slow == 0:
            super().more()
            return
        self.slow -= 1
        time.sleep(self.chance.random() * 0.1)
        piece = self.connection.recv(self.chance.choice((1, 100, 4096)))
        if not piece:
            raise EOFError
        self.data += piece


class Client:
    def __init__(self, soak, chance):
        self.soak = soak
        self.chance = chance
        self.since = time.monotonic()  # what was right until then needs no excuse
        self.socket = None

    # ── the connection ──

    def connect(self, receive_bytes=0):
        self.born = self.since = time.monotonic()
        self.socket = socket.socket()
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect(("127.0.0.1", self.soak.port))
        self.reader = Reader(self.socket)

    def close(self):
        if self.socket:
            self.socket.close()

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def blob(self, most):
        """(where, bytes) of the data that all agree on; sizes spread over all magnitudes."""
        length = int(most ** self.chance.random())
        start = self.chance.randrange(len(self.soak.blob) - length)
        return start, self.soak.blob[start : start + length]

    # ── what must come ──

    def excused(self, kinds):
        return self.soak.history.between(self.since, kinds) or self.soak.history.was_absent(self.since)

    def refused(self, headers):
        """Whether this says that the application was not there, as indeed it was not."""
        return headers.get("x-shaketable") == "upstream refused" and self.soak.history.was_absent(self.born)

    def errors_asked(self):
        """Since it connected: pipelined requests are decided on long before their turn comes."""
        return self.soak.history.between(self.born, ("error",))

    def expect(self, got, wanted, what):
        if got != wanted:
            same = next((i for i, (a, b) in enumerate(zip(got, wanted)) if a != b), min(len(got), len(wanted)))
            digests = [hashlib.sha256(data).hexdigest()[:12] for data in (got, wanted)]
            raise Broken(f"{what}: {len(got)} bytes instead of {len(wanted)}, differ from {same} on, sha256 {digests}")
        self.soak.count(what, len(got))
        self.since = time.monotonic()

    def expect_response(self, body, what):
        """The right body, or an answer that is a fault's. True: the connection goes on."""
        response = self.reader.response()
        injected = response.headers.get("x-shaketable-injected")
        if self.refused(response.headers):
            self.soak.count("refused", 0)
            return False
        if not injected:
            if response.status != 200:
                raise Broken(f"{what}: status {response.status} {response.headers}")
            self.expect(response.body, body, what)
        else:
            asked = self.errors_asked()
            if response.status not in {faults["error"]["status"] for faults in asked}:
                raise Broken(f"{what}: status {response.status} was injected, asked for: {[short(faults) for faults in asked]}")
            self.soak.count("injected", 0)
            self.since = time.monotonic()
        return response.headers.get("connection", "").lower() != "close"

    def exchange(self, data, what):
        """Sends and receives side by side, until all of it has come back."""
        sent, got = 0, self.reader.data
        self.reader.data = b""
        parts = [got] if got else []
        received = len(got)
        end = time.monotonic() + PATIENCE_S
        view = memoryview(data)
        while received < len(data):
            wanted = [self.socket] if sent < len(data) else []
            readable, writable, _ = select.select([self.socket], wanted, [], max(0, end - time.monotonic()))
            if not readable and not writable:
                raise TimeoutError
            if writable:
                sent += self.socket.send(view[sent : sent + 65536])
            if readable:
                piece = self.socket.recv(65536)
                if not piece:
                    whole = b"".join(parts)
                    if whole != data[: len(whole)]:
                        self.expect(whole, data[: len(whole)], what + " before its end")
                    raise EOFError
                parts.append(piece)
                received += len(piece)
                end = time.monotonic() + PATIENCE_S
        self.expect(b"".join(parts), data, what)

    def expect_end(self, what):
        self.socket.shutdown(socket.SHUT_WR)
        rest = self.socket.recv(100)
        if rest:
            raise Broken(f"{what}: {rest[:50]!r} came after the end")

    def request(self, path, body=None, extra=b""):
        head = b"%s %s HTTP/1.1\r\nHost: x\r\nX-Soak: %d\r\n" % (
            b"GET" if body is None else b"POST", path.encode(), self.chance.randrange(20),
        )  # fmt: skip
        if body is not None:
            head += b"Content-Length: %d\r\n" % len(body)
        return head + extra + b"\r\n" + (body or b"")

    # ── the mix ──

    def keep_alive(self):
        self.connect()
        for _ in range(self.chance.randrange(1, 8)):
            _, body = self.blob(60000)
            path = self.chance.choice(("/echo", f"/late/{self.chance.randrange(30)}"))
            self.socket.sendall(self.request(path, body))
            if not self.expect_response(body, "keep-alive"):
                return
        if self.chance.random() < 0.3:
            self.socket.sendall(self.request("/echo", b"last", b"Connection: close\r\n"))
            self.expect_response(b"last", "close")
            if not self.errors_asked() and self.socket.recv(1):
                raise Broken("close: bytes after the last response")

    def pipelined(self):
        self.connect()
        bodies = [self.blob(3000)[1] for _ in range(self.chance.randrange(2, 20))]
        self.socket.sendall(b"".join(self.request("/echo", body) for body in bodies))
        for body in bodies:
            if not self.expect_response(body, "pipelined"):
                return

    def upload(self):
        self.connect()
        _, body = self.blob(400000)
        head = b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        message = head + chunks(body, self.chance)
        at = 0
        while at < len(message):
            # With pauses, and in two, so that faults change within it.
            size = len(message) // self.chance.randrange(1, 4) + 1
            self.socket.sendall(message[at : at + size])
            at += size
            time.sleep(self.chance.random() * 0.1)
        self.expect_response(body, "upload")

    def download(self):
        self.connect()
        for _ in range(self.chance.randrange(1, 3)):
            start, body = self.blob(2 << 20)
            self.socket.sendall(self.request(f"/bytes/{start}/{len(body)}"))
            if not self.expect_response(body, "download"):
                return

    def slow_reader(self):
        self.connect(receive_bytes=4096)
        self.reader = SlowReader(self.socket, self.chance)
        start, body = self.blob(1 << 20)
        self.socket.sendall(self.request(f"/bytes/{start}/{len(body)}"))
        self.expect_response(body, "slow reader")

    def until_close(self):
        self.connect()
        start, body = self.blob(200000)
        self.socket.sendall(b"GET /bytes/%d/%d HTTP/1.0\r\n\r\n" % (start, len(body)))
        data = b""
        while piece := self.socket.recv(65536):
            data += piece
        head, _, rest = data.partition(b"\r\n\r\n")
        if b"x-shaketable-injected" in head:
            if not self.errors_asked():
                raise Broken(f"until close: {head!r}")
        elif b"x-shaketable: upstream refused" in head and self.soak.history.was_absent(self.born):
            self.soak.count("refused", 0)
        elif rest != body and self.excused(DESTRUCTIVE):
            self.expect(rest, body[: len(rest)], "until close")
        else:
            self.expect(rest, body, "until close")

    def opaque(self):
        self.connect()
        what = "opaque"
        self.exchange(b"\x00" + self.blob(300000)[1], what)
        for _ in range(self.chance.randrange(6)):
            self.exchange(self.blob(2000)[1], what)
            time.sleep(self.chance.random() * 0.2)
        self.expect_end(what)

    def upgrade(self):
        self.connect()
        self.socket.sendall(self.request("/up", None, b"Connection: Upgrade\r\nUpgrade: soak\r\n"))
        line, headers = self.reader.head()
        if "x-shaketable-injected" in headers:
            if not self.errors_asked():
                raise Broken(f"upgrade: {line}")
            return
        if self.refused(headers):
            return
        if line.split()[1] != "101":
            raise Broken(f"upgrade: {line}")
        for _ in range(self.chance.randrange(1, 8)):
            self.exchange(self.blob(100000)[1] or b"x", "upgraded")
            time.sleep(self.chance.random() * 0.1)
        self.expect_end("upgraded")

    def http2(self):
        if not self.soak.application.h2:
            return
        copies = self.chance.randrange(1, 4)
        self.since = time.monotonic()
        done = subprocess.run(
            ["nghttp", f"--multiply={copies}", f"http://127.0.0.1:{self.soak.port}/file"],
            capture_output=True, timeout=PATIENCE_S,
        )
        # Streams are printed as their pieces come: of several, only what there is in all is known.
        wanted = self.soak.blob[:H2_FILE_BYTES] * copies
        got = done.stdout
        if copies > 1:
            wanted, got = bytes(sorted(wanted)), bytes(sorted(got))
        if got != wanted and self.excused((*DESTRUCTIVE, "error")):
            self.soak.count("ended by a fault", 0)
            return
        self.expect(got, wanted, "HTTP/2")

    def health_check(self):
        self.connect()
        self.socket.sendall(self.request("/echo", b"healthy", b"User-Agent: ELB-HealthChecker/2.0\r\n"))
        response = self.reader.response()
        faulted = self.soak.history.between(self.since, ("scope",))
        if self.refused(response.headers):
            return
        if response.status != 200 and not any(faults["scope"].get("health_checks") for faults in faulted):
            raise Broken(f"health check: status {response.status}")
        self.soak.count("health check", len(response.body))

    def abort(self):
        """Leaves at any point, with a reset or without."""
        self.connect()
        start, body = self.blob(300000)
        message = self.chance.choice(
            (
                self.request("/echo", body),
                self.request(f"/bytes/{start}/{len(body)}") * 3,
                b"\x00" + body,
                self.request("/up", None, b"Connection: Upgrade\r\nUpgrade: soak\r\n"),
            )
        )
        self.socket.settimeout(1)
        try:
            self.socket.send(message[: int(len(message) * self.chance.random() * 1.2)])
            for _ in range(self.chance.randrange(4)):
                self.socket.recv(1000)
        except TimeoutError:
            pass
        if self.chance.random() < 0.5:
            self.reset()
        self.soak.count("aborted", 0)

    MIX = (
        [keep_alive] * 6 + [pipelined] * 2 + [upload] * 2 + [download] * 2 + [slow_reader, until_close]
        + [opaque] * 3 + [upgrade] * 2 + [health_check, abort, abort, http2]
    )  # fmt: skip

    def run(self):
        kind = self.chance.choice(self.MIX)
        try:
            kind(self)
        except (TimeoutError, subprocess.TimeoutExpired):
            raise Broken(f"{kind.__name__}: nothing came for {PATIENCE_S:.0f} s") from None
        except (OSError, EOFError) as problem:
            if kind is Client.abort or self.excused(DESTRUCTIVE):
                self.soak.count("ended by a fault", 0)
                return
            raise Broken(f"{kind.__name__}: {problem!r} without a fault that ends connections") from None
        finally:
            self.close()


def chunks(data, chance):
    out, at = [], 0
    while at < len(data):
        size = int(20000 ** chance.random()) + len(data) // 50
        part = data[at : at + size]
        out.append(b"%x\r\n%s\r\n" % (len(part), part))
        at += size
    return b"".join(out) + b"0\r\n\r\n"
