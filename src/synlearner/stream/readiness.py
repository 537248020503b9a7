"""Whether a run can start: its settings are shown to the engines that they name, and nothing is loaded or written.

What an engine refuses gets the file and the line of the run's TOML, where the run came from one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from urllib.parse import urlsplit

from synlearner.errors import SpecError
from synlearner.protocols import Checking, Reinforcer
from synlearner.registry import find, names, offered
from synlearner.stream.kinds import LABELS, gives
from synlearner.stream.prices import refuse_unpriced
from synlearner.stream.settings import Problem, Settings, combined
from synlearner.stream.specs import COMPARED, JUDGE, ReinforceSpec, RunSpec, StudentSpec


def refuse_unready(run: RunSpec, origin: Settings | None = None) -> None:
    """Raise one `SpecError` with everything that would keep the run from starting."""
    if found := list(_refusals(run, origin)):
        problems = [Problem(e.field, e.message, e.fix, e.line) for e in found]
        raise combined(origin.file if origin else "", problems)


@contextmanager
def located(origin: Settings | None, table: str) -> Iterator[None]:
    """A `SpecError` about the settings of a table that is raised inside gets their file and line."""
    try:
        yield
    except SpecError as error:
        if error.file:
            raise
        raise _placed(error, origin, table) from error


def _refusals(run: RunSpec, origin: Settings | None) -> Iterator[SpecError]:
    """The first complaint of each part of the run."""
    parts = [
        ("generator", "generator", run.generator.engine, run.generator),
        *([("teacher", "generator", run.teacher.engine, run.teacher)] if run.teacher else []),
        *(("judge", "generator", judge.engine, judge) for judge in run.judge.by),
        ("student", "student", run.student.engine, run.student),
        ("feedback", "embedder", run.feedback.embedder, run.feedback.embedder_model),
    ]
    for table, socket, name, settings in parts:
        if error := _refusal(socket, name, settings):
            yield _placed(error, origin, table)
    yield from (_placed(e, origin, "feedback") for e in (_verifier_refusal(run),) if e)
    yield from (_placed(e, origin, "report_to") for e in _tracker_refusals(run))
    if run.rounds.enabled and (error := _unknown(run.rounds.by)):
        yield _placed(error, origin, "rounds")
    yield from (_placed(e, origin, "reinforce") for e in (_reinforcer_refusal(run),) if e)
    yield from (_placed(e, origin, "reinforce") for e in _utility_refusals(run.reinforce))
    yield from (_placed(e, origin, "budget") for e in (_budget_refusal(run),) if e)
    yield from (_placed(e, origin, e.field.partition(".")[0]) for e in (*_memory_refusals(run), *_judge_refusals(run)))
    if run.explore.from_teacher and run.teacher is None:
        error = SpecError("the exploration shall come from the teacher, but there is no [teacher]", "add a table [teacher], or leave it out", field="explore.from_teacher")
        yield _placed(error, origin, "explore")


def _refusal(socket: str, name: str, settings: object) -> SpecError | None:
    """What a factory says of its settings, if it can look at them."""
    try:
        factory = find(socket, name)
        if isinstance(factory, Checking):
            factory.check(settings)
    except SpecError as error:
        return error
    return None


def _budget_refusal(run: RunSpec) -> SpecError | None:
    """A price table that cannot be read, or a cap on money whose prices nobody knows."""
    asked = [spec.model for spec in (run.generator, run.teacher, *run.judge.by) if spec and spec.base_url]
    try:
        refuse_unpriced(run.budget, asked)
    except SpecError as error:
        if not error.file:
            return error
        place = ", ".join(part for part in (f"{error.file}:{error.line}" if error.line else error.file, error.field) if part)
        return SpecError(f"the price table cannot be used: {place}: {error.message}", error.fix, field="budget.prices")
    return None


def _memory_refusals(run: RunSpec) -> Iterator[SpecError]:
    """A plan that needs a memory without one, a critic that nobody knows, a password that would be written down."""
    for table in ("synthesis", "explore"):
        if getattr(run, table).plan == "learned" and not run.memory.enabled:
            yield SpecError("the plan 'learned' has no memory to learn from", "set memory.enabled = true, or take another plan", field=f"{table}.plan")
    known = [*([JUDGE] if run.judge.by else []), *names("critic")]
    if run.memory.critic and run.memory.critic not in known:
        hint = "add a table [judge.by]" if run.memory.critic == JUDGE else f"leave it out, or register one; known: {', '.join(known) or 'none'}"
        yield SpecError(f"there is no critic called {run.memory.critic!r}", hint, field="memory.critic")
    parts = urlsplit(run.memory.path) if "://" in run.memory.path else None
    if parts and parts.scheme not in ("postgresql", "postgres"):
        yield SpecError(f"a memory cannot lie behind {parts.scheme}://", "name a file, a folder, or postgresql://…", field="memory.path")
    if parts and parts.password:
        yield SpecError("memory.path holds a password, and settings are written down", "give it as PGPASSWORD or in ~/.pgpass", field="memory.path")


def _judge_refusals(run: RunSpec) -> Iterator[SpecError]:
    """What only judges can do, without any."""
    fix = "add a table [judge.by] with an engine, or leave it out"
    if run.judge.by:
        return
    if JUDGE in {*run.reinforce.weights, *run.reinforce.base}:
        yield SpecError("judge has a weight, but nobody judges", fix, field="reinforce.weights.judge")
    if run.rounds.enabled and run.rounds.by == JUDGE:
        yield SpecError("rows are to be chosen by a judge, but nobody judges", fix, field="rounds.by")


def _tracker_refusals(run: RunSpec) -> Iterator[SpecError]:
    """A tracker that nobody knows, or one that is named twice."""
    for name in dict.fromkeys(run.report_to):
        if name not in names("tracker"):
            near = get_close_matches(name, names("tracker"), n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            yield SpecError(f"there is no tracker called {name!r}", f"{hint}known: {', '.join(names('tracker'))}", field="report_to")
        if run.report_to.count(name) > 1:
            yield SpecError(f"the tracker {name!r} is named twice", "name it once", field="report_to")


def _unknown(by: str) -> SpecError | None:
    """What is said of a way to choose that nobody knows."""
    known = [*COMPARED, JUDGE, *names("acquisition")]
    if by in known:
        return None
    near = get_close_matches(by, known, n=1)
    return SpecError(f"rows cannot be chosen by {by!r}", f"{f'did you mean {near[0]!r}? ' if near else ''}known: {', '.join(known)}", field="rounds.by")


def _verifier_refusal(run: RunSpec) -> SpecError | None:
    """The verifier is a student without settings of its own."""
    name = run.feedback.verifier_engine
    error = _refusal("student", name, StudentSpec(engine=name))
    if error is None and gives(name, LABELS):
        return None
    reason, wanted = (error.message, "needs no settings") if error else ("it gives answers, not labels", "gives labels")
    return SpecError(f"the student {name!r} cannot be the verifier: {reason}", f'take one that {wanted}, for example "tfidf"', field="feedback.verifier_engine")


def refuse_unteachable(run: RunSpec, generator: object) -> None:
    """Raise SpecError where the run is to learn from rewards and its generator, or the class that makes it, cannot. Without learning there is nothing to refuse."""
    learns = run.reinforce.method != "off" and run.explore.enabled and run.finetune.enabled
    able = issubclass(generator, Reinforcer) if isinstance(generator, type) else isinstance(generator, Reinforcer)
    if learns and not able:
        known = [name for name in offered("generator") if isinstance(factory := find("generator", name), type) and issubclass(factory, Reinforcer)]
        fix = f'set reinforce.method to "off", or take one of the engines that can: {", ".join(known)}'
        raise SpecError(f"the engine {run.generator.engine!r} cannot learn from rewards, as reinforce.method = {run.reinforce.method!r} asks", fix, field="reinforce.method")


def _reinforcer_refusal(run: RunSpec) -> SpecError | None:
    """An engine that is no class shows what it can only when it is made."""
    try:
        factory = find("generator", run.generator.engine)
        if isinstance(factory, type):
            refuse_unteachable(run, factory)
    except SpecError as error:
        return error if error.field == "reinforce.method" else None
    return None


def _utility_refusals(spec: ReinforceSpec) -> Iterator[SpecError]:
    """A function that nobody knows, or a weight of utility without a function."""
    if spec.utility and spec.utility not in names("acquisition"):
        near = get_close_matches(spec.utility, names("acquisition"), n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        yield SpecError(f"there is no acquisition function called {spec.utility!r}", f"{hint}known: {', '.join(names('acquisition'))}", field="reinforce.utility")
    if not spec.utility and "utility" in {*spec.weights, *spec.base}:
        yield SpecError("utility has a weight, but no function is named for it", 'set reinforce.utility, for example to "loss"', field="reinforce.weights.utility")


def _placed(error: SpecError, origin: Settings | None, table: str) -> SpecError:
    field, fix = (_of(table, text) for text in (error.field or table, error.fix))
    line = origin.line(tuple(field.split("."))) if origin else 0
    return SpecError(_of(table, error.message), fix, file=origin.file if origin else "", line=line, field=field)


def _of(table: str, text: str) -> str:
    """Generators speak of [generator]; the same engine may be the teacher or a judge."""
    return re.sub(r"\bgenerator\.", {"judge": "judge.by."}.get(table, f"{table}."), text) if table in ("teacher", "judge") else text
