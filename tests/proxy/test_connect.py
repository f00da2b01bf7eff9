#!/usr/bin/env -S python3 -B
"""--connect: an HTTP CONNECT proxy whose faults are for the tunnels to one place, and for no other."""
import concurrent.futures
import os
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time

from harness import PATIENCE, Proxy, Reader, Upstream, quantile, request, run, serve_http

BIG = os.urandom(300000)
scratch = tempfile.mkdtemp(prefix="shaketable-test-")
CERTIFICATE = os.path.join(scratch, "certificate.pem")


def make_certificate():
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-keyout", os.path.join(scratch, "key.pem"), "-out", CERTIFICATE, "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        check=True, capture_output=True,
    )


def answer(method, path, headers, body):
    if path == "/big":
        return 200, BIG
    return 200, path.encode() + b" " + body


def tls_server(handle=answer):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, os.path.join(scratch, "key.pem"))
    serve = serve_http(handle)

    def secure(connection):
        with context.wrap_socket(connection, server_side=True) as inside:
            serve(inside)

    return Upstream(secure)


def trust():
    return ssl.create_default_context(cafile=CERTIFICATE)


def ask(proxy, authority, early=b""):
    """A socket on which CONNECT was asked for, and its answer."""
    client = proxy.connect()
    client.sendall(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode() + early)
    reader = Reader(client)
    line, headers = reader.head()
    status = int(line.split()[1])
    body = reader.body(headers) if status != 200 else b""
    return client, status, body, reader.data


def counted(sums):
    return {name: count for name, count in sums["outcomes"].items() if count}


class Tunnel:
    """HTTP in TLS through the proxy."""

    def __init__(self, proxy, authority):
        client, status, body, _ = ask(proxy, authority)
        assert status == 200, body
        self.socket = trust().wrap_socket(client, server_hostname=authority.rsplit(":", 1)[0])
        self.reader = Reader(self.socket)

    def get(self, path="/x", body=None):
        self.socket.sendall(request(path, "POST" if body else "GET", body))
        return self.reader.response().body

    def close(self):
        self.socket.close()


class Watcher:
    """Sees all frames: a console that asks for something passes over those that come before the answer."""

    def __init__(self, proxy):
        self.console = proxy.console()
        self.console.subscribe()

    def sum(self, done):
        try:
            return self.console.sum(done)
        finally:
            self.console.close()


class Scene:
    """The named dependency (localhost), another one (127.0.0.1), the proxy and a console."""

    def __init__(self, *options):
        self.meant, self.other = tls_server(), tls_server()
        self.to = f"localhost:{self.meant.port}"
        self.elsewhere = f"127.0.0.1:{self.other.port}"
        self.proxy = Proxy(["--connect", self.to], *options)
        self.console = self.proxy.console()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.console.close()
        if kind:
            print(self.proxy.stderr())
            self.proxy.kill()
        else:
            self.proxy.stop()
        self.meant.close()
        self.other.close()


def curl(scene, *words, url=None):
    done = subprocess.run(
        ["curl", "-sS", "--proxy", f"http://127.0.0.1:{scene.proxy.port}", "--cacert", CERTIFICATE, "-m", str(PATIENCE),
         "-w", " %{http_code} %{http_connect}", *words, url or f"https://{scene.to}/path"],
        capture_output=True, text=True, env=dict(os.environ, NO_PROXY="", no_proxy=""),
    )
    return done.returncode, done.stdout, done.stderr


def test_curl_goes_through_it():
    with Scene() as scene:
        assert curl(scene)[:2] == (0, "/path  200 200")
        assert curl(scene, url=f"https://{scene.elsewhere}/path")[:2] == (0, "/path  200 200")
        # Two of them through one connection of curl's, and a body each way.
        code, out, errors = curl(scene, "--data-binary", "@/dev/null", "-o", "/dev/null", f"https://{scene.to}/big")
        assert code == 0, errors
        assert scene.meant.accepted == 2 and scene.other.accepted == 1


def test_round_trips_of_a_tunnel_are_measured():
    with Scene() as scene:
        scene.console.subscribe()
        tunnel = Tunnel(scene.proxy, scene.to)
        for _ in range(10):
            assert tunnel.get() == b"/x "
        assert tunnel.get("/big") == BIG
        assert tunnel.get("/up", BIG) == b"/up " + BIG
        tunnel.close()
        # CONNECT, TLS's handshake and 12 calls; the farewell has no answer.
        sums = scene.console.sum(lambda sums, frame: sums["requests"] and frame["connections"]["open"] == 0)
        assert sums["requests"] == sum(sums["histograms"]["round_trip"].values()), sums
        assert 14 <= sums["requests"] <= 15, sums  # the session tickets may come before the first call
        assert sums["faulted"] == 0 and not sums["scoped"], sums
        assert counted(sums) == {"answered": sums["requests"]}, sums


