"""What shaketable does behind proxies, and what it says where TLS or the clock does not hold."""
import os, subprocess, sys
from fake_aws import Fake

PROGRAM, WORK = sys.argv[1:3]
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "secret"}
fake = Fake(WORK)
failed = []


def run(what, env, says=None, done=True, where=lambda calls: True):
    """Lists clusters; `says`: on standard error; `where`: of the calls that arrived."""
    base = {key: value for key, value in os.environ.items() if not key.startswith("AWS_") and "proxy" not in key.lower()}
    base.update({"AWS_REGION": "eu-west-1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_CA_BUNDLE": f"{WORK}/ca.pem", **env})
    base = {key: value for key, value in base.items() if value is not None}
    fake.clear()
    told = subprocess.run([PROGRAM, "list", "clusters"], env=base, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60)
    good = (told.returncode == 0) == done and (says is None or says in told.stderr) and where(fake.calls)
    print(("ok: " if good else "FAILED: ") + what)
    if not good:
        failed.append(what)
        print(f"  status {told.returncode}: {told.stderr}  {fake.calls}")


here = lambda calls: bool(calls) and calls[-1]["operation"] == "ListClusters"
run("a proxy for https", {**KEYS, "HTTPS_PROXY": fake.url}, where=here)
run("its name in small letters", {**KEYS, "https_proxy": fake.url}, where=here)
run("a proxy for all", {**KEYS, "ALL_PROXY": fake.url}, where=here)
run("a proxy for http", {**KEYS, "http_proxy": fake.url, "AWS_ENDPOINT_URL": "http://ecs.test.invalid"},
    where=lambda calls: here(calls) and calls[-1]["proxied"])
run("none for those in NO_PROXY", {**KEYS, "http_proxy": fake.url, "NO_PROXY": "test.invalid",
                                   "AWS_ENDPOINT_URL": "http://ecs.test.invalid"},
    done=False, says="ecs.test.invalid", where=lambda calls: not calls)
run("none for this machine", {**KEYS, "http_proxy": "http://127.0.0.1:9", "AWS_ENDPOINT_URL": fake.url},
    where=lambda calls: here(calls) and not calls[-1]["proxied"])
# Keys are fetched from the container and from the instance directly, whatever is set.
everywhere = {"http_proxy": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": fake.url}
run("none for the container", {**everywhere, "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{fake.url}/container"},
    where=lambda calls: here(calls) and not calls[0]["proxied"])
run("none for the instance", {**everywhere, "AWS_EC2_METADATA_DISABLED": None, "AWS_EC2_METADATA_SERVICE_ENDPOINT": fake.url},
    where=lambda calls: here(calls) and not any(call["proxied"] for call in calls))
run("a proxy that is down", {**KEYS, "HTTPS_PROXY": "http://127.0.0.1:9"}, done=False, says="check HTTPS_PROXY")
run("a proxy that is not there", {**KEYS, "HTTPS_PROXY": "http://proxy.test.invalid:3128"}, done=False,
    says="check HTTPS_PROXY")
fake.refuse_proxy = True
run("a proxy that refuses", {**KEYS, "HTTPS_PROXY": fake.url}, done=False,
    says="the proxy answered with status 407. A proxy is set")
fake.refuse_proxy = False

run("an authority that is not known", {**KEYS, "HTTPS_PROXY": fake.url, "AWS_CA_BUNDLE": None}, done=False,
    says="AWS_CA_BUNDLE names a file", where=lambda calls: not calls)
run("a certificate for another name", {**KEYS, "HTTPS_PROXY": fake.url, "AWS_REGION": "ap-south-1"}, done=False,
    says="for another name", where=lambda calls: not calls)
run("a bundle that is none", {**KEYS, "HTTPS_PROXY": fake.url, "AWS_CA_BUNDLE": f"{WORK}/leaf.ext"}, done=False,
    says="certificates in PEM", where=lambda calls: not calls)

fake.ahead_s = 7200
run("AWS's clock is two hours ahead", {**KEYS, "HTTPS_PROXY": fake.url},
    where=lambda calls: here(calls) and [call["operation"] for call in calls].count("ListClusters") == 2)
fake.ahead_s = -7200
run("AWS's clock is two hours behind", {**KEYS, "HTTPS_PROXY": fake.url}, where=here)
sys.exit(1 if failed else 0)
