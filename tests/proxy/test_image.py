#!/usr/bin/env -S python3 -B
"""The container image: `make image` in every particular, and what is in it at work in an empty root.

What needs root (an empty root, a mount namespace) or skopeo is left out without them, with a word.
"""
import hashlib
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import zlib

from harness import PATIENCE, Console, Reader, Upstream, echo_path, request, run, serve_http
from test_tls import TlsConsole, keys

BUILD = os.environ.get("top_builddir", ".")
OCI = "application/vnd.oci.image."
USER = 65532
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
scratch = None

# Like a container engine: mounts first, then the root, then the user; all capabilities dropped for good.
ENTER = """
import ctypes, os, sys
root, user = sys.argv[1], int(sys.argv[2])
libc = ctypes.CDLL(None, use_errno=True)
def prctl(*words):
    return libc.prctl(*[ctypes.c_ulong(word) for word in words])
os.chroot(root)
os.chdir("/")
capability = 0
while prctl(24, capability, 0, 0, 0) == 0:  # PR_CAPBSET_DROP
    capability += 1
os.setgroups([])
os.setresgid(user, user, user)
os.setresuid(user, user, user)
assert capability > 30 and prctl(38, 1, 0, 0, 0) == 0  # PR_SET_NO_NEW_PRIVS
names = ("SHAKETABLE_PARENT_DEATH", "SHAKETABLE_CONSOLE_KEY")
os.execve(sys.argv[3], sys.argv[3:], {name: os.environ[name] for name in names})
"""
MOUNT = """
mount --make-rprivate / && mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" &&
mount -t tmpfs -o size=1m,mode=700,uid=$2,gid=$2 tmpfs "$1/run" || exit 99
shift 2
exec "$@"
"""


def make(*words, **environment):
    inherited = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    return subprocess.run(
        ["make", "-s", "-C", BUILD, *words], env=dict(inherited, **environment), capture_output=True, text=True
    )


def archive():
    """The image's path, made by the first who asks."""
    path = os.path.join(scratch, "image.oci.tar")
    if not os.path.exists(path):
        done = make("image", "image_archive=" + path)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "sha256:" in done.stdout and " bytes" in done.stdout, done.stdout
        print(done.stdout.strip())
    return path


def read_archive():
    with tarfile.open(archive()) as tar:
        return {entry.name: tar.extractfile(entry).read() for entry in tar if entry.isfile()}


def blob(files, descriptor):
    """A blob's bytes, after looking whether they are those that were described."""
    algorithm, value = descriptor["digest"].split(":")
    data = files["blobs/sha256/" + value]
    assert algorithm == "sha256" and hashlib.sha256(data).hexdigest() == value
    assert len(data) == descriptor["size"]
    return data