def test_session_tickets_are_no_answer():
    slow = 0.1

    def after_a_while(method, path, headers, body):
        threading.Event().wait(slow)
        return 200, b"slow"

    with Scene() as scene:
        server = tls_server(after_a_while)
        scene.console.subscribe()
        for _ in range(10):  # with a connection for each, so that every request comes with the handshake's end
            tunnel = Tunnel(scene.proxy, f"localhost:{server.port}")
            assert tunnel.get() == b"slow"
            tunnel.close()
        sums = scene.console.sum(
            lambda sums, frame: sums["requests"] >= 30 and frame["connections"]["open"] == 0
        )
        calls = sum(count for us, count in sums["histograms"]["round_trip"].items() if us >= slow * 900000)
        assert calls == 10, sums["histograms"]["round_trip"]
        assert counted(sums) == {"answered": sums["requests"]}, sums
        server.close()


def test_latency_is_added_to_each_turn():
    with Scene() as scene:
        kept, other = Tunnel(scene.proxy, scene.to), Tunnel(scene.proxy, scene.elsewhere)
        for tunnel in (kept, other, kept, other):  # what the handshake leaves behind
            assert tunnel.get() == b"/x "
        for direction in ("request", "response", "both"):
            scene.console.subscribe()
            scene.console.set({"latency": {"mean_ms": 100}, "scope": {"direction": direction}})
            for _ in range(3):
                begin = time.monotonic()
                assert kept.get() == b"/x "
                assert time.monotonic() - begin >= 0.1
            for _ in range(5):
                assert other.get() == b"/x "
            sums = scene.console.sum(
                lambda sums, _: sums["scoped"].get("answered") == 3 and sums["control"].get("answered") == 5
            )
            scoped = sums["histograms"]["scoped_round_trip"]
            assert min(scoped) >= 99000 and sums["faulted"] == 3, sums
            assert min(sums["histograms"]["injected_asked"]) >= 99000
            assert quantile(sums["histograms"]["control_round_trip"], 0.5) < 99000
            assert quantile(sums["histograms"]["scoped_service"], 0.5) < 99000
            assert quantile(sums["histograms"]["lateness"], 0.5) < 50000
        scene.console.clear()
        kept.close()
        other.close()


def test_latency_slows_the_connecting_down_once():
    with Scene() as scene:
        scene.console.set({"latency": {"mean_ms": 200}})
        begin = time.monotonic()
        client, status, _, _ = ask(scene.proxy, scene.to)
        took = time.monotonic() - begin
        assert status == 200 and 0.2 <= took, took
        client.close()
        begin = time.monotonic()
        code, out, errors = curl(scene)
        assert (code, out) == (0, "/path  200 200") and time.monotonic() - begin >= 0.6, errors


FAULTS = [
    {"latency": {"mean_ms": 20, "jitter_ms": 10, "distribution": "normal"}, "scope": {"direction": "both"}},
    {"loss": {"percent": 2}, "scope": {"direction": "both"}},
    {"bandwidth": {"bytes_per_s": 2000000}},
    {"slice": {"bytes": 30000, "delay_ms": 1}},
    {"latency": {"mean_ms": 5}, "loss": {"percent": 1}, "bandwidth": {"bytes_per_s": 5000000}, "slow_close": {"delay_ms": 50}},
]


def test_tls_stays_intact_under_each_fault():
    with Scene() as scene:
        for faults in FAULTS:
            scene.console.set(faults)
            tunnel = Tunnel(scene.proxy, scene.to)
            for i in range(3):
                assert tunnel.get(f"/{i}") == f"/{i} ".encode()
            assert tunnel.get("/big") == BIG and tunnel.get("/up", BIG) == b"/up " + BIG
            tunnel.close()
        scene.console.clear()


