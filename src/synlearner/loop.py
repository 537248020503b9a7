"""The whole method on one page: for each task of the stream explore, learn, write, prove, remember.

Comes in: a `Stream` and a run folder. Goes out: the folder's ledger, adapters and data sets, from which `report` tells what happened.
Every step is in the ledger under the hash of what determines it, so calling `run` again continues where a killed run ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from synlearner.evaluate.compare import compare, score
from synlearner.evaluate.curves import measured
from synlearner.evaluate.student import examine
from synlearner.experience.controls import FORGETFUL, passed_on
from synlearner.feedback.filters import Filters
from synlearner.feedback.verifiers import StudentVerifier
from synlearner.learn import dataset
from synlearner.learn.coaching import coach
from synlearner.learn.critics import critic_of
from synlearner.learn.desk import Desk, once, opened
from synlearner.learn.finetune import finetune, lessons_of, lessons_of_seeds
from synlearner.learn.initialise import best, explore
from synlearner.learn.judging import panel_for
from synlearner.learn.recalling import note
from synlearner.learn.reinforce import Learnt, carry, reinforce
from synlearner.learn.rounds import sizes_of, write_in_rounds
from synlearner.learn.warming import warm_start
from synlearner.learn.writing import Dataset, Written, write_rows
from synlearner.protocols import Generator, Progress, Tuner, Verifier
from synlearner.records import Adapter, Lesson, Row, Unscored
from synlearner.registry import find
from synlearner.seeding import derive
from synlearner.store.ledger import Resume
from synlearner.stream.identity import rows_hash
from synlearner.stream.kinds import Match
from synlearner.stream.specs import RunSpec
from synlearner.stream.tasks import Stream, Task


@dataclass(slots=True)
class Experience:
    """What is carried from task to task: adapters, lessons to replay, and the texts already written."""

    adapters: list[Adapter | None] = field(default_factory=list)
    lessons: dict[str, list[Lesson]] = field(default_factory=dict)
    rows: dict[str, list[Row]] = field(default_factory=dict)


def run(stream: Stream, folder: Path, *, resume: Resume = "if_possible", progress: Progress) -> Path:
    """Walk the stream. Raises `Interrupted` when a budget ends it; what was written until then stays and can be reported."""
    with opened(stream, folder, resume, progress) as desk:
        experience = Experience()
        if desk.run.evaluation.matrix in ("full", "upper-one"):
            measure(desk, stream, -1, range(len(stream.tasks)), adapter=None)
        joint = desk.run.experience.history == "joint"
        shared = learn_jointly(desk, stream) if joint else None
        for view in stream.arrivals():
            task, i = view.task, view.position
            start = warm_start(desk, view, experience.adapters, partial(filters_for, desk, task, experience)) if carried(desk.run) else None
            learnt = Learnt(shared) if joint else learn(desk, task, experience, start)  # DAI, EFT, HRO
            data = synthesise(desk, task, experience, learnt.adapter)
            dataset.keep(desk, task, stream.exams[task.name], data, learnt.adapter)
            prove(desk, stream, task, data)
            trace(desk, stream, task, data)
            note(desk, task, data.steps, learnt.adapter, critic_of(desk))
            remember(desk, experience, task, data, carry(desk, task, learnt, experience.lessons, start=start))
            measure(desk, stream, i, cells(desk.run.evaluation.matrix, i, len(stream.tasks)), adapter=learnt.adapter)
    return folder


def carried(run: RunSpec) -> bool:
    """Whether a task starts from what earlier ones taught."""
    return run.experience.history not in FORGETFUL and run.experience.warm_start != "fresh"


def learn(desk: Desk, task: Task, experience: Experience, start: Adapter | None) -> Learnt:
    """What the generator is after the task; where learning is switched off, what it was before."""
    if not learns(desk):
        return Learnt(start)
    drafts = explored(desk, task, experience, start)
    lessons = worth_learning(desk, task, drafts)
    adapter = finetune(desk, task, lessons, experience.lessons, start=start)
    if desk.run.reinforce.method == "off":
        return Learnt(adapter, lessons)
    judges = coach(desk, task, verifier_for(desk, task), drafts.samples, dataset.texts_of(experience.rows), partial(filters_for, desk, task, experience))
    return Learnt(reinforce(desk, experience.lessons, judges, start=adapter), lessons, judges)


def learn_jointly(desk: Desk, stream: Stream) -> Adapter | None:
    """The joint control: all lessons of all tasks at once, explored from the base. It sees every task, as no learner of a stream can."""
    if not learns(desk):
        return None
    lessons = [lesson for task in stream.tasks for lesson in worth_learning(desk, task, explored(desk, task, Experience(), None))]
    return finetune(desk, stream.tasks[0], lessons, {}, start=None, name="joint")


def learns(desk: Desk) -> bool:
    """Whether the generator can learn, and is to."""
    return desk.run.explore.enabled and desk.run.finetune.enabled and isinstance(desk.generator, Tuner)


def explored(desk: Desk, task: Task, experience: Experience, start: Adapter | None) -> Written:
    """Drafts of the teacher or of the generator itself, as it is before learning."""
    use(desk.generator, start)
    writer = desk.teacher if desk.run.explore.from_teacher and desk.teacher else desk.generator
    return explore(desk, task, generator=writer, filters=filters_for(desk, task, experience))


def worth_learning(desk: Desk, task: Task, drafts: Written) -> list[Lesson]:
    """The best drafts that the filters kept, and the seeds."""
    lessons = lessons_of(task, best(drafts, desk.run.finetune.best_of), drafts.prompts)
    return lessons + lessons_of_seeds(task, desk.run.finetune.seed_passes, desk.run.explore.few_shot, seed=desk.run.seed)


def synthesise(desk: Desk, task: Task, experience: Experience, adapter: Adapter | None) -> Dataset:
    """The task's data set, written by the generator as it is after learning: all at once, or in rounds around the rows that the student needs."""
    use(desk.generator, adapter)
    filters = filters_for(desk, task, experience, final=True)
    if desk.run.rounds.enabled:
        return write_in_rounds(desk, task, filters=filters, adapter=adapter, past=experience.lessons)
    return write_rows(desk, task, desk.run.synthesis.rows, step="synthesis", generator=desk.generator, filters=filters)


