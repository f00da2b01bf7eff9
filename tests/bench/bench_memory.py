#!/usr/bin/env -S python3 -B
"""Memory of idle connections: the proxy's beside HAProxy's (TCP), one thread each. CONNECTIONS=8000 chooses."""
import asyncio
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile

PROXY = os.path.join(os.environ.get("top_builddir", "."), "shaketable-proxy")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


async def serve(reader, writer):
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(ANSWER)
    except (asyncio.IncompleteReadError, OSError):
        writer.close()


def pss_kb(pid):
    """What it has to itself, with its share of what it has in common with others."""
    with open(f"/proc/{pid}/smaps_rollup") as text:
        return sum(int(line.split()[1]) for line in text if line.startswith("Pss:"))


async def connect(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    writer.write(b"GET / HTTP/1.1\r\nHost: bench\r\nUser-Agent: bench\r\n\r\n")
    await reader.readexactly(len(ANSWER))
    return writer


async def measure(name, port, pid, count):
    # The first takes what is taken once.
    (await connect(port)).close()
    await asyncio.sleep(0.3)
    before = pss_kb(pid)
    writers = []
    while len(writers) < count:
        batch = min(100, count - len(writers))
        writers += await asyncio.gather(*(connect(port) for _ in range(batch)))
    await asyncio.sleep(1)
    after = pss_kb(pid)
    print(f"  {name:16} {before:7} KB, with {count} connections {after:7} KB:"
          f" {(after - before) * 1024 / count:6.0f} bytes each")
    for writer in writers:
        writer.close()
    await asyncio.sleep(0.5)
    return after


async def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(int(os.environ.get("CONNECTIONS", "8000")), hard // 2 - 200)
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1024, limit=1024)
    upstream = server.sockets[0].getsockname()[1]
    print(f"{count} idle connections, one request made on each")
    work = tempfile.mkdtemp(prefix="shaketable-bench-")
    processes = []
    try:
        ours = subprocess.Popen([PROXY, "--listen", "127.0.0.1:0", "--upstream", f"127.0.0.1:{upstream}",
                                 "--stats", f"unix:{work}/stats"], stdout=subprocess.PIPE)
        processes.append(ours)
        port = int(ours.stdout.readline().split()[1].rsplit(b":", 1)[1])
        mine = await measure("shaketable-proxy", port, ours.pid, count)
        if not shutil.which("haproxy"):
            print("  haproxy is not installed")
            return
        port = free_port()
        with open(f"{work}/haproxy.cfg", "w") as text:
            text.write(f"global\n  nbthread 1\n  maxconn {count + 100}\ndefaults\n  mode tcp\n"
                       "  timeout connect 5s\n  timeout client 1m\n  timeout server 1m\n"
                       f"listen bench\n  bind 127.0.0.1:{port}\n  server one 127.0.0.1:{upstream}\n")
        theirs = subprocess.Popen(["haproxy", "-db", "-f", f"{work}/haproxy.cfg"], stderr=subprocess.DEVNULL)
        processes.append(theirs)
        await asyncio.sleep(0.5)
        other = await measure("HAProxy-TCP", port, theirs.pid, count)
        print(f"  ours is {mine / other:.2f} of it")
    finally:
        for process in processes:
            process.kill()
            process.wait()
        shutil.rmtree(work)


sys.exit(asyncio.run(main()))
