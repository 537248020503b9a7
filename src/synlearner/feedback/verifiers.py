"""Whether the text says what its label says: an independent student, trained on seed rows, reads the text alone.

The verifier first measures itself on the seeds by stratified cross-validation. Unless it is clearly better than chance there, nothing
it says is used: every sample is Unscored. Its word is a probability for each label (confident learning, arXiv 1911.00068, uses the
same out-of-fold probabilities).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

from synlearner.errors import EngineError, one_line
from synlearner.protocols import Fitted, Student
from synlearner.records import Interval, Measurement, Row, Sample, Score, Unscored
from synlearner.seeding import content_hash, derive, rng

NAME = "verifier"
FOLDS = 5
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a verifier reads in a text: the probability of the sample's own label, the label it likes best, and that one's probability."""

    own: float
    favourite: str
    best: float

    @property
    def lead(self) -> float:
        """How far the favourite is ahead of the sample's own label, in 0..1."""
        return self.best - self.own


@runtime_checkable
class Opinionated(Protocol):
    """A verifier that also tells which label it would have given."""

    def opinions(self, samples: Sequence[Sample]) -> list[Opinion | Unscored]: ...


@dataclass(frozen=True, slots=True)
class Reliability:
    """How well a verifier does on the seeds: out-of-fold accuracy with its Wilson interval, and what always saying one label would reach."""

    accuracy: Interval
    chance: float

    @property
    def trusted(self) -> bool:
        return self.accuracy.low > self.chance


