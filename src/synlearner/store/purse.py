"""What a run spends, kept to its caps and written down: before a request leaves, and after it has ended.

The law. A request is written down *before* it is sent, together with every answer and end that waited (see `journal`). So at no moment, also not across
kill -9, was more sent than the ledger knows, and what a killed run repeats is at most what was under way. A request without an end counts with what was set
aside for it: while it is under way, and for ever where the process died before its end, which the next session then writes down as `lost`. What the server
did not tell (tokens of a dropped answer) counts in the same way towards the caps, and is unknown in every report.

Money is exact: sums of tokens times prices that the user wrote down. The price of a model that is in no table is unknown; such requests
are refused where money is capped. Requests that were made before the user knew a price take the first one that was recorded for their model.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from threading import RLock

from synlearner.errors import Interrupted, SpecError
from synlearner.store.ledger import Ledger
from synlearner.store.spending import Asked
from synlearner.stream.prices import NoPrices, Price, PriceTable
from synlearner.stream.specs import BudgetSpec

FIX = "raise [budget] and run the same command again, which continues from here, or use the rows that were written"
Ask = tuple[str, int, int]
NO_PRICES = NoPrices()


@dataclass(slots=True)
class Totals:
    """What counts towards the caps. `money` is in the currency of the prices; `unpriced` are requests whose price is unknown."""

    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    money: Decimal = Decimal(0)
    unpriced: int = 0
    seconds: float = 0.0

    @property
    def tokens(self) -> int:
        return self.tokens_in + self.tokens_out


@dataclass
class RunPurse:
    """A `Purse`. It goes on from what the ledger says was spent in earlier sessions; `clock` tells monotonic seconds."""

    ledger: Ledger
    budget: BudgetSpec
    prices: PriceTable | NoPrices = NO_PRICES
    clock: Callable[[], float] = time.monotonic
    totals: Totals = field(default_factory=Totals)
    _open: dict[Ask, deque[int]] = field(default_factory=lambda: defaultdict(deque))
    _known: dict[str, tuple[int | None, Price | None]] = field(default_factory=dict)
    _aside: Decimal = Decimal(0)
    _refused: Ask | None = None
    _since: float | None = None
    _lock: RLock = field(default_factory=RLock, repr=False)

    def __post_init__(self) -> None:
        self._session, self._last = self.ledger.close_requests()
        self._recall()

    # ── the socket ──────────────────────────────────────────────────────

    def reserve(self, model: str, tokens_in: int, tokens_out: int) -> None:
        """Note that a request is about to leave, which it may after `sure`. Raises `Interrupted` where a cap would be passed, counting all that is under way as if it took
        everything that was set aside; SpecError where money is capped and the price is unknown.
        """
        ask = (model, tokens_in, tokens_out)
        with self._lock:
            number, price = self._price(model)
            if over := self._over(ask, price):
                self._refused = ask
                raise Interrupted(f"the budget is spent: {over}", FIX)
            self._last += 1
            self.ledger.journal.later(("request", [(self._last, self._session, model, number, tokens_in, tokens_out)]))
            self._open[ask].append(self._last)
            self._count(1, tokens_in, tokens_out, price)
            self._aside += price.of(tokens_in, tokens_out) if price else 0

    def sure(self) -> None:
        """All that was reserved is written ahead."""
        self.ledger.journal.sure()

    def settle(self, model: str, tokens_in: int, tokens_out: int, *, used_in: int | None, used_out: int | None, outcome: str) -> None:
        """Put what a request did not use back. What is not known stays set aside. Raises ValueError for a request that was not reserved."""
        ask = (model, tokens_in, tokens_out)
        with self._lock:
            if not self._open[ask]:
                raise ValueError(f"no such request is open: {model}, {tokens_in} + {tokens_out} tokens")
            request = self._open[ask].popleft()
            more_in, more_out = (0 if used is None else used - aside for used, aside in ((used_in, tokens_in), (used_out, tokens_out)))
            price = self._price(model)[1]
            self._count(0, more_in, more_out, price)
            self._aside -= price.of(tokens_in, tokens_out) if price else 0
            self.ledger.journal.later(("request end", [(request, used_in, used_out, outcome)]))

    # ── the desk's side ─────────────────────────────────────────────────

    def begin(self) -> None:
        """From now on time counts: the generator is at work."""
        self._since = self.clock()

    def lap(self) -> float:
        """Seconds since the generator began, or since the last lap."""
        now = self.clock()
        seconds, self._since = now - (now if self._since is None else self._since), now
        return seconds

    def rest(self) -> None:
        """The generator is no longer at work."""
        self._since = None

    def count(self, tokens_in: int, tokens_out: int, seconds: float) -> None:
        """A unit came back, with tokens that belong to no request."""
        with self._lock:
            self.totals.tokens_in += tokens_in
            self.totals.tokens_out += tokens_out
            self.totals.seconds += seconds

    @property
    def refused(self) -> bool:
        """Whether a request was refused since somebody asked for room again."""
        return self._refused is not None

    def exceeded(self, *, tokens: bool = True) -> str:
        """Which cap is reached, in words, or "". Requests and money are looked after before each request, and so are `tokens` where every one belongs to
        a request.
        """
        for most, spent, _, what in self._of_tokens() if tokens else ():
            if most is not None and spent >= most:
                return f"{spent:,} of {most:,} {what}"
        return self._too_late()

    def room_again(self) -> bool:
        """Whether the request that was refused last would now fit, as others took less than was set aside for them."""
        with self._lock:
            refused, self._refused = self._refused, None
            return refused is not None and not self._over(refused, self._price(refused[0])[1])

    def told(self, before: Totals, done: int, total: int) -> str:
        """What was spent, and what the running step will have cost when `total` are done, at the rate of the first `done`: in words, for people.
        `before` is what was spent when the step began. Empty where nothing was asked of a server.
        """
        with self._lock:
            now, ended = self.snapshot(), self.totals.money - self._aside
        if not now.requests:
            return ""
        parts = [f"{now.requests:,} request{'' if now.requests == 1 else 's'}", f"{now.tokens:,} tokens", self._amount(now, now.money)]
        if 0 < done < total and not now.unpriced and (spent := ended - before.money) > 0:
            parts.append(f"about {self._amount(now, before.money + spent * total / done)} when this step is done")
        return ", ".join(p for p in parts if p)

    def snapshot(self) -> Totals:
        """The totals as they are now."""
        t = self.totals
        return Totals(t.requests, t.tokens_in, t.tokens_out, t.money, t.unpriced, t.seconds)

    # ── inside ──────────────────────────────────────────────────────────

    def _amount(self, now: Totals, money: Decimal) -> str:
        if now.unpriced:
            return "price unknown"
        return f"{money:,.4f} {self.prices.currency}"

    def _over(self, ask: Ask, price: Price | None) -> str:
        spent, most, (model, tokens_in, tokens_out) = self.totals, self.budget, ask
        if most.requests is not None and spent.requests + 1 > most.requests:
            return f"{spent.requests:,} of {most.requests:,} requests"
        for cap, taken, more, what in self._of_tokens(tokens_in, tokens_out):
            if cap is not None and taken + more > cap:
                return f"{taken:,} of {cap:,} {what}, and the next request may take {more:,}"
        if most.money is not None:
            cost = self._priced(model, price).of(tokens_in, tokens_out)
            if spent.money + cost > most.money:
                return f"{spent.money:,f} of {most.money:,f} {self.prices.currency}, and the next request may cost {cost:,f}"
        return self._too_late()

    def _of_tokens(self, tokens_in: int = 0, tokens_out: int = 0) -> tuple[tuple[int | None, int, int, str], ...]:
        """Each cap on tokens, with what is spent of it, what a request would add, and its name."""
        spent, most = self.totals, self.budget
        return (
            (most.tokens, spent.tokens, tokens_in + tokens_out, "tokens"),
            (most.tokens_in, spent.tokens_in, tokens_in, "tokens read"),
            (most.tokens_out, spent.tokens_out, tokens_out, "tokens written"),
        )

    def _priced(self, model: str, price: Price | None) -> Price:
        if price is None:
            fix = "add the model to the price table, or leave budget.money out"
            raise SpecError(f"budget.money is a cap, but the price of {model!r} is unknown", fix, field="budget.money")
        return price

    def _too_late(self) -> str:
        seconds, most = self.totals.seconds + (self.clock() - self._since if self._since is not None else 0.0), self.budget.seconds
        return f"{seconds:,.0f} of {most:,.0f} seconds of generation" if most is not None and seconds >= most else ""

    def _count(self, requests: int, tokens_in: int, tokens_out: int, price: Price | None) -> None:
        self.totals.requests += requests
        self.totals.tokens_in += tokens_in
        self.totals.tokens_out += tokens_out
        if price is None:
            self.totals.unpriced += requests
        else:
            self.totals.money += price.of(tokens_in, tokens_out)

    def _price(self, model: str) -> tuple[int | None, Price | None]:
        """A model's price and its number in the ledger."""
        if model not in self._known:
            price = self.prices.price(model)
            number = self.ledger.price_number(model, price, self.prices) if price is not None and isinstance(self.prices, PriceTable) else None
            self._known[model] = number, price
        return self._known[model]

    def _recall(self) -> None:
        """What earlier sessions spent."""
        for model in self.ledger.spending().models:
            self._price(model.model)  # a price that the user wrote down since
        found = self.ledger.spending()
        self.count(found.local_in, found.local_out, self.ledger.spent()["seconds"])
        for model in found.models:
            self.totals.requests += model.requests
            self._count(0, model.counted_in, model.counted_out, model.price)
            self.totals.unpriced += model.requests if model.price is None else 0
            self._refuse_other(model)

    def _refuse_other(self, earlier: Asked) -> None:
        """Money is capped in one currency, over everything."""
        if self.budget.money is None or earlier.currency == self.prices.currency:
            return
        what = f"its earlier requests were paid in {earlier.currency}" if earlier.currency else "nobody knows what its earlier requests cost"
        raise SpecError(f"budget.money is a cap, but {earlier.model!r} was asked before and {what}", "leave budget.money out, or choose another --out", field="budget.money")
