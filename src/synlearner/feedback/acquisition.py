"""Acquisition functions: what rows are worth to a student as it is now. Rows and a student go in, one Score or Unscored for each row comes out.

Larger is better throughout. Each function is found by its name in the registry's socket `acquisition`; names with `:reference` compute what published code does,
for comparison (arXiv 2605.13149, 2512.00884). A student serves a function through the small sockets of `protocols`; where it
cannot, and for rows whose label it does not know, the rows are Unscored with the reason.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from synlearner.errors import EngineError
from synlearner.feedback import last_layer
from synlearner.feedback.kept import Cache, Kept
from synlearner.feedback.last_layer import NO_LABEL
from synlearner.protocols import Acquisition, Doubting, Embedder, Fitted, FittedAnswers, Graded, Headed, Learner, Level, Picking, Speaking
from synlearner.records import Measurement, Row, Score, Unscored
from synlearner.registry import find, names
from synlearner.seeding import content_hash
from synlearner.stream.kinds import Match, same_text
from synlearner.stream.texts import normal_text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

REFERENCE = ":reference"
NO_STUDENT = "there is no student"


@dataclass(frozen=True, slots=True)
class Means:
    """What functions are made with. `embedder` and `seeds` serve those of texts, `dev` influence, `tries` is k of answers, `rate` the size of a
    step; `match` says which answers of an open kind are right; `cache` keeps scores of students that have a key.
    """

    embedder: Embedder | None = None
    seeds: Sequence[Row] = ()
    dev: Sequence[Row] = ()
    seed: int = 0
    tries: int = 16
    rate: float = 0.1
    match: Match = same_text
    cache: Cache | None = field(default=None, compare=False)


def acquisition(name: str, means: Means) -> Acquisition:
    """The function of that name. Raises `SpecError` for a name that nobody knows."""
    made: Acquisition = find("acquisition", name)(means)
    return Kept(made, means.cache) if means.cache is not None and made.level == "sample" and not isinstance(made, Picking) else made


def known() -> list[str]:
    """The names of all functions."""
    return names("acquisition")


class CannotTellError(ValueError):
    """A student, or what a function was made with, cannot serve the function: why, for all rows."""


# Values of the rows, not-a-number where there is none, and the reason for some of these.
Found = tuple[Any, Mapping[int, str]]
Compute = Callable[[Sequence[Row], Learner | None], Found]


@dataclass(frozen=True, slots=True)
class Function:
    """An acquisition function made of one that computes: a failure of it leaves all rows Unscored."""

    name: str
    identity: str
    compute: Compute
    bounds: tuple[float, float] | None = None
    level: Level = "sample"

    def score(self, rows: Sequence[Row], student: Learner | None) -> list[Measurement]:
        if not rows:
            return []
        try:
            values, reasons = self.compute(rows, student)
        except (EngineError, ValueError, RuntimeError) as error:
            return [Unscored(self.name, _said(error))] * len(rows)
        return [Score(self.name, float(v)) if math.isfinite(v) else Unscored(self.name, reasons.get(i, "no finite number came out")) for i, v in enumerate(values)]


@dataclass(frozen=True, slots=True)
class Ranked:
    """Ranks in 0..1 among the rows that are scored together; equal values have equal ranks. A row alone has the rank 0.5."""

    of: Acquisition

    level: Level = "set"
    bounds: tuple[float, float] | None = (0.0, 1.0)

    @property
    def name(self) -> str:
        return self.of.name

    @property
    def identity(self) -> str:
        return f"rank of {self.of.identity}"

    def score(self, rows: Sequence[Row], student: Learner | None) -> list[Measurement]:
        return ranked(self.of.score(rows, student))


def ranked(measured: Sequence[Measurement]) -> list[Measurement]:
    """Every measured value as its mean rank, from 0 (the smallest) to 1 (the largest)."""
    import numpy as np

    values = np.array([m.value for m in measured if isinstance(m, Score)])
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts + 1) / 2
    ranks = iter((middle / max(1, len(values) - 1))[places] if len(values) > 1 else np.full(len(values), 0.5))
    return [Score(m.name, float(next(ranks))) if isinstance(m, Score) else m for m in measured]


# -- functions of what the student says ------------------------------------------------------------------------------------------


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
        return entropies(_labelled(student).proba(rows)), {}

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


# -- functions of the student's gradients ----------------------------------------------------------------------------------------


def gradient(means: Means) -> Acquisition:
    """The rank among the rows of the norm of ∇ loss per sample, over the adapter or the last layer."""
    norm = Function("gradient", "gradient of a part", lambda rows, student: _gradient(rows, student, whole=False))
    return Ranked(norm if means.cache is None else Kept(norm, means.cache))


def gradient_reference(_: Means) -> Acquisition:
    """The norm itself, over all weights."""
    return Function("gradient:reference", "gradient of all weights", lambda rows, student: _gradient(rows, student, whole=True))


def influence(means: Means) -> Acquisition:
    """By how much the mean loss on `dev` falls after one step on the row: of the last layer where the student shows it, else to first order over what learns."""

    def compute(rows: Sequence[Row], student: Learner | None) -> Found:
        if isinstance(student, Headed):
            return _last_layer_influence(rows, student, means)
        if isinstance(student, Graded):
            return means.rate * student.gradient_products(rows, _dev(means)), _unlabelled(rows)
        raise CannotTellError(_lacks(student, "shows neither its last layer nor its gradients"))

    return Function("influence", _stepped("influence", means), compute)


def influence_reference(means: Means) -> Acquisition:
    """The same with a real step of all weights that learn, one for each row (Montessori-Instruct, arXiv 2410.14208)."""

    def compute(rows: Sequence[Row], student: Learner | None) -> Found:
        if isinstance(student, Graded):
            return student.losses_after(rows, _dev(means), means.rate), _unlabelled(rows)
        if isinstance(student, Headed):
            return _last_layer_influence(rows, student, means)
        raise CannotTellError(_lacks(student, "shows neither its last layer nor its gradients"))

    return Function("influence:reference", _stepped("influence:reference", means), compute)


def _gradient(rows: Sequence[Row], student: Learner | None, *, whole: bool) -> Found:
    if isinstance(student, Graded) and (whole or not isinstance(student, Headed)):
        return student.gradient_norms(rows, "all" if whole else "part"), _unlabelled(rows)
    if isinstance(student, Headed):
        layer = student.last_layer(rows)
        columns, reasons = last_layer.columns_of(rows, _labelled(student), layer.known)
        return last_layer.gradient_norms(layer, columns), reasons
    raise CannotTellError(_lacks(student, "shows neither its last layer nor its gradients"))


def _last_layer_influence(rows: Sequence[Row], student: Headed, means: Means) -> Found:
    import numpy as np

    labelled = _labelled(student)
    dev = _dev(means)
    there = student.last_layer(dev)
    known, _ = last_layer.columns_of(dev, labelled, there.known)
    if (known < 0).all():
        raise CannotTellError("no row of the development set has a label that the student knows")
    layer = student.last_layer(rows)
    columns, reasons = last_layer.columns_of(rows, labelled, layer.known)
    kept = np.flatnonzero(known >= 0)
    return last_layer.influence(layer, columns, last_layer.part(there, kept), known[kept], means.rate), reasons


# -- what a student is asked -----------------------------------------------------------------------------------------------------


def _loss(rows: Sequence[Row], student: Learner | None) -> Found:
    import numpy as np

    if isinstance(student, Speaking):
        return student.losses(rows), _unlabelled(rows)
    table, own, reasons = _own(rows, student)
    with np.errstate(divide="ignore"):
        return np.where(own >= 0, -np.log(table[np.arange(len(rows)), own]), np.nan), reasons


def _own(rows: Sequence[Row], student: Learner | None) -> tuple[Values, Any, dict[int, str]]:
    """Probabilities (rows, labels), each row's own column (-1 where the student cannot speak of its label), and why it cannot."""
    import numpy as np

    labelled = _labelled(student)
    table, place = labelled.proba(rows), {label: i for i, label in enumerate(labelled.labels)}
    own = np.array([place.get(r.label, -1) for r in rows])
    own[table[np.arange(len(rows)), own] <= 0] = -1
    return table, own, {i: last_layer.unknown(rows[i]) for i in np.flatnonzero(own < 0).tolist()}


