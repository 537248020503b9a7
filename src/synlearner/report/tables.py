"""Every table of the report, once: as values for CSV files and the page.

Comes in: a `Summary`. Goes out: `Table` values; `write_tables` puts each one under its name into `tables/`.
"""

from __future__ import annotations

from pathlib import Path

from synlearner.report.files import save, sheets
from synlearner.report.leaning import groups
from synlearner.report.learning import chosen, finetune, judges, reinforce, rewards, rounds, warm_starts
from synlearner.report.remembering import lessons, recalled, standings
from synlearner.report.schema import SETS, Counts, Interval, Summary, TaskSummary
from synlearner.report.spending import amount
from synlearner.report.table import Cell, Table
from synlearner.report.words import METRICS, ROWS_COMPARED, SET_NAMES, TRANSFER, verdict


def write_tables(summary: Summary, folder: Path) -> list[Path]:
    """Write every table to `folder/tables/<name>.csv`, each as a whole."""
    return save(folder, sheets(tables(summary)))


def tables(summary: Summary) -> dict[str, Table]:
    """All tables by name."""
    quality = (scores, gains, matrix, transfer, bias, groups, diversity, labels, counts, rejections)
    learning = (warm_starts, judges, finetune, reinforce, rewards, recalled, lessons, standings, rounds, chosen)
    made = (*quality, *learning, cost, spending)
    return {t.name: t for t in (make(summary) for make in made)}


def scores(summary: Summary) -> Table:
    """Accuracy by task and training set."""
    columns = ("task", "trained on", "accuracy", "low", "high", "level", "macro F1", "gold rows")
    rows = []
    for task in summary.tasks:
        for name in SETS:
            s = getattr(task.scores, name) if task.scores else None
            rows.append((task.name, SET_NAMES[name], *((s.mean, s.low, s.high, s.level, s.macro_f1, s.n) if s else (None,) * 5 + (task.gold,))))
    return Table("scores", "Accuracy of fresh students on gold rows, with bootstrap intervals", columns, tuple(rows))


def gains(summary: Summary) -> Table:
    """What synthetic rows added to the seeds."""
    columns = ("position", "task", "verdict", "gain", "low", "high", "level", "gap recovered %", "gap low", "gap high", "rows", "state")
    rows = []
    for i, t in enumerate(summary.tasks, 1):
        g, p = t.gain, t.pgr_interval
        rows.append(
            (
                i,
                t.name,
                verdict(t),
                *((g.mean, g.low, g.high, g.level) if g else (None,) * 4),
                t.pgr,
                *((p.low, p.high) if p else (None,) * 2),
                t.dataset.rows if t.dataset else None,
                t.state,
            )
        )
    return Table("gains", "Gain of synthetic + seeds over seeds only (paired difference of accuracies)", columns, tuple(rows))


def matrix(summary: Summary) -> Table:
    """The matrix with a column per task."""
    rows = [(row.after, *(c.mean if c else None for c in row.cells)) for row in summary.matrix.rows]
    return Table("matrix", "Accuracy by point of the stream (rows) and task (columns)", ("point", *summary.matrix.tasks), tuple(rows))


def transfer(summary: Summary) -> Table:
    """Transfer numbers with interval and definition."""
    columns = ("quantity", "value", "low", "high", "level", "what is missing", "definition")
    found = [(title, getattr(summary.transfer, name), meaning) for name, (title, meaning) in TRANSFER.items()]
    rows = tuple(
        (title, q.value, *((q.interval.low, q.interval.high, q.interval.level) if q.interval else (None,) * 3), q.reason or q.remark or None, meaning)
        for title, q, meaning in found
    )
    return Table("transfer", "Transfer and forgetting, from the matrix, with paired bootstrap intervals", columns, rows)


def bias(summary: Summary) -> Table:
    """What people say of the rows, beside our score, by task and label."""
    columns = ("task", "label", "rows", "judged", "our score", "people", "difference", "low", "high", "rank correlation", "rho2", "verdicts saved", "quality", "q low", "q high")
    rows = tuple(
        (s.task, s.label or "all", s.rows, s.judged, s.score, s.people, *_limits(s.difference), s.rank, s.rho2, s.saved, *_limits(s.quality)) for s in summary.feedback.slices
    )
    return Table("bias", "Feedback bias: our score and people's verdicts, and the share of all rows that people would accept", columns, rows)


