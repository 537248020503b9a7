"""What a task is told by the memory, and what the memory is told by a task: each as a step of the ledger.

A memory may be shared and change while a run is stopped. So what a task was told is written down once, and a continued run is told the same. Everything
that was told is in the prompts, and so in the keys of what is written with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Protocol, runtime_checkable

from synlearner.experience.controls import remembered
from synlearner.experience.episodes import episodes_of
from synlearner.experience.fingerprints import STEP, fingerprint, similarity
from synlearner.experience.lessons import lessons_from, used
from synlearner.experience.memory import ABOUT_LESSONS, Index, Place, Source, State, episode_event, fold, place_event, said
from synlearner.experience.patterns import Evidence, gather
from synlearner.generate.plans import Plan
from synlearner.learn.desk import Desk, once
from synlearner.protocols import Critic
from synlearner.records import Adapter, Attempt, Critique, Episode, Failure, Hint
from synlearner.registry import find
from synlearner.seeding import content_hash, derive, rng
from synlearner.store.memory import Event
from synlearner.stream.tasks import Task

# Each prompt shows each of the retrieved lessons with this chance, so that prompts with and without it can be compared.
SHOWN = 0.7
# Drafts of each kind that a critic is shown, and the least that its lessons score.
COMPARED, LEAST_SCORE = 8, 0.5


@runtime_checkable
class Informed(Protocol):
    """A plan that what is known of a task makes another plan of."""

    def informed(self, evidence: Evidence, explore: float) -> Plan: ...


@dataclass(frozen=True, slots=True)
class Recalled:
    """What a task was told: what is known of its attribute values, and lessons to show."""

    evidence: Evidence = field(default_factory=Evidence)
    hints: tuple[Hint, ...] = ()


NOTHING = Recalled()


def fingerprint_of(desk: Desk, task: Task) -> Any:
    """The task's fingerprint, shape (width,), from the ledger or made and recorded."""
    import numpy as np

    def made() -> dict[str, Any]:
        return {"vector": [round(float(x), 7) for x in fingerprint(task, desk.embedder)], "embedder": desk.embedder.identity}

    found = once(desk, task.name, STEP, {"task": task.key, "embedder": desk.embedder.identity}, made)
    return np.asarray(found["vector"], dtype=np.float64)


# ── told by the memory ──────────────────────────────────────────────────


def recall(desk: Desk, task: Task, step: str = "") -> Recalled:
    """What the memory says to a task: once for the task, and once for each cell of the matrix, which is written after other tasks."""
    if desk.memory is None:
        return NOTHING
    memory, own, cell = desk.memory, fingerprint_of(desk, task), step if step.startswith("cell.") else ""

    def made() -> dict[str, Any]:
        state = memory.state
        similar = _similar(desk, own, state)
        hints = Index.of(state, desk.embedder.identity, len(own)).nearest(own) if desk.run.memory.lessons else []
        told = {"evidence": gather(task, state.episodes, similar).as_json(), "hints": [[h.id, h.text] for h in hints]}
        return {**told, "content": content_hash(told), "similar": {state.names[k]: round(w, 6) for k, w in sorted(similar.items())}, **_sizes(state)}

    found = once(desk, task.name, f"memory.{cell}" if cell else "memory", {"task": task.key, "embedder": desk.embedder.identity, **_settings(desk)}, made)
    return Recalled(Evidence.from_json(found["evidence"]), tuple(Hint(*h) for h in found["hints"]))


def _similar(desk: Desk, own: Any, state: State) -> dict[str, float]:
    """Similarities of remembered tasks by key, those above 0 and of this embedder alone."""
    import numpy as np

    found = {p.key: similarity(own, np.asarray(p.vector)) for p in state.places if p.embedder == desk.embedder.identity and len(p.vector) == len(own)}
    return {key: value for key, value in found.items() if value > 0}


def _sizes(state: State) -> dict[str, int]:
    return {"episodes": len(state.episodes), "lessons": len(state.lessons), "quarantined": sum(bool(i.quarantine) for i in state.lessons), "broken": state.broken}


def _settings(desk: Desk) -> dict[str, Any]:
    return {"memory": desk.run.memory.model_dump(mode="json", exclude={"path"}), "history": desk.run.experience.history}


def planned(desk: Desk, task: Task, name: str, step: str = "") -> Plan:
    """The plan of that name; one that can use what is known of the task is given it."""
    plan: Plan = find("plan", name)
    return plan.informed(recall(desk, task, step).evidence, desk.run.memory.explore) if isinstance(plan, Informed) else plan


def dealt(hints: Sequence[Hint], n: int, *, seed: int) -> list[tuple[Hint, ...]]:
    """Which of the lessons each of `n` prompts shows."""
    draws = rng(seed, "hints")
    return [tuple(h for h in hints if draws.random() < SHOWN) for _ in range(n)] if hints else []


