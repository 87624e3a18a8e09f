#!/usr/bin/env python3
"""doc/reliability.md from the results of the last full runs; see README.md.

    tests/attack/report.py results.jsonl > doc/reliability.md
"""
import sys

sys.dont_write_bytecode = True  # the source tree may be read-only

import compare
import results

SUITES = ("attack", "soak", "torture", "chaos", "simulator", "fuzz",
          "seeded", "stress")
THREATS = 42


class Results:
    def __init__(self, lines):
        self.lines = [line for line in lines if line["name"] != "run"]
        self.runs = {line["suite"]: line["figure"] for line in lines
                     if line["name"] == "run"}

    def suite(self, name):
        return [line for line in self.lines if line["suite"] == name]

    def cases(self, begin=""):
        """The figures of the attacks that ran in a mode."""
        return [line["figure"] for line in self.suite("attack")
                if line.get("mode") and line["name"].startswith(begin)]

    def figure(self, suite, name):
        """A figure, or None."""
        for line in self.suite(suite):
            if line["name"] == name:
                return line["figure"]
        return None

    def told(self, suite, *names):
        """Those of the figures that there are, as text."""
        found = [f"{name} {number(self.figure(suite, name))}"
                 for name in names if self.figure(suite, name) is not None]
        return ", ".join(found) or "not run"

    def summed(self, suite, *names):
        """The same, of "messages, one program" and "messages, another"."""
        found = []
        for name in names:
            parts = [line["figure"] for line in self.suite(suite)
                     if line["name"].split(",")[0] == name]
            if parts:
                found.append(f"{name} {number(sum(parts))}")
        return ", ".join(found) or "not run"


def number(value):
    if isinstance(value, dict):
        return ", ".join(f"{key} {number(one)}"
                         for key, one in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.3f}".rstrip("0").rstrip(".")
    return plain(str(value))


def plain(text):
    """Text for a cell of a table."""
    return " ".join(text.replace("|", "\\|").split())


def table(heads, rows):
    out = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    out += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(out) + "\n"


def verdicts(lines):
    """Threats by what came of them: all modes that ran must have passed;
    `met` if no bar was missed and no part skipped."""
    by_name = {}
    for line in lines:
        by_name.setdefault(line["name"], []).append(line)
    met, part, failed, skipped = [], [], [], []
    for name, both in by_name.items():
        ran = [line for line in both if line["verdict"] != "skip"]
        if not ran:
            skipped.append(name)
        elif any(line["verdict"] == "fail" for line in ran):
            failed.append(name)
        elif any(line.get("why") or line.get("above") for line in ran):
            part.append(name)
        else:
            met.append(name)
    return met, part, failed, skipped


def count_of(names):
    """How many threats: "31-35 TLS" is five of them."""
    total = 0
    for name in names:
        first, _, last = name.split()[0].partition("-")
        total += int(last) - int(first) + 1 if last else 1
    return total


def attacks_line(got):
    lines = got.suite("attack")
    if not lines:
        return "not run"
    met, part, failed, skipped = (count_of(x) for x in verdicts(lines))
    return (f"{met} passed with every bar met, {part} passed with a bar not "
            f"reached or a part skipped (below), {failed} failed, {skipped} "
            f"skipped, of {THREATS}")


def bystander_line(got):
    cases = [case for case in got.cases() if "by_sent" in case]
    if not cases:
        return "not run"
    sent = sum(case["by_sent"] for case in cases)
    errors = sum(case["by_errors"] for case in cases)
    bars = sum(case["attack_p99_ms"] <= case["by_bar_ms"] for case in cases)
    return (f"{sent:,} requests while attacked, {errors:,} errors; p99 "
            f"within its bar in {bars} of {len(cases)} cases")


def soak_lines(got):
    rows = []
    for line in got.suite("soak"):
        case = line["figure"]
        if "slope_kib_h" not in case:
            continue
        rows.append((f"soak, {line.get('mode', '')}", (
            f"{case['seconds'] / 3600:.3f} h, {case['requests']:,} requests, "
            f"{case['wrong']} wrong, {case['hung']} never answered, "
            f"{case.get('failed_allocations', 0):,} failed allocations, "
            f"memory {case['slope_kib_h']:,.0f} "
            f"± {case['slope_half_95_kib_h']:,.0f} KiB/h, "
            f"{line['verdict']}")))
    return rows or [("soak", "not run")]


def seeded_line(got):
    bugs = got.suite("seeded")
    caught = sum(line.get("verdict") == "pass" for line in bugs)
    return f"{caught} of {len(bugs)}" if bugs else "not run"


def fuzz_line(got):
    targets = got.suite("fuzz")
    if not targets:
        return "not run"
    total = sum(line["figure"] for line in targets
                if isinstance(line["figure"], (int, float)))
    bad = [line["name"] for line in targets if line.get("verdict") == "fail"]
    return (f"{int(total):,} executions in {len(targets)} targets, "
            f"{len(bad)} with findings")


def messages_line(got):
    orders = [case for case in got.cases("30 ") if "requests" in case]
    text = "queue: " + got.summed("stress", "messages", "lost")
    if orders:
        text += (f"; requests in order: {sum(o['requests'] for o in orders):,}"
                 f", wrong: {sum(o['wrong'] for o in orders)}")
    return text


# What the attacks tried that is no right input, by name of its figure.
INPUTS = {"3": "tries", "5": "ways", "37": "requests", "41": "tried"}


def inputs_line(got):
    total = got.figure("torture", "bad inputs") or 0
    for line in got.suite("attack"):
        name = INPUTS.get(line["name"].split()[0])
        if line.get("mode") and name in line["figure"]:
            total += line["figure"][name]
    return f"{total:,}" if total else "not run"


