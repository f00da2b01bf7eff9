#!/usr/bin/env -S python3 -B
"""Loss is what clients see of it on a real lossy path: the same traffic, once with packets dropped by the kernel
and once through the proxy's model, is delayed equally often and equally long: under CUBIC, and under BBR where
the kernel has it.

Shares of delayed exchanges may differ by 5 standard deviations of their difference
and by MODEL of themselves; quantiles are compared by the interval that 5 standard deviations of the order
statistic give, widened by MODEL and a tick. Delays under 100 ms are left to `make bench`: a busy machine
makes them too. How often it does is measured beside, with traffic that loses nothing, and allowed for; what differs
is measured again, as a machine that is busy for a moment delays one side alone."""
import math
import sys

from lossy import Case, Impossible, choose_congestion, enter_namespace, hurry, measure, quantile, share_above

SIGMAS = 5
MODEL = 0.15
TICK_MS = 25  # the kernel's timers, and a busy machine
SMALL_LIMIT_S, LARGE_LIMIT_S = 4, 6
NOISE_MAX = 0.1
ONE = (100, 100)
ANSWER = (100, 65536)
UPLOAD = (65536, 100)
# What runs side by side: few enough exchanges a second that nobody waits for a processor.
SMALL = [
    Case("one segment, 5 % both ways", 5, "both", *ONE, 3000, 80),
    Case("one segment, 20 % of requests", 20, "request", *ONE, 2000, 80),
    Case("one segment, opaque, 5 % of responses", 5, "response", *ONE, 3000, 80, kind="raw"),
    Case("one segment, 5 % of requests in bursts of 2", 5, "request", *ONE, 3000, 80, burst=2.0),
]
LARGE = [
    Case("64 KB answer, 2 % of responses", 2, "response", *ANSWER, 1200, 100),
    Case("64 KB answer, 10 % of responses", 10, "response", *ANSWER, 1200, 100),
    Case("64 KB upload, 5 % of requests", 5, "request", *UPLOAD, 1200, 100),
]
FAMILIES = ("cubic", "bbr")
ATTEMPTS = 3


# What the machine delays by itself.
CALM = Case("one segment, nothing lost", 0, "both", *ONE, 3000, 80)


def compare_share(ms, real, model, noise):
    a, b = share_above(real, ms), share_above(model, ms)
    both = (a * len(real) + b * len(model)) / (len(real) + len(model))
    allowed = SIGMAS * math.sqrt(both * (1 - both) * (1 / len(real) + 1 / len(model))) + MODEL * both + noise
    print(f"  over {ms:4} ms: {a * 100:6.2f} % real, {b * 100:6.2f} % model, may differ by {allowed * 100:.2f}")
    return abs(a - b) <= allowed


def bounds(times, share, noise):
    """Between these the quantile of the distribution lies that the times were drawn from."""
    away = SIGMAS * math.sqrt(share * (1 - share) / len(times)) + noise
    low = quantile(times, max(share - away, 1 / len(times)))
    high = quantile(times, share + away) if share + away < 1 else math.inf
    return low * (1 - MODEL) - TICK_MS, high * (1 + MODEL) + TICK_MS


def compare_quantile(share, real, model, noise):
    low, high = bounds(real, share, noise)
    model_low, model_high = bounds(model, share, noise)
    print(f"  p{share * 100:g}: {quantile(real, share):7.1f} ms real, {quantile(model, share):7.1f} ms model")
    return low <= model_high and model_low <= high


def check(case, real, model, noise):
    print(f"{case.name}: {len(real)} exchanges each")
    good = [compare_share(ms, real, model, noise) for ms in (100, 300, 500)]
    good += [compare_quantile(share, real, model, noise) for share in (0.5, 0.95, 0.99)]
    # The rules did drop packets, as many as they were told to: else this would compare nothing.
    rate = case.percent / 100 / case.burst / 2
    good.append(share_above(real, 100) > rate)
    if not all(good):
        print("  DIFFERENT")
    return all(good)


def agree(family, cases, connections, limit_s):
    for _ in range(ATTEMPTS):
        *results, calm = measure(cases + [CALM], connections, limit_s)
        noise = 3 * max(share_above(times, 90) for times in calm)
        print(f"{family}: delayed where nothing is lost: {noise / 3 * 100:.2f} % over 90 ms")
        if noise > NOISE_MAX:
            print("skipped: this machine is too busy to compare anything")
            sys.exit(77)
        cases = [case for case, (real, model) in zip(cases, results) if not check(case, real, model, noise)]
        if not cases:
            return True
    return False


def main():
    try:
        enter_namespace()
    except Impossible as why:
        print(f"skipped: {why}")
        sys.exit(77)
    hurry()
    verdicts = []
    for family in FAMILIES:
        if not choose_congestion(family):
            print(f"left out: this kernel lets nobody have {family} here")
            continue
        for cases, connections, limit_s in ((SMALL, 100, SMALL_LIMIT_S), (LARGE, 40, LARGE_LIMIT_S)):
            verdicts.append(agree(family, cases, connections, limit_s))
    if not verdicts:
        print("skipped: none of these congestion controls is to be had")
        sys.exit(77)
    sys.exit(0 if all(verdicts) else 1)


main()
