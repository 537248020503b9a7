"""How much is asked at once, how often, and of whom: values without clock, network or tasks, to which every `now` is told, in seconds.

Amounts come in, and out comes who may ask or for how many seconds nobody may. `chat_door` does the waiting.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from synlearner.engines.providers import Case

MINUTE = 60.0
# A round is at least so many outcomes; where more than this share of them is strained, the level falls by a quarter.
SHORTEST_ROUND, TOLERATED, FALL = 16, 0.4, 0.75
# So many failures in a row open a breaker.
TRIP, LONGEST_BREAK = 8, 60.0
LONGEST_PAUSE, LONGEST_WISH = 30.0, 300.0
# Latencies that are remembered, and how many it takes to tell a straggler.
REMEMBERED, FEWEST = 256, 20


class Level:
    """How many requests may be under way (AIMD: Chiu and Jain, 1989): one more after each good round, a quarter less after a strained one.

    Single errors of a server that is not overloaded leave it where it is: the share of a round counts.
    """

    def __init__(self, most: int, *, adaptive: bool = True) -> None:
        self.most, self.now, self._adaptive = most, float(most), adaptive
        self._seen, self._strain = 0, 0

    def note(self, strain: int) -> None:
        """An outcome, with how much it says that too much is asked; 0 for a good one."""
        if not self._adaptive:
            return
        self._seen += 1
        self._strain += strain
        round_ = max(SHORTEST_ROUND, int(self.now))
        if self._strain > TOLERATED * round_:
            self._next(max(1.0, self.now * FALL))
        elif self._seen >= round_:
            self._next(min(float(self.most), self.now + 1.0))

    def _next(self, level: float) -> None:
        self.now, self._seen, self._strain = level, 0, 0


class Bucket:
    """A token bucket: requests or tokens per minute. It holds what comes in a second, or the largest single amount so far.

    In any 60 seconds no more than `per_minute` is taken, where no single amount is above half of that.
    """

    def __init__(self, per_minute: int, now: float) -> None:
        self.per_minute, self._at = per_minute, now
        self._room = self._held = max(1.0, per_minute / MINUTE)

    def wait(self, amount: int, now: float) -> float:
        """Seconds until so much may be taken, 0 if now. An amount above `per_minute` counts as that."""
        self._flow(now)
        amount = min(amount, self.per_minute)
        self._room = max(self._room, amount)
        lacking = amount - self._held
        return lacking / self._rate if lacking > 1e-9 else 0.0

    def take(self, amount: int) -> None:
        """Take what `wait` allowed."""
        self._held -= min(amount, self.per_minute)

    def correct(self, less: int) -> None:
        """So much less was used than was taken; more, where it is below 0."""
        self._held = min(self._room, self._held + less)

    @property
    def _rate(self) -> float:
        return max(self.per_minute - self._room + 1.0, self.per_minute / 2) / MINUTE

    def _flow(self, now: float) -> None:
        self._held = min(self._room, self._held + max(0.0, now - self._at) * self._rate)
        self._at = max(self._at, now)


class Breaker:
    """Pauses a server that fails again and again, and lets one request through before all the others.

    closed -> (TRIP sick outcomes in a row, once it is `armed`) -> open -> (the pause is over, one probe) -> closed, or open for twice as long.
    """

    def __init__(self, first: float) -> None:
        self._first, self._pause, self._until = first, first, -math.inf
        self._row, self._probing = 0, False
        self.open, self.armed = False, False

    def wait(self, now: float) -> float:
        """Seconds until a request may pass: 0 now, infinity while a probe is under way."""
        if not self.open:
            return 0.0
        return math.inf if self._probing else max(0.0, self._until - now)

    def enter(self) -> bool:
        """A request passes; whether it is a probe."""
        if self.open:
            self._probing = True
        return self.open

    def leave(self, case: Case | None, now: float, *, probe: bool, wish: float = 0.0) -> None:
        """How a request ended (None: it was called off) and how long the server wants to be left alone."""
        if probe:
            self._probing = False
        if case is None:
            return
        if not case.sick:
            self.open, self.armed, self._row, self._pause = False, True, 0, self._first
            return
        self._row += 1
        # Only what was there can be gone: a server that never answered is a mistake in the settings and stops the run.
        if probe or (self.armed and not self.open and self._row >= TRIP):
            self.trip(now, wish)

    def trip(self, now: float, wish: float = 0.0) -> None:
        """Open, or stay open for longer."""
        self.open, self._until = True, now + max(self._pause, wish)
        self._pause = min(LONGEST_BREAK, self._pause * 2)


@dataclass(slots=True)
class Place:
    """A server that may be asked: its share of the requests is its weight's."""

    number: int
    weight: float
    level: Level
    breaker: Breaker
    busy: int = 0
    good_at: float | None = None
    credit: float = 0.0

    def wait(self, now: float) -> float:
        """Seconds until it may be asked, infinity until a request of it has ended."""
        return self.breaker.wait(now) or (math.inf if self.busy >= int(self.level.now) else 0.0)