def test_what_the_faults_do_to_tunnels_there_they_do_not_do_elsewhere():
    harsh = [
        {"error": {"percent": 100, "status": 503}},
        {"reset": {"percent": 100}},
        {"reset": {"percent": 100, "at": "response"}},
        {"reset": {"percent": 100, "at": "accept"}},
        {"blackhole": {"percent": 100}},
        {"blackhole": {"percent": 100, "per": "connection"}},
        {"limit": {"bytes": 1}},
        {"latency": {"mean_ms": 60000}, "slow_close": {"delay_ms": 60000}},
        {"bandwidth": {"bytes_per_s": 100}},
        {"latency": {"mean_ms": 60000}, "scope": {"health_checks": True, "direction": "request"}},
    ]
    with Scene() as scene:
        kept = Tunnel(scene.proxy, scene.elsewhere)
        watcher = Watcher(scene.proxy)
        for faults in harsh:
            scene.console.set(faults)
            fresh = Tunnel(scene.proxy, scene.elsewhere)
            for tunnel in (kept, fresh):
                assert tunnel.get() == b"/x " and tunnel.get("/big") == BIG
            fresh.close()
        sums = watcher.sum(lambda sums, _: sums["control"].get("answered", 0) >= 6 * len(harsh))
        assert not sums["scoped"] and sums["faulted"] == 0 and set(counted(sums)) == {"answered"}, sums
        scene.console.clear()
        kept.close()


def ends(connection):
    """How the connection ends, below TLS: "reset" or "end"."""
    with socket.socket(fileno=os.dup(connection.fileno())) as raw:
        raw.settimeout(PATIENCE)
        try:
            while raw.recv(65536):
                pass
            return "end"
        except ConnectionResetError:
            return "reset"


def test_errors_are_answers_to_connect():
    with Scene() as scene:
        kept = Tunnel(scene.proxy, scene.to)
        watcher = Watcher(scene.proxy)
        scene.console.set({"error": {"percent": 100, "status": 503, "body": "no"}})
        client, status, body, _ = ask(scene.proxy, scene.to)
        assert (status, body) == (503, b"no")
        # The connection can be used again, once the fault is gone.
        scene.console.clear()
        client.sendall(f"CONNECT {scene.to} HTTP/1.1\r\n\r\n".encode())
        assert Reader(client).head()[0].split()[1] == "200"
        client.close()
        scene.console.set({"error": {"percent": 100, "status": 502}})
        code, out, errors = curl(scene)
        assert code == 56 and out.endswith("000 502") and "502" in errors, (code, out, errors)
        assert kept.get() == b"/x "  # inside TLS there is nothing to answer with
        sums = watcher.sum(lambda sums, _: sums["outcomes"].get("injected_error") == 2)
        assert sums["scoped"]["injected_error"] == 2
        kept.close()


def test_resets():
    with Scene() as scene:
        kept = Tunnel(scene.proxy, scene.to)
        watcher = Watcher(scene.proxy)
        scene.console.set({"reset": {"percent": 100}})
        kept.socket.sendall(request("/x"))
        assert ends(kept.socket) == "reset"
        for at in ("request", "accept"):
            scene.console.set({"reset": {"percent": 100, "at": at}})
            client = scene.proxy.connect()
            client.sendall(f"CONNECT {scene.to} HTTP/1.1\r\n\r\n".encode())
            assert ends(client) == "reset", at
        scene.console.clear()
        kept = Tunnel(scene.proxy, scene.to)
        assert kept.get() == b"/x "
        scene.console.set({"reset": {"percent": 100, "at": "response"}})
        kept.socket.sendall(request("/big"))
        assert ends(kept.socket) == "reset"
        sums = watcher.sum(lambda sums, _: sums["scoped"].get("reset", 0) >= 3)
        assert sums["outcomes"]["reset"] >= 4, sums


def test_clearing_lets_everything_go_at_once():
    faults = [
        {"latency": {"mean_ms": 60000}},
        {"latency": {"mean_ms": 60000}, "scope": {"direction": "request"}},
        {"blackhole": {"percent": 100}},
        {"bandwidth": {"bytes_per_s": 100}},
    ]
    with Scene() as scene:
        for fault in faults:
            kept, other = Tunnel(scene.proxy, scene.to), Tunnel(scene.proxy, scene.elsewhere)
            scene.console.subscribe()
            scene.console.set(fault)
            fresh = scene.proxy.connect()
            fresh.sendall(f"CONNECT {scene.to} HTTP/1.1\r\n\r\n".encode())
            kept.socket.sendall(request("/x"))
            assert other.get() == b"/x "
            kept.socket.settimeout(0.2)
            try:
                assert not kept.socket.recv(1), "not held"
            except TimeoutError:
                pass
            begin = time.monotonic()
            scene.console.clear()
            kept.socket.settimeout(PATIENCE)
            assert kept.reader.response().body == b"/x "
            assert Reader(fresh).head()[0].split()[1] == "200"
            assert time.monotonic() - begin < PATIENCE / 2
            for one in (kept, other, fresh):
                one.close()


