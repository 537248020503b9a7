"""The charts of the page as inline SVG: narrow panels that a page can set side by side or, on a phone, one below the other.

Comes in: a `Summary` or a part of it. Goes out: SVG text, safe to insert: every text is escaped here, control characters are written
out. Colours are CSS classes of the page (light and dark); sets differ by shape and direction as well, never by colour alone.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, pairwise
from unicodedata import east_asian_width

from markupsafe import Markup, escape

from synlearner.report.console import visible
from synlearner.report.schema import SETS, Counts, Interval, Matrix, Scores, Summary, TaskSummary
from synlearner.report.tables import metrics_of, phases
from synlearner.report.words import METRICS, SET_NAMES, VERDICTS, duration, gain_text, interval_text, percent, points, verdict

WIDTH = 340
# Stations side by side; a longer stream runs downwards at every width.
MOST_ACROSS = 6
HEAT_CLASSES = 7
MOST_REASONS = 8
SHAPES = {"better": "up", "worse": "down", "undecided": "diamond", "unmeasured": "ring"}
SET_SHAPES = {"seeds_only": "ring", "synthetic": "diamond", "synthetic_and_seeds": "dot", "real": "square"}


def tag(element: str, text: str = "", /, **attributes: object) -> str:
    """One element. `class_` is written as class, underscores as hyphens; numbers are rounded to a tenth of a pixel."""
    named = (f'{k.rstrip("_").replace("_", "-")}="{escape(round(v, 1) if isinstance(v, float) else str(v))}"' for k, v in attributes.items())
    return f"<{' '.join([element, *named])}>{escape(visible(text))}</{element}>"


def svg(key: str, size: tuple[float, float], title: str, parts: Iterable[str], *, description: str = "", wide: bool = False) -> Markup:
    """A chart with its accessible name. `wide` charts keep their size and may be scrolled inside their frame."""
    width, height = size
    about = tag("title", title, id=f"{key}-title") + (tag("desc", description, id=f"{key}-desc") if description else "")
    style = f' style="min-width:{width:.0f}px"' if wide else f' style="max-width:{width * 1.25:.0f}px"'
    named = f"{key}-title {key}-desc" if description else f"{key}-title"
    return Markup(f'<svg viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-labelledby="{named}"{style}>{about}{"".join(parts)}</svg>')  # noqa: S704  (escaped above)


def short(text: str, most: int) -> str:
    """A text that fits, with an ellipsis where it was cut; characters of East Asian scripts and emoji are twice as wide as others."""
    ends = list(accumulate(2 if east_asian_width(c) in "WF" else 1 for c in text))
    return text if not ends or ends[-1] <= most else text[: bisect_right(ends, most - 1)] + "…"


def marker(shape: str, x: float, y: float, style: str, r: float = 5.0) -> str:
    """A mark of one of six shapes, centred on (x, y)."""
    corners = {"up": [(0, -1.2), (1.2, 0.9), (-1.2, 0.9)], "down": [(0, 1.2), (1.2, -0.9), (-1.2, -0.9)], "diamond": [(0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)]}
    if shape in corners:
        return tag("polygon", points=" ".join(f"{x + r * dx:.1f},{y + r * dy:.1f}" for dx, dy in corners[shape]), class_=f"mark {style}")
    if shape == "square":
        return tag("rect", x=x - r * 0.95, y=y - r * 0.95, width=r * 1.9, height=r * 1.9, class_=f"mark {style}")
    return tag("circle", cx=x, cy=y, r=r, class_=f"mark {style}{' hollow' if shape == 'ring' else ''}")


def label(x: float, y: float, text: str, style: str = "", anchor: str = "start") -> str:
    """A line of text."""
    return tag("text", text, x=x, y=y, text_anchor=anchor, class_=f"t {style}".strip())


def line(x1: float, y1: float, x2: float, y2: float, style: str) -> str:
    """A straight line."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=style)


def bar(x: float, y: float, width: float, height: float, style: str) -> str:
    """A filled rectangle."""
    return tag("rect", x=x, y=y, width=max(0.0, width), height=height, rx=1.5, class_=style)


