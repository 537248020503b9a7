"""Tables of how the generator learnt and what rounds chose, and of the judges that taught it."""

from __future__ import annotations

from collections.abc import Mapping

from synlearner.report.schema import Believed, Summary
from synlearner.report.table import Cell, Table

MORE = ("tokens in", "tokens out", "agreement")


def judges(summary: Summary) -> Table:
    """What judges did on each task, and how far they are to be believed."""
    columns = ("task", "judge", "measured on", "known rows", "accuracy", "low", "high", "chance", "calibration error", "rank", "order", "believed", "asked", "no score", *MORE)
    rows: list[tuple[Cell, ...]] = []
    for task, j in ((t.name, t.judging) for t in summary.tasks if t.judging):
        uses = [(u, (sum(u.asked.values()), sum(u.silent.values()), u.tokens_in, u.tokens_out)) for u in j.judges]
        rows += [(task, u.name, j.source, *_believed(u.known), *use, j.agreement) for u, use in uses]
        if j.people:
            rows.append((task, "all judges", "people since", *_believed(j.people), None, None, None, None, j.agreement))
    return Table("judges", "What judges did, and how they do on rows that somebody knows about", columns, tuple(rows))


def _believed(known: Believed | None) -> tuple[Cell, ...]:
    if known is None:
        return (None,) * 9
    limits = (known.accuracy.mean, known.accuracy.low, known.accuracy.high) if known.accuracy else (None, None, None)
    return known.rows, *limits, known.chance, known.error, known.rank, known.order, not known.reason


def warm_starts(summary: Summary) -> Table:
    """What each task could start from, and what it started from."""
    columns = ("task", "candidate", "chosen", "of task", "similarity", "mean", "prompts", "difference to fresh", "standard error", "pairs")
    rows = tuple(
        (t.name, c.name, "yes" if c.name == t.warm_start.chosen else "no", c.task or None, c.similarity, c.mean, c.n, c.difference, c.error, c.pairs)
        for t in summary.tasks
        if t.warm_start
        for c in t.warm_start.candidates
    )
    return Table("warm_starts", "What each task could start from, with what a probe measured (worth in 0 to 1)", columns, rows)


def finetune(summary: Summary) -> Table:
    """What the generator learnt."""
    columns = ("task", "lessons", "replayed", "loss first", "loss last", "seconds", "skipped because")
    found = [(t.name, t.finetune) for t in summary.tasks if t.finetune]
    return Table(
        "finetune", "Fine-tuning of the generator", columns, tuple((n, f.lessons, f.replayed, f.loss_first, f.loss_last, round(f.seconds, 3), f.skipped or None) for n, f in found)
    )


def reinforce(summary: Summary) -> Table:
    """Every step of learning from rewards."""
    found = [(t.name, entry) for t in summary.tasks if t.reinforce for entry in t.reinforce.curve]
    names = list(dict.fromkeys(name for _, entry in found for name in entry if name != "step"))
    return Table("reinforce", "Learning from rewards, step by step", ("task", "step", *names), tuple((task, _step(entry), *(entry.get(n) for n in names)) for task, entry in found))


def _step(entry: Mapping[str, float]) -> int | None:
    number = entry.get("step")
    return None if number is None else int(number)


def rewards(summary: Summary) -> Table:
    """What learning from rewards changed on prompts that it was not trained on."""
    rows: list[tuple[Cell, ...]] = []
    for task, r in ((t.name, t.reinforce) for t in summary.tasks if t.reinforce):
        if r.before is None or r.after is None:
            continue
        rows.append((task, "worth of a draft", r.before, r.after, r.difference, r.standard_error, r.adopted))
        before, after = r.rewards.get("before", {}), r.rewards.get("after", {})
        rows += [(task, n, before[n], after[n], after[n] - before[n], None, None) for n in before if n in after]
    columns = ("task", "reward", "before", "after", "difference", "standard error", "kept")
    return Table("rewards", "Rewards on the probe before and after learning from them", columns, tuple(rows))


def rounds(summary: Summary) -> Table:
    """Learning curves over rows and over cost."""
    scores = ("development score", "development rows", "gold", "low", "high", "level")
    columns = ("task", "chosen by", "round", "rows", *scores, "tokens in", "tokens out", "seconds", "money", "currency")
    found = [(t.name, t.rounds, p) for t in summary.tasks if t.rounds for p in t.rounds.points]
    rows: list[tuple[Cell, ...]] = []
    for task, r, p in found:
        gold = (p.gold.mean, p.gold.low, p.gold.high, p.gold.level) if p.gold else (None,) * 4
        money = None if p.money is None else float(p.money)
        rows.append((task, r.by, p.round, p.rows, p.dev, p.dev_rows, *gold, p.tokens_in, p.tokens_out, p.seconds, money, r.currency or None))
    return Table("rounds", "Learning curves: scores before the first round and after each, with what the rows took so far", columns, tuple(rows))


def chosen(summary: Summary) -> Table:
    """Every row that a round was written around."""
    columns = ("task", "round", "rank", "row", "label", "asked for", "origin", "criterion", "score", "how", "candidates")
    found = [(t.name, c, r) for t in summary.tasks if t.rounds for c in t.rounds.choices for r in c.rows]
    rows = tuple((task, c.round, r.rank, r.row, r.label, r.asked_for or r.label, r.origin, r.criterion, r.score, r.how, c.candidates) for task, c, r in found)
    return Table("chosen", "Rows that rounds were written around, and why", columns, rows)
