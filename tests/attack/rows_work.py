"""Rows 16 to 19: the work, its fairness, and the user's handler."""
import contextlib
import os
import select
import signal
import socket
import subprocess
import time

import daemon
import swarm
import wire
from case import Row, Skip
from daemon import receive_all, wait_until

MISBEHAVE = os.environ.get("MISBEHAVE", "./misbehave")


def ask_in_turn(clients, request, reply, seconds, patience=20):
    """Each has one request out at any time; return how many each had
    answered, how long the slowest took, and how many were answered a second.
    Where one had none it goes on for `patience` seconds more at most."""
    poll = select.poll()
    state = {}
    for client in clients:
        client.sendall(request)
        poll.register(client, select.POLLIN)
        state[client.fileno()] = [client, 0, time.monotonic()]
    start, slowest = time.monotonic(), 0
    end = start + seconds
    while (now := time.monotonic()) < end or now < end + patience and \
            not all(done for _, done, _ in state.values()):
        for number, _ in poll.poll(50):
            one = state[number]
            if one[0].recv(len(reply)) != reply:
                raise AssertionError("a wrong reply")
            now = time.monotonic()
            slowest = max(slowest, now - one[2])
            one[1:] = [one[1] + 1, now]
            one[0].sendall(request)
    counts = [done for _, done, _ in state.values()]
    return counts, slowest, sum(counts) / (time.monotonic() - start)


def jain(values):
    """Jain's index of fairness: 1 when all are equal."""
    squares = sum(value * value for value in values)
    return sum(values) ** 2 / (len(values) * squares) if squares else 0.0


