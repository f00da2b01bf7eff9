"""AWS Signature Version 4 in a page of Python: written from AWS's documentation, not from core's code."""
import hashlib
import hmac
import time
from urllib.parse import quote, unquote_plus

EMPTY = hashlib.sha256(b"").hexdigest()


def digest(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def canonical_query(query):
    pairs = [[quote(unquote_plus(part), safe="-_.~") for part in pair.partition("=")[::2]]
             for pair in query.split("&") if pair]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def signature(secret, date, region, service, method, path, query, headers, names, payload):
    """`headers` in lower case; `names` those that are signed, in order."""
    encoded = path if service == "s3" else quote(path, safe="/-_.~")
    values = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in names)
    canonical = "\n".join([method, encoded or "/", canonical_query(query), values, ";".join(names), payload])
    scope = f"{date[:8]}/{region}/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", date, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = digest(digest(digest(digest(b"AWS4" + secret.encode(), date[:8]), region), service), "aws4_request")
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def now(offset=0):
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() + offset))


def sign(host, service, method="POST", path="/", query="", headers=None, body=b"", key="test", secret="test",
         region="us-east-1", date=None, payload=None):
    """All headers of the signed request."""
    date = date or now()
    payload = payload or hashlib.sha256(body).hexdigest()
    lower = {name.lower(): value for name, value in (headers or {}).items()}
    lower.update({"host": host, "x-amz-date": date})
    if service == "s3":
        lower["x-amz-content-sha256"] = payload
    names = sorted(lower)
    made = signature(secret, date, region, service, method, path, query, lower, names, payload)
    lower["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={key}/{date[:8]}/{region}/{service}/aws4_request, "
        f"SignedHeaders={';'.join(names)}, Signature={made}"
    )
    return lower


def presign(host, service, path, key="test", secret="test", region="us-east-1", date=None, expires=60, query=""):
    """The query of a presigned GET."""
    date = date or now()
    credential = quote(f"{key}/{date[:8]}/{region}/{service}/aws4_request", safe="")
    query = "&".join([query] * bool(query) + [
        "X-Amz-Algorithm=AWS4-HMAC-SHA256", f"X-Amz-Credential={credential}", f"X-Amz-Date={date}",
        f"X-Amz-Expires={expires}", "X-Amz-SignedHeaders=host"])
    payload = "UNSIGNED-PAYLOAD" if service == "s3" else EMPTY
    made = signature(secret, date, region, service, "GET", path, query, {"host": host}, ["host"], payload)
    return f"{query}&X-Amz-Signature={made}"


def verify(method, target, headers, body, secret):
    """Asserts that the request is signed right, and that its signature says what its body is; gives the scope."""
    path, _, query = target.partition("?")
    parts = dict(part.strip().split("=", 1) for part in headers["authorization"].split(" ", 1)[1].split(","))
    key, day, region, service, _ = parts["Credential"].split("/")
    payload = hashlib.sha256(body).hexdigest()
    assert headers.get("x-amz-content-sha256", payload) == payload, headers
    names = parts["SignedHeaders"].split(";")
    assert "host" in names and "x-amz-date" in names, names
    wanted = signature(secret, headers["x-amz-date"], region, service, method, path, query, headers, names, payload)
    assert wanted == parts["Signature"], (method, target, headers)
    return key, region, service
