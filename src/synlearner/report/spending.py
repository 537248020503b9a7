"""What a run paid, from its ledger: by model, in all, for each row and for each point of gain. What is unknown is null, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from synlearner.report.schema import CacheUse, Paid, Spending, TaskSummary, Worth
from synlearner.store.ledger import Ledger
from synlearner.store.spending import Asked


def spending_of(ledger: Ledger, tasks: Sequence[TaskSummary]) -> Spending:
    """The spending of an open ledger; `tasks` say what came of it."""
    found = ledger.spending()
    models = [_paid(asked) for asked in found.models]
    money, at_most, currency, reason = _sum(models)
    tokens_in, tokens_out = (sum(getattr(p, name) for p in models) for name in ("tokens_in", "tokens_out"))
    untold, tokens = sum(p.untold for p in models), tokens_in + tokens_out + found.local_in + found.local_out

    def worth(count: float | None, why: str) -> Worth:
        if count is None:
            return Worth(count=None, money=None, at_most=None, tokens=None, reason=why)
        many = Decimal(str(count))
        whole = None if untold or not tokens else tokens / count
        lacking = (reason or _untold(untold)) if tokens or untold else "no tokens were counted"
        return Worth(count=count, money=_each(money, many), at_most=_each(at_most, many), tokens=whole, reason=lacking)

    return Spending(
        requests=sum(p.requests for p in models),
        tokens_in=tokens_in + found.local_in,
        tokens_out=tokens_out + found.local_out,
        local_in=found.local_in,
        local_out=found.local_out,
        untold=untold,
        money=money,
        at_most=at_most,
        currency=currency,
        reason=reason,
        models=models,
        cache=_cache(ledger),
        per_row=worth(*_rows(tasks)),
        per_point=worth(*_points(tasks)),
    )


def _paid(asked: Asked) -> Paid:
    price = asked.price
    reason = "the price is unknown" if price is None else _untold(asked.untold)
    return Paid(
        model=asked.model,
        requests=asked.requests,
        outcomes=dict(asked.outcomes),
        tokens_in=asked.told_in,
        tokens_out=asked.told_out,
        untold=asked.untold,
        price_in=price.input if price else None,
        price_out=price.output if price else None,
        currency=asked.currency,
        prices=asked.version,
        money=price.of(asked.told_in, asked.told_out) if price and not reason else None,
        at_most=price.of(asked.counted_in, asked.counted_out) if price else None,
        reason=reason,
    )


def _untold(requests: int) -> str:
    return f"the server did not tell the tokens of {requests:,} request{'' if requests == 1 else 's'}" if requests else ""


def _sum(models: Sequence[Paid]) -> tuple[Decimal | None, Decimal | None, str, str]:
    """Money, money at most, their currency, and why the first is unknown."""
    currencies = list(dict.fromkeys(p.currency for p in models if p.currency))
    unpriced = [p.model for p in models if p.price_in is None]
    if not models:
        return None, None, "", "nothing was asked of a server"
    if unpriced:
        return None, None, "".join(currencies[:1]), f"no price is known of {', '.join(unpriced)}"
    if len(currencies) > 1:
        return None, None, "", f"prices are in several currencies: {', '.join(currencies)}"
    at_most = sum((p.at_most for p in models if p.at_most is not None), Decimal(0))
    untold = sum(p.untold for p in models)
    money = None if untold else sum((p.money for p in models if p.money is not None), Decimal(0))
    return money, at_most, currencies[0], _untold(untold)


def _each(money: Decimal | None, count: Decimal) -> Decimal | None:
    """Money for one, to a millionth of its unit and at least four digits."""
    if money is None:
        return None
    each = money / count
    return each.quantize(Decimal(1).scaleb(min(-6, each.adjusted() - 3)))


def _rows(tasks: Sequence[TaskSummary]) -> tuple[float | None, str]:
    rows = sum(t.dataset.rows for t in tasks if t.dataset)
    return (float(rows), "") if rows else (None, "no data set is finished" if not any(t.dataset for t in tasks) else "no row was kept")


def _points(tasks: Sequence[TaskSummary]) -> tuple[float | None, str]:
    gains = [100 * t.gain.mean for t in tasks if t.gain]
    if not gains:
        return None, "no gain was measured"
    return (sum(gains), "") if sum(gains) > 0 else (None, "synthetic rows brought no gain")


def _cache(ledger: Ledger) -> CacheUse | None:
    told = ledger.events("responses")
    return CacheUse(**{name: sum(int(e.get(name, 0)) for e in told) for name in CacheUse.model_fields}) if told else None


# ── in words ────────────────────────────────────────────────────────────


def amount(money: Decimal) -> str:
    """An amount as people write it, without zeros at its end."""
    text = f"{money:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def paid(spending: Spending | None) -> list[str]:
    """What was paid, in sentences; none where nothing was asked of a server."""
    if spending is None or not spending.models:
        return []
    s = spending
    said = [f"{s.requests:,} requests were sent to servers, for {worded(s.money, s.at_most, s.currency, s.reason)}."]
    if s.cache and s.cache.hits:
        said.append(f"{s.cache.hits:,} more were answered from the cache.")
    for worth, what in ((s.per_row, "A row of the data sets"), (s.per_point, "A point of gain")):
        said.append(f"{what} cost {worded(worth.money, worth.at_most, s.currency, worth.reason)}.")
    return said


def worded(money: Decimal | None, at_most: Decimal | None, currency: str, reason: str) -> str:
    """Money in words, or why it is unknown."""
    if money is not None:
        return f"{amount(money)} {currency}"
    return f"at most {amount(at_most)} {currency} ({reason})" if at_most is not None else f"an unknown amount ({reason})"
