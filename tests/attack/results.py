#!/usr/bin/env python3
"""The lines that suites write for the reliability report; see README.md.

By hand: results.py run SUITE appends when and on what SUITE ran.
"""
import datetime
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def write(suite, name, figure, **more):
    """Append one line to the file that THRONG_RESULTS names, if any."""
    path = os.environ.get("THRONG_RESULTS")
    if not path:
        return
    line = {"suite": suite, "name": name, "figure": figure}
    line.update((key, value) for key, value in more.items() if value)
    # One write to a file opened for appending: lines of two suites at the
    # same time do not mix.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(descriptor, (json.dumps(line) + "\n").encode())
    finally:
        os.close(descriptor)


def read(path):
    """The lines of a file, the later of two for the same thing only."""
    last = {}
    with open(path, encoding="utf-8") as lines:
        for number, text in enumerate(lines, 1):
            try:
                line = json.loads(text)
                key = (line["suite"], line["name"], line.get("mode"))
                line["figure"]
            except (ValueError, KeyError, TypeError) as error:
                sys.exit(f"{path}:{number}: not a result: {error!r}")
            if line.get("size") != "small":
                last.pop(key, None)
                last[key] = line
    return list(last.values())


def _git(*arguments):
    try:
        return subprocess.run(
            ["git", "-C", str(HERE), *arguments], check=True, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def machine():
    """What a figure depends on; neither names nor paths."""
    commit = _git("rev-parse", "--short=12", "HEAD") or "not a clone"
    if _git("status", "--porcelain", "--untracked-files=no"):
        commit += ", changed"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    now = datetime.datetime.now(datetime.timezone.utc)
    system = os.uname()
    return {"commit": commit, "date": now.strftime("%Y-%m-%d %H:%M UTC"),
            "cores": len(os.sched_getaffinity(0)),
            "kernel": f"{system.sysname} {system.release}",
            "processor": system.machine,
            "memory": f"{memory / 2**30:.0f} GiB"}


def run(suite):
    """Say when and on what a suite runs."""
    what = machine()
    write(suite, "run", what)
    return what


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] != "run":
        sys.stderr.write("usage: results.py run SUITE\n")
        sys.exit(2)
    run(sys.argv[2])
