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
from synlearner.experience.memory import Memory
from synlearner.feedback.contamination import GoldIndex
from synlearner.learn.choosing import refuse
from synlearner.protocols import Critic, Embedder, Generator, OpenStudent, Progress, Student, Watching, Wired
from synlearner.records import Draft, Failure
from synlearner.registry import find
from synlearner.seeding import content_hash
from synlearner.store.claim import claimed
from synlearner.store.files import write_text
from synlearner.store.ledger import Ledger, Resume, refuse_empty
from synlearner.store.machine import peak_memory_mb, versions
from synlearner.store.purse import FIX, RunPurse
from synlearner.store.responses import ResponseCache
from synlearner.stream.identity import as_toml, difference, resolved, stream_key
from synlearner.stream.kinds import reader
from synlearner.stream.prices import prices_of
from synlearner.stream.readiness import located, refuse_unready, refuse_unteachable
from synlearner.stream.specs import JUDGE, GeneratorSpec, RunSpec, StudentSpec
from synlearner.stream.tasks import Stream, Task
from synlearner.track.follow import followed, trackers_of


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
    purse: RunPurse | None = None
    memory: Memory | None = None
    judges: tuple[Generator, ...] = ()
    critic: Critic | None = None

    def golds_for(self, task: str) -> GoldIndex:
        """The gold rows that what is written for a task is checked against."""
        return self.earlier.get(task, self.golds)

    def check_budget(self, *, tokens: bool = True) -> None:
        """Raise `Interrupted` when tokens or seconds are spent; called between units, so that nothing paid for is lost."""
        over = self.purse.exceeded(tokens=tokens) if self.purse else ""
        if over:
            self.ledger.event("budget", reached=over)
            raise Interrupted(f"the budget is spent: {over}", FIX)

    def goes_on(self, stop: Interrupted) -> bool:
        """Whether there is room again for the request that the purse refused; where there is none, which budget ended the session is written down."""
        if self.purse is None or not self.purse.refused:
            return False
        room = self.purse.room_again()
        if not room:
            self.ledger.event("budget", reached=stop.message.removeprefix("the budget is spent: "))
        return room

    @contextmanager
    def writing(self) -> Iterator[None]:
        """While the generator is at work, time counts."""
        if self.purse:
            self.purse.begin()
        try:
            yield
        finally:
            if self.purse:
                self.purse.rest()

    def keep_unit(self, key: str, turn: int, number: int, answers: Sequence[Draft | Failure], *, local: bool, seconds: float | None = None) -> None:
        """Record a unit that the generator has just finished. `seconds` are those since the last one, unless they are given."""
        drafts = [a for a in answers if local and isinstance(a, Draft)]
        took = seconds if seconds is not None else self.purse.lap() if self.purse else 0.0
        if self.purse:
            self.purse.count(sum(d.tokens_in or 0 for d in drafts), sum(d.tokens_out or 0 for d in drafts), took)
        self.ledger.keep_unit(key, turn, number, answers, seconds=took, local=local)

    def watch_spending(self) -> None:
        """Let the progress show what is spent, from the step that begins now."""
        if self.purse and isinstance(self.progress, Watching):
            self.progress.watch(partial(self.purse.told, self.purse.snapshot()))


def students_of(stream: Stream) -> dict[str, Student | OpenStudent]:
    """By kind, the student that reads its tasks. One that the kind brings has the run's settings but for the model, which is another's."""
    spec, kinds = stream.run.student, {t.kind.name: t.kind for t in stream.tasks}
    named = {name: reader(kind, spec.engine) for name, kind in kinds.items()}
    own = {n: spec if n == spec.engine else spec.model_copy(update={"engine": n, "model": ""}) for n in named.values()}
    made = {n: _made(stream, "student", "student", n, settings) for n, settings in own.items()}
    return {kind: made[student] for kind, student in named.items()}


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
    with located(stream.origin, "rounds"):
        refuse(spec.rounds)
    prices = prices_of(spec.budget)
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
            judges=tuple(_writer(stream, "judge", judge, exits) for judge in spec.judge.by),
            critic=_made(stream, "memory", "critic", spec.memory.critic, spec.memory) if spec.memory.enabled and spec.memory.critic not in ("", JUDGE) else None,
            students=students_of(stream),
            verifier_student=_made(stream, "feedback", "student", spec.feedback.verifier_engine, StudentSpec(engine=spec.feedback.verifier_engine)),
            embedder=_made(stream, "feedback", "embedder", spec.feedback.embedder, spec.feedback.embedder_model),
            golds=gold_index(stream, stream.tasks),
        )
        trackers = trackers_of(spec.report_to, folder)
        if resume == "always":
            refuse_empty(folder)
        exits.enter_context(claimed(folder))
        ledger = exits.enter_context(Ledger.open(folder))
        memory = exits.enter_context(Memory.open(memory_place(spec, folder))) if spec.memory.enabled else None
        described = resolved(stream)
        mode = ledger.begin(stream_key(stream), described, resume=resume, versions=versions(), differs=partial(difference, stream=stream))
        write_text(folder / "run.toml", as_toml(described["run"]))
        if described["run"] != ledger.settings():
            ledger.event("settings", run=described["run"])
        progress.say(f"{mode} run in {folder}")
        began = time.monotonic()
        try:
            earlier, later = by_stage(stream, ledger.stages())
            with followed(trackers, folder, progress) as told:
                desk = equip(ledger=ledger, earlier=earlier, later=later, purse=RunPurse(ledger, spec.budget, prices), memory=memory, progress=told)
                with wired(desk):
                    yield desk
        finally:
            ledger.event("resources", peak_memory_mb=peak_memory_mb(), seconds=time.monotonic() - began)


def memory_place(run: RunSpec, folder: Path) -> str | Path:
    """Where the run's memory lies. A control experiment spoils what it remembers: it has its own, and neither reads nor writes one that runs share."""
    return run.memory.path if run.memory.path and run.experience.history == "kept" else folder


@contextmanager
def wired(desk: Desk) -> Iterator[None]:
    """Let what asks servers pay from the run's purse and look into the cache first; what the cache saved is recorded on the way out."""
    engines: list[object] = [desk.generator, desk.teacher, *desk.judges, desk.critic]
    asking = [e for e in engines if isinstance(e, Wired)]
    where = desk.run.budget.cache
    if not asking or desk.purse is None:
        yield
        return
    cache = None if where == "off" else ResponseCache(desk.folder if where == "run" else where, alone=where == "run")
    try:
        for engine in asking:
            engine.wire(desk.purse, cache)
        yield
    finally:
        if cache is not None:
            cache.close()
            desk.ledger.event("responses", hits=cache.hits, misses=cache.misses, stored=cache.stored)


def _writer(stream: Stream, table: str, spec: GeneratorSpec, exits: ExitStack) -> Generator:
    """The generator of a table of the run's settings, which is closed in the end."""
    made: Generator = exits.enter_context(closing(_made(stream, table, "generator", spec.engine, spec)))
    return made


def _made(stream: Stream, table: str, socket: str, name: str, settings: object) -> Any:
    """What a name of the run's settings stands for, made with its settings."""
    with located(stream.origin, table):
        return find(socket, name)(settings)
