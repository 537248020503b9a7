"""A stream gets further tasks weeks later: a new process continues from the experience on disk and writes nothing again."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from scripted import SETTINGS, scripted

from synlearner.errors import LedgerError
from synlearner.experience.library import library
from synlearner.loop import run
from synlearner.report.export import export
from synlearner.report.writing import write_all
from synlearner.seeding import content_hash
from synlearner.store.ledger import FILE, Ledger
from synlearner.store.schema import MIGRATIONS
from synlearner.stream.bundled import copy_demo
from synlearner.stream.identity import rows_hash, settings_of
from synlearner.stream.reading import load_run
from synlearner.stream.tasks import Stream
from synlearner.testing import Recorder

OLD, NEW = ("tickets", "reviews"), ("tickets", "reviews", "pairs")


def listed(names: tuple[str, ...]) -> str:
    return f"tasks={json.dumps([f'{n}.toml' for n in names])}"


def stream(names: tuple[str, ...], *more: str, file: Path | None = None) -> Stream:
    return scripted(listed(names), *more, **({"file": file} if file else {}))


def in_a_new_process(names: tuple[str, ...], folder: Path, *more: str) -> None:
    """`synlearner run` on the demo's stream, as a user would type it."""
    from synlearner.stream.bundled import DEMO

    sets = [part for setting in (*SETTINGS, listed(names), *more) for part in ("--set", setting)]
    command = [sys.executable, "-W", "error", "-c", "from synlearner.cli import main; main()", "run", str(DEMO / "stream.toml"), "-o", str(folder), "--seed", "3", "--plain", *sets]
    done = subprocess.run(command, env={**os.environ, "NO_COLOR": "1"}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def data(folder: Path, names: tuple[str, ...]) -> list[bytes]:
    return [(folder / "data" / f"{n}.jsonl").read_bytes() for n in names]


def results(folder: Path, name: str) -> dict[str, dict]:
    with Ledger.open(folder, read_only=True) as ledger:
        return {s.task: s.result for s in ledger.steps() if s.name == name}


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("before") / "run"
    in_a_new_process(OLD, folder)
    return folder


@pytest.fixture(scope="module")
def extended(before: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("extended") / "run"
    shutil.copytree(before, folder)
    in_a_new_process(NEW, folder)
    return folder


def test_what_was_there_stays_and_nothing_is_asked_again(before: Path, extended: Path) -> None:
    assert data(extended, OLD) == data(before, OLD)
    with Ledger.open(before, read_only=True) as old, Ledger.open(extended, read_only=True) as new:
        was, now = old.steps(), new.steps()
        assert now[: len(was)] == was
        assert [s["mode"] for s in new.sessions()] == ["new", "extended"]
        assert new.stages() == [2, 3]
        assert [t["name"] for t in new.spec()["tasks"]] == list(NEW)
        added = now[len(was) :]
        # Old tasks' prompts are asked again in cells of the new task's row alone, which are new.
        assert {s.name.rpartition(".")[0] for s in added if s.task in OLD and new.prompts(s.key)} == {"cell.2.0", "cell.2.1"}
        assert all(s.result is not None for s in now)
        assert len({(s.task, s.name) for s in now}) == len(now)


def test_the_new_task_starts_from_the_last_adapter_and_replays_lessons(extended: Path) -> None:
    tuned = results(extended, "finetune")
    manifest = json.loads((extended / tuned["pairs"]["adapter"] / "manifest.json").read_text())
    last = json.loads((extended / tuned["reviews"]["adapter"] / "manifest.json").read_text())
    assert manifest["parent"] == last["id"]
    assert tuned["pairs"]["replayed"] > 0
    start = results(extended, "warm_start")["pairs"]
    assert (start["chosen"], start["adapter"]) == ("latest", tuned["reviews"]["adapter"])


def test_old_cells_stay_and_new_rows_and_columns_come(before: Path, extended: Path) -> None:
    old, new = write_all(before), write_all(extended)
    assert new.state == "finished"
    assert [row.cells[:2] for row in new.matrix.rows][:3] == [row.cells for row in old.matrix.rows]
    assert [[c is not None for c in row.cells] for row in new.matrix.rows] == [[True] * 3, [True, True, False], [True] * 3, [True] * 3]
    assert [t.name for t in new.tasks] == list(NEW)
    assert new.tasks[0].scores == old.tasks[0].scores
    assert load_run(extended / "run.toml").tasks[-1].endswith("pairs.toml")
    assert len(export(extended, to="jsonl", out=extended.parent / "export")) == 3


def test_the_library_can_be_read_from_disk(extended: Path) -> None:
    found = library(extended)
    assert [e.task for e in found] == list(NEW)
    assert [e.adapter.task for e in found] == list(NEW)
    assert all(sum(x * x for x in e.fingerprint) == pytest.approx(1, abs=1e-5) for e in found)
    assert {e.embedder for e in found} == {"word-hash 64"}


def test_the_same_run_in_one_go_has_the_same_first_data_sets_but_for_the_gold_it_knows(extended: Path, tmp_path: Path) -> None:
    whole = run(stream(NEW), tmp_path, progress=Recorder())
    # Nothing that the script writes resembles a gold row, so knowing one task's gold rows earlier changes no row.
    assert data(whole, NEW) == data(extended, NEW)
    assert results(extended, "recheck") == {"tickets": {"rows": 30, "matches": []}, "reviews": {"rows": 30, "matches": []}}
    assert results(whole, "recheck") == {}


def test_a_finished_extension_is_not_done_again_and_can_be_extended(extended: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(extended, tmp_path / "run")
    with Ledger.open(folder, read_only=True) as ledger:
        spent = ledger.spent()
    run(stream(NEW), folder, resume="always", progress=Recorder())
    with Ledger.open(folder, read_only=True) as ledger:
        assert ledger.spent() == spent
        assert ledger.stages() == [2, 3]
        assert ledger.sessions()[-1]["mode"] == "resumed"
    run(stream((*NEW, "questions")), folder, progress=Recorder())
    with Ledger.open(folder, read_only=True) as ledger:
        assert ledger.stages() == [2, 3, 4]
    assert data(folder, NEW) == data(extended, NEW)


@pytest.mark.parametrize(
    ("names", "more", "message", "fix"),
    [
        (("tickets",), (), "task 2, 'reviews', is no longer in the list", "write new ones behind them"),
        (("reviews", "tickets", "pairs"), (), "task 1 was 'tickets' and is now 'reviews'", "write new ones behind them"),
        (("tickets", "pairs", "reviews"), (), "task 2 was 'reviews' and is now 'pairs'", "write new ones behind them"),
        (NEW, ("synthesis.rows=31",), "the setting synthesis.rows was 30 and is now 31", "set synthesis.rows back"),
        (NEW, ("experience.warm_start='probe'",), 'the setting experience.warm_start was "latest" and is now "probe"', "set experience.warm_start back"),
    ],
)
def test_another_list_or_other_settings_are_refused(before: Path, names: tuple[str, ...], more: tuple[str, ...], message: str, fix: str) -> None:
    kept = (before / FILE).read_bytes()
    with pytest.raises(LedgerError, match="another specification") as caught:
        run(stream(names, *more), before, progress=Recorder())
    assert message in caught.value.message
    assert fix in caught.value.fix
    with Ledger.open(before, read_only=True) as ledger:
        assert ledger.stages() == [2]
    assert len((before / FILE).read_bytes()) == len(kept)


def test_what_learns_all_tasks_at_once_takes_no_further_ones(tmp_path: Path) -> None:
    joint = ("experience.history='joint'", "evaluation.matrix='none'")
    run(stream(OLD, *joint), tmp_path, progress=Recorder())
    run(stream(OLD, *joint), tmp_path, progress=Recorder())
    with pytest.raises(LedgerError, match="it learnt all tasks at once"):
        run(stream(NEW, *joint), tmp_path, progress=Recorder())


def own_copy(folder: Path) -> Path:
    copy_demo(folder / "demo")
    return folder / "demo" / "stream.toml"


@pytest.mark.parametrize(
    ("file", "part"), [("reviews.toml", "specification"), ("reviews.seeds.jsonl", "seed rows"), ("reviews.gold.jsonl", "gold rows"), ("tickets.toml", "specification")]
)
def test_a_changed_task_is_named_with_its_part(before: Path, tmp_path: Path, file: str, part: str) -> None:
    place = own_copy(tmp_path)
    changed = next(place.parent.rglob(file))
    text = changed.read_text(encoding="utf-8")
    changed.write_text(text.replace('instruction = "', 'instruction = "Please: ', 1) if file.endswith(".toml") else text.split("\n", 1)[1], encoding="utf-8")
    with pytest.raises(LedgerError) as caught:
        run(stream(NEW, file=place), before, progress=Recorder())
    assert f"the {part} of task" in caught.value.message
    assert repr(file.partition(".")[0]) in caught.value.message


def as_of_schema_1(folder: Path) -> None:
    """Make a ledger what the first schema would have written: no table of extensions, one hash for all tasks, and fewer settings."""
    db, old = sqlite3.connect(folder / FILE), stream(OLD)
    spec = json.loads(db.execute("SELECT spec FROM run").fetchone()[0])
    settings = settings_of(old.run)
    for task in spec["tasks"]:
        del task["hashes"]
    for known in (spec["run"], settings):
        del known["experience"]["merge_base"], known["finetune"]["orthogonal"]
    exams = [[rows_hash(old.exams[n].gold), rows_hash(old.exams[n].real)] for n in OLD]
    first = sqlite3.connect(":memory:")
    first.executescript(MIGRATIONS[0])
    named = "SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY type = 'table', type"
    later = [found for found in db.execute(named).fetchall() if found not in first.execute(named).fetchall()]
    first.close()
    dropped = [f"DROP {kind} IF EXISTS {name};" for kind, name in (("trigger", "run_no_update"), *later)]
    db.executescript(f"{' '.join(dropped)} PRAGMA user_version = 1;")
    db.execute("UPDATE run SET spec = ?, spec_key = ?", (json.dumps(spec), content_hash([settings, [t.key for t in old.tasks], exams])))
    db.execute("CREATE TRIGGER run_no_update BEFORE UPDATE ON run BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END")
    db.commit()
    db.close()


def test_a_run_of_the_first_schema_is_extended(before: Path, extended: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(before, tmp_path / "run")
    as_of_schema_1(folder)
    with pytest.raises(LedgerError, match=r"is no longer in the list"):
        run(stream(OLD[:1]), folder, progress=Recorder())
    run(stream(NEW), folder, progress=Recorder())
    assert data(folder, NEW) == data(extended, NEW)
    version = sqlite3.connect(folder / FILE).execute("PRAGMA user_version").fetchone()[0]
    assert version == len(MIGRATIONS)


def test_of_the_first_schema_a_changed_task_is_refused_as_well(before: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(before, tmp_path / "run")
    as_of_schema_1(folder)
    place = own_copy(tmp_path)
    seeds = next(place.parent.rglob("reviews.seeds.jsonl"))
    seeds.write_text(seeds.read_text(encoding="utf-8").split("\n", 1)[1], encoding="utf-8")
    with pytest.raises(LedgerError, match="seed rows, gold rows or real rows changed"):
        run(stream(NEW, file=place), folder, progress=Recorder())


def test_settings_that_came_with_a_newer_version_have_their_defaults(before: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(before, tmp_path / "run")
    db = sqlite3.connect(folder / FILE)
    spec = json.loads(db.execute("SELECT spec FROM run").fetchone()[0])
    del spec["run"]["experience"]
    db.executescript("DROP TRIGGER run_no_update")
    db.execute("UPDATE run SET spec = ?, spec_key = 'of an older version'", (json.dumps(spec),))
    db.commit()
    db.close()
    run(stream(OLD), folder, progress=Recorder())
    with Ledger.open(folder, read_only=True) as ledger:
        assert [s["mode"] for s in ledger.sessions()] == ["new", "resumed"]
    with pytest.raises(LedgerError, match=r"experience\.merge_base was 0\.0 and is now 0\.5"):
        run(stream(NEW, "experience.merge_base=0.5"), folder, progress=Recorder())


def with_a_leak(folder: Path, place: Path) -> str:
    """Make a gold row of the new task of the first row of an old data set, and return that row's id."""
    row = json.loads((folder / "data" / "reviews.jsonl").read_text(encoding="utf-8").splitlines()[0])
    gold = place.parent / "pairs.gold.jsonl"
    leak = {**json.loads(gold.read_text(encoding="utf-8").splitlines()[0]), "id": "leak", "premise": row["text"], "hypothesis": "Nothing else."}
    gold.write_text(gold.read_text(encoding="utf-8") + json.dumps(leak) + "\n", encoding="utf-8")
    return str(row["id"])


def test_rows_that_resemble_later_gold_rows_stay_and_are_told(before: Path, tmp_path: Path) -> None:
    folder, place = shutil.copytree(before, tmp_path / "run"), own_copy(tmp_path)
    leaked = with_a_leak(folder, place)
    run(stream(NEW, file=place), folder, progress=Recorder())
    assert data(folder, OLD) == data(before, OLD)
    (match,) = results(folder, "recheck")["reviews"]["matches"]
    assert (match["row"], match["gold_task"], match["gold_row"]) == (leaked, "pairs", "leak")
    summary = write_all(folder)
    assert [m.row for m in summary.tasks[1].recheck.matches] == [leaked]
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "resembling gold rows of theirs" in page
    assert "reviews (1 row of 30)" in page


def test_the_new_task_does_not_learn_from_such_rows(tmp_path: Path) -> None:
    settings = ("finetune.replay=1.0", "evaluation.matrix='none'")  # all there is
    folder, place = run(stream(OLD, *settings), tmp_path / "run", progress=Recorder()), own_copy(tmp_path)
    with_a_leak(folder, place)
    run(stream(NEW, *settings, file=place), folder, progress=Recorder())
    assert {task: tuned["replayed"] for task, tuned in results(folder, "finetune").items()} == {"tickets": 0, "reviews": 30, "pairs": 59}