def legend(kinds: Mapping[str, tuple[str, str]]) -> Markup:
    """Name -> (shape, style), as a list with small marks; shape `bar` is a filled rectangle."""
    items = []
    for name, (shape, style) in kinds.items():
        mark = bar(1, 3, 12, 8, style) if shape == "bar" else marker(shape, 7, 7, style, 4.5)
        items.append(f'<li><svg viewBox="0 0 14 14" width="14" height="14" aria-hidden="true">{mark}</svg>{escape(name)}</li>')
    return Markup(f'<ul class="legend">{"".join(items)}</ul>')  # noqa: S704  (escaped above)


# ── the stream ──────────────────────────────────────────────────────────


def stream(summary: Summary, *, down: bool) -> Markup:
    """The tasks as stations in the order of arrival, each with its gain and interval; `down` for narrow pages."""
    title = f"The stream: {len(summary.tasks)} tasks in their order, with the gain from synthetic data"
    described = "; ".join(f"{i}. {t.name}: {gain_text(t.gain)}" for i, t in enumerate(summary.tasks, 1))
    size, parts = (_downwards if down else _across)(summary)
    return svg("stream-down" if down else "stream-across", size, title, parts, description=f"{described}. In percentage points.")


def _carried(summary: Summary, i: int) -> bool:
    """Whether task i began with what the generator learnt on earlier tasks."""
    if i < len(summary.tasks) and (start := summary.tasks[i].warm_start):
        return start.chosen != "fresh"
    experience = summary.settings.get("experience", {})
    carried = experience.get("history") != "none" and experience.get("warm_start") != "fresh"
    return carried and any(t.finetune and t.finetune.adapter for t in summary.tasks[:i])


def _reach(gains: Iterable[Interval | None]) -> tuple[float, float]:
    """Lowest and highest end of the intervals, zero included, never closer than five points."""
    ends = [e for g in gains if g for e in (g.low, g.high)]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    return low, max(high, low + 0.05)


def _across(summary: Summary) -> tuple[tuple[float, float], list[str]]:
    tasks, wide, rail = summary.tasks, 960, 212 if any(t.gain for t in summary.tasks) else 96
    low, high = _reach(t.gain for t in tasks)
    at = _scale(low, high, rail - 52, 34)
    step = (wide - 200) / max(1, len(tasks) - 1)
    xs = [100 + step * i if len(tasks) > 1 else wide / 2 for i in range(len(tasks))]
    parts = [line(8, at(0), wide - 8, at(0), "zero"), label(8, at(0) + 16, "no gain", "small muted"), line(8, rail, xs[0], rail, "rail lone")]
    parts += [line(a, rail, b, rail, "rail" if _carried(summary, i + 1) else "rail lone") for i, (a, b) in enumerate(pairwise(xs))]
    for i, (x, task) in enumerate(zip(xs, tasks, strict=True), 1):
        parts += [line(x, at(0), x, rail - 16, "drop"), *_lollipop(task, x, at), *_station(task, x, rail, i)]
        parts += [label(x, rail + 40, short(task.name, 22), "strong", "middle"), label(x, rail + 58, _facts(task), "small muted", "middle")]
    return (wide, rail + 72), parts


def _lollipop(task: TaskSummary, x: float, at: _Scale) -> list[str]:
    gain, kind = task.gain, verdict(task)
    if gain is None:
        return [label(x, at(0) - 10, _unscored(task), "small muted", "middle")]
    beam = [line(x, at(gain.low), x, at(gain.high), f"whisker {kind}"), *(line(x - 6, at(e), x + 6, at(e), f"whisker {kind}") for e in (gain.low, gain.high))]
    return [*beam, marker(SHAPES[kind], x, at(gain.mean), kind, 7), label(x + 16, at(gain.mean) + 6, points(gain.mean), f"big halo {kind}-text")]


