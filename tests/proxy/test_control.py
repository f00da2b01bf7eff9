#!/usr/bin/env -S python3 -B
"""The stats socket, the lease, limits, the command line and the end."""
import json
import os
import resource
import signal
import socket
import stat
import subprocess
import threading
import time

from harness import *


def start(*options, handle=echo_path, **more):
    upstream = Upstream(serve_http(handle))
    return upstream, Proxy(upstream.port, *options, **more)


def get(proxy, path="/"):
    with proxy.connect() as client:
        client.sendall(request(path))
        return Reader(client).response()


def test_hello():
    upstream, proxy = start("--task", "arn:aws:ecs:x:1:task/c/1")
    console = proxy.console()
    console.send(op="hello")
    hello = console.line()
    assert hello["type"] == "hello" and hello["protocol"] == 1 and hello["pid"] == proxy.process.pid
    assert hello["task"] == "arn:aws:ecs:x:1:task/c/1" and "latency" in hello["capabilities"]
    assert stat.S_IMODE(os.stat(proxy.stats_path).st_mode) == 0o600
    proxy.stop()
    upstream.close()
    upstream, proxy = start(environment={"SHAKETABLE_TASK": "from-environment"})
    console = proxy.console()
    console.send(op="hello")
    other = console.line()
    assert other["task"] == "from-environment" and other["id"] != hello["id"]
    proxy.stop()
    upstream.close()


def test_lease_ends_by_itself():
    upstream, proxy = start()
    console = proxy.console()
    console.set({"error": {"percent": 100}}, lease_ms=800, by="alice")
    frame = console.subscribe(50)
    assert frame["set_by"] == "alice" and 0 < frame["lease_left_ms"] <= 800
    assert get(proxy).status == 503
    for _ in range(6):
        time.sleep(0.25)
        assert console.ask(op="renew", lease_ms=800)["type"] == "ack"
    assert get(proxy).status == 503
    frame = console.until(lambda one: one["type"] == "stats" and one["faults"]["error"]["percent"] == 0)
    assert frame["lease_left_ms"] == 0 and frame["set_by"] == ""
    assert get(proxy).status == 200
    answer = console.ask(op="renew", lease_ms=800)
    assert answer["type"] == "error" and answer["code"] == "conflict", answer
    proxy.stop()
    upstream.close()


def test_lease_end_releases_what_is_held():
    upstream, proxy = start()
    console = proxy.console()
    console.set({"latency": {"mean_ms": 30000}}, lease_ms=600)
    assert get(proxy, "/held").body == b"/held "
    proxy.stop()
    upstream.close()


def test_deadline():
    upstream, proxy = start()
    console = proxy.console()
    console.set({"error": {"percent": 100}}, deadline=int(time.time() * 1000) + 700)
    assert get(proxy).status == 503
    time.sleep(0.3)
    assert console.ask(op="renew", lease_ms=60000)["type"] == "ack"
    console.subscribe(50)
    console.until(lambda one: one["type"] == "stats" and one["faults"]["error"]["percent"] == 0)
    assert get(proxy).status == 200
    answer = console.ask(op="set", faults={}, lease_ms=1000, deadline=1000)
    assert answer["type"] == "error" and "deadline" in answer["message"]
    proxy.stop()
    upstream.close()


def test_two_subscribers_each_see_everything_once():
    upstream, proxy = start()
    fast, slow = proxy.console(), proxy.console()
    fast.subscribe(20)
    slow.subscribe(170)
    client = proxy.connect()
    reader = Reader(client)
    for i in range(200):
        client.sendall(request(f"/{i}"))
        reader.response()
    for console in (fast, slow):
        sums = console.sum(lambda sums, _: sums["outcomes"]["answered"] >= 200)
        assert sums["requests"] == sums["outcomes"]["answered"] == 200, sums
        assert sums["accepted"] == 1
    assert fast.line()["sequence"] > slow.line()["sequence"]
    client.close()
    proxy.stop()
    upstream.close()


def test_slow_subscriber_holds_up_nobody():
    upstream, proxy = start()
    stuck = [proxy.console() for _ in range(5)]
    for console in stuck:
        console.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        console.send(op="subscribe", interval_ms=20)
    console = proxy.console()
    for _ in range(40):
        console.set({"latency": {"mean_ms": 1}})
        assert get(proxy).status == 200
    proxy.stop()
    upstream.close()


