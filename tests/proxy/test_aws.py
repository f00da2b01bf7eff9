#!/usr/bin/env -S python3 -B
"""shaketable-proxy --aws: what comes in, what goes on to the endpoint, and what is answered where it can't."""
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time

import sigv4
from harness import PATIENCE, PROXY, Proxy, Reader, Upstream, histogram, run, serve_http

KEY, SECRET = "AKIDOWN", "own/secret"
OWN = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_CONFIG_FILE": "/dev/null",
       "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true"}
for name in list(os.environ):
    if name.startswith(("AWS_", "ECS_")):
        del os.environ[name]


class Endpoint(Upstream):
    """An endpoint that verifies each signature, and remembers what came."""

    def __init__(self, answer=None):
        self.calls, self.problems = [], []
        self.answer = answer or (lambda *call: (200, b'{"ok":true}'))
        super().__init__(serve_http(self.handle))

    def handle(self, method, target, headers, body):
        try:
            scope = sigv4.verify(method, target, headers, body, SECRET)
            assert scope[0] == KEY, scope
        except Exception as problem:
            self.problems.append(repr(problem))
        self.calls.append((method, target, headers, body))
        return self.answer(method, target, headers, body)

    def close(self):
        super().close()
        assert not self.problems, self.problems


class Gateway(Proxy):
    def __init__(self, *options, endpoint=None, environment=None, **more):
        behind = ["--aws"] + (["--aws-endpoint", f"http://127.0.0.1:{endpoint.port}"] if endpoint else [])
        super().__init__(behind, *options, environment={**OWN, **(environment or {})}, **more)
        self.host = f"127.0.0.1:{self.port}"

    def call(self, service, operation=None, method="POST", path="/", query="", body=b"{}", headers=None,
             connection=None, signed=True, **how):
        headers = dict(headers or {})
        if operation:
            headers.setdefault("Content-Type", "application/x-amz-json-1.0")
            headers["X-Amz-Target"] = operation
        if signed:
            headers = sigv4.sign(self.host, service, method, path, query, headers, body, **how)
        return self.send(method, path + ("?" if query else "") + query, body, headers, connection)

    def send(self, method, target, body=b"", headers=None, connection=None):
        own = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            own.request(method, target, body, headers or {})
            answer = own.getresponse()
            answer.text = answer.read()
            return answer
        finally:
            if not connection:
                own.close()

    def get_item(self, **how):
        return self.call("dynamodb", "DynamoDB_20120810.GetItem", **how)

    def control(self, path, method="GET", value=None, headers=None):
        body = json.dumps(value).encode() if value is not None else b""
        answer = self.send(method, path, body, {"Content-Type": "application/json", **(headers or {})})
        return answer.status, json.loads(answer.text)

    def counts(self, service, operation, attempts, region="us-east-1"):
        """Once so many have been counted: that is behind the answer's last byte."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            status, json_ = self.control("/_shaketable/calls")
            assert status == 200
            for one in json_["calls"]:
                if (one["service"], one["operation"], one["region"]) == (service, operation, region):
                    assert one["attempts"] <= attempts, one
                    if one["attempts"] == attempts:
                        return one
            time.sleep(0.01)
        raise AssertionError(json_)


def fails_to_start(*arguments, environment=None):
    done = subprocess.run([PROXY, *arguments], capture_output=True, timeout=PATIENCE,
                          env={**os.environ, **OWN, **(environment or {})})
    assert done.stdout == b"", done.stdout
    return done.returncode, done.stderr.decode()


def test_a_call_is_signed_anew():
    endpoint = Endpoint()
    gateway = Gateway(endpoint=endpoint, environment={"AWS_SESSION_TOKEN": "to/ken=="})
    headers = {"X-Amz-Security-Token": "theirs", "User-Agent": "sdk", "amz-sdk-request": "attempt=1; max=3",
               "Connection": "keep-alive, X-Hop", "X-Hop": "1"}
    answer = gateway.get_item(body=b'{"a":1}', headers=headers, key="THEIRS", secret="x", region="eu-west-1")
    assert (answer.status, answer.text) == (200, b'{"ok":true}')
    method, target, seen, body = endpoint.calls[0]
    assert (method, target, body) == ("POST", "/", b'{"a":1}')
    assert seen["x-amz-security-token"] == "to/ken==" and seen["user-agent"] == "sdk"
    assert seen["host"] == f"127.0.0.1:{endpoint.port}" and "x-hop" not in seen
    assert f"Credential={KEY}/" in seen["authorization"] and "/eu-west-1/dynamodb/" in seen["authorization"]
    # paths, queries, a prefix of the endpoint's, and methods without a body
    for service, method, path, query in (("s3", "GET", "/b/a%20b//c%2Fd", "list-type=2&prefix=%C3%A4&empty="),
                                         ("lambda", "GET", "/2015-03-31/functions/a%3Ab", "x=1&a=2"),
                                         ("s3", "DELETE", "/b/k", ""), ("s3", "PUT", "/b/", "")):
        assert gateway.call(service, method=method, path=path, query=query, body=b"").status == 200
        assert endpoint.calls[-1][:2] == (method, path + ("?" if query else "") + query)
    # a query is signed as who verifies it reads it, whichever way it is written
    for query, settled in (("x=a+b&acl&prefix=a/b=", "x=a%20b&acl&prefix=a%2Fb%3D"),
                           ("prefix=%61%2fb%2b%3d&x=a%20b", "prefix=a%2Fb%2B%3D&x=a%20b"),
                           ("prefix=(a)*!~&b=c%&d=%4", "prefix=%28a%29%2A%21~&b=c%25&d=%254")):
        for key, secret in ((KEY, SECRET), ("THEIRS", "x")):
            answer = gateway.call("s3", method="GET", path="/b", query=query, body=b"", key=key, secret=secret)
            assert answer.status == 200 and endpoint.calls[-1][1] == "/b?" + settled, (query, answer.text)
    assert endpoint.accepted == len(endpoint.calls)  # a client's connection is one upstream
    gateway.stop()
    gateway = Gateway("--aws-endpoint", f"http://127.0.0.1:{endpoint.port}/stage/")
    assert gateway.get_item().status == 200
    assert endpoint.calls[-1][1] == "/stage/"
    gateway.stop()
    endpoint.close()


def test_connections_are_kept():
    endpoint = Endpoint()
    gateway = Gateway(endpoint=endpoint)
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=PATIENCE)
    for _ in range(5):
        assert gateway.get_item(connection=connection).status == 200
    connection.close()
    assert endpoint.accepted == 1, endpoint.accepted
    gateway.stop()
    endpoint.close()


def test_bodies():
    """Of any length and framing; chunks of S3's are put together, and their trailer is a header."""
    endpoint = Endpoint(lambda method, target, headers, body: (200, body))
    gateway = Gateway(endpoint=endpoint)
    big = os.urandom(3 << 20)
    assert gateway.call("s3", method="PUT", path="/b/k", body=big).text == big
    headers = sigv4.sign(gateway.host, "s3", "PUT", "/b/k", body=big)
    with gateway.connect() as client:
        head = "PUT /b/k HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        client.sendall((head + "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n").encode())
        reader = Reader(client)
        assert reader.response().status == 100
        for at in range(0, len(big), 1 << 20):
            client.sendall(b"%x\r\n%s\r\n" % (1 << 20, big[at:at + (1 << 20)]))
        client.sendall(b"0\r\n\r\n")
        assert reader.response().body == big
    pieces = b"5;chunk-signature=0\r\nhello\r\n6;chunk-signature=0\r\n world\r\n0;chunk-signature=0\r\n"
    trailer = b"x-amz-checksum-crc32:DUoRhQ==\r\n\r\n"
    answer = gateway.call("s3", method="PUT", path="/b/k", body=pieces + trailer,
                          payload="STREAMING-UNSIGNED-PAYLOAD-TRAILER",
                          headers={"Content-Encoding": "aws-chunked", "X-Amz-Trailer": "x-amz-checksum-crc32",
                                   "X-Amz-Decoded-Content-Length": "11"})
    assert answer.text == b"hello world", answer.text
    seen = endpoint.calls[-1][2]
    assert seen["x-amz-checksum-crc32"] == "DUoRhQ==" and seen["content-length"] == "11"
    assert not {"content-encoding", "x-amz-trailer", "x-amz-decoded-content-length"} & set(seen)
    answer = gateway.call("s3", method="PUT", path="/b/k", body=b"9\r\nhello", payload="STREAMING-UNSIGNED-PAYLOAD-TRAILER")
    assert answer.status == 400 and b"<Code>IncompleteBody</Code>" in answer.text, answer.text
    count = len(endpoint.calls)
    for length in ("12", "10", "", "x", "-1"):
        answer = gateway.call("s3", method="PUT", path="/b/k", body=pieces + trailer,
                              payload="STREAMING-UNSIGNED-PAYLOAD-TRAILER",
                              headers={"X-Amz-Decoded-Content-Length": length})
        assert answer.status == 400 and b"<Code>IncompleteBody</Code>" in answer.text, (length, answer.text)
    assert len(endpoint.calls) == count
    # One byte more than may be: told before it is sent, in the caller's protocol.
    headers = sigv4.sign(gateway.host, "dynamodb", headers={"X-Amz-Target": "DynamoDB_20120810.PutItem"})
    with gateway.connect() as client:
        head = "POST / HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        client.sendall((head + f"Content-Length: {(64 << 20) + 1}\r\n\r\n").encode())
        answer = Reader(client).response()
    assert answer.status == 413 and json.loads(answer.body)["__type"] == "RequestEntityTooLarge"
    gateway.stop()
    endpoint.close()


