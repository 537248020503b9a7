"""What the pages of one run share: its folder, who reads, and what is dear to compute, kept until the ledger changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar, cast

from synlearner.evaluate.bias import Rows, review_order
from synlearner.records import Judgement, Verdict
from synlearner.report.feedback import feedback_of
from synlearner.report.schema import Feedback, Summary
from synlearner.report.summary import summary_of
from synlearner.store.ledger import Ledger
from synlearner.store.reading import FACETS, Filter, Line, Reading, Story
from synlearner.store.verdicts import Verdicts, now

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page:
    """One page of `total` rows, with what there is to filter by: for each facet its values and their numbers. `number` counts from 1."""

    lines: Sequence[Line]
    facets: Mapping[str, Mapping[str, int]]
    total: int
    number: int
    pages: int


class Room:
    """One run, opened for reading and for verdicts. Safe to use from several threads: each call has a connection of its own."""

    def __init__(self, folder: str | Path, who: str) -> None:
        self.folder, self.who = Path(folder), who
        self._kept: dict[str, tuple[Hashable, object]] = {}
        self._facets: Counter[tuple[tuple[str, str], ...]] = Counter()
        self._shelf: dict[tuple[str, str, str], list[tuple[int, float | None]]] = {}
        self._counted_to = self._kept_to = 0
        self._lock = RLock()

    def reading(self) -> Reading:
        """A reader; close it, or use it as a context manager. Raises LedgerError where there is no run."""
        return Reading.open(self.folder)

    def summary(self) -> Summary:
        """The run's summary, as it is now."""
        with self.reading() as reading:
            stamp, spec = reading.stamp(), self._spec(reading)
            judged = self._once("feedback", (stamp[-2], self._written(reading)), lambda: feedback_of(self.folder, spec.get("run", {})))
        return self._once("summary", stamp, lambda: self._summary(judged))

    def _summary(self, judged: Feedback) -> Summary:
        with Ledger.open(self.folder, read_only=True) as ledger:
            return summary_of(ledger, judged)

    def name(self) -> str:
        """The run's name."""
        with self.reading() as reading:
            return str(self._spec(reading).get("run", {}).get("name", "run"))

    def plan(self, purpose: str) -> str:
        """The plan that rows of a purpose were asked for with."""
        table = "explore" if purpose == "explore" else "synthesis"
        with self.reading() as reading:
            return str(self._spec(reading).get("run", {}).get(table, {}).get("plan", ""))

    def tasks(self) -> list[str]:
        """The names of the run's tasks in their order."""
        with self.reading() as reading:
            return [t["name"] for t in self._spec(reading).get("tasks", ())]

    def _spec(self, reading: Reading) -> dict[str, Any]:
        return self._once("spec", reading.stamp()[2], reading.spec)

    def _crossed(self, reading: Reading) -> list[tuple[dict[str, str], int]]:
        return self._once("crossed", reading.stamp()[-1], lambda: self._counts(reading))

    def _counts(self, reading: Reading) -> list[tuple[dict[str, str], int]]:
        """Rows by their facets: what was counted before, and what came since."""
        last = reading.stamp()[-1]
        for values, n in reading.crossed(self._counted_to, last):
            self._facets[tuple(values.items())] += n
        self._counted_to = last
        return [(dict(key), n) for key, n in sorted(self._facets.items())]

    def _population(self, reading: Reading, task: str) -> Rows:
        """What data sets are made of, as `Reading.population` has it; only rows that came since are read."""
        with self._lock:
            for row in reading.kept_since(self._kept_to):
                self._shelf.setdefault(row[1:4], []).append((row[0], row[4]))
                self._kept_to = row[0]
            gone, found = reading.superseded(), dict[tuple[str, str], list[tuple[int, float | None]]]()
            for (step, own, label), rows in self._shelf.items():
                if task in ("", own) and step not in gone:
                    found.setdefault((own, label), []).extend(rows)
            return found

    def _written(self, reading: Reading) -> Hashable:
        """Changes when data sets grow."""
        return tuple(n for values, n in self._crossed(reading) if values["purpose"] == "synthesis" and values["state"] == "kept")

    def page(self, wanted: Filter, number: int, size: int) -> Page:
        """The page of that number, or the last one where there are fewer."""
        with self.reading() as reading:
            stamp = reading.stamp()
            crossed = self._crossed(reading)
            facets = {name: _counted(crossed, wanted, name) for name in FACETS}
            # What facets cannot count is looked for once, for all pages of the same question.
            found = self._once("found", (stamp[-2:], wanted.key), lambda: reading.find(wanted)) if wanted.text or wanted.judged or wanted.lesson else None
            total = len(found) if found is not None else sum(n for values, n in crossed if _is(values, wanted, ""))
            pages = max(1, -(-total // size))
            number = min(max(1, number), pages)
            lines = reading.page(wanted, number, size) if found is None else reading.lines(found[(number - 1) * size : number * size])
        return Page(lines, facets, total, number, pages)

    def story(self, row: int) -> Story | None:
        """A row with everything that is known of it."""
        with self.reading() as reading:
            return reading.story(row)

    def lines(self, rows: Sequence[int]) -> list[Line]:
        """Rows by id."""
        with self.reading() as reading:
            return reading.lines(rows)

    def warm(self) -> None:
        """Compute what a first visit would wait for. Raises LedgerError where there is no run."""
        self.summary()
        self.queue("")
        self.page(Filter({}), 1, 1)

    def queue(self, task: str) -> list[int]:
        """Ids of all rows of the data sets, or of one task's, in the order in which they are to be read."""
        with self.reading() as reading:
            seed = self._spec(reading).get("run", {}).get("seed") or 0
            return self._once(f"queue {task}", self._written(reading), lambda: review_order(self._population(reading, task), seed))

    def described(self, task: str) -> Mapping[str, Any]:
        """The task as the run describes it: `instruction`, `labels` in their declared order, `definitions`; empty where the run has no such task."""
        with self.reading() as reading:
            spec = self._spec(reading)
        return next((t for t in spec.get("tasks", ()) if t["name"] == task), {})

    # ── verdicts ────────────────────────────────────────────────────────

    def judge(self, row: int, judgement: str | None, label: str, note: str | None, *, drawn: bool) -> Verdict | None:
        """Write a verdict of the reader: no judgement or no note leave what the reader had said before. None where there is no such row."""
        story = self.story(row)
        if story is None:
            return None
        before = next((v for v in reversed(story.verdicts) if v.who == self.who), None)
        if judgement is None:
            judgement, label = (before.judgement, before.label) if before else ("none", "")
        if judgement == "relabel" and label == story.line.label:
            judgement, label = "accept", ""
        note = (before.note if before else "") if note is None else note
        said = Verdict(story.line.step, story.line.prompt, cast(Judgement, judgement), self.who, now(), label, note, drawn)
        with Verdicts.open(self.folder) as pen:
            return pen.add(said)

    def undo(self) -> int | None:
        """Take the reader's last standing verdict back; the row that it was of, None where there is none."""
        with Verdicts.open(self.folder) as pen:
            if pen.undo(self.who, now()) is None:
                return None
        with self.reading() as reading:
            return reading.last_by(self.who)

    def _once(self, name: str, stamp: Hashable, compute: Callable[[], T]) -> T:
        """What was computed under that name at that stamp, or else what is computed now."""
        kept = self._kept.get(name)
        if kept is None or kept[0] != stamp:
            with self._lock:
                kept = self._kept.get(name)
                if kept is None or kept[0] != stamp:
                    self._kept[name] = kept = (stamp, compute())
        return cast(T, kept[1])


def _is(values: Mapping[str, str], wanted: Filter, apart: str) -> bool:
    return all(values[k] == v for k, v in wanted.values.items() if k != apart)


def _counted(crossed: Sequence[tuple[Mapping[str, str], int]], wanted: Filter, name: str) -> dict[str, int]:
    """The values of a facet with the number of rows that the other facets leave, the most frequent first; texts and judgements are not looked at."""
    found: Counter[str] = Counter()
    for values, n in crossed:
        if _is(values, wanted, name):
            found[values[name]] += n
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))
