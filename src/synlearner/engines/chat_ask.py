"""One turn from its first request to its end: cache, limits, purse, the wire, retries, hedges. Everything here runs in the line's loop.

A turn ends exactly once, as a `Draft` or a `Failure`. What no prompt can mend raises `EngineError`, what the run may not spend raises
`Interrupted`.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from synlearner.engines import providers
from synlearner.engines.chat_body import Dialect, dialect_key, request_body, request_key
from synlearner.engines.chat_door import Door, Room
from synlearner.engines.chat_line import BYTES_PER_LOGPROB, BYTES_PER_TOKEN, SHORTEST_SECRET, SMALLEST_BOUND, UNSAID, Server, exchange
from synlearner.engines.chat_settings import ChatOptions, Endpoint, addresses, fix_for, path_of, secrets_of
from synlearner.engines.chat_wire import Again, Answer, Meaning, Raw, Refused, Stop, meaning, shown
from synlearner.engines.limits import Breaker, Bucket, Level, Limits, Pass, Place, Stragglers, pause_before
from synlearner.errors import EngineError, Interrupted
from synlearner.protocols import Noting, Purse, Responses
from synlearner.records import Draft, Failure, Turn
from synlearner.seeding import rng
from synlearner.stream.specs import GeneratorSpec
from synlearner.stream.texts import encoded

if TYPE_CHECKING:
    from aiohttp import ClientSession

# Tokens of a byte of a request, until the server has told some, and how much each answer that tells changes that.
TOKENS_PER_BYTE, WEIGHT = 0.3, 0.1
# A turn is late when the server wants to be left alone for so many seconds, or did not answer in time.
LATE = 0.2
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that has ended: who was asked, what came of it, how long it took, and whether it was to find out if the server is back."""

    target: Target
    found: Meaning
    seconds: float
    probe: bool


@dataclass(frozen=True, slots=True)
class Target:
    """A server, what it takes, and how much it may be asked."""

    server: Server
    endpoint: Endpoint
    dialect: Dialect
    place: Place


