"""What is said of an audit: sentences follow the intervals, texts are only texts, and what was not measured has no number."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from synlearner.evaluate.audit import Verdict
from synlearner.report.audit.schema import Agreement, Audit, BucketResult, FunctionResult, Survival
from synlearner.report.audit.tables import show_audit, tables
from synlearner.report.audit.words import MARKS, STYLES, answer, distrust, sentence, survival_text
from synlearner.report.audit.writing import render, write_audit
from synlearner.report.schema import Interval, Quantity

HOSTILE = "<script>alert(1)</script> \x1b[31m {{ 7*7 }}"
NONE = Quantity(value=None, reason="the student has no committee")


def found(mean: float, half: float = 0.2) -> Quantity:
    return Quantity(value=mean, reason="", interval=Interval(mean=mean, low=mean - half, high=mean + half, level=0.95, n=200))


def function(name: str, verdict: Verdict, rho: Quantity, over: Quantity, *, control: bool = False, words: float | None = 0.1) -> FunctionResult:
    buckets = [BucketResult(number=i, rows=30, score=i / 3, words=9.0, gain=found(0.01 * i, 0.005), gains=[0.01 * i] * 5) for i in (1, 2, 3)] if rho.value is not None else []
    return FunctionResult(
        name=name,
        control=control,
        verdict=verdict,
        sentence=sentence(name, verdict, rho, over),
        scored=100 if buckets else 0,
        unscored={} if buckets else {rho.reason: 100},
        spearman=rho,
        kendall=rho,
        over_random=over,
        with_words=words,
        buckets=buckets,
    )


def audit(name: str = "pool") -> Audit:
    functions = [
        function("loss", "worth it", found(0.6), found(0.02, 0.01)),
        function("entropy", "no evidence", found(0.1), found(0.0, 0.01)),
        function("proximity", "misleading", found(-0.6), found(-0.02, 0.01), words=-0.7),
        function("bald", "unmeasured", NONE, NONE),
        function("random", "no evidence", found(0.0), found(0.0, 0.01), control=True),
        function("length", "misleading", found(-0.5), found(-0.01, 0.02), control=True),
    ]
    survival = [Survival(function="loss", pairs=50, items=found(0.1), sets=found(0.9, 0.1), medians=[(0.1, 0.2), (0.3, 0.3), (0.6, 0.4)])]
    return Audit(
        name=name,
        answer=answer(functions),
        distrust=distrust(functions, repeats=5, dev=200, seeds_only=0.5, strata=["label"], survival=survival),
        student="word-count 1",
        labels=["a", "b"],
        strata=["label"],
        repeats=5,
        level=0.95,
        rounds=1000,
        seeds=16,
        dev=200,
        aside=0,
        pool=500,
        left_out={"pool rows whose text was there before": 3},
        seeds_only=0.5,
        functions=functions,
        agreement=[Agreement(first=a, second=b, value=1.0 if a == b else None) for a in ("loss", name) for b in ("loss", name)],
        survival=survival,
    )


def test_sentences_follow_the_verdicts() -> None:
    said = {f.name: f.sentence for f in audit().functions}
    numbers = "(rank correlation of score and gain +0.60 (+0.40 to +0.80); rows with the highest scores against random ones +2.0 (+1.0 to +3.0) points)."
    assert said["loss"] == f"loss is worth it: rows with a higher score help the student more, and those with the highest scores more than random ones {numbers}"
    assert said["entropy"].startswith("There is no evidence for entropy: gain cannot be told to rise or fall with the score")
    assert said["proximity"].startswith("proximity is misleading: rows with a higher score help the student less")
    assert said["bald"] == "bald was not measured: the student has no committee."
    assert "cannot be told to be better than random ones" in sentence("loss", "no evidence", found(0.6), found(0.01, 0.02))
    assert "better than random ones, but" in sentence("loss", "no evidence", found(0.1), found(0.02, 0.01))
    assert "worse than random ones" in sentence("loss", "misleading", found(0.1), found(-0.03, 0.01))


@pytest.mark.parametrize(
    ("verdicts", "words"),
    [
        (["worth it", "misleading"], "Worth choosing by: f0; misleading: f1."),
        (["no evidence", "unmeasured"], "Of 1 function none is shown to be worth choosing by."),
        (["unmeasured"], "Nothing was measured of any function."),
    ],
)
def test_the_answer_names_functions_and_no_controls(verdicts: list[Verdict], words: str) -> None:
    some = [function(f"f{i}", v, NONE if v == "unmeasured" else found(0.1), found(0.1)) for i, v in enumerate(verdicts)]
    assert answer([*some, function("random", "worth it", found(0.5), found(0.1), control=True)]) == words


def test_what_to_distrust_is_said() -> None:
    said = " ".join(audit().distrust)
    assert "Mere length goes with gain, and these scores go with length: proximity" in said
    assert "not other seed rows" in said
    wild = [function("random", "worth it", found(0.5), found(0.1), control=True), function("loss", "worth it", found(0.5), found(0.1))]
    said = " ".join(distrust(wild, repeats=2, dev=40, seeds_only=0.97, strata=[], survival=[]))
    for part in ("random scores", "2 repeats", "few development rows (40)", "unequal shares", "little to gain"):
        assert part in said


def test_survival_is_said_for_sets_and_for_single_rows() -> None:
    said = survival_text(audit().survival[0])
    assert said == "loss: medians of sets survive (+0.90 (+0.80 to +1.00)), scores of single rows cannot be told to survive (+0.10 (−0.10 to +0.30)) (50 pairs)."


def test_every_text_on_the_page_is_only_a_text() -> None:
    page = render(audit(HOSTILE))
    HTMLParser().feed(page)
    assert "<script" not in page
    assert "\x1b" not in page
    assert "{{ 7*7 }}" in page
    assert page.count("<svg") >= 8


def test_the_terminal_shows_all_functions_in_80_columns(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    show_audit(audit())
    out = capsys.readouterr().out
    assert all(name in out for name in ("loss", "▲ worth it", "▼ misleading", "◆ no evidence", "– not measured", "random (control)", "Caution: "))
    assert max(map(len, out.splitlines())) <= 80


def test_unmeasured_is_an_empty_cell_and_all_files_are_written(tmp_path: Path) -> None:
    write_audit(audit(), tmp_path)
    assert sorted(f.name for f in tmp_path.glob("*")) == ["audit.html", "audit.json", "tables"]
    assert Audit.model_validate_json((tmp_path / "audit.json").read_text(encoding="utf-8")) == audit()
    made = tables(audit())
    assert sorted(f.stem for f in (tmp_path / "tables").glob("*.csv")) == sorted(made)
    assert made["functions"].rows[3][2:11] == (None,) * 9
    assert set(MARKS) == set(STYLES)


def test_every_field_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "report.md").read_text(encoding="utf-8")
    for model in (Audit, FunctionResult, BucketResult, Agreement, Survival):
        assert [f"{model.__name__}.{n}" for n, f in model.model_fields.items() if f"| `{n}` | {f.description} |" not in page] == []
