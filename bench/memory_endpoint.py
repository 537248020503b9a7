"""What a memory brings to a user who has an endpoint alone: real tasks, the engine `chat_api`, and weights that nobody can touch.

    python bench/memory_endpoint.py --data DIR
    python bench/memory_endpoint.py --data DIR --seeds 8 --prompts 160 --out build/memory_endpoint
    python bench/memory_endpoint.py --data DIR --tables        # from the runs that are there, without new ones

Behind the endpoint (`bench/pocket_endpoint.py`, on the loopback) stands the bundled model. `DIR` is as for `bench/real_stream.py`, whose seed rows these
are. Five tasks that share dimensions arrive in an order that each seed draws. What is accepted is what the package's filters let pass with their default
settings, which know seed rows and no gold; under the setting `attributes` they also drop rows that lack what they were asked for (`feedback.attributes = "drop"`).

Arms, with the same seed rows, order and answering model: `uniform` and `balanced`, which remember nothing; `memory`, with the plan `learned` and lessons;
`memory, no lessons`; `shuffled memory`, the same as `memory` with outcomes that have changed places among a task's prompts (`experience.history = "shuffled"`).
On its first task an arm knows nothing, so that counts from the second on. Counted is the first round of prompts of a task, in which nobody knows how the task
itself goes: accepted rows over answered prompts.

Differences are paired by seed and task. Intervals (95 %) are bootstraps that draw seeds, and tasks within each seed, with replacement; those of variances are
Student's t over jackknife values of seeds, and those of what the best values or a lesson bring are Student's t over seeds. A finished run is not repeated, a
killed one continues. Writes `bench/results/memory_endpoint.csv` and `.md`.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tomli_w

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]
# torch reads them when it is imported, which is later.
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))

from bench.pocket_endpoint import MODEL, SPEC, Desk, serving  # noqa: E402
from bench.real_stream import RESULTS, place_task  # noqa: E402
from synlearner.experience.episodes import episodes_of  # noqa: E402
from synlearner.experience.patterns import worth  # noqa: E402
from synlearner.loop import run  # noqa: E402
from synlearner.seeding import rng  # noqa: E402
from synlearner.store.ledger import Ledger  # noqa: E402
from synlearner.stream.reading import load_stream  # noqa: E402
from synlearner.testing import Recorder  # noqa: E402

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

TASKS = ("snips", "trec6", "yahoo_answers_titles", "banking77", "sst2")
# Rows per label that the user has.
PER_LABEL = 64
LEARNED = ("synthesis.plan='learned'", "memory.enabled=true")
ARMS = {
    "uniform": ("synthesis.plan='uniform'",),
    "balanced": ("synthesis.plan='balanced'",),
    "memory": LEARNED,
    "memory, no lessons": (*LEARNED, "memory.lessons=false"),
    "shuffled memory": (*LEARNED, "experience.history='shuffled'"),
}
# Those that draw values without looking at anything, from which the model is judged.
BLIND = ("uniform", "balanced")
SETTINGS = {"default": (), "attributes": ("feedback.attributes='drop'",)}
# What the lessons add to the plan is told once.
LEFT_OUT = {("attributes", "memory, no lessons")}
# An endpoint cannot be tuned; students play no part here, and so are the fastest.
ALWAYS = (
    "finetune.enabled=false",
    "explore.enabled=false",
    "synthesis.correct=false",
    "synthesis.few_shot=2",
    "student.engine='word-count'",
    "student.repeats=1",
    "evaluation.matrix='none'",
    "evaluation.bootstrap=100",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One answered prompt: where it was asked, what for, with which lessons, and what became of it."""

    setting: str
    arm: str
    seed: int
    place: int
    task: str
    label: str
    attributes: dict[str, str]
    hints: tuple[str, ...]
    accepted: bool
    reason: str
    reward: float | None


# ── running ─────────────────────────────────────────────────────────────