def test_answers_pass_as_they_come():
    def answer(method, target, headers, body):
        if method == "HEAD":
            return b"HTTP/1.1 200 OK\r\nContent-Length: 77\r\nETag: x\r\n\r\n"
        if target == "/b/chunked":
            return (b"HTTP/1.1 206 Partial\r\nTransfer-Encoding: chunked\r\nX-Y: z\r\nKeep-Alive: 1\r\n\r\n"
                    b"3\r\nabc\r\n0\r\n\r\n")
        if target == "/b/gone":
            return b"HTTP/1.1 204 No Content\r\n\r\n"
        return b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\nx-amz-request-id: 7\r\n\r\nabc"

    endpoint = Endpoint(answer)
    gateway = Gateway(endpoint=endpoint)
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=PATIENCE)
    how = {"body": b"", "connection": connection}
    got = gateway.call("s3", method="HEAD", path="/b/k", **how)
    assert got.status == 200 and got.headers["Content-Length"] == "77" and got.headers["ETag"] == "x"
    got = gateway.call("s3", method="GET", path="/b/chunked", **how)
    assert (got.status, got.text, got.headers["X-Y"], got.headers["Keep-Alive"]) == (206, b"abc", "z", None)
    assert gateway.call("s3", method="DELETE", path="/b/gone", **how).status == 204
    got = gateway.call("s3", method="GET", path="/b/k", **how)
    assert (got.status, got.text, got.headers["x-amz-request-id"]) == (404, b"abc", "7")
    assert gateway.counts("s3", "GetObject", 2)["errors"] == 1
    gateway.stop()
    endpoint.close()


