"""Runs in trackers: told along the way, killed and continued, told again; read back with each library's own reader where it is installed."""

import os
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from synlearner.errors import Interrupted, SpecError
from synlearner.loop import run
from synlearner.records import Milestone, Tracked
from synlearner.registry import register
from synlearner.store.reading import Reading
from synlearner.testing import Recorder
from synlearner.track.follow import replay
from tests.loop.scripted import scripted

SMALL = ("tasks=['tickets.toml', 'reviews.toml']", "synthesis.rows=12", "explore.prompts=12", "evaluation.matrix_rows=12", "evaluation.matrix='lower'")
SHELF: dict[str, dict[int, Milestone]] = {}


class Shelf:
    """A tracker that keeps what it is told for this process, by the id of the run."""

    place = "this process"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run = ""

    def begin(self, run: Tracked) -> Collection[int]:
        self.run, self.settings = run.id, run.settings
        return SHELF.setdefault(run.id, {})

    def log(self, milestone: Milestone) -> None:
        assert milestone.number not in SHELF[self.run]
        SHELF[self.run][milestone.number] = milestone

    def close(self) -> None: ...


class Broken(Shelf):
    """One that fails in the middle."""

    def log(self, milestone: Milestone) -> None:
        if milestone.number > 3:
            raise ConnectionResetError("the server went away")


register("tracker", "shelf")(Shelf)
register("tracker", "broken")(Broken)


def shelved(folder: Path) -> dict[int, Milestone]:
    from synlearner.track.follow import tracked

    with Reading.open(folder) as reading:
        return SHELF[tracked(reading, folder).id]


def finished(folder: Path) -> list[int]:
    with Reading.open(folder) as reading:
        return [step.number for step in reading.finished()]


def said(progress: Recorder, what: str) -> list[str]:
    return [str(entry[1]) for entry in progress.told if entry[0] == "say" and what in str(entry[1])]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(scripted(*SMALL, "report_to=['shelf']"), tmp_path_factory.mktemp("tracked"), progress=Recorder())


def test_every_finished_step_is_told_once(done: Path) -> None:
    told = shelved(done)
    assert sorted(told) == finished(done)
    names = {p.name for m in told.values() for p in m.points}
    assert {"score/seeds_only", "gain/low", "matrix/tickets", "spent/tokens_out", "dataset/rows", "written/tickets/synthesis/kept"} <= names
    before = {n: m.key for n, m in told.items()}
    replay(done, ["shelf"], lambda _: None)
    assert {n: m.key for n, m in shelved(done).items()} == before


def test_a_replay_tells_what_was_told_along_the_way(done: Path) -> None:
    along = dict(shelved(done))
    shelved(done).clear()
    lines: list[str] = []
    replay(done, ["shelf"], lines.append)
    again = shelved(done)
    assert [m.points for m in again.values()] == [m.points for m in along.values()]
    assert lines == [f"shelf: {len(again)} new of {len(again)} finished steps; this process"]


