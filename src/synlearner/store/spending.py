"""What the ledger says of money and tokens: sums by model and price."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from synlearner.stream.prices import Price


@dataclass(frozen=True, slots=True)
class Asked:
    """Requests of one model at one price. `counted`: told by the server, or where it did not tell, what was set aside; `told`: the told ones alone.
    `untold` requests lack one number or both; `outcomes` counts them all by how they ended, `open` are under way.
    """

    model: str
    price: Price | None
    currency: str
    version: str
    requests: int
    counted_in: int
    counted_out: int
    told_in: int
    told_out: int
    untold: int
    outcomes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Spending:
    """Everything that was spent: requests by model, and tokens of local models."""

    models: tuple[Asked, ...]
    local_in: int
    local_out: int


_SUMS = """
SELECT r.model, p.input, p.output, COALESCE(p.currency, ''), COALESCE(p.version, ''), COUNT(*),
  SUM(COALESCE(e.tokens_in, r.tokens_in)), SUM(COALESCE(e.tokens_out, r.tokens_out)), SUM(COALESCE(e.tokens_in, 0)), SUM(COALESCE(e.tokens_out, 0)),
  SUM(e.tokens_in IS NULL OR e.tokens_out IS NULL)
FROM request r LEFT JOIN request_end e ON e.request = r.id LEFT JOIN price p ON p.id = COALESCE(r.price, (SELECT MIN(id) FROM price q WHERE q.model = r.model))
GROUP BY r.model, p.id ORDER BY MIN(r.id)
"""
_OUTCOMES = """
SELECT COALESCE(e.outcome, 'open'), COUNT(*) FROM request r LEFT JOIN request_end e ON e.request = r.id
LEFT JOIN price p ON p.id = COALESCE(r.price, (SELECT MIN(id) FROM price q WHERE q.model = r.model))
WHERE r.model = ? AND p.input IS ? AND p.output IS ? AND COALESCE(p.version, '') = ? GROUP BY 1 ORDER BY 2 DESC, 1
"""


def spending_in(db: sqlite3.Connection) -> Spending:
    """The sums of a ledger."""
    found = []
    for model, cost_in, cost_out, currency, version, *sums in db.execute(_SUMS).fetchall():
        price = None if cost_in is None else Price(input=Decimal(cost_in), output=Decimal(cost_out))
        outcomes = dict(db.execute(_OUTCOMES, (model, cost_in, cost_out, version)).fetchall())
        requests, counted_in, counted_out, told_in, told_out, untold = sums
        found.append(Asked(model, price, currency, version, requests, counted_in, counted_out, told_in, told_out, untold, outcomes))
    local = db.execute("SELECT COALESCE(SUM(tokens_in), 0), COALESCE(SUM(tokens_out), 0) FROM local_use").fetchone()
    return Spending(tuple(found), *local)