def _station(task: TaskSummary, x: float, y: float, number: int) -> list[str]:
    return [tag("circle", cx=x, cy=y, r=14, class_=f"station {task.state}"), label(x, y + 5, str(number), f"number {task.state}", "middle")]


def _facts(task: TaskSummary) -> str:
    if task.state == "waiting":
        return "not begun"
    rows = f"{task.dataset.rows:,} rows" if task.dataset else "no data yet"
    return f"{task.kind} · {rows}"


def _unscored(task: TaskSummary) -> str:
    return "not measured" if task.state == "finished" else "not scored yet"


def _downwards(summary: Summary) -> tuple[tuple[float, float], list[str]]:
    pitch, rail = 92, 20
    low, high = _reach(t.gain for t in summary.tasks)
    at = _scale(low, high, 52, WIDTH - 12)
    parts = []
    for i, task in enumerate(summary.tasks):
        y = 24 + pitch * i
        if i:
            parts.append(line(rail, y - pitch, rail, y, "rail" if _carried(summary, i) else "rail lone"))
        parts += [line(at(0), y + 24, at(0), y + 50, "zero"), *_beam(task, at, y + 37)] if task.gain else []
        gain = points(task.gain.mean) if task.gain else _unscored(task)
        parts += [label(48, y + 1, short(task.name, 24), "strong"), label(48, y + 17, _facts(task), "small muted")]
        parts.append(label(WIDTH - 4, y + 5, gain, f"big {verdict(task)}-text" if task.gain else "small muted", "end"))
    parts += [p for i, task in enumerate(summary.tasks) for p in _station(task, rail, 24 + pitch * i, i + 1)]
    return (WIDTH, pitch * len(summary.tasks) - 8), parts


def _beam(task: TaskSummary, at: _Scale, y: float) -> list[str]:
    gain, kind = task.gain, verdict(task)
    if gain is None:
        return []
    ends = [line(at(e), y - 5, at(e), y + 5, f"whisker {kind}") for e in (gain.low, gain.high)]
    return [line(at(gain.low), y, at(gain.high), y, f"whisker {kind}"), *ends, marker(SHAPES[kind], at(gain.mean), y, kind, 6)]


