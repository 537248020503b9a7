"""How far judges can be believed: their scores beside what people say go in, a calibration, its reliability and the agreement of several judges come out.

Reliability is measured across folds: what is said of a row comes from a calibration that has not seen it. A judge is believed where its scores put good rows above bad ones
more often than chance does: Mann and Whitney's test (1947), one-sided at 2.5 %, with ties. Agreement is Krippendorff's alpha (2004) for intervals, which takes rows that
some judges left out: 1 where judges agree, 0 where they agree no more than by chance.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from typing import NamedTuple

from synlearner.evaluate.bias import Pair, rank_correlation, wilson
from synlearner.records import Interval
from synlearner.seeding import rng

# Fewer rows, or fewer of either kind, say too little.
LEAST, LEAST_EACH, FOLDS, BINS = 20, 5, 5, 5
SURE = 1.959963984540054
Line = Sequence[tuple[float, float]]
Fit = Callable[[Sequence[float], Sequence[bool]], Line]


class Known(NamedTuple):
    """A row that somebody knows about: what a judge says of it (0..1), whether it is good, and the name of what it was made of, whose rows stay together."""

    value: float
    good: bool
    source: str


@dataclass(frozen=True, slots=True)
class Calibration:
    """A rising line from a judge's value to the probability that people accept the row; without points, the value as it is."""

    line: Line = ()

    def at(self, value: float) -> float:
        """The probability, in 0..1."""
        if not self.line:
            return value
        if value <= self.line[0][0]:
            return self.line[0][1]
        for (x, y), (u, v) in pairwise(self.line):
            if value <= u:
                return y + (v - y) * (value - x) / (u - x) if u > x else v
        return self.line[-1][1]


@dataclass(frozen=True, slots=True)
class Reliability:
    """How a judge does on rows that somebody knows about: `good` of `rows` are good ones.

    `accuracy`: calibrated probability at least a half for good rows and below it for others, with Wilson's interval; `chance`: always saying the more frequent.
    `error`: expected calibration error over five equal bins, which is never below 0 and so too high for few rows. `rank`: Spearman's correlation of value and
    goodness. `order`: the share of pairs of a good and a bad row in which the good one has the higher value, ties being half. `reason`: why it is not believed,
    empty where it is.
    """

    rows: int
    good: int
    accuracy: Interval | None = None
    chance: float | None = None
    error: float | None = None
    rank: float | None = None
    order: float | None = None
    reason: str = ""

    @property
    def believed(self) -> bool:
        return not self.reason


def calibrated(known: Sequence[Known], fit: Fit | None, *, seed: int) -> tuple[Calibration, Reliability]:
    """The calibration on all rows, and how reliable such calibrations are on rows that they have not seen. `fit` None: values are taken as they are."""
    good = sum(k.good for k in known)
    if few := _too_few(len(known), good):
        return Calibration(), Reliability(len(known), good, reason=few)
    whole = Calibration(fit([k.value for k in known], [k.good for k in known])) if fit else Calibration()
    return whole, reliability(known, _unseen(known, fit, seed) if fit else [k.value for k in known])


def reliability(known: Sequence[Known], said: Sequence[float]) -> Reliability:
    """How well what is `said` of rows, as a probability, and their values go with what they are."""
    good, n = sum(k.good for k in known), len(known)
    if few := _too_few(n, good):
        return Reliability(n, good, reason=few)
    share = sum((p >= 0.5) == k.good for p, k in zip(said, known, strict=True)) / n
    order, sure = _order(known)
    return Reliability(
        rows=n,
        good=good,
        accuracy=Interval(share, *wilson(share, n), 0.95, n),
        chance=max(good, n - good) / n,
        error=_error(said, [k.good for k in known]),
        rank=rank_correlation([Pair(k.value, float(k.good)) for k in known]),
        order=order,
        reason="" if sure else f"no better than chance: of {n} known rows it puts a good one above a bad one in {order:.0%} of pairs",
    )


def _too_few(n: int, good: int) -> str:
    if n >= LEAST and min(good, n - good) >= LEAST_EACH:
        return ""
    return f"too few known rows to measure a judge: {good} good and {n - good} bad ones, it needs {LEAST} and {LEAST_EACH} of each"


def _unseen(known: Sequence[Known], fit: Fit, seed: int) -> list[float]:
    """For each row the probability by the calibration of the other folds."""
    folds = _folds(known, seed)
    found = [0.0] * len(known)
    for fold in set(folds):
        rest = [k for k, f in zip(known, folds, strict=True) if f != fold]
        line = Calibration(fit([k.value for k in rest], [k.good for k in rest]))
        for i, k in enumerate(known):
            if folds[i] == fold:
                found[i] = line.at(k.value)
    return found


