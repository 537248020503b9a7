"""The ledger: append-only, whole units or nothing, resumable, and honest about what it does not know."""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synlearner.errors import LedgerError
from synlearner.records import Draft, Failure, Mark, Prompt, Rejection, Row, Sample, Score, Unscored
from synlearner.store.ledger import FILE, Ledger
from synlearner.store.schema import MIGRATIONS


def prompt(name: str, index: int = 0) -> Prompt:
    return Prompt(name, "t", "explore", index, "no", {"tone": "dry"}, ("a", "b"), "sys", "user {x}", 7)


@pytest.fixture
def ledger(tmp_path: Path):
    with Ledger.open(tmp_path) as opened:
        opened.begin("key", {"run": {}}, resume="never", versions={})
        yield opened


def test_what_goes_in_comes_out(ledger: Ledger) -> None:
    ledger.open_step("s", task="t", name="explore", inputs={"a": 1})
    ledger.add_prompts("s", [prompt("p1", 0), prompt("p0", 1)])
    ledger.add_prompts("s", [prompt("p1", 0)])
    assert ledger.prompts("s") == [prompt("p1", 0), prompt("p0", 1)]
    answers = [Draft("p1", 0, "text \U0001f600 \u202e", 3, None, 0.5), Failure("p0", 0, "boom")]
    ledger.add_unit("s", 0, 4, answers, seconds=1.5)
    assert ledger.units("s", 0) == {4}
    assert ledger.units("s", 1) == set()
    assert ledger.answers("s", 0) == {"p1": answers[0], "p0": answers[1]}
    assert ledger.tokens_of("s") == {"in": 3, "out": 0}
    assert ledger.spent() == {"tokens_in": 3, "tokens_out": 0, "requests": 2, "unknown": 1, "seconds": 1.5}
    sample = Sample("p1", Row("r", {"text": "x"}, "no", "synthetic"), {"tone": "dry"}, 0)
    outcomes = [sample, Failure("p0", 0, "boom")]
    scores = {"p1": [Score("a", 0.5), Unscored("b", "no judge")]}
    for _ in range(2):  # the second time changes nothing
        ledger.add_verdicts("s", outcomes, [Mark("p1", "quality", True, "repetition", "3 times")], scores)
    assert ledger.outcomes("s") == outcomes
    assert ledger.marks("s") == [Mark("p1", "quality", True, "repetition", "3 times")]
    assert ledger.scores("s") == scores
    assert ledger.step("s").result is None
    ledger.close_step("s", {"kept": 1}, seconds=2.0)
    assert ledger.step("s").result == {"kept": 1}
    assert [s.name for s in ledger.steps()] == ["explore"]
    ledger.event("note", n=1)
    assert ledger.events("note") == [{"n": 1}]


def test_log_probabilities_stand_beside_the_answers_that_have_one(ledger: Ledger, tmp_path: Path) -> None:
    ledger.open_step("s", task="t", name="explore", inputs={})
    ledger.add_prompts("s", [prompt("p0"), prompt("p1", 1)])
    told = [Draft("p0", 0, "a", 1, 1, logprob=-0.5), Draft("p1", 0, "b", 1, 1)]
    for _ in range(2):  # the second time changes nothing
        ledger.keep_unit("s", 0, 0, told, seconds=1.0, local=False)
    ledger.keep_unit("s", 1, 1, [Draft("p1", 1, "c", 1, 1, logprob=-2.0)], seconds=1.0, local=False)
    assert ledger.logprobs("s") == {("p0", 0): -0.5, ("p1", 1): -2.0}
    ledger.close()
    with Ledger.open(tmp_path) as again:
        assert again.logprobs("s") == {("p0", 0): -0.5, ("p1", 1): -2.0}
        assert again.answers("s", 0)["p1"] == told[1]
        assert again.logprobs("other") == {}


