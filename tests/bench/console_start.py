"""How soon the console shows what: its first frame, the clusters, the open cluster's services with their health.
Usage: console_start.py CONSOLE URL"""
import os, pty, select, struct, sys, fcntl, termios, time

WANTED = [("first frame", b"shaketable"), ("clusters", b" clusters"), ("services with their health", "✓".encode())]
LONGEST_S = 20



def cpu_ms(pid):
    """What its threads have run, by the scheduler."""
    return sum(int(open(f"/proc/{pid}/task/{task}/schedstat").read().split()[0])
               for task in os.listdir(f"/proc/{pid}/task")) / 1e6


began = time.monotonic()
pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm-256color"
    os.environ["LC_ALL"] = "C.UTF-8"
    time.sleep(0.2)  # until the size is set
    os.execv(sys.argv[1], [sys.argv[1], "--endpoint-url", sys.argv[2]])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
time.sleep(max(0, began + 0.2 - time.monotonic()))
began, seen = time.monotonic(), b""
while WANTED and time.monotonic() - began < LONGEST_S:
    if not select.select([fd], [], [], 0.1)[0]:
        continue
    seen += os.read(fd, 65536)
    while WANTED and WANTED[0][1] in seen:
        now = time.monotonic() - began
        print(f"  console: {WANTED.pop(0)[0]:<28} {now:7.3f} s, {cpu_ms(pid):4.0f} ms of a processor")
os.write(fd, b"q")
try:
    while os.read(fd, 65536):
        pass
except OSError:
    pass
os.waitpid(pid, 0)
sys.exit(len(WANTED))
