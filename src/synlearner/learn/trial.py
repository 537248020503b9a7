"""A trial: a few prompts with their answers and verdicts, to look before spending. Nothing is kept."""

from __future__ import annotations

from collections.abc import Iterator

from synlearner.errors import SpecError
from synlearner.generate.fewshot import choose
from synlearner.generate.parsing import parse
from synlearner.generate.plans import design
from synlearner.generate.prompts import build
from synlearner.protocols import Generator
from synlearner.records import Draft, Failure, Outcome, Prompt, Turn
from synlearner.registry import find
from synlearner.seeding import derive
from synlearner.stream.readiness import located
from synlearner.stream.tasks import Stream


def trial(stream: Stream, name: str, rows: int, *, prompts_only: bool) -> Iterator[tuple[Prompt, Draft | Failure | None, Outcome | None]]:
    """A few prompts of one task with their answers and verdicts, without ledger or filters: to look before spending."""
    task = next((t for t in stream.tasks if t.name == name), stream.tasks[0] if not name else None)
    if task is None:
        raise SpecError(f"there is no task {name!r} in the stream", f"known: {', '.join(t.name for t in stream.tasks)}", file=stream.file)
    seed = derive(stream.run.seed, task.name, "preview")
    spec = stream.run.synthesis
    plan = design(task, rows, plan=spec.plan, seed=seed)
    prompts = build(task, plan, choose(task, plan, spec.few_shot, own=spec.few_shot_own, seed=seed), step="preview", seed=seed, rivals=stream.run.generator.guidance > 0)
    if prompts_only:
        yield from ((p, None, None) for p in prompts)
        return
    with located(stream.origin, "generator"):
        generator: Generator = find("generator", stream.run.generator.engine)(stream.run.generator)
    try:
        for place, answers in generator.write([[Turn(p)] for p in prompts]):
            for answer in answers:
                yield prompts[place], answer, parse(task, prompts[place], answer) if isinstance(answer, Draft) else answer
    finally:
        generator.close()
