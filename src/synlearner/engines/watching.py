"""What a training from rewards wrote down of its steps, and whether it should end: entries of steps in, a verdict in words out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synlearner.engines.lora import CHECKPOINTS

STEPS = "steps.jsonl"
# Steps over which an alarm looks, and what it takes for a collapse: a share of what was there in the beginning.
WINDOW, VALID_LEFT, ENTROPY_LEFT = 5, 0.5, 0.1


@dataclass(slots=True)
class Watch:
    """Looks at the steps' numbers and says when to end: `ended` why, `alarm` whether that was a collapse."""

    patience: int
    valid: list[float] = field(default_factory=list)
    entropy: list[float] = field(default_factory=list)
    total: list[float] = field(default_factory=list)

    def look(self, entry: Mapping[str, float]) -> tuple[str, bool]:
        """Why training should end, or "", and whether this is an alarm."""
        for values, name in ((self.valid, "valid"), (self.entropy, "entropy"), (self.total, "total")):
            if entry.get(name) is not None:
                values.append(entry[name])
        for values, left, what in ((self.valid, VALID_LEFT, "share of valid records"), (self.entropy, ENTROPY_LEFT, "entropy")):
            if len(values) >= 2 * WINDOW and _mean(values[-WINDOW:]) < left * _mean(values[:WINDOW]):
                return f"collapse: the {what} fell from {_mean(values[:WINDOW]):.3f} to {_mean(values[-WINDOW:]):.3f}", True
        means = [_mean(self.total[i : i + WINDOW]) for i in range(len(self.total) - WINDOW + 1)]
        if self.patience and means and len(means) - 1 - max(range(len(means)), key=means.__getitem__) >= self.patience:
            return f"no better mean reward for {self.patience} steps", False
        return "", False


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def read_steps(folder: Path) -> list[dict[str, Any]]:
    """What was logged, step by step; a step that was trained again after a kill counts once, as it was last."""
    file = folder / STEPS
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    by_step = {entry["step"]: entry for line in lines if (entry := _parsed(line))}
    return [by_step[step] for step in sorted(by_step)]


def spent_before(folder: Path) -> float:
    """Seconds of training of earlier sessions, as far as they were logged; those of steps that are trained again count twice."""
    file = folder / STEPS
    logged = [entry for line in file.read_text(encoding="utf-8").splitlines() if (entry := _parsed(line))] if file.exists() else []
    return float(logged[-1].get("seconds_so_far", 0.0)) if logged else 0.0


def _parsed(line: str) -> dict[str, Any] | None:
    """A logged step, or None for the half of a line that a killed run left."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def last_checkpoint(folder: Path) -> str | None:
    """The newest checkpoint that is whole: its state is written last, and what has none is what a killed run left behind."""
    whole = [c for c in (folder / CHECKPOINTS).glob("checkpoint-*") if (state := c / "trainer_state.json").is_file() and _parsed(state.read_text(encoding="utf-8"))]
    return str(max(whole, key=lambda c: step_of(c.name))) if whole else None


def step_of(checkpoint: str | None) -> int:
    """The number of steps after which a checkpoint was written; 0 without any."""
    return int(checkpoint.rpartition("-")[2]) if checkpoint else 0
