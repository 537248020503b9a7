"""EFT: fine-tune the generator on samples that proved good, with replay of earlier tasks, as one step of the ledger."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from synlearner.experience.fingerprints import similarities
from synlearner.experience.library import fingerprints, load, manifest
from synlearner.experience.replay import mixed, replayed, replayed_unlike
from synlearner.generate.fewshot import choose
from synlearner.generate.plans import Assignment
from synlearner.generate.prompts import build, contract_json
from synlearner.learn.desk import Desk
from synlearner.learn.later import unlike_gold
from synlearner.learn.recalling import fingerprint_of
from synlearner.learn.writing import METHOD
from synlearner.protocols import Tuner
from synlearner.records import Adapter, Lesson, Prompt, Sample
from synlearner.seeding import content_hash, derive
from synlearner.stream.tasks import Task


def lessons_of(task: Task, samples: Sequence[Sample], prompts: Mapping[str, Prompt]) -> list[Lesson]:
    """Samples as examples to learn from: the prompt as it was asked, the record as the answer."""
    asked = [prompts[s.prompt_id] for s in samples]
    return [Lesson(task.name, p.user, p.system, contract_json(task.record(s.row))) for s, p in zip(samples, asked, strict=True)]


def lessons_of_seeds(task: Task, passes: int, few_shot: int, *, seed: int) -> list[Lesson]:
    """Each seed row as the answer to `passes` prompts, whose examples are other seed rows."""
    lessons: list[Lesson] = []
    for turn in range(passes):
        for row in task.seeds:
            rest = replace(task, seeds=tuple(r for r in task.seeds if r.id != row.id))
            assignment = Assignment(row.label if task.kind.closed else "", {})
            own = derive(seed, task.name, "seed lessons", turn, row.id)
            [prompt] = build(task, [assignment], choose(rest, [assignment], few_shot, seed=own), step="seeds", seed=own)
            lessons.append(Lesson(task.name, prompt.user, prompt.system, contract_json(task.record(row))))
    return lessons


def finetune(desk: Desk, task: Task, new: Sequence[Lesson], past: Mapping[str, Sequence[Lesson]], *, start: Adapter | None, name: str = "finetune") -> Adapter | None:
    """The adapter after learning `new` with replay of `past`, or `start` where nothing could be learnt (the reason is recorded)."""
    spec = desk.run.finetune
    # Whatever the step, so that a control replays the same lessons in the same order as what it is compared with.
    seed = derive(desk.run.seed, task.name, "finetune")
    old = remembered(desk, task, past, new=len(new), seed=seed)
    lessons = mixed(new, old, seed=seed)
    inputs = {"step": name, "method": METHOD, "generator": desk.generator.identity, "finetune": spec.key, "start": start.id if start else None, "seed": seed}
    key = content_hash([inputs, [asdict(x) for x in lessons]])
    opened = desk.ledger.open_step(key, task=task.name, name=name, inputs=inputs)
    folder = desk.folder / "adapters" / f"{task.name}-{key}"
    reason = _unteachable(desk, lessons)
    if reason:
        if opened.result is None:
            desk.ledger.close_step(key, {"skipped": reason, "adapter": None, "lessons": len(new), "replayed": len(old), "loss_first": None, "loss_last": None}, seconds=0.0)
        return start
    adapter = load(folder)
    if adapter is None:
        desk.progress.start(f"{task.name}: fine-tune{'' if name == 'finetune' else f' ({name})'}", len(lessons))
        began = time.monotonic()
        assert isinstance(desk.generator, Tuner)
        adapter = desk.generator.finetune(lessons, start=start, folder=folder, task=task.name, seed=seed, spec=spec)
        desk.progress.finish(f"{len(new)} lessons + {len(old)} replayed in {time.monotonic() - began:.0f} s")
    if opened.result is None:
        desk.ledger.close_step(key, _result(desk.folder, folder, len(new), len(old)), seconds=manifest(folder)["seconds"])
    return adapter


def remembered(desk: Desk, task: Task, past: Mapping[str, Sequence[Lesson]], *, new: int, seed: int) -> list[Lesson]:
    """Earlier tasks' lessons to learn again, shared out as `experience.replay_by` says. None of them resembles a gold row that is known by now."""
    clean, share = unlike_gold(desk, task, past), desk.run.finetune.replay
    if desk.run.experience.replay_by == "equal":
        return replayed(clean, new=new, share=share, seed=seed)
    own = fingerprint_of(desk, task)
    return replayed_unlike(clean, similarities(own, fingerprints(desk.ledger)), desk.embedder.embed, new=new, share=share)


def _unteachable(desk: Desk, lessons: Sequence[Lesson]) -> str:
    if not isinstance(desk.generator, Tuner):
        return f"the engine {desk.run.generator.engine!r} cannot be fine-tuned"
    return "" if lessons else "no accepted samples to learn from"


def _result(run: Path, folder: Path, new: int, old: int) -> dict[str, object]:
    found = manifest(folder)
    losses = {"loss_first": found.get("loss_first"), "loss_last": found.get("loss_last")}
    return {"skipped": "", "adapter": folder.relative_to(run).as_posix(), "lessons": new, "replayed": old, **losses}