def test_signatures_that_do_not_hold():
    endpoint = Endpoint()
    gateway = Gateway(endpoint=endpoint)

    def code(answer):
        assert answer.headers["x-shaketable"] == "gateway"
        return answer.status, json.loads(answer.text)["__type"]

    own = {"key": KEY, "secret": SECRET}
    assert gateway.get_item(**own).status == 200
    assert code(gateway.get_item(signed=False)) == (400, "MissingAuthenticationTokenException")
    assert code(gateway.get_item(key=KEY, secret="wrong")) == (400, "InvalidSignatureException")
    assert code(gateway.get_item(date=sigv4.now(-3600), **own)) == (400, "InvalidSignatureException")
    assert code(gateway.get_item(date=sigv4.now(-3600))) == (400, "InvalidSignatureException")  # whoever signed it
    for given, wanted in (("AWS4-HMAC-SHA256 Credential=x", (400, "IncompleteSignatureException")),
                          ("AWS4-ECDSA-P256-SHA256 Credential=x", (400, "IncompleteSignatureException")),
                          ("Bearer x", (400, "MissingAuthenticationTokenException"))):
        answer = gateway.send("POST", "/", b"{}", {"Authorization": given, "X-Amz-Target": "DynamoDB_20120810.GetItem"})
        assert code(answer) == wanted, (given, answer.text)
        assert "SigV4a" not in given or b"SigV4a" in answer.text
    # As other protocols have it.
    answer = gateway.call("s3", method="GET", path="/b/k", body=b"", key=KEY, secret="wrong")
    assert answer.status == 403 and b"<Error><Code>SignatureDoesNotMatch</Code>" in answer.text
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = gateway.call("sts", body=b"Action=GetCallerIdentity", headers=form, key=KEY, secret="wrong")
    assert answer.status == 403 and b"<Type>Sender</Type><Code>SignatureDoesNotMatch</Code>" in answer.text
    answer = gateway.call("ec2", body=b"Action=DescribeInstances", headers=form, key=KEY, secret="wrong")
    assert answer.status == 401 and b"<Errors><Error><Code>AuthFailure</Code>" in answer.text
    answer = gateway.send("POST", "/", b"Action=ListUsers", form)
    assert answer.status == 403 and b"<Code>MissingAuthenticationToken</Code>" in answer.text
    # Presigned: stripped, verified where it is ours, and expired when it is.
    for how in (own, {}):
        query = sigv4.presign(gateway.host, "s3", "/b/k", query="versionId=1", **how)
        assert gateway.send("GET", "/b/k?" + query).status == 200
        assert endpoint.calls[-1][1] == "/b/k?versionId=1"
    query = sigv4.presign(gateway.host, "s3", "/b/k", key=KEY, secret="wrong")
    assert b"<Code>SignatureDoesNotMatch</Code>" in gateway.send("GET", "/b/k?" + query).text
    query = sigv4.presign(gateway.host, "s3", "/b/k", date=sigv4.now(-120))
    assert b"Request has expired" in gateway.send("GET", "/b/k?" + query).text
    assert gateway.send("GET", "/b/k?" + query.replace("X-Amz-Expires", "X")).status == 400
    # A page in a browser can have neither.
    answer = gateway.get_item(headers={"Origin": "http://evil.example"})
    assert code(answer) == (403, "AccessDenied")
    assert len(endpoint.calls) == 3, endpoint.calls
    assert gateway.counts("dynamodb", "GetItem", 5)["forbidden"] == 4
    assert gateway.counts("dynamodb", "GetItem", 4, "")["forbidden"] == 4  # what has no scope is in no region
    assert SECRET not in gateway.stderr() and "wrong" not in gateway.stderr()
    gateway.stop()
    endpoint.close()


