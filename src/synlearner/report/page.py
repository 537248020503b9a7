"""`report.html`: one page that needs nothing else, without scripts; every generated text in it is escaped.

Comes in: a run folder and its `Summary`. Goes out: the page. The words come from `words`, the numbers from `tables`, the charts from
`figures`; the template puts them in order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synlearner.report import curves, figures, glossary, leaning, panels, remembering, words
from synlearner.report.console import visible
from synlearner.report.judging import judging_text
from synlearner.report.minute import minute
from synlearner.report.recipe import model_of, public_recipe
from synlearner.report.samples import Reading, clipped, readings
from synlearner.report.schema import Counts, Summary, TaskSummary
from synlearner.report.spending import amount, paid
from synlearner.report.table import Cell
from synlearner.report.tables import phases, tables
from synlearner.store.files import write_text
from synlearner.store.ledger import Ledger

if TYPE_CHECKING:
    from jinja2 import Environment, Template
    from markupsafe import Markup

FILE = "report.html"


def write_page(folder: Path, summary: Summary) -> Path:
    """Write `report.html` into the run folder, as a whole."""
    with Ledger.open(folder, read_only=True) as ledger:
        shown = readings(ledger, summary)
    return write_text(folder / FILE, render(summary, shown))


def render(summary: Summary, shown: dict[str, Reading]) -> str:
    """The page as text."""
    return template("page.html.j2").render(
        s=summary,
        readings=shown,
        head=words.headline(summary),
        minute=minute(summary),
        tables=tables(summary),
        charts=charts(summary),
        facts=facts(summary),
        legends=legends(summary),
        reasons=glossary.met(dict.fromkeys(r for t in summary.tasks for c in written_for(t).values() for r in c.rejected), glossary.REASONS),
        glossary=glossary.WORDS,
        real=any(t.real for t in summary.tasks),
        recipe=public_recipe(summary.settings),
        generator=model_of(summary.settings),
        teacher=model_of(summary.settings, "teacher"),
        student=students(summary),
        transfer=words.TRANSFER,
        axes=words.axes(summary),
        adoption=words.adoption,
        judging=judging_text,
        remembering=remembering,
        leaning=leaning,
        paid=paid,
        metrics=words.METRICS,
        scored=[t for t in summary.tasks if t.scores],
        counted=[t for t in summary.tasks if t.synthesis or t.explore],
        described=[t for t in summary.tasks if t.dataset and any(t.dataset.diversity.values())],
    )


def template(name: str) -> Template:
    """A page of this room."""
    return templates("synlearner.report").get_template(name)


@cache
def templates(*rooms: str) -> Environment:
    """The pages of some rooms, the first that has a name before the others; every text in them is escaped."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    loader = ChoiceLoader([PackageLoader(room, "") for room in rooms])
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_finalize)
    environment.filters.update(
        cell=cell,
        points=words.points,
        percent=words.percent,
        clipped=clipped,
        duration=words.duration,
        interval=words.interval_text,
        gain=words.gain_text,
        quantity=words.quantity_text,
        recovered=words.recovered_text,
        note=words.note_text,
        checks=words.checks_text,
        moment=words.moment,
        coded=coded,
        plain=words.plain,
    )
    environment.filters["sentence"] = words.sentence
    environment.filters["started"] = words.started_text
    return environment


def coded(text: str) -> Markup:
    """A sentence of ours in which `commands` are set as code."""
    from markupsafe import Markup, escape

    parts = re.split(r"`([^`]+)`", visible(text))
    return Markup("").join(Markup("<code>{}</code>").format(part) if i % 2 else escape(part) for i, part in enumerate(parts))


def _finalize(value: Any) -> Any:
    """Every text that reaches the page has its control characters written out; charts and legends are ready markup."""
    return value if hasattr(value, "__html__") or not isinstance(value, str) else visible(value)


LEGENDS = {
    "verdicts": figures.VERDICT_LEGEND,
    "sets": figures.SET_LEGEND,
    "diversity": dict(figures.DIVERSITY),
    "outcome": {
        "kept": ("bar", "fill-kept"),
        "rejected in exploration": ("bar", "fill-rejected-explore"),
        "rejected in synthesis": ("bar", "fill-rejected-synthesis"),
        "failed": ("bar", "fill-failed"),
    },
    "phases": {n: ("bar", style) for n, style in figures.PHASES.items()},
    "curve": {what: ("bar", f"set-{style}") for what, style in figures.CURVES.values()},
    "rounds": curves.LEGEND,
    "loss": {"first": ("ring", "set-seeds_only"), "last": ("dot", "set-synthetic_and_seeds")},
}


def legends(summary: Summary) -> dict[str, Markup]:
    """The legends by name; what no chart of the run shows is left out."""
    drawn = {k for t in summary.tasks if t.dataset for k, found in t.dataset.diversity.items() if found}
    took = {k for t in summary.tasks for k, seconds in phases(t).items() if seconds}
    shown = {"sets": {words.SET_NAMES[n] for n in figures.sets_of(summary.tasks)}, "diversity": drawn, "phases": took}
    return {name: figures.legend({k: v for k, v in kinds.items() if k in shown.get(name, kinds)}) for name, kinds in LEGENDS.items()}


