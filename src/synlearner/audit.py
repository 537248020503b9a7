"""Does the score of an acquisition function mean anything? A pool is cut into buckets by score, students learn each bucket, and gain is held against score.

Comes in: a pool, seeds and development rows of one task, a student, names of functions. Goes out: an `Audit`, written into a folder. Every student that was trained is a cell in
the folder, kept under the hash of what it learnt and answered: a killed audit continues, and another function costs only its own buckets.

What could pass for worth and is none is held still or shown: every bucket has the same labels (`strata`), no text is there twice, none is a seed or a development row, length is
a control of its own beside random scores, and functions that look at development rows get other ones than those that measure gain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from synlearner.errors import SpecError
from synlearner.evaluate import audit as statistics
from synlearner.evaluate.audit import Trial
from synlearner.evaluate.student import examine, table_of
from synlearner.feedback.acquisition import Function, Means, acquisition
from synlearner.feedback.spread import canonical
from synlearner.protocols import Acquisition, Embedder, Learner, Progress, Student
from synlearner.records import Interval, Measurement, Row, Score, Unscored
from synlearner.report.audit import words
from synlearner.report.audit.schema import Agreement, Audit, BucketResult, FunctionResult, Survival
from synlearner.report.audit.writing import write_audit
from synlearner.report.schema import Interval as Limits
from synlearner.report.schema import Quantity
from synlearner.seeding import content_hash, derive, rng
from synlearner.store.cells import Cells
from synlearner.store.claim import claimed
from synlearner.stream.identity import rows_hash
from synlearner.stream.texts import normal_text, word_count

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CELLS = "cells.jsonl"
RANDOM, LENGTH = "random", "length"
STRATA = ("label", "length")
# Of so many development rows one is set aside where a function looks at such rows.
ASIDE = 4
ROUNDS, LEVEL = 1000, 0.95


@dataclass(frozen=True, slots=True)
class Asked:
    """What is audited. `rows` is about how many rows a bucket has at most (0: all there are), `strata` what buckets have equal shares of. `generated` are pairs of a row
    of pool or seeds and a row that was written around it.
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
    generated: Sequence[tuple[Row, Row]] = ()
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


def audit(asked: Asked, folder: Path, progress: Progress) -> Audit:
    """Measure what is not measured yet, and write the whole of it. Raises SpecError for what cannot be asked, LedgerError where another process works in the folder."""
    _refuse(asked)
    with claimed(folder):
        found = measure(asked, Cells(folder / CELLS), progress)
        ground = grounds(asked)
        return write_audit(_told(asked, ground, found, _baseline(asked, ground, Cells(folder / CELLS)), survival(asked, ground)), folder)


def measure(asked: Asked, cells: Cells, progress: Progress) -> dict[str, Measured]:
    """Scores, buckets and gains of every function and of both controls."""
    ground = grounds(asked)
    fitted = asked.student.fit(asked.seeds, labels=asked.labels, seed=derive(asked.seed, "student"))
    functions = {**{name: acquisition(name, _means(asked, ground)) for name in asked.functions}, **controls(asked.seed)}
    drawn = _parts(asked, ground)
    progress.start(f"{asked.name}: students", len(functions) * asked.repeats * asked.buckets)
    found = {name: _measured(asked, ground, function, fitted, drawn, cells, progress) for name, function in functions.items()}
    progress.finish(f"{len(cells)} cells in all")
    return found


def _refuse(asked: Asked) -> None:
    checks = {
        "repeats": (asked.repeats >= 2, "at least 2 repeats are needed to tell how much they differ", "--repeats 5"),
        "buckets": (asked.buckets >= 3, "at least 3 buckets are needed for a rank correlation", "--buckets 5"),
        "functions": (bool(asked.functions), "there is no function to audit", "--by loss,entropy"),
        "strata": (set(asked.strata) <= set(STRATA), f"strata can be {', '.join(STRATA)} or none", "--strata label"),
        "seeds": (bool(asked.seeds), "students need seed rows", "give a file with rows of every label"),
    }
    for name, (holds, message, fix) in checks.items():
        if not holds:
            raise SpecError(message, f"for example {fix}" if fix.startswith("--") else fix, field=name)


# ── what is measured ────────────────────────────────────────────────────


def grounds(asked: Asked) -> Ground:
    """Pool rows whose text is no seed, no development row and no earlier pool row, and whose label the seeds have; development rows that are no seeds."""
    left_out: Counter[str] = Counter(asked.left_out)
    seen, known = {_text(r) for r in asked.seeds}, {r.label for r in asked.seeds}
    dev = _new(asked.dev, seen, known, "development rows", left_out)
    pool = _new(asked.pool, seen, known, "pool rows", left_out)
    order = canonical(dev)
    aside = {i for i in order[::ASIDE]} if any(name.startswith("influence") for name in asked.functions) else set()
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


