"""The files of an audit: `audit.json` for programs, `tables/*.csv`, `audit.html` for people; each is written as a whole."""

from __future__ import annotations

from pathlib import Path

from synlearner.report import glossary, words
from synlearner.report.audit import figures
from synlearner.report.audit.schema import Audit
from synlearner.report.audit.tables import tables
from synlearner.report.audit.words import MARKS, STYLES, points_text, share_text, survival_text
from synlearner.report.figures import SHAPES, legend
from synlearner.report.files import save, sheets
from synlearner.report.page import template

JSON, PAGE = "audit.json", "audit.html"


def write_audit(found: Audit, folder: Path) -> Audit:
    """Write all files, and give back what was written."""
    save(folder, {**sheets(tables(found)), JSON: found.model_dump_json(indent=2) + "\n", PAGE: render(found)})
    return found


def render(found: Audit) -> str:
    """The page as text."""
    return template("audit/page.html.j2").render(
        a=found,
        tables=tables(found),
        forest=figures.forest(found),
        gains=figures.gains(found),
        agreement=figures.agreement(found) if len(found.agreement) > 1 else None,
        medians=figures.medians(found.survival),
        survived=[survival_text(s) for s in found.survival],
        verdicts=legend({MARKS[v][2:]: (SHAPES[STYLES[v]], STYLES[v]) for v in ("worth it", "no evidence", "misleading")}),
        marks=MARKS,
        share=share_text,
        in_points=points_text,
        level=words.share(found.level),
        facts=facts(found),
        meanings=glossary.met((f.name for f in found.functions), glossary.FUNCTIONS),
    )


def facts(found: Audit) -> list[tuple[str, str, str]]:
    """The large numbers under the headline: (value, what it is, remark)."""
    left_out = sum(found.left_out.values())
    return [
        (f"{found.pool:,}", "rows in the pool", f"{left_out:,} left out" if left_out else "none left out"),
        (f"{found.seeds:,}", "seed rows", f"{words.percent(found.seeds_only)} % right with these alone"),
        (f"{found.dev:,}", "development rows", f"{found.aside} more for influence" if found.aside else words.number(len(found.labels), "label")),
        (str(found.repeats), "repeats", "each with its own part of the pool"),
    ]
