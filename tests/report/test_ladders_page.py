"""Ladders as people read them: verdicts that follow from the numbers, every field documented, hostile names harmless."""

from pathlib import Path

import pytest

from synlearner.feedback.ladder import Climb
from synlearner.records import Interval
from synlearner.report.ladders.schema import ClimbResult, Ladders, PairResult, RewardResult
from synlearner.report.ladders.tables import tables
from synlearner.report.ladders.words import MARKS, answer, distrust, sentence, taken_in, verdict
from synlearner.report.ladders.writing import render, write_ladders
from synlearner.report.schema import Interval as Limits
from synlearner.report.schema import Quantity, Spending, Worth

NOTHING = Quantity(value=None, reason="nothing changes from rung to rung")
HOSTILE = "<script>alert(1)</script>"


def climb(tau: float | None, low: float = 0.5, high: float = 1.0, means: tuple[float | None, ...] = (1.0, 0.5, 0.0)) -> Climb:
    interval = None if tau is None else Interval(tau, low, high, 0.95, 9)
    return Climb("label flip", means, tau, interval, 9, 8, 1, interval, {})


def part(damage: str, said: str, tau: float | None = 0.9) -> ClimbResult:
    q = NOTHING if tau is None else Quantity(value=tau, reason="", interval=Limits(mean=tau, low=tau, high=tau, level=0.95, n=9))
    return ClimbResult(damage=damage, verdict=said, tau=q, change=q, means=[1.0, None, 0.2], pairs=9, right=8, wrong=1, unscored={HOSTILE: 2} if said == "unmeasured" else {})


def ladders() -> Ladders:
    each = Worth(count=None, money=None, at_most=None, tokens=None, reason="")
    unasked = dict.fromkeys(("requests", "tokens_in", "tokens_out", "local_in", "local_out", "untold"), 0)
    spending = Spending(**unasked, money=None, at_most=None, currency="", reason="", models=[], cache=None, per_row=each, per_point=each)
    names = ["label flip", "praise", "filler"]
    verdicts = {HOSTILE: ["notices", "taken in", "does not notice"], "=HYPERLINK()": ["unmeasured"] * 3}
    rewards = [
        RewardResult(name=n, level="sample", sentence=sentence(n, parts), climbs=parts)
        for n, said in verdicts.items()
        for parts in [[part(d, v, None if v == "unmeasured" else {"taken in": -1.0}.get(v, 0.9)) for d, v in zip(names, said, strict=True)]]
    ]
    pairs = [PairResult(judge="a judge", whole=5, damaged=1, ties=1, inconsistent=3, bias=0.3, unscored=1, share=0.7)]
    said = {"answer": answer(rewards), "distrust": distrust(rewards, pairs, rows=9, source="seeds")}
    return Ladders(name="t", **said, source="seeds", rows=9, rungs=3, level=0.95, damages=names, rewards=rewards, pairs=pairs, spending=spending)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (climb(1.0), "notices"),
        (climb(0.8, 0.1), "notices"),
        (climb(0.79), "does not notice"),
        (climb(0.9, -0.1), "does not notice"),
        (climb(-0.9, -1.0, -0.2), "taken in"),
        (climb(-0.4, -0.8, 0.1), "does not notice"),
        (climb(None, means=(1.0, 1.0, 1.0)), "does not notice"),
        (climb(None, means=(None, None, None)), "unmeasured"),
    ],
)
def test_a_verdict_is_what_the_interval_says(found: Climb, said: str) -> None:
    assert verdict(found) == said
    assert said in MARKS


def test_sentences_name_what_takes_in_and_what_was_not_measured() -> None:
    found = ladders()
    assert found.rewards[0].sentence == f"{HOSTILE} notices label flip; it is taken in by praise, which raises its score; it does not notice filler."
    assert found.rewards[1].sentence == f"=HYPERLINK() was not measured: {HOSTILE}."
    assert found.answer == f"Taken in by damage: {HOSTILE}. Of 3 ways of damage, {HOSTILE} notices 1."
    assert taken_in(found.rewards[0]) == f"{HOSTILE} is taken in by praise: it makes rows worse and raises their score."
    assert taken_in(found.rewards[1]) == ""
    assert "was not measured" in render(found)
    assert any("changed its verdict with the order in 30.0 %" in reason for reason in found.distrust)


def test_the_files_are_whole_and_harmless(tmp_path: Path) -> None:
    written = write_ladders(ladders(), tmp_path)
    assert sorted(f.name for f in tmp_path.glob("*")) == ["ladders.html", "ladders.json", "tables"]
    assert Ladders.model_validate_json((tmp_path / "ladders.json").read_text(encoding="utf-8")) == written
    assert sorted(f.stem for f in (tmp_path / "tables").glob("*.csv")) == sorted(tables(written))
    assert "<script" not in render(written)
    assert "'=HYPERLINK()" in (tmp_path / "tables" / "climbs.csv").read_text(encoding="utf-8")


def test_every_field_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "report.md").read_text(encoding="utf-8")
    for model in (Ladders, RewardResult, ClimbResult, PairResult):
        assert [f"{model.__name__}.{n}" for n, f in model.model_fields.items() if f"| `{n}` | {f.description} |" not in page] == []
