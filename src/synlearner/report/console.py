"""Texts and tables for any terminal, and those of commands that run nothing: what a run would do, what a prompt gave, what is installed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import TYPE_CHECKING

from synlearner.records import Draft, Failure, Outcome, Prompt, Rejection, Sample
from synlearner.stream.kinds import reader
from synlearner.stream.tasks import Stream

if TYPE_CHECKING:
    from rich.table import Table

# Extra -> the modules that it brings and what they are for.
EXTRAS = {
    "local": (("torch", "transformers"), "engines pocket and hf, student transformer"),
    "train": (("peft", "trl", "accelerate"), "fine-tuning the generator"),
    "student": (("sklearn",), "students tfidf and embedding, the verifier"),
    "api": (("aiohttp",), "engine chat_api"),
    "speed": (("uvloop",), "a faster loop for it"),
    "data": (("datasets", "pyarrow"), "Parquet and Hugging Face data, exports"),
    "ui": (("starlette", "uvicorn"), "synlearner ui: watching, reading and judging in the browser"),
    "postgres": (("psycopg",), "a memory that a team shares on PostgreSQL"),
    "embed": (("sentence_transformers",), "sentence embeddings"),
    "tensorboard": (("tensorboard",), "runs in TensorBoard"),
    "wandb": (("wandb",), "runs in W&B, offline unless you say otherwise"),
    "mlflow": (("mlflow", "sqlalchemy"), "runs in MLflow"),
    "trackio": (("trackio",), "runs in Trackio"),
}
_VISIBLE = {
    **{c: f"\\x{c:02x}" for c in [*range(32), *range(127, 160)] if c not in (9, 10)},
    **{c: f"\\u{c:04x}" for c in (0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069)},
}


def visible(text: str) -> str:
    """Text with control and direction-changing characters written out: generated text must not drive the terminal."""
    return text.translate(_VISIBLE)


def show(table: Table) -> None:
    """Print a table to stdout."""
    from rich.console import Console

    Console(file=sys.stdout).print(table)


def rich_table(title: str, left: Sequence[str], right: Sequence[str] = ()) -> Table:
    """An empty table for the terminal with columns to the left and numbers to the right."""
    from rich import box
    from rich.table import Table

    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left")
    for name in left:
        table.add_column(rich_text(name), overflow="fold")
    for name in right:
        table.add_column(rich_text(name), justify="right", overflow="fold")
    return table


def rich_text(value: str) -> str:
    """A text that is no markup and drives no terminal."""
    from rich.markup import escape

    return escape(visible(value))


def plan_table(stream: Stream) -> Table:
    """What a run would read and write, task by task."""
    from synlearner.report.estimate import explored_by

    run = stream.run
    readers = ", ".join(dict.fromkeys(reader(t.kind, run.student.engine) for t in stream.tasks))
    table = rich_table(
        f"{run.name}: {len(stream.tasks)} tasks, generator {run.generator.engine}, student {readers}, seed {run.seed}",
        ("task", "kind", "labels", "seeds", "gold", "real", "pool", "explore", "rows"),
    )
    for task in stream.tasks:
        exam = stream.exams[task.name]
        cells = (task.kind.name, len(task.labels), len(task.seeds), len(exam.gold), len(exam.real), len(task.pool), explored_by(run), run.synthesis.rows)
        table.add_row(task.name, *map(str, cells))
    return table


def trial_text(prompt: Prompt, answer: Draft | Failure | None, outcome: Outcome | None) -> str:
    """One previewed prompt with its answer and verdict, as plain text."""
    parts = [f"─── prompt {prompt.index}: label {prompt.label!r} {dict(prompt.attributes)}", visible(prompt.user)]
    if isinstance(answer, Draft):
        parts += ["─── answer", visible(answer.text)]
    if isinstance(outcome, Sample):
        parts.append("─── kept")
    elif isinstance(outcome, Rejection):
        parts.append(f"─── rejected: {outcome.reason} ({visible(outcome.detail)})")
    elif outcome is not None:
        parts.append(f"─── failed: {visible(outcome.error)}")
    return "\n".join(parts) + "\n"


def doctor_table() -> Table:
    """Which extras are installed, with versions, and what each is for. Imports nothing."""
    table = rich_table(f"synlearner {version('synlearner')}, Python {sys.version.split()[0]}", ("extra", "installed", "gives", "to install"))
    for extra, (modules, gives) in EXTRAS.items():
        missing = [m for m in modules if find_spec(m) is None]
        have = ", ".join(f"{m} {_version(m)}" for m in modules if m not in missing)
        table.add_row(extra, have or "-", gives, f'pip install "synlearner\\[{extra}]"' if missing else "")
    return table


def _version(module: str) -> str:
    name = {"sklearn": "scikit-learn", "sentence_transformers": "sentence-transformers", "mlflow": "mlflow-skinny"}.get(module, module)
    try:
        return version(name)
    except PackageNotFoundError:
        return "?"
