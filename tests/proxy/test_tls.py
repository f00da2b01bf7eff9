#!/usr/bin/env -S python3 -B
"""The stats socket over TCP: the console's key opens it, and nobody else is listened to."""
import atexit
import json
import os
import re
import resource
import shutil
import socket
import ssl
import stat
import subprocess
import tempfile
import threading
import time

from harness import *

HANDSHAKE_S = 5.0
STRANGERS_MAX = 128


class Keys:
    """What a console, or who would be one, shows: made once with openssl."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="shaketable-test-")
        atexit.register(shutil.rmtree, self.directory, ignore_errors=True)
        self.good = self.make("good", "ED25519")
        self.other = self.make("other", "ED25519")
        self.rsa = self.make("rsa", "RSA")
        self.ec = self.make("ec", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")

    def openssl(self, *arguments):
        return subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=self.directory).stdout

    def make(self, name, algorithm, *options):
        self.openssl("genpkey", "-algorithm", algorithm, *options, "-out", name + ".key")
        self.certify(name, name, "-days", "30")
        return name

    def certify(self, name, key, *options):
        self.openssl("req", "-new", "-x509", "-key", key + ".key", "-subj", "/CN=" + name, "-out", name + ".crt", *options)

    def pin(self, name):
        import hashlib

        return hashlib.sha256(self.openssl("pkey", "-in", name + ".key", "-pubout", "-outform", "DER")).hexdigest()

    def context(self, name=None, certificate=None, newest=ssl.TLSVersion.TLSv1_3):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.maximum_version = newest
        if name:
            path = os.path.join(self.directory, certificate or name)
            context.load_cert_chain(path + ".crt", os.path.join(self.directory, name + ".key"))
        return context


keys = Keys()


class TlsConsole(Console):
    def __init__(self, port, context=None):
        plain = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = (context or keys.context("good")).wrap_socket(plain)
        self.pending = b""
        self.ids = 0


def start(*options, pins=None, handle=echo_path, **more):
    upstream = Upstream(serve_http(handle))
    # What is freed shall be gone, or what is resident would tell nothing in a build with AddressSanitizer.
    sanitizer = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"
    environment = {"SHAKETABLE_CONSOLE_KEY": pins or keys.pin("good"), "ASAN_OPTIONS": sanitizer.strip(":")}
    proxy = Proxy(upstream.port, "--stats", "tcp:127.0.0.1:0", *options, environment=environment, **more)
    proxy.tcp = int(proxy.ready.rsplit(":", 1)[1])
    return upstream, proxy


def get(proxy, path="/"):
    with proxy.connect() as client:
        client.sendall(request(path))
        return Reader(client).response()


def faults_in_force(proxy):
    console = proxy.console()
    frame = console.subscribe(20)
    console.close()
    return frame["faults"]["latency"]["mean_ms"]


def resident_kb(proxy):
    with open(f"/proc/{proxy.process.pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))


def refusals(proxy):
    return [line for line in proxy.stderr().splitlines() if "stats socket: refused" in line]


def wait_for_refusal(proxy, words, count=0):
    """The lines are at most one a second, so the first of a proxy is always there."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if any(words in line for line in refusals(proxy)[count:]):
            return
        time.sleep(0.02)
    raise AssertionError(f"no line says {words!r}: {proxy.stderr()!r}")


def test_the_console_is_let_in():
    upstream, proxy = start()
    console = TlsConsole(proxy.tcp)
    assert console.socket.version() == "TLSv1.3"
    console.send(op="hello")
    assert console.line()["type"] == "hello"
    console.subscribe(20)
    console.set({"latency": {"mean_ms": 50}}, by="me@here")
    begin = time.monotonic()
    assert get(proxy).status == 200 and time.monotonic() - begin >= 0.05
    frame = console.until(lambda one: one["type"] == "stats" and one["requests"] == 1)
    assert frame["faults"]["latency"]["mean_ms"] == 50 and frame["set_by"] == "me@here"
    assert console.ask(op="renew", lease_ms=1000)["type"] == "ack"
    console.clear()
    assert faults_in_force(proxy) == 0
    console.close()
    proxy.stop()
    upstream.close()


