"""Drafts to learn from: prompts of a balanced plan, `completions` drafts of each by the generator as it is, judged in batches, and what the filters say of them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from synlearner.feedback.filters import Filters
from synlearner.generate.fewshot import choose
from synlearner.generate.parsing import parse
from synlearner.generate.plans import design
from synlearner.generate.prompts import build
from synlearner.learn.coaching import Coach, judged
from synlearner.learn.desk import Desk
from synlearner.learn.probe import REPEATS
from synlearner.learn.recalling import planned
from synlearner.learn.writing import METHOD, ask
from synlearner.protocols import Tuner
from synlearner.records import Adapter, Attempt, Draft, Failure, Outcome, Prompt, Sample, Turn
from synlearner.seeding import content_hash, derive
from synlearner.stream.tasks import Task


@dataclass(frozen=True, slots=True, order=True)
class Judged:
    """A draft and what was made of it; the larger the advantage, the greater. `dropped` names the filters that drop its record."""

    advantage: float
    text: str
    outcome: Outcome = field(compare=False)
    dropped: frozenset[str] = field(default=frozenset(), compare=False)

    @property
    def stays(self) -> bool:
        """Whether it is a record that the filters keep."""
        return isinstance(self.outcome, Sample) and not self.dropped

    @property
    def repeats(self) -> bool:
        """Whether it only says what a gold row, a seed row, an earlier row or a better draft says."""
        return not self.dropped.isdisjoint(REPEATS)


Group = tuple[Prompt, list[Judged]]


def asked(desk: Desk, task: Task, n: int, *, seed: int) -> list[Prompt]:
    """Prompts of a balanced plan, with examples as in exploration."""
    spec = desk.run.explore
    plan = design(task, n, plan=planned(desk, task, spec.plan), seed=derive(seed, "plan"))
    examples = choose(task, plan, spec.few_shot, own=spec.few_shot_own, seed=derive(seed, "few-shot"))
    return build(task, plan, examples, step="reinforce", seed=seed)


def step_of(desk: Desk, judges: Coach, prompts: Sequence[Prompt], start: Adapter | None, seed: int) -> tuple[str, Path]:
    """The ledger's step for all drafts, opened, and the folder of the adapter that comes of them."""
    spec = desk.run.reinforce
    inputs = {
        "method": METHOD,
        "generator": desk.generator.identity,
        "reinforce": spec.key,
        "finetune": desk.run.finetune.model_dump(mode="json"),
        "start": start.id if start else None,
        "judge": judges.identity,
        "seed": seed,
        # What the penalty of GRPO pulls towards, where that is not the base model.
        **({"towards": "generator.adapter"} if spec.method == "hro" and spec.beta and desk.run.generator.adapter else {}),
    }
    key = content_hash([inputs, [p.id for p in prompts]])
    desk.ledger.open_step(key, task=judges.task.name, name=f"{judges.part}reinforce", inputs=inputs)
    return key, desk.folder / "adapters" / f"{judges.task.name}-{key}"


def attempt(task: Task, prompt: Prompt, text: str, name: str = "") -> Attempt:
    """A draft as an attempt at its prompt; `name` tells it from other drafts of that prompt."""
    outcome = parse(task, prompt, Draft(prompt.id, 0, text, None, None))
    if not isinstance(outcome, Sample) or not name:
        return Attempt(prompt, outcome)
    return Attempt(prompt, replace(outcome, prompt_id=name, row=replace(outcome.row, id=name)))


def drafted(desk: Desk, judges: Coach, prompts: Sequence[Prompt], start: Adapter | None, seed: int) -> list[Group]:
    """Every prompt with its drafts, which are judged in batches as large as those of GRPO. A prompt without any answer is left out."""
    assert isinstance(desk.generator, Tuner)
    spec, task = desk.run.reinforce, judges.task
    desk.generator.use(start)
    key, _ = step_of(desk, judges, prompts, start, seed)
    copies = [(p, replace(p, id=content_hash([p.id, i]), seed=derive(p.seed, "draft", i))) for p in prompts for i in range(spec.completions)]
    desk.ledger.add_prompts(key, [copy for _, copy in copies])
    desk.progress.start(f"{task.name}: reinforce", len(copies))
    answers = ask(desk, key, [Turn(copy) for _, copy in copies], desk.generator)
    began = time.monotonic()
    found, curve = _in_batches(desk, judges, [(p, answers[copy.id]) for p, copy in copies])
    dropped = filtered(judges.filters(), [j for _, j in found])
    failed = sum(isinstance(a, Failure) for a in answers.values())
    said = f"{len(copies)} drafts of {len(prompts)} prompts, {failed} failed{_dropped(dropped)}"
    desk.progress.finish(said)
    if desk.ledger.step(key).result is None:
        result = {"method": spec.method, "steps": len(curve), "ended": f"all drafts judged: {said}", "alarm": False, "curve": curve, "adapter": None}
        desk.ledger.close_step(key, {**result, "tokens": desk.ledger.tokens_of(key)}, seconds=desk.ledger.seconds_of(key) + time.monotonic() - began)
    return grouped((p, replace(j, dropped=dropped.get(j.outcome.prompt_id, frozenset()))) for p, j in found)


def _in_batches(desk: Desk, judges: Coach, answers: Sequence[tuple[Prompt, Draft | Failure]]) -> tuple[list[tuple[Prompt, Judged]], list[dict[str, float]]]:
    """Every draft as it was judged among those of its step, and the numbers of every step."""
    spec, found, curve = desk.run.reinforce, [], []
    size = spec.prompts * spec.completions
    for step in range(spec.steps):
        drafts = [(p, a) for p, a in answers[step * size : (step + 1) * size] if isinstance(a, Draft)]
        if not drafts:
            continue
        attempts, texts = [attempt(judges.task, p, a.text, a.prompt_id) for p, a in drafts], [a.text for _, a in drafts]
        advantages, told = judged(desk, judges, attempts, texts, step / spec.steps)
        curve.append({"step": step + 1, **told})
        found += [(a.prompt, Judged(good, text, a.outcome)) for a, text, good in zip(attempts, texts, advantages, strict=True)]
    return found, curve


def filtered(filters: Filters, drafts: Sequence[Judged]) -> dict[str, frozenset[str]]:
    """By the name of a draft the filters that drop it. The best are looked at first: of drafts that say the same, the best one stays."""
    records = [j.outcome for j in sorted(drafts, key=lambda j: -j.advantage) if isinstance(j.outcome, Sample)]
    dropped: dict[str, frozenset[str]] = {}
    for mark in filters.judge(records)[0]:
        if mark.drop:
            dropped[mark.prompt_id] = dropped.get(mark.prompt_id, frozenset()) | {mark.filter}
    return dropped


def grouped(drafts: Iterable[tuple[Prompt, Judged]]) -> list[Group]:
    """Drafts by prompt, in the order of the prompts."""
    groups: dict[str, Group] = {}
    for prompt, draft in drafts:
        groups.setdefault(prompt.id, (prompt, []))[1].append(draft)
    return list(groups.values())


def _dropped(dropped: Mapping[str, frozenset[str]]) -> str:
    """How many drafts the filters drop, in words."""
    if not dropped:
        return ""
    by_filter = Counter(name for names in dropped.values() for name in names)
    return f", {len(dropped)} dropped by filters ({', '.join(f'{n} {name}' for name, n in sorted(by_filter.items()))})"
