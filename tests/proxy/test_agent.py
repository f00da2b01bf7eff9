#!/usr/bin/env -S python3 -B
"""--agent, against an ECS agent that lies: every status, silence, endings, its limit; faults must end, always."""
import concurrent.futures

from harness import *

LATENCY = {"latency": {"mean_ms": 800, "jitter_ms": 50, "distribution": "uniform"}}
LOSS = {"loss": {"percent": 3}}
BLACKHOLE = {"blackhole": {"percent": 100}}
KINDS = ("network-latency", "network-packet-loss", "network-blackhole-port")


class FakeAgent:
    """The ECS agent's endpoints with a limit of its own, which does as it is told: script[verb] is a list of what
    becomes of the next requests of that verb, None for the usual."""

    def __init__(self, limit_s=0.0):
        self.limit_s, self.last = limit_s, {}
        self.running = dict.fromkeys(KINDS)
        self.script = {"start": [], "stop": [], "status": []}
        self.log = []
        self.lock = threading.Lock()
        self.released = threading.Event()
        self.upstream = Upstream(self.serve)
        self.uri = f"http://127.0.0.1:{self.upstream.port}/api/task-1"

    def serve(self, connection):
        reader = Reader(connection)
        line, headers = reader.head()
        body = reader.body(headers)
        method, path, _ = line.split()
        assert method == "POST" and path.startswith("/api/task-1/fault/v1/"), line
        kind, verb = path.split("/")[-2:]
        with self.lock:
            act = self.script[verb].pop(0) if self.script[verb] else None
            early = time.monotonic() - self.last.get(path, 0) < self.limit_s
            if act is None and early:
                act = 429
            if act is None:
                self.last[path] = time.monotonic()
        if act == "hold":
            self.released.wait(60)
            act = None
        elif act == "late":  # carried out after the other side has gone
            self.log.append((kind, verb, json.loads(body), act))
            self.released.wait(60)
            self.effect(kind, verb, json.loads(body))
            return
        if act == "silent":
            self.log.append((kind, verb, json.loads(body), act))
            self.released.wait(60)
            return
        if act == "trickle":
            self.log.append((kind, verb, json.loads(body), act))
            connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            while not self.released.wait(0.3):
                connection.sendall(b"x")
            return
        if act in (None, "cut-after"):
            answer = self.effect(kind, verb, json.loads(body))
        self.log.append((kind, verb, json.loads(body), act))
        if act is None:
            connection.sendall(self.http(200, json.dumps({"Status": answer})))
        elif act == 429:
            connection.sendall(self.http(429, "You have reached maximum request limit"))
        elif isinstance(act, int):
            connection.sendall(self.http(act, json.dumps({"Error": f"words of {act}"})))
        elif isinstance(act, bytes):
            connection.sendall(act)

    def effect(self, kind, verb, body):
        with self.lock:
            if verb == "start":
                self.running[kind] = body
                return "running"
            if verb == "stop":
                self.running[kind] = None
                return "stopped"
            return "running" if self.running[kind] else "not-running"

    @staticmethod
    def http(status, body):
        return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()

    def asked(self, verb, kind=None):
        return [one for one in self.log if one[1] == verb and kind in (None, one[0])]

    def runs(self):
        return [kind for kind in KINDS if self.running[kind]]

    def close(self):
        self.released.set()
        self.upstream.close()