def test_there_is_nothing_to_resume():
    upstream, proxy = start()
    context = keys.context("good")
    console = TlsConsole(proxy.tcp, context)
    console.send(op="hello")
    assert console.line()["type"] == "hello"
    assert not console.socket.session.has_ticket and not console.socket.session_reused
    assert console.socket.compression() is None
    console.close()
    proxy.stop()
    upstream.close()


def test_several_keys_and_several_sockets():
    pins = "sha256:" + keys.pin("other").upper() + " , " + keys.pin("good")
    upstream, proxy = start("--stats", "tcp:127.0.0.1:0", pins=pins)
    for port in re.findall(r"tcp:127.0.0.1:(\d+)", proxy.ready):
        for name in ("good", "other"):
            console = TlsConsole(int(port), keys.context(name))
            console.send(op="hello")
            assert console.line()["type"] == "hello"
            console.close()
    assert stat.S_IMODE(os.stat(proxy.stats_path).st_mode) == 0o600
    proxy.stop()
    upstream.close()


def test_dates_and_names_mean_nothing():
    """The key is pinned: an old certificate of it is as good as a new one."""
    keys.certify("expired", "good", "-days", "-1") if openssl_takes_negative_days() else None
    keys.certify("named", "good", "-days", "1", "-addext", "subjectAltName=DNS:example.org")
    upstream, proxy = start()
    for name in ("expired", "named"):
        if os.path.exists(os.path.join(keys.directory, name + ".crt")):
            console = TlsConsole(proxy.tcp, keys.context("good", certificate=name))
            console.send(op="hello")
            assert console.line()["type"] == "hello", name
            console.close()
    proxy.stop()
    upstream.close()


def openssl_takes_negative_days():
    try:
        keys.certify("probe", "good", "-days", "-1")
        return True
    except subprocess.CalledProcessError:
        return False


SET = b'{"op":"set","id":1,"lease_ms":60000,"faults":{"latency":{"mean_ms":5000}}}\n'


def knock(proxy, context):
    """Says it all at once, as who has no patience for an answer; returns what came back."""
    heard = b""
    try:
        with socket.create_connection(("127.0.0.1", proxy.tcp), timeout=PATIENCE) as plain:
            with context.wrap_socket(plain) as door:
                door.sendall(SET)
                while piece := door.recv(65536):
                    heard += piece
    except (ssl.SSLError, OSError) as error:
        return heard, str(error)
    return heard, ""


def test_strangers_with_tls_are_refused():
    for words, context in (
        ("shows no Ed25519 key", keys.context()),
        ("shows a key that is not the console's", keys.context("other")),
        ("shows no Ed25519 key", keys.context("rsa")),
        ("shows no Ed25519 key", keys.context("ec")),
        ("an older version", keys.context("good", newest=ssl.TLSVersion.TLSv1_2)),
    ):
        upstream, proxy = start()
        heard, error = knock(proxy, context)
        assert heard == b"" and "alert" in error.lower(), (words, heard, error)
        wait_for_refusal(proxy, words)
        assert len(refusals(proxy)) == 1 and "127.0.0.1:" in refusals(proxy)[0]
        assert faults_in_force(proxy) == 0
        proxy.stop()
        upstream.close()


