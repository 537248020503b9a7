"""The files of ladders: `ladders.json` for programs, `tables/*.csv`, `ladders.html` for people; each is written as a whole."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from synlearner.report import glossary, words
from synlearner.report.audit.figures import heat_cell, scale
from synlearner.report.audit.words import share_text
from synlearner.report.figures import WIDTH, label, legend, line, short, svg, tag
from synlearner.report.files import save, sheets
from synlearner.report.ladders.schema import ClimbResult, Ladders, RewardResult
from synlearner.report.ladders.tables import tables
from synlearner.report.ladders.words import by_verdict, taken_in
from synlearner.report.page import compact, template
from synlearner.report.spending import paid

JSON, PAGE = "ladders.json", "ladders.html"
LINES = {"notices": "set-synthetic_and_seeds", "does not notice": "set-seeds_only", "taken in": "set-real"}
SIDE, LEFT, TOP = 88.0, 158.0, 30.0


def write_ladders(found: Ladders, folder: Path) -> Ladders:
    """Write all files, and give back what was written."""
    save(folder, {**sheets(tables(found)), JSON: found.model_dump_json(indent=2) + "\n", PAGE: render(found)})
    return found


def render(found: Ladders) -> str:
    """The page as text."""
    charts = [(r, _falls(f"falls-{i}", r)) for i, r in enumerate(found.rewards) if any(v is not None for c in r.climbs for v in c.means)]
    return template("ladders/page.html.j2").render(
        a=found,
        tables=tables(found),
        heat=_heat(found),
        falls=charts,
        lines=legend({verdict: ("bar", style) for verdict, style in LINES.items()}),
        taken=[said for r in found.rewards if (said := taken_in(r))],
        by_verdict=by_verdict,
        damages=glossary.met(found.damages, glossary.DAMAGES),
        paid=paid(found.spending),
        level=words.share(found.level),
        facts=facts(found),
    )


def facts(found: Ladders) -> list[tuple[str, str, str]]:
    """The large numbers under the headline: (value, what it is, remark)."""
    s = found.spending
    return [
        (f"{found.rows:,}", "rows", f"from the {found.source}"),
        (str(len(found.damages)), "ways of damage", f"{found.rungs} rungs each"),
        (str(len(found.rewards)), "rewards", words.number(len(found.pairs), "judge") + " compared pairs"),
        (compact(s.tokens_in + s.tokens_out), "tokens", words.number(s.requests, "request")),
    ]


def _heat(found: Ladders) -> Markup:
    """Tau of every reward and damage; the number stands in every cell, those that are taken in are framed."""
    parts = [label(LEFT + SIDE * (j + 0.5), 20, short(r.name, 11), "small", "middle") for j, r in enumerate(found.rewards)]
    for i, damage in enumerate(found.damages):
        parts.append(label(0, TOP + 30 * i + 19, short(damage, 22)))
        parts += [p for j, r in enumerate(found.rewards) for p in _cell(LEFT + SIDE * j, TOP + 30 * i, r.climbs[i])]
    size = (LEFT + SIDE * len(found.rewards), TOP + 30 * len(found.damages) + 4)
    return svg("taus", size, "Kendall's tau of every reward on every ladder of damage", parts, wide=True)


def _cell(x: float, y: float, climb: ClimbResult) -> list[str]:
    parts = heat_cell(x, y, SIDE, climb.tau.value, "flat" if climb.verdict == "does not notice" else "–")
    return [*parts, tag("rect", x=x + 1.5, y=y + 1.5, width=SIDE - 3, height=27, rx=2, class_="frame worse")] if climb.verdict == "taken in" else parts


def _falls(key: str, reward: RewardResult) -> Markup:
    """The mean score of a reward over the share of damaged rows, a line for each damage."""
    ends = [v for c in reward.climbs for v in c.means if v is not None]
    low, high = min(ends), max(ends)
    right, at = WIDTH - 10.0, scale(low, high, 140, 14)
    across = scale(0, max(1, len(reward.climbs[0].means) - 1), 60, right)
    parts = [p for v in dict.fromkeys((low, high)) for p in (line(52, at(v), right, at(v), "grid"), label(46, at(v) + 4, f"{v:.3g}", "small muted", "end"))]
    for c in reward.climbs:
        points = [(across(i), at(v)) for i, v in enumerate(c.means) if v is not None]
        if points:
            parts.append(tag("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points), class_=f"curve {LINES.get(c.verdict, '')}"))
    parts += [label(60, 158, "no row damaged", "small muted"), label(right, 158, "all rows", "small muted", "end")]
    described = "; ".join(f"{c.damage}: {share_text(c.tau)}" for c in reward.climbs)
    return svg(key, (WIDTH, 166), f"{reward.name}: mean score by share of damaged rows", parts, description=described)
