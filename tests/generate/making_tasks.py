"""Small tasks for the tests of this folder."""

from collections.abc import Mapping, Sequence

from synlearner.records import Draft, Prompt, Row
from synlearner.registry import find
from synlearner.stream.specs import TaskSpec
from synlearner.stream.tasks import Task


def make_task(labels: Sequence[str] | Mapping[str, str] = ("a", "b"), seeds: Sequence[tuple[str, ...]] = (), kind: str = "classification", **spec: object) -> Task:
    """A task with seed rows (label, text, ...)."""
    found = find("kind", kind)
    full = {
        "name": "t",
        "kind": kind,
        "instruction": "Tell what it is.",
        "labels": labels if isinstance(labels, Mapping) else list(labels),
        "data": {"gold": {"path": "gold.jsonl"}},
        **spec,
    }
    parsed = TaskSpec.model_validate(full)
    fields = parsed.fields or found.fields
    rows = tuple(Row(f"s{i}", dict(zip(fields, texts, strict=True)), label) for i, (label, *texts) in enumerate(seeds))
    return Task(parsed, found, rows)


def make_prompt(task: Task, label: str, attributes: Mapping[str, str] | None = None, user: str = "") -> Prompt:
    return Prompt("p1", task.name, "step", 0, label, attributes or {}, (), task.kind.role, user, 1)


def draft(text: str, turn: int = 0) -> Draft:
    return Draft("p1", turn, text, None, None)