def test_strangers_without_tls_are_refused():
    for speech in (
        SET,
        b'{"op":"hello"}\n' * 20,
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x80\x2e\x01\x00\x02" + bytes(60),  # SSL 2
        b"\x15\x03\x01\x00\x02\x02\x28",  # an alert, at once
        b"\x17\x03\x03\x00\x20" + bytes(32),  # data without a handshake
        b"\x14\x03\x03\x00\x01\x01" * 40,
        os.urandom(4000),
        bytes(4000),
    ):
        upstream, proxy = start()
        with socket.create_connection(("127.0.0.1", proxy.tcp), timeout=PATIENCE) as plain:
            plain.sendall(speech)
            heard = b""
            try:
                while piece := plain.recv(65536):
                    heard += piece
            except ConnectionResetError:
                pass
        assert b"{" not in heard and len(heard) < 64, (speech[:40], heard)
        wait_for_refusal(proxy, "refused 127.0.0.1:")
        assert faults_in_force(proxy) == 0
        assert get(proxy).status == 200
        proxy.stop()
        upstream.close()


def test_lines_about_strangers_are_few():
    upstream, proxy = start()
    begin = time.monotonic()
    for _ in range(60):
        with socket.create_connection(("127.0.0.1", proxy.tcp), timeout=PATIENCE) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
            plain.recv(1000)
    time.sleep(1.1)
    knock(proxy, keys.context("other"))
    wait_for_refusal(proxy, "others since the last such line")
    lines = refusals(proxy)
    assert len(lines) <= 1 + time.monotonic() - begin, lines
    assert sum(1 + int((re.search(r"and (\d+) others", line) or [0, 0])[1]) for line in lines) == 61, lines
    proxy.stop()
    upstream.close()


def hello_bytes():
    context = keys.context("good")
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        context.wrap_bio(incoming, outgoing).do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def is_open(plain):
    plain.setblocking(False)
    try:
        while plain.recv(65536):
            pass
        return False
    except BlockingIOError:
        return True
    except OSError:
        return False


def test_a_flood_of_strangers_does_not_shut_out_the_console():
    hello = hello_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    many = min(2000, hard - 200)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, many + 200)), hard))
    for speech in (b"", hello[:60], hello):
        upstream, proxy = start()
        inside = TlsConsole(proxy.tcp)
        inside.send(op="hello")
        assert inside.line()["type"] == "hello"
        before = resident_kb(proxy)
        strangers = []
        stop = threading.Event()

        def flood():
            while not stop.is_set():
                try:
                    plain = socket.create_connection(("127.0.0.1", proxy.tcp), timeout=PATIENCE)
                    strangers.append(plain)
                    plain.sendall(speech)
                except OSError:
                    pass  # it was dropped in this moment
                if len(strangers) >= many:
                    return

        thread = threading.Thread(target=flood)
        thread.start()
        latencies = 0
        while thread.is_alive():
            latencies += 1
            inside.set({"latency": {"mean_ms": latencies % 100}})
        for _ in range(3):
            late = TlsConsole(proxy.tcp)
            late.set({"latency": {"mean_ms": 1}})
            late.close()
        assert get(proxy).status == 200
        # Most have been dropped: the rest are within the bound.
        alive = sum(is_open(plain) for plain in strangers)
        assert alive <= STRANGERS_MAX, (alive, len(speech))
        grown = resident_kb(proxy) - before
        assert grown < 65536, f"{grown} KB more for {len(strangers)} strangers that sent {len(speech)} bytes"
        stop.set()
        for plain in strangers:
            plain.close()
        inside.set({})
        proxy.stop()
        upstream.close()


def test_a_slow_console_outlasts_a_flood_from_elsewhere():
    """One too many drops one of those from where most come from."""
    upstream, proxy = start()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    door = keys.context("good").wrap_bio(incoming, outgoing)
    with socket.create_connection(("127.0.0.1", proxy.tcp), timeout=PATIENCE) as plain:
        begin = time.monotonic()
        finished = False
        while not finished:
            try:
                door.do_handshake()
                finished = True
            except ssl.SSLWantReadError:
                plain.sendall(outgoing.read())
                incoming.write(plain.recv(65536))
        strangers = [
            socket.create_connection(("127.0.0.1", proxy.tcp), PATIENCE, ("127.0.0.2", 0))
            for _ in range(2 * STRANGERS_MAX)
        ]
        deadline = time.monotonic() + PATIENCE
        while sum(is_open(one) for one in strangers) >= STRANGERS_MAX and time.monotonic() < deadline:
            time.sleep(0.01)
        if time.monotonic() - begin < HANDSHAKE_S - 1:  # else the machine is too slow to tell
            plain.sendall(outgoing.read())  # its last word
            door.write(b'{"op":"hello"}\n')
            plain.sendall(outgoing.read())
            assert plain.recv(65536) != b""
        for one in strangers:
            one.close()
    proxy.stop()
    upstream.close()


