"""Files beside the ledger: whole or not there, and what a killed process left is cleared away."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from synlearner.store.files import replacing, write_text

KILLED = """
import os, sys
from pathlib import Path
from synlearner.store.files import replacing
with replacing(Path(sys.argv[1])) as partial:
    partial.write_text("half")
    os.kill(os.getpid(), 9)
"""


def test_what_a_killed_process_left_is_removed_by_the_next_write(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    write_text(file, "first")
    subprocess.run([sys.executable, "-c", KILLED, str(file)], check=False)
    assert len(list(tmp_path.glob("report.html.*.part"))) == 1
    assert file.read_text() == "first"
    write_text(file, "second")
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_what_a_running_process_writes_and_what_is_not_ours_stays(tmp_path: Path) -> None:
    others = [f"a.csv.{os.getppid()}.part", "a.csv.part", "a.csv.x.part", "b.a.csv.99999999.part"]
    for name in others:
        (tmp_path / name).touch()
    write_text(tmp_path / "a.csv", "x")
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["a.csv", *others])


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), replacing(tmp_path / "a") as partial:
        partial.write_text(str(1 / 0))
    assert list(tmp_path.iterdir()) == []