def test_curl_signs_too():
    if not shutil.which("curl"):
        return
    endpoint = Endpoint()
    gateway = Gateway(endpoint=endpoint)

    def curl(secret):
        command = ["curl", "-s", "--aws-sigv4", "aws:amz:us-east-1:dynamodb", "--user", f"{KEY}:{secret}", "-H",
                   "X-Amz-Target: DynamoDB_20120810.ListTables", "-H", "Content-Type: application/x-amz-json-1.0",
                   "-d", "{}", f"http://{gateway.host}/"]
        return subprocess.run(command, capture_output=True, timeout=PATIENCE).stdout

    assert curl(SECRET) == b'{"ok":true}'
    assert b'"__type":"InvalidSignatureException"' in curl("wrong")
    gateway.stop()
    endpoint.close()


def test_no_credentials_is_an_answer():
    endpoint = Endpoint()
    gateway = Gateway(endpoint=endpoint, environment={"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""})
    for _ in range(3):
        answer = gateway.get_item()
        assert answer.status == 403 and json.loads(answer.text)["__type"] == "NoCredentials", answer.text
        assert b"AWS_ACCESS_KEY_ID" in answer.text
    assert gateway.stderr().count("no AWS credentials") == 1, gateway.stderr()
    assert gateway.counts("dynamodb", "GetItem", 3)["forbidden"] == 3
    gateway.stop()
    assert not endpoint.calls
    endpoint.close()


def test_rules():
    endpoint = Endpoint()
    gateway = Gateway(
        "--api-fault", "service=dynamodb,operation=GetItem,percentage=50,errorCode=400,"
        "exception=ProvisionedThroughputExceededException",
        "--api-fault", "service=dynamodb,region=eu-west-1,errorCode=500", endpoint=endpoint)
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=PATIENCE)
    failed = 0
    for _ in range(200):
        answer = gateway.get_item(connection=connection, region="eu-west-1")  # the first decides, though it may not fail
        if answer.status != 200:
            failed += 1
            assert answer.status == 400 and answer.headers["x-shaketable-injected"] == "error"
            assert json.loads(answer.text)["__type"] == "ProvisionedThroughputExceededException"
    assert 60 <= failed <= 140, failed
    assert gateway.counts("dynamodb", "GetItem", 200, "eu-west-1")["injected"] == failed
    assert len(endpoint.calls) == 200 - failed
    put = "DynamoDB_20120810.PutItem"
    answer = gateway.call("dynamodb", put, region="eu-west-1")
    assert answer.status == 500 and json.loads(answer.text)["__type"] == "InternalError"
    assert gateway.call("dynamodb", put).status == 200
    status, shown = gateway.control("/_shaketable/faults")
    assert status == 200 and len(shown["faults"]) == 2 and shown["faults"][0]["operation"] == "GetItem", shown
    faults = "/_localstack/chaos/faults"
    assert gateway.control(faults, "POST", []) == (200, [])
    assert gateway.get_item().status == 200
    assert gateway.control(faults, "PATCH", [{"service": "sqs", "error": {"code": "X", "statusCode": 418}}])[0] == 200
    answer = gateway.call("sqs", "AmazonSQS.SendMessage")
    assert answer.status == 418 and answer.headers["x-amzn-query-error"] == "X;Sender"
    for wrong, words in (({}, "must be a list"), ([{"service": "dynmodb"}], "did you mean dynamodb?"),
                         ([{"service": "dynamodb", "operation": "GetItm"}], "did you mean GetItem?"),
                         ([{"probability": 7}], "from 0 to 1"), ([{"percentage": "101"}], "percentage")):
        status, said = gateway.control(faults, "POST", wrong)
        assert status == 400 and words in said["message"], said
    assert gateway.control(faults)[1] == [{"service": "sqs", "error": {"code": "X", "statusCode": 418}}]
    assert gateway.send("POST", faults, b"[]", {"Content-Type": "text/plain"}).status == 415
    for host in ("evil.example", "127.evil.example", "127.0.0.1.evil.example:80", "localhost.evil.example",
                 "localhostile", "[::1].evil.example", "128.0.0.1", ""):
        assert gateway.control(faults, headers={"Host": host})[0] == 403, host
    for host in ("127.0.0.1", "127.1.2.3:80", "localhost", "LOCALHOST:4566", "[::1]", "[::1]:80"):
        assert gateway.control(faults, headers={"Host": host})[0] == 200, host
    assert gateway.control("/_shaketable/nothing")[0] == 404
    assert gateway.control("/_shaketable/calls", "PUT")[0] == 405
    assert gateway.control("/_localstack/nothing")[0] == 404
    gateway.stop()
    endpoint.close()


def test_latency_and_its_release():
    endpoint = Endpoint()
    gateway = Gateway("--api-fault", "service=dynamodb,latency=150ms", endpoint=endpoint)
    begun = time.monotonic()
    assert gateway.get_item().status == 200
    assert time.monotonic() - begun >= 0.15
    assert gateway.control("/_localstack/chaos/effects", "POST", {"latency": 600000})[0] == 200
    answers = []
    held = threading.Thread(target=lambda: answers.append(gateway.call("sqs", "AmazonSQS.SendMessage").status))
    held.start()
    gone = gateway.connect()  # a client that leaves while it waits
    head = "".join(f"{name}: {value}\r\n" for name, value in
                   sigv4.sign(gateway.host, "sqs", headers={"X-Amz-Target": "AmazonSQS.X"}).items())
    gone.sendall(f"POST / HTTP/1.1\r\n{head}Content-Length: 0\r\n\r\n".encode())
    gone.close()
    held.join(0.2)
    assert held.is_alive() and not answers
    assert gateway.control("/_localstack/chaos/effects", "POST", {"latency": 0})[0] == 200
    held.join(PATIENCE)
    assert answers == [200]
    counts = gateway.counts("dynamodb", "GetItem", 1)
    assert counts["delayed"] == 1 and counts["whole"]["p50_us"] >= 150000, counts
    assert counts["upstream"]["max_us"] < counts["whole"]["max_us"]
    assert sum(histogram({"histograms": {"x": counts["whole"]["histogram"]}}, "x").values()) == 1
    # The end lets go of what is held.
    assert gateway.control("/_localstack/chaos/effects", "POST", {"latency": 600000})[0] == 200
    with gateway.connect() as client:
        head = sigv4.sign(gateway.host, "sqs", headers={"X-Amz-Target": "AmazonSQS.X"})
        head = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        console = gateway.console()
        console.subscribe()
        client.sendall(f"POST / HTTP/1.1\r\n{head}Content-Length: 0\r\n\r\n".encode())
        console.until(lambda frame: frame["type"] == "stats" and frame["in_flight"] >= 1)
        console.close()
        stopping = threading.Thread(target=gateway.stop)
        stopping.start()
        assert Reader(client).response().status == 200
    stopping.join()
    endpoint.close()


def test_attempts_and_calls():
    endpoint = Endpoint()
    gateway = Gateway("--metrics", "127.0.0.1:0", endpoint=endpoint)
    for invocation in ("a", "a", "b", "a", None, None):
        gateway.get_item(headers={"amz-sdk-invocation-id": invocation} if invocation else {})
    assert gateway.counts("dynamodb", "GetItem", 6)["calls"] == 4
    assert gateway.send("GET", "/unknown/path", headers=sigv4.sign(gateway.host, "eks", "GET", "/unknown/path")).status == 200
    gateway.counts("eks", "GET /unknown", 1)
    for i in range(260):  # more than there is room for
        gateway.call("dynamodb", "DynamoDB_20120810.GetItem", region=f"r-{i}")
    gateway.counts("other", "other", 260 - (256 - 2), "other")
    connection = http.client.HTTPConnection("127.0.0.1", gateway.metrics_port, timeout=PATIENCE)
    connection.request("GET", "/metrics", headers={"Accept": "application/openmetrics-text"})
    text = connection.getresponse().read().decode()
    connection.close()
    labels = 'service="dynamodb",operation="GetItem",region="us-east-1"'
    assert f"shaketable_api_attempts_total{{{labels}}} 6\n" in text
    assert f"shaketable_api_calls_total{{{labels}}} 4\n" in text
    assert f"shaketable_api_upstream_seconds_count{{{labels}}} 6\n" in text
    assert text.endswith("# EOF\n")
    gateway.stop()
    endpoint.close()


def test_endpoints_that_lie():
    def liar(connection):
        reader = Reader(connection)
        while True:
            _, headers = reader.head()
            reader.body(headers)
            kind = headers["x-kind"]
            if kind == "garbage":
                connection.sendall(b"\x16\x03\x01 not HTTP at all\r\n\r\n")
            elif kind == "cut":
                return
            elif kind == "half-head":
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-")
                return
            elif kind == "half-body":
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
                return
            elif kind == "half-chunk":
                connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
                return
            elif kind == "silent":
                reader.more()
            elif kind == "twice":
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" * 2)
            else:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                if kind == "closes":
                    return

    upstream = Upstream(liar)
    gateway = Gateway("--aws-timeout", "300ms", endpoint=upstream)
    for kind, status, words in (("garbage", 502, "no HTTP"), ("cut", 502, "without an answer"),
                                ("half-head", 502, "without an answer"), ("silent", 504, "")):
        answer = gateway.get_item(headers={"x-kind": kind})
        message = json.loads(answer.text)
        assert answer.status == status and message["__type"] == "ServiceUnavailable", (kind, answer.text)
        assert words in message["message"] and f"127.0.0.1:{upstream.port}" in message["message"], message
    for kind in ("half-body", "half-chunk"):  # what has begun is cut, as it was
        try:
            gateway.get_item(headers={"x-kind": kind})
            raise AssertionError("it was taken for a whole answer")
        except (http.client.IncompleteRead, ConnectionError):
            pass
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=PATIENCE)
    for _ in range(4):  # kept connections that are closed behind an answer, and one that says too much
        assert gateway.get_item(headers={"x-kind": "closes"}, connection=connection).text == b"ok"
        assert gateway.get_item(headers={"x-kind": "twice"}, connection=connection).text == b"ok"
    assert gateway.get_item(headers={"x-kind": "ok"}, connection=connection).text == b"ok"
    connection.close()
    assert gateway.counts("dynamodb", "GetItem", 15)["upstream_errors"] == 6
    upstream.close()
    answer = gateway.get_item(headers={"x-kind": "ok"})
    assert answer.status == 503 and b"Connection refused" in answer.text, answer.text
    gateway.stop()


