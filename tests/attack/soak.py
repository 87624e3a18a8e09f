#!/usr/bin/env python3
"""A soak: mixed load for a while, with 1% of all allocations failing.

    THRONGD=build/throngd tests/attack/soak.py [--seconds 60] [--mode pool]

What may happen to a client when memory is short: its connection is closed, or
refused, or its request is answered `!error failed`. What may not: a wrong
byte, a reply that never comes, an end of the server, a descriptor or a thread
that stays, memory that grows without end. Prints one JSON object a mode.
"""
import sys

sys.dont_write_bytecode = True  # the source tree may be read-only

import argparse
import contextlib
import json
import os
import random
import socket
import tempfile
import time

import case as cases
import daemon
import results
import swarm

HURT = os.environ.get("HURT", "./libhurt.so")
PATIENCE = 30  # seconds until a reply counts as never
# Seconds from which on the memory may not grow in the second half of a run.
LONG = 600


class Wrong(Exception):
    """A byte that should not be there."""


class Load:
    """One kind of client, in a process of its own."""

    def __init__(self, address, seed):
        self.address = address
        self.random = random.Random(seed)
        self.count = {"requests": 0, "replies": 0, "refused": 0, "closed": 0,
                      "wrong": 0, "hung": 0, "connections": 0}
        self.client = None
        self.number = 0

    def connect(self, receive=None):
        self.client = swarm.open_one(self.address, receive=receive)
        self.client.settimeout(PATIENCE)
        self.buffer = b""
        self.count["connections"] += 1

    def request(self, size=None):
        self.number += 1
        self.count["requests"] += 1
        size = self.random.randrange(200) if size is None else size
        return b"%d.%d:%s\n" % (os.getpid(), self.number, b"s" * size)

    def expect(self, request, step=65536):
        """The reply to this request, and nothing else."""
        while b"\n" not in self.buffer:
            part = self.client.recv(step)
            if not part:
                raise ConnectionResetError
            self.buffer += part
        line, self.buffer = self.buffer.split(b"\n", 1)
        if line == request[:-1]:
            self.count["replies"] += 1
        elif line.startswith(b"!error "):
            self.count["refused"] += 1
        else:
            raise Wrong(line[:80])

    def once(self, kind):
        try:
            kind(self)
        except Wrong as wrong:
            self.count["wrong"] += 1
            self.count["why"] = repr(wrong)
            self.drop()
        except TimeoutError:
            self.count["hung"] += 1
            self.drop()
        except OSError:
            self.count["closed"] += 1
            self.drop()

    def drop(self):
        if self.client is not None:
            self.client.close()
            self.client = None


def normal(load):
    if load.client is None:
        load.connect()
    request = load.request()
    load.client.sendall(request)
    load.expect(request)
    time.sleep(0.001)


def pipelined(load):
    if load.client is None:
        load.connect()
    requests = [load.request() for _ in range(50)]
    load.client.sendall(b"".join(requests))
    for request in requests:
        load.expect(request)


def slow_sender(load):
    if load.client is None:
        load.connect()
    request = load.request(40)
    for at in range(len(request)):
        load.client.sendall(request[at:at + 1])
        time.sleep(0.002)
    load.expect(request)


def slow_reader(load):
    if load.client is None:
        load.connect(receive=4096)
    requests = [load.request(8000) for _ in range(8)]
    for request in requests:
        load.client.sendall(request)
    for request in requests:
        time.sleep(0.005)
        load.expect(request, step=2048)


def churn(load):
    load.connect()
    request = load.request()
    load.client.sendall(request)
    load.expect(request)
    load.drop()
    time.sleep(0.001)


def half_close(load):
    load.connect()
    requests = [load.request() for _ in range(load.random.randrange(20))]
    load.client.sendall(b"".join(requests))
    load.client.shutdown(socket.SHUT_WR)
    for request in requests:
        load.expect(request)
    rest = load.buffer + load.client.recv(100)
    if rest.startswith(b"!error "):  # of the connection, without a request
        load.count["refused"] += 1
    elif rest:
        raise Wrong(rest)
    load.drop()


def reset(load):
    load.connect()
    text = load.request() * 3
    load.client.sendall(text[:load.random.randrange(len(text))])
    with contextlib.suppress(BlockingIOError):
        load.client.setblocking(False)
        load.client.recv(load.random.randrange(1, 100))
    swarm.reset(load.client)
    load.client = None
    time.sleep(0.001)


KINDS = (normal, pipelined, slow_sender, slow_reader, churn, half_close,
         reset)


def begin(kind, address, end, seed, tell):
    pid = os.fork()
    if pid:
        return pid
    daemon.die_with_parent()
    load = Load(address, f"{seed} {kind.__name__}")
    try:
        while time.monotonic() < end:
            load.once(kind)
        load.drop()
        line = json.dumps({kind.__name__: load.count}) + "\n"
        os.write(tell, line.encode())
    finally:
        os._exit(0)