def test_garbage_gets_an_answer():
    upstream, proxy = start()
    console = proxy.console()

    def answer(line):
        console.socket.sendall(line + b"\n")
        return console.line()

    for line in (
        b"", b"x", b"{", b"[]", b"null", b"{}", b'{"op":1}', b'{"op":"drop tables"}', b"\xff\xfe\x00",
        b'{"op":"set","faults":{}}', b'{"op":"renew"}', b'{"op":"set","lease_ms":1000}',
        b'{"op":"set","lease_ms":"1000","faults":{}}', b'{"op":"set","lease_ms":-1,"faults":{}}',
        b'{"op":"subscribe","interval_ms":1}', b'{"op":"subscribe","interval_ms":1e99}', b"[" * 5000,
    ):
        assert answer(line)["type"] == "error", line
    bad = answer(b'{"op":"set","id":5,"lease_ms":1000,"faults":{"latency":{"mean_ms":"x"}}}')
    assert bad["id"] == 5 and "latency.mean_ms" in bad["message"], bad
    bad = answer(b'{"op":"set","id":6,"lease_ms":1000,"faults":{"latncy":{}}}')
    assert bad["id"] == 6 and "latncy" in bad["message"], bad
    assert "longer" in answer(b"x" * 100000)["message"]
    # In pieces, and two in one.
    for byte in b'{"op":"hello"}\n{"op":"he':
        console.socket.sendall(bytes([byte]))
    assert console.line()["type"] == "hello"
    assert answer(b'llo"}')["type"] == "hello"
    # Half a line, and gone.
    other = proxy.console()
    other.socket.sendall(b'{"op":')
    other.close()
    assert get(proxy).status == 200
    proxy.stop()
    upstream.close()


def test_at_most_64_clients():
    upstream, proxy = start()
    consoles = [proxy.console() for _ in range(64)]
    for console in consoles:
        console.send(op="hello")
        assert console.line()["type"] == "hello"
    one_more = proxy.console()
    answer = one_more.line()
    assert answer["type"] == "error" and "64" in answer["message"]
    try:
        one_more.line()
        raise AssertionError("not closed")
    except (EOFError, ConnectionResetError):
        pass
    consoles.pop().close()
    time.sleep(0.2)
    again = proxy.console()
    again.send(op="hello")
    assert again.line()["type"] == "hello"
    proxy.stop()
    upstream.close()


def test_a_socket_it_was_started_with():
    """Who started it holds the other end, and is obeyed; there is no other way in."""
    ours, its = socket.socketpair()
    upstream = Upstream(serve_http(echo_path))
    process = subprocess.Popen(
        [PROXY, "--listen", "127.0.0.1:0", "--upstream", f"127.0.0.1:{upstream.port}", "--stats", "fd:0"],
        stdin=its, stdout=subprocess.PIPE, text=True)
    its.close()
    words = process.stdout.readline().split()
    assert words[0] == "listening" and words[-2:] == ["stats", "fd:0"], words
    lines = ours.makefile("rw")
    for request in ({"op": "hello"}, {"op": "set", "id": 5, "faults": {"error": {"percent": 100, "status": 503}},
                                      "lease_ms": 60000}):
        print(json.dumps(request), file=lines, flush=True)
    assert json.loads(lines.readline())["type"] == "hello"
    ack = json.loads(lines.readline())
    assert ack["type"] == "ack" and ack["id"] == 5, ack
    host, port = words[1].split(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.recv(12) == b"HTTP/1.1 503"
    lines.close()
    ours.close()
    process.terminate()
    assert process.wait(PATIENCE) == 0
    upstream.close()


def test_a_reset_where_the_application_refuses():
    upstream = Upstream(serve_http(echo_path))
    closed = upstream.port
    upstream.close()
    for how, sees in (("reset", b"reset"), ("answer", b"HTTP/1.1 502")):
        proxy = Proxy(closed, "--refused", how)
        try: # the reset may come as early as the connection is made
            with socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) as client:
                client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                got = client.recv(12)
        except ConnectionError:
            got = b"reset"
        assert got == sees, (how, got)
        proxy.stop()


def refused(*options):
    done = subprocess.run([PROXY, *options], capture_output=True, timeout=PATIENCE, text=True)
    return done.returncode, done.stderr


