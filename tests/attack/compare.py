"""Both modes under the same attacks, side by side."""

# The figures that both modes have for most rows, and their headings.
SHOWN = (
    ("by_errors", "errors"),
    ("quiet_p99_ms", "quiet p99"),
    ("attack_p99_ms", "p99"),
    ("recovery_s", "recovery"),
    ("cpu_percent", "CPU %"),
    ("bytes_each", "bytes each"),
)


def pairs(lines):
    """Rows in the order in which they ran: name, pool, thread."""
    rows = {}
    for line in lines:
        if line["suite"] == "attack" and line.get("mode"):
            rows.setdefault(line["name"], {})[line["mode"]] = line
    return [(name, both.get("pool"), both.get("thread"))
            for name, both in sorted(
                rows.items(), key=lambda item: int(item[0].split()[0]))]


def cell(line, key):
    if line is None or line["verdict"] == "skip":
        return "-"
    return str(line["figure"].get(key, "-"))


def verdict(line):
    return "not run" if line is None else line["verdict"]


def table(lines):
    """Heads and rows of cells: each figure of pool, then of thread."""
    heads = ["threat", "pool", "thread"]
    heads += [f"{head}: pool / thread" for _, head in SHOWN]
    rows = []
    for name, pool, thread in pairs(lines):
        row = [name, verdict(pool), verdict(thread)]
        for key, _ in SHOWN:
            both = (cell(pool, key), cell(thread, key))
            row.append("-" if both == ("-", "-") else " / ".join(both))
        rows.append(row)
    return heads, rows


def text(lines):
    """The table for a terminal."""
    heads, rows = table(lines)
    widths = [max(len(row[i]) for row in [heads] + rows)
              for i in range(len(heads))]
    return "\n".join(
        "# " + "  ".join(cell.ljust(width) for cell, width
                         in zip(row, widths)).rstrip()
        for row in [heads] + rows)


def markdown(lines):
    heads, rows = table(lines)
    out = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    out += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(out)