def slope(samples):
    """Least squares: bytes a second, and the half of the 95% interval."""
    n = len(samples)
    if n < 3:
        return 0.0, 0.0
    mean_t = sum(t for t, _ in samples) / n
    mean_m = sum(m for _, m in samples) / n
    spread = sum((t - mean_t) ** 2 for t, _ in samples)
    rise = sum((t - mean_t) * (m - mean_m) for t, m in samples) / spread
    rest = sum((m - mean_m - rise * (t - mean_t)) ** 2 for t, m in samples)
    return rise, 1.96 * (rest / (n - 2) / spread) ** 0.5


def run_loads(server, seconds, seed):
    """All kinds at once; return their counts and samples of the memory."""
    hear, tell = os.pipe()
    start = time.monotonic()
    pids = [begin(kind, server.address, start + seconds, seed, tell)
            for kind in KINDS]
    os.close(tell)
    samples = []
    while (now := time.monotonic() - start) < seconds:
        if server.process.poll() is not None:
            break
        if now > seconds / 4:  # what it keeps for later is there by then
            samples.append((now, server.rss()))
        time.sleep(seconds / 120)
    with os.fdopen(hear, encoding="utf-8") as lines:
        counts = {}
        for line in lines:
            counts.update(json.loads(line))
    for pid in pids:
        os.waitpid(pid, 0)
    return counts, samples


def judge(case, server, counts, samples, seconds):
    total = {key: sum(count[key] for count in counts.values())
             for key in ("requests", "replies", "refused", "closed", "wrong",
                         "hung", "connections")}
    rise, half = slope(samples)
    case.figure(seconds=seconds, **total,
                slope_kib_h=rise * 3600 / 1024,
                slope_half_95_kib_h=half * 3600 / 1024,
                rss_mib=server.rss() / (1 << 20))
    case.equal(server.process.poll(), None, "the server's end")
    case.equal(len(counts), len(KINDS), "clients that reported")
    case.equal((total["wrong"], total["hung"]), (0, 0),
               f"wrong replies, replies that never came ({counts})")
    case.check(total["replies"] > 10 * len(KINDS), "hardly any reply")
    grown = samples[-1][1] - samples[0][1] if samples else 0
    # In a short run the slope is that of the allocator's pools filling,
    # which a quarter, a half and the end show; a thread has its own.
    case.figure(rss_kib=", ".join(
        str(samples[at][1] >> 10) for at in (0, len(samples) // 3, -1)))
    bound = (4 if case.mode == "pool" else 16) << 20
    case.check(rise - half <= 0 or grown <= bound,
               f"memory grows: {grown >> 10} KiB from a quarter on")
    if seconds < LONG:
        return
    # In a long one they are full by half of it.
    late = samples[len(samples) // 3:]
    rise, half = slope(late)
    grown = late[-1][1] - late[0][1]
    case.figure(late_slope_kib_h=rise * 3600 / 1024,
                late_slope_half_95_kib_h=half * 3600 / 1024)
    case.check(rise - half <= 0 or grown <= 1 << 20,
               f"memory grows: {grown >> 10} KiB in the second half")


def soak(mode, seconds, seed):
    row = cases.Row("soak", None)
    case = cases.Case(row, mode, False, daemon.help_text())
    count = tempfile.NamedTemporaryFile()
    try:
        environment = dict(os.environ, LD_PRELOAD=HURT, HURT_ALLOC="10",
                           HURT_SEED=str(seed), HURT_COUNT=count.name)
        server = case.serve(env=environment, warm=None, level="error")
        time.sleep(0.1)
        server.base = case.snapshot(server)
        server.rss_base = server.rss()
        counts, samples = run_loads(server, seconds, seed)
        if server.process.poll() is None:
            judge(case, server, counts, samples, seconds)
            case.recovered(server, memory=False)
            case.equal(server.stop(), 0, "exit status")
            told = server.summary()
            case.figure(failed_allocations=int(count.read() or b"0"),
                        **{key: told[key] for key in ("failed", "log_lost")
                           if key in told})
            case.check(case.figures["failed_allocations"] > 0,
                       "no allocation failed")
        else:
            case.check(False, f"throngd ended by {server.process.poll()}: "
                       f"{server.log()[-400:]}")
    finally:
        case.close()
        count.close()
    return case


def main():
    parser = argparse.ArgumentParser(description="soak throngd")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--mode", choices=("pool", "thread"),
                        action="append")
    parser.add_argument("--seed", type=int,
                        default=random.SystemRandom().randrange(1 << 32))
    arguments = parser.parse_args()
    if not os.path.exists(HURT):
        sys.exit("there is no library to preload: make libhurt.so")
    results.run("soak")
    failed = 0
    for mode in arguments.mode or ("pool", "thread"):
        case = soak(mode, arguments.seconds, arguments.seed)
        failed += bool(case.wrong)
        verdict = "fail" if case.wrong else "pass"
        print(json.dumps({"mode": mode, "seed": arguments.seed,
                          "verdict": verdict, "why": case.wrong,
                          **case.figures}), flush=True)
        results.write("soak", "mixed load, 1% of allocations failing",
                      case.figures, mode=mode, verdict=verdict,
                      why="; ".join(case.wrong), seed=str(arguments.seed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
