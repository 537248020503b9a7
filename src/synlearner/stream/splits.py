"""Raw records in; the rows of one split of a task (seeds, gold, real) out, each of them checked.

A row that cannot be used is an error with file, line, field and fix, or is left out and counted where its source says
``unusable = "skip"``. Seeds, real rows and those of a pool are checked against the gold rows of every task, which are read first. Rows of a pool may lack their labels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from difflib import get_close_matches
from hashlib import blake2b
from random import Random

from synlearner.errors import SpecError
from synlearner.records import Origin, Row
from synlearner.seeding import rng
from synlearner.stream.sources import Place, Record, records
from synlearner.stream.specs import Source
from synlearner.stream.texts import is_blank, is_broken, match_label, normal_text, plain_text

_ID = "id"
# Rows of a pool are called so, as a pool's own ids are often those of the seeds that were taken from it.
POOL = "pool:"
# How rows without a label are written: data sets of the hub have -1 for it.
_NO_LABEL = (None, "", -1)
# A pool holds the seeds that were chosen from it: they are left out, which is counted, and are no mistake.
_SEED = "also seed rows"
_SKIP = 'or set unusable = "skip" for this source'
_LISTED = 8


@dataclass(frozen=True, slots=True)
class Shape:
    """What a task wants of a row: its fields, the key of its label, and the declared labels (none: any text)."""

    fields: tuple[str, ...]
    target: str
    labels: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        return (*self.fields, self.target)


@dataclass(frozen=True, slots=True)
class Split:
    """Rows in the order of their source, the line of each text (by `plain_print`), and what was left out, by reason."""

    rows: tuple[Row, ...]
    source: str
    lines: Mapping[bytes, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)


NOTHING = Split((), "")
NO_OTHERS: Mapping[str, Split] = {}


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why a record is no row: a word for the count, then what a person is told."""

    reason: str
    message: str
    fix: str
    field: str


def read_split(
    source: Source, place: Place, shape: Shape, *, origin: Origin, seed: int, gold: Split = NOTHING, others: Mapping[str, Split] = NO_OTHERS, seeds: Split = NOTHING
) -> Split:
    """Read, check and sample one split. Raises `SpecError` at the first unusable row, unless the source skips them.

    `gold` are the task's own gold rows, `others` those of the stream's other tasks by name, `seeds` the seed rows, which a pool has no second time.
    """
    names = {key: source.columns.get(key, key) for key in (*shape.keys, _ID)}
    keeper = _Keeper(source.per_label, seed, place.name)
    reader = _Reader(shape, names, place.name, origin, _Golds(gold, others), seeds, unlabelled=origin == "pool" and shape.target not in source.columns)
    with closing(records(place, list(names.values()))) as found_records:
        for line, record in found_records:
            found = reader.read(line, record)
            if isinstance(found, Row):
                keeper.offer(line, found)
            elif found.reason != _SEED and (source.unusable == "refuse" or found.reason == "missing column"):
                fix = found.fix if found.reason == "missing column" else f"{found.fix}, {_SKIP}"
                raise SpecError(found.message, fix, file=str(place), line=line, field=found.field)
    kept = [(line, row) for line, row in keeper.rows() if line not in reader.contradicted]
    if not kept:
        raise SpecError("there are no rows" if not reader.skipped else f"no row can be used ({_listed(reader.skipped)})", "put at least one row into it", file=str(place))
    lines = {plain_print(row, shape.fields): line for line, row in kept}
    return Split(tuple(row for _, row in kept), str(place), lines, dict(reader.skipped))


def print_of(row: Row, fields: Sequence[str]) -> bytes:
    """Eight bytes for a row's text up to case and white space."""
    return _hashed(normal_text(*(row.fields[f] for f in fields)))


def plain_print(row: Row, fields: Sequence[str]) -> bytes:
    """Eight bytes for a row's text up to case, white space and punctuation."""
    return _hashed(plain_text(*(row.fields[f] for f in fields)))


def _hashed(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=8).digest()


@dataclass(frozen=True, slots=True)
class _Golds:
    """Every gold row of the stream: the task's own ones and those of the other tasks."""

    own: Split
    others: Mapping[str, Split]

    def told(self, row: Row, fields: Sequence[str]) -> str:
        """Which gold row has this text, in words, or ""."""
        if not (self.own.lines or self.others):
            return ""
        text = plain_print(row, fields)
        if text in self.own.lines:
            return f"a gold row: {self.own.source}:{self.own.lines[text]}"
        return next((f"a gold row of the task {task!r}: {split.source}:{split.lines[text]}" for task, split in self.others.items() if text in split.lines), "")


def _listed(skipped: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in sorted(skipped.items()))


