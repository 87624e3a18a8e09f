"""Rows 1 to 9: clients that are slow, silent or greedy."""
import contextlib
import os
import random
import select
import socket
import struct
import time

import bystander
import swarm
import wire
from case import Row
from daemon import receive_all, receive_end, wait_until

KIB = 1024


def drip(case, crowd, seconds, byte=b"x"):
    """A byte to everyone twice in a `seconds`, until all are closed or four
    times as long has gone; return the processor time that it cost."""
    end = time.monotonic() + 4 * seconds + 10
    while crowd.alive() and time.monotonic() < end:
        turn = time.monotonic() + seconds * 0.4
        for number, client in enumerate(crowd.alive()):
            crowd.send(client, byte)
            if number % 500 == 0:
                crowd.look(0)
        while crowd.alive() and time.monotonic() < turn:
            crowd.look(turn - time.monotonic())


def slow_frame(case):
    """1: half never complete a first request, half their second."""
    case.need("first-frame-timeout", "frame-timeout")
    limit = case.size(1, 10)
    each = case.size(20, 5000 if case.mode == "pool" else 1000)
    server = case.serve("--first-frame-timeout", f"{int(limit * 1000)}ms",
                        "--frame-timeout", f"{int(limit * 1000)}ms")
    case.note(f"{each} newcomers and {each} old clients, a byte each every "
              f"{limit * 0.4:g} s; deadlines {limit:g} s")
    if case.mode == "thread":
        case.less("2,000 clients of 10,000: each has a thread")
    with case.bystander(server):
        before = server.rss()
        old = swarm.Swarm(server.address, each)
        for client in old.alive():
            client.send(b"hello\n")
        for client in old.alive():
            client.setblocking(True)
            case.equal(receive_all(client, 6), b"hello\n", "the first reply")
            client.setblocking(False)
        now = time.monotonic()
        old.opened = {number: now for number in old.opened}
        new = swarm.Swarm(server.address, each)
        # One poll for both.
        for number, client in old.sockets.items():
            new.sockets[number] = client
            new.opened[number] = old.opened[number]
            new.poll.register(number, swarm.GONE)
        cpu, start = server.cpu(), time.monotonic()
        for client in new.alive():
            new.send(client, b"x")
        grown = server.rss() - before
        drip(case, new, limit)
        spent = server.cpu() - cpu
        took = time.monotonic() - start
    lives = new.lives()
    case.figure(opened=2 * each, closed=len(lives),
                bytes_each=grown // (2 * each),
                cpu_percent=100 * spent / max(took, 0.1))
    case.equal(len(lives), 2 * each, "closed")
    if lives:
        case.figure(first_s=lives[0], last_s=lives[-1], bar_s=limit + 0.5)
        # From when it was here, which may be later than it was there.
        least = limit * case.size(0.5, 0.9)
        case.check(lives[0] >= least, f"one closed at {lives[0]:.2f} s")
        case.check(lives[-1] <= 2 * limit + 5,
                   f"one closed at {lives[-1]:.2f} s only")
        case.bar(lives[-1] <= limit + 0.5,
                 f"the last was closed at {lives[-1]:.2f} s, bar "
                 f"{limit + 0.5} s")
    case.bar(spent / took <= 0.05, f"CPU {100 * spent / took:.1f}%, bar 5%")
    told = server.counters()
    if told:
        case.equal((told["timeout_first"], told["timeout_frame"]),
                   (each, each), "timeout_first, timeout_frame")
    case.bar(grown / (2 * each) <= 2560,
             f"{grown // (2 * each)} bytes each, bar 2,560")
    if case.mode == "pool":
        case.memory(grown, max(2 * each * 5120, 2 << 20))
    new.close()
    case.recovered(server)