def _margins(rows: Sequence[Row], student: Learner | None) -> Values:
    import numpy as np

    if isinstance(student, Speaking):
        return student.doubts(rows)[0]
    table = _labelled(student).proba(rows)
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


# Answers whose cosine is at least this say the same.
SAME = 0.8


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


def _labelled(student: object) -> Fitted:
    if student is None:
        raise CannotTellError(NO_STUDENT)
    if not getattr(student, "labels", ()) or not hasattr(student, "proba"):
        raise CannotTellError(_lacks(student, "gives no probabilities of labels"))
    return cast(Fitted, student)


def _answering(student: object) -> FittedAnswers:
    if not hasattr(student, "answer"):
        raise CannotTellError(_lacks(student, "gives neither labels nor answers"))
    return cast(FittedAnswers, student)


def _doubting(student: object) -> Doubting:
    if not isinstance(student, Doubting):
        raise CannotTellError(_lacks(student, "has no committee"))
    return student


def _dev(means: Means) -> Sequence[Row]:
    if not means.dev:
        raise CannotTellError("influence needs rows of a development set")
    return means.dev


def _lacks(student: object, what: str) -> str:
    return NO_STUDENT if student is None else f"the student {what}"


def _unlabelled(rows: Sequence[Row]) -> dict[int, str]:
    return dict.fromkeys(range(len(rows)), "the row has no label that the student knows, or is too long for it")


def _said(error: Exception) -> str:
    first = (str(error).splitlines() or [""])[0]
    return first if isinstance(error, CannotTellError | EngineError) else f"{type(error).__name__}: {first}"


def _tried(name: str, means: Means) -> str:
    return f"{name}, {means.tries} tries, seed {means.seed}, {means.embedder.identity if means.embedder else 'equal answers'}"


def _stepped(name: str, means: Means) -> str:
    return f"{name}, rate {means.rate:g}, dev {content_hash([[dict(r.fields), r.label] for r in means.dev])}"