class Asker:
    """Asks turns of the endpoints of a specification. `purse` and `responses` are set by whoever has them."""

    def __init__(self, spec: GeneratorSpec, options: ChatOptions) -> None:
        self.spec, self.options = spec, options
        self.purse: Purse | None = None
        self.responses: Responses | None = None
        now = time.monotonic()
        found = addresses(spec, options)
        self.targets = [self._target(i, url, endpoint, several=len(found) > 1) for i, (url, endpoint) in enumerate(found)]
        rates = [Bucket(n, now) if n else None for n in (options.requests_per_minute, options.tokens_per_minute)]
        self.door = Door(Limits([t.place for t in self.targets], spec.concurrency, *rates), options.patience)
        self._stragglers = Stragglers(options.hedge)
        self._bound = max(SMALLEST_BOUND, (BYTES_PER_TOKEN + BYTES_PER_LOGPROB * options.logprobs) * spec.max_new_tokens)
        self._per_byte = TOKENS_PER_BYTE
        self._told = False
        self.at_home()

    def _target(self, number: int, url: str, endpoint: Endpoint, *, several: bool) -> Target:
        options = self.options
        breaker = Breaker(2 * options.backoff)
        breaker.armed = several  # where others can be asked, one that never was there is passed over
        place = Place(number, endpoint.weight, Level(self.spec.concurrency, adaptive=options.adaptive), breaker)
        dialect = Dialect(self.spec, extra=options.extra_body, form=options.response_format, api=options.api, logprobs=options.logprobs)
        return Target(Server.at(url, secrets_of(endpoint)), endpoint, dialect, place)

    def resume(self) -> None:
        """Ask as the servers wanted to be asked in earlier runs, where `responses` know."""
        if isinstance(self.responses, Noting):
            for target in self.targets:
                target.dialect.resume(self.responses.noted(self._dialect_key(target)))

    def _dialect_key(self, target: Target) -> str:
        return dialect_key(target.server.url, self.spec, self.options.response_format)

    def at_home(self) -> None:
        """Begin in a new loop, in which nothing is under way yet."""
        self.door.at_home()

    async def ask(self, session: ClientSession, turn: Turn, room: Room) -> Draft | Failure:
        """One turn, from the cache or with its retries."""
        plain = self._plain(turn)
        key = request_key(self.spec, plain, path=path_of(self.options)) if plain and self.responses is not None else ""
        if key and (kept := self._kept(key)) is not None:
            return self._draft(turn, kept, 0.0)
        attempt, jitter = 0, None
        avoid: tuple[Place, ...] = ()
        while True:
            sent = await self._once(session, turn, plain, key, avoid)
            found = sent.found
            if isinstance(found, Again):
                # Servers that failed are asked again when all have.
                avoid = (*avoid, sent.target.place) if len(avoid) + 1 < len(self.targets) else (sent.target.place,)
                jitter = jitter or rng(turn.prompt.seed, "retry", turn.number)
                counts = self._counts(sent)
                if counts and attempt >= self.spec.retries and (ended := self._give_up(turn, sent.target, found)):
                    return ended
                if ended := await self._rest(turn, sent, found, attempt, jitter, room):
                    return ended
                attempt += counts
            elif found is not OTHERWISE:
                return self._settled(turn, sent)

    def _settled(self, turn: Turn, sent: Sent) -> Draft | Failure:
        found = sent.found
        if isinstance(found, Answer):
            return self._draft(turn, found, sent.seconds)
        if isinstance(found, Stop):
            raise EngineError(self._clean(found.reason), fix_for(found.blame, self.spec, sent.target.endpoint))
        return self._failure(turn, found.reason)

    async def _rest(self, turn: Turn, sent: Sent, found: Again, attempt: int, jitter: Random, room: Room) -> Failure | None:
        """Wait before the next attempt; the end of the turn where there is none. A paused server is waited for at the door."""
        self.door.last_word = self._clean(found.reason)
        # A spoilt reply says nothing of how busy the server is: only what speaks of that is waited for longer and longer.
        busy = found.case.strain or found.case.gone
        pause = pause_before(attempt if busy else 0, found.wait, jitter=jitter.random(), first=self.options.backoff)
        paused = sent.target.place.breaker.open
        if pause is None and not paused:
            return self._failure(turn, f"{found.reason}; the server wants {found.wait:,.0f} s of patience")
        if not paused:
            await self.door.sleep(pause or 0.0, room, late=found.case is providers.TIMED_OUT or (found.wait or 0.0) >= LATE)
        return None

    # -- one request ---------------------------------------------------------------------------------------------------------------

    async def _once(self, session: ClientSession, turn: Turn, plain: bytes, key: str, avoid: Sequence[Place]) -> Sent:
        """One request, or two where the first is a straggler."""
        patience = self._stragglers.patience() if self.options.hedge else None
        held = await self.door.enter(self._amount(turn), avoid)
        if patience is None:
            return await self._send(session, turn, plain, key, held)
        return await self._hedged(session, turn, plain, key, held, patience)

    async def _send(self, session: ClientSession, turn: Turn, plain: bytes, key: str, held: Pass) -> Sent:
        target = self.targets[held.place.number]
        began, case, found = time.monotonic(), None, None
        try:
            found = await self._paid(session, turn, plain, key, target)
            case = found.case
            return Sent(target, found, time.monotonic() - began, held.probe)
        finally:
            wish = (found.wait or 0.0) if isinstance(found, Again) else 0.0
            used = self._used(found) if self.door.limits.tokens else None
            self.door.leave(held, case, slow=time.monotonic() - began > self.spec.timeout / 2, wish=wish, used=used)

    async def _paid(self, session: ClientSession, turn: Turn, plain: bytes, key: str, target: Target) -> Meaning:
        """A request out of the purse, whatever becomes of it."""
        dialect, spec = target.dialect, self.spec
        if dialect.lacks(turn.prompt):
            return Refused(f"{dialect.form} needs the keys of the record, which this prompt does not carry")
        version, body = dialect.version, dialect.body(turn) if dialect.version else plain
        about = (math.ceil(len(body) * self._per_byte), spec.max_new_tokens)
        self._reserve(about)
        used: tuple[int | None, int | None] = (0, 0)
        outcome = providers.CANCELLED.name
        try:
            if self.purse is not None:
                self.purse.sure()
            used = None, None  # from here on nobody knows until the server tells
            found, content = await exchange(session, target.server, body, timeout=spec.timeout, bound=self._bound)
            outcome = found.case.name
            if isinstance(found, Answer | Refused):
                used = found.tokens_in, found.tokens_out
        finally:
            if self.purse is not None:
                self.purse.settle(spec.model, *about, used_in=used[0], used_out=used[1], outcome=outcome)
        return self._noted(found, content, key, target, version, len(body))

    def _reserve(self, about: tuple[int, int]) -> None:
        """Pay, or let everybody who waits know that nobody can."""
        try:
            if self.purse is not None:
                self.purse.reserve(self.spec.model, *about)
        except Interrupted as error:
            self.door.spent(error)
            raise

    def _noted(self, found: Meaning, content: bytes, key: str, target: Target, version: int, size: int) -> Meaning:
        """Learn from a reply; what is worth another try in another way is `OTHERWISE`."""
        if isinstance(found, Answer):
            if target.dialect.answer(found, version) and isinstance(self.responses, Noting):
                self.responses.note(self._dialect_key(target), target.dialect.learnt)
            if found.tokens_in:
                self._per_byte += WEIGHT * (found.tokens_in / size - self._per_byte)
            if key and self.responses is not None:
                self.responses.put(key, content)
        elif isinstance(found, Refused) and found.status and target.dialect.learn(found, version):
            return OTHERWISE
        return found

    async def _hedged(self, session: ClientSession, turn: Turn, plain: bytes, key: str, held: Pass, patience: float) -> Sent:
        """The first good answer of two requests, the second of which begins when the first is late and somebody may be asked."""
        passes = [held]
        tasks = [asyncio.create_task(self._send(session, turn, plain, key, held))]
        try:
            # Where there is no room for the second one, it is looked for again: the server may be full of others just now.
            while not (await asyncio.wait(tasks, timeout=patience))[0]:
                if second := self.door.at_once(self._amount(turn), (held.place,)):
                    self._stragglers.doubled()
                    passes.append(second)
                    tasks.append(asyncio.create_task(self._send(session, turn, plain, key, second)))
                    break
                patience = max(patience, SOON)
            return await _first(tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for one in passes:  # a task that is called off before it began gives nothing back
                self.door.leave(one, None)

    # -- limits --------------------------------------------------------------------------------------------------------------------

    def _amount(self, turn: Turn) -> int:
        """About how many tokens a request will read and write; 0 where nobody counts."""
        if not self.door.limits.tokens:
            return 0
        size = sum(len(m["content"].encode("utf-8", "replace")) for m in turn.messages)
        return math.ceil(size * self._per_byte) + self.spec.max_new_tokens

    @staticmethod
    def _used(found: Meaning | None) -> int | None:
        if isinstance(found, Answer | Refused) and found.tokens_in is not None and found.tokens_out is not None:
            return found.tokens_in + found.tokens_out
        return None

    @staticmethod
    def _counts(sent: Sent) -> bool:
        """Whether an attempt is one of the turn's own: not while the server is paused, unless this prompt may be what it stumbles over."""
        return not sent.target.place.breaker.open or (sent.probe and not sent.found.case.gone)

    def _give_up(self, turn: Turn, target: Target, last: Again) -> Failure | None:
        """The end of a turn's attempts, None where it goes on when the server is back. Where nobody ever was, the run stops."""
        if last.case is not providers.UNREACHABLE:
            return self._failure(turn, f"{last.reason} (asked {self.spec.retries + 1} times)")
        breaker = target.place.breaker
        if breaker.armed:
            if not breaker.open:
                breaker.trip(time.monotonic())
            return None
        reason = f"{target.server.url} cannot be reached: {last.reason}"
        raise EngineError(self._clean(reason), "start the server or correct generator.base_url, and run again: what is done is kept")

    # -- cache and words -----------------------------------------------------------------------------------------------------------

    def _plain(self, turn: Turn) -> bytes:
        """The body as a server without quirks gets it, which names the request in the cache; empty where the prompt has no keys for the form."""
        options, form = self.options, self.options.response_format
        if form not in {"off", "json_object"} and not turn.prompt.keys:
            return b""
        first = providers.AUTO[0] if form == "auto" else form
        return encoded(request_body(self.spec, turn, extra=options.extra_body, form=first, api=options.api, logprobs=options.logprobs))

    def _kept(self, key: str) -> Answer | None:
        reply = self.responses.get(key) if self.responses is not None else None
        found = meaning(Raw(200, NO_HEADERS, reply)) if reply is not None else None
        return found if isinstance(found, Answer) else None

    def _draft(self, turn: Turn, found: Answer, seconds: float) -> Draft:
        if seconds and self.options.hedge:
            self._stragglers.note(seconds)
        if found.reasoning and not self._told:
            self._told = True
            logger.warning("%s leaves the content empty; its reasoning text is read instead", self.spec.model)
        return Draft(turn.prompt.id, turn.number, self._clean(found.text, SHORTEST_SECRET), found.tokens_in, found.tokens_out, seconds, found.logprob)

    def _failure(self, turn: Turn, reason: str) -> Failure:
        return Failure(turn.prompt.id, turn.number, self._clean(shown(reason)))

    def _clean(self, text: str, shortest: int = 1) -> str:
        """A text without any key, should a server quote it."""
        for target in self.targets:
            for secret in target.server.hidden:
                if len(secret) >= shortest:
                    text = text.replace(secret, UNSAID)
        return text


# Seconds after which room for a second request is looked for again, at least.
SOON = 0.05
NO_HEADERS: Mapping[str, Any] = {}
# The server takes the request, if it is written in another way.
OTHERWISE = Refused("written in a way that the server does not take")


async def _first(tasks: Sequence[asyncio.Task[Sent]]) -> Sent:
    """The first good answer; where there is none, what became of the first task that has no error."""
    waiting = set(tasks)
    while waiting:
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if good := next((t for t in done if t.exception() is None and isinstance(t.result().found, Answer)), None):
            return good.result()
    return next((t for t in tasks if t.exception() is None), tasks[0]).result()
