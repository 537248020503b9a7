"""New rows around given ones: each row is the one example of a prompt that asks for another row of its label. Nothing is filtered and nothing is kept.

For questions about generation itself: whether what is true of a row is true of what is written around it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from synlearner.generate.fewshot import shorten
from synlearner.generate.parsing import parse
from synlearner.generate.plans import design
from synlearner.generate.prompts import build
from synlearner.generate.sampling import cut
from synlearner.protocols import Generator
from synlearner.records import Draft, Row, Sample, Turn
from synlearner.stream.tasks import Task

MOST_WORDS = 60


def written_around(task: Task, rows: Sequence[Row], generator: Generator, *, seed: int, rivals: bool = False) -> list[tuple[Row, Row]]:
    """Pairs of a row and what was written around it, in the order of the rows; answers that are no record are left out.

    The attributes of the prompts are a balanced plan. `rivals` is for generators with label guidance. Raises ValueError for a label that the task does not have.
    """
    waiting: dict[str, list[Row]] = {}
    for row in rows:
        waiting.setdefault(row.label, []).append(row)
    plan = design(task, dict(Counter(r.label for r in rows)), seed=seed)
    shown = [waiting[a.label].pop(0) for a in plan]
    prompts = build(task, plan, [(shorten(row, MOST_WORDS),) for row in shown], step="around", seed=seed, rivals=rivals)
    answers = {a.prompt_id: a for _, unit in generator.write(cut([Turn(p) for p in prompts], generator.unit)) for a in unit}
    read = [(row, parse(task, p, a)) for row, p in zip(shown, prompts, strict=True) if isinstance(a := answers[p.id], Draft)]
    place = {row.id: i for i, row in enumerate(rows)}
    return sorted(((row, o.row) for row, o in read if isinstance(o, Sample)), key=lambda pair: place[pair[0].id])
