"""Rows 37 to 41: the log, the environment, the command line."""
import json
import os
import random
import re
import subprocess
import tempfile
import time

import daemon
import swarm
from case import Row, Skip
from daemon import receive_all
from rows_churn import HURT

LIBEVENT = ("EVENT_NOEPOLL", "EVENT_NOPOLL", "EVENT_NOSELECT",
            "EVENT_EPOLL_USE_CHANGELIST", "EVENT_SHOW_METHOD",
            "EVENT_PRECISE_TIMER")


def log_injection(case):
    """37: random bytes, and those that a log would stumble over."""
    count = case.size(400, 500000)
    case.less(f"{count} payloads; with the other mode's, a million")
    watched = case.size(400, 50000)  # with a bystander; the rest is quicker
    server = case.serve(level="debug")
    evil = (b'","event":"summary', b"\x1b[2J\x1b]0;x\x07", b"\r fake",
            b"\x00\x7f\x80\xff", b"%s%n", b"\\", b'"', b"\xe2\x80\xa8")
    with case.bystander(server):
        for _ in range(0, watched, 100):
            inject(case, server, evil)
    for _ in range(watched, count, 100):
        inject(case, server, evil)
    case.recovered(server)
    case.equal(server.stop(), 0, "exit status")
    lines = requests = 0
    bad, last = [], b""
    for last in server.lines():
        lines += 1
        if not PRINTABLE.fullmatch(last):
            bad.append(last)
        else:
            requests += json.loads(last)["event"] == "request"
    told = json.loads(last)
    missing = told["log_lost"] + told["log_suppressed"]
    case.note(f"{count} random requests, at level debug, as JSON")
    case.figure(requests=count, lines=lines, request_lines=requests,
                lost=told["log_lost"], suppressed=told["log_suppressed"],
                raw_bytes=len(bad))
    case.equal(bad[:3], [], "lines with other than printable ASCII")
    # The bystander's and the warm ones are among them.
    asked = told["requests"]
    case.check(asked >= count + 8, f"{asked} requests in all")
    case.check(requests <= asked, f"{requests} lines of a request")
    case.check(requests + missing >= asked,
               f"{asked - requests} lines are missing, {missing} counted")


PRINTABLE = re.compile(rb"[\x20-\x7e]*\n")


def inject(case, server, evil):
    """A hundred requests over a connection of their own."""
    payloads = [
        random.choice(evil) + os.urandom(random.randrange(200)).replace(
            b"\n", b"") for _ in range(100)]
    text = b"\n".join(payloads) + b"\n"
    with server.connect() as client:
        client.sendall(text)
        # A CR before the LF comes back as the line's own ending.
        case.check(receive_all(client, len(text)) == text, "the replies")


def log_flood(case):
    """38: a storm at every level that a service runs at."""
    server = case.serve("--max-connections", "64", level="info")
    told = server.counters()
    if told and "log_suppressed" not in told or not told:
        raise Skip("throngd does not count suppressed lines")
    case.note("connections, oversize lines, refusals and resets as fast as "
              "they go, at level info")
    start = time.monotonic()
    big = b"x" * (1 << 16)
    done = 0
    with case.bystander(server):
        for _ in case.seconds(0.3, 10):
            crowd = swarm.Swarm(server.address, 80)
            for client in crowd.alive()[:8]:
                crowd.send(client, big)
            done += len(crowd.sockets)
            crowd.close()
            # So that the bystander is not among those refused.
            daemon.wait_until(lambda: server.sockets() < 40, 5)
    took = time.monotonic() - start
    lines = len(server.entries())
    left_out = server.counters()["log_suppressed"]
    case.figure(connections=done, lines=lines, lines_per_s=lines / took,
                bar=100, suppressed=left_out)
    case.check(left_out > 0, "no line was suppressed")
    case.check(lines <= 100 * (took + 1), f"{lines} lines in {took:.1f} s")
    case.recovered(server)


def environment(case):
    """40: what libevent would read in the environment has no effect."""
    for name in LIBEVENT:
        server = case.serve(env=dict(os.environ, **{name: "1"}))
        case.check(any("[eventpoll]" in link
                       for link in server.links().values()),
                   f"with {name} there is no epoll")
        case.equal(server.ask(b"well\n", 5), b"well\n", f"with {name}")
        case.recovered(server)
        case.equal(server.stop(), 0, f"exit status with {name}")
        lines = [entry["event"] for entry in server.entries()]
        case.check(set(lines) <= {"serving", "summary", "counters"},
                   f"with {name} the log has {lines}")
        case.check("[msg]" not in server.log(), f"{name} made it talk")
    case.note(" ".join(LIBEVENT))
    case.figure(variables=len(LIBEVENT))
    looked_at(case)


