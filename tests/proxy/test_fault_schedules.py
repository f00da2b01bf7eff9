#!/usr/bin/env -S python3 -B
"""Faults that begin, grow and end by themselves."""
from harness import *


def timed(client, reader):
    begin = time.monotonic()
    client.sendall(request())
    response = reader.response()
    return time.monotonic() - begin, response


def intensity(console):
    return console.until(lambda one: one["type"] == "stats")["intensity"]


def test_start_and_end():
    upstream, proxy, console, client, reader = start()
    console.subscribe(20)
    quiet = proxy.console()
    before = time.monotonic()
    quiet.set({"error": {"percent": 100}, "schedule": {"start_ms": 400, "duration_ms": 600}})
    after = time.monotonic()
    statuses = []
    while time.monotonic() - after < 1.6:
        asked = time.monotonic() - after
        status = timed(client, reader)[1].status
        statuses.append((asked, status, time.monotonic() - before))
        time.sleep(0.01)
    assert all(status == 200 for _, status, done in statuses if done < 0.4), statuses
    assert all(status == 503 for asked, status, done in statuses if asked > 0.5 and done < 1.0), statuses
    assert any(status == 503 for _, status, _ in statuses)
    assert statuses[-1][1] == 200
    frame = console.until(lambda one: one["type"] == "stats" and one["faults"]["error"]["percent"] == 100)
    assert frame["faults"]["schedule"]["duration_ms"] == 600
    end = time.monotonic() + PATIENCE
    while intensity(console) != 0:
        assert time.monotonic() < end
    stop(upstream, proxy, client, quiet)


def test_a_ramp_grows():
    upstream, proxy, console, client, reader = start()
    quiet = proxy.console()
    quiet.subscribe(20)
    console.set({"latency": {"mean_ms": 200}, "schedule": {"ramp_ms": 1500}})
    begin = time.monotonic()
    seen = []
    while time.monotonic() - begin < 1.7:
        asked = time.monotonic() - begin
        took, _ = timed(client, reader)
        assert took >= 0.2 * min(asked / 1.5, 1) - 0.02, (asked, took)
        seen.append(took)
    assert min(seen) < 0.19 and seen[-1] >= 0.2, seen
    levels = []
    while not levels or levels[-1] < 1:
        levels.append(intensity(quiet))
    assert levels == sorted(levels) and any(0 < level < 1 for level in levels), levels
    stop(upstream, proxy, client, quiet)


def test_the_end_lets_go_of_what_is_held():
    upstream, proxy, console, client, reader = start()
    clients = [proxy.connect() for _ in range(50)]
    begin = time.monotonic()
    console.set({"blackhole": {"percent": 100}, "latency": {"mean_ms": 60000}, "schedule": {"duration_ms": 500}})
    for i, one in enumerate(clients):
        one.sendall(request(f"/{i}"))
    for i, one in enumerate(clients):
        assert Reader(one).response().body == b"/%d " % i
    assert time.monotonic() - begin >= 0.5
    stop(upstream, proxy, client, *clients)


def test_a_change_begins_anew_and_clear_ends_it():
    upstream, proxy, console, client, reader = start()
    console.set({"error": {"percent": 100}, "schedule": {"start_ms": 300}})
    console.set({"error": {"percent": 100}, "schedule": {"start_ms": 60000}})
    time.sleep(0.4)
    assert timed(client, reader)[1].status == 200
    console.set({"error": {"percent": 100}, "schedule": {"start_ms": 100}})
    console.clear()
    time.sleep(0.2)
    assert timed(client, reader)[1].status == 200
    console.set({"error": {"percent": 100}, "schedule": {"duration_ms": 100}})
    console.set({"error": {"percent": 100}})
    time.sleep(0.2)
    assert timed(client, reader)[1].status == 503
    console.subscribe()
    assert intensity(console) == 1
    console.clear()
    console.until(lambda one: one["type"] == "stats" and one["intensity"] == 0)
    stop(upstream, proxy, client)


def test_on_the_command_line():
    upstream, proxy, console, client, reader = start("--error", "500", "--start", "200ms", "--active", "1h")
    end = time.monotonic() + PATIENCE
    while timed(client, reader)[1].status != 500:
        assert time.monotonic() < end
        time.sleep(0.01)
    stop(upstream, proxy, client)


def test_capabilities_are_named():
    upstream, proxy, console, client, reader = start()
    console.send(op="hello")
    named = set(console.line()["capabilities"])
    assert {"latency", "loss", "error", "reset", "blackhole", "bandwidth", "slow_close", "slice", "limit"} <= named
    assert {"scope_header", "scope_source", "schedule"} <= named
    stop(upstream, proxy, client)


if __name__ == "__main__":
    run(globals())
