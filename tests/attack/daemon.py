"""One throngd: its start and its end, its counters, its log, and what /proc
says about it."""
import collections
import ctypes
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time

THRONGD = os.environ.get("THRONGD", "./throngd")
DEADLINE = 60  # seconds; far more than anything takes, never a measure


LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def die_with_parent():
    """In a child: no server outlives its case, however that ends."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def help_text(program=None):
    done = subprocess.run([program or THRONGD, "--help"], text=True,
                          stdout=subprocess.PIPE, check=True)
    return done.stdout


def wait_until(condition, seconds=DEADLINE):
    """Look every few milliseconds; return what the condition said last."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(0.005)


class Daemon:
    """throngd on a port that the kernel chose."""

    def __init__(self, mode, *options, handler="echo", frame="line",
                 program=None, listen="127.0.0.1:0", stderr=None,
                 level="warn", before=None, **popen):
        command = [program or THRONGD, "--listen", listen, "--mode", mode,
                   "--frame", frame, "--log-level", level,
                   "--log-format", "json"]
        if program is None:
            command += ["--handler", handler]
        self.log_file = tempfile.TemporaryFile()

        def prepare():
            die_with_parent()
            if before is not None:
                before()
        self.process = subprocess.Popen(
            command + list(options), stdout=subprocess.PIPE,
            stderr=self.log_file if stderr is None else stderr,
            preexec_fn=prepare, **popen)
        self.pid = self.process.pid
        self.mode = mode
        self.looks = collections.deque(maxlen=8)
        timer = threading.Timer(DEADLINE, self.process.kill)
        timer.start()
        line = self.process.stdout.readline().decode()
        timer.cancel()
        match = re.fullmatch(r"listening on (.*):(\d+)\n", line)
        if match is None:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"throngd said {line!r}: {self.log()!r}")
        self.address = (match[1], int(match[2]))

    # Talking to it.

    def connect(self, source=None, receive=None):
        """A connected socket that gives up after the deadline."""
        client = socket.socket()
        client.settimeout(DEADLINE)
        if receive is not None:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        if source is not None:
            client.bind((source, 0))
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.connect(self.address)
        return client

    def ask(self, request, count):
        """One request on a connection of its own; `count` bytes of reply."""
        with self.connect() as client:
            client.sendall(request)
            return receive_all(client, count)

    # Its log.

    def log(self):
        # Not by seeking: the daemon writes where this file's place is.
        descriptor = self.log_file.fileno()
        size = os.fstat(descriptor).st_size
        return os.pread(descriptor, size, 0).decode("ascii")

    def lines(self):
        """Its lines as bytes, one by one: of a log that may be long."""
        with open(f"/proc/self/fd/{self.log_file.fileno()}", "rb") as log:
            yield from log

    def entries(self):
        """The whole lines of the log so far, as objects."""
        lines = self.log().splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith("\n")]

    # Its counters.

    def tells(self):
        """Whether SIGUSR1 makes it print its counters, and not end."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            mask = re.search(r"^SigBlk:\t(\w+)$", status.read(), re.M)[1]
        return bool(int(mask, 16) >> (signal.SIGUSR1 - 1) & 1)

    def counters(self):
        """All counters now, or an empty table if it does not tell them."""
        if not self.tells():
            return {}
        # Ten such lines a second, and no more, are let into the log.
        if len(self.looks) == self.looks.maxlen:
            time.sleep(max(self.looks[0] + 1.1 - time.monotonic(), 0))
        self.looks.append(time.monotonic())
        before = len(self._told())
        self.process.send_signal(signal.SIGUSR1)
        wait_until(lambda: len(self._told()) > before)
        told = self._told()
        return told[-1] if len(told) > before else {}

    def _told(self):
        return [entry for entry in self.entries()
                if entry["event"] in ("counters", "summary")]

    # What the kernel says about it.

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def sockets(self):
        """Its listeners and connections."""
        return sum(1 for target in self.links().values()
                   if target.startswith("socket:"))

    def links(self):
        """What its descriptors are, by number."""
        found = {}
        for name in os.listdir(f"/proc/{self.pid}/fd"):
            try:
                found[int(name)] = os.readlink(f"/proc/{self.pid}/fd/{name}")
            except OSError:
                pass  # closed meanwhile
        return found

    def status(self, key):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith(key + ":"):
                    return int(line.split()[1])
        return 0

    def state(self):
        """How it is scheduled, a letter: T is stopped."""
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(")")[2].split()[0]

    def threads(self):
        return self.status("Threads")

    def rss(self):
        """Bytes."""
        return self.status("VmRSS") * 1024

    def cpu(self):
        """Seconds of processor time, of threads that have ended, too."""
        # The clock of another process, see clock_getcpuclockid(3).
        return time.clock_gettime((~self.pid << 3) | 2)

    # Its end.

    def stop(self):
        """SIGTERM; return the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self):
        try:
            status = self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError("throngd did not end") from None
        return status

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.log_file.close()

    def summary(self):
        """The counters of the last line, after the end."""
        told = self._told()
        return told[-1] if told else {}


def receive_all(client, count):
    """Up to `count` bytes, fewer at the end of input."""
    parts = []
    while count > 0:
        part = client.recv(min(count, 1 << 20))
        if not part:
            break
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def receive_end(client):
    """All bytes until the end of input."""
    parts = []
    while part := client.recv(1 << 20):
        parts.append(part)
    return b"".join(parts)
