"""Rows 21 to 28: what the machine does to the server: a log that blocks, a
freeze, clocks, pipes, signals, ends."""
import contextlib
import fcntl
import os
import random
import select
import shutil
import signal
import subprocess
import tempfile
import time

import daemon
import swarm
import wire
from case import Row, Skip
from daemon import receive_all, wait_until
from rows_churn import HURT
from rows_wakeup import full_wakeups
from rows_work import ask_in_turn

F_SETPIPE_SZ = 1031


def rate_with(case, stderr, seconds):
    """Requests a second that a server with this log answers."""
    server = case.serve(stderr=stderr, level="debug")
    clients = [server.connect() for _ in range(8)]
    _, _, rate = ask_in_turn(clients, b"a request\n", b"a request\n", seconds)
    for client in clients:
        swarm.reset(client)
    case.recovered(server)
    return server, rate


def blocked_log(case):
    """21: nobody reads the log; the disk is full."""
    seconds = case.size(0.2, 3)
    case.note("level debug to a pipe of 4 KiB that nobody reads, and to "
              "/dev/full; 8 clients, one request at a time")
    hear, tell = os.pipe()
    fcntl.fcntl(tell, F_SETPIPE_SZ, 4096)
    usual = disk = pipe = 0
    server = None
    with open("/dev/null", "wb") as null, open("/dev/full", "wb") as full:
        for _ in range(case.size(1, 3)):
            # In turns and the best of each: the machine has other work.
            quiet, rate = rate_with(case, null, seconds)
            usual = max(usual, rate)
            quiet.stop()
            quiet, rate = rate_with(case, full, seconds)
            disk = max(disk, rate)
            quiet.stop()
            if server is not None:  # its last line is lost: nobody reads
                server.stop()
            server, rate = rate_with(case, tell, seconds)
            pipe = max(pipe, rate)
    # Its polite clients, with the pipe full all the while.
    with case.bystander(server):
        for _ in case.seconds(0.1, 8):
            server.ask(b"more to log\n", 12)
        # However slow all was: more than the ring holds.
        with server.connect() as talker:
            for _ in range(10):
                talker.sendall(b"more to log\n" * 400)
                receive_all(talker, 12 * 400)
    os.close(tell)
    case.figure(usual_per_s=int(usual), full_disk_share=disk / usual,
                full_pipe_share=pipe / usual, bar=0.95)
    # With a writer thread, nothing is lost until the ring is full, too.
    for what, got in (("full disk", disk), ("full pipe", pipe)):
        case.bar(got >= 0.95 * usual, f"with a {what} {got / usual:.2f} of "
                 "the rate, bar 0.95")
        case.check(got > case.size(0, 0.2) * usual,
                   f"with a {what} {got / usual:.2f} of the rate")
    # Room first, so that the last line is not lost, too.
    heard = bytearray()
    poll = select.poll()
    poll.register(hear, select.POLLIN)
    while poll.poll(100):
        heard += os.read(hear, 65536)
    server.process.send_signal(signal.SIGTERM)
    with os.fdopen(hear, "rb", buffering=0) as end:
        while part := end.read(65536):
            heard += part
    case.equal(server.wait(), 0, "exit status")
    lost = b'"log_lost":0' not in heard and b'"log_lost"' in heard
    case.figure(drops_counted=lost)
    case.check(lost, "no line was lost, or the loss was not counted")


def freeze(case):
    """22: stopped for longer than the deadlines, with data waiting."""
    case.need("first-frame-timeout", "frame-timeout", "idle-timeout")
    count = case.size(40, 1000)
    limit = case.size(3, 5)
    text = f"{int(limit * 1000)}ms"
    server = case.serve("--first-frame-timeout", text, "--frame-timeout",
                        text, "--idle-timeout", text)
    case.note(f"{count} clients send their data while the server is stopped "
              f"for {limit} s and more, some a moment later; deadlines "
              f"{limit} s")
    clients = [server.connect() for _ in range(count)]
    for number, client in enumerate(clients):
        if number % 3 == 0:  # idle, after a request
            client.sendall(b"first\n")
        elif number % 3 == 1:  # in the middle of one
            client.sendall(b"sec")
    for client in clients[::3]:
        receive_all(client, 6)
    wait_until(lambda: server.sockets() >= count)
    case.settle_input(server)
    server.process.send_signal(signal.SIGSTOP)
    late = []
    for number, client in enumerate(clients):
        rest = b"second\n"[3 if number % 3 == 1 else 0:]
        if number % 4 == 3:  # only when it runs again
            late.append((client, rest))
        else:
            client.sendall(rest)
    time.sleep(limit + case.size(1.2, 5))
    server.process.send_signal(signal.SIGCONT)
    time.sleep(0.1)
    for client, rest in late:
        with contextlib.suppress(OSError):
            client.sendall(rest)
    closed = 0
    for number, client in enumerate(clients):
        with contextlib.suppress(OSError):
            closed += receive_all(client, 7) != b"second\n"
        swarm.reset(client)
    case.figure(clients=count, closed=closed)
    case.equal(closed, 0, "healthy clients closed")
    case.recovered(server)


