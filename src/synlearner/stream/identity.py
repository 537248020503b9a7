"""What makes a run the same run: the key that a ledger belongs to, and the resolved specification that is kept with the results.

A run may get further tasks: `difference` tells whether a stream is the kept one with or without tasks behind its last.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from synlearner.records import Row
from synlearner.seeding import content_hash
from synlearner.stream.kinds import reader
from synlearner.stream.specs import MODEL_PATHS, RunSpec
from synlearner.stream.tasks import Stream

# Who is asked where, and how patiently: the model and its sampling say what is written, and the engine's identity names them in every step.
_SENDING: dict[str, Any] = {
    **dict.fromkeys(("base_url", "api_key_env", "concurrency", "retries", "timeout", "device"), True),
    "options": {"path", "headers_env", "backoff", "requests_per_minute", "tokens_per_minute", "hedge", "run_timeout", "patience", "endpoints", "adaptive", "ca_file"},
}
# How to run, not what to make: these may differ between a run and its continuation.
NOT_IDENTITY: dict[str, Any] = {
    "budget": True,
    "tasks": True,
    "report_to": True,
    "generator": _SENDING,
    "teacher": _SENDING,
    "memory": {"path"},
    "judge": {"people": True, "by": {"__all__": _SENDING}},
}


def rows_hash(rows: Sequence[Row]) -> str:
    """Content hash of rows: fields and labels, in order."""
    return content_hash([[dict(r.fields), r.label] for r in rows])


def stream_key(stream: Stream) -> str:
    """Content hash of settings, tasks, seeds and gold; paths, the budget and the addresses of servers are not part of it."""
    return _key(settings_of(stream.run), stream, len(stream.tasks))


def _key(settings: Mapping[str, Any], stream: Stream, tasks: int) -> str:
    exams = [[rows_hash(stream.exams[t.name].gold), rows_hash(stream.exams[t.name].real)] for t in stream.tasks[:tasks]]
    return content_hash([settings, [t.key for t in stream.tasks[:tasks]], exams])


def settings_of(run: RunSpec) -> dict[str, Any]:
    """The settings that decide what is made."""
    return _named(run).model_dump(mode="json", exclude=NOT_IDENTITY)


def _named(run: RunSpec) -> RunSpec:
    """The run with its models' folders by their names: where they lie is not what makes a run, and their content is in the key of every step."""
    for table, key in MODEL_PATHS:
        settings = getattr(run, table)
        path = Path(getattr(settings, key, ""))
        if path.is_absolute():
            run = run.model_copy(update={table: settings.model_copy(update={key: path.name})})
    judges = tuple(j.model_copy(update={k: Path(v).name for k in ("model", "adapter") if Path(v := getattr(j, k)).is_absolute()}) for j in run.judge.by)
    return run.model_copy(update={"judge": run.judge.model_copy(update={"by": judges})})


def resolved(stream: Stream) -> dict[str, Any]:
    """The run with every default filled in, its paths absolute, and a description of each task; `run` re-runs when saved as TOML anywhere."""
    folder = Path(stream.file).resolve().parent
    run = stream.run.model_dump(mode="json", exclude_none=True)
    run["tasks"] = [str((folder / t).resolve()) for t in stream.run.tasks]
    return {"run": run, "tasks": [_described(stream, i) for i in range(len(stream.tasks))], "file": str(Path(stream.file).resolve())}


def as_toml(settings: Mapping[str, Any]) -> str:
    """Resolved settings as TOML, as they are: a run that runs again on the same machine."""
    import tomli_w

    return tomli_w.dumps(_filled(settings))


def _filled(value: Any) -> Any:
    """TOML has no null: what is null is left out."""
    if isinstance(value, Mapping):
        return {k: _filled(v) for k, v in value.items() if v is not None}
    return [_filled(v) for v in value if v is not None] if isinstance(value, list | tuple) else value


