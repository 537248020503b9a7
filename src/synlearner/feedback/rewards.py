"""Rewards: attempts go in, one Score or Unscored for each comes out.

Three levels. The gate asks whether there is a record at all; sample rewards say what one record is worth; set rewards say what it adds to
the others of its batch and to what was written before. Where there is no record, sample and set rewards are Unscored: what that costs
is decided in `hierarchy`, in one place. Each reward is also a TRL reward function through `learn.rewarding.reward_function`.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from synlearner.feedback import diversity, quality
from synlearner.feedback.attributes import AttributeChecker
from synlearner.protocols import Embedder, Level, Panel, Verifier
from synlearner.records import Attempt, Failure, Measurement, Sample, Score, Unscored
from synlearner.stream.tasks import Task

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    Values = NDArray[np.float64]

OfSamples = Callable[[Sequence[Sample]], Sequence[Measurement]]


class Gate:
    """1 for a record that parses and is valid, 0 for any other answer; Unscored where there was no answer."""

    name, bounds = "gate", (0.0, 1.0)
    level: Level = "gate"

    def score(self, attempts: Sequence[Attempt]) -> list[Measurement]:
        return [Unscored(self.name, a.outcome.error) if isinstance(a.outcome, Failure) else Score(self.name, float(isinstance(a.outcome, Sample))) for a in attempts]


class Faithfulness:
    """The probability that an independent verifier gives to the wanted label, reading the text without it: echoing a label earns nothing."""

    name, bounds = "faithfulness", (0.0, 1.0)
    level: Level = "sample"

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier

    def score(self, attempts: Sequence[Attempt]) -> list[Measurement]:
        return of_samples(self.name, attempts, self._verifier.verify)


class Attributes:
    """The mean over the wanted attributes that can be checked on the text; Unscored where none can."""

    name, bounds = "attributes", (0.0, 1.0)
    level: Level = "sample"

    def __init__(self, task: Task) -> None:
        self._checker = AttributeChecker(task)

    def score(self, attempts: Sequence[Attempt]) -> list[Measurement]:
        return of_samples(self.name, attempts, lambda samples: [_mean(self.name, self._checker.check(s)) for s in samples])


class Quality:
    """The product of the checks of `quality` that apply (leak, length, readable, repetition, compression): one bad fault is not outweighed."""

    name, bounds = "quality", (0.0, 1.0)
    level: Level = "sample"

    def __init__(self, task: Task) -> None:
        self._task = task

    def score(self, attempts: Sequence[Attempt]) -> list[Measurement]:
        return of_samples(self.name, attempts, lambda samples: [_product(self.name, quality.judge(s, self._task).measurements) for s in samples])


class Judged:
    """What judges say of a record: the calibrated probability that people accept it. Unscored where no judge answered, or none is believed."""

    name, bounds = "judge", (0.0, 1.0)
    level: Level = "sample"

    def __init__(self, panel: Panel) -> None:
        self._panel = panel

    def score(self, attempts: Sequence[Attempt]) -> list[Measurement]:
        return of_samples(self.name, attempts, lambda samples: [said for said, _ in self._panel.judge(samples)])


class Useful:
    """What any function of samples says of a record, within that function's `bounds`. `utility.Utility` is the one for acquisition functions."""

    level: Level = "sample"

    def __init__(self, function: OfSamples, *, name: str = "utility", bounds: tuple[float, float] = (0.0, 1.0)) -> None:
        self.name, self.bounds, self._function = name, bounds, function

    def score(self, attempts: Sequence[Attempt]) -> list[Measurement]:
        return of_samples(self.name, attempts, self._function)


class Distinctiveness:
    """How far a text is from the others: 1 − Σ_j w_ij s_ij, w_ij = s_ij⁺/Σ_j s_ij⁺, over the batch or over the attempts at the same prompt.

    `diversity.distinctiveness` has the formula; texts are those of the records, not their JSON. A text alone is Unscored.
    """

    name, bounds = "distinctiveness", (0.0, 1.0)
    level: Level = "set"

    def __init__(self, embedder: Embedder, within: Literal["batch", "group"] = "batch") -> None:
        self._embedder, self._within = embedder, within

    def score(self, attempts: Sequence[Attempt]) -> list[Measurement]:
        if self._within == "batch":
            return _of_texts(self.name, attempts, self._embedder, diversity.distinctiveness)
        return _by_group(attempts, lambda group: _of_texts(self.name, group, self._embedder, diversity.distinctiveness))


