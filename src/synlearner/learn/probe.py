"""A probe: what the generator writes with an adapter for a few new prompts of a task, and what each attempt is worth.

Whatever a probe decides, there is one way to write it and one way to weigh it. Gold rows decide nothing but what is contaminated, and rows that a
probe wrote enter no data set and no lesson.
"""

from __future__ import annotations

from collections.abc import Mapping

from synlearner.feedback.filters import Filters
from synlearner.generate.plans import design
from synlearner.learn.desk import Desk
from synlearner.learn.recalling import planned
from synlearner.learn.writing import Written, write
from synlearner.protocols import Tuner
from synlearner.records import Adapter, Failure, Mark, Sample
from synlearner.seeding import derive
from synlearner.stream.tasks import Task

# What makes a record worth nothing to a data set, however good it is by itself.
REPEATS = ("contamination", "duplicates")


def probe(desk: Desk, task: Task, adapter: Adapter | None, prompts: int, *, step: str, seed_name: str, filters: Filters) -> Written:
    """What is written with the adapter, without correction turns. Probes of one `seed_name` ask the same prompts: plan and examples of the exploration."""
    spec = desk.run.explore
    if isinstance(desk.generator, Tuner):
        desk.generator.use(adapter)
    plan = design(task, prompts, plan=planned(desk, task, spec.plan), seed=derive(desk.run.seed, task.name, seed_name))
    return write(
        desk,
        task,
        plan,
        step=step,
        few_shot=spec.few_shot,
        own=spec.few_shot_own,
        generator=desk.generator,
        filters=filters,
        correct=False,
        seed_name=seed_name,
    )


def worth(written: Written, of_records: Mapping[str, float | None]) -> dict[str, float | None]:
    """By prompt what the attempt is worth, in 0..1: what its record is worth by itself; 0 where there is no record, or one that only repeats
    a gold row, a seed row or an earlier row. None where the generator gave no answer or nothing could be measured.
    """
    found: dict[str, float | None] = dict.fromkeys(written.prompts, 0.0)
    for outcome in written.outcomes:
        if isinstance(outcome, Failure):
            found[outcome.prompt_id] = None
        elif isinstance(outcome, Sample) and not any(map(repeats, written.marks.get(outcome.prompt_id, ()))):
            found[outcome.prompt_id] = of_records.get(outcome.prompt_id)
    return found


def repeats(mark: Mark) -> bool:
    """Whether a filter drops a record because something else says the same."""
    return mark.drop and mark.filter in REPEATS
