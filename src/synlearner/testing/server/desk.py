"""What the server does with each request, without any network: a request's bytes in, an `Outcome` out, and every one of them counted."""

from __future__ import annotations

import json
import time
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import cache
from hashlib import blake2b
from ssl import SSLContext
from typing import Any, Literal

from synlearner.seeding import derive
from synlearner.testing.server.answers import answers, completion, damaged
from synlearner.testing.server.faults import OF_THE_TEXT, Fault, Schedule

LARGE = 10 << 20
BOMB_BLOCKS = 16
PLACES = {"/v1/chat/completions", "/v1/completions", "/v1/moved"}
Reply = Callable[[dict[str, Any]], "str | dict[str, Any] | Fault"]
Formats = Literal["ignore", "honour", "refuse"]
# These texts do not depend on a script, or need the contract.
_BUILT_IN = {"empty", "refusal", "wrong label", "duplicate"}
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Settings:
    """How a server behaves.

    `reply` gets a request's JSON and returns the text of the answer, a whole reply, or a fault; None: the built-in replier. `faults`: a
    schedule, or one for each request in the order of arrival. With a `key`, requests without it get a 401, and after `revoked` requests
    those with it too. Answers are held until `together` requests are waiting, which shows that a client asks at the same time. `usage`
    tells tokens, counted as words. `latency`: seconds before every reply, or the two ends of a uniform distribution drawn with `seed`.
    `formats`: what becomes of a `response_format`: ignored, followed by the built-in replier, or refused with a 400. `gone`: pairs of a
    number of requests and the seconds for which the server is gone when so many have come. `tls`: the server's side of encryption, with its
    certificate.
    """

    reply: Reply | None = None
    faults: Schedule | Sequence[Fault | None] = ()
    key: str = ""
    revoked: int | None = None
    together: int = 1
    usage: bool = True
    latency: float | tuple[float, float] = 0.0
    seed: int = 0
    formats: Formats = "ignore"
    gone: tuple[tuple[int, float], ...] = ()
    tls: SSLContext | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What goes out: the bytes, what happens to the connection after (or while: `drip`) them, and how it is counted.

    `gone`: seconds for which the whole server goes away instead.
    """

    data: bytes = b""
    then: Literal["keep", "close", "hang", "drip"] = "keep"
    counted: str = ""
    delay: float = 0.0
    seconds: float = 0.0
    content: str = ""
    tokens: tuple[int, int] = (0, 0)
    gone: float = 0.0


@dataclass(slots=True)
class Desk:
    """Decides and counts. `contents` holds for each content how often it came and how often it was answered."""

    settings: Settings
    counts: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)
    contents: dict[str, list[int]] = field(default_factory=dict)
    waiting: int = 0
    first_at: float | None = None
    last_at: float | None = None

    def told(self, *, contents: bool = False) -> dict[str, Any]:
        """The counts: requests = answered + refused + unsent + waiting + all faults."""
        names = ("requests", "answered", "refused", "unsent", "with_key", "connections", "most_at_once", "abandoned", "answered_again", "prompt_tokens", "completion_tokens")
        more = {"contents": len(self.contents), "waiting": self.waiting, "first_at": self.first_at, "last_at": self.last_at, "cpu_seconds": time.process_time()}
        found = {name: self.counts[name] for name in names} | more | {"faults": dict(self.met)}
        return found | ({"by_content": self.contents} if contents else {})

    def other(self, method: str, path: str, query: str, authorization: str) -> Outcome | None:
        """What needs no counting: None for a completion."""
        if path == "/stats":
            return Outcome(reply(200, self.told(contents=query == "contents")))
        if path in PLACES and method == "POST":
            return None
        if self.settings.key and authorization != f"Bearer {self.settings.key}":
            return Outcome(reply(401, _error("wrong key")))
        if path == "/v1/models":
            return Outcome(reply(200, {"object": "list", "data": [{"id": "scripted", "object": "model"}]}))
        return Outcome(reply(404, _error(f"there is no {path}")))

    def decide(self, authorization: str, raw: bytes) -> Outcome:
        """What a request for a completion gets. It is counted as a fault or as waiting now, and as answered by `sent`."""
        number = self.counts["requests"]
        self.counts["requests"] += 1
        self.counts["with_key"] += bool(authorization)
        self.first_at = time.monotonic() if self.first_at is None else self.first_at
        for after, seconds in self.settings.gone:
            if after == number + 1:
                return Outcome(counted="gone", gone=seconds)
        body, complaint = self._checked(authorization, raw, number)
        if complaint is not None:
            return Outcome(reply(*complaint), counted="refused")
        content = blake2b(raw, digest_size=12).hexdigest()
        seen = self.contents.setdefault(content, [0, 0])
        seen[0] += 1
        return self._completed(body, content, self._fault(number, content, seen[0] - 1), self._delay(content, seen[0]))

    def _checked(self, authorization: str, raw: bytes, number: int) -> tuple[dict[str, Any], tuple[int, dict[str, Any]] | None]:
        """The request's JSON, and the status and body that refuse it, if any."""
        wanted = self.settings
        if wanted.key and (authorization != f"Bearer {wanted.key}" or (wanted.revoked is not None and number >= wanted.revoked)):
            return {}, (401, _error(f"wrong key: {authorization or None}"))
        try:
            body = json.loads(raw)
        except ValueError:
            return {}, (400, _error("the request is not JSON"))
        if not isinstance(body, dict) or not (body.get("messages") or body.get("prompt")):
            return {}, (400, _error("the request has neither messages nor a prompt"))
        if body.get("stream"):
            return {}, (400, _error("this server does not stream"))
        if wanted.formats == "refuse" and "response_format" in body:
            return {}, (400, _error("response_format is not supported"))
        return body, None

    def _fault(self, number: int, content: str, attempt: int) -> Fault | None:
        faults = self.settings.faults
        if isinstance(faults, Schedule):
            return faults.at(content, attempt)
        return faults[number] if number < len(faults) else None

    def _delay(self, content: str, attempt: int) -> float:
        latency = self.settings.latency
        if not isinstance(latency, tuple):
            return latency
        return latency[0] + (latency[1] - latency[0]) * derive(self.settings.seed, "latency", content, attempt) / 2**63

    def _completed(self, body: dict[str, Any], content: str, fault: Fault | None, delay: float) -> Outcome:
        script = self.settings.reply
        found = script(body) if script and (fault is None or fault.kind in OF_THE_TEXT - _BUILT_IN) else None
        if isinstance(found, Fault):
            fault, found = found, None
        whole = found if isinstance(found, dict) else self._written(body, content, fault, found)
        if fault is None:
            return Outcome(reply(200, whole), counted="answered", delay=delay, content=content, tokens=_tokens(whole))
        return spoilt(fault, whole, delay)

    def _written(self, body: dict[str, Any], content: str, fault: Fault | None, script: str | None) -> dict[str, Any]:
        """The whole reply, with faults of the text in it: from a script's text, or by the built-in replier where there is none."""
        kind = fault.kind if fault else ""
        if script is None:
            wanted = body.get("response_format") if self.settings.formats == "honour" else None
            texts = answers(body, content, fault, (wanted or {}).get("json_schema", {}).get("schema"))
        else:
            texts = [damaged(script, kind)] * (body.get("n") or 1)
        return completion(body, texts, usage=self.settings.usage, reasoning=kind == "reasoning", finish="length" if kind == "cut off" else "stop")

    def sent(self, outcome: Outcome) -> None:
        """An answer or a refusal goes out, or a fault happens."""
        if outcome.counted in {"answered", "refused"}:
            self.counts[outcome.counted] += 1
            self.last_at = time.monotonic()
        elif outcome.counted:
            self.met[outcome.counted] += 1
        self.counts["prompt_tokens"] += outcome.tokens[0]
        self.counts["completion_tokens"] += outcome.tokens[1]
        if outcome.content:
            seen = self.contents[outcome.content]
            seen[1] += 1
            self.counts["answered_again"] += seen[1] > 1


