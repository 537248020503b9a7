"""SIGKILL at any moment, then the same command: the same data sets, nothing generated twice, nothing lost."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from synlearner.report.writing import write_all
from synlearner.stream.reading import load_run

HERE = Path(__file__).parent


def started(folder: Path, moment: str, *settings: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])])}
    command = [sys.executable, "-W", "error", HERE / "mortal.py", folder, moment, *settings]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def mortal(folder: Path, moment: str, *settings: str) -> int:
    process = started(folder, moment, *settings)
    process.communicate()
    return process.returncode


def everything(folder: Path) -> dict[str, object]:
    ledger = sqlite3.connect(folder / "ledger.db")
    tables = {
        "answers": "SELECT step, prompt, turn, text, error FROM answer ORDER BY step, prompt, turn",
        "outcomes": "SELECT step, prompt, kind, reason, body FROM outcome ORDER BY step, prompt",
        "marks": "SELECT step, prompt, filter, dropped, reason, detail FROM mark ORDER BY step, prompt, filter, reason, detail",
        "results": "SELECT c.key, c.result FROM step_closed c JOIN step s ON s.key = c.key WHERE s.name != 'finetune' ORDER BY c.key",
    }
    found: dict[str, object] = {name: ledger.execute(query).fetchall() for name, query in tables.items()}
    ledger.close()
    return found | {p.name: p.read_bytes() for p in sorted((folder / "data").glob("*"))}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    folder = tmp_path_factory.mktemp("whole")
    assert mortal(folder, "never") == 0
    return everything(folder)


@pytest.mark.parametrize("moments", [["unit:0"], ["unit:2", "unit:3", "unit:5"], ["tune:0", "unit:4"], ["unit:9", "tune:0", "tune:0"]], ids="+".join)
def test_a_killed_run_ends_as_an_uninterrupted_one(tmp_path: Path, whole: dict[str, object], moments: list[str]) -> None:
    for moment in moments:
        assert mortal(tmp_path, moment) == -signal.SIGKILL
    assert mortal(tmp_path, "never") == 0
    assert everything(tmp_path) == whole
    assert not [p for p in tmp_path.rglob("*") if p.suffix in (".part", ".tmp")]


PROBED = ("experience.warm_start='probe'", "experience.merge_base=0.5", "experience.replay_by='dissimilarity'")
LONGER = 'tasks=["reviews.toml", "pairs.toml", "questions.toml"]'


def test_a_run_that_is_killed_in_its_probes_and_in_its_extension_ends_as_an_uninterrupted_one(tmp_path: Path) -> None:
    whole, torn = tmp_path / "whole", tmp_path / "torn"
    for settings in (PROBED, (*PROBED, LONGER)):
        assert mortal(whole, "never", *settings) == 0
        for moment in ("unit:8", "unit:3", "tune:0", "unit:2"):
            assert mortal(torn, moment, *settings) == -signal.SIGKILL
        assert mortal(torn, "never", *settings) == 0
        assert everything(torn) == everything(whole)


def test_a_folder_belongs_to_one_process_until_it_ends(tmp_path: Path, whole: dict[str, object]) -> None:
    first = started(tmp_path, "wait:3")
    assert first.stdout.readline() == "waiting\n"
    second = started(tmp_path, "never")
    _, said = second.communicate(timeout=60)
    assert second.returncode == 1
    assert f"another process runs here (pid {first.pid})" in said
    assert "Fix: wait until it ends" in said
    assert load_run(tmp_path / "run.toml").synthesis.rows == 30
    assert write_all(tmp_path).state == "unfinished"
    first.kill()
    first.communicate()
    assert mortal(tmp_path, "never") == 0
    assert everything(tmp_path) == whole
