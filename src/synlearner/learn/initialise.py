"""DAI: explore different ways to write a task before imitating any (diversity-aware initialisation).

A balanced plan is written once, `best_of` drafts per prompt; the best draft of each prompt by its measured scores is what
fine-tuning learns.
"""

from __future__ import annotations

from synlearner.feedback.filters import Filters, sample_score
from synlearner.generate.plans import design
from synlearner.learn.desk import Desk
from synlearner.learn.recalling import planned
from synlearner.learn.writing import Written, write
from synlearner.protocols import Generator
from synlearner.records import Sample
from synlearner.seeding import derive
from synlearner.stream.tasks import Task


def explore(desk: Desk, task: Task, *, generator: Generator, filters: Filters) -> Written:
    """Write the exploration plan of a task. Each of its prompts stands `best_of` times in a row, with other few-shot rows each time."""
    spec = desk.run.explore
    plan = design(task, spec.prompts, plan=planned(desk, task, spec.plan), seed=derive(desk.run.seed, task.name, "explore"))
    repeated = [a for a in plan for _ in range(desk.run.finetune.best_of)]
    return write(desk, task, repeated, step="explore", few_shot=spec.few_shot, own=spec.few_shot_own, generator=generator, filters=filters, correct=False)


def best(written: Written, best_of: int) -> list[Sample]:
    """The best sample of each group of `best_of` prompts. A sample with no measurement ranks below every measured one; ties go to the first."""
    groups: dict[int, Sample] = {}
    for sample in written.samples:
        group = written.prompts[sample.prompt_id].index // best_of
        if group not in groups or _rank(written, sample) > _rank(written, groups[group]):
            groups[group] = sample
    return list(groups.values())


def _rank(written: Written, sample: Sample) -> tuple[bool, float]:
    score = sample_score(written.scores.get(sample.prompt_id, []))
    return (score is not None, score or 0.0)
