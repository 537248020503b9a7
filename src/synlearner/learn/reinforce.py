"""HRO: after imitation, learn from rewards on the generator's own drafts; kept only where it is better on prompts that it was not trained on.

Three ways with equally many drafts (`reinforce.method`): GRPO under the reward hierarchy, fine-tuning on the best draft of each prompt, and
DPO on its best and worst. Every draft is in the ledger, and so are the numbers of every training step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from synlearner.experience.controls import SPOILING, passed_on
from synlearner.experience.library import load, manifest
from synlearner.feedback.filters import kept
from synlearner.generate.prompts import contract_json
from synlearner.learn.adopting import adopted
from synlearner.learn.coaching import Coach, judged
from synlearner.learn.desk import Desk
from synlearner.learn.drafting import Judged, asked, attempt, drafted, step_of
from synlearner.learn.finetune import finetune
from synlearner.protocols import Reinforcer
from synlearner.records import Adapter, Course, Draft, Failure, Lesson, Preference, Prompt, Row, Sample
from synlearner.seeding import content_hash, derive
from synlearner.stream.tasks import Task

# Pairs that DPO learns differ by at least so much: below, best and worst are as good as equal.
LEAST_DIFFERENCE = 0.1
# Part of the key of what is learnt from preferences: raise it when an engine makes other tokens of the same pairs.
TOKENS = 2


@dataclass(frozen=True, slots=True)
class Learnt:
    """What the generator is after a task, the lessons that made it so, and who judged it where it learnt from rewards."""

    adapter: Adapter | None
    lessons: Sequence[Lesson] = ()
    coach: Coach | None = None


def reinforce(desk: Desk, past: Mapping[str, Sequence[Lesson]], judges: Coach, *, start: Adapter | None) -> Adapter | None:
    """The adapter after learning from rewards, or `start` where that is no better on the probe. An engine that cannot learn so was refused before the run."""
    return adopted(desk, judges, start, rewarded(desk, past, judges, start=start))


def rewarded(desk: Desk, past: Mapping[str, Sequence[Lesson]], judges: Coach, *, start: Adapter | None) -> Adapter | None:
    """The adapter after learning from rewards, whatever it is worth."""
    spec, task = desk.run.reinforce, judges.task
    seed = derive(desk.run.seed, task.name, "reinforce")
    prompts = asked(desk, task, spec.steps * spec.prompts, seed=seed)
    if spec.method == "best_of":
        return by_the_best(desk, past, judges, prompts, start, seed)
    method = {"hro": by_rewards, "dpo": by_preference}[spec.method]
    return method(desk, judges, prompts, start, seed)


def carry(desk: Desk, task: Task, learnt: Learnt, past: Mapping[str, Sequence[Lesson]], *, start: Adapter | None) -> Adapter | None:
    """The adapter that later tasks start from: the one that the task learnt, or in a control run one that goes on from `start` with the same lessons and
    the same rewards, both spoilt. What those rewards taught passes the guard under the whole ones: a control may gain by that and cannot lose.
    """
    history = desk.run.experience.history
    if history not in SPOILING or not learnt.lessons:
        return learnt.adapter
    lessons = passed_on(learnt.lessons, history, seed=derive(desk.run.seed, task.name, "carry"))
    carried = finetune(desk, task, lessons, past, start=start, name="carry")
    if learnt.coach is None:
        return carried
    return adopted(desk, replace(learnt.coach, part="carry."), carried, rewarded(desk, past, learnt.coach.of_control(history), start=carried))


def by_rewards(desk: Desk, judges: Coach, prompts: Sequence[Prompt], start: Adapter | None, seed: int) -> Adapter:
    """GRPO. Its drafts are units of the step, one a training step; a draft's turn is its number within its prompt's group."""
    assert isinstance(desk.generator, Reinforcer)
    spec, task = desk.run.reinforce, judges.task
    key, folder = step_of(desk, judges, prompts, start, seed)
    desk.ledger.add_prompts(key, prompts)
    if (made := load(folder)) is None:
        done = desk.ledger.units(key, 0)
        desk.progress.start(f"{task.name}: reinforce", spec.steps)
        desk.progress.advance(len(done))

        def record(step: int, drafts: Sequence[Draft], seconds: float) -> None:
            if step not in done:
                turned = [replace(d, turn=i % spec.completions) for i, d in enumerate(drafts)]
                desk.keep_unit(key, 0, step, turned, local=True, seconds=seconds)
                # The training that goes on from here must find it.
                desk.ledger.journal.flush()
                done.add(step)
                desk.progress.advance()
            desk.check_budget()

        def judge(places: Sequence[int], texts: Sequence[str], progress: float) -> tuple[list[float], dict[str, float]]:
            if judges.pupil is not None:
                judges.pupil.refresh(round(progress * spec.steps), lambda step: accepted(desk, judges, key, prompts[: step * spec.prompts]))
            return judged(desk, judges, [attempt(task, prompts[p], text) for p, text in zip(places, texts, strict=True)], texts, progress)

        course = Course(task.name, start, folder, seed, spec, desk.run.finetune)
        made = desk.generator.reinforce(prompts, judge, course, judge_identity=judges.identity, record=record)
        desk.progress.finish(_said(manifest(folder)) + _skipped(manifest(folder), len(prompts)))
    if desk.ledger.step(key).result is None:
        _close(desk, key, folder, prompts)
    return made


def accepted(desk: Desk, judges: Coach, key: str, prompts: Sequence[Prompt]) -> list[Row]:
    """The drafts of these prompts that are records and pass the filters, in the order of the prompts."""
    turns = [desk.ledger.answers(key, turn) for turn in range(desk.run.reinforce.completions)]
    drafts = [(p, number, answers.get(p.id)) for p in prompts for number, answers in enumerate(turns)]
    attempts = [attempt(judges.task, p, d.text, f"{p.id}/{number}") for p, number, d in drafts if isinstance(d, Draft)]
    samples = [a.outcome for a in attempts if isinstance(a.outcome, Sample)]
    marks, _ = judges.filters().judge(samples)
    return [s.row for s in kept(samples, marks)]


def _close(desk: Desk, key: str, folder: Path, prompts: Sequence[Prompt]) -> None:
    """Record what GRPO did. Prompts that the engine skipped are failures, in a unit behind those of the steps."""
    found, behind = manifest(folder), desk.run.reinforce.steps
    skipped = [Failure(prompt, 0, why) for prompt, why in found.get("skipped", {}).items()]
    if skipped and behind not in desk.ledger.units(key, 0):
        desk.ledger.add_unit(key, 0, behind, skipped, seconds=0.0)
    kept = {k: found.get(k) for k in ("steps", "alarm", "curve")} | {"ended": found["ended"] + _skipped(found, len(prompts)), "skipped": len(skipped)}
    result = {"method": "hro", **kept, "adapter": folder.relative_to(desk.folder).as_posix(), "tokens": desk.ledger.tokens_of(key)}
    desk.ledger.close_step(key, result, seconds=found["seconds"])


def _skipped(found: Mapping[str, Any], n: int) -> str:
    """What an engine left out of `n` prompts or pairs, in words."""
    skipped = list(found.get("skipped", {}).values())
    return f"; warning: {len(skipped)} of {n} were skipped: {skipped[0]}" if skipped else ""


def by_the_best(desk: Desk, past: Mapping[str, Sequence[Lesson]], judges: Coach, prompts: Sequence[Prompt], start: Adapter | None, seed: int) -> Adapter | None:
    """Fine-tuning on the best draft of each prompt that the filters keep, where it is better than the prompt's mean draft."""
    task = judges.task
    best = [(prompt, max(kept)) for prompt, group in drafted(desk, judges, prompts, start, seed) if (kept := [j for j in group if j.stays])]
    told = [(prompt, j.outcome.row) for prompt, j in best if j.advantage > 0 and isinstance(j.outcome, Sample)]
    lessons = [Lesson(task.name, prompt.user, prompt.system, contract_json(task.record(row))) for prompt, row in told]
    lessons = passed_on(lessons, judges.spoilt, seed=seed)
    return finetune(desk, task, lessons, past, start=start, name=f"{judges.part}best-of")