def test_a_kept_connection_that_was_closed():
    """Closed when the request is on its way: sent once more, on a new one."""
    turns = []

    def serve(connection):
        reader = Reader(connection)
        turns.append(1)
        for count in range(2):
            _, headers = reader.head()
            reader.body(headers)
            if count == 1 and len(turns) == 1:
                return
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    upstream = Upstream(serve)
    gateway = Gateway(endpoint=upstream)
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=PATIENCE)
    assert gateway.get_item(connection=connection).text == b"ok"
    assert gateway.get_item(connection=connection).text == b"ok"
    assert len(turns) == 2
    connection.close()
    gateway.stop()
    upstream.close()


def test_clients_that_leave_while_the_endpoint_is_silent():
    """They keep neither a thread nor a connection, and nothing is the endpoint's doing."""
    asked = threading.Semaphore(0)

    def serve(connection):
        if connection.recv(65536):
            asked.release()
            assert connection.recv(1) == b""
            asked.release()

    endpoint = Upstream(serve)
    gateway = Gateway("--aws-timeout", "600s", endpoint=endpoint)
    head = "".join(f"{name}: {value}\r\n" for name, value in
                   sigv4.sign(gateway.host, "dynamodb", headers={"X-Amz-Target": "DynamoDB_20120810.GetItem"}).items())
    before = gateway.descriptors()
    clients = [gateway.connect() for _ in range(20)]
    for client in clients:
        client.sendall(f"POST / HTTP/1.1\r\n{head}Content-Length: 0\r\n\r\n".encode())
    for _ in clients:
        assert asked.acquire(timeout=PATIENCE)
    for client in clients:
        client.close()
    for _ in clients:
        assert asked.acquire(timeout=PATIENCE)
    assert gateway.counts("dynamodb", "GetItem", 20)["upstream_errors"] == 0
    end = time.monotonic() + PATIENCE
    while gateway.descriptors() != before and time.monotonic() < end:
        time.sleep(0.02)
    assert gateway.descriptors() == before
    gateway.stop()
    endpoint.close()


