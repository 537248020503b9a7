"""Comparisons through the public door: every run is there once, pairs are pairs, and a second call runs nothing."""

import csv
import json
import os
import sqlite3
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from small import small

from synlearner.errors import EngineError, LedgerError, SpecError
from synlearner.experiment import compare, experiment, fitting
from synlearner.report.comparison.schema import Comparison
from synlearner.report.summary import summarise
from synlearner.stream.bundled import copy_demo
from synlearner.stream.reading import load_run
from synlearner.testing import Recorder

TWO = {"arms": ["stream", "isolated"], "orders": ["given", "reverse"], "seeds": [0, 1]}


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Comparison, Path]:
    folder = tmp_path_factory.mktemp("compare")
    return compare(experiment(small(), folder, **TWO), jobs=2, progress=Recorder()), folder


def answers(folder: Path) -> int:
    total = 0
    for ledger in sorted((folder / "runs").glob("*/ledger.db")):
        db = sqlite3.connect(ledger)
        total += db.execute("SELECT COUNT(*) FROM answer").fetchone()[0] + 1000 * db.execute("SELECT COUNT(*) FROM session").fetchone()[0]
        db.close()
    return total


def test_every_arm_has_a_finished_run_for_every_order_and_seed(compared) -> None:
    found, folder = compared
    assert found.state == "finished"
    assert {(r.arm, r.order, r.seed) for r in found.runs} == {(a, o, s) for a in TWO["arms"] for o in TWO["orders"] for s in TWO["seeds"]}
    for r in found.runs:
        assert [t.task for t in r.tasks] == (["reviews", "pairs"] if r.order == "given" else ["pairs", "reviews"])
        settings = load_run(folder / r.folder / "run.toml")
        assert (settings.seed, settings.experience.history) == (r.seed, "none" if r.arm == "isolated" else "kept")
        assert summarise(folder / r.folder).state == "finished"


def test_the_contrast_is_the_mean_of_the_pairs_of_tasks_with_history(compared) -> None:
    found, _ = compared
    of = {(r.arm, r.order, r.seed): r.tasks[1] for r in found.runs}
    for source, score in (("data sets", "synthetic"), ("cells", "cell")):
        by_hand = [getattr(of["stream", o, s], score) - getattr(of["isolated", o, s], score) for o in TWO["orders"] for s in TWO["seeds"]]
        [contrast] = [c for c in found.contrasts if c.source == source]
        assert contrast.value.value == pytest.approx(sum(by_hand) / 4)
        assert contrast.value.interval.low <= contrast.value.value <= contrast.value.interval.high
        assert (contrast.pairs, contrast.planned) == (4, 4)
    stream = next(a for a in found.arms if a.arm == "stream")
    assert stream.score_with_history.value == pytest.approx(sum(t.synthetic for key, t in of.items() if key[0] == "stream") / 4)
    assert stream.pgr.value is None
    assert "real rows" in stream.pgr.reason
    assert next(a for a in found.arms if a.arm == "isolated").intransigence.value == 0.0


def test_the_first_task_has_no_history_and_no_difference(compared) -> None:
    found, _ = compared
    firsts = [c for c in found.by_task if c.position == 1]
    assert {c.task for c in firsts} == {"reviews", "pairs"}
    assert {(c.value.value, c.value.interval.low, c.value.interval.high) for c in firsts} == {(0.0, 0.0, 0.0)}


def test_a_second_call_runs_nothing_and_says_the_same(compared) -> None:
    found, folder = compared
    before, told = answers(folder), Recorder()
    assert compare(experiment(small(), folder, **TWO), progress=told) == found
    assert answers(folder) == before
    more = compare(experiment(small(), folder, arms=["stream"], orders=["given"], seeds=[0]), progress=told)
    assert answers(folder) == before
    assert "needs the arms stream and isolated" in more.answer
    compare(experiment(small(), folder, **TWO), progress=told)


def test_the_files_say_what_the_comparison_says(compared) -> None:
    found, folder = compared
    assert Comparison.model_validate(json.loads((folder / "compare.json").read_text(encoding="utf-8"))) == found
    lines = list(csv.DictReader((folder / "compare.csv").read_text(encoding="utf-8").splitlines()))
    assert len(lines) == 16
    assert {(x["arm"], x["order"], x["seed"]) for x in lines} == {(r.arm, r.order, str(r.seed)) for r in found.runs}
    page = (folder / "compare.html").read_text(encoding="utf-8")
    HTMLParser().feed(page)
    assert found.answer in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert "prefers-color-scheme: dark" in page


def test_other_settings_in_the_same_folder_are_refused_before_anything_runs(compared) -> None:
    _, folder = compared
    before = answers(folder)
    with pytest.raises(LedgerError, match="other settings or data"):
        compare(experiment(small("synthesis.rows=21"), folder, **TWO), progress=Recorder())
    assert answers(folder) == before
    compare(experiment(small(), folder, **TWO), progress=Recorder())


