"""What an acquisition function is worth as a reward: the generator that it trained, beside the same generator untrained, and beside choosing among the untrained one's rows.

    python bench/acquisition_rl.py --data DIR --seeds 0 1 2 3 4 --jobs 2
    python bench/acquisition_rl.py --data DIR --tasks snips --seeds 0 --dev      # while something is being chosen: rows of train stand in for gold

`DIR` is as for `bench/real_stream.py`. For each seed three streams of the same tasks, with `--per-label` seed rows of each label and at most 400 gold rows, are run by
`synlearner run` with one thread each; what is finished is not repeated, and what was killed goes on:

- `trained`: on each task the generator learns from the rewards with the acquisition function `--by` among them, and takes its adapter to the next one; nothing is fine-tuned;
- `plain`: the same training without that function;
- `untrained`: no training; as many drafts more are written as the training of a task drafts, so that the generation budget is equal.

Arms, for each task: students of the seeds and of `--rows` rows of the `trained` or `plain` generator; of the `untrained` one the first rows (equal rows), and of its whole budget
as many rows by chance (`random`), those with the highest scores under a student of the seeds (`filtered`), and every row (`all`). The arms of equal rows have the same number of
rows of each label. Gains are over a student of the seeds alone (TF-IDF with logistic regression), differences are paired by seed and gold row.

Forgetting is that of the stream's own matrix: by how much students on the sets that the generator writes for earlier tasks have dropped in the end. Without training it is 0.

Writes `bench/results/acquisition_rl.csv`, a line for each task, arm and seed, and `.md`.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(threads, "1")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import tomli_w  # noqa: E402

from bench.real_stream import RESULTS, Job, place_task, read_lines, summary_if_any, walk, write_lines  # noqa: E402
from synlearner.evaluate.clusters import clustered  # noqa: E402
from synlearner.evaluate.student import examine, table_of  # noqa: E402
from synlearner.feedback.acquisition import Means, acquisition  # noqa: E402
from synlearner.feedback.spread import canonical  # noqa: E402
from synlearner.learn.adopting import PROBE  # noqa: E402
from synlearner.records import Interval, Row, Score  # noqa: E402
from synlearner.registry import find  # noqa: E402
from synlearner.report.schema import Summary  # noqa: E402
from synlearner.seeding import content_hash, rng  # noqa: E402
from synlearner.stream.specs import StudentSpec  # noqa: E402

TASKS = ("snips", "trec6", "sst2")
RUNS = ("trained", "plain", "untrained")
ARMS = ("seeds", "untrained", "random", "filtered", "plain", "trained", "all")
GOLD, DEV, EXPLORED = 400, 400, 48
FIELDS = ("task", "arm", "seed", "rows", "score", "gain", "forgetting", "adopted", "requests", "seconds", "right")


@dataclass(frozen=True, slots=True)
class Place:
    """One stream of one seed."""

    run: str
    seed: int
    folder: Path

    @property
    def job(self) -> Job:
        return Job(self.seed, self.folder)


def settings(args: argparse.Namespace, run: str) -> dict[str, object]:
    """A run's TOML without its tasks."""
    drafts = args.steps * 64 + EXPLORED + 2 * PROBE
    weights = {"faithfulness": 1.0, "quality": 0.3, "distinctiveness": 0.3}
    learning = {"method": "hro", "steps": args.steps, "learning_rate": args.rate, "weights": weights}
    told: dict[str, object] = {
        "generator": {"engine": "pocket", "guidance": 0},
        "explore": {"prompts": EXPLORED, "few_shot": 2},
        "synthesis": {"rows": args.rows, "few_shot": 2},
        "feedback": {"verifier_crossfit": 5},
        "evaluation": {"matrix": "lower", "matrix_rows": args.cells},
        # The step before rewards is there and changes nothing: what is measured is what rewards teach.
        "finetune": {"learning_rate": 1e-9, "epochs": 0.05},
    }
    if run == "untrained":
        # Every draft is a prompt of its own, and all that pass the filters stay.
        budget = drafts + round(args.rows * args.spare)
        return {**told, "explore": {"enabled": False}, "synthesis": {"rows": budget, "attempts": 1.0, "few_shot": 2}, "evaluation": {"matrix": "none"}}
    utility = {"utility": args.by, "weights": {**weights, "utility": args.weight}} if run == "trained" else {}
    return {**told, "reinforce": {**learning, **utility}}


