"""The published reward of StreamSynth (arXiv 2605.29940) as its code computes it: a comparison arm, never the default.

A weighted sum of label .1, attributes .1, quality .5 and diversity .3, normalised within the drafts of a prompt as GRPO does. The label
counts by its distance in the declared order from the wanted one (0: 1, 1: .6, 2: .25, else 0), although the order of labels may mean
nothing, and it is read where the draft says it, so that echoing earns everything. Diversity is that of the raw answers within the group,
d_i = clip(c · (1 − Σ_j s_ij² / Σ_j s_ij), 0, 1). What their judge called quality is our `Quality`, as no judge is at hand; attributes are
those that can be checked. What cannot be measured counts as nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from synlearner.feedback.hierarchy import groups_of, normalised
from synlearner.feedback.rewards import Attributes, Quality
from synlearner.protocols import Embedder
from synlearner.records import Attempt, Score
from synlearner.stream.tasks import Task

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

WEIGHTS = {"label": 0.1, "attributes": 0.1, "quality": 0.5, "diversity": 0.3}
NEAR = (1.0, 0.6, 0.25)
# Its factor is 3 for reviews and 2 for topics and pairs; the middle stands for tasks that it has not seen.
FACTOR = 2.5


def columns(attempts: Sequence[Attempt], texts: Sequence[str], task: Task, embedder: Embedder) -> dict[str, Values]:
    """The four parts, each (attempts,)."""
    import numpy as np

    groups, vectors = groups_of(attempts), embedder.embed(texts)
    different = np.zeros(len(attempts))
    for g in range(int(groups.max()) + 1 if len(groups) else 0):
        here = groups == g
        different[here] = diversity(vectors[here].astype(np.float64))
    parts = {"attributes": Attributes(task).score(attempts), "quality": Quality(task).score(attempts)}
    measured = {name: np.array([m.value if isinstance(m, Score) else 0.0 for m in found]) for name, found in parts.items()}
    label = np.array([nearness(task.labels, a.prompt.label, said(text, task.target)) for a, text in zip(attempts, texts, strict=True)])
    return {"label": label, **measured, "diversity": different}


def advantages(parts: dict[str, Values], attempts: Sequence[Attempt]) -> Values:
    """(r − mean_g)/(std_g + ε) of the weighted sum; shape (attempts,)."""
    total: Values = sum((weight * parts[name] for name, weight in WEIGHTS.items()), start=0 * parts["label"])
    return normalised(total, groups_of(attempts))


def diversity(vectors: Values) -> Values:
    """d_i of answers that are rows of unit length; the sum runs over all j, the answer itself included."""
    import numpy as np

    s = vectors @ vectors.T
    total = s.sum(axis=1)
    share = np.divide((s * s).sum(axis=1), total, out=np.ones(len(s)), where=np.abs(total) > 1e-9)
    found: Values = (FACTOR * (1 - share)).clip(0, 1)
    return found


def nearness(labels: Sequence[str], wanted: str, found: str) -> float:
    """What the echoed label earns; 0 for one that the task does not have."""
    if wanted not in labels or found not in labels:
        return 0.0
    distance = abs(labels.index(wanted) - labels.index(found))
    return NEAR[distance] if distance < len(NEAR) else 0.0


def said(text: str, target: str) -> str:
    """The label that an answer names itself, "" where it is no JSON object or names none."""
    try:
        record = json.loads(text)
    except ValueError:
        return ""
    return str(record.get(target, "")) if isinstance(record, dict) else ""
