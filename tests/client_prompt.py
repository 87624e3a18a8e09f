#!/usr/bin/env python3
"""The client on a terminal, driven through a pseudo-terminal: what stands on
the screen, and how it ends.

Run by `make check`, or by hand: THRONG=build/throng tests/client_prompt.py
"""
import fcntl
import os
import pty
import re
import select
import signal
import socket
import struct
import sys
import termios
import threading
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from client_fake import Fake, wait_until  # noqa: E402

THRONG = os.environ.get("THRONG", "./throng")
DEADLINE = 60  # seconds; far more than anything takes
UP, DOWN, LEFT, CTRL_C, CTRL_D = b"\x1b[A", b"\x1b[B", b"\x1b[D", b"\3", b"\4"


class Screen:
    """As much of a terminal as libedit and the client use: rows of text."""

    def __init__(self, columns):
        self.columns, self.rows = columns, [[]]
        self.row = self.column = 0
        self.pending = ""

    def put(self, character):
        if self.column == self.columns:
            self.move_down()
            self.column = 0
        row = self.rows[self.row]
        row += " " * (self.column + 1 - len(row))
        row[self.column] = character
        self.column += 1

    def move_down(self):
        self.row += 1
        if self.row == len(self.rows):
            self.rows.append([])

    def control(self, final, n, number):
        row = self.rows[self.row]
        if final == "A":
            self.row = max(0, self.row - number)
        elif final == "B":
            self.row = min(len(self.rows) - 1, self.row + number)
        elif final == "C":
            self.column = min(self.columns - 1, self.column + number)
        elif final == "D":
            self.column = max(0, self.column - number)
        elif final == "G":
            self.column = number - 1
        elif final == "K" and n == 0:
            del row[self.column:]
        elif final == "J" and n == 0:
            del row[self.column:]
            del self.rows[self.row + 1:]
        elif final == "P":
            del row[self.column:self.column + number]
        elif final == "@":
            row[self.column:self.column] = " " * number
        elif final not in "mhl":
            raise AssertionError("an unknown control sequence: " + final)

    def feed(self, text):
        text = self.pending + text
        at = 0
        while at < len(text):
            if text[at] == "\x1b":
                match = re.compile(r"\x1b\[\??([\d;]*)([@-~])|\x1b[=>]|"
                                   r"\x1b[()].").match(text, at)
                if not match:
                    break  # the rest of it is still to come
                if match[2]:
                    n = int(match[1].split(";")[0] or 0)
                    self.control(match[2], n, n or 1)
                at = match.end()
                continue
            if text[at] == "\n":
                self.move_down()
            elif text[at] == "\r":
                self.column = 0
            elif text[at] == "\b":
                self.column -= 1
            elif text[at] not in "\a\0":  # vt100 pads with NUL
                self.put(text[at])
            at += 1
        self.pending = text[at:]

    def lines(self):
        lines = ["".join(row).rstrip() for row in self.rows]
        while lines and not lines[-1]:
            lines.pop()
        return lines


class Terminal:
    """The client on a pseudo-terminal."""

    def __init__(self, *args, columns=80, term="vt100", redirect=None,
                 locale="C.UTF-8"):
        self.screen = Screen(columns)
        self.raw = b""
        self.status = None
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            try:
                for name in "LANG", "LC_ALL", "LC_CTYPE":
                    os.environ.pop(name, None)
                if locale is not None:
                    os.environ["LC_ALL"] = locale
                os.environ.update(TERM=term, HOME="/nonexistent")
                fcntl.ioctl(0, termios.TIOCSWINSZ,
                            struct.pack("HHHH", 24, columns, 0, 0))
                if redirect is not None:
                    os.dup2(redirect, 2)
                # Whoever runs the tests behind a shell's `&` ignores it.
                signal.signal(signal.SIGINT, signal.SIG_DFL)
                os.execv(THRONG, ["throng", *args])
            finally:
                os._exit(127)

    def take(self, seconds):
        """Read what there is; False at the end."""
        if not select.select([self.master], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.master, 4096)
        except OSError:  # EIO: the other side is closed
            return False
        self.raw += data
        # A character cut in two does not happen to short ASCII texts; the
        # others are looked for in `raw`.
        self.screen.feed(data.decode(errors="replace"))
        return bool(data)

    def until(self, condition, what):
        end = time.monotonic() + DEADLINE
        while not condition():
            if not self.take(0.05) and not condition():
                raise AssertionError("it ended without %s:\n%s" % (
                    what, "\n".join(self.screen.lines())))
            if time.monotonic() > end:
                raise AssertionError("waited in vain for %s:\n%s\n%r" % (
                    what, "\n".join(self.screen.lines()), self.raw[-300:]))

    def shows(self, *lines):
        """Wait until these are the last lines on the screen."""
        self.until(lambda: self.screen.lines()[-len(lines):] == list(lines),
                   "the last lines %r" % (lines,))

    def type(self, data):
        os.write(self.master, data)

    def end(self):
        """Wait for the end; return the status, negative for a signal."""
        limit = time.monotonic() + DEADLINE
        while self.status is None:
            self.take(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
            if time.monotonic() > limit:
                raise AssertionError("waited in vain for its end:\n" +
                                     "\n".join(self.screen.lines()))
        while self.take(0):
            if not select.select([self.master], [], [], 0)[0]:
                break
        return self.status

    def close(self):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.master)


