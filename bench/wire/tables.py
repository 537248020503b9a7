"""What was measured, as CSV for machines and as a page for people."""

import csv
import os
import platform
import statistics
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Line = Mapping[str, Any]


def write(folder: Path, name: str, lines: Sequence[Line], page: Sequence[str], notes: Sequence[str]) -> list[Path]:
    """Both files; `notes` go on top of the page. Returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    table, text = folder / f"{name}.csv", folder / f"{name}.md"
    with table.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(dict.fromkeys(key for line in lines for key in line)), lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
    head = [
        f"made on {datetime.now(UTC):%Y-%m-%d}, python {platform.python_version()}, {os.cpu_count()} cores shared with other work, load {os.getloadavg()[0]:.1f} at the end",
        *notes,
    ]
    text.write_text("\n".join([f"# {name}", "", *(f"- {note}" for note in head), "", *page, ""]), encoding="utf-8")
    return [table, text]


def markdown(lines: Sequence[Line]) -> list[str]:
    """A table; numbers as people read them, nothing for what is not known."""
    keys = list(dict.fromkeys(key for line in lines for key in line))
    rule = "|".join("---" for _ in keys)
    return [f"| {' | '.join(keys)} |", f"|{rule}|", *(f"| {' | '.join(shown(line.get(key)) for key in keys)} |" for line in lines)]


def shown(value: object) -> str:
    if value is None:
        return "—"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value).replace("|", "/")


def medians(lines: Iterable[Line], by: Sequence[str], of: Sequence[str]) -> list[dict[str, Any]]:
    """One line for each group, with the median of each number over its repeats, and how many there were."""
    groups: dict[tuple[Any, ...], list[Line]] = {}
    for line in lines:
        groups.setdefault(tuple(line[key] for key in by), []).append(line)
    found = []
    for place, group in groups.items():
        known = {key: [line[key] for line in group if line.get(key) is not None] for key in of}
        found.append({**dict(zip(by, place, strict=True)), "repeats": len(group), **{key: statistics.median(values) if values else None for key, values in known.items()}})
    return found
