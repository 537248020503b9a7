"""The charts of an audit: correlations around zero, gain by bucket, agreement of functions, medians before and after generation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

from synlearner.report.audit.schema import Audit, FunctionResult, Survival
from synlearner.report.audit.words import STYLES, points_text, share_text, signed
from synlearner.report.figures import HEAT_CLASSES, SHAPES, WIDTH, bar, label, line, marker, short, svg, tag
from synlearner.report.words import points

LEFT, RIGHT, PITCH = 140.0, 280.0, 30
Scale = Callable[[float], float]


def scale(low: float, high: float, start: float, end: float) -> Scale:
    """A straight map from values to pixels."""
    return lambda value: start + (value - low) / ((high - low) or 1.0) * (end - start)


def forest(found: Audit) -> Markup:
    """Every function's rank correlation with its interval, on an axis from -1 to 1."""
    at, bottom = scale(-1, 1, LEFT, RIGHT), 4.0 + PITCH * len(found.functions)
    parts = [line(at(v), 4, at(v), bottom, "zero" if v == 0 else "grid") for v in (-1.0, 0.0, 1.0)]
    parts += [label(at(v), bottom + 16, f"{v:g}".replace("-", "−"), "small muted", "middle") for v in (-1.0, 0.0, 1.0)]
    for i, f in enumerate(found.functions):
        parts += _row(f, 4 + PITCH * (i + 0.5), at)
    described = "; ".join(f"{f.name}: {share_text(f.spearman)}" for f in found.functions)
    return svg("correlations", (WIDTH, bottom + 24), "Rank correlation of score and measured gain", parts, description=described)


def _row(f: FunctionResult, y: float, at: Scale) -> list[str]:
    parts = [label(0, y + 4, short(f.name, 21), "muted" if f.control else "")]
    q, kind = f.spearman, STYLES[f.verdict]
    if q.value is None or q.interval is None:
        return [*parts, label(at(0) + 4, y + 4, "not measured", "small muted halo")]
    ends = (q.interval.low, q.interval.high)
    beam = [line(at(ends[0]), y, at(ends[1]), y, f"whisker {kind}"), *(line(at(e), y - 5, at(e), y + 5, f"whisker {kind}") for e in ends)]
    return [*parts, *beam, marker(SHAPES[kind], at(q.value), y, kind, 6), label(WIDTH, y + 4, signed(q.value), "value", "end")]


def gains(found: Audit) -> list[tuple[FunctionResult, Markup]]:
    """A panel for each function: the gain of its buckets, the lowest scores to the left, beside the mean of random buckets; one axis for all."""
    measured = [f for f in found.functions if f.buckets]
    ends = [e for f in measured for b in f.buckets for e in ((b.gain.interval.low, b.gain.interval.high) if b.gain.interval else (b.gain.value or 0.0,))]
    low, high = min([0.0, *ends]), max([0.01, *ends])
    chance = next((sum(b.gain.value or 0.0 for b in f.buckets) / len(f.buckets) for f in measured if f.name == "random"), None)
    return [(f, _gains(f"gains-{i}", f, scale(low, high, 132, 14), chance, (low, high))) for i, f in enumerate(measured)]


def _gains(key: str, f: FunctionResult, at: Scale, chance: float | None, limits: tuple[float, float]) -> Markup:
    across = scale(0, max(1, len(f.buckets) - 1), 64, WIDTH - 24)
    ticks = [0.0, *(v for v in limits if abs(at(v) - at(0)) > 14)]
    parts = [p for v in ticks for p in (line(46, at(v), WIDTH, at(v), "zero" if v == 0 else "grid"), label(40, at(v) + 4, points(v), "small muted", "end"))]
    if chance is not None:
        parts += [line(46, at(chance), WIDTH, at(chance), "whisker set-seeds_only")]
    dots = [(across(i), b) for i, b in enumerate(f.buckets) if b.gain.value is not None]
    parts.append(tag("polyline", points=" ".join(f"{x:.1f},{at(b.gain.value or 0.0):.1f}" for x, b in dots), class_="curve set-synthetic_and_seeds"))
    for x, b in dots:
        if b.gain.interval:
            parts.append(line(x, at(b.gain.interval.low), x, at(b.gain.interval.high), "whisker set-synthetic_and_seeds"))
        parts.append(marker("dot", x, at(b.gain.value or 0.0), "set-synthetic_and_seeds"))
    parts += [label(44, 156, "lowest scores", "small muted"), label(WIDTH, 156, "highest scores", "small muted", "end")]
    described = "; ".join(f"bucket {b.number}: {points_text(b.gain)}" for b in f.buckets)
    return svg(key, (WIDTH, 164), f"{f.name}: gain in points by bucket of scores", parts, description=described)


def agreement(found: Audit) -> Markup:
    """The correlation of every two functions as a heat map; the number stands in every cell."""
    names = list(dict.fromkeys(a.first for a in found.agreement))
    values, side, left, top = {(a.first, a.second): a.value for a in found.agreement}, 46.0, 160.0, 30.0
    parts = [label(left + side * (j + 0.5), 20, str(j + 1), "strong", "middle") for j in range(len(names))]
    for i, a in enumerate(names):
        y = top + 30 * i
        parts.append(label(0, y + 19, f"{i + 1} {short(a, 22)}"))
        parts += [p for j, b in enumerate(names) for p in heat_cell(left + side * j, y, side, values[a, b])]
    return svg("agreement", (left + side * len(names), top + 30 * len(names) + 4), "Rank correlation of the scores of every two functions", parts, wide=True)


def heat_cell(x: float, y: float, side: float, value: float | None, nothing: str = "–") -> list[str]:
    """A cell of a heat map for a value in -1..1, the number in it, or what `nothing` says."""
    if value is None:
        return [bar(x + 0.5, y + 0.5, side - 1, 29, "heat-none"), label(x + side / 2, y + 19, nothing, "small muted", "middle")]
    k = min(HEAT_CLASSES - 1, int((value + 1) / 2 * HEAT_CLASSES))
    return [bar(x + 0.5, y + 0.5, side - 1, 29, f"heat-{k}"), label(x + side / 2, y + 19, signed(value), f"small heat-ink-{k}", "middle")]


def medians(found: Sequence[Survival]) -> list[tuple[Survival, Markup]]:
    """A panel for each function: the median of every bucket before generation (ring) and of what was written around it (dot)."""
    return [(s, _medians(f"medians-{i}", s)) for i, s in enumerate(found) if s.medians]


def _medians(key: str, s: Survival) -> Markup:
    ends = [v for pair in s.medians for v in pair]
    at = scale(min(ends), max(ends), 76, WIDTH - 16)
    parts = []
    for i, (before, after) in enumerate(s.medians):
        y = 14.0 + 24 * i
        parts += [label(0, y + 4, f"bucket {i + 1}"), line(at(before), y, at(after), y, "whisker")]
        parts += [marker("ring", at(before), y, "set-seeds_only"), marker("dot", at(after), y, "set-synthetic")]
    bottom = 14 + 24 * len(s.medians)
    parts += [label(76, bottom + 10, f"{min(ends):.3g}", "small muted"), label(WIDTH, bottom + 10, f"{max(ends):.3g}", "small muted", "end")]
    described = "; ".join(f"bucket {i}: {a:.3g} before, {b:.3g} after" for i, (a, b) in enumerate(s.medians, 1))
    return svg(key, (WIDTH, bottom + 18), f"{s.function}: median scores before and after generation", parts, description=described)
