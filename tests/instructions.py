#!/usr/bin/env python3
"""Instructions per operation of the hot path, against the committed limits.

    tests/instructions.py BUILD_FOLDER            compare; exit 1 if one is over
    tests/instructions.py BUILD_FOLDER --write    print the limits anew

Instructions repeat where time does not: callgrind counts the same for the same
program, so a change of a few per cent is a change of the code. They say nothing
of system calls, caches and waiting. The single operations are those of
tests/micro.c; engine_1 and engine_16 are what the generator of throng-bench does
for a request. pool_1 and pool_16 are whole requests through throngd, all its
threads together, with one client that has 1 or 16 requests outstanding. How
often threads sleep varies there a little, and so does how often the reactor's
timers are due where the machine has other work, so the least of three counts,
or of more while it is over; it repeats within 1 %. Where a change is worth its
instructions, or saves some, the limits are written anew, and the commit says
why.

Exits with 77 where the limits do not apply: another compiler, other flags,
another C library, no valgrind.
"""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
LIMITS = HERE / "instructions.limits"
TOLERANCE = 0.05

# The C library chooses its functions by what the processor has; these every
# one has, so that the figures are everyone's.
PLAIN = "glibc.cpu.hwcaps=-AVX2,-AVX2_Usable,-AVX_Fast_Unaligned_Load,-ERMS"


def callgrind(command, out, **more):
    environment = dict(os.environ, GLIBC_TUNABLES=PLAIN)
    return subprocess.Popen(
        ["valgrind", "-q", "--tool=callgrind", "--fair-sched=yes",
         f"--callgrind-out-file={out}"] + command, env=environment,
        stdout=subprocess.PIPE, text=True, **more)


def micro(build, folder):
    """Instructions per operation of every case of tests/micro.c."""
    out = folder / "micro.out"
    with callgrind(["--toggle-collect=case_*", str(build / "micro"),
                    "--count"], out) as process:
        operations = {line.split()[0]: int(line.split()[1])
                      for line in process.stdout}
    if process.returncode != 0:
        sys.exit("instructions: micro failed")
    text = subprocess.run(
        ["callgrind_annotate", "--inclusive=yes", "--threshold=100", str(out)],
        stdout=subprocess.PIPE, text=True, check=True).stdout
    found = {}
    for count, name in re.findall(
            r"^ *([\d,]+) .*?:case_(\w+)", text, re.MULTILINE):
        found.setdefault(name, int(count.replace(",", "")))
    return {name: found[name] / n for name, n in operations.items()}


def total(build, folder, depth, requests):
    """Instructions of a throngd from its start to its end."""
    out = folder / f"throngd-{depth}-{requests}.out"
    with callgrind([str(build / "throngd"), "--listen", "127.0.0.1:0",
                    "--handler", "echo", "--workers", "1"], out,
                   stderr=subprocess.DEVNULL) as process:
        port = int(process.stdout.readline().rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port)) as client:
            text = b"0123456789abcde\n" * depth
            for _ in range(requests // depth):
                client.sendall(text)
                left = len(text)
                while left > 0:
                    left -= len(client.recv(left))
        process.terminate()
    return int(re.search(r"^(?:totals|summary): (\d+)",
                         out.read_text(), re.MULTILINE)[1])


def pool(build, folder, depth, enough):
    """Between few requests and many: what a start costs does not count. At
    least three times; up to nine where none was `enough` yet."""
    few, many = 320 * depth, 960 * depth
    found = []
    while len(found) < 3 or min(found) > enough and len(found) < 9:
        found.append((total(build, folder, depth, many) -
                      total(build, folder, depth, few)) / (many - few))
    return min(found)


def read_limits():
    about, limits = "", {}
    for line in LIMITS.read_text().splitlines():
        if line.startswith("for "):
            about = line[4:]
        elif line and not line.startswith("#"):
            name, value = line.split()
            limits[name] = float(value)
    return about, limits


def compare(measured, limits):
    over = 0
    for name, value in measured.items():
        limit = limits.get(name)
        if limit is None:
            print(f"{name:18} {value:10.1f}")
            continue
        ratio = value / limit
        word = "ok"
        if ratio > 1 + TOLERANCE:
            word = "OVER"
            over += 1
        elif ratio < 1 - TOLERANCE:
            word = "better: lower the limit"
        print(f"{name:18} {value:10.1f}  {ratio:6.3f} of {limit:8.1f}  {word}")
    for name in limits.keys() - measured.keys():
        print(f"{name:18} has a limit, but was not measured")
        over += 1
    return over


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["--write"]):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    build = pathlib.Path(sys.argv[1]).resolve()
    for tool in ("valgrind", "callgrind_annotate"):
        if shutil.which(tool) is None:
            print(f"{tool} is not there")
            return 77
    here = subprocess.run([str(build / "micro"), "--about"],
                          stdout=subprocess.PIPE, text=True,
                          check=True).stdout.strip()
    about, limits = read_limits()
    if sys.argv[2:] == [] and here != about:
        print(f"the limits are for {about}, and this is {here}")
        return 77
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        measured = micro(build, folder)
        for depth in (1, 16):
            name = f"pool_{depth}"
            measured[name] = pool(build, folder, depth,
                                  limits.get(name, 0) * (1 + TOLERANCE))
    if sys.argv[2:]:
        print("# Instructions per operation; see instructions.py.")
        print(f"for {here}")
        for case, value in measured.items():
            print(f"{case} {value:.1f}")
        return 0
    over = compare(measured, limits)
    print(f"instructions: {over} over their limits by more than "
          f"{TOLERANCE:.0%}")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
