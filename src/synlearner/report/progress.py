"""Telling people what goes on: a live bar with rate, time left and what was spent on a terminal, plain lines anywhere else."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from synlearner.report.console import visible

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

EVERY_SECONDS = 10.0
# Asking what was spent costs more than drawing a bar.
ASK_SECONDS = 0.5
Spending = Callable[[int, int], str]


def progress_for(*, plain: bool = False) -> Lines | Bars:
    """Bars on a terminal, lines elsewhere or on request. Everything goes to stderr; results go to stdout."""
    return Lines() if plain or not sys.stderr.isatty() else Bars()


class Silent:
    """Says nothing."""

    def start(self, step: str, total: int) -> None: ...

    def advance(self, count: int = 1) -> None: ...

    def finish(self, note: str = "") -> None: ...

    def say(self, text: str) -> None: ...

    def watch(self, spending: Spending) -> None: ...

    def close(self) -> None: ...


class Lines:
    """A line when a step ends, and one every `every` seconds while it runs."""

    def __init__(self, every: float = EVERY_SECONDS) -> None:
        self._step, self._total, self._done, self._began, self._spoke = "", 0, 0, 0.0, 0.0
        self._every = every
        self._spending: Spending | None = None

    def start(self, step: str, total: int) -> None:
        self._step, self._total, self._done, self._spending = step, total, 0, None
        self._began = self._spoke = time.monotonic()

    def advance(self, count: int = 1) -> None:
        self._done += count
        now = time.monotonic()
        if now - self._spoke >= self._every:
            self._spoke = now
            rate = self._done / max(1e-9, now - self._began)
            left = (self._total - self._done) / rate if rate else float("inf")
            self.say(f"{self._step}: {self._done}/{self._total}, {rate:.1f}/s, {left:.0f} s left{_so_far(self._spending, self._done, self._total)}")

    def finish(self, note: str = "") -> None:
        self.say(f"{self._step}: {note or 'done'} [{time.monotonic() - self._began:.1f} s]{_so_far(self._spending, self._total, self._total)}")

    def watch(self, spending: Spending) -> None:
        """Say with every line what is spent, until another step begins."""
        self._spending = spending

    def say(self, text: str) -> None:
        print(visible(text), file=sys.stderr, flush=True)

    def close(self) -> None: ...


class Bars:
    """A Rich progress bar for the running step; finished steps stay above it as lines."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        rate = TextColumn("{task.fields[rate]}")
        spent = TextColumn("{task.fields[spent]}", markup=False)
        columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), rate, TimeElapsedColumn(), TimeRemainingColumn(), spent)
        self._bars: Progress = Progress(*columns, console=Console(stderr=True), transient=True)
        self._task: TaskID | None = None
        self._step, self._began, self._done, self._total, self._asked = "", 0.0, 0, 0, 0.0
        self._spending: Spending | None = None
        self._bars.start()

    def start(self, step: str, total: int) -> None:
        self._remove()
        self._step, self._began, self._done, self._total, self._spending = step, time.monotonic(), 0, total, None
        self._task = self._bars.add_task(step, total=total, rate="", spent="")

    def advance(self, count: int = 1) -> None:
        if self._task is not None:
            self._done += count
            now = time.monotonic()
            rate = self._done / max(1e-9, now - self._began)
            self._bars.update(self._task, advance=count, rate=f"{rate:.1f}/s")
            if self._spending and now - self._asked >= ASK_SECONDS:
                self._asked = now
                self._bars.update(self._task, spent=self._spending(self._done, self._total))

    def watch(self, spending: Spending) -> None:
        """Show beside the bar what is spent, until another step begins."""
        self._spending, self._asked = spending, 0.0

    def finish(self, note: str = "") -> None:
        self._remove()
        self.say(f"{self._step}: {note or 'done'} [{time.monotonic() - self._began:.1f} s]{_so_far(self._spending, self._total, self._total)}")

    def say(self, text: str) -> None:
        self._bars.console.print(visible(text), markup=False, highlight=False, soft_wrap=True)

    def close(self) -> None:
        self._remove()
        self._bars.stop()

    def _remove(self) -> None:
        if self._task is not None:
            self._bars.remove_task(self._task)
            self._task = None


def _so_far(spending: Spending | None, done: int, total: int) -> str:
    """What is spent, as the end of a line."""
    said = spending(done, total) if spending else ""
    return f"; so far {said}" if said else ""
