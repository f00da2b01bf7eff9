"""What a probe is pointed at, beside the liar: prints "KIND PORT" a line, then "ready", and answers until it is
terminated. Arguments: the certificate and the key for TLS; the file in which the proxy writes what it was asked."""
import http.server
import socket
import socketserver
import ssl
import struct
import sys
import threading

CERTIFICATE, KEY, ASKED = sys.argv[1:4]


class Web(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        body = b'hello'
        self.send_response(503 if self.path == '/busy' else 302 if self.path == '/moved' else 200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Resetting(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.recv(65536)
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))


class Proxy(socketserver.StreamRequestHandler):
    """CONNECT to this machine; a whole URL is answered as if by its host; port 1 is declined."""

    def handle(self):
        method, target, _ = self.rfile.readline().decode().split(' ')
        while self.rfile.readline().strip():
            pass
        with open(ASKED, 'a') as asked:
            asked.write('%s %s\n' % (method, target))
        if method != 'CONNECT':
            self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
        elif target.endswith(':1'):
            self.wfile.write(b'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n')
        else:
            self.wfile.write(b'HTTP/1.1 200 Connection established\r\n\r\n')
            with socket.create_connection(('127.0.0.1', int(target.rpartition(':')[2]))) as there:
                back = threading.Thread(target=pump, args=(there, self.request))
                back.start()
                pump(self.request, there)
                back.join()


def pump(source, sink):
    try:
        while True:
            data = source.recv(65536)
            if not data:
                break
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_):
        pass


def serve(kind, handler, context=None):
    server = Server(('127.0.0.1', 0), handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(kind, server.server_address[1])


tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(CERTIFICATE, KEY)
serve('web', Web)
serve('tls', Web, tls)
serve('reset', Resetting)
serve('proxy', Proxy)
closed = socket.socket()  # a port that nobody else gets, and that refuses
closed.bind(('127.0.0.1', 0))
print('refusing', closed.getsockname()[1])
print('ready', flush=True)
threading.Event().wait()