@dataclass(slots=True)
class Pass:
    """The right to one request, given back once."""

    place: Place
    amount: int
    probe: bool
    over: bool = False


@dataclass(slots=True)
class Limits:
    """Everything that stands between a turn and the wire. `rates`: buckets for requests and for tokens, where there are such limits."""

    places: Sequence[Place]
    most: int
    requests: Bucket | None = None
    tokens: Bucket | None = None
    busy: int = field(default=0, init=False)

    def enter(self, amount: int, now: float, avoid: Sequence[Place] = ()) -> Pass | float:
        """The right to a request of about so many tokens, or the seconds to wait before asking again (infinity: until another one ends)."""
        if self.busy >= self.most:
            return math.inf
        if self.requests and (wait := self.requests.wait(1, now)):
            return wait
        if self.tokens and (wait := self.tokens.wait(amount, now)):
            return wait
        place = self.places[0] if len(self.places) == 1 else self._choose(now, avoid)
        if wait := place.wait(now):
            return wait
        return self._begin(place, amount)

    def leave(self, held: Pass, case: Case | None, now: float, *, slow: bool = False, wish: float = 0.0, used: int | None = None) -> None:
        """A request has ended: how (None: it was called off), whether it took long, what the server wishes, and the tokens that it really used.

        Giving back twice is giving back once.
        """
        if held.over:
            return
        held.over, place = True, held.place
        self.busy -= 1
        place.busy -= 1
        place.breaker.leave(case, now, probe=held.probe, wish=wish)
        if case is not None:
            place.level.note(case.strain or int(slow))
            if not case.sick:
                place.good_at = now
        if self.tokens and used is not None:
            self.tokens.correct(held.amount - used)

    def down(self, now: float) -> float:
        """Seconds since any server was well, where every one is paused; else 0."""
        if not all(p.breaker.open for p in self.places):
            return 0.0
        return min((now - p.good_at for p in self.places if p.good_at is not None), default=math.inf)

    def _begin(self, place: Place, amount: int) -> Pass:
        if self.requests:
            self.requests.take(1)
        if self.tokens:
            self.tokens.take(amount)
        self.busy += 1
        place.busy += 1
        return Pass(place, amount, place.breaker.enter())

    def _choose(self, now: float, avoid: Sequence[Place]) -> Place:
        """Smooth weighted round robin among those that may be asked, without those to avoid if there are others."""
        free = [p for p in self.places if not p.wait(now)]
        if not free:
            return min(self.places, key=lambda p: p.wait(now))
        free = [p for p in free if not any(p is a for a in avoid)] or free
        for place in free:
            place.credit += place.weight
        chosen = max(free, key=lambda p: p.credit)
        chosen.credit -= sum(p.weight for p in free)
        return chosen


class Stragglers:
    """When a request has taken so long that a second one is worth it: past the 95th percentile, and for at most a share of all requests."""

    def __init__(self, share: float) -> None:
        self._share, self._asked, self._doubled, self._noted = share, 0, 0, 0
        self._seen: deque[float] = deque(maxlen=REMEMBERED)
        self._late: float | None = None

    def patience(self) -> float | None:
        """Seconds to wait for a new request before asking once more, None where it is not to be asked twice."""
        self._asked += 1
        return self._late if self._doubled + 1 <= self._share * self._asked else None

    def doubled(self) -> None:
        """A request was asked twice."""
        self._doubled += 1

    def note(self, seconds: float) -> None:
        """How long a good answer took."""
        self._seen.append(seconds)
        self._noted += 1
        if self._noted % FEWEST == 0:
            self._late = sorted(self._seen)[math.ceil(0.95 * len(self._seen)) - 1]


def pause_before(attempt: int, wish: float | None, *, jitter: float, first: float) -> float | None:
    """Seconds to wait after a failed attempt (0, 1, …): what the server wishes and up to a tenth more; else between half of
    `first` · 2^attempt and all of it. `jitter` is in 0..1. None where the server wishes for more than anybody waits.
    """
    if wish is not None:
        return wish * (1 + 0.1 * jitter) if wish <= LONGEST_WISH else None
    return float(min(LONGEST_PAUSE, first * 2.0 ** min(attempt, 64)) * (1 + jitter) / 2)
