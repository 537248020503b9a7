"""What a memory brings to a user who has an endpoint alone: real tasks, the engine `chat_api`, and weights that nobody can touch.

    python bench/memory_endpoint.py --data DIR
    python bench/memory_endpoint.py --data DIR --settings default --seeds 8 --prompts 160 --out build/memory_endpoint
    python bench/memory_endpoint.py --data DIR --tables        # from the runs that are there, without new ones

Behind the endpoint (`bench/pocket_endpoint.py`, on the loopback) stands the bundled model. `DIR` is as for `bench/real_stream.py`, whose seed rows these
are. Five tasks that share dimensions arrive in an order that each seed draws; under the setting `parts` one of them arrives in four parts. What is accepted is
what the package's filters let pass with their default settings, which know seed rows and no gold; under the setting `attributes` they also drop rows that
lack what they were asked for (`feedback.attributes = "drop"`).

Arms, with the same seed rows, order and answering model: `uniform` and `balanced`, which remember nothing; `memory`, with the plan `learned` and lessons;
`memory, no lessons`; `shuffled memory`, the same as `memory` with outcomes that have changed places among a task's prompts (`experience.history = "shuffled"`).
On its first task an arm knows nothing, so that counts from the second on. Counted is the first round of prompts of a task, in which nobody knows how the task
itself goes: accepted rows over answered prompts.

Differences are paired by seed and task. Intervals (95 %) are bootstraps that draw seeds, and tasks within each seed, with replacement; those of variances are
Student's t over jackknife values of seeds (of a task in parts: of parts), those of what the best values or a lesson bring are Student's t over these, and over
dimensions where several are taken together. A finished run is not repeated, a killed one continues. The table has the runs of which all arms are there. Writes
`bench/results/memory_endpoint.csv` and `.md`.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import time
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]
# torch reads them when it is imported, which is later.
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))

from bench.pocket_endpoint import MODEL, SPEC, Desk, serving  # noqa: E402
from bench.real_stream import RESULTS, place_task, read_lines, write_lines  # noqa: E402
from synlearner.experience.episodes import episodes_of  # noqa: E402
from synlearner.experience.patterns import worth  # noqa: E402
from synlearner.loop import run  # noqa: E402
from synlearner.seeding import rng  # noqa: E402
from synlearner.store.ledger import Ledger  # noqa: E402
from synlearner.stream.reading import load_stream  # noqa: E402
from synlearner.testing import Recorder  # noqa: E402

Unit = tuple[str, int, int]

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
SETTINGS = {"default": (), "attributes": ("feedback.attributes='drop'",), "parts": ()}
TITLES = {
    "default": "Five different tasks",
    "attributes": "Five different tasks, and rows that lack what they were asked for are dropped",
    "parts": "One task in four parts with seed rows of their own, for each of the five",
}
PARTS = 4
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
    stream: str = ""

    @property
    def of(self) -> str:
        """The task, or of which one it is a part."""
        return self.stream or self.task

    @property
    def unit(self) -> tuple[str, int, int]:
        """What was drawn together: a seed's run, or of a task in parts each part."""
        return self.stream, self.seed, self.place if self.stream else 0

    @property
    def cluster(self) -> tuple[str, int]:
        """The stream and its seed."""
        return self.stream, self.seed


# ── running ─────────────────────────────────────────────────────────────


def write_stream(folder: Path, data: Path, seed: int, stream: str) -> Path:
    """A seed's stream: its seed rows and its order of the tasks, or one task in parts."""
    file = folder / "stream.toml"
    if not file.exists():
        order = list(TASKS)
        rng(seed, "order").shuffle(order)
        folder.mkdir(parents=True, exist_ok=True)
        tomls = parted(stream, folder, data, seed) if stream else [place_task(name, data, folder, seed, PER_LABEL) for name in order]
        file.write_text(tomli_w.dumps({"name": "memory-endpoint", "seed": seed, "tasks": tomls}), encoding="utf-8")
    return file


def parted(name: str, folder: Path, data: Path, seed: int) -> list[str]:
    """A task as several that arrive one after another: the seed rows of each label are dealt out among them."""
    spec = tomllib.loads((folder / place_task(name, data, folder, seed, PER_LABEL)).read_text(encoding="utf-8"))
    by_label: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in read_lines(folder / f"{name}.seeds.jsonl"):
        by_label[row["label"]].append(row)
    names = [f"{name}-{part + 1}" for part in range(PARTS)]
    for part, called in enumerate(names):
        write_lines(folder / f"{called}.seeds.jsonl", [row for rows in by_label.values() for row in rows[part::PARTS]])
        data_of = {**spec["data"], "seeds": {"path": f"{called}.seeds.jsonl", "unusable": "skip"}}
        (folder / f"{called}.toml").write_text(tomli_w.dumps({**spec, "name": called, "data": data_of}), encoding="utf-8")
    return [f"{called}.toml" for called in names]


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