def _means(asked: Asked, ground: Ground) -> Means:
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


def _parts(asked: Asked, ground: Ground) -> list[list[int]]:
    """Places in the pool for each repeat, at most about `rows` for each bucket."""
    strata, names = strata_of(ground.pool, asked.strata), names_of(ground.pool)
    found = statistics.parts(strata, names, asked.repeats, seed=asked.seed)
    most = asked.rows * asked.buckets
    if not most:
        return found
    return [[p for i, p in enumerate(part) if i * most // len(part) != (i - 1) * most // len(part)] if len(part) > most else part for part in found]


def _measured(asked: Asked, ground: Ground, function: Acquisition, fitted: Learner, drawn: Sequence[Sequence[int]], cells: Cells, progress: Progress) -> Measured:
    import numpy as np

    measurements = function.score(ground.pool, fitted)
    strata, names = strata_of(ground.pool, asked.strata), names_of(ground.pool)
    values = [m.value if isinstance(m, Score) else None for m in measurements]
    cuts = []
    for part in drawn:
        there = [(i, v) for i in part if (v := values[i]) is not None]
        cut = statistics.buckets([v for _, v in there], [strata[i] for i, _ in there], [names[i] for i, _ in there], asked.buckets, seed=asked.seed)
        cuts.append([[there[i][0] for i in bucket] for bucket in cut])
    reason = _unmeasurable(measurements, cuts, asked)
    if reason:
        progress.advance(asked.repeats * asked.buckets)
        return Measured(measurements, reason=reason)
    scores = np.array([[np.mean([values[i] for i in bucket]) for bucket in cut] for cut in cuts], dtype=np.float64)
    if (np.ptp(scores, axis=1) == 0).any():
        progress.advance(asked.repeats * asked.buckets)
        return Measured(measurements, reason="rows of the same label all have the same score" if "label" in asked.strata else "all rows have the same score")
    alone = _baseline(asked, ground, cells)
    gains = [[_right(asked, ground, [ground.pool[i] for i in bucket], repeat, cells) - alone[repeat] for bucket in _ticked(cut, progress)] for repeat, cut in enumerate(cuts)]
    return Measured(measurements, cuts, Trial(scores, np.array(gains)))


def _ticked(cut: Sequence[Sequence[int]], progress: Progress) -> Iterator[Sequence[int]]:
    for bucket in cut:
        yield bucket
        progress.advance()


def _unmeasurable(measurements: Sequence[Measurement], cuts: Sequence[Sequence[Sequence[int]]], asked: Asked) -> str:
    unscored = Counter(m.reason for m in measurements if isinstance(m, Unscored))
    if unscored.total() == len(measurements):
        return unscored.most_common(1)[0][0]
    if any(not bucket for cut in cuts for bucket in cut):
        return f"{len(measurements) - unscored.total()} rows with a score are too few for {asked.repeats} repeats of {asked.buckets} buckets"
    return ""


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
    return table_of([marks])[0]


# ── before and after generation ─────────────────────────────────────────


def survival(asked: Asked, ground: Ground) -> list[Survival]:
    """Scores of rows and of what was written around them. Rows that are seeds are scored by students that learnt the other half of the seeds."""
    if not asked.generated:
        return []
    seeds = {r.id for r in asked.seeds}
    order = [asked.seeds[i] for i in canonical(asked.seeds)]
    halves = [order[0::2], order[1::2]]
    groups = [(half, [p for p in asked.generated if p[0].id in {r.id for r in other}]) for half, other in (halves, halves[::-1])]
    groups.append((list(asked.seeds), [p for p in asked.generated if p[0].id not in seeds]))
    return [_survival(asked, ground, name, [(rows, pairs) for rows, pairs in groups if rows and pairs]) for name in asked.functions]


def _survival(asked: Asked, ground: Ground, name: str, groups: Sequence[tuple[Sequence[Row], Sequence[tuple[Row, Row]]]]) -> Survival:
    function = acquisition(name, _means(asked, ground))
    told: list[tuple[float, float, str, str]] = []
    for number, (training, pairs) in enumerate(groups):
        fitted = asked.student.fit(training, labels=asked.labels, seed=derive(asked.seed, "student"))
        before, after = (function.score([pair[side] for pair in pairs], fitted) for side in (0, 1))
        both = zip(pairs, before, after, strict=True)
        # Strata are labels within a group: scores of different students are not compared.
        told += [(b.value, a.value, f"{number} {old.label}", old.id) for (old, _), b, a in both if isinstance(b, Score) and isinstance(a, Score)]
    if not told:
        none = Quantity(value=None, reason="no pair has both scores")
        return Survival(function=name, pairs=0, items=none, sets=none, medians=[])
    b, a, labels, parents = (list(column) for column in zip(*told, strict=True))
    found = statistics.fidelity(b, a, labels, parents, asked.buckets, seed=asked.seed, level=LEVEL)
    why = "too few pairs, or rows that all have the same score"
    return Survival(function=name, pairs=found.pairs, items=_quantity(found.items, why), sets=_quantity(found.sets, why), medians=list(found.medians))


# ── what is told ────────────────────────────────────────────────────────


def _told(asked: Asked, ground: Ground, found: Mapping[str, Measured], alone: NDArray[np.float64], survived: list[Survival]) -> Audit:
    functions = [_function(asked, ground, name, m, found[RANDOM]) for name, m in found.items()]
    functions.sort(key=lambda f: (f.control, list(words.MARKS).index(f.verdict), -(f.spearman.value or 0.0)))
    agreement = statistics.agreement({f.name: found[f.name].values for f in functions if any(v is not None for v in found[f.name].values)})
    score = float(alone.mean())
    return Audit(
        name=asked.name,
        answer=words.answer(functions),
        distrust=words.distrust(functions, repeats=asked.repeats, dev=len(ground.dev), seeds_only=score, strata=asked.strata, survival=survived),
        student=asked.student.identity,
        labels=list(asked.labels),
        strata=list(asked.strata),
        repeats=asked.repeats,
        level=LEVEL,
        rounds=ROUNDS,
        seeds=len(asked.seeds),
        dev=len(ground.dev),
        aside=len(ground.aside),
        pool=len(ground.pool),
        left_out=dict(ground.left_out),
        seeds_only=score,
        functions=functions,
        agreement=[Agreement(first=a, second=b, value=value) for (a, b), value in agreement.items()],
        survival=survived,
    )


def _function(asked: Asked, ground: Ground, name: str, measured: Measured, chance: Measured) -> FunctionResult:
    trial, random, limits = measured.trial, chance.trial, {"seed": asked.seed, "rounds": ROUNDS}
    spearman = statistics.association([trial], kind="spearman", seed=asked.seed, rounds=ROUNDS, level=LEVEL) if trial else None
    kendall = statistics.association([trial], kind="kendall", seed=asked.seed, rounds=ROUNDS, level=LEVEL) if trial else None
    over = statistics.advantage([trial], [random], **limits, level=LEVEL) if trial and random else None
    quantities = [_quantity(q, measured.reason or chance.reason) for q in (spearman, kendall, over)]
    verdict = statistics.verdict(spearman, over)
    lengths = [float(word_count(*r.fields.values())) for r in ground.pool]
    return FunctionResult(
        name=name,
        control=name in (RANDOM, LENGTH),
        verdict=verdict,
        sentence=words.sentence(name, verdict, quantities[0], quantities[2]),
        scored=sum(v is not None for v in measured.values),
        unscored=dict(Counter(m.reason for m in measured.measurements if isinstance(m, Unscored)).most_common()),
        spearman=quantities[0],
        kendall=quantities[1],
        over_random=quantities[2],
        with_words=statistics.agreement({"score": measured.values, "words": lengths})["score", "words"],
        buckets=[_bucket(measured, trial, number, lengths, asked.seed) for number in range(asked.buckets)] if trial else [],
    )


def _bucket(measured: Measured, trial: Trial, number: int, lengths: Sequence[float], seed: int) -> BucketResult:
    rows = [i for cut in measured.cuts for i in cut[number]]
    return BucketResult(
        number=number + 1,
        rows=len(measured.cuts[0][number]),
        score=float(trial.scores[:, number].mean()),
        words=sum(lengths[i] for i in rows) / len(rows),
        gain=_quantity(statistics.gain([trial], number, seed=seed, rounds=ROUNDS, level=LEVEL), ""),
        gains=[float(g) for g in trial.gains[:, number].mean(axis=1)],
    )


def _quantity(found: Interval | None, why: str) -> Quantity:
    if found is None:
        return Quantity(value=None, reason=why or "it could not be measured")
    return Quantity(value=found.mean, reason="", interval=Limits(mean=found.mean, low=found.low, high=found.high, level=found.level, n=found.n))
