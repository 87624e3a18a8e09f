"""Rows 10 to 15: connections that come and go."""
import contextlib
import os
import random
import resource
import select
import shutil
import subprocess
import time

import daemon
import swarm
import wire
from case import MIB, Row, Skip
from daemon import receive_all, wait_until

HURT = os.environ.get("HURT", "./libhurt.so")


def storm(address, sources, state):
    """One connection that is reset in this state."""
    client = swarm.open_one(address, next(sources))
    try:
        if state == 1:
            client.send(b"repl")
        elif state == 2:
            client.send(b"wait 1ms\n" * 8)
        elif state == 3:
            client.send(b"wait 1ms\n")
        elif state == 4:
            client.send(b"reply 64K\n")
            client.recv(1)
        elif state == 5:
            client.send(b"reply 9\n")
            receive_all(client, 10)
    finally:
        swarm.reset(client)


def reset_storm(case):
    """10: RST in every state."""
    count = case.size(300, 100000)
    server = case.serve(handler="work", warm=b"reply 9\n")
    case.note(f"{count} connections reset: new, in the middle of a request, "
              "queued, at work, in the middle of a reply, idle")
    sources = swarm.sources()
    with case.bystander(server, wire.works):
        start = time.monotonic()
        for number in range(count):
            storm(server.address, sources, number % 6)
        took = time.monotonic() - start
    case.figure(resets=count, per_s=int(count / took),
                log_lines=len(server.entries()))
    case.check(len(server.entries()) <= 10 * (took + 2),
               f"{len(server.entries())} lines in the log")
    case.recovered(server)
    kernel_resets(case, server)


def kernel_resets(case, server):
    """All connections of the server killed by the kernel, at once."""
    if shutil.which("ss") is None:
        case.part("no ss for ss -K")
        return
    crowd = swarm.Swarm(server.address, case.size(10, 10000))
    subprocess.run(["ss", "-K", "dst", "127.0.0.1", "sport", "=",
                    str(server.address[1])], check=False,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    crowd.look(0.1)
    if crowd.gone:
        case.figure(killed=len(crowd.sockets))
        case.equal(crowd.wait_gone(10), 0, "left after ss -K")
    else:
        case.part("this kernel has no ss -K")
    crowd.close()
    case.recovered(server)


def no_descriptors(case):
    """11: accept fails for want of descriptors."""
    server = case.serve()
    count = case.size(200, 1000)
    _, hard = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
    room = server.descriptors() + 40
    case.note(f"room for {room} descriptors, {count} connections, then one "
              "is freed")
    with case.bystander(server):
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (room, hard))
        crowd = swarm.Swarm(server.address, 0)
        poll = select.poll()
        for _ in range(count):
            # At once: whoever is silent makes room for the next.
            client = crowd.add()
            client.send(b"hi\n")
            poll.register(client, select.POLLIN)
        wait_until(lambda: server.descriptors() >= room - 1)
        case.settle_input(server)
        served = {number for number, _ in poll.poll(200)}
        cpu, start = server.cpu(), time.monotonic()
        lines = len(server.entries())
        time.sleep(case.size(0.3, 5))
        spent, took = server.cpu() - cpu, time.monotonic() - start
        lines = len(server.entries()) - lines
        for number in served:
            poll.unregister(number)
        start = time.monotonic()
        swarm.reset(crowd.sockets.pop(min(served)))
        next_one = poll.poll(20000)
        waited = time.monotonic() - start
        case.check(next_one, "none was accepted after one had gone")
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (hard, hard))
        for number in (number for number, _ in next_one):
            served.add(number)
            poll.unregister(number)
        # Now all the others, who have waited in the kernel.
        end = time.monotonic() + 20
        while len(served) < count and time.monotonic() < end:
            for number, _ in poll.poll(100):
                served.add(number)
                poll.unregister(number)
    case.figure(opened=count, served=len(served), log_lines=lines,
                cpu_percent=100 * spent / took, cpu_bar=5,
                accepted_ms=1000 * waited, accepted_bar_ms=50)
    case.bar(1000 * waited <= 50,
             f"accepted after {1000 * waited:.0f} ms, bar 50 ms")
    case.equal(len(served), count, "served in the end")
    # The bystander's share is in it; a server that spins has 100.
    case.check(spent / took <= 0.6, f"CPU {100 * spent / took:.0f}%")
    case.check(lines <= took + 2, f"{lines} lines in {took:.1f} s")
    told = server.counters()
    if told:
        case.check(told["accept_paused"] > 0, "accepting never paused")
    crowd.close()
    case.recovered(server)
    none_for_a_good_one(case, server, room, hard)


def none_for_a_good_one(case, server, room, hard):
    """Silent peers have all descriptors, and more of them wait."""
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (room, hard))
    crowd = swarm.Swarm(server.address, case.size(200, 1000))
    start, served = time.monotonic(), False
    while not served and time.monotonic() < start + 20:
        with contextlib.suppress(OSError):
            served = server.ask(b"good\n", 5) == b"good\n"
    took = time.monotonic() - start
    case.figure(good_served_s=took, good_bar_s=1)
    case.check(served, "a good client was not served in 20 s")
    case.bar(took <= 1, f"a good client was served after {took:.2f} s, bar 1 s")
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (hard, hard))
    crowd.close()
    case.recovered(server)


