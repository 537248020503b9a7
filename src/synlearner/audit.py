"""Does the score of an acquisition function mean anything? Files and names go in; an `Audit`, written into a folder, comes out.

The measuring is `learn.worth` and `learn.survival`, the arithmetic `evaluate.audit`, the words `report.audit`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from synlearner.errors import SpecError
from synlearner.evaluate import audit as statistics
from synlearner.evaluate.audit import Fidelity, Trial
from synlearner.feedback.spread import canonical
from synlearner.learn.around import written_around
from synlearner.learn.survival import survival
from synlearner.learn.worth import LENGTH, RANDOM, STRATA, Asked, Measured, Worth, measure
from synlearner.protocols import Generator, Progress
from synlearner.records import Interval, Row, Unscored
from synlearner.registry import find, names
from synlearner.report.audit import words
from synlearner.report.audit.schema import Agreement, Audit, BucketResult, FunctionResult, Survival
from synlearner.report.audit.writing import write_audit
from synlearner.report.schema import Interval as Limits
from synlearner.report.schema import Quantity
from synlearner.seeding import content_hash, derive, rng
from synlearner.store.cells import Cells
from synlearner.store.claim import claimed
from synlearner.store.files import write_text
from synlearner.stream.kinds import LABELS, gives
from synlearner.stream.pool import TEXT, Pool, labels_of, read_pool, records_at
from synlearner.stream.reading import load_task
from synlearner.stream.specs import GeneratorSpec, StudentSpec
from synlearner.stream.texts import word_count

CELLS = "cells.jsonl"
# How names of published variants end: they are for comparison, and are audited only by name.
VARIANT = ":reference"
ROUNDS, LEVEL = 1000, 0.95
# Where a written row tells which rows its prompt showed.
SHOWN = "examples"


@dataclass(frozen=True, slots=True)
class Files:
    """What is asked from the command line. `by` names functions (none: all but the published variants). `generated` is a file of rows that name under
    `_meta` which rows they were written around, as run folders have it; `around` is a task file, for which `write` rows are written around rows of the pool.
    """

    pool: str
    seeds: str
    dev: str
    by: Sequence[str] = ()
    texts: Sequence[str] = (TEXT,)
    label: str | None = None
    student: StudentSpec = field(default_factory=StudentSpec)
    embedder: str = "hashing"
    embedder_model: str = ""
    buckets: int = 5
    repeats: int = 5
    rows: int = 0
    strata: Sequence[str] = ("label",)
    seed: int = 0
    generated: str = ""
    around: str = ""
    write: int = 200
    generator: GeneratorSpec = field(default_factory=GeneratorSpec)


def audit(files: Files, folder: Path, progress: Progress) -> Audit:
    """Read, measure what is not measured yet, and write the whole of it into the folder.

    Raises SpecError for what is wrong with what was asked, LedgerError where another process works in the folder.
    """
    asked = asked_of(files)
    with claimed(folder):
        found = measure(asked, Cells(folder / CELLS), progress)
        pairs = [*_given(files, asked), *_written(files, asked, folder, progress)]
        return write_audit(told(asked, found, survival(asked, found.ground, pairs, level=LEVEL)), folder)


def asked_of(files: Files) -> Asked:
    """The files as rows, the names as what they stand for."""
    _refuse(files)
    pool, seeds, dev = (read_pool(path, texts=files.texts, label=files.label, labelled=True) for path in (files.pool, files.seeds, files.dev))
    if len(labels := labels_of(seeds.rows)) < 2:
        raise SpecError(f"all seeds have the label {labels[0]!r}", "give seeds of at least two labels", file=files.seeds)
    return Asked(
        Path(pool.place.name).stem,
        pool.rows,
        seeds.rows,
        dev.rows,
        labels,
        find("student", files.student.engine)(files.student),
        find("embedder", files.embedder)(files.embedder_model),
        tuple(dict.fromkeys(files.by)) or tuple(name for name in names("acquisition") if not name.endswith(VARIANT)),
        files.buckets,
        files.repeats,
        files.rows,
        tuple(files.strata),
        files.seed,
        _left_out(pool=pool, seeds=seeds, dev=dev),
    )


def _refuse(files: Files) -> None:
    """Raise for what cannot be asked, before anything is read."""
    for name in files.by:
        find("acquisition", name)
    if not gives(files.student.engine, LABELS):
        raise SpecError(f"the student {files.student.engine!r} gives no {LABELS}", "take another one", field="--student")
    checks = (
        ("--repeats", files.repeats >= 2, "at least 2 repeats are needed to tell how much they differ", "for example --repeats 5"),
        ("--buckets", files.buckets >= 3, "at least 3 buckets are needed for a rank correlation", "for example --buckets 5"),
        ("--strata", set(files.strata) <= set(STRATA), f"buckets cannot be made alike in {', '.join(files.strata)}", f"known: {', '.join(STRATA)}, none"),
    )
    for option, holds, message, fix in checks:
        if not holds:
            raise SpecError(message, fix, field=option)


def _left_out(**read: Pool) -> dict[str, int]:
    return {f"rows of the {what}: {reason}": n for what, pool in read.items() for reason, n in pool.skipped.items()}


# ── rows and what was written around them ───────────────────────────────


def _given(files: Files, asked: Asked) -> list[tuple[Row, Row]]:
    """Pairs of a file of generated rows: each with every row of its label that it was written around."""
    if not files.generated:
        return []
    generated = read_pool(files.generated, texts=files.texts, label=files.label, labelled=True, origin="synthetic")
    known = {r.id: r for r in (*asked.pool, *asked.seeds)}
    whole = records_at(generated, range(len(generated.rows)))
    pairs = [(known[name], row) for i, row in enumerate(generated.rows) for name in _shown(whole[i]) if name in known and known[name].label == row.label]
    if not pairs:
        raise SpecError(
            "no row was written around a row of the pool or the seeds",
            "give rows with their story, as data/<task>.jsonl of a run folder has it, and the seeds of that run",
            file=files.generated,
        )
    return pairs


def _shown(record: Mapping[str, object]) -> list[str]:
    meta = record.get("_meta")
    found = meta.get(SHOWN) if isinstance(meta, dict) else None
    return [str(name) for name in found] if isinstance(found, list) else []


def _written(files: Files, asked: Asked, folder: Path, progress: Progress) -> list[tuple[Row, Row]]:
    """Pairs that are written now: around rows of the pool, equally many of each label. Written once, and then read from the folder."""
    if not files.around:
        return []
    task, _ = load_task(files.around, files.seed)
    if set(task.fields) != set(files.texts) or not set(asked.labels) <= set(task.labels):
        raise SpecError("the task has other fields or labels than the pool", "give the task that the pool is for", file=files.around, field="--around")
    order = sorted(canonical(asked.pool), key=lambda i: rng(files.seed, "around", asked.pool[i].text).random())
    by_label = [[asked.pool[i] for i in order if asked.pool[i].label == label] for label in asked.labels]
    chosen = [rows[n] for n in range(len(order)) for rows in by_label if n < len(rows)][: files.write]
    file = folder / f"around-{content_hash([task.key, files.generator.model_dump(mode='json'), files.seed, [[r.id, r.text] for r in chosen]])}.jsonl"
    if not file.exists():
        progress.start(f"{asked.name}: rows around rows of the pool", len(chosen))
        generator: Generator = find("generator", files.generator.engine)(files.generator)
        with closing(generator):
            made = written_around(task, chosen, generator, seed=derive(files.seed, "around"), rivals=files.generator.guidance > 0)
        write_text(file, "".join(json.dumps({"id": row.id, **row.fields, "label": row.label, "_meta": {SHOWN: [parent.id]}}, ensure_ascii=False) + "\n" for parent, row in made))
        progress.finish(f"{len(made)} of {len(chosen)} answers are rows")
    return _given(replace(files, generated=str(file), label=None), asked) if file.stat().st_size else []


# ── what is told ────────────────────────────────────────────────────────


def told(asked: Asked, worth: Worth, survived: Mapping[str, Fidelity]) -> Audit:
    """Everything as it is reported."""
    ground, found = worth.ground, worth.functions
    functions = [_function(asked, worth, name) for name in found]
    functions.sort(key=lambda f: (f.control, list(words.MARKS).index(f.verdict), -(f.spearman.value or 0.0)))
    agreement = statistics.agreement({f.name: found[f.name].values for f in functions if any(v is not None for v in found[f.name].values)})
    score, survivals = float(worth.alone.mean()), [_survival(name, f) for name, f in survived.items()]
    return Audit(
        name=asked.name,
        answer=words.answer(functions),
        distrust=words.distrust(functions, repeats=asked.repeats, dev=len(ground.dev), seeds_only=score, strata=asked.strata, survival=survivals),
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
        survival=survivals,
    )


def _function(asked: Asked, worth: Worth, name: str) -> FunctionResult:
    measured, chance = worth.functions[name], worth.functions[RANDOM]
    trial = measured.trial
    spearman = statistics.association([trial], kind="spearman", seed=asked.seed, rounds=ROUNDS, level=LEVEL) if trial else None
    kendall = statistics.association([trial], kind="kendall", seed=asked.seed, rounds=ROUNDS, level=LEVEL) if trial else None
    over = statistics.advantage([trial], [chance.trial], seed=asked.seed, rounds=ROUNDS, level=LEVEL) if trial and chance.trial else None
    quantities = [_quantity(q, measured.reason or chance.reason) for q in (spearman, kendall, over)]
    verdict = statistics.verdict(spearman, over)
    lengths = [float(word_count(*r.fields.values())) for r in worth.ground.pool]
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


def _survival(name: str, found: Fidelity) -> Survival:
    why = "too few pairs, or rows that all have the same score" if found.pairs else "no pair has both scores"
    return Survival(function=name, pairs=found.pairs, items=_quantity(found.items, why), sets=_quantity(found.sets, why), medians=list(found.medians))


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
