"""Rows of any file, without a stream: a path and the names of its columns go in, rows with their line numbers come out.

For choosing among rows that nobody has checked: repeated texts stay, rows without text are left out and counted, and a row may lack its label.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from synlearner.errors import SpecError
from synlearner.records import Origin, Row
from synlearner.stream.settings import missing_file
from synlearner.stream.sources import Place, Record, records
from synlearner.stream.texts import is_blank, is_broken

TEXT, LABEL, ID = "text", "label", "id"
_LISTED = 8


@dataclass(frozen=True, slots=True)
class Pool:
    """Rows, the line (or row number) of each, what was left out by reason, and where they come from."""

    rows: tuple[Row, ...]
    lines: tuple[int, ...]
    skipped: Mapping[str, int]
    place: Place


def read_pool(path: str, *, texts: Sequence[str] = (TEXT,), label: str | None = None, labelled: bool = False, origin: Origin = "real") -> Pool:
    """The rows of a file, a saved data set or a data set on the hub. `label` None: the column "label" where there is one.

    Raises `SpecError` for a missing file or column, for a file without rows, and with `labelled` for a row without label.
    """
    place = Place(path, Path.cwd())
    if not place.on_hub and not place.file.exists():
        raise missing_file(place.file)
    rows, lines, skipped, wanted = [], [], Counter[str](), label or LABEL
    with closing(records(place, [*texts, wanted, ID])) as found:
        for line, record in found:
            _refuse_missing(place, line, record, texts, wanted if label or labelled else "")
            fields = {name: _text(record[name]) for name in texts}
            if bad := [name for name, text in fields.items() if text is None]:
                skipped[f"no text in {bad[0]!r}"] += 1
                continue
            told = _label(record.get(wanted))
            if labelled and not told:
                raise SpecError("the row has no label", "write its label or remove the row", file=str(place), line=line, field=wanted)
            given = record.get(ID)
            rows.append(Row(f"{place.name}#{line}" if given is None or given == "" else str(given), {n: t for n, t in fields.items() if t is not None}, told, origin))
            lines.append(line)
    if not rows:
        raise SpecError("there are no rows" if not skipped else "no row has a text", "put at least one row into it", file=str(place))
    return Pool(tuple(rows), tuple(lines), dict(skipped), place)


def records_at(pool: Pool, places: Sequence[int]) -> dict[int, Record]:
    """The whole records of some of the rows, by place: the source is read again, so that not all of it need be held."""
    wanted = {pool.lines[p]: p for p in places}
    with closing(records(pool.place, _columns(pool))) as found:
        return {wanted[line]: record for line, record in found if line in wanted}


def _columns(pool: Pool) -> list[str]:
    with closing(records(pool.place, ())) as found:
        return [str(name) for name in next(found)[1]]


def _refuse_missing(place: Place, line: int, record: Record, texts: Sequence[str], label: str) -> None:
    """Raise for the first column that is not there; an empty `label` is not looked for."""
    for name in (*texts, *([label] if label else [])):
        if name not in record:
            present = [str(k) for k in record]
            near = get_close_matches(name, present, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            fix = f"{hint}name one of these with {'--text' if name in texts else '--label'}: {', '.join(present[:_LISTED]) or 'none'}"
            raise SpecError(f"there is no column {name!r}", fix, file=str(place), line=line, field=name)


def _text(value: object) -> str | None:
    if not isinstance(value, str) or is_blank(value) or is_broken(value):
        return None
    return value.strip()


def _label(value: object) -> str:
    return "" if value is None else str(value).strip()


def labels_of(rows: Sequence[Row]) -> tuple[str, ...]:
    """The labels that occur, in the order of their first row."""
    return tuple(dict.fromkeys(r.label for r in rows if r.label))


def counted(reasons: Mapping[str, int]) -> Iterator[str]:
    """Reasons with their counts, the most frequent first, in words."""
    for reason, count in sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0])):
        yield f"{count:,} × {reason}"
