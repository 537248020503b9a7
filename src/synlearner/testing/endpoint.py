"""A scripted endpoint: answers as `Scripted`, asked the way a server is, many requests at a time.

It is `Wired`: each request is reserved from the purse before it is sent and settled after, and replies come from the cache where it has them. Requests
end in an order of their own, and a share of them ends badly on the wire and is sent again. So budgets, caches and what is under way when a run
is killed can be tested without a server.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from queue import SimpleQueue
from random import Random
from threading import Semaphore, Thread
from typing import Any

from synlearner.errors import SynLearnerError
from synlearner.protocols import Purse, Responses
from synlearner.records import Draft, Failure, Turn
from synlearner.seeding import content_hash, derive, rng
from synlearner.stream.specs import GeneratorSpec
from synlearner.testing.generator import DEFAULT, Scripted

# Shares of requests that end badly on the wire: with the server's word that nothing was used, or with nobody knowing.
WIRE_FAULTS = ("refused", "dropped")
# The share of turns that have to wait for long after their first request, in a talk.
LATE = "late"
# Requests of a talk that end before anybody reads the first of them, at most.
TOGETHER = 4
Key = Any
Unit = tuple[Key, list[Draft | Failure]]
Flying = tuple[Key, Turn, int]


class ScriptedEndpoint(Scripted):
    """Has the options of `Scripted`, `refused`, `dropped` and `late`; `spec.concurrency` requests fly at a time, `spec.retries` follow a bad end.

    A request sets aside the prompt's characters as tokens in and `spec.max_new_tokens` out, and uses as many as it has words.
    """

    def __init__(self, spec: GeneratorSpec = DEFAULT) -> None:
        super().__init__(_without_wire(spec))
        self.spec = spec
        self.unit = 1
        self.shares = {name: float(str(spec.options.get(name, 0.0))) for name in WIRE_FAULTS}
        self.late = float(str(spec.options.get(LATE, 0.0)))
        self._waited: set[tuple[str, int]] = set()
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

    def waited(self, turn: Turn) -> bool:
        """Whether a turn had to wait before; from now on it had."""
        key = (turn.prompt.id, turn.number)
        found = key in self._waited
        self._waited.add(key)
        return found

    def talk(self, keep: Callable[[Key, list[Draft | Failure]], bool]) -> ScriptedTalk:
        """Ask more while answers come."""
        return ScriptedTalk(self, keep)

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


class ScriptedTalk:
    """A `Talk` with a scripted endpoint, whose requests fly while somebody listens. Those that are late are asked again when no other one flies."""

    def __init__(self, endpoint: ScriptedEndpoint, keep: Callable[[Key, list[Draft | Failure]], bool]) -> None:
        self._endpoint, self._keep, self._order = endpoint, keep, Random(0)  # noqa: S311
        self._owed: deque[tuple[Key, Turn]] = deque()
        self._flying: list[Flying] = []
        self._resting: list[Flying] = []
        self._box: SimpleQueue[Unit | BaseException | None] = SimpleQueue()
        self._spent: SynLearnerError | None = None

    def ask(self, keys: Sequence[Key], units: Sequence[Sequence[Turn]]) -> None:
        """Have more units of one turn answered."""
        self._owed.extend((key, turn) for key, (turn,) in zip(keys, units, strict=True))

    def __iter__(self) -> Iterator[Unit]:
        while self._owed or self._flying or self._resting:
            self._leave()
            if not self._flying and self._spent is not None:
                break
            heard: list[Unit] = []
            for _ in range(self._order.randint(1, TOGETHER)):
                self._leave()
                if self._flying:
                    heard += self._end(*self._flying.pop(self._order.randrange(len(self._flying))))
                while not self._box.empty():
                    key, answers = self._box.get()  # type: ignore[misc]  # units alone are put here
                    self._keep(key, answers)
                    heard.append((key, answers))
            yield from heard
        if self._spent is not None:
            raise self._spent

    def close(self) -> None:
        """Nothing is on its way that could be called off."""

    def _leave(self) -> None:
        while self._owed and self._spent is None and len(self._flying) < self._endpoint.spec.concurrency:
            key, turn = self._owed.popleft()
            self._try(lambda key=key, turn=turn: self._endpoint._leave(key, turn, self._flying, self._box))  # type: ignore[misc]
        if not self._flying and not self._owed and self._resting:
            self._flying.append(self._resting.pop(0))

    def _end(self, key: Key, turn: Turn, attempt: int) -> Iterator[Unit]:
        if attempt == 0 and rng(turn.prompt.seed, LATE, turn.number).random() < self._endpoint.late and not self._endpoint.waited(turn):
            self._resting.append((key, turn, attempt))
            yield key, []
            return
        self._try(lambda: self._endpoint._end(key, turn, attempt, self._flying, self._box))

    def _try(self, step: Callable[[], None]) -> None:
        try:
            step()
        except SynLearnerError as error:
            self._spent = error


def _without_wire(spec: GeneratorSpec) -> GeneratorSpec:
    return spec.model_copy(update={"options": {k: v for k, v in spec.options.items() if k not in {*WIRE_FAULTS, LATE}}})
