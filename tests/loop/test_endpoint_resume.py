"""Killed, interrupted or out of disk while requests are under way: the same rows in the end, what is sent again is what was under way, and caps hold throughout."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from synlearner.store.ledger import Ledger

HERE = Path(__file__).parent
FLYING = 8
SETTINGS = (f"generator.concurrency={FLYING}", "generator.options={invalid_json=0.1, failure=0.05, refused=0.05, dropped=0.05}", "explore.prompts=60", "synthesis.rows=60")
Go = Callable[..., subprocess.CompletedProcess[str]]


def mortal(place: Path, moment: str, *settings: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])])}
    command = [sys.executable, "-W", "error", HERE / "mortal_endpoint.py", place / "run", moment, place / "run.served", *SETTINGS, *settings]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def go(tmp_path: Path) -> Go:
    return partial(mortal, tmp_path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("whole")
    assert mortal(place, "never").returncode == 0
    return place / "run"


def served(folder: Path) -> list[str]:
    """Prompt and turn of every request that ever left, in order."""
    return folder.with_name(f"{folder.name}.served").read_text().splitlines()


def answers(folder: Path) -> list[tuple[object, ...]]:
    db = sqlite3.connect(folder / "ledger.db")
    found = db.execute("SELECT step, prompt, turn, text, error FROM answer ORDER BY step, prompt, turn").fetchall()
    db.close()
    return found


def requests(folder: Path) -> Counter[str]:
    """How the ledger says that requests ended."""
    with Ledger.open(folder, read_only=True) as ledger:
        return sum((Counter(m.outcomes) for m in ledger.spending().models), Counter())


@pytest.mark.parametrize(("share", "cache"), [(0.1, "run"), (0.5, "off"), (0.9, "run")])
def test_after_a_kill_nothing_is_lost_and_only_what_flew_is_sent_again(go: Go, whole: Path, tmp_path: Path, share: float, cache: str) -> None:
    folder, total = tmp_path / "run", len(served(whole))
    moment = f"kill:{int(share * total)}"
    assert go(moment, f"budget.cache='{cache}'").returncode == -signal.SIGKILL
    assert go("never", f"budget.cache='{cache}'").returncode == 0
    assert answers(folder) == answers(whole)
    assert (folder / "data" / "reviews.jsonl").read_bytes() == (whole / "data" / "reviews.jsonl").read_bytes()
    # A turn that was at its second attempt begins anew: its attempts, not the turns, may be more than flew.
    assert len(Counter(served(folder)) - Counter(served(whole))) <= FLYING
    # Whatever left is in the ledger, and nothing else is: the request that the kill came with was written down before it left.
    assert requests(folder).total() == len(served(folder))
    assert 0 < requests(folder)["lost"] <= FLYING


def test_a_run_that_is_killed_again_and_again_never_sends_more_than_its_cap(go: Go, whole: Path, tmp_path: Path) -> None:
    folder, cap = tmp_path / "run", len(served(whole)) - 10
    for moment in ("kill:5", "kill:1", "kill:40", "kill:30", "never"):
        ended = go(moment, f"budget.requests={cap}")
    assert ended.returncode == 3
    assert f"Interrupted: the budget is spent: {cap} of {cap} requests" in ended.stderr
    assert len(served(folder)) == cap == requests(folder).total()
    assert go("never", f"budget.requests={cap}").returncode == 3
    assert len(served(folder)) == cap
    assert go("never").returncode == 0
    assert answers(folder) == answers(whole)


@pytest.mark.parametrize("times", [1, 3])
def test_after_ctrl_c_everything_goes_on(go: Go, whole: Path, tmp_path: Path, times: int) -> None:
    folder = tmp_path / "run"
    for _ in range(times):
        assert go("interrupt:20").returncode == 4
    assert go("never").returncode == 0
    assert answers(folder) == answers(whole)
    assert len(Counter(served(folder)) - Counter(served(whole))) <= FLYING * times
    assert requests(folder).total() == len(served(folder))


def test_a_full_disk_is_said_once_and_the_run_goes_on_when_there_is_room(go: Go, whole: Path, tmp_path: Path) -> None:
    folder, room = tmp_path / "run", 1_000_000
    ended = go(f"full:{room}")
    assert ended.returncode == 3, ended.stderr
    assert ended.stderr.count("LedgerError: ") == 1
    assert "could not be written" in ended.stderr
    assert "Fix: free disk space" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert 0 < len(served(folder)) < len(served(whole))
    assert go("never").returncode == 0
    assert answers(folder) == answers(whole)
    assert requests(folder).total() >= len(served(folder))
