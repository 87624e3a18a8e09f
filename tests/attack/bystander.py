"""The well-behaved client: a fixed rate over a few connections, each reply
compared with what it must be, in a process of its own.

A latency counts from the moment at which the request was due, so a server
that stalls is charged for every request that had to wait.
"""
import collections
import errno
import gc
import json
import os
import random
import select
import socket
import time

import daemon

PATIENCE = 30  # seconds until a reply counts as lost


class Connection:
    def __init__(self, address):
        self.socket = socket.create_connection(address, PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.expected = collections.deque()  # (bytes, time due)
        self.rest = b""

    def send(self, request, reply, due):
        self.expected.append((reply, due))
        self.socket.send(request)

    def receive(self, latencies):
        """Take the replies that are here; raise OSError at what is wrong."""
        part = self.socket.recv(1 << 16)
        if not part:
            raise OSError(errno.ECONNRESET, "closed by the server")
        now = time.monotonic()
        self.rest += part
        while self.expected and len(self.rest) >= len(self.expected[0][0]):
            reply, due = self.expected.popleft()
            if not self.rest.startswith(reply):
                raise ValueError(f"got {self.rest[:80]!r}, not {reply[:80]!r}")
            self.rest = self.rest[len(reply):]
            latencies.append(now - due)
        if self.rest and not self.expected:
            raise ValueError(f"nobody asked for {self.rest[:80]!r}")


class Client:
    """The child's side."""

    def __init__(self, address, rate, count, speak):
        """Without a count: a new connection for each request."""
        self.address = address
        self.rate = rate
        self.fresh = count == 0
        self.speak = speak
        self.poll = select.poll()
        self.connections = {}
        self.ring = []
        self.number = 0
        self.reset()
        for _ in range(count):
            self.open()

    def reset(self):
        self.latencies = []
        self.sent = self.lost = self.wrong = 0
        self.why = ""

    def open(self):
        connection = Connection(self.address)
        number = connection.socket.fileno()
        self.connections[number] = connection
        self.ring.append(connection)
        self.poll.register(number, select.POLLIN)

    def close(self, connection):
        number = connection.socket.fileno()
        self.poll.unregister(number)
        del self.connections[number]
        self.ring.remove(connection)
        connection.socket.close()

    def failed(self, connection, error):
        """What was asked on this connection is lost; have another one."""
        self.why = self.why or str(error)
        if isinstance(error, ValueError):
            self.wrong += 1
        self.lost += max(len(connection.expected), 1)
        self.close(connection)
        if self.fresh:
            return
        try:
            self.open()
        except OSError as refused:
            self.why += f"; then {refused}"

    def send(self, due):
        self.number += 1
        self.sent += 1
        if self.fresh:
            try:
                self.open()
            except OSError as refused:
                self.why = self.why or str(refused)
        if not self.ring:
            self.lost += 1
            return
        connection = self.ring[-1 if self.fresh else
                               self.number % len(self.ring)]
        try:
            connection.send(*self.speak(self.number), due)
        except OSError as error:
            self.failed(connection, error)

    def receive(self, seconds, control=None):
        """Wait that long at most; return whether `control` has spoken."""
        for number, _ in self.poll.poll(max(seconds, 0) * 1000):
            if number == control:
                return True
            connection = self.connections.get(number)
            try:
                if connection is not None:
                    connection.receive(self.latencies)
                    if self.fresh and not connection.expected:
                        self.close(connection)
            except (OSError, ValueError) as error:
                self.failed(connection, error)
        return False

    def phase(self, control):
        """Send until a byte arrives on `control`, then take what is owed."""
        self.reset()
        start = time.monotonic()
        base = self.number
        self.poll.register(control, select.POLLIN)
        while True:
            due = start + (self.number - base) / self.rate
            wait = due - time.monotonic()
            if wait <= 0:
                self.send(due)
                wait = 0
            if self.receive(wait, control):
                break
        self.poll.unregister(control)
        # However short it was: who has never asked may have to make room.
        while self.number - base < len(self.ring):
            self.send(time.monotonic())
        end = time.monotonic() + PATIENCE
        while any(c.expected for c in self.ring) and time.monotonic() < end:
            self.receive(0.05)
        for connection in list(self.ring):
            if connection.expected:
                self.failed(connection, OSError("no reply in time"))
        return self.report()

    def report(self):
        ordered = sorted(self.latencies) or [0.0]

        def at(part):
            return round(ordered[int(part * (len(ordered) - 1))] * 1000, 3)

        return {"sent": self.sent, "errors": self.lost, "wrong": self.wrong,
                "p50_ms": at(0.5), "p99_ms": at(0.99), "max_ms": at(1),
                "why": self.why}


def talker(mode):
    """The requests of one bystander: echoed lines nobody else sends."""
    mark = f"{mode}-{os.getpid()}-{random.getrandbits(32):08x}"

    def speak(number):
        line = f"{mark}-{number}-{'x' * (number % 50)}\n".encode()
        return line, line
    return speak


class Bystander:
    """The parent's side: phases that begin and end when it says so."""

    def __init__(self, address, rate, speak, connections=4):
        down, self.down = os.pipe()
        self.up, up = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            status = 1
            daemon.die_with_parent()
            try:
                os.close(self.down)
                os.close(self.up)
                self._main(down, up, (address, rate, connections, speak))
                status = 0
            finally:
                os._exit(status)
        os.close(down)
        os.close(up)
        self.lines = os.fdopen(self.up, encoding="utf-8")
        self.running = False

    @staticmethod
    def _main(down, up, what):
        gc.disable()
        client = Client(*what)
        while os.read(down, 1) == b"b":
            report = client.phase(down)
            os.read(down, 1)
            os.write(up, (json.dumps(report) + "\n").encode())

    def begin(self):
        self.running = True
        os.write(self.down, b"b")

    def end(self):
        """Return what the phase was like."""
        self.running = False
        os.write(self.down, b"e")
        line = self.lines.readline()
        if not line:
            raise AssertionError("the bystander is gone")
        return json.loads(line)

    def close(self):
        # Said, since another child may hold this end of the pipe, too.
        os.write(self.down, b"q")
        os.close(self.down)
        self.lines.close()
        os.waitpid(self.pid, 0)