class _Scale:
    """A straight map from values to pixels."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        self._low, self._start, self._per = low, start, (end - start) / ((high - low) or 1.0)

    def __call__(self, value: float) -> float:
        return self._start + (value - self._low) * self._per


def _scale(low: float, high: float, start: float, end: float) -> _Scale:
    return _Scale(low, high, start, end)


# ── scores ──────────────────────────────────────────────────────────────


def score_range(tasks: Sequence[TaskSummary]) -> tuple[float, float]:
    """A common axis for all panels, in tenths."""
    ends = [e for t in tasks if t.scores for n in SETS if (s := getattr(t.scores, n)) for e in (s.low, s.high)]
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    return math.floor(low * 10) / 10, max(math.ceil(high * 10) / 10, math.floor(low * 10) / 10 + 0.1)


def sets_of(tasks: Sequence[TaskSummary]) -> tuple[str, ...]:
    """The sets of rows that students learn; real ones only where a task has some."""
    return tuple(n for n in SETS if n != "real" or any(t.real for t in tasks))


def scores(key: str, task: str, found: Scores, limits: tuple[float, float], sets: Sequence[str] = SETS) -> Markup:
    """Dots with whiskers for the sets of one task, on the axis that all tasks share."""
    at, bottom = _scale(*limits, 122, 284), 8 + 32 * len(sets)
    parts = [p for v in _ticks(*limits) for p in (line(at(v), 4, at(v), bottom, "grid"), label(at(v), bottom + 16, f"{100 * v:.0f}", "small muted", "middle"))]
    for i, name in enumerate(sets):
        y, s = 22 + 32 * i, getattr(found, name)
        parts.append(label(0, y + 4, SET_NAMES[name], "" if s else "muted"))
        if s is None:
            parts.append(label(124, y + 4, "not measured", "small muted halo"))
            continue
        parts += [line(at(s.low), y, at(s.high), y, f"whisker set-{name}"), marker(SET_SHAPES[name], at(s.mean), y, f"set-{name}", 5.5)]
        parts.append(label(WIDTH, y + 4, percent(s.mean), "value", "end"))
    described = "; ".join(f"{SET_NAMES[n]} {interval_text(getattr(found, n))}" for n in sets)
    return svg(key, (WIDTH, bottom + 24), f"{task}: accuracy on gold rows in percent", parts, description=described)


def _ticks(low: float, high: float) -> list[float]:
    step = 0.1 if high - low < 0.45 else 0.2
    first = math.ceil(round(low / step, 6))
    return [round(k * step, 6) for k in range(first, math.floor(round(high / step, 6)) + 1)]


# ── the matrix ──────────────────────────────────────────────────────────


def heat(matrix: Matrix) -> Markup:
    """R as a heat map: the value stands in every cell, lightness says it again; the cells of the just learnt task are framed."""
    values = [c.mean for row in matrix.rows for c in row.cells if c]
    low, high = min(values, default=0.0), max(values, default=1.0)
    side, top, left = 66, 40, 134
    wide = left + side * len(matrix.tasks)
    parts = [p for j, name in enumerate(matrix.tasks) for p in _column(j, name, left + side * (j + 0.5))]
    for i, row in enumerate(matrix.rows):
        y = top + 36 * i
        parts.append(label(0, y + 22, f"after {row.i + 1} {short(row.after.removeprefix('after '), 9)}" if row.i >= 0 else "before", ""))
        parts += [_heat_cell(left + side * j, y, side, c.mean if c else None, low, high) for j, c in enumerate(row.cells)]
        if row.i >= 0 and row.cells[row.i]:
            parts.append(tag("rect", x=left + side * row.i + 1.5, y=y + 1.5, width=side - 3, height=33, rx=2, class_="frame"))
    described = ". ".join(f"{r.after}: " + ", ".join(f"{t} {percent(c.mean if c else None)}" for t, c in zip(matrix.tasks, r.cells, strict=True)) for r in matrix.rows)
    return svg(
        "matrix",
        (wide, top + 36 * len(matrix.rows) + 4),
        "Score in percent at each point of the stream (rows) on each task (columns)",
        parts,
        description=described,
        wide=wide > 420,
    )


def _column(j: int, name: str, x: float) -> list[str]:
    return [label(x, 14, str(j + 1), "strong", "middle"), label(x, 31, short(name, 9), "small muted", "middle")]


def _heat_cell(x: float, y: float, side: float, value: float | None, low: float, high: float) -> str:
    if value is None:
        return bar(x + 0.5, y + 0.5, side - 1, 35, "heat-none") + label(x + side / 2, y + 23, "–", "muted", "middle")
    k = min(HEAT_CLASSES - 1, int((value - low) / ((high - low) or 1.0) * HEAT_CLASSES))
    return bar(x + 0.5, y + 0.5, side - 1, 35, f"heat-{k}") + label(x + side / 2, y + 23, percent(value), f"value heat-ink-{k}", "middle")


# ── diversity ───────────────────────────────────────────────────────────


def metric_limits(tasks: Sequence[TaskSummary]) -> dict[str, float]:
    """For each metric the upper end of its axis over all tasks; the lower end is 0 (values below it are drawn there)."""
    tops: dict[str, float] = {}
    for task in tasks:
        for found in (task.dataset.diversity if task.dataset else {}).values():
            for name, value in (found or {}).items():
                tops[name] = max(tops.get(name, 1.0), value or 0.0)
    return tops


def diversity(key: str, task: TaskSummary, limits: Mapping[str, float]) -> Markup:
    """One line per metric with the marks of synthetic, seed and real rows."""
    names = metrics_of(task)
    sets = task.dataset.diversity if task.dataset else {}
    parts = []
    for i, name in enumerate(names):
        y, at = 16 + 26 * i, _scale(0.0, limits.get(name, 1.0), 152, 296)
        title, _, better = METRICS.get(name, (name, "", ""))
        arrow = {"higher": " ↑", "lower": " ↓"}.get(better, "")
        parts += [label(0, y + 4, short(title, 21) + arrow), line(152, y, 296, y, "grid"), label(WIDTH, y + 4, f"{limits.get(name, 1.0):.3g}", "small muted", "end")]
        drawn = [(s, v) for s in ("real", "seeds", "synthetic") if (v := (sets.get(s) or {}).get(name)) is not None]
        parts += [marker(DIVERSITY[s][0], at(max(0.0, v)), y, DIVERSITY[s][1], 7.0 if s == "seeds" else 5.0) for s, v in drawn] or [
            label(156, y + 4, "not measured", "small muted halo")
        ]
    return svg(key, (WIDTH, 10 + 26 * len(names)), f"{task.name}: diversity of synthetic rows beside seeds and real rows", parts)


DIVERSITY = {"synthetic": ("diamond", "set-synthetic"), "seeds": ("ring", "set-seeds_only"), "real": ("square", "set-real")}


# ── counts ──────────────────────────────────────────────────────────────


def outcome(key: str, task: str, parts_of: Mapping[str, Counts]) -> Markup:
    """What became of the prompts as one bar, and below it the rejected rows by reason; those of the exploration lighter."""
    planned, kept, failed = (sum(getattr(c, name) for c in parts_of.values()) for name in ("planned", "kept", "failed"))
    dropped = {f"rejected-{what}": c.dropped for what, c in parts_of.items()}
    parts = _stacked({"kept": kept, **dropped, "failed": failed}, 0.0, 0.0, WIDTH / (planned or 1), 14)
    parts += [label(0, 34, f"{kept:,} kept of {planned:,}", "strong"), label(WIDTH, 34, f"{sum(dropped.values()):,} rejected · {failed:,} failed", "small muted", "end")]
    reasons = _reasons(parts_of)
    most = max((sum(by.values()) for _, by in reasons), default=1)
    parts += [p for i, row in enumerate(reasons) for p in _reason(row, most, 60 + 22 * i)]
    described = "; ".join(f"{reason} {sum(by.values())}" for reason, by in reasons)
    return svg(key, (WIDTH, 50 + 22 * len(reasons)), f"{task}: what became of {planned:,} prompts, and why rows were rejected", parts, description=described)


def _stacked(by: Mapping[str, float], x: float, y: float, per: float, height: float, styles: Mapping[str, str] | None = None) -> list[str]:
    """Bars one after the other, each named by its style."""
    parts = []
    for name, n in by.items():
        if n:
            parts.append(bar(x, y, max(1.0, n * per - 0.8), height, (styles or {}).get(name, f"fill-{name}")))
            x += n * per
    return parts


def _reasons(parts_of: Mapping[str, Counts]) -> list[tuple[str, dict[str, int]]]:
    names = {r for c in parts_of.values() for r in c.rejected}
    found = [(r, {what: c.rejected.get(r, 0) for what, c in parts_of.items()}) for r in names]
    found.sort(key=lambda row: (-sum(row[1].values()), row[0]))
    rest = found[MOST_REASONS:]
    other = [(f"{len(rest)} other reasons", {what: sum(n[what] for _, n in rest) for what in parts_of})] if rest else []
    return found[:MOST_REASONS] + other


def _reason(row: tuple[str, dict[str, int]], most: int, y: float) -> list[str]:
    reason, by = row
    per, total = 176 / (most or 1), sum(by.values())
    bars = _stacked({f"rejected-{what}": n for what, n in by.items()}, 124.0, y - 6, per, 12)
    return [label(0, y + 4, short(reason, 17)), *bars, label(130 + total * per, y + 4, f"{total:,}", "value")]


# ── learning and time ───────────────────────────────────────────────────


def losses(tasks: Sequence[TaskSummary]) -> Markup:
    """Training loss at the beginning (ring) and at the end (dot) of each task's fine-tuning."""
    found = [(t.name, f.loss_first, f.loss_last) for t in tasks if (f := t.finetune) and f.loss_first is not None and f.loss_last is not None]
    top = max((v for _, a, b in found for v in (a, b)), default=1.0)
    at = _scale(0.0, top, 116, 282)
    parts = [line(116, 20 + 28 * len(found) - 8, 282, 20 + 28 * len(found) - 8, "zero"), label(116, 28 * len(found) + 28, "0", "small muted", "middle")]
    parts.append(label(282, 28 * len(found) + 28, f"{top:.2f}", "small muted", "middle"))
    for i, (name, first, last) in enumerate(found):
        y = 16 + 28 * i
        parts += [label(0, y + 4, short(name, 16)), line(at(first), y, at(last), y, "whisker set-synthetic_and_seeds")]
        parts += [marker("ring", at(first), y, "set-seeds_only"), marker("dot", at(last), y, "set-synthetic_and_seeds"), label(WIDTH, y + 4, f"{last:.2f}", "value", "end")]
    described = "; ".join(f"{n} from {a:.2f} to {b:.2f}" for n, a, b in found)
    return svg("losses", (WIDTH, 28 * len(found) + 36), "Training loss before and after each task", parts, description=described)


