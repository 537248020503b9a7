"""The files of ladders: `ladders.json` for programs, `tables/*.csv`, `ladders.html` for people; each is written as a whole."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from synlearner.report import words
from synlearner.report.audit.figures import heat_cell, scale
from synlearner.report.audit.words import share_text
from synlearner.report.figures import WIDTH, label, line, short, svg, tag
from synlearner.report.files import save, sheets
from synlearner.report.ladders.schema import Ladders, RewardResult
from synlearner.report.ladders.tables import tables
from synlearner.report.ladders.words import MARKS
from synlearner.report.page import compact, template
from synlearner.report.spending import paid

JSON, PAGE = "ladders.json", "ladders.html"


def write_ladders(found: Ladders, folder: Path) -> Ladders:
    """Write all files, and give back what was written."""
    save(folder, {**sheets(tables(found)), JSON: found.model_dump_json(indent=2) + "\n", PAGE: render(found)})
    return found


def render(found: Ladders) -> str:
    """The page as text."""
    charts = [(r, _falls(f"falls-{i}", r)) for i, r in enumerate(found.rewards) if any(v is not None for c in r.climbs for v in c.means)]
    return template("ladders/page.html.j2").render(
        a=found, tables=tables(found), heat=_heat(found), falls=charts, marks=MARKS, share=share_text, paid=paid(found.spending), level=words.share(found.level), facts=facts(found)
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
    """Tau of every reward and damage; the number stands in every cell."""
    side, left, top = 58.0, 150.0, 30.0
    parts = [label(left + side * (j + 0.5), 20, short(r.name, 8), "small strong", "middle") for j, r in enumerate(found.rewards)]
    for i, damage in enumerate(found.damages):
        parts.append(label(0, top + 30 * i + 19, short(damage, 22)))
        parts += [p for j, r in enumerate(found.rewards) for p in heat_cell(left + side * j, top + 30 * i, side, r.climbs[i].tau.value)]
    return svg("taus", (left + side * len(found.rewards), top + 30 * len(found.damages) + 4), "Kendall's tau of every reward on every ladder of damage", parts, wide=True)


def _falls(key: str, reward: RewardResult) -> Markup:
    """The mean score of a reward over the share of damaged rows, a line for each damage."""
    ends = [v for c in reward.climbs for v in c.means if v is not None]
    low, high = min(ends), max(ends)
    at, across = scale(low, high, 140, 14), scale(0, max(1, len(reward.climbs[0].means) - 1), 60, WIDTH - 110)
    parts = [p for v in (low, high) for p in (line(52, at(v), WIDTH - 110, at(v), "grid"), label(48, at(v) + 4, f"{v:.3g}", "small muted", "end"))]
    for c in reward.climbs:
        points = [(across(i), at(v)) for i, v in enumerate(c.means) if v is not None]
        if points:
            style = {"notices": "set-synthetic_and_seeds", "taken in": "set-real"}.get(c.verdict, "set-seeds_only")
            parts.append(tag("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points), class_=f"curve {style}"))
    parts += [label(60, 158, "no row damaged", "small muted"), label(WIDTH - 110, 158, "all", "small muted", "end")]
    described = "; ".join(f"{c.damage}: {share_text(c.tau)}" for c in reward.climbs)
    return svg(key, (WIDTH, 166), f"{reward.name}: mean score by share of damaged rows", parts, description=described)
