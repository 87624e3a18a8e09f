"""Rows 29 and 30: memory, and every request once and in order."""
import contextlib
import os
import random
import struct
import threading
import time

import bystander
import swarm
import wire
from case import MIB, Row, put
from daemon import wait_until
from rows_slow import pumped


def greedy(case, server, count, size, seconds):
    """Clients that send most of a frame each and stay; peak memory."""
    crowd = swarm.Swarm(server.address, count)
    header = struct.pack(">I", size)
    block = b"m" * 65536
    state = {}
    for number, client in crowd.sockets.items():
        state[number] = size - 1 - max(crowd.send(client, header) - 4, 0)
    peak, end = 0, time.monotonic() + seconds
    while time.monotonic() < end and any(state.values()):
        for number, client in crowd.sockets.items():
            if number in crowd.gone:
                state[number] = 0
            elif state[number]:
                fits = crowd.send(client, block[:state[number]])
                state[number] -= max(fits, 0)
        crowd.look(0)
        peak = max(peak, server.rss())
    case.settle_input(server)
    crowd.look(0.2)
    return crowd, max(peak, server.rss())


def memory(case):
    """29: clients want more memory than the budget."""
    case.need("memory-budget")
    budget = case.size(8, 64) * MIB
    count = case.size(40, 400)
    server = case.serve("--memory-budget", f"{budget // MIB}M",
                        frame="len32", warm=wire.len32(b"w"))
    case.note(f"{count} clients each send a MiB less a byte of a frame, "
              f"budget {budget // MIB} MiB")
    speak = wire.framed(bystander.talker(case.mode), "len32")
    with case.bystander(server, speak):
        crowd, peak = greedy(case, server, count, MIB, case.size(10, 60))
    grown = peak - server.rss_base
    case.figure(asked_mib=count, budget_mib=budget // MIB,
                peak_mib=grown // MIB, closed=len(crowd.gone))
    # Its allocator rounds up, doubles and moves: twice is the gate.
    case.check(grown <= 2 * budget + 16 * MIB,
               f"memory grew by {grown // MIB} MiB")
    case.check(crowd.gone, "nobody was shed")
    told = server.counters()
    if told:
        case.figure(shed=told["shed"])
        case.check(told["shed"] > 0, "shed is 0")
    crowd.close()
    case.recovered(server, memory=False)
    if case.full:
        small_machine(case)


def small_machine(case):
    """The budget that is the default, in a cgroup of 256 MiB."""
    group = f"/sys/fs/cgroup/memory/throng-attack-{os.getpid()}"
    try:
        os.mkdir(group)
        put(f"{group}/memory.limit_in_bytes", 256 * MIB)
    except OSError:
        with contextlib.suppress(OSError):
            os.rmdir(group)
        case.part("no cgroup for memory can be made")
        return
    try:
        server = case.serve(
            frame="len32", warm=wire.len32(b"w"),
            before=lambda: put(f"{group}/cgroup.procs", os.getpid()))
        crowd, peak = greedy(case, server, 600, MIB, 60)
        case.less("600 greedy clients of 10,000 in the cgroup of 256 MiB: "
                  "each wants a MiB, and their memory is the machine's, too")
        case.figure(cgroup_mib=256, cgroup_peak_mib=peak // MIB,
                    cgroup_closed=len(crowd.gone))
        case.check(server.process.poll() is None, "killed for its memory")
        case.check(crowd.gone, "nobody was shed in the cgroup")
        crowd.close()
        case.recovered(server, memory=False)
        server.stop()
    finally:
        wait_until(lambda: not os.path.exists(group) or removed(group), 10)


def removed(group):
    try:
        os.rmdir(group)
    except OSError:
        return False
    return True


def order(case):
    """30: every request once, in order, many threads."""
    server = case.serve("--reactors", "4", "--workers", "4", frame="len32",
                        warm=wire.len32(b"w"))
    frames = case.size(4000, 100000)
    choice = random.Random(case.row.name)
    stream = b"".join(
        wire.len32(b"%d:" % n + b"s" * min(int(choice.expovariate(1 / 30)),
                                           4000)) for n in range(frames))
    total, wrong = 0, []
    lock = threading.Lock()

    def one():
        nonlocal total
        at = 0
        client = server.connect()
        for part in pumped(client, memoryview(stream)):
            if stream[at:at + len(part)] != part:
                wrong.append(at)
                break
            at += len(part)
        client.close()
        if at != len(stream):
            wrong.append(f"{at} of {len(stream)} bytes")
        with lock:
            total += frames

    def four():
        threads = [threading.Thread(target=one) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    speak = wire.framed(bystander.talker(case.mode), "len32")
    with case.bystander(server, speak):
        for _ in case.seconds(0.1, 8):
            four()
    # The rest at full speed, as long as that takes a bearable time.
    wanted, end = case.size(0, 10 ** 8), time.monotonic() + 150
    while total < wanted and not wrong and time.monotonic() < end:
        four()
    if total < wanted:
        case.less(f"{total} requests of 10^8 in the time that there is")
    case.note(f"{total} numbered requests of random sizes, pipelined over 4 "
              "connections at a time, 4 reactors, 4 workers")
    case.figure(requests=total, wrong=len(wrong))
    case.equal(wrong, [], "streams that were not what was sent")
    case.recovered(server, memory=False)


ROWS = [Row("29 memory", memory), Row("30 order", order)]
