"""Charts of what was remembered, and of where our score leans: what a task was told of attribute values, and the difference to people over the stream."""

from __future__ import annotations

from markupsafe import Markup

from synlearner.report.figures import WIDTH, label, line, marker, short, svg
from synlearner.report.schema import Belief, FeedbackSlice, Recalled, Summary
from synlearner.report.words import points, share

TASK_PITCH, TASK_LEFT, TASK_RIGHT = 30, 118.0, WIDTH - 52.0
# Values that a chart has room for: those that differ the most from what is usual.
MOST_VALUES = 10
LEFT, RIGHT, PITCH = 158.0, WIDTH - 34.0, 24


def charts_of(summary: Summary) -> list[tuple[Recalled, Markup]]:
    """A chart for every task that was told something of values."""
    found = summary.memory.tasks if summary.memory else []
    return [(t, believed(f"beliefs-{i}", t)) for i, t in enumerate(found) if t.beliefs]


def believed(key: str, told: Recalled) -> Markup:
    """Posterior means of acceptance with their intervals, the values that differ the most first chosen and then in their order; the line is what is usual."""
    usual = told.usual or 0.0
    chosen = sorted(told.beliefs, key=lambda b: -abs(b.mean - usual))[:MOST_VALUES]
    kept = [b for b in told.beliefs if b in chosen]
    bottom = 8 + PITCH * len(kept)
    ticks = [(_at(part), f"{100 * part:.0f}") for part in (0.0, 0.5, 1.0)]
    parts = [p for x, text in ticks for p in (line(x, 4, x, bottom, "grid"), label(x, bottom + 16, text, "small muted", "middle"))]
    parts.append(line(_at(usual), 0, _at(usual), bottom, "zero"))
    for i, b in enumerate(kept):
        parts += _row(b, 18 + PITCH * i)
    described = "; ".join(f"{b.attribute} {b.value}: {share(b.mean)} ({share(b.low)} to {share(b.high)})" for b in kept)
    return svg(key, (WIDTH, bottom + 22), f"{told.task}: expected acceptance in percent by attribute value", parts, description=f"usual {share(usual)}; {described}")


def _row(b: Belief, y: float) -> list[str]:
    whisker = line(_at(b.low), y, _at(b.high), y, "whisker set-synthetic")
    name = label(0, y + 4, short(f"{b.attribute}: {b.value}", 23))
    return [name, whisker, marker("diamond", _at(b.mean), y, "set-synthetic", 5), label(WIDTH, y + 4, f"{100 * b.mean:.0f}", "value", "end")]


def _at(part: float) -> float:
    return LEFT + part * (RIGHT - LEFT)


def drifting(summary: Summary) -> Markup | None:
    """The difference of our score and the people's by task in the order of the stream, with intervals; None where fewer than two tasks have one."""
    found = [s for s in summary.feedback.slices if not s.label and s.difference]
    if len(found) < 2:
        return None
    ends = [0.0, *(e for s in found if s.difference for e in (s.difference.low, s.difference.high))]
    low, high = min(ends), max(*ends, min(ends) + 0.1)

    def at(value: float) -> float:
        return TASK_LEFT + (value - low) / (high - low) * (TASK_RIGHT - TASK_LEFT)

    bottom = TASK_PITCH * len(found)
    parts = [line(at(0.0), 0, at(0.0), bottom, "zero"), label(at(0.0), bottom + 16, "as people", "small muted", "middle")]
    for i, s in enumerate(found):
        parts += _task_row(s, 16 + TASK_PITCH * i, at(s.difference.low), at(s.difference.mean), at(s.difference.high)) if s.difference else []
    described = "; ".join(f"{s.task} {points(s.difference.mean)}" for s in found if s.difference)
    return svg("drift", (WIDTH, bottom + 22), "Our score minus the people's, in points, by task in the order of the stream", parts, description=described)


def _task_row(s: FeedbackSlice, y: float, low: float, mean: float, high: float) -> list[str]:
    whisker = [line(low, y, high, y, "whisker set-synthetic_and_seeds"), marker("dot", mean, y, "set-synthetic_and_seeds", 5.5)]
    return [label(0, y + 4, short(s.task, 15)), *whisker, label(WIDTH, y + 4, points(s.difference.mean) if s.difference else "", "value", "end")]
