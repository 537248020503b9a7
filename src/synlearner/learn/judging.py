"""Judges of a run: questions go out as steps of the ledger, through the run's purse, cache and budget; what is believed of the answers comes back.

A judge is any configured engine that answers prompts. How far it is believed is found out before it reads the first row of a task: on rows that people judged, or without these on
seed rows beside seed rows with another label, never on gold. That is written down once, so that a continued run believes what it believed. A judge that is
no better than chance there is not asked again. Of several judges each is calibrated by itself, and their mean counts; where one gives no answer the others do.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

from synlearner.evaluate.judges import LEAST, LEAST_EACH, Agreement, Calibration, Known, Swapped, calibrated, verdict
from synlearner.feedback.rubrics import MOST_SHOWN, Grade, Rubric, comparing, grading, read_comparison, read_grade, rubric, rubric_of
from synlearner.learn.desk import Desk, once
from synlearner.learn.writing import ask
from synlearner.protocols import Generator
from synlearner.records import Draft, Failure, Measurement, Prompt, Sample, Score, Turn, Unscored
from synlearner.registry import find
from synlearner.seeding import content_hash, derive, rng
from synlearner.store.reading import Reading
from synlearner.stream.specs import JUDGE
from synlearner.stream.tasks import Task

# How steps are named in which judges were asked, and in which their word was put together. Both run inside others.
ASKING, TOGETHER = "judging.", "judged."
Answer = TypeVar("Answer")
Source = Literal["people", "seeds", "nobody"]


class Shown(NamedTuple):
    """What a judge is shown of a row: the record, and the attributes that were asked for."""

    record: Mapping[str, str]
    attributes: Mapping[str, str]


class Example(NamedTuple):
    """A row that somebody knows about, with the rubric of its task; `source` names the row that it was made of."""

    told: Rubric
    shown: Shown
    good: bool
    source: str


@dataclass(frozen=True, slots=True)
class Trust:
    """Whether a judge is believed (`reason`: why not), and how its word is read."""

    calibration: Calibration = field(default_factory=Calibration)
    reason: str = ""


@dataclass(frozen=True)
class Judges:
    """The judges of a run for one task: a `Panel`."""

    desk: Desk
    task: Task
    told: Rubric
    trusts: Sequence[Trust]

    @property
    def identity(self) -> str:
        """Names judges, rubric and what is believed of them."""
        return content_hash([self.told.identity, [[j.identity, t.reason, [list(p) for p in t.calibration.line]] for j, t in zip(self.desk.judges, self.trusts, strict=True)]])

    @property
    def use(self) -> Literal["annotate", "drop", "off"]:
        return self.desk.run.judge.use

    @property
    def threshold(self) -> float:
        return self.desk.run.judge.threshold

    def judge(self, samples: Sequence[Sample]) -> list[tuple[Measurement, str]]:
        """For each sample the mean of what the believed judges say that answered, and the critique of the one that thinks least of it."""
        shown = [Shown(self.task.record(s.row), s.attributes) for s in samples]
        believed = {i: trust for i, trust in enumerate(self.trusts) if not trust.reason}
        if not believed:
            return [(Unscored(JUDGE, f"no judge is believed: {self.trusts[0].reason}"), "")] * len(samples)
        table = {i: graded(self.desk, self.task.name, self.desk.judges[i], [(self.told, s) for s in shown], "rows") for i in believed}
        rows = [[(believed[i].calibration.at(g.value), g.critique) if isinstance(g := table[i][n], Grade) else g for i in believed] for n in range(len(shown))]
        self._note(shown, rows)
        return [_together(row) for row in rows]

    def _note(self, shown: Sequence[Shown], rows: Sequence[Sequence[tuple[float, str] | str]]) -> None:
        """Write down how many judges scored the rows, and the sums of their agreement."""
        sums = Agreement.of([[said[0] for said in row if not isinstance(said, str)] for row in rows])
        inputs = {"judges": self.identity, "rows": content_hash([[dict(s.record), dict(s.attributes)] for s in shown])}
        name = f"{TOGETHER}{content_hash(inputs)}"
        once(self.desk, self.task.name, name, inputs, lambda: {"rows": len(rows), **asdict(sums), "answered": {str(k): n for k, n in sums.answered.items()}})


def _together(row: Sequence[tuple[float, str] | str]) -> tuple[Measurement, str]:
    scored = [said for said in row if not isinstance(said, str)]
    if not scored:
        return Unscored(JUDGE, "; ".join(dict.fromkeys(str(said) for said in row))), ""
    critique = min(scored)[1]
    return Score(JUDGE, sum(value for value, _ in scored) / len(scored)), critique if len(critique) <= MOST_SHOWN else critique[: MOST_SHOWN - 1] + "…"


def panel_for(desk: Desk, task: Task) -> Judges | None:
    """The judges as far as they are believed on this task, which is found out now where it is not known yet; None where nobody judges."""
    if not desk.judges:
        return None
    told = rubric_of(task, desk.run.judge.points)
    return Judges(desk, task, told, _trusts(desk, task, told))


def bare_panel(desk: Desk, task: Task) -> Judges | None:
    """The judges as they are, uncalibrated and unmeasured; None where nobody judges."""
    return Judges(desk, task, rubric_of(task, desk.run.judge.points), [Trust() for _ in desk.judges]) if desk.judges else None


# ── asking ──────────────────────────────────────────────────────────────


class _Quiet:
    """Judges are asked inside other steps, whose progress is not theirs."""

    def start(self, step: str, total: int) -> None: ...

    def advance(self, count: int = 1) -> None: ...

    def finish(self, note: str = "") -> None: ...

    def say(self, text: str) -> None: ...


def answered(desk: Desk, task: str, judge: Generator, prompts: Sequence[Prompt], purpose: str, read: Callable[[Prompt, Draft | Failure], Answer | str]) -> list[Answer | str]:
    """What a judge says to each question, or why that says nothing, in words. Equal questions are asked once; a step of the ledger keeps the answers."""
    if not prompts:
        return []
    different = {p.id: p for p in prompts}
    inputs = {"judge": judge.identity, "purpose": purpose}
    key = content_hash([inputs, list(different)])
    opened = desk.ledger.open_step(key, task=task, name=f"{ASKING}{key}", inputs=inputs)
    desk.ledger.add_prompts(key, list(different.values()))
    began = time.monotonic()
    answers = ask(replace(desk, progress=_Quiet()), key, [Turn(p) for p in different.values()], judge)
    found = {i: read(p, answers[i]) for i, p in different.items()}
    if opened.result is None:
        unscored = Counter(said for said in found.values() if isinstance(said, str))
        seconds = time.monotonic() - began
        result = {**inputs, "asked": len(different), "unscored": dict(unscored.most_common()), "tokens": desk.ledger.tokens_of(key), "seconds": seconds}
        desk.ledger.close_step(key, result, seconds=seconds)
    return [found[p.id] for p in prompts]


def graded(desk: Desk, task: str, judge: Generator, rows: Sequence[tuple[Rubric, Shown]], purpose: str) -> list[Grade | str]:
    """A judge's grade of each row, or why there is none."""
    prompts = [grading(told, shown.record, shown.attributes, task=task, seed=desk.run.seed) for told, shown in rows]
    rubrics = dict(zip((p.id for p in prompts), (told for told, _ in rows), strict=True))
    return answered(desk, task, judge, prompts, purpose, lambda prompt, answer: read_grade(rubrics[prompt.id], answer))


