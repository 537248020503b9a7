"""How fast answers go into the ledger, and how much memory a step takes: PYTHONPATH=src python bench/ledger_speed.py [--prompts N ...]

A scripted generator answers at once, one prompt at a time, so that what is left is our own work. Each measurement is a process of its own:

- `answers`: `learn.writing.fill` alone, from a turn to a row in the ledger. `one by one` commits every answer by itself, to the disk, and sums what
  was spent in SQL after each, as earlier versions did; `journal` is the law of docs/store.md; `endpoint` the same with a request reserved
  and settled around each answer.
- `step`: a whole writing step, from the plan to recorded verdicts, without filters that compare rows with one another.

Rows per second are those of the median of the repeats, peak memory is the largest of the process, less what it had before the first prompt was made.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from synlearner.feedback.contamination import GoldIndex
from synlearner.feedback.filters import Filters
from synlearner.generate.plans import design
from synlearner.generate.sampling import cut
from synlearner.learn.desk import Desk
from synlearner.learn.writing import fill, write
from synlearner.protocols import Purse, Responses
from synlearner.records import Draft, Failure, Prompt, Row, Turn
from synlearner.registry import find
from synlearner.store.ledger import Ledger
from synlearner.store.machine import peak_memory_mb
from synlearner.store.purse import RunPurse
from synlearner.stream.specs import BudgetSpec, FeedbackSpec, RunSpec, TaskSpec
from synlearner.stream.tasks import Task
from synlearner.testing import Recorder, WordCount, WordHash

LABELS = ("billing", "delivery", "returns", "other")
TEXT = "The kettle that I ordered last week leaks from its lid, and nobody at the shop picks up the phone; please tell me how I send it back."
# Beyond so many prompts nobody waits for a commit to the disk of each.
MOST_SINGLY = 10_000
WAYS = ("one by one", "journal", "endpoint")


class Instant:
    """Answers at once, with the label that is wanted and a text of its own."""

    identity, unit = "instant", 1

    def write(self, units: Sequence[Sequence[Turn]]) -> Iterator[tuple[int, list[Draft | Failure]]]:
        for number, turns in enumerate(units):
            yield number, [self.answer(turn.prompt) for turn in turns]

    def answer(self, prompt: Prompt) -> Draft:
        return Draft(prompt.id, 0, json.dumps({"label": prompt.label, "text": f"{prompt.index}: {TEXT}"}), 180, 40, 0.02)

    def close(self) -> None:
        pass


class Asking(Instant):
    """The same, with a request around each answer."""

    purse: Purse

    def wire(self, purse: Purse, responses: Responses | None) -> None:  # noqa: ARG002
        self.purse = purse

    def answer(self, prompt: Prompt) -> Draft:
        self.purse.reserve("m", 180, 160)
        self.purse.sure()
        self.purse.settle("m", 180, 160, used_in=180, used_out=40, outcome="answer")
        return super().answer(prompt)


class OneByOne(Ledger):
    """A transaction to the disk for every answer."""

    def keep_unit(self, step: str, turn: int, number: int, answers: Sequence[Draft | Failure], *, seconds: float, local: bool) -> None:  # noqa: ARG002
        self.add_unit(step, turn, number, answers, seconds=seconds)
        self.spent()


def a_task() -> Task:
    spec = {"name": "t", "kind": "classification", "instruction": "Which team should answer?", "labels": list(LABELS), "data": {"gold": {"path": "g"}}}
    spec["attributes"] = {"tone": ["calm", "angry"], "topic": ["kettle", "lamp", "desk", "phone"]}
    return Task(TaskSpec.model_validate(spec), find("kind", "classification"), tuple(Row(f"s{i}", {"text": f"{TEXT} {i}"}, LABELS[i % 4]) for i in range(40)))


def measure(what: str, way: str, prompts: int) -> dict[str, float]:
    task, run = a_task(), RunSpec(tasks=("t.toml",), feedback=FeedbackSpec(duplicates="off", quality="off", attributes="off", verifier="off"))
    with tempfile.TemporaryDirectory() as folder, (OneByOne if way == "one by one" else Ledger).open(folder) as ledger:
        ledger.begin("k", {}, resume="never", versions={})
        purse, generator = RunPurse(ledger, BudgetSpec()), Asking() if way == "endpoint" else Instant()
        if isinstance(generator, Asking):
            generator.wire(purse, None)
        desk = Desk(run, Path(folder), ledger, generator, None, WordCount(), WordCount(), WordHash(), GoldIndex({}), Silent(), purse=purse)
        before = peak_memory_mb() or 0.0
        began, cpu = time.perf_counter(), time.process_time()
        if what == "answers":
            ledger.open_step("s", task="t", name="n", inputs={})
            turns = [Turn(Prompt(f"{i:016x}", "t", "n", i, LABELS[i % 4], {}, (), "", "u", i)) for i in range(prompts)]
            began, cpu = time.perf_counter(), time.process_time()
            fill(desk, "s", 0, cut(turns, 1), generator)
        else:
            plan = design(task, prompts, plan="balanced", seed=0)
            filters = Filters(task, run.feedback, golds={}, archive=(), verifier=None)
            written = write(desk, task, plan, step="synthesis.0", few_shot=4, own=0.5, generator=generator, filters=filters, correct=True)
            assert written.counts.kept == prompts
        took, worked = time.perf_counter() - began, time.process_time() - cpu
    return {"rows_per_s": prompts / took, "cpu_us": 1e6 * worked / prompts, "peak_mb": peak_memory_mb() or 0.0, "more_mb": (peak_memory_mb() or 0.0) - before}


class Silent(Recorder):
    def advance(self, count: int = 1) -> None:
        pass


def in_a_process(what: str, way: str, prompts: int) -> dict[str, float]:
    done = subprocess.run([sys.executable, __file__, "--one", what, way, str(prompts)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--prompts", type=int, nargs="+", default=[10_000])
    asked.add_argument("--repeats", type=int, default=3)
    asked.add_argument("--out", type=Path, default=Path("bench/results/ledger_speed.csv"))
    asked.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    args = asked.parse_args()
    if args.one:
        print(json.dumps(measure(args.one[0], args.one[1], int(args.one[2]))))
        return
    jobs = [(what, way, n) for n in args.prompts for what, way in (*(("answers", w) for w in WAYS), ("step", "journal")) if way != "one by one" or n <= MOST_SINGLY]
    found: dict[tuple[str, str, int], list[dict[str, float]]] = {}
    for _ in range(args.repeats):
        for job in jobs:
            found.setdefault(job, []).append(in_a_process(*job))
    columns = ("what", "way", "prompts", "rows_per_s", "cpu_us", "peak_mb", "more_mb", "repeats")
    rows = [(*job, *(round(statistics.median(f[name] for f in told), 1) for name in columns[3:7]), len(told)) for job, told in found.items()]
    args.out.parent.mkdir(parents=True, exist_ok=True)
    with args.out.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([columns, *rows])
    for row in (columns, *rows):
        print("  ".join(f"{value!s:>12}" for value in row))


if __name__ == "__main__":
    main()