def prove(desk: Desk, stream: Stream, task: Task, data: Dataset) -> dict[str, Any]:
    """Fresh students on gold: seeds only, synthetic, both, and equally many real rows where the task has them."""
    exam, rows, seed = stream.exams[task.name], [s.row for s in data.samples], derive(stream.run.seed, task.name, "exam")
    real = dataset.sample_rows(exam.real, len(rows), seed=seed)
    sets = {"seeds_only": task.seeds, "synthetic": rows, "synthetic_and_seeds": [*task.seeds, *rows], "real": real}
    spec, student = desk.run.evaluation, desk.students[task.kind.name]
    inputs = {"steps": list(data.steps), "student": student.identity, "gold": rows_hash(exam.gold), "real": rows_hash(real), "spec": spec.model_dump(mode="json")}
    desk.progress.start(f"{task.name}: students on gold", 1)
    result = once(
        desk,
        task.name,
        "evaluate",
        inputs,
        lambda: {
            **compare(student, sets, exam.gold, labels=task.labels, repeats=desk.run.student.repeats, spec=spec, seed=seed, match=match_of(task)),
            "verifier": trust(task, verifier_for(desk, task), data),
        },
    )
    both, alone = result["scores"]["synthetic_and_seeds"], result["scores"]["seeds_only"]
    desk.progress.finish(f"with synthetic rows {both['mean']:.3f}, seeds only {alone['mean']:.3f}" if both and alone else "; ".join(result["notes"]))
    return result


def trace(desk: Desk, stream: Stream, task: Task, data: Dataset) -> None:
    """The learning curve of a data set that was written in rounds: the student on gold after each of them. It is reported and decides nothing."""
    if not desk.run.rounds.enabled:
        return
    exam, spec, student = stream.exams[task.name], desk.run.evaluation, desk.students[task.kind.name]
    rows, seed, sizes = [s.row for s in (*data.samples, *data.rest)], derive(stream.run.seed, task.name, "exam"), sizes_of(desk.run, data)
    inputs = {"steps": list(data.steps), "sizes": sizes, "student": student.identity, "gold": rows_hash(exam.gold), "spec": spec.model_dump(mode="json")}

    def made() -> dict[str, Any]:
        found = measured(student, task.seeds, rows, sizes, exam.gold, labels=task.labels, repeats=desk.run.student.repeats, seed=seed, match=match_of(task))
        scores = [score(e, spec, seed=seed) if e else None for e in found]
        return {"rows": sizes, "scores": scores, "correct": [e.marks if e else [] for e in found]}

    once(desk, task.name, "curve", inputs, made)


def remember(desk: Desk, experience: Experience, task: Task, data: Dataset, adapter: Adapter | None) -> None:
    """Keep what the next task may start from, replay, and must not repeat."""
    history, seed = desk.run.experience.history, derive(desk.run.seed, task.name, "remember")
    experience.adapters.append(adapter)
    if isinstance(desk.generator, Tuner):  # nobody else replays them
        experience.lessons[task.name] = passed_on(lessons_of(task, data.samples, data.prompts), history, seed=seed)
    experience.rows[task.name] = [] if history == "none" else [s.row for s in data.samples]


