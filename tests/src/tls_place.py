#!/usr/bin/env -S python3 -B
"""A place that is called over TLS: answers every GET with "here". "tls_place.py CERTIFICATE KEY ADDRESS...": prints
"ready PORT" once it listens, on the same port of each address, until its standard input ends."""
import http.server
import socket
import ssl
import sys
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"here\n")

    def log_message(self, *_):
        pass


def listen(addresses):
    """On a port that is free on all of them."""
    while True:
        servers = []
        try:
            port = 0
            for address in addresses:
                servers.append(http.server.ThreadingHTTPServer((address, port), Handler))
                port = servers[0].server_address[1]
            return servers
        except OSError:
            for server in servers:
                server.server_close()


def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    servers = listen(sys.argv[3:])
    for server in servers:
        server.daemon_threads = True
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print("ready", servers[0].server_address[1], flush=True)
    sys.stdin.read()


socket.setdefaulttimeout(30)
main()