def _folds(known: Sequence[Known], seed: int) -> list[int]:
    """Folds by source, each with about equally many good rows. The order of the rows plays no part."""
    goods = Counter(k.source for k in known if k.good)
    sources = sorted({k.source for k in known})
    rng(seed, "judges", "folds").shuffle(sources)
    sources.sort(key=lambda s: goods[s] > 0)
    place = {source: i % FOLDS for i, source in enumerate(sources)}
    return [place[k.source] for k in known]


def _order(known: Sequence[Known]) -> tuple[float, bool]:
    """The share of pairs that are in order, and whether that is more than chance."""
    groups: dict[float, list[int]] = defaultdict(lambda: [0, 0])
    for k in known:
        groups[k.value][k.good] += 1
    bad = below = 0
    for _, (b, g) in sorted(groups.items()):
        below += 2 * g * bad + g * b
        bad += b
    n, good = len(known), len(known) - bad
    share = below / (2 * good * bad)
    ties = sum((b + g) ** 3 - (b + g) for b, g in groups.values())
    variance = (n + 1 - ties / (n * (n - 1))) / (12 * good * bad)
    return share, variance > 0 and (share - 0.5) / math.sqrt(variance) > SURE


def _error(said: Sequence[float], good: Sequence[bool]) -> float:
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for p, g in zip(said, good, strict=True):
        bins[min(BINS - 1, int(p * BINS))].append((p, g))
    return sum(abs(sum(p for p, _ in b) - sum(g for _, g in b)) for b in bins.values()) / len(said)


# ── several judges ──────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Agreement:
    """Sums from which the agreement of judges follows; those of parts can be added. `answered`: how many rows were scored by so many judges."""

    values: int = 0
    total: float = 0.0
    squares: float = 0.0
    within: float = 0.0
    answered: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Sequence[Sequence[float]]) -> Agreement:
        """`rows`: for each row what those judges say that score it."""
        shared = [r for r in rows if len(r) > 1]
        flat = [v for r in shared for v in r]
        within = sum(2 * sum((a - b) ** 2 for a, b in combinations(r, 2)) / (len(r) - 1) for r in shared)
        return cls(len(flat), math.fsum(flat), math.fsum(v * v for v in flat), within, dict(Counter(map(len, rows))))

    def __add__(self, other: Agreement) -> Agreement:
        answered = dict(Counter(self.answered) + Counter(other.answered))
        return Agreement(self.values + other.values, self.total + other.total, self.squares + other.squares, self.within + other.within, answered)

    @property
    def alpha(self) -> float | None:
        """Krippendorff's alpha; None where no two judges scored one row, or every score is the same."""
        n = self.values
        spread = 2 * (n * self.squares - self.total**2) / (n * (n - 1)) if n > 1 else 0.0
        return 1 - (self.within / n) / spread if spread > 1e-12 else None


@dataclass(frozen=True, slots=True)
class Swapped:
    """Comparisons of pairs, each asked in both orders. `wins`: of the first of the pair in both orders, `losses`: of the second, `ties`: in both. `inconsistent`: the
    verdict changed with the order, which counts as a tie; `first` and `second` of these went both times to what was shown in that place. `unscored`: one of the two
    answers at least was none.
    """

    wins: int = 0
    losses: int = 0
    ties: int = 0
    inconsistent: int = 0
    first: int = 0
    second: int = 0
    unscored: int = 0

    @property
    def scored(self) -> int:
        return self.wins + self.losses + self.ties + self.inconsistent

    @property
    def share(self) -> float | None:
        """The share of pairs that the first one wins, ties being half."""
        return (self.wins + (self.ties + self.inconsistent) / 2) / self.scored if self.scored else None

    @property
    def bias(self) -> float | None:
        """Position bias: by how much more often the verdict went with the first place than with the second, as a share of the pairs; 0 without any."""
        return (self.first - self.second) / self.scored if self.scored else None


def verdict(forth: str, back: str) -> tuple[float, bool]:
    """Of the winners ("A", "B" or "tie") of one pair, asked in its order and in the other: 1 where its first one wins, 0 where its second does, else a half; and
    whether both said the same.
    """
    turned = {"A": "B", "B": "A"}.get(back, back)
    if forth != turned:
        return 0.5, False
    return {"A": 1.0, "B": 0.0}.get(forth, 0.5), True
