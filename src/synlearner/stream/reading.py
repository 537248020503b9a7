"""The doors of the stream: a run's TOML in, a `Stream` of loaded and checked tasks out.

Paths are relative to the TOML that names them. Whatever is wrong is one `SpecError` with file, line, field and fix; what is only
unusual is a warning on the stream.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from synlearner.records import Origin
from synlearner.registry import find, names, offered
from synlearner.seeding import derive
from synlearner.stream.kinds import Kind, reader, reads
from synlearner.stream.readiness import refuse_unready
from synlearner.stream.settings import Problem, Settings, combined, dotted, missing_file, read_toml, validate
from synlearner.stream.sources import Place
from synlearner.stream.specs import RunSpec, Source, TaskSpec, folder_of, with_paths
from synlearner.stream.splits import NO_OTHERS, NOTHING, Shape, Split, read_split
from synlearner.stream.tasks import Exam, Stream, Task
from synlearner.stream.texts import is_blank, word_count

_SOCKETS = {
    ("generator", "engine"): "generator",
    ("teacher", "engine"): "generator",
    ("student", "engine"): "student",
    ("feedback", "verifier_engine"): "student",
    ("feedback", "embedder"): "embedder",
    ("explore", "plan"): "plan",
    ("synthesis", "plan"): "plan",
}
_LISTED = 8


@dataclass(frozen=True, slots=True)
class Loaded:
    """A task, its exam, and what is unusual about its data."""

    task: Task
    exam: Exam
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Begun:
    """A task of which only the gold rows are read: those of all tasks must be known before any other row is."""

    settings: Settings
    spec: TaskSpec
    kind: Kind
    shape: Shape
    gold: Split


def load_run(file: str | Path, overrides: Sequence[str] = (), seed: int | None = None) -> RunSpec:
    """The run's specification; `overrides` are ``dotted.key=value`` settings, `seed` replaces the run's."""
    return _load_run(file, overrides, seed)[0]


def load_task(file: str | Path, seed: int) -> tuple[Task, Exam]:
    """A task as the learner sees it, and its exam; `seed` decides what `per_label` keeps."""
    loaded = read_task(file, seed)
    return loaded.task, loaded.exam


def load_stream(file: str | Path, overrides: Sequence[str] = (), seed: int | None = None) -> Stream:
    """The whole stream of a run's TOML, in the order of its tasks. What would keep the run from starting is refused, and nothing is loaded."""
    run, settings = _load_run(file, overrides, seed)
    refuse_unready(run, settings)
    found: dict[str, _Begun] = {}
    for position, path in enumerate(run.tasks):
        task_file = folder_of(file) / Path(path).expanduser()
        if not task_file.is_file():
            raise missing_file(task_file, file=settings.file, field=f"tasks[{position}]", line=settings.line(("tasks", position)))
        begun = _begun(task_file, run.seed)
        if begun.spec.name in found:
            raise settings.error(f"two tasks are called {begun.spec.name!r}", f"rename one: the name in {path}, or remove it from the list", "tasks", position)
        found[begun.spec.name] = begun
    loaded = [_finished(begun, {other: found[other].gold for other in found if other != name}, run.seed) for name, begun in found.items()]
    for one in loaded:
        _refuse_unread(one.task, run, settings)
        _refuse_poolless(one.task, run, settings)
    exams = {one.task.name: one.exam for one in loaded}
    warnings = tuple(w for one in loaded for w in one.warnings)
    return Stream(run, tuple(one.task for one in loaded), exams, str(Path(file).resolve()), warnings, settings)


def _refuse_unread(task: Task, run: RunSpec, settings: Settings) -> None:
    """Refuse a task that no student of the run can read, before anything is written for it."""
    if reader(task.kind, run.student.engine):
        return
    able = [name for name in offered("student") if reads(name, task.kind)]
    fix = f"name one that gives {task.kind.gives}: {', '.join(able)}" if able else f"register a student with gives = ({task.kind.gives!r},), or name one in the kind"
    message = f"the student {run.student.engine!r} cannot read the task {task.name!r}: its kind {task.kind.name!r} wants {task.kind.gives}"
    raise settings.error(message, fix, "student", "engine")


