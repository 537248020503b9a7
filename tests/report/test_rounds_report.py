"""What the report says of rounds: the learning curve, what was chosen and why, escaped, and as far as they went."""

from pathlib import Path

import pytest

from synlearner.report.curves import several
from synlearner.report.page import write_page
from synlearner.report.summary import summarise
from synlearner.report.tables import tables
from synlearner.store.ledger import Ledger
from tests.report.fabricated import HOSTILE, Maker, fabricate, score


def chosen(number: int, text: str, how: str = "top") -> dict:
    criterion, value = ("random", None) if how == "random" else ("loss", 2.5 / number)
    return {
        "id": f"r{number}-{how}",
        "place": 0,
        "rank": 1,
        "criterion": criterion,
        "score": value,
        "how": how,
        "label": "billing",
        "origin": "seed" if number == 1 else "synthetic",
        "fields": {"text": text},
    }


def spent(paid: tuple[tuple[int, int, str], ...], n: int) -> dict:
    return {"spent": {"requests": paid[n][0], "unpriced": paid[n][1], "money": paid[n][2], "currency": "EUR"}} if paid else {}


def rounds(folder: Path, *, ended: bool = True, text: str = "Where is my invoice?", paid: tuple[tuple[int, int, str], ...] = ()) -> Path:
    """`paid`: after each round requests, those without a price, and money of the run."""
    fabricate(folder)
    with Ledger.open(folder) as ledger:
        maker = Maker(ledger)
        for n in range(4):
            if n:
                found = {"round": n, "by": "loss", "wanted": 2, "candidates": 12 + 8 * n, "scored": 10, "unscored": {"the student has never seen the label 'x'": 2 + 8 * n}}
                maker.step("tickets", f"choose.{n}", {**found, "chosen": [chosen(n, text), chosen(n, text, "random")]})
            dev = {"score": (0.5, 0.6, 0.7, 0.65)[n], "loss": 1.0, "rows": 12, "trained_on": 9.6, "correct": ["1" * 12]}
            maker.step(
                "tickets", f"round.{n}", {"round": n, "rows": 8 * n, "wanted": 8 * n, "tokens_in": 900 * n, "tokens_out": 240 * n, "seconds": 7.0 * n, "dev": dev, **spent(paid, n)}
            )
        if ended:
            maker.step("tickets", "rounds", {"by": "loss", "done": 3, "ended": "all 3 rounds are done", "best": 2, "why": "the data set is that of round 2", "rows": 16})
            maker.step("tickets", "curve", {"rows": [0, 8, 16, 24], "scores": [score(0.61), score(0.64), score(0.7), score(0.69)], "correct": [[], [], [], []]})
    return folder


def test_the_curve_has_what_rounds_took_and_scored(tmp_path: Path) -> None:
    found = summarise(rounds(tmp_path)).tasks[0].rounds
    assert found is not None
    assert (found.by, found.done, found.best, found.ended) == ("loss", 3, 2, "all 3 rounds are done")
    assert [(p.round, p.rows, p.dev, p.tokens_out) for p in found.points] == [(0, 0, 0.5, 0), (1, 8, 0.6, 240), (2, 16, 0.7, 480), (3, 24, 0.65, 720)]
    assert [p.gold.mean for p in found.points if p.gold] == [0.61, 0.64, 0.7, 0.69]
    assert [(r.row, r.criterion, r.score, r.how) for r in found.choices[0].rows] == [("r1-top", "loss", 2.5, "top"), ("r1-random", "random", None, "random")]


def test_a_run_without_rounds_says_nothing_of_them(tmp_path: Path) -> None:
    summary = summarise(fabricate(tmp_path))
    assert all(t.rounds is None for t in summary.tasks)
    assert 'id="rounds"' not in write_page(tmp_path, summary).read_text(encoding="utf-8")
    assert tables(summary)["rounds"].rows == tables(summary)["chosen"].rows == ()


def test_rounds_that_have_not_ended_are_shown_as_far_as_they_went(tmp_path: Path) -> None:
    summary = summarise(rounds(tmp_path, ended=False))
    found = summary.tasks[0].rounds
    assert found is not None
    assert found.ended == "" and found.best is None and len(found.points) == 4
    assert all(p.gold is None for p in found.points)
    assert "The rounds have not ended." in write_page(tmp_path, summary).read_text(encoding="utf-8")


