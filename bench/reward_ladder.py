"""Whether rewards notice damage: real rows degraded step by step, each reward's mean on every rung, and Kendall's tau.

    python bench/reward_ladder.py --data DIR
    python bench/reward_ladder.py --data DIR --tasks trec6 sst2 --rows 200 --seeds 0 1 2

`DIR` is as for `bench/real_stream.py`; only train rows are read. The verifier learns from 64 other rows per label, the archive are 200
other rows. A reward is bound to notice the damages of `MEANT`; the rest of the table says what else it does and does not notice. tau is 1 where the
mean falls from rung to rung, -1 where it rises, and the dash where nothing changes or nothing could be measured. Numbers are means over seeds
with the lowest seed in brackets. Writes `bench/results/reward_ladder.csv` and `.md`, and ends with an error where a reward fails what it is meant for.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.real_stream import RESULTS, place_task  # noqa: E402
from synlearner.feedback import rewards  # noqa: E402
from synlearner.feedback.ladder import DAMAGES, fall, ladder, means  # noqa: E402
from synlearner.feedback.verifiers import StudentVerifier  # noqa: E402
from synlearner.protocols import Reward  # noqa: E402
from synlearner.registry import find  # noqa: E402
from synlearner.seeding import rng  # noqa: E402
from synlearner.stream.reading import load_task  # noqa: E402
from synlearner.stream.specs import StudentSpec  # noqa: E402
from synlearner.stream.tasks import Task  # noqa: E402

TASKS = ("trec6", "sst2", "ag_news", "snips")
MEANT = {
    "gate": ("json break",),
    "faithfulness": ("label flip", "word salad", "json break"),
    "attributes": ("attribute removal", "word salad", "json break"),
    "quality": ("truncation", "loop", "word salad", "json break"),
    "distinctiveness": ("paraphrase duplicate", "json break"),
    "novelty": ("json break",),
    "set_gain": ("paraphrase duplicate", "json break"),
}
LOWEST = 0.8


def rewards_for(task: Task, archive: Sequence[str], seed: int) -> list[Reward]:
    """Every reward, with a verifier of the task's seeds."""
    embedder = rewards.Remembering(find("embedder", "hashing")(""))
    verifier = StudentVerifier(find("student", "tfidf")(StudentSpec()), task.seeds, task.labels, seed=seed)
    return [
        rewards.Gate(), rewards.Faithfulness(verifier), rewards.Attributes(task), rewards.Quality(task), rewards.Distinctiveness(embedder),
        rewards.Novelty(embedder, embedder.embed(archive)), rewards.SetGain(embedder),
    ]  # fmt: skip


def climb(name: str, data: Path, rows: int, seed: int) -> list[dict[str, object]]:
    """One task and seed: a line for each reward and damage."""
    with tempfile.TemporaryDirectory() as folder:
        task, exam = load_task(Path(folder) / place_task(name, data, Path(folder), seed, 64), seed)
    real = rng(seed, "ladder rows").sample(list(exam.real), min(len(exam.real), rows + 200))
    lines: list[dict[str, object]] = []
    for damage in DAMAGES:
        steps = ladder(task, real[:rows], damage, seed=seed)
        for reward in rewards_for(task, [r.text for r in real[rows:]], seed):
            values = means(reward, steps)
            lines.append(
                {
                    "task": name,
                    "seed": seed,
                    "reward": reward.name,
                    "damage": damage,
                    "tau": fall(values),
                    **{f"rung_{i}": None if v is None else round(v, 4) for i, v in enumerate(values)},
                }
            )
    return lines


def table(lines: Sequence[dict[str, object]]) -> str:
    """Markdown: rewards by damages, mean tau and the lowest; bold is what the reward is meant to notice."""
    out = ["| reward | " + " | ".join(DAMAGES) + " |", "| --- |" + " --- |" * len(DAMAGES)]
    for reward, meant in MEANT.items():
        cells = []
        for damage in DAMAGES:
            found = [float(str(x["tau"])) for x in lines if x["reward"] == reward and x["damage"] == damage and x["tau"] is not None]
            text = f"{statistics.mean(found):.2f} ({min(found):.2f})" if found else "–"
            cells.append(f"**{text}**" if damage in meant else text)
        out.append(f"| {reward} | " + " | ".join(cells) + " |")
    return "\n".join(out)


def failures(lines: Sequence[dict[str, object]]) -> list[str]:
    """What a reward is meant to notice and does not."""
    meant = [x for x in lines if x["damage"] in MEANT[str(x["reward"])]]
    return [f"{x['reward']} on {x['damage']}, {x['task']}, seed {x['seed']}: {x['tau']}" for x in meant if x["tau"] is None or float(str(x["tau"])) < LOWEST]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--tasks", nargs="+", default=TASKS)
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    args = parser.parse_args()
    lines = [line for name in args.tasks for seed in args.seeds for line in climb(name, args.data.resolve(), args.rows, seed)]
    with (RESULTS / "reward_ladder.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)
    command = f"python bench/reward_ladder.py --data DIR --tasks {' '.join(args.tasks)} --rows {args.rows} --seeds {' '.join(map(str, args.seeds))}"
    text = f"Kendall's tau between rungs and the falling mean of each reward: mean over tasks and seeds (lowest). `{command}`\n\n{table(lines)}\n"
    (RESULTS / "reward_ladder.md").write_text(text, encoding="utf-8")
    print(text)
    if bad := failures(lines):
        raise SystemExit("Not noticed:\n  " + "\n  ".join(bad))


if __name__ == "__main__":
    main()
