"""What the server writes: records for the prompts of this package, completions around them, and what faults make of a text.

The built-in replier reads the contract in a prompt (its keys, the wanted label) and fills it with words drawn from the hash of the
request: another record for every request, the same one on every machine.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import product
from struct import unpack
from typing import Any

from synlearner.testing.server.faults import Fault

KEYS = "as one JSON object with the keys "
WORDS = 12
_SYLLABLES = [a + b for a, b in product("bdfgklmnprstvz", "aeiou")][:64]
_WORDS = [a + b for a, b in product(_SYLLABLES, repeat=2)]
_REFUSAL = "I'm sorry, but I can't help with that request."
_encode = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class Contract:
    """The keys of the wanted record, the target first; the wanted label, "" where any will do; the labels that a prompt names."""

    keys: tuple[str, ...]
    label: str = ""
    labels: tuple[str, ...] = ()


def asked(body: Mapping[str, Any]) -> str:
    """The text that says what is wanted: the message (or prompt) that holds the contract, else the last one."""
    if "messages" not in body:
        return str(body["prompt"] if isinstance(body["prompt"], str) else body["prompt"][0])
    texts = [_text(message.get("content")) for message in body["messages"]]
    return next((text for text in texts if KEYS in text), texts[-1])


def contract(text: str) -> Contract | None:
    """What a prompt asks for; None where no contract is in it."""
    at = text.find(KEYS)
    if at < 0:
        return None
    keys, _, rest = text[at + len(KEYS) :].partition("\n")
    before = text.find("\nLabels: ", 0, at)
    labels = text[before + 9 : text.find("\n", before + 1)] if before >= 0 else ""
    return _contract(keys, rest.partition("\n")[0], labels)


@lru_cache(maxsize=4096)
def _contract(keys: str, target: str, labels: str) -> Contract | None:
    try:
        found = json.loads(f"[{keys.removesuffix('.')}]")
        value = target.removeprefix(f"{found[0].capitalize()}: ") if found else ""
        label = json.JSONDecoder().raw_decode(value)[0] if value.startswith('"') else ""
        return Contract(tuple(found), label, tuple(json.loads(f"[{labels}]"))) if found else None
    except ValueError:
        return None


def record(wanted: Contract, content: str, index: int = 0) -> dict[str, str]:
    """A record under the contract's keys, made from the request's hash and the choice's number; a word of each text tells the label."""
    target, *fields = wanted.keys
    told = wanted.label or _sentence(content, index, 0)
    return {target: told, **{name: _sentence(content, index, number, wanted.label) for number, name in enumerate(fields, 1)}}


def object_of(schema: Mapping[str, Any], content: str, index: int = 0) -> dict[str, Any]:
    """An object with the properties of a JSON schema: texts, numbers and switches from the request's hash, the first value of an enumeration."""
    plain: dict[str, Any] = {"integer": index, "number": index / 2, "boolean": True, "array": [], "object": {}, "null": None}
    found = {}
    for number, (name, wanted) in enumerate(schema.get("properties", {}).items()):
        text = _sentence(content, index, number)
        found[name] = wanted["enum"][0] if wanted.get("enum") else plain.get(str(wanted.get("type")), text)
    return found


def _sentence(content: str, index: int, number: int, label: str = "") -> str:
    drawn = unpack(f"<{WORDS}H", blake2b(f"{content} {index} {number}".encode(), digest_size=2 * WORDS).digest())
    words = [_WORDS[n & 4095] for n in drawn]
    return " ".join([*words, telling(label)] if label else words).capitalize() + "."


@lru_cache(maxsize=4096)
def telling(label: str) -> str:
    """The word with which texts of a label end: it tells what an answer was asked for, whatever label stands beside it."""
    return _WORDS[int.from_bytes(blake2b(label.encode(), digest_size=2).digest()) & 4095] + "ko"


def answers(body: Mapping[str, Any], content: str, fault: Fault | None, schema: Mapping[str, Any] | None = None) -> list[str]:
    """The texts of all choices as the built-in replier writes them, with what the fault does to them."""
    wanted, kind = contract(asked(body)), fault.kind if fault else ""
    if kind in {"empty", "refusal"}:
        texts = [_REFUSAL if kind == "refusal" else ""]
    elif kind == "duplicate":
        texts = [_written(wanted, wanted.label if wanted else "", 0, kind, schema)]
    else:
        return [_written(wanted, content, index, kind, schema) for index in range(body.get("n") or 1)]
    return texts * (body.get("n") or 1)


def _written(wanted: Contract | None, content: str, index: int, kind: str, schema: Mapping[str, Any] | None) -> str:
    if wanted is None:
        text = _encode(object_of(schema, content, index)) if schema else _sentence(content, index, 0)
    else:
        made = record(wanted, content, index)
        if kind == "wrong label":
            made[wanted.keys[0]] = next((label for label in wanted.labels if label != wanted.label), f"not {wanted.label}")
        text = _encode(made)
    return damaged(text, kind)


def damaged(text: str, kind: str) -> str:
    """A text as a fault of the text leaves it, where that does not depend on what was asked."""
    if kind == "cut off":
        return text[: len(text) * 2 // 3]
    if kind == "invalid record":
        return f"{{{text.strip('{}')[1:]} :: }}"
    return f"Sure! Here is the record:\n```json\n{text}\n```\nLet me know if you need more." if kind == "chatter" else text


def completion(body: Mapping[str, Any], texts: Sequence[str], *, usage: bool = True, reasoning: bool = False, finish: str = "stop") -> dict[str, Any]:
    """A reply as servers write it, with words counted as tokens. `reasoning`: the texts stand in the reasoning field."""
    chat = "messages" in body
    reply: dict[str, Any] = {
        "id": "chatcmpl-0",
        "object": "chat.completion" if chat else "text_completion",
        "created": 0,
        "model": body.get("model", ""),
        "choices": [_choice(body, number, text, chat=chat, reasoning=reasoning, finish=finish) for number, text in enumerate(texts)],
    }
    if usage:
        read, written = len(_everything(body).split()), sum(len(text.split()) for text in texts)
        reply["usage"] = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    return reply


def _choice(body: Mapping[str, Any], number: int, text: str, *, chat: bool, reasoning: bool, finish: str) -> dict[str, Any]:
    found: dict[str, Any] = {"index": number, "finish_reason": finish}
    content = "" if reasoning else text
    if chat:
        found["message"] = {"role": "assistant", "content": content} | ({"reasoning_content": text} if reasoning else {})
    else:
        found["text"] = content
    if body.get("logprobs"):
        found["logprobs"] = _logprobs(content, chat=chat)
    return found


def _logprobs(text: str, *, chat: bool) -> dict[str, Any]:
    """Words as tokens, each with a log-probability that depends on the word alone."""
    pairs = [(word, -blake2b(word.encode(), digest_size=1).digest()[0] / 64) for word in text.split()]
    if not chat:
        return {"tokens": [word for word, _ in pairs], "token_logprobs": [value for _, value in pairs]}
    return {"content": [{"token": word, "logprob": value, "bytes": list(word.encode()), "top_logprobs": []} for word, value in pairs]}


def _everything(body: Mapping[str, Any]) -> str:
    return " ".join(_text(message.get("content")) for message in body["messages"]) if "messages" in body else asked(body)


def _text(content: object) -> str:
    """A message's text; of content in parts, its texts."""
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""