def zero_window(case):
    """2: asks for very much and reads nothing."""
    case.need("write-timeout", "output-hard")
    limit = case.size(0.5, 10)
    count = case.size(4, 1000)
    # More than the kernel may take of them, up to 4 MiB each.
    asked = case.size(2500, 10000)
    server = case.serve("--write-timeout", f"{int(limit * 1000)}ms",
                        handler="work")
    case.note(f"{count} clients, {asked} requests of 4 KiB replies each, "
              f"receive buffer 4 KiB, none read; write timeout {limit:g} s")
    requests = b"reply 4096\n" * asked
    with case.bystander(server, wire.works):
        before = server.rss()
        crowd = swarm.Swarm(server.address, count, receive=4096)
        sent = dict.fromkeys(crowd.sockets, 0)
        end = time.monotonic() + limit / 2
        peak = 0
        while time.monotonic() < end:
            for number, client in list(crowd.sockets.items()):
                if number not in crowd.gone:
                    fits = crowd.send(
                        client, requests[sent[number]:sent[number] + 65536])
                    sent[number] += max(fits, 0)
            peak = max(peak, server.rss() - before)
            crowd.look(0.05)
        cpu, start = server.cpu(), time.monotonic()
        left = crowd.wait_gone(limit + 20)
        spent, took = server.cpu() - cpu, time.monotonic() - start
        last = max(crowd.gone.values(), default=start)
        peak = max(peak, server.rss() - before)
    case.equal(left, 0, "not closed")
    case.figure(opened=count, closed=count - left, requests=count * asked,
                rss_kib=peak // KIB, rss_bar_kib=count * 320,
                bytes_each=peak // count, last_s=last - start, bar_s=limit + 1,
                cpu_percent=100 * spent / max(took, 0.1))
    case.bar(last - start <= limit + 1,
             f"the last was closed after {last - start:.2f} s, bar "
             f"{limit + 1} s")
    case.bar(spent / max(took, 0.1) <= 0.01,
             f"CPU {100 * spent / max(took, 0.1):.1f}%, bar 1%")
    case.bar(peak <= count * 320 * KIB,
             f"memory grew by {peak // count // KIB} KiB each, bar 320")
    # The hard cap and one job's replies; and what the workers keep.
    case.memory(peak, count * 1280 * KIB + (24 << 20))
    told = server.counters()
    if told:
        case.equal(told["timeout_write"] + told["output_hard"], count,
                   "timeout_write and output_hard")
    crowd.close()
    case.recovered(server, memory=False)


def oversize(case):
    """3: lengths at the limit, above it, and absurd ones."""
    top = 1 << 16
    server = case.serve("--max-frame", "64K", frame="len32", warm=wire.len32(b"w"))
    tries = case.size(100, 25000)
    absurd = ((1 << 31) - 1, 1 << 31, (1 << 32) - 1)
    case.note(f"{tries} lengths each of {[top + 1, *absurd]}, and "
              f"{top - 1} and {top} with all their bytes")
    for size in (top - 1, top):
        whole = wire.len32(os.urandom(size))
        case.check(server.ask(whole, len(whole)) == whole,
                   f"{size} bytes did not come back")
    case.settle(server)
    memory, told = server.rss(), 0
    speak = wire.framed(bystander.talker(case.mode), "len32")
    with case.bystander(server, speak):
        for number in range(tries):
            for size in (top + 1, *absurd):
                told += refused(server, struct.pack(">I", size))
    grown = server.rss() - memory
    case.figure(tries=4 * tries, told=told, rss_kib=grown // KIB,
                rss_bar_kib=64)
    case.bar(grown <= 64 * KIB, f"memory grew by {grown // KIB} KiB, bar 64")
    case.check(told >= 0.999 * 4 * tries, f"{told} of {4 * tries} were told")
    counters = server.counters()
    if counters:
        case.equal(counters["oversize"], 4 * tries, "oversize")
    case.recovered(server)


def refused(server, header):
    """Whether the server answers this header by the error frame."""
    client = swarm.open_one(server.address)
    try:
        client.sendall(header)
        head = receive_all(client, 4)
        if len(head) < 4:
            return 0
        text = receive_all(client, struct.unpack(">I", head)[0])
        return int(text.startswith(b"!error oversize"))
    except OSError:
        return 0
    finally:
        swarm.reset(client)


