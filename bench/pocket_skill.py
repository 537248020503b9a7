"""Whether the pocket model has learnt the skill: reading a task it may never have seen and writing new rows for it.

    python -m bench.pocket_skill                                  # the demo's four tasks and the four of pocket/heldout
    python -m bench.pocket_skill --prompts 40 --show 5 pocket/heldout/vet_calls.toml
    python -m bench.pocket_skill --model DIR                      # any causal model through the engine `hf`, with the same plain prompt

Nothing helps the model: temperature 1, the whole distribution (top-p 1), no constraint, no second turn. Each draft is parsed as in a
run. Per task: the share of drafts that are valid records and every reason why the others are not, copies of seed rows by themselves;
among the valid ones how far the asked-for attributes are there by the package's own check (words of the values, lengths; what it
cannot check stays out) and the share of texts that differ from each other; and new tokens per second. Prints a table and writes
`bench/results/pocket_skill.csv`.
"""

from __future__ import annotations

import argparse
import csv
import time
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from synlearner.feedback.attributes import AttributeChecker, read_span
from synlearner.generate.fewshot import choose
from synlearner.generate.parsing import parse
from synlearner.generate.plans import design
from synlearner.generate.prompts import build
from synlearner.generate.sampling import cut
from synlearner.protocols import Generator
from synlearner.records import Draft, Failure, Outcome, Prompt, Rejection, Sample, Score, Turn
from synlearner.registry import find
from synlearner.seeding import derive
from synlearner.stream.bundled import DEMO
from synlearner.stream.reading import load_task
from synlearner.stream.specs import GeneratorSpec
from synlearner.stream.tasks import Task
from synlearner.stream.texts import normal_text

ROOT = Path(__file__).resolve().parents[1]
HELDOUT = ROOT / "pocket/heldout"
STEP = "pocket-skill"


@dataclass(frozen=True, slots=True)
class Trial:
    """One task's prompts with what became of each, and what the writing took."""

    task: Task
    group: str
    prompts: Sequence[Prompt]
    outcomes: Sequence[Outcome]
    tokens: int
    seconds: float

    @property
    def samples(self) -> list[Sample]:
        return [o for o in self.outcomes if isinstance(o, Sample)]


def task_files(folder: Path) -> list[Path]:
    """The task TOMLs of a folder; run TOMLs have no kind."""
    return [p for p in sorted(folder.glob("*.toml")) if "kind" in tomllib.loads(p.read_text(encoding="utf-8"))]


def generator_of(model: str, batch: int, device: str) -> Generator:
    """The bundled model, or a folder with a causal model, sampled from its whole distribution."""
    # Without the system line, as the bundled model is asked: the prompt's own text is all that both read.
    engine = {"engine": "hf", "model": model, "chat": "no", "options": {"system": False, "dtype": "float32"}} if model else {"engine": "pocket"}
    spec = GeneratorSpec.model_validate({**engine, "batch": batch, "device": device, "temperature": 1.0, "top_p": 1.0, "constrain": False})
    generator: Generator = find("generator", spec.engine)(spec)
    return generator


def attempt(generator: Generator, file: Path, count: int, few_shot: int, seed: int) -> Trial:
    """Write `count` drafts for a task, one turn each, and read them."""
    task, _ = load_task(file, seed)
    plan = design(task, count, plan="balanced", seed=derive(seed, task.name, STEP))
    examples = choose(task, plan, few_shot, seed=derive(seed, task.name, STEP, "few-shot"))
    prompts = build(task, plan, examples, step=STEP, seed=derive(seed, task.name, STEP))
    began = time.perf_counter()
    answers = {a.prompt_id: a for _, unit in generator.write(cut([Turn(p) for p in prompts], generator.unit)) for a in unit}
    seconds = time.perf_counter() - began
    outcomes = [_read(task, p, answers[p.id]) for p in prompts]
    tokens = sum(a.tokens_out or 0 for a in answers.values() if isinstance(a, Draft))
    return Trial(task, file.parent.name, prompts, outcomes, tokens, seconds)


def _read(task: Task, prompt: Prompt, answer: Draft | Failure) -> Outcome:
    return parse(task, prompt, answer) if isinstance(answer, Draft) else answer


def reasons(trial: Trial) -> Counter[str]:
    """Why drafts are no rows, most frequent first."""
    found = Counter(o.reason for o in trial.outcomes if isinstance(o, Rejection))
    found.update("failure" for o in trial.outcomes if isinstance(o, Failure))
    return found