def test_where_calls_go():
    """By the environment. (AWS's own hosts: test_gateway.c.)"""
    dynamodb, others = Endpoint(), Endpoint()
    gateway = Gateway(environment={"AWS_ENDPOINT_URL_DYNAMODB": f"http://127.0.0.1:{dynamodb.port}",
                                   "AWS_ENDPOINT_URL": f"http://localhost:{others.port}/"})
    assert gateway.get_item().status == 200 and len(dynamodb.calls) == 1
    assert gateway.call("sqs", "AmazonSQS.SendMessage").status == 200 and len(others.calls) == 1
    assert others.calls[0][2]["host"] == f"localhost:{others.port}"
    gateway.stop()
    dynamodb.close()
    others.close()
    gateway = Gateway()
    answer = gateway.call("nosuchservice", "X.Y")
    assert answer.status == 400 and b"no service 'nosuchservice'" in answer.text, answer.text
    gateway.stop()


def test_tls():
    """The certificate must hold, by the authorities of AWS_CA_BUNDLE."""
    if not shutil.which("openssl"):
        return
    with tempfile.TemporaryDirectory() as folder:
        cert, key = os.path.join(folder, "cert"), os.path.join(folder, "key")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", key, "-out", cert, "-subj", "/CN=localhost", "-days", "2", "-addext",
                        "subjectAltName=DNS:localhost"], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        endpoint = Endpoint()
        plain = endpoint.serve

        def over_tls(connection):
            with context.wrap_socket(connection, server_side=True) as secure:
                plain(secure)

        endpoint.serve = over_tls
        url = f"https://localhost:{endpoint.port}"
        gateway = Gateway("--aws-endpoint", url, environment={"AWS_CA_BUNDLE": cert})
        assert gateway.get_item().text == b'{"ok":true}'
        gateway.stop()
        gateway = Gateway("--aws-endpoint", url)
        answer = gateway.get_item()
        assert answer.status == 502 and b"certificate" in answer.text, answer.text
        gateway.stop()
        gateway = Gateway("--aws-endpoint", f"https://127.0.0.1:{endpoint.port}", environment={"AWS_CA_BUNDLE": cert})
        assert gateway.get_item().status == 502
        gateway.stop()
        status, said = fails_to_start("--listen", "127.0.0.1:0", "--aws", environment={"AWS_CA_BUNDLE": key + "x"})
        assert status != 0 and "AWS_CA_BUNDLE" in said, said
        endpoint.close()


