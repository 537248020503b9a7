"""HRO: after imitation, learn from rewards on the writer's own drafts; kept only where it is better on prompts that it was not trained on.

Three ways with equally many drafts (`reinforce.method`): GRPO under the reward hierarchy, fine-tuning on the best draft of each prompt, and
DPO on its best and worst. Every draft is in the ledger, and so are the numbers of every training step.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from synlearner.experience.library import load, manifest
from synlearner.experience.probing import paired
from synlearner.feedback import hierarchy, published
from synlearner.feedback.filters import Filters
from synlearner.feedback.hierarchy import Schedule
from synlearner.feedback.rewards import Attributes, Distinctiveness, Faithfulness, Gate, Novelty, Quality, Remembering, SetGain
from synlearner.feedback.verifiers import StudentVerifier
from synlearner.generate.fewshot import choose
from synlearner.generate.parsing import parse
from synlearner.generate.plans import design
from synlearner.generate.prompts import build, contract_json
from synlearner.learn.desk import Desk
from synlearner.learn.finetune import finetune
from synlearner.learn.writing import METHOD, ask, write
from synlearner.protocols import Embedder, Reinforcer, Reward, Tuner, Verifier
from synlearner.records import Adapter, Attempt, Draft, Failure, Lesson, Preference, Prompt, Sample, Turn
from synlearner.seeding import content_hash, derive
from synlearner.stream.specs import ReinforceSpec, RewardName
from synlearner.stream.tasks import Task

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

KNOWN: tuple[RewardName, ...] = get_args(RewardName)
# Prompts on which the writer is compared before and after.
PROBE = 48
# Pairs that DPO learns differ by at least so much: below, best and worst are as good as equal.
LEAST_DIFFERENCE = 0.1


@dataclass(frozen=True, slots=True)
class Coach:
    """Who judges drafts of a task. `earlier` are texts that new ones should differ from; `filters` makes fresh filters for the probe."""

    task: Task
    rewards: Sequence[Reward]
    embedder: Embedder
    identity: str
    filters: Callable[[], Filters]


def coach(desk: Desk, task: Task, verifier: Verifier | None, explored: Sequence[Sample], earlier: Sequence[str], filters: Callable[[], Filters]) -> Coach:
    """The rewards of the run's weights. The verifier learns from what was explored, once, before the writer learns to please it."""
    weights = weights_of(desk.run.reinforce)
    embedder = Remembering(desk.embedder)
    told = verifier.settled(explored) if isinstance(verifier, StudentVerifier) else verifier
    texts = [*dict.fromkeys([*(r.text for r in task.seeds), *earlier, *(s.row.text for s in explored)])]
    made: dict[str, Callable[[], Reward]] = {
        "gate": Gate,
        "attributes": lambda: Attributes(task),
        "quality": lambda: Quality(task),
        "distinctiveness": lambda: Distinctiveness(embedder),
        "novelty": lambda: Novelty(embedder, embedder.embed(texts)),
        "set_gain": lambda: SetGain(embedder),
    }
    if told is not None:
        made["faithfulness"] = lambda: Faithfulness(told)
    rewards = [made[name]() for name in KNOWN if name in weights and name in made]
    identity = content_hash([sorted(weights.items()), getattr(verifier, "identity", ""), [s.prompt_id for s in explored], texts, desk.embedder.identity])
    return Coach(task, rewards, embedder, identity, filters)


def weights_of(spec: ReinforceSpec) -> dict[str, float]:
    """The weights of the rewards that count, by name."""
    return {name: weight for name, weight in spec.weights.items() if weight > 0}


def reinforce(desk: Desk, past: Mapping[str, Sequence[Lesson]], judges: Coach, *, start: Adapter | None) -> Adapter | None:
    """The adapter after learning from rewards, or `start` where that is no better on the probe, or where nothing can be learnt that way."""
    spec, task = desk.run.reinforce, judges.task
    if spec.method == "off" or not isinstance(desk.generator, Reinforcer):
        return start
    seed = derive(desk.run.seed, task.name, "reinforce")
    prompts = asked(desk, task, spec.steps * spec.prompts, seed=seed)
    method = {"hro": by_rewards, "best_of": by_the_best, "dpo": by_preference}[spec.method]
    learnt = method(desk, past, judges, prompts, start, seed)
    return adopted(desk, judges, start, learnt)


