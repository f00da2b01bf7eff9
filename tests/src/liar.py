"""An endpoint that is no AWS: prints "KIND PORT" a line for each way to lie, then "ready", and lies until it is
terminated."""
import socket
import socketserver
import sys
import threading

JSON = b'{"clusterArns":["arn:aws:ecs:us-east-1:000000000000:cluster/storefront"]}'


def answer(status, content_type, body, length=None):
    head = 'HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n'
    return (head % (status, content_type, len(body) if length is None else length)).encode() + body


LIES = {
    'garbage': b'\x00\xff\xfe this is no HTTP \x01\x02\r\n\r\n',
    'half': answer('200 OK', 'application/x-amz-json-1.1', JSON[:30], len(JSON)),
    'empty': b'',
    'html': answer('200 OK', 'text/html', b'<html><body>Welcome to the hotel network</body></html>'),
    'oops': answer('200 OK', 'application/x-amz-json-1.1', b'{"clusterArns": "none"'),
    'silent': None,
}


def handler_of(lie):
    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.recv(65536)
            if lie is None:
                self.request.recv(1)  # until the client leaves
            else:
                self.request.sendall(lie)

    return Handler


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request, client_address):
        pass


for kind, lie in LIES.items():
    server = Server(('127.0.0.1', 0), handler_of(lie))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(kind, server.server_address[1])
# Bound and never listening: nobody else gets the port, and a connection is refused.
closed = socket.socket()
closed.bind(('127.0.0.1', 0))
print('closed', closed.getsockname()[1])
print('ready')
sys.stdout.flush()
threading.Event().wait()
