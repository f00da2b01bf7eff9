#!/usr/bin/env -S python3 -B
"""The sidecar's own AWS credentials: whence, in what order, renewed when, and refused why."""
import concurrent.futures
import http.server
import json
import os
import socketserver
import subprocess
import sys
import tempfile
import threading
import time

from harness import PATIENCE, run

TOOL = os.path.join(os.environ.get("top_builddir", "."), "tests", "proxy", "keys_tool")
FILE_KEYS = "[{}]\naws_access_key_id = {}\naws_secret_access_key = secret\n"


def utc(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.calls.append((self.command, self.path, dict(self.headers)))
        self.server.handle(self)

    do_PUT = do_GET

    def reply(self, status, body, headers=()):
        body = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Service(socketserver.ThreadingTCPServer):
    """A metadata service: handle(handler) answers."""

    daemon_threads = True

    def __init__(self, handle):
        self.handle, self.calls, self.given = handle, [], 0
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def handle_error(self, *_):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


def role(lives_s=7200, **more):
    """Gives KEY1, KEY2 … with TOKEN1, TOKEN2 …"""

    def handle(handler):
        service = handler.server
        service.given += 1
        keys = {"AccessKeyId": f"KEY{service.given}", "SecretAccessKey": "s", "Token": f"TOKEN{service.given}",
                "Expiration": utc(lives_s), **more}
        handler.reply(200, json.dumps(keys))

    return handle


def instance(handler):
    """IMDSv2."""
    if handler.command == "PUT" and handler.path == "/latest/api/token":
        assert handler.headers["X-aws-ec2-metadata-token-ttl-seconds"] == "21600"
        return handler.reply(200, "imds-token")
    if handler.headers["X-aws-ec2-metadata-token"] != "imds-token":
        return handler.reply(401, "")
    if handler.path == "/latest/meta-data/iam/security-credentials/":
        return handler.reply(200, "my-role")
    assert handler.path == "/latest/meta-data/iam/security-credentials/my-role", handler.path
    role()(handler)


class Tool:
    """The program with these variables, and files in a home of its own."""

    def __init__(self, files=None, **environment):
        self.home = tempfile.TemporaryDirectory(prefix="shaketable-test-")
        for name, text in (files or {}).items():
            path = os.path.join(self.home.name, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", newline="") as file:
                file.write(text)
        usual = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        # A proxy that must never be asked: nobody listens there.
        usual.update(HOME=self.home.name, AWS_EC2_METADATA_DISABLED="true", http_proxy="http://127.0.0.1:9",
                     HTTP_PROXY="http://127.0.0.1:9", ALL_PROXY="http://127.0.0.1:9", no_proxy="")
        usual.update({name: value.replace("HOME/", self.home.name + "/") for name, value in environment.items()})
        self.process = subprocess.Popen([TOOL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=usual, text=True)
        self.opened = self.process.stdout.readline().rstrip("\n")

    def get(self, count=1):
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()
        return [self.process.stdout.readline().rstrip("\n") for _ in range(abs(count))]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        _, errors = self.process.communicate(timeout=PATIENCE)
        self.home.cleanup()
        assert self.process.returncode == 0 and errors == "", errors


def got(files=None, **environment):
    """What one caller gets: ["keys", key, token, source], or [code, message]."""
    with Tool(files, **environment) as tool:
        if not tool.opened.startswith("open"):
            return tool.opened.split(" ", 1)
        said = tool.get()[0]
        return said.split(" ", 3) if said.startswith("keys ") else said.split(" ", 1)


def at_once(look, cases):
    """Most of each is waiting."""
    with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
        list(pool.map(look, cases))


ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "s"}


def test_the_order_of_the_sources():
    files = {".aws/credentials": FILE_KEYS.format("default", "AKIAFILE"),
             ".aws/config": FILE_KEYS.format("default", "AKIACONFIG")}
    with Service(role()) as container, Service(instance) as imds:
        everything = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": container.url + "/keys", "AWS_EC2_METADATA_DISABLED": "false",
                      "AWS_EC2_METADATA_SERVICE_ENDPOINT": imds.url}
        assert got(files, **ENVIRONMENT, **everything)[:3] == ["keys", "AKIAENV", "-"]
        assert got(files, **ENVIRONMENT, AWS_SESSION_TOKEN="t", **everything)[:3] == ["keys", "AKIAENV", "t"]
        assert got(files, **everything)[1] == "AKIAFILE"
        del files[".aws/credentials"]
        process = "[default]\ncredential_process = sh -c 'echo \"$KEYS\"'\n"
        keys = '{"Version":1,"AccessKeyId":"AKIAPROCESS","SecretAccessKey":"s","SessionToken":"tp"}'
        assert got({".aws/config": process}, KEYS=keys, **everything)[1:3] == ["AKIAPROCESS", "tp"]
        assert got(files, **everything)[1] == "AKIACONFIG"
        assert not container.calls and not imds.calls
        assert got(**everything)[1:3] == ["KEY1", "TOKEN1"]
        assert container.calls[0][1] == "/keys" and not imds.calls
        del everything["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
        answer = got(**everything)
        assert answer[1:3] == ["KEY1", "TOKEN1"] and answer[3] == "the instance's role my-role", answer
        assert [call[0] for call in imds.calls] == ["PUT", "GET", "GET"]


def test_profiles_are_those_of_the_variables():
    files = {".aws/credentials": FILE_KEYS.format("one", "AKIAONE") + FILE_KEYS.format("two", "AKIATWO"),
             "elsewhere": FILE_KEYS.format("default", "AKIAELSE")}
    assert got(files, AWS_PROFILE="one")[1] == "AKIAONE"
    assert got(files, AWS_DEFAULT_PROFILE="two")[1] == "AKIATWO"
    assert got(files, AWS_SHARED_CREDENTIALS_FILE="HOME/elsewhere")[1] == "AKIAELSE"
    assert got({"c": FILE_KEYS.format("profile x", "AKIAX")}, AWS_CONFIG_FILE="HOME/c", AWS_PROFILE="x")[1] == "AKIAX"
    code, message = got(files, AWS_PROFILE="three")
    assert code == "not-found" and "the profile 'three'" in message, message


def test_what_takes_calls_to_aws_is_refused_with_what_to_do():
    base = FILE_KEYS.format("profile base", "AKIABASE")
    role_arn = "[profile p]\nrole_arn = arn:aws:iam::1:role/r\n"
    cases = [
        (role_arn + "source_profile = base\n", {}),
        (role_arn + "credential_source = EcsContainer\n", {}),
        (role_arn + "web_identity_token_file = /nowhere\n", {}),
        ("[profile p]\nsso_account_id = 1\nsso_role_name = r\n", {}),
        ("[profile p]\n", {"AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere", "AWS_ROLE_ARN": "arn:aws:iam::1:role/r"}),
    ]
    for config, more in cases:
        code, message = got({".aws/config": config + base}, AWS_PROFILE="p", **more)
        assert code == "denied" and "aws configure export-credentials" in message, message
        assert got({".aws/config": config + base}, AWS_PROFILE="p", **ENVIRONMENT, **more)[1] == "AKIAENV"


def test_without_any_the_error_says_what_was_tried():
    code, message = got()
    assert code == "denied" and "no AWS credentials" in message and "taskRoleArn" in message, message
    code, message = got(AWS_ACCESS_KEY_ID="AKIA")
    assert code == "denied" and "no secret access key" in message, message


def test_one_gets_the_keys_for_all_and_renews_them():
    lives = [3]

    def handle(handler):
        time.sleep(0.2)  # long enough for a stampede
        role(lives[0])(handler)

    with Service(handle) as service, Tool(AWS_CONTAINER_CREDENTIALS_FULL_URI=service.url) as tool:
        assert not service.calls
        assert {line.split()[1] for line in tool.get(32)} == {"KEY1"}
        assert len(service.calls) == 1
        end = time.monotonic() + PATIENCE
        lives[0] = 7200
        while "KEY2" not in (seen := {line.split()[1] for line in tool.get(32)}):
            assert seen == {"KEY1"} and time.monotonic() < end, seen
        assert {line.split()[1] for line in tool.get(32)} == {"KEY2"}
        assert len(service.calls) == 2


def test_old_keys_hold_until_they_expire_when_the_renewal_fails():
    answers = [role(4), lambda handler: handler.reply(403, "no")]

    def handle(handler):
        answers[0 if len(handler.server.calls) == 1 else 1](handler)

    with Service(handle) as service, Tool(AWS_CONTAINER_CREDENTIALS_FULL_URI=service.url) as tool:
        expires = time.time() + 4
        end = time.monotonic() + PATIENCE
        while (said := tool.get()[0]).startswith("keys KEY1 "):
            assert time.monotonic() < end, "expired keys are used"
        # The answer has whole seconds, so it may be up to a second early.
        assert time.time() >= expires - 1.1, "given up too early"
        assert said.startswith("denied ") and "status 403" in said, said
        assert len(service.calls) >= 2


def test_tokens():
    with Service(role()) as service:
        uri = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": service.url}

        def sent():
            return service.calls[-1][2].get("Authorization")

        assert got(**uri)[0] == "keys" and sent() is None
        assert got(**uri, AWS_CONTAINER_AUTHORIZATION_TOKEN="Basic abc")[0] == "keys" and sent() == "Basic abc"
        token_file = dict(uri, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE="HOME/token")
        assert got({"token": "Basic file"}, **token_file, AWS_CONTAINER_AUTHORIZATION_TOKEN="x")[0] == "keys"
        assert sent() == "Basic file"
        before = len(service.calls)
        for files, more in [
            ({"token": "two\r\nX: y"}, token_file),
            ({"token": "two\n"}, token_file),
            ({}, token_file),
            ({"token": "x" * 40000}, token_file),
            ({}, dict(uri, AWS_CONTAINER_AUTHORIZATION_TOKEN="a\r\nX: y")),
        ]:
            answer = got(files, **more)
            assert answer[0] in ("denied", "system") and "x" * 100 not in answer[1], answer
        assert len(service.calls) == before


def test_hosts_that_may_not_give_keys_are_not_asked():
    with Service(role()) as service:
        port = service.server_address[1]
        for host in ("localhost", "127.0.0.1", "127.3.2.1", "LOCALHOST"):
            said = got(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"http://{host}:{port}/")
            # The server is at 127.0.0.1 alone: where it can't be reached the host was allowed all the same.
            assert said[0] == ("network" if host == "127.3.2.1" else "keys"), said
        before = len(service.calls)
        for url in ("http://example.com/", "http://127.0.0.1.example.com/", f"http://127.1:{port}/", "http://10.0.0.1/",
                    f"http://0x7f.0.0.1:{port}/", f"http://2130706433:{port}/", "http://[::ffff:10.0.0.1]/",
                    f"http://user@127.0.0.1:{port}/", f"http://127.0.0.1:{port}@example.com/", "http://169.254.170.3/",
                    f"ftp://127.0.0.1:{port}/", "127.0.0.1", f"http://127.0.0.1:{port}/\r\nX: y", "http://127.0.0.1:0/",
                    "http://127.0.0.1:70000/", f"http://127.0.0.1:{port}/a b", "https://example.com/"):
            said = got(AWS_CONTAINER_CREDENTIALS_FULL_URI=url)
            assert said[0] == "denied" and "AWS_CONTAINER_CREDENTIALS_FULL_URI" in said[1], (url, said)
        assert len(service.calls) == before


def test_answers_that_give_no_keys():
    def raw(data):
        def handle(handler):
            handler.close_connection = True
            handler.wfile.write(data)

        return handle

    cases = [
        (lambda handler: handler.reply(404, "no"), "status 404"),
        (lambda handler: handler.reply(400, json.dumps({"code": "InvalidIdInRequest"})), "status 400"),
        (lambda handler: handler.reply(302, "", [("Location", "http://127.0.0.1:9/")]), "status 302"),
        (lambda handler: handler.reply(200, "garbage"), "not a JSON object"),
        (lambda handler: handler.reply(200, "{}"), "no AccessKeyId"),
        (role(Token=""), "no Token"),
        (role(Expiration="soon"), "not a time"),
        (role(-60), "have expired"),
        (role(SecretAccessKey="a\r\nb"), "control characters"),
        (lambda handler: handler.reply(200, "x" * (200 << 10)), "not a JSON object"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), ""),
        (raw(b"\x16\x03\x01 garbage\r\n\r\n"), ""),
        (raw(b""), ""),
    ]
    def look(case):
        handle, says = case
        with Service(handle) as service:
            said = got(AWS_CONTAINER_CREDENTIALS_FULL_URI=service.url)
            assert said[0] in ("denied", "network") and says in said[1], (said, says)
            assert "KEY" not in said[1] and len(service.calls) <= 3

    at_once(look, cases)


def test_an_outage_is_tried_again():
    def handle(handler):
        if len(handler.server.calls) < 3:
            return handler.reply(500 if len(handler.server.calls) == 1 else 429, "")
        role()(handler)

    with Service(handle) as service:
        assert got(AWS_CONTAINER_CREDENTIALS_FULL_URI=service.url)[1] == "KEY1"
        assert len(service.calls) == 3


def test_who_hangs_is_left():
    release = threading.Event()

    def drip(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not release.wait(0.1):
            handler.wfile.write(b" ")

    def look(handle):
        with Service(handle) as service:
            said = got(AWS_CONTAINER_CREDENTIALS_FULL_URI=service.url)
            assert said[0] == "timeout" and service.url in said[1], said

    at_once(look, [lambda handler: release.wait(PATIENCE), drip])
    release.set()


def test_at_the_end_nobody_waits():
    release = threading.Event()
    begin = time.monotonic()
    with Service(lambda handler: release.wait(PATIENCE)) as service:
        with Tool(AWS_CONTAINER_CREDENTIALS_FULL_URI=service.url) as tool:
            assert all(said.startswith("canceled ") for said in tool.get(-8))
    release.set()
    assert time.monotonic() - begin < PATIENCE


def test_instances_without_a_role_or_without_metadata():
    def without(status):
        def handle(handler):
            if handler.command == "PUT":
                return handler.reply(200, "imds-token")
            handler.reply(status, "" if status == 200 else "Not Found")

        return handle

    for handle in (without(404), without(200), lambda handler: handler.reply(403, ""),
                   lambda handler: handler.reply(200, "bad token\r\nX: y")):
        with Service(handle) as service:
            said = got(AWS_EC2_METADATA_DISABLED="false", AWS_EC2_METADATA_SERVICE_ENDPOINT=service.url)
            assert said[0] == "denied" and "no AWS credentials" in said[1], said
    with Service(instance) as service:
        assert got(AWS_EC2_METADATA_SERVICE_ENDPOINT=service.url)[0] == "denied" and not service.calls


if __name__ == "__main__":
    run(globals())
