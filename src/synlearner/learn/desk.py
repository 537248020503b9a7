"""What a run has at hand: the stream's settings, the ledger, the engines, and who is told about progress."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synlearner.errors import Interrupted
from synlearner.feedback.contamination import GoldIndex
from synlearner.protocols import Embedder, Generator, Progress, Student
from synlearner.registry import find
from synlearner.seeding import content_hash
from synlearner.store.ledger import Ledger, Resume
from synlearner.store.machine import peak_memory_mb, versions
from synlearner.stream.identity import resolved, stream_key
from synlearner.stream.readiness import located, refuse_unready
from synlearner.stream.specs import BudgetSpec, RunSpec, StudentSpec
from synlearner.stream.tasks import Stream


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that the steps of a run share. `golds` serves the contamination check alone."""

    run: RunSpec
    folder: Path
    ledger: Ledger
    generator: Generator
    teacher: Generator | None
    student: Student
    verifier_student: Student
    embedder: Embedder
    golds: GoldIndex
    progress: Progress

    def check_budget(self) -> None:
        """Raise `Interrupted` when tokens or seconds are spent; called between units, so that nothing paid for is lost."""
        over = exceeded(self.run.budget, self.ledger.spent())
        if over:
            self.ledger.event("budget", reached=over)
            raise Interrupted(f"the budget is spent: {over}", "raise [budget] in a new run, or use the rows that were written")


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


@contextmanager
def opened(stream: Stream, folder: Path, resume: Resume, progress: Progress) -> Iterator[Desk]:
    """Open the ledger and the engines, and close them whatever happens; memory and time are recorded on the way out."""
    spec = stream.run
    refuse_unready(spec, stream.origin)
    # Engines first: a mistake in their settings must not begin a run, and must not be written down.
    with ExitStack() as engines:
        generator = engines.enter_context(closing(_made(stream, "generator", "generator", spec.generator.engine, spec.generator)))
        teacher = engines.enter_context(closing(_made(stream, "teacher", "generator", spec.teacher.engine, spec.teacher))) if spec.teacher else None
        student = _made(stream, "student", "student", spec.student.engine, spec.student)
        verifier_student = _made(stream, "feedback", "student", spec.feedback.verifier_engine, StudentSpec(engine=spec.feedback.verifier_engine))
        embedder = _made(stream, "feedback", "embedder", spec.feedback.embedder, spec.feedback.embedder_model)
        ledger = engines.enter_context(Ledger.open(folder, create=resume != "always"))
        mode = ledger.begin(stream_key(stream), resolved(stream), resume=resume, versions=versions())
        progress.say(f"{mode} run in {folder}")
        began = time.monotonic()
        try:
            yield Desk(
                run=spec,
                folder=folder,
                ledger=ledger,
                generator=generator,
                teacher=teacher,
                student=student,
                verifier_student=verifier_student,
                embedder=embedder,
                golds=GoldIndex({name: exam.gold for name, exam in stream.exams.items()}, near=spec.feedback.near_duplicate),
                progress=progress,
            )
        finally:
            ledger.event("resources", peak_memory_mb=peak_memory_mb(), seconds=time.monotonic() - began)


def _made(stream: Stream, table: str, socket: str, name: str, settings: object) -> Any:
    """What a name of the run's settings stands for, made with its settings."""
    with located(stream.origin, table):
        return find(socket, name)(settings)
