"""A network namespace of one's own in which packets are dropped for real, and the same traffic through the
proxy's model of that: what test_loss_real.py and bench_loss.py compare.

The namespace has no name: it ends, with its rules, when the process does. Linux drops by nftables' numgen;
bursts are a Gilbert-Elliott chain that the rules keep in each connection's mark."""
import ctypes
import fcntl
import math
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Proxy

TRAFFIC = os.path.join(os.environ.get("top_builddir", "."), "tests/proxy/traffic")
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SIOCETHTOOL, ETHTOOL_STSO = 0x8946, 0x1F


class Impossible(Exception):
    """Why this machine can't do it."""


def unshare(flags):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def command(*arguments, given=None):
    done = subprocess.run(arguments, input=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Impossible(f"{' '.join(arguments)}: {done.stderr.strip()}")


def enter_namespace():
    """From here on this process is alone on a loopback like a wire: MTU 1500, each packet a segment."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"  # which only root has as a rule
    for program in ("ip", "nft"):
        if not shutil.which(program):
            raise Impossible(f"{program} is not installed")
    user, group = os.getuid(), os.getgid()
    try:
        unshare(CLONE_NEWNET if user == 0 else CLONE_NEWUSER | CLONE_NEWNET)
        if user != 0:
            for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
                with open(f"/proc/self/{name}", "w") as file:
                    file.write(text)
    except OSError as error:
        raise Impossible(f"no network namespace: {error}")
    command("ip", "link", "set", "lo", "mtu", "1500", "up")
    # Else the kernel hands 64 KB over in one piece, which would be dropped as one.
    off = bytearray(struct.pack("II", ETHTOOL_STSO, 0))
    address = ctypes.addressof((ctypes.c_char * len(off)).from_buffer(off))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        try:
            fcntl.ioctl(control, SIOCETHTOOL, struct.pack("16sP16x", b"lo", address))
        except OSError as error:
            raise Impossible(f"cannot turn segmentation offload off: {error}")
    command("nft", "add table ip lossy")
    command("nft", "add chain ip lossy input { type filter hook input priority 0; }")
    for burst in (1, 2):
        drop(1, "request", 1, burst)  # only to see whether the kernel has what the rules need


def choose_congestion(name):
    """What rules the windows of all connections from here on: the clients', the servers' and the proxy's.
    False: the kernel does not let us have it. The setting is the namespace's own, so enter that first."""
    try:
        with open("/proc/sys/net/ipv4/tcp_congestion_control", "w") as file:
            file.write(name)
    except OSError:
        return False
    return True


def drop(port, way, percent, burst=1.0):
    """Packets to ("request") or from ("response") the port, as shaketable's loss fault has it."""
    match = f"tcp {'dport' if way == 'request' else 'sport'} {port}"
    scale = 1000000
    rate = percent / 100
    if burst <= 1:
        rules = [f"{match} numgen random mod {scale} < {round(rate * scale)} counter drop"]
    else:
        leave = min(1 / burst, 1 - rate)
        enter = rate * leave / (1 - rate)
        rules = [
            f"{match} ct mark 1 numgen random mod {scale} < {round(leave * scale)} ct mark set 2",
            f"{match} ct mark 0 numgen random mod {scale} < {round(enter * scale)} ct mark set 1",
            f"{match} ct mark 2 ct mark set 0",
            f"{match} ct mark 1 counter drop",
        ]
    command("nft", "-f", "-", given="".join(f"add rule ip lossy input {rule}\n" for rule in rules))


class Case:
    """One kind of traffic over one kind of loss."""

    def __init__(self, name, percent, way, request, response, count, gap_ms, burst=1.0, kind="http"):
        self.name, self.percent, self.way, self.burst = name, percent, way, burst
        self.request, self.response, self.kind = request, response, kind
        self.count, self.gap_ms = count, gap_ms

    def ways(self):
        return ("request", "response") if self.way == "both" else (self.way,)


class Run:
    """A case under way: with real drops, or through the model."""

    def __init__(self, case, model, connections, limit_s):
        self.case, self.model, self.proxy = case, model, None
        sizes = [case.kind, str(case.request), str(case.response)]
        self.server = start("serve", *sizes)
        port = int(self.server.stdout.readline().split()[1])
        self.port = port
        if model:
            self.proxy = Proxy(port, "--threads", "1", "--loss", f"{case.percent}%", "--loss-burst",
                               str(case.burst), "--direction", case.way, stats=False)
            port = self.proxy.port
        each = max(1, case.count // connections)
        self.load = start("load", str(port), *sizes, str(connections), str(each), str(case.gap_ms),
                          str(limit_s))
        line = self.load.stdout.readline()
        assert line == "ready\n", line

    def begin(self):
        if not self.model and self.case.percent > 0:
            for way in self.case.ways():
                drop(self.port, way, self.case.percent, self.case.burst)
        self.load.stdin.write("go\n")
        self.load.stdin.flush()

    def finish(self):
        """The times of all exchanges, in ms, sorted."""
        text = self.load.stdout.read()
        assert self.load.wait() == 0
        return sorted(float(line) / 1000 for line in text.split())

    def close(self):
        for process in (self.load, self.server):
            process.kill()
            process.wait()
            process.stdin.close()
            process.stdout.close()
        if self.proxy:
            self.proxy.stop()


def hurry():
    """Other tests run at the same time: what is measured here are milliseconds of the kernel's, not theirs."""
    try:
        os.setpriority(os.PRIO_PROCESS, 0, -15)
    except OSError:
        pass


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def start(*arguments):
    return subprocess.Popen([TRAFFIC, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                            preexec_fn=die_with_parent)


def measure(cases, connections, limit_s):
    """[(times with real drops, times through the model)], all of them side by side. What takes longer than
    the limit counts with what it took until then."""
    runs = []
    try:
        for case in cases:
            for model in (False, True):
                runs.append(Run(case, model, connections, limit_s))
        for run in runs:
            run.begin()
        times = [run.finish() for run in runs]
    finally:
        for run in runs:
            run.close()
    return list(zip(times[0::2], times[1::2]))


def share_above(times, ms):
    return sum(1 for one in times if one > ms) / len(times)


def quantile(times, share):
    return times[min(len(times) - 1, math.ceil(share * len(times)) - 1)]