def test_what_was_written_at_once_has_parts_without_a_cost(tmp_path: Path) -> None:
    fabricate(tmp_path)
    with Ledger.open(tmp_path) as ledger:
        maker = Maker(ledger)
        for n in range(2):
            maker.step("tickets", f"round.{n}", {"round": n, "rows": 24 * n, "wanted": 24 * n, "tokens_in": 900 * n, "tokens_out": 240 * n, "seconds": 7.0 * n, "dev": None})
        maker.step("tickets", "rounds", {"by": "static", "done": 1, "ended": "all 24 rows are written", "best": 1, "why": "", "rows": 24})
        maker.step("tickets", "curve", {"rows": [0, 12, 24], "scores": [score(0.61), score(0.64), score(0.7)], "correct": [[], [], []]})
    found = summarise(tmp_path).tasks[0].rounds
    assert found is not None
    assert [(p.round, p.rows, p.tokens_out, p.dev) for p in found.points] == [(0, 0, 0, None), (None, 12, None, None), (1, 24, 240, None)]


def test_the_page_shows_what_was_chosen_and_why(tmp_path: Path) -> None:
    page = write_page(rounds(tmp_path), summarise(tmp_path)).read_text(encoding="utf-8")
    assert "round 1, number 1, billing: by loss, one of the highest scores, 2.5" in page
    assert "round 3, number 1, billing: by chance" in page
    assert "Where is my invoice?" in page
    assert "10 of 20 rows (the student has never seen the label" in page


def test_texts_that_were_chosen_do_not_attack_the_page(tmp_path: Path) -> None:
    page = write_page(rounds(tmp_path, text=HOSTILE), summarise(tmp_path)).read_text(encoding="utf-8")
    assert "<script" not in page
    assert "<img" not in page
    assert "\u202e" not in page


def test_what_rounds_cost_stands_beside_what_they_brought(tmp_path: Path) -> None:
    summary = summarise(rounds(tmp_path, paid=((5, 0, "0.50"), (9, 0, "0.60"), (14, 0, "0.75"), (20, 0, "0.90"))))
    found = summary.tasks[0].rounds
    assert found is not None
    assert (found.currency, [str(p.money) for p in found.points]) == ("EUR", ["0.00", "0.10", "0.25", "0.40"])
    table = tables(summary)["rounds"]
    assert [dict(zip(table.columns, row, strict=True))["money"] for row in table.rows] == [0.0, 0.1, 0.25, 0.4]
    page = write_page(tmp_path, summary).read_text(encoding="utf-8")
    assert all(f"tickets: scores over {unit}" in page for unit in ("rows", "tokens", "seconds", "EUR"))


@pytest.mark.parametrize("paid", [(), ((0, 0, "0"),) * 4, ((0, 0, "0"), (1, 1, "0"), (2, 2, "0"), (3, 3, "0"))])
def test_money_that_nobody_knows_is_null(tmp_path: Path, paid: tuple) -> None:
    summary = summarise(rounds(tmp_path, paid=paid))
    found = summary.tasks[0].rounds
    assert found is not None
    assert (found.currency, {p.money for p in found.points}) == ("", {None})
    page = write_page(tmp_path, summary).read_text(encoding="utf-8")
    assert "tickets: scores over seconds" in page and "over EUR" not in page


def test_a_row_of_a_pool_says_what_was_asked_for_around_it(tmp_path: Path) -> None:
    fabricate(tmp_path)
    with Ledger.open(tmp_path) as ledger:
        maker = Maker(ledger)
        row = {**chosen(1, "Where is it?"), "label": "", "origin": "pool", "asked_for": "billing"}
        maker.step("tickets", "choose.1", {"round": 1, "by": "loss", "wanted": 1, "candidates": 9, "scored": 9, "unscored": {}, "chosen": [row]})
        maker.step("tickets", "round.0", {"round": 0, "rows": 0, "wanted": 0, "tokens_in": 0, "tokens_out": 0, "seconds": 0.0, "dev": None})
    summary = summarise(tmp_path)
    table = tables(summary)["chosen"]
    assert [dict(zip(table.columns, r, strict=True))[c] for r in table.rows for c in ("label", "asked for", "origin")] == ["", "billing", "pool"]
    assert "number 1, without a label, billing was asked for, from the pool: by loss" in write_page(tmp_path, summary).read_text(encoding="utf-8")


@pytest.mark.parametrize("lines", [{}, {"random": []}, {"a": [(0, 1.0), (10, 1.0)], "b": [(0, 0.0)]}])
def test_a_chart_of_anything_is_a_chart(lines: dict) -> None:
    assert several("k", "title", lines, "rows").startswith("<svg")
