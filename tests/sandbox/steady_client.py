#!/usr/bin/env python3
"""A client at a steady rate: steady_client.py HOST PORT RATE CONNECTIONS [--close]

Sends RATE requests a second over CONNECTIONS kept-alive connections (with --close each on a
connection of its own) until SIGTERM; late requests are sent all the same. Prints one line at the end:
requests, then each kind of failure with its count. A failure is anything but a whole answer of 200.
"""
import asyncio
import collections
import signal
import sys

PATIENCE_S = 20


async def read_answer(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.split(b":")[1])
        if line.startswith(b"transfer-encoding:"):
            raise ValueError("chunked answers are not expected")
    await reader.readexactly(length)
    return status, b"connection: close" in head.lower()


class Client:
    def __init__(self, host, port, rate, connections, close):
        self.host, self.port, self.close = host, port, close
        self.period = connections / rate
        self.counts = collections.Counter()
        self.stopping = False

    async def exchange(self, streams):
        if streams is None:
            streams = await asyncio.open_connection(self.host, self.port)
        reader, writer = streams
        word = "close" if self.close else "keep-alive"
        writer.write(f"GET / HTTP/1.1\r\nHost: {self.host}\r\nConnection: {word}\r\n\r\n".encode())
        status, ends = await read_answer(reader)
        self.counts["ok" if status == 200 else f"status {status}"] += 1
        if ends or self.close:
            writer.close()
            return None
        return streams

    async def run(self, number, connections):
        loop, streams = asyncio.get_running_loop(), None
        due = loop.time() + self.period * number / connections
        while not self.stopping:
            await asyncio.sleep(max(0, due - loop.time()))
            due += self.period
            self.counts["requests"] += 1
            try:
                streams = await asyncio.wait_for(self.exchange(streams), PATIENCE_S)
            except (OSError, EOFError, ValueError, asyncio.TimeoutError) as error:
                self.counts[f"{type(error).__name__}: {error}"[:80]] += 1
                if streams:
                    streams[1].close()
                streams = None
        if streams:
            streams[1].close()


async def main():
    host, port, rate, connections = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    client = Client(host, port, rate, connections, "--close" in sys.argv)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: setattr(client, "stopping", True))
    await asyncio.gather(*(client.run(number, connections) for number in range(connections)))
    requests, good = client.counts.pop("requests"), client.counts.pop("ok", 0)
    print(requests, requests - good, "failed", *(f"[{kind}: {count}]" for kind, count in client.counts.items()))


asyncio.run(main())