def write_stream(folder: Path, data: Path, seed: int) -> Path:
    """A seed's stream: its seed rows and its order of the tasks."""
    file = folder / "stream.toml"
    if not file.exists():
        order = list(TASKS)
        rng(seed, "order").shuffle(order)
        folder.mkdir(parents=True, exist_ok=True)
        tomls = [place_task(name, data, folder, seed, PER_LABEL) for name in order]
        file.write_text(tomli_w.dumps({"name": "memory-endpoint", "seed": seed, "tasks": tomls}), encoding="utf-8")
    return file


def endpoint(base_url: str) -> list[str]:
    return [
        "generator.engine='chat_api'",
        f"generator.model={MODEL!r}",
        f"generator.base_url={base_url!r}",
        f"generator.concurrency={SPEC.batch}",
        f"generator.temperature={SPEC.temperature}",
        f"generator.top_p={SPEC.top_p}",
        f"generator.max_new_tokens={SPEC.max_new_tokens}",
    ]


def measure(file: Path, base_url: str, setting: str, arm: str, seed: int, prompts: int) -> list[Asked]:
    """One run, or what it said before."""
    folder = place_of(file, setting, arm)
    told = folder / "asked.json"
    if not told.exists():
        # Equal requests get equal answers: arms that ask for the same share them.
        wanted = [f"synthesis.rows={prompts}", "synthesis.attempts=1", f"budget.cache={str(file.parent / 'answers')!r}"]
        run(load_stream(file, [*endpoint(base_url), *ALWAYS, *wanted, *SETTINGS[setting], *ARMS[arm]], seed), folder / "run", progress=Recorder())
        told.write_text(json.dumps([asdict(a) for a in read(folder / "run", setting, arm, seed)]), encoding="utf-8")
    return [Asked(**{**row, "hints": tuple(row["hints"])}) for row in json.loads(told.read_text(encoding="utf-8"))]


def read(folder: Path, setting: str, arm: str, seed: int) -> Iterable[Asked]:
    """The first round of every task, from the ledger."""
    with Ledger.open(folder, read_only=True) as ledger:
        for place, step in enumerate((s for s in ledger.steps() if s.name == "synthesis.0"), 1):
            for e in episodes_of(ledger, [step.key], task=step.task, run=""):
                yield Asked(setting, arm, seed, place, step.task, e.pattern.label, dict(e.pattern.attributes), e.pattern.hints, e.accepted, e.reason, worth(e.rewards))


# ── intervals ───────────────────────────────────────────────────────────


def over_cells(cells: Mapping[int, Sequence[float]], rounds: int = 10_000) -> tuple[float, float, float]:
    """Mean over seeds and tasks with its bootstrap interval: seeds are drawn, and of each one its tasks."""
    table = np.array([cells[s] for s in sorted(cells)])
    draws = np.random.default_rng(0)
    seeds = draws.integers(len(table), size=(rounds, len(table), 1))
    tasks = draws.integers(table.shape[1], size=(rounds, *table.shape))
    low, high = np.quantile(table[seeds, tasks].mean(axis=(1, 2)), [0.025, 0.975])
    return float(table.mean()), float(low), float(high)


def jackknifed(statistic: Callable[[list[int]], float], seeds: Sequence[int]) -> tuple[float, float, float]:
    """A statistic of seeds with the t interval of its jackknife values."""
    from scipy.stats import t

    n, whole = len(seeds), statistic(list(seeds))
    values = np.array([n * whole - (n - 1) * statistic([s for s in seeds if s != out]) for out in seeds])
    half = float(t.ppf(0.975, n - 1) * values.std(ddof=1) / n**0.5)
    return whole, whole - half, whole + half


def shown(found: tuple[float, float, float], scale: float = 100.0, style: str = "+.1f") -> str:
    mean, low, high = (scale * x for x in found)
    return f"{mean:{style}} ({low:{style}} to {high:{style}})"


# ── what is told ────────────────────────────────────────────────────────


