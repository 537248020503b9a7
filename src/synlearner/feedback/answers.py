"""Acquisition functions of what a student says of a row: probabilities, tokens, answers, and how members of a committee differ."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

from synlearner.feedback import last_layer
from synlearner.feedback.acquisition import CannotTellError, Found, Function, Means, labelled, lacks, unlabelled
from synlearner.feedback.last_layer import NO_LABEL
from synlearner.protocols import Acquisition, Doubting, Embedder, FittedAnswers, Learner, Speaking
from synlearner.records import Row
from synlearner.stream.texts import normal_text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

# Answers whose cosine is at least this say the same.
SAME = 0.8


def loss(_: Means) -> Acquisition:
    """Negative log-likelihood of the label or answer given the text, per token."""
    return Function("loss", "loss", _loss)


def confidence(_: Means) -> Acquisition:
    """1 − the margin between the two most likely labels, or tokens of the student's own answer."""
    return Function("confidence", "confidence", lambda rows, student: (1 - _margins(rows, student), {}), (0.0, 1.0))


def confidence_reference(_: Means) -> Acquisition:
    """clip(1/margin, 0, 2) as published: never below 1, and 2 for every margin up to a half."""
    import numpy as np

    def compute(rows: Sequence[Row], student: Learner | None) -> Found:
        return np.clip(1 / np.maximum(_margins(rows, student), 1e-12), 0, 2), {}

    return Function("confidence:reference", "confidence:reference", compute, (0.0, 2.0))


def entropy(_: Means) -> Acquisition:
    """Entropy over the labels, or the mean over the tokens of the student's own answer; in nats."""

    def compute(rows: Sequence[Row], student: Learner | None) -> Found:
        if isinstance(student, Speaking):
            return student.doubts(rows)[1], {}
        return entropies(labelled(student).proba(rows)), {}

    return Function("entropy", "entropy", compute)


def wrong_answer(means: Means) -> Acquisition:
    """1 where the student is wrong, 0 where it is right (LLM2LLM, arXiv 2403.15042)."""
    import numpy as np

    def compute(rows: Sequence[Row], student: Learner | None) -> Found:
        if getattr(student, "labels", ()):
            table, own, reasons = _own(rows, student)
            return np.where(own >= 0, (table.argmax(axis=1) != own).astype(np.float64), np.nan), reasons
        answers = _answering(student).answer(rows)
        values = [float(not means.match(a, r.label)) if r.label else np.nan for a, r in zip(answers, rows, strict=True)]
        return values, {i: NO_LABEL for i, r in enumerate(rows) if not r.label}

    return Function("wrong-answer", "wrong-answer", compute, (0.0, 1.0))


def learnability(means: Means) -> Acquisition:
    """4p(1 − p), p the share of right answers: of a classifier its probability of the label, of a language model the rate over `tries` answers."""
    import numpy as np

    def compute(rows: Sequence[Row], student: Learner | None) -> Found:
        if isinstance(student, Speaking) and not getattr(student, "labels", ()):
            said = student.tries(rows, means.tries, means.seed)
            p = np.array([np.mean([means.match(a, r.label) for a in s]) if r.label else np.nan for s, r in zip(said, rows, strict=True)])
            return 4 * p * (1 - p), {i: NO_LABEL for i, r in enumerate(rows) if not r.label}
        table, own, reasons = _own(rows, student)
        p = np.where(own >= 0, table[np.arange(len(rows)), own], np.nan)
        return 4 * p * (1 - p), reasons

    return Function("learnability", f"learnability, {means.tries} tries, seed {means.seed}", compute, (0.0, 1.0))


def answer_variance(means: Means) -> Acquisition:
    """How much a student's answers differ: entropy of the shares of equal answers among k, over log k. A classifier's answers are its committee's."""
    return Function("answer-variance", _tried("answer-variance", means), lambda rows, student: (_spread(rows, student, means, _normal_entropy), {}), (0.0, 1.0))


def answer_variance_reference(means: Means) -> Acquisition:
    """The number of different answers over k, as published."""
    name = "answer-variance:reference"
    return Function(name, _tried(name, means), lambda rows, student: (_spread(rows, student, means, lambda counts: len(counts) / sum(counts)), {}), (0.0, 1.0))


