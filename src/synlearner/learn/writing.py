"""Writing rows: from a plan of prompts to samples that passed every filter, through the ledger.

Each call is one step. What was answered before a kill is read from the ledger and only the rest is generated, in the same units and
with the same seeds, so that an interrupted step ends exactly as an uninterrupted one.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace

from synlearner.errors import Interrupted
from synlearner.feedback.filters import Filters, kept
from synlearner.generate.fewshot import choose, ending_with
from synlearner.generate.parsing import complaint, correctable, parse
from synlearner.generate.plans import Assignment, design, pair_coverage, shares
from synlearner.generate.prompts import each
from synlearner.generate.sampling import cut
from synlearner.learn.asking import Conversation, Late, Step, conversing
from synlearner.learn.desk import Desk
from synlearner.learn.recalling import dealt, planned, recall
from synlearner.learn.recorded import RecordedPrompts
from synlearner.protocols import Generator, Likely, Talking, Wired
from synlearner.records import LOGPROB, Counts, Draft, Failure, Hint, Mark, Measurement, Outcome, Prompt, Rejection, Row, Sample, Score, Turn, Unscored
from synlearner.seeding import content_hash, derive
from synlearner.store.ledger import POSTPONED
from synlearner.stream.tasks import Task

# Part of every step's key: raise it when a change makes steps produce other rows from the same inputs.
METHOD = 3
# A label's acceptance is taken to be at least this, and begins as so many prompts at the acceptance of all labels: a few answers tell little.
LOWEST, WEIGHT = 0.2, 4


@dataclass(frozen=True, slots=True)
class Written:
    """What a writing step left: the samples that stay, in prompt order, marks and measurements by prompt, and what became of every prompt,
    in numbers and as it is.
    """

    step: str
    samples: tuple[Sample, ...]
    prompts: RecordedPrompts
    marks: dict[str, list[Mark]]
    scores: dict[str, list[Measurement]]
    counts: Counts
    outcomes: tuple[Outcome, ...] = ()
    late: tuple[Late, ...] = ()


def write(
    desk: Desk,
    task: Task,
    assignments: Sequence[Assignment],
    *,
    step: str,
    few_shot: int,
    own: float,
    generator: Generator,
    filters: Filters,
    correct: bool,
    limit: Mapping[str, int] | None = None,
    seed_name: str = "",
    rows: Sequence[Row | None] = (),
    hints: Sequence[Hint] = (),
    late: Sequence[Late] = (),
    talk: Conversation | None = None,
) -> Written:
    """One step: prompts from assignments, answers from the generator, verdicts from parsing and filters. Of the samples that stay, those
    beyond the `limit` of their label are marked as surplus. Steps of one `seed_name` (empty: the step's own name) ask the same prompts for
    the same assignments. `rows`: for each assignment the row that is written around, where there is one. Each prompt shows some of the `hints`.
    In a `talk` over several steps, this one begins with what the one before left `late`, and may leave some itself.
    """
    drawn = seed_name or step
    examples: Sequence[tuple[Row, ...]] = choose(task, assignments, few_shot, own=own, seed=derive(desk.run.seed, task.name, drawn, "few-shot"))
    examples = ending_with(examples, rows, few_shot) if rows else examples
    seed = derive(desk.run.seed, task.name, drawn)
    shown = dealt(hints, len(assignments), seed=seed)
    rivals = desk.run.generator.guidance > 0
    inputs = {
        "method": METHOD,
        "task": task.key,
        "generator": generator.identity,
        "feedback": desk.run.feedback.model_dump(mode="json"),
        "correct": correct,
        "limit": limit and dict(limit),
    }
    # Everything that determines the prompts, so that the first of them can be asked before the last is made.
    key = content_hash([inputs, step, [seed, rivals, *_asked(assignments, examples, shown, rows, late)], filters.identity])
    opened = desk.ledger.open_step(key, task=task.name, name=step, inputs=inputs)
    began = time.monotonic()
    desk.progress.start(f"{task.name}: {step}", len(late) + len(assignments))
    desk.watch_spending()
    made = each(task, assignments, examples, step=drawn, seed=seed, rivals=rivals, hints=shown)
    prompts, found, left = _answered(desk, task, key, made, len(assignments), generator, correct=correct, late=late, talk=talk)
    outcomes = [found[i] for i in prompts]
    samples = [o for o in outcomes if isinstance(o, Sample)]
    marks, measured = filters.judge(samples)
    labels = [*(item.prompt.label for item in late), *(a.label for a in assignments)]
    marks += surplus(kept(samples, marks), dict(zip(prompts, labels, strict=True)), limit) if limit is not None else []
    scores = {s.prompt_id: [*m, *likely] for s, m, likely in zip(samples, measured, _likelihoods(desk, key, samples, generator), strict=True)}
    desk.ledger.add_verdicts(key, outcomes, marks, scores)
    stay = kept(samples, marks)
    counts = count(outcomes, stay, marks)
    if opened.result is None:
        desk.ledger.close_step(key, _result(desk, key, counts, outcomes, scores, assignments) | {"left": len(left)}, seconds=time.monotonic() - began)
    desk.progress.finish(f"{sentence(counts)}{f'; {len(left)} more left to the next round' if left else ''}")
    return Written(key, tuple(stay), prompts, _by_prompt(marks), scores, counts, tuple(outcomes), tuple(left))


def _likelihoods(desk: Desk, key: str, samples: Sequence[Sample], generator: Generator) -> list[list[Measurement]]:
    """How likely the generator found each sample's answer, where it was asked to tell."""
    if not (isinstance(generator, Likely) and generator.logprobs):
        return [[] for _ in samples]
    told, untold = desk.ledger.logprobs(key), Unscored(LOGPROB, "the server told no log probability of each token, or thoughts are among them")
    found = [told.get((s.prompt_id, s.turn)) for s in samples]
    return [[untold if value is None else Score(LOGPROB, value)] for value in found]


def _asked(
    assignments: Sequence[Assignment], examples: Sequence[Sequence[Row]], hints: Sequence[Sequence[Hint]], rows: Sequence[Row | None], late: Sequence[Late]
) -> list[list[object]]:
    """What the prompts follow from, besides the task and the step's own name."""
    return [
        [[a.label, list(a.attributes.items()), [row.id for row in shown]] for a, shown in zip(assignments, examples, strict=True)],
        [[h.id for h in some] for some in hints],
        [r and dict(r.fields) for r in rows],
        [item.prompt.id for item in late],
    ]


def _answered(
    desk: Desk, task: Task, key: str, made: Iterator[Prompt], many: int, generator: Generator, *, correct: bool, late: Sequence[Late], talk: Conversation | None
) -> tuple[RecordedPrompts, Mapping[str, Outcome], Sequence[Late]]:
    """The step's prompts, what became of each, and what is left to the next step."""
    if not isinstance(generator, Talking):
        prompts = RecordedPrompts(desk.ledger)
        fill(desk, key, 0, cut(_first_turns(desk, key, made, prompts), generator.unit), generator)
        return prompts, _outcomes(desk, task, key, prompts, generator, correct=correct), ()
    with nullcontext(talk) if talk else conversing(generator) as open_talk:
        assert open_talk is not None
        step = Step(desk, task, key, open_talk, late, many, correct=correct, carry=talk is not None)
        step.run(made)
    return step.prompts, step.outcomes, step.left


def _by_prompt(marks: Sequence[Mark]) -> dict[str, list[Mark]]:
    found: dict[str, list[Mark]] = {}
    for mark in marks:
        found.setdefault(mark.prompt_id, []).append(mark)
    return found


def surplus(stay: Sequence[Sample], label_of: Mapping[str, str], limit: Mapping[str, int]) -> list[Mark]:
    """Marks that drop what was kept of a label beyond its limit; `label_of` tells by prompt id which label was asked for."""
    had: Counter[str] = Counter()
    marks = []
    for sample in stay:
        label = label_of[sample.prompt_id]
        had[label] += 1
        if had[label] > limit.get(label, 0):
            wanted = f"{limit.get(label, 0)} rows{f' of {label!r}' if label else ''} were wanted"
            marks.append(Mark(sample.prompt_id, "surplus", True, "surplus", wanted))
    return marks


def _first_turns(desk: Desk, key: str, made: Iterator[Prompt], prompts: RecordedPrompts) -> list[Turn]:
    """The step's prompts, recorded; they are in memory until they are answered."""
    asked = list(made)
    desk.ledger.add_prompts(key, asked)
    prompts.add(key, [p.id for p in asked])
    return [Turn(p) for p in asked]


def _outcomes(desk: Desk, task: Task, key: str, prompts: Mapping[str, Prompt], generator: Generator, *, correct: bool) -> dict[str, Outcome]:
    outcomes = dict(_each_read(desk, task, key, prompts, 0))
    if correct:
        again = [Turn(prompts[i], o.raw, complaint(task, prompts[i], o)) for i in prompts if isinstance(o := outcomes[i], Rejection) and correctable(o)]
        fill(desk, key, 1, cut(again, generator.unit), generator)
        # A failed correction leaves the first verdict: the reason why the row is missing is still the bad answer.
        outcomes |= {i: o for i, o in _each_read(desk, task, key, prompts, 1) if not isinstance(o, Failure)} if again else {}
    return outcomes


def _each_read(desk: Desk, task: Task, key: str, prompts: Mapping[str, Prompt], turn: int) -> Iterator[tuple[str, Outcome]]:
    """What became of each prompt's answer of a turn. Answers come one at a time: together with what is made of them they would be twice in memory."""
    for answer in desk.ledger.each_answer(key, turn):
        yield answer.prompt_id, parse(task, prompts[answer.prompt_id], answer) if isinstance(answer, Draft) else answer


def ask(desk: Desk, key: str, turns: Sequence[Turn], generator: Generator) -> dict[str, Draft | Failure]:
    """Answers by prompt id; only units that the ledger does not have are generated. All turns are of one number."""
    if not turns:
        return {}
    fill(desk, key, turns[0].number, cut(turns, generator.unit), generator)
    return desk.ledger.answers(key, turns[0].number)


def fill(desk: Desk, key: str, number: int, units: Sequence[Sequence[Turn]], generator: Generator) -> None:
    """Have every unit of turns of a number answered in the ledger. Where a cap keeps a request from leaving only because others set more aside than they
    took, it is asked again when they have ended; `Interrupted` means that nothing more fits.
    """
    local = not isinstance(generator, Wired)
    done = desk.ledger.units(key, number)
    desk.progress.advance(sum(len(units[i]) for i in done) if number == 0 else 0)
    while owed := [i for i in range(len(units)) if i not in done]:
        desk.check_budget(tokens=local)
        try:
            _generate(desk, key, number, units, owed, generator)
        except Interrupted as stop:
            if not desk.goes_on(stop):
                raise
        done = desk.ledger.units(key, number)


def _generate(desk: Desk, key: str, number: int, units: Sequence[Sequence[Turn]], owed: Sequence[int], generator: Generator) -> None:
    local = not isinstance(generator, Wired)
    asked = [units[i] for i in owed]
    with desk.writing():
        for place, answers in generator.write(asked):
            desk.keep_unit(key, number, owed[place], answers, local=local)
            desk.progress.advance(len(answers) if number == 0 else 0)
            desk.check_budget(tokens=local)


def count(outcomes: Sequence[Outcome], stay: Sequence[Sample], marks: Sequence[Mark]) -> Counts:
    """Planned = kept + rejected (by parsing or by the first filter that drops) + failed. What was left to the next step is counted there."""
    outcomes = [o for o in outcomes if not (isinstance(o, Failure) and o.error == POSTPONED)]
    staying = {s.prompt_id for s in stay}
    why: dict[str, str] = {}
    for mark in marks:
        if mark.drop:
            why.setdefault(mark.prompt_id, mark.reason)
    rejected = Counter(o.reason for o in outcomes if isinstance(o, Rejection))
    rejected.update(why[o.prompt_id] for o in outcomes if isinstance(o, Sample) and o.prompt_id not in staying)
    failed = sum(isinstance(o, Failure) for o in outcomes)
    return Counts(len(outcomes), len(stay), dict(rejected.most_common()), failed)


def sentence(counts: Counts) -> str:
    """The counts as one line for people."""
    reasons = ", ".join(f"{n} {reason}" for reason, n in counts.rejected.items())
    total = sum(counts.rejected.values())
    return f"{counts.planned} planned = {counts.kept} kept + {total} rejected{f' ({reasons})' if reasons else ''} + {counts.failed} failed"


def _result(desk: Desk, key: str, counts: Counts, outcomes: Sequence[Outcome], scores: dict[str, list[Measurement]], assignments: Sequence[Assignment]) -> dict[str, object]:
    unscored = Counter(m.name for found in scores.values() for m in found if isinstance(m, Unscored))
    return {
        "planned": counts.planned,
        "kept": counts.kept,
        "rejected": dict(counts.rejected),
        "failed": counts.failed,
        "unscored": dict(unscored),
        "tokens": desk.ledger.tokens_of(key),
        "corrected": sum(isinstance(o, Sample) and o.turn > 0 for o in outcomes),
        "pair_coverage": pair_coverage(assignments),
    }


@dataclass(frozen=True, slots=True)
class Dataset:
    """Accepted rows of all rounds with the prompts that they answered, by prompt what filters said and measured, and by label how many rows are
    missing.

    Of closed rounds, `rest` has the accepted rows of those after the best, which are no part of it, and `ends` the number of accepted rows after each round.
    """

    samples: tuple[Sample, ...]
    prompts: RecordedPrompts
    marks: dict[str, list[Mark]]
    scores: dict[str, list[Measurement]]
    steps: tuple[str, ...]
    wanted: int
    short: Mapping[str, int] = field(default_factory=dict)
    rest: tuple[Sample, ...] = ()
    ends: tuple[int, ...] = ()


Around = Mapping[str, Sequence[Row]]
NOTHING: Around = {}


def write_rows(
    desk: Desk, task: Task, rows: int | Mapping[str, int], *, step: str, generator: Generator, filters: Filters, seed_name: str = "", around: Around = NOTHING
) -> Dataset:
    """Rounds of prompts until every label has its share of `rows` samples (or as many as `rows` says) or `attempts` × rows prompts are spent.

    Each round plans for the rows that each label still lacks, at the acceptance seen so far. A label that stays short leaves the data set
    short: other labels do not fill its place. Shares, plan, examples and prompts are drawn under `seed_name`, or under the step's own
    name where it is empty. `around`: by label the rows that prompts are written around, in turn.
    """
    spec, seed = desk.run.synthesis, derive(desk.run.seed, task.name, seed_name or step)
    wanted = shares(task, rows, seed=seed) if isinstance(rows, int) else dict(rows)
    total = sum(wanted.values())
    most = int(total * spec.attempts)
    data = Dataset((), RecordedPrompts(desk.ledger), {}, {}, (), total)
    known, how = recall(desk, task, step).hints, planned(desk, task, spec.plan, step)
    had: Counter[str] = Counter()
    begun: Counter[str] = Counter()
    late: tuple[Late, ...] = ()
    with conversing(generator) as talk:
        while True:
            open_ = Counter(item.prompt.label for item in late)
            missing = {label: n - had[label] for label, n in wanted.items() if n > had[label]}
            quota = top_up(dict(Counter(missing) - open_), had, begun - open_, most - begun.total())
            if not quota and not late:
                break
            name, drawn = f"{step}.{len(data.steps)}", f"{seed_name or step}.{len(data.steps)}"
            plan = design(task, quota, plan=how, seed=derive(desk.run.seed, task.name, drawn))
            written = write(
                desk,
                task,
                plan,
                step=name,
                few_shot=spec.few_shot,
                own=spec.few_shot_own,
                generator=generator,
                filters=filters,
                correct=spec.correct,
                limit=missing,
                seed_name=drawn,
                rows=in_turn(around, [a.label for a in plan], begun) if around else (),
                hints=known,
                late=late,
                talk=talk,
            )
            had.update(s.row.label if task.kind.closed else "" for s in written.samples)
            begun.update(quota)
            late = written.late
            data = joined(data, written)
    return replace(data, short={label: n - had[label] for label, n in wanted.items() if n > had[label]})


def in_turn(around: Around, labels: Sequence[str], spent: Mapping[str, int]) -> list[Row | None]:
    """A row of each label that is asked for, its rows one after another, going on behind those that were `spent`; None for a label without rows."""
    place = Counter(spent)
    found: list[Row | None] = []
    for label in labels:
        rows = around.get(label, ())
        found.append(rows[place[label] % len(rows)] if rows else None)
        place[label] += 1
    return found


def joined(data: Dataset, more: Written | Dataset) -> Dataset:
    """A data set with what was written after it."""
    steps, wanted = ((more.step,), data.wanted) if isinstance(more, Written) else (more.steps, data.wanted + more.wanted)
    short = dict(Counter(data.short) + Counter({} if isinstance(more, Written) else more.short))
    return Dataset((*data.samples, *more.samples), data.prompts | more.prompts, data.marks | more.marks, data.scores | more.scores, (*data.steps, *steps), wanted, short)


def top_up(missing: Mapping[str, int], had: Mapping[str, int], spent: Mapping[str, int], most: int) -> dict[str, int]:
    """Prompts per label for `missing` rows, where `had` rows came of `spent` prompts; at most `most`, of which those who ask for few get all."""
    everywhere = sum(had.values()) / sum(spent.values()) if spent else 1.0
    wish = {}
    for label, n in missing.items():
        acceptance = (had.get(label, 0) + WEIGHT * everywhere) / (spent.get(label, 0) + WEIGHT)
        wish[label] = max(1, round(n / max(LOWEST, acceptance)))
    given: dict[str, int] = {}
    for place, label in enumerate(sorted(wish, key=lambda name: wish[name])):
        given[label] = min(wish[label], (most - sum(given.values())) // (len(wish) - place))
    return {label: given[label] for label in wish if given[label]}