class Table:
    """All answered prompts of one setting."""

    def __init__(self, rows: Sequence[Asked]) -> None:
        self.rows = rows
        self.seeds = sorted({r.seed for r in rows})
        self.cells: dict[tuple[str, int, int], list[Asked]] = defaultdict(list)
        for r in rows:
            self.cells[r.arm, r.seed, r.place].append(r)
        self.arms = [a for a in ARMS if any(r.arm == a for r in rows)]
        self.places = sorted({r.place for r in rows})
        self.blind = [r for r in rows if r.arm in BLIND]

    def accepted(self, arm: str, later: bool = True) -> dict[int, list[float]]:
        """Shares of accepted rows by seed, of the second and later tasks in their order."""
        return {s: [float(np.mean([r.accepted for r in self.cells[arm, s, p]])) for p in self.places[later:]] for s in self.seeds}

    def beside(self, arm: str, other: str) -> tuple[float, float, float]:
        one, two = self.accepted(arm), self.accepted(other)
        return over_cells({s: [a - b for a, b in zip(one[s], two[s], strict=True)] for s in self.seeds})


def of_arms(table: Table) -> list[str]:
    lines = ["| arm | accepted on later tasks, % | beside uniform, points | beside balanced, points | beside shuffled memory, points |", "|---|---|---|---|---|"]
    for arm in table.arms:
        others = [shown(table.beside(arm, other)) if arm != other else "" for other in ("uniform", "balanced", "shuffled memory")]
        lines.append(f"| {arm} | {shown(over_cells(table.accepted(arm)), style='.1f')} | {' | '.join(others)} |")
    return lines


def groups(rows: Iterable[Asked], task: str, dimension: str) -> dict[str, list[Asked]]:
    found: dict[str, list[Asked]] = defaultdict(list)
    for r in rows:
        if r.task == task and dimension in r.attributes:
            found[r.attributes[dimension]].append(r)
    return found


def dimensions(table: Table) -> list[tuple[str, str]]:
    return sorted({(r.task, d) for r in table.rows for d in r.attributes})


def between(rows: Sequence[Asked], task: str, dimension: str) -> float:
    """Variance of the chance of acceptance between the values of a dimension, without what sampling adds. May be negative."""
    shares = [(float(np.mean([r.accepted for r in g])), len(g)) for g in groups(rows, task, dimension).values() if len(g) > 1]
    noise = np.mean([p * (1 - p) / (n - 1) for p, n in shares])
    return float(np.var([p for p, _ in shares], ddof=1) - noise)


def foreknown(table: Table, task: str, dimension: str, known: Callable[[Asked, int], bool]) -> dict[int, float] | None:
    """By seed what the value that did best on `known` prompts, of values that the task has, brings on this seed's own. None where nothing is known of any."""
    own, found = groups(table.blind, task, dimension), {}
    for seed in table.seeds:
        past: dict[str, list[bool]] = defaultdict(list)
        for r in table.blind:
            if (v := r.attributes.get(dimension)) in own and known(r, seed):
                past[v].append(r.accepted)
        if len(past) < 2:
            return None
        best = max(sorted(past), key=lambda v: (sum(past[v]) + 1) / (len(past[v]) + 2))
        here = [r.accepted for r in own[best] if r.seed == seed]
        usual = [r.accepted for g in own.values() for r in g if r.seed == seed]
        if here:
            found[seed] = float(np.mean(here) - np.mean(usual))
    return found