def test_command_line():
    base = ("--listen", "127.0.0.1:0", "--upstream", "127.0.0.1:1")
    for options, word in (
        ((), "--listen"),
        (("--listen", "127.0.0.1:0"), "--upstream"),
        (("--listen", "127.0.0.1:0", "--upstream", "127.0.0.1"), "--upstream"),
        (base + ("--stats", "tcp:127.0.0.1:0"), "SHAKETABLE_CONSOLE_KEY"),
        (base + ("--stats", "tcp:localhost:0"), "numeric"),
        (base + ("--stats", "/tmp/x"), "unix:PATH"),
        (base + ("--stats", "unix:" + "x" * 200), "characters"),
        (base + ("--threads", "0"), "--threads"),
        (base + ("--stats", "fd:x"), "fd:"),
        (base + ("--stats", "fd:0"), "no Unix stream socket"),
        (base + ("--refused", "drop"), "--refused"),
        (base + ("--error", "200@10%"), "--error"),
        (base + ("--latncy", "1"), "--latency"),
        (base + ("--health-check-path", "x"), "--health-check-path"),
    ):
        status, text = refused(*options)
        assert status == 2 and word in text, (options, status, text)
    done = subprocess.run([PROXY, "--help"], capture_output=True, text=True)
    assert done.returncode == 0 and "--latency" in done.stdout and "--upstream" in done.stdout
    done = subprocess.run([PROXY, "--version"], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("shaketable-proxy ")


def test_stats_path_in_use():
    upstream, proxy = start()
    base = ("--listen", "127.0.0.1:0", "--upstream", "127.0.0.1:1")
    status, text = refused(*base, "--stats", "unix:" + proxy.stats_path)
    assert status == 1 and "another process" in text
    assert get(proxy).status == 200 and os.path.exists(proxy.stats_path)
    plain = os.path.join(proxy.directory, "plain")
    with open(plain, "w"):
        pass
    status, text = refused(*base, "--stats", "unix:" + plain)
    assert status == 1 and os.path.exists(plain)
    # What a killed process leaves is replaced.
    stale = os.path.join(proxy.directory, "stale")
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(stale)
    dead.close()
    other = Proxy(upstream.port, "--stats", "unix:" + stale)
    assert get(other).status == 200
    other.stop()
    assert not os.path.exists(stale)
    # A failed start leaves no socket behind.
    left = os.path.join(proxy.directory, "left")
    status, text = refused("--listen", f"127.0.0.1:{proxy.port}", "--upstream", "127.0.0.1:1", "--stats", "unix:" + left)
    assert status == 1 and "cannot listen" in text and not os.path.exists(left)
    proxy.stop()
    upstream.close()


def test_descriptors_used_up_and_back():
    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))

    upstream, proxy = start(preexec=limit)
    clients = []
    for _ in range(60):
        try:
            clients.append(proxy.connect())
        except OSError:
            pass
    answered = 0
    for client in clients:
        client.settimeout(2)
        try:
            client.sendall(request())
            answered += Reader(client).response().status == 200
        except (OSError, EOFError):
            pass
    assert 5 <= answered < 60, answered
    # The console is not shut out by it.
    console = proxy.console()
    console.set({"error": {"percent": 100}})
    console.clear()
    for client in clients:
        client.close()
    end = time.monotonic() + PATIENCE
    status = 0
    while status != 200 and time.monotonic() < end:
        try:
            status = get(proxy).status
        except (OSError, EOFError):
            time.sleep(0.05)
    assert status == 200
    assert "Too many open files" in proxy.stderr()
    assert len(proxy.stderr().splitlines()) < 30
    console.send(op="hello")
    assert console.line()["type"] == "hello"
    proxy.stop()
    upstream.close()


def test_sigterm_lets_requests_finish():
    def slow(*request):
        time.sleep(1)
        return 200, b"finished"

    upstream, proxy = start(handle=slow)
    console = proxy.console()
    console.set({"latency": {"mean_ms": 30000}, "scope": {"direction": "both"}})
    idle = proxy.connect()
    client = proxy.connect()
    client.sendall(request())
    time.sleep(0.3)
    port = proxy.port
    threading.Timer(0.1, proxy.process.send_signal, (signal.SIGTERM,)).start()
    response = Reader(client).response()
    assert response.body == b"finished"
    assert client.recv(1) == b"" and idle.recv(1) == b""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1)
        raise AssertionError("still accepts")
    except OSError:
        pass
    proxy.stop()
    upstream.close()


def test_sigterm_does_not_wait_for_ever():
    stuck = Upstream(lambda connection: time.sleep(60))
    proxy = Proxy(stuck.port)
    client = proxy.connect()
    client.sendall(request())
    time.sleep(0.2)
    begin = time.monotonic()
    proxy.stop()
    assert 4 < time.monotonic() - begin < 15
    stuck.close()


def test_dies_with_its_parent():
    code = (
        "import subprocess,sys;"
        "p=subprocess.Popen(sys.argv[1:],stdout=subprocess.PIPE);p.stdout.readline();print(p.pid,flush=True)"
    )
    done = subprocess.run(
        ["python3", "-c", code, PROXY, "--listen", "127.0.0.1:0", "--upstream", "127.0.0.1:1"],
        capture_output=True, text=True, timeout=PATIENCE, env=dict(os.environ, SHAKETABLE_PARENT_DEATH="1"),
    )
    pid = int(done.stdout)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            with open(f"/proc/{pid}/stat") as text:
                if text.read().rsplit(")", 1)[1].split()[0] == "Z":
                    return
        except (FileNotFoundError, ProcessLookupError):
            return
        time.sleep(0.05)
    raise AssertionError("still there")


if __name__ == "__main__":
    run(globals())
