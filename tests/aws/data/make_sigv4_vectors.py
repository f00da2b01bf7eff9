#!/usr/bin/python3
"""Writes sigv4_vectors.json: requests and the signatures that botocore makes for them.

Run by hand with Debian's python3 and awscli (which carries botocore) installed:
    /usr/bin/python3 make_sigv4_vectors.py > sigv4_vectors.json
"""
import datetime
import json
import sys
from unittest import mock
from urllib.parse import urlsplit

try:
    import botocore.auth
except ImportError:  # Debian 12 has it inside the CLI
    import awscli  # its import hook makes "botocore" known
    import awscli.botocore as bundled
    sys.modules.setdefault("botocore", bundled)
    import awscli.botocore.session  # noqa: F401  (settles an import circle)
    import botocore.auth
import botocore.awsrequest
import botocore.credentials

NOW = datetime.datetime(2026, 11, 21, 14, 2, 7)
TOKEN = "IQoJb3JpZ2luX2VjEDkaCXVzLWVhc3QtMSJ/+==" + "Ab1/+" * 60
ECS = ("ecs", "us-east-1")
ELB = ("elasticloadbalancing", "eu-central-1")
S3 = ("s3", "eu-west-1")
FORM = "application/x-www-form-urlencoded; charset=utf-8"
JSON = "application/x-amz-json-1.1"

# name, (service, region), method, url, headers, body, more
CASES = [
    ("plain json call", ECS, "POST", "https://ecs.us-east-1.amazonaws.com/",
     [("Content-Type", JSON), ("X-Amz-Target", "AmazonEC2ContainerServiceV20141113.ListClusters")], "{}", {}),
    ("query call", ELB, "POST", "https://elasticloadbalancing.eu-central-1.amazonaws.com/",
     [("Content-Type", FORM)], "Action=DescribeTargetGroups&Version=2015-12-01", {}),
    ("port in host", ECS, "POST", "http://127.0.0.1:4566/", [("Content-Type", JSON)], "{}", {}),
    ("get without body", ECS, "GET", "https://ecs.us-east-1.amazonaws.com/", [], "", {}),
    ("empty path", ECS, "GET", "https://ecs.us-east-1.amazonaws.com", [], "", {}),
    ("session token", ECS, "POST", "https://ecs.us-east-1.amazonaws.com/", [("Content-Type", JSON)], "{}",
     {"token": TOKEN}),
    ("query out of order", ECS, "GET", "https://example.amazonaws.com/?b=2&a=1&B=3&A=0&c", [], "", {}),
    ("query keys that are prefixes", ECS, "GET", "https://example.amazonaws.com/?ab=1&a=2&a-b=3&a%3D=4&a=", [], "", {}),
    ("duplicate query keys", ECS, "GET", "https://example.amazonaws.com/?k=z&k=a&k=a&k=&k=Z", [], "", {}),
    ("empty query values", ECS, "GET", "https://example.amazonaws.com/?empty=&novalue&=nokey&&x=1", [], "", {}),
    ("query with equals in value", ECS, "GET", "https://example.amazonaws.com/?a=b=c&d==", [], "", {}),
    ("query encoded", ECS, "GET", "https://example.amazonaws.com/?na%20me=va%2Flue&%C3%A9=%E2%82%AC&t=%7E", [], "", {}),
    ("query plus, tilde and star", ECS, "GET", "https://example.amazonaws.com/?a=b+c&d=~e&f=*&g=%2B", [], "", {}),
    ("query non-ASCII raw", ECS, "GET", "https://example.amazonaws.com/?naïve=é€&z=ü", [], "", {}),
    ("path with space encoded", ECS, "GET", "https://example.amazonaws.com/a%20b/c", [], "", {}),
    ("path encoded twice", ECS, "GET", "https://example.amazonaws.com/arn%3Aaws%3Aecs%3Aus-east-1%2Fx/", [], "", {}),
    ("path non-ASCII encoded", ECS, "GET", "https://example.amazonaws.com/%E2%82%AC/%C3%A9", [], "", {}),
    ("path non-ASCII raw", ECS, "GET", "https://example.amazonaws.com/€/é", [], "", {}),
    ("path marks", ECS, "GET", "https://example.amazonaws.com/a+b/~c/*d/e:f@g/(h)!'/$,;=&", [], "", {}),
    ("path dots", ECS, "GET", "https://example.amazonaws.com/a/./b/../../c/.", [], "", {}),
    ("path dots above the root", ECS, "GET", "https://example.amazonaws.com/../../a/..", [], "", {}),
    ("path double slashes", ECS, "GET", "https://example.amazonaws.com//a///b//", [], "", {}),
    ("path three dots", ECS, "GET", "https://example.amazonaws.com/.../a../..b/.c", [], "", {}),
    ("header white space", ECS, "GET", "https://example.amazonaws.com/",
     [("X-Fold", "  a   b\t\tc  "), ("X-Quoted", '"a   b"'), ("X-Empty", ""), ("X-Blank", "   ")], "", {}),
    ("header repeated", ECS, "GET", "https://example.amazonaws.com/",
     [("X-Many", "zwei"), ("x-many", "eins"), ("X-MANY", " drei  vier "), ("X-Amz-A", "1"), ("X-B", "2")], "", {}),
    ("header names in odd case", ECS, "POST", "https://example.amazonaws.com/",
     [("zEBRA", "1"), ("x-a_b", "2"), ("x-ab", "3"), ("X-A-B", "4"), ("content-TYPE", JSON)], "{}", {}),
    ("headers not signed", ECS, "POST", "https://example.amazonaws.com/",
     [("User-Agent", "shaketable/1"), ("Expect", "100-continue"), ("X-Amzn-Trace-Id", "Root=1")], "{}", {}),
    ("body non-ASCII", ECS, "POST", "https://ecs.us-east-1.amazonaws.com/", [("Content-Type", JSON)],
     '{"cluster":"größe €"}', {}),
    ("secret with marks", ECS, "POST", "https://ecs.us-east-1.amazonaws.com/", [], "{}",
     {"secret": "wJalr/XUtn+FEMI/K7MDENG=bPxRfi~*CYEXAMPLEKEY"}),
    ("s3 get", S3, "GET", "https://bucket.s3.eu-west-1.amazonaws.com/a%20b/../c//d", [], "", {}),
    ("s3 put", S3, "PUT", "https://bucket.s3.eu-west-1.amazonaws.com/key~%2B%2A", [("Content-Type", "text/plain")],
     "hello", {}),
    ("s3 unsigned payload", S3, "PUT", "https://bucket.s3.eu-west-1.amazonaws.com/key", [("Content-MD5", "x")],
     "hello", {"unsigned": True, "token": TOKEN}),
]