def wall_clock(case):
    """23: the wall clock jumps by a day, both ways, at every look."""
    if not os.path.exists(HURT):
        raise Skip("no preloaded library here")
    server = case.serve(env=dict(os.environ, LD_PRELOAD=HURT,
                                 HURT_CLOCK="1"), level="info")
    case.note("a day ahead and a day back in turn, 20 idle connections")
    idle = swarm.Swarm(server.address, 20)
    with case.bystander(server):
        for _ in case.seconds(0.2, 10):
            idle.look(0.05)
    case.figure(closed=len(idle.gone))
    case.equal(len(idle.gone), 0, "connections closed")
    days = {entry["time"][:10] for entry in server.entries()
            if "time" in entry}
    case.check(len(days) > 1, f"the clock did not jump: {days}")
    idle.close()
    case.recovered(server)


def lost_wakeup(case):
    """25: one request at a time, with gaps. The look at late workers would
    find a finished job 2 ms later, so a lost wakeup is seen by its counter."""
    server = case.serve()
    count = case.size(1000, 50000)
    clients = [server.connect() for _ in range(2)]
    took = []
    for number in range(count):
        text = b"%d\n" % number
        start = time.monotonic()
        clients[number % 2].sendall(text)
        case.check(receive_all(clients[number % 2], len(text)) == text,
                   "a wrong reply")
        took.append(time.monotonic() - start)
        if number % 4 == 0:
            select.select([], [], [], random.random() * 0.0002)
    for client in clients:
        swarm.reset(client)
    took.sort()
    case.note(f"{count} requests one by one over two connections, with "
              "random gaps")
    case.less("10^9 messages are what the stress programs are for")
    p999 = 1000 * took[int(0.999 * count) - 1]
    case.bar(p999 <= 1, f"p99.9 of {p999:.2f} ms, bar 1 ms")
    case.figure(requests=count, p999_ms=p999, max_ms=1000 * took[-1])
    case.recovered(server)


def harmless(server):
    """Signals that the server blocks, ignores or handles."""
    masks = 0
    with open(f"/proc/{server.pid}/status", encoding="ascii") as status:
        for line in status:
            if line.startswith(("SigBlk", "SigIgn", "SigCgt")):
                masks |= int(line.split()[1], 16)
    found = [signal.SIGCHLD, signal.SIGWINCH, signal.SIGURG, signal.SIGCONT]
    for number in (signal.SIGHUP, signal.SIGPIPE, signal.SIGUSR1):
        if masks >> (number - 1) & 1:
            # It prints a line for this one: not always.
            found += [number] if number == signal.SIGUSR1 else [number] * 50
    return found


def goodput(case, server, numbers):
    """What eight clients get done with and without the storm, which comes
    from a process of its own, with the share of an attacker."""
    clients = [server.connect() for _ in range(8)]
    seconds = case.size(0.2, 5)
    _, _, quiet = ask_in_turn(clients, b"reply 9\n", b"xxxxxxxxx\n", seconds)
    pid = os.fork()
    if pid == 0:
        daemon.die_with_parent()
        with contextlib.suppress(BaseException):
            os.nice(case.size(0, 10))
            while True:
                for number in random.choices(numbers, k=100):
                    os.kill(server.pid, number)
                time.sleep(0.001)  # 100,000 a second at most
        os._exit(0)
    try:
        for client in clients:
            receive_all(client, 10)
        done, _, stormy = ask_in_turn(clients, b"reply 9\n", b"xxxxxxxxx\n",
                                      seconds)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    for client in clients:
        swarm.reset(client)
    share = stormy / quiet
    case.figure(goodput_share=share, goodput_bar=0.9)
    case.bar(share >= 0.9, f"goodput fell to {share:.2f}, bar 0.9")
    case.check(min(done) > 0, "a client was not served amid the storm")
    case.recovered(server, memory=False)


