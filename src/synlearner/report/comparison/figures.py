"""The charts of a comparison: contrasts with their intervals around zero, for all tasks together and for each one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

from synlearner.report.comparison.schema import Comparison, Contrast, TaskContrast
from synlearner.report.comparison.words import contrast_text, verdict
from synlearner.report.figures import SHAPES, WIDTH, label, line, marker, short, svg
from synlearner.report.schema import Quantity
from synlearner.report.words import points

# Never closer than five points, so that chance does not look large.
LEAST = 0.05
LEFT, RIGHT, PITCH = 130.0, 286.0, 34


def contrasts(found: Sequence[Contrast]) -> Markup:
    """The stream minus every other arm, on whole data sets."""
    whole = [c for c in found if c.source == "data sets"]
    return _forest("contrasts", "The stream minus another arm, in points", [(c.against, c.value) for c in whole], 4)


def by_task(found: Comparison, against: str, order: str) -> Markup:
    """The stream minus one arm, task by task in one order."""
    here: list[TaskContrast] = [c for c in found.by_task if c.against == against and c.order == order]
    rows = [(f"{c.position}. {c.task}", c.value) for c in sorted(here, key=lambda c: c.position)]
    return _forest(f"task-{against}-{order}", f"The stream minus {against} by task, order {order}, in points", rows, 4)


def _forest(key: str, title: str, rows: Sequence[tuple[str, Quantity]], top: float) -> Markup:
    ends = [e for _, q in rows if q.interval for e in (q.interval.low, q.interval.high)]
    low, high = min([-LEAST, *ends]), max([LEAST, *ends])
    bottom = top + PITCH * len(rows)

    def at(value: float) -> float:
        return LEFT + (value - low) / (high - low) * (RIGHT - LEFT)

    parts = [line(at(0), top, at(0), bottom, "zero"), label(at(0), bottom + 16, "0", "small muted", "middle")]
    parts += [label(at(e), bottom + 16, points(e), "small muted", anchor) for e, anchor in ((low, "start"), (high, "end")) if abs(at(e) - at(0)) > 40]
    for i, (name, value) in enumerate(rows):
        parts += _row(name, value, top + PITCH * (i + 0.5), at)
    described = "; ".join(f"{name}: {contrast_text(value)}" for name, value in rows)
    return svg(key, (WIDTH, bottom + 24), title, parts, description=described)


def _row(name: str, value: Quantity, y: float, at: Callable[[float], float]) -> list[str]:
    parts = [label(0, y + 4, short(name, 19))]
    if value.value is None or value.interval is None:
        return [*parts, label(at(0) + 4, y + 4, "not measured", "small muted halo")]
    kind = verdict(value)
    beam = [line(at(value.interval.low), y, at(value.interval.high), y, f"whisker {kind}")]
    beam += [line(at(e), y - 5, at(e), y + 5, f"whisker {kind}") for e in (value.interval.low, value.interval.high)]
    return [*parts, *beam, marker(SHAPES[kind], at(value.value), y, kind, 6), label(WIDTH, y + 4, points(value.value), "value", "end")]
