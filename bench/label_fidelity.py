"""How often the text of a generated row belongs to the label that was asked for, read by a classifier of real rows.

    python bench/label_fidelity.py --data DIR
    python bench/label_fidelity.py --data DIR --tasks trec6 sst2 --prompts 200 --guidance 0 2
    python bench/label_fidelity.py --data DIR --tasks trec6 sst2 --adapter runs/snips/adapters/snips-… --out FILE    # also what an adapter, learnt on another task, writes

`DIR` is as for `bench/real_stream.py`; only train rows are read. Seeds (16 per label) go into the prompts; the judge is the TF-IDF student, trained on
2,000 other train rows (1,200 for small sets), and is itself measured on further ones: that accuracy is about the most that texts of any generator could
reach. Prompts are a balanced plan, two examples each, temperature 1. Prints a table with Wilson intervals and writes `--out` (`bench/results/label_fidelity.csv`).
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.real_stream import RESULTS, place_task  # noqa: E402
from synlearner.evaluate.student import Examined, examine  # noqa: E402
from synlearner.feedback.verifiers import wilson  # noqa: E402
from synlearner.generate.fewshot import choose  # noqa: E402
from synlearner.generate.parsing import parse  # noqa: E402
from synlearner.generate.plans import design  # noqa: E402
from synlearner.generate.prompts import build  # noqa: E402
from synlearner.generate.sampling import cut  # noqa: E402
from synlearner.protocols import Generator, Student  # noqa: E402
from synlearner.records import Draft, Row, Sample, Turn  # noqa: E402
from synlearner.registry import find  # noqa: E402
from synlearner.stream.reading import load_task  # noqa: E402
from synlearner.stream.specs import GeneratorSpec, StudentSpec  # noqa: E402
from synlearner.stream.tasks import Task  # noqa: E402

TASKS = ("snips", "trec6", "ag_news", "sst2")


def written(generator: Generator, task: Task, prompts: int, few_shot: int, seed: int) -> list[Row]:
    """The rows that a generator writes for a balanced plan."""
    plan = design(task, prompts, plan="balanced", seed=seed)
    asked = build(task, plan, choose(task, plan, few_shot, seed=seed), step="fidelity", seed=seed, rivals=True)
    answers = {a.prompt_id: a for _, unit in generator.write(cut([Turn(p) for p in asked], generator.unit)) for a in unit}
    outcomes = [parse(task, p, a) for p in asked if isinstance(a := answers[p.id], Draft)]
    return [o.row for o in outcomes if isinstance(o, Sample)]


def share(examined: Examined) -> tuple[float, float, float]:
    right = wilson(int(examined.correct.sum()), examined.correct.size)
    return right.mean, right.low, right.high


def measure(args: argparse.Namespace, name: str, student: Student, generators: Mapping[str, Generator]) -> list[dict[str, object]]:
    """One task: the judge on real rows, then each generator."""
    with tempfile.TemporaryDirectory() as folder:
        task, exam = load_task(Path(folder) / place_task(name, args.data.resolve(), Path(folder), args.seed, 16), args.seed)
    many = min(2000, len(exam.real) - 600)
    judge, rest = exam.real[:many], exam.real[many : many + 600]
    found = {"real rows": (len(rest), share(examine(student, judge, rest, labels=task.labels, repeats=1, seed=args.seed)))}
    for what, generator in generators.items():
        rows = written(generator, task, args.prompts, args.few_shot, args.seed)
        found[what] = (len(rows), share(examine(student, judge, rows, labels=task.labels, repeats=1, seed=args.seed)))
    return [{"task": name, "rows of": what, "rows": n, "right": round(s[0], 4), "low": round(s[1], 4), "high": round(s[2], 4)} for what, (n, s) in found.items()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--tasks", nargs="+", default=TASKS)
    parser.add_argument("--prompts", type=int, default=200)
    parser.add_argument("--few-shot", type=int, default=2)
    parser.add_argument("--guidance", type=float, nargs="+", default=[0.0, 2.0])
    parser.add_argument("--engine", default="pocket")
    parser.add_argument("--model", default="")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--adapter", default="", help="folder of an adapter to write with as well")
    parser.add_argument("--out", type=Path, default=RESULTS / "label_fidelity.csv")
    args = parser.parse_args()
    student: Student = find("student", "tfidf")(StudentSpec())
    worn = {"": "", **({", adapter": args.adapter} if args.adapter else {})}
    specs = {
        f"guidance {g:g}{what}": GeneratorSpec(engine=args.engine, model=args.model, adapter=adapter, guidance=g, top_p=1.0, batch=32)
        for g in args.guidance
        for what, adapter in worn.items()
    }
    generators: dict[str, Generator] = {what: find("generator", spec.engine)(spec) for what, spec in specs.items()}
    lines = [line for name in args.tasks for line in measure(args, name, student, generators)]
    for generator in generators.values():
        generator.close()
    with args.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)
    for line in lines:
        print(f"{line['task']:10} {line['rows of']:20} {line['rows']:>5} rows   {line['right']:.1%} ({line['low']:.1%} to {line['high']:.1%})")


if __name__ == "__main__":
    main()
