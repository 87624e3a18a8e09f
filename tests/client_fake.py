"""A server for the client's tests: it speaks the framings of throngd and can
misbehave on request. The reply to X is `Hello ` and X in upper case."""

import socket
import struct
import threading
import time


def cut_line(data):
    """Return (requests as (payload, ending), the rest)."""
    *whole, rest = data.split(b"\n")
    return [(w[:-1], b"\r\n") if w.endswith(b"\r") else (w, b"\n")
            for w in whole], rest


def cut_fixed(size):
    def cut(data):
        out, at = [], 0
        while len(data) - at >= size:
            n = int.from_bytes(data[at:at + size], "big")
            if len(data) - at < size + n:
                break
            out.append((data[at + size:at + size + n], b""))
            at += size + n
        return out, data[at:]
    return cut


def cut_netstring(data):
    out = []
    while True:
        digits, colon, rest = data.partition(b":")
        if not colon or len(rest) < int(digits) + 1:
            return out, data
        n = int(digits)
        assert rest[n:n + 1] == b",", data[:40]
        out.append((rest[:n], b""))
        data = rest[n + 1:]


def cut_raw(data):
    return ([(data, b"")] if data else []), b""


CUT = {"line": cut_line, "raw": cut_raw, "len32": cut_fixed(4),
       "len16": cut_fixed(2), "netstring": cut_netstring}


def frame(framing, payload, ending=b"\n"):
    if framing == "line":
        return payload + ending
    if framing == "len32":
        return struct.pack(">I", len(payload)) + payload
    if framing == "len16":
        return struct.pack(">H", len(payload)) + payload
    if framing == "netstring":
        return b"%d:%s," % (len(payload), payload)
    return payload


def hello(payload):
    return b"Hello " + payload.upper()


class Fake:
    """Listens at once, on 127.0.0.1 or on `path`; serves each client on a
    daemon thread. Modes are arguments:
    answer      payload -> reply payload, or None for no reply
    after       close once so many replies have been sent
    release     a threading.Event that replies wait for
    bytewise    send replies a byte at a time
    greeting    bytes sent to every client at once
    close       close at once
    mute        never read
    cap         bytes of the sockets' buffers
    """

    def __init__(self, framing="line", answer=hello, after=None, release=None,
                 bytewise=False, greeting=b"", close=False,
                 mute=False, port=0, path=None, cap=None):
        self.framing, self.answer, self.after = framing, answer, after
        self.release, self.bytewise = release, bytewise
        self.greeting, self.close, self.mute = greeting, close, mute
        self.connections = 0
        self.requests = []      # payloads, for small tests
        self.keep = True
        self.lock = threading.Lock()
        self.clients = []
        if path:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.bind(path)
            self.address = "unix:" + path
        else:
            self.socket = socket.socket()
            self.socket.setsockopt(socket.SOL_SOCKET,
                                   socket.SO_REUSEADDR, 1)
            self.socket.bind(("127.0.0.1", port))
            self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        if cap:
            for buffer in (socket.SO_RCVBUF, socket.SO_SNDBUF):
                self.socket.setsockopt(socket.SOL_SOCKET, buffer, cap)
        self.socket.listen(512)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
                self.clients.append(client)
            threading.Thread(target=self.serve, args=(client,),
                             daemon=True).start()

    def serve(self, client):
        try:
            self.talk(client)
        except (ConnectionError, OSError):
            pass
        if not self.mute:
            client.close()

    def send(self, client, data):
        if not self.bytewise:
            client.sendall(data)
            return
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for i in range(len(data)):
            client.sendall(data[i:i + 1])

    def talk(self, client):
        if self.greeting:
            client.sendall(self.greeting)
        if self.close or self.mute:
            return
        rest, sent = b"", 0
        cut = CUT[self.framing]
        while True:
            chunk = client.recv(1 << 16)
            if not chunk:
                return
            requests, rest = cut(rest + chunk if rest else chunk)
            if self.keep:
                with self.lock:
                    self.requests += [r[0] for r in requests]
            out = []
            for payload, ending in requests:
                reply = self.answer(payload)
                if reply is not None:
                    out.append(frame(self.framing, reply, ending))
                    sent += 1
                if self.after is not None and sent >= self.after:
                    break
            if self.release:
                self.release.wait()
            if out:
                self.send(client, b"".join(out))
            if self.after is not None and sent >= self.after:
                # Wait for the client's end, so that no reset overtakes the
                # replies.
                client.shutdown(socket.SHUT_WR)
                while client.recv(1 << 16):
                    pass
                return

    def stop(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()
        with self.lock:
            for client in self.clients:
                try:
                    client.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                client.close()


def wait_until(condition, what, seconds=30):
    """Wait for a condition with a deadline."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("waited in vain for " + what)
        time.sleep(0.005)
