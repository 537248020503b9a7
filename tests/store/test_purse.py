"""What a run spends: caps hold before each request, whatever happens, and nothing is forgotten or counted twice."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synlearner.errors import Interrupted, SpecError
from synlearner.store.ledger import Ledger
from synlearner.store.purse import RunPurse
from synlearner.stream.prices import Price, PriceTable
from synlearner.stream.specs import BudgetSpec


def table(currency: str = "EUR", **models: tuple[str, str]) -> PriceTable:
    prices = {name: Price(input=Decimal(a), output=Decimal(b)) for name, (a, b) in models.items()}
    return PriceTable(version="1", currency=currency, date=date(2026, 1, 1), models=prices)


PRICES = table(m=("0.1", "0.3"), n=("1.25", "10"))


def begun(folder: Path) -> Ledger:
    ledger = Ledger.open(folder)
    ledger.begin("k", {}, resume="if_possible", versions={})
    return ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with begun(tmp_path) as ledger:
        yield ledger


asks = st.tuples(st.sampled_from("mn"), st.integers(0, 50), st.integers(1, 50))
used = st.none() | st.integers(0, 50)
moves = st.lists(st.tuples(asks, st.integers(0, 3), used, used, st.booleans()), max_size=40)
some_tokens = st.integers(1, 600)
some_money = st.decimals("0.000001", "0.01", places=6, allow_nan=False)
caps = st.fixed_dictionaries({}, optional={"requests": st.integers(1, 20), "tokens": some_tokens, "tokens_in": some_tokens, "tokens_out": some_tokens, "money": some_money})
NO_CAP = 10**9


@given(moves, caps)
@settings(max_examples=60)
def test_no_schedule_of_requests_passes_a_cap_and_a_new_session_knows_what_was_spent(tmp_path_factory: pytest.TempPathFactory, moves, caps) -> None:
    folder, budget = tmp_path_factory.mktemp("run"), BudgetSpec(**caps)
    requests, tokens, money, open_, sent = 0, (0, 0), Decimal(0), [], 0
    ledger = begun(folder)
    purse = RunPurse(ledger, budget, PRICES)
    for ask, place, used_in, used_out, dies in moves:
        if dies:  # the process is gone; what was under way stays set aside for ever
            ledger.close()
            ledger, open_ = begun(folder), []
            purse = RunPurse(ledger, budget, PRICES)
        elif open_ and place:
            name, a, b = open_.pop(place % len(open_))
            # Never more than was set aside: only then caps can be held exactly.
            told = tuple(None if u is None else min(u, aside) for u, aside in ((used_in, a), (used_out, b)))
            purse.settle(name, a, b, used_in=told[0], used_out=told[1], outcome="answer")
            back = [0 if t is None else aside - t for t, aside in zip(told, (a, b), strict=True)]
            tokens, money = (tokens[0] - back[0], tokens[1] - back[1]), money - PRICES.models[name].of(*back)
        else:
            name, a, b = ask
            cost = PRICES.models[name].of(a, b)
            within = [(sum(tokens) + a + b, budget.tokens), (tokens[0] + a, budget.tokens_in), (tokens[1] + b, budget.tokens_out), (money + cost, budget.money)]
            fits = requests < (budget.requests or NO_CAP) and all(spent <= (most or NO_CAP) for spent, most in within)
            try:
                purse.reserve(name, a, b)
            except Interrupted as stop:
                assert not fits
                assert "the budget is spent" in stop.message
                continue
            assert fits
            requests, tokens, money, sent = requests + 1, (tokens[0] + a, tokens[1] + b), money + cost, sent + 1
            open_.append(ask)
        assert (purse.totals.requests, (purse.totals.tokens_in, purse.totals.tokens_out), purse.totals.money) == (requests, tokens, money)
    assert sum(m.requests for m in ledger.spending().models) == sent
    ledger.close()


def test_threads_share_one_purse(ledger: Ledger) -> None:
    purse = RunPurse(ledger, BudgetSpec(requests=300), PRICES)

    def asks(_: int) -> int:
        done = 0
        for _ in range(50):
            try:
                purse.reserve("m", 10, 10)
            except Interrupted:
                return done
            purse.settle("m", 10, 10, used_in=7, used_out=3, outcome="answer")
            done += 1
        return done

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(asks, range(8))) == 300
    assert purse.totals.requests == 300
    assert purse.totals.tokens == 3000
    (found,) = ledger.spending().models
    assert (found.requests, found.told_in, found.told_out, found.untold, found.outcomes) == (300, 2100, 900, 0, {"answer": 300})


def test_money_is_exact(ledger: Ledger) -> None:
    purse = RunPurse(ledger, BudgetSpec(money=0.3), table(m=("0.1", "0.2")))
    for _ in range(1000):
        purse.reserve("m", 1000, 1000)
        purse.settle("m", 1000, 1000, used_in=1000, used_out=1000, outcome="answer")
    assert purse.totals.money == Decimal("0.3")
    with pytest.raises(Interrupted, match=r"0\.3000 of 0\.3 EUR") as stopped:
        purse.reserve("m", 0, 1)
    assert "may cost 0.0000002" in stopped.value.message


def test_room_that_was_only_set_aside_is_given_again(ledger: Ledger) -> None:
    purse = RunPurse(ledger, BudgetSpec(tokens=100))
    purse.reserve("m", 30, 60)
    with pytest.raises(Interrupted, match="90 of 100 tokens, and the next request may take 20"):
        purse.reserve("m", 10, 10)
    assert purse.refused
    assert not purse.room_again()
    with pytest.raises(Interrupted):
        purse.reserve("m", 10, 10)
    purse.settle("m", 30, 60, used_in=30, used_out=5, outcome="answer")
    assert purse.room_again()
    assert not purse.refused
    purse.reserve("m", 10, 10)


def test_only_what_was_reserved_is_settled(ledger: Ledger) -> None:
    purse = RunPurse(ledger, BudgetSpec())
    purse.reserve("m", 1, 2)
    with pytest.raises(ValueError, match="no such request is open"):
        purse.settle("m", 1, 3, used_in=1, used_out=1, outcome="answer")


def test_money_is_not_capped_where_a_price_is_unknown(ledger: Ledger) -> None:
    purse = RunPurse(ledger, BudgetSpec(money=1), PRICES)
    with pytest.raises(SpecError, match="the price of 'unheard-of' is unknown") as refused:
        purse.reserve("unheard-of", 1, 1)
    assert refused.value.field == "budget.money"
    free = RunPurse(ledger, BudgetSpec(), PRICES)
    free.reserve("unheard-of", 1, 1)
    assert free.totals.unpriced == 1
    assert "price unknown" in free.told(free.snapshot(), 1, 2)


def test_a_price_that_comes_later_is_that_of_what_was_asked_before_and_one_that_changes_is_not(tmp_path: Path) -> None:
    def session(prices: PriceTable | None, **budget: object) -> Decimal:
        with begun(tmp_path) as ledger:
            purse = RunPurse(ledger, BudgetSpec(**budget), *([prices] if prices else []))
            purse.reserve("m", 1_000_000, 0)
            purse.settle("m", 1_000_000, 0, used_in=1_000_000, used_out=0, outcome="answer")
            return purse.totals.money

    assert session(None) == 0
    assert session(table(m=("2", "0"))) == 4
    assert session(table(m=("3", "0"))) == 7
    with pytest.raises(SpecError, match="were paid in EUR"):
        session(table("USD", m=("3", "0")), money=100)


def test_time_is_that_of_a_clock_that_nobody_can_set(ledger: Ledger) -> None:
    now = [1000.0]
    purse = RunPurse(ledger, BudgetSpec(seconds=10), clock=lambda: now[0])
    assert purse.exceeded() == ""
    purse.begin()
    now[0] += 6
    assert purse.lap() == 6
    purse.count(0, 0, 6)
    purse.rest()
    now[0] += 3600  # training, judging, and a lid that was closed between two steps
    assert purse.exceeded() == ""
    purse.begin()
    now[0] += 5
    with pytest.raises(Interrupted, match="11 of 10 seconds"):
        purse.reserve("m", 1, 1)


def test_what_is_said_is_what_was_spent_and_will_be(ledger: Ledger) -> None:
    purse = RunPurse(ledger, BudgetSpec(), table(m=("1", "1")))
    before = purse.snapshot()
    assert purse.told(before, 0, 4) == ""
    purse.reserve("m", 500_000, 500_000)
    purse.settle("m", 500_000, 500_000, used_in=250_000, used_out=250_000, outcome="answer")
    assert purse.told(before, 1, 4) == "1 request, 500,000 tokens, 0.5000 EUR, about 2.0000 EUR when this step is done"
    assert purse.told(before, 4, 4) == "1 request, 500,000 tokens, 0.5000 EUR"


def test_what_is_sure_is_known_to_whoever_opens_the_ledger_after_a_kill(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "killed")
    purse = RunPurse(ledger, BudgetSpec())
    for _ in range(3):
        purse.reserve("m", 10, 10)
    purse.sure()
    copied = tmp_path / "copy"
    copied.mkdir()
    for file in (tmp_path / "killed").glob("ledger.db*"):  # what a killed process leaves: the file and its journal, never closed
        (copied / file.name).write_bytes(file.read_bytes())
    ledger.close()
    with Ledger.open(copied) as found:
        assert RunPurse(found, BudgetSpec()).snapshot().requests == 3
