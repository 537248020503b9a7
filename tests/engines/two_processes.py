"""A training step as a process of its own, for the test that two of them judge the same batch as one; also what that test shares."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from synlearner.engines.hf import HuggingFace
from synlearner.records import Adapter, Course, Draft, Prompt
from synlearner.seeding import content_hash
from synlearner.stream.specs import FinetuneSpec, GeneratorSpec, ReinforceSpec

SPEC = ReinforceSpec(method="hro", steps=7, prompts=2, completions=3, learning_rate=2e-2)
TUNING = FinetuneSpec(rank=4, alpha=8)


def ask(i: int) -> Prompt:
    return Prompt(content_hash(["ask", i]), "tickets", "test", i, "refund", {}, (), "", f'Task: sort the tickets. Labels: "refund" Record {i}:', 100 + i, ("label", "text"))


def engine_of(model: str | Path) -> HuggingFace:
    return HuggingFace(GeneratorSpec(engine="hf", model=str(model), device="cpu", max_new_tokens=12, batch=64))


def trained(model: str | Path, folder: Path, judging: Judging, spec: ReinforceSpec) -> Adapter:
    prompts = [ask(i) for i in range(SPEC.steps * SPEC.prompts)]
    return engine_of(model).reinforce(prompts, judging, Course("tickets", None, folder, 5, spec, TUNING), judge_identity="test", record=judging.record)


class Judging:
    """Likes long answers and compares each with the mean of the whole batch: a slice of the batch would be judged differently."""

    def __init__(self, killed_at: int | None = None) -> None:
        self.seen: list[tuple[list[int], list[str], float]] = []
        self.told: list[tuple[int, list[Draft]]] = []
        self._killed_at = killed_at

    def of(self, texts: Sequence[str]) -> list[float]:
        mean = sum(map(len, texts)) / len(texts)
        return [(len(t) - mean) / 10 for t in texts]

    def __call__(self, places: Sequence[int], texts: Sequence[str], progress: float) -> tuple[list[float], dict[str, float]]:
        if len(self.seen) == self._killed_at:
            raise KeyboardInterrupt
        self.seen.append((list(places), list(texts), progress))
        return self.of(texts), {"valid": 1.0, "total": sum(map(len, texts)) / len(texts), "mean/length": sum(map(len, texts)) / len(texts)}

    def record(self, step: int, drafts: Sequence[Draft], seconds: float) -> None:
        self.told.append((step, list(drafts)))


def main(model: str, out: Path) -> None:
    one = SPEC.model_copy(update={"steps": 1})
    judging = Judging()
    trained(model, out / "tickets-hro", judging, one)
    (out / f"rank-{os.environ['RANK']}.json").write_text(json.dumps(judging.seen))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
