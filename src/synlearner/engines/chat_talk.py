"""Units of turns in, answers out, both as they come: the way between the thread that wants answers and the loop that gets them.

More units may be given while others are under way. A unit that is told to wait for long gives its place to others meanwhile, and says so.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Iterator, Sequence
from typing import Generic, TypeVar

from synlearner.engines.chat_box import Box
from synlearner.engines.chat_door import Room
from synlearner.engines.chat_line import Line
from synlearner.errors import EngineError, Interrupted
from synlearner.records import Draft, Failure, Turn

Key = TypeVar("Key", bound=Hashable)
Answers = list[Draft | Failure]
# For each request that may be under way, those that rest between two of them counted.
WORKERS = 4


class Seat(Generic[Key]):
    """A unit's place in a talk."""

    __slots__ = ("_key", "_talk")

    def __init__(self, talk: Talk[Key], key: Key) -> None:
        self._talk, self._key = talk, key

    def rest(self, *, late: bool) -> None:
        """Leave the place to others for a while. Whoever reads hears of it where the unit is late."""
        self._talk.rests(self._key, late=late)

    async def again(self) -> None:
        """Have a place again."""
        await self._talk.goes_on()


class Talk(Generic[Key]):
    """A `protocols.Talk`. `ask` asks one turn in the loop; at most `most` units are under way or wait to be read without being kept, those that rest not counted.

    What a unit raises ends the talk: the reader gets it after the answers that came before. At `Interrupted` what was paid for is still waited for.
    """

    def __init__(
        self, line: Line, ask: Callable[[Turn, Room], Awaitable[Draft | Failure]], keep: Callable[[Key, Answers], bool], *, most: int, seconds: float | None, late: str
    ) -> None:
        self._line, self._ask, self._keep, self._most, self._seconds, self._late = line, ask, keep, most, seconds, late
        self._box: Box[tuple[Key, Answers]] = Box(most, line.call)
        self._owed: deque[Iterator[tuple[Key, Sequence[Turn]]]] = deque()
        self._workers = self._resting = 0
        self._failed = False
        self._spent: Interrupted | None = None
        self._enough = asyncio.Event()
        self._task = line.start(self._in_time(), self._box.close)

    def ask(self, keys: Sequence[Key], units: Sequence[Sequence[Turn]]) -> None:
        """Have more units answered. Each is looked at when its turn comes."""
        self._line.call(lambda: self._add(zip(keys, units, strict=True), len(keys)))

    def done(self) -> None:
        """Nothing more will be asked: reading ends with the last answer."""
        self._line.call(self._enough.set)

    def __iter__(self) -> Iterator[tuple[Key, Answers]]:
        yield from self._box
        if self._task.cancelled():
            raise EngineError("the engine was closed while it was writing", "take all answers before closing it")
        self._task.result()

    def close(self) -> None:
        """Call off what is under way."""
        self._line.end(self._task)

    # -- in the loop ---------------------------------------------------------------------------------------------------------------

    async def _in_time(self) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                await self._live()
        except TimeoutError:
            raise Interrupted(self._late, "run the same command again, which continues from here, or raise the limit") from None

    async def _live(self) -> None:
        try:
            async with asyncio.TaskGroup() as self._group:
                await self._enough.wait()
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        if self._spent is not None:
            raise self._spent

    def _add(self, units: Iterator[tuple[Key, Sequence[Turn]]], many: int) -> None:
        self._owed.append(units)
        if not (self._enough.is_set() or self._task.done()):
            self._employ(many)

    def _employ(self, many: int) -> None:
        """So many workers more, but no more than may be busy: those that rest are not."""
        free = min(self._most + self._resting, WORKERS * self._most) - self._workers
        for _ in range(min(many, free)):
            self._workers += 1
            self._group.create_task(self._work())

    def rests(self, key: Key, *, late: bool) -> None:
        """A unit leaves its place to another one."""
        self._resting += 1
        self._box.rest()
        if late:
            self._box.tell((key, []))
        if self._owed and not self._failed and self._spent is None:
            self._employ(1)

    async def goes_on(self) -> None:
        """A unit that rested has a place again."""
        await self._box.again()
        self._resting -= 1

    def _next(self) -> tuple[Key, Sequence[Turn]] | None:
        while self._owed:
            if (unit := next(self._owed[0], None)) is not None:
                return unit
            self._owed.popleft()
        return None

    async def _answer(self, key: Key, turns: Sequence[Turn]) -> None:
        await self._box.room()
        if self._spent is not None:
            raise self._spent
        seat = Seat(self, key)
        answers = [await self._ask(turn, seat) for turn in turns]
        self._box.put((key, answers), kept=self._keep(key, answers))

    async def _work(self) -> None:
        try:
            while (unit := self._next()) is not None:
                await self._answer(*unit)
        except Interrupted as error:
            self._spent = error
            self._enough.set()
            self._box.rest()
        except BaseException:
            self._failed = True
            self._enough.set()
            raise
        finally:
            self._workers -= 1
