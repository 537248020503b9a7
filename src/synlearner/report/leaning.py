"""Where our score leans: by label and attribute value, beside the rest of the task. A table and words."""

from __future__ import annotations

from synlearner.evaluate.bias import LEAST
from synlearner.report.schema import Feedback, FeedbackGroup, Summary
from synlearner.report.table import Table
from synlearner.report.words import listed, number, points


def groups(summary: Summary) -> Table:
    """Labels and attribute values beside the rest of their task."""
    columns = ("task", "attribute", "value", "judged", "others", "difference", "beyond the others", "adjusted p", "stands out")
    rows = tuple((g.task, g.attribute or "label", g.value, g.judged, g.others, g.difference, g.beyond, g.adjusted, g.odd) for g in summary.feedback.groups)
    return Table("bias_groups", "Feedback bias by label and attribute value: our score minus the people's, beside the other rows of the task", columns, rows)


def odd(found: Feedback) -> list[FeedbackGroup]:
    """Groups on which our score errs otherwise than elsewhere, the furthest first."""
    return sorted((g for g in found.groups if g.odd), key=lambda g: -abs(g.beyond))


def leaning(found: Feedback) -> list[str]:
    """Where our score leans, in sentences that say how many groups were looked at."""
    if not found.groups:
        return [f"Labels and attribute values are looked at from {LEAST} judged rows on in each, and as many beside it."] if found.slices else []
    many = number(len(found.groups), "label or attribute value", "labels and attribute values")
    out = odd(found)
    told = f"{many} {'was' if len(found.groups) == 1 else 'were'} looked at, with the chance of a false alarm on any of them held at 5 % (Holm)"
    if not out:
        return [f"{told}: on none does our score err otherwise than on the rest of its task by more than chance explains."]
    return [f"{told}. Our score errs otherwise on {listed([f'{named(g)} ({points(g.beyond)} beyond the rest)' for g in out], 6)}."]


def named(g: FeedbackGroup) -> str:
    """A group in words."""
    return f"{g.task}: {g.attribute + ' ' if g.attribute else 'label '}{g.value}"
