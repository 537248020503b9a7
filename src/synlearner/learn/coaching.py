"""Who judges what is written while the generator learns from rewards: the rewards of the run's weights, an independent reader, and the numbers to log."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import get_args

from synlearner.feedback import hierarchy, published
from synlearner.feedback.filters import Filters
from synlearner.feedback.hierarchy import Schedule, Verdict
from synlearner.feedback.rewards import Attributes, Distinctiveness, Faithfulness, Gate, Judged, Novelty, Quality, Remembering, SetGain
from synlearner.feedback.verifiers import StudentVerifier
from synlearner.learn.desk import Desk
from synlearner.learn.judging import panel_for
from synlearner.learn.pupil import Pupil
from synlearner.protocols import Embedder, Reward, Verifier
from synlearner.records import Attempt, Sample
from synlearner.seeding import content_hash, rng
from synlearner.stream.specs import JUDGE, ReinforceSpec, RewardName
from synlearner.stream.tasks import Task

KNOWN: tuple[RewardName, ...] = get_args(RewardName)
# The weight of utility where none is given.
UTILITY = 0.3


@dataclass(frozen=True, slots=True)
class Coach:
    """Who judges drafts of a task. `filters` makes fresh filters of it; `pupil` is the student that drafts are to help, where they are rewarded for that.

    `part` begins the names of the steps that are judged. `spoilt` is the history of a control run whose advantages say less than the rewards know: of
    "format-only" whether there is a record at all, of "shuffled" those of other drafts of the batch.
    """

    task: Task
    rewards: Sequence[Reward]
    embedder: Embedder
    identity: str
    filters: Callable[[], Filters]
    pupil: Pupil | None = None
    part: str = ""
    spoilt: str = ""

    @property
    def names(self) -> set[str]:
        """Names of the rewards that there are: what nobody can judge has none."""
        return {r.name for r in self.rewards}

    def of_control(self, history: str) -> Coach:
        """The coach of what a control run passes on."""
        rewards, pupil = ([Gate()], None) if history == "format-only" else (self.rewards, self.pupil)
        return replace(self, rewards=rewards, pupil=pupil, identity=content_hash([self.identity, history]), part="carry.", spoilt=history)


def coach(desk: Desk, task: Task, verifier: Verifier | None, explored: Sequence[Sample], earlier: Sequence[str], filters: Callable[[], Filters]) -> Coach:
    """The rewards of the run's weights. The verifier learns from what was explored, once, before the writer learns to please it. `earlier` are texts that
    new ones should differ from.
    """
    weights = weights_of(desk.run.reinforce)
    embedder = Remembering(desk.embedder)
    told = verifier.settled(explored) if isinstance(verifier, StudentVerifier) else verifier
    texts = [*dict.fromkeys([*(r.text for r in task.seeds), *earlier, *(s.row.text for s in explored)])]
    made = makers(task, embedder, told, texts)
    panel = panel_for(desk, task) if JUDGE in weights else None
    if panel is not None:
        made[JUDGE] = lambda: Judged(panel)
    pupil = Pupil(desk, task, explored, embedder) if "utility" in weights else None
    if pupil is not None:
        made["utility"] = pupil.reward
    rewards = [made[name]() for name in KNOWN if name in weights and name in made]
    known = [sorted(weights.items()), getattr(verifier, "identity", ""), [s.prompt_id for s in explored], texts, desk.embedder.identity]
    others = [x.identity for x in (pupil, panel) if x is not None]
    return Coach(task, rewards, embedder, content_hash([*known, *others]), filters, pupil)


def makers(task: Task, embedder: Embedder, verifier: Verifier | None, texts: Sequence[str]) -> dict[str, Callable[[], Reward]]:
    """The rewards that a task has without students that learn and without judges, by name; `texts` are what new ones should differ from."""
    made: dict[str, Callable[[], Reward]] = {
        "gate": Gate,
        "attributes": lambda: Attributes(task),
        "quality": lambda: Quality(task),
        "distinctiveness": lambda: Distinctiveness(embedder),
        "novelty": lambda: Novelty(embedder, embedder.embed(texts)),
        "set_gain": lambda: SetGain(embedder),
    }
    return made | ({"faithfulness": lambda: Faithfulness(verifier)} if verifier is not None else {})


def weights_of(spec: ReinforceSpec) -> dict[str, float]:
    """The weights of the rewards that count, by name; utility counts where a function is named for it."""
    weights: dict[str, float] = {"utility": UTILITY} if spec.utility else {}
    weights |= {str(name): weight for name, weight in spec.weights.items()}
    return {name: weight for name, weight in weights.items() if weight > 0}


def judged(desk: Desk, judges: Coach, attempts: Sequence[Attempt], texts: Sequence[str], progress: float) -> tuple[list[float], dict[str, float]]:
    """An advantage for each attempt, whose text stands at the same place (0 where nothing at all was measured), and the numbers of the batch."""
    advantages, told = _judged(desk, judges, attempts, texts, progress)
    if judges.spoilt == "shuffled":
        rng(desk.run.seed, judges.task.name, "shuffled rewards", round(progress * desk.run.reinforce.steps)).shuffle(advantages)
    return advantages, told


def _judged(desk: Desk, judges: Coach, attempts: Sequence[Attempt], texts: Sequence[str], progress: float) -> tuple[list[float], dict[str, float]]:
    import numpy as np

    spec, task = desk.run.reinforce, judges.task
    valid = sum(isinstance(a.outcome, Sample) for a in attempts) / max(1, len(attempts))
    if spec.rewards == "reference" and judges.spoilt != "format-only":
        parts = published.columns(attempts, texts, task, judges.embedder)
        total = sum(published.WEIGHTS[name] * float(values.mean()) for name, values in parts.items())
        return published.advantages(parts, attempts).tolist(), {"valid": valid, "total": total, **{f"mean/{n}": float(v.mean()) for n, v in parts.items()}}
    final, base = {"gate": 1.0} if judges.spoilt == "format-only" else weights_of(spec), {str(n): w for n, w in spec.base.items()}
    weights = {n: w for n, w in Schedule(base, spec.warm_up, spec.wave).at(final, min(1.0, progress)).items() if n in judges.names}
    verdict = hierarchy.judge(attempts, judges.rewards, weights)
    return np.nan_to_num(verdict.advantages).tolist(), {"valid": valid, **numbers(verdict, final)}


def numbers(verdict: Verdict, weights: Mapping[str, float]) -> dict[str, float]:
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


def _mean_of(verdict: Verdict, weights: Mapping[str, float], levels: Sequence[str]) -> float | None:
    """The weighted mean of the means of all measured rewards of some levels."""
    there = [(weights.get(c.name, 0.0), c.mean) for c in verdict.columns if c.mean is not None and c.level in levels]
    whole = sum(w for w, _ in there)
    return sum(w * m for w, m in there) / whole if whole else None
