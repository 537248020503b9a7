"""What can go wrong with a request, and when: faults as values, a catalogue of them by name, and schedules that any machine repeats."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from types import MappingProxyType
from typing import Literal

from synlearner.errors import SpecError
from synlearner.seeding import derive

Kind = Literal[
    "status",  # an error of this number with `message`, and `retry_after` where it is not empty
    "redirect",  # 307 to `location`
    "drop",  # the connection ends without a reply
    "truncate",  # it ends in the middle of one
    "hang",  # no reply until somebody closes
    "slow",  # the reply comes byte by byte, one in `seconds`
    "not json",  # a page of HTML that says it is JSON
    "cut",  # a whole reply by its length, half of the JSON
    "invalid utf-8",  # bytes that are no text
    "wrong type",  # a good reply that says it is HTML
    "gzip bomb",  # 256 MiB in 256 KB
    "large",  # an answer of 10 MiB
    "error in 200",  # a reply without choices that tells of an error
    "empty",  # no content
    "reasoning",  # no content: the answer stands in the reasoning field
    "refusal",  # no record, a polite sentence
    "cut off",  # the model's tokens end inside of the record
    "invalid record",  # braces and no JSON
    "chatter",  # the record with words around it
    "wrong label",  # a record with another label than the wanted one
    "duplicate",  # the same record for every request of one label
]


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one request; `Kind` says what each kind does.

    `retry_after` goes out as it is, except that "+2" is the date in two seconds. `location`: an address, or a path of this server.
    """

    kind: Kind = "status"
    status: int = 503
    retry_after: str = "0"
    message: str = "a fault from the script"
    location: str = "http://elsewhere.invalid/v1/chat/completions"
    seconds: float = 0.2

    @property
    def name(self) -> str:
        """Under which it is counted: the number of a status, else the kind."""
        return str(self.status) if self.kind == "status" else self.kind


_STATUSES = (400, 401, 403, 404, 408, 409, 413, 422, 500, 502, 503, 504, 529)
# Faults of the answer's text: a fine reply in every other way.
_TEXTS: tuple[Kind, ...] = ("empty", "reasoning", "refusal", "cut off", "invalid record", "chatter", "wrong label", "duplicate")
_OTHERS: tuple[Kind, ...] = ("drop", "truncate", "hang", "slow", "not json", "cut", "invalid utf-8", "wrong type", "gzip bomb", "large", "error in 200")
OF_THE_TEXT = frozenset(_TEXTS)
FAULTS: Mapping[str, Fault] = MappingProxyType(
    {str(number): Fault(status=number, retry_after="") for number in _STATUSES}
    | {"429": Fault(status=429, retry_after="1"), "429 date": Fault(status=429, retry_after="+1")}
    | {"redirect": Fault("redirect", location="/v1/moved"), "redirect away": Fault("redirect")}
    | {kind: Fault(kind) for kind in (*_OTHERS, *_TEXTS)}
)


@dataclass(frozen=True)
class Schedule:
    """Which fault a request meets: a pure function of the seed, the request's content and how often that content came before.

    `rates`: share of requests by the name of a fault in `FAULTS`. `first`: names for the first, second, ... time that any content comes
    ("" for none); the rates hold after that. Raises `SpecError` for unknown names and for shares that are none.
    """

    rates: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    first: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        unknown = sorted({*self.rates, *self.first} - {*FAULTS, ""})
        if unknown:
            raise SpecError(f"there is no fault {unknown[0]!r}", f"known: {', '.join(FAULTS)}", field="faults")
        if any(not 0 <= rate <= 1 for rate in self.rates.values()) or sum(self.rates.values()) > 1 + 1e-9:
            raise SpecError(f"shares of faults are more than all requests or less than none: {dict(self.rates)}", "let them sum to at most 1", field="faults")

    @cached_property
    def _edges(self) -> tuple[list[float], list[str]]:
        return list(accumulate(self.rates.values())), list(self.rates)

    def at(self, content: str, attempt: int) -> Fault | None:
        """The fault of the request with this content that came `attempt` times before; None where all goes well."""
        if attempt < len(self.first):
            return FAULTS.get(self.first[attempt])
        edges, names = self._edges
        if not names:
            return None
        place = bisect(edges, derive(self.seed, "fault", content, attempt) / 2**63)
        return FAULTS.get(names[place]) if place < len(names) else None