def charts(summary: Summary) -> dict[str, Any]:
    """Every chart of the page by name; panels are lists in the order of the tasks."""
    tasks, limits, tops = summary.tasks, figures.score_range(summary.tasks), figures.metric_limits(summary.tasks)
    return {
        "across": figures.stream(summary, down=False) if len(tasks) <= figures.MOST_ACROSS else None,
        "down": figures.stream(summary, down=True),
        "scores": [(t, figures.scores(f"scores-{i}", t.name, t.scores, limits, figures.sets_of(tasks))) for i, t in enumerate(tasks) if t.scores],
        "matrix": figures.heat(summary.matrix) if summary.matrix.rows else None,
        "diversity": [(t, figures.diversity(f"diversity-{i}", t, tops)) for i, t in enumerate(tasks) if t.dataset and any(t.dataset.diversity.values())],
        "outcome": [(t, figures.outcome(f"outcome-{i}", t.name, parts)) for i, t in enumerate(tasks) if (parts := written_for(t))],
        "learning": [(t, figures.learning(f"learning-{i}", t)) for i, t in enumerate(tasks) if t.reinforce and t.reinforce.curve],
        "rounds": [(t, curves.learning_curves(f"rounds-{i}", t)) for i, t in enumerate(tasks) if t.rounds],
        "beliefs": panels.charts_of(summary),
        "drift": panels.drifting(summary),
        "losses": figures.losses(tasks) if any(t.finetune and t.finetune.loss_last is not None and t.finetune.loss_first is not None for t in tasks) else None,
        "time": figures.time(tasks) if any(t.state != "waiting" for t in tasks) else None,
    }


def written_for(task: TaskSummary) -> dict[str, Counts]:
    """The task's writing by what it was for."""
    return {name: c for name, c in (("explore", task.explore), ("synthesis", task.synthesis)) if c}


def facts(summary: Summary) -> Sequence[tuple[str, str, str]]:
    """The large numbers under the headline: (value, what it is, remark)."""
    rows = sum(t.dataset.rows for t in summary.tasks if t.dataset)
    done = sum(t.state == "finished" for t in summary.tasks)
    c = summary.cost
    unknown = f"; {words.number(c.requests_without_tokens, 'answer')} without a count" if c.requests_without_tokens else ""
    lost = c.sessions - c.sessions_measured
    partly = "so far" if lost > 0 and summary.missing else f"{words.number(lost, 'session')} left no record" if lost > 0 else words.number(c.sessions, "session")
    clock = (words.duration(c.seconds if c.seconds is not None else c.generation_seconds), "wall clock" if c.seconds is not None else "of generation")
    return (
        (f"{done} of {len(summary.tasks)}", "tasks done", f"seed {summary.seed}"),
        (f"{rows:,}", "rows in the data sets", f"{words.number(c.requests, 'request')} to the generator"),
        (compact(c.tokens_out), "tokens written", f"{compact(c.tokens_in)} read{unknown}"),
        (*clock, f"{partly}, memory at most {words.memory(c.peak_memory_mb)}" if c.peak_memory_mb is not None else partly),
        _per_point(summary),
    )


def _per_point(summary: Summary) -> tuple[str, str, str]:
    """What a point of gain took: money where it is known, otherwise tokens, otherwise why there is no number."""
    found = summary.spending.per_point if summary.spending else None
    if found is None or found.count is None:
        return "–", "for a point of gain", found.reason if found else "not recorded"
    sure = any(words.verdict(t) == "better" for t in summary.tasks)
    over = f"{words.points(found.count / 100, signed=False)} points over all tasks{'' if sure else ', which may be chance'}"
    if found.money is not None and summary.spending:
        return f"{amount(found.money)} {summary.spending.currency}", "for a point of gain", over
    return (f"{compact(round(found.tokens))} tokens", "for a point of gain", over) if found.tokens is not None else ("–", "for a point of gain", found.reason)


def students(summary: Summary) -> str:
    """The run's student, or where kinds bring their own, each with its kinds."""
    of = {t.kind: t.student for t in summary.tasks if t.student}
    if set(of.values()) <= {summary.settings.get("student", {}).get("engine")}:
        return model_of(summary.settings, "student")
    return ", ".join(f"{student} ({kind})" for kind, student in of.items())


def compact(count: int) -> str:
    """A large count in three digits."""
    for size, unit in ((1_000_000_000, " G"), (1_000_000, " M"), (10_000, " k")):
        if count >= size:
            per = count / (1000 if unit == " k" else size)
            return f"{per:.0f}{unit}" if per >= 100 else f"{per:.1f}{unit}"
    return f"{count:,}"


def cell(value: Cell) -> str:
    """A value of a table for reading: a dash where there is none, three decimals at most, a real minus sign."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    whole = isinstance(value, int) or abs(value) >= 1000
    text = f"{value:,.0f}" if whole else f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"
    return text.removeprefix("-") if not text.strip("-0.") else text.replace("-", "−")
