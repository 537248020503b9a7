"""A scripted endpoint: answers as `Scripted`, asked the way a server is, many requests at a time and from a thread of its own.

It is `Wired`: each request is reserved from the purse before it is sent and settled after, and replies come from the cache where it has them. Requests
end in an order of their own, and a share of them ends badly on the wire and is sent again. So budgets, caches and what is under way when a run
is killed can be tested without a server.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from queue import SimpleQueue
from random import Random
from threading import Semaphore, Thread

from synlearner.errors import SynLearnerError
from synlearner.protocols import Purse, Responses
from synlearner.records import Draft, Failure, Turn
from synlearner.seeding import content_hash, derive, rng
from synlearner.stream.specs import GeneratorSpec
from synlearner.testing.generator import DEFAULT, Scripted

# Shares of requests that end badly on the wire: with the server's word that nothing was used, or with nobody knowing.
WIRE_FAULTS = ("refused", "dropped")
Unit = tuple[int, list[Draft | Failure]]
Flying = tuple[int, Turn, int]


class ScriptedEndpoint(Scripted):
    """Has the options of `Scripted`, `refused` and `dropped`; `spec.concurrency` requests fly at a time, `spec.retries` follow a bad end.

    A request sets aside the prompt's characters as tokens in and `spec.max_new_tokens` out, and uses as many as it has words.
    """

    def __init__(self, spec: GeneratorSpec = DEFAULT) -> None:
        super().__init__(_without_wire(spec))
        self.spec = spec
        self.unit = 1
        self.shares = {name: float(str(spec.options.get(name, 0.0))) for name in WIRE_FAULTS}
        self.purse: Purse | None = None
        self.responses: Responses | None = None

    @staticmethod
    def check(spec: GeneratorSpec) -> None:
        """Refuse options that are none. Raises `SpecError`."""
        Scripted.check(_without_wire(spec))

    def wire(self, purse: Purse, responses: Responses | None) -> None:
        """Pay from this purse and look into these responses first."""
        self.purse, self.responses = purse, responses

    def sent(self, turn: Turn) -> None:
        """Called for each request as it leaves; for those who count."""

    def write(self, units: Sequence[Sequence[Turn]]) -> Iterator[Unit]:
        """Units as their requests end. When the purse is empty, what flies is still waited for."""
        box: SimpleQueue[Unit | BaseException | None] = SimpleQueue()
        slots = Semaphore(self.spec.concurrency)
        thread = Thread(target=self._fly, args=(units, box, slots), daemon=True)
        thread.start()
        try:
            while (found := box.get()) is not None:
                if isinstance(found, BaseException):
                    raise found
                yield found
                slots.release()
        finally:
            slots.release(len(units))
            thread.join()

    # -- in the thread -------------------------------------------------------------------------------------------------------------

    def _fly(self, units: Sequence[Sequence[Turn]], box: SimpleQueue[Unit | BaseException | None], slots: Semaphore) -> None:
        """As many requests as there are slots; one of them ends, and the next one leaves."""
        owed, flying, order = list(range(len(units)))[::-1], list[Flying](), Random(len(units))  # noqa: S311
        spent: BaseException | None = None
        try:
            while flying or (owed and spent is None):
                while owed and spent is None and slots.acquire(blocking=not flying):
                    number = owed.pop()
                    try:
                        self._leave(number, units[number][0], flying, box)
                    except SynLearnerError as error:
                        spent = error
                if flying:
                    number, turn, attempt = flying.pop(order.randrange(len(flying)))
                    self._end(number, turn, attempt, flying, box)
        except Exception as error:  # noqa: BLE001
            spent = error
        box.put(spent)

    def _leave(self, number: int, turn: Turn, flying: list[Flying], box: SimpleQueue[Unit | BaseException | None], attempt: int = 0) -> None:
        kept = self.responses.get(self._key(turn)) if self.responses and not attempt else None
        if kept is not None:
            box.put((number, [Draft(**json.loads(kept))]))
            return
        if self.purse:
            self.purse.reserve(self.spec.model, *self._aside(turn))
            self.purse.sure()
        self.sent(turn)
        flying.append((number, turn, attempt))

    def _end(self, number: int, turn: Turn, attempt: int, flying: list[Flying], box: SimpleQueue[Unit | BaseException | None]) -> None:
        fault = self._wire_fault(turn, attempt)
        answer = Failure(turn.prompt.id, turn.number, f"{fault} {attempt + 1} times") if fault else self._answer(turn)
        used = (0, 0) if fault == "refused" else (answer.tokens_in, answer.tokens_out) if isinstance(answer, Draft) else (None, None)
        if self.purse:
            self.purse.settle(self.spec.model, *self._aside(turn), used_in=used[0], used_out=used[1], outcome=fault or "answer")
        if fault and attempt < self.spec.retries:
            self._leave(number, turn, flying, box, attempt + 1)
            return
        if self.responses and isinstance(answer, Draft):
            self.responses.put(self._key(turn), json.dumps(asdict(answer)).encode())
        box.put((number, [answer]))

    def _aside(self, turn: Turn) -> tuple[int, int]:
        return sum(len(m["content"]) for m in turn.messages), self.spec.max_new_tokens

    def _key(self, turn: Turn) -> str:
        return content_hash([self.identity, turn.messages, turn.prompt.seed])

    def _wire_fault(self, turn: Turn, attempt: int) -> str:
        left = rng(derive(turn.prompt.seed, "wire", turn.number), str(attempt)).random()
        for name, share in self.shares.items():
            left -= share
            if left < 0:
                return name
        return ""


def _without_wire(spec: GeneratorSpec) -> GeneratorSpec:
    return spec.model_copy(update={"options": {k: v for k, v in spec.options.items() if k not in WIRE_FAULTS}})
