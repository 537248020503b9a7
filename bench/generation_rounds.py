"""Rounds with a model that writes: rows around those that the student needs, around random ones, and all at once, by `synlearner compare` on public tasks.

    python bench/generation_rounds.py --data DIR --seeds 0 1
    python bench/generation_rounds.py --data DIR --seeds 0 1 --pool            # chosen from a pool of 600 train rows without their labels
    python bench/generation_rounds.py --data DIR --tasks snips ag_news --arms rounds-badge,rounds-random

`DIR` is as for `bench/real_stream.py`. Tasks have 8 seed rows of each label and at most 400 gold rows, the same in every run; runs differ by their seed. The pocket model does not
learn here, so that tasks do not depend on each other: every arm writes 64 rows of a task, in four rounds or at once, with the label check of runs. Finished runs are not repeated,
killed ones continue.
Writes `bench/results/generation_rounds[_pool].csv` (the learning curves) and `.md`.
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

import tomli_w

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.history import points  # noqa: E402
from bench.real_stream import RESULTS, place_task, read_lines, write_lines  # noqa: E402
from synlearner.seeding import rng  # noqa: E402

TASKS, ARMS = ("trec6", "sst2"), "rounds-representative,rounds-random,static"
PER_LABEL, GOLD, POOL = 8, 400, 600
SETTINGS = (
    "generator.guidance=2", "generator.batch=32", "explore.enabled=false", "finetune.enabled=false", "synthesis.rows=64", "synthesis.few_shot=2", "rounds.rounds=4",
    "rounds.around=8", "feedback.verifier_crossfit=5", "evaluation.matrix='none'",
)  # fmt: skip


def placed(names: list[str], data: Path, folder: Path, *, pool: bool) -> Path:
    """The stream's TOML in a folder of its own, with its rows."""
    folder.mkdir(parents=True, exist_ok=True)
    tomls = [place_task(name, data, folder, 0, PER_LABEL) for name in names]
    for name in names:
        gold, real, unlabelled = (folder / f"{name}.{role}.jsonl" for role in ("gold", "real", "pool"))
        rows, rest = read_lines(gold), read_lines(real)
        write_lines(gold, rng(0, name, "fewer").sample(rows, min(GOLD, len(rows))))
        write_lines(unlabelled, ({"id": r["id"], "text": r["text"]} for r in rng(0, name, "pool").sample(rest, min(POOL, len(rest)))))
        if pool:
            with (folder / f"{name}.toml").open("a", encoding="utf-8") as toml:
                toml.write(f'\n[data.pool]\npath = "{unlabelled.name}"\nunusable = "skip"\n')
    (folder / "stream.toml").write_text(tomli_w.dumps({"name": "rounds", "tasks": tomls, "generator": {"engine": "pocket"}}), encoding="utf-8")
    return folder / "stream.toml"


def told(found: dict[str, Any], asked: str) -> list[str]:
    """The comparison as tables for people."""
    runs = {c["runs"] for c in found["curves"]}
    lines = [f"`{asked}`, {datetime.now(UTC):%Y-%m-%d}", "", f"Runs of each arm: {', '.join(map(str, sorted(runs)))}. Scores in % on gold, mean over tasks.", ""]
    places = range(max(len(c["points"]) for c in found["curves"]))
    lines += [f"| arm | {' | '.join(f'place {k}' for k in places)} | last minus chance, points | share of chance's rows | of its tokens |", "|---" * (len(places) + 4) + "|"]
    for c in found["curves"]:
        cells = [f"{points(p['score'])} at {p['rows']:.0f} rows" for p in c["points"]]
        lines.append(f"| {c['arm']} | {' | '.join(cells)} | {points(c['last'])} | {share(c['share_of_rows'])} | {share(c['share_of_tokens'])} |")
    lines += ["", "How often the first has the higher score at the same task, seed and round, ties counting half:", ""]
    return lines + [f"- {w['arm']} against {w['against']}: {100 * w['rate']:.0f} % of {w['places']}" for w in found["wins"] if w["arm"] < w["against"]]


def share(value: float | None) -> str:
    return "not reached" if value is None else f"{100 * value:.0f} %"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--tasks", nargs="+", default=list(TASKS))
    parser.add_argument("--arms", default=ARMS)
    parser.add_argument("--seeds", nargs="+", default=["0", "1", "2"])
    parser.add_argument("--pool", action="store_true", help="choose from train rows without labels, which are no seeds")
    parser.add_argument("--set", dest="sets", action="append", default=[])
    parser.add_argument("--jobs", default="1")
    parser.add_argument("--out", type=Path, default=ROOT / "bench/work/generation_rounds")
    args = parser.parse_args()
    place = args.out / "-".join([*args.tasks, *(["pool"] if args.pool else [])])
    stream = place / "stream" / "stream.toml"
    if not stream.exists():
        placed(args.tasks, args.data.resolve(), stream.parent, pool=args.pool)
    command = ["compare", str(stream), "--arms", args.arms, "--seeds", ",".join(args.seeds), "--orders", "given", "-o", str(place / "compare"), "--jobs", args.jobs, "--plain"]
    settings = (*SETTINGS, *(["rounds.candidates='pool'"] if args.pool else []), *args.sets)
    options = [part for setting in settings for part in ("--set", setting)]
    done = subprocess.run([sys.executable, "-c", "from synlearner.cli import main; main()", *command, *options], check=False)
    if done.returncode:
        raise SystemExit(done.returncode)
    stem = "generation_rounds_pool" if args.pool else "generation_rounds"
    shutil.copy(place / "compare" / "compare_curves.csv", RESULTS / f"{stem}.csv")
    asked = " ".join(["python bench/generation_rounds.py", *("DIR" if x.startswith("/") else x for x in sys.argv[1:])])
    found = json.loads((place / "compare" / "compare.json").read_text(encoding="utf-8"))
    (RESULTS / f"{stem}.md").write_text("\n".join(told(found, asked)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