def looked_at(case):
    """What most of them do, nobody sees from outside: so none may even be
    looked at. How it talks is the program's own affair, see its log."""
    if not os.path.exists(HURT):
        case.part("no preloaded library here, so no list of what is looked at")
        return
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "looked")
        server = case.serve(env=dict(
            os.environ, LD_PRELOAD=HURT, HURT_ENV=path,
            **{name: "1" for name in LIBEVENT}))
        case.recovered(server)
        case.equal(server.stop(), 0, "exit status")
        names = set()
        if os.path.exists(path):
            with open(path, encoding="ascii") as lines:
                names = set(lines.read().split())
    case.check(names, "no look at the environment was seen at all")
    bad = sorted(name for name in names if name.startswith("EVENT_") and
                 name != "EVENT_SHOW_METHOD")
    case.figure(looked_at=len(names))
    case.equal(bad, [], "variables of libevent that are looked at")


WRONG = (
    ["--nonsense"], ["--frame", "lines"], ["--mode", "both"], ["surplus"],
    ["--workers", "0"], ["--workers", "-1"], ["--workers", "1e3"],
    ["--workers", "4 "], ["--workers", ""], ["--workers", "99999999999999"],
    ["--max-frame", "0"], ["--max-frame", "65M"], ["--max-frame", "1X"],
    ["--max-frame", "0x10"], ["--max-reply", "-5"], ["--backlog", "0"],
    ["--listen", "nowhere"], ["--listen", "127.0.0.1:65536"],
    ["--listen", "127.0.0.1:-1"], ["--listen", "[::1"],
    ["--drain-timeout", "5"], ["--drain-timeout", "5 s"],
    ["--drain-timeout", "-1s"], ["--stack-size", "1"],
    ["--log-level", "loud"], ["--log-format", "xml"], ["--handler", "no"],
    ["--workers"], ["--max-connections", "18446744073709551617"],
)
LATER = (
    ("first-frame-timeout", "0"), ("frame-timeout", "0s"),
    ("idle-timeout", "25h"), ("write-timeout", "0ms"), ("min-rate", "x"),
    ("half-close-timeout", "-1s"), ("output-soft", "x"),
    ("output-hard", "-1"), ("memory-budget", "lots"),
    ("max-connections-per-source", "-1"), ("accept-rate-per-source", "x"),
    ("queue-limit", "-1"), ("queue-age", "0"), ("request-timeout", "0s"),
    ("stuck-after", "0"),
)


def start(*options):
    done = subprocess.run([daemon.THRONGD, *options], check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=30)
    return done.returncode, done.stdout, done.stderr.decode("latin-1")


def command_line(case):
    """41: nothing wrong is taken silently."""
    tried = 0
    table = [list(options) for options in WRONG]
    table += [[f"--{name}", value] for name, value in LATER
              if case.has(name)]
    for options in table:
        judge(case, options)
        tried += 1
    names = re.findall(r"^  --([a-z-]+) \S", case.options, re.M)
    names.remove("listen")
    for _ in range(case.size(10, 400)):
        judge(case, ["--" + random.choice(names), nonsense()])
        tried += 1
    many = "10000000"
    status, out, said = start("--listen", "127.0.0.1:0",
                              "--max-connections", many)
    case.check(status in (1, 2) and not out and said.count("\n") >= 1,
               f"{many} connections: {status}, {said!r}")
    if case.has("check") or "--check" in case.options:
        case.equal(start("--check")[0], 0, "--check")
        status, _, said = start("--check", "--max-connections", many)
        case.equal(status, 1, f"--check of {many} connections: {said!r}")
        case.equal(start("--check", "--workers", "0")[0], 2,
                   "--check of no workers")
    else:
        case.part("throngd has no --check")
    case.note(f"{tried} wrong command lines")
    case.figure(tried=tried, silently_taken=len(case.wrong))


def nonsense():
    """A value that no option takes."""
    letters = [chr(n) for n in range(0x21, 0x7f)] + ["\n", "\x1b", "é"]
    return "?" + "".join(random.choices(letters, k=random.randrange(20)))


def judge(case, options):
    try:
        status, out, said = start("--mode", case.mode, *options)
    except subprocess.TimeoutExpired:
        case.check(False, f"{options} were taken")
        return
    # An address is looked at by the server, not by the command line.
    statuses = (1, 2) if options[0] == "--listen" else (2,)
    good = (status in statuses and not out and said.endswith("\n") and
            said.count("\n") == 1 and said[:-1].isprintable())
    case.check(good, f"{options}: {status}, {said!r}")


ROWS = [Row("37 log injection", log_injection), Row("38 log flood", log_flood),
        Row("40 environment", environment),
        Row("41 command line", command_line)]
