"""Commands that ask a question of many runs or students: does history help, do scores mean anything, does feedback notice damage."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synlearner.cli.endings import STOPPED, stoppable, warn
from synlearner.cli.options import EmbedderModel, EmbedderName, Plain, Seed, Sets, StreamFile, StudentModel, StudentName, TextColumns, listed


def compare(
    stream: StreamFile,
    *,
    arms: Annotated[str, typer.Option(help="Which arms, with commas between them.")] = "stream,isolated,format-only,shuffled-experience,no-learning",
    seeds: Annotated[str, typer.Option(help="Which seeds.")] = "0,1,2",
    orders: Annotated[str, typer.Option(help="Which orders of the tasks: given, reverse.")] = "given,reverse",
    out: Annotated[Path, typer.Option("-o", "--out", help="The folder of the comparison.")] = Path("compare"),
    sets: Sets = None,
    jobs: Annotated[int, typer.Option(min=0, help="Runs at a time; 0: one per core with a small generator, otherwise one.")] = 0,
    plain: Plain = False,
) -> None:
    """Does history help? Run every arm in every order with every seed and compare them. Can be stopped at any time and continued by the same command."""
    from synlearner import experiment as many
    from synlearner.report.comparison.tables import show_comparison
    from synlearner.report.progress import progress_for
    from synlearner.stream.reading import load_stream

    numbers = [int(s) if s.isascii() and s.isdecimal() else -1 for s in listed(seeds)]
    asked = many.experiment(load_stream(stream, sets or ()), out, arms=listed(arms), orders=listed(orders), seeds=numbers)
    warn(asked.stream.warnings)
    progress = progress_for(plain=plain)
    with stoppable(progress, f"Everything written so far is in {out}"), many.ended_by_kill():
        found = many.compare(asked, jobs=jobs, progress=progress)
    show_comparison(found)
    print(f"Report: {out / 'compare.html'}")
    if found.state != "finished":
        raise typer.Exit(STOPPED)


def audit_acquisition(
    pool: Annotated[str, typer.Argument(help="Labelled rows to score: .jsonl, .csv, .tsv, .parquet, a saved data set, or hf://name?split=train.", show_default=False)],
    *,
    seeds: Annotated[str, typer.Option(help="Labelled rows that every student learns.", show_default=False)],
    dev: Annotated[str, typer.Option(help="Labelled rows that gain is measured on: real ones, and never the gold rows.", show_default=False)],
    by: Annotated[str, typer.Option(help="The acquisition functions, with commas between them; all if not given.")] = "",
    student: StudentName = "tfidf",
    model: StudentModel = "",
    text: TextColumns = None,
    label: Annotated[str | None, typer.Option(help="The column of the label; 'label' if not given.")] = None,
    embedder: EmbedderName = "hashing",
    embedder_model: EmbedderModel = "",
    buckets: Annotated[int, typer.Option(help="Buckets of equal size.")] = 5,
    repeats: Annotated[int, typer.Option(help="Repeats, each with its own part of the pool.")] = 5,
    rows: Annotated[int, typer.Option(min=0, help="About how many rows a bucket has at most; 0: as many as there are.")] = 0,
    strata: Annotated[str, typer.Option(help="What all buckets have equal shares of: label; label,length; none.")] = "label",
    generated: Annotated[str, typer.Option(help="Rows that were written around rows of the pool or the seeds, as data/<task>.jsonl of a run folder.")] = "",
    around: Annotated[str, typer.Option(help="A task's TOML: new rows are written around rows of the pool.")] = "",
    write: Annotated[int, typer.Option(min=1, help="How many rows to write around rows of the pool.")] = 200,
    generator: Annotated[str, typer.Option(help="The engine that writes them.")] = "pocket",
    out: Annotated[Path, typer.Option("-o", "--out", help="The folder of the audit.")] = Path("audit"),
    seed: Annotated[int, typer.Option(help="The seed.")] = 0,
    plain: Plain = False,
) -> None:
    """Does the score mean anything? Cut a pool into buckets by score, train students on each, and hold gain against score. Can be continued by the same command."""
    from synlearner.audit import Files
    from synlearner.audit import audit as measured
    from synlearner.report.audit.tables import show_audit
    from synlearner.report.progress import progress_for
    from synlearner.stream.specs import GeneratorSpec, StudentSpec

    named, alike = StudentSpec(engine=student, model=model), [s for s in listed(strata) if s != "none"]
    columns = (text or ["text"], label, named, embedder, embedder_model)
    files = Files(pool, seeds, dev, listed(by), *columns, buckets, repeats, rows, alike, seed, generated, around, write, GeneratorSpec(engine=generator))
    progress = progress_for(plain=plain)
    with stoppable(progress, f"Every student that was trained is kept in {out}"):
        found = measured(files, out, progress)
    show_audit(found)
    print(f"Report: {out / 'audit.html'}")


def audit_feedback(
    stream: StreamFile,
    *,
    task: Annotated[str, typer.Option(help="Which task; the first one if not given.")] = "",
    by: Annotated[str, typer.Option(help="Rewards, 'judge', or functions of yours as module:function, with commas between them; all of the task if not given.")] = "",
    pool: Annotated[str, typer.Option(help="Good rows to damage: .jsonl, .csv, .parquet, a saved data set, or hf://name?split=train; half of the seeds if not given.")] = "",
    label: Annotated[str | None, typer.Option(help="The column of the label; 'label' if not given.")] = None,
    damage: Annotated[str, typer.Option(help="The ways of damage, with commas between them; all if not given.")] = "",
    rows: Annotated[int, typer.Option("-n", "--rows", min=4, help="How many rows at most; a judge reads each whole and in every way of damage.")] = 40,
    rungs: Annotated[int, typer.Option(min=3, help="Rungs of each ladder.")] = 6,
    pairs: Annotated[int, typer.Option(min=0, help="How many pairs of a whole and a damaged row each judge compares, in both orders.")] = 20,
    out: Annotated[Path, typer.Option("-o", "--out", help="The folder of the audit.")] = Path("audit-feedback"),
    sets: Sets = None,
    seed: Seed = None,
    plain: Plain = False,
) -> None:
    """Does feedback notice damage? Damage good rows step by step, and see whether rewards and judges fall. Can be continued by the same command."""
    from synlearner.ladders import Asked
    from synlearner.ladders import audit_feedback as measured
    from synlearner.report.ladders.tables import show_ladders
    from synlearner.report.progress import progress_for
    from synlearner.stream.reading import load_stream

    asked = Asked(load_stream(stream, sets or (), seed), task, listed(by), listed(damage), pool, label, rows=rows, rungs=rungs, pairs=pairs)
    progress = progress_for(plain=plain)
    with stoppable(progress, f"Everything that was answered is kept in {out}"):
        found = measured(asked, out, progress)
    show_ladders(found)
    print(f"Report: {out / 'ladders.html'}")
