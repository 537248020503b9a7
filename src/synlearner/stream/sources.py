"""A path in; numbered raw records out, one by one: JSONL, CSV, Parquet, saved data sets and the Hugging Face hub.

What a record must contain is not known here. JSONL and CSV are streamed and need the standard library alone; every complaint names
file and line.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from synlearner.errors import SpecError, boundary, first_line
from synlearner.stream.settings import missing_file

Record = Mapping[str, object]
_HUB = "hf://"
_READABLE = ".jsonl, .ndjson, .csv, .tsv, .parquet, a saved data set's folder, or hf://name?split=train"
_CSV_FIELD = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Place:
    """Where rows are: a file, a saved data set's folder, or a name on the hub, with its split."""

    path: str
    folder: Path

    @property
    def on_hub(self) -> bool:
        return self.path.startswith(_HUB)

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.path.partition("?")[2], keep_blank_values=True))

    @property
    def file(self) -> Path:
        """The path on disk; a question mark starts the split unless a file is called so."""
        whole = self.folder / Path(self.path).expanduser()
        return whole if whole.is_file() else self.folder / Path(self.path.partition("?")[0]).expanduser()

    @property
    def name(self) -> str:
        """The name under which rows without ids are numbered."""
        return self.path if self.on_hub else self.file.name

    def __str__(self) -> str:
        return self.path if self.on_hub else str(self.file)


def records(place: Place, columns: Sequence[str]) -> Generator[tuple[int, Record], None, None]:
    """Raw records with their line (JSONL, CSV) or row number, both from 1. `columns` are the ones that will be looked at."""
    if place.on_hub:
        yield from _numbered(_hub(place))
        return
    path = place.file
    if path.is_dir():
        yield from _numbered(_saved(place))
        return
    if not path.is_file():
        raise missing_file(path)
    suffix = path.suffix.casefold()
    if suffix in (".jsonl", ".ndjson"):
        yield from _jsonl(path)
    elif suffix in (".csv", ".tsv"):
        yield from _csv(path, "\t" if suffix == ".tsv" else ",")
    elif suffix == ".parquet":
        yield from _numbered(_parquet(path, columns))
    else:
        raise _unreadable(path, suffix)


def _unreadable(path: Path, suffix: str) -> SpecError:
    fix = "write one JSON object per line and call it .jsonl" if suffix == ".json" else f"use {_READABLE}"
    return SpecError(f"rows cannot be read from {suffix or 'a file without ending'}", fix, file=path)


def _lines(path: Path) -> Generator[str, None, None]:
    """Decoded lines with their line ends; a UTF-8 byte order mark is taken off."""
    with path.open("rb") as stream:
        for number, raw in enumerate(stream, 1):
            line = raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw
            try:
                text = line.decode("utf-8")
            except UnicodeDecodeError as error:
                raise _not_utf8(path, number, raw) from error
            if "\0" in text and number == 1:
                raise _not_utf8(path, number, raw)
            yield text


