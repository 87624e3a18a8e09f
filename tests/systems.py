#!/usr/bin/env python3
"""The five systems that throng grew out of, each by an unmodified client.

Every client in tests/systems/ is a program of its own that knows nothing of
throng. It runs against throngd in both modes, and what it prints must be what
it prints with its own server. Then the server's log is read: what the
originals show on their console must be in it when it is asked for, and
nothing of it when it is not.

Run by `make check`, or by hand: THRONGD=build/throngd tests/systems.py
"""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
THRONGD = os.environ.get("THRONGD", "./throngd")
MODES = ("pool", "thread", "inline")
DEADLINE = 60  # seconds; far more than anything takes, for slow builds


class Server:
    """throngd on a port that the kernel chose; its log ends in `log`."""

    def __init__(self, handler, mode, level="debug", form="json"):
        self.log_file = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [THRONGD, "--listen", "127.0.0.1:0", "--handler", handler,
             "--frame", "raw", "--mode", mode, "--log-level", level,
             "--log-format", form],
            stdout=subprocess.PIPE, stderr=self.log_file)
        # A server that says nothing is ended, and the line is then empty.
        timer = threading.Timer(DEADLINE, self.process.kill)
        timer.start()
        line = self.process.stdout.readline().decode()
        timer.cancel()
        match = re.fullmatch(r"listening on (127\.0\.0\.1):(\d+)\n", line)
        if match is None:
            self.process.kill()
            raise AssertionError(f"throngd said {line!r}: {self.read_log()}")
        self.host, self.port = match[1], int(match[2])

    def read_log(self):
        # Not by seeking: the daemon writes where this file's place is.
        descriptor = self.log_file.fileno()
        size = os.fstat(descriptor).st_size
        return os.pread(descriptor, size, 0).decode("ascii")

    def wait_for(self, event, peer):
        """Wait until the log (JSON) has this event of this client."""
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            for line in self.read_log().splitlines(keepends=True):
                if line.endswith("\n"):
                    entry = json.loads(line)
                    if (entry["event"], entry.get("peer")) == (event, peer):
                        return entry
            time.sleep(0.01)
        raise AssertionError(f"no {event} of {peer}: {self.read_log()}")

    def stop(self):
        """SIGTERM, and a clean end; return the log."""
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        assert status == 0, f"throngd ended with {status}: {self.read_log()}"
        return self.read_log()

    def connect(self):
        client = socket.create_connection((self.host, self.port), DEADLINE)
        name = "%s:%d" % client.getsockname()
        return client, name


@contextlib.contextmanager
def serving(*arguments, **keywords):
    server = Server(*arguments, **keywords)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()
        server.process.stdout.close()


