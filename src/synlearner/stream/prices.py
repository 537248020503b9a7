"""What requests cost: a price table that the user keeps, and exact sums from it.

    version = "2026-02"
    currency = "USD"
    date = 2026-02-01

    [models."my-model"]
    input = 0.15        # per million tokens
    output = 0.60

Comes in: the TOML that `budget.prices` names. Goes out: a `PriceTable`. A model that is not in it has no known price; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from pydantic import Field

from synlearner.errors import SpecError
from synlearner.stream.settings import read_toml, validate
from synlearner.stream.specs import NAME, BudgetSpec, Money, Spec

MILLION = 1_000_000


class Price(Spec):
    """Of one model, per million tokens."""

    input: Money = Field(ge=0)
    output: Money = Field(ge=0)

    def of(self, tokens_in: int, tokens_out: int) -> Decimal:
        """What so many tokens cost, exactly."""
        return (self.input * tokens_in + self.output * tokens_out) / MILLION


class PriceTable(Spec):
    """Prices of models, by the name that is sent to the server. All are in one currency, of one date."""

    version: str = Field(min_length=1)
    currency: str = Field(pattern=NAME)
    date: date
    models: Mapping[str, Price]

    def price(self, model: str) -> Price | None:
        """The price of a model; None where the table has none."""
        return self.models.get(model)


@dataclass(frozen=True, slots=True)
class NoPrices:
    """Where the user keeps no table."""

    currency: str = ""

    def price(self, _model: str) -> None:
        """No price is known."""
        return


def prices_of(budget: BudgetSpec) -> PriceTable | NoPrices:
    """The table that the budget names. Raises `SpecError` with file, line and field of what is wrong in it."""
    return validate(PriceTable, read_toml(budget.prices)) if budget.prices else NoPrices()


def refuse_unpriced(budget: BudgetSpec, models: Iterable[str]) -> PriceTable | NoPrices:
    """The table; SpecError where money is capped and what a model costs is not known, or in another currency."""
    if budget.money is not None and not budget.prices:
        raise SpecError("budget.money is a cap, but no prices are known", 'name a price table: budget.prices = "prices.toml"', field="budget.money")
    table = prices_of(budget)
    if budget.money is None:
        return table
    if budget.currency and budget.currency != table.currency:
        fix = f"write the cap in {table.currency}, or name a table in {budget.currency}"
        raise SpecError(f"the cap is in {budget.currency}, the prices in {Path(budget.prices).name} are in {table.currency}", fix, field="budget.currency")
    for model in models:
        if table.price(model) is None:
            fix = f'add [models."{model}"] with input and output to {budget.prices}, or leave budget.money out and cap requests or tokens'
            raise SpecError(f"budget.money is a cap, but the price of {model!r} is unknown", fix, field="budget.money")
    return table
