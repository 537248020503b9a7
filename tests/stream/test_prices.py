"""Price tables: exact, of the user's, and never guessed at."""

from decimal import Decimal
from pathlib import Path

import pytest

from synlearner.errors import SpecError
from synlearner.stream.prices import prices_of
from synlearner.stream.reading import load_run, load_stream

TABLE = 'version = "7"\ncurrency = "EUR"\ndate = 2026-02-01\n\n[models."a/b"]\ninput = 0.1\noutput = "0.30"\n'
SERVED = ("generator.engine=chat_api", "generator.options={}", "generator.model=a/b", "generator.base_url=http://localhost:1/v1", "reinforce.method=off", "generator.guidance=0")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    from synlearner.stream.bundled import copy_demo

    copy_demo(tmp_path / "s")
    (tmp_path / "s" / "prices.toml").write_text(TABLE)
    return tmp_path / "s"


def refused(folder: Path, *settings: str) -> SpecError:
    with pytest.raises(SpecError) as caught:
        load_stream(folder / "stream.toml", (*SERVED, *settings))
    return caught.value


def test_a_table_is_read_as_it_is_written_from_beside_the_run(folder: Path) -> None:
    run = load_run(folder / "stream.toml", ('budget.prices="prices.toml"', "budget.money=0.1", 'budget.cache="replies"'))
    table = prices_of(run.budget)
    assert table.price("a/b").of(3, 1) == Decimal("0.0000006")
    assert table.price("b") is None
    assert (table.version, table.currency, str(table.date)) == ("7", "EUR", "2026-02-01")
    assert run.budget.money == Decimal("0.1")
    assert Path(run.budget.cache) == folder / "replies"


def test_a_cap_on_money_needs_prices_of_all_who_are_asked(folder: Path) -> None:
    assert "name a price table" in refused(folder, "budget.money=1").fix
    assert load_stream(folder / "stream.toml", (*SERVED, "budget.money=1", "budget.prices=prices.toml"))
    other = refused(folder, "budget.money=1", "budget.prices=prices.toml", "generator.model=c")
    assert "the price of 'c' is unknown" in other.message
    assert '[models."c"]' in other.fix
    assert other.field == "budget.money"
    assert "the cap is in USD" in refused(folder, "budget.money=1", "budget.prices=prices.toml", "budget.currency=USD").message
    # Without a cap on money, an unknown price keeps nobody from running.
    assert load_stream(folder / "stream.toml", (*SERVED, "budget.prices=prices.toml", "generator.model=c"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("input = 0.1", "input = -1", "a number of at least 0"),
        ("input = 0.1\n", "", "add it to the table"),
        ('currency = "EUR"', "currency = 3", "a text in quotes"),
        ("date = 2026-02-01", 'date = "soon"', "date"),
        ('version = "7"', 'version = "7"\nextra = 1', "extra"),
        ("input = 0.1", "input = true", "true or false"),
        ("input = 0.1", "input = nan", "finite"),
    ],
)
def test_a_table_that_cannot_be_used_is_named_with_its_line(folder: Path, old: str, new: str, said: str) -> None:
    (folder / "prices.toml").write_text(TABLE.replace(old, new))
    error = refused(folder, "budget.prices=prices.toml")
    assert "prices.toml" in error.message
    assert said in str(error)
    assert error.field == "budget.prices"


def test_a_table_that_is_not_there_is_said(folder: Path) -> None:
    assert "price.toml" in refused(folder, "budget.prices=price.toml").message
    assert "did you mean 'prices.toml'" in refused(folder, "budget.prices=price.toml").fix