def bald(_: Means) -> Acquisition:
    """What an answer would tell about the student's weights: entropy of a committee's mean − mean entropy of its members (arXiv 1112.5745); in nats."""
    import numpy as np

    def compute(rows: Sequence[Row], student: Learner | None) -> Found:
        total, doubt, members = np.zeros((1, 1)), np.zeros(len(rows)), 0
        for table in _doubting(student).committee(rows):
            total, doubt, members = total + table, doubt + entropies(table), members + 1
        return np.maximum(entropies(total / members) - doubt / members, 0), {}

    return Function("bald", "bald", compute)


# -- what a student is asked -----------------------------------------------------------------------------------------------------


def _loss(rows: Sequence[Row], student: Learner | None) -> Found:
    import numpy as np

    if isinstance(student, Speaking):
        return student.losses(rows), unlabelled(rows)
    table, own, reasons = _own(rows, student)
    with np.errstate(divide="ignore"):
        return np.where(own >= 0, -np.log(table[np.arange(len(rows)), own]), np.nan), reasons


def _own(rows: Sequence[Row], student: Learner | None) -> tuple[Values, Any, dict[int, str]]:
    """Probabilities (rows, labels), each row's own column (-1 where the student cannot speak of its label), and why it cannot."""
    import numpy as np

    fitted = labelled(student)
    table, place = fitted.proba(rows), {label: i for i, label in enumerate(fitted.labels)}
    own = np.array([place.get(r.label, -1) for r in rows])
    own[table[np.arange(len(rows)), own] <= 0] = -1
    return table, own, {i: last_layer.unknown(rows[i]) for i in np.flatnonzero(own < 0).tolist()}


def _margins(rows: Sequence[Row], student: Learner | None) -> Values:
    import numpy as np

    if isinstance(student, Speaking):
        return student.doubts(rows)[0]
    table = labelled(student).proba(rows)
    if table.shape[1] < 2:
        raise CannotTellError("a margin needs at least two labels")
    top = np.partition(table, table.shape[1] - 2, axis=1)[:, -2:]
    margins: Values = top[:, 1] - top[:, 0]
    return margins


def entropies(table: Values) -> Values:
    """Entropy of each row of probabilities, in nats."""
    import numpy as np

    logs = np.log(table, out=np.zeros_like(table), where=table > 0)
    found: Values = -np.einsum("ij,ij->i", table, logs)
    return np.maximum(found, 0)


def _spread(rows: Sequence[Row], student: Learner | None, means: Means, measure: Callable[[Sequence[int]], float]) -> Sequence[float]:
    """A measure of how many of a student's answers to each row are alike."""
    import numpy as np

    if isinstance(student, Speaking):
        return [measure(_alike(answers, means.embedder)) for answers in student.tries(rows, means.tries, means.seed)]
    votes = np.stack([table.argmax(axis=1) for table in _doubting(student).committee(rows)], axis=1)
    patterns, place = np.unique(np.sort(votes, axis=1), axis=0, return_inverse=True)
    values = [measure(np.unique(pattern, return_counts=True)[1].tolist()) for pattern in patterns]
    return [values[i] for i in place.ravel().tolist()]


def _alike(answers: Sequence[str], embedder: Embedder | None) -> list[int]:
    """Sizes of groups of answers: those equal up to case and white space, or with an embedder those that a chain of similar ones connects."""
    import numpy as np

    texts = [normal_text(a) for a in answers]
    different = sorted(set(texts))
    if embedder is None or len(different) == 1:
        return [texts.count(t) for t in different]
    from scipy.sparse.csgraph import connected_components

    vectors = embedder.embed(different)
    _, group = connected_components((vectors @ vectors.T >= SAME) | np.eye(len(different), dtype=bool), directed=False)
    return [int(size) for size in np.bincount(group, weights=[texts.count(t) for t in different])]


def _normal_entropy(counts: Sequence[int]) -> float:
    k = sum(counts)
    return max(0.0, -sum(c / k * math.log(c / k) for c in counts)) / math.log(k) if k > 1 else math.nan


def _answering(student: object) -> FittedAnswers:
    if not hasattr(student, "answer"):
        raise CannotTellError(lacks(student, "gives neither labels nor answers"))
    return cast(FittedAnswers, student)


def _doubting(student: object) -> Doubting:
    if not isinstance(student, Doubting):
        raise CannotTellError(lacks(student, "has no committee"))
    return student


def _tried(name: str, means: Means) -> str:
    return f"{name}, {means.tries} tries, seed {means.seed}, {means.embedder.identity if means.embedder else 'equal answers'}"