def test_what_is_no_request():
    endpoint = Endpoint()
    gateway = Gateway(endpoint=endpoint)
    for text in (b"GET / HTTP/9.9\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
                 b"GET / HTTP/1.1\r\nA: " + b"b" * 70000 + b"\r\n\r\n"):
        with gateway.connect() as client:
            client.sendall(text)
            client.shutdown(socket.SHUT_WR)
            assert Reader(client).response().status == 400, text[:40]
    with gateway.connect() as client:  # half a request
        client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc")
    with gateway.connect() as client:  # several at once
        head = "".join(f"{name}: {value}\r\n" for name, value in
                       sigv4.sign(gateway.host, "dynamodb", headers={"X-Amz-Target": "DynamoDB_20120810.GetItem"}).items())
        client.sendall(f"POST / HTTP/1.1\r\n{head}Content-Length: 0\r\n\r\n".encode() * 3)
        reader = Reader(client)
        assert [reader.response().status for _ in range(3)] == [200] * 3
    with gateway.connect() as client:
        client.sendall(f"POST / HTTP/1.0\r\n{head}Content-Length: 0\r\n\r\n".encode())
        assert Reader(client).response().status == 200
        assert client.recv(1) == b""
    gateway.stop()
    endpoint.close()


def test_the_relays_faults():
    """An injected error of the faders is one that SDKs read; what is asked for by itself stays."""
    endpoint = Endpoint()
    gateway = Gateway("--error", "503", endpoint=endpoint)
    answer = gateway.get_item()
    assert answer.status == 503 and json.loads(answer.text)["__type"] == "ServiceUnavailable"
    assert answer.headers["x-amzn-ErrorType"] == "ServiceUnavailable"
    assert answer.headers["x-shaketable-injected"] == "error"
    assert gateway.call("s3", method="GET", path="/b/k", body=b"").text == b"Service Unavailable\n"
    console = gateway.console()
    console.set({"error": {"percent": 100, "status": 429, "headers": ["Retry-After: 1"]}})
    answer = gateway.get_item()
    assert json.loads(answer.text)["__type"] == "ThrottlingException" and answer.headers["Retry-After"] == "1"
    console.set({"error": {"percent": 100, "status": 500, "body": "mine"}})
    assert gateway.get_item().text == b"mine"
    console.clear()
    assert gateway.get_item().status == 200
    assert len(endpoint.calls) == 1
    console.close()
    gateway.stop()
    endpoint.close()


