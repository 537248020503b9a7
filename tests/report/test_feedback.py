"""The third axis of the report: known where people judged drawn rows, otherwise not, with a way to get it; never mixed with the others."""

import json
from pathlib import Path

import pytest

from synlearner.records import Verdict
from synlearner.report.feedback import NOBODY, NONE_DRAWN
from synlearner.report.summary import summarise
from synlearner.report.tables import bias
from synlearner.report.words import axes, headline
from synlearner.report.writing import write_all
from synlearner.store.reading import Reading
from synlearner.store.verdicts import Verdicts, now
from tests.report.fabricated import fabricate


def judged(folder: Path, accepts, *, drawn: bool = True) -> Path:
    """Every row of the data sets judged by somebody: `accepts` tells from task and score."""
    with Reading.open(folder) as reading:
        rows = [(task, reading.lines([i])[0]) for (task, _), own in reading.population().items() for i, _ in own]
    with Verdicts.open(folder) as pen:
        pen.take(Verdict(x.step, x.prompt, "accept" if accepts(task, x.score or 0.0) else "reject", "anna", now(), drawn=drawn) for task, x in rows)
    return folder


@pytest.fixture
def run(tmp_path) -> Path:
    return fabricate(tmp_path / "run")


def test_without_verdicts_the_axis_is_not_known_and_says_how_to_get_it(run):
    found = axes(summarise(run))
    assert [a.title for a in found] == ["Transfer", "Forgetting", "Feedback bias"]
    assert [a.value for a in found[:2]] == ["+5.0 points", "+2.7 points"]
    assert found[2].value == "not known"
    assert found[2].reading[0].lower().startswith(NOBODY)
    assert "synlearner ui" in found[2].reading[1]
    assert bias(summarise(run)).rows == ()


def test_rows_that_somebody_looked_for_stand_for_no_others(run):
    summary = summarise(judged(run, lambda *_: True, drawn=False))
    assert summary.feedback.reason == NONE_DRAWN
    assert summary.feedback.verdicts > 0
    assert summary.feedback.slices == []


def test_with_verdicts_each_task_and_label_has_its_numbers(run):
    summary = summarise(judged(run, lambda task, score: task != "pairs" and score > 0.8))
    tasks = {s.task: s for s in summary.feedback.slices if not s.label}
    assert list(tasks) == ["tickets", "reviews", "questions", "pairs"]
    assert all(s.judged == s.rows for s in tasks.values())
    assert tasks["pairs"].people == 0
    assert tasks["pairs"].rho2 is None
    assert tasks["pairs"].difference.mean == pytest.approx(tasks["pairs"].score)
    assert tasks["tickets"].rank > 0.5
    assert tasks["tickets"].rho2 > 0.4
    # All scored rows were read, so there is nothing left to estimate.
    assert tasks["tickets"].quality.low == tasks["tickets"].quality.high
    axis = axes(summary)[2]
    assert axis.value.startswith("+")
    assert any("By task: tickets" in line for line in axis.reading)
    assert {row[1] for row in bias(summary).rows if row[0] == "tickets"} == {"all", "billing", "delivery", "returns"}


def test_a_score_that_loses_touch_raises_the_alarm(run):
    turned = summarise(judged(run, lambda task, score: score < 0.7 if task == "questions" else score > 0.8))
    assert [f.task for f in turned.feedback.falling if f.alarm] == ["questions"]
    assert any("Alarm: on questions" in line for line in axes(turned)[2].reading)
    assert any("no longer goes with what people say of them: questions" in said for said in headline(turned).distrust)


def test_the_page_shows_the_three_side_by_side_and_no_sum(run):
    write_all(judged(run, lambda _, score: score > 0.8))
    page = (run / "report.html").read_text(encoding="utf-8")
    section = page[page.index('<section id="axes"') : page.index('<section id="scores"')]
    assert section.count('class="panel axis') == 3
    assert "never added up" in section
    assert (run / "tables" / "bias.csv").read_text(encoding="utf-8").count("\n") > 10
    written = json.loads((run / "summary.json").read_text(encoding="utf-8"))["feedback"]
    assert written["reason"] == ""
    assert written["slices"][0]["quality"]["n"] > 0
