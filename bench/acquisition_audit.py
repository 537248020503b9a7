"""Whether the score of an acquisition function says what a student gains: on real rows, on real rows of which some have a wrong label, and on generated rows.

    python bench/acquisition_audit.py --data DIR
    python bench/acquisition_audit.py --data DIR --pools real --tasks snips sst2 --seeds 0 1 2

`DIR` is as for `bench/real_stream.py`; only train rows are read. Of each task up to 800 rows are development rows, the same for all seeds. The others are cut into a part for
each seed, so that seeds share no row: `--per-label` (8) rows of each label are seed rows, the rest is the pool, of which each of five buckets takes at most about 100. Buckets have
equal shares of labels. The student is TF-IDF with logistic regression. Pools: `real`; `noisy` (for three tasks), where one label in five is exchanged for another one; `generated`
(for two tasks), where the pocket model wrote a row around each of 200 pool rows; a student of all real rows that are no development rows says which of these have a wrong label.

Every student and every generated row is kept in the work folder: a killed run continues. Writes `bench/results/acquisition_audit[_<name>].csv` (by pool, task, function) and `.md`.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(threads, "1")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.real_stream import RESULTS, place_task, read_lines, texts_once, write_lines  # noqa: E402
from synlearner.evaluate.audit import Trial, advantage, association, verdict  # noqa: E402
from synlearner.learn.around import written_around  # noqa: E402
from synlearner.learn.survival import survival  # noqa: E402
from synlearner.learn.worth import RANDOM, Asked, Worth, grounds, measure  # noqa: E402
from synlearner.protocols import Generator, Student  # noqa: E402
from synlearner.records import Interval, Row  # noqa: E402
from synlearner.registry import find, names  # noqa: E402
from synlearner.report.progress import Silent  # noqa: E402
from synlearner.seeding import rng  # noqa: E402
from synlearner.store.cells import Cells  # noqa: E402
from synlearner.stream.reading import load_task  # noqa: E402
from synlearner.stream.specs import GeneratorSpec, StudentSpec  # noqa: E402

TASKS = ("snips", "trec6", "ag_news", "sst2")
WRITTEN = ("snips", "sst2")
SPOILT = ("snips", "trec6", "sst2")
POOLS = ("real", "noisy", "generated")
DEV, BUCKETS, MOST, FLIPPED, AROUND = 800, 5, 100, 0.2, 200
NAMES = {"real": "Real rows", "noisy": "Real rows of which one label in five is wrong", "generated": "Rows that the pocket model wrote"}


@dataclass(frozen=True, slots=True)
class Case:
    """What one seed of a task has: its question, and which pool rows have a wrong label, by id (None: nobody says)."""

    asked: Asked
    wrong: frozenset[str]
    pairs: Sequence[tuple[Row, Row]] = ()


def rows_of(data: Path, task: str) -> list[Row]:
    found = texts_once(read_lines(data / task / "train.jsonl"), ("text",))
    rows = [Row(r["id"], {"text": r["text"]}, r["label"], "real") for r in found if r["text"].strip()]
    rng(0, task, "audit").shuffle(rows)
    return rows


def split(data: Path, task: str, number: int, seeds: int, per_label: int) -> tuple[list[Row], list[Row], list[Row], list[Row]]:
    """Seed rows, pool and development rows of a seed, and all rows that are no development rows."""
    rows = rows_of(data, task)
    dev, rest = rows[: min(DEV, len(rows) // 4)], rows[min(DEV, len(rows) // 4) :]
    part = rest[number::seeds]
    shown = [r for label in sorted({r.label for r in rows}) for r in [x for x in part if x.label == label][:per_label]]
    ids = {r.id for r in shown}
    return shown, [r for r in part if r.id not in ids], dev, rest


def flipped(rows: Sequence[Row], labels: Sequence[str], seed: int) -> tuple[list[Row], frozenset[str]]:
    """Rows of which a share has another label, and the ids of these."""
    draw = rng(seed, "flip")
    wrong = frozenset(draw.sample(sorted(r.id for r in rows), round(FLIPPED * len(rows))))
    return [replace(r, label=draw.choice([x for x in labels if x != r.label])) if r.id in wrong else r for r in rows], wrong


def case(args: argparse.Namespace, pool: str, task: str, seed: int, functions: Sequence[str]) -> Case:
    shown, rows, dev, rest = split(args.data, task, args.seeds.index(seed), len(args.seeds), args.per_label)
    labels, student = tuple(sorted({r.label for r in shown})), find("student", "tfidf")(StudentSpec())
    wrong: frozenset[str] = frozenset()
    pairs: list[tuple[Row, Row]] = []
    if pool == "noisy":
        rows, wrong = flipped(rows, labels, seed)
    if pool == "generated":
        pairs = written(args, task, seed, rows, labels)
        rows = [child for _, child in pairs]
        wrong = misread(student, rest, rows, labels)
    asked = Asked(f"{task} {pool} {seed}", rows, shown, dev, labels, student, find("embedder", "hashing")(""), tuple(functions), BUCKETS, 1, MOST, seed=seed)
    return Case(asked, wrong, pairs)


def written(args: argparse.Namespace, task: str, seed: int, rows: Sequence[Row], labels: Sequence[str]) -> list[tuple[Row, Row]]:
    """Pool rows and what was written around them; written once."""
    file = args.out / f"written-{task}-{seed}-{len(args.seeds)}-{args.per_label}.jsonl"
    by_id = {r.id: r for r in rows}
    if not file.exists():
        by_label = [[r for r in rows if r.label == label] for label in labels]
        chosen = [some[n] for n in range(len(rows)) for some in by_label if n < len(some)][:AROUND]
        with tempfile.TemporaryDirectory() as folder:
            spec, _ = load_task(Path(folder) / place_task(task, args.data.resolve(), Path(folder), 0, 16), 0)
        generator: Generator = find("generator", "pocket")(GeneratorSpec(engine="pocket", guidance=2.0, top_p=1.0))
        with closing(generator):
            made = written_around(spec, chosen, generator, seed=seed, rivals=True)
        write_lines(file, ({"id": row.id, "text": row.text, "label": row.label, "parent": parent.id} for parent, row in made))
        print(f"{task} {seed}: {len(made)} of {len(chosen)} answers are rows", flush=True)
    return [(by_id[r["parent"]], Row(r["id"], {"text": r["text"]}, r["label"], "synthetic")) for r in read_lines(file)]


def misread(student: Student, real: Sequence[Row], rows: Sequence[Row], labels: Sequence[str]) -> frozenset[str]:
    """Ids of rows that a student of many real rows reads as another label."""
    fitted = student.fit(real, labels=labels, seed=0)
    told = fitted.proba(rows).argmax(axis=1)
    return frozenset(r.id for r, t in zip(rows, told, strict=True) if fitted.labels[t] != r.label)


# ── the tables ──────────────────────────────────────────────────────────


def joined(found: Sequence[Worth], name: str) -> Trial | None:
    """The trials of all seeds as repeats of one; None where one of them has none."""
    import numpy as np

    trials = [w.functions[name].trial for w in found]
    if any(t is None for t in trials):
        return None
    return Trial(np.concatenate([t.scores for t in trials if t]), np.concatenate([t.gains for t in trials if t]))


def wrong_by_bucket(cases: Sequence[Case], found: Sequence[Worth], name: str) -> list[float]:
    """Share of rows with a wrong label in each bucket, over the seeds."""
    shares = []
    for number in range(BUCKETS):
        rows = [w.ground.pool[i].id in c.wrong for c, w in zip(cases, found, strict=True) for cut in w.functions[name].cuts for i in cut[number]]
        shares.append(sum(rows) / len(rows))
    return shares


def line(pool: str, task: str, name: str, cases: Sequence[Case], found: Sequence[Worth]) -> dict[str, object]:
    trial, chance = joined(found, name), joined(found, RANDOM)
    head = {"pool": pool, "task": task, "function": name, "seeds": len(cases)}
    if trial is None or chance is None:
        return {**head, "why not": next((w.functions[name].reason for w in found if w.functions[name].reason), "")}
    spearman, kendall, over = association([trial], seed=0), association([trial], kind="kendall", seed=0), advantage([trial], [chance], seed=0)
    limits = {f"{what}{end}": round(v, 4) for what, i in (("spearman", spearman), ("kendall", kendall), ("over random", over)) if i for end, v in ends(i).items()}
    shown = {f"gain {i + 1}": round(float(g), 4) for i, g in enumerate(trial.by_bucket)}
    wrong = {f"wrong {i + 1}": round(w, 4) for i, w in enumerate(wrong_by_bucket(cases, found, name))} if pool != "real" else {}
    return {**head, "verdict": verdict(spearman, over), **limits, **shown, **wrong, "rows": len(found[0].functions[name].cuts[0][0]), "dev": trial.gains.shape[2]}


def ends(i: Interval) -> dict[str, float]:
    return {"": i.mean, " low": i.low, " high": i.high}


def whole(name: str, by_task: Mapping[str, Sequence[Worth]]) -> tuple[str, Interval | None, Interval | None]:
    """Verdict, correlation and advantage over all tasks."""
    pairs = [(t, c) for found in by_task.values() if (t := joined(found, name)) and (c := joined(found, RANDOM))]
    if len(pairs) < len(by_task):
        return "unmeasured", None, None
    spearman, over = association([t for t, _ in pairs], seed=0), advantage([t for t, _ in pairs], [c for _, c in pairs], seed=0)
    return verdict(spearman, over), spearman, over


def told(i: Interval | None, by: float = 1.0, digits: int = 2) -> str:
    if i is None:
        return "–"
    return f"{by * i.mean:+.{digits}f} ({by * i.low:+.{digits}f} to {by * i.high:+.{digits}f})".replace("-", "−")


def table(pool: str, functions: Sequence[str], by_task: Mapping[str, Sequence[Worth]]) -> list[str]:
    rows = []
    for name in functions:
        said, spearman, over = whole(name, by_task)
        each = [association([t], seed=0) if (t := joined(found, name)) else None for found in by_task.values()]
        if spearman or any(each):
            rows.append(
                (
                    spearman.mean if spearman else -9,
                    name,
                    f"| {name} | {told(spearman)} | {told(over, 100, 1)} | {said} | {' | '.join(f'{i.mean:+.2f}'.replace('-', '−') if i else '–' for i in each)} |",
                )
            )
    head = f"| function | rank correlation, all tasks | highest minus random, points | verdict | {' | '.join(by_task)} |"
    rows.sort(key=lambda r: (r[1] in (RANDOM, "length"), -r[0]))
    return ["", f"### {NAMES[pool]}", "", head, "|---" * (4 + len(by_task)) + "|", *(text for *_, text in rows)]


def wrong_table(pool: str, functions: Sequence[str], cases: Mapping[str, Sequence[Case]], by_task: Mapping[str, Sequence[Worth]]) -> list[str]:
    rows = []
    for name in functions:
        if all(joined(found, name) for found in by_task.values()):
            shares = [sum(column) / len(by_task) for column in zip(*(wrong_by_bucket(cases[t], found, name) for t, found in by_task.items()), strict=True)]
            rows.append((shares[-1], f"| {name} | {' | '.join(f'{100 * s:.0f}' for s in shares)} |"))
    rows.sort(key=lambda r: -r[0])
    return [
        "",
        f"Rows with a wrong label, in %, from the bucket of the lowest scores to that of the highest ({NAMES[pool].lower()}):",
        "",
        "| function | 1 | 2 | 3 | 4 | 5 |",
        "|---" * 6 + "|",
        *(t for _, t in rows),
    ]


def survived(cases: Mapping[str, Sequence[Case]], functions: Sequence[str]) -> list[str]:
    """Scores before and after generation, mean over seeds with Student's t interval."""
    import numpy as np
    from scipy.stats import t

    lines = ["", "### Scores before and after generation", "", "| task | function | medians of buckets | single rows, within labels | pairs |", "|---|---|---|---|---|"]
    for task, some in cases.items():
        found = [survival(replace(c.asked, functions=tuple(functions)), grounds(c.asked), c.pairs, rounds=20) for c in some]
        for name in functions:
            parts = []
            for what in ("sets", "items"):
                values = np.array([q.mean for f in found if (q := getattr(f[name], what)) is not None])
                half = float(t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")
                parts.append(
                    told(Interval(float(values.mean()), max(-1.0, values.mean() - half), min(1.0, values.mean() + half))) if len(values) == len(found) and len(found) > 1 else "–"
                )
            if parts != ["–", "–"]:
                lines.append(f"| {task} | {name} | {parts[0]} | {parts[1]} | {sum(f[name].pairs for f in found)} |")
    return [*lines, "", *(f"{task}: {shared([pair for c in some for pair in c.pairs])}" for task, some in cases.items())]


def shared(pairs: Sequence[tuple[Row, Row]]) -> str:
    """Which share of the words of written rows is in the row that was shown, beside another one of the same label."""
    other = [rng(0, "other", child.id).choice([p for p, _ in pairs if p.label == child.label]) for _, child in pairs]
    own, chance = (sum(in_common(a, child) for a, (_, child) in zip(rows, pairs, strict=True)) / len(pairs) for rows in ([p for p, _ in pairs], other))
    return f"{100 * own:.1f} % of the words of a written row are in the row that was shown, and {100 * chance:.1f} % in another row of its label."


def in_common(row: Row, child: Row) -> float:
    words = set(child.text.casefold().split())
    return len(words & set(row.text.casefold().split())) / max(1, len(words))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--tasks", nargs="+", default=list(TASKS))
    parser.add_argument("--pools", nargs="+", default=list(POOLS), choices=POOLS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--per-label", type=int, default=8)
    parser.add_argument("--name", default="", help="added to the names of the result files")
    parser.add_argument("--by", nargs="+", default=[])
    parser.add_argument("--out", type=Path, default=ROOT / "bench/work/acquisition_audit")
    args = parser.parse_args()
    functions = args.by or names("acquisition")
    cells = Cells(args.out / "cells.jsonl")
    lines, said = [], [f"`{' '.join(['python bench/acquisition_audit.py', *('DIR' if x.startswith('/') else x for x in sys.argv[1:])])}`, {len(args.seeds)} seeds"]
    for pool in args.pools:
        tasks = [t for t in args.tasks if t in {"real": args.tasks, "noisy": SPOILT, "generated": WRITTEN}[pool]]
        cases = {task: [case(args, pool, task, seed, functions) for seed in args.seeds] for task in tasks}
        by_task = {}
        for task in tasks:
            by_task[task] = [measure(c.asked, cells, Silent()) for c in cases[task]]
            print(f"{pool} {task}: {len(cells)} students are kept", flush=True)
        known = [*functions, *(n for n in next(iter(by_task.values()))[0].functions if n not in functions)]
        lines += [line(pool, task, name, cases[task], by_task[task]) for task in tasks for name in known]
        said += table(pool, known, by_task)
        said += wrong_table(pool, known, cases, by_task) if pool != "real" else []
        said += survived(cases, functions) if pool == "generated" else []
    columns = list(dict.fromkeys(key for one in lines for key in one))
    stem = "_".join(x for x in ("acquisition_audit", args.name) if x)
    with (RESULTS / f"{stem}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=columns)
        writer.writeheader()
        writer.writerows(lines)
    (RESULTS / f"{stem}.md").write_text("\n".join(said) + "\n", encoding="utf-8")
    print("\n".join(said))


if __name__ == "__main__":
    main()