def prepare(args: argparse.Namespace) -> list[Place]:
    """The folders of all runs; only missing ones are filled, the stream's TOML last."""
    key = content_hash([args.tasks, args.dev, args.rows, args.per_label, [settings(args, run) for run in RUNS]])[:8]
    places = [Place(run, seed, args.out / key / f"seed-{seed}" / run) for seed in args.seeds for run in RUNS]
    for place in places:
        if (place.folder / "stream.toml").exists():
            continue
        place.folder.mkdir(parents=True, exist_ok=True)
        tomls = [place_task(name, args.data.resolve(), place.folder, place.seed, args.per_label) for name in args.tasks]
        for name in args.tasks:
            exchange(place.folder, name, dev=args.dev)
        (place.folder / "stream.toml").write_text(tomli_w.dumps({"name": f"rl-{place.run}", "seed": place.seed, "tasks": tomls, **settings(args, place.run)}), encoding="utf-8")
    return places


def exchange(folder: Path, name: str, *, dev: bool) -> None:
    """Fewer gold rows; with `dev` real rows stand in for them."""
    gold, real = (folder / f"{name}.{role}.jsonl" for role in ("gold", "real"))
    rows, rest = read_lines(gold), read_lines(real)
    if dev:
        picked = {r["id"] for r in rng(0, name, "dev").sample(rest, min(DEV, len(rest) // 2))}
        rows, rest = [r for r in rest if r["id"] in picked], [r for r in rest if r["id"] not in picked]
    write_lines(gold, rng(0, name, "fewer").sample(rows, min(GOLD, len(rows))))
    write_lines(real, rest)


# ── a seed ──────────────────────────────────────────────────────────────


def rows_in(file: Path, origin: str) -> list[Row]:
    return [Row(r["id"], {"text": r["text"]}, r["label"], origin) for r in read_lines(file)]  # type: ignore[arg-type]


def lines_of(args: argparse.Namespace, places: Mapping[str, Place]) -> list[dict[str, object]]:
    """A line for each task and arm of a seed whose runs are all finished; none otherwise."""
    found = {run: summary_if_any(p.job.run) for run, p in places.items()}
    told: dict[str, Summary] = {run: s for run, s in found.items() if s and s.state == "finished"}
    if len(told) < len(RUNS):
        return []
    return [line for i, task in enumerate(args.tasks) for line in task_lines(args, places, told, i, task)]


def task_lines(args: argparse.Namespace, places: Mapping[str, Place], told: Mapping[str, Summary], i: int, task: str) -> list[dict[str, object]]:
    place, seed = places["untrained"], places["untrained"].seed
    seeds, gold = (rows_in(place.folder / f"{task}.{role}.jsonl", origin) for role, origin in (("seeds", "seed"), ("gold", "gold")))
    labels, student = sorted({r.label for r in seeds}), find("student", "tfidf")(StudentSpec())
    data = {run: rows_in(p.job.run / "data" / f"{task}.jsonl", "synthetic") for run, p in places.items()}
    there = [Counter(r.label for r in rows) for rows in data.values()]
    quota = {label: min(args.rows // len(labels), *(c[label] for c in there)) for label in labels}
    means = Means(find("embedder", "hashing")(""), seeds, seeds[::4], seed=seed)
    scores = acquisition(args.by, means).score(data["untrained"], student.fit(seeds, labels=labels, seed=0))
    by_score = sorted(canonical(data["untrained"]), key=lambda j: -m.value if isinstance(m := scores[j], Score) else float("inf"))
    by_chance = rng(seed, task, "random").sample(data["untrained"], len(data["untrained"]))
    sets = {
        "seeds": [],
        "untrained": first(data["untrained"], quota),
        "random": first(by_chance, quota),
        "filtered": first([data["untrained"][j] for j in by_score], quota),
        "plain": first(data["plain"], quota),
        "trained": first(data["trained"], quota),
        "all": data["untrained"],
    }
    right = {arm: examine(student, [*seeds, *rows], gold, labels=labels, repeats=1, seed=0) for arm, rows in sets.items()}
    return [told_line(task, arm, seed, len(sets[arm]), e.accuracy, e.accuracy - right["seeds"].accuracy, e.marks[0], told, i) for arm, e in right.items()]


def first(rows: Sequence[Row], quota: Mapping[str, int]) -> list[Row]:
    """The first rows of each label, as many as the quota says."""
    left, kept = dict(quota), []
    for row in rows:
        if left[row.label] > 0:
            left[row.label] -= 1
            kept.append(row)
    return kept


def told_line(task: str, arm: str, seed: int, rows: int, score: float, gain: float, marks: str, told: Mapping[str, Summary], i: int) -> dict[str, object]:
    summary = told.get(arm) or told["untrained"]
    learnt = summary.tasks[i].reinforce
    forgetting = summary.transfer.forgetting.value if arm in ("trained", "plain") else None
    values = (task, arm, seed, rows, round(score, 4), round(gain, 4), None if forgetting is None else round(forgetting, 4), learnt.adopted if learnt else None)
    cost = (0, 0) if arm == "seeds" else (summary.cost.requests, round(summary.cost.generation_seconds or 0))
    return dict(zip(FIELDS, (*values, *cost, marks), strict=True))


# ── the tables ──────────────────────────────────────────────────────────


def difference(lines: Sequence[Mapping[str, object]], arm: str, other: str, tasks: Sequence[str]) -> Interval | None:
    """Mean over tasks and seeds of the paired difference, with its interval over seeds and gold rows."""
    marks = {(line["task"], line["arm"], line["seed"]): table_of([str(line["right"])])[0] for line in lines}
    runs = {}
    for seed in dict.fromkeys(line["seed"] for line in lines):
        terms = {(t, str(marks[t, arm, seed].size)): (marks[t, arm, seed] - marks[t, other, seed]) / len(tasks) for t in tasks if (t, arm, seed) in marks}
        if len(terms) == len(tasks):
            runs[int(str(seed))] = [terms]
    return clustered(runs, seed=0) if runs else None


def told(i: Interval | None) -> str:
    if i is None:
        return "–"
    return f"{100 * i.mean:+.1f} ({100 * i.low:+.1f} to {100 * i.high:+.1f})".replace("-", "−")


def report(args: argparse.Namespace, lines: Sequence[Mapping[str, object]]) -> list[str]:
    seeds = sorted({int(str(line["seed"])) for line in lines})
    asked = " ".join(["python bench/acquisition_rl.py", *("DIR" if x.startswith("/") else x for x in sys.argv[1:])])
    said = [f"`{asked}`, {len(seeds)} seeds. Gains in points over students of the seeds alone, with 95 % intervals over seeds and gold rows.", ""]
    said += [f"| arm | rows | all tasks | {' | '.join(args.tasks)} |", "|---" * (3 + len(args.tasks)) + "|"]
    for arm in ARMS[1:]:
        rows = [int(str(line["rows"])) for line in lines if line["arm"] == arm]
        parts = [told(difference(lines, arm, "seeds", tasks)) for tasks in (args.tasks, *([t] for t in args.tasks))]
        said.append(f"| {arm} | {sum(rows) / len(rows):.0f} | {' | '.join(parts)} |")
    said += [
        "",
        "| trained minus | all tasks |",
        "|---|---|",
        *(f"| {other} | {told(difference(lines, 'trained', other, args.tasks))} |" for other in ARMS[1:] if other != "trained"),
    ]
    for arm in ("trained", "plain"):
        of = {line["seed"]: float(str(line["forgetting"])) for line in lines if line["arm"] == arm and line["forgetting"] not in (None, "")}
        adopted = [line["adopted"] for line in lines if line["arm"] == arm]
        said += [
            "",
            f"{arm}: forgetting {told(over_seeds(list(of.values())))} points; what rewards taught was kept {sum(str(a) == 'True' for a in adopted)} of {len(adopted)} times.",
        ]
    return said


def over_seeds(values: Sequence[float]) -> Interval | None:
    """Mean with Student's t interval; one value has none."""
    import numpy as np
    from scipy.stats import t

    if len(values) < 2:
        return None
    mean, half = float(np.mean(values)), float(t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values)))
    return Interval(mean, mean - half, mean + half)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--tasks", nargs="+", default=list(TASKS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--by", default="loss", help="the acquisition function")
    parser.add_argument("--weight", type=float, default=1.0, help="of the acquisition function among the rewards")
    parser.add_argument("--steps", type=int, default=12, help="steps of learning from rewards, of 64 drafts each")
    parser.add_argument("--rate", type=float, default=3e-3, help="learning rate")
    parser.add_argument("--per-label", type=int, default=8, help="seed rows of each label")
    parser.add_argument("--rows", type=int, default=160, help="rows of the arms of equal rows")
    parser.add_argument("--spare", type=float, default=1.3, help="prompts that a trained generator needs for a row, for the budget of the untrained one")
    parser.add_argument("--cells", type=int, default=48, help="rows of a cell of the matrix")
    parser.add_argument("--dev", action="store_true")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", type=Path, default=ROOT / "bench/work/acquisition_rl")
    args = parser.parse_args()
    places = prepare(args)
    began = time.monotonic()
    with ThreadPoolExecutor(args.jobs) as pool:
        list(pool.map(lambda p: walk(p.job, ()), places))
    print(f"runs: {time.monotonic() - began:,.0f} s", flush=True)
    lines = [line for seed in args.seeds for line in lines_of(args, {p.run: p for p in places if p.seed == seed})]
    if not lines:
        raise SystemExit("No seed is finished; see the log.txt beside each run.")
    results = args.out if args.dev else RESULTS
    with (results / "acquisition_rl.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=FIELDS)
        writer.writeheader()
        writer.writerows(lines)
    said = report(args, lines)
    (results / "acquisition_rl.md").write_text("\n".join(said) + "\n", encoding="utf-8")
    print("\n".join(said))


if __name__ == "__main__":
    main()
