"""A pseudo-terminal with a screen, for stories that are played on the console (needs python3-pyte)."""
import fcntl, os, pty, re, select, signal, struct, sys, termios, time

try:
    import pyte
except ImportError:
    print("no python3-pyte here")
    sys.exit(77)

KEYS = {"Enter": "\r", "Esc": "\x1b", "Tab": "\t", "Up": "\x1bOA", "Down": "\x1bOB", "Right": "\x1bOC",
        "Left": "\x1bOD", "Ctrl-R": "\x12", "Ctrl-C": "\x03"}


class Terminal:
    def __init__(self, argv, cols=120, rows=36, term="xterm-256color"):
        self.screen = pyte.Screen(cols, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.bytes = b""
        self.status = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = term
            for name in ("LINES", "COLUMNS"):
                os.environ.pop(name, None)
            os.execvp(argv[0], argv)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))
        self.settings = termios.tcgetattr(self.fd)

    def pump(self, seconds):
        """Reads for so long; False once the program has closed the terminal."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.fd], [], [], left)[0]:
                break
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                return False
            if not data:
                return False
            self.bytes += data
            self.stream.feed(re.sub(rb"\x1b\[[<>=?][0-9;]*[uc]", b"", data))
        return True

    def text(self):
        return "\n".join(line.rstrip() for line in self.screen.display)

    def until(self, pattern, seconds=20.0):
        """Waits until the screen matches; returns the match."""
        end = time.monotonic() + seconds
        while not (match := re.search(pattern, self.text())):
            if time.monotonic() > end or not self.pump(0.05):
                raise AssertionError(f"{pattern!r} never appeared; the screen:\n{self.text()}")
        return match

    def send(self, text):
        os.write(self.fd, text.encode())
        self.pump(0.1)

    def key(self, *names):
        for name in names:
            self.send(KEYS[name])

    def resize(self, cols, rows):
        self.screen.resize(rows, cols)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))
        os.kill(self.pid, signal.SIGWINCH)
        self.pump(0.5)

    def drag(self, x1, y, x2):
        self.send(f"\x1b[<0;{x1};{y}M")
        step = 1 if x2 > x1 else -1
        for x in range(x1, x2 + step, step):
            self.send(f"\x1b[<32;{x};{y}M")
        self.send(f"\x1b[<0;{x2};{y}m")

    def ended(self, seconds):
        """The wait status once the program has ended; fails when it does not."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.pump(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pump(0.2)
                self.status = status
                return status
        raise AssertionError(f"it has not ended; the screen:\n{self.text()}")

    def kill(self):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