def flooder(address, seconds, sources, tell):
    """A process that connects and resets as fast as it can."""
    pid = os.fork()
    if pid:
        return pid
    done = 0
    daemon.die_with_parent()
    with contextlib.suppress(BaseException):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                swarm.reset(swarm.open_one(address, next(sources)))
                done += 1
        os.write(tell, b"%d\n" % done)
    os._exit(0)


def flood(case):
    """12: connect and close, as fast as it goes."""
    server = case.serve()
    base = server.rss()
    seconds = case.size(0.3, 30)
    hear, tell = os.pipe()
    with case.bystander(server, fresh=True):
        pids = [flooder(server.address, seconds, swarm.sources(), tell)
                for _ in range(2)]
        for pid in pids:
            os.waitpid(pid, 0)
    os.close(tell)
    with os.fdopen(hear) as lines:
        done = sum(int(line) for line in lines)
    case.note(f"{done} connections opened and reset in {seconds} s by two "
              "processes; a good client connects anew for each request")
    if done < 20000 * seconds:
        case.less(f"{done // seconds} connections a second of 20,000, as "
                  "many as the attacker's share of the machine makes")
    case.figure(connections=done, per_s=int(done / seconds),
                rss_kib=(server.rss() - base) // 1024)
    told = server.counters()
    case.figure(**{key: told[key] for key in ("refused", "reaped",
                                              "accept_paused") if key in told})
    late = case.figures["new_attack_p99_ms"]
    case.bar(late <= 100, f"a new client was accepted and served in {late} "
             "ms at p99, bar 100 ms")
    case.check(done > 0, "no connection came about")
    case.recovered(server)
    sources_apart(case)


def served(server, source):
    """A connection from there and whether it is served; it stays open."""
    client = swarm.open_one(server.address, source)
    with contextlib.suppress(OSError):
        client.sendall(b"well\n")
        if receive_all(client, 5) == b"well\n":
            return client
    client.close()
    return None


def sources_apart(case):
    """Limits by source; given explicitly they hold for loopback, too."""
    if not case.has("max-connections-per-source"):
        case.part("throngd has no --max-connections-per-source")
        return
    server = case.serve("--max-connections-per-source", "5",
                        "--accept-rate-per-source", "1000", warm=None)
    server.base = case.snapshot(server)
    server.rss_base = server.rss()
    kept = [served(server, "127.0.2.1") for _ in range(20)]
    other = served(server, "127.0.2.2")
    case.equal(sum(client is not None for client in kept), 5,
               "connections of one source with a limit of 5")
    case.check(other is not None, "another source was refused, too")
    for client in filter(None, [*kept, other]):
        client.close()
    told = server.counters()
    if told:
        case.equal(told["refused_source"], 15, "refused_source")
    case.recovered(server)
    server = case.serve("--accept-rate-per-source", "2", warm=None)
    server.base, server.rss_base = case.snapshot(server), server.rss()
    count = 0
    for _ in range(100):
        client = served(server, "127.0.2.1")
        if client is not None:
            count += 1
            client.close()
    other = served(server, "127.0.2.2")
    case.figure(served_of_100=count)
    case.check(2 <= count < 100, f"{count} of 100 at once were served at a "
               "rate of 2 a second")
    case.check(other is not None, "another source was slowed, too")
    if other is not None:
        other.close()
    told = server.counters()
    if told:
        case.equal(told["refused_rate"], 100 - count, "refused_rate")
    case.recovered(server)
    many_sources(case)


def many_sources(case):
    """More of them than the table holds: it is full, and grows no more."""
    held, count = 65536, case.size(400, 100000)
    server = case.serve("--accept-rate-per-source", "1000", warm=None)
    server.base, server.rss_base = case.snapshot(server), server.rss()
    full = None
    for number in range(count):
        swarm.reset(swarm.open_one(
            server.address, f"127.{100 + (number >> 16)}."
            f"{number >> 8 & 255}.{number & 255}"))
        if number == held + 2000:
            full = server.rss()
    case.recovered(server)
    grown = server.rss() - server.rss_base
    case.figure(sources=count, table_kib=grown >> 10)
    # 56 bytes a source and their chains; nothing is ever freed of it. In
    # thread mode a few stacks are kept, too, and an arena of some threads.
    keeps = 0 if case.mode == "pool" else 8 * MIB
    case.memory(grown, 5 * MIB + keeps, "the table of sources took")
    if full is not None:
        case.figure(full_table_kib=(server.rss() - full) >> 10)
        case.memory(server.rss() - full, MIB + keeps, "once full it grew by")


def rapid_reset(case):
    """13: a request, a reset, and again."""
    server = case.serve(handler="work", warm=b"reply 9\n")
    rate = 5000
    before = server.counters()
    sources = swarm.sources()
    with case.bystander(server, wire.works):
        start, sent = time.monotonic(), 0
        for _ in case.seconds(0.3, 30):
            client = swarm.open_one(server.address, next(sources))
            client.send(b"wait 10ms\n")
            swarm.reset(client)
            sent += 1
            ahead = start + sent / rate - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)
        took = time.monotonic() - start
    case.note(f"{sent} requests of 10 ms, each followed by a reset, in "
              f"{took:.1f} s")
    if sent < 0.9 * rate * took:
        case.less(f"{int(sent / took)} a second of {rate}, as many as the "
                  "attacker's share of the machine makes")
    case.figure(resets=sent, per_s=int(sent / took))
    case.recovered(server)
    if before:
        wait_until(lambda: server.counters()["working"] == 0, 20)
        after = server.counters()
        case.equal(after["working"], 0, "requests at work at the end")
        # What was begun for clients that had left before the answer.
        begun = (after["requests"] - before["requests"]) - (
            after["replies"] - before["replies"])
        case.figure(dropped_gone=after["dropped_gone"], begun_for_dead=begun)
        if case.mode == "pool":
            share = begun * 0.01 / (4 * took)
            case.figure(dead_share=share, dead_bar=0.1)
            case.bar(share <= 0.1, f"{100 * share:.0f}% of the workers' time "
                     "went to clients that had left, bar 10%")


