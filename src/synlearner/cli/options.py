"""Arguments and options that several commands have."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class ResumeMode(StrEnum):
    """What to do with a run folder that already holds a run."""

    never = "never"
    always = "always"
    if_possible = "if_possible"


StreamFile = Annotated[Path, typer.Argument(help="The run's TOML.", show_default=False)]
RunFolder = Annotated[Path, typer.Argument(help="A run folder.", show_default=False)]
Sets = Annotated[list[str] | None, typer.Option("--set", help="Change one setting: dotted.key=value. May be repeated.")]
Seed = Annotated[int | None, typer.Option(help="The run's seed, instead of the one in the TOML.")]
Plain = Annotated[bool, typer.Option("--plain", help="Plain lines instead of progress bars.")]
TextColumns = Annotated[list[str] | None, typer.Option(help="A column of text; 'text' if not given. May be repeated.")]
StudentName = Annotated[str, typer.Option(help="The student.")]
StudentModel = Annotated[str, typer.Option(help="The student's model.")]
EmbedderName = Annotated[str, typer.Option(help="The embedder.")]
EmbedderModel = Annotated[str, typer.Option(help="The embedder's model.")]


def listed(names: str) -> list[str]:
    """What stands between commas."""
    return [name.strip() for name in names.split(",") if name.strip()]