def _refuse_poolless(task: Task, run: RunSpec, settings: Settings) -> None:
    """Refuse rounds around the rows of a pool that a task does not have."""
    if run.rounds.enabled and run.rounds.candidates == "pool" and not task.pool:
        fix = f'add pool = {{ path = "..." }} to [data] of the task {task.name!r}, or choose among "seeds" or "all"'
        raise settings.error(f"rounds shall choose from the pool, but the task {task.name!r} has none", fix, "rounds", "candidates")


def read_task(file: str | Path, seed: int) -> Loaded:
    """A task with its exam and warnings, as if it were alone."""
    return _finished(_begun(file, seed), {}, seed)


def _begun(file: str | Path, seed: int) -> _Begun:
    """The specification and the gold rows."""
    settings = read_toml(file)
    spec = validate(TaskSpec, settings)
    kind = _kind(spec, settings)
    if problems := list(_task_problems(spec, kind)):
        raise combined(settings.file, [Problem(dotted(p), message, fix, settings.line(p)) for p, message, fix in problems])
    shape = Shape(spec.fields or kind.fields, spec.target or kind.target, tuple(spec.labels) if kind.closed else ())
    return _Begun(settings, spec, kind, shape, _split(spec.data.gold, settings, shape, "gold", seed=seed))


def _finished(begun: _Begun, others: Mapping[str, Split], seed: int) -> Loaded:
    """The whole task. No seed, no real row and no row of the pool can be a gold row, be it of this task or of the `others`."""
    settings, spec, kind, shape, gold = begun.settings, begun.spec, begun.kind, begun.shape, begun.gold
    seeds = _split(spec.data.seeds, settings, shape, "seed", seed=seed, gold=gold, others=others)
    real = _split(spec.data.real, settings, shape, "real", seed=seed, gold=gold, others=others)
    pool = _split(spec.data.pool, settings, shape, "pool", seed=seed, gold=gold, others=others, seeds=seeds)
    warnings = tuple(f"{spec.name}: {w}" for w in _warnings(spec, shape, gold, seeds, real, pool))
    return Loaded(Task(spec, kind, seeds.rows, pool.rows), Exam(gold.rows, real.rows), warnings)


def _load_run(file: str | Path, overrides: Sequence[str], seed: int | None) -> tuple[RunSpec, Settings]:
    settings = read_toml(file, overrides)
    if seed is not None:
        settings.values["seed"] = seed
    run = with_paths(validate(RunSpec, settings), folder_of(file))
    for (table, key), socket in _SOCKETS.items():
        spec = getattr(run, table)
        if spec is not None and (name := getattr(spec, key)) not in names(socket):
            raise settings.error(f"there is no {socket} called {name!r}", _close(name, offered(socket)), table, key)
    return run, settings


