"""What is said of a comparison: the sentence follows the interval, nothing unmeasured becomes a number, and texts are only texts."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from synlearner.evaluate.arms import ARMS, CHOICES
from synlearner.report.comparison import schema
from synlearner.report.comparison.schema import ArmCurve, ArmResult, Comparison, Contrast, CurvePoint, RunResult, TaskContrast, TaskScores, Win
from synlearner.report.comparison.tables import show_comparison, tables
from synlearner.report.comparison.words import EXPLAINED, answer, details, distrust, verdict
from synlearner.report.comparison.writing import render
from synlearner.report.schema import Interval, Quantity

NONE = Quantity(value=None, reason="the matrix was not measured")
HOSTILE = "<script>alert(1)</script> \x1b[31m {{ 7*7 }}"


def found(mean: float, half: float = 0.02) -> Quantity:
    return Quantity(value=mean, reason="", interval=Interval(mean=mean, low=mean - half, high=mean + half, level=0.95, n=240))


def contrast(against: str, value: Quantity, source: str = "data sets") -> Contrast:
    return Contrast(against=against, source=source, value=value, verdict=verdict(value), pairs=6, planned=6)


def arm(name: str, *, same: str = "", score: Quantity = NONE) -> ArmResult:
    rest = dict.fromkeys(("average", "backward_transfer", "forgetting", "zero_shot_forward", "intransigence", "pgr"), NONE)
    return ArmResult(
        arm=name, meaning=ARMS[name].meaning, same_as=same, runs=0 if same else 6, planned=0 if same else 6, score_with_history=score, score=score, **rest, tokens=9, seconds=61.0
    )


def comparison(task: str = "reviews", history: Quantity | None = None, state: str = "finished") -> Comparison:
    contrasts = [
        contrast("isolated", history or found(0.04)),
        contrast("isolated", found(0.03, 0.05), "cells"),
        contrast("format-only", found(0.03)),
        contrast("shuffled-experience", NONE),
    ]
    scores = TaskScores(task=task, position=2, rows=20, gold=80, seeds_only=0.5, synthetic=0.6, synthetic_and_seeds=0.7, real=None, pgr=None, cell=None)
    run = RunResult(arm="stream", order="given", seed=0, folder="runs/stream-given-0", state=state, missing=[], tasks=[scores], transfer=None, tokens=9, seconds=61.0)
    waiting = run.model_copy(update={"arm": "isolated", "state": "waiting", "tasks": [], "missing": ["not begun"]})
    done = run.model_copy(update={"state": "finished"})
    runs, arms = (
        [done, waiting] if state == "unfinished" else [done],
        [arm("stream", score=found(0.6)), arm("isolated"), arm("shuffled-experience"), arm("reference", same="stream")],
    )
    return Comparison(
        name=task,
        state=state,
        answer=answer(contrasts, state),
        details=details(contrasts, arms),
        distrust=distrust(runs, arms, contrasts, ["given"], [0, 1, 2]),
        orders=["given"],
        seeds=[0, 1, 2],
        level=0.95,
        rounds=1000,
        arms=arms,
        contrasts=contrasts,
        by_task=[TaskContrast(against="isolated", task=task, order="given", position=2, value=found(0.04))],
        runs=runs,
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (found(0.04), "History helped: +4.0 points (+2.0 to +6.0) on the tasks that had one"),
        (found(-0.04), "History hurt: −4.0 points (−6.0 to −2.0)"),
        (found(0.01), "History made no measurable difference: +1.0 points (−1.0 to +3.0)"),
        (NONE, "was not measured: the matrix was not measured"),
    ],
)
def test_the_answer_follows_the_interval(value: Quantity, words: str) -> None:
    assert words in comparison(history=value).answer


def test_the_controls_say_what_explains_it() -> None:
    said = comparison().details
    assert said[0] == "History is worth more than practice in the format alone: +3.0 points (+1.0 to +5.0), stream minus format-only."
    assert said[1].startswith("Whether it matters that what is remembered is right was not measured (shuffled-experience)")
    assert any("smaller sets of the matrix" in s for s in said)
    assert any("reference was not run" in s for s in said)
    assert set(EXPLAINED) == set(ARMS) - {"stream", "isolated", *CHOICES}


def test_what_to_distrust_is_said() -> None:
    words = " ".join(comparison(state="unfinished").distrust)
    for part in ("1 run of 2 is not finished", "3 seeds", "one order", "Only one task was compared", "reviews (80)", "Transfer and forgetting were not measured"):
        assert part in words
    assert comparison(state="unfinished").answer.startswith("So far, history helped")


def test_every_text_on_the_page_is_only_a_text() -> None:
    page = render(comparison(HOSTILE))
    HTMLParser().feed(page)
    assert "<script" not in page
    assert "\x1b" not in page
    assert "{{ 7*7 }}" in page
    assert page.count("<svg") >= 2


def test_every_finished_run_can_be_opened() -> None:
    assert '<a href="runs/stream-given-0/report.html">stream, order given, seed 0</a>' in render(comparison())
    assert render(comparison(state="unfinished")).count("/report.html") == 1


def test_the_terminal_shows_names_and_numbers_in_80_columns(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    show_comparison(comparison())
    out = capsys.readouterr().out
    assert all(name in out for name in ("stream", "isolated", "shuffled-experience", "format-only", "as stream", "6 of 6", "+4.0 (+2.0 to +6.0)", "58.0–62.0"))
    assert max(map(len, out.splitlines())) <= 80


def test_unmeasured_is_an_empty_cell() -> None:
    made = tables(comparison(state="unfinished"))
    assert made["contrasts"].rows[-1][3:6] == (None, None, None)
    assert made["runs"].rows[-1][:4] == ("isolated", "given", 0, "waiting")
    assert len({len(row) for row in made["runs"].rows}) == 1


def test_every_field_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "report.md").read_text(encoding="utf-8")
    for model in (Comparison, ArmResult, Contrast, TaskContrast, RunResult, TaskScores, CurvePoint, ArmCurve, Win):
        assert [f"{model.__name__}.{n}" for n, f in model.model_fields.items() if f"| `{n}` | {f.description} |" not in page] == []
    assert schema.VERSION == 1
