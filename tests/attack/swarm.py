"""Many connections from one thread, each a socket and nothing else."""
import errno
import random
import resource
import select
import socket
import struct
import time

GONE = select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR
LINGER_NONE = struct.pack("ii", 1, 0)


def raise_limit():
    """As many descriptors as this process may have; return their number."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def sources():
    """Loopback addresses in turn: one alone has 28,232 ports."""
    while True:
        for last in range(1, 17):
            yield f"127.0.1.{last}"


def open_one(address, source=None, receive=None):
    client = socket.socket()
    if receive is not None:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.settimeout(60)
    if source is not None:
        # The port only at connect(), so that it need not be free for all.
        client.setsockopt(socket.IPPROTO_IP, 24, 1)
        client.bind((source, 0))
    try:
        client.connect(address)
    except OSError:
        client.close()
        raise
    return client


def reset(client):
    """Close with RST."""
    try:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NONE)
    except OSError:
        pass
    client.close()


class Swarm:
    """Connections, and when the server closed each."""

    def __init__(self, address, count, receive=None):
        self.poll = select.epoll()
        self.sockets = {}
        self.opened = {}
        self.gone = {}
        self.refused = 0
        self.address = address
        self.receive = receive
        self.sources = sources()
        for _ in range(count):
            self.add()

    def add(self):
        try:
            client = open_one(self.address, next(self.sources), self.receive)
        except OSError:
            self.refused += 1
            return None
        client.setblocking(False)
        number = client.fileno()
        self.sockets[number] = client
        self.opened[number] = time.monotonic()
        self.poll.register(number, GONE)
        return client

    def alive(self):
        return [client for number, client in self.sockets.items()
                if number not in self.gone]

    def send(self, client, data):
        """Send what fits; return how much, or -1 if the server has gone."""
        try:
            return client.send(data)
        except BlockingIOError:
            return 0
        except OSError as error:
            if error.errno not in (errno.EPIPE, errno.ECONNRESET):
                raise
            self.note(client.fileno())
            return -1

    def note(self, number):
        if number not in self.gone:
            self.gone[number] = time.monotonic()
            self.poll.unregister(number)

    def look(self, seconds):
        """Note who was closed, waiting for at most that long."""
        for number, _ in self.poll.poll(max(seconds, 0), 10000):
            self.note(number)

    def wait_gone(self, seconds):
        """Until all are closed; return how many are not."""
        end = time.monotonic() + seconds
        while len(self.gone) < len(self.sockets):
            left = end - time.monotonic()
            if left <= 0:
                break
            self.look(left)
        return len(self.sockets) - len(self.gone)

    def lives(self):
        """How long each lived that was closed, in seconds, in order."""
        return sorted(when - self.opened[number]
                      for number, when in self.gone.items())

    def close(self, hard=True):
        for client in self.sockets.values():
            if hard:
                reset(client)
            else:
                client.close()
        self.sockets = {}
        self.gone = {}
        self.poll.close()


def shuffled(values, seed):
    values = list(values)
    random.Random(seed).shuffle(values)
    return values