def by_preference(desk: Desk, judges: Coach, prompts: Sequence[Prompt], start: Adapter | None, seed: int) -> Adapter | None:
    """DPO on two drafts of each prompt."""
    assert isinstance(desk.generator, Reinforcer)
    pairs = [pair for prompt, group in drafted(desk, judges, prompts, start, seed) if (pair := preference(prompt, group))]
    if not pairs:
        return start
    told = [[p.prompt.id, p.chosen, p.rejected] for p in pairs]
    key = content_hash(["dpo", TOKENS, judges.identity, start.id if start else None, told, desk.run.reinforce.key])
    opened = desk.ledger.open_step(key, task=judges.task.name, name=f"{judges.part}prefer", inputs={"pairs": len(pairs)})
    folder = desk.folder / "adapters" / f"{judges.task.name}-{key}"
    made = load(folder)
    if made is None:
        desk.progress.start(f"{judges.task.name}: prefer", len(pairs))
        made = desk.generator.prefer(pairs, Course(judges.task.name, start, folder, seed, desk.run.reinforce, desk.run.finetune))
        desk.progress.finish(f"{len(pairs)} pairs{_skipped(manifest(folder), len(pairs))}")
    if opened.result is None:
        found = manifest(folder)
        kept = {k: found.get(k) for k in ("beta", "loss_first", "loss_last")} | {"skipped": found.get("skipped", {})}
        desk.ledger.close_step(key, {"pairs": len(pairs), **kept, "adapter": folder.relative_to(desk.folder).as_posix()}, seconds=found["seconds"])
    return made


def preference(prompt: Prompt, group: Sequence[Judged]) -> Preference | None:
    """The best draft that the filters keep and the worst one that repeats nothing; None where they are as good as equal or there are no two."""
    kept, other = [j for j in group if j.stays], [j for j in group if not j.repeats]
    if not kept or max(kept).advantage - min(other).advantage < LEAST_DIFFERENCE:
        return None
    return Preference(prompt, max(kept).text, min(other).text)


def _said(found: Mapping[str, Any]) -> str:
    curve = found["curve"]
    totals = [entry["total"] for entry in curve if "total" in entry]
    return f"{len(curve)} steps, mean reward {totals[0]:.3f} to {totals[-1]:.3f}; {found['ended']}" if totals else f"{len(curve)} steps; {found['ended']}"
