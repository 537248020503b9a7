"""Warm start: which of the earlier adapters a new task starts from, as a step of the ledger with the reasons.

Comes in: the new task, the earlier ones, and the adapter that each of them ended with. Goes out: an adapter, or None for the base model.
A probe lets every candidate write the same few prompts of the new task. Nothing but the task's prompts, its seeds and its filters has a part
in the decision; gold rows decide nothing, and rows that a probe wrote enter no data set and no lesson.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synlearner.experience.fingerprints import similarities
from synlearner.experience.library import distinct, fingerprints, latest, load, nearest
from synlearner.experience.probing import Verdict, decide
from synlearner.feedback.filters import Filters, sample_score
from synlearner.learn.desk import Desk, once
from synlearner.learn.probe import probe, worth
from synlearner.learn.recalling import fingerprint_of
from synlearner.learn.writing import Written
from synlearner.protocols import Tuner
from synlearner.records import Adapter
from synlearner.seeding import content_hash
from synlearner.stream.tasks import Task, View


@dataclass(frozen=True, slots=True)
class Candidate:
    """A way to start: its name, the adapter (None: the base model), and the earlier task that it comes from ("" for none or several)."""

    name: str
    adapter: Adapter | None
    task: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen of which candidates, why in words, and where they were probed what was measured in which steps."""

    chosen: Candidate
    why: str
    candidates: Sequence[Candidate]
    verdicts: Sequence[Verdict] = ()
    steps: Sequence[str] = ()


FRESH = Candidate("fresh", None)


def warm_start(desk: Desk, view: View, made: Sequence[Adapter | None], filters: Callable[[], Filters]) -> Adapter | None:
    """What the task of `view` starts from. `made` are the adapters that the earlier tasks ended with; `filters` makes fresh filters of the new task."""
    task, by_task = view.task, dict(zip([t.name for t in view.past], made, strict=False))
    own = fingerprint_of(desk, task)
    known = fingerprints(desk.ledger)
    similar = similarities(own, {name: known[name] for name in by_task if name in known})
    candidates = _candidates(desk, task, by_task, similar)
    choice = _probed(desk, task, candidates, filters) if desk.run.experience.warm_start == "probe" else _as_set(candidates, similar)
    _record(desk, task, choice, similar)
    return choice.chosen.adapter


# ── candidates ──────────────────────────────────────────────────────────


def _candidates(desk: Desk, task: Task, made: dict[str, Adapter | None], similar: Mapping[str, float]) -> list[Candidate]:
    """Every way to start that the setting asks for, the simplest first."""
    setting = desk.run.experience.warm_start
    newest, near, all_of_them = latest(list(made.values())), nearest(made, similar), distinct(list(made.values()))
    found = [FRESH]
    if newest and setting in ("latest", "probe"):
        found.append(Candidate("latest", newest, next(t for t in reversed(made) if made[t] == newest)))
    if near and setting in ("nearest", "probe"):
        found.append(Candidate("nearest", near[1], near[0]))
    if all_of_them and setting in ("merged", "probe"):
        found.append(Candidate("merged", _merged(desk, task, all_of_them)))
    return found


def _merged(desk: Desk, task: Task, adapters: Sequence[Adapter]) -> Adapter:
    """The mean of the adapters, made once; of a single one without a share of the base, that one."""
    base = desk.run.experience.merge_base
    if len(adapters) == 1 and not base:
        return adapters[0]
    assert isinstance(desk.generator, Tuner)
    generator: Tuner = desk.generator
    generator.use(None)
    weights = [(1 - base) / len(adapters)] * len(adapters)
    inputs = {"task": task.key, "generator": desk.generator.identity, "adapters": [a.id for a in adapters], "weights": weights}
    folder = desk.folder / "adapters" / f"{task.name}-merged-{content_hash(inputs)}"

    def made() -> dict[str, Any]:
        adapter = generator.merge(adapters, weights=weights, folder=folder, task=task.name)
        return {"adapter": folder.relative_to(desk.folder).as_posix(), "id": adapter.id, "weights": weights, "of": [a.task for a in adapters]}

    once(desk, task.name, "merge", inputs, made)
    return load(folder) or generator.merge(adapters, weights=weights, folder=folder, task=task.name)


NOTHING = "no earlier task has an adapter"


def _as_set(candidates: Sequence[Candidate], similar: Mapping[str, float]) -> Choice:
    """The candidate that the setting names, or the base model where there is none."""
    chosen = candidates[-1]
    why = {
        "fresh": NOTHING,
        "latest": f"{chosen.task} ended with it",
        "nearest": f"of the earlier tasks that have an adapter {chosen.task} is the most similar one ({similar.get(chosen.task, 0.0):.2f})",
        "merged": "it is the mean of the earlier tasks' adapters",
    }
    return Choice(chosen, why[chosen.name], candidates)


# ── the probe ───────────────────────────────────────────────────────────


def _probed(desk: Desk, task: Task, candidates: Sequence[Candidate], filters: Callable[[], Filters]) -> Choice:
    """The candidate that a probe is for. Candidates with the same adapter are probed once, under the simplest name."""
    different: dict[str | None, Candidate] = {}
    for candidate in candidates:
        different.setdefault(candidate.adapter.id if candidate.adapter else None, candidate)
    tried = {c.name: c for c in different.values()}
    if len(tried) == 1:
        return Choice(FRESH, NOTHING, candidates)
    many = desk.run.experience.probe_prompts
    written = {name: probe(desk, task, c.adapter, many, step=f"start.{name}", seed_name="start", filters=filters()) for name, c in tried.items()}
    decision = decide({name: _worth(w) for name, w in written.items()})
    return Choice(tried[decision.chosen], decision.why, list(tried.values()), decision.verdicts, [w.step for w in written.values()])


def _worth(written: Written) -> dict[str, float | None]:
    """By prompt; of a record the mean of what the filters measured."""
    return worth(written, {prompt: sample_score(measured) for prompt, measured in written.scores.items()})


# ── the record ──────────────────────────────────────────────────────────


def _record(desk: Desk, task: Task, choice: Choice, similar: Mapping[str, float]) -> None:
    """The decision and its numbers, as a step."""
    numbers = {v.name: v.numbers() for v in choice.verdicts}
    unmeasured = dict.fromkeys(Verdict.NUMBERS)
    listed = [{"name": c.name, "task": c.task, "adapter": _place(desk, c.adapter), "similarity": similar.get(c.task), **numbers.get(c.name, unmeasured)} for c in choice.candidates]
    setting = desk.run.experience.warm_start
    inputs = {"task": task.key, "setting": setting, "adapters": [c.adapter.id if c.adapter else None for c in choice.candidates], "steps": list(choice.steps)}
    result = {"setting": setting, "chosen": choice.chosen.name, "adapter": _place(desk, choice.chosen.adapter), "why": choice.why, "candidates": listed}
    once(desk, task.name, "warm_start", inputs, lambda: result)


def _place(desk: Desk, adapter: Adapter | None) -> str | None:
    return Path(adapter.path).relative_to(desk.folder).as_posix() if adapter else None
