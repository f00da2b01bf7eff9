#!/usr/bin/env -S python3 -B
"""Mixed load through shaketable-proxy while its faults change every second; every byte is looked at.

Ends with 1 and an account when a byte is wrong, a connection ends or hangs without a fault that explains it, or
something is left or grows: connections, requests in flight, held messages, descriptors, memory.

  soak.py [--seconds N] [--threads N] [--rate N] [--clients N] [--seed N] [--sanitized]
"""
import argparse
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "proxy"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
from clients import PATIENCE_S, Broken, Client
from faults import History, combination, short
from server import BLOB_BYTES, Application

CHANGE_S = 1.0
ABSENT_SHARE = 0.04  # of the changes, with which the application goes away until the next
CALM_S = 60.0  # so often all is cleared and nothing may be left
DRAIN_S = 30.0
# Memory at rest after the first third may grow by this: allocators keep some, and never a connection's worth.
GROWTH_SHARE, GROWTH_KIB = 0.10, 2048


class Soak:
    def __init__(self, given):
        self.given = given
        self.chance = random.Random(given.seed)
        self.blob = random.Random(given.seed + 1).randbytes(BLOB_BYTES)
        self.application = Application(self.blob)
        # A sanitizer keeps what was freed for a while; little of it tells more of what the proxy keeps.
        environment = {"ASAN_OPTIONS": "quarantine_size_mb=8"} if given.sanitized else {}
        self.proxy = harness.Proxy(self.application.upstream.port, "--threads", str(given.threads), environment=environment)
        self.port = self.proxy.port
        self.setter = self.proxy.console()
        self.watcher = self.proxy.console()
        self.watcher.subscribe(500)
        self.setter.send(op="hello")
        self.capabilities = self.setter.until(lambda frame: frame["type"] == "hello")["capabilities"]
        self.history = History()
        self.lock = threading.Lock()
        self.counts = {}  # kind: [operations, bytes]
        self.problems = []
        self.changes = self.absences = 0
        self.calm = threading.Event()  # set: nobody begins anything new
        self.stopped = threading.Event()
        self.busy = 0
        self.at_rest = []  # (seconds, KiB, descriptors)
        self.begin = time.monotonic()
        self.seen = {"held": 0, "in_flight": 0, "open": 0, "rss": 0}

    def count(self, what, size):
        with self.lock:
            entry = self.counts.setdefault(what, [0, 0])
            entry[0] += 1
            entry[1] += size

    def problem(self, text):
        with self.lock:
            self.problems.append(f"{time.monotonic() - self.begin:.1f} s: {text}")
        print("PROBLEM", self.problems[-1], flush=True)

    # ── the load ──

    def client(self, index):
        chance = random.Random(self.given.seed * 1000 + index)
        pause = self.given.clients / self.given.rate
        while not self.stopped.is_set():
            time.sleep(min(chance.expovariate(1 / pause), 5 * pause))
            with self.lock:
                if self.calm.is_set() or self.stopped.is_set():
                    continue
                self.busy += 1
            try:
                Client(self, chance).run()
            except Broken as broken:
                self.problem(f"{broken}; faults lately: {self.lately()}")
            except Exception as surprise:
                self.problem(f"{surprise!r} in the soak itself")
            with self.lock:
                self.busy -= 1

    def lately(self):
        with self.history.lock:
            return [short(entry[2]) for entry in self.history.past[-4:]]

    def set(self, faults):
        self.history.begin(faults)
        lease = self.chance.choice((500, 60000, 60000, 60000))
        answer = self.setter.ask(op="set", faults=faults, lease_ms=lease)
        if answer["type"] != "ack":
            self.problem(f"{short(faults)} is refused: {answer}")
        self.history.acknowledged()
        self.changes += 1

    def wait_for_change(self):
        if self.chance.random() >= ABSENT_SHARE:
            time.sleep(CHANGE_S)
            return
        self.history.leaves()
        self.application.leave()
        time.sleep(CHANGE_S)
        self.application.come_back()
        self.history.returns()
        self.absences += 1

    def clear(self):
        self.history.begin({})
        self.setter.clear()
        self.history.acknowledged()

    # ── looking ──

    def rss(self):
        with open(f"/proc/{self.proxy.process.pid}/statm") as text:
            return int(text.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024

    def cpu_s(self, pid="self"):
        with open(f"/proc/{pid}/stat") as text:
            fields = text.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def watch(self):
        """Takes the frames as they come, so that the proxy drops none."""
        try:
            while not self.stopped.is_set():
                frame = self.watcher.line()
                if frame["type"] != "stats":
                    continue
                self.frame = frame
                for name, value in (
                    ("held", frame["held"]), ("in_flight", frame["in_flight"]),
                    ("open", frame["connections"]["open"]), ("rss", self.rss()),
                ):  # fmt: skip
                    self.seen[name] = max(self.seen[name], value)
                if min(frame["held"], frame["in_flight"], frame["connections"]["open"]) < 0:
                    self.problem(f"a gauge is below nothing: {frame}")
        except (OSError, EOFError, ValueError) as end:
            if not self.stopped.is_set():
                self.problem(f"the stats ended: {end!r}")

    def rest(self, last=False):
        """Clears, lets everything end, and looks at what is left."""
        self.calm.set()
        self.clear()
        end = time.monotonic() + DRAIN_S
        while self.busy and time.monotonic() < end:
            time.sleep(0.05)
        if self.busy:
            self.problem(f"{self.busy} clients still wait {DRAIN_S:.0f} s after the faults were cleared")
        idle = {}
        while time.monotonic() < end + 5:
            frame, kinds = self.frame, self.proxy.descriptors()
            idle = {
                "connections": frame["connections"]["open"], "in flight": frame["in_flight"], "held": frame["held"],
                "at the application": self.application.open,
                "sockets more": kinds.get("socket", 0) - self.first_sockets,
            }  # fmt: skip
            if not any(idle.values()):
                break
            time.sleep(0.1)
        if any(idle.values()):
            self.problem(f"left after all ended: {idle}")
        self.at_rest.append((time.monotonic() - self.begin, self.rss(), sum(kinds.values())))
        if last:
            self.stopped.set()
        self.calm.clear()

    def judge_memory(self):
        """At rest the memory may not be more at the end than in the first third."""
        if len(self.at_rest) < 6:
            return "too short to judge"
        third = max(2, len(self.at_rest) // 3)
        early = max(kib for _, kib, _ in self.at_rest[1 : third + 1])
        late = min(kib for _, kib, _ in self.at_rest[-third:])
        verdict = f"{early} KiB at most early, {late} KiB at least late"
        if not self.given.sanitized and late > early * (1 + GROWTH_SHARE) + GROWTH_KIB:
            self.problem("memory grows: " + verdict)
        return verdict

    def say(self):
        with self.lock:
            operations = sum(entry[0] for entry in self.counts.values())
            size = sum(entry[1] for entry in self.counts.values())
        seconds = time.monotonic() - self.begin
        _, rss, descriptors = self.at_rest[-1] if self.at_rest else (0, self.rss(), 0)
        print(
            f"{seconds:6.0f} s  {operations} checked, {size / 1e6:.0f} MB, {self.changes} changes, {self.absences} absences, at rest {rss} KiB"
            f" and {descriptors} descriptors; most: {self.seen}; CPU proxy {self.cpu_s(self.proxy.process.pid) / seconds:.2f},"
            f" soak {self.cpu_s() / seconds:.2f}; {len(self.problems)} problems",
            flush=True,
        )

    # ── all of it ──

    def run(self):
        h2 = "with" if self.application.h2 else "without (nghttp2-client and nghttp2-server are not installed)"
        print(f"capabilities: {' '.join(self.capabilities)}; seed {self.given.seed}; {h2} HTTP/2", flush=True)
        self.frame = self.watcher.until(lambda frame: frame["type"] == "stats")
        self.first_sockets = self.proxy.descriptors()["socket"]
        threads = [threading.Thread(target=self.watch, daemon=True)]
        threads += [threading.Thread(target=self.client, args=(i,), daemon=True) for i in range(self.given.clients)]
        for thread in threads:
            thread.start()
        end = self.begin + self.given.seconds
        next_calm = self.begin + min(CALM_S, self.given.seconds / 8)
        next_line = self.begin + 60
        while time.monotonic() < end and self.proxy.process.poll() is None and len(self.problems) < 20:
            self.set(combination(self.chance, self.capabilities))
            self.wait_for_change()
            if time.monotonic() >= next_calm:
                self.rest()
                next_calm = time.monotonic() + min(CALM_S, self.given.seconds / 8)
            if time.monotonic() >= next_line:
                self.say()
                next_line += 60
        self.finish()

    def finish(self):
        alive = self.proxy.process.poll() is None
        if alive:
            self.rest(last=True)
            self.say()
        self.stopped.set()
        memory = self.judge_memory()
        try:
            self.proxy.stop()
        except AssertionError as problem:
            self.problem(f"the proxy's end: {problem}")
        self.application.close()
        print("seconds:KiB at rest:", " ".join(f"{at:.0f}:{kib}" for at, kib, _ in self.at_rest), f"({memory})")
        for what, (operations, size) in sorted(self.counts.items()):
            print(f"  {what}: {operations}, {size} bytes")
        print("clean" if not self.problems else f"{len(self.problems)} problems:")
        for problem in self.problems:
            print("  " + problem)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--seconds", type=float, default=60)
    arguments.add_argument("--threads", type=int, default=2, help="of the proxy")
    arguments.add_argument("--rate", type=float, default=200, help="operations a second, at most")
    arguments.add_argument("--clients", type=int, default=64)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--sanitized", action="store_true", help="do not judge memory: a sanitizer keeps it")
    given = arguments.parse_args()
    soak = Soak(given)
    try:
        soak.run()
    finally:
        soak.proxy.kill()
    sys.exit(1 if soak.problems else 0)


if __name__ == "__main__":
    main()