@dataclass(frozen=True, slots=True)
class Adherence:
    """How far valid records show what was asked for; None where nothing of the kind could be checked.

    `words`: mean share of an attribute value's content words that occur. `lengths`: share of wanted lengths that are kept to.
    """

    words: float | None
    lengths: float | None


def adherence(trial: Trial) -> Adherence:
    """The package's own check of every attribute; what it leaves unscored counts nowhere."""
    checker = AttributeChecker(trial.task)
    words: list[float] = []
    lengths: list[float] = []
    for sample in trial.samples:
        for (name, value), found in zip(sample.attributes.items(), checker.check(sample), strict=True):
            if isinstance(found, Score) and ("length" in name.casefold() or read_span(value)):
                lengths.append(float(found.value >= 1.0))
            elif isinstance(found, Score):
                words.append(found.value)
    return Adherence(_mean(words), _mean(lengths))


def _mean(values: Sequence[float]) -> float | None:
    return round(fmean(values), 4) if values else None


def measure(trial: Trial) -> dict[str, object]:
    """One line of the table: `valid` and `seed_copies` are shares of all drafts, the others of the valid ones (empty where there are none)."""
    samples, planned = trial.samples, len(trial.prompts)
    texts = [normal_text(*s.row.fields.values()) for s in samples]
    why, shown = reasons(trial), adherence(trial)
    return {
        "group": trial.group,
        "task": trial.task.name,
        "prompts": planned,
        "valid": _share(len(samples), planned),
        "reasons": "; ".join(f"{reason} {n}" for reason, n in why.most_common()),
        "attribute_words": shown.words,
        "lengths_kept": shown.lengths,
        "seed_copies": _share(why["copied seed"], planned),
        "distinct": _share(len(set(texts)), len(texts)),
        "tokens_per_second": round(trial.tokens / trial.seconds, 1),
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def table_of(lines: Sequence[Mapping[str, object]], title: str) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in ("task", "n", "valid", "words", "lengths", "copies", "distinct", "tok/s"):
        table.add_column(name, justify="left" if name == "task" else "right", no_wrap=True)
    for line, before in zip(lines, [None, *lines], strict=False):
        if before and before["group"] != line["group"]:
            table.add_section()
        shares = [_percent(line[k]) for k in ("valid", "attribute_words", "lengths_kept", "seed_copies", "distinct")]
        table.add_row(str(line["task"]), str(line["prompts"]), *shares, f"{line['tokens_per_second']:,.0f}")
    return table


def _percent(value: object) -> str:
    return f"{value:.1%}" if isinstance(value, float) else "-"


def show(console: Console, trial: Trial, count: int) -> None:
    """The first drafts of a task as they were read, rejected ones too."""
    if count:
        console.rule(trial.task.name)
    for prompt, outcome in list(zip(trial.prompts, trial.outcomes, strict=True))[:count]:
        asked = ", ".join(f"{k}: {v}" for k, v in prompt.attributes.items())
        console.print(f"[{prompt.label}] {asked}", style="dim", markup=False, highlight=False)
        console.print(f"  {_told(outcome)}", markup=False, highlight=False)


def _told(outcome: Outcome) -> str:
    if isinstance(outcome, Sample):
        return " | ".join(outcome.row.fields.values())
    return f"REJECTED, {outcome.reason}: {outcome.detail}: {outcome.raw!r}" if isinstance(outcome, Rejection) else f"FAILED: {outcome.error}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", type=Path, help="task TOMLs; the demo's and those of pocket/heldout if none is given")
    parser.add_argument("--prompts", type=int, default=200, help="prompts for each task")
    parser.add_argument("--few-shot", type=int, default=4)
    parser.add_argument("--model", default="", help="a folder in Hugging Face format, instead of the bundled model")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", type=int, default=0, help="drafts to print for each task")
    parser.add_argument("--out", type=Path, default=ROOT / "bench/results/pocket_skill.csv")
    args = parser.parse_args()
    console = Console()
    generator = generator_of(args.model, args.batch, args.device)
    lines = []
    for file in args.tasks or [*task_files(DEMO), *task_files(HELDOUT)]:
        trial = attempt(generator, file, args.prompts, args.few_shot, args.seed)
        lines.append(measure(trial))
        show(console, trial, args.show)
    generator.close()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    with args.out.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, fieldnames=list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)
    console.print(table_of(lines, f"{generator.identity}, temperature 1, top-p 1, {args.few_shot} examples, seed {args.seed}"))
    for line in lines:
        console.print(f"{line['task']}: {line['reasons'] or 'every draft is a valid record'}", markup=False, highlight=False)


if __name__ == "__main__":
    main()
