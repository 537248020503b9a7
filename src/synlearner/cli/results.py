"""Commands that begin with a run folder: report, export, track, and what people say of its rows."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from synlearner.cli.endings import harmless
from synlearner.cli.options import RunFolder


class Format(StrEnum):
    """What a data set is exported to."""

    jsonl = "jsonl"
    parquet = "parquet"
    hf = "hf"
    messages = "messages"
    prompt_completion = "prompt-completion"
    csv = "csv"


def report(folder: RunFolder) -> None:
    """Write summary.json, tables and report.html of a run, finished or not, and print the main tables."""
    from synlearner.report.terminal import show_summary
    from synlearner.report.writing import write_all

    show_summary(write_all(folder))
    print(f"Report: {folder / 'report.html'}")


def export(
    folder: RunFolder,
    to: Annotated[Format, typer.Option(help="Format.")] = Format.jsonl,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to write to.")] = Path("export"),
    task: Annotated[list[str] | None, typer.Option(help="Only this task. May be repeated.")] = None,
) -> None:
    """Write the data sets of a run in a format that trainers and people read."""
    from synlearner.report.export import export as write

    for file in write(folder, to=to.value, out=out, tasks=task):
        print(file)


def track(folder: RunFolder, to: Annotated[list[str], typer.Option(help="Which tracker: tensorboard, wandb, mlflow, trackio. May be repeated.", show_default=False)]) -> None:
    """Tell trackers everything that a run has finished and that they do not have yet. Running runs tell them by themselves: report_to in the TOML."""
    from synlearner.track.follow import replay

    replay(folder, to, lambda said: print(harmless(said)))


def ui(
    folder: RunFolder,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine; 0: any that is free.")] = 0,
    who: Annotated[str, typer.Option(help="The name that your verdicts are signed with.")] = "reviewer",
) -> None:
    """Watch a run, read its rows and judge them, in the browser on this machine. Ends with Ctrl-C."""
    from synlearner.review.serving import served

    try:
        with served(folder, port=port, who=who) as pages:
            print(f"Open {pages.url}\nOnly this machine can reach it. Verdicts are signed {who!r} (--who) and written at once. Ctrl-C ends it.", flush=True)
            pages.wait()
    except KeyboardInterrupt:
        print("Ended. Every verdict is in the run folder.")


def verdicts(
    folder: RunFolder,
    export_to: Annotated[Path | None, typer.Option("--export", help="Write all verdicts to this file, one JSON object a line.")] = None,
    import_from: Annotated[Path | None, typer.Option("--import", help="Add the verdicts of such a file that the run does not have.")] = None,
) -> None:
    """Carry people's verdicts from one copy of a run to another, or count them."""
    from synlearner.store.reading import Reading
    from synlearner.store.verdicts import export_verdicts, import_verdicts

    if import_from:
        print(f"{import_verdicts(folder, import_from)} new verdicts from {import_from}")
    if export_to:
        print(f"{export_verdicts(folder, export_to)} verdicts written to {export_to}")
    with Reading.open(folder) as reading:
        counted = reading.judged()
    print(", ".join(f"{n} {judgement}" for judgement, n in counted.items()) or "No verdict counts yet: synlearner ui RUN")