class Novelty:
    """How new a text is: 1 − the largest cosine to an archive of vectors (rows of unit length), halved so that it stays in 0..1."""

    name, bounds = "novelty", (0.0, 1.0)
    level: Level = "set"

    def __init__(self, embedder: Embedder, archive: Vectors) -> None:
        self._embedder, self._archive = embedder, archive

    def score(self, attempts: Sequence[Attempt]) -> list[Measurement]:
        if not len(self._archive):
            return [Unscored(self.name, "the archive is empty") for _ in attempts]
        return _of_texts(self.name, attempts, self._embedder, lambda v: diversity.novelty(v, self._archive) / 2, least=1)


class SetGain:
    """What a text adds to its batch: D(S) − D(S∖i), D(S) = log det(I + EEᵀ), over the gain of a text that is orthogonal to all others (arXiv 2602.01062)."""

    name, bounds = "set_gain", (0.0, 1.0)
    level: Level = "set"

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def score(self, attempts: Sequence[Attempt]) -> list[Measurement]:
        return _of_texts(self.name, attempts, self._embedder, _relative_gain)


class Remembering:
    """An embedder that embeds each text once and keeps the last `size` vectors, for several set rewards over the same batch."""

    def __init__(self, embedder: Embedder, size: int = 20_000) -> None:
        self.identity, self._embedder, self._size = embedder.identity, embedder, size
        self._kept: OrderedDict[str, Vectors] = OrderedDict()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of the texts, shape (texts, width)."""
        import numpy as np

        new = [t for t in dict.fromkeys(texts) if t not in self._kept]
        fresh = dict(zip(new, self._embedder.embed(new), strict=True)) if new else {}
        found = {t: fresh[t] if t in fresh else self._kept[t] for t in texts}
        self._kept.update(fresh)
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)
        return np.stack([found[t] for t in texts]) if found else self._embedder.embed([])


def of_samples(name: str, attempts: Sequence[Attempt], judge: OfSamples) -> list[Measurement]:
    """The judge's measurements at the places of the samples, under the reward's name; all other attempts are Unscored."""
    samples = [a.outcome for a in attempts if isinstance(a.outcome, Sample)]
    found = iter(replace(m, name=name) for m in judge(samples)) if samples else iter(())
    return [next(found) if isinstance(a.outcome, Sample) else Unscored(name, "there is no record") for a in attempts]


def _of_texts(name: str, attempts: Sequence[Attempt], embedder: Embedder, values: Callable[[Vectors], Values], *, least: int = 2) -> list[Measurement]:
    def judge(samples: Sequence[Sample]) -> list[Measurement]:
        if len(samples) < least:
            return [Unscored(name, "there is no other record to compare with") for _ in samples]
        return [Score(name, float(v)) for v in values(embedder.embed([s.row.text for s in samples]))]

    return of_samples(name, attempts, judge)


def _by_group(attempts: Sequence[Attempt], judge: Callable[[Sequence[Attempt]], list[Measurement]]) -> list[Measurement]:
    """Each prompt's attempts judged by themselves; the answers in the order of the attempts."""
    groups: dict[str, list[int]] = {}
    for place, attempt in enumerate(attempts):
        groups.setdefault(attempt.prompt.id, []).append(place)
    found = {place: m for places in groups.values() for place, m in zip(places, judge([attempts[i] for i in places]), strict=True)}
    return [found[i] for i in range(len(attempts))]


def _relative_gain(vectors: Vectors) -> Values:
    # A unit vector that is orthogonal to all others gains log(1 + alpha), alpha = 1.
    gains: Values = diversity.set_gain(vectors) / math.log(2)
    return gains.clip(0, 1)


def _measured(measurements: Sequence[Measurement]) -> list[float]:
    return [m.value for m in measurements if isinstance(m, Score)]


def _mean(name: str, measurements: Sequence[Measurement]) -> Measurement:
    values = _measured(measurements)
    return Score(name, sum(values) / len(values)) if values else Unscored(name, "nothing of it can be checked on the text")


def _product(name: str, measurements: Sequence[Measurement]) -> Measurement:
    values = _measured(measurements)
    return Score(name, math.prod(values)) if values else Unscored(name, "no check applies")