class Fixture:
    def __init__(self, *options, limit_s=0.0, relay=False, uri=None, **environment):
        self.agent = FakeAgent(limit_s)
        self.upstream = Upstream(serve_http(echo_path)) if relay else None
        uri = self.agent.uri if uri is None else uri
        environment = dict(environment, **({"ECS_AGENT_URI": uri} if uri else {}))
        self.proxy = Proxy(self.upstream.port if relay else None, "--agent", *options, environment=environment)
        self.console = self.proxy.console()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is None:
            self.stop()
        else:
            print("the agent was asked:", *self.agent.log, "the sidecar says:", self.proxy.stderr(), sep="\n")
            self.proxy.kill()
            self.agent.close()

    def stop(self, expect=0):
        self.console.close()
        self.proxy.stop(expect)
        self.agent.close()
        if self.upstream:
            self.upstream.close()

    def refused(self, faults, part, **more):
        answer = self.console.ask(op="set", faults=faults, lease_ms=60000, **more)
        assert answer["type"] == "error" and part in answer["message"], answer

    def problem(self, part):
        return self.console.until(lambda one: one["type"] == "error" and one["id"] == 0 and part in one["message"])

    def frame(self):
        with contextlib.closing(self.proxy.console()) as other:
            other.subscribe(20)
            return other.until(lambda one: one["type"] == "stats")


def wait(done, what):
    end = time.monotonic() + PATIENCE + 20
    while not done():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def in_force(frame):
    faults = frame["faults"]
    return [key for key, part in (("latency", "mean_ms"), ("loss", "percent"), ("blackhole", "percent")) if faults[key][part]]


def test_each_fault_is_one_of_the_agents():
    with Fixture("--agent-source", "10.0.0.0/16", "--agent-filter", "10.0.0.9", relay=True) as f:
        hello = f.console
        hello.send(op="hello")
        hello = f.console.until(lambda one: one["type"] == "hello")
        assert hello["capabilities"] == ["latency", "loss", "blackhole", "agent"] and hello["slow_ms"] == 5000, hello
        places = {"Sources": ["10.0.0.0/16"], "SourcesToFilter": ["10.0.0.9"]}
        f.console.set(dict(LATENCY, scope={"percent": 25}), by="alice@laptop")
        assert f.agent.running[KINDS[0]] == dict(places, DelayMilliseconds=800, JitterMilliseconds=50, FlowsPercent=25)
        frame = f.frame()
        assert in_force(frame) == ["latency"] and frame["set_by"] == "alice@laptop" and frame["lease_left_ms"] > 0, frame
        with f.proxy.connect() as client:  # what is relayed stays as it is
            begun = time.monotonic()
            client.sendall(request("/a"))
            assert Reader(client).response().body == b"/a " and time.monotonic() - begun < 0.75
        f.console.set(LOSS)
        assert f.agent.runs() == [KINDS[1]] and f.agent.running[KINDS[1]] == dict(places, LossPercent=3, FlowsPercent=100)
        f.refused(BLACKHOLE, "traffic of everybody")  # it has no Sources
        assert f.agent.runs() == [KINDS[1]], f.agent.running
    with Fixture("--agent-filter", "10.0.0.9", relay=True) as f:
        f.console.set(LOSS)
        f.console.set(BLACKHOLE)
        port = {"Port": f.upstream.port, "Protocol": "tcp", "TrafficType": "ingress", "SourcesToFilter": ["10.0.0.9"]}
        assert f.agent.runs() == [KINDS[2]] and f.agent.running[KINDS[2]] == port, f.agent.running
        count = len(f.agent.log)
        f.console.set(BLACKHOLE)  # nothing to do
        assert len(f.agent.log) == count
        f.console.clear()
        assert f.agent.runs() == [] and in_force(f.frame()) == []


def test_a_blackholes_port_and_direction():
    with Fixture("--agent-port", "8000", "--agent-traffic", "egress", relay=True) as f:
        f.console.set(BLACKHOLE)
        assert f.agent.running[KINDS[2]] == {"Port": 8000, "Protocol": "tcp", "TrafficType": "egress"}
        f.console.clear()
    with Fixture() as f:
        f.refused(BLACKHOLE, "--agent-port")
        # Of what the application calls it is what goes out there.
        gate = Proxy(["--connect", "127.0.0.1:7777"], "--agent", environment={"ECS_AGENT_URI": f.agent.uri})
        with contextlib.closing(gate.console()) as console:
            console.set(BLACKHOLE)
            assert f.agent.running[KINDS[2]] == {"Port": 7777, "Protocol": "tcp", "TrafficType": "egress"}
        gate.stop()
        assert f.agent.runs() == []