def test_a_blackhole_is_counted_and_leaves_nothing():
    with Scene() as scene:
        scene.console.subscribe()
        scene.console.set({"blackhole": {"percent": 100}})
        clients = [scene.proxy.connect() for _ in range(5)]
        for client in clients:
            client.sendall(f"CONNECT {scene.to} HTTP/1.1\r\n\r\n".encode())
        scene.console.sum(lambda sums, _: sums["scoped"].get("blackholed") == 5)
        for client in clients:
            client.close()
        scene.console.sum(lambda _, frame: frame["connections"]["open"] == 0)


def test_the_name_counts_in_any_case_and_only_with_its_port():
    with Scene() as scene:
        scene.console.set({"error": {"percent": 100, "status": 503}})
        for authority in (scene.to.upper(), scene.to.replace(":", ".:")):
            assert ask(scene.proxy, authority)[1] == 503, authority
        for authority in (f"localhost:{scene.other.port}", f"127.0.0.1:{scene.meant.port}", f"[::1]:{scene.meant.port}"):
            assert ask(scene.proxy, authority)[1] in (200, 502), authority


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_what_cannot_be_reached_is_told():
    with Scene() as scene:
        scene.console.subscribe()
        port = free_port()
        _, status, body, _ = ask(scene.proxy, f"127.0.0.1:{port}")
        assert status == 502 and b"Connection refused" in body and str(port).encode() in body, body
        _, status, body, _ = ask(scene.proxy, "no-such-host.invalid:443")
        assert status == 502 and b"no-such-host.invalid" in body and b"refused" not in body, body
        code, out, errors = curl(scene, url=f"https://127.0.0.1:{port}/")
        assert code == 56 and out.endswith("000 502"), (code, out, errors)
        sums = scene.console.sum(lambda sums, _: sums["outcomes"].get("upstream_refused") == 3)
        assert set(counted(sums)) == {"upstream_refused"}, sums


def test_a_client_that_leaves_while_it_is_dialled():
    """Nothing goes on being dialled for it: that could take 20 s, and a thread."""
    deaf = socket.socket()
    deaf.bind(("127.0.0.1", 0))
    deaf.listen(0)
    fillers = [socket.socket() for _ in range(4)]
    for filler in fillers:
        filler.setblocking(False)
        filler.connect_ex(deaf.getsockname())

    def dialling():
        wanted = f"0100007F:{deaf.getsockname()[1]:04X}"
        with open("/proc/net/tcp", encoding="ascii") as table:
            return sum(line.split()[2:4] == [wanted, "02"] for line in table)

    def until(met):
        end = time.monotonic() + PATIENCE / 2
        while not met() and time.monotonic() < end:
            time.sleep(0.02)
        assert met()

    others = dialling()
    with Scene() as scene:
        client = scene.proxy.connect()
        client.sendall(f"CONNECT 127.0.0.1:{deaf.getsockname()[1]} HTTP/1.1\r\n\r\n".encode())
        until(lambda: dialling() > others)
        client.close()
        until(lambda: dialling() <= others)
    for one in (deaf, *fillers):
        one.close()


def test_requests_that_are_no_connect():
    with Scene() as scene:
        code, out, errors = curl(scene, url="http://localhost/x")
        assert code == 0 and out.endswith("405 000") and "CONNECT alone" in out, (code, out, errors)

        def said(data):
            with scene.proxy.connect() as client:
                client.sendall(data)
                client.shutdown(socket.SHUT_WR)
                return b"".join(iter(lambda: client.recv(65536), b""))

        for data, status in [
            (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 405),
            (b"CONNECT localhost HTTP/1.1\r\n\r\n", 400),
            (b"CONNECT localhost:0 HTTP/1.1\r\n\r\n", 400),
            (b"CONNECT localhost:70000 HTTP/1.1\r\n\r\n", 400),
            (b"CONNECT user@localhost:443 HTTP/1.1\r\n\r\n", 400),
            (b"CONNECT https://localhost:443/ HTTP/1.1\r\n\r\n", 400),
            (b"CONNECT ::1:443 HTTP/1.1\r\n\r\n", 400),
            (b"CONNECT localhost:443 HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", 400),
            (b"CONNECT localhost:443 HTTP/1.1\r\nno colon\r\n\r\n", 400),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
            (b"\x16\x03\x01garbage\r\n\r\n", 400),
            (b"CONNECT localhost:443 HTTP/1.1\r\nX: " + b"y" * 20000 + b"\r\n\r\n", 431),
        ]:
            answer = said(data)
            assert answer.startswith(f"HTTP/1.1 {status} ".encode()), (data[:60], answer[:200])
            head, body = answer.split(b"\r\n\r\n", 1)
            assert f"Content-Length: {len(body)}".encode() in head and b"Proxy-Agent" not in head, answer
        assert said(b"CONNECT localh") in (b"",) and said(b"") == b""