def measure(file: Path, base_url: str, setting: str, stream: str, arm: str, seed: int, prompts: int) -> list[Asked]:
    """One run, or what it said before."""
    folder = place_of(file, setting, arm)
    told = folder / "asked.json"
    if not told.exists():
        # Equal requests get equal answers: arms that ask for the same share them.
        wanted = [f"synthesis.rows={prompts}", "synthesis.attempts=1", f"budget.cache={str(file.parent / 'answers')!r}"]
        run(load_stream(file, [*endpoint(base_url), *ALWAYS, *wanted, *SETTINGS[setting], *ARMS[arm]], seed), folder / "run", progress=Recorder())
        told.write_text(json.dumps([asdict(a) for a in read(folder / "run", setting, stream, arm, seed)]), encoding="utf-8")
    return [Asked(**{**row, "hints": tuple(row["hints"])}) for row in json.loads(told.read_text(encoding="utf-8"))]


def read(folder: Path, setting: str, stream: str, arm: str, seed: int) -> Iterable[Asked]:
    """The first round of every task, from the ledger."""
    with Ledger.open(folder, read_only=True) as ledger:
        for place, step in enumerate((s for s in ledger.steps() if s.name == "synthesis.0"), 1):
            for e in episodes_of(ledger, [step.key], task=step.task, run=""):
                yield Asked(setting, arm, seed, place, step.task, e.pattern.label, dict(e.pattern.attributes), e.pattern.hints, e.accepted, e.reason, worth(e.rewards), stream)


# ── intervals ───────────────────────────────────────────────────────────


def over_cells(cells: Mapping[tuple[str, int], Sequence[float]], rounds: int = 10_000) -> tuple[float, float, float]:
    """Mean over runs and their tasks with its bootstrap interval: runs are drawn, and of each one its tasks."""
    table = np.array([cells[s] for s in sorted(cells)])
    draws = np.random.default_rng(0)
    seeds = draws.integers(len(table), size=(rounds, len(table), 1))
    tasks = draws.integers(table.shape[1], size=(rounds, *table.shape))
    low, high = np.quantile(table[seeds, tasks].mean(axis=(1, 2)), [0.025, 0.975])
    return float(table.mean()), float(low), float(high)


def jackknifed(statistic: Callable[[list[Unit]], float], units: Sequence[Unit]) -> tuple[float, float, float]:
    """A statistic of units with the t interval of its jackknife values."""
    n, whole = len(units), statistic(list(units))
    mean, low, high = mean_t([n * whole - (n - 1) * statistic([u for u in units if u != out]) for out in units])
    return whole, whole + low - mean, whole + high - mean