def test_what_the_agent_cannot_do_is_refused_and_changes_nothing():
    with Fixture() as f:
        f.console.set(LOSS, lease_ms=50000)
        count = len(f.agent.log)
        for faults, name in (({"error": {"percent": 10}}, "--error: "), ({"reset": {"percent": 1}}, "--reset: "),
                             (dict(LOSS, scope={"path": "/a"}), "--path: "), ({"loss": {"percent": 0.5}}, "--loss: "),
                             (dict(LOSS, **LATENCY), "--latency and --loss: "), (dict(LOSS, seed=3), "--seed: "),
                             ({"latency": {"mean_ms": 9, "jitter_ms": 2}}, "uniform, not normal")):
            f.refused(faults, name)
        assert len(f.agent.log) == count and in_force(f.frame()) == ["loss"]
        assert f.console.ask(op="renew", lease_ms=60000)["type"] == "ack"


def test_the_limit_is_waited_for():
    with Fixture(limit_s=1.0) as f:
        f.console.set(LATENCY)
        begun = time.monotonic()
        f.console.set({"latency": {"mean_ms": 100}})  # the second start comes too soon
        assert time.monotonic() - begun > 0.8
        assert f.agent.running[KINDS[0]]["DelayMilliseconds"] == 100
        assert 429 in [one[3] for one in f.agent.asked("start") + f.agent.asked("status")]
        f.console.clear()
        assert f.agent.runs() == []


def test_an_ack_is_true():
    with Fixture() as f:
        f.agent.script["start"] = ["hold"]
        f.console.send(op="set", id=7, faults=LATENCY, lease_ms=60000)
        wait(lambda: f.agent.asked("status"), "asked")
        for _ in range(5):
            assert in_force(f.frame()) == []
        before = int(time.time() * 1000)
        f.agent.released.set()
        ack = f.console.line()
        assert ack["type"] == "ack" and ack["id"] == 7 and ack["applied"] >= before, ack
        assert in_force(f.frame()) == ["latency"]
        f.agent.script["stop"] = ["hold"]
        f.agent.released.clear()
        f.console.send(op="clear", id=8)
        assert in_force(f.frame()) == ["latency"]
        f.agent.released.set()
        assert f.console.line()["id"] == 8 and in_force(f.frame()) == []


def test_only_the_newest_counts():
    with Fixture() as f:
        f.agent.script["start"] = ["hold"]
        f.console.send(op="set", id=1, faults=LATENCY, lease_ms=60000)
        wait(lambda: f.agent.asked("status"), "asked")
        for delay in range(2, 10):
            f.console.send(op="set", id=delay, faults={"latency": {"mean_ms": delay}}, lease_ms=60000)
        for overtaken in range(1, 9):
            answer = f.console.line()
            assert answer["type"] == "error" and answer["id"] == overtaken and answer["code"] == "canceled", answer
        f.agent.released.set()
        assert f.console.line()["id"] == 9
        assert [one[2]["DelayMilliseconds"] for one in f.agent.asked("start")] == [800, 9]
        f.console.clear()


def test_a_start_that_fails_is_told_in_the_agents_words():
    with Fixture() as f:
        for status in (404, 400, 409):
            f.agent.script["start"] = [status]
            f.refused(LATENCY, f"network-latency/start: the ECS agent answers {status}: words of {status}")
            assert in_force(f.frame()) == []
        assert f.agent.asked("stop") == []
        f.agent.script["status"] = [404]
        f.refused(LOSS, "network-packet-loss/status: the ECS agent answers 404: words of 404")
        # An error of its own may have come in the middle: it is stopped.
        f.agent.script["start"] = [500]
        f.refused(LATENCY, "answers 500: words of 500")
        wait(lambda: f.agent.asked("stop", KINDS[0]), "stopped")
        f.console.set(LATENCY)
        # The old one is stopped before, so that then there is none.
        f.agent.script["start"] = [400]
        f.refused(LOSS, "words of 400")
        assert f.agent.runs() == [] and in_force(f.frame()) == [] and f.frame()["lease_left_ms"] == 0