def counting(connection):
    """Reads to the end, then says how much it was, in a second way that is only then over."""
    total = 0
    while piece := connection.recv(65536):
        total += len(piece)
    connection.sendall(str(total).encode())


def test_each_way_ends_by_itself():
    with Scene() as scene:
        counter = Upstream(counting)
        talker = Upstream(lambda connection: (connection.sendall(BIG), connection.shutdown(socket.SHUT_WR), counting(connection)))
        for early in (b"", b"abc"):
            client, status, _, more = ask(scene.proxy, f"127.0.0.1:{counter.port}", early)
            assert status == 200
            client.sendall(BIG)
            client.shutdown(socket.SHUT_WR)
            assert more + b"".join(iter(lambda: client.recv(65536), b"")) == str(len(BIG) + len(early)).encode()
            client.close()
        client, status, _, more = ask(scene.proxy, f"127.0.0.1:{talker.port}")
        got = len(more)
        while piece := client.recv(65536):  # its end comes while ours is open
            got += len(piece)
        assert got == len(BIG)
        client.sendall(b"x" * 1000)
        client.close()
        counter.close()
        talker.close()


def abrupt(connection):
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_a_reset_goes_through():
    with Scene() as scene:
        breaker = Upstream(abrupt)
        scene.console.subscribe()
        client, status, _, _ = ask(scene.proxy, f"127.0.0.1:{breaker.port}")
        assert status == 200
        client.sendall(b"x")
        assert ends(client) == "reset"
        scene.console.sum(lambda sums, _: sums["outcomes"].get("upstream_failed") == 1)
        breaker.close()


def test_many_at_once():
    with Scene("--threads", "2") as scene:
        scene.console.set({"latency": {"mean_ms": 5}})

        def one(i):
            tunnel = Tunnel(scene.proxy, scene.elsewhere if i % 2 else scene.to)
            for path in ("/a", "/b"):
                assert tunnel.get(path) == path.encode() + b" "
            assert tunnel.get("/big") == BIG
            tunnel.close()

        with concurrent.futures.ThreadPoolExecutor(50) as pool:
            list(pool.map(one, range(50)))
        scene.console.subscribe()
        scene.console.sum(lambda _, frame: frame["connections"]["open"] == 0)
        # The relay's two, the gate's two, are all gone: what is left does not grow.
        end = time.monotonic() + PATIENCE
        while scene.proxy.descriptors()["socket"] > 12:
            assert time.monotonic() < end, scene.proxy.descriptors()
            time.sleep(0.05)


def test_an_idle_tunnel_costs_nothing():
    with Scene() as scene:
        tunnels = [Tunnel(scene.proxy, scene.to) for _ in range(5)]
        half, _, _, _ = ask(scene.proxy, scene.to)
        half.shutdown(socket.SHUT_WR)

        def spent():
            with open(f"/proc/{scene.proxy.process.pid}/stat") as text:
                return sum(int(word) for word in text.read().rsplit(")", 1)[1].split()[11:13]) / os.sysconf("SC_CLK_TCK")

        before, begin = spent(), time.monotonic()
        threading.Event().wait(1)
        # Loops that turn on nothing would take all of it.
        assert spent() - before < (time.monotonic() - begin) / 4
        for tunnel in tunnels:
            assert tunnel.get() == b"/x "
            tunnel.close()
        half.close()


def test_sigterm_with_tunnels_open():
    scene = Scene()
    tunnels = [Tunnel(scene.proxy, scene.to) for _ in range(5)]
    hanging = scene.proxy.connect()
    hanging.sendall(b"CONNECT loc")
    scene.proxy.process.send_signal(signal.SIGTERM)
    assert tunnels[0].get() == b"/x "  # while it drains
    scene.console.close()
    scene.proxy.stop()
    for tunnel in tunnels:
        try:
            assert tunnel.socket.recv(1) == b""
        except OSError:
            pass
        tunnel.close()
    hanging.close()
    scene.meant.close()
    scene.other.close()


def test_other_addresses_than_loopback_are_refused():
    for listen in ("0.0.0.0:0", ":0", "[::]:0"):
        done = subprocess.run(
            [os.path.join(os.environ.get("top_builddir", "."), "shaketable-proxy"), "--listen", listen, "--connect", "a:1"],
            capture_output=True, text=True, timeout=PATIENCE,
        )
        assert done.returncode == 2 and "open proxy" in done.stderr and done.stdout == "", (listen, done)


if __name__ == "__main__":
    try:
        make_certificate()
        run(globals())
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