CURVES = {"valid": ("valid records", "seeds_only"), "level/sample": ("rewards of single rows", "synthetic_and_seeds"), "level/set": ("rewards of the set", "real")}


def learning(key: str, task: TaskSummary) -> Markup:
    """The three levels of reward over the steps of learning from them, on an axis from 0 to 1."""
    curve = task.reinforce.curve if task.reinforce else []
    at, last = _scale(0.0, 1.0, 120, 12), max(1.0, max((e.get("step", 0.0) for e in curve), default=1.0))
    across = _scale(1.0, max(2.0, last), 34, WIDTH - 40)
    parts = [p for v in (0.0, 0.5, 1.0) for p in (line(34, at(v), WIDTH - 40, at(v), "grid"), label(28, at(v) + 4, f"{v:g}", "small muted", "end"))]
    parts += [label(34, 140, "step 1", "small muted"), label(WIDTH - 40, 140, f"{last:.0f}", "small muted", "end")]
    for name, (_, style) in CURVES.items():
        dots = [(across(e["step"]), at(min(1.0, max(0.0, e[name])))) for e in curve if name in e]
        if dots:
            parts.append(tag("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in dots), class_=f"curve set-{style}"))
            parts.append(label(WIDTH, dots[-1][1] + 4, f"{next(e[name] for e in reversed(curve) if name in e):.2f}", "value", "end"))
    described = "; ".join(f"{what} from {found[0]:.2f} to {found[-1]:.2f}" for name, (what, _) in CURVES.items() if (found := [e[name] for e in curve if name in e]))
    return svg(key, (WIDTH, 148), f"{task.name}: rewards by step and level", parts, description=described)


PHASES = {"explore": "fill-explore", "fine-tune": "fill-finetune", "reinforce": "fill-reinforce", "synthesis": "fill-synthesis", "students and rest": "fill-rest"}


def time(tasks: Sequence[TaskSummary]) -> Markup:
    """Seconds by task and phase, stacked."""
    found = [(t.name, phases(t)) for t in tasks if t.state != "waiting"]
    most = max((sum(p.values()) for _, p in found), default=1.0) or 1.0
    parts = []
    for i, (name, by) in enumerate(found):
        y, total = 14 + 28 * i, sum(by.values())
        parts += [label(0, y + 4, short(name, 15)), *_stacked(by, 116.0, y - 7, 156 / most, 14, PHASES)]
        parts.append(label(122 + 156 * total / most, y + 4, duration(total), "value"))
    described = "; ".join(f"{n} {duration(sum(p.values()))}" for n, p in found)
    return svg("time", (WIDTH, 28 * len(found) + 4), "Time by task and phase", parts, description=described)


VERDICT_LEGEND = {VERDICTS[v][2:]: (SHAPES[v], v) for v in ("better", "undecided", "worse")}
SET_LEGEND = {SET_NAMES[n]: (SET_SHAPES[n], f"set-{n}") for n in SETS}
