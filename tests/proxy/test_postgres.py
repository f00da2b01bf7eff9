#!/usr/bin/env -S python3 -B
"""PostgreSQL through the proxy: a client that speaks first, the SSL question, COPY both ways.

A cluster of its own in a directory of its own, as an unprivileged user. Needs postgresql, which is large and
not asked for by ./bootstrap.
"""
import glob
import hashlib
import os
import pwd
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

from harness import PATIENCE, Proxy, Reader, changing, run

SERVERS = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres") + glob.glob("/usr/lib/postgresql*/bin/postgres"))
PROGRAMS = os.path.dirname(SERVERS[-1]) if SERVERS else ""
UNPRIVILEGED = "nobody"
ROWS = 30000
CONDITIONS = [
    {},
    {"latency": {"mean_ms": 4, "jitter_ms": 3, "distribution": "pareto"}, "scope": {"direction": "both"}},
    {"loss": {"percent": 1, "burst": 2}, "scope": {"direction": "both"}},
    {"bandwidth": {"bytes_per_s": 4000000}},
]
cluster = None


class Cluster:
    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="shaketable-postgres-")
        self.data = os.path.join(self.directory, "data")
        self.as_user = []
        if os.getuid() == 0:
            user = pwd.getpwnam(UNPRIVILEGED)
            os.chown(self.directory, user.pw_uid, user.pw_gid)
            self.as_user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        self.process = None
        made = self._run("initdb", "-D", self.data, "-U", "tester", "-A", "trust", "-N", "-E", "UTF8", "--locale=C")
        assert made.returncode == 0, made.stderr
        self._start()

    def _run(self, program, *words):
        return subprocess.run(
            [*self.as_user, os.path.join(PROGRAMS, program), *words],
            cwd=self.directory, capture_output=True, text=True, timeout=120,
        )

    def _start(self):
        for _ in range(10):
            with socket.create_server(("127.0.0.1", 0)) as free:
                self.port = free.getsockname()[1]
            words = f"-D {self.data} -h 127.0.0.1 -p {self.port} -F -c shared_buffers=16MB -c max_connections=20"
            self.process = subprocess.Popen(
                [*self.as_user, os.path.join(PROGRAMS, "postgres"), *words.split(), "-c", "unix_socket_directories="],
                cwd=self.directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            end = time.monotonic() + 60
            while self.process.poll() is None and time.monotonic() < end:
                if self._run("pg_isready", "-h", "127.0.0.1", "-p", str(self.port)).returncode == 0:
                    return
                time.sleep(0.1)
            self.stop()
        raise AssertionError("postgres does not start")

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)

    def close(self):
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


def psql(port, *statements, text=None):
    words = [os.path.join(PROGRAMS, "psql"), f"postgresql://tester@127.0.0.1:{port}/postgres?sslmode=prefer"]
    words += ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
    for statement in statements:
        words += ["-c", statement]
    done = subprocess.run(words, input=text, capture_output=True, timeout=90)
    assert done.returncode == 0, done.stderr
    return done.stdout


def with_proxy(test):
    def wrapped():
        proxy = Proxy(cluster.port)
        try:
            test(proxy, proxy.console())
            proxy.stop()
        finally:
            proxy.kill()

    return wrapped


@with_proxy
def test_ssl_question_and_its_answer_in_one_byte(proxy, console):
    for faults in ({}, {"latency": {"mean_ms": 20}}):
        console.set(faults)
        client = proxy.connect()
        begin = time.monotonic()
        client.sendall(struct.pack("!ii", 8, 80877103))
        assert client.recv(100) == b"N"
        assert time.monotonic() - begin >= faults.get("latency", {}).get("mean_ms", 0) / 1000
        # The same connection goes on in the clear.
        words = b"user\0tester\0database\0postgres\0\0"
        client.sendall(struct.pack("!ii", 8 + len(words), 196608) + words)
        reader = Reader(client)
        kinds = b""
        while not kinds.endswith(b"Z"):
            kind, length = struct.unpack("!ci", reader.take(5))
            reader.take(length - 4)
            kinds += kind
        assert kinds.startswith(b"R") and b"K" in kinds, kinds
        client.sendall(b"X\0\0\0\4")
        assert client.recv(1) == b""
        client.close()


def copy_both_ways(port, seed):
    chance = random.Random(seed)
    text = "".join(f"{i}\t{chance.randbytes(chance.randrange(60)).hex()}\n" for i in range(ROWS)).encode()
    psql(port, "DROP TABLE IF EXISTS t", "CREATE TABLE t (n int, v text)")
    psql(port, "COPY t FROM STDIN", text=text)
    back = psql(port, "COPY (SELECT * FROM t ORDER BY n) TO STDOUT")
    assert len(back) == len(text) > 1500000
    assert hashlib.sha256(back).digest() == hashlib.sha256(text).digest()


@with_proxy
def test_copy_both_ways(proxy, console):
    for i, faults in enumerate(CONDITIONS):
        console.set(faults)
        copy_both_ways(proxy.port, i)


@with_proxy
def test_copy_while_the_faults_change(proxy, console):
    with changing(console, CONDITIONS):
        copy_both_ways(proxy.port, 9)


@with_proxy
def test_many_small_statements(proxy, console):
    psql(proxy.port, "DROP TABLE IF EXISTS c", "CREATE TABLE c (n int)", "INSERT INTO c VALUES (0)")
    script = b"UPDATE c SET n = n + 1;\n" * 200
    with changing(console, CONDITIONS):
        psql(proxy.port, text=script)
    assert psql(proxy.port, "SELECT n FROM c") == b"200\n"
    console.set({"latency": {"mean_ms": 20}})
    begin = time.monotonic()
    psql(proxy.port, text=b"SELECT 1;\n" * 10)
    assert time.monotonic() - begin >= 10 * 0.02


if __name__ == "__main__":
    if not PROGRAMS:
        print("skipped: postgresql is not installed")
        sys.exit(77)
    cluster = Cluster()
    try:
        run(globals())
    finally:
        cluster.close()
