"""The application of the soak: HTTP/1, an upgrade, opaque echo and HTTP/2, told apart by the first bytes."""
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time

from harness import PATIENCE, Reader, Upstream

BLOB_BYTES = 8 << 20
H2_FILE_BYTES = 150000


def chunked(data, sizes):
    out, at = [], 0
    for size in sizes:
        part = data[at : at + size]
        if not part:
            break
        out.append(b"%x\r\n%s\r\n" % (len(part), part))
        at += size
    if at < len(data):
        out.append(b"%x\r\n%s\r\n" % (len(data) - at, data[at:]))
    return b"".join(out) + b"0\r\n\r\n"


def echo(connection, pending):
    while pending:
        connection.sendall(pending)
        pending = connection.recv(65536)


class Http2:
    """nghttpd with prior knowledge; what is relayed to it is counted here as any connection."""

    def __init__(self, data):
        self.directory = tempfile.mkdtemp(prefix="shaketable-soak-")
        with open(os.path.join(self.directory, "file"), "wb") as file:
            file.write(data)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            ["nghttpd", "-a", "127.0.0.1", "--no-tls", "-d", self.directory, str(self.port)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def relay(self, client, pending):
        with socket.create_connection(("127.0.0.1", self.port)) as server:
            back = threading.Thread(target=copy, args=(server, client), daemon=True)
            back.start()
            server.sendall(pending)
            copy(client, server)
            back.join()

    def close(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


def copy(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Application:
    def __init__(self, blob):
        self.blob = blob
        self.lock = threading.Lock()
        self.open = 0
        has_h2 = shutil.which("nghttpd") and shutil.which("nghttp")
        self.h2 = Http2(blob[:H2_FILE_BYTES]) if has_h2 else None
        self.upstream = Upstream(self.serve)

    def serve(self, connection):
        with self.lock:
            self.open += 1
        try:
            reader = Reader(connection)
            while len(reader.data) < 3 and reader.data[:1] != b"\x00":
                reader.more()
            if reader.data[:1] == b"\x00":
                echo(connection, reader.data)
            elif reader.data[:3] == b"PRI" and self.h2:
                self.h2.relay(connection, reader.data)
            else:
                self.http(connection, reader)
        finally:
            with self.lock:
                self.open -= 1

    def http(self, connection, reader):
        while True:
            line, headers = reader.head()
            method, path, version = line.split(" ")
            if "upgrade" in headers:
                connection.sendall(
                    b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: soak\r\n\r\n"
                )
                echo(connection, reader.data or connection.recv(65536))
                return
            body = reader.body(headers)
            parts = path.split("/")
            if parts[1] == "bytes":
                start, length = int(parts[2]), int(parts[3])
                body = self.blob[start : start + length]
            elif parts[1] == "late":
                time.sleep(int(parts[2]) / 1000)
            if version == "HTTP/1.0":
                connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + body)
                return
            if len(body) % 3 == 0:
                connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(body, (10, 3000, 70000)))
            else:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            if headers.get("connection") == "close":
                return

    def leave(self):
        """Connections that are open go on; new ones are refused."""
        self.upstream.close()

    def come_back(self):
        self.upstream = Upstream(self.serve, self.upstream.port)

    def close(self):
        self.upstream.close()
        if self.h2:
            self.h2.close()