def test_nonsense_is_no_confirmation():
    for nonsense in (b"HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\n{}", b"garbage\r\n\r\n", b"",
                     FakeAgent.http(200, '{"Status":"stopped"}'), FakeAgent.http(204, ""),
                     FakeAgent.http(302, "elsewhere"), b"HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n{",
                     FakeAgent.http(200, "x" * 100000)):
        with Fixture() as f:
            f.agent.script["start"] = [nonsense]
            f.refused(LATENCY, "network-latency/start")
            f.console.set(LATENCY)
            f.agent.script["stop"] = [nonsense.replace(b"stopped", b"running")]
            f.console.clear()
            assert len(f.agent.asked("stop", KINDS[0])) >= 2 and f.agent.runs() == []


def test_what_is_not_ours_is_left_alone():
    with Fixture() as f:
        theirs = {"DelayMilliseconds": 5}
        f.agent.running[KINDS[0]] = theirs
        for faults in (LATENCY, LOSS):
            f.refused(faults, "a network-latency fault runs in this task that is not ours")
        f.console.clear()
        assert f.agent.asked("stop") == [] and f.agent.asked("start") == [] and f.agent.running[KINDS[0]] == theirs
    assert f.agent.asked("stop") == []
    with Fixture("--agent-port", "80") as f:
        f.agent.running[KINDS[2]] = theirs
        f.refused(BLACKHOLE, "a network-blackhole-port fault runs in this task that is not ours")
        f.console.set(LATENCY)
        f.console.clear()
        assert f.agent.running[KINDS[2]] == theirs


def test_what_a_killed_sidecar_left_is_stopped_where_it_must_be_ours():
    with Fixture("--agent-port", "80") as f:
        f.console.set(LATENCY)
        f.proxy.process.kill()
        f.proxy.process.wait()
        assert f.agent.runs() == [KINDS[0]]
        again = Proxy(None, "--agent", environment={"ECS_AGENT_URI": f.agent.uri})
        console = again.console()
        answer = console.ask(op="set", faults=LOSS, lease_ms=5000)
        assert answer["type"] == "error" and "not ours" in answer["message"] and f.agent.runs() == [KINDS[0]], answer
        console.close()
        again.stop()
        f.agent.script["status"] = [500, 429, None]  # until it is known
        third = Proxy(None, "--agent", environment={"ECS_AGENT_URI": f.agent.uri, "SHAKETABLE_AGENT_OWNED": "1"})
        wait(lambda: f.agent.runs() == [], "stopped")
        console = third.console()
        console.set(LOSS)
        assert "was left running by a sidecar that is gone" in third.stderr(), third.stderr()
        console.close()
        third.stop()
        assert f.agent.runs() == []
        f.proxy = Proxy(None, "--agent", environment={"ECS_AGENT_URI": f.agent.uri})


def test_clear_during_a_start():
    with Fixture() as f:
        f.agent.script["start"] = ["hold"]
        f.console.send(op="set", id=1, faults=LATENCY, lease_ms=60000)
        wait(lambda: f.agent.asked("status"), "asked")
        f.console.send(op="clear", id=2)
        assert f.console.line()["id"] == 1
        f.agent.released.set()
        ack = f.console.line()
        assert ack["type"] == "ack" and ack["id"] == 2, ack
        assert f.agent.runs() == [] and len(f.agent.asked("stop")) == 1


