"""Small tasks and samples for the tests of this folder."""

from collections.abc import Mapping, Sequence

from synlearner.records import Row, Sample
from synlearner.registry import find
from synlearner.stream.specs import TaskSpec
from synlearner.stream.tasks import Task


def task_of(seeds: Sequence[tuple[str, str]] = (), kind: str = "classification", **spec: object) -> Task:
    """A task with seed rows (label, text); labels are those of the seeds unless given."""
    labels = sorted({label for label, _ in seeds}) or ["good", "bad"]
    full = {"name": "t", "kind": kind, "instruction": "Say how the buyer feels about it.", "labels": labels, "data": {"gold": {"path": "gold.jsonl"}}, **spec}
    rows = tuple(Row(f"s{i}", {"text": text}, label) for i, (label, text) in enumerate(seeds))
    return Task(TaskSpec.model_validate(full), find("kind", kind), rows)


def sample(name: str, text: str | Mapping[str, str], label: str = "good", attributes: Mapping[str, str] | None = None) -> Sample:
    fields = {"text": text} if isinstance(text, str) else dict(text)
    return Sample(name, Row(f"r-{name}", fields, label, "synthetic"), attributes or {})


def gold(name: str, text: str, label: str = "good") -> Row:
    return Row(name, {"text": text}, label, "gold")


GOOD = ("lovely", "great", "works", "perfect", "happy")
BAD = ("broken", "awful", "useless", "refund", "angry")
THINGS = ["kettle", "lamp", "chair", "radio", "jacket", "tent", "pillow", "mixer", "clock", "bag"]


def seeds(per_label: int = 20) -> list[tuple[str, str]]:
    """Seed rows whose words tell the label."""
    out = []
    for i in range(per_label):
        thing, other = THINGS[i % len(THINGS)], THINGS[(3 * i + 1) % len(THINGS)]
        out.append(("good", f"{GOOD[i % 5]} {thing} and {GOOD[(i + 2) % 5]} {other}, number {i}"))
        out.append(("bad", f"{BAD[i % 5]} {thing} and {BAD[(i + 2) % 5]} {other}, number {i}"))
    return out