def compared(desk: Desk, task: Task, judge: Generator, pairs: Sequence[tuple[Mapping[str, str], Mapping[str, str]]], purpose: str) -> list[tuple[float, bool] | str]:
    """Of each pair of records, asked in both orders: 1 where the first is better, 0 where the second is, else a half, and whether both orders said the same. A verdict that
    changes with the order is a half.
    """
    forth, back = _both_orders(desk, task, judge, pairs, purpose)
    return [verdict(a, b) if not (isinstance(a, _No) or isinstance(b, _No)) else str(a if isinstance(a, _No) else b) for a, b in zip(forth, back, strict=True)]


def swapped(desk: Desk, task: Task, judge: Generator, pairs: Sequence[tuple[Mapping[str, str], Mapping[str, str]]], purpose: str) -> Swapped:
    """The same, counted, with how far the judge leans to what it is shown first."""
    forth, back = _both_orders(desk, task, judge, pairs, purpose)
    both = [(str(a), str(b)) for a, b in zip(forth, back, strict=True) if not isinstance(a, _No) and not isinstance(b, _No)]
    told = [verdict(a, b) for a, b in both]
    counts, places = Counter(value if same else None for value, same in told), Counter(a for a, b in both if a == b)
    return Swapped(counts[1.0], counts[0.0], counts[0.5], counts[None], places["A"], places["B"], len(pairs) - len(both))