def test_runs_that_fail_are_told_and_the_rest_is_compared(tmp_path: Path) -> None:
    broken = small('generator.engine="chat_api"', 'generator.model="m"', "generator.options={}", "generator.retries=0", 'generator.base_url="http://127.0.0.1:9/v1"')
    with pytest.raises(EngineError, match=r"runs failed.*cannot be reached") as failed:
        compare(experiment(broken, tmp_path, **TWO), jobs=2, progress=Recorder())
    assert "isolated-given-0.log" in str(failed.value) or "stream-given-0.log" in str(failed.value)
    found = Comparison.model_validate_json((tmp_path / "compare.json").read_text(encoding="utf-8"))
    assert found.state == "unfinished"
    assert found.contrasts[0].value.value is None
    assert "was not measured: no pair of runs is finished" in found.answer


def test_an_arm_that_would_repeat_another_is_not_run_and_says_so(tmp_path: Path) -> None:
    asked = experiment(small("evaluation.matrix='none'"), tmp_path, arms=["stream", "reference"], orders=["given"], seeds=[0])
    assert [r.name for r in asked.runs] == ["stream-given-0"]
    found = compare(asked, jobs=1, progress=Recorder())
    assert found.arms[1].same_as == "stream"
    assert found.arms[1].score.reason == "not run: its settings are those of stream"
    assert any("reinforce.method is off" in line for line in found.details)
    assert found.arms[0].backward_transfer.value is None
    assert any("Transfer and forgetting were not measured" in line for line in found.distrust)


PARENT = """
import sys
from pathlib import Path
from small import small

from synlearner.experiment import compare, experiment
from synlearner.testing import Recorder

compare(experiment(small("synthesis.rows=400"), Path(sys.argv[1]), arms=["stream"], orders=["given"], seeds=[0]), jobs=1, progress=Recorder())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs named pipes")
def test_the_runs_of_a_comparison_that_is_killed_end_as_well_and_can_be_continued(tmp_path: Path) -> None:
    asked = experiment(small("synthesis.rows=400"), tmp_path, arms=["stream"], orders=["given"], seeds=[0])
    log = asked.log(asked.runs[0])
    log.parent.mkdir()
    os.mkfifo(log)  # so that what the run says can be waited for
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    with subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], env=environment) as parent, log.open(encoding="utf-8") as said:
        assert any("new run in" in line for line in said)
        parent.kill()
        rest = said.read()  # to the end of the run's process
    assert "stopped by Ctrl-C" in rest
    assert "the same command continues" in rest
    log.unlink()
    assert compare(asked, jobs=1, progress=Recorder()).state == "finished"


class Releasing(Recorder):
    """Lets the holder of a folder go when it is told that a run waits for it."""

    def __init__(self, holder: subprocess.Popen[bytes]) -> None:
        super().__init__()
        self._holder = holder

    def say(self, text: str) -> None:
        super().say(text)
        if "waits until another process there has ended" in text:
            self._holder.communicate()


def test_a_run_waits_for_a_process_that_is_still_ending(tmp_path: Path) -> None:
    asked = experiment(small("evaluation.matrix='none'"), tmp_path, arms=["stream"], orders=["given"], seeds=[0])
    hold = "import sys; from pathlib import Path; from synlearner.store.claim import claimed\nwith claimed(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", hold, asked.of(asked.runs[0])], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        told = Releasing(holder)
        assert compare(asked, jobs=1, progress=told).state == "finished"
    assert any("waits" in str(entry) for entry in told.told)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"arms": ["alone"]}, "known: stream, isolated"),
        ({"orders": ["random"]}, "known: given, reverse"),
        ({"arms": []}, "no arm"),
        ({"seeds": [1, 1]}, "seeds"),
        ({"seeds": []}, "seeds"),
    ],
)
def test_mistakes_are_told_before_anything_is_written(tmp_path: Path, wrong: dict[str, list], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        experiment(small(), tmp_path / "new", **{**TWO, **wrong})
    assert not (tmp_path / "new").exists()


def test_heavy_generators_run_one_at_a_time() -> None:
    assert fitting(small().run) >= 1
    assert fitting(small('generator.engine="chat_api"', 'generator.model="m"', "generator.options={}", 'generator.base_url="http://127.0.0.1:9/v1"').run) == 1


def test_the_gap_recovered_is_that_of_the_mean_scores(tmp_path: Path) -> None:
    copy_demo(tmp_path / "mine")
    words = {"positive": "love great happy perfect works lovely recommend", "negative": "broken bad waste refund terrible stopped disappointed"}
    rows = [{"label": label, "text": f"{text} number {i}"} for i in range(20) for label, text in words.items()]
    (tmp_path / "mine" / "reviews.real.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    task = tmp_path / "mine" / "reviews.toml"
    task.write_text(task.read_text(encoding="utf-8") + '\n[data.real]\npath = "reviews.real.jsonl"\n', encoding="utf-8")
    asked = experiment(small("evaluation.matrix='none'", file=tmp_path / "mine" / "stream.toml"), tmp_path / "out", arms=["stream"], orders=["given"], seeds=[0])
    found = compare(asked, jobs=1, progress=Recorder())
    scores = found.runs[0].tasks[0]
    assert scores.real is not None
    pgr = found.arms[0].pgr
    if scores.real > scores.seeds_only:
        assert pgr.value == pytest.approx(100 * (scores.synthetic - scores.seeds_only) / (scores.real - scores.seeds_only))
    else:
        assert pgr.reason == "real rows are not better than the seeds"
