"""A TOML file and dotted overrides come in; a validated specification goes out, or one error that lists every problem.

Problems name the file, the line of the key, the field, what was found and the fix, in the user's words and never in those of the
validation library.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from synlearner.errors import SpecError

Place = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)

_KEY = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)"""
_DOTTED = re.compile(rf"\s*({_KEY}(?:\s*\.\s*{_KEY})*)\s*=")
_HEADER = re.compile(rf"\s*\[\[?\s*({_KEY}(?:\s*\.\s*{_KEY})*)\s*\]")
_MULTILINE = re.compile(r'"""|\'\'\'')
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a specification: where, what, and what to do."""

    field: str
    message: str
    fix: str
    line: int = 0


@dataclass(frozen=True)
class Settings:
    """A parsed TOML file: its values after overrides and, for messages, the line of each key."""

    file: Path
    values: dict[str, Any]
    lines: Mapping[tuple[str, ...], int]
    set_by_hand: frozenset[tuple[str, ...]] = frozenset()

    def line(self, place: Place) -> int:
        """The line of the innermost key of a place that is written in the file; 0 if none is."""
        keys = tuple(p for p in place if isinstance(p, str))
        if any(keys[: len(k)] == k for k in self.set_by_hand):
            return 0
        return next((self.lines[keys[:n]] for n in range(len(keys), 0, -1) if keys[:n] in self.lines), 0)

    def error(self, message: str, fix: str, *place: str | int) -> SpecError:
        """An error about one place of this file."""
        return SpecError(message, fix, file=self.file, line=self.line(place), field=dotted(place))


def dotted(place: Place) -> str:
    """``("tasks", 0)`` as people write it: ``tasks[0]``."""
    text = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in place)
    return text.removeprefix(".")


def missing_file(path: Path, *, file: str | Path = "", field: str = "", line: int = 0) -> SpecError:
    """The error for a path where nothing is, with the names that come close."""
    near: list[str] = []
    if path.parent.is_dir():
        near = get_close_matches(path.name, sorted(p.name for p in path.parent.iterdir()), n=3, cutoff=0.6)
    else:
        return SpecError(f"there is no folder {path.parent}", "check the path; relative paths start at the file that names them", file=file or path, line=line, field=field)
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "check the path; relative paths start at the file that names them"
    return SpecError(f"there is no file {path}" if file else "there is no such file", hint, file=file or path, line=line, field=field)


def read_toml(file: str | Path, overrides: Sequence[str] = ()) -> Settings:
    """Parse a TOML file and lay ``dotted.key=value`` overrides over it."""
    path = Path(file)
    if not path.is_file():
        if path.is_dir():
            raise SpecError("this is a folder, not a TOML file", "name the TOML inside it", file=path)
        raise missing_file(path)
    text = _decoded(path)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(path, text, error) from error
    by_hand = frozenset(_override(values, o) for o in overrides)
    return Settings(path, values, dict(_key_lines(text)), by_hand)


def _not_toml(path: Path, text: str, error: tomllib.TOMLDecodeError) -> SpecError:
    """The parser's complaint with its line; what is never closed is found where it begins, as the parser only notices at the end."""
    message = re.sub(r"\s*\(at .*\)$", "", str(error))
    line = re.search(r"line (\d+)", str(error))
    begins = _statement(text.split("\n"), int(line[1]) if line else None)
    if line and int(line[1]) == begins:
        return SpecError(f"not valid TOML: {message}", "correct this line; texts need quotes", file=path, line=begins)
    noticed = f"line {line[1]}" if line else "the end of the file"
    fix = "close the list with ], the text with its quotes; texts in a list need quotes, with commas between them"
    return SpecError(f"not valid TOML: what begins here cannot be read on at {noticed}: {message}", fix, file=path, line=begins)


def _statement(lines: Sequence[str], noticed: int | None) -> int:
    """The line where the statement begins that cannot be read: the last one, not after where that was noticed, up to which everything can."""
    return next((number for number in range(noticed or len(lines), 1, -1) if _is_toml("\n".join(lines[: number - 1]))), 1)


def _is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _decoded(path: Path) -> str:
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        kind = "UTF-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "not UTF-8"
        raise SpecError(f"the file is {kind}", "save it as UTF-8", file=path, line=raw[: error.start].count(b"\n") + 1) from error


