"""Answers on their way from a loop to the thread that reads them: handed over in batches, with one wake-up for many.

At most `most` units are under way or wait to be read without being kept, so that closing the reader wastes no more than those. Units that rest between
two requests do not count.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import Generic, TypeVar

Unit = TypeVar("Unit")


class Box(Generic[Unit]):
    """`room`, `rest`, `again`, `put` and `close` belong to the loop, iterating to one reader. `call` runs a function in the loop, from anywhere."""

    def __init__(self, most: int, call: Callable[[Callable[[], object]], None]) -> None:
        self._most, self._call = most, call
        # Units, and whether their place is taken until they are read.
        self._batches: SimpleQueue[list[tuple[Unit, bool]] | None] = SimpleQueue()
        self._batch: list[tuple[Unit, bool]] = []
        self._begun, self._read = 0, 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._called = False

    async def room(self) -> None:
        """Wait until one more unit may be begun; it counts as begun then."""
        if self._begun - self._read < self._most and not self._waiting:
            self._begun += 1
            return
        await self._turn(self._waiting.append)

    def rest(self) -> None:
        """A begun unit does nothing for a while, or for good: another one may be begun in its place."""
        self._begun -= 1
        self._admit()

    async def again(self) -> None:
        """A unit that rested goes on, before any new one."""
        await self._turn(self._waiting.appendleft)

    async def _turn(self, join: Callable[[asyncio.Future[None]], None]) -> None:
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        join(place)
        # The reader may have read between the last question and the line above, and then wakes nobody.
        self._admit()
        await place

    def put(self, unit: Unit, *, kept: bool = False) -> None:
        """Hand a unit over, together with the others of this turn of the loop. One that is kept gives its place away at once, any other when it is read."""
        self._post(unit, placed=not kept)
        if kept:
            self.rest()

    def _post(self, unit: Unit, *, placed: bool) -> None:
        if not self._batch:
            asyncio.get_running_loop().call_soon(self._send)
        self._batch.append((unit, placed))

    def tell(self, unit: Unit) -> None:
        """Hand something over that is no end of a unit, and takes no place."""
        self._post(unit, placed=False)

    def close(self) -> None:
        """Nothing more will come."""
        self._send()
        self._batches.put(None)

    def _send(self) -> None:
        if self._batch:
            self._batches.put(self._batch)
            self._batch = []

    def _admit(self) -> None:
        self._called = False
        while self._waiting and self._begun - self._read < self._most:
            place = self._waiting.popleft()
            if not place.done():
                self._begun += 1
                place.set_result(None)

    def __iter__(self) -> Iterator[Unit]:
        while (batch := self._batches.get()) is not None:
            for unit, placed in batch:
                yield unit
                # Whoever comes back has kept it: only now another one may leave in its place.
                self._read += placed
                if placed and self._waiting and not self._called:
                    self._called = True
                    self._call(self._admit)
