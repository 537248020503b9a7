"""Weights & Biases, offline: nothing leaves the machine until somebody runs `wandb sync`, or sets WANDB_MODE=online.

An offline run cannot be read back, and need not be: what it holds follows from the ledger. So a session writes it anew, under the same id, and the older
copy goes away. Every row has a number of its own; online, W&B says up to which number it has them.
"""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from synlearner.errors import EngineError, boundary
from synlearner.records import Milestone, Tracked

# Rows that a finished step has at most.
STRIDE = 100_000


class WeightsAndBiases:
    """Logs to a W&B run in a folder."""

    def __init__(self, folder: Path) -> None:
        self._mode = os.environ.get("WANDB_MODE", "offline")
        if self._mode != "online":
            os.environ["WANDB_ERROR_REPORTING"] = "false"
        with boundary("wandb", extra="wandb"):
            import wandb

        self._wandb, self._folder, self._first, self._axes = wandb, folder, 0, set[str]()
        self._run: Any = None
        self.place = "the run on your W&B server" if self._mode == "online" else f"wandb sync {folder / 'wandb'}/offline-run-* sends it, which is yours to decide"

    def begin(self, run: Tracked) -> Collection[int]:
        """Begin the run anew, or online go on with it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._mode != "online":
            self._clear(run.id)
        quiet = {"silent": True, "console": "off", "save_code": False, "disable_code": True, "disable_git": True, "x_disable_meta": True, "x_disable_stats": True}
        project = os.environ.get("WANDB_PROJECT", run.project)
        told: dict[str, Any] = {"project": project, "id": run.id, "name": run.name, "config": dict(run.settings), "dir": str(self._folder)}
        self._run = self._wandb.init(**told, mode=self._mode, resume="allow", reinit="create_new", settings=self._wandb.Settings(**quiet))
        self._first = int(self._run.step)
        return range(1, self._first // STRIDE)

    def log(self, milestone: Milestone) -> None:
        """Log the rows of a step that W&B does not have."""
        for number, row in enumerate(_rows(milestone), milestone.number * STRIDE):
            for axis in {name.partition("/")[0] for name in row} - self._axes:
                self._axes.add(axis)
                self._run.define_metric(f"{axis}/*", step_metric=f"{axis}/step")
            if number >= self._first:
                self._run.log(row, step=number)

    def close(self) -> None:
        """Write what waits, and end the session."""
        if self._run is not None:
            self._run.finish()

    def _clear(self, run: str) -> None:
        """Remove the copy of an earlier session. One that was sent is the server's: another copy would show everything twice."""
        for old in self._folder.glob(f"wandb/offline-run-*-{run}"):
            if next(old.glob("*.wandb.synced"), None):
                raise EngineError(f"{old.name} was sent to W&B already", "set WANDB_MODE=online, and W&B goes on with that run")
            shutil.rmtree(old)


def _rows(milestone: Milestone) -> Iterator[Mapping[str, float]]:
    """Points of the same family at the same place together, with that place."""
    rows: dict[tuple[str, int], dict[str, float]] = defaultdict(dict)
    for p in milestone.points:
        family = p.name.partition("/")[0]
        rows[family, p.step] |= {p.name if "/" in p.name else f"{p.name}/mean": p.value, f"{family}/step": p.step}
    yield from rows.values()
