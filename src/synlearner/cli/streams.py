"""Commands that begin with a stream: write an example, check, preview, run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from synlearner.cli.endings import STOPPED, harmless, warn, why_stopped
from synlearner.cli.options import Plain, ResumeMode, Seed, Sets, StreamFile
from synlearner.cli.results import report
from synlearner.errors import Interrupted, SynLearnerError


def init(folder: Annotated[Path, typer.Argument(help="Where to put the example stream.")] = Path("my-stream")) -> None:
    """Write an example stream (the bundled demo) that you can change."""
    from synlearner.stream.bundled import copy_demo

    written = copy_demo(folder)
    print(f"Wrote {len(written)} files to {folder}. Next:\n  synlearner check {folder}/stream.toml\n  synlearner run {folder}/stream.toml")


def check(stream: StreamFile, sets: Sets = None, seed: Seed = None) -> None:
    """Read the stream and its data, and say what is wrong with them or what a run would do and ask for."""
    from synlearner.report.console import plan_table, show
    from synlearner.report.estimate import basis, estimate_table, estimates, shortages
    from synlearner.stream.reading import load_stream

    loaded = load_stream(stream, sets or (), seed)
    show(plan_table(loaded))
    asked = estimates(loaded)
    show(estimate_table(asked))
    print(basis(loaded.run))
    for warning in (*loaded.warnings, *shortages(loaded.run, asked)):
        print(f"warning: {harmless(warning)}")
    print("The stream is well formed.")


def preview(
    stream: StreamFile,
    task: Annotated[str, typer.Option(help="Which task; the first one if not given.")] = "",
    rows: Annotated[int, typer.Option("-n", "--rows", min=1, help="How many rows to write.")] = 5,
    prompts_only: Annotated[bool, typer.Option("--prompts-only", help="Show prompts; load no model and send nothing.")] = False,
    sets: Sets = None,
    seed: Seed = None,
) -> None:
    """Write a few rows of one task and show prompt, answer and verdict. Nothing is kept; what a server is asked stays within [budget] and is told."""
    from synlearner.learn.trial import trial
    from synlearner.report.console import trial_text
    from synlearner.stream.reading import load_stream

    def tell(spent: str) -> None:
        print(f"Asked of the server: {spent}. This counts in no run.")

    for prompt, answer, outcome in trial(load_stream(stream, sets or (), seed), task, rows, prompts_only=prompts_only, tell=tell):
        print(trial_text(prompt, answer, outcome))


def run(
    stream: StreamFile,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="The run folder; runs/<name> if not given.")] = None,
    resume: Annotated[ResumeMode, typer.Option(help="What to do if the folder already holds a run.")] = ResumeMode.if_possible,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Like check: load everything, write nothing.")] = False,
    sets: Sets = None,
    seed: Seed = None,
    plain: Plain = False,
) -> None:
    """Walk the stream: explore, learn, write, prove. Can be stopped at any time and continued by the same command."""
    if dry_run:
        check(stream, sets, seed)
        return
    from synlearner.stream.reading import load_stream

    loaded = load_stream(stream, sets or (), seed)
    warn(loaded.warnings)
    _walk(loaded, out or Path("runs") / loaded.run.name, resume, plain=plain)


def demo(
    out: Annotated[Path, typer.Option("-o", "--out", help="The run folder.")] = Path("runs/demo"),
    resume: Annotated[ResumeMode, typer.Option(help="What to do if the folder already holds a run.")] = ResumeMode.if_possible,
    sets: Sets = None,
    seed: Seed = None,
    plain: Plain = False,
) -> None:
    """Run the bundled stream of four tasks with the bundled pocket model: offline, a few minutes on two cores."""
    from synlearner.stream.bundled import DEMO
    from synlearner.stream.reading import load_stream

    _walk(load_stream(DEMO / "stream.toml", sets or (), seed), out, resume, plain=plain)


def _walk(stream: object, out: Path, resume: ResumeMode, *, plain: bool) -> None:
    from synlearner.loop import run as walk
    from synlearner.report.progress import progress_for
    from synlearner.store.ledger import sessions_in

    progress, before = progress_for(plain=plain), sessions_in(out)
    try:
        walk(stream, out, resume=resume.value, progress=progress)  # type: ignore[arg-type]
    except (KeyboardInterrupt, SynLearnerError) as stop:
        progress.close()
        begun = sessions_in(out) > before
        if begun:
            _report_anyway(out)
        if not isinstance(stop, KeyboardInterrupt | Interrupted):
            raise
        reason = why_stopped(stop)
        print(f"{reason}\nEverything written so far is in {out}; the same command continues from there." if begun else reason, file=sys.stderr)
        raise typer.Exit(STOPPED) from None
    finally:
        progress.close()
    report(out)


def _report_anyway(folder: Path) -> None:
    """Report what there is of a run that ended early; should that fail as well, why the run ended is the more important news."""
    try:
        report(folder)
    except (SynLearnerError, OSError) as error:
        warn([f"no report could be written: {error}"])