def asked(desk: Desk, task: Task, n: int, *, seed: int) -> list[Prompt]:
    """Prompts of a balanced plan, with examples as in exploration."""
    spec = desk.run.explore
    plan = design(task, n, plan=spec.plan, seed=derive(seed, "plan"))
    examples = choose(task, plan, spec.few_shot, own=spec.few_shot_own, seed=derive(seed, "few-shot"))
    return build(task, plan, examples, step="reinforce", seed=seed)


def judged(desk: Desk, judges: Coach, prompts: Sequence[Prompt], texts: Sequence[str], progress: float) -> tuple[list[float], dict[str, float]]:
    """An advantage for each text (0 where nothing at all was measured) and the numbers of the batch."""
    import numpy as np

    spec, task = desk.run.reinforce, judges.task
    attempts = [Attempt(p, parse(task, p, Draft(p.id, 0, text, None, None))) for p, text in zip(prompts, texts, strict=True)]
    valid = sum(isinstance(a.outcome, Sample) for a in attempts) / max(1, len(attempts))
    if spec.rewards == "reference":
        parts = published.columns(attempts, texts, task, judges.embedder)
        total = sum(published.WEIGHTS[name] * float(values.mean()) for name, values in parts.items())
        return published.advantages(parts, attempts).tolist(), {"valid": valid, "total": total, **{f"mean/{n}": float(v.mean()) for n, v in parts.items()}}
    names = {r.name for r in judges.rewards}
    final, base = weights_of(spec), {str(n): w for n, w in spec.base.items()}
    weights = {n: w for n, w in Schedule(base, spec.warm_up, spec.wave).at(final, min(1.0, progress)).items() if n in names}
    verdict = hierarchy.judge(attempts, judges.rewards, weights)
    return np.nan_to_num(verdict.advantages).tolist(), {"valid": valid, **numbers(verdict, final)}


def numbers(verdict: hierarchy.Verdict, weights: Mapping[str, float]) -> dict[str, float]:
    """What is logged of a batch: of every reward its mean, its spread within groups, how many groups have none, its weight and what was not
    measured; `level/sample`, `level/set` and `total` are means of the rewards of a level, and of both, at their final weights.
    """
    told: dict[str, float] = {}
    for c in verdict.columns:
        pairs = {"mean": c.mean, "spread": c.spread, "flat": c.flat, "weight": c.weight, "unscored": float(c.unscored)}
        told |= {f"{what}/{c.name}": value for what, value in pairs.items() if value is not None}
    levels = {"total": ("sample", "set"), "level/sample": ("sample",), "level/set": ("set",)}
    means = {name: _mean_of(verdict, weights, among) for name, among in levels.items()}
    return told | {name: mean for name, mean in means.items() if mean is not None}


def _mean_of(verdict: hierarchy.Verdict, weights: Mapping[str, float], levels: Sequence[str]) -> float | None:
    """The weighted mean of the means of all measured rewards of some levels."""
    there = [(weights.get(c.name, 0.0), c.mean) for c in verdict.columns if c.mean is not None and c.level in levels]
    whole = sum(w for w, _ in there)
    return sum(w * m for w, m in there) / whole if whole else None


def by_rewards(desk: Desk, past: Mapping[str, Sequence[Lesson]], judges: Coach, prompts: Sequence[Prompt], start: Adapter | None, seed: int) -> Adapter:  # noqa: ARG001
    """GRPO. Its drafts are units of the step, one a training step; a draft's turn is its number within its prompt's group."""
    assert isinstance(desk.generator, Reinforcer)
    spec, task = desk.run.reinforce, judges.task
    key, folder = _opened(desk, judges, prompts, start, seed)
    if (made := load(folder)) is None:
        done = desk.ledger.units(key, 0)
        desk.progress.start(f"{task.name}: reinforce", spec.steps)
        desk.progress.advance(len(done))

        def record(step: int, drafts: Sequence[Draft], seconds: float) -> None:
            if step not in done:
                turned = [replace(d, turn=i % spec.completions) for i, d in enumerate(drafts)]
                desk.ledger.add_unit(key, 0, step, turned, seconds=seconds)
                done.add(step)
                desk.progress.advance()
            desk.check_budget()

        def judge(places: Sequence[int], texts: Sequence[str], progress: float) -> tuple[list[float], dict[str, float]]:
            return judged(desk, judges, [prompts[p] for p in places], texts, progress)

        made = desk.generator.reinforce(
            prompts, judge, judge_identity=judges.identity, record=record, start=start, folder=folder, task=task.name, seed=seed, spec=spec, tuning=desk.run.finetune
        )
        desk.progress.finish(_said(manifest(folder)))
    if desk.ledger.step(key).result is None:
        found = manifest(folder)
        kept = {k: found.get(k) for k in ("steps", "ended", "alarm", "curve")}
        desk.ledger.close_step(
            key, {"method": "hro", **kept, "adapter": folder.relative_to(desk.folder).as_posix(), "tokens": desk.ledger.tokens_of(key)}, seconds=found["seconds"]
        )
    return made