# ── told to the memory ──────────────────────────────────────────────────


def note(desk: Desk, task: Task, steps: Sequence[str], adapter: Adapter | None, critic: Critic | None = None) -> None:
    """Remember a finished task: its fingerprint, an episode a prompt, lessons that its numbers or a critic bear out, and how the shown ones did."""
    if desk.memory is None:
        return
    memory, key = desk.memory, desk.ledger.key()
    inputs = {"task": task.key, "steps": list(steps), **_settings(desk)}
    found = once(desk, task.name, "remember", inputs, lambda: _noted(desk, task, steps, adapter, key, critic))
    episodes = _episodes(desk, task, steps, adapter, found["run"])
    if not episodes:
        return
    place = Place(task.key, task.name, desk.embedder.identity, tuple(fingerprint_of(desk, task)))
    new = memory.add([place_event(place), *map(episode_event, episodes), *(Event(kind, body) for kind, body in found["events"])])
    desk.progress.say(f"{task.name}: {new} new events in the memory {memory.store.place}")


def _noted(desk: Desk, task: Task, steps: Sequence[str], adapter: Adapter | None, run: str, critic: Critic | None) -> dict[str, Any]:
    """The run under whose key everything is remembered, and events about lessons. What a killed process has remembered of this task already does not count."""
    assert desk.memory is not None
    others = [e for e in desk.memory.events if not (e.kind in ABOUT_LESSONS and e.body.get("run") == run and e.body.get("task") == task.key)]
    known = {item.id: item for item in fold(others).lessons}
    episodes, source = _episodes(desk, task, steps, adapter, run), Source(task.key, run, steps[0] if steps else "")
    events = lessons_from(episodes, known, source) if desk.run.memory.lessons else []
    events += [*used(episodes, source), *(e for c in _critiques(desk, task, steps, episodes, critic) for e in said(known, c.text, c.text, c.source(source)))]
    return {"run": run, "episodes": len(episodes), "events": [[e.kind, dict(e.body)] for e in events]}


def _episodes(desk: Desk, task: Task, steps: Sequence[str], adapter: Adapter | None, run: str) -> list[Episode]:
    plan, gains = desk.run.synthesis.plan, _gains(desk, task, steps)
    found = episodes_of(desk.ledger, steps, task=task.key, run=run, adapter=adapter.id if adapter else "", plan=plan, gains=gains)
    return remembered(found, desk.run.experience.history, seed=derive(desk.run.seed, task.name, "remember"))


def _gains(desk: Desk, task: Task, steps: Sequence[str]) -> dict[str, float | None]:
    """Of closed rounds, by step, by how much the development score rose with the round. Gold rows have no part in it."""
    own = [s for s in desk.ledger.steps() if s.task == task.name and s.result]
    told = {int(s.name.partition(".")[2]): s.result["dev"] for s in own if s.result and s.name.startswith("round.")}
    scores = {number: float(dev["score"]) for number, dev in told.items() if dev}
    rises = {later: scores[later] - scores[earlier] for earlier, later in pairwise(sorted(scores)) if later == earlier + 1}
    rounds = {s.key: s.name.split(".") for s in own if s.key in steps}
    return {key: rises.get(int(name[1])) for key, name in rounds.items() if len(name) == 3}


# ── critics ─────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Said:
    """A sentence of a critic and the prompts that it was shown."""

    text: str
    by: str
    prompts: tuple[str, ...]

    def source(self, source: Source) -> Source:
        return Source(source.task, source.run, source.step, self.prompts, self.by)


def _critiques(desk: Desk, task: Task, steps: Sequence[str], episodes: Sequence[Episode], critic: Critic | None) -> list[_Said]:
    """The lessons that the run's critic draws from some accepted and some rejected drafts."""
    if critic is None:
        return []
    seed = derive(desk.run.seed, task.name, "critic")
    attempts = _attempts(desk, steps)
    accepted, rejected = (
        rng(seed, str(good)).sample(group, min(COMPARED, len(group)))
        for good in (True, False)
        for group in [[attempts[e.prompt] for e in episodes if e.accepted == good and e.prompt in attempts]]
    )
    shown = tuple(a.prompt.id for a in (*accepted, *rejected))
    told = critic.critique(task, accepted, rejected, seed=seed)
    return [_Said(" ".join(c.text.split()), critic.identity, shown) for c in told if isinstance(c, Critique) and c.score >= LEAST_SCORE]


def _attempts(desk: Desk, steps: Sequence[str]) -> dict[str, Attempt]:
    found = {}
    for step in steps:
        prompts = {p.id: p for p in desk.ledger.prompts(step)}
        found.update({o.prompt_id: Attempt(prompts[o.prompt_id], o) for o in desk.ledger.outcomes(step) if not isinstance(o, Failure)})
    return found
