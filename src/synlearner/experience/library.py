"""Adapters by task: which one a new task starts from, and where each is kept.

An adapter is a folder with a manifest that is written last; a folder without one is the remains of a killed run and is ignored.
"""

from __future__ import annotations

import json
from pathlib import Path

from synlearner.records import Adapter

MANIFEST = "manifest.json"


def load(folder: Path) -> Adapter | None:
    """The finished adapter in a folder, or None."""
    file = folder / MANIFEST
    if not file.exists():
        return None
    manifest = json.loads(file.read_text(encoding="utf-8"))
    return Adapter(manifest["id"], str(folder), manifest["task"], manifest["parent"])


def latest(made: list[Adapter | None]) -> Adapter | None:
    """Warm start: the newest adapter of the stream so far, or None for the base model."""
    return next((a for a in reversed(made) if a is not None), None)
