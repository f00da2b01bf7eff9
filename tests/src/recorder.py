"""Stands between a client and an endpoint: passes everything on, byte for byte, and writes the name of each operation,
with its service's prefix, to a file. Usage: recorder.py ENDPOINT FILE; prints its own URL."""
import http.client, http.server, re, sys, threading, urllib.parse

target, name = urllib.parse.urlsplit(sys.argv[1]), sys.argv[2]
PREFIXES = {"AmazonEC2ContainerServiceV20141113": "ecs", "AnyScaleFrontendService": "application-autoscaling",
            "Logs_20140328": "logs", "AmazonSSM": "ssm", "GraniteServiceVersion20100801": "cloudwatch"}

# FIS's calls are made of method and path; what stands for an id is "*".
REST = {("GET", "actions"): "ListActions", ("GET", "actions/*"): "GetAction",
        ("POST", "experimentTemplates"): "CreateExperimentTemplate",
        ("GET", "experimentTemplates"): "ListExperimentTemplates",
        ("GET", "experimentTemplates/*"): "GetExperimentTemplate",
        ("DELETE", "experimentTemplates/*"): "DeleteExperimentTemplate",
        ("POST", "experiments"): "StartExperiment", ("GET", "experiments"): "ListExperiments",
        ("GET", "experiments/*"): "GetExperiment", ("DELETE", "experiments/*"): "StopExperiment",
        ("GET", "experiments/*/resolvedTargets"): "ListExperimentResolvedTargets"}


def rest_operation(method, path):
    parts = urllib.parse.urlsplit(path).path.strip("/").split("/")
    shape = "/".join(parts[:1] + ["*"] * (len(parts) > 1) + parts[2:])
    return REST.get((method, shape), f"{method} {path}")


def note(operation):
    with open(name, "a") as file:
        file.write(operation + "\n")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        service, _, operation = self.headers.get("X-Amz-Target", "").partition(".")
        if operation:
            note(f"{PREFIXES.get(service, service)}:{operation}")
        elif "urlencoded" in self.headers.get("Content-Type", ""):
            scope = re.search(r"Credential=[^/]*/\d+/[^/]*/([^/]*)/", self.headers.get("Authorization", ""))
            prefix = {"monitoring": "cloudwatch"}.get(scope[1], scope[1]) if scope else "unsigned"
            note(f"{prefix}:{dict(urllib.parse.parse_qsl(body.decode())).get('Action')}")
        elif self.path != "/":
            note("fis:" + rest_operation(self.command, self.path))
            if self.command == "POST" and b'"tags"' in body:
                note("fis:TagResource")
            if b'"roleArn"' in body:
                note("iam:PassRole")
        connection = http.client.HTTPConnection(target.hostname, target.port, timeout=60)
        connection.request(self.command, self.path, body, dict(self.headers))
        answer = connection.getresponse()
        data = answer.read()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        connection.close()

    do_DELETE = do_GET = do_POST = do_PUT = do_any


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        pass


server = Server(("127.0.0.1", 0), Handler)
print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
server.serve_forever()
