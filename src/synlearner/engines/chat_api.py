"""Any OpenAI-compatible endpoint as a generator: turns in, drafts out, many requests at a time.

OpenAI, vLLM, SGLang, llama.cpp, Ollama, `transformers serve` and gateways in front of them. Here is the door: settings, the thread in
whose loop the requests run (so that the engine also works in a notebook), and the way of the answers out of it. `chat_ask` asks.
"""

from __future__ import annotations

import asyncio
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from importlib.util import find_spec

from synlearner.engines.chat_ask import Asker
from synlearner.engines.chat_box import Box
from synlearner.engines.chat_line import Line
from synlearner.engines.chat_settings import OPTIONS, check_spec, identity_of, options_of
from synlearner.errors import EngineError, Interrupted, MissingExtra
from synlearner.protocols import Purse, Responses
from synlearner.records import Draft, Failure, Turn
from synlearner.stream.specs import GeneratorSpec

__all__ = ["OPTIONS", "ChatApi"]

Unit = tuple[int, list[Draft | Failure]]
# For each request that may be under way; all but one of them can rest at the same time.
WORKERS = 4


class ChatApi:
    """An endpoint as a `Generator`. Units are asked `spec.concurrency` at a time and come back as they are finished.

    Raises `SpecError` for a wrong specification, `EngineError` for what no other prompt can mend (a missing or refused key, an unknown
    model, an address where nobody answers), and `Interrupted` where purse or time are spent. Everything else that goes wrong is a
    `Failure` of its prompt.
    """

    unit = 1

    def __init__(self, spec: GeneratorSpec) -> None:
        if find_spec("aiohttp") is None:
            raise MissingExtra("aiohttp", "api")
        ChatApi.check(spec)
        self.spec = spec
        self.identity = identity_of(spec)
        self._asker = Asker(spec, options_of(spec))
        self._ends: float | None = None
        self._line: Line | None = None
        self._opening = threading.Lock()

    @staticmethod
    def check(spec: GeneratorSpec) -> None:
        """Refuse settings that this engine does not know or cannot use; no server is asked and no key is read. Raises `SpecError`."""
        check_spec(spec)

    def wire(self, purse: Purse, responses: Responses | None) -> None:
        """Pay from this purse, and look into these responses first."""
        self._asker.purse, self._asker.responses = purse, responses

    def write(self, units: Sequence[Sequence[Turn]]) -> Iterator[Unit]:
        """At most `concurrency` units are being asked or waiting to be taken: closing the iterator cancels those and no more."""
        line = self._opened()
        box: Box[Unit] = Box(self.spec.concurrency, line.call)
        task = line.start(self._in_time(line, units, box), box.close)
        try:
            yield from box
            if task.cancelled():
                raise EngineError("the engine was closed while it was writing", "take all answers before closing it")
            task.result()
        finally:
            line.end(task)

    def close(self) -> None:
        """Cancel what is under way and close the connections. Writing again opens new ones."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def _opened(self) -> Line:
        with self._opening:
            if self._line is None:
                self._line = Line(self.spec.timeout)
                self._asker.at_home()
                # Whoever forgets to close still leaves no open connection behind.
                weakref.finalize(self, self._line.close)
            if self._ends is None and self._asker.options.run_timeout:
                self._ends = time.monotonic() + self._asker.options.run_timeout
            return self._line

    # -- in the loop ---------------------------------------------------------------------------------------------------------------

    async def _in_time(self, line: Line, units: Sequence[Sequence[Turn]], box: Box[Unit]) -> None:
        left = None if self._ends is None else max(0.0, self._ends - time.monotonic())
        try:
            async with asyncio.timeout(left):
                await self._ask_all(line, units, box)
        except TimeoutError:
            limit = self._asker.options.run_timeout
            raise Interrupted(f"the time for writing is over (run_timeout = {limit:g} s)", "run the same command again, which continues from here, or raise the limit") from None

    async def _ask_all(self, line: Line, units: Sequence[Sequence[Turn]], box: Box[Unit]) -> None:
        """More workers than may be busy, since some rest before they ask again; when the purse is empty, what was paid for is still waited for."""
        self._asker.door.begin()
        owed, spent = iter(enumerate(units)), list[Interrupted]()

        async def work() -> None:
            for number, turns in owed:
                await box.room()
                try:
                    if spent:
                        raise spent[0]
                    box.put((number, [await self._asker.ask(line.session, turn, box) for turn in turns]))
                except Interrupted as error:
                    spent.append(error)
                    box.rest()
                    return

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(WORKERS * self.spec.concurrency, len(units))):
                    group.create_task(work())
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        if spent:
            raise spent[0]