class _Reader:
    """Turns records into rows and remembers texts and ids, so that the second of two is noticed."""

    def __init__(self, shape: Shape, names: Mapping[str, str], source: str, origin: Origin, golds: _Golds, seeds: Split, *, unlabelled: bool) -> None:
        """`unlabelled`: there may be no column of labels at all."""
        self.shape, self.names, self.source, self.origin, self.golds, self.seeds = shape, names, source, origin, golds, seeds
        self.wanted = shape.fields if unlabelled else shape.keys
        self.seen: dict[bytes, tuple[int, str]] = {}
        self.ids: dict[str, int] = {}
        self.contradicted: set[int] = set()
        self.skipped: Counter[str] = Counter()

    def read(self, line: int, record: Record) -> Row | Unusable:
        """The row of a record, or why there is none."""
        fields = self._fields(record)
        found = fields if isinstance(fields, Unusable) else self._row(line, record, fields)
        if isinstance(found, Row):
            found = self._repeated(line, found) or found
        if isinstance(found, Unusable):
            self.skipped[found.reason] += 1
        return found

    def _fields(self, record: Record) -> dict[str, str] | Unusable:
        fields: dict[str, str] = {}
        for key in self.wanted:
            if self.names[key] not in record:
                return self._no_column(key, record)
        for key in self.shape.fields:
            column = self.names[key]
            value = record[column]
            if not isinstance(value, str) or is_blank(value):
                return _no_text(column, value)
            if is_broken(value):
                return Unusable("broken", "the text holds half of a character (a lone surrogate)", "write the whole character", column)
            fields[key] = value.strip()
        return fields

    def _no_column(self, key: str, record: Record) -> Unusable:
        column, present = self.names[key], [str(k) for k in record]
        near = get_close_matches(column, present, n=1)
        hint = f'did you mean {near[0]!r}? set columns = {{ {key} = "{near[0]}" }}' if near else f'name the column: columns = {{ {key} = "..." }}'
        if len(present) == 1 and any(s in present[0] for s in ";\t|"):
            hint = "separate the columns with commas; this file seems to use another sign"
        return Unusable("missing column", f"there is no column {column!r}; found: {', '.join(present[:_LISTED]) or 'none'}", hint, column)

    def _row(self, line: int, record: Record, fields: dict[str, str]) -> Row | Unusable:
        column = self.names[self.shape.target]
        told = record.get(column)
        label = "" if self.origin == "pool" and told in _NO_LABEL and str(told) not in self.shape.labels else _label(told, self.shape, column)
        if isinstance(label, Unusable):
            return label
        given = record.get(self.names[_ID])
        name = f"{self.source}#{line}" if given is None or given == "" else str(given)
        return Row(f"{POOL}{name}" if self.origin == "pool" else name, fields, label, self.origin)

    def _repeated(self, line: int, row: Row) -> Unusable | None:
        text, where = print_of(row, self.shape.fields), self.names[self.shape.fields[0]]
        if told := self.golds.told(row, self.shape.fields):
            return Unusable("gold", f"the text is also {told}", f"remove it from the gold rows or from the {self.origin} rows", where)
        if self.seeds.lines and plain_print(row, self.shape.fields) in self.seeds.lines:
            return Unusable(_SEED, "the text is also a seed row", "remove it", where)
        if text in self.seen:
            return self._second(line, row, *self.seen[text], where)
        if row.id in self.ids:
            return Unusable("duplicate", f"the id {row.id!r} is also in line {self.ids[row.id]}", "give every row its own id", self.names[_ID])
        self.seen[text], self.ids[row.id] = (line, row.label), line
        return None

    def _second(self, line: int, row: Row, earlier: int, label: str, where: str) -> Unusable:
        if label == row.label or not label or not row.label:
            return Unusable("duplicate", f"the row is a duplicate of line {earlier}", "remove one of them", where)
        # Which of the two labels is right is not ours to say: with "skip", both rows go.
        if earlier not in self.contradicted:
            self.contradicted.add(earlier)
            self.skipped["contradicted"] += 1
        return Unusable("contradicted", f"lines {earlier} and {line} have the same text, but the labels {label!r} and {row.label!r}", "keep the right one", where)


def _no_text(column: str, value: object) -> Unusable:
    if value is None:
        return Unusable("empty", "the text is null", "write the text or remove the row", column)
    if isinstance(value, str):
        return Unusable("empty", "the text is empty", "write the text or remove the row", column)
    return Unusable("no text", f"found {value!r:.60}, not a text", "write it in quotes", column)


def _label(value: object, shape: Shape, column: str) -> str | Unusable:
    if value is None or value == "":
        return Unusable("unlabelled", "the row has no label", "write its label or remove the row", column)
    if shape.labels:
        label = match_label(value, shape.labels)
        return label if label is not None else _undeclared(value, shape.labels, column)
    if not isinstance(value, str) or is_blank(value):
        return _no_text(column, value)
    return value.strip()


def _undeclared(value: object, labels: Sequence[str], column: str) -> Unusable:
    folded = {label.strip().casefold(): label for label in labels}
    near = get_close_matches(str(value).strip().casefold(), list(folded), n=1)
    hint = f"did you mean {folded[near[0]]!r}? " if near else ""
    shown = ", ".join(map(repr, labels[:_LISTED])) + (f" and {len(labels) - _LISTED} more" if len(labels) > _LISTED else "")
    return Unusable("undeclared label", f"the label {value!r:.80} is not declared", f"{hint}declared: {shown}; correct the label or declare it", column)


class _Keeper:
    """Keeps all rows, or a fair sample of each label's rows while they pass by (reservoir sampling)."""

    def __init__(self, per_label: int | None, seed: int, source: str) -> None:
        self.per_label, self.seed, self.source = per_label, seed, source
        self.kept: dict[str, list[tuple[int, Row]]] = {}
        self.offered: Counter[str] = Counter()
        self.random: dict[str, Random] = {}

    def offer(self, line: int, row: Row) -> None:
        kept = self.kept.setdefault(row.label, [])
        self.offered[row.label] += 1
        if self.per_label is None or len(kept) < self.per_label:
            kept.append((line, row))
            return
        draws = self.random.setdefault(row.label, rng(self.seed, "per_label", self.source, row.label))
        place = draws.randrange(self.offered[row.label])
        if place < self.per_label:
            kept[place] = (line, row)

    def rows(self) -> list[tuple[int, Row]]:
        return sorted((pair for kept in self.kept.values() for pair in kept), key=lambda pair: pair[0])
