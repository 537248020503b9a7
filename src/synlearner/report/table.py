"""What a table of the report is."""

from __future__ import annotations

from dataclasses import dataclass

from synlearner.report.schema import Quantity

Cell = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Table:
    """A named table. None is a value that was not measured: an empty cell in CSV, a dash on the page."""

    name: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def limits(q: Quantity) -> tuple[Cell, Cell, Cell]:
    """The cells of a number and its interval."""
    return (q.value, q.interval.low, q.interval.high) if q.interval else (q.value, None, None)