class _No(str):
    """Why there is no winner."""

    __slots__ = ()


def _both_orders(desk: Desk, task: Task, judge: Generator, pairs: Sequence[tuple[Mapping[str, str], Mapping[str, str]]], purpose: str) -> tuple[list[str], list[str]]:
    told, seed, n = rubric_of(task, desk.run.judge.points), desk.run.seed, len(pairs)
    orders = [*pairs, *((b, a) for a, b in pairs)]
    prompts = [comparing(told, a, b, task=task.name, seed=seed) for a, b in orders]

    def read(_: Prompt, answer: Draft | Failure) -> tuple[str, str] | str:
        return read_comparison(answer)

    found = [_No(said) if isinstance(said, str) else said[1] for said in answered(desk, task.name, judge, prompts, purpose, read)]
    return found[:n], found[n:]


# ── believing ───────────────────────────────────────────────────────────


def _trusts(desk: Desk, task: Task, told: Rubric) -> list[Trust]:
    """What is believed of each judge on this task, from the ledger or found out and recorded."""
    spec = desk.run.judge
    inputs = {"task": task.key, "rubric": told.identity, "judges": [j.identity for j in desk.judges], **spec.model_dump(mode="json", include={"rows", "calibration", "believe"})}
    found = once(desk, task.name, JUDGE, inputs, lambda: _measured(desk, task, told))
    always = spec.believe == "always"
    return [Trust(Calibration(tuple((x, y) for x, y in one["line"])), "" if always else one["reason"]) for one in found["judges"]]


def _measured(desk: Desk, task: Task, told: Rubric) -> dict[str, Any]:
    spec = desk.run.judge
    source, examples = known_rows(desk, task, told)
    fit = None if spec.calibration == "off" else find("calibration", spec.calibration)
    judges = []
    for judge, engine in zip(desk.judges, spec.by, strict=True):
        grades = graded(desk, task.name, judge, [(e.told, e.shown) for e in examples], "calibration")
        known = [Known(g.value, e.good, e.source) for g, e in zip(grades, examples, strict=True) if isinstance(g, Grade)]
        line, reliable = calibrated(known, fit, seed=derive(desk.run.seed, "judges"))
        judges.append({"judge": judge.identity, "name": f"{engine.engine} {engine.model}".strip(), **asdict(reliable), "line": [list(p) for p in line.line]})
    return {"source": source, "shown": len(examples), "judges": judges}


def known_rows(desk: Desk, task: Task, told: Rubric) -> tuple[Source, list[Example]]:
    """The rows that judges are measured on, and who knows about them."""
    spec, draws = desk.run.judge, rng(desk.run.seed, task.name, "judge rows")
    people = _by_people(desk)
    if (good := sum(e.good for e in people)) >= LEAST_EACH and len(people) - good >= LEAST_EACH and len(people) >= LEAST:
        return "people", draws.sample(people, min(len(people), spec.rows))
    rows = draws.sample(list(task.seeds), min(len(task.seeds), max(1, spec.rows // 2))) if len(task.labels) > 1 else []
    found = []
    for row in rows:
        other = draws.choice([label for label in task.labels if label != row.label])
        found += [Example(told, Shown(task.record(replace(row, label=label)), {}), label == row.label, row.id) for label in (row.label, other)]
    return "seeds" if found else "nobody", found


def _by_people(desk: Desk) -> list[Example]:
    """Rows that people judged, in the run that the settings name or in this one so far, each with the rubric of its task."""
    with Reading.open(Path(desk.run.judge.people) if desk.run.judge.people else desk.folder) as reading:
        tasks = {t["name"]: t for t in reading.spec().get("tasks", ())}
        spoken = reading.spoken()
    rubrics = {n: rubric(t["instruction"], t["target"], t.get("definitions", {}), t.get("rubric", {}), points=desk.run.judge.points) for n, t in tasks.items()}
    found = []
    for s in spoken:
        told = rubrics[s.task]
        found.append(Example(told, Shown({told.target: s.label, **s.fields}, s.attributes), s.good, s.prompt))
    return found
