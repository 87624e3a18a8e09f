#!/usr/bin/env python3
"""The attack suite: one case for each threat, in both modes, against a real
throngd on loopback. See README.md.

    THRONGD=build/throngd tests/attack/attack.py [option ...] [row ...]

A row is named by its number or by a word of its name.
"""
import sys

sys.dont_write_bytecode = True  # the source tree may be read-only

import argparse
import os
import random
import signal
import tempfile
import time
import traceback

import daemon
import results
import case as cases
import compare
import rows_slow
import rows_churn
import rows_work
import rows_hosts
import rows_memory
import rows_rest

MODES = ("pool", "thread")
ROWS = (rows_slow.ROWS + rows_churn.ROWS + rows_work.ROWS +
        rows_hosts.ROWS + rows_memory.ROWS + rows_rest.ROWS)
# The rows of parts that there are not; never counted as passed.
ABSENT = (
    ("31-35 TLS", "there is no TLS"),
    ("36 PROXY protocol", "there is no PROXY protocol"),
    ("39 unsafe handler", "handlers are not loaded at run time"),
    ("42 admin port", "there is no admin or metrics port"),
)
# With a sanitizer or valgrind: rows about lifetimes, counts only.
SANE = ("3", "4", "8", "10", "13", "14", "19", "28")
LIMIT = {False: 120, True: 600}  # seconds that a case may take


def command_line():
    parser = argparse.ArgumentParser(description="attacks on throngd")
    parser.add_argument("--mode", choices=MODES, action="append")
    parser.add_argument("--full", action="store_true", help="full sizes")
    parser.add_argument("--jobs", type=int, default=0,
                        help="cases at a time (small: 4, full: 1)")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--list", action="store_true", help="name the rows")
    parser.add_argument("rows", nargs="*", metavar="row")
    return parser.parse_args()


def chosen(words):
    """The rows that these words name; all of them without any."""
    if not words:
        return list(ROWS)
    picked = [row for row in ROWS
              if any(word == row.name.split()[0] or
                     (not word.isdigit() and word in row.name)
                     for word in words)]
    if not picked:
        sys.exit(f"no row is called {' or '.join(words)}; see --list")
    return picked


def slow_build():
    """What makes this build's speed and memory say little, if anything."""
    server = daemon.Daemon("pool")
    try:
        # Sanitizers reserve terabytes of addresses for their shadow.
        huge = server.status("VmSize") > 1 << 30
        program = os.readlink(f"/proc/{server.pid}/exe")
        server.stop()
    finally:
        server.kill()
    if "valgrind" in program or "memcheck" in program:
        return "valgrind"
    return "a sanitizer" if huge else None


def run_here(row, mode, full, options, seed, slow):
    """Run one case; return its result line. In a process of its own."""
    random.seed(f"{seed} {row.name} {mode}")
    case = cases.Case(row, mode, full, options, slow)
    verdict, why = "pass", ""
    start = time.monotonic()
    try:
        row.run(case)
        case.end()
    except cases.Skip as skip:
        verdict, why = "skip", str(skip)
    except Exception as error:  # whatever it is, it is this case's
        case.wrong.append(f"{type(error).__name__}: {error}")
        traceback.print_exc(file=sys.stdout)
    finally:
        case.close()
    if case.wrong:
        verdict, why = "fail", "; ".join(case.wrong)
    if case.skipped:
        why = "; ".join(filter(None, [why] + case.skipped))
    if case.above and verdict == "pass":
        case.figures["bars_missed"] = len(case.above)
    case.figures["seconds"] = round(time.monotonic() - start, 2)
    return {"suite": "attack", "name": row.name, "figure": case.figures,
            "verdict": verdict, "why": why, "mode": mode,
            "size": "full" if full else "small", "seed": str(seed),
            "sent": "; ".join(case.notes), "above": case.above,
            "smaller": case.smaller}