def signal_storm(case):
    """26: signals as fast as they go, then one end; two force it."""
    server = case.serve(handler="work", warm=b"reply 9\n")
    numbers = harmless(server)
    sent = 0
    with case.bystander(server, wire.works):
        for _ in case.seconds(0.3, 10):
            for _ in range(200):
                os.kill(server.pid, random.choice(numbers))
            sent += 200
    case.recovered(server, memory=False)
    goodput(case, server, numbers)
    # One that ends it, amid the others, is one end: no second, no force.
    for number in [*random.choices(numbers, k=200), signal.SIGTERM,
                   *random.choices(numbers, k=200)]:
        os.kill(server.pid, number)
    case.equal(server.wait(), 0, "exit status")
    case.note(f"{sent} signals of "
              f"{sorted({signal.Signals(n).name for n in numbers})}")
    summaries = sum(entry["event"] == "summary"
                    for entry in server.entries())
    case.figure(signals=sent, summaries=summaries)
    case.equal(summaries, 1, "ends that the log tells of")
    second = case.serve(handler="work", warm=b"reply 9\n")
    with second.connect() as client:
        client.sendall(b"wait 20s\n")
        case.settle_input(second)
        start = time.monotonic()
        second.process.send_signal(signal.SIGTERM)
        wait_until(lambda: refuses(second))
        second.process.send_signal(signal.SIGTERM)
        case.equal(second.wait(), 1, "exit status after a second SIGTERM")
        took = time.monotonic() - start
    case.figure(forced_s=took)
    case.check(took < 15, f"the second SIGTERM took {took:.1f} s")


def refuses(server):
    try:
        server.connect().close()
    except OSError:
        return True
    return False


def shutdown(case):
    """28: ended at any moment of its start and of its work."""
    count = case.size(15, 1000)
    ends = {}
    slowest = 0.0
    for number in range(count):
        log = tempfile.TemporaryFile()
        process = subprocess.Popen(
            [daemon.THRONGD, "--listen", "127.0.0.1:0", "--mode", case.mode,
             "--drain-timeout", "5s"], stdout=subprocess.PIPE, stderr=log)
        if number % 2 == 0:
            time.sleep(random.random() * 0.01)
        else:
            line = process.stdout.readline()
            port = int(line.rsplit(b":", 1)[1])
            client = swarm.open_one(("127.0.0.1", port))
            client.send(b"some\nreq")
            time.sleep(random.random() * 0.002)
        start = time.monotonic()
        process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(daemon.DEADLINE)
        except subprocess.TimeoutExpired:
            process.kill()
            status = "hung"
        slowest = max(slowest, time.monotonic() - start)
        said = process.stdout.read()
        process.stdout.close()
        log.close()
        if number % 2:
            client.close()
        elif status == -signal.SIGTERM and not said:
            status = "before main"  # the kernel's doing, not throngd's
        ends[str(status)] = ends.get(str(status), 0) + 1
    case.note(f"{count} starts, SIGTERM within 10 ms of the start, or at "
              "work with a request in flight")
    case.figure(cycles=count, ended_by_0=ends.pop("0", 0),
                before_main=ends.pop("before main", 0), slowest_s=slowest,
                bar_s=6)
    case.bar(slowest <= 6, f"an end took {slowest:.1f} s, bar 6 s")
    case.equal(ends, {}, "other ends")
    if case.full:
        nothing_left(case)


def nothing_left(case):
    """The same under valgrind, which takes a second or two each."""
    if shutil.which("valgrind") is None or case.slow:
        case.part("no valgrind, or the build is one for it")
        return
    count = 10
    case.less(f"{count} ends under valgrind, not 1,000")
    bad = []
    for number in range(count):
        with tempfile.TemporaryFile() as log:
            process = subprocess.Popen(
                ["valgrind", "-q", "--leak-check=full", "--error-exitcode=99",
                 "--trace-children=yes", daemon.THRONGD, "--listen",
                 "127.0.0.1:0", "--mode", case.mode],
                stdout=subprocess.PIPE, stderr=log)
            line = process.stdout.readline()
            port = int(line.rsplit(b":", 1)[1])
            with swarm.open_one(("127.0.0.1", port)) as client:
                client.send(b"some\nreq")
                time.sleep(random.random() * 0.05)
                process.send_signal(signal.SIGTERM)
                if process.wait(daemon.DEADLINE) != 0:
                    log.seek(0)
                    bad.append(log.read()[-300:].decode("latin-1"))
            process.stdout.close()
    case.figure(under_valgrind=count)
    case.equal(bad, [], "ends that were not clean under valgrind")


def reload(case):
    """27: there is none yet."""
    raise Skip("there is no reload, and no handing over of listeners")


ROWS = [Row("21 blocked log", blocked_log), Row("22 freeze", freeze),
        Row("23 wall clock", wall_clock),
        Row("24 full wakeup pipe", full_wakeups),
        Row("25 lost wakeup", lost_wakeup),
        Row("26 signal storm", signal_storm), Row("27 reload", reload),
        Row("28 shutdown", shutdown)]
