"""Adapters: only finished ones count, and the newest is the warm start."""

import json
from pathlib import Path

from synlearner.experience.library import MANIFEST, distinct, latest, load, nearest
from synlearner.records import Adapter


def test_a_folder_without_a_manifest_is_no_adapter(tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"half of it")
    assert load(tmp_path) is None
    (tmp_path / MANIFEST).write_text(json.dumps({"id": "x", "task": "t", "parent": None}))
    assert load(tmp_path) == Adapter("x", str(tmp_path), "t", None)


def test_latest_skips_tasks_that_learnt_nothing() -> None:
    first, third = Adapter("1", "p1", "a", None), Adapter("3", "p3", "c", "1")
    assert latest([]) is None
    assert latest([None]) is None
    assert latest([first, None]) == first
    assert latest([first, None, third]) == third


def test_the_nearest_task_needs_an_adapter_and_ties_go_to_the_later() -> None:
    one, two = Adapter("1", "p1", "a", None), Adapter("2", "p2", "b", None)
    assert nearest({}, {}) is None
    assert nearest({"a": None}, {"a": 1.0}) is None
    assert nearest({"a": one, "b": two, "c": None}, {"a": 0.5, "b": 0.4, "c": 0.9}) == ("a", one)
    assert nearest({"a": one, "b": two}, {"a": 0.5, "b": 0.5}) == ("b", two)


def test_an_adapter_that_a_task_only_passed_on_counts_once() -> None:
    one, two = Adapter("1", "p1", "a", None), Adapter("2", "p2", "b", None)
    assert distinct([one, None, one, two]) == [one, two]
