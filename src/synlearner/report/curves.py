"""Charts of learning curves: scores over rows, or over what they cost, of one task's rounds or of several ways to choose."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from markupsafe import Markup

from synlearner.report.figures import WIDTH, label, line, marker, short, svg, tag
from synlearner.report.schema import RoundPoint, TaskSummary
from synlearner.report.words import percent

LEFT, RIGHT, TOP, BOTTOM = 40.0, WIDTH - 44.0, 12.0, 128.0
# Never a narrower range of scores than this, so that chance does not look large.
LEAST = 0.1
LEGEND = {"gold, which decides nothing": ("dot", "set-synthetic_and_seeds"), "development score": ("ring", "set-synthetic")}
STYLES = ("synthetic_and_seeds", "real", "synthetic", "seeds_only")
SHAPES = ("dot", "square", "diamond", "ring", "up", "down")
Line = Sequence[tuple[float, float]]
Cost = Callable[[RoundPoint], float | None]


def learning_curves(key: str, task: TaskSummary) -> list[Markup]:
    """The task's scores over its rows, then over every cost that is known of more than the beginning."""
    assert task.rounds is not None
    costs: dict[str, Cost] = {"tokens": _tokens, "seconds": lambda p: p.seconds, task.rounds.currency: lambda p: None if p.money is None else float(p.money)}
    known = {unit: cost for unit, cost in costs.items() if any(cost(p) for p in task.rounds.points)}
    return [learning_curve(key, task), *(learning_curve(f"{key}-{i}", task, unit, cost) for i, (unit, cost) in enumerate(known.items()))]


def _tokens(p: RoundPoint) -> float | None:
    return None if p.tokens_in is None or p.tokens_out is None else float(p.tokens_in + p.tokens_out)


def learning_curve(key: str, task: TaskSummary, unit: str = "rows", cost: Cost = lambda p: float(p.rows)) -> Markup:
    """Scores of a task's rounds over its rows, or over what they cost: on gold with intervals, and the development score; the round that is the data set stands on a
    line. Points whose cost is not known are left out.
    """
    assert task.rounds is not None
    points = [(x, p) for p in task.rounds.points if (x := cost(p)) is not None]
    gold = [(x, p.gold) for x, p in points if p.gold]
    dev = [(x, p.dev) for x, p in points if p.dev is not None]
    low, high = _range([*(y for _, g in gold for y in (g.low, g.high)), *(y for _, y in dev)])
    most = max((x for x, _ in points), default=0.0)
    across, at = _scale(0.0, most or 1.0, LEFT, RIGHT), _scale(low, high, BOTTOM, TOP)
    parts = [*_axes(low, high, most, unit, at)]
    best = next((x for x, p in points if p.round == task.rounds.best and p.round is not None), None)
    parts += [line(across(best), TOP, across(best), BOTTOM, "zero")] if best is not None else []
    parts += [line(across(n), at(g.low), across(n), at(g.high), "whisker") for n, g in gold]
    parts += _line([(across(n), at(g.mean)) for n, g in gold], "synthetic_and_seeds", "dot") + _line([(across(n), at(y)) for n, y in dev], "synthetic", "ring")
    parts += [label(WIDTH, at(gold[-1][1].mean) + 4, percent(gold[-1][1].mean), "value", "end")] if gold else []
    described = "; ".join(_said(p) for _, p in points)
    return svg(key, (WIDTH, BOTTOM + 22), f"{task.name}: scores over {unit}", parts, description=described)


def several(key: str, title: str, lines: Mapping[str, Line], unit: str) -> Markup:
    """Curves of several ways to choose over rows or over a cost, each with its own mark."""
    low, high = _range([y for curve in lines.values() for _, y in curve])
    most = max((x for curve in lines.values() for x, _ in curve), default=0.0) or 1.0
    across, at = _scale(0.0, most, LEFT, RIGHT), _scale(low, high, BOTTOM, TOP)
    parts = _axes(low, high, most, unit, at)
    for i, curve in enumerate(lines.values()):
        parts += _line([(across(x), at(y)) for x, y in curve], *_look(i))
    described = "; ".join(f"{name} from {percent(c[0][1])} to {percent(c[-1][1])}" for name, c in lines.items() if c)
    return svg(key, (WIDTH, BOTTOM + 22), title, parts, description=described)


def legend_of(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """The marks of `several` by name."""
    return {short(name, 40): (_look(i)[1], f"set-{_look(i)[0]}") for i, name in enumerate(names)}


def _look(number: int) -> tuple[str, str]:
    return STYLES[number % len(STYLES)], SHAPES[number % len(SHAPES)]


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    off = max(0.0, LEAST - (high - low)) / 2
    return max(0.0, low - off), min(1.0, high + off)


def _scale(low: float, high: float, start: float, end: float) -> _Scale:
    return _Scale(low, (end - start) / (high - low), start)


class _Scale:
    """Values to pixels."""

    def __init__(self, low: float, per: float, start: float) -> None:
        self.low, self.per, self.start = low, per, start

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) * self.per


def _axes(low: float, high: float, most: float, unit: str, at: _Scale) -> list[str]:
    parts = [p for y in (low, (low + high) / 2, high) for p in (line(LEFT, at(y), RIGHT, at(y), "grid"), label(LEFT - 6, at(y) + 4, f"{100 * y:.0f}", "small muted", "end"))]
    return [*parts, label(LEFT, BOTTOM + 16, "0", "small muted"), label(RIGHT, BOTTOM + 16, f"{most:,.{0 if most >= 10 else 2}f} {unit}", "small muted", "end")]


def _line(dots: Sequence[tuple[float, float]], style: str, shape: str) -> list[str]:
    if not dots:
        return []
    drawn = tag("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in dots), class_=f"curve set-{style}")
    return [drawn, *(marker(shape, x, y, f"set-{style}", 3.5) for x, y in dots)]


def _said(p: RoundPoint) -> str:
    dev = f", development {percent(p.dev)}" if p.dev is not None else ""
    return f"{p.rows} rows: gold {percent(p.gold.mean) if p.gold else 'not measured'}{dev}"
