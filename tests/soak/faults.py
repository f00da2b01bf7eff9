"""Random faults for the soak, of the kinds that a sidecar says it can do, and the memory of what was in force."""
import threading
import time

# What a fault of each kind may end or answer in the application's stead; the others only take time.
DESTRUCTIVE = ("reset", "limit")
# After an acknowledgement a worker has the new faults; a socket's news may take a little longer to get here.
SLACK_S = 0.5


def uniform(chance, low, high):
    return round(chance.uniform(low, high), 3)


def latency(chance):
    mean = chance.choice((0.2, 2, 20, 100, 300, 3000))
    kind = chance.choice(("uniform", "normal", "pareto", "paretonormal"))
    return {"latency": {"mean_ms": mean, "jitter_ms": uniform(chance, 0, mean / 2), "distribution": kind}}


def loss(chance):
    return {"loss": {"percent": uniform(chance, 0.1, 8), "burst": uniform(chance, 1, 4)}}


def error(chance):
    fault = {"percent": uniform(chance, 1, 100), "status": chance.choice((400, 429, 500, 503, 599))}
    fault["body"] = "x" * chance.choice((0, 10, 4000))
    return {"error": fault}


def reset(chance):
    return {"reset": {"percent": uniform(chance, 1, 30)}}


def blackhole(chance):
    return {"blackhole": {"percent": uniform(chance, 1, 60)}}


def bandwidth(chance):
    return {"bandwidth": {"bytes_per_s": chance.choice((100, 5000, 200000, 5000000))}}


def reset_at(chance):
    return {"reset": {"percent": uniform(chance, 1, 30), "at": chance.choice(("accept", "request", "response"))}}


def blackhole_per(chance):
    return {"blackhole": {"percent": uniform(chance, 1, 60), "per": chance.choice(("request", "connection"))}}


def bandwidth_total(chance):
    return {"bandwidth": {"total_bytes_per_s": chance.choice((50000, 1000000, 20000000))}}


def slow_close(chance):
    return {"slow_close": {"delay_ms": chance.choice((1, 50, 700))}}


def slices(chance):
    return {"slice": {"bytes": chance.choice((100, 1448, 20000)), "delay_ms": chance.choice((0, 0.3, 3))}}


def limit(chance):
    return {"limit": {"bytes": chance.choice((1, 1000, 300000))}}


def schedule(chance):
    return {"schedule": {name: chance.choice((0, 100, 500)) for name in ("start_ms", "duration_ms", "ramp_ms")}}


# By the capability that a sidecar has for them.
KINDS = {
    "latency": (latency,),
    "loss": (loss,),
    "error": (error,),
    "reset": (reset,),
    "blackhole": (blackhole,),
    "bandwidth": (bandwidth,),
    "slow_close": (slow_close,),
    "slice": (slices,),
    "limit": (limit,),
    # Of one age with these keys, which have no names of their own.
    "schedule": (schedule, reset_at, blackhole_per, bandwidth_total),
}


def scope(chance, capabilities):
    wanted = {"direction": chance.choice(("request", "response", "both"))}
    if chance.random() < 0.5:
        wanted["percent"] = uniform(chance, 1, 100)
    if chance.random() < 0.15:
        wanted["method"] = chance.choice(("GET", "POST"))
    if chance.random() < 0.15:
        wanted["path"] = chance.choice(("/echo*", "/bytes*", "/none"))
    if chance.random() < 0.1:
        wanted["health_checks"] = True
    if "scope_header" in capabilities and chance.random() < 0.1:
        wanted["header"] = chance.choice(("X-Soak", "X-Soak: 1*", "x-none"))
    if "scope_source" in capabilities and chance.random() < 0.1:
        wanted["source"] = chance.choice(("127.0.0.0/8", "10.0.0.0/8"))
    return wanted


def combination(chance, capabilities):
    """Often nothing, often one kind, sometimes many at once."""
    known = [make for name, makers in KINDS.items() if name in capabilities for make in makers]
    count = chance.choice((0, 0, 1, 1, 1, 2, 2, 3, len(known)))
    faults = {}
    for make in chance.sample(known, min(count, len(known))):
        for key, value in make(chance).items():
            faults.setdefault(key, {}).update(value)
    if faults:
        faults["scope"] = scope(chance, capabilities)
    if chance.random() < 0.3:
        faults["seed"] = chance.randrange(1, 1000)
    return faults


def short(faults):
    """For a message: a long body is told by its length."""
    body = faults.get("error", {}).get("body", "")
    return dict(faults, error=dict(faults["error"], body=f"{len(body)} bytes")) if body else faults


class History:
    """Which faults may have been in force, and when; by whoever sets them, for all who ask."""

    KEPT_S = 300

    def __init__(self):
        self.lock = threading.Lock()
        self.past = []  # (from, until or None, faults)
        self.absences = []  # of the application: [from, until or None]

    def begin(self, faults):
        """To be called before they are sent."""
        with self.lock:
            self.past.append([time.monotonic(), None, faults])

    def acknowledged(self):
        """Whatever was set before the last is over."""
        now = time.monotonic()
        with self.lock:
            for entry in self.past[:-1]:
                if entry[1] is None:
                    entry[1] = now + SLACK_S
            self.past = [entry for entry in self.past if entry[1] is None or entry[1] > now - self.KEPT_S]

    def between(self, begin, kinds):
        """The faults of these kinds that may have acted since `begin`."""
        with self.lock:
            return [
                entry[2]
                for entry in self.past
                if (entry[1] is None or entry[1] >= begin) and any(kind in entry[2] for kind in kinds)
            ]

    def leaves(self):
        with self.lock:
            self.absences = self.absences[-9:] + [[time.monotonic(), None]]

    def returns(self):
        with self.lock:
            self.absences[-1][1] = time.monotonic() + SLACK_S

    def was_absent(self, begin):
        with self.lock:
            return any(until is None or until >= begin for _, until in self.absences)