def test_who_does_not_finish_its_handshake_is_dropped():
    hello = hello_bytes()
    upstream, proxy = start()
    begin = time.monotonic()
    knocks = []
    for speech in (b"", hello[:1], hello[:100], hello):
        plain = socket.create_connection(("127.0.0.1", proxy.tcp), timeout=PATIENCE)
        plain.sendall(speech)
        knocks.append(plain)
    for plain in knocks:
        while plain.recv(65536):
            pass
        assert time.monotonic() - begin >= HANDSHAKE_S - 0.05
        plain.close()
    wait_for_refusal(proxy, "says nothing")
    proxy.stop()
    upstream.close()


def test_a_byte_at_a_time_is_a_handshake_too():
    upstream, proxy = start()
    context = keys.context("good")
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    door = context.wrap_bio(incoming, outgoing)
    with socket.create_connection(("127.0.0.1", proxy.tcp), timeout=PATIENCE) as plain:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def send():
            for byte in outgoing.read():
                plain.sendall(bytes([byte]))

        while True:
            try:
                door.do_handshake()
                break
            except ssl.SSLWantReadError:
                send()
                incoming.write(plain.recv(65536))
        door.write(b'{"op":"hel')
        send()
        door.write(b'lo"}\n')
        send()
        while True:
            try:
                assert json.loads(door.read())["type"] == "hello"
                break
            except ssl.SSLWantReadError:
                incoming.write(plain.recv(65536))
    proxy.stop()
    upstream.close()


def test_half_lines_huge_lines_and_wrong_types():
    upstream, proxy = start()
    console = TlsConsole(proxy.tcp)
    for part in (b'{"op"', b':"hello"', b"}", b"\n"):
        console.socket.sendall(part)
        time.sleep(0.02)
    assert console.line()["type"] == "hello"
    console.socket.sendall(b"x" * 3000000 + b"\n" + b'{"op":"hello"}\n')
    answer = console.line()
    assert answer["type"] == "error" and "16384" in answer["message"], answer
    assert console.line()["type"] == "hello"
    for line in (b"", b"x", b"[]", b'{"op":1}', b'{"op":"set","lease_ms":"1000","faults":{}}', b"\xff\xfe\x00", b"[" * 5000):
        console.socket.sendall(line + b"\n")
        assert console.line()["type"] == "error", line
    console.socket.sendall(b'{"op":"set","id":3,"faults":{"latency":{"mean_ms":9000}},"lease_ms":60000')  # never ended
    console.close()
    assert faults_in_force(proxy) == 0
    proxy.stop()
    upstream.close()


def test_garbage_after_the_handshake_ends_it():
    for garbage in (SET, os.urandom(1000), b"\x17\x03\x03\x00\x40" + bytes(64), b"\x16\x03\x03\x00\x04\x01\x00\x00\x00"):
        upstream, proxy = start()
        console = TlsConsole(proxy.tcp)
        console.set({"latency": {"mean_ms": 7}})
        plain = socket.socket(fileno=os.dup(console.socket.fileno()))
        plain.settimeout(PATIENCE)
        plain.sendall(garbage)
        try:
            while plain.recv(65536):
                pass
        except ConnectionResetError:
            pass
        plain.close()
        console.close()
        assert faults_in_force(proxy) == 7
        proxy.stop()
        upstream.close()