def test_a_stopped_run_goes_on_in_the_same_tracker(tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        run(scripted(*SMALL, "report_to=['shelf']", "budget.tokens=9000"), tmp_path, progress=Recorder())
    begun = set(shelved(tmp_path))
    assert begun
    run(scripted(*SMALL, "report_to=['shelf']"), tmp_path, resume="always", progress=Recorder())
    assert begun < set(shelved(tmp_path)) == set(finished(tmp_path))
    counted = Counter((p.name, p.step) for m in shelved(tmp_path).values() for p in m.points)
    assert set(counted.values()) == {1}


def test_a_tracker_that_fails_is_dropped_with_one_warning_and_changes_nothing(done: Path, tmp_path: Path) -> None:
    progress = Recorder()
    run(scripted(*SMALL, "report_to='broken'"), tmp_path, progress=progress)
    (warning,) = said(progress, "broken")
    assert "ConnectionResetError: the server went away" in warning
    assert "synlearner track RUN --to broken" in warning
    assert (tmp_path / "data" / "tickets.jsonl").read_bytes() == (done / "data" / "tickets.jsonl").read_bytes()
    # What trackers a run has is no part of what makes it the run.
    run(scripted(*SMALL, "report_to='shelf'"), tmp_path, resume="always", progress=Recorder())
    assert sorted(shelved(tmp_path)) == finished(tmp_path)
    run(scripted(*SMALL), tmp_path, resume="always", progress=Recorder())


def test_unknown_trackers_are_refused_before_anything_begins(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="tensorboard") as error:
        run(scripted("report_to=['tensorbord']"), tmp_path / "run", progress=Recorder())
    assert error.value.field == "report_to"
    assert not (tmp_path / "run").exists()


# ── the libraries ───────────────────────────────────────────────────────


def told_twice(done: Path, name: str) -> dict[tuple[str, int], float]:
    """What a tracker should hold after a run was told to it, half of it, then all, then again."""
    replay(done, [name], lambda _: None)
    lines: list[str] = []
    replay(done, [name], lines.append)
    assert all("warning" not in line for line in lines), lines
    return {(p.name, p.step): p.value for m in shelved(done).values() for p in m.points}


@pytest.mark.filterwarnings("default")
def test_tensorboard_holds_every_point_once(done: Path) -> None:
    pytest.importorskip("tensorboard", reason="needs the extra tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    wanted = told_twice(done, "tensorboard")
    files = sorted((done / "tracking" / "tensorboard").iterdir())
    # A process died while it wrote the last step: what it left is no event file.
    files[-1].rename(files[-1].with_name(files[-1].name.replace("tfevents", "part")))
    replay(done, ["tensorboard"], lambda _: None)
    read = EventAccumulator(str(done / "tracking" / "tensorboard"), size_guidance={"scalars": 0}).Reload()
    found = [(tag, e.step, e.value) for tag in read.Tags()["scalars"] for e in read.Scalars(tag)]
    assert len(found) == len(wanted)
    assert {(tag, step): value for tag, step, value in found} == pytest.approx(wanted, rel=1e-6)
    assert "_hparams_/session_start_info" in read.summary_metadata


@pytest.mark.filterwarnings("default")
def test_trackio_holds_every_point_once(done: Path, tmp_path: Path) -> None:
    pytest.importorskip("trackio", reason="needs the extra trackio")
    wanted = told_twice_apart(done, "trackio", TRACKIO_DIR=str(tmp_path))
    read = "from trackio.sqlite_storage import SQLiteStorage as S; rows = [r for p in S.get_projects() for n in S.get_runs(p) for r in S.get_logs(p, n)]"
    rows = apart(f"{read}; import json; print(json.dumps(rows, default=str))", TRACKIO_DIR=str(tmp_path))
    found = [(name, row["step"], value) for row in rows for name, value in row.items() if name not in ("step", "timestamp", "finished")]
    assert len(found) == len(wanted)
    assert {(name, step): value for name, step, value in found} == pytest.approx(wanted)


@pytest.mark.filterwarnings("default")
def test_mlflow_holds_every_point_once(done: Path) -> None:
    pytest.importorskip("mlflow", reason="needs the extra mlflow")
    from mlflow.tracking import MlflowClient

    wanted = told_twice(done, "mlflow")
    client = MlflowClient(tracking_uri=f"sqlite:///{done / 'tracking' / 'mlflow' / 'mlflow.db'}")
    (held,) = client.search_runs([e.experiment_id for e in client.search_experiments()])
    found = [(name, m.step, m.value) for name in held.data.metrics if name != "finished" for m in client.get_metric_history(held.info.run_id, name)]
    assert len(found) == len(wanted)
    assert {(name, step): value for name, step, value in found} == pytest.approx(wanted)
    assert (held.data.params["generator.engine"], held.info.status) == ("scripted", "FINISHED")


@pytest.mark.filterwarnings("default")
def test_wandb_holds_every_point_once_and_stays_offline(done: Path) -> None:
    pytest.importorskip("wandb", reason="needs the extra wandb")
    wanted = told_twice(done, "wandb")
    (file,) = (done / "tracking" / "wandb").glob("wandb/offline-run-*/*.wandb")
    found = []
    for row in history(file):
        found += [
            (name, row[f"{name.partition('/')[0]}/step"], value) for name, value in row.items() if not name.startswith("_") and name.count("/") and not name.endswith("/step")
        ]
    named = {(name if "/" in name else f"{name}/mean", step): value for (name, step), value in wanted.items()}
    assert len(found) == len(named)
    assert {(name, step): value for name, step, value in found} == pytest.approx(named)


def told_twice_apart(done: Path, name: str, **environment: str) -> dict[tuple[str, int], float]:
    """The same in processes of their own, for libraries that read their environment once."""
    for _ in range(2):
        done_in = f"from pathlib import Path; from synlearner.track.follow import replay; replay(Path({str(done)!r}), [{name!r}], print); print('null')"
        apart(done_in, **environment)
    return {(p.name, p.step): p.value for m in shelved(done).values() for p in m.points}


def apart(code: str, **environment: str) -> list[dict]:
    import json

    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, **environment, "PYTHONPATH": os.pathsep.join(sys.path)}, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def history(file: Path) -> Iterator[dict[str, float]]:
    """Rows of an offline run: records of protocol buffers in a log of LevelDB's form (blocks of 32 KiB, headers of seven bytes)."""
    import json

    from wandb.proto.wandb_internal_pb2 import Record

    data, at, parts = file.read_bytes(), 7, b""
    while at + 7 <= len(data):
        if 32768 - at % 32768 < 7:
            at += 32768 - at % 32768
            continue
        _, size, kind = struct.unpack("<IHB", data[at : at + 7])
        parts, at = parts + data[at + 7 : at + 7 + size], at + 7 + size
        if kind in (1, 4):
            record, parts = Record.FromString(parts), b""
            if record.HasField("history"):
                yield {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in record.history.item}