def _not_utf8(path: Path, number: int, raw: bytes) -> SpecError:
    wide = raw[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in raw
    return SpecError("the file is UTF-16" if wide else "the line is not UTF-8", "save the file as UTF-8", file=path, line=number)


def _jsonl(path: Path) -> Iterator[tuple[int, Record]]:
    with closing(_lines(path)) as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                # Without the line break: a line that ends too early is wrong at its end, not at column 1 of the next one.
                record = json.loads(line.rstrip(), object_pairs_hook=_unique)
            except json.JSONDecodeError as error:
                raise SpecError(f"invalid JSON: {error.msg} at column {error.colno}", _json_fix(line), file=path, line=number) from error
            except _KeyTwiceError as error:
                raise SpecError(f"the key {error.key!r} occurs twice", "keep one of them", file=path, line=number, field=error.key) from error
            except (RecursionError, ValueError) as error:
                reason = "nested too deeply" if isinstance(error, RecursionError) else str(error).partition(";")[0]
                raise SpecError(f"invalid JSON: {reason}", 'write one flat object per line: {"text": "...", "label": "..."}', file=path, line=number) from error
            if not isinstance(record, dict):
                raise SpecError(f"the line is a JSON {_kind(record)}, not an object", 'write {"text": "...", "label": "..."}', file=path, line=number)
            yield number, record


class _KeyTwiceError(ValueError):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        keys = [k for k, _ in pairs]
        raise _KeyTwiceError(next(k for k in keys if keys.count(k) > 1))
    return record


def _json_fix(line: str) -> str:
    if "\ufeff" in line:
        return "remove the byte order mark in this line (files were joined that each began with one)"
    if line.lstrip()[:1] == "[":
        return "write one JSON object per line, without the surrounding list"
    if line.lstrip().startswith("{'"):
        return "use double quotes, as JSON does"
    return "write one complete JSON object on this line"


def _kind(value: object) -> str:
    names = {list: "list", str: "string", bool: "truth value", int: "number", float: "number", type(None): "null"}
    return names[type(value)]


def _csv(path: Path, delimiter: str) -> Iterator[tuple[int, Record]]:
    csv.field_size_limit(max(csv.field_size_limit(), _CSV_FIELD))
    with closing(_lines(path)) as lines:
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        header: list[str] = []
        start = 1
        try:
            for cells in reader:
                number, start = start, reader.line_num + 1
                if not cells:
                    continue
                if not header:
                    header = _header(path, number, cells)
                    continue
                if len(cells) != len(header):
                    raise SpecError(
                        f"{len(cells)} columns, but the header has {len(header)}", "put texts that contain commas or line breaks in double quotes", file=path, line=number
                    )
                yield number, dict(zip(header, cells, strict=True))
        except csv.Error as error:
            raise SpecError(f"invalid CSV: {error}", 'close every quote and write quotes inside texts twice ("")', file=path, line=start) from error


def _header(path: Path, number: int, cells: list[str]) -> list[str]:
    header = [c.strip() for c in cells]
    twice = next((c for c in header if header.count(c) > 1), None)
    if twice is not None:
        raise SpecError(f"the column {twice!r} occurs twice in the header", "rename one of them", file=path, line=number, field=twice)
    return header


def _numbered(rows: Iterator[Record]) -> Iterator[tuple[int, Record]]:
    return enumerate(rows, 1)


def _parquet(path: Path, columns: Sequence[str]) -> Iterator[Record]:
    with boundary("pyarrow", "data"):
        import pyarrow as pa
        import pyarrow.parquet as pq
    try:
        with pq.ParquetFile(path) as table:
            # All names go into a record, so that a complaint about a missing column can list them; only these are read.
            absent = dict.fromkeys(table.schema_arrow.names)
            for batch in table.iter_batches(columns=[c for c in columns if c in table.schema_arrow.names]):
                for record in batch.to_pylist():
                    yield {**absent, **record}
    except pa.ArrowException as error:
        raise SpecError(f"not a readable Parquet file: {first_line(error)}", "write it again, for example with pandas.DataFrame.to_parquet", file=path) from error


def _saved(place: Place) -> Iterator[Record]:
    """A folder that `datasets` wrote with ``save_to_disk``."""
    if not any((place.file / n).is_file() for n in ("state.json", "dataset_dict.json")):
        raise SpecError("the folder is no saved data set", f"use {_READABLE}", file=place.file)
    with boundary("datasets", "data"):
        import datasets
    loaded = datasets.load_from_disk(str(place.file))
    split = place.query.get("split")
    if isinstance(loaded, dict):
        if split not in loaded:
            message = f"the data set has no split {split!r}" if split else "the data set has splits, none is named"
            raise SpecError(message, f"add ?split= with one of: {', '.join(loaded)}", file=place.file)
        loaded = loaded[split]
    return _rows(loaded)


def _hub(place: Place) -> Iterator[Record]:
    name, config, options = _hub_name(place)
    with boundary("datasets", "data"):
        import datasets
    try:
        loaded = datasets.load_dataset(name, config, **options)
    except (OSError, ValueError, datasets.exceptions.DatasetsError) as error:
        message = f"the data set cannot be loaded: {first_line(error)}"
        raise SpecError(message, "check name, config and split, and that the network or the cache has it", file=place.path) from error
    return _rows(loaded)


def _hub_name(place: Place) -> tuple[str, str | None, dict[str, str]]:
    """``hf://[owner/]name[/config]?split=...``: with two parts the first is the owner; `config=` says it plainly."""
    parts = [p for p in place.path.removeprefix(_HUB).partition("?")[0].split("/") if p]
    query = place.query
    unknown = sorted(set(query) - {"split", "config", "revision"})
    if unknown:
        raise SpecError(f"unknown option {unknown[0]!r}", "known options: split, config, revision", file=place.path)
    if not 1 <= len(parts) <= 3 or not query.get("split"):
        raise SpecError("not a complete name of a data set on the hub", "write hf://owner/name?split=train or hf://owner/name/config?split=train", file=place.path)
    config = query.pop("config", None) or (parts[2] if len(parts) == 3 else None)
    return "/".join(parts[:2]), config, query


def _rows(loaded: Any) -> Iterator[Record]:
    """Rows of a `datasets.Dataset`; numbers of class labels become their names."""
    names = {c: f.names for c, f in loaded.features.items() if type(f).__name__ == "ClassLabel"}
    for row in loaded:
        yield {**row, **{c: n[row[c]] for c, n in names.items() if row[c] is not None and row[c] >= 0}}