def show(result):
    name = f"{result['name']}, {result['mode']}"
    verdict, why = result["verdict"], result["why"]
    if verdict == "skip":
        print(f"ok - {name} # SKIP {why}")
    else:
        print(f"{'ok' if verdict == 'pass' else 'not ok'} - {name}")
    if result["sent"]:
        print(f"# sent: {result['sent']}")
    measured = " ".join(f"{k}={v}" for k, v in result["figure"].items())
    print(f"# measured: {measured}")
    if verdict == "fail":
        print(f"# failed: {why}")
    elif verdict == "pass" and why:
        print(f"# in part: {why}")
    for text in result["above"]:
        print(f"# bar not reached: {text}")


def child(job, options, seed, full, slow, out):
    """Be the process of one case."""
    os.dup2(out.fileno(), 1)
    os.dup2(out.fileno(), 2)
    # All that it starts ends with it, even when it has to be killed.
    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    daemon.die_with_parent()
    result = run_here(*job, full, options, seed, slow)
    result["commit"] = os.environ.get("ATTACK_COMMIT")
    show(result)
    results.write(**result)
    sys.stdout.flush()
    os._exit({"pass": 0, "skip": 77}.get(result["verdict"], 1))


class Runner:
    def __init__(self, options, seed, full, slow):
        self.slow = slow
        self.options = options
        self.seed = seed
        self.full = full
        self.running = {}
        self.count = {0: 0, 77: 0, 1: 0}

    def start(self, job):
        out = tempfile.TemporaryFile(mode="w+", encoding="utf-8")
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            child(job, self.options, self.seed, self.full,
                  self.slow, out)
        self.running[pid] = (job, out, time.monotonic() + LIMIT[self.full])

    def finish(self, pid, status):
        (row, mode), out, end = self.running.pop(pid)
        code = os.waitstatus_to_exitcode(status)
        try:
            os.killpg(pid, signal.SIGKILL)  # servers of a case that died
        except OSError:
            pass
        out.seek(0)
        sys.stdout.write(out.read())
        out.close()
        if code not in self.count:
            why = "took too long" if time.monotonic() > end else \
                f"ended with {code}"
            print(f"not ok - {row.name}, {mode}\n# failed: {why}")
            code = 1
        self.count[code] += 1
        sys.stdout.flush()

    def wait(self):
        """Until one has ended; kill what is over its time."""
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid in self.running:
                self.finish(pid, status)
                return
            for late, (_, _, end) in self.running.items():
                if time.monotonic() > end:
                    os.killpg(late, signal.SIGKILL)
            time.sleep(0.01)

    def run(self, jobs, slots):
        try:
            for job in jobs:
                while len(self.running) >= slots:
                    self.wait()
                self.start(job)
            while self.running:
                self.wait()
        finally:
            for pid in self.running:
                os.killpg(pid, signal.SIGKILL)


def main():
    # Ended from outside, it ends its cases: they are groups of their own.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    arguments = command_line()
    rows = chosen(arguments.rows)
    if arguments.list:
        print("\n".join(row.name for row in ROWS))
        return 0
    seed = arguments.seed
    if seed is None:
        seed = random.SystemRandom().randrange(1 << 32)
    full = arguments.full
    if (slow := slow_build()) is not None:
        print(f"# this is {slow}: only rows {' '.join(SANE)}")
        rows = [row for row in rows if row.name.split()[0] in SANE]
    print(f"# seed {seed}, {'full' if full else 'small'} sizes")
    if full:
        cases.sweep()
        os.environ["ATTACK_COMMIT"] = results.run("attack")["commit"]
    runner = Runner(daemon.help_text(), seed, full, slow is not None)
    jobs = [(row, mode) for row in rows
            for mode in arguments.mode or MODES]
    runner.run(jobs, arguments.jobs or (1 if full else 4))
    if not arguments.rows:
        for name, why in ABSENT:
            print(f"ok - {name} # SKIP {why}")
            results.write("attack", name, 0, verdict="skip", why=why,
                          size="full" if full else "small")
            runner.count[77] += 1
    if full and os.environ.get("THRONG_RESULTS"):
        print(compare.text(results.read(os.environ["THRONG_RESULTS"])))
    print(f"# {runner.count[0]} passed, {runner.count[1]} failed, "
          f"{runner.count[77]} skipped")
    return 1 if runner.count[1] else 0


if __name__ == "__main__":
    sys.exit(main())
