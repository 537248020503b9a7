"""What a memory brings to the bundled model on the demo stream when its weights are left alone, as those of an endpoint are.

    python bench/memory_stream.py
    python bench/memory_stream.py --seeds 5 --rows 120

Arms: no memory; the plan `learned` without lessons; the plan and lessons. For each task the share of the first round's answered prompts that was accepted. The first
task knows nothing in any arm. Prints a table and writes `bench/results/memory_stream.csv` and `.md`: means over seeds, and for the last three tasks together the
mean difference to no memory with a bootstrap interval (95 %) over seeds and tasks.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from synlearner.experience.episodes import episodes_of  # noqa: E402
from synlearner.loop import run  # noqa: E402
from synlearner.store.ledger import Ledger  # noqa: E402
from synlearner.stream.bundled import DEMO  # noqa: E402
from synlearner.stream.reading import load_stream  # noqa: E402
from synlearner.testing import Recorder  # noqa: E402

OUT = ROOT / "bench" / "results"
UNTOUCHED = ("finetune.enabled=false", "explore.enabled=false", "reinforce.method='off'", "evaluation.matrix='none'", "evaluation.bootstrap=100", "synthesis.attempts=4")
PLAN = ("memory.enabled=true", "synthesis.plan='learned'")
ARMS = {"no memory": (), "learned plan": (*PLAN, "memory.lessons=false"), "learned plan and lessons": PLAN}


def measure(folder: Path, arm: str, seed: int, rows: int) -> list[dict[str, object]]:
    """Acceptance by task of one run."""
    run(load_stream(DEMO / "stream.toml", (*UNTOUCHED, f"synthesis.rows={rows}", *ARMS[arm]), seed), folder, progress=Recorder())
    with Ledger.open(folder, read_only=True) as ledger:
        first = [s for s in ledger.steps() if s.name == "synthesis.0"]
        found = {s.task: episodes_of(ledger, [s.key], task="", run="") for s in first}
    return [{"arm": arm, "seed": seed, "task": task, "prompts": len(e), "accepted": round(sum(x.accepted for x in e) / len(e), 4)} for task, e in found.items()]


def table(rows: list[dict[str, object]]) -> list[str]:
    tasks = list(dict.fromkeys(str(r["task"]) for r in rows))
    by = {(r["arm"], r["seed"], r["task"]): float(str(r["accepted"])) for r in rows}
    seeds = sorted({int(str(r["seed"])) for r in rows})
    lines = [f"| arm | {' | '.join(tasks)} | later tasks, beside no memory |", "|---|" + "---|" * (len(tasks) + 1)]
    for arm in ARMS:
        cells = [f"{np.mean([by[arm, s, t] for s in seeds]):.3f}" for t in tasks]
        gains = np.array([by[arm, s, t] - by["no memory", s, t] for s in seeds for t in tasks[1:]])
        draws = gains[np.random.default_rng(0).integers(len(gains), size=(10_000, len(gains)))].mean(axis=1)
        low, high = np.quantile(draws, [0.025, 0.975])
        lines.append(f"| {arm} | {' | '.join(cells)} | {gains.mean():+.3f} ({low:+.3f} to {high:+.3f}) |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=120)
    asked = parser.parse_args()
    rows: list[dict[str, object]] = []
    for seed in range(asked.seeds):
        for arm in ARMS:
            with tempfile.TemporaryDirectory() as name:
                rows += measure(Path(name), arm, seed, asked.rows)
    lines = table(rows)
    print("\n".join(lines))
    with (OUT / "memory_stream.csv").open("w", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    command = f"python bench/memory_stream.py --seeds {asked.seeds} --rows {asked.rows}"
    head = f"`{command}`. Share of answered prompts of the first round whose rows were accepted, means over {asked.seeds} seeds."
    (OUT / "memory_stream.md").write_text("\n".join([head, "", *lines]) + "\n")


if __name__ == "__main__":
    main()
