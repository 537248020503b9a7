"""Where turns wait: for the right to a request, between two attempts, for a server that is away. In the line's loop.

`limits` says who may ask and how long nobody may; here is the waiting, and what ends it: patience, or an empty purse.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from synlearner.engines.limits import Limits, Pass, Place
from synlearner.engines.providers import Case
from synlearner.errors import EngineError, Interrupted


class Room(Protocol):
    """What a turn gives back while it rests between two requests."""

    def rest(self, *, late: bool) -> None: ...

    async def again(self) -> None: ...


class Door:
    """Lets turns through to the servers. `last_word` is what a server said last when something went wrong."""

    def __init__(self, limits: Limits, patience: float) -> None:
        self.limits, self._patience = limits, patience
        self.last_word = ""
        self.at_home()

    def at_home(self) -> None:
        """Begin in a new loop, in which nobody is waiting yet."""
        self._row, self._freed, self._over = asyncio.Lock(), asyncio.Event(), asyncio.Event()
        self._spent: Interrupted | None = None

    def begin(self) -> None:
        """Whoever begins to write asks the purse anew."""
        self._spent = None
        self._over.clear()

    async def enter(self, amount: int, avoid: Sequence[Place]) -> Pass:
        """The right to a request of about so many tokens. Whoever must wait does so in a row, and only the first of the row looks at the clock."""
        if (found := self.at_once(amount, avoid)) is not None:
            return found
        async with self._row:
            while True:
                if self._spent is not None:
                    raise self._spent
                now = time.monotonic()
                wait = self.limits.enter(amount, now, avoid)
                if isinstance(wait, Pass):
                    return wait
                self._check_patience(wait, now)
                self._freed.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait if math.isfinite(wait) else None):
                        await self._freed.wait()

    def at_once(self, amount: int, avoid: Sequence[Place]) -> Pass | None:
        """The right to a request where nobody has to wait for one."""
        found = None if self._row.locked() else self.limits.enter(amount, time.monotonic(), avoid)
        return found if isinstance(found, Pass) else None

    def leave(self, held: Pass, case: Case | None, *, slow: bool = False, wish: float = 0.0, used: int | None = None) -> None:
        """A request has ended, see `Limits.leave`; whoever is first in the row looks again."""
        self.limits.leave(held, case, time.monotonic(), slow=slow, wish=wish, used=used)
        if self._row.locked():
            self._freed.set()

    def spent(self, error: Interrupted) -> None:
        """Nobody can pay any more: let everybody who waits know."""
        self._spent = error
        self._over.set()
        self._freed.set()

    async def sleep(self, seconds: float, room: Room, *, late: bool) -> None:
        """Rest, unless nobody can pay for what comes after it. `late`: it takes so long that others need not wait for it."""
        room.rest(late=late)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()
        await room.again()
        if self._spent is not None:
            raise self._spent

    def _check_patience(self, wait: float, now: float) -> None:
        """Raise where waiting has no end: every server has been away for too long, or wants to be left alone for longer."""
        down = self.limits.down(now)
        if down > self._patience:
            since = f"for {down:,.0f} s" if math.isfinite(down) else "since the beginning"
            raise EngineError(f"no server has answered well {since}; the last word: {self.last_word}", "look after it and run the same command again, which continues from here")
        if down and math.isfinite(wait) and wait > max(self._patience, 1.0):
            raise Interrupted(f"the server wants to be left alone for {wait:,.0f} s", "run the same command again then, which continues from here")
