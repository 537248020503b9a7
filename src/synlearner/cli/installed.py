"""Commands about the installation."""

from __future__ import annotations

import typer


def doctor() -> None:
    """Say what is installed, which engines can be used, and what is missing."""
    from synlearner.report.console import doctor_table, show

    show(doctor_table())


def show_version(asked: bool) -> None:
    """Print the version and leave, where that is asked for."""
    if asked:
        from importlib.metadata import version

        print(f"synlearner {version('synlearner')}")
        raise typer.Exit
