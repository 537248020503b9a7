"""Any OpenAI-compatible endpoint as a generator: turns in, drafts out, many requests at a time.

OpenAI, vLLM, SGLang, llama.cpp, Ollama, `transformers serve` and gateways in front of them. Here is the door: settings, the thread in
whose loop the requests run (so that the engine also works in a notebook), and the way of the answers out of it. `chat_ask` asks.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.util import find_spec

from synlearner.engines.chat_ask import Asker
from synlearner.engines.chat_line import Line
from synlearner.engines.chat_settings import OPTIONS, check_spec, identity_of, options_of, trusted
from synlearner.engines.chat_talk import Key, Talk
from synlearner.errors import MissingExtra
from synlearner.protocols import Purse, Responses
from synlearner.records import Draft, Failure, Turn
from synlearner.stream.specs import GeneratorSpec

__all__ = ["OPTIONS", "ChatApi"]

Unit = tuple[int, list[Draft | Failure]]


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
        self.logprobs = self._asker.options.logprobs
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
        self._asker.resume()

    def write(self, units: Sequence[Sequence[Turn]]) -> Iterator[Unit]:
        """At most `concurrency` units are being asked or waiting to be taken: closing the iterator cancels those and no more."""
        talk = self._talk(_nowhere)
        try:
            talk.ask(range(len(units)), units)
            talk.done()
            yield from ((number, answers) for number, answers in talk if answers or not units[number])
        finally:
            talk.close()

    def talk(self, keep: Callable[[str, list[Draft | Failure]], bool]) -> Talk[str]:
        """Ask more while answers come. `keep` is called in the line's thread."""
        return self._talk(keep)

    def _talk(self, keep: Callable[[Key, list[Draft | Failure]], bool]) -> Talk[Key]:
        line, asker = self._opened(), self._asker
        left = None if self._ends is None else max(0.0, self._ends - time.monotonic())
        asker.door.begin()
        late = f"the time for writing is over (run_timeout = {asker.options.run_timeout or 0.0:g} s)"
        return Talk(line, partial(asker.ask, line.session), keep, most=self.spec.concurrency, seconds=left, late=late)

    def close(self) -> None:
        """Cancel what is under way and close the connections. Writing again opens new ones."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def _opened(self) -> Line:
        with self._opening:
            if self._line is None:
                self._line = Line(self.spec.timeout, trusted(self._asker.options))
                self._asker.at_home()
                # Whoever forgets to close still leaves no open connection behind.
                weakref.finalize(self, self._line.close)
            if self._ends is None and self._asker.options.run_timeout:
                self._ends = time.monotonic() + self._asker.options.run_timeout
            return self._line


def _nowhere(_number: int, _answers: list[Draft | Failure]) -> bool:
    return False
