"""Learning curves of several runs: the arms whose rows were written in rounds, each beside rounds by chance and beside each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from statistics import mean
from typing import TYPE_CHECKING

from synlearner.evaluate.arms import CHANCE
from synlearner.evaluate.clusters import Gold, Terms, difference, mean_terms
from synlearner.evaluate.curves import reached, win_rates
from synlearner.report.comparison.schema import ArmCurve, CurvePoint, Win
from synlearner.report.schema import Quantity, RoundPoint, Rounds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tables = Sequence[NDArray[np.float64]]

NO_CHANCE = f"it needs finished runs of {CHANCE} with the same seeds and orders"
Said = Terms | str
Cost = Callable[[RoundPoint], float | None]
# From seeds and their terms, and why there would be none, to a number with its interval.
Measure = Callable[[Iterable[tuple[int, Said]], str], Quantity]


@dataclass(frozen=True, slots=True)
class Traced:
    """A run in rounds: right and wrong by gold set and place on the curve, and what the summary says of the tasks' rounds."""

    arm: str
    order: str
    seed: int
    tables: Mapping[Gold, Tables]
    rounds: Sequence[Rounds]

    @property
    def places(self) -> int:
        """Places that every task has."""
        return min((len(t) for t in self.tables.values()), default=0)

    def terms(self, place: int) -> Terms:
        return mean_terms({gold: tables[place] for gold, tables in self.tables.items()})

    def rows(self, place: int) -> float:
        return mean(r.points[place].rows for r in self.rounds)

    def cost(self, place: int, of: Cost) -> float | None:
        """The mean over tasks of what the rows up to a place took; None where it is not known of one."""
        return _all([of(r.points[place]) for r in self.rounds])


def _all(values: Sequence[float | None]) -> float | None:
    """The mean, None where a value is missing."""
    known = [v for v in values if v is not None]
    return mean(known) if known and len(known) == len(values) else None


# What rows cost, by the names of a place on a curve.
COSTS: Mapping[str, Cost] = {
    "tokens": lambda p: None if p.tokens_in is None or p.tokens_out is None else float(p.tokens_in + p.tokens_out),
    "seconds": lambda p: p.seconds,
    "money": lambda p: None if p.money is None else float(p.money),
}


def curves(runs: Sequence[Traced], measure: Measure) -> list[ArmCurve]:
    """The curve of every arm that has runs in rounds."""
    arms = list(dict.fromkeys(r.arm for r in runs))
    found = {arm: _points([r for r in runs if r.arm == arm], measure) for arm in arms}
    return [_curve(arm, found[arm], found.get(CHANCE, []), runs, measure) for arm in arms]


def wins(runs: Sequence[Traced]) -> list[Win]:
    """Every pair of arms at the same task, order, seed and round; before the first round all are the same."""
    arms = list(dict.fromkeys(r.arm for r in runs))
    scores = {arm: {key: value for r in runs if r.arm == arm for key, value in _scores(r).items()} for arm in arms}
    rates = win_rates(scores)
    return [Win(arm=a, against=b, rate=rate, places=len(scores[a].keys() & scores[b].keys())) for a in arms for b in arms if a != b and (rate := rates[a][b]) is not None]


def _scores(run: Traced) -> dict[tuple[Gold, str, int, int], float]:
    return {(gold, run.order, run.seed, k): float(t.mean()) for gold, tables in run.tables.items() for k, t in enumerate(tables) if k}


def _points(runs: Sequence[Traced], measure: Measure) -> list[CurvePoint]:
    found = []
    for k in range(min((r.places for r in runs), default=0)):
        score = measure([(r.seed, r.terms(k)) for r in runs], "no run is finished")
        found.append(CurvePoint(round=k, rows=mean(r.rows(k) for r in runs), score=score, **{name: _all([r.cost(k, of) for r in runs]) for name, of in COSTS.items()}))
    return found


def _curve(arm: str, points: Sequence[CurvePoint], chance: Sequence[CurvePoint], runs: Sequence[Traced], measure: Measure) -> ArmCurve:
    mine = [r for r in runs if r.arm == arm]
    theirs = {(r.order, r.seed): r for r in runs if r.arm == CHANCE}
    pairs = [(r, theirs[r.order, r.seed]) for r in mine if (r.order, r.seed) in theirs]
    ends = min((min(a.places, b.places) for a, b in pairs), default=0)
    same = arm == CHANCE or ends < 2
    last = measure([] if same else [(a.seed, _minus(a.terms(ends - 1), b.terms(ends - 1))) for a, b in pairs], NO_CHANCE)
    height = measure([] if same else [(a.seed, _mean([_minus(a.terms(k), b.terms(k)) for k in range(1, ends)])) for a, b in pairs], NO_CHANCE)
    shares = {f"share_of_{name}": _share(points, chance, attrgetter(name)) for name in ("rows", *COSTS)}
    paid = {r.currency for t in mine for r in t.rounds}
    return ArmCurve(arm=arm, runs=len(mine), points=list(points), last=last, height=height, currency=paid.pop() if len(paid) == 1 else "", **shares)


def _share(points: Sequence[CurvePoint], chance: Sequence[CurvePoint], cost: Callable[[CurvePoint], float | None]) -> float | None:
    """The share of what chance took at which the mean curve has its last score."""
    mine, theirs = ([(x, p.score.value) for p in some if (x := cost(p)) is not None and p.score.value is not None] for some in (points, chance))
    if not mine or not theirs or len(mine) < len(points) or not theirs[-1][0]:
        return None
    at = reached(mine, theirs[-1][1])
    return None if at is None else at / theirs[-1][0]


def _minus(first: Terms, second: Terms) -> Said:
    return difference(first, second) or "the two runs were not asked about the same gold rows"


def _mean(some: Sequence[Said]) -> Said:
    """The mean of terms, or the first reason why there are none."""
    if wrong := next((s for s in some if isinstance(s, str)), ""):
        return wrong
    terms = [s for s in some if not isinstance(s, str)]
    return {gold: sum((t[gold] for t in terms[1:]), terms[0][gold]) / len(terms) for gold in terms[0]}
