"""The files of a comparison: `compare.json` for programs, `compare.csv` with every run, `compare.html` for people; where rows were written
in rounds also `compare_curves.csv` and `compare_wins.csv`. Each is written as a whole.
"""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from synlearner.report import words
from synlearner.report.comparison import figures
from synlearner.report.comparison.curves import COSTS
from synlearner.report.comparison.schema import Comparison
from synlearner.report.comparison.tables import OF_ARM, quantity, tables
from synlearner.report.curves import legend_of, several
from synlearner.report.figures import VERDICT_LEGEND, legend
from synlearner.report.files import save
from synlearner.report.page import template

JSON, CSV, PAGE = "compare.json", "compare.csv", "compare.html"
# So many panels by task; the tables have all.
MOST_PANELS = 12


def write_comparison(found: Comparison, folder: Path) -> Comparison:
    """Write all files, and give back what was written."""
    made = tables(found)
    curves = {f"compare_{name}.csv": made[name] for name in ("curves", "wins")} if found.curves else {}
    save(folder, {JSON: found.model_dump_json(indent=2) + "\n", CSV: made["runs"], **curves, PAGE: render(found)})
    return found


def render(found: Comparison) -> str:
    """The page as text."""
    panels = [(against, order) for against in dict.fromkeys(c.against for c in found.by_task) for order in found.orders][:MOST_PANELS]
    return template("comparison/page.html.j2").render(
        c=found,
        tables=tables(found),
        of_arm=OF_ARM,
        quantity=quantity,
        forest=figures.contrasts(found.contrasts) if found.contrasts else None,
        panels=[(against, order, figures.by_task(found, against, order)) for against, order in panels],
        verdicts=legend(VERDICT_LEGEND),
        curves=lines(found),
        legend=legend(legend_of([c.arm for c in found.curves])) if found.curves else None,
        level=words.share(found.level),
        facts=facts(found),
    )


def lines(found: Comparison) -> list[Markup]:
    """Learning curves of all ways to choose, over rows and over every cost that is known of more than the beginning."""
    made = []
    currencies = {c.currency for c in found.curves}
    for name in ("rows", *COSTS):
        some = {c.arm: [(float(x), p.score.value) for p in c.points if p.score.value is not None and (x := getattr(p, name)) is not None] for c in found.curves}
        unit = next(iter(currencies)) if name == "money" and len(currencies) == 1 else name
        if any(x for line in some.values() for x, _ in line) and (name != "money" or unit):
            made.append(several(f"curves-{name}", f"Scores over {unit} of a task", some, unit))
    return made


def facts(found: Comparison) -> list[tuple[str, str, str]]:
    """The large numbers under the headline: (value, what it is, remark)."""
    finished = [r for r in found.runs if r.state == "finished"]
    seconds = [r.seconds for r in found.runs if r.seconds is not None]
    return [
        (f"{len(finished)} of {len(found.runs)}", "runs finished", words.number(len(found.arms), "arm")),
        (str(len(found.seeds)), "seed" if len(found.seeds) == 1 else "seeds", ", ".join(map(str, found.seeds[:8]))),
        (str(len(found.orders)), "order of tasks" if len(found.orders) == 1 else "orders of tasks", ", ".join(found.orders)),
        (words.duration(sum(seconds)) if seconds else "not recorded", "of all runs together", words.number(len(seconds), "run")),
    ]