def _described(stream: Stream, i: int) -> dict[str, Any]:
    task = stream.tasks[i]
    exam, spec = stream.exams[task.name], task.spec
    return {
        "name": task.name,
        "hashes": hashes(stream, i),
        "kind": task.kind.name,
        "student": reader(task.kind, stream.run.student.engine),
        "instruction": spec.instruction,
        "labels": list(task.labels),
        "definitions": dict(spec.labels),
        "fields": list(task.fields),
        "target": task.target,
        "rubric": dict(spec.rubric),
        "language": spec.language,
        "licence": spec.licence,
        "seeds": len(task.seeds),
        "gold": len(exam.gold),
        "real": len(exam.real),
        "pool": len(task.pool),
    }


def hashes(stream: Stream, i: int) -> dict[str, str]:
    """Content of a task by part; `specification` is all of its TOML but the paths."""
    task = stream.tasks[i]
    exam = stream.exams[task.name]
    rows = {"seed": task.seeds, "gold": exam.gold, "real": exam.real, "pool": task.pool}
    return {"specification": replace(task, seeds=(), pool=()).key, **{f"{name} rows": rows_hash(some) for name, some in rows.items()}, "task": task.key}


# ── another run, or the same one with further tasks ─────────────────────


def difference(key: str, kept: Mapping[str, Any], stream: Stream) -> tuple[str, str] | None:
    """The first thing that keeps a stream from being the run that is kept under `key`, with or without further tasks, and what to do.

    None where there is nothing. Settings that a newer version knows and the kept run does not must have their defaults.
    """
    try:
        settings = RunSpec.model_validate(kept["run"])
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"]))
        return f"its setting {place} is none that this version takes", "choose another --out, or continue it with the version that began it"
    if unlike := _first_unlike(settings_of(settings), settings_of(stream.run)):
        place, old, new = unlike
        return f"the setting {place} was {_shown(old)} and is now {_shown(new)}", f"set {place} back, or choose another --out"
    return _other_tasks(kept["tasks"], stream) or _other_content(key, kept, stream) or _all_at_once(kept, stream)


def _first_unlike(old: Any, new: Any, place: str = "") -> tuple[str, Any, Any] | None:
    """The place of the first value that is not the same, with both values; None where all are."""
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return None if old == new else (place, old, new)
    inner = ((f"{place}.{name}".removeprefix("."), old.get(name), new.get(name)) for name in {**old, **new})
    return next((found for where, a, b in inner if (found := _first_unlike(a, b, where))), None)


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:80]}…"


def _other_tasks(kept: Sequence[Mapping[str, Any]], stream: Stream) -> tuple[str, str] | None:
    """The first position at which another task stands."""
    names = [t.name for t in stream.tasks]
    fix = "keep the tasks of the run in their order and write new ones behind them, or choose another --out"
    for i, task in enumerate(kept):
        if i >= len(names):
            return f"task {i + 1}, {task['name']!r}, is no longer in the list", fix
        if names[i] != task["name"]:
            return f"task {i + 1} was {task['name']!r} and is now {names[i]!r}", fix
    return None


def _other_content(key: str, kept: Mapping[str, Any], stream: Stream) -> tuple[str, str] | None:
    """The first task that is not what it was."""
    fix = "restore it, or choose another --out; a changed task under a new name may stand behind the others"
    for i, task in enumerate(kept["tasks"]):
        now, was = hashes(stream, i), task.get("hashes") or {}
        if part := next((p for p in was if was[p] != now[p]), ""):
            return f"the {part} of task {i + 1}, {task['name']!r}, changed", fix
    if all(task.get("hashes") for task in kept["tasks"]):
        return None
    # Older run folders have one hash for everything.
    settings = _as_far(settings_of(stream.run), kept["run"])
    return None if _key(settings, stream, len(kept["tasks"])) == key else ("a task's specification, seed rows, gold rows or real rows changed", fix)


def _all_at_once(kept: Mapping[str, Any], stream: Stream) -> tuple[str, str] | None:
    """What learns all tasks at once has no tasks that come later."""
    if stream.run.experience.history == "joint" and len(stream.tasks) > len(kept["tasks"]):
        return 'it learnt all tasks at once (experience.history = "joint"), and further tasks would change what it learnt', "choose another --out"
    return None


def _as_far(settings: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that the kept run knew. What is null was not kept."""
    known = {name: value for name, value in settings.items() if name in kept or value is None}
    return {name: _as_far(value, kept[name]) if isinstance(value, Mapping) and isinstance(kept.get(name), Mapping) else value for name, value in known.items()}
