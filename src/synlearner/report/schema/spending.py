"""What a run took: tokens, time, memory, requests and money."""

from __future__ import annotations

from decimal import Decimal

from synlearner.report.schema.values import Part


class Cost(Part):
    """What the run took, over all its sessions."""

    tokens_in: int
    """Known tokens read."""
    tokens_out: int
    """Known tokens written."""
    requests: int
    """Answers and failures."""
    requests_without_tokens: int
    """Answers whose tokens the engine did not tell; they are not in the sums."""
    generation_seconds: float
    """Time of the finished units of generation."""
    seconds: float | None
    """Time of the sessions that ended in an orderly way."""
    peak_memory_mb: float | None
    """Largest resident memory of such a session."""
    sessions: int
    """Starts of the run."""
    sessions_measured: int
    """Sessions that recorded time and memory; a killed one records none."""


class Paid(Part):
    """Requests of one model at one price. Money is exact: a decimal number as a text."""

    model: str
    """Name that was sent to the server."""
    requests: int
    """Requests that left, retries and corrections among them."""
    outcomes: dict[str, int]
    """How they ended, in one word each; `lost`: the process died before; `open`: still under way."""
    tokens_in: int
    """Tokens read that the server told."""
    tokens_out: int
    """Tokens written that the server told."""
    untold: int
    """Requests for which the server did not tell both."""
    price_in: Decimal | None
    """Price of a million tokens read; null where it is in no table."""
    price_out: Decimal | None
    """The same of tokens written."""
    currency: str
    """Currency of the price; empty without one."""
    prices: str
    """Version of the price table."""
    money: Decimal | None
    """What they cost; null where a price or a number of tokens is unknown."""
    at_most: Decimal | None
    """What they cost if the untold ones took all that was set aside for them; null without a price."""
    reason: str
    """Why `money` is null; empty where it is not."""


class CacheUse(Part):
    """The cache of replies, over the sessions that ended in an orderly way."""

    hits: int
    """Requests that were not sent, as the reply was there."""
    misses: int
    """Requests whose reply was not there."""
    stored: int
    """Replies that were kept."""


class Worth(Part):
    """What one of something cost."""

    count: float | None
    """How many there are; null where that is unknown."""
    money: Decimal | None
    """Money for each."""
    at_most: Decimal | None
    """The same if untold requests took all that was set aside for them."""
    tokens: float | None
    """Tokens for each, read and written, also of local models."""
    reason: str
    """Why numbers are null; empty where none is."""


class Spending(Part):
    """What was spent on requests and on tokens of local models, over all sessions."""

    requests: int
    """Requests that left."""
    tokens_in: int
    """Tokens read that are known."""
    tokens_out: int
    """Tokens written that are known."""
    local_in: int
    """Tokens of local models among those read."""
    local_out: int
    """Tokens of local models among those written."""
    untold: int
    """Requests for which the server did not tell its tokens; they are not in the sums."""
    money: Decimal | None
    """What the requests cost, exactly; null where that is unknown."""
    at_most: Decimal | None
    """What they cost at most; null where a price is unknown."""
    currency: str
    """Currency of both; empty without a price."""
    reason: str
    """Why `money` is null; empty where it is not."""
    models: list[Paid]
    """The same by model and price."""
    cache: CacheUse | None
    """The cache of replies; null where none was used."""
    per_row: Worth
    """For each row of the finished data sets."""
    per_point: Worth
    """For each percentage point of gain, summed over the tasks that have one."""