class Clock(datetime.datetime):
    @classmethod
    def utcnow(cls):
        return NOW


def sign(name, scope, method, url, headers, body, more):
    secret = more.get("secret", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    credentials = botocore.credentials.Credentials("AKIDEXAMPLE", secret, more.get("token"))
    request = botocore.awsrequest.AWSRequest(method=method, url=url, data=body.encode())
    for key, value in headers:
        request.headers.add_header(key, value)
    parts = urlsplit(url)
    request.headers.add_header("Host", parts.netloc)
    cls = botocore.auth.S3SigV4Auth if scope[0] == "s3" else botocore.auth.SigV4Auth
    if more.get("unsigned"):
        request.context["payload_signing_enabled"] = False
        request.context["has_streaming_input"] = True
    signer = cls(credentials, *scope)
    with mock.patch.object(botocore.auth.datetime, "datetime", Clock):
        # Asked for before it is signed, and the Authorization header becomes one more header.
        with mock.patch.object(signer, "canonical_request", wraps=signer.canonical_request) as spy:
            results = []
            spy.side_effect = lambda r: results.append(cls.canonical_request(signer, r)) or results[-1]
            signer.add_auth(request)
        canonical = results[0]
    return {
        "name": name, "service": scope[0], "region": scope[1], "method": method, "path": parts.path,
        "query": parts.query, "headers": [list(h) for h in headers] + [["Host", parts.netloc]], "body": body,
        "unsigned_payload": bool(more.get("unsigned")), "access_key": "AKIDEXAMPLE", "secret_key": secret,
        "session_token": more.get("token", ""), "date": NOW.strftime("%Y%m%dT%H%M%SZ"),
        "canonical_request": canonical, "authorization": request.headers["Authorization"],
    }


json.dump([sign(*case) for case in CASES], sys.stdout, indent=1, ensure_ascii=True)
print()
