"""Telling trackers: while a run goes on, from its own progress events, and afterwards, from the run folder. Both read finished steps from the ledger.

A tracker says which milestones it has. So a run that was killed goes on in the same tracker, and telling a finished run again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from synlearner.errors import one_line
from synlearner.protocols import Progress, Tracker, Watching
from synlearner.records import Milestone, Point, Tracked
from synlearner.registry import find
from synlearner.seeding import content_hash
from synlearner.store.reading import Finished, Reading
from synlearner.store.spending import Spending
from synlearner.stream.public import flat, public_settings
from synlearner.track.points import points_of

FOLDER = "tracking"


def trackers_of(names: Sequence[str], folder: Path) -> dict[str, Tracker]:
    """The trackers of those names for a run folder. Raises SpecError for unknown names, MissingExtra where a library is not installed."""
    return {name: find("tracker", name)(folder / FOLDER / name) for name in names}


@contextmanager
def followed(trackers: Mapping[str, Tracker], folder: Path, progress: Progress) -> Iterator[Progress]:
    """A progress that passes everything on to `progress` and tells the trackers of what was finished; without trackers it is `progress` itself."""
    if not trackers:
        yield progress
        return
    with Reading.open(folder) as reading:
        teller = Teller(reading, folder, trackers, progress.say)
        try:
            yield _Following(progress, teller)
        finally:
            teller.tell()
            teller.close()


def replay(folder: Path, names: Sequence[str], say: Callable[[str], None]) -> None:
    """Tell trackers of everything that the run in `folder` has finished and that they do not have. Raises LedgerError where there is no run."""
    with Reading.open(folder) as reading:
        teller = Teller(reading, folder, trackers_of(names, folder), say)
        teller.tell()
        teller.close()


@dataclass(slots=True)
class _Told:
    """A tracker with the numbers of the milestones that it has."""

    tracker: Tracker
    has: set[int] = field(default_factory=set)
    new: int = 0


class Teller:
    """Reads what was finished since the last time, and tells every tracker what it does not have. One that fails is dropped with a warning."""

    def __init__(self, reading: Reading, folder: Path, trackers: Mapping[str, Tracker], say: Callable[[str], None]) -> None:
        self._reading, self._say = reading, say
        self._told = {name: _Told(tracker) for name, tracker in trackers.items()}
        self._last, self._read, self._written = 0, 0, 0
        run = tracked(reading, folder)
        for name, told in list(self._told.items()):
            self._safely(name, lambda t=told: t.has.update(t.tracker.begin(run)))  # type: ignore[misc]

    def tell(self) -> None:
        """Everything that was finished since the last call."""
        steps = self._reading.finished(self._last) if self._told else []
        if not steps:
            return
        places = {t["name"]: i for i, t in enumerate(self._reading.spec().get("tasks", ()), 1)}
        names = {i: t for t, i in places.items()}
        for step in steps:
            points = [*points_of(step, places, names), *self._tokens(step), *(_money(self._reading.spending(), step.number) if step is steps[-1] else ())]
            self._log(Milestone(step.number, step.key, step.at, tuple(points)))
        self._last = steps[-1].number

    def close(self) -> None:
        """Let every tracker write what it holds."""
        for name, told in list(self._told.items()):
            if self._safely(name, told.tracker.close):
                self._say(f"{name}: {told.new} new of {len(told.has)} finished steps; {told.tracker.place}")

    def _tokens(self, step: Finished) -> list[Point]:
        """Sums over the finished writing steps so far."""
        tokens: Mapping[str, Any] = step.result.get("tokens", {}) if "planned" in step.result else {}
        self._read, self._written = self._read + int(tokens.get("in") or 0), self._written + int(tokens.get("out") or 0)
        return [Point("spent/tokens_in", step.number, float(self._read)), Point("spent/tokens_out", step.number, float(self._written))] if tokens else []

    def _log(self, milestone: Milestone) -> None:
        for name, told in list(self._told.items()):
            if milestone.number not in told.has and self._safely(name, lambda t=told: t.tracker.log(milestone)):  # type: ignore[misc]
                told.has.add(milestone.number)
                told.new += 1

    def _safely(self, name: str, act: Callable[[], object]) -> bool:
        """Whether it went well. The libraries behind trackers raise whatever they like, and no chart is worth a run."""
        try:
            act()
        except Exception as error:  # noqa: BLE001
            self._say(f"warning: {name} is told nothing more in this session: {one_line(error)}. What it lacks can be told later: synlearner track RUN --to {name}")
            del self._told[name]
            return False
        return True


class _Following:
    """Passes everything on, and lets the teller look whenever something begins, ends or is said."""

    def __init__(self, inner: Progress, teller: Teller) -> None:
        self._inner, self._teller = inner, teller

    def start(self, step: str, total: int) -> None:
        self._teller.tell()
        self._inner.start(step, total)

    def advance(self, count: int = 1) -> None:
        self._inner.advance(count)

    def finish(self, note: str = "") -> None:
        self._inner.finish(note)
        self._teller.tell()

    def say(self, text: str) -> None:
        self._inner.say(text)

    def watch(self, spending: Callable[[int, int], str]) -> None:
        if isinstance(self._inner, Watching):
            self._inner.watch(spending)


def tracked(reading: Reading, folder: Path) -> Tracked:
    """The run as trackers know it."""
    settings = reading.settings()
    name = str(settings.get("name", "run"))
    told = {k: v for k, v in public_settings(settings).items() if k != "report_to"}
    return Tracked(content_hash(["tracked", *reading.identity()])[:16], name, f"{folder.resolve().name}, seed {settings.get('seed')}", flat(told))


def _money(spending: Spending, number: int) -> list[Point]:
    """Requests so far, and what they cost by currency; no money where a price or a number of tokens is unknown."""
    if not spending.models:
        return []
    by: dict[str, Decimal | None] = {}
    for asked in spending.models:
        cost = asked.price.of(asked.told_in, asked.told_out) if asked.price and not asked.untold else None
        before = by.get(asked.currency, Decimal(0))
        by[asked.currency] = None if cost is None or before is None else before + cost
    known = [Point(f"spent/money/{currency}", number, float(money)) for currency, money in by.items() if money is not None]
    return [Point("spent/requests", number, float(sum(a.requests for a in spending.models))), *known]