def test_a_slow_subscriber_holds_up_nobody():
    upstream, proxy = start()
    stuck = [TlsConsole(proxy.tcp) for _ in range(5)]
    for console in stuck:
        console.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        console.send(op="subscribe", interval_ms=20)
    console = TlsConsole(proxy.tcp)
    for _ in range(40):
        console.set({"latency": {"mean_ms": 1}})
        assert get(proxy).status == 200
    proxy.stop()
    upstream.close()


def test_who_asks_and_does_not_read_is_dropped():
    upstream, proxy = start()
    before = resident_kb(proxy)
    console = TlsConsole(proxy.tcp)
    console.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    asked = 0
    try:
        while asked < 2000000:
            console.socket.sendall(b'{"op":"hello"}\n' * 1000)
            asked += 1000
        raise AssertionError("never dropped")
    except OSError:
        pass
    assert resident_kb(proxy) - before < 65536
    other = TlsConsole(proxy.tcp)
    other.set({"latency": {"mean_ms": 1}})
    proxy.stop()
    upstream.close()


def test_at_most_64_consoles():
    upstream, proxy = start()
    context = keys.context("good")
    consoles = [TlsConsole(proxy.tcp, context) for _ in range(64)]
    for console in consoles:
        console.send(op="hello")
        assert console.line()["type"] == "hello"
    one_more = TlsConsole(proxy.tcp, context)
    answer = one_more.line()
    assert answer["type"] == "error" and "64" in answer["message"]
    try:
        one_more.line()
        raise AssertionError("not closed")
    except (EOFError, OSError):
        pass
    consoles.pop().close()
    end = time.monotonic() + PATIENCE
    while True:
        try:
            again = TlsConsole(proxy.tcp, context)
            again.send(op="hello")
            if again.line()["type"] == "hello":
                break
        except (EOFError, OSError):
            pass
        assert time.monotonic() < end
    proxy.stop()
    upstream.close()


def test_consoles_that_come_and_go():
    upstream, proxy = start()
    context = keys.context("good")
    for i in range(100):
        console = TlsConsole(proxy.tcp, context)
        console.send(op="subscribe", interval_ms=20)
        if i % 3 == 0:
            console.line()
        if i % 2 == 0:
            console.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        console.close()
    console = TlsConsole(proxy.tcp, context)
    console.clear()
    proxy.stop()  # with consoles and strangers connected
    upstream.close()


def test_it_ends_with_strangers_at_the_door():
    upstream, proxy = start()
    knocks = [socket.create_connection(("127.0.0.1", proxy.tcp)) for _ in range(10)]
    knocks[0].sendall(hello_bytes())
    TlsConsole(proxy.tcp)
    proxy.stop()
    for plain in knocks:
        plain.close()
    upstream.close()


def test_without_a_key_there_is_no_tcp():
    base = [PROXY, "--listen", "127.0.0.1:0", "--upstream", "127.0.0.1:1", "--stats", "tcp:127.0.0.1:0"]
    environment = {name: value for name, value in os.environ.items() if name != "SHAKETABLE_CONSOLE_KEY"}
    for value, words in (
        (None, "SHAKETABLE_CONSOLE_KEY, which is not set"),
        ("", "which is not set"),
        ("x", "64 hexadecimal digits"),
        (keys.pin("good")[:-1], "64 hexadecimal digits"),
        (keys.pin("good") + ",", "64 hexadecimal digits"),
        (",".join([keys.pin("good")] * 17), "at most 16"),
    ):
        given = dict(environment, **({} if value is None else {"SHAKETABLE_CONSOLE_KEY": value}))
        done = subprocess.run(base, capture_output=True, timeout=PATIENCE, text=True, env=given)
        assert done.returncode == 2 and words in done.stderr, (value, done.returncode, done.stderr)
    # A Unix socket needs none.
    upstream = Upstream(serve_http(echo_path))
    proxy = Proxy(upstream.port)
    proxy.console().clear()
    proxy.stop()
    upstream.close()


if __name__ == "__main__":
    run(globals())
