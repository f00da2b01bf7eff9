#!/usr/bin/env -S python3 -B
"""Loss: what clients see where packets are dropped for real, beside what they see through the model.

Needs a network namespace and nftables. Arguments choose cases by a part of their names."""
import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "proxy"))
from lossy import Case, Impossible, choose_congestion, enter_namespace, measure, quantile, share_above

SCALE = float(os.environ.get("SCALE", "1"))
CONNECTIONS = int(os.environ.get("CONNECTIONS", "40"))
LIMIT_S = float(os.environ.get("LIMIT_S", "30"))
SIZES = {"100 B <-> 100 B": (100, 100, 4000, 20), "64 KB answer": (100, 65536, 4000, 60),
         "64 KB upload": (65536, 100, 4000, 60)}


def cases():
    for sizes, (request, response, count, gap_ms) in SIZES.items():
        main = "response" if response > request else "request"
        for percent, way, burst in ((1, main, 1), (2, main, 1), (5, main, 1), (10, main, 1), (20, main, 1), (5, "both", 1),
                                    (2, main, 3), (5, main, 3)):
            name = f"{sizes} {percent}% {way} {'burst ' + str(burst) if burst > 1 else 'random'}"
            yield Case(name, percent, way, request, response, int(count * SCALE), gap_ms, burst)


def interval(share, n):
    """Half of the 95 % confidence interval (Wilson's width)."""
    z = 1.96
    return z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))


def line(name, times):
    shares = "  ".join(f"{share_above(times, ms) * 100:6.2f} ±{interval(share_above(times, ms), len(times)) * 100:4.2f}"
                       for ms in (5, 20, 100, 300, 500))
    quantiles = " ".join(f"{quantile(times, share):7.1f}" for share in (0.5, 0.9, 0.95, 0.99, 0.999, 1))
    print(f"  {name:6} n {len(times):6}  {shares}  {quantiles}", flush=True)


def compare(family):
    print(f"loss, real packets under {family}: share (%) of exchanges above 5, 20, 100, 300, 500 ms; "
          "p50 p90 p95 p99 p99.9 max (ms)", flush=True)
    for case in cases():
        if sys.argv[1:] and not any(part in case.name for part in sys.argv[1:]):
            continue
        print(case.name)
        (real, model), = measure([case], CONNECTIONS, LIMIT_S)
        line("real", real)
        line("model", model)


def main():
    try:
        enter_namespace()
    except Impossible as why:
        print(f"loss: left out: {why}")
        return
    for family in os.environ.get("CONGESTION", "cubic bbr").split():
        if choose_congestion(family):
            compare(family)
        else:
            print(f"loss: this kernel lets nobody have {family}")


main()