def parts():
    """(manifest, config, layer as an uncompressed tar), each checked against its description."""
    files = read_archive()
    assert json.loads(files["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}
    index = json.loads(files["index.json"])
    assert index["schemaVersion"] == 2 and index["mediaType"] == OCI + "index.v1+json"
    (described,) = index["manifests"]
    assert described["mediaType"] == OCI + "manifest.v1+json"
    manifest = json.loads(blob(files, described))
    assert manifest["schemaVersion"] == 2 and manifest["mediaType"] == OCI + "manifest.v1+json"
    assert manifest["config"]["mediaType"] == OCI + "config.v1+json"
    (layer,) = manifest["layers"]
    assert layer["mediaType"] == OCI + "layer.v1.tar+gzip"
    config = json.loads(blob(files, manifest["config"]))
    tree = zlib.decompress(blob(files, layer), 31)
    assert config["rootfs"] == {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(tree).hexdigest()]}
    for name in ("architecture", "os"):
        assert described["platform"][name] == config[name]
    version = config["config"]["Labels"]["org.opencontainers.image.version"]
    assert described["annotations"]["org.opencontainers.image.ref.name"] == version
    # docker load reads this list instead of the index; it names the same blobs, and nothing else is there.
    (docker,) = json.loads(files["manifest.json"])
    assert docker["RepoTags"] == ["shaketable/proxy:" + version]
    named = [item["digest"].split(":")[1] for item in (manifest["config"], layer)]
    assert [docker["Config"], *docker["Layers"]] == ["blobs/sha256/" + value for value in named]
    assert len(files) == 3 + 3
    return manifest, config, tree


def test_made_twice_it_is_the_same():
    first = open(archive(), "rb").read()
    again = os.path.join(scratch, "again.oci.tar")
    before = os.umask(0o077)
    done = make("image", "image_archive=" + again, TZ="Asia/Tokyo", LC_ALL="C", HOME="/nonexistent")
    os.umask(before)
    assert done.returncode == 0, done.stderr
    assert open(again, "rb").read() == first
    later = os.path.join(scratch, "later.oci.tar")
    assert make("image", "image_archive=" + later, SOURCE_DATE_EPOCH="1700000000").returncode == 0
    with tarfile.open(later) as tar:
        assert {entry.mtime for entry in tar} == {1700000000}
    assert b"2023-11-14T22:13:20Z" in open(later, "rb").read()


def test_what_it_says_of_itself():
    _, config, _ = parts()
    machine = {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]
    assert (config["os"], config["architecture"]) == ("linux", machine)
    inner = config["config"]
    assert inner["Entrypoint"] == ["/shaketable-proxy"] and "Cmd" not in inner
    assert inner["User"] == f"{USER}:{USER}" and inner["StopSignal"] == "SIGTERM"
    assert inner["Labels"]["org.opencontainers.image.title"] == "shaketable-proxy"


def test_the_program_and_the_authorities_are_in_it():
    _, config, tree = parts()
    with tarfile.open(fileobj=io.BytesIO(tree)) as tar:
        entries = {entry.name: entry for entry in tar.getmembers()}
        files = {name: tar.extractfile(entry).read() for name, entry in entries.items() if entry.isfile()}
    for entry in entries.values():
        assert (entry.uid, entry.gid, entry.uname, entry.gname, entry.mtime) == (0, 0, "", "", 0)
    assert entries["shaketable-proxy"].mode == 0o555
    wanted = {"shaketable-proxy"}
    if os.path.exists(AUTHORITIES):
        wanted.add(AUTHORITIES[1:])
        assert entries[AUTHORITIES[1:]].mode == 0o444
        with open(AUTHORITIES, "rb") as bundle:
            assert files[AUTHORITIES[1:]] == bundle.read()
        assert {name for name in entries if name not in files} == {"etc", "etc/ssl", "etc/ssl/certs"}
    assert set(files) == wanted
    assert config["config"]["Env"] == ["SSL_CERT_FILE=" + AUTHORITIES]


def test_others_read_it():
    if not shutil.which("skopeo"):
        print("left out: skopeo is not installed")
        return
    _, config, _ = parts()
    path = archive()
    for source in ("oci-archive:", "docker-archive:"):
        done = subprocess.run(["skopeo", "inspect", source + path], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        seen = json.loads(done.stdout)
        assert seen["Architecture"] == config["architecture"]
        assert seen["Labels"] == config["config"]["Labels"]
    copy = ["skopeo", "--insecure-policy", "copy", "oci-archive:" + path, "dir:" + os.path.join(scratch, "copy")]
    done = subprocess.run(copy, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_dynamic_programs_are_refused():
    script = os.path.join(os.environ.get("top_srcdir", "."), "image", "make_image.py")
    for program in (sys.executable, script):
        output = os.path.join(scratch, "wrong.tar")
        done = subprocess.run(
            [sys.executable, "-B", script, "--program", program, "--version", "0", "--output", output],
            capture_output=True, text=True,
        )
        assert done.returncode == 1 and program in done.stderr and not os.path.exists(output), done.stderr


class Contained:
    """The layer's program, alone in a root that holds nothing else but what a container engine adds."""

    def __init__(self, upstream_port):
        self.root = tempfile.mkdtemp(prefix="root-", dir=scratch)
        os.chmod(scratch, 0o711)
        os.chmod(self.root, 0o755)
        _, _, tree = parts()
        with tarfile.open(fileobj=io.BytesIO(tree)) as tar:
            tar.extractall(self.root)
        os.makedirs(os.path.join(self.root, "etc"), exist_ok=True)
        os.mkdir(os.path.join(self.root, "run"))
        with open(os.path.join(self.root, "etc", "hosts"), "w") as hosts:
            hosts.write("127.0.0.1 localhost\n127.0.0.1 application.test\n")
        enter = [sys.executable, "-c", ENTER, self.root, str(USER)]
        mount = ["unshare", "--mount", "sh", "-c", MOUNT, "sh", self.root, str(USER)]
        self.read_only = shutil.which("unshare") and subprocess.run([*mount, "true"], capture_output=True).returncode == 0
        if not self.read_only:
            print("a writable root: no mount namespace here")
            os.chown(os.path.join(self.root, "run"), USER, USER)
            mount = []
        self.process = subprocess.Popen(
            [*mount, *enter, "/shaketable-proxy", "--listen", "127.0.0.1:0", "--stats", "unix:/run/s"]
            + ["--stats", "tcp:127.0.0.1:0", "--upstream", f"application.test:{upstream_port}"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=dict(os.environ, SHAKETABLE_PARENT_DEATH="1", SHAKETABLE_CONSOLE_KEY=keys.pin("good")),
        )
        ready = self.process.stdout.readline().decode()
        assert ready.startswith("listening "), (ready, self.process.communicate())
        self.port = int(ready.split()[1].rsplit(":", 1)[1])
        self.stats_port = int(ready.rsplit(":", 1)[1])

    def proc(self, name):
        return f"/proc/{self.process.pid}/{name}"


def test_relays_in_an_empty_root():
    if os.getuid() != 0:
        print("left out: only root makes an empty root for a program")
        return
    upstream = Upstream(serve_http(echo_path))
    inside = Contained(upstream.port)
    with open(inside.proc("status")) as text:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in text if ":\t" in line)
    assert status["Uid"].split() == status["Gid"].split() == [str(USER)] * 4 and not status["Groups"].strip()
    assert all(int(status[name], 16) == 0 for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")), status
    assert status["NoNewPrivs"] == "1"
    with open(inside.proc("maps")) as text:
        mapped = {line.split(None, 5)[5].strip() for line in text if "/" in line}
    assert all(path.endswith("/shaketable-proxy") for path in mapped if path.startswith("/")), mapped
    if inside.read_only:
        with open(inside.proc("mountinfo")) as text:
            (options,) = [line.split()[5] for line in text if line.split()[4] == "/"]
        assert "ro" in options.split(",")
    console = Console(inside.proc("root/run/s"))
    client = socket.create_connection(("127.0.0.1", inside.port), timeout=PATIENCE)
    reader = Reader(client)
    body = os.urandom(300000)
    for path in ("/a", "/b"):
        client.sendall(request(path, "POST", body))
        assert reader.response().body == path.encode() + b" " + body
    console.set({"latency": {"mean_ms": 50}})
    begin = time.monotonic()
    client.sendall(request("/slow"))
    assert reader.response().body == b"/slow " and time.monotonic() - begin >= 0.05
    # TLS has all it needs there as well: randomness, the console's pinned key, no file.
    remote = TlsConsole(inside.stats_port)
    remote.set({"error": {"percent": 100, "status": 503}})
    client.sendall(request())
    assert reader.response().status == 503
    console.clear()
    client.sendall(request("/end"))
    assert reader.response().body == b"/end "
    client.close()
    remote.close()
    console.close()
    inside.process.send_signal(signal.SIGTERM)
    _, errors = inside.process.communicate(timeout=PATIENCE)
    assert inside.process.returncode == 0 and errors == b"", errors
    upstream.close()


if __name__ == "__main__":
    probe = make("-n", "image")
    if "no image: " in probe.stdout:
        print("skipped:", make("image").stderr.splitlines()[0])
        sys.exit(77)
    scratch = tempfile.mkdtemp(prefix="shaketable-image-")
    try:
        run(globals())
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
