"""What goes over the wire to an OpenAI-compatible server: a turn in, a request body out; a raw reply in, what it means out.

Pure functions without network, so that every odd reply can be tested as a value. `chat_api` does the asking.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from synlearner.records import Prompt, Turn
from synlearner.seeding import derive
from synlearner.stream.specs import GeneratorSpec

Format = Literal["off", "json_object", "json_schema"]

# Servers keep seeds in 32 bits with a sign at the least.
SEEDS = 2**31
MOST_TOKENS = 2**53
SHOWN = 300


@dataclass(frozen=True, slots=True)
class Raw:
    """A reply as it came: status, headers with lower-case names, and the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model wrote. `reasoning` says that it stood in the reasoning field, the content being empty."""

    text: str
    tokens_in: int | None
    tokens_out: int | None
    reasoning: bool = False


@dataclass(frozen=True, slots=True)
class Again:
    """Worth another try: why, and after how many seconds where the server told. `unreachable`: there was no connection at all."""

    reason: str
    wait: float | None = None
    unreachable: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """No answer to this prompt, whatever one tries. `status` is 0 where the server did not object."""

    reason: str
    status: int = 0


@dataclass(frozen=True, slots=True)
class Stop:
    """No prompt will ever get an answer: why, and which part of the set-up is to blame."""

    reason: str
    blame: Literal["key", "account", "address", "redirect", "certificate"]


Meaning = Answer | Again | Refused | Stop


# -- out ------------------------------------------------------------------------------------------------------------------------


def request_body(spec: GeneratorSpec, turn: Turn, *, extra: Mapping[str, Any], form: Format) -> dict[str, Any]:
    """The JSON of one request. The seed is the turn's own; `extra` is added last and wins."""
    body: dict[str, Any] = {
        "model": spec.model,
        "messages": [m for m in turn.messages if m["content"]],
        "temperature": spec.temperature,
        "top_p": spec.top_p,
        "max_tokens": spec.max_new_tokens,
        "seed": derive(turn.prompt.seed, "turn", turn.number) % SEEDS,
    }
    if spec.top_k:  # not in OpenAI's own interface, so it is sent only where somebody asked for it
        body["top_k"] = spec.top_k
    if "max_completion_tokens" in extra:  # the newer name; servers refuse both at once
        del body["max_tokens"]
    if form != "off":
        body["response_format"] = response_format(turn.prompt, form)
    return {**body, **extra}


def response_format(prompt: Prompt, form: Format) -> dict[str, Any]:
    """Any JSON object, or the record's own schema: texts under the prompt's keys, the label fixed."""
    if form == "json_object":
        return {"type": "json_object"}
    texts: dict[str, Any] = {key: {"type": "string"} for key in prompt.keys}
    if prompt.label:
        texts[prompt.keys[0]] = {"type": "string", "enum": [prompt.label]}
    schema = {"type": "object", "properties": texts, "required": list(prompt.keys), "additionalProperties": False}
    return {"type": "json_schema", "json_schema": {"name": "record", "strict": True, "schema": schema}}


# -- in -------------------------------------------------------------------------------------------------------------------------


def meaning(raw: Raw) -> Meaning:
    """What a reply means: by its status, and for a good one by its body."""
    if 200 <= raw.status < 300:
        return _read(raw)
    if 300 <= raw.status < 400:
        return Stop(f"the server sends requests on to {_place(raw.headers.get('location', ''))}", "redirect")
    return _objection(raw.status, _complaint(raw.body), retry_after(raw.headers))


def _objection(status: int, said: str, wait: float | None) -> Again | Refused | Stop:
    """What an error status means; `said` is the server's own message. That of a 401 is not repeated: servers quote the key in it."""
    reason = f"status {status}{f': {said}' if said else ''}"
    if status == 401:
        return Stop("the server does not accept the key (status 401)", "key")
    if status == 403:
        return Stop(f"the server forbids this ({reason})", "key")
    if status == 402 or "insufficient_quota" in said:
        return Stop(f"the account cannot pay for more ({reason})", "account")
    if status in {404, 405, 410}:
        return Stop(f"there is no such model or address ({reason})", "address")
    if status in {408, 409, 425, 429} or status >= 500:
        return Again(reason, wait)
    return Refused(reason, status)


def _read(raw: Raw) -> Meaning:
    """A good status with a body that may still be broken, an error in disguise, or empty."""
    try:
        reply = json.loads(raw.body.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # a UnicodeDecodeError is a ValueError
        return Again(f"the reply is not JSON: {type(error).__name__}")
    if not isinstance(reply, dict):
        return Again("the reply is no JSON object")
    if reply.get("error"):
        return _disguised(reply, raw)
    choice = _first(reply.get("choices"))
    message = choice.get("message")
    if not isinstance(message, dict):
        return Again("the reply holds no message")
    return _message(message, choice.get("finish_reason"), reply.get("usage"))


def _disguised(reply: dict[str, Any], raw: Raw) -> Again | Refused | Stop:
    """Gateways report errors of the server behind them with status 200."""
    code, said = reply["error"].get("code") if isinstance(reply["error"], dict) else None, _complaint(raw.body)
    if isinstance(code, int) and 400 <= code < 600:
        return _objection(code, said, retry_after(raw.headers))
    return Again(f"the server reports an error: {said}")


def _first(choices: object) -> dict[str, Any]:
    return choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}


def _message(message: dict[str, Any], ended: object, usage: object) -> Answer | Refused:
    tokens_in, tokens_out = token_count(usage, "prompt_tokens"), token_count(usage, "completion_tokens")
    if text := _text(message.get("content")):
        return Answer(text, tokens_in, tokens_out)
    if refusal := _text(message.get("refusal")):
        return Refused(f"the model refuses: {shown(refusal)}")
    if text := _text(message.get("reasoning_content")) or _text(message.get("reasoning")):
        return Answer(text, tokens_in, tokens_out, reasoning=True)
    return Refused(f"the answer is empty{f' (finish reason: {shown(str(ended))})' if ended else ''}")


def _text(content: object) -> str:
    """A text, or the text parts of a list; "" where there is nothing but white space."""
    if isinstance(content, list):
        content = "".join(p["text"] for p in content if isinstance(p, dict) and isinstance(p.get("text"), str))
    return content if isinstance(content, str) and content.strip() else ""


def token_count(usage: object, name: str) -> int | None:
    """A number of tokens where the server told one, never a guess."""
    found = usage.get(name) if isinstance(usage, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) and 0 <= found < MOST_TOKENS else None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from a Retry-After header: a number or a date; None where there is none that makes sense."""
    text = headers.get("retry-after", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        seconds = _until(text)
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _until(date: str) -> float:
    try:
        when = parsedate_to_datetime(date)
    except ValueError:
        return math.nan
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() - datetime.now(UTC).timestamp()


def shown(text: str) -> str:
    """A server's words on one line, storable, and not too many of them."""
    line = " ".join(text.split()).encode("utf-8", "replace").decode("utf-8")
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}…"


def _complaint(body: bytes) -> str:
    """The message of an error reply and its code, in whichever of the usual places they stand."""
    text = body.decode("utf-8", "replace")
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
