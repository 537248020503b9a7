"""Adapters by task: which one a new task starts from, where each is kept, and what its task was like.

An adapter is a folder with a manifest that is written last; a folder without one is the remains of a killed run and is ignored. Which
adapter a task ended with, and the task's fingerprint, stand in the ledger, so that a run folder is a library for any later process.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synlearner.experience.fingerprints import STEP
from synlearner.records import Adapter
from synlearner.store.ledger import Ledger

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a finished task left: the adapter that it ended with, None for the base model, and its fingerprint by the embedder of that name."""

    task: str
    adapter: Adapter | None
    fingerprint: tuple[float, ...]
    embedder: str


def load(folder: Path) -> Adapter | None:
    """The finished adapter in a folder, or None."""
    if not (folder / MANIFEST).exists():
        return None
    found = manifest(folder)
    return Adapter(found["id"], str(folder), found["task"], found["parent"])


def manifest(folder: Path) -> dict[str, Any]:
    """What a finished adapter is and how it came about."""
    found: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return found


def latest(made: Sequence[Adapter | None]) -> Adapter | None:
    """Warm start: the newest adapter of the stream so far, or None for the base model."""
    return next((a for a in reversed(made) if a is not None), None)


def nearest(made: Mapping[str, Adapter | None], similar: Mapping[str, float]) -> tuple[str, Adapter] | None:
    """The most similar task that has an adapter, and that adapter; of equally similar ones the later. None where no task has one."""
    able = [(similar.get(task, -1.0), place, task, adapter) for place, (task, adapter) in enumerate(made.items()) if adapter is not None]
    return max(able, key=lambda a: a[:2])[2:] if able else None


def distinct(made: Sequence[Adapter | None]) -> list[Adapter]:
    """Each adapter once, in the order in which they were made: a task that learnt nothing ends with the one that it began with."""
    return list({a.id: a for a in made if a is not None}.values())


def library(folder: str | Path) -> list[Entry]:
    """The finished tasks of a run folder in their order. Raises `LedgerError` where there is no run."""
    with Ledger.open(folder, read_only=True) as ledger:
        prints = {s.task: s.result for s in ledger.steps() if s.name == STEP and s.result}
        ended = {s.task: s.result for s in ledger.steps() if s.name == "dataset" and s.result}
    adapters = {task: load(Path(folder) / place) if (place := result.get("adapter")) else None for task, result in ended.items()}
    return [Entry(task, adapters[task], tuple(prints[task]["vector"]), prints[task]["embedder"]) for task in ended if task in prints]


def fingerprints(ledger: Ledger) -> dict[str, Vector]:
    """The fingerprints that a run has recorded, by task; where a task has several, the last."""
    import numpy as np

    return {s.task: np.asarray(s.result["vector"], dtype=np.float64) for s in ledger.steps() if s.name == STEP and s.result}
