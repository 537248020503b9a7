"""Pools of rows that the pocket model wrote, for `bench/active_rounds.py --written`: one file for each public task.

    python bench/written_pools.py --data DIR
    python bench/written_pools.py --data DIR --pools snips sst2 --rows 500

`DIR` is as for `bench/real_stream.py`. Seed rows are 16 of each label of `train` (those of seed 0 of `bench/active_rounds.py`); each prompt shows four of them and asks for one
label, equally many of each. Answers that are no record, texts that are there already, and texts of `train` or `test` are left out. Labels are those that were asked for, and nobody
checks them. Rows are written in parts of 100 prompts, each appended when it is whole: a killed command continues with the next part, and more `--rows` add to what is there.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(threads, "1")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.real_stream import place_task, read_lines, texts_once  # noqa: E402
from synlearner.generate.fewshot import choose  # noqa: E402
from synlearner.generate.parsing import parse  # noqa: E402
from synlearner.generate.plans import design, shares  # noqa: E402
from synlearner.generate.prompts import build  # noqa: E402
from synlearner.generate.sampling import cut  # noqa: E402
from synlearner.protocols import Generator  # noqa: E402
from synlearner.records import Draft, Sample, Turn  # noqa: E402
from synlearner.registry import find  # noqa: E402
from synlearner.seeding import derive  # noqa: E402
from synlearner.stream.reading import load_task  # noqa: E402
from synlearner.stream.specs import GeneratorSpec  # noqa: E402
from synlearner.stream.tasks import Task  # noqa: E402
from synlearner.stream.texts import normal_text  # noqa: E402

POOLS = ("snips", "trec6", "ag_news", "sst2")
PER_LABEL, FEW_SHOT, ROWS, PART = 16, 4, 1500, 100
FOLDER = ROOT / "bench/work/written_pools"


def written(task: Task, generator: Generator, part: int) -> list[Sample]:
    """What the generator's answers to the prompts of a part are, where they are records."""
    seed = derive(0, task.name, "part", part)
    plan = design(task, shares(task, PART, seed=seed), seed=seed)
    prompts = build(task, plan, choose(task, plan, FEW_SHOT, seed=seed), step=f"pool.{part}", seed=seed, rivals=True)
    answers = {a.prompt_id: a for _, unit in generator.write(cut([Turn(p) for p in prompts], generator.unit)) for a in unit}
    read = [parse(task, p, a) for p in prompts if isinstance(a := answers[p.id], Draft)]
    return [found for found in read if isinstance(found, Sample)]


def fill(name: str, data: Path, rows: int, file: Path, generator: Generator) -> None:
    """Add parts to a pool until so many prompts were asked."""
    with tempfile.TemporaryDirectory() as folder:
        task, _ = load_task(Path(folder) / place_task(name, data, Path(folder), 0, PER_LABEL), 0)
    taken = {normal_text(r["text"]) for part in ("train", "test") for r in read_lines(data / name / f"{part}.jsonl")}
    there = read_lines(file) if file.exists() else []
    taken |= {normal_text(r["text"]) for r in there}
    for part in range(1 + max((r["part"] for r in there), default=-1), -(-rows // PART)):
        began, found = time.process_time(), written(task, generator, part)
        once = texts_once(({"part": part, "id": s.row.id, "text": s.row.text, "label": s.row.label} for s in found), ("text",))
        kept = [r for r in once if normal_text(r["text"]) not in taken]
        taken |= {normal_text(r["text"]) for r in kept}
        with file.open("a", encoding="utf-8") as out:
            out.write("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in kept))
        print(f"{name}, part {part}: {len(kept)} rows of {PART} prompts ({len(found)} records, {len(once)} different), {time.process_time() - began:.0f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--pools", nargs="+", default=list(POOLS))
    parser.add_argument("--rows", type=int, default=ROWS, help="prompts for each pool")
    parser.add_argument("--out", type=Path, default=FOLDER)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    generator: Generator = find("generator", "pocket")(GeneratorSpec(engine="pocket", guidance=2.0, top_p=1.0))
    with closing(generator):
        for name in args.pools:
            fill(name, args.data.resolve(), args.rows, args.out / f"{name}.jsonl", generator)


if __name__ == "__main__":
    main()