def cells(matrix: str, i: int, n: int) -> list[int]:
    """Columns of row i of R that the chosen matrix measures."""
    last = {"none": -1, "lower": i, "upper-one": min(i + 1, n - 1), "full": n - 1}[matrix]
    return list(range(last + 1))


def measure(desk: Desk, stream: Stream, i: int, columns: Sequence[int], *, adapter: Adapter | None) -> None:
    """R[i, j] for the columns j: write a small set with the generator as it is now, and let a fresh student be scored on it.

    Plans, examples and prompts depend on the column alone, so that the scores of a column differ by the generator and by nothing else.
    """
    spec = desk.run.evaluation
    for j in columns:
        task, exam = stream.tasks[j], stream.exams[stream.tasks[j].name]
        use(desk.generator, adapter)
        filters, wanted = filters_for(desk, task, Experience()), spec.matrix_rows or desk.run.synthesis.rows
        data = write_rows(desk, task, wanted, step=f"cell.{i}.{j}", generator=desk.generator, filters=filters, seed_name=f"cell.{j}")
        rows, seed = [s.row for s in data.samples], derive(stream.run.seed, task.name, "exam")
        inputs = {"steps": list(data.steps), "student": desk.students[task.kind.name].identity, "gold": rows_hash(exam.gold)}
        once(desk, task.name, f"cell.{i}.{j}", {"i": i, "j": j, **inputs}, lambda t=task, e=exam, r=rows, s=seed, c=j: _cell(desk, t, e.gold, r, s, i, c))  # type: ignore[misc]


def _cell(desk: Desk, task: Task, gold: tuple[Row, ...], rows: list[Row], seed: int, i: int, j: int) -> dict[str, Any]:
    if not rows:
        return {"i": i, "j": j, "score": None, "rows": 0}
    examined = examine(desk.students[task.kind.name], rows, gold, labels=task.labels, repeats=desk.run.student.repeats, seed=seed, match=match_of(task))
    return {"i": i, "j": j, "score": score(examined, desk.run.evaluation, seed=seed), "rows": len(rows), "correct": examined.marks}


def match_of(task: Task) -> Match | None:
    """Which answers are right, for kinds without labels."""
    return None if task.kind.closed else task.kind.match


def use(generator: Generator, adapter: Adapter | None) -> None:
    """Put the adapter on, where the generator has any."""
    if isinstance(generator, Tuner):
        generator.use(adapter)


def filters_for(desk: Desk, task: Task, experience: Experience, *, final: bool = False) -> Filters:
    """Fresh filters: the task's own verifier, every gold set of the stream, the texts of earlier tasks, and judges. Where these leave no row out they read what is `final`."""
    reads = desk.run.judge.use != "off" and (final or desk.run.judge.use == "drop")
    panel = panel_for(desk, task) if reads else None
    archive = dataset.texts_of(experience.rows)
    return Filters(task, desk.run.feedback, golds=desk.golds_for(task.name), archive=archive, verifier=verifier_for(desk, task), panel=panel)


def verifier_for(desk: Desk, task: Task) -> Verifier | None:
    """The verifier of the task's kind, or for labels a classifier trained on the seed rows alone; None where verification is off or there is neither."""
    seed = derive(desk.run.seed, task.name, "verifier")
    if desk.run.feedback.verifier == "off":
        return None
    if task.kind.verifier:
        own: Verifier = find("verifier", task.kind.verifier)(task, seed=seed)
        return own
    if not task.seeds or not task.kind.closed:
        return None
    return StudentVerifier(desk.verifier_student, task.seeds, task.labels, seed=seed, crossfit=desk.run.feedback.verifier_crossfit)


def trust(task: Task, verifier: Verifier | None, data: Dataset) -> dict[str, Any]:
    """How reliable the label check is on the seeds, and whether it was believed. A kind's own verifier is used as it is."""
    if verifier is not None and not isinstance(verifier, StudentVerifier):
        return {"accuracy": None, "trusted": None, "reason": f"{verifier.name} is the kind's own verifier; it was not measured on the seeds"}
    measured = (
        verifier.reliability_with(data.samples) if verifier else Unscored("verifier", "switched off, or no seeds" if task.kind.closed else "switched off, or the kind has none")
    )
    if isinstance(measured, Unscored):
        return {"accuracy": None, "trusted": False, "reason": measured.reason}
    return {"accuracy": measured.accuracy.mean, "trusted": measured.trusted, "reason": "" if measured.trusted else "no better than chance on the seeds"}
