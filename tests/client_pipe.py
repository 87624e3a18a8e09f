#!/usr/bin/env python3
"""The client in a pipe: what it prints, where it says what went wrong, and
its exit status, against a server that misbehaves on request.

Run by `make check`, or by hand: THRONG=build/throng tests/client_pipe.py
"""
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from client_fake import Fake, hello, wait_until  # noqa: E402

THRONG = os.environ.get("THRONG", "./throng")
THRONGD = os.environ.get("THRONGD", "./throngd")
DEADLINE = 120  # seconds; far more than anything takes
with open(THRONG, "rb") as program:
    SANITIZED = re.search(rb"__[at]san_init", program.read()) is not None

AWKWARD = [b"zack", b"", b"a\0b", b"\xff\xfe", b"h\xc3\xa9", b"cr\r",
           b"x" * 3000, b"end"]


def start(*args, **more):
    return subprocess.Popen([THRONG, *args], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            **more)


def run(*args, data=b"", **more):
    """Run to the end; return (status, output, the lines of its errors)."""
    done = subprocess.run([THRONG, *args], input=data, capture_output=True,
                          timeout=DEADLINE, **more)
    return (done.returncode, done.stdout,
            done.stderr.decode().splitlines())


def finish(process, data=b""):
    """Give the last input; return (status, the rest of both outputs)."""
    process.stdin.write(data)
    process.stdin.close()
    out, errors = process.stdout.read(), process.stderr.read()
    return process.wait(DEADLINE), out, errors


