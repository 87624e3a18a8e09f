"""Row 24: the pipes by which threads wake each other."""
import contextlib
import ctypes
import fcntl
import os
import re
import select
import signal
import struct
import termios
import time

import swarm
from case import Skip
from daemon import receive_all, wait_until

F_SETPIPE_SZ = 1031


def watched(server, links):
    """The descriptors that its reactors wait for."""
    found = set()
    for number, target in links.items():
        if target.endswith("[eventpoll]"):
            with open(f"/proc/{server.pid}/fdinfo/{number}",
                      encoding="ascii") as info:
                found |= {int(line.split()[1]) for line in info
                          if line.startswith("tfd:")}
    return found


def borrowed(server):
    """The pipes and eventfds that are wakeups, opened here, and whether a
    reactor waits for each: a pipe of which the server has both ends, and
    every eventfd. One for signals is among them, which nobody waits for."""
    links = server.links()
    waits = watched(server, links)
    ends = {}
    for number, target in links.items():
        ends.setdefault(target, []).append(number)
    found = []
    for target, numbers in ends.items():
        if target.startswith("pipe:") and len(numbers) > 1:
            pipe = os.open(f"/proc/{server.pid}/fd/{numbers[0]}",
                           os.O_WRONLY | os.O_NONBLOCK)
            found.append((pipe, bool(waits & set(numbers))))
        elif target.endswith("[eventfd]"):
            found += [(duplicate(server.pid, number), number in waits)
                      for number in numbers]
    return found


def duplicate(pid, number):
    """Another process's descriptor, by pidfd_getfd(2)."""
    handle = os.pidfd_open(pid)
    got = ctypes.CDLL(None, use_errno=True).syscall(438, handle, number, 0)
    error = ctypes.get_errno()
    os.close(handle)
    if got < 0:
        raise OSError(error, "pidfd_getfd")
    return got


def full_wakeups(case):
    """24: the wakeup pipes are small, and full."""
    server = case.serve("--reactors", "2")
    try:
        found = borrowed(server)
    except OSError as error:
        raise Skip(f"another process's pipes cannot be had: {error}") from None
    if not found:
        raise Skip("this mode has no wakeup pipe")
    pipes = [pipe for pipe, _ in found]
    case.check(any(waits for _, waits in found), "no reactor waits for any")
    never_blocks(case, server)
    if case.wrong:
        return  # it would stand still, and the row with it
    for pipe in pipes:
        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe, F_SETPIPE_SZ, 4096)
    written = 0
    with case.bystander(server):
        for _ in case.seconds(0.3, 10):
            for pipe in pipes:
                with contextlib.suppress(BlockingIOError):
                    # An eventfd takes 8 bytes: a number.
                    written += os.write(pipe, struct.pack("Q", 1) * 512)
            time.sleep(0.0005)
    answered = sum(full_and_frozen(case, server, pipes)
                   for _ in range(case.size(3, 100)))
    # What was written keeps the reactors awake; now nothing does but them.
    case.settle_input(server)
    left = [waiting(pipe) for pipe, waits in found if waits]
    case.check(not any(left), f"bytes that nobody took: {left}")
    alone = case.size(200, 5000)
    with server.connect() as client:
        for number in range(alone):
            text = b"%d\n" % number
            client.sendall(text)
            if not case.check(receive_all(client, len(text)) == text,
                              f"no reply to number {number} afterwards"):
                break
    for pipe in pipes:
        os.close(pipe)
    case.note(f"{written} bytes into {len(pipes)} wakeups of 4 KiB; then "
              f"{case.size(3, 100)} times full to the brim while frozen, with "
              f"{FROZEN} requests waiting each time; then {alone} requests "
              "one by one")
    case.figure(wakeups=len(pipes), bytes_written=written,
                wakeups_of_reactors=len(left),
                answered_after_full=answered)
    case.recovered(server)


FROZEN = 16  # requests that wait while the pipes are full


def never_blocks(case, server):
    """Every wakeup's both ends are O_NONBLOCK, and closed for a child."""
    for number, target in server.links().items():
        if not target.startswith("pipe:") or number <= 2:
            continue
        with open(f"/proc/{server.pid}/fdinfo/{number}",
                  encoding="ascii") as info:
            flags = int(re.search(r"^flags:\s*(\d+)$", info.read(),
                                  re.M)[1], 8)
        case.check(flags & os.O_NONBLOCK, f"{number}, {target}, may block")
        case.check(flags & os.O_CLOEXEC, f"{number}, {target}, is inherited")


def full_and_frozen(case, server, pipes):
    """Full while nobody takes anything, with work waiting: then whoever
    signals finds no room. Return how many requests were answered."""
    clients = [server.connect() for _ in range(FROZEN)]
    wait_until(lambda: server.sockets() - server.base["connections"] >=
               FROZEN)
    server.process.send_signal(signal.SIGSTOP)
    wait_until(lambda: server.state() == "T")
    full = 0
    for pipe in pipes:
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(pipe, struct.pack("Q", 1) * 512)
        full += waiting(pipe) != 0
    case.equal(full, len(pipes), "wakeups that could be filled")
    for number, client in enumerate(clients):
        client.sendall(b"%04d\n" % number)
    server.process.send_signal(signal.SIGCONT)
    got = sum(receive_all(client, 5) == b"%04d\n" % number
              for number, client in enumerate(clients))
    case.equal(got, FROZEN, "answered with full wakeups")
    for client in clients:
        swarm.reset(client)
    wait_until(lambda: server.sockets() == server.base["connections"])
    return got


def waiting(number):
    """Bytes in a pipe; of an eventfd, whether anything is in it."""
    if os.readlink(f"/proc/self/fd/{number}").endswith("[eventfd]"):
        return int(bool(select.select([number], [], [], 0)[0]))
    return struct.unpack("i", fcntl.ioctl(number, termios.FIONREAD,
                                          bytes(4)))[0]
