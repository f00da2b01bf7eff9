"""What gives and takes credentials, on loopback: STS, the SSO portal and its token service, ECS, and whatever else is
asked of *.amazonaws.com, reached as a proxy (CONNECT, with a certificate of its own); a container's and an instance's
endpoints, reached directly. Every request is recorded: who signed it, with what token, for which region and host."""
import calendar, http.server, json, os, re, socketserver, ssl, subprocess, threading, time, urllib.parse

HOSTS = [f"{name}.{region}.amazonaws.com" for region in ("eu-west-1", "us-west-2", "eu-north-1")
         for name in ("sts", "ecs", "portal.sso", "oidc", "elasticloadbalancing", "ec2")]
HOSTS += ["ecs-fips.us-west-2.amazonaws.com", "sts-fips.us-west-2.amazonaws.com", "ecs.eu-west-1.api.aws"]
ECS = "AmazonEC2ContainerServiceV20141113."


def make_certificates(folder):
    """ca.pem, which is to be trusted, and a certificate of all HOSTS."""
    run = lambda *words: subprocess.run(words, check=True, capture_output=True, cwd=folder)
    with open(f"{folder}/leaf.ext", "w") as file:
        file.write("subjectAltName=" + ",".join("DNS:" + host for host in HOSTS) + "\n")
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key",
        "-out", "ca.pem", "-subj", "/CN=test authority", "-days", "2")
    run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "leaf.key", "-out",
        "leaf.csr", "-subj", "/CN=amazonaws.test")
    run("openssl", "x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out",
        "leaf.pem", "-days", "2", "-extfile", "leaf.ext")