class Prompt(unittest.TestCase):
    def fake(self, *args, **more):
        server = Fake(*args, **more)
        self.addCleanup(server.stop)
        return server

    def open(self, *args, **more):
        terminal = Terminal(*args, **more)
        self.addCleanup(terminal.close)
        return terminal

    def test_a_conversation(self):
        server = self.fake()
        t = self.open(server.address)
        t.shows("Please enter 'quit' to exit", " ->")
        self.assertTrue(t.raw.endswith(b" -> "), t.raw)
        t.type(b"zack\r")
        t.shows(" -> zack", "Hello ZACK", " ->")
        t.type(b"\r")
        t.shows(" ->", "Hello", " ->")
        t.type("héllo\r".encode())
        t.until(lambda: "Hello HéLLO".encode() in t.raw, "UTF-8 unharmed")
        t.type(b"quit\r")
        self.assertEqual(t.end(), 0)
        self.assertEqual(t.screen.lines()[-1], " -> quit")
        self.assertEqual(server.requests, [b"zack", b"", "héllo".encode()])

    def test_without_a_locale(self):
        """What is typed is sent as it is: terminals speak UTF-8 anyhow."""
        for locale in None, "C", "POSIX", "xx_XX.UTF-8":
            server = self.fake(answer=lambda p: b"ok")
            t = self.open(server.address, locale=locale)
            t.shows(" ->")
            text = "grüß é €".encode()
            t.type(text + b"\r")
            t.until(lambda: "ok" in t.screen.lines(), "the reply")
            self.assertEqual(server.requests, [text], locale)
            t.type(b"\xff\r")
            t.until(lambda: b"\a" in t.raw, "the bell")
            wait_until(lambda: len(server.requests) == 2, "a line")
            self.assertEqual(server.requests[1], b"", locale)
            t.type(b"quit\r")
            self.assertEqual(t.end(), 0)

    def test_end_of_file(self):
        t = self.open(self.fake().address)
        t.shows(" ->")
        t.type(b"one\r")
        t.shows(" -> one", "Hello ONE", " ->")
        t.type(CTRL_D)
        self.assertEqual(t.end(), 0)
        self.assertTrue(t.raw.endswith(b"\n"), t.raw[-20:])

    def test_line_editing_and_history(self):
        server = self.fake()
        t = self.open(server.address)
        t.shows(" ->")
        t.type(b"first\r")
        t.shows("Hello FIRST", " ->")
        t.type(b"secnd" + LEFT * 2 + b"o\r")
        t.shows(" -> second", "Hello SECOND", " ->")
        t.type(UP + UP)
        t.shows(" -> first")
        t.type(DOWN)
        t.shows(" -> second")
        t.type(b"s\r")
        t.shows("Hello SECONDS", " ->")
        t.type(b"\x12fir")  # search backwards
        t.until(lambda: "first" in t.screen.lines()[-1] or
                "first" in t.screen.lines()[-2], "the line found")
        t.type(b"\r")
        t.shows("Hello FIRST", " ->")
        self.assertEqual(server.requests,
                         [b"first", b"second", b"seconds", b"first"])
        t.type(b"quit\r")
        self.assertEqual(t.end(), 0)

    def test_two_servers_and_their_names(self):
        one, two = self.fake(), self.fake()
        t = self.open(one.address, two.address)
        t.shows("Please enter 'quit' to exit", " ->")
        t.type(b"x\r")
        t.until(lambda: t.screen.lines()[-1] == " ->" and
                sorted(t.screen.lines()[-3:-1]) == sorted(
                    a + ": Hello X" for a in (one.address, two.address)),
                "both replies")
        t.type(b"quit\r")
        self.assertEqual(t.end(), 0)

    def test_reply_while_typing(self):
        """It appears above the prompt, and what was typed stays."""
        gate = threading.Event()
        self.addCleanup(gate.set)
        slow, fast = self.fake(release=gate), self.fake()
        t = self.open(slow.address, fast.address, columns=40)
        t.shows(" ->")
        t.type(b"a\r")
        t.shows(" -> a", fast.address + ": Hello A", " ->")
        # More than a row, the cursor within it.
        t.type(b"0123456789" * 7 + LEFT * 3)
        rows = (" -> " + "0123456789" * 7)
        rows = [rows[:40], rows[40:]]
        t.shows(fast.address + ": Hello A", *rows)
        gate.set()
        t.shows(fast.address + ": Hello A", slow.address + ": Hello A", *rows)
        t.type(b"X\r")
        text = b"0123456789" * 6 + b"0123456X789"
        wait_until(lambda: text in slow.requests, "the line")
        t.type(b"quit\r")
        self.assertEqual(t.end(), 0)

    def test_server_that_leaves(self):
        leaver, stayer = self.fake(after=1), self.fake()
        t = self.open(leaver.address, stayer.address)
        t.shows(" ->")
        t.type(b"a\r")
        t.until(lambda: leaver.address + ": the server closed the connection"
                in t.screen.lines() and t.screen.lines()[-1] == " ->",
                "the notice")
        t.type(b"b\r")
        t.shows(stayer.address + ": Hello B", " ->")
        stayer.stop()
        t.shows(stayer.address + ": the server closed the connection")
        self.assertEqual(t.end(), 1)

    def test_no_reply_in_time(self):
        server, other = self.fake(mute=True), self.fake()
        t = self.open("--timeout", "2s", server.address, other.address)
        t.shows(" ->")
        t.type(b"a\r")
        t.shows(other.address + ": Hello A",
                server.address + ": no reply within 2 s", " ->")
        t.type(b"quit\r")
        self.assertEqual(t.end(), 1)

    def test_reply_that_is_too_long(self):
        """It is told at once, the next ones are shown, and the status says
        that there was no reply."""
        server = self.fake(answer=lambda p: b"x" * 1025 if p == b"long" else
                           b"Hello")
        for framing in "line", "len32":
            server.framing = framing
            t = self.open("--frame", framing, "--max-frame", "1K",
                          server.address, columns=120)
            t.shows(" ->")
            t.type(b"long\r")
            t.shows(" -> long", server.address + ": no reply: a reply is "
                    "longer than 1024 bytes (--max-frame)", " ->")
            t.type(b"a\r")
            t.shows(" -> a", "Hello", " ->")
            t.type(b"quit\r")
            self.assertEqual(t.end(), 1)

    def test_connection_error(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            bad = "127.0.0.1:%d" % free.getsockname()[1]
            t = self.open(bad)
            self.assertEqual(t.end(), 1)
            error = "Connection error: %s: Connection refused" % bad
            self.assertEqual(t.screen.lines(), [error])
            good = self.fake()
            t = self.open(bad, good.address)
            t.until(lambda: error in t.screen.lines(), "the error")
            t.shows(" ->")
            t.type(b"a\r")
            t.shows(good.address + ": Hello A", " ->")
            t.type(b"quit\r")
            self.assertEqual(t.end(), 1)

    def test_notices_go_to_standard_error(self):
        read, write = os.pipe()
        t = self.open(self.fake(after=1).address, redirect=write)
        os.close(write)
        t.shows(" ->")
        t.type(b"a\r")
        self.assertEqual(t.end(), 1)
        with os.fdopen(read, "rb") as errors:
            self.assertRegex(errors.read(), b": the server closed the "
                             b"connection\n$")
        self.assertNotIn(b"closed", t.raw)

    def test_control_bytes_are_shown_not_obeyed(self):
        server = self.fake(answer=lambda p: b"\x1b[2Jred\x07\x7f \xff\xc2\x9b"
                           b"31m\r\nh\xc3\xa9\ttab")
        t = self.open(server.address)
        t.shows(" ->")
        t.type(b"x\r")
        t.until(lambda: b"tab" in t.raw, "the reply")
        self.assertIn(b"\\x1b[2Jred\\x07\\x7f \\xff\\xc2\\x9b31m\r\n", t.raw)
        self.assertIn(b"h\xc3\xa9\ttab", t.raw)

    def test_raw_framing_shows_what_comes(self):
        server = self.fake("raw", greeting=b"welcome\n")
        t = self.open("--frame", "raw", server.address)
        t.until(lambda: "welcome" in t.screen.lines(), "the greeting")
        t.shows(" ->")
        t.type(b"\ra\rb\r")
        t.until(lambda: [x for x in t.screen.lines() if "Hello" in x] ==
                ["Hello A", "Hello B"], "two replies")
        self.assertEqual(server.requests, [b"a", b"b"])
        t.type(b"quit\r")
        self.assertEqual(t.end(), 0)

    def test_lines_typed_ahead_of_a_slow_server(self):
        gate = threading.Event()
        self.addCleanup(gate.set)
        server = self.fake(release=gate)
        t = self.open("--window", "1", server.address)
        t.shows(" ->")
        # Each waits a moment for its reply; none for longer.
        for i in range(5):
            t.type(b"%d\r" % i)
            t.shows(" -> %d" % i, " ->")
        gate.set()
        t.shows(*["Hello %d" % i for i in range(5)], " ->")

    def test_interrupt_gives_the_terminal_back(self):
        t = self.open(self.fake().address)
        # Of a new one: this one's may have been changed by now.
        fresh = pty.openpty()
        before = termios.tcgetattr(fresh[0])
        for descriptor in fresh:
            os.close(descriptor)
        t.shows(" ->")
        self.assertFalse(termios.tcgetattr(t.master)[3] & termios.ICANON)
        t.type(b"half a li" + CTRL_C)
        self.assertEqual(t.end(), -signal.SIGINT)
        self.assertTrue(termios.tcgetattr(t.master)[3] & termios.ICANON)
        self.assertEqual(termios.tcgetattr(t.master)[:4], before[:4])

    def test_interrupt_while_a_reply_is_awaited(self):
        t = self.open(self.fake(mute=True).address)
        t.shows(" ->")
        t.type(b"a\r" + CTRL_C)
        self.assertEqual(t.end(), -signal.SIGINT)
        self.assertTrue(termios.tcgetattr(t.master)[3] & termios.ICANON)

    def test_stop_and_go_on(self):
        t = self.open(self.fake().address)
        t.shows(" ->")
        t.type(b"half")
        t.shows(" -> half")
        # A session leader cannot be stopped from its terminal, and does not
        # mind.
        t.type(b"\x1a")
        for _ in range(2):
            os.kill(t.pid, signal.SIGSTOP)
            wait_until(lambda: os.waitpid(
                t.pid, os.WNOHANG | os.WUNTRACED)[0], "the stop")
            # What a shell does with the terminal of a job that it stopped.
            mode = termios.tcgetattr(t.master)
            mode[3] |= termios.ICANON | termios.ECHO
            termios.tcsetattr(t.master, termios.TCSANOW, mode)
            os.kill(t.pid, signal.SIGCONT)
            t.until(lambda: not termios.tcgetattr(t.master)[3] &
                    termios.ICANON, "the terminal")
        t.type(b"way\r")
        t.until(lambda: "Hello HALFWAY" in t.screen.lines(), "the reply")
        t.type(b"quit\r")
        self.assertEqual(t.end(), 0)

    def test_another_window_size(self):
        t = self.open(self.fake().address, columns=80)
        t.shows(" ->")
        text = "0123456789" * 5
        t.type(text.encode())
        t.shows(" -> " + text)
        t.screen.columns = 40
        del t.screen.rows[t.screen.row][40:]
        t.screen.rows.append(list(text[36:]))
        t.screen.row, t.screen.column = t.screen.row + 1, 14
        fcntl.ioctl(t.master, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 24, 40, 0, 0))
        begin = len(t.raw)
        t.until(lambda: len(t.raw) > begin, "the prompt again")
        t.shows("Please enter 'quit' to exit", " -> " + text[:36], text[36:])
        t.type(b"\r")
        t.shows("Hello " + text[:34], text[34:], " ->")

    def test_dumb_terminal(self):
        t = self.open(self.fake().address, term="dumb")
        t.until(lambda: b" -> " in t.raw, "the prompt")
        t.type(b"a\r")
        t.until(lambda: b"Hello A\r\n" in t.raw, "the reply")
        t.type(b"quit\r")
        self.assertEqual(t.end(), 0)
        self.assertNotIn(b"\x1b", t.raw)

    def test_quit_while_a_connection_is_under_way(self):
        listener = socket.socket()
        self.addCleanup(listener.close)
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
            self.addCleanup(filler.close)
        blackhole = "127.0.0.1:%d" % listener.getsockname()[1]
        t = self.open("--connect-timeout", "1000s", blackhole,
                      self.fake().address)
        t.shows("Please enter 'quit' to exit", " ->")
        t.type(b"quit\r")
        self.assertEqual(t.end(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
