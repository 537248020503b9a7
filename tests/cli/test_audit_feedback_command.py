"""`synlearner audit-feedback` as people use it: a stream and rows in; tables, a page and a sentence per reward out."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from synlearner.errors import SpecError
from synlearner.feedback.damages import DAMAGES
from synlearner.ladders import Asked, audit_feedback
from synlearner.report.ladders.schema import Ladders
from synlearner.store.ledger import Ledger
from synlearner.testing import Recorder
from tests.cli.test_cli import FAST, synlearner
from tests.loop.scripted import scripted

DEMO = Path(__file__).parents[2] / "src/synlearner/demo"
STREAM = DEMO / "stream.toml"
OWN = "def longer(prompts, completions, **columns):\n    return [None if '{' not in c else float(len(c)) for c in completions]\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "own.py").write_text(OWN, encoding="utf-8")
    return tmp_path


def asked(*more: str, judge: str = "") -> list[str]:
    rows = json.dumps([str(DEMO / f"tickets.{part}.jsonl") for part in ("seeds", "gold")])
    judges = f"judge.by=[{{engine='scripted-judge', options={{rows={rows}{judge}}}}}]"
    sets = [part for setting in (*FAST, judges) for part in ("--set", setting)]
    return ["audit-feedback", str(STREAM), "--task", "tickets", *sets, "--plain", "-n", "16", *more]


def told(folder: Path) -> Ladders:
    return Ladders.model_validate_json((folder / "ladders.json").read_text(encoding="utf-8"))


def spent(folder: Path) -> dict[str, float]:
    with Ledger.open(folder, read_only=True) as ledger:
        return ledger.spent()


def test_rewards_judges_and_functions_climb_and_nothing_is_asked_twice(folder: Path) -> None:
    command = asked("--by", "judge,quality,set_gain,own:longer", "-o", "out", judge=", flattered=1.0, lean=0.4")
    first = synlearner(*command, folder=folder)
    assert first.returncode == 0, first.stderr
    found = told(folder / "out")
    assert [r.name for r in found.rewards] == ["judge", "quality", "set_gain", "own:longer"]
    assert all([c.damage for c in r.climbs] == list(DAMAGES) for r in found.rewards)
    of = {r.name: {c.damage: c for c in r.climbs} for r in found.rewards}
    assert of["judge"]["label flip"].verdict == "notices"
    assert of["judge"]["praised flip"].verdict != "notices"
    assert of["quality"]["label flip"].verdict == "does not notice"
    assert of["quality"]["loop"].verdict == "notices"
    assert of["own:longer"]["padding"].verdict == "taken in"
    assert of["own:longer"]["json break"].unscored == {}
    assert found.pairs[0].inconsistent > 0
    assert found.pairs[0].bias > 0
    assert found.source == "seeds"
    said = " ".join(first.stdout.split())
    assert all(r.sentence in said for r in found.rewards)
    assert "changed its verdict with the order" in said
    page = (folder / "out/ladders.html").read_text(encoding="utf-8")
    assert "<script" not in page
    for name in ("climbs", "levels", "pairs", "cost"):
        rows = list(csv.reader((folder / f"out/tables/{name}.csv").read_text(encoding="utf-8").splitlines()))
        assert len({len(row) for row in rows}) == 1, name
    before = spent(folder / "out")
    again = synlearner(*command, folder=folder)
    assert again.stdout == first.stdout
    assert spent(folder / "out") == before


def test_rows_may_come_from_a_pool_and_caps_hold(folder: Path) -> None:
    pool = folder / "pool.jsonl"
    pool.write_text("".join(line + "\n" for line in (DEMO / "tickets.gold.jsonl").read_text(encoding="utf-8").splitlines()[:30]), encoding="utf-8")
    command = asked("--by", "judge,faithfulness", "--pool", "pool.jsonl", "--damage", "label flip,filler", "--pairs", "0", "-o", "out", judge=", right=1.0")
    stopped = synlearner(*command, "--set", "budget.tokens=2000", folder=folder)
    assert stopped.returncode == 3
    assert "the budget is spent" in stopped.stderr
    assert "the same command continues from there" in stopped.stderr
    done = synlearner(*command, folder=folder)
    assert done.returncode == 0, done.stderr
    found = told(folder / "out")
    assert (found.source, found.rows, found.damages, found.pairs) == ("pool", 16, ["label flip", "filler"], [])
    # Every row whole, flipped, and as filler under its own label, which is one question for each label.
    assert 16 * 2 < spent(folder / "out")["requests"] <= 16 * 3


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"task": "nothing"}, "known: tickets, reviews"),
        ({"by": ["qualty"]}, "there is no reward called 'qualty'"),
        ({"by": ["math:nothing"]}, "cannot be used"),
        ({"by": ["nowhere:f"]}, "cannot be used"),
        ({"by": ["math:pi"]}, "neither a function nor a reward"),
        ({"by": ["judge"]}, r"add a table \[judge.by\]"),
        ({"damages": ["fire"]}, "known: label flip"),
        ({"pool": "none.jsonl"}, "none.jsonl"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_is_written(tmp_path: Path, more: dict[str, Any], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        audit_feedback(Asked(scripted(), **more), tmp_path / "none", Recorder())
    assert not (tmp_path / "none").exists()