def by_the_best(desk: Desk, past: Mapping[str, Sequence[Lesson]], judges: Coach, prompts: Sequence[Prompt], start: Adapter | None, seed: int) -> Adapter | None:
    """Fine-tuning on the best draft of each prompt, if it is a record and better than the prompt's mean draft."""
    task = judges.task
    lessons = []
    for prompt, group in drafted(desk, judges, prompts, start, seed):
        advantage, text = max(group)
        outcome = parse(task, prompt, Draft(prompt.id, 0, text, None, None))
        if advantage > 0 and isinstance(outcome, Sample):
            lessons.append(Lesson(task.name, prompt.user, prompt.system, contract_json(task.record(outcome.row))))
    return finetune(desk, task, lessons, past, start=start, name="best-of")


def by_preference(desk: Desk, past: Mapping[str, Sequence[Lesson]], judges: Coach, prompts: Sequence[Prompt], start: Adapter | None, seed: int) -> Adapter | None:  # noqa: ARG001
    """DPO on the best and the worst draft of each prompt, where they differ."""
    assert isinstance(desk.generator, Reinforcer)
    groups = [(prompt, max(group), min(group)) for prompt, group in drafted(desk, judges, prompts, start, seed)]
    pairs = [Preference(prompt, best[1], worst[1]) for prompt, best, worst in groups if best[0] - worst[0] >= LEAST_DIFFERENCE]
    if not pairs:
        return start
    key = content_hash(["dpo", judges.identity, start.id if start else None, [[p.prompt.id, p.chosen, p.rejected] for p in pairs], desk.run.reinforce.model_dump(mode="json")])
    opened = desk.ledger.open_step(key, task=judges.task.name, name="prefer", inputs={"pairs": len(pairs)})
    folder = desk.folder / "adapters" / f"{judges.task.name}-{key}"
    made = load(folder)
    if made is None:
        desk.progress.start(f"{judges.task.name}: prefer", len(pairs))
        made = desk.generator.prefer(pairs, start=start, folder=folder, task=judges.task.name, seed=seed, spec=desk.run.reinforce, tuning=desk.run.finetune)
        desk.progress.finish(f"{len(pairs)} pairs")
    if opened.result is None:
        found = manifest(folder)
        losses = {k: found.get(k) for k in ("loss_first", "loss_last")}
        desk.ledger.close_step(key, {"pairs": len(pairs), **losses, "adapter": folder.relative_to(desk.folder).as_posix()}, seconds=found["seconds"])
    return made