def test_the_leases_end_stops_it():
    with Fixture() as f:
        f.console.set(LATENCY, lease_ms=600)
        f.console.close()  # nobody is left
        wait(lambda: f.agent.runs() == [], "stopped")
        wait(lambda: in_force(f.frame()) == [], "told")
        f.console = f.proxy.console()
        f.agent.script["start"] = ["hold"]
        f.console.send(op="set", id=1, faults=LOSS, lease_ms=600)
        answer = f.console.line()  # the lease ends while it is being started
        assert answer["type"] == "error" and answer["id"] == 1 and "its lease ended" in answer["message"], answer
        f.agent.released.set()
        wait(lambda: len(f.agent.asked("stop")) == 2 and f.agent.runs() == [], "stopped")


def test_the_deadline_stops_it():
    with Fixture() as f:
        f.console.set(LATENCY, deadline=int(time.time() * 1000) + 800)
        wait(lambda: f.agent.runs() == [], "stopped")


def test_a_stop_that_fails_goes_on():
    with Fixture() as f:
        f.console.set(LATENCY, lease_ms=900)
        f.agent.script["stop"] = [500, 503, 429, 429, 404, b"", 429]
        f.problem("words of 500")
        assert in_force(f.frame()) == ["latency"]  # as it is
        f.problem("words of 503")
        f.problem("is not stopped yet, and that is tried again: network-latency/stop: the ECS agent answers 404")
        wait(lambda: f.agent.runs() == [], "stopped")
        wait(lambda: in_force(f.frame()) == [], "told")


def test_a_lost_answer_is_looked_up():
    with Fixture() as f:
        f.agent.script["start"] = ["cut-after"]
        f.console.set(LATENCY)
        assert f.agent.runs() == [KINDS[0]] and len(f.agent.asked("start")) == 1
        f.agent.script["stop"] = ["cut-after"]
        f.console.clear()
        f.agent.script["start"] = ["cut-before"]
        f.refused(LATENCY, "it does not run: network-latency/start: no answer of the ECS agent")
        f.agent.script["start"], f.agent.script["status"] = ["cut-after"], [None, None, 500]
        f.refused(LATENCY, "it is being stopped")
        wait(lambda: f.agent.runs() == [], "stopped")


def test_silence_is_not_waited_for_for_ever():
    with Fixture() as f:
        f.agent.script["start"] = ["late"]
        f.refused(LATENCY, "it does not run: network-latency/start")
        f.agent.released.set()  # and now it begins
        f.problem("has begun after its request was given up: it is stopped")
        wait(lambda: f.agent.runs() == [], "stopped")


def test_a_trickle_is_silence():
    with Fixture() as f:
        f.console.set(LATENCY)
        f.agent.script["stop"] = ["trickle"]
        f.console.send(op="clear", id=5)
        f.problem("does not answer in time")
        f.console.until(lambda one: one["type"] == "ack" and one["id"] == 5)
        assert f.agent.runs() == []


def test_sigterm_stops_it_and_waits():
    f = Fixture(relay=True)
    f.console.set(LATENCY)
    f.agent.script["stop"] = [500, 429, 500]
    f.stop()
    assert f.agent.runs() == [] and len(f.agent.asked("stop")) == 4
    f = Fixture()
    f.agent.script["start"] = ["hold"]
    f.console.send(op="set", id=1, faults=LATENCY, lease_ms=60000)
    wait(lambda: f.agent.asked("status"), "asked")
    f.proxy.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)  # it must not have ended by now
    assert f.proxy.process.poll() is None
    f.agent.released.set()
    f.stop()
    assert f.agent.runs() == []


def test_sigterm_with_a_dead_agent_has_an_end():
    f = Fixture()
    f.console.set(LATENCY)
    f.agent.close()
    f.console.close()
    f.proxy.process.send_signal(signal.SIGTERM)
    assert f.proxy.process.wait(40) == 1
    assert "has not confirmed that the fault is stopped" in f.proxy.stderr()
    f.proxy.stop(expect=1)