def _limits(found: Interval | None) -> tuple[Cell, Cell, Cell]:
    return (found.mean, found.low, found.high) if found else (None, None, None)


def metrics_of(task: TaskSummary) -> list[str]:
    """Names of the diversity metrics that a task has in any set, known ones first."""
    sets = [s for s in task.dataset.diversity.values() if s] if task.dataset else []
    found = list(dict.fromkeys(name for s in sets for name in s if name != ROWS_COMPARED))
    return sorted(found, key=lambda name: (list(METRICS).index(name) if name in METRICS else len(METRICS), name))


def diversity(summary: Summary) -> Table:
    """Diversity metrics of synthetic rows beside seeds and real rows."""
    rows = []
    for task in summary.tasks:
        sets = task.dataset.diversity if task.dataset else {}
        for name in metrics_of(task):
            title, _, better = METRICS.get(name, (name, "", ""))
            rows.append((task.name, title, f"{better} is more varied" if better else None, *((sets.get(s) or {}).get(name) for s in ("synthetic", "seeds", "real"))))
    return Table("diversity", "Diversity of the texts by set", ("task", "metric", "direction", "synthetic", "seeds", "real"), tuple(rows))


def labels(summary: Summary) -> Table:
    """Rows per label of the final data sets."""
    rows = tuple((t.name, label, n) for t in summary.tasks if t.dataset for label, n in t.dataset.per_label.items())
    return Table("labels", "Rows of the data set by label", ("task", "label", "rows"), rows)


def written(summary: Summary) -> list[tuple[str, str, Counts]]:
    """Every kind of writing that has finished steps: (task, what for, counts)."""
    found = [(t.name, name, c) for t in summary.tasks for name, c in (("warm start", t.probe), ("explore", t.explore), ("synthesis", t.synthesis)) if c]
    return [*found, *([("all tasks", "matrix", summary.matrix.counts)] if summary.matrix.counts else [])]


def counts(summary: Summary) -> Table:
    """What became of every prompt."""
    columns = ("task", "for", "planned", "kept", "rejected", "failed", "corrected", "unscored", "tokens in", "tokens out", "seconds")
    rows = tuple(
        (task, what, c.planned, c.kept, c.dropped, c.failed, c.corrected, sum(c.unscored.values()), c.tokens_in, c.tokens_out, round(c.seconds, 3))
        for task, what, c in written(summary)
    )
    return Table("counts", "What became of the prompts: planned = kept + rejected + failed", columns, rows)


def rejections(summary: Summary) -> Table:
    """Rejected rows by reason."""
    rows = tuple((task, what, reason, n) for task, what, c in written(summary) for reason, n in c.rejected.items())
    return Table("rejections", "Rejected rows by reason", ("task", "for", "reason", "rows"), rows)


def phases(task: TaskSummary) -> dict[str, float]:
    """Seconds of a task's finished steps by what they were for."""
    known = {name: part.seconds for name, part in (("explore", task.explore), ("fine-tune", task.finetune), ("reinforce", task.reinforce), ("synthesis", task.synthesis)) if part}
    return {**known, "students and rest": max(0.0, task.seconds - sum(known.values()))}


def cost(summary: Summary) -> Table:
    """Time by task and phase."""
    rows = [(t.name, phase, round(s, 3)) for t in summary.tasks if t.state != "waiting" for phase, s in phases(t).items()]
    rows += [("all tasks", "matrix (writing)", round(summary.matrix.counts.seconds, 3))] if summary.matrix.counts else []
    return Table("cost", "Seconds of the finished steps", ("task", "phase", "seconds"), tuple(rows))


def spending(summary: Summary) -> Table:
    """Requests and money by model."""
    columns = ("model", "requests", "ended", "tokens in", "tokens out", "untold", "price in", "price out", "currency", "prices of", "money", "at most", "why unknown")
    rows = tuple(
        (
            p.model,
            p.requests,
            ", ".join(f"{n} {outcome}" for outcome, n in p.outcomes.items()),
            p.tokens_in,
            p.tokens_out,
            p.untold,
            *(None if v is None else amount(v) for v in (p.price_in, p.price_out)),
            p.currency or None,
            p.prices or None,
            *(None if v is None else amount(v) for v in (p.money, p.at_most)),
            p.reason or None,
        )
        for p in (summary.spending.models if summary.spending else ())
    )
    return Table("spending", "Requests to servers and what they cost; prices are those of a million tokens", columns, rows)