def leave(address, first, count, source):
    """That many connections that leave at random points, each with a nonce
    of its own; return how many heard something, and something wrong."""
    heard = wrong = 0
    for number in range(first, first + count):
        client = swarm.open_one(address, next(source))
        own = b"%d:%d," % (number, random.getrandbits(60))
        lines = b"".join(own + b"%d\n" % n
                         for n in range(random.randrange(1, 6)))
        with contextlib.suppress(OSError):
            client.sendall(lines[:random.randrange(1, len(lines) + 1)])
            if random.random() < 0.5:
                client.settimeout(0 if random.random() < 0.5 else 0.0005)
                got = client.recv(4096)
                heard += 1
                wrong += not lines.startswith(got)
        if random.random() < 0.5:
            swarm.reset(client)
        else:
            client.close()
    return heard, wrong


def leaver(address, first, count, tell):
    """A process that does so."""
    pid = os.fork()
    if pid:
        return pid
    daemon.die_with_parent()
    random.seed(first)
    with contextlib.suppress(BaseException):
        os.write(tell, b"%d %d\n" % leave(address, first, count,
                                          swarm.sources()))
    os._exit(0)


def in_flight(case):
    """14: gone with requests in flight; who comes next has its place."""
    watched = case.size(400, 20000)
    each = case.size(0, 240000)
    count = watched + 2 * each
    case.less(f"{count} disconnects; with the other mode's, a million")
    server = case.serve()
    with case.bystander(server):
        replies, wrong = leave(server.address, 0, watched, swarm.sources())
    if each > 0:  # as fast as it goes, which a bystander would feel
        hear, tell = os.pipe()
        pids = [leaver(server.address, watched + n * each, each, tell)
                for n in range(2)]
        for pid in pids:
            os.waitpid(pid, 0)
        os.close(tell)
        with os.fdopen(hear) as lines:
            told = [tuple(map(int, line.split())) for line in lines]
        case.equal(len(told), 2, "processes that came to their end")
        replies += sum(heard for heard, _ in told)
        wrong += sum(bad for _, bad in told)
    case.note(f"{count} connections that left at random points of 1 to 5 "
              "requests, each with a nonce of its own")
    case.figure(left=count, replies_seen=replies, crossed=wrong)
    case.equal(wrong, 0, "replies of somebody else")
    case.recovered(server)
    told = server.counters()
    if told:
        case.figure(dropped_gone=told["dropped_gone"],
                    dropped_partial=told["dropped_partial"])
        case.equal(told["received"], sum(told[key] for key in (
            "replies", "silent", "dropped_gone", "dropped_closing",
            "dropped_stopping", "working")), "requests accounted for")


def no_epoll(case):
    """15: a machine without epoll."""
    if not os.path.exists(HURT):
        raise Skip("no preloaded library here")
    done = subprocess.run(
        [daemon.THRONGD, "--listen", "127.0.0.1:0", "--mode", case.mode],
        env=dict(os.environ, LD_PRELOAD=HURT, HURT_EPOLL="1"), check=False,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30)
    case.note("epoll_create1 fails with ENOSYS")
    said = done.stderr.decode()
    case.figure(status=done.returncode, lines=len(said.splitlines()))
    case.equal(done.returncode, 1, f"exit status ({said!r})")
    case.equal(done.stdout, b"", "said to listen")
    case.check("epoll" in said or "no-scalable-event-method" in said,
               f"nothing about it in {said!r}")


ROWS = [Row("10 reset storm", reset_storm),
        Row("11 no descriptors", no_descriptors), Row("12 flood", flood),
        Row("13 rapid reset", rapid_reset),
        Row("14 disconnects in flight", in_flight),
        Row("15 no epoll", no_epoll)]
