"""Fingerprints of tasks: what the learner may see of a task comes in, a unit vector goes out. Tasks are as similar as the cosine of theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from synlearner.protocols import Embedder
from synlearner.stream.tasks import Task

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]

STEP = "fingerprint"


def fingerprint(task: Task, embedder: Embedder) -> Vector:
    """The unit vector of a task, shape (width,): the mean direction of its instruction, of its labels with their definitions, and of its
    seed texts, each part weighing the same. Parts that a task does not have are left out. Gold and real rows have no part in it.
    """
    labels = [f"{label}: {meaning}" if meaning else label for label, meaning in task.spec.labels.items()]
    parts = ([task.spec.instruction], labels, sorted(r.text for r in task.seeds))
    return _unit(sum(_direction(embedder, texts) for texts in parts if texts))


def _direction(embedder: Embedder, texts: list[str]) -> Vector:
    """The direction of the mean of the texts' vectors."""
    import numpy as np

    return _unit(np.asarray(embedder.embed(texts), dtype=np.float64).mean(axis=0))


def _unit(vector: object) -> Vector:
    """At length one; the zero vector, of texts without a feature, stays."""
    import numpy as np

    found = np.asarray(vector, dtype=np.float64)
    length = float(np.linalg.norm(found))
    return found / length if length else found


def similarity(one: Vector, other: Vector) -> float:
    """Cosine of two fingerprints, in -1..1."""
    return max(-1.0, min(1.0, float(one @ other)))


def similarities(new: Vector, old: Mapping[str, Vector]) -> dict[str, float]:
    """How similar each earlier task is to a new one, by name."""
    return {name: similarity(new, vector) for name, vector in old.items()}