def fairness(case):
    """16: one client pipelines without end, the others ask one by one."""
    polite = case.size(19, 99)
    seconds = case.size(0.8, 20)
    server = case.serve("--workers", "4", handler="work", warm=b"reply 9\n")
    case.note(f"one client with 10 ms jobs without end, {polite} with one "
              "at a time, 4 workers")
    greedy = server.connect()
    greedy.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            greedy.send(b"wait 10ms\n" * 1000)
    clients = [server.connect() for _ in range(polite)]
    done, slowest, _ = ask_in_turn(clients, b"wait 10ms\n", b"ok\n", seconds,
                                   0)
    taken = 0  # by the greedy one, three bytes a job
    with contextlib.suppress(BlockingIOError):
        while part := greedy.recv(1 << 20):
            taken += len(part) // 3
    for client in [*clients, greedy]:
        swarm.reset(client)
    # Of what was done; how much that is, the machine decides.
    each = (sum(done) + taken) / (polite + 1)
    case.figure(fair=each, greedy=taken, least=min(done), most=max(done), bar=0.9,
                least_share=min(done) / each, jain=jain(done), jain_bar=0.95,
                slowest_ms=1000 * slowest)
    slow_bar = 0.03 * -(-(polite + 1) // 4)
    case.bar(min(done) >= 0.9 * each, f"one had {min(done)} of its fair share "
             f"of {each:.0f}, bar 90%")
    case.bar(slowest <= slow_bar, f"the slowest took {1000 * slowest:.0f} ms, "
             f"bar {1000 * slow_bar:.0f} ms")
    case.check(min(done) >= case.size(0.4, 0.8) * each,
               f"one had {min(done)} of {each:.0f}")
    case.check(jain(done) >= case.size(0.9, 0.95), f"Jain {jain(done):.3f}")
    case.recovered(server)


def stuck_handler(case):
    """17: one of 4 workers blocked, then all."""
    block = case.size(2.5, 8)
    options = []
    if case.has("stuck-after"):
        options = ["--stuck-after", "1s"]
    server = case.serve("--workers", "4", *options, handler="work",
                        warm=b"reply 9\n")
    case.note(f"a handler that waits for {block} s: in one of 4 workers, "
              "then in all")
    case.watch(server, wire.works)
    clients = [server.connect() for _ in range(16)]
    part = block / 4
    _, _, usual = ask_in_turn(clients, b"wait 1ms\n", b"ok\n", part)
    stuck = server.connect()
    stuck.sendall(b"wait %dms\n" % (1000 * block))
    owed(clients)
    slow, slowest, rate = ask_in_turn(clients, b"wait 1ms\n", b"ok\n", part,
                                      block / 2)
    share = rate / usual
    case.figure(goodput_share=share, bar=0.7, slowest_ms=1000 * slowest)
    case.bar(share >= 0.7, f"goodput fell to {share:.2f}, bar 0.7")
    case.check(min(slow) > 0, "a request was stranded behind it")
    owed(clients)
    case.check(not is_readable(stuck), "a request waited for it")
    case.check(receive_all(stuck, 3) == b"ok\n", "the stuck one's reply")
    for client in [*clients, stuck]:
        swarm.reset(client)
    case.unwatch()
    if case.mode == "pool":
        all_stuck(case, server, block, bool(options))
    if options:
        warnings = stuck_lines(server)
        case.figure(warnings=len(warnings))
        case.check(warnings, "the watchdog said nothing")
        told = server.counters()
        if told:
            case.check(told["stuck"] > 0, "stuck is 0")
    case.recovered(server)


def stuck_lines(server):
    return [entry for entry in server.entries() if "stuck" in entry["event"]]


def warned(server, old):
    """The threads that are in the warnings after the first `old`."""
    return {entry["thread"] for entry in stuck_lines(server)[old:]}


def owed(clients):
    """Take the reply that each still has to get."""
    for client in clients:
        receive_all(client, 3)


def is_readable(client):
    return bool(select.select([client], [], [], 0)[0])


def all_stuck(case, server, block, policy):
    old = len(stuck_lines(server))
    block += 1  # all four warned of, and the answer come, before it ends
    stuck = [server.connect() for _ in range(4)]
    for client in stuck:
        client.sendall(b"wait %dms\n" % (1000 * block))
    if policy:
        # Not those of the first half: it is the four who are in it now.
        wait_until(lambda: len(warned(server, old)) >= 4, block - 1)
        case.equal(len(warned(server, old)), 4, "workers warned of as stuck")
    with server.connect() as late:
        start = time.monotonic()
        late.sendall(b"reply 3\n")
        got = receive_all(late, 4)
        took = time.monotonic() - start
        if policy:
            got += late.recv(100) if got == b"!err" else b""
            case.figure(busy_ms=1000 * took, busy_bar_ms=100)
            case.bar(took <= 0.1, f"busy after {1000 * took:.0f} ms, bar 100")
            case.check(got.startswith(b"!error busy"),
                       f"with all stuck the answer was {got!r}")
            case.check(not is_readable(stuck[0]), "busy came too late")
        else:
            case.equal(got, b"xxx\n", "the reply after all were stuck")
            case.part("throngd has no --stuck-after")
    for client in stuck:
        case.check(receive_all(client, 3) == b"ok\n", "a stuck one's reply")
        swarm.reset(client)


def misbehaving(case, *options):
    if not os.path.exists(MISBEHAVE):
        raise Skip("no program misbehave here")
    return case.serve(*options, program=MISBEHAVE)


def crash(case):
    """18: a crash of the handler ends the process, and says so."""
    times = case.size(2, 100)
    case.note(f"{times} times SIGSEGV in a handler, with a request waiting "
              "on another connection; a new server on the same port")
    # Others' ports are of 127.0.0.1, and one might get this meanwhile.
    first = listen = "127.0.0.4:0"
    gone, told, worst = 0, 0, 0.0
    for _ in range(times):
        if not os.path.exists(MISBEHAVE):
            raise Skip("no program misbehave here")
        start = time.monotonic()
        server = case.serve(program=MISBEHAVE, listen=listen, warm=None)
        case.check(server.ask(b"well\n", 5) == b"well\n", "no reply")
        if listen != first:
            worst = max(worst, time.monotonic() - start)
        listen = "%s:%d" % server.address
        with server.connect() as other, server.connect() as evil:
            other.sendall(b"half a requ")
            evil.sendall(b"crash\n")
            gone += hears_the_end(other)
            case.equal(server.wait(), -signal.SIGSEGV, "exit status")
        log = server.log()
        told += "crash" in log or "SIGSEGV" in log or "signal" in log
    case.figure(crashes=times, others_ended=gone, crash_lines=told,
                back_s=worst, bar_s=1)
    case.bar(worst <= 1, f"back after {worst:.1f} s, bar 1 s")
    case.equal(gone, times, "connections that were not left hanging")
    if told == 0:
        case.part("throngd writes no line about a crash")
    else:
        case.equal(told, times, "lines about the crash")
    case.part("there is no supervisor that would hold the socket")


def hears_the_end(client):
    try:
        return client.recv(100) == b""
    except ConnectionResetError:
        return True


# What misbehave is asked, and what must come of it; None: the end.
ANSWERS = (
    (b"grow", (b"!error failed",)), (b"reserve", (b"!error failed", b"")),
    (b"twice", (b"!error invalid the last word",)),
    (b"none", (b"more", b"", None)), (b"fail", (b"!error failed",)),
    (b"log", (b"logged",)), (b"dirty", (b"dirty",)),
    (b"close", (b"bye",)),
)


def misbehaviour(case):
    """19: replies twice, never, too much, after the end; forks."""
    server = misbehaving(case, "--max-reply", "1M")
    rounds = case.size(2, 50)
    case.note(f"{rounds} times {len(ANSWERS) + 1} ways to misbehave")
    with case.bystander(server):
        for _ in range(rounds):
            for word, allowed in ANSWERS:
                got = answer(server, word)
                case.check(any(got == want or (want and got is not None and
                                               got.startswith(want))
                               for want in allowed), f"{word}: {got!r}")
    plain = subprocess.run(
        ["sh", "-c", "n=0; for f in /proc/self/fd/*; do n=$((n + 1)); done; "
         "exit $n"], check=False, stdin=subprocess.DEVNULL).returncode
    leaked = int(answer(server, b"fork")) - plain
    case.figure(asked=rounds * len(ANSWERS), descriptors_leaked=leaked)
    case.equal(leaked, 0, "descriptors that a child of the handler has")
    case.check(server.process.poll() is None, "the server has ended")
    case.recovered(server)


def answer(server, word):
    """The reply to a word, b"" for an empty one, None for the end; the
    request behind it must come back, too, unless the connection ends."""
    with server.connect() as client:
        client.sendall(word + b"\nafter\n")
        client.shutdown(socket.SHUT_WR)
        lines = daemon.receive_end(client).split(b"\n")[:-1]
    if word == b"close":
        return lines[0] if len(lines) == 1 else b"?"
    if not lines or lines[-1] != b"after":
        return b"? %r" % lines[:3]
    return lines[0] if len(lines) == 2 else None if len(lines) == 1 else \
        b"? %r" % lines[:3]


def overload(case):
    """20: twice and ten times what can be done, open loop."""
    case.need("queue-age", "queue-limit", "request-timeout")
    case.only("pool", "thread mode has no queue: every connection has its "
              "own thread, and --max-connections is the bound")
    clients = case.size(60, 400)
    seconds = case.size(0.5, 60)
    server = case.serve("--workers", "4", "--queue-limit", str(clients // 4),
                        "--request-timeout", "500ms", "--queue-age", "400ms",
                        handler="work", warm=b"reply 9\n")
    case.note(f"jobs of 10 ms for 4 workers (400 a second), sent at 800 and "
              f"4,000 a second over {clients} connections for {seconds} s "
              "each")
    conns = [server.connect() for _ in range(case.size(4, 8))]
    _, _, peak = ask_in_turn(conns, b"wait 10ms\n", b"ok\n", min(seconds, 10))
    for client in conns:
        swarm.reset(client)
    # What this client takes for a request that nobody lets wait, in the same
    # way at the same rate: its own share of what follows, and the machine's.
    plain = open_loop(server, clients, 4000, min(seconds, 3), b"reply 3\n",
                      "other")
    case.figure(answered_at_once_p99_ms=plain["p99_ms"])
    for times, bar in ((2, 0.9), (10, 0.8)):
        got = open_loop(server, clients, 400 * times, seconds)
        share = got["ok"] / got["seconds"] / peak
        case.figure(**{f"x{times}_sent": got["sent"], f"x{times}_ok":
                       got["ok"], f"x{times}_busy": got["busy"],
                       f"x{times}_timeout": got["timeout"],
                       f"x{times}_goodput": share, f"x{times}_bar": bar,
                       f"x{times}_busy_p99_ms": got["p99_ms"]})
        case.equal(got["ok"] + got["busy"] + got["timeout"], got["sent"],
                   f"answers at {times} times ({got['other']} others)")
        case.bar(share >= bar, f"goodput {share:.2f} at {times} times the "
                 f"capacity, bar {bar}")
        case.bar(got["p99_ms"] <= 5, f"busy within {got['p99_ms']} ms at p99 "
                 f"at {times} times the capacity, bar 5 ms, where what is "
                 f"answered at once takes {plain['p99_ms']} ms")
        case.check(share >= case.size(0.1, bar - 0.2),
                   f"goodput {share:.2f} at {times} times")
    case.recovered(server)
    case.check(server.ask(b"reply 3\n", 4) == b"xxx\n", "not back to normal")


def open_loop(server, count, rate, seconds, request=b"wait 10ms\n",
              timed="busy"):
    """Send at a rate, whatever comes back; count the kinds of answers, and
    time one kind."""
    poll = select.poll()
    clients = {}
    for _ in range(count):
        client = server.connect()
        client.setblocking(False)
        poll.register(client, select.POLLIN)
        clients[client.fileno()] = [client, b"", []]
    got = {"sent": 0, "ok": 0, "busy": 0, "timeout": 0, "other": 0}
    times, ring = [], list(clients.values())
    start = time.monotonic()

    def take(wait):
        for number, _ in poll.poll(wait):
            one = clients[number]
            part = one[0].recv(65536)
            if not part:
                poll.unregister(number)
                got["other"] += len(one[2])
                one[2] = []
                continue
            *lines, one[1] = (one[1] + part).split(b"\n")
            now = time.monotonic()
            for line in lines:
                when, alone = one[2].pop(0)
                kind = kind_of(line)
                got[kind] += 1
                # Behind an accepted one it has to wait: replies keep order.
                if kind == timed and alone:
                    times.append(now - when)

    while (now := time.monotonic()) < start + seconds:
        while got["sent"] < (now - start) * rate:
            one = ring[got["sent"] % count]
            one[2].append((now, not one[2]))
            with contextlib.suppress(OSError):
                one[0].send(request)
            got["sent"] += 1
        take(1)
    end = time.monotonic() + 30
    while any(one[2] for one in ring) and time.monotonic() < end:
        take(50)
    got["seconds"] = time.monotonic() - start
    for one in ring:
        one[0].close()
    times.sort()
    got["p99_ms"] = round(
        1000 * times[int(0.99 * (len(times) - 1))], 2) if times else 0
    return got


def kind_of(line):
    if line == b"ok":
        return "ok"
    for kind in ("busy", "timeout"):
        if line.startswith(b"!error " + kind.encode()):
            return kind
    return "other"


ROWS = [Row("16 fairness", fairness), Row("17 stuck handler", stuck_handler),
        Row("18 crash in the handler", crash),
        Row("19 misbehaving handler", misbehaviour),
        Row("20 overload", overload)]
