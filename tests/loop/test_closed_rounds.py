"""Rounds in the loop: the curve is measured on gold after the choice, a killed run chooses and writes the same, tuning between rounds is a step."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from scripted import scripted

from synlearner.errors import Interrupted, SpecError
from synlearner.loop import run
from synlearner.store.ledger import Ledger
from synlearner.testing import Recorder

TASKS = ("reviews", "pairs")
SMALL = ("evaluation.matrix='none'", 'tasks=["reviews.toml", "pairs.toml"]', "rounds.enabled=true", "rounds.rounds=3", "rounds.around=6", "rounds.plateau=0")


def results(folder: Path, stem: str) -> list[dict]:
    with Ledger.open(folder, read_only=True) as ledger:
        return [{"task": s.task, **s.result} for s in ledger.steps() if s.name.partition(".")[0] == stem]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(scripted(*SMALL, "rounds.by='representative'"), tmp_path_factory.mktemp("rounds"), progress=Recorder())


def test_the_curve_has_a_point_before_and_after_every_round(done: Path) -> None:
    for found in results(done, "curve"):
        ends = [r["rows"] for r in results(done, "round") if r["task"] == found["task"]]
        assert found["rows"] == ends
        assert len(found["scores"]) == len(found["correct"]) == 4
        assert all(0 <= s["low"] <= s["mean"] <= s["high"] <= 1 for s in found["scores"])


def test_gold_neither_chooses_nor_ends(done: Path) -> None:
    with Ledger.open(done, read_only=True) as ledger:
        decisive = [s for s in ledger.steps() if s.name.partition(".")[0] in ("choose", "round", "rounds")]
        assert decisive
        assert not any("gold" in json.dumps(s.inputs) for s in decisive)


def test_the_file_has_the_rows_of_the_best_round(done: Path) -> None:
    for end in results(done, "rounds"):
        lines = (done / "data" / f"{end['task']}.jsonl").read_text(encoding="utf-8").splitlines()
        assert len(lines) == end["rows"]


def test_a_run_that_is_stopped_within_goes_on_to_the_same_choices_and_rows(done: Path, tmp_path: Path) -> None:
    tokens = 1000
    for _ in range(200):
        try:
            run(scripted(*SMALL, "rounds.by='representative'", f"budget.tokens={tokens}"), tmp_path, progress=Recorder())
            break
        except Interrupted:
            tokens += 3000
    for task in TASKS:
        assert (tmp_path / "data" / f"{task}.jsonl").read_bytes() == (done / "data" / f"{task}.jsonl").read_bytes()
    assert results(tmp_path, "choose") == results(done, "choose")


def killed(folder: Path, moment: str) -> int:
    here = Path(__file__).parent
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(here), *filter(None, [os.environ.get("PYTHONPATH")])])}
    command = [sys.executable, "-W", "error", here / "mortal.py", folder, moment, *SMALL, "rounds.by='representative'"]
    return subprocess.run(command, env=environment, capture_output=True, check=False).returncode


def test_a_run_that_is_killed_within_ends_as_one_that_is_not(done: Path, tmp_path: Path) -> None:
    for moment in ("unit:7", "unit:2", "unit:5"):
        assert killed(tmp_path, moment) == -signal.SIGKILL
    assert killed(tmp_path, "never") == 0
    for task in TASKS:
        assert (tmp_path / "data" / f"{task}.jsonl").read_bytes() == (done / "data" / f"{task}.jsonl").read_bytes()
    assert results(tmp_path, "choose") == results(done, "choose")


def test_between_rounds_the_generator_learns_what_was_kept(tmp_path: Path) -> None:
    folder = run(scripted(*SMALL, "rounds.by='random'", "rounds.tune=true"), tmp_path, progress=Recorder())
    tuned = results(folder, "tune")
    ends = {task: [r["rows"] for r in results(folder, "round") if r["task"] == task] for task in TASKS}
    assert [t["lessons"] for t in tuned] == [n for task in TASKS for n in ends[task][1:-1]]


def test_the_rounds_own_budget_ends_them_and_not_the_run(tmp_path: Path) -> None:
    folder = run(scripted(*SMALL, "rounds.tokens=1"), tmp_path, progress=Recorder())
    assert all("of 1 tokens are spent" in end["ended"] and end["done"] == 1 for end in results(folder, "rounds"))
    assert len(results(folder, "evaluate")) == 2


@pytest.mark.parametrize(("by", "words"), [("los", "did you mean 'loss'"), ("oracle", "known: random, all, static"), ("judge", "nobody judges")])
def test_an_unknown_way_to_choose_is_refused_before_anything_is_written(tmp_path: Path, by: str, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        run(scripted(*SMALL, f"rounds.by='{by}'"), tmp_path / "new", progress=Recorder())
    assert not (tmp_path / "new").exists()