def declared(case):
    """4: the largest length is declared, and a byte is sent."""
    count = case.size(100, 10000 if case.mode == "pool" else 2000)
    server = case.serve("--max-connections", str(count + 50),
                        "--frame-timeout", "60s", frame="len32",
                        warm=wire.len32(b"w"))
    case.note(f"{count} clients declare 1 MiB and send a byte, "
              f"{count // 10} declare 2^32-1")
    if case.mode == "thread":
        case.less("2,000 clients of 10,000: each has a thread")
    speak = wire.framed(bystander.talker(case.mode), "len32")
    with case.bystander(server, speak):
        before = server.rss()
        crowd = swarm.Swarm(server.address, count)
        for client in crowd.alive():
            client.send(struct.pack(">I", 1 << 20) + b"x")
        wait_until(lambda: server.sockets() >= count)
        case.settle_input(server)
        grown = server.rss() - before
        told = sum(refused(server, b"\xff" * 4) for _ in range(count // 10))
        crowd.look(0)
        case.equal(len(crowd.gone), 0, "closed for declaring")
    case.figure(opened=count, rss_kib=grown // KIB, told=told,
                bytes_each=grown // count, bar_bytes=4096)
    case.equal(told, count // 10, "told of an absurd length")
    case.bar(grown <= count * 4096, f"{grown // count} bytes each, bar 4,096")
    bar = 4096 if case.mode == "pool" else 65536  # a thread and its stack
    case.memory(grown, max(count * bar, 2 << 20))
    crowd.close()
    case.recovered(server)


def splits(case):
    """5: every frame cut at every place, merged, a byte at a time."""
    tried = 0
    for frame, put in wire.FRAMES.items():
        server = case.serve(frame=frame, warm=put(b"w"))
        watched = frame == "line"  # one is as good as four, and quicker
        if watched:
            case.watch(server)
        corpus = [put(os.urandom(size).replace(b"\n", b"n").replace(
            b"\r", b"r")) for size in case.size((0, 1, 9, 40),
                                                (0, 1, 2, 9, 10, 99, 130))]
        stream = b"".join(corpus)
        with server.connect() as client:
            cuts = [(cut,) for cut in range(len(stream) + 1)]
            if case.full:
                cuts += [tuple(sorted(random.sample(range(len(stream)), 2)))
                         for _ in range(20000 if watched else 160000)]
            cuts += [tuple(range(len(stream)))]
            for cut in cuts:
                if not case.check(comes_back(client, stream, cut),
                                  f"{frame} cut at {cut[:3]}"):
                    break
                tried += 1
        case.unwatch()
        case.recovered(server)
    case.note(f"{tried} ways to cut a stream of frames, in four framings")
    case.less(f"{tried} ways; with the other mode's, a million")
    case.figure(ways=tried)


def comes_back(client, stream, cut):
    """A stream of echoed frames, sent in these pieces."""
    at = 0
    for end in cut + (len(stream),):
        client.send(stream[at:end])
        at = end
    return receive_all(client, len(stream)) == stream


def tiny_frames(case):
    """6: very many frames of a byte in one breath."""
    count = case.size(20000, 1000000)
    server = case.serve(frame="len32", warm=wire.len32(b"w"))
    cycle = b"".join(wire.len32(bytes([n])) for n in range(251))
    stream = memoryview(cycle * (count // 251 + 1))[:count * 5]
    case.note(f"{count} frames of 5 bytes from one client in writes of 64 "
              "KiB")
    speak = wire.framed(bystander.talker(case.mode), "len32")
    with case.bystander(server, speak):
        client = server.connect()
        start, got, wrong = time.monotonic(), 0, 0
        most, looks = 0, 0
        for reply in pumped(client, stream):
            wrong += stream[got:got + len(reply)] != reply
            got += len(reply)
            if got >= looks * len(stream) // 6:
                looks += 1
                most = max(most, in_flight(server))
        took = time.monotonic() - start
        client.close()
    case.figure(frames=count, answered=got // 5, per_s=int(got / 5 / took),
                most_in_flight=most, looks=looks)
    case.check(0 < looks and most <= IN_FLIGHT,
               f"{most} requests were in flight")
    case.equal((got, wrong), (count * 5, 0), "bytes back, wrong places")
    case.recovered(server)


# 64 of the one, those of the bystander's four connections, and as many again
# since counters of several threads are not read at one moment.
IN_FLIGHT = 2 * 64 + 64


def in_flight(server):
    """Requests that were received and not answered, by the counters."""
    told = server.counters()
    return told["received"] - sum(told[key] for key in (
        "replies", "silent", "dropped_gone", "dropped_closing",
        "dropped_stopping"))


def pumped(client, stream):
    """Send all and shut, while giving what comes back until its end."""
    client.setblocking(False)
    poll = select.poll()
    poll.register(client, select.POLLIN | select.POLLOUT)
    at, end = 0, time.monotonic() + 60
    while time.monotonic() < end:
        for _, events in poll.poll(1000):
            if events & select.POLLOUT and at < len(stream):
                at += client.send(stream[at:at + 65536])
                if at == len(stream):
                    client.shutdown(socket.SHUT_WR)
                    poll.modify(client, select.POLLIN)
            if events & (select.POLLIN | select.POLLHUP):
                part = client.recv(1 << 18)
                if not part:
                    return
                yield part


def long_line(case):
    """7: four times the bytes of a line cost four times the time."""
    server = case.serve("--max-frame", case.size("16M", "64M"))
    # At full size neither finds a buffer that was kept: if only the shorter
    # one did, it would be spared the page faults, and nothing be said of four
    # times the bytes.
    small = case.size(2048, 16384) * KIB
    spent = {}
    for size in (small, 4 * small):
        best = None
        for _ in range(3):
            cpu = server.cpu()
            with server.connect() as client:
                for _ in range(size // 4096 - 1):
                    client.send(b"y" * 4096)
                client.send(b"\n")
                got = receive_all(client, size - 4096 + 1)
            case.equal(len(got), size - 4096 + 1, "bytes back")
            used = server.cpu() - cpu
            best = used if best is None else min(best, used)
        spent[size] = best
    over = server.cpu()
    with server.connect() as client:
        for _ in range((case.size(20, 72) << 20) // 4096):
            client.send(b"z" * 4096)
        client.send(b"\n")
        case.check(receive_all(client, 15) == b"!error oversize",
                   "a line above the limit was not refused")
    over = server.cpu() - over
    with case.bystander(server):
        with server.connect() as client:
            for _ in range(small // 1024 - 1):
                client.send(b"y" * 4096)
            client.send(b"\n")
            case.equal(len(receive_all(client, 4 * small - 4096 + 1)),
                       4 * small - 4096 + 1, "bytes back")
    ratio = spent[4 * small] / spent[small]
    case.note(f"lines of {small // KIB} and {4 * small // KIB} KiB in "
              "writes of 4,096 bytes, three times; one above the limit")
    case.figure(cpu_ms=1000 * spent[small], cpu_4x_ms=1000 * spent[4 * small],
                ratio=ratio, bar=4.5, over_ms=1000 * over)
    case.bar(ratio <= 4.5, f"four times the bytes cost {ratio:.1f} times, "
             "bar 4.5")
    # Scanned from the front at every read it would be gigabytes, and take
    # seconds; the ratio of what is small, page faults decide.
    worst = max(over, spent[4 * small])
    case.check(worst < 1, f"a long line cost {worst:.1f} s of CPU")
    case.recovered(server, memory=False)


def half_close(case):
    """8: the client ends its sending and waits for its replies."""
    count = case.size(20, 1000)
    server = case.serve()
    case.note(f"{count} clients each with 0, 1 and 50 requests in flight "
              "that shut down their sending side")
    whole = 0
    with case.bystander(server):
        for flight in (0, 1, 50):
            for number in range(count):
                text = b"".join(b"%d of %d\n" % (n, number)
                                for n in range(flight))
                client = swarm.open_one(server.address)
                with client:
                    client.sendall(text)
                    client.shutdown(socket.SHUT_WR)
                    whole += receive_end(client) == text
    case.figure(clients=3 * count, whole=whole)
    case.equal(whole, 3 * count, "clients that got every byte and the end")
    case.recovered(server)


def idle_to_the_maximum(case):
    """9: silent peers take all places; a good client comes."""
    case.need("max-connections-per-source")
    full = case.size(50, 5000 if case.mode == "pool" else 1000)
    server = case.serve("--max-connections", str(full))
    base = server.sockets()
    case.note(f"{full + 20} silent peers for {full} places, then a good "
              "client")
    case.watch(server)
    crowd = swarm.Swarm(server.address, full - 4)  # four are the bystander's
    wait_until(lambda: server.sockets() >= base + full)
    most = server.sockets()
    for _ in range(20):
        crowd.add()
    start, tries, served = time.monotonic(), 0, False
    while not served and time.monotonic() < start + 20:
        tries += 1
        with contextlib.suppress(OSError):
            served = server.ask(b"good\n", 5) == b"good\n"
        most = max(most, server.sockets())
    took = time.monotonic() - start
    case.unwatch()
    case.figure(places=full, served_s=took, bar_s=1, tries=tries,
                most=most - base)
    case.check(served, "a good client was not served in 20 s")
    case.bar(took <= 1, f"served after {took:.2f} s, bar 1 s")
    # Those that are being refused have a descriptor for a moment.
    case.check(most - base <= full + 32, f"{most - base} were open")
    told = server.counters()
    if told:
        case.figure(reaped=told["reaped"])
        case.check(told["reaped"] > 0, "none was reaped")
    crowd.close()
    case.recovered(server)


ROWS = [Row("1 slow frame", slow_frame), Row("2 zero window", zero_window),
        Row("3 oversize", oversize), Row("4 declared length", declared),
        Row("5 split frames", splits), Row("6 tiny frames", tiny_frames),
        Row("7 long line", long_line), Row("8 half-close", half_close),
        Row("9 idle to the maximum", idle_to_the_maximum)]
