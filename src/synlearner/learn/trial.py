"""A trial: a few prompts with their answers and verdicts, to look before spending. Nothing is kept.

What asks a server pays here as in a run: the caps of `[budget]` hold for this trial alone, and what it took is told. It counts in no run, since it
makes nothing of any. Where runs share a folder for replies, a trial looks there first, so that the same one again costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from tempfile import TemporaryDirectory

from synlearner.errors import Interrupted, SpecError
from synlearner.generate.fewshot import choose
from synlearner.generate.parsing import parse
from synlearner.generate.plans import design
from synlearner.generate.prompts import build
from synlearner.protocols import Generator, Wired
from synlearner.records import Draft, Failure, Outcome, Prompt, Turn
from synlearner.registry import find
from synlearner.seeding import derive
from synlearner.store.ledger import Ledger
from synlearner.store.purse import RunPurse
from synlearner.store.responses import ResponseCache
from synlearner.stream.prices import prices_of
from synlearner.stream.readiness import located
from synlearner.stream.specs import CACHES, RunSpec
from synlearner.stream.tasks import Stream, Task

Shown = tuple[Prompt, Draft | Failure | None, Outcome | None]


def trial(stream: Stream, name: str, rows: int, *, prompts_only: bool, tell: Callable[[str], object] = str) -> Iterator[Shown]:
    """A few prompts of one task with their answers and verdicts, without filters. `tell` hears in the end what was spent, however it ends; nothing where no server is asked.

    Raises `Interrupted` where a cap of the budget is reached.
    """
    task = next((t for t in stream.tasks if t.name == name), stream.tasks[0] if not name else None)
    if task is None:
        raise SpecError(f"there is no task {name!r} in the stream", f"known: {', '.join(t.name for t in stream.tasks)}", file=stream.file)
    prompts = _prompts(stream, task, rows)
    if prompts_only:
        yield from ((p, None, None) for p in prompts)
        return
    with located(stream.origin, "generator"):
        generator: Generator = find("generator", stream.run.generator.engine)(stream.run.generator)
    with closing(generator), _paying(generator, stream.run, tell):
        for place, answers in generator.write([[Turn(p)] for p in prompts]):
            for answer in answers:
                yield prompts[place], answer, parse(task, prompts[place], answer) if isinstance(answer, Draft) else answer


def _prompts(stream: Stream, task: Task, rows: int) -> list[Prompt]:
    seed = derive(stream.run.seed, task.name, "preview")
    spec = stream.run.synthesis
    plan = design(task, rows, plan=spec.plan, seed=seed)
    return build(task, plan, choose(task, plan, spec.few_shot, own=spec.few_shot_own, seed=seed), step="preview", seed=seed, rivals=stream.run.generator.guidance > 0)


@contextmanager
def _paying(generator: Generator, run: RunSpec, tell: Callable[[str], object]) -> Iterator[None]:
    """Let what asks a server pay from a purse of its own, whose ledger is gone afterwards."""
    if not isinstance(generator, Wired):
        yield
        return
    with ExitStack() as exits:
        ledger = exits.enter_context(Ledger.open(exits.enter_context(TemporaryDirectory(prefix="synlearner-"))))
        ledger.begin("preview", {}, resume="never", versions={})
        cache = exits.enter_context(closing(ResponseCache(run.budget.cache))) if run.budget.cache not in CACHES else None
        purse = RunPurse(ledger, run.budget, prices_of(run.budget))
        exits.callback(lambda: tell(purse.told(purse.snapshot(), 0, 0) or "0 requests"))
        # Who asks ends before the ledger does.
        exits.callback(generator.close)
        generator.wire(purse, cache)
        purse.begin()
        try:
            yield
        except Interrupted as stop:
            raise Interrupted(stop.message, "raise that limit, or ask for fewer rows: nothing of a preview is kept") from None
