"""Does the plan `learned` find the ways of writing that pay, in a world where they are known?

    python bench/memory_world.py
    python bench/memory_world.py --unlike     # every task is a world of its own: what does a memory cost that is of no use?

A world says how likely a row is accepted, by its attribute values: logistic in the sum of one effect per value and of a few effects of pairs, drawn once per
seed, and a little different in each of five tasks that arrive one after another. An endpoint without weights writes the rows: it answers with a good record
with that chance, otherwise with one that cannot be read. Everything else is the ordinary loop: plan, prompts, parsing, filters, ledger, memory.

Arms, on the same worlds: `learned` with its memory; `learned` with a memory whose outcomes have changed places among the patterns (`experience.history =
"shuffled"`); `learned` without history (`"none"`); `balanced`; `uniform`. Regret of a prompt is the chance of the best combination of values less that of the
one that was asked for; it is the mean over a task's first round of prompts. Prints a table and writes `bench/results/memory_world.csv` and `.md` (`memory_world_unlike`);
intervals are bootstraps over seeds (95 %).
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import math
import sys
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from synlearner.loop import run  # noqa: E402
from synlearner.records import Draft, Failure, Sample, Turn  # noqa: E402
from synlearner.registry import register  # noqa: E402
from synlearner.seeding import rng  # noqa: E402
from synlearner.store.ledger import Ledger  # noqa: E402
from synlearner.stream.reading import load_stream  # noqa: E402
from synlearner.stream.specs import GeneratorSpec  # noqa: E402
from synlearner.testing import Recorder, Scripted  # noqa: E402

OUT = ROOT / "bench" / "results"
ATTRIBUTES = {
    "topic": ["billing", "delivery", "returns", "setup", "warranty", "accounts"],
    "style": ["terse", "chatty", "formal", "ironic"],
    "tone": ["calm", "angry", "hopeful", "tired", "amused"],
    "length": ["one sentence", "two sentences", "a paragraph"],
}
PLACES = ("shop", "library", "clinic", "railway", "museum")
ARMS = {
    "learned": ("learned", "kept"),
    "learned, shuffled memory": ("learned", "shuffled"),
    "learned, no history": ("learned", "none"),
    "balanced": ("balanced", "kept"),
    "uniform": ("uniform", "kept"),
}
UNLIKE = "--unlike" in sys.argv
BASE, VALUE_SD, PAIRS, PAIR_EFFECT, TASK_SD = -0.8, 1.1, 6, 1.5, 0.3


@cache
def effects(world: int, task: str) -> dict[tuple[str, ...], float]:
    """What each value and a few pairs add in a task of a world."""
    shared, own = rng(world, "world", task if UNLIKE else ""), rng(world, "world", task)
    values = [(d, v) for d, vs in ATTRIBUTES.items() for v in vs]
    found: dict[tuple[str, ...], float] = {key: shared.gauss(0, VALUE_SD) for key in values}
    pairs = [(*a, *b) for a, b in itertools.combinations(values, 2) if a[0] != b[0]]
    found |= {pair: shared.choice((-1, 1)) * PAIR_EFFECT for pair in shared.sample(pairs, PAIRS)}
    return {key: x + own.gauss(0, TASK_SD) for key, x in found.items()}


def chance(world: int, task: str, attributes: dict[str, str]) -> float:
    """How likely a row with these values is accepted."""
    known, values = effects(world, task), [(d, attributes[d]) for d in ATTRIBUTES]
    total = BASE + sum(known[v] for v in values) + sum(known.get((*a, *b), 0.0) for a, b in itertools.combinations(values, 2))
    return 1 / (1 + math.exp(-total))


@cache
def best(world: int, task: str) -> float:
    return max(chance(world, task, dict(zip(ATTRIBUTES, values, strict=True))) for values in itertools.product(*ATTRIBUTES.values()))


class World(Scripted):
    """An endpoint: nothing of it can be tuned. Options: `world`, the number of the world."""

    def __init__(self, spec: GeneratorSpec) -> None:
        super().__init__(spec.model_copy(update={"options": {}}))
        self.world = int(str(spec.options["world"]))
        self.identity = f"world {self.world}"

    @staticmethod
    def check(spec: GeneratorSpec) -> None:
        """Anything goes."""

    def _answer(self, turn: Turn) -> Draft | Failure:
        answer, prompt = super()._answer(turn), turn.prompt
        good = Random(prompt.seed).random() < chance(self.world, prompt.task, dict(prompt.attributes))
        return answer if good or isinstance(answer, Failure) else replace(answer, text="I would rather not.")


register("generator", "world")(World)


def write_stream(folder: Path) -> Path:
    for place in PLACES:
        rows = [{"text": f"{word} at the {place} number {i}", "label": label} for label, word in (("praise", "thanks"), ("complaint", "problem")) for i in range(6)]
        for name in ("seeds", "gold"):
            (folder / f"{place}.{name}.jsonl").write_text("".join(json.dumps(r | {"text": f"{r['text']} {name}"}) + "\n" for r in rows))
        lists = "\n".join(f"{d} = {json.dumps(v)}" for d, v in ATTRIBUTES.items())
        (folder / f"{place}.toml").write_text(
            f'name = "{place}"\nkind = "classification"\ninstruction = "Write what a visitor of the {place} says to its service desk."\n'
            f'[labels]\npraise = "a visitor is pleased"\ncomplaint = "a visitor wants something changed"\n[attributes]\n{lists}\n'
            f'[data]\nseeds = {{path = "{place}.seeds.jsonl"}}\ngold = {{path = "{place}.gold.jsonl"}}\n'
        )
    (folder / "stream.toml").write_text(f"name = 'world'\ntasks = {json.dumps([f'{p}.toml' for p in PLACES])}\n")
    return folder / "stream.toml"


def measure(file: Path, folder: Path, arm: str, seed: int, rows: int) -> list[dict[str, object]]:
    """One run: for each task the regret and the acceptance of its first round of prompts."""
    plan, history = ARMS[arm]
    settings = [
        "generator.engine='world'",
        f"generator.options={{world={seed}}}",
        "student.engine='word-count'",
        "student.repeats=1",
        "finetune.enabled=false",
        "evaluation.matrix='none'",
        "evaluation.bootstrap=100",
        "feedback.verifier='off'",
        "feedback.verifier_engine='word-count'",
        "feedback.quality='off'",
        "feedback.duplicates='off'",
        "feedback.attributes='off'",
        "feedback.embedder='word-hash'",
        "synthesis.correct=false",
        "synthesis.attempts=3",
        f"synthesis.rows={rows}",
        f"synthesis.plan={plan!r}",
        "memory.enabled=true",
        f"experience.history={history!r}",
    ]
    run(load_stream(file, settings, seed), folder, progress=Recorder())
    found: list[dict[str, object]] = []
    with Ledger.open(folder, read_only=True) as ledger:
        for step in ledger.steps():
            if step.name != "synthesis.0":
                continue
            prompts = ledger.prompts(step.key)
            regret = np.mean([best(seed, step.task) - chance(seed, step.task, dict(p.attributes)) for p in prompts])
            accepted = sum(isinstance(o, Sample) for o in ledger.outcomes(step.key)) / len(prompts)
            found.append({"arm": arm, "seed": seed, "task": len(found) + 1, "regret": float(regret), "accepted": accepted})
    return found


def interval(values: np.ndarray, statistic) -> tuple[float, float, float]:
    """A statistic of rows of `values` with its bootstrap interval."""
    draws = np.random.default_rng(0).integers(len(values), size=(10_000, len(values)))
    low, high = np.quantile([statistic(values[d]) for d in draws], [0.025, 0.975])
    return float(statistic(values)), float(low), float(high)


def table(rows: list[dict[str, object]], seeds: int) -> list[str]:
    by = {(r["arm"], r["seed"], r["task"]): r for r in rows}
    lines = ["| arm | " + " | ".join(f"task {t + 1}" for t in range(len(PLACES))) + " |", "|---|" + "---|" * len(PLACES)]
    for arm in ARMS:
        cells = []
        for t in range(1, len(PLACES) + 1):
            mean, low, high = interval(np.array([by[arm, s, t]["regret"] for s in range(seeds)]), np.mean)
            cells.append(f"{mean:.3f} ({low:.3f} to {high:.3f})")
        lines.append(f"| {arm} | " + " | ".join(cells) + " |")
    lines += [
        "",
        "After three tasks, that is on the fourth:",
        "",
        "| arm | regret as a share of uniform's | acceptance, less that of the same arm without history |",
        "|---|---|---|",
    ]
    for arm in list(ARMS)[:2]:
        pairs = np.array([[by[arm, s, 4]["regret"], by["uniform", s, 4]["regret"]] for s in range(seeds)])
        gains = np.array([by[arm, s, 4]["accepted"] - by["learned, no history", s, 4]["accepted"] for s in range(seeds)])
        ratio, gain = interval(pairs, lambda x: x[:, 0].sum() / x[:, 1].sum()), interval(gains, np.mean)
        lines.append(f"| {arm} | {ratio[0]:.2f} ({ratio[1]:.2f} to {ratio[2]:.2f}) | {gain[0]:+.3f} ({gain[1]:+.3f} to {gain[2]:+.3f}) |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument("--unlike", action="store_true", help="every task has effects of its own")
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args()
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as name:
        file = write_stream(Path(name))
        for seed in range(asked.seeds):
            for arm in ARMS:
                rows += measure(file, Path(name) / f"{seed}-{arm}", arm, seed, asked.rows)
    lines = table(rows, asked.seeds)
    print("\n".join(lines))
    name = "memory_world_unlike" if UNLIKE else "memory_world"
    with (asked.out / f"{name}.csv").open("w", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    command = f"python bench/memory_world.py --seeds {asked.seeds} --rows {asked.rows}{' --unlike' if UNLIKE else ''}"
    head = f"`{command}`. Mean regret of a prompt, with 95 % bootstrap intervals over {asked.seeds} seeds."
    (asked.out / f"{name}.md").write_text("\n".join([head, "", *lines]) + "\n")


if __name__ == "__main__":
    main()