def test_rejections_keep_their_raw_text(ledger: Ledger) -> None:
    ledger.open_step("s", task="t", name="explore", inputs={})
    ledger.add_prompts("s", [prompt("p")])
    rejection = Rejection("p", "wrong label", "asked 'no', got 'yes'", '{"label": "yes"}\x00\x1b[31m', 1)
    ledger.add_verdicts("s", [rejection], [], {})
    assert ledger.outcomes("s") == [rejection]


@given(st.lists(st.text(), max_size=5))
@settings(max_examples=25, deadline=None)
def test_any_text_can_be_kept(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    with Ledger.open(tmp_path_factory.mktemp("run")) as ledger:
        ledger.open_step("s", task="t", name="n", inputs={})
        drafts = [Draft(str(i), 0, text, 1, 1) for i, text in enumerate(texts)]
        ledger.add_unit("s", 0, 0, drafts, seconds=0.0)
        assert [ledger.answers("s", 0)[d.prompt_id].text for d in drafts] == [t.encode("utf-8", "replace").decode() for t in texts]


def test_a_unit_is_all_or_nothing(ledger: Ledger) -> None:
    ledger.open_step("s", task="t", name="n", inputs={})
    ledger.add_unit("s", 0, 0, [Draft("a", 0, "x", 1, 1)], seconds=0.0)
    with pytest.raises(sqlite3.IntegrityError):
        ledger.add_unit("s", 0, 1, [Draft("b", 0, "y", 1, 1), Draft("a", 0, "again", 1, 1)], seconds=0.0)
    assert ledger.units("s", 0) == {0}
    assert set(ledger.answers("s", 0)) == {"a"}


@pytest.mark.parametrize("statement", ["UPDATE answer SET text = 'forged'", "DELETE FROM answer", "DELETE FROM step", "UPDATE run SET spec = '{}'"])
def test_nothing_is_ever_changed(ledger: Ledger, statement: str) -> None:
    ledger.open_step("s", task="t", name="n", inputs={})
    ledger.add_unit("s", 0, 0, [Draft("a", 0, "x", 1, 1)], seconds=0.0)
    outside = sqlite3.connect(ledger.folder / FILE)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        outside.execute(statement)
    outside.close()


def test_resume_modes(tmp_path: Path) -> None:
    with Ledger.open(tmp_path) as ledger:
        with pytest.raises(LedgerError, match="no run to resume"):
            ledger.begin("k", {}, resume="always", versions={})
        assert ledger.begin("k", {}, resume="if_possible", versions={"a": "1"}) == "new"
        assert ledger.begin("k", {}, resume="always", versions={"a": "2"}) == "resumed"
        with pytest.raises(LedgerError, match="already holds a run"):
            ledger.begin("k", {}, resume="never", versions={})
        with pytest.raises(LedgerError, match="another specification"):
            ledger.begin("other", {}, resume="if_possible", versions={})
        assert [s["mode"] for s in ledger.sessions()] == ["new", "resumed"]


def test_files_that_are_not_ours_are_left_alone(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="holds no run"):
        Ledger.open(tmp_path / "nowhere", read_only=True)
    assert not (tmp_path / "nowhere").exists()
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / FILE).write_bytes(b"this is not a database" * 100)
    with pytest.raises(LedgerError, match="cannot be opened"):
        Ledger.open(tmp_path / "torn")
    Ledger.open(tmp_path / "newer").close()
    newer = sqlite3.connect(tmp_path / "newer" / FILE)
    newer.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    newer.close()
    with pytest.raises(LedgerError, match="newer SynLearner"):
        Ledger.open(tmp_path / "newer")


def test_a_reader_sees_a_running_run_and_cannot_write(ledger: Ledger) -> None:
    with Ledger.open(ledger.folder, read_only=True) as reader:
        ledger.event("note", n=1)
        assert reader.events("note") == [{"n": 1}]
        with pytest.raises(LedgerError):
            reader.event("note", n=2)
