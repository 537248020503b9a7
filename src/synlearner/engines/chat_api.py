"""Any OpenAI-compatible chat endpoint as a generator: turns in, drafts out, many requests at a time.

OpenAI, vLLM, SGLang, llama.cpp, Ollama, `transformers serve` and gateways in front of them. What goes over the wire is in `chat_wire`;
here is the asking: connections that are kept, retries that wait as long as the server wants, and a key that stays out of everything
that is written down. The requests run in a thread with a loop of its own, so that the engine also works in a notebook.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from synlearner.engines.chat_line import SHORTEST_SECRET, UNSAID, Line, Secret, exchange
from synlearner.engines.chat_wire import Again, Answer, Format, Meaning, Refused, Stop, request_body, shown
from synlearner.errors import EngineError, SpecError, boundary
from synlearner.records import Draft, Failure, Turn
from synlearner.seeding import rng
from synlearner.stream.specs import GeneratorSpec

if TYPE_CHECKING:
    from aiohttp import ClientSession

Unit = tuple[int, list[Draft | Failure]]

OPTIONS = {
    "path": 'added to base_url; default: "/chat/completions"',
    "extra_body": "table that is added to every request and wins over what is there",
    "headers_env": "table of further headers: header name to the environment variable that holds its value",
    "response_format": "off (default), json_object, json_schema, or auto: the strictest that the server takes",
    "backoff": "seconds before the first retry, doubled with each one; default: 0.5",
}
FORMATS: dict[str, tuple[Format, ...]] = {
    "off": ("off",),
    "json_object": ("json_object",),
    "json_schema": ("json_schema",),
    "auto": ("json_schema", "json_object", "off"),
}
LONGEST_PAUSE = 30.0
LONGEST_WISH = 300.0
HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
logger = logging.getLogger(__name__)


class ChatApi:
    """An endpoint as a `Generator`. Units are asked `spec.concurrency` at a time and come back as they are finished.

    Raises `SpecError` for a wrong specification, and `EngineError` for what no other prompt can mend: a missing or refused key, an
    unknown model, an address where nobody answers. Everything else that goes wrong is a `Failure` of its prompt.
    """

    unit = 1

    def __init__(self, spec: GeneratorSpec) -> None:
        with boundary("aiohttp", "api"):
            import aiohttp  # noqa: F401
        ChatApi.check(spec)
        self.spec = spec
        self.options = dict(spec.options)
        self.address = _address(spec)
        self.identity = _identity(spec)
        self._headers = _headers(spec)
        self._formats = list(FORMATS[str(self.options.get("response_format", "off"))])
        self._settled = len(self._formats) == 1
        self._told = False
        self._line: Line | None = None

    @staticmethod
    def check(spec: GeneratorSpec) -> None:
        """Refuse settings that this engine does not know or cannot use; no server is asked and no key is read. Raises `SpecError`."""
        _check(spec)
        _address(spec)

    def write(self, units: Sequence[Sequence[Turn]]) -> Iterator[Unit]:
        """At most `concurrency` units are under way or waiting to be taken: closing the iterator cancels those and no more."""
        line = self._opened()
        box: SimpleQueue[Unit | None] = SimpleQueue()
        slots = asyncio.Semaphore(self.spec.concurrency)
        task = line.start(self._ask_all(line, units, box, slots), lambda: box.put(None))
        try:
            while (unit := box.get()) is not None:
                line.call(slots.release)
                yield unit
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
        if self._line is None:
            self._line = Line(self._headers, self.spec.timeout)
            # Whoever forgets to close still leaves no open connection behind.
            weakref.finalize(self, self._line.close)
        return self._line

    # -- in the loop ---------------------------------------------------------------------------------------------------------------

    async def _ask_all(self, line: Line, units: Sequence[Sequence[Turn]], box: SimpleQueue[Unit | None], slots: asyncio.Semaphore) -> None:
        owed = iter(enumerate(units))

        async def work() -> None:
            for number, turns in owed:
                await slots.acquire()
                box.put((number, [await self._ask(line.session, turn) for turn in turns]))

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self.spec.concurrency, len(units))):
                    group.create_task(work())
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None

    async def _ask(self, session: ClientSession, turn: Turn) -> Draft | Failure:
        """One turn, with its retries."""
        jitter, last = rng(turn.prompt.seed, "retry", turn.number), Again("nothing was asked")
        for attempt in range(self.spec.retries + 1):
            began = time.perf_counter()
            found = await self._try(session, turn)
            if not isinstance(found, Again):
                return self._settle(turn, found, time.perf_counter() - began)
            last, pause = found, pause_before(attempt, found.wait, jitter=jitter.random(), first=self._backoff)
            if pause is None:
                return self._failure(turn, f"{found.reason}; the server wants {found.wait:,.0f} s of patience")
            if attempt < self.spec.retries:
                await asyncio.sleep(pause)
        return self._give_up(turn, last)

    async def _try(self, session: ClientSession, turn: Turn) -> Meaning:
        """One request; more than one only while it is being found out which response format the server takes."""
        while True:
            form = self._formats[0]
            if form == "json_schema" and not turn.prompt.keys:
                return Refused("json_schema needs the keys of the record, which this prompt does not carry")
            body = request_body(self.spec, turn, extra=self._extra, form=form)
            found = await exchange(session, self.address.geturl(), body, timeout=self.spec.timeout, secrets=self._headers.values())
            if isinstance(found, Answer):
                self._settled = True
            if self._settled or not isinstance(found, Refused) or found.status not in {400, 422} or form == "off":
                return found
            if self._formats[0] == form:
                self._formats.pop(0)

    def _give_up(self, turn: Turn, last: Again) -> Failure:
        """Where nobody is there, the run stops and can go on later; where somebody is, the other prompts may do better."""
        if last.unreachable:
            reason = f"{self.address.geturl()} cannot be reached: {last.reason}"
            raise EngineError(self._clean(reason), "start the server or correct generator.base_url, and run again: what is done is kept")
        return self._failure(turn, f"{last.reason} (asked {self.spec.retries + 1} times)")

    def _settle(self, turn: Turn, found: Answer | Refused | Stop, seconds: float) -> Draft | Failure:
        if isinstance(found, Stop):
            raise EngineError(self._clean(found.reason), _fix(self.spec, found))
        if isinstance(found, Refused):
            return self._failure(turn, found.reason)
        if found.reasoning and not self._told:
            self._told = True
            logger.warning("%s leaves the content empty; its reasoning text is read instead", self.spec.model)
        return Draft(turn.prompt.id, turn.number, self._clean(found.text, SHORTEST_SECRET), found.tokens_in, found.tokens_out, seconds)

    def _failure(self, turn: Turn, reason: str) -> Failure:
        return Failure(turn.prompt.id, turn.number, self._clean(shown(reason)))

    def _clean(self, text: str, shortest: int = 1) -> str:
        """A text without the key, should a server quote it."""
        for secret in self._headers.values():
            if len(secret.value) >= shortest:
                text = text.replace(secret.value, UNSAID)
        return text

    @property
    def _extra(self) -> Mapping[str, Any]:
        extra: Mapping[str, Any] = self.options.get("extra_body", {})  # type: ignore[assignment]
        return extra

    @property
    def _backoff(self) -> float:
        return float(str(self.options.get("backoff", 0.5)))


def pause_before(attempt: int, wish: float | None, *, jitter: float, first: float) -> float | None:
    """Seconds to wait after a failed attempt (0, 1, …): what the server wishes and up to a tenth more; else between half of
    `first` · 2^attempt and all of it. `jitter` is in 0..1. None where the server wishes for more than anybody waits.
    """
    if wish is not None:
        return wish * (1 + 0.1 * jitter) if wish <= LONGEST_WISH else None
    return float(min(LONGEST_PAUSE, first * 2.0**attempt) * (1 + jitter) / 2)


# -- the specification ----------------------------------------------------------------------------------------------------------


def _check(spec: GeneratorSpec) -> None:
    """Refuse what this engine does not know or cannot do."""
    known = "; ".join(f"{k} ({v})" for k, v in OPTIONS.items())
    for key in spec.options:
        if key not in OPTIONS:
            raise SpecError(f"the engine {spec.engine!r} has no option {key!r}", f"known: {known}", field=f"generator.options.{key}")
    if not spec.model:
        raise SpecError("the engine needs a model", "set generator.model to a name that the server knows", field="generator.model")
    if spec.adapter:
        raise SpecError("an endpoint wears no adapter of ours", "serve the adapter and name it in generator.model", field="generator.adapter")
    if spec.chat == "no":
        raise SpecError("this engine speaks the chat interface only", 'set generator.chat to "auto"', field="generator.chat")
    if spec.guidance:
        raise SpecError("an endpoint cannot be guided: it takes one prompt at a time", "set generator.guidance to 0", field="generator.guidance")
    if spec.constrain:
        raise SpecError("an endpoint is constrained by its own means", 'set generator.options.response_format to "json_schema"', field="generator.constrain")
    _check_options(spec.options)


def _check_options(options: Mapping[str, object]) -> None:
    path, extra, headers = options.get("path", "/"), options.get("extra_body", {}), options.get("headers_env", {})
    form, backoff = options.get("response_format", "off"), options.get("backoff", 0.5)
    if not isinstance(path, str) or not path.startswith("/"):
        raise SpecError("the option 'path' is a text that begins with a slash", 'for example path = "/chat/completions"', field="generator.options.path")
    if not isinstance(extra, Mapping) or "stream" in extra or not _is_json(extra):
        raise SpecError("the option 'extra_body' is a table of JSON values without 'stream'", "for example extra_body = { min_p = 0.05 }", field="generator.options.extra_body")
    if not isinstance(headers, Mapping) or not all(isinstance(v, str) and HEADER.fullmatch(str(k)) for k, v in headers.items()):
        raise SpecError("the option 'headers_env' is a table of texts", 'for example headers_env = { api-key = "MY_KEY" }', field="generator.options.headers_env")
    if form not in FORMATS:
        raise SpecError(f"{form!r} is no response format", f"one of {', '.join(FORMATS)}", field="generator.options.response_format")
    if isinstance(backoff, bool) or not isinstance(backoff, (int, float)) or not 0 <= backoff <= LONGEST_PAUSE:
        raise SpecError(f"the option 'backoff' is a number of seconds from 0 to {LONGEST_PAUSE:g}", "leave it out for 0.5", field="generator.options.backoff")


def _is_json(value: object) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True


def _address(spec: GeneratorSpec) -> SplitResult:
    """The address that is asked."""
    fix, place = "for example http://localhost:8000/v1", "generator.base_url"
    try:
        base = urlsplit(spec.base_url.strip())
        base.port  # noqa: B018  (raises where it is no number)
    except ValueError as error:
        raise SpecError(f"base_url is no address: {error}", fix, field=place) from None
    if base.scheme not in {"http", "https"} or not base.hostname:
        raise SpecError("the engine needs the server's address, with http:// or https://", fix, field=place)
    if base.username or base.password:
        raise SpecError("an address with a password would be written into the run folder", "name an environment variable in generator.options.headers_env", field=place)
    if base.query or base.fragment:
        raise SpecError("base_url has a query", "put it into generator.options.path", field=place)
    path = str(spec.options.get("path", "/chat/completions"))
    if base.path.rstrip("/").endswith("/chat/completions"):
        raise SpecError("base_url ends before /chat/completions", fix, field=place)
    return urlsplit(f"{base.scheme}://{base.netloc}{base.path.rstrip('/')}{path}")


def _identity(spec: GeneratorSpec) -> str:
    """Which model answers and how: its name, sampling, and the options that change answers. Where it is served may change during a run."""
    s, options = spec, {k: spec.options[k] for k in ("extra_body", "response_format") if k in spec.options}
    parts = [f"chat_api:{s.model}", f"t={s.temperature:g} p={s.top_p:g} k={s.top_k} n={s.max_new_tokens}"]
    return "; ".join([*parts, *(f"{k}={json.dumps(v, sort_keys=True, ensure_ascii=False, default=str)}" for k, v in options.items())])


def _headers(spec: GeneratorSpec) -> dict[str, Secret]:
    """Headers whose values come from the environment."""
    named: Mapping[str, str] = spec.options.get("headers_env", {})  # type: ignore[assignment]
    headers = {header: Secret(_from_environment(name)) for header, name in named.items()}
    if spec.api_key_env:
        headers["Authorization"] = Secret(_from_environment(spec.api_key_env), "Bearer ")
    return headers


def _from_environment(name: str) -> str:
    # A name that does not look like one may be the key itself, in the wrong place: it is not repeated.
    called = f"the environment variable {name}" if VARIABLE.fullmatch(name) else "the environment variable that is named for it"
    value = os.environ.get(name, "").strip()
    if not value:
        fix = "put the key into it, or correct the name (never write the key itself there); for a server without keys leave generator.api_key_env empty"
        raise EngineError(f"the key is missing: {called} is not set", fix)
    if not (value.isascii() and value.isprintable()):
        raise EngineError(f"{called} holds no key: it has characters that no header can carry", "copy the key again")
    return value


def _fix(spec: GeneratorSpec, stop: Stop) -> str:
    """What to do about a `Stop`."""
    key = f"put a valid key into the environment variable {spec.api_key_env}" if spec.api_key_env else "name the environment variable that holds the key in generator.api_key_env"
    return {
        "key": f"{key}; it must be allowed to use {spec.model!r}",
        "account": "add credit to the account, or use another endpoint; what is done is kept",
        "address": f"check generator.base_url, which mostly ends in /v1, and generator.model ({spec.model!r}; with another model choose another --out); "
        f"the server lists its models at {spec.base_url.rstrip('/')}/models",
        "redirect": "set generator.base_url to the address where the server really is; redirects are not followed, since the key would go with them",
        "certificate": "check that generator.base_url is right (http:// for local servers) and that the server's certificate is known to this machine",
    }[stop.blame]
