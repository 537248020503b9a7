"""Does history help? The arms of `synlearner compare` on the bundled stream, or on five public data sets, one table.

    python bench/history.py --stream demo --seeds 0 1 2 3 4 --jobs 2
    python bench/history.py --stream public --data DIR --seeds 0 1 2 3 4 --jobs 2
    python bench/history.py --stream public --data DIR --dev          # while something is being chosen: rows of train stand in for gold

`DIR` is as for `bench/real_stream.py`. Public tasks have 16 seed rows of each label, at most 400 gold rows, and the same seed rows in every
run: runs differ by the run's seed and by the order of the tasks. Every further option goes to `synlearner compare`; what is finished is not
repeated, what was killed goes on. Writes `bench/results/history_<stream>[_<name>].csv` and `.md`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
from scipy.stats import t

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.real_stream import RESULTS, place_task, read_lines, write_lines  # noqa: E402
from synlearner.report.schema import Summary  # noqa: E402
from synlearner.seeding import rng  # noqa: E402
from synlearner.stream.bundled import DEMO  # noqa: E402

PUBLIC = ("snips", "trec6", "ag_news", "sst2", "banking77")
PER_LABEL, GOLD, DEV = 16, 400, 300
# Small enough for many runs, large enough to learn from; the label check learns from what was written.
SETTINGS = (
    "generator.guidance=2", "generator.batch=32", "explore.prompts=96", "explore.few_shot=2", "synthesis.rows=160", "synthesis.few_shot=2", "feedback.verifier_crossfit=5",
    "evaluation.matrix='none'",
)  # fmt: skip


def public(data: Path, folder: Path, *, dev: bool) -> Path:
    """The stream's TOML in a folder of its own, with its rows. With `dev` gold rows are train rows that are in no other role."""
    folder.mkdir(parents=True, exist_ok=True)
    tomls = [place_task(name, data, folder, 0, PER_LABEL) for name in PUBLIC]
    for name in PUBLIC:
        gold, real = (folder / f"{name}.{role}.jsonl" for role in ("gold", "real"))
        rows, rest = read_lines(gold), read_lines(real)
        if dev:
            picked = set(rng(0, name, "dev").sample(range(len(rest)), min(DEV, len(rest) // 2)))
            rows, rest = [r for i, r in enumerate(rest) if i in picked], [r for i, r in enumerate(rest) if i not in picked]
        write_lines(gold, rng(0, name, "fewer").sample(rows, min(GOLD, len(rows))))
        write_lines(real, rest)
    (folder / "stream.toml").write_text(tomli_w.dumps({"name": "public", "tasks": tomls, "generator": {"engine": "pocket"}}), encoding="utf-8")
    return folder / "stream.toml"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stream", choices=("demo", "public"), default="demo")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--dev", action="store_true")
    parser.add_argument("--name", default="", help="added to the names of the result files")
    parser.add_argument("--arms", default="stream,isolated,no-learning,format-only,shuffled-experience")
    parser.add_argument("--orders", default="given,reverse")
    parser.add_argument("--seeds", nargs="+", default=["0", "1", "2", "3", "4"])
    parser.add_argument("--set", dest="sets", action="append", default=[])
    parser.add_argument("--jobs", default="2")
    parser.add_argument("--out", type=Path, default=ROOT / "bench/work/history")
    args = parser.parse_args()
    place = args.out / "-".join(x for x in (args.stream, "dev" if args.dev else "", args.name) if x)
    if args.stream == "public" and not args.data:
        raise SystemExit("--stream public needs --data DIR")
    stream = public(args.data.resolve(), place / "stream", dev=args.dev) if args.stream == "public" else DEMO / "stream.toml"
    command = ["compare", str(stream), "--arms", args.arms, "--seeds", ",".join(args.seeds), "--orders", args.orders, "-o", str(place / "compare"), "--jobs", args.jobs, "--plain"]
    options = [part for setting in (*SETTINGS, *args.sets) for part in ("--set", setting)]
    done = subprocess.run([sys.executable, "-c", "from synlearner.cli import main; main()", *command, *options], check=False)
    if done.returncode or args.dev:
        raise SystemExit(done.returncode)
    stem = "_".join(x for x in ("history", args.stream, args.name) if x)
    shutil.copy(place / "compare" / "compare.csv", RESULTS / f"{stem}.csv")
    asked = " ".join(["python bench/history.py", *("DIR" if x.startswith("/") else x for x in sys.argv[1:])])
    found = json.loads((place / "compare" / "compare.json").read_text(encoding="utf-8"))
    (RESULTS / f"{stem}.md").write_text("\n".join([*told(found, asked), *worths(place / "compare" / "runs", args)]) + "\n", encoding="utf-8")


def told(found: dict[str, Any], asked: str) -> list[str]:
    """The comparison as tables for people."""
    lines = [
        f"`{asked}`, {datetime.now(UTC):%Y-%m-%d}",
        "",
        " ".join([found["answer"], *found["details"]]),
        "",
        "| the stream minus | points, tasks with a history | pairs of runs |",
        "|---|---|---|",
    ]
    lines += [f"| {c['against']} | {points(c['value'])} | {c['pairs']} |" for c in found["contrasts"] if c["source"] == "data sets"]
    lines += ["", "| arm | score, tasks with a history, % | all tasks, % | forgetting, points | runs |", "|---|---|---|---|---|"]
    lines += [f"| {a['arm']} | {points(a['score_with_history'])} | {points(a['score'])} | {points(a['forgetting'])} | {a['runs']} |" for a in found["arms"] if not a["same_as"]]
    return lines


def worths(runs: Path, args: argparse.Namespace) -> list[str]:
    """Where generators learn from rewards: what their drafts are worth on the probe, the weighted mean of the sample rewards, before and after, stream minus isolated.

    Differences are means over tasks with a history and over orders; the interval is Student's over seeds.
    """
    lines = []
    for when, what in (("before", "before it learns from rewards"), ("after", "after it")):
        by_seed = [[d for order in args.orders.split(",") for d in _worth_differences(runs, order, seed, when)] for seed in args.seeds]
        means = np.array([np.mean(found) for found in by_seed if found])
        if len(means) > 1:
            half = t.ppf(0.975, len(means) - 1) * means.std(ddof=1) / len(means) ** 0.5
            lines.append(f"| {what} | {100 * means.mean():+.1f} ({100 * (means.mean() - half):+.1f} to {100 * (means.mean() + half):+.1f}) | {len(means)} |")
    return ["", "| worth of a draft of a task's generator, stream minus isolated | points | seeds |", "|---|---|---|", *lines] if lines else []


def _worth_differences(runs: Path, order: str, seed: str, when: str) -> list[float]:
    found = [runs / f"{arm}-{order}-{seed}" / "summary.json" for arm in ("stream", "isolated")]
    if not all(f.exists() for f in found):
        return []
    with_it, without = (Summary.model_validate_json(f.read_text(encoding="utf-8")) for f in found)
    pairs = [(a.reinforce, b.reinforce) for a, b in zip(with_it.tasks[1:], without.tasks[1:], strict=True)]
    values = [(getattr(a, when), getattr(b, when)) for a, b in pairs if a and b]
    return [a - b for a, b in values if a is not None and b is not None]


def points(quantity: dict[str, Any]) -> str:
    """A number times 100 with its interval, a dash where it was not measured."""
    if quantity["value"] is None:
        return "–"
    inside = quantity.get("interval")
    return f"{100 * quantity['value']:.1f}" + (f" ({100 * inside['low']:.1f} to {100 * inside['high']:.1f})" if inside else "")


if __name__ == "__main__":
    main()
