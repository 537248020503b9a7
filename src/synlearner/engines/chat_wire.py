"""What comes back from an OpenAI-compatible server: a raw reply in, what it means out.

Pure functions without network, so that every odd reply can be tested as a value. What each status and each wording means stands in
`providers`; requests are written by `chat_body`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, cast
from urllib.parse import urlsplit

from pydantic_core import from_json

from synlearner.engines import providers
from synlearner.engines.providers import Blame, Case
from synlearner.records import MOST_TOKENS
from synlearner.stream.texts import storable

SHOWN = 300
LONGEST_COMPLAINT = 1 << 16
_DURATION = re.compile(r"(?:(?P<d>[\d.]+)d)?(?:(?P<h>[\d.]+)h)?(?:(?P<m>[\d.]+)m(?!s))?(?:(?P<s>[\d.]+)s)?(?:(?P<ms>[\d.]+)ms)?")
_SECONDS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


@dataclass(frozen=True, slots=True)
class Raw:
    """A reply as it came: status, headers (found under lower-case names), and the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model wrote. `reasoning` says that it stood in the reasoning field, the content being empty. `logprob` is the mean over its tokens, in nats."""

    text: str
    tokens_in: int | None
    tokens_out: int | None
    reasoning: bool = False
    logprob: float | None = None
    case: Case = field(default=providers.ANSWERED, compare=False)


@dataclass(frozen=True, slots=True)
class Again:
    """Worth another try: why, and after how many seconds where the server told."""

    reason: str
    wait: float | None = None
    case: Case = field(default=providers.BROKEN, compare=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """No answer to this prompt, whatever one tries. `status` is 0 where the server did not object; tokens were paid for all the same."""

    reason: str
    status: int = 0
    case: Case = field(default=providers.REJECTED, compare=False)
    tokens_in: int | None = field(default=None, compare=False)
    tokens_out: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Stop:
    """No prompt will ever get an answer: why, and which part of the set-up is to blame."""

    reason: str
    blame: Blame
    case: Case = field(default=providers.KEY, compare=False)


Meaning = Answer | Again | Refused | Stop


def meaning(raw: Raw) -> Meaning:
    """What a reply means: by its status, and for a good one by its body."""
    if 200 <= raw.status < 300:
        return _read(raw)
    if 300 <= raw.status < 400:
        return of(providers.REDIRECTED, f"the server sends requests on to {_place(raw.headers.get('location', ''))}")
    return _objection(raw.status, _complaint(raw.body), raw.headers)


def of(case: Case, reason: str, *, status: int = 0, wait: float | None = None) -> Again | Refused | Stop:
    """A case, with its reason, as what happens then."""
    if case.then == "again":
        return Again(reason, wait, case)
    if case.then in {"refused", "answer"}:
        return Refused(reason, status, case)
    return Stop(reason, cast("Blame", case.then), case)


def _objection(status: int, said: str, headers: Mapping[str, str]) -> Again | Refused | Stop:
    """What an error status means; `said` is the server's own message. That of a refused key is not repeated: servers quote the key in it."""
    case = _case(status, said.lower())
    if case is providers.KEY:
        return of(case, f"the server does not accept the key (status {status})")
    reason = f"status {status}{f': {said}' if said else ''}"
    words = {"forbidden": "the server forbids this", "unpaid": "the account cannot pay for more", "not-found": "there is no such model or address"}
    return of(case, f"{words[case.name]} ({reason})" if case.name in words else reason, status=status, wait=wish(headers) if case.then == "again" else None)


def _case(status: int, said: str) -> Case:
    for statuses, words, case in providers.WORDS:
        if status in statuses and re.search(words, said):
            return case
    return providers.STATUSES.get(status) or providers.HUNDREDS.get(status // 100, providers.BROKEN)


def _read(raw: Raw) -> Meaning:
    """A good status with a body that may still be broken, an error in disguise, or empty."""
    try:
        reply = _parsed(raw.body)
    except (ValueError, RecursionError) as error:  # a UnicodeDecodeError is a ValueError
        return Again(f"the reply is not JSON: {type(error).__name__}")
    if not isinstance(reply, dict):
        return Again("the reply is no JSON object")
    if reply.get("error"):
        return _disguised(reply, raw)
    choice = _first(reply.get("choices"))
    message = choice if "text" in choice and "message" not in choice else choice.get("message")  # completions have no message
    if not isinstance(message, dict):
        return Again("the reply holds no message")
    return _message(message, choice, reply.get("usage"))


def _parsed(body: bytes) -> Any:
    """JSON, fast; what the fast reader does not take may still be JSON: half a surrogate pair, a byte-order mark."""
    try:
        return from_json(body)
    except ValueError:
        return json.loads(body.decode("utf-8-sig"))


def _disguised(reply: dict[str, Any], raw: Raw) -> Again | Refused | Stop:
    """Gateways report errors of the server behind them with status 200."""
    code, said = reply["error"].get("code") if isinstance(reply["error"], dict) else None, _complaint(raw.body)
    if isinstance(code, int) and 400 <= code < 600:
        return _objection(code, said, raw.headers)
    return Again(f"the server reports an error: {said}", case=providers.SERVER)


def _first(choices: object) -> dict[str, Any]:
    return choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}


