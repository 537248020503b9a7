"""What a run has at hand: the stream's settings, the ledger, the engines, and who is told about progress."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from synlearner.errors import Interrupted
from synlearner.feedback.contamination import GoldIndex
from synlearner.protocols import Embedder, Generator, OpenStudent, Progress, Student
from synlearner.registry import find
from synlearner.seeding import content_hash
from synlearner.store.claim import claimed
from synlearner.store.files import write_text
from synlearner.store.ledger import Ledger, Resume, refuse_empty
from synlearner.store.machine import peak_memory_mb, versions
from synlearner.stream.identity import as_toml, difference, resolved, stream_key
from synlearner.stream.kinds import reader
from synlearner.stream.readiness import located, refuse_unready, refuse_unteachable
from synlearner.stream.specs import BudgetSpec, GeneratorSpec, RunSpec, StudentSpec
from synlearner.stream.tasks import Stream, Task


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that the steps of a run share. `students` go by the name of a kind.

    Gold rows serve the contamination check alone: `golds` are those of all tasks. For tasks that were there before the stream was extended,
    `earlier` has what was known of gold rows then, so that their steps are found again, and `later` what came after.
    """

    run: RunSpec
    folder: Path
    ledger: Ledger
    generator: Generator
    teacher: Generator | None
    students: Mapping[str, Student | OpenStudent]
    verifier_student: Student
    embedder: Embedder
    golds: GoldIndex
    progress: Progress
    earlier: Mapping[str, GoldIndex] = field(default_factory=dict)
    later: Mapping[str, GoldIndex] = field(default_factory=dict)

    def golds_for(self, task: str) -> GoldIndex:
        """The gold rows that what is written for a task is checked against."""
        return self.earlier.get(task, self.golds)

    def check_budget(self) -> None:
        """Raise `Interrupted` when tokens or seconds are spent; called between units, so that nothing paid for is lost."""
        over = exceeded(self.run.budget, self.ledger.spent())
        if over:
            self.ledger.event("budget", reached=over)
            raise Interrupted(f"the budget is spent: {over}", "raise [budget] and run the same command again, which continues from here, or use the rows that were written")


def students_of(stream: Stream) -> dict[str, Student | OpenStudent]:
    """By kind, the student that reads its tasks. One that the kind brings has the run's settings but for the model, which is another's."""
    spec, kinds = stream.run.student, {t.kind.name: t.kind for t in stream.tasks}
    named = {name: reader(kind, spec.engine) for name, kind in kinds.items()}
    own = {n: spec if n == spec.engine else spec.model_copy(update={"engine": n, "model": ""}) for n in named.values()}
    made = {n: _made(stream, "student", "student", n, settings) for n, settings in own.items()}
    return {kind: made[student] for kind, student in named.items()}


def exceeded(budget: BudgetSpec, spent: Mapping[str, float]) -> str:
    """What was exceeded, in words, or "". Answers without a known token count are not guessed at; the report counts them."""
    tokens = spent["tokens_in"] + spent["tokens_out"]
    if budget.tokens is not None and tokens >= budget.tokens:
        return f"{tokens:,.0f} of {budget.tokens:,} tokens"
    if budget.seconds is not None and spent["seconds"] >= budget.seconds:
        return f"{spent['seconds']:,.0f} of {budget.seconds:,.0f} seconds of generation"
    return ""


def once(desk: Desk, task: str, name: str, inputs: Mapping[str, Any], compute: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """A step whose result is computed at once: read from the ledger if it is there, otherwise computed and recorded."""
    key = content_hash([name, dict(inputs)])
    opened = desk.ledger.open_step(key, task=task, name=name, inputs=inputs)
    if opened.result is not None:
        return dict(opened.result)
    began = time.monotonic()
    result = compute()
    desk.ledger.close_step(key, result, seconds=time.monotonic() - began)
    return result


def gold_index(stream: Stream, tasks: Sequence[Task]) -> GoldIndex:
    """The gold rows of some tasks."""
    return GoldIndex({t.name: stream.exams[t.name].gold for t in tasks}, near=stream.run.feedback.near_duplicate)


def by_stage(stream: Stream, stages: Sequence[int]) -> tuple[dict[str, GoldIndex], dict[str, GoldIndex]]:
    """For the tasks of every stage but the last: the gold rows that were known, and those that came after.

    A stage is the number of tasks that the stream had from some session on.
    """
    earlier: dict[str, GoldIndex] = {}
    later: dict[str, GoldIndex] = {}
    for begin, end in pairwise([0, *stages[:-1]]):
        names = [t.name for t in stream.tasks[begin:end]]
        earlier |= dict.fromkeys(names, gold_index(stream, stream.tasks[:end]))
        later |= dict.fromkeys(names, gold_index(stream, stream.tasks[end:]))
    return earlier, later


@contextmanager
def opened(stream: Stream, folder: Path, resume: Resume, progress: Progress) -> Iterator[Desk]:
    """Build the engines, claim the folder, open its ledger, and close all whatever happens; memory and time are recorded on the way out."""
    spec = stream.run
    refuse_unready(spec, stream.origin)
    with ExitStack() as exits:
        # Everything that can refuse the settings comes first: a mistake in them must not begin a run, and must not be written down.
        generator = _writer(stream, "generator", spec.generator, exits)
        with located(stream.origin, "reinforce"):
            refuse_unteachable(spec, generator)
        equip = partial(
            Desk,
            run=spec,
            folder=folder,
            generator=generator,
            teacher=_writer(stream, "teacher", spec.teacher, exits) if spec.teacher else None,
            students=students_of(stream),
            verifier_student=_made(stream, "feedback", "student", spec.feedback.verifier_engine, StudentSpec(engine=spec.feedback.verifier_engine)),
            embedder=_made(stream, "feedback", "embedder", spec.feedback.embedder, spec.feedback.embedder_model),
            golds=gold_index(stream, stream.tasks),
            progress=progress,
        )
        if resume == "always":
            refuse_empty(folder)
        exits.enter_context(claimed(folder))
        ledger = exits.enter_context(Ledger.open(folder))
        described = resolved(stream)
        mode = ledger.begin(stream_key(stream), described, resume=resume, versions=versions(), differs=partial(difference, stream=stream))
        write_text(folder / "run.toml", as_toml(described["run"]))
        if described["run"] != ledger.settings():
            ledger.event("settings", run=described["run"])
        progress.say(f"{mode} run in {folder}")
        began = time.monotonic()
        try:
            earlier, later = by_stage(stream, ledger.stages())
            yield equip(ledger=ledger, earlier=earlier, later=later)
        finally:
            ledger.event("resources", peak_memory_mb=peak_memory_mb(), seconds=time.monotonic() - began)


def _writer(stream: Stream, table: str, spec: GeneratorSpec, exits: ExitStack) -> Generator:
    """The generator of a table of the run's settings, which is closed in the end."""
    made: Generator = exits.enter_context(closing(_made(stream, table, "generator", spec.engine, spec)))
    return made


def _made(stream: Stream, table: str, socket: str, name: str, settings: object) -> Any:
    """What a name of the run's settings stands for, made with its settings."""
    with located(stream.origin, table):
        return find(socket, name)(settings)
