#!/usr/bin/env -S python3 -B
"""nghttpd behind the proxy, nghttp, h2load and curl before it (packages nghttp2-client and nghttp2-server)."""
import re

from harness import *

NGHTTPD = shutil.which("nghttpd") or "/usr/sbin/nghttpd"
for program in (NGHTTPD, "nghttp", "h2load"):
    if not shutil.which(program):
        print(f"no {os.path.basename(program)} here")
        sys.exit(77)

SIZES = {"empty": 0, "small": 100, "large": 1_000_000}


class Setup:
    """nghttpd takes no port 0: one is tried that was free a moment ago."""

    def __init__(self, *options):
        self.root = tempfile.mkdtemp(prefix="shaketable-test-")
        for name, size in SIZES.items():
            with open(os.path.join(self.root, name), "wb") as file:
                file.write(os.urandom(size))
        for _ in range(20):
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = free.getsockname()[1]
            self.nghttpd = subprocess.Popen(
                [NGHTTPD, "--no-tls", "-a", "127.0.0.1", "--trailer", "x-sum: 1", "--echo-upload", "-d", self.root, str(port)],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            if self.answers(port):
                break
        self.proxy = Proxy(port, *options)
        self.url = f"http://127.0.0.1:{self.proxy.port}/"

    def answers(self, port):
        end = time.monotonic() + PATIENCE
        while self.nghttpd.poll() is None and time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return True
            except ConnectionRefusedError:
                time.sleep(0.02)
        self.nghttpd.kill()
        return False

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.nghttpd.kill()
        self.nghttpd.wait()
        shutil.rmtree(self.root)
        if kind:
            self.proxy.kill()
        else:
            self.proxy.stop()

    def run(self, *command):
        done = subprocess.run(command, capture_output=True, timeout=60)
        assert done.returncode == 0, (command, done)
        return done.stdout

    def file(self, name):
        with open(os.path.join(self.root, name), "rb") as file:
            return file.read()

    def load(self, name, requests, clients, streams, *options):
        text = self.run("h2load", "-n", str(requests), "-c", str(clients), "-m", str(streams), *options, self.url + name).decode()
        found = re.search(r"(\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored", text)
        return [int(each) for each in found.groups()]


def test_nghttp():
    with Setup() as setup:
        for name in SIZES:
            assert setup.run("nghttp", setup.url + name) == setup.file(name)
        text = setup.run("nghttp", "-nv", "-m", "3", setup.url + "small").decode()
        assert "x-sum: 1" in text and text.count(":status: 200") == 3, text
        upload = os.path.join(setup.root, "large")
        assert setup.run("nghttp", "-d", upload, setup.url + "echo") == setup.file("large")
        assert ":status: 404" in setup.run("nghttp", "-nv", setup.url + "nothing").decode()


def test_nghttp_with_small_windows_and_padding():
    with Setup("--latency", "20ms", "--direction", "both") as setup:
        assert setup.run("nghttp", "-w", "12", "-W", "13", "-b", "100", setup.url + "large") == setup.file("large")


def test_curl():
    if not shutil.which("curl") or b"HTTP2" not in subprocess.run(["curl", "-V"], capture_output=True).stdout:
        return
    with Setup() as setup:
        for name in SIZES:
            assert setup.run("curl", "-s", "--http2-prior-knowledge", setup.url + name) == setup.file(name)


def test_h2load():
    with Setup() as setup:
        console = setup.proxy.console()
        console.subscribe()
        assert setup.load("small", 3000, 10, 10) == [3000, 3000, 0, 0]
        assert setup.load("large", 20, 2, 5) == [20, 20, 0, 0]
        sums = console.sum(lambda sums, frame: sums["outcomes"]["answered"] == 3020)
        assert sums["requests"] == 3020, sums


def test_h2load_with_faults():
    with Setup() as setup:
        console = setup.proxy.console()
        console.set({"error": {"percent": 50}, "latency": {"mean_ms": 5, "jitter_ms": 5}, "scope": {"direction": "both"}})
        done, succeeded, failed, errored = setup.load("small", 2000, 10, 20)
        assert done == 2000 and errored == 0 and 700 < failed < 1300, (succeeded, failed)
        console.set({"reset": {"percent": 50}})
        done, succeeded, failed, errored = setup.load("small", 1000, 5, 10)
        assert 300 < succeeded < 700, (succeeded, failed, errored)
        # One resets what it gives up, and goes away with all its streams open.
        console.set({"blackhole": {"percent": 100}})
        setup.run("h2load", "-n", "100", "-c", "5", "-m", "20", "-T", "1", "-N", "1", setup.url + "small")
        console.clear()
        assert setup.load("small", 1000, 10, 10) == [1000, 1000, 0, 0]


run(globals())