def spoilt(fault: Fault, good: Mapping[str, Any], delay: float) -> Outcome:
    """What goes out for a fault; `good` is the reply that the client would have got, with faults of the text in it."""
    name, kind = fault.name, fault.kind
    if kind == "status":
        return Outcome(reply(fault.status, _error(fault.message), _retry_after(fault.retry_after)), counted=name, delay=delay)
    if kind == "redirect":
        return Outcome(reply(307, b"", f"Location: {fault.location}\r\n"), counted=name, delay=delay)
    if kind in {"drop", "hang"}:
        return Outcome(then="close" if kind == "drop" else "hang", counted=name, delay=delay)
    whole = reply(200, good)
    if kind == "truncate":
        return Outcome(whole[: len(whole) - len(_encoded(good)) // 2], "close", name, delay)
    if kind == "slow":
        return Outcome(whole, "drip", name, delay, fault.seconds)
    return Outcome(_body_of(kind, good, whole), counted=name, delay=delay)


def _body_of(kind: str, good: Mapping[str, Any], whole: bytes) -> bytes:
    content = _encoded(good)
    makers: dict[str, Callable[[], bytes]] = {
        "not json": lambda: reply(200, b"<html>Bad gateway</html>"),
        "invalid utf-8": lambda: reply(200, content.replace(b'"content":"', b'"content":"\xff\xfe').replace(b'"text":"', b'"text":"\xff\xfe')),
        "cut": lambda: reply(200, content[: len(content) // 2]),
        "wrong type": lambda: whole.replace(b"application/json", b"text/html", 1),
        "error in 200": lambda: reply(200, _error("the model is overloaded")),
        "gzip bomb": lambda: reply(200, _bomb(), "Content-Encoding: gzip\r\n"),
        "large": _large,
    }
    return makers[kind]() if kind in makers else whole


@cache
def _large() -> bytes:
    return reply(200, completion({"messages": []}, ["word " * (LARGE // 5)]))


@cache
def _bomb() -> bytes:
    """256 MiB of spaces in gzip: equal blocks, packed once."""
    block = b" " * (1 << 24)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed, check = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH), 0
    for _ in range(BOMB_BLOCKS):
        check = zlib.crc32(block, check)
    ending = b"\x03\x00" + check.to_bytes(4, "little") + (BOMB_BLOCKS << 24).to_bytes(4, "little")
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03" + packed * BOMB_BLOCKS + ending


def _retry_after(wish: str) -> str:
    if wish.startswith("+"):
        wish = formatdate(time.time() + float(wish), usegmt=True)
    return f"Retry-After: {wish}\r\n" if wish else ""


def _tokens(found: Mapping[str, Any]) -> tuple[int, int]:
    usage = found.get("usage", {})
    return usage.get("prompt_tokens", 0), usage.get("completion_tokens", 0)


def _encoded(body: Mapping[str, Any]) -> bytes:
    return _encode(body).encode("utf-8", "replace")


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "scripted", "code": None}}


def reply(status: int, body: bytes | Mapping[str, Any], more: str = "") -> bytes:
    """A whole HTTP reply. `more`: further header lines, each with its end."""
    content = body if isinstance(body, bytes) else _encoded(body)
    head = f"HTTP/1.1 {status} Scripted\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n{more}\r\n"
    return head.encode("latin-1") + content