def _key_lines(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """Each key that begins a line, with its table, and its line."""
    table: tuple[str, ...] = ()
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if not inside:
            if header := _HEADER.match(line):
                table = _parts(header[1])
                yield table, number
            elif key := _DOTTED.match(line):
                yield (*table, *_parts(key[1])), number
        inside ^= len(_MULTILINE.findall(line)) % 2 == 1


def _parts(key: str) -> tuple[str, ...]:
    """A dotted key, quoted or not, as its parts."""
    value: Any = tomllib.loads(f"{key}=0")
    parts: list[str] = []
    while isinstance(value, dict):
        name, value = next(iter(value.items()))
        parts.append(name)
    return tuple(parts)


def _override(values: dict[str, Any], text: str) -> tuple[str, ...]:
    """Lay one override over the values; its key."""
    match = _DOTTED.match(text)
    if not match or "\n" in match[1]:
        raise SpecError(f"{text!r} is not a setting", "write key=value, for example generator.temperature=0.7", field="--set")
    *tables, last = parts = _parts(match[1])
    for table in tables:
        inner = values.setdefault(table, {})
        if not isinstance(inner, dict):
            raise SpecError(f"{table!r} is a single value, so {match[1]!r} cannot be set", f"set {table}=... instead", field="--set")
        values = inner
    values[last] = _value(text[match.end() :].strip())
    return tuple(parts)


def _value(text: str) -> Any:
    """A value as TOML reads it; what TOML cannot read is a text."""
    try:
        parsed = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    return parsed["value"] if len(parsed) == 1 else text


def validate(model: type[Model], settings: Settings) -> Model:
    """The specification, or one `SpecError` with every problem."""
    try:
        return model.model_validate(settings.values)
    except ValidationError as error:
        details = error.errors(include_url=False)
        problems = [_problem(model, settings, d) for d in details if not _follows(d, details)]
    raise combined(settings.file, problems)


def combined(file: str | Path, problems: Sequence[Problem]) -> SpecError:
    """One error for all problems of a file."""
    first = problems[0]
    if len(problems) == 1:
        return SpecError(first.message, first.fix, file=file, line=first.line, field=first.field)
    listed = "\n".join(f"- {f'line {p.line}, ' if p.line else ''}field {p.field!r}: {p.message} (fix: {p.fix})" for p in problems)
    return SpecError(f"{len(problems)} problems\n{listed}", "correct each of them", file=file, line=first.line, field=first.field)


def _follows(detail: ErrorDetails, details: Sequence[ErrorDetails]) -> bool:
    """Whether a problem only follows from another: a list counts as too short because its items are wrong."""
    place = detail["loc"]
    return detail["type"] == "too_short" and any(d["loc"][: len(place)] == place and len(d["loc"]) > len(place) for d in details)


def _problem(model: type[BaseModel], settings: Settings, detail: ErrorDetails) -> Problem:
    place, kind = detail["loc"], detail["type"]
    field = dotted(place)
    # A missing key is in no line; its table may be.
    line = settings.line(place[:-1] if kind == "missing" else place)
    if kind == "extra_forbidden":
        return Problem(field, f"unknown key {str(place[-1])!r}", _known(model, place), line)
    if kind == "missing":
        return Problem(field, f"the key {str(place[-1])!r} is missing", "add it" + (f" to the table [{dotted(place[:-1])}]" if place[:-1] else " above the first [table]"), line)
    context = detail.get("ctx") or {}
    wanted = _WANTED[kind](context) if kind in _WANTED else _in_words(detail["msg"])
    found = context.get("found", detail["input"])
    return Problem(field, f"found {_shown(found)}", f"write {wanted}", line)


def _known(model: type[BaseModel], place: Place) -> str:
    """The fix for an unknown key: the nearest key of its table, or the table that has such a key."""
    key, table = str(place[-1]), _model_at(model, place[:-1])
    if table is None:
        return "remove it"
    keys = list(table.model_fields)
    elsewhere = [f"{name}.{key}" for name in keys if (inner := _model_at(table, (name,))) and key in inner.model_fields]
    near = elsewhere[:1] or get_close_matches(key, keys, n=1)
    hint = f"did you mean {near[0]!r}? " if near else "remove it; "
    return f"{hint}known keys: {', '.join(keys)}"


def _model_at(model: type[BaseModel], place: Place) -> type[BaseModel] | None:
    """The specification class of a table, None where the table's keys are free."""
    for part in place:
        field = model.model_fields.get(str(part))
        if field is None:
            return None
        options = [a for a in (field.annotation, *get_args(field.annotation)) if isinstance(a, type) and issubclass(a, BaseModel)]
        if not options:
            return None
        model = options[0]
    return model


def _shown(value: object) -> str:
    """A value as TOML writes it, shortened."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = str(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _in_words(message: str) -> str:
    """A message of the validation library without its manner of speaking."""
    for phrase in ("Input should be ", "Value should be ", "Value error, "):
        message = message.removeprefix(phrase)
    return message.replace("Input should", "a value that should").replace("Tuple", "list")


_Wanted = Callable[[Mapping[str, Any]], str]


def _fixed(text: str) -> _Wanted:
    return lambda _: text


_WANTED: dict[str, _Wanted] = {
    "string_type": _fixed('a text in quotes, "like this"'),
    "int_type": _fixed("a whole number"),
    "int_parsing": _fixed("a whole number"),
    "int_from_float": _fixed("a whole number"),
    "float_type": _fixed("a number"),
    "float_parsing": _fixed("a number"),
    "finite_number": _fixed("a finite number"),
    "bool_type": _fixed("true or false"),
    "bool_parsing": _fixed("true or false"),
    "tuple_type": _fixed('a list in brackets, ["like", "this"]'),
    "dict_type": _fixed("a table of names and values"),
    "mapping_type": _fixed("a table of names and values"),
    "model_type": _fixed("a table of keys and values"),
    "text_wanted": _fixed('texts in quotes, ["like", "this"]'),
    "text_twice": _fixed("each label once"),
    "criterion_taken": _fixed('a name other than "critique", which a judge writes before its scores'),
    "not_a_switch": _fixed("a value other than true or false"),
    "string_too_short": lambda c: f"a text of at least {c['min_length']} character{'s' if c['min_length'] != 1 else ''}",
    "too_short": lambda c: f"a list of at least {c['min_length']} item{'s' if c['min_length'] != 1 else ''}",
    "greater_than_equal": lambda c: f"a number of at least {c['ge']:g}",
    "greater_than": lambda c: f"a number above {c['gt']:g}",
    "less_than_equal": lambda c: f"a number of at most {c['le']:g}",
    "less_than": lambda c: f"a number below {c['lt']:g}",
    "literal_error": lambda c: str(c["expected"]).replace("'", '"'),
    # The only patterns are those of names.
    "string_pattern_mismatch": _fixed("a name of at most 64 letters, digits, '-' and '_' that begins with a letter or digit"),
}
