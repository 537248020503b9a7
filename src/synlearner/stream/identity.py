"""What makes a run the same run: the key that a ledger belongs to, and the resolved specification that is kept with the results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from synlearner.records import Row
from synlearner.seeding import content_hash
from synlearner.stream.kinds import reader
from synlearner.stream.specs import MODEL_PATHS, RunSpec
from synlearner.stream.tasks import Stream

# Who is asked where, and how patiently: the model and its sampling say what is written, and the engine's identity names them in every step.
_SENDING: dict[str, Any] = {
    **dict.fromkeys(("base_url", "api_key_env", "concurrency", "retries", "timeout", "device"), True),
    "options": {"path", "headers_env", "backoff"},
}
# How to run, not what to make: these may differ between a run and its continuation.
NOT_IDENTITY: dict[str, Any] = {"budget": True, "tasks": True, "generator": _SENDING, "teacher": _SENDING}


def rows_hash(rows: Sequence[Row]) -> str:
    """Content hash of rows: fields and labels, in order."""
    return content_hash([[dict(r.fields), r.label] for r in rows])


def stream_key(stream: Stream) -> str:
    """Content hash of settings, tasks, seeds and gold; paths, the budget and the addresses of servers are not part of it."""
    exams = [[rows_hash(stream.exams[t.name].gold), rows_hash(stream.exams[t.name].real)] for t in stream.tasks]
    spec = _named(stream.run).model_dump(mode="json", exclude=NOT_IDENTITY)
    return content_hash([spec, [t.key for t in stream.tasks], exams])


def _named(run: RunSpec) -> RunSpec:
    """The run with its models' folders by their names: where they lie is not what makes a run, and their content is in the key of every step."""
    for table, key in MODEL_PATHS:
        settings = getattr(run, table)
        path = Path(getattr(settings, key, ""))
        if path.is_absolute():
            run = run.model_copy(update={table: settings.model_copy(update={key: path.name})})
    return run


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
        "kind": task.kind.name,
        "student": reader(task.kind, stream.run.student.engine),
        "instruction": spec.instruction,
        "labels": list(task.labels),
        "definitions": dict(spec.labels),
        "fields": list(task.fields),
        "target": task.target,
        "language": spec.language,
        "licence": spec.licence,
        "seeds": len(task.seeds),
        "gold": len(exam.gold),
        "real": len(exam.real),
    }