def drafted(desk: Desk, judges: Coach, prompts: Sequence[Prompt], start: Adapter | None, seed: int) -> list[tuple[Prompt, list[tuple[float, str]]]]:
    """`completions` drafts of every prompt by the writer as it is, each with its advantage; batches as large as those of GRPO."""
    assert isinstance(desk.generator, Tuner)
    spec = desk.run.reinforce
    desk.generator.use(start)
    key, _ = _opened(desk, judges, prompts, start, seed)
    copies = [replace(p, id=content_hash([p.id, i]), seed=derive(p.seed, "draft", i)) for p in prompts for i in range(spec.completions)]
    desk.ledger.add_prompts(key, copies)
    desk.progress.start(f"{judges.task.name}: reinforce", len(copies))
    began = time.monotonic()
    answers = ask(desk, key, [Turn(p) for p in copies], desk.generator)
    asked_for = [(prompts[i // spec.completions], a.text) for i, p in enumerate(copies) if isinstance(a := answers[p.id], Draft)]
    groups: list[tuple[Prompt, list[tuple[float, str]]]] = []
    curve = []
    for step in range(spec.steps):
        batch = {p.id for p in prompts[step * spec.prompts : (step + 1) * spec.prompts]}
        part = [(p, text) for p, text in asked_for if p.id in batch]
        if not part:
            continue
        advantages, told = judged(desk, judges, [p for p, _ in part], [text for _, text in part], step / spec.steps)
        curve.append({"step": step + 1, **told})
        found: dict[str, tuple[Prompt, list[tuple[float, str]]]] = {}
        for (prompt, text), advantage in zip(part, advantages, strict=True):
            found.setdefault(prompt.id, (prompt, []))[1].append((advantage, text))
        groups += found.values()
    failed = sum(isinstance(a, Failure) for a in answers.values())
    desk.progress.finish(f"{len(copies)} drafts of {len(prompts)} prompts, {failed} failed")
    if desk.ledger.step(key).result is None:
        result = {"method": spec.method, "steps": len(curve), "ended": "all drafts judged", "alarm": False, "curve": curve, "adapter": None, "tokens": desk.ledger.tokens_of(key)}
        desk.ledger.close_step(key, result, seconds=time.monotonic() - began)
    return groups


def adopted(desk: Desk, judges: Coach, start: Adapter | None, learnt: Adapter | None) -> Adapter | None:
    """The better of two writers on the same new prompts, by the mean worth of their drafts; `start` where they are equal. Prompts that either could not
    answer, or whose drafts nothing could be measured of, count for neither.
    """
    import numpy as np

    if learnt is None or learnt == start:
        return start
    before, after = (_probe(desk, judges, adapter, when) for adapter, when in ((start, "before"), (learnt, "after")))
    pairs = np.isfinite(before.worth) & np.isfinite(after.worth)
    if not pairs.any():
        return start
    difference = (after.worth - before.worth)[pairs].tolist()
    mean, error = paired(difference)
    better = mean is not None and mean > 0
    result = {
        "prompts": len(difference),
        "before": float(before.worth[pairs].mean()),
        "after": float(after.worth[pairs].mean()),
        "difference": mean,
        "standard_error": error,
        "adopted": better,
        "rewards": {"before": before.means, "after": after.means},
        "steps": [before.step, after.step],
    }
    key = content_hash(["adopt", before.step, after.step, judges.identity])
    if desk.ledger.open_step(key, task=judges.task.name, name="adopt", inputs={"before": before.step, "after": after.step}).result is None:
        desk.ledger.close_step(key, result, seconds=0.0)
    desk.progress.say(f"{judges.task.name}: worth of a draft {result['before']:.3f} before, {result['after']:.3f} after: {'kept' if better else 'not kept'}")
    return learnt if better else start


@dataclass(frozen=True, slots=True)
class _Probed:
    """What a writer did on the probe: worth (prompts,), the mean of every reward, and the step that holds its drafts."""

    worth: NDArray[np.float64]
    means: dict[str, float]
    step: str


def _probe(desk: Desk, judges: Coach, adapter: Adapter | None, when: str) -> _Probed:
    assert isinstance(desk.generator, Tuner)
    task, spec = judges.task, desk.run.explore
    desk.generator.use(adapter)
    plan = design(task, PROBE, plan=spec.plan, seed=derive(desk.run.seed, task.name, "reinforce.probe"))
    written = write(
        desk,
        task,
        plan,
        step=f"probe.{when}",
        few_shot=spec.few_shot,
        own=spec.few_shot_own,
        generator=desk.generator,
        filters=judges.filters(),
        correct=False,
        seed_name="reinforce.probe",
    )
    attempts = [Attempt(written.prompts[o.prompt_id], o) for o in desk.ledger.outcomes(written.step)]
    weights = {n: w for n, w in weights_of(desk.run.reinforce).items() if any(r.name == n for r in judges.rewards)}
    verdict = hierarchy.judge(attempts, judges.rewards, weights)
    return _Probed(hierarchy.worth(attempts, judges.rewards, weights), {c.name: c.mean for c in verdict.columns if c.mean is not None}, written.step)


def _opened(desk: Desk, judges: Coach, prompts: Sequence[Prompt], start: Adapter | None, seed: int) -> tuple[str, Path]:
    """The ledger's step for all drafts, and the folder of the adapter that comes of them."""
    spec = desk.run.reinforce
    inputs = {
        "method": METHOD,
        "generator": desk.generator.identity,
        "reinforce": spec.model_dump(mode="json"),
        "finetune": desk.run.finetune.model_dump(mode="json"),
        "start": start.id if start else None,
        "judge": judges.identity,
        "seed": seed,
    }
    key = content_hash([inputs, [p.id for p in prompts]])
    desk.ledger.open_step(key, task=judges.task.name, name="reinforce", inputs=inputs)
    desk.ledger.add_prompts(key, prompts)
    return key, desk.folder / "adapters" / f"{judges.task.name}-{key}"


def _said(found: Mapping[str, Any]) -> str:
    curve = found["curve"]
    totals = [entry["total"] for entry in curve if "total" in entry]
    return f"{len(curve)} steps, mean reward {totals[0]:.3f} to {totals[-1]:.3f}; {found['ended']}" if totals else f"{len(curve)} steps; {found['ended']}"
