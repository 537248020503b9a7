"""The command line: parse, call, print. Here stands the order in which commands are listed; a module has those that belong together.

Everything heavy is imported by the command that needs it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from synlearner.cli.caches import cache
from synlearner.cli.choosing import select
from synlearner.cli.endings import spoken
from synlearner.cli.installed import doctor, show_version
from synlearner.cli.memories import memory
from synlearner.cli.results import export, report, track, ui, verdicts
from synlearner.cli.streams import check, demo, init, preview, run
from synlearner.cli.studies import audit_acquisition, audit_feedback, compare

app = typer.Typer(
    name="synlearner",
    help="Synthetic training data from a language model that gets better with every task of a stream.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
COMMANDS: list[Callable[..., None]] = [init, check, preview, run, demo, compare, report, export, track, select, ui, verdicts, audit_acquisition, audit_feedback, doctor]
for _command in COMMANDS:
    app.command()(_command)
app.add_typer(cache, name="cache")
app.add_typer(memory, name="memory")


@app.callback()
def _main(show: Annotated[bool, typer.Option("--version", callback=show_version, is_eager=True, help="Print the version.")] = False) -> None:
    pass


def main() -> None:
    """The console script."""
    with spoken():
        app()