def test_many_at_once():
    endpoint = Endpoint()
    gateway = Gateway("--api-fault", "service=dynamodb,percentage=30,errorCode=500", endpoint=endpoint)
    problems = []

    def client():
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=PATIENCE)
        try:
            for _ in range(20):
                assert gateway.get_item(connection=connection).status in (200, 500, 503)
        except Exception as problem:
            problems.append(problem)
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(16)]
    for one in threads:
        one.start()
    for _ in range(10):
        gateway.control("/_shaketable/calls")
        gateway.control("/_localstack/chaos/faults", "POST", [{"service": "dynamodb", "probability": 0.5}])
    for one in threads:
        one.join()
    assert not problems, problems
    assert gateway.counts("dynamodb", "GetItem", 320)["injected"] + len(endpoint.calls) == 320
    gateway.stop()
    endpoint.close()


def test_usage():
    for arguments, words in (
        (["--listen", "0.0.0.0:0", "--aws"], "only a loopback address"),
        (["--listen", ":0", "--aws"], "only a loopback address"),
        (["--listen", "127.0.0.1:0", "--aws", "--upstream", "127.0.0.1:1"], "exclude each other"),
        (["--listen", "127.0.0.1:0", "--upstream", "127.0.0.1:1", "--api-fault", "service=s3"], "--api-fault needs --aws"),
        (["--listen", "127.0.0.1:0", "--upstream", "127.0.0.1:1", "--aws-endpoint", "http://x"], "needs --aws"),
        (["--listen", "127.0.0.1:0", "--aws", "--aws-endpoint", "ftp://x"], "--aws-endpoint"),
        (["--listen", "127.0.0.1:0", "--aws", "--aws-endpoint", "http://x/?a"], "has a query"),
        (["--listen", "127.0.0.1:0", "--aws", "--aws-timeout", "0"], "--aws-timeout"),
        (["--listen", "127.0.0.1:0", "--aws", "--api-fault", "service=dynmodb"], "--api-fault: service: there is no"),
        (["--listen", "127.0.0.1:0", "--aws", "--api-fault", "service=s3,percentage=101"], "--api-fault: percentage"),
        (["--listen", "127.0.0.1:0", "--aws", "--api-fault", "s3"], "'s3' is not KEY=VALUE"),
        (["--listen", "127.0.0.1:0", "--aws", "--api-faults", "/nonexistent"], "No such file"),
    ):
        status, said = fails_to_start(*arguments)
        assert status in (1, 2) and words in said, (arguments, status, said)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    own = f"127.0.0.1:{port}"
    for setting in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SQS"):
        status, said = fails_to_start("--listen", own, "--aws", environment={setting: f"http://localhost:{port}"})
        assert status == 2 and setting in said and "itself listens" in said, said
    status, said = fails_to_start("--listen", own, "--aws", "--aws-endpoint", f"http://{own}")
    assert status == 2 and "itself listens" in said, said
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "faults")
        for text, words in (("{}", "must be a list"), ("[", "unexpected end"), ('[{},{"service":"x9"}]', "number 2: service")):
            with open(path, "w") as file:
                file.write(text)
            status, said = fails_to_start("--listen", "127.0.0.1:0", "--aws", "--api-faults", path)
            assert status == 2 and words in said, (text, said)
        with open(path, "w") as file:
            json.dump([{"service": "sqs", "probability": 0.5}, {"service": "s3", "latencyMilliseconds": 5}], file)
        gateway = Gateway("--api-faults", path, "--api-fault", "region=eu-west-1")
        assert len(gateway.control("/_shaketable/faults")[1]["faults"]) == 3
        gateway.stop()


if __name__ == "__main__":
    run(globals())
