"""What rows are worth to a student, measured: a pool is cut into buckets by the score of an acquisition function, and students learn each bucket.

Comes in: a pool, seeds and development rows of one task, a student, names of functions. Goes out: for each function its scores, its buckets, and what students gained by them.
Every student that was trained is a cell, kept under the hash of what it learnt and answered: a killed measurement continues, and another function costs only its own buckets.

What could pass for worth and is none is held still or shown: every bucket has the same labels (`strata`), no text is there twice, none is a seed or a development row, length is
a control of its own beside random scores, and functions that look at development rows get other ones than those that measure gain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from synlearner.errors import SpecError
from synlearner.evaluate import audit as statistics
from synlearner.evaluate.audit import Trial
from synlearner.evaluate.student import examine, table_of
from synlearner.feedback.acquisition import Function, Means, acquisition
from synlearner.feedback.spread import canonical
from synlearner.protocols import Acquisition, Embedder, Learner, Progress, Student
from synlearner.records import Measurement, Row, Score, Unscored
from synlearner.seeding import content_hash, derive, rng
from synlearner.store.cells import Cells
from synlearner.stream.identity import rows_hash
from synlearner.stream.texts import normal_text, word_count

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RANDOM, LENGTH = "random", "length"
STRATA = ("label", "length")
# Of so many development rows one is set aside where a function looks at such rows.
ASIDE = 4


@dataclass(frozen=True, slots=True)
class Asked:
    """What is audited. `rows` is about how many rows a bucket has at most (0: all there are), `strata` what buckets have equal shares of, `left_out` what was
    left out in reading.
    """

    name: str
    pool: Sequence[Row]
    seeds: Sequence[Row]
    dev: Sequence[Row]
    labels: tuple[str, ...]
    student: Student
    embedder: Embedder
    functions: tuple[str, ...]
    buckets: int = 5
    repeats: int = 5
    rows: int = 0
    strata: tuple[str, ...] = ("label",)
    seed: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ground:
    """Rows that can be used: pool, development rows that measure gain, and those set aside; why others were left out."""

    pool: tuple[Row, ...]
    dev: tuple[Row, ...]
    aside: tuple[Row, ...]
    left_out: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Measured:
    """A function's scores of the pool, its buckets as places in it (repeats, buckets, rows), and what was gained; `reason` where that could not be measured."""

    measurements: Sequence[Measurement]
    cuts: Sequence[Sequence[Sequence[int]]] = ()
    trial: Trial | None = None
    reason: str = ""

    @property
    def values(self) -> list[float | None]:
        return [m.value if isinstance(m, Score) else None for m in self.measurements]


@dataclass(frozen=True, slots=True)
class Worth:
    """What was measured: on which rows, which development rows students of the seeds alone got right (repeats, development rows), and each function by name."""

    ground: Ground
    alone: NDArray[np.float64]
    functions: Mapping[str, Measured]


def measure(asked: Asked, cells: Cells, progress: Progress) -> Worth:
    """Scores, buckets and gains of every function and of both controls; what `cells` has is not measured again. Raises SpecError where no row can be used."""
    ground = grounds(asked)
    fitted = asked.student.fit(asked.seeds, labels=asked.labels, seed=derive(asked.seed, "student"))
    functions = {**{name: acquisition(name, means_of(asked, ground)) for name in asked.functions}, **controls(asked.seed)}
    places = Places(strata_of(ground.pool, asked.strata), names_of(ground.pool))
    drawn = _parts(asked, places)
    progress.start(f"{asked.name}: students", (len(functions) * asked.buckets + 1) * asked.repeats)
    alone = _baseline(asked, ground, cells)
    progress.advance(asked.repeats)
    found = {name: _measured(asked, ground, _cut(asked, function.score(ground.pool, fitted), places, drawn), alone, cells, progress) for name, function in functions.items()}
    progress.finish(f"{len(cells)} students are kept")
    return Worth(ground, alone, found)


# ── what is measured ────────────────────────────────────────────────────


def grounds(asked: Asked) -> Ground:
    """Pool rows whose text is no seed, no development row and no earlier pool row, and whose label the seeds have; development rows that are no seeds."""
    left_out: Counter[str] = Counter(asked.left_out)
    seen, known = {_text(r) for r in asked.seeds}, {r.label for r in asked.seeds}
    dev = _new(asked.dev, seen, known, "development rows", left_out)
    pool = _new(asked.pool, seen, known, "pool rows", left_out)
    order = canonical(dev)
    aside = set(order[::ASIDE]) if any(name.startswith("influence") for name in asked.functions) else set()
    if not pool or len(dev) - len(aside) < 1:
        raise SpecError("no row is left to measure with", "give pool and development rows that are no seeds and have labels of the seeds", field="pool" if not pool else "dev")
    return Ground(tuple(pool), tuple(r for i, r in enumerate(dev) if i not in aside), tuple(dev[i] for i in sorted(aside)), {k: n for k, n in left_out.items() if n})


def _new(rows: Sequence[Row], seen: set[str], known: set[str], what: str, left_out: Counter[str]) -> list[Row]:
    """Rows in their order without those of a text in `seen`, which grows, or of a label that is not `known`."""
    kept = []
    for row in rows:
        text = _text(row)
        reason = f"{what} whose text was there before" if text in seen else "" if row.label in known else f"{what} of labels without seeds"
        if reason:
            left_out[reason] += 1
        else:
            kept.append(row)
        seen.add(text)
    return kept


def _text(row: Row) -> str:
    return normal_text(*row.fields.values())