def run(command, stdin=""):
    """Run a client; return what it printed, after checking that it was well."""
    done = subprocess.run(
        command, input=stdin.encode(), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, timeout=DEADLINE, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stderr == b"", done.stderr.decode()
    return done.stdout.decode()


def client(name, *arguments, stdin=""):
    program = HERE / "systems" / f"{name}_client.py"
    return run([sys.executable, str(program), *map(str, arguments)], stdin)


def same(got, wanted):
    assert got == wanted, f"got {got!r}, wanted {wanted!r}"


# The systems, each as its client sees it.

def greeting(mode):
    with serving("greet", mode) as server:
        same(client("greeting", server.host, server.port),
             "Hello from the server\nConnection closed by the server\n")
        server.stop()


def echo(mode):
    with serving("echo", mode) as server:
        same(client("echo", server.host, server.port),
             "Server responded: Hello, Server!\n")
        server.stop()


def reverse(mode):
    with serving("reverse", mode) as server:
        said = "Received from server: tneilc morf olleh\n"
        asked = "Do you want to continue (y/n): "
        same(client("reverse", server.host, server.port, stdin="y\ny\nn\n"),
             (said + asked) * 3)
        server.stop()


def process_input(mode):
    with serving("hello", mode) as server:
        lines = "zack\nπρώτα  \n  spaces \nquit\n"
        same(client("process_input", server.host, server.port, stdin=lines),
             "Please enter 'quit' to exit\n -> " + " -> " * 3)
        log = server.stop()
    replies = [json.loads(line)["data"] for line in log.splitlines()
               if json.loads(line)["event"] == "reply"]
    # JSON holds a byte as the character of its number.
    same([reply.encode("latin-1").decode() for reply in replies],
         ["Hello ZACK", "Hello ΠΡΏΤΑ", "Hello   SPACES"])


def process_input_alone(mode):
    del mode
    with socket.socket() as closed:
        # Bound and not listened on, so nobody else gets the port either.
        closed.bind(("127.0.0.1", 0))
        same(client("process_input", *closed.getsockname()),
             "Connection error\n")


def multithreaded(mode):
    with serving("hello", mode) as first, serving("echo", mode) as second, \
            serving("reverse", mode) as third:
        servers = [first, second, third, second]
        printed = client("multithreaded",
                         *(f"{s.host}:{s.port}" for s in servers))
        wanted = []
        for number in range(3):
            text = f"message {number}"
            for server, reply in ((first, f"Hello MESSAGE {number}"),
                                  (second, text), (second, text),
                                  (third, text[::-1])):
                wanted.append(f"{server.host}:{server.port} says {reply}")
        same(sorted(printed.splitlines()), sorted(wanted))
        for server in (first, second, third):
            server.stop()


# The same with what everybody has at hand.

def shell(mode):
    """bash's own sockets: a word at a time, and no delimiter."""
    script = r"""
        exec 3<>/dev/tcp/127.0.0.1/$1
        for word in one 'two words' $'tab\tand\r\n'; do
            printf %s "$word" >&3
            IFS= read -r -N ${#word} answer <&3 || exit 1
            printf '%s|' "$answer"
        done"""
    with serving("echo", mode) as server:
        same(run(["bash", "-c", script, "bash", str(server.port)]),
             "one|two words|tab\tand\r\n|")
        server.stop()


def netcat(mode):
    """The whole input at once, the sending side shut, all of it back."""
    nc = shutil.which("nc")
    if nc is None or "-N" not in subprocess.run(
            [nc, "-h"], capture_output=True, check=False).stderr.decode():
        return "no nc with -N here"
    text = "".join(f"line {number}\n" for number in range(2000))
    with serving("echo", mode) as server:
        same(run([nc, "-N", server.host, str(server.port)], text), text)
        server.stop()
    return None


# What the originals print, as log lines.

def logged(mode):
    with serving("reverse", mode) as server:
        first, name = server.connect()
        with first:
            accepted = server.wait_for("accepted", name)
            first.sendall(b"hello from client")
            same(first.recv(1024), b"tneilc morf olleh")
            request = server.wait_for("request", name)
            reply = server.wait_for("reply", name)
        closed = server.wait_for("closed", name)
        same(accepted["level"], "info")
        same((request["bytes"], request["data"]), (17, "hello from client"))
        same((reply["bytes"], reply["data"]), (17, "tneilc morf olleh"))
        same(closed["reason"], "client-closed")
        server.stop()
    with serving("greet", mode) as server:
        second, name = server.connect()
        with second:
            second.sendall(b"hi")
            same(second.recv(1024), b"Hello from the server")
            same(second.recv(1024), b"")
            closed = server.wait_for("closed", name)
            same(closed["reason"], "handler-closed")
        server.stop()


def escaped(mode):
    """A client cannot write lines, or to the terminal, by way of the log."""
    evil = b'a\nb\r\x00\x1b[2J"\\\xff\x7f closed peer=1.2.3.4:5'
    with serving("echo", mode, form="text") as server:
        first, name = server.connect()
        with first:
            first.sendall(evil)
            same(first.recv(1024), evil)
        log = server.stop()
    lines = log.splitlines()
    assert all(c == "\n" or " " <= c <= "~" for c in log), log
    data = r'"a\nb\r\x00\x1b[2J\"\\\xff\x7f closed peer=1.2.3.4:5"'
    for event in ("request", "reply"):
        wanted = f" debug {event} peer={name} bytes={len(evil)} data={data}"
        found = [line for line in lines if line.endswith(wanted)]
        assert len(found) == 1, f"{wanted!r} in {log}"


def quiet(mode):
    """Nothing of all that at the level that is the default."""
    with serving("echo", mode, level="warn", form="text") as server:
        first, name = server.connect()
        with first:
            first.sendall(b"secret")
            same(first.recv(1024), b"secret")
        log = server.stop()
    assert "secret" not in log and name not in log, log


def farewell(mode):
    """--quit-- ends a connection without an answer; bad UTF-8 does not."""
    with serving("hello", mode) as server:
        first, name = server.connect()
        with first:
            first.sendall(b"\xff\xfe")
            answer = first.recv(1024)
            assert answer.startswith(b"!error invalid "), answer
            first.sendall(b"still there")
            same(first.recv(1024), b"Hello STILL THERE")
            first.sendall(b"--quit--\r\n")
            same(first.recv(1024), b"")
            closed = server.wait_for("closed", name)
            same(closed["reason"], "handler-closed")
        log = server.stop()
    # The refusals counted are throng's own, not the handler's.
    last = json.loads(log.splitlines()[-1])
    same((last["event"], last["replies"], last["invalid"]), ("summary", 2, 0))


def receive(connection, byte, count):
    """Receive until this byte has come so many times."""
    answer = b""
    while answer.count(byte) < count:
        part = connection.recv(1 << 16)
        assert part, f"closed after {answer!r}"
        answer += part
    return answer


def larger(mode):
    """More than one read takes is complained of, at the level that is the
    default, and answered all the same."""
    text = b"q" * 6000
    with serving("hello", mode, level="warn") as server:
        first, name = server.connect()
        with first:
            first.sendall(text[:5119])
            receive(first, b"Q", 5119)
            assert "larger" not in server.read_log(), server.read_log()
            first.sendall(text)
            answer = receive(first, b"Q", len(text))
            same(answer.replace(b"Hello ", b""), text.upper())
            complaint = server.wait_for("handler", name)
        same(complaint["level"], "warn")
        assert complaint["text"].startswith("input larger than expected: "
                                            "5120 bytes"), complaint
        server.stop()


TESTS = (greeting, echo, reverse, process_input, process_input_alone,
         multithreaded, shell, netcat, logged, escaped, quiet, farewell,
         larger)


def main():
    chosen = sys.argv[1:]
    failed = 0
    for test in TESTS:
        for mode in MODES:
            name = f"{test.__name__}, {mode}"
            if chosen and test.__name__ not in chosen:
                continue
            try:
                why = test(mode)
                print(f"ok - {name}" + (f" # SKIP {why}" if why else ""))
            except (AssertionError, OSError,
                    subprocess.SubprocessError) as error:
                failed = 1
                print(f"not ok - {name}\n# {error}")
            sys.stdout.flush()
    sys.exit(failed)


if __name__ == "__main__":
    main()