class StudentVerifier:
    """A verifier made of any student. `rows` are the seeds that it learns from.

    `crossfit` of 2 or more: also learn from the synthetic rows, in so many folds, each sample being judged by a student that has not
    seen its fold. See `reliability_with` for how it is trusted then.
    """

    name = NAME

    def __init__(self, student: Student, rows: Sequence[Row], labels: Sequence[str], *, seed: int, crossfit: int = 0) -> None:
        if crossfit == 1 or crossfit < 0:
            raise ValueError(f"crossfit is a number of folds from 2, or 0, not {crossfit}")
        self._student, self._rows, self._labels = student, tuple(rows), tuple(labels)
        self._seed, self._crossfit = seed, crossfit
        self.identity = content_hash([student.identity, [[dict(r.fields), r.label] for r in rows], list(labels), seed, crossfit])

    def verify(self, samples: Sequence[Sample]) -> list[Measurement]:
        """The probability of each sample's own label, given its text alone."""
        return [o if isinstance(o, Unscored) else Score(NAME, o.own) for o in self.opinions(samples)]

    def opinions(self, samples: Sequence[Sample]) -> list[Opinion | Unscored]:
        """What is read in each sample; all Unscored when the verifier is not trusted or its student fails."""
        if not samples:
            return []
        if why := self.distrust(samples):
            return [Unscored(NAME, why)] * len(samples)
        try:
            return self._crossfitted(samples) if self._crossfit else self._read(self._on_seeds, samples)
        except (EngineError, ValueError, RuntimeError) as error:
            return [Unscored(NAME, f"the verifier failed: {one_line(error)}")] * len(samples)

    def settled(self, samples: Sequence[Sample]) -> Settled:
        """A verifier that learns from the seeds and these samples once, and is trusted as far as `distrust` tells with them."""
        return Settled(self, samples)

    def fitted(self, samples: Sequence[Sample]) -> Fitted:
        """A student of the seeds, and where it may learn from synthetic rows of the samples: the same for the same samples in any order."""
        learnt = [*self._rows, *(s.row for s in sorted(samples, key=lambda s: s.prompt_id) if self._crossfit)]
        return self._student.fit(learnt, labels=self._labels, seed=derive(self._seed, "verifier"))

    def read(self, fitted: Fitted, samples: Sequence[Sample]) -> list[Opinion | Unscored]:
        """What a student of this verifier reads in samples."""
        return self._read(fitted, samples)

    @cached_property
    def _on_seeds(self) -> Fitted:
        return self._student.fit(self._rows, labels=self._labels, seed=derive(self._seed, "verifier"))

    def distrust(self, samples: Sequence[Sample] = ()) -> str:
        """Why nothing it says of these samples can be used, or ""."""
        measured = self.reliability_with(samples)
        if isinstance(measured, Unscored):
            return measured.reason
        if measured.trusted:
            return ""
        accuracy = measured.accuracy
        told = f"{accuracy.mean:.0%} right ({accuracy.low:.0%} to {accuracy.high:.0%}, {accuracy.n} rows), chance {measured.chance:.0%}"
        return f"verifier no better than chance on seeds: {told}"

    @cached_property
    def reliability(self) -> Reliability | Unscored:
        """Out-of-fold accuracy on the seeds. Unscored when no seed can be left out or the student fails."""
        share = Counter(r.label for r in self._rows)
        folds = min(FOLDS, max(share.values(), default=0))
        if len(share) < 2 or folds < 2:
            return Unscored(NAME, "too few seed rows to measure a verifier: at least two labels, one of them with two rows")
        try:
            right = sum(self._right_in(fold, folds) for fold in range(folds))
        except (EngineError, ValueError, RuntimeError) as error:
            return Unscored(NAME, f"the verifier failed on the seeds: {one_line(error)}")
        n = len(self._rows)
        return Reliability(wilson(right, n), max(1 / len(self._labels), max(share.values()) / n))

    def reliability_with(self, samples: Sequence[Sample]) -> Reliability | Unscored:
        """How well it does on the seeds. When it also learns from the samples, that is how many seeds a student of the samples alone
        gets right (no seed was learnt from, so none is left out), if that is better than what the seeds alone teach.
        """
        alone = self.reliability
        if not self._crossfit or not samples or not self._rows:
            return alone
        try:
            fitted = self._student.fit([s.row for s in sorted(samples, key=lambda s: s.prompt_id)], labels=self._labels, seed=derive(self._seed, "verifier", "samples"))
            best = fitted.proba([blind(r) for r in self._rows]).argmax(axis=1)
        except (EngineError, ValueError, RuntimeError):
            return alone
        right = sum(fitted.labels[b] == r.label for b, r in zip(best, self._rows, strict=True))
        share = Counter(r.label for r in self._rows)
        taught = Reliability(wilson(right, len(self._rows)), max(1 / len(self._labels), max(share.values()) / len(self._rows)))
        return taught if isinstance(alone, Unscored) or taught.accuracy.low > alone.accuracy.low else alone

    def _right_in(self, fold: int, folds: int) -> int:
        """Seed rows of one fold that a student gets right which learnt from the others."""
        learnt = [r for r, f in zip(self._rows, self._fold_of_rows(folds), strict=True) if f != fold]
        asked = [r for r, f in zip(self._rows, self._fold_of_rows(folds), strict=True) if f == fold]
        if not asked:
            return 0
        fitted = self._student.fit(learnt, labels=self._labels, seed=derive(self._seed, "verifier", fold))
        best = fitted.proba([blind(r) for r in asked]).argmax(axis=1)
        return sum(fitted.labels[b] == r.label for b, r in zip(best, asked, strict=True))

    def _fold_of_rows(self, folds: int) -> list[int]:
        """Folds that hold each label about equally often."""
        order = list(range(len(self._rows)))
        rng(self._seed, "verifier", "folds").shuffle(order)
        order.sort(key=lambda i: self._rows[i].label)
        place = {i: position % folds for position, i in enumerate(order)}
        return [place[i] for i in range(len(self._rows))]

    def _read(self, fitted: Fitted, samples: Sequence[Sample]) -> list[Opinion | Unscored]:
        table = fitted.proba([blind(s.row) for s in samples])
        return [self._opinion(fitted, [float(p) for p in line], s.row.label) for line, s in zip(table, samples, strict=True)]

    def _opinion(self, fitted: Fitted, line: list[float], label: str) -> Opinion | Unscored:
        if not all(math.isfinite(p) for p in line):
            return Unscored(NAME, "the verifier gave no finite probability")
        if label not in fitted.labels:
            return Unscored(NAME, f"the verifier has never seen the label {label!r}")
        best = max(range(len(line)), key=line.__getitem__)
        return Opinion(line[fitted.labels.index(label)], fitted.labels[best], line[best])

    def _crossfitted(self, samples: Sequence[Sample]) -> list[Opinion | Unscored]:
        """Each fold of the samples judged by a student of the seeds and the other folds. Folds go by content, not by position."""
        fold_of = {s.prompt_id: derive(self._seed, "crossfit", s.prompt_id) % self._crossfit for s in samples}
        told: dict[str, Opinion | Unscored] = {}
        for fold in sorted(set(fold_of.values())):
            others = sorted((s for s in samples if fold_of[s.prompt_id] != fold), key=lambda s: s.prompt_id)
            asked = sorted((s for s in samples if fold_of[s.prompt_id] == fold), key=lambda s: s.prompt_id)
            fitted = self._student.fit([*self._rows, *(s.row for s in others)], labels=self._labels, seed=derive(self._seed, "crossfit", fold))
            told |= zip((s.prompt_id for s in asked), self._read(fitted, asked), strict=True)
        return [told[s.prompt_id] for s in samples]


class Settled:
    """A verifier that no longer learns: what it says of a text does not depend on what else is asked, so a writer can be trained under it."""

    name = NAME

    def __init__(self, verifier: StudentVerifier, samples: Sequence[Sample]) -> None:
        self._verifier, self._samples = verifier, tuple(samples)

    @cached_property
    def _learnt(self) -> Fitted | str:
        if why := self._verifier.distrust(self._samples):
            return why
        try:
            return self._verifier.fitted(self._samples)
        except (EngineError, ValueError, RuntimeError) as error:
            return f"the verifier failed: {one_line(error)}"

    def verify(self, samples: Sequence[Sample]) -> list[Measurement]:
        """The probability of each sample's own label, given its text alone; all Unscored when the verifier is not trusted."""
        learnt = self._learnt
        if isinstance(learnt, str) or not samples:
            return [Unscored(NAME, str(learnt)) for _ in samples]
        return [o if isinstance(o, Unscored) else Score(NAME, o.own) for o in self._verifier.read(learnt, samples)]


def blind(row: Row) -> Row:
    """The row without its label: a student cannot read what it does not get."""
    return Row(row.id, row.fields, "", row.origin)


def wilson(right: int, n: int) -> Interval:
    """Wilson's 95 % interval for a share of n > 0."""
    from scipy.stats import binomtest

    low, high = binomtest(right, n).proportion_ci(LEVEL, method="wilson")
    return Interval(right / n, float(low), float(high), LEVEL, n)
