"""What a row has in hand: servers, the bystander, checks, figures."""
import contextlib
import glob
import os
import time

import bystander
import daemon
import swarm

MIB = 1 << 20


class Row:
    """A threat: its number and name, and what tries it."""

    def __init__(self, name, run):
        self.name = name
        self.run = run


class Skip(Exception):
    """The row cannot run here; the text says why."""


class Case:
    def __init__(self, row, mode, full, options, slow=False):
        self.row = row
        self.mode = mode
        self.full = full
        self.options = options  # the text of --help
        self.slow = slow  # a build whose memory says nothing
        self.figures = {}
        self.notes = []
        self.wrong = []
        self.above = []
        self.skipped = []
        self.smaller = []
        self.servers = []
        self.watching = contextlib.ExitStack()
        self.group = None
        self.limit = swarm.raise_limit()

    # Sizes.

    def size(self, small, full):
        return full if self.full else small

    def seconds(self, small=0.3, full=10):
        """A loop that attacks for that long: `for _ in case.seconds():`."""
        end = time.monotonic() + self.size(small, full)
        turn = 0
        while time.monotonic() < end:
            yield turn
            turn += 1

    # Judging.

    def check(self, condition, text):
        """A bar that must hold; the row goes on, to show the others."""
        if not condition:
            self.wrong.append(text)
        return condition

    def memory(self, grown, bound, what="memory grew by"):
        """Bytes against a bound, in a build of which that says something."""
        self.check(self.slow or grown <= bound, f"{what} {grown >> 10} KiB, "
                   f"bound {int(bound) >> 10} KiB")

    def bar(self, condition, text):
        """A bar to reach: the report names it, but it fails no run, since
        it depends on the machine. Small sizes say nothing about it."""
        if self.full and not condition:
            self.above.append(text)

    def equal(self, got, wanted, what):
        return self.check(got == wanted, f"{what}: {got!r}, not {wanted!r}")

    def figure(self, **figures):
        for name, value in figures.items():
            if isinstance(value, float):
                value = round(value, 3)
            self.figures[name] = value

    def note(self, text):
        """One line on what was sent, for the reader."""
        self.notes.append(text)

    def less(self, text):
        """What the full size is short of, of what the threat says."""
        if self.full:
            self.smaller.append(text)
            self.note(f"smaller than the threat: {text}")

    def part(self, why):
        """A part of the row could not run; the rest did."""
        self.skipped.append(why)

    def need(self, *options):
        for option in options:
            if f"--{option} " not in self.options:
                raise Skip(f"throngd has no --{option}")

    def has(self, option):
        return f"--{option} " in self.options

    def only(self, mode, why):
        if self.mode != mode:
            raise Skip(why)

    # Servers.

    def serve(self, *options, warm=b"warm\n", **keywords):
        """A throngd that is warm, with the baseline to recover to."""
        server = daemon.Daemon(self.mode, *options, **keywords)
        self.servers.append(server)
        if warm is not None:
            self.baseline(server, warm)
        return server

    def baseline(self, server, warm, count=8):
        """Let it have served once, so that what it keeps is there; then it
        is again what it was before its first client."""
        server.base = self.snapshot(server)
        for _ in range(count):
            server.ask(warm, 1)
        self.settle(server)
        self.check(self.snapshot(server) == server.base,
                   f"after its first clients it is {self.snapshot(server)}, "
                   f"before them it was {server.base}")

    @staticmethod
    def snapshot(server):
        return {"descriptors": server.descriptors(),
                "threads": server.threads(), "connections": server.sockets()}

    def settle(self, server):
        """Until its clients' sockets and threads are gone."""
        daemon.wait_until(lambda: self.snapshot(server) == server.base)
        server.rss_base = server.rss()

    @staticmethod
    def settle_input(server):
        """Until the server has nothing left to do."""
        def idle():
            before = server.cpu()
            time.sleep(0.02)
            return server.cpu() - before < 0.002
        daemon.wait_until(idle, 5)

    def recovered(self, server, memory=True):
        """The rule RE: exact counts, memory within its bound."""
        start = time.monotonic()
        back = daemon.wait_until(
            lambda: self.snapshot(server) == server.base, 20)
        took = time.monotonic() - start
        self.figure(recovery_s=took)
        self.check(back, f"after it: {self.snapshot(server)}, "
                   f"before: {server.base}")
        self.bar(took <= 2, f"recovery took {took:.1f} s, its bar 2 s")
        bound = max(0.05 * server.rss_base, 2 * MIB)
        # The rule gives it 2 s.
        daemon.wait_until(
            lambda: server.rss() - server.rss_base <= bound,
            max(2 - took, 0))
        grown = server.rss() - server.rss_base
        self.figure(rss_left_kib=grown // 1024)
        self.bar(grown <= bound, f"memory left: {grown >> 10} KiB, its bar "
                 f"{int(bound) >> 10} KiB")
        if memory:
            # The allocator keeps some for later: in thread mode the end of
            # an arena for each of some threads, which it does not trim.
            keeps = self.size(4, 16) if self.mode == "pool" else 40
            self.memory(grown, bound + keeps * MIB, "memory left:")

    @contextlib.contextmanager
    def bystander(self, server, speak=None, rate=None, fresh=False):
        """The rule BY around an attack. With `fresh` there is a second
        one, which has a new connection for every request."""
        speak = speak or bystander.talker(self.mode)
        clients = {"": bystander.Bystander(
            server.address, rate or self.size(200, 1000), speak)}
        if fresh:
            clients["new_"] = bystander.Bystander(
                server.address, self.size(50, 100), speak, connections=0)
        try:
            self.phase(clients, self.size(0.15, 2))
            quiet = {name: client.end() for name, client in clients.items()}
            self.phase(clients, 0)
            self.confine()
            start = time.monotonic()
            yield
            self.release()
            # Never so short that the figure says nothing.
            left = start + self.size(0.2, 10) - time.monotonic()
            time.sleep(max(left, 0))
            attacked = {name: client.end()
                        for name, client in clients.items()}
            if self.full:
                # Again, since the machine has other work, too: the noisier
                # of both is what an attack is compared with.
                self.phase(clients, 2)
                for name, client in clients.items():
                    quiet[name] = max(quiet[name], client.end(),
                                      key=lambda phase: phase["p99_ms"])
            for name in clients:
                self.judge(name, quiet[name], attacked[name])
        finally:
            self.release()
            for client in clients.values():
                client.close()

    def watch(self, *arguments, **keywords):
        """The same, from here until unwatch()."""
        self.watching.enter_context(self.bystander(*arguments, **keywords))

    def unwatch(self):
        self.watching.close()

    @staticmethod
    def phase(clients, seconds):
        for client in clients.values():
            client.begin()
        time.sleep(seconds)

    def judge(self, name, quiet, attacked):
        by = name + "by_"
        self.figure(**{by + "sent": attacked["sent"],
                       by + "errors": attacked["errors"],
                       name + "quiet_p99_ms": quiet["p99_ms"],
                       name + "attack_p99_ms": attacked["p99_ms"],
                       name + "attack_max_ms": attacked["max_ms"]})
        self.figure(load=os.getloadavg()[0])
        for when, phase in (("before", quiet), ("during", attacked)):
            self.equal(phase["errors"], 0, f"the bystander's errors {when} "
                       f"the attack ({phase['why']})")
            self.equal(phase["wrong"], 0, f"its wrong replies {when}")
        bar = max(2 * quiet["p99_ms"], quiet["p99_ms"] + 5)
        self.figure(**{by + "bar_ms": bar})
        self.bar(attacked["p99_ms"] <= bar,
                 f"the {name.replace('_', ' ')}bystander's p99 was "
                 f"{attacked['p99_ms']} ms, its bar {bar:.3f} ms")
        gate = max(10 * quiet["p99_ms"], quiet["p99_ms"] + 250)
        # On a machine that others use the figure is theirs.
        if self.full and os.getloadavg()[0] <= 2 * os.cpu_count():
            self.check(attacked["p99_ms"] <= gate,
                       f"the bystander's p99 went from {quiet['p99_ms']} to "
                       f"{attacked['p99_ms']} ms")

    # The attacker's share of the machine.

    def confine(self):
        """In the full run: a part of one processor, so that the server is
        measured and not the machine; by cgroup, else by niceness."""
        if not self.full or os.environ.get("ATTACK_QUOTA") == "none":
            return
        share = int(os.environ.get("ATTACK_QUOTA", "30"))
        for root in ("/sys/fs/cgroup/cpu", "/sys/fs/cgroup"):
            group = f"{root}/throng-attack-{os.getpid()}"
            try:
                os.mkdir(group)
                self.group = (root, group)
                if root.endswith("cpu"):
                    put(f"{group}/cpu.cfs_quota_us", share * 1000)
                else:
                    put(f"{group}/cpu.max", f"{share * 1000} 100000")
                put(f"{group}/cgroup.procs", os.getpid())
                self.figure(attacker=f"{share}% of a core")
                return
            except OSError:
                self.release()
        os.nice(10)
        self.figure(attacker="nice 10")

    def release(self):
        if self.group is None:
            return
        root, group = self.group
        self.group = None
        with contextlib.suppress(OSError):
            put(f"{root}/cgroup.procs", os.getpid())
        with contextlib.suppress(OSError):
            os.rmdir(group)

    def end(self):
        """Every server still there ends when told to, without complaint; a
        sanitizer would have one. In none was a wakeup lost."""
        for server in self.servers:
            if server.process.poll() is None:
                status = server.stop()
                self.check(status == 0, f"throngd ended with {status}: "
                           f"{server.log()[-600:]}")
            lost = server.summary().get("lost_wakeups", 0)
            self.check(lost == 0, f"{lost} wakeups were lost")

    def close(self):
        self.release()
        for server in self.servers:
            server.kill()


def sweep():
    """Remove the groups of cases that were killed; one in use stays."""
    for group in (glob.glob("/sys/fs/cgroup/throng-attack-*") +
                  glob.glob("/sys/fs/cgroup/*/throng-attack-*")):
        with contextlib.suppress(OSError):
            os.rmdir(group)


def put(path, value):
    with open(path, "w", encoding="ascii") as out:
        out.write(str(value))
