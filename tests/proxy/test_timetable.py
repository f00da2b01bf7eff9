#!/usr/bin/env -S python3 -B
"""Faults from the environment, with their start and end; statistics on standard output; joining a schedule."""
import fcntl
import select

from harness import *

FAULTS = {"error": {"percent": 100}}


def epoch_ms(later=0.0):
    return int((time.time() + later) * 1000)


def with_timetable(faults=FAULTS, start=None, deadline=None, **more):
    environment = {"SHAKETABLE_FAULTS": faults if isinstance(faults, str) else json.dumps(faults)}
    if start is not None:
        environment["SHAKETABLE_START"] = str(start)
    if deadline is not None:
        environment["SHAKETABLE_DEADLINE"] = str(deadline)
    upstream = Upstream(serve_http(echo_path))
    return upstream, Proxy(upstream.port, environment=dict(environment, **more))


def status(proxy):
    with proxy.connect() as client:
        client.sendall(request())
        return Reader(client).response().status


def wait_for_status(proxy, wanted):
    end = time.monotonic() + PATIENCE
    while status(proxy) != wanted:
        assert time.monotonic() < end, proxy.stderr()
        time.sleep(0.02)


def stop(upstream, proxy):
    proxy.stop()
    upstream.close()


def test_goes_live_and_clean_by_itself():
    start, deadline = epoch_ms(1.5), epoch_ms(3.0)
    upstream, proxy = with_timetable(start=start, deadline=deadline)
    while epoch_ms() < start:
        seen = status(proxy)
        assert seen == 200 or epoch_ms() >= start, seen
    wait_for_status(proxy, 503)
    assert epoch_ms() >= start
    console = proxy.console()
    frame = console.subscribe(50)
    if epoch_ms() < deadline:
        assert frame["set_by"] == "its environment" and 0 < frame["lease_left_ms"] <= 1500, frame
    wait_for_status(proxy, 200)
    assert epoch_ms() >= deadline
    stop(upstream, proxy)


def test_one_that_comes_later_is_as_far_as_the_others():
    faults = dict(FAULTS, schedule={"start_ms": 60000})
    upstream, proxy = with_timetable(faults, start=epoch_ms(-61), deadline=epoch_ms(60))
    wait_for_status(proxy, 503)
    stop(upstream, proxy)
    upstream, proxy = with_timetable(faults, start=epoch_ms(-1), deadline=epoch_ms(60))
    console = proxy.console()
    console.subscribe(20)
    console.until(lambda one: one["type"] == "stats" and one["faults"]["error"]["percent"] == 100)
    assert status(proxy) == 200
    stop(upstream, proxy)


def test_the_same_by_the_stats_socket():
    upstream = Upstream(serve_http(echo_path))
    proxy = Proxy(upstream.port)
    console = proxy.console()
    faults = dict(FAULTS, schedule={"start_ms": 60000, "duration_ms": 60000})
    console.set(faults, elapsed_ms=57000)
    assert status(proxy) == 200
    wait_for_status(proxy, 503)
    console.set(faults, elapsed_ms=117000)
    assert status(proxy) == 503
    wait_for_status(proxy, 200)
    answer = console.ask(op="set", faults=faults, lease_ms=1000, elapsed_ms=-1)
    assert answer["type"] == "error" and "elapsed_ms" in answer["message"], answer
    stop(upstream, proxy)


def test_never_without_an_end():
    for faults, start, deadline, words in [
        (FAULTS, None, None, "SHAKETABLE_DEADLINE is missing"),
        (FAULTS, epoch_ms(), epoch_ms(), "not after SHAKETABLE_START"),
        (FAULTS, epoch_ms(), epoch_ms(13 * 3600), "more than 12 h"),
        (FAULTS, "soon", epoch_ms(60), "SHAKETABLE_START"),
        (FAULTS, None, "never", "SHAKETABLE_DEADLINE"),
        (FAULTS, epoch_ms(-60), epoch_ms(-1), "SHAKETABLE_DEADLINE has passed"),
        ('{"error":{"percent":101}}', None, epoch_ms(60), "SHAKETABLE_FAULTS: "),
        ("{", None, epoch_ms(60), "SHAKETABLE_FAULTS: "),
    ]:
        upstream, proxy = with_timetable(faults, start, deadline)
        end = time.monotonic() + PATIENCE
        while "stays clean" not in proxy.stderr():
            assert time.monotonic() < end, words
            time.sleep(0.02)
        assert words in proxy.stderr(), proxy.stderr()
        assert status(proxy) == 200
        stop(upstream, proxy)


def test_a_console_that_comes_has_the_say():
    upstream, proxy = with_timetable(start=epoch_ms(1.0), deadline=epoch_ms(60))
    proxy.console().clear()
    time.sleep(1.3)
    assert status(proxy) == 200
    stop(upstream, proxy)
    upstream, proxy = with_timetable(deadline=epoch_ms(60))
    wait_for_status(proxy, 503)
    proxy.console().clear()
    assert status(proxy) == 200
    stop(upstream, proxy)


def test_statistics_on_standard_output():
    upstream, proxy = with_timetable(deadline=epoch_ms(60), SHAKETABLE_STATS_LOG="1")
    wait_for_status(proxy, 503)
    for _ in range(20):
        assert status(proxy) == 503
    asked, sequence, frame = 0, 0, None
    while asked < 21:
        frame = json.loads(proxy.process.stdout.readline())
        assert frame["type"] == "stats" and frame["sequence"] == sequence + 1, frame
        sequence = frame["sequence"]
        asked += frame["outcomes"]["injected_error"]
    assert frame["faults"]["error"]["percent"] == 100 and frame["set_by"] == "its environment"
    assert 0 < frame["lease_left_ms"] <= 60000
    stop(upstream, proxy)


def test_nobody_reads_the_log():
    upstream, proxy = with_timetable(start=epoch_ms(2.5), deadline=epoch_ms(4.0), SHAKETABLE_STATS_LOG="1")
    fcntl.fcntl(proxy.process.stdout.fileno(), fcntl.F_SETPIPE_SZ, 4096)
    wait_for_status(proxy, 503)
    wait_for_status(proxy, 200)
    for _ in range(200):
        assert status(proxy) == 200
    # What was counted while the pipe was full comes with the next frame that fits.
    answered, end = 0, time.monotonic() + PATIENCE
    while answered < 200:
        assert time.monotonic() < end and select.select([proxy.process.stdout], [], [], PATIENCE)[0]
        answered += json.loads(proxy.process.stdout.readline())["outcomes"]["answered"]
    stop(upstream, proxy)


def test_its_options():
    for value in ("0", "61", "often"):
        done = subprocess.run(
            [PROXY, "--listen", "127.0.0.1:0", "--upstream", "127.0.0.1:1", "--stats-log", value],
            capture_output=True, timeout=PATIENCE)
        assert done.returncode == 2 and b"--stats-log" in done.stderr, done
    upstream, proxy = with_timetable(deadline=epoch_ms(60), SHAKETABLE_STATS_LOG="often")
    assert "no statistics are logged" in proxy.stderr()
    stop(upstream, proxy)


if __name__ == "__main__":
    run(globals())