def _message(message: dict[str, Any], choice: dict[str, Any], usage: object) -> Answer | Refused:
    """The text, or where there is none but thoughts, the thoughts."""
    tokens_in, tokens_out = _tokens(usage, providers.TOKENS_IN), _tokens(usage, providers.TOKENS_OUT)
    text, thought = _without_thoughts(_of_first(message, providers.TEXTS))
    if text:
        # Tokens of thoughts stand among those of the answer, and nobody says where they end.
        thinks = bool(thought or _of_first(message, providers.THOUGHTS))
        return Answer(text, tokens_in, tokens_out, logprob=None if thinks else _mean_logprob(choice.get("logprobs")))
    if refusal := _text(message.get(providers.REFUSAL)):
        return Refused(f"the model refuses: {shown(refusal)}", 0, providers.DECLINED, tokens_in, tokens_out)
    if thought := _of_first(message, providers.THOUGHTS) or thought:
        return Answer(thought, tokens_in, tokens_out, reasoning=True)
    ended = choice.get("finish_reason")
    case = providers.FILTERED if ended == "content_filter" else providers.EMPTY
    return Refused(f"the answer is empty{f' (finish reason: {shown(str(ended))})' if ended else ''}", 0, case, tokens_in, tokens_out)


def _of_first(message: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((text for name in names if (text := _text(message.get(name)))), "")


def _text(content: object) -> str:
    """A text, or the text parts of a list; "" where there is nothing but white space. Always one that can be stored."""
    if isinstance(content, list):
        content = "".join(p["text"] for p in content if isinstance(p, dict) and isinstance(p.get("text"), str))
    if not isinstance(content, str) or not content or content.isspace():
        return ""
    return storable(content)


def _without_thoughts(text: str) -> tuple[str, str]:
    """A text without the thoughts that it begins with, and the thoughts. Some servers send only the closing mark."""
    for start, end in providers.THINKING:
        before, mark, after = text.partition(end)
        if mark and (before.lstrip().startswith(start) or start not in before):
            return _text(after), before.replace(start, "", 1).strip()
        if text.lstrip().startswith(start):
            return "", text.lstrip().removeprefix(start).strip()
    return text, ""


def _mean_logprob(told: object) -> float | None:
    """The mean log probability of tokens; None where the server does not tell it of each."""
    if not isinstance(told, dict):
        return None
    tokens, name = told.get(providers.CHAT_LOGPROBS[0]), providers.CHAT_LOGPROBS[1]
    values = [t.get(name) if isinstance(t, dict) else None for t in tokens] if isinstance(tokens, list) else told.get(providers.LOGPROBS)
    if not isinstance(values, list) or not values or not all(_is_logprob(v) for v in values):
        return None
    return math.fsum(values) / len(values)


def _is_logprob(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and providers.LEAST_LOGPROB < value <= 0.0


def _tokens(usage: object, names: tuple[str, ...]) -> int | None:
    return next((found for name in names if (found := token_count(usage, name)) is not None), None)


def token_count(usage: object, name: str) -> int | None:
    """A number of tokens where the server told one, never a guess."""
    found = usage.get(name) if isinstance(usage, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) and 0 <= found < MOST_TOKENS else None


# -- how long the server wants to be left alone ----------------------------------------------------------------------------------


def wish(headers: Mapping[str, str]) -> float | None:
    """Seconds, from whichever header says so: Retry-After and its kin, else when a used-up limit is full again. None where none makes sense."""
    for name, unit in providers.WAIT_HEADERS:
        if (seconds := _seconds(headers.get(name, ""), unit)) is not None:
            return seconds
    for left, reset in providers.LEFT_HEADERS:
        if headers.get(left, "").strip() == "0" and (seconds := _seconds(headers.get(reset, ""), 1.0)) is not None:
            return seconds
    return None


def _seconds(text: str, unit: float) -> float | None:
    """A number, a duration such as 6m0s or 20ms, a date, or a moment in seconds or milliseconds since 1970."""
    text = text.strip()
    try:
        found = float(text) * unit
        found = found / 1000 - _now() if found > 1e12 else found - _now() if found > 1e9 else found
    except ValueError:
        found = _duration(text) if text[:1].isdigit() and text[-1:] in "dhms" else _until(text)
    return max(0.0, found) if math.isfinite(found) else None


def _duration(text: str) -> float:
    match = _DURATION.fullmatch(text)
    try:
        return sum(float(n) * _SECONDS[unit] for unit, n in match.groupdict().items() if n) if match else math.nan
    except ValueError:
        return math.nan


def _until(date: str) -> float:
    try:
        when = datetime.fromisoformat(date) if date[:4].isdigit() else parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return math.nan
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() - _now()


def _now() -> float:
    return datetime.now(UTC).timestamp()


# -- a server's words ------------------------------------------------------------------------------------------------------------


def shown(text: str) -> str:
    """A server's words on one line, storable, without anything that a terminal would obey, and not too many of them."""
    line = storable(" ".join(text[: SHOWN * 20].split()))
    line = "".join(c if c.isprintable() else "�" for c in line)
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}…"


def _complaint(body: bytes) -> str:
    """The message of an error reply and its code, in whichever of the usual places they stand."""
    text = body[:LONGEST_COMPLAINT].decode("utf-8", "replace")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return shown(text)
    inner = found.get("error") or found if isinstance(found, dict) else found
    if not isinstance(inner, dict):
        return shown(inner if isinstance(inner, str) else text)
    words, code = inner.get("message") or inner.get("detail"), inner.get("code") or inner.get("type")
    return shown(f"{words}{f' ({code})' if code else ''}" if isinstance(words, str) else text)


def _place(location: str) -> str:
    """Where a redirect leads, without its query, which may hold anything."""
    try:
        parts = urlsplit(location)
    except ValueError:
        return "no address that makes sense"
    return shown(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" if parts.netloc else parts.path or "nowhere")