def utc(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


class Fake(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, folder):
        make_certificates(folder)
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(f"{folder}/leaf.pem", f"{folder}/leaf.key")
        self.lock = threading.Lock()
        self.lives_s = 3600       # of the keys that are given out
        self.refuse_proxy = False  # CONNECT is answered with 407
        self.ahead_s = 0          # its clock
        self.clear()
        super().__init__(("127.0.0.1", 0), Handler)
        self.port = self.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def clear(self):
        with self.lock:
            self.calls, self.given = [], {}

    def record(self, call):
        with self.lock:
            self.calls.append(call)

    def count(self, name):
        with self.lock:
            self.given[name] = self.given.get(name, 0) + 1
            return self.given[name]

    def handle_error(self, request, client_address):
        pass


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    host = None  # behind CONNECT: who is meant

    def log_message(self, *arguments):
        pass

    def do_CONNECT(self):
        if self.server.refuse_proxy:
            self.send_response(407)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        self.host = self.path.rsplit(":", 1)[0]
        self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb", -1), self.connection.makefile("wb", 0)
        self.close_connection = False
        while not self.close_connection:
            self.handle_one_request()

    def date_time_string(self, timestamp=None):
        return super().date_time_string(time.time() + self.server.ahead_s)

    def answer(self, status, body, kind="application/json"):
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        signed = re.match(r"AWS4-HMAC-SHA256 Credential=([^/]*)/\d+/([^/]*)/([^/]*)/", self.headers.get("Authorization", ""))
        target = self.headers.get("X-Amz-Target", "")
        form = dict(urllib.parse.parse_qsl(body)) if "urlencoded" in self.headers.get("Content-Type", "") else {}
        path = urllib.parse.urlsplit(self.path)
        call = {"host": self.host or "", "method": self.command, "path": path.path,
                "query": dict(urllib.parse.parse_qsl(path.query)), "proxied": self.path.startswith("http"),
                "operation": target.rsplit(".", 1)[-1] or form.pop("Action", ""), "form": form,
                "key": signed and signed[1], "region": signed and signed[2], "service": signed and signed[3],
                "token": self.headers.get("X-Amz-Security-Token"), "body": body,
                "authorization": None if signed else self.headers.get("Authorization"),
                "bearer": self.headers.get("x-amz-sso_bearer_token"),
                "imds": self.headers.get("x-aws-ec2-metadata-token")}
        form.pop("Version", None)
        self.server.record(call)
        self.reply(call, form)

    do_GET = do_POST = do_PUT = do_any

    def is_skewed(self):
        signed = self.headers.get("X-Amz-Date")
        if not signed or not self.server.ahead_s:
            return False
        return abs(calendar.timegm(time.strptime(signed, "%Y%m%dT%H%M%SZ")) - time.time() - self.server.ahead_s) > 300

    def reply(self, call, form):
        if self.is_skewed():
            self.answer(400, '{"__type":"InvalidSignatureException","message":"Signature expired"}')
            return
        if call["operation"].startswith("AssumeRole"):
            self.reply_role(call, form)
        elif call["operation"] == "GetCallerIdentity":
            self.answer(200, "<R><GetCallerIdentityResult><Arn>arn:aws:iam::1:user/x</Arn><UserId>x</UserId><Account>1"
                             "</Account></GetCallerIdentityResult></R>", "text/xml")
        elif call["host"].startswith("portal.sso."):
            self.reply_sso(call)
        elif call["host"].startswith("oidc."):
            self.answer(200, json.dumps({"accessToken": "renewed-token", "expiresIn": 3600, "refreshToken": "next",
                                         "tokenType": "Bearer"}))
        elif call["path"].startswith("/latest/"):
            self.reply_metadata(call)
        elif call["path"].startswith("/container"):
            self.answer(200, json.dumps(self.role_keys("CONTAINER")))
        else:
            self.answer(200, '{"clusterArns":[]}', "application/x-amz-json-1.1")

    def role_keys(self, name):
        return {"Code": "Success", "AccessKeyId": f"ASIA{name}", "SecretAccessKey": "secret", "Token": f"token-{name}",
                "Expiration": utc(self.server.lives_s)}

    def reply_role(self, call, form):
        name = form["RoleArn"].rsplit("/", 1)[-1]
        number = self.server.count(name)
        if form.get("TokenCode", "123456") != "123456":
            self.answer(403, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>MultiFactorAuthentication failed with "
                             "invalid MFA one time pass code.</Message></Error></ErrorResponse>", "text/xml")
            return
        lives_s = int(form.get("DurationSeconds", self.server.lives_s))
        self.answer(200, f"<{call['operation']}Response xmlns='https://sts.amazonaws.com/doc/2011-06-15/'>"
                         f"<{call['operation']}Result><Credentials><AccessKeyId>ASIA{name}{number}</AccessKeyId>"
                         f"<SecretAccessKey>secret</SecretAccessKey><SessionToken>token-{name}</SessionToken>"
                         f"<Expiration>{utc(lives_s)}</Expiration></Credentials></{call['operation']}Result>"
                         f"</{call['operation']}Response>", "text/xml")

    def reply_sso(self, call):
        if call["bearer"] not in ("sso-token", "renewed-token"):
            self.answer(401, '{"message":"Session token not found or invalid"}')
            return
        name = call["query"]["role_name"]
        self.answer(200, json.dumps({"roleCredentials": {
            "accessKeyId": f"ASIASSO{name}", "secretAccessKey": "secret", "sessionToken": f"token-sso-{name}",
            "expiration": int(time.time() + self.server.lives_s) * 1000}}))

    def reply_metadata(self, call):
        roles = "/latest/meta-data/iam/security-credentials/"
        if call["path"] == "/latest/api/token" and call["method"] == "PUT":
            self.answer(200, "imds-token", "text/plain")
        elif call["imds"] != "imds-token":
            self.answer(401, "")
        elif call["path"] == roles:
            self.answer(200, "instance-role", "text/plain")
        elif call["path"] == roles + "instance-role":
            self.answer(200, json.dumps(self.role_keys("INSTANCE")))
        elif call["path"] == "/latest/meta-data/placement/availability-zone":
            self.answer(200, "eu-north-1a", "text/plain")
        elif call["path"] == "/latest/meta-data/placement/region":
            self.answer(200, "eu-north-1", "text/plain")
        else:
            self.answer(404, "")