def mean_t(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean with its t interval."""
    from scipy.stats import t

    mean, half = float(np.mean(values)), float(t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / len(values) ** 0.5)
    return mean, mean - half, mean + half


def of_values(table: Table) -> list[str]:
    """What there is to be found: how far acceptance depends on values, and what knowing the best one would bring."""
    lines = [
        "| task | dimension | values | sd of acceptance between values, points | variance, points² | best value of the task's other seeds, points | of other tasks, points |",
        "|---|---|---|---|---|---|---|",
    ]
    for task, dimension in dimensions(table):
        variance = jackknifed(lambda seeds, t=task, d=dimension: between([r for r in table.blind if r.seed in seeds], t, d), table.seeds)
        own = foreknown(table, task, dimension, lambda r, seed, t=task: r.task == t and r.seed != seed)
        other = foreknown(table, task, dimension, lambda r, seed, t=task: r.task != t and r.seed != seed)
        values = len(groups(table.blind, task, dimension))
        told = [shown(mean_t(list(f.values()))) if f else "—" for f in (own, other)]
        lines.append(f"| {task} | {dimension} | {values} | {100 * max(0.0, variance[0]) ** 0.5:.1f} | {shown(variance, 1e4, '.0f')} | {' | '.join(told)} |")
    return lines


def chances(table: Table) -> Callable[[Asked], tuple[float, float]]:
    """For a prompt its chance of acceptance and that of the best combination of its label's values: a ridge logistic regression on labels, values, and values
    within labels, that learnt the blind arms' prompts of other seeds.
    """
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    def features(r: Asked) -> dict[str, float]:
        pairs = list(r.attributes.items())
        return {f"label {r.label}": 1.0, **{f"{d} = {v}": 1.0 for d, v in pairs}, **{f"{r.label}: {d} = {v}": 0.5 for d, v in pairs}}

    fitted: dict[tuple[str, int], tuple[dict[str, float], float]] = {}
    known: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for r in table.rows:
        for d, v in r.attributes.items():
            known[r.task, r.label][d].add(v)
    for task in {r.task for r in table.rows}:
        for seed in table.seeds:
            past = [r for r in table.blind if r.task == task and r.seed != seed]
            names = DictVectorizer()
            model = LogisticRegression(C=1.0, max_iter=1000).fit(names.fit_transform([features(r) for r in past]), [r.accepted for r in past])
            fitted[task, seed] = dict(zip(names.get_feature_names_out(), model.coef_[0], strict=True)), float(model.intercept_[0])

    def chance(r: Asked) -> tuple[float, float]:
        weights, bias = fitted[r.task, r.seed]

        def value(d: str, v: str) -> float:
            return weights.get(f"{d} = {v}", 0.0) + 0.5 * weights.get(f"{r.label}: {d} = {v}", 0.0)

        base = bias + weights.get(f"label {r.label}", 0.0)
        asked = base + sum(value(d, v) for d, v in r.attributes.items())
        best = base + sum(max(value(d, v) for v in known[r.task, r.label][d]) for d in r.attributes)
        return 1 / (1 + np.exp(-asked)), 1 / (1 + np.exp(-best))

    return chance


def of_regret(table: Table) -> list[str]:
    chance = chances(table)
    regret = {arm: {s: [float(np.mean([b - a for a, b in map(chance, table.cells[arm, s, p])])) for p in table.places[1:]] for s in table.seeds} for arm in ARMS}
    lines = ["| arm | regret on later tasks, points | less than uniform's by, points | as a share of uniform's |", "|---|---|---|---|"]
    for arm in table.arms:
        less = over_cells({s: [b - a for a, b in zip(regret[arm][s], regret["uniform"][s], strict=True)] for s in table.seeds})
        share = np.mean([regret[arm][s] for s in table.seeds]) / np.mean([regret["uniform"][s] for s in table.seeds])
        lines.append(f"| {arm} | {shown(over_cells(regret[arm]), style='.1f')} | {shown(less) if arm != 'uniform' else ''} | {share:.2f} |")
    return lines


def of_lessons(table: Table) -> list[str]:
    """What a lesson does to a prompt that shows it: chance decides which prompts do, so that the difference is the lesson's."""
    lines = ["| arm | lessons shown to a task | prompts with a lesson, less those of the same task without it, points |", "|---|---|---|"]
    for arm in ("memory", "shuffled memory"):
        by_seed: dict[int, list[float]] = defaultdict(list)
        counts = []
        for (a, seed, place), rows in table.cells.items():
            if a != arm or place == 1:
                continue
            hints = sorted({h for r in rows for h in r.hints})
            counts.append(len(hints))
            by_seed[seed] += [np.mean([r.accepted for r in rows if h in r.hints]) - np.mean([r.accepted for r in rows if h not in r.hints]) for h in hints]
        effects = [float(np.mean(e)) for e in by_seed.values() if e]
        lines.append(f"| {arm} | {np.mean(counts):.1f} | {shown(mean_t(effects)) if len(effects) > 1 else '—'} |")
    return lines


def csv_rows(rows: Sequence[Asked]) -> list[dict[str, Any]]:
    """One row for each run and task."""
    cells: dict[tuple[str, str, int, int, str], list[Asked]] = defaultdict(list)
    for r in rows:
        cells[r.setting, r.arm, r.seed, r.place, r.task].append(r)
    found = []
    for (setting, arm, seed, place, task), asked in cells.items():
        rewards = [r.reward for r in asked if r.accepted and r.reward is not None]
        reasons: dict[str, int] = defaultdict(int)
        for r in asked:
            reasons[r.reason] += 1
        told = "; ".join(f"{n} {why}" for why, n in sorted(reasons.items(), key=lambda x: (-x[1], x[0])) if why)
        found.append(
            {
                "setting": setting,
                "arm": arm,
                "seed": seed,
                "place": place,
                "task": task,
                "answered": len(asked),
                "accepted": sum(r.accepted for r in asked),
                "with_lessons": sum(bool(r.hints) for r in asked),
                "reward": round(float(np.mean(rewards)), 4) if rewards else "",
                "rejected": told,
            }
        )
    return found


def report(rows: Sequence[Asked], command: str, notes: Sequence[str]) -> str:
    lines = [f"# memory_endpoint\n\n- `{command}`", *(f"- {n}" for n in notes)]
    for setting in dict.fromkeys(r.setting for r in rows):
        table = Table([r for r in rows if r.setting == setting])
        lines += [
            f"\n## Filters: {setting}\n",
            *of_arms(table),
            "\nRegret: chance of acceptance of the best combination of values less that of the one that was asked for, by a model that learnt the",
            "prompts of `uniform` and `balanced` of other seeds.\n",
            *of_regret(table),
            "\nLessons:\n",
            *of_lessons(table),
            "\nWhat there is to be found, from the prompts of `uniform` and `balanced`:\n",
            *of_values(table),
        ]
    return "\n".join(lines) + "\n"


def place_of(stream: Path, setting: str, arm: str) -> Path:
    return stream.parent / f"{setting} {arm}".replace(",", "").replace(" ", "-")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--prompts", type=int, default=160, help="of the first round of each task")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "memory_endpoint")
    parser.add_argument("--tables", action="store_true", help="no new runs")
    asked = parser.parse_args()
    desk, rows, began = Desk(), list[Asked](), time.monotonic()
    planned = [(setting, arm) for setting in SETTINGS for arm in ARMS if (setting, arm) not in LEFT_OUT]
    with nullcontext("") if asked.tables else serving(desk=desk) as base_url:
        for seed in range(asked.seeds):
            file = write_stream(asked.out / f"{asked.prompts}" / f"seed-{seed}", asked.data.resolve(), seed)
            if asked.tables and not all((place_of(file, *p) / "asked.json").exists() for p in planned):
                continue
            for setting, arm in planned:
                found = measure(file, base_url, setting, arm, seed, asked.prompts)
                rows += found
                speed = f"{desk.answered} answers, {desk.answered / max(1e-9, desk.seconds):.1f} a second"
                print(f"{time.monotonic() - began:6.0f} s  seed {seed}  {setting}: {arm}  {np.mean([r.accepted for r in found if r.place > 1]):.3f}  ({speed})", flush=True)
    write_results(rows, asked)


def write_results(rows: Sequence[Asked], asked: argparse.Namespace) -> None:
    told, seeds = csv_rows(rows), len({r.seed for r in rows})
    with (RESULTS / "memory_endpoint.csv").open("w", newline="") as out:
        writer = csv.DictWriter(out, list(told[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(told)
    command = f"python bench/memory_endpoint.py --data DIR --seeds {seeds} --prompts {asked.prompts}"
    text = report(rows, command, [f"{seeds} seeds, {len(rows):,} answered prompts; means over seeds and tasks with intervals at 95 %, see the script"])
    print(text)
    (RESULTS / "memory_endpoint.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