class Pipe(unittest.TestCase):
    def fake(self, *args, **more):
        server = Fake(*args, **more)
        self.addCleanup(server.stop)
        return server

    def begin(self, *args, **more):
        process = start(*args, **more)

        def end():
            if process.poll() is None:
                process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout, process.stderr):
                try:
                    pipe.close()
                except BrokenPipeError:
                    pass
        self.addCleanup(end)
        return process

    def test_every_framing(self):
        for framing in ("line", "len32", "len16", "netstring"):
            for bytewise in (False, True):
                with self.subTest(framing=framing, bytewise=bytewise):
                    server = self.fake(framing, bytewise=bytewise)
                    data = b"\n".join(AWKWARD)  # the last one lacks its LF
                    status, out, errors = run("--frame", framing,
                                              server.address, data=data)
                    self.assertEqual((status, errors), (0, []))
                    self.assertEqual(
                        out, b"".join(hello(a) + b"\n" for a in AWKWARD))
                    sent = [a.rstrip(b"\r") if framing == "line" else a
                            for a in AWKWARD]
                    self.assertEqual(server.requests, sent)

    def test_raw_goes_one_at_a_time(self):
        server = self.fake("raw")
        # An empty line has no bytes to send.
        status, out, errors = run("--frame", "raw", server.address,
                                  data=b"one\n\ntwo\nthree")
        self.assertEqual((status, errors), (0, []))
        self.assertEqual(out, b"Hello ONE\nHello TWO\nHello THREE\n")
        self.assertEqual(server.requests, [b"one", b"two", b"three"])

    def test_raw_server_that_closes_after_its_reply(self):
        server = self.fake("raw", after=1)
        status, out, errors = run("--frame", "raw", server.address,
                                  data=b"hi\n")
        self.assertEqual((status, out, errors), (0, b"Hello HI\n", []))

    def test_no_input(self):
        server = self.fake()
        self.assertEqual(run(server.address), (0, b"", []))

    def test_whole_input_as_one_request(self):
        for framing in ("len32", "len16", "netstring"):
            for data in (b"", b"a\nb\n\nc", b"x" * 65535):
                with self.subTest(framing=framing, length=len(data)):
                    server = self.fake(framing, answer=lambda p: p[::-1])
                    status, out, errors = run(
                        "--frame", framing, "--split", "none",
                        server.address, data=data)
                    self.assertEqual((status, errors), (0, []))
                    self.assertEqual(out, data[::-1])
                    self.assertEqual(server.requests, [data])

    def test_large_request_and_reply(self):
        server = self.fake("len32", answer=lambda p: p[::-1])
        data = os.urandom(1 << 20) * 20
        status, out, errors = run("--frame", "len32", "--split", "none",
                                  "--max-frame", "20M", server.address,
                                  data=data)
        self.assertEqual((status, errors), (0, []))
        self.assertTrue(out == data[::-1])

    def test_request_longer_than_the_framing_carries(self):
        server = self.fake("len16")
        data = b"a\n" + b"x" * 65536 + b"\nb\n"
        status, out, errors = run("--frame", "len16", server.address,
                                  data=data)
        self.assertEqual((status, out), (1, b"Hello A\n"))
        self.assertEqual(errors, [
            "throng: request 2 of the input is longer than 65535 bytes, the "
            "most that --frame len16 sends"])

    def test_a_million_lines_in_bounded_memory(self):
        server = self.fake()
        server.keep = False
        count = 1000000 if not SANITIZED else 50000
        process = self.begin(server.address)
        lines = b"".join(b"line %d\n" % i for i in range(count))
        expected = lines.replace(b"line", b"Hello LINE")

        def feed():
            process.stdin.write(lines)
            process.stdin.flush()
        feeder = threading.Thread(target=feed)
        feeder.start()
        # Compared as it comes; the end of input is not needed for it.
        out = process.stdout.read(len(expected))
        feeder.join()
        self.assertTrue(out == expected)
        with open("/proc/%d/status" % process.pid) as status:
            peak = int(re.search(r"VmHWM:\s*(\d+) kB", status.read())[1])
        process.stdin.close()
        self.assertEqual(process.wait(DEADLINE), 0)
        self.assertEqual(process.stderr.read(), b"")
        if not SANITIZED:
            self.assertLess(peak, 16 << 10)

    def test_nobody_reads_for_a_while(self):
        """Output unread, input without end: memory stays bounded, and all is
        there in the end."""
        server = self.fake(answer=lambda p: p)
        server.keep = False
        process = self.begin("--timeout", "3s", server.address)
        line = b"y" * 1000 + b"\n"
        sent = 0
        os.set_blocking(process.stdin.fileno(), False)
        still = time.monotonic()
        # Longer than --timeout: who waits for us owes nothing.
        while time.monotonic() - still < 3.5:
            try:
                sent += os.write(process.stdin.fileno(), line * 60)
                still = time.monotonic()
            except BlockingIOError:
                time.sleep(0.01)
            self.assertLess(sent, 64 << 20)
        with open("/proc/%d/status" % process.pid) as status:
            peak = int(re.search(r"VmHWM:\s*(\d+) kB", status.read())[1])
        if not SANITIZED:
            self.assertLess(peak, 16 << 10)
        status, out, errors = finish(process)
        self.assertEqual((status, errors), (0, b""))
        # The last line may have been cut: it counts as one.
        self.assertEqual(len(out), sent + (sent % len(line) > 0))

    def test_both_directions_at_once(self):
        """The server writes before it reads on: whoever only wrote would
        wait for ever."""
        server = self.fake(answer=lambda p: p, cap=4096)
        server.keep = False
        data = b"".join(bytes([65 + i % 26]) * 100000 + b"\n"
                        for i in range(300))
        status, out, errors = run("--window", "4096", server.address,
                                  data=data)
        self.assertEqual((status, errors), (0, []))
        self.assertTrue(out == data)

    def test_connections_share_the_lines_and_keep_their_order(self):
        def dawdle(payload):
            # Some are late, so that others have to be held.
            time.sleep(random.random() * 0.01 if payload[-1:] == b"7" else 0)
            return hello(payload)
        server = self.fake(answer=dawdle)
        data = b"".join(b"%d\n" % i for i in range(3000))
        status, out, errors = run("--connections", "5", "--window", "3",
                                  server.address, data=data)
        self.assertEqual((status, errors), (0, []))
        self.assertEqual(out, b"".join(b"Hello %d\n" % i
                                       for i in range(3000)))
        self.assertEqual(server.connections, 5)

    def test_large_replies_are_held_in_bounded_memory(self):
        """One connection is late; the others may not pile up replies."""
        gate = threading.Event()

        def answer(payload):
            if payload == b"0":
                gate.wait()
            return payload + b"z" * 100000
        server = self.fake(answer=answer)
        server.keep = False
        process = self.begin("--connections", "3", "--window", "2000",
                             server.address)
        count = 3000
        got = []
        feeder = threading.Thread(
            target=lambda: got.append(finish(process, b"".join(
                b"%d\n" % i for i in range(count)))))
        feeder.start()
        wait_until(lambda: server.connections == 3, "the connections")
        # Let it come to rest: neither side uses the processor any more.

        def used():
            with open("/proc/%d/stat" % process.pid) as stat:
                return (stat.read().rsplit(")", 1)[1].split()[11:13],
                        int(time.process_time() * 50))
        quiet, before = 0, None
        while quiet < 10:
            quiet = quiet + 1 if used() == before else 0
            before = used()
            time.sleep(0.1)
        with open("/proc/%d/status" % process.pid) as status:
            peak = int(re.search(r"VmHWM:\s*(\d+) kB", status.read())[1])
        gate.set()
        feeder.join(DEADLINE)
        status, out, errors = got[0]
        self.assertEqual((status, errors), (0, b""))
        self.assertTrue(out == b"".join(
            b"%d" % i + b"z" * 100000 + b"\n" for i in range(count)))
        if not SANITIZED:
            self.assertLess(peak, 16 << 10)

    def test_replies_come_before_the_input_ends(self):
        server = self.fake()
        process = self.begin(server.address)
        for word in (b"one", b"two"):
            process.stdin.write(word + b"\n")
            process.stdin.flush()
            self.assertEqual(process.stdout.readline(), hello(word) + b"\n")
        process.stdin.close()
        self.assertEqual(process.wait(DEADLINE), 0)

    def test_server_closes_in_the_middle(self):
        server = self.fake(after=3)
        data = b"".join(b"%d\n" % i for i in range(10))
        status, out, errors = run(server.address, data=data)
        self.assertEqual((status, out),
                         (1, b"Hello 0\nHello 1\nHello 2\n"))
        self.assertEqual(errors, ["7 of 10 requests unanswered: the server "
                                  "closed the connection"])

    def test_server_closes_and_input_goes_on(self):
        server = self.fake(after=1)
        process = self.begin(server.address)
        process.stdin.write(b"one\n")
        process.stdin.flush()
        self.assertEqual(process.stdout.readline(), b"Hello ONE\n")
        # All was answered: only another line makes it a failure.
        with self.assertRaises(subprocess.TimeoutExpired):
            process.wait(0.3)
        process.stdin.write(b"two\n")
        process.stdin.flush()
        self.assertEqual(process.wait(DEADLINE), 1)
        self.assertEqual(
            process.stderr.read(), b"1 of 2 requests unanswered: the server "
            b"closed the connection; the rest of the input was not read\n")

    def test_endless_input_to_a_server_that_left(self):
        server = self.fake(after=1)
        with subprocess.Popen(["yes"], stdout=subprocess.PIPE) as yes:
            done = subprocess.run([THRONG, server.address], stdin=yes.stdout,
                                  capture_output=True, timeout=DEADLINE)
            yes.stdout.close()
        self.assertEqual((done.returncode, done.stdout), (1, b"Hello Y\n"))
        self.assertRegex(done.stderr, rb"^\d+ of \d+ requests unanswered: .*; "
                         rb"the rest of the input was not read\n$")

    def test_server_closes_within_a_reply(self):
        server = self.fake("len32", greeting=b"\0\0\0\x09Hello", close=True)
        status, out, errors = run("--frame", "len32", server.address,
                                  data=b"x\n")
        self.assertEqual((status, out), (1, b""))
        self.assertRegex(errors[0], "^1 of 1 requests unanswered: (the server "
                         "closed the connection in the middle of a reply|"
                         "Connection reset by peer)"
                         "(; the rest of the input was not read)?$")

    def test_server_that_refuses_the_connection(self):
        """As throngd does at --max-connections."""
        server = self.fake(greeting=b"!error busy no room\n", close=True)
        process = self.begin(server.address)
        wait_until(lambda: server.connections == 1, "the connection")
        status, out, errors = finish(process, b"a\nb\nc\n")
        self.assertEqual(status, 1)
        self.assertIn(b"requests unanswered: ", errors)
        self.assertIn(b": !error busy no room", errors)

    def test_refused_requests_are_answered_and_counted(self):
        server = self.fake(answer=lambda p: b"!error invalid not so"
                           if p == b"bad" else hello(p))
        status, out, errors = run(server.address, data=b"a\nbad\nb\nbad\n")
        self.assertEqual((status, out), (
            0, b"Hello A\n!error invalid not so\nHello B\n"
            b"!error invalid not so\n"))
        self.assertEqual(errors, ["2 of 4 requests refused: their replies "
                                  "begin with !error"])

    def test_reply_over_max_frame(self):
        for framing in ("line", "len32", "netstring"):
            with self.subTest(framing=framing):
                server = self.fake(framing, answer=lambda p: p)
                status, out, errors = run(
                    "--frame", framing, "--max-frame", "10", server.address,
                    data=b"short\n" + b"x" * 11 + b"\n" + b"y" * 10 + b"\n")
                self.assertEqual((status, out),
                                 (1, b"short\n" + b"y" * 10 + b"\n"))
                self.assertEqual(errors, [
                    "1 of 3 requests unanswered: a reply is longer than 10 "
                    "bytes (--max-frame)"])

    def test_replies_that_make_no_sense(self):
        server = self.fake("netstring", greeting=b"Hello", close=False)
        status, out, errors = run("--frame", "netstring", server.address,
                                  data=b"x\n")
        self.assertEqual((status, out), (1, b""))
        # The end of the input may not have been seen by then.
        errors = [e.replace("; the rest of the input was not read", "")
                  for e in errors]
        self.assertEqual(errors, ["1 of 1 requests unanswered: the server's "
                                  "bytes make no frame (is --frame right?)"])

    def test_no_reply_in_time(self):
        for mode in ({"mute": True}, {"answer": lambda p: None}):
            server = self.fake(**mode)
            status, out, errors = run("--timeout", "300ms", server.address,
                                      data=b"a\nb\n")
            self.assertEqual((status, out), (1, b""))
            self.assertEqual(errors, ["2 of 2 requests unanswered: no reply "
                                      "within 0.3 s"])

    def test_server_that_never_reads(self):
        server = self.fake(mute=True, cap=4096)
        status, out, errors = run("--timeout", "500ms", server.address,
                                  data=b"z" * 1000000 + b"\n" + b"w\n" * 999)
        self.assertEqual((status, out), (1, b""))
        self.assertRegex(errors[0], r"^\d+ of \d+ requests unanswered: no "
                         r"reply within 0.5 s")

    def test_connection_refused(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = "127.0.0.1:%d" % free.getsockname()[1]
            self.assertEqual(run(address, data=b"x\n"), (
                1, b"",
                ["Connection error: %s: Connection refused" % address]))
        self.assertEqual(run("unix:/nonexistent/x", "--connections", "3"), (
            1, b"", ["Connection error: unix:/nonexistent/x: No such file or "
                     "directory"]))

    def full_listener(self):
        """A port that takes no connection: its backlog is full."""
        listener = socket.socket()
        self.addCleanup(listener.close)
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
            self.addCleanup(filler.close)
        return "127.0.0.1:%d" % listener.getsockname()[1]

    def test_connect_timeout(self):
        address = self.full_listener()
        begin = time.monotonic()
        status, out, errors = run("--connect-timeout", "200ms", "--retry",
                                  "2", address, data=b"x\n")
        self.assertGreaterEqual(time.monotonic() - begin, 0.6)
        self.assertEqual((status, out, errors), (
            1, b"", ["Connection error: %s: no connection within 0.2 s" %
                     address]))

    def test_one_unreachable_server_among_others(self):
        bad, good = self.full_listener(), self.fake()
        status, out, errors = run("--connect-timeout", "200ms", bad,
                                  good.address, data=b"a\nb\n")
        self.assertEqual(status, 1)
        self.assertEqual(out, b"".join(
            b"%s: Hello %s\n" % (good.address.encode(), w)
            for w in (b"A", b"B")))
        self.assertEqual(errors, [
            "Connection error: %s: no connection within 0.2 s" % bad,
            "%s: 2 of 2 requests unanswered: no connection within 0.2 s" %
            bad])

    def test_retry_until_the_server_appears(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "s")
            process = self.begin("--retry", "500", "unix:" + path)
            # Its first attempt fails: nothing is there. See also
            # test_client_connect.c, which knows when it did.
            wait_until(lambda: len(os.listdir(
                "/proc/%d/task" % process.pid)) >= 2, "its thread")
            self.fake(path=path)
            status, out, errors = finish(process, b"x\n")
            self.assertEqual((status, out, errors),
                             (0, b"Hello X\n", b""))

    def test_several_servers_do_not_wait_for_each_other(self):
        gate = threading.Event()
        slow, fast = self.fake(release=gate), self.fake()
        self.addCleanup(gate.set)
        process = self.begin(slow.address, fast.address)
        process.stdin.write(b"a\nb\n")
        process.stdin.flush()
        name = fast.address.encode()
        self.assertEqual(process.stdout.readline(), name + b": Hello A\n")
        self.assertEqual(process.stdout.readline(), name + b": Hello B\n")
        gate.set()
        name = slow.address.encode()
        self.assertEqual(process.stdout.readline(), name + b": Hello A\n")
        status, out, errors = finish(process, b"c\n")
        self.assertEqual((status, errors), (0, b""))
        self.assertEqual(
            [line for line in out.splitlines() if line.startswith(name)],
            [name + b": Hello B", name + b": Hello C"])

    def test_one_of_several_servers_leaves(self):
        leaver, stayer = self.fake(after=1), self.fake()
        process = self.begin(leaver.address, stayer.address)
        process.stdin.write(b"a\n")
        process.stdin.flush()
        # It leaves after its reply and is missed at once.
        self.assertEqual(
            process.stderr.readline().decode(),
            "%s: the server closed the connection\n" % leaver.address)
        status, out, errors = finish(process, b"b\nc\n")
        self.assertEqual(status, 1)
        self.assertEqual(sorted(out.decode().splitlines()), sorted(
            ["%s: Hello A" % leaver.address] +
            ["%s: Hello %s" % (stayer.address, w) for w in "ABC"]))
        self.assertEqual(errors.decode(), "%s: 2 of 3 requests unanswered: "
                         "the server closed the connection\n" %
                         leaver.address)

    def test_one_of_several_connections_leaves(self):
        """What it owed is missing; the others carry the rest."""
        lock, first = threading.Lock(), []

        def answer(payload):
            with lock:
                first.append(threading.get_ident())
                if threading.get_ident() == first[0] and len(first) > 1:
                    raise ConnectionError
            return hello(payload)
        server = self.fake(answer=answer)
        process = self.begin("--connections", "3", server.address)
        out = b""
        for i in range(30):
            process.stdin.write(b"%d\n" % i)
            process.stdin.flush()
            if i % 3 or i == 0:
                out += process.stdout.readline()
        status, rest, errors = finish(process)
        got = (out + rest).split(b"\n")[:-1]
        lost = 30 - len(got)
        self.assertEqual(status, 1)
        self.assertGreaterEqual(lost, 1)
        self.assertLess(lost, 12)
        order = [int(line[6:]) for line in got]
        self.assertEqual(order, sorted(order))
        self.assertIn(b"%d of 30 requests unanswered: " % lost, errors)

    def test_unix_socket(self):
        with tempfile.TemporaryDirectory() as folder:
            server = self.fake(path=os.path.join(folder, "s"))
            self.assertEqual(run(server.address, data=b"x\n"),
                             (0, b"Hello X\n", []))

    def test_every_address_of_a_name_is_tried(self):
        server = self.fake()  # on 127.0.0.1 alone
        port = server.address.rpartition(":")[2]
        self.assertEqual(run("localhost:" + port, data=b"x\n"),
                         (0, b"Hello X\n", []))

    def test_reader_that_leaves(self):
        server = self.fake()
        server.keep = False
        for ignored, status in ((False, -signal.SIGPIPE), (True, 1)):
            with self.subTest(ignored=ignored):
                process = self.begin(server.address,
                                     restore_signals=not ignored)
                data = b"line\n" * 100000
                feeder = threading.Thread(target=self.feed_and_close,
                                          args=(process.stdin, data))
                feeder.start()
                self.assertEqual(process.stdout.readline(), b"Hello LINE\n")
                process.stdout.close()
                self.assertEqual(process.wait(DEADLINE), status)
                feeder.join()
                self.assertEqual(process.stderr.read(), b"")

    @staticmethod
    def feed_and_close(pipe, data):
        try:
            pipe.write(data)
            pipe.close()
        except BrokenPipeError:
            pass

    def test_output_that_cannot_be_written(self):
        server = self.fake()
        with open("/dev/full", "wb") as full:
            done = subprocess.run([THRONG, server.address], input=b"x\n",
                                  stdout=full, stderr=subprocess.PIPE,
                                  timeout=DEADLINE)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, b"throng: standard output: No space "
                         b"left on device\n")

    def test_input_that_cannot_be_read(self):
        server = self.fake()
        folder = os.open("/", os.O_RDONLY)
        done = subprocess.run([THRONG, server.address], stdin=folder,
                              capture_output=True, timeout=DEADLINE)
        os.close(folder)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr,
                         b"throng: standard input: Is a directory\n")

    def test_started_without_a_standard_descriptor(self):
        """Its number goes to no socket: using it fails, and is told."""
        wrong = "throng: standard %s: Bad file descriptor\n"
        for closing, status, out, errors in (
                ("<&-", 1, "", wrong % "input"),
                (">&-", 1, "", wrong % "output"),
                ("2>&-", 0, "Hello A\n", ""),
                (">&- 2>&-", 1, "", ""), ("<&- >&- 2>&-", 1, "", "")):
            server = self.fake()
            done = subprocess.run(
                ["sh", "-c", 'exec "$0" "$@" ' + closing, THRONG,
                 server.address], input=b"a\n", capture_output=True,
                timeout=DEADLINE)
            self.assertEqual((done.returncode, done.stdout.decode(),
                              done.stderr.decode()), (status, out, errors),
                             closing)

    @unittest.skipUnless(os.path.exists(THRONGD), "throngd was not built")
    def test_throngd(self):
        """The real server, in both modes and over every framing."""
        data = b"\n".join(b"line %d" % i for i in range(2000))
        expected = b"".join(b"Hello LINE %d\n" % i for i in range(2000))
        for mode in ("pool", "thread"):
            for framing in ("line", "raw", "len32", "len16", "netstring"):
                with self.subTest(mode=mode, framing=framing):
                    server = subprocess.Popen(
                        [THRONGD, "--listen", "127.0.0.1:0", "--mode", mode,
                         "--frame", framing, "--log-level", "error"],
                        stdout=subprocess.PIPE,
                        stderr=subprocess.DEVNULL)
                    address = server.stdout.readline().split()[-1].decode()
                    got = run("--frame", framing, "--connections", "3",
                              address, data=data)
                    server.terminate()
                    server.wait(DEADLINE)
                    server.stdout.close()
                    self.assertEqual(got, (0, expected, []))

    def test_wrong_command_lines(self):
        for args in ([], ["x"], ["--window", "0", "h:1"], ["--bad", "h:1"],
                     ["--frame", "morse", "h:1"], ["--timeout", "5", "h:1"],
                     ["--split", "none", "h:1"], ["--retry"]):
            with self.subTest(args=args):
                status, out, errors = run(*args)
                self.assertEqual((status, out), (2, b""))
                self.assertEqual(len(errors), 1)

    def test_help_and_version(self):
        status, out, errors = run("--help")
        self.assertEqual((status, errors), (0, []))
        for option in ("frame", "split", "connections", "connect-timeout",
                       "timeout", "retry", "window", "max-frame", "help",
                       "version"):
            self.assertIn(b"--" + option.encode(), out)
        status, out, errors = run("--version")
        self.assertRegex(out, rb"^throng \d+\.\d+\.\d+\n$")
        self.assertEqual((status, errors), (0, []))
        with open("/dev/full", "wb") as full:
            done = subprocess.run([THRONG, "--help"], stdout=full)
        self.assertEqual(done.returncode, 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
