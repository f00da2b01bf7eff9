#!/usr/bin/env -S python3 -B
"""Real gRPC through the proxy (needs python3-grpcio), and what its clients make of the faults."""
from concurrent import futures

from h2peer import need
from harness import *

grpc = need("grpc", "python3-grpcio")
StatusCode = grpc.StatusCode


def unary(request, context):
    context.set_trailing_metadata((("x-trailer", "t"),))
    if request == b"fail":
        context.abort(StatusCode.FAILED_PRECONDITION, "not now: 100 %")
    return b"<" + request + b">"


def count(request, context):
    for i in range(int(request)):
        yield b"%d" % i


def add(requests, context):
    return b",".join(requests)


def chat(requests, context):
    for request in requests:
        yield b"re: " + request


def wait_long(request, context):
    ended = threading.Event()
    context.add_callback(ended.set)
    ended.wait(PATIENCE)
    cancelled.append(context.is_active())
    return b""


cancelled = []


class Setup:
    def __init__(self, *options):
        self.server = grpc.server(futures.ThreadPoolExecutor(16))
        handlers = {
            "Unary": grpc.unary_unary_rpc_method_handler(unary),
            "Count": grpc.unary_stream_rpc_method_handler(count),
            "Add": grpc.stream_unary_rpc_method_handler(add),
            "Chat": grpc.stream_stream_rpc_method_handler(chat),
            "Wait": grpc.unary_unary_rpc_method_handler(wait_long),
        }
        self.server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Test", handlers),))
        port = self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()
        self.proxy = Proxy(port, *options)
        self.console = self.proxy.console()
        self.channel = grpc.insecure_channel(f"127.0.0.1:{self.proxy.port}", (("grpc.enable_retries", 0),))
        self.unary = self.channel.unary_unary("/test.Test/Unary")
        self.count = self.channel.unary_stream("/test.Test/Count")
        self.add = self.channel.stream_unary("/test.Test/Add")
        self.chat = self.channel.stream_stream("/test.Test/Chat")
        self.wait = self.channel.unary_unary("/test.Test/Wait")

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.channel.close()
        self.server.stop(0).wait()
        if kind:
            self.proxy.kill()
        else:
            self.proxy.stop()


def failure(call, *arguments):
    try:
        call(*arguments, timeout=PATIENCE)
    except grpc.RpcError as error:
        return error.code(), error.details()
    raise AssertionError("no failure")


def test_all_kinds_of_calls():
    with Setup() as setup:
        answer, call = setup.unary.with_call(b"hello", timeout=PATIENCE)
        assert answer == b"<hello>" and ("x-trailer", "t") in call.trailing_metadata()
        big = os.urandom(2_000_000)
        assert setup.unary(big, timeout=PATIENCE) == b"<" + big + b">"
        assert list(setup.count(b"1000", timeout=PATIENCE)) == [b"%d" % i for i in range(1000)]
        assert setup.add((b"%d" % i for i in range(500)), timeout=PATIENCE) == b",".join(b"%d" % i for i in range(500))
        # Word by word: neither side has ended while the other answers.
        turns = queue()
        answers = setup.chat(iter(turns.get, None), timeout=PATIENCE)
        for word in (b"a", b"b", b"c" * 100_000):
            turns.put(word)
            assert next(answers) == b"re: " + word
        turns.put(None)
        assert list(answers) == [] and answers.code() == StatusCode.OK
        assert failure(setup.unary, b"fail") == (StatusCode.FAILED_PRECONDITION, "not now: 100 %")


def queue():
    import queue as module

    return module.Queue()


def test_latency_and_its_measuring():
    with Setup("--latency", "80ms", "--direction", "both") as setup:
        setup.console.subscribe()
        start = time.monotonic()
        assert setup.unary(b"a", timeout=PATIENCE) == b"<a>"
        assert time.monotonic() - start >= 0.08
        frame = setup.console.until(lambda one: one["type"] == "stats" and one["histograms"].get("injected_got"))
        assert frame["outcomes"]["answered"] == 1 and min(histogram(frame, "injected_got")) >= 79_000
        start = time.monotonic()
        assert len(list(setup.count(b"200", timeout=PATIENCE))) == 200
        assert time.monotonic() - start < 8  # a delay line, not a delay a message
        calls = [setup.unary.future(b"%d" % i, timeout=PATIENCE) for i in range(100)]
        assert [call.result() for call in calls] == [b"<%d>" % i for i in range(100)]


def test_errors_are_statuses():
    with Setup() as setup:
        setup.console.set({"error": {"percent": 100, "status": 503, "body": "injected: 100 % ö"}})
        assert failure(setup.unary, b"a") == (StatusCode.UNAVAILABLE, "injected: 100 % ö")
        try:
            list(setup.chat(iter([b"x"]), timeout=PATIENCE))
            raise AssertionError("no failure")
        except grpc.RpcError as error:
            assert error.code() == StatusCode.UNAVAILABLE
        setup.console.set({"error": {"percent": 100, "status": 403}})
        assert failure(setup.unary, b"a") == (StatusCode.PERMISSION_DENIED, "Forbidden")
        setup.console.set({"error": {"percent": 100, "grpc_status": 8}})
        assert failure(setup.unary, b"a")[0] == StatusCode.RESOURCE_EXHAUSTED
        setup.console.clear()
        assert setup.unary(b"a", timeout=PATIENCE) == b"<a>"


def test_resets_are_not_repeated_by_the_client():
    with Setup() as setup:
        setup.console.set({"reset": {"percent": 100}})
        assert failure(setup.unary, b"a")[0] == StatusCode.INTERNAL
        setup.console.clear()
        assert setup.unary(b"a", timeout=PATIENCE) == b"<a>"


def test_a_blackhole_meets_the_deadline():
    with Setup() as setup:
        setup.console.set({"blackhole": {"percent": 100}, "scope": {"path": "*/Unary"}})
        held = setup.unary.future(b"held", timeout=PATIENCE)
        try:
            setup.unary(b"a", timeout=0.3)
            raise AssertionError("answered")
        except grpc.RpcError as error:
            assert error.code() == StatusCode.DEADLINE_EXCEEDED
        assert len(list(setup.count(b"3", timeout=PATIENCE))) == 3
        setup.console.clear()
        assert held.result() == b"<held>"


def test_cancelling_reaches_the_application():
    with Setup() as setup:
        call = setup.wait.future(b"", timeout=PATIENCE)
        time.sleep(0.2)
        call.cancel()
        end = time.monotonic() + PATIENCE
        while not cancelled and time.monotonic() < end:
            time.sleep(0.01)
        assert cancelled == [False]


def test_no_upstream():
    gone = Upstream(lambda connection: None)
    gone.close()
    proxy = Proxy(gone.port)
    with grpc.insecure_channel(f"127.0.0.1:{proxy.port}") as channel:
        code, details = failure(channel.unary_unary("/test.Test/Unary"), b"a")
        assert code == StatusCode.UNAVAILABLE and "refuses" in details, (code, details)
    proxy.stop()


def test_sigterm_lets_calls_finish():
    with Setup() as setup:
        setup.console.set({"latency": {"mean_ms": 300}})
        call = setup.unary.future(b"a", timeout=PATIENCE)
        time.sleep(0.1)
        setup.proxy.process.send_signal(signal.SIGTERM)
        assert call.result() == b"<a>"


run(globals())
