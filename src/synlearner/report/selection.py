"""What was chosen from a pool, for people and for trainers: a table for the terminal, and a file of the chosen rows with rank, score and reason."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synlearner.errors import SpecError, boundary, first_line
from synlearner.learn.selecting import Selected
from synlearner.report.console import visible
from synlearner.report.files import csv_text
from synlearner.store.files import replacing, write_text
from synlearner.stream.pool import counted, records_at

if TYPE_CHECKING:
    from rich.table import Table

KEY = "_selected"
FORMATS = (".jsonl", ".csv", ".parquet")
SHOWN, WIDTH = 12, 60


def check_target(out: Path, *inputs: str) -> None:
    """Refuse a file that cannot be written as asked, before anything is read."""
    if out.suffix.casefold() not in FORMATS:
        raise SpecError(f"rows cannot be written to {out.suffix or 'a file without ending'}", f"use one of {', '.join(FORMATS)}", file=out, field="--out")
    if any(name and Path(name).exists() and out.exists() and out.samefile(name) for name in inputs):
        raise SpecError("the chosen rows would replace the rows that they are chosen from", "name another file", file=out, field="--out")


def write(selected: Selected, out: Path) -> Path:
    """The chosen rows as they were read, in the order of choice, with `_selected` (in tables: `_selected_rank` and so on)."""
    kept = records_at(selected.pool, selected.choice.places)
    told = [{"rank": c.rank, "score": c.score, "by": c.criterion, "how": c.how, "line": selected.pool.lines[c.place]} for c in selected.choice.chosen]
    whole = [kept[c.place] for c in selected.choice.chosen]
    if out.suffix.casefold() == ".jsonl":
        lines = (json.dumps({**record, KEY: why}, ensure_ascii=False, default=_plain) for record, why in zip(whole, told, strict=True))
        return write_text(out, "".join(f"{line}\n" for line in lines))
    flat = [{**record, **{f"{KEY}_{name}": value for name, value in why.items()}} for record, why in zip(whole, told, strict=True)]
    return _csv(flat, out) if out.suffix.casefold() == ".csv" else _parquet(flat, out)


def _csv(rows: list[dict[str, Any]], out: Path) -> Path:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return write_text(out, csv_text(columns, [[_cell(row.get(name)) for name in columns] for row in rows], guard=False))


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False, default=_plain) if isinstance(value, dict | list) else value


def _parquet(rows: list[dict[str, Any]], out: Path) -> Path:
    with boundary("pyarrow", "data"):
        import pyarrow as pa
        import pyarrow.parquet as pq
    try:
        table = pa.Table.from_pylist(rows)
    except pa.ArrowException as error:
        raise SpecError(f"the rows do not fit into one table: {first_line(error)}", "write them as .jsonl", file=out) from error
    with replacing(out) as partial:
        pq.write_table(table, partial)
    return out


def _plain(value: Any) -> str:
    """Dates and decimal numbers of tables as text; bytes are no text."""
    if isinstance(value, bytes | bytearray):
        raise SpecError("a column holds bytes, which JSON cannot hold", "write to .parquet")
    return str(value)


def selection_table(selected: Selected) -> Table:
    """The first and the last of the chosen rows, with rank, score and reason."""
    from rich import box
    from rich.table import Table

    choice, rows = selected.choice, selected.pool.rows
    table = Table(title=f"Chosen by {selected.function.name}", box=box.SIMPLE_HEAD, title_justify="left")
    for name in ("rank", "score", "how", "label", "text"):
        table.add_column(name, justify="right" if name in ("rank", "score") else "left", overflow="fold")
    shown = choice.chosen if len(choice.chosen) <= SHOWN else [*choice.chosen[: SHOWN // 2], None, *choice.chosen[-SHOWN // 2 :]]
    for one in shown:
        if one is None:
            table.add_row("…")
            continue
        text = " ".join(rows[one.place].text.split())
        table.add_row(
            str(one.rank), "–" if one.score is None else f"{one.score:.4g}", one.how, _safe(rows[one.place].label), _safe(text[:WIDTH] + ("…" if len(text) > WIDTH else ""))
        )
    return table


def _safe(text: str) -> str:
    from rich.markup import escape

    return escape(visible(text))


def selection_text(selected: Selected) -> str:
    """What was counted, in sentences: chosen of how many, how, of which labels, and what has no score or was left out and why."""
    choice, rows = selected.choice, selected.pool.rows
    hows = Counter(c.how for c in choice.chosen)
    lines = [f"{len(choice.chosen):,} of {choice.candidates:,} rows chosen ({', '.join(f'{n:,} {how}' for how, n in hows.items())})"]
    if len(choice.chosen) < choice.wanted:
        lines.append(f"{choice.wanted:,} were asked for: there are no more rows with a score, or a set has nothing further to gain")
    labels = Counter(rows[c.place].label for c in choice.chosen)
    if len(labels) <= SHOWN and set(labels) != {""}:
        lines.append("labels: " + ", ".join(f"{visible(label) or 'none'} {n:,}" for label, n in labels.most_common()))
    lines.append(f"{choice.scored:,} rows were measured, {sum(choice.unscored.values()):,} were not" + "".join(f"\n  {reason}" for reason in counted(choice.unscored)))
    if selected.pool.skipped:
        lines.append(f"{sum(selected.pool.skipped.values()):,} rows were left out" + "".join(f"\n  {reason}" for reason in counted(selected.pool.skipped)))
    return "\n".join(lines)