def mean_t(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean with its t interval."""
    from scipy.stats import t

    mean, half = float(np.mean(values)), float(t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / len(values) ** 0.5)
    return mean, mean - half, mean + half


def shown(found: tuple[float, float, float], scale: float = 100.0, style: str = "+.1f") -> str:
    mean, low, high = (scale * x for x in found)
    return f"{mean:{style}} ({low:{style}} to {high:{style}})"


# ── what is told ────────────────────────────────────────────────────────


class Table:
    """All answered prompts of one setting."""

    def __init__(self, rows: Sequence[Asked]) -> None:
        self.rows = rows
        self.runs = sorted({r.cluster for r in rows})
        self.cells: dict[tuple[str, tuple[str, int], int], list[Asked]] = defaultdict(list)
        for r in rows:
            self.cells[r.arm, r.cluster, r.place].append(r)
        self.arms = [a for a in ARMS if any(r.arm == a for r in rows)]
        self.places = sorted({r.place for r in rows})
        self.blind = [r for r in rows if r.arm in BLIND]

    def later(self, arm: str, number: Callable[[Sequence[Asked]], float]) -> dict[tuple[str, int], list[float]]:
        """A number of the second and each later task, by run."""
        return {c: [number(self.cells[arm, c, p]) for p in self.places[1:]] for c in self.runs}

    def beside(self, arm: str, other: str, number: Callable[[Sequence[Asked]], float]) -> tuple[float, float, float]:
        one, two = self.later(arm, number), self.later(other, number)
        return over_cells({c: [a - b for a, b in zip(one[c], two[c], strict=True)] for c in self.runs})


def accepted(rows: Sequence[Asked]) -> float:
    return float(np.mean([r.accepted for r in rows]))


def worths(rows: Sequence[Asked]) -> float:
    """What the plan learns to raise: the mean over prompts of the row's reward, 0 where it was not accepted."""
    return float(np.mean([r.reward if r.accepted and r.reward is not None else 0.0 for r in rows]))


def of_arms(table: Table) -> list[str]:
    others = ("uniform", "balanced", "shuffled memory")
    lines = [f"| arm | accepted on later tasks, % | {' | '.join(f'beside {o}, points' for o in others)} | acceptance × reward, beside balanced |", "|---|---|---|---|---|---|"]
    for arm in table.arms:
        told = [shown(table.beside(arm, other, accepted)) if arm != other else "" for other in others]
        told.append(shown(table.beside(arm, "balanced", worths)) if arm != "balanced" else "")
        lines.append(f"| {arm} | {shown(over_cells(table.later(arm, accepted)), style='.1f')} | {' | '.join(told)} |")
    return lines


def groups(rows: Iterable[Asked], task: str, dimension: str) -> dict[str, list[Asked]]:
    found: dict[str, list[Asked]] = defaultdict(list)
    for r in rows:
        if r.of == task and dimension in r.attributes:
            found[r.attributes[dimension]].append(r)
    return found


def between(rows: Sequence[Asked], task: str, dimension: str) -> float:
    """Variance of the chance of acceptance between the values of a dimension, without what sampling adds. May be negative."""
    shares = [(accepted(g), len(g)) for g in groups(rows, task, dimension).values() if len(g) > 1]
    noise = np.mean([p * (1 - p) / (n - 1) for p, n in shares])
    return float(np.var([p for p, _ in shares], ddof=1) - noise)


def foreknown(table: Table, task: str, dimension: str, known: Callable[[Asked], bool]) -> list[float]:
    """By unit of a task what the value that did best on the `known` prompts of other units brings there. Empty where they know fewer than two values."""
    own, found = groups(table.blind, task, dimension), []
    for unit in sorted({r.unit for g in own.values() for r in g}):
        past: dict[str, list[bool]] = defaultdict(list)
        for r in table.blind:
            if (v := r.attributes.get(dimension)) in own and known(r) and r.unit != unit:
                past[v].append(r.accepted)
        if len(past) < 2:
            return []
        best = max(sorted(past), key=lambda v: (sum(past[v]) + 1) / (len(past[v]) + 2))
        if here := [r for r in own[best] if r.unit == unit]:
            found.append(accepted(here) - accepted([r for g in own.values() for r in g if r.unit == unit]))
    return found


def of_values(table: Table) -> list[str]:
    """What there is to be found: how far acceptance depends on values, and what knowing the best one would bring."""
    head = (
        "task",
        "dimension",
        "values",
        "sd of acceptance between values, points",
        "variance, points²",
        "best value of the same task elsewhere, points",
        "of other tasks, points",
    )
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for task, dimension in sorted({(r.of, d) for r in table.rows for d in r.attributes}):
        units = sorted({r.unit for r in table.blind if r.of == task})
        variance = jackknifed(lambda some, t=task, d=dimension: between([r for r in table.blind if r.unit in some], t, d), units)
        own = foreknown(table, task, dimension, lambda r, t=task: r.of == t)
        other = foreknown(table, task, dimension, lambda r, t=task: r.of != t)
        told = [shown(mean_t(f)) if len(f) > 1 else "—" for f in (own, other)]
        values = len(groups(table.blind, task, dimension))
        lines.append(f"| {task} | {dimension} | {values} | {100 * max(0.0, variance[0]) ** 0.5:.1f} | {shown(variance, 1e4, '.0f')} | {' | '.join(told)} |")
    return lines


def of_all_values(table: Table) -> list[str]:
    """The same over all tasks: of dimensions whose values another task has too, and of those that a task has for itself."""
    shared: list[tuple[str, str]] = []
    alone: list[tuple[str, str]] = []
    for task, d in sorted({(r.of, d) for r in table.rows for d in r.attributes}):
        elsewhere = {r.attributes.get(d) for r in table.rows if r.of != task}
        (shared if len(elsewhere & set(groups(table.blind, task, d))) > 1 else alone).append((task, d))
    lines = [
        "| dimensions | variance of acceptance between values, points² | a value's sd, points | best value of the same task elsewhere, points | of other tasks, points |",
        "|---|---|---|---|---|",
    ]
    units = sorted({r.unit for r in table.blind})
    for name, some in (("that other tasks have as well", shared), ("that one task has", alone)):
        variance = jackknifed(lambda kept, some=some: float(np.mean([between([r for r in table.blind if r.unit in kept], t, d) for t, d in some])), units)
        own = [foreknown(table, t, d, lambda r, t=t: r.of == t) for t, d in some]
        other = [foreknown(table, t, d, lambda r, t=t: r.of != t) for t, d in some]
        told = [shown(mean_t([float(np.mean(f)) for f in found if f])) if any(found) else "—" for found in (own, other)]
        lines.append(f"| {name} ({len(some)}) | {shown(variance, 1e4, '.0f')} | {100 * max(0.0, variance[0]) ** 0.5:.1f} | {' | '.join(told)} |")
    return lines


def of_reasons(table: Table) -> list[str]:
    """Why rows were not accepted, as shares of the prompts of later tasks."""
    counts = {arm: Counter(r.reason for r in table.rows if r.arm == arm and r.place > 1) for arm in table.arms}
    named = [why for why, _ in sum(counts.values(), Counter()).most_common() if why][:5]
    lines = [f"| arm | {' | '.join(named)} |", "|---" * (len(named) + 1) + "|"]
    lines += [f"| {arm} | {' | '.join(f'{100 * c[why] / c.total():.1f}' for why in named)} |" for arm, c in counts.items()]
    pair = ("memory", "memory, no lessons")
    if set(pair) <= set(table.arms):
        told = [shown(table.beside(*pair, lambda rows, why=why: float(np.mean([r.reason == why for r in rows])))) for why in named]
        lines.append(f"| lessons, in points | {' | '.join(told)} |")
    return lines


def features(r: Asked) -> dict[str, float]:
    pairs = list(r.attributes.items())
    return {f"label {r.label}": 1.0, **{f"{d} = {v}": 1.0 for d, v in pairs}, **{f"{r.label}: {d} = {v}": 0.5 for d, v in pairs}}


def weighed(past: Sequence[Asked]) -> tuple[dict[str, float], float]:
    """Weights and bias of a ridge logistic regression of acceptance on labels, values, and values within labels; its strength by cross-validation."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV

    names, good = DictVectorizer(), [r.accepted for r in past]
    table = names.fit_transform([features(r) for r in past])
    found = GridSearchCV(LogisticRegression(max_iter=1000), {"C": [0.003, 0.01, 0.03, 0.1, 0.3, 1.0]}, scoring="neg_log_loss", cv=5).fit(table, good).best_estimator_
    return dict(zip(names.get_feature_names_out(), found.coef_[0], strict=True)), float(found.intercept_[0])


def regrets(table: Table) -> Callable[[Sequence[Asked]], float]:
    """The mean regret of some prompts of one unit: the chance of acceptance of the best combination of the label's values less that of the one that was
    asked for, by what the blind arms' prompts of other units say.
    """
    known: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for r in table.rows:
        for d, v in r.attributes.items():
            known[r.of, r.label][d].add(v)
    # What `balanced` asks on a task that comes first is what a memory has seen: of it the judge of a task in parts must know nothing.
    judging = [r for r in table.blind if not (r.stream and r.arm == "balanced" and r.place == 1)]
    fitted = {(task, unit): weighed([r for r in judging if r.of == task and r.unit != unit]) for task, unit in {(r.of, r.unit) for r in table.rows if r.place > 1}}

    def regret(r: Asked) -> float:
        weights, bias = fitted[r.of, r.unit]

        def value(d: str, v: str) -> float:
            return weights.get(f"{d} = {v}", 0.0) + 0.5 * weights.get(f"{r.label}: {d} = {v}", 0.0)

        base = bias + weights.get(f"label {r.label}", 0.0)
        asked, best = (base + sum(value(d, v) for d, v in r.attributes.items()), base + sum(max(value(d, v) for v in known[r.of, r.label][d]) for d in r.attributes))
        return float(1 / (1 + np.exp(-best)) - 1 / (1 + np.exp(-asked)))

    return lambda rows: float(np.mean([regret(r) for r in rows]))


def of_regret(table: Table) -> list[str]:
    regret = regrets(table)
    lines = ["| arm | regret on later tasks, points | beside uniform, points | as a share of uniform's |", "|---|---|---|---|"]
    usual = over_cells(table.later("uniform", regret))[0]
    for arm in table.arms:
        own = over_cells(table.later(arm, regret))
        beside = shown(table.beside(arm, "uniform", regret)) if arm != "uniform" else ""
        lines.append(f"| {arm} | {shown(own, style='.1f')} | {beside} | {own[0] / usual:.2f} |")
    return lines


def of_lessons(table: Table) -> list[str]:
    """What a lesson does to a prompt that shows it: chance decides which prompts do, so that the difference is the lesson's."""
    lines = ["| arm | lessons that a later task is told | prompts with a lesson, less those of the same task without it, points |", "|---|---|---|"]
    for arm in ("memory", "shuffled memory"):
        effects, counts = [], []
        for run_ in table.runs:
            found = []
            for rows in (table.cells[arm, run_, place] for place in table.places[1:]):
                hints = sorted({h for r in rows for h in r.hints})
                counts.append(len(hints))
                sides = [([r for r in rows if h in r.hints], [r for r in rows if h not in r.hints]) for h in hints]
                found += [accepted(shown_) - accepted(others) for shown_, others in sides if shown_ and others]
            effects += [float(np.mean(found))] if found else []
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


def report(rows: Sequence[Asked], prompts: int) -> str:
    lines = ["Means over runs and their later tasks, with 95 % intervals; how they are made stands in `bench/memory_endpoint.py`."]
    for setting in dict.fromkeys(r.setting for r in rows):
        table = Table([r for r in rows if r.setting == setting])
        lines += [
            f"\n## {TITLES[setting]}\n",
            f"`python bench/memory_endpoint.py --data DIR --settings {setting} --seeds {len({r.seed for r in table.rows})} --prompts {prompts}`:",
            f"{len(table.runs)} runs of each arm, {len(table.rows):,} answered prompts.\n",
            *of_arms(table),
            "\nRegret: the chance of acceptance of the best combination of values less that of the one that was asked for, by what prompts of `uniform` and",
            "`balanced` elsewhere say.\n",
            *of_regret(table),
            "\nLessons:\n",
            *of_lessons(table),
            "\nWhy rows were not accepted, in % of the prompts of later tasks:\n",
            *of_reasons(table),
            "\nWhat there is to be found, from the prompts of `uniform` and `balanced`:\n",
            *of_all_values(table),
            "",
            *of_values(table),
        ]
    return "\n".join(lines) + "\n"


def place_of(stream: Path, setting: str, arm: str) -> Path:
    return stream.parent / f"{setting} {arm}".replace(",", "").replace(" ", "-")


def folder_of(out: Path, prompts: int, stream: str, seed: int) -> Path:
    return out / f"{prompts}" / (f"parts-{stream}-{seed}" if stream else f"seed-{seed}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--settings", nargs="+", choices=list(SETTINGS), default=list(SETTINGS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--prompts", type=int, default=160, help="of the first round of each task")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "memory_endpoint")
    parser.add_argument("--tables", action="store_true", help="no new runs")
    asked = parser.parse_args()
    desk, rows, began = Desk(), list[Asked](), time.monotonic()
    planned = [(s, seed, stream) for s in asked.settings for seed in range(asked.seeds) for stream in (TASKS if s == "parts" else ("",))]
    with nullcontext("") if asked.tables else serving(desk=desk) as base_url:
        for setting, seed, stream in planned:
            arms = [arm for arm in ARMS if (setting, arm) not in LEFT_OUT]
            folder = folder_of(asked.out, asked.prompts, stream, seed)
            if asked.tables and not all((place_of(folder / "stream.toml", setting, arm) / "asked.json").exists() for arm in arms):
                continue
            file = write_stream(folder, asked.data.resolve(), seed, stream)
            for arm in arms:
                found = measure(file, base_url, setting, stream, arm, seed, asked.prompts)
                rows += found
                speed = f"{desk.answered} answers, {desk.answered / max(1e-9, desk.seconds):.1f} a second"
                print(f"{time.monotonic() - began:6.0f} s  {setting} {stream} {seed}: {arm}  {accepted([r for r in found if r.place > 1]):.3f}  ({speed})", flush=True)
    write_results(rows, asked)


def write_results(rows: Sequence[Asked], asked: argparse.Namespace) -> None:
    told = csv_rows(rows)
    with (RESULTS / "memory_endpoint.csv").open("w", newline="") as out:
        writer = csv.DictWriter(out, list(told[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(told)
    text = report(rows, asked.prompts)
    print(text)
    (RESULTS / "memory_endpoint.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
