"""The command that chooses rows of a pool."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synlearner.cli.options import EmbedderModel, EmbedderName, StudentModel, StudentName, TextColumns


def select(
    pool: Annotated[str, typer.Argument(help="Rows to choose from: .jsonl, .csv, .tsv, .parquet, a saved data set, or hf://name?split=train.", show_default=False)],
    *,
    by: Annotated[str, typer.Option(help="The acquisition function.")] = "loss",
    n: Annotated[int, typer.Option("-n", "--rows", help="How many rows to choose.")] = 500,
    out: Annotated[Path, typer.Option("-o", "--out", help="Where to write them: .jsonl, .csv or .parquet.")] = Path("chosen.jsonl"),
    seeds: Annotated[str, typer.Option(help="Labelled rows for a student to learn from.")] = "",
    dev: Annotated[str, typer.Option(help="Labelled rows that influence is measured on; a quarter of the seeds if not given.")] = "",
    text: TextColumns = None,
    label: Annotated[str | None, typer.Option(help="The column of the label or answer; 'label' if not given.")] = None,
    student: StudentName = "tfidf",
    model: StudentModel = "",
    answers: Annotated[bool, typer.Option("--answers", help="Labels are answers in free words.")] = False,
    embedder: EmbedderName = "hashing",
    embedder_model: EmbedderModel = "",
    pick: Annotated[str, typer.Option(help="How to choose: top, proportional, set; whichever the function is made for if not given.")] = "",
    random: Annotated[float, typer.Option(help="The share of rows to draw at random.")] = 0.0,
    seed: Annotated[int, typer.Option(help="The seed.")] = 0,
) -> None:
    """Choose the rows of a pool that a student needs, by an acquisition function. No stream needed."""
    from synlearner.learn.selecting import Asked
    from synlearner.learn.selecting import select as choose
    from synlearner.report import selection
    from synlearner.report.console import show
    from synlearner.stream.specs import StudentSpec

    selection.check_target(out, pool, seeds, dev)
    spec = StudentSpec(engine=student, model=model)
    found = choose(Asked(pool, by, n, seeds, dev, text or ["text"], label, spec, answers, embedder, embedder_model, random, pick, seed))
    selection.write(found, out)
    show(selection.selection_table(found))
    print(f"{selection.selection_text(found)}\nWritten to {out}")