def test_who_stops_ours_is_noticed():
    with Fixture() as f:
        f.console.set(LATENCY)
        f.agent.running[KINDS[0]] = None
        f.problem("does not run any more: somebody else has stopped it")
        assert in_force(f.frame()) == []
        f.console.set(LATENCY)
        assert f.agent.runs() == [KINDS[0]]


def test_without_an_agent_it_stays_up():
    for uri, part in (("", "ECS_AGENT_URI is not set"), ("https://10.0.0.1/api/x", "is not http://"),
                      ("http:///api", "is not http://"), ("http://h:99999/", "is not http://"),
                      ("http://h/a b", "is not http://"), ("http://u@h/", "is not http://")):
        with Fixture(uri=uri, relay=True) as f:
            f.refused(LATENCY, part)
            f.console.clear()
            with f.proxy.connect() as client:
                client.sendall(request("/a"))
                assert Reader(client).response().status == 200
    with Fixture() as f:
        f.agent.close()
        f.refused(LATENCY, "the ECS agent is not reached")
        f.console.clear()


def test_alone_it_relays_nothing():
    with Fixture("--metrics", "127.0.0.1:0") as f:
        assert f.proxy.ready.startswith("agent stats "), f.proxy.ready
        frame = f.console.subscribe(20)
        frame = f.console.until(lambda one: one["type"] == "stats" and one["sequence"] > frame["sequence"] + 2)
        assert frame["requests"] == 0 and frame["connections"]["open"] == 0 and frame["histograms"] == {}, frame
        with socket.create_connection(("127.0.0.1", f.proxy.metrics_port), timeout=PATIENCE) as client:
            client.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert Reader(client).response().status == 200


def test_faults_of_the_environment():
    now = int(time.time() * 1000)
    with Fixture(SHAKETABLE_FAULTS=json.dumps(LATENCY), SHAKETABLE_DEADLINE=str(now + 3000)) as f:
        wait(lambda: f.agent.runs() == [KINDS[0]], "started")
        wait(lambda: in_force(f.frame()) == ["latency"], "told")
        wait(lambda: f.agent.runs() == [], "stopped")
        assert int(time.time() * 1000) >= now + 3000
    with Fixture(SHAKETABLE_FAULTS='{"error":{"percent":5}}', SHAKETABLE_DEADLINE=str(now + 60000)) as f:
        wait(lambda: "SHAKETABLE_FAULTS: --error: " in f.proxy.stderr(), "said")
        assert f.agent.log == []


def test_options_that_make_no_sense():
    for options, part in ((["--agent", "--agent-source", "example.com"], b"--agent-source"),
                          (["--agent", "--agent-filter", "10.0.0.0/40"], b"--agent-filter"),
                          (["--agent", "--agent-port", "0"], b"--agent-port"),
                          (["--agent", "--agent-traffic", "both"], b"--agent-traffic"),
                          (["--agent", "--latency", "5ms"], b"FAULTS from the start would never end"),
                          (["--agent", "--listen", "127.0.0.1:0"], b"--upstream is missing"),
                          (["--listen", "127.0.0.1:0", "--upstream", "127.0.0.1:1", "--agent-port", "1"], b"--agent is missing")):
        done = subprocess.run([PROXY] + options, capture_output=True, timeout=PATIENCE, check=False)
        assert done.returncode == 2 and part in done.stderr, (options, done)


def run_together(namespace):
    """They mostly wait, so several at once."""
    tests = {name: test for name, test in namespace.items() if name.startswith("test_")}
    chosen = {name: test for name, test in tests.items() if not sys.argv[1:] or name in sys.argv[1:]}
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        running = {pool.submit(test): name for name, test in chosen.items()}
        for one in concurrent.futures.as_completed(running):
            problem = one.exception()
            if problem:
                traceback.print_exception(problem)
                failed += 1
            print("FAILED" if problem else "ok", running[one], flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    run_together(dict(globals()))