def _close(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return (f"did you mean {near[0]!r}? " if near else "") + f"known: {', '.join(known)}"


def _kind(spec: TaskSpec, settings: Settings) -> Kind:
    if spec.kind not in names("kind"):
        raise settings.error(f"there is no kind called {spec.kind!r}", _close(spec.kind, names("kind")), "kind")
    kind: Kind = find("kind", spec.kind)
    return kind


_Found = tuple[tuple[str | int, ...], str, str]


def _task_problems(spec: TaskSpec, kind: Kind) -> Iterator[_Found]:
    """Whatever is wrong with a task beyond single values: (place, what, fix)."""
    yield from _kind_problems(kind)
    yield from _field_problems(spec, kind)
    yield from _label_problems(spec, kind)
    yield from _dimension_problems(spec.attributes, ("attributes",))
    for label, dimensions in spec.label_attributes.items():
        if label not in spec.labels:
            yield ("label_attributes", label), f"the label {label!r} is not declared", _close(label, list(spec.labels))
        yield from _dimension_problems(dimensions, ("label_attributes", label))
    if spec.length.min_words > spec.length.max_words:
        yield ("length", "min_words"), f"min_words {spec.length.min_words} is more than max_words {spec.length.max_words}", "exchange them or change one"
    for role, source in _sources(spec):
        yield from _column_problems(source, role, spec.fields or kind.fields, spec.target or kind.target)


def _sources(spec: TaskSpec) -> Iterator[tuple[str, Source]]:
    for role, source in (("gold", spec.data.gold), ("seeds", spec.data.seeds), ("real", spec.data.real), ("pool", spec.data.pool)):
        if source is not None:
            yield role, source


def _kind_problems(kind: Kind) -> Iterator[_Found]:
    for socket, name in (("student", kind.student), ("verifier", kind.verifier)):
        if name and name not in names(socket):
            yield ("kind",), f"the kind {kind.name!r} names a {socket} {name!r} that is not registered", f"register it; known: {', '.join(names(socket)) or 'none'}"


def _field_problems(spec: TaskSpec, kind: Kind) -> Iterator[_Found]:
    fields, target = spec.fields or kind.fields, spec.target or kind.target
    if is_blank(spec.instruction):
        yield ("instruction",), "the instruction is empty", "say in a sentence what the labels tell about a text"
    if kind.fixed is not None and len(fields) != kind.fixed:
        yield ("fields",), f"{len(fields)} fields, but the kind {kind.name!r} has {kind.fixed}", f"name {kind.fixed}, for example {', '.join(kind.fields)}"
    if len(set(fields)) < len(fields) or any(is_blank(f) for f in fields):
        yield ("fields",), "a field is empty or named twice", "give every field its own name"
    if target in fields:
        yield ("target",), f"{target!r} is the key of the label and a field", "give the label another key"


def _label_problems(spec: TaskSpec, kind: Kind) -> Iterator[_Found]:
    if kind.closed and len(spec.labels) < 2:
        yield ("labels",), f"{len(spec.labels)} labels are declared, but the kind {kind.name!r} needs at least 2", "declare them in the table [labels]"
    for label in spec.labels:
        if is_blank(label) or label != label.strip():
            yield ("labels", label), f"the label {label!r} is empty or has white space around it", "write its name alone"


def _dimension_problems(dimensions: Mapping[str, tuple[str, ...]], place: tuple[str, ...]) -> Iterator[_Found]:
    for name, values in dimensions.items():
        twice = [v for v, count in Counter(values).items() if count > 1]
        if is_blank(name):
            yield (*place, name), "an attribute dimension has no name", "name it"
        if not values:
            yield (*place, name), "the dimension has no values", "give it at least one, or remove it"
        if twice:
            yield (*place, name), f"the value {twice[0]!r} is listed twice", "remove one of them"
        if any(is_blank(v) for v in values):
            yield (*place, name), "a value is empty", "write it or remove it"


def _column_problems(source: Source, role: str, fields: Sequence[str], target: str) -> Iterator[_Found]:
    known = [*fields, target, "id"]
    for key in source.columns:
        if key not in known:
            yield ("data", role, "columns", key), f"{key!r} is no field of the record", _close(key, known)


def _split(
    source: Source | None,
    settings: Settings,
    shape: Shape,
    origin: Origin,
    *,
    seed: int,
    gold: Split = NOTHING,
    others: Mapping[str, Split] = NO_OTHERS,
    seeds: Split = NOTHING,
) -> Split:
    if source is None:
        return NOTHING
    key = {"seed": "seeds"}.get(origin, origin)
    place = Place(source.path, folder_of(settings.file))
    if not place.on_hub and not place.file.exists():
        raise missing_file(place.file, file=settings.file, field=f"data.{key}.path", line=settings.line(("data", key, "path")))
    return read_split(source, place, shape, origin=origin, seed=derive(seed, settings.values["name"], origin), gold=gold, others=others, seeds=seeds)


def _warnings(spec: TaskSpec, shape: Shape, gold: Split, seeds: Split, real: Split, pool: Split) -> Iterator[str]:
    """Sentences about what is allowed and should still be known."""
    for role, split in (("gold", gold), ("seed", seeds), ("real", real), ("pool", pool)):
        if split.skipped:
            yield f"{sum(split.skipped.values())} {role} rows were left out ({', '.join(f'{n} {r}' for r, n in sorted(split.skipped.items()))})"
        held = {row.label for row in split.rows}
        absent = [label for label in shape.labels if label not in held]
        if absent and role != "pool" and (split.rows or role == "seed"):
            more = f" and {len(absent) - _LISTED} more" if len(absent) > _LISTED else ""
            yield f"no {role} rows for the label{'s' if len(absent) > 1 else ''} {', '.join(map(repr, absent[:_LISTED]))}{more}"
    odd = [row for row in seeds.rows if not spec.length.min_words <= word_count(*row.fields.values()) <= spec.length.max_words]
    if odd:
        yield f"{len(odd)} seed rows are outside the length of {spec.length.min_words} to {spec.length.max_words} words, the first is {odd[0].id}"