def crossed_line(got):
    cases = [case for case in got.cases() if "crossed" in case]
    if not cases:
        return "not run"
    return (f"{sum(case['left'] for case in cases):,}, "
            f"{sum(case['crossed'] for case in cases)} to a stranger")


def short_table(got):
    rows = [
        ("threats x bars", attacks_line(got)),
        ("bystander", bystander_line(got)),
        ("faults injected", got.told(
            "torture", "faults injected", "allocations failed",
            "sites covered", "sites in all", "crashes, leaks, hangs")),
        ("bad inputs tried, outside fuzzing", inputs_line(got)),
        ("messages lost", messages_line(got)),
        ("disconnects in flight, deliveries", crossed_line(got)),
        ("through the chaos proxy", got.told(
            "chaos", "connections", "bytes verified", "wrong bytes",
            "missing bytes", "faults")),
        ("simulator", got.told("simulator", "seeds", "events", "requests",
                               "simulated hours", "failures")),
        ("fuzzing", fuzz_line(got)),
        ("seeded bugs caught", seeded_line(got)),
    ]
    return table(("what", "last full run"), rows + soak_lines(got))


def runs_table(got):
    keys = ("date", "commit", "cores", "kernel", "processor", "memory")
    rows = []
    for suite in SUITES:
        run = got.runs.get(suite)
        if run is None:
            state = "not run" if not got.suite(suite) else "not recorded"
            rows.append((suite, state) + ("-",) * (len(keys) - 1))
        else:
            run = dict(run)
            run["commit"] = ", and for some ".join(
                dict.fromkeys([str(run.get("commit", "-"))] + [
                    line["commit"] for line in got.suite(suite)
                    if "commit" in line]))
            rows.append((suite,) + tuple(
                plain(str(run.get(key, "-"))) for key in keys))
    return table(("suite",) + keys, rows)


HIDDEN = ("seconds", "by_sent", "by_errors", "by_bar_ms",
          "quiet_p99_ms", "attack_p99_ms", "attack_max_ms", "attacker",
          "recovery_s", "rss_left_kib", "load")


def threats_table(got):
    rows = []
    for line in got.suite("attack"):
        if not line.get("mode"):
            continue
        shown = {key: value for key, value in line["figure"].items()
                 if key not in HIDDEN}
        rows.append((line["name"], line["mode"], line["verdict"],
                     plain(line.get("sent", "")) or "-",
                     number(shown) or "-"))
    rows.sort(key=lambda row: int(row[0].split()[0]))
    return table(("threat", "mode", "", "what was sent", "measured"), rows)


def unmet(got):
    """What failed, and what is above a bar that does not fail a run."""
    out = []
    for line in got.lines:
        name = f"{line['name']}, {line.get('mode', line['suite'])}"
        if line.get("verdict") == "fail":
            out.append(f"- {name}: failed: {plain(line.get('why', ''))}")
        out += [f"- {name}: {plain(text)}" for text in line.get("above", ())]
    return "\n".join(out) + "\n" if out else "Nothing.\n"


def smaller(got):
    """Full sizes below those of the table of threats."""
    out = [f"- {line['name']}, {line['mode']}: {plain(text)}"
           for line in got.suite("attack")
           for text in line.get("smaller", ())]
    return "\n".join(out) + "\n" if out else "Nothing.\n"


def skipped(got):
    out = [f"- {line['name']}, {line.get('mode', line['suite'])}: "
           f"{plain(line['why'])}" for line in got.lines
           if line.get("why") and line.get("verdict") in ("skip", "pass")]
    out += [f"- the suite {suite}: not run" for suite in SUITES
            if not got.suite(suite)]
    return "\n".join(out) + "\n" if out else "Nothing.\n"


def others(got):
    rows = [(line["suite"], line["name"] + (
        f", {line['mode']}" if line.get("mode") else ""),
        line.get("verdict", "-"), number(line["figure"]),
        line.get("seed", "-")) for line in got.lines
        if line["suite"] != "attack"]
    return table(("suite", "name", "", "figure", "seed"), rows)


TEXT = """\
# Reliability, measured

Made by `make reliability` from what the last full runs wrote; not edited. How each figure comes about is in
[tests/attack/README.md](../tests/attack/README.md). A verdict is about counts (errors, descriptors, threads,
connections, replies); latencies are figures of this machine, which had other work, and stand beside the quiet ones of
the same run.

## When, on what

{runs}
## In short

{short}
## Failed, or a bar not reached

The bars are those of the table of threats. A run fails on counts, and on latencies only when they are far off; every
bar that was not reached is named here.

{unmet}
## Skipped, and why

{skipped}
## Smaller than the threat says

{smaller}
## Pool and thread mode under the same attacks

Milliseconds for p99; `recovery` is seconds until descriptors, threads and connections were back to exactly what they
were.

{side}

## Each threat

{threats}
## The other suites

{others}
## What is promised, and what not

A handler that crashes takes the process down. Only x86 has been tested under stress. All load came over loopback, from the
same machine.
"""


def main():
    if len(sys.argv) != 2:
        sys.stderr.write("usage: report.py RESULTS\n")
        return 2
    try:
        got = Results(results.read(sys.argv[1]))
    except OSError as error:
        sys.stderr.write(f"report.py: {error.filename}: {error.strerror}\n")
        return 1
    sys.stdout.write(TEXT.format(
        runs=runs_table(got), short=short_table(got), unmet=unmet(got),
        skipped=skipped(got), smaller=smaller(got), side=compare.markdown(got.lines),
        threats=threats_table(got), others=others(got)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