def controls(seed: int) -> dict[str, Acquisition]:
    """Scores that mean nothing, and mere length."""

    def chance(rows: Sequence[Row], _: Learner | None) -> tuple[list[float], dict[int, str]]:
        return [rng(seed, "chance", _text(r), r.label).random() for r in rows], {}

    def length(rows: Sequence[Row], _: Learner | None) -> tuple[list[int], dict[int, str]]:
        return [word_count(*r.fields.values()) for r in rows], {}

    return {RANDOM: Function(RANDOM, f"random, seed {seed}", chance, (0.0, 1.0)), LENGTH: Function(LENGTH, LENGTH, length)}


def means_of(asked: Asked, ground: Ground) -> Means:
    """What the functions are made with."""
    return Means(asked.embedder, tuple(asked.seeds), ground.aside, seed=asked.seed)


def strata_of(rows: Sequence[Row], strata: Sequence[str]) -> list[str]:
    """The stratum of each row: its label, whether it is longer than the median of its label, both, or one for all."""
    lengths = [word_count(*r.fields.values()) for r in rows]
    middle = {label: sorted(n for n, r in zip(lengths, rows, strict=True) if r.label == label) for label in {r.label for r in rows}} if "label" in strata else {"": sorted(lengths)}
    found = []
    for row, n in zip(rows, lengths, strict=True):
        label = row.label if "label" in strata else ""
        found.append(f"{label}\n{'long' if n > middle[label][len(middle[label]) // 2] else 'short'}" if "length" in strata else label)
    return found


def names_of(rows: Sequence[Row]) -> list[str]:
    """Names that follow from the rows' content."""
    return [f"{row.label}\n{_text(row)}" for row in rows]


@dataclass(frozen=True, slots=True)
class Places:
    """The stratum and the name of each row of the pool."""

    strata: Sequence[str]
    names: Sequence[str]


def _parts(asked: Asked, places: Places) -> list[list[int]]:
    """Places in the pool for each repeat, at most about `rows` for each bucket."""
    found = statistics.parts(places.strata, places.names, asked.repeats, seed=asked.seed)
    most = asked.rows * asked.buckets
    if not most:
        return found
    return [[p for i, p in enumerate(part) if i * most // len(part) != (i - 1) * most // len(part)] if len(part) > most else part for part in found]


def _cut(asked: Asked, measurements: Sequence[Measurement], places: Places, drawn: Sequence[Sequence[int]]) -> Measured:
    """Scores, and for each repeat the buckets of its part of the pool; the reason why nothing can be measured, where there is one."""
    cuts = []
    for part in drawn:
        there = [(i, m.value) for i in part if isinstance(m := measurements[i], Score)]
        cut = statistics.buckets([v for _, v in there], [places.strata[i] for i, _ in there], [places.names[i] for i, _ in there], asked.buckets, seed=asked.seed)
        cuts.append([[there[i][0] for i in bucket] for bucket in cut])
    return Measured(measurements, cuts, reason=_unmeasurable(measurements, cuts, asked))


def _measured(asked: Asked, ground: Ground, found: Measured, alone: NDArray[np.float64], cells: Cells, progress: Progress) -> Measured:
    """The same with the gain of every bucket."""
    import numpy as np

    if found.reason:
        progress.advance(asked.repeats * asked.buckets)
        return found
    scores = np.array([_means_of(cut, found.values) for cut in found.cuts])
    gains = [[_right(asked, ground, [ground.pool[i] for i in bucket], repeat, cells) - alone[repeat] for bucket in _ticked(cut, progress)] for repeat, cut in enumerate(found.cuts)]
    return replace(found, trial=Trial(scores, np.array(gains)))


def _ticked(cut: Sequence[Sequence[int]], progress: Progress) -> Iterator[Sequence[int]]:
    for bucket in cut:
        yield bucket
        progress.advance()


def _unmeasurable(measurements: Sequence[Measurement], cuts: Sequence[Sequence[Sequence[int]]], asked: Asked) -> str:
    values = [m.value if isinstance(m, Score) else None for m in measurements]
    if all(v is None for v in values):
        return Counter(m.reason for m in measurements if isinstance(m, Unscored)).most_common(1)[0][0]
    if any(not bucket for cut in cuts for bucket in cut):
        return f"{sum(v is not None for v in values)} rows with a score are too few for {asked.repeats} repeats of {asked.buckets} buckets"
    if any(max(means) - min(means) <= 1e-12 for cut in cuts for means in [_means_of(cut, values)]):
        return "all rows have the same score, or all of the same label" if asked.strata else "all rows have the same score"
    return ""


def _means_of(cut: Sequence[Sequence[int]], values: Sequence[float | None]) -> list[float]:
    return [sum(values[i] or 0.0 for i in bucket) / len(bucket) for bucket in cut]


def _baseline(asked: Asked, ground: Ground, cells: Cells) -> NDArray[np.float64]:
    """Which development rows students of the seeds alone get right, (repeats, development rows)."""
    import numpy as np

    return np.array([_right(asked, ground, [], repeat, cells) for repeat in range(asked.repeats)])


def _right(asked: Asked, ground: Ground, rows: Sequence[Row], repeat: int, cells: Cells) -> NDArray[np.float64]:
    """Which development rows a student of seeds and these rows gets right: from its cell, or by training it."""
    training = [*asked.seeds, *(rows[i] for i in canonical(rows))]
    seed = 0 if asked.student.deterministic else derive(asked.seed, "repeat", repeat)
    key = content_hash([asked.student.identity, list(asked.labels), [[list(r.fields.values()), r.label] for r in training], rows_hash(ground.dev), seed])
    marks = cells.get(key) or cells.put(key, examine(asked.student, training, ground.dev, labels=asked.labels, repeats=1, seed=seed).marks[0])
    right: NDArray[np.float64] = table_of([marks])[0]
    return right
