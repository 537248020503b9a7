"""What is told of money: exact, or null with the reason."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from synlearner.report.progress import Bars, Lines
from synlearner.report.spending import paid, spending_of
from synlearner.report.summary import summarise
from synlearner.report.writing import write_all
from synlearner.store.ledger import Ledger
from synlearner.store.purse import RunPurse
from synlearner.stream.prices import NoPrices, Price, PriceTable
from synlearner.stream.specs import BudgetSpec
from tests.report.fabricated import fabricate


def priced(currency: str = "EUR") -> PriceTable:
    return PriceTable(version="3", currency=currency, date=date(2026, 1, 1), models={"m": Price(input=Decimal("0.1"), output=Decimal("0.4"))})


def asked(folder: Path, prices: PriceTable | NoPrices, told: int | None = 100, model: str = "m", requests: int = 30) -> Path:
    with Ledger.open(folder) as ledger:
        purse = RunPurse(ledger, BudgetSpec(), prices)
        for i in range(requests):
            purse.reserve(model, 1000, 200)
            purse.settle(model, 1000, 200, used_in=1000, used_out=100 if i else told, outcome="answer" if i else "dropped")
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return fabricate(tmp_path / "run", "finished")


def test_money_is_exact_and_shared_by_rows_and_points(run: Path) -> None:
    summary = summarise(asked(run, priced()))
    s = summary.spending
    assert s.money == s.at_most == Decimal("0.0042")
    assert (s.requests, s.untold, s.currency, s.reason) == (30, 0, "EUR", "")
    assert s.tokens_in - s.local_in == 30_000
    rows = sum(t.dataset.rows for t in summary.tasks)
    assert s.per_row.count == rows
    assert s.per_row.money == pytest.approx(s.money / rows, abs=Decimal("0.0000001"))
    assert s.per_point.count == pytest.approx(sum(100 * t.gain.mean for t in summary.tasks))
    assert any("30 requests were sent to servers, for 0.0042 EUR" in line for line in paid(s))
    assert type(summary).model_validate_json(summary.model_dump_json()) == summary


def test_what_the_server_did_not_tell_is_unknown_and_bounded(run: Path) -> None:
    s = summarise(asked(run, priced(), told=None)).spending
    assert s.money is None
    assert s.reason == "the server did not tell the tokens of 1 request"
    assert s.at_most == Decimal("0.00424")
    assert s.per_row.money is None
    assert s.per_row.tokens is None
    assert s.per_row.at_most is not None
    assert "at most 0.00424 EUR (the server did not tell" in paid(s)[0]


def test_an_unknown_price_is_null_and_never_zero(run: Path) -> None:
    s = summarise(asked(run, NoPrices())).spending
    assert s.money is s.at_most is s.per_row.money is None
    assert s.models[0].price_in is None
    assert s.reason == "no price is known of m"
    assert "an unknown amount (no price is known of m)" in paid(s)[0]


def test_two_currencies_are_not_added(run: Path) -> None:
    asked(run, priced())
    with Ledger.open(run) as ledger:
        purse = RunPurse(ledger, BudgetSpec(), priced("USD"))
        purse.reserve("m", 1, 1)
    s = summarise(run).spending
    assert s.money is None
    assert s.reason == "prices are in several currencies: EUR, USD"
    assert [m.money for m in s.models] == [Decimal("0.0042"), None]


def test_nothing_asked_and_nothing_gained_have_their_reasons(tmp_path: Path) -> None:
    first = summarise(fabricate(tmp_path / "first", "first")).spending
    assert first.money is None
    assert first.reason == "nothing was asked of a server"
    assert first.per_row.reason == "no data set is finished"
    assert first.per_point.reason == "no gain was measured"
    assert paid(first) == []
    run = asked(fabricate(tmp_path / "run", "finished"), priced())
    tasks = [t.model_copy(update={"gain": t.gain.model_copy(update={"mean": -0.1})}) for t in summarise(run).tasks if t.gain]
    with Ledger.open(run, read_only=True) as ledger:
        assert spending_of(ledger, tasks).per_point.reason == "synthetic rows brought no gain"


def test_the_page_and_the_table_tell_it(run: Path) -> None:
    write_all(asked(run, priced(), told=None))
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "30 requests were sent to servers, for at most 0.00424 EUR" in page
    assert "29 answer, 1 dropped" in (run / "tables" / "spending.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("made", [lambda: Lines(0), Bars])
def test_progress_tells_what_is_spent(capsys: pytest.CaptureFixture[str], made) -> None:
    progress = made()
    progress.start("t: synthesis.0", 10)
    progress.watch(lambda done, total: f"{done} of {total} for 1 EUR")
    progress.advance(4)
    progress.finish("all kept")
    progress.start("t: students", 1)
    progress.finish("good")
    progress.close()
    said = capsys.readouterr().err
    assert "all kept" in said
    assert "so far 10 of 10 for 1 EUR" in said
    assert "good" in said
    assert "EUR" not in said.rpartition("students")[2]
