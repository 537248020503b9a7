"""How commands end: well, with one clear message, or stopped in a way that the same command continues from."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from synlearner.errors import Interrupted, SynLearnerError

if TYPE_CHECKING:
    from synlearner.report.progress import Bars, Lines

STOPPED, WRONG = 3, 2


def harmless(said: object) -> str:
    """A message that drives no terminal: it may quote data, or what a server sent."""
    from synlearner.report.console import visible

    return visible(str(said))


def warn(warnings: Iterable[object]) -> None:
    """Say on stderr what is no error."""
    for warning in warnings:
        print(f"warning: {harmless(warning)}", file=sys.stderr)


def why_stopped(stop: KeyboardInterrupt | Interrupted) -> str:
    """Why a command was stopped, in words."""
    return harmless(stop) if isinstance(stop, Interrupted) else "stopped by Ctrl-C"


@contextmanager
def stoppable(progress: Lines | Bars, kept: str) -> Iterator[None]:
    """Whatever happens inside, the progress is closed behind it; where it is stopped, say what is `kept` and leave with STOPPED."""
    try:
        yield
    except (KeyboardInterrupt, Interrupted) as stop:
        progress.close()
        print(f"{why_stopped(stop)}\n{kept}; the same command continues from there.", file=sys.stderr)
        raise typer.Exit(STOPPED) from None
    finally:
        progress.close()


@contextmanager
def spoken() -> Iterator[None]:
    """One clear message instead of a traceback for every error that is raised on purpose."""
    try:
        yield
    except SynLearnerError as error:
        print(f"error: {harmless(error)}", file=sys.stderr)
        sys.exit(WRONG)
