"""A draft comes in, a `Sample` or a `Rejection` goes out: find the record, repair it, coerce it, validate it. Nothing is ever invented.

A sample always has exactly the label that its prompt asked for, and every text in it stands in the draft. What a draft can be
rejected for is the closed set `REASONS`.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Any, Literal, get_args

from synlearner.generate.prompts import contract_json, one_line, quote
from synlearner.records import Draft, Prompt, Rejection, Row, Sample
from synlearner.stream.tasks import Task
from synlearner.stream.texts import is_blank, is_broken, match_label, normal_text, word_count

Reason = Literal[
    "empty answer",  # nothing but white space
    "no json",  # no JSON object in the answer
    "broken json",  # an object that cannot be read, or only by inventing parts of it
    "cut off",  # the answer ends inside the object
    "missing key",  # a key of the contract is not there
    "extra key",  # a key that is not in the contract, or one twice
    "wrong type",  # a list or an object where a text belongs
    "wrong label",  # any label but the wanted one
    "empty field",  # a text field without text
    "broken text",  # half of a character
    "invalid record",  # the kind's own rule, for example two equal texts in a pair
    "too short",  # fewer words than the task allows
    "too long",  # more words than the task allows
    "leak",  # the text names its label where the task forbids it
    "copied seed",  # the text is a seed row or an example of the prompt
    "prompt echo",  # parts of the prompt stand in the text
]
REASONS: tuple[Reason, ...] = get_args(Reason)

# Names under which models return a label when they forget the contract's.
LABEL_ALIASES = ("label", "category", "class", "type", "intent", "topic", "sentiment", "relation", "answer", "output")
# Objects that are tried in one answer: more is garbage, and each costs a pass over the rest of it.
_TRIED = 32
# A repair of deeply nested garbage takes time that grows with its square.
_REPAIRABLE_BRACKETS = 200
_CONTRACT = ("write one new record", "as one json object with the keys", "answer with one json object", "json object and nothing else", "quoted notes about data")
# Fewer words of an instruction could be in a text by chance.
_ECHO_WORDS = 5
_WORD = re.compile(r"\w+", re.UNICODE)


class _RefusedError(Exception):
    """Travels inside this module only: the reason of a rejection and its detail."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


def parse(task: Task, prompt: Prompt, draft: Draft) -> Sample | Rejection:
    """The row that a draft holds, or why it holds none. Never raises for what a model wrote."""
    try:
        fields, label = _record(task, prompt, draft.text)
        _check(task, prompt, fields, label)
    except _RefusedError as refused:
        return Rejection(prompt.id, refused.reason, refused.detail, draft.text, draft.turn)
    return Sample(prompt.id, Row(prompt.id, fields, label, "synthetic"), prompt.attributes, draft.turn)


def correctable(rejection: Rejection) -> bool:
    """Whether a correction turn may help: it was the first answer, and there was one."""
    return rejection.turn == 0 and rejection.reason != "empty answer"


def complaint(task: Task, prompt: Prompt, rejection: Rejection) -> str:
    """What a model is told on its correction turn: what was wrong, and the contract once more."""
    keys = ", ".join(quote(k) for k in task.keys)
    target = f" The {quote(task.target)} must be {quote(prompt.label)}." if prompt.label else ""
    what = _objection(task, rejection.reason)
    return f"{what} Write the record again, as one JSON object with the keys {keys} and nothing else.{target}"


def _objection(task: Task, reason: str) -> str:
    """A reason as a sentence to the model. The rejected text itself is never repeated: it is data, not an instruction."""
    limits, target = task.spec.length, task.target
    return {
        "empty answer": "Your answer was empty.",
        "no json": "Your answer held no JSON object.",
        "broken json": "Your answer was not valid JSON.",
        "cut off": "Your answer ended before the JSON object was closed. Write a shorter text.",
        "missing key": "Your record lacks a key.",
        "extra key": "Your record has keys that were not asked for, or one key twice.",
        "wrong type": "Every value of the record must be a text in quotes.",
        "wrong label": f"Your record has another {target} than the one asked for.",
        "empty field": "A text of your record is empty.",
        "broken text": "Your text holds a broken character.",
        "invalid record": "The texts of your record do not fit together.",
        "too short": f"Your text is too short: write at least {limits.min_words} words.",
        "too long": f"Your text is too long: write at most {limits.max_words} words.",
        "leak": f"Your text names its {target}, which is forbidden.",
        "copied seed": "Your text is a copy of an example. Write a new one.",
        "prompt echo": "Your text repeats parts of the request instead of being a record.",
    }.get(reason, "Your record cannot be used.")


# -- find -----------------------------------------------------------------------------------------------------------------------


def _record(task: Task, prompt: Prompt, text: str) -> tuple[dict[str, str], str]:
    """Text fields and label of the record in an answer, coerced but not yet checked."""
    if is_blank(text):
        raise _RefusedError("empty answer", "the model wrote nothing")
    if "{" not in text:
        raise _RefusedError("no json", "there is no { in the answer")
    found = _plain(task, text)
    repaired = found is None
    pairs = _repaired(text) if found is None else found
    values = _keyed(task, pairs)
    fields = {key: _text(key, values[key]) for key in task.fields}
    if repaired:
        _must_stand_in(text, [*fields.values(), str(values[task.target])], whole=list(fields.values())[-1])
    return fields, _label(task, prompt, values[task.target])


Pairs = list[tuple[str, Any]]


class _Object(list[tuple[str, Any]]):
    """A JSON object as its pairs, so that a key that occurs twice is noticed."""


@cache
def _decoder() -> json.JSONDecoder:
    # Not strict: models write line breaks into strings as they are.
    return json.JSONDecoder(object_pairs_hook=_Object, strict=False)


def _plain(task: Task, text: str) -> Pairs | None:
    """The first valid JSON object with the contract's keys; else the first valid one; None if there is none."""
    first: Pairs | None = None
    for found in _objects(text):
        if {_folded(k) for k, _ in found} >= {_folded(f) for f in task.fields}:
            return found
        first = first or found
    return first


def _objects(text: str) -> Iterator[Pairs]:
    """Valid JSON objects in a text, in their order, and objects that are the only value of one."""
    start, tried = text.find("{"), 0
    while start >= 0 and tried < _TRIED:
        tried += 1
        try:
            found, end = _decoder().raw_decode(text, start)
        except (ValueError, RecursionError):
            end = start + 1
        else:
            yield found
            if len(found) == 1 and isinstance(found[0][1], _Object):
                yield found[0][1]
        start = text.find("{", end)


def _repaired(text: str) -> Pairs:
    """The object that json-repair reads from the first brace on."""
    from json_repair import repair_json

    start = text.index("{")
    if text.count("{", start) + text.count("[", start) > _REPAIRABLE_BRACKETS:
        raise _RefusedError("broken json", "the answer is a heap of brackets")
    try:
        found = repair_json(text[start:], return_objects=True, skip_json_loads=True)
    except (ValueError, RecursionError) as error:
        raise _RefusedError("broken json", one_line(str(error))) from error
    if isinstance(found, list):
        found = next((f for f in found if isinstance(f, dict)), None)
    if not isinstance(found, dict) or not found:
        raise _RefusedError("broken json", "no record could be read")
    return list(found.items())


def _must_stand_in(raw: str, values: list[str], *, whole: str) -> None:
    """A repair may close quotes but not invent: every value stands in the raw answer, and after the last text the object is closed."""
    for value in values:
        if not any(form in raw for form in _written(value)):
            raise _RefusedError("broken json", f"only a repair that changes the text could read it: {value[:80]!r}")
    end = max(raw.rfind(form) + len(form) for form in _written(whole) if form in raw) if whole else 0
    if "}" not in raw[end:]:
        raise _RefusedError("cut off", "the answer ends inside the record")


def _written(value: str) -> tuple[str, ...]:
    """How a value may stand in JSON: as it is, or escaped in either way."""
    return value, json.dumps(value, ensure_ascii=False)[1:-1], json.dumps(value)[1:-1]


# -- coerce ---------------------------------------------------------------------------------------------------------------------


def _folded(key: str) -> str:
    return key.strip().casefold()


def _keyed(task: Task, pairs: Pairs) -> dict[str, Any]:
    """Values under the contract's own keys; anything missing, twice or extra is refused."""
    wanted = {_folded(k): k for k in task.keys}
    # Where two keys of the contract differ by case alone, only exact keys will do.
    fold: Callable[[str], str] = _folded if len(wanted) == len(task.keys) else str
    if fold is str:
        wanted = {k: k for k in task.keys}
    values: dict[str, Any] = {}
    extra: Pairs = []
    for key, value in pairs:
        name = wanted.get(fold(key))
        if name is None:
            extra.append((key, value))
        elif name in values:
            raise _RefusedError("extra key", f"the key {name!r} occurs twice")
        else:
            values[name] = value
    aliases = [p for p in extra if _folded(p[0]) in LABEL_ALIASES]
    if task.target not in values and len(aliases) == 1:
        values[task.target] = aliases[0][1]
        extra.remove(aliases[0])
    if missing := [k for k in task.keys if k not in values]:
        raise _RefusedError("missing key", f"missing: {', '.join(missing)}; found: {', '.join(k for k, _ in pairs)[:120]}")
    if extra:
        raise _RefusedError("extra key", f"extra: {', '.join(k for k, _ in extra)[:120]}")
    return values


def _text(key: str, value: object) -> str:
    """A field's value as text: numbers and truth values as JSON writes them, white space around it taken off."""
    if value is None:
        raise _RefusedError("empty field", f"{key} is null")
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    if not isinstance(value, str):
        raise _RefusedError("wrong type", f"{key} is {'a list' if isinstance(value, list) and not isinstance(value, _Object) else 'an object'}")
    return value.strip()


def _label(task: Task, prompt: Prompt, value: object) -> str:
    """The wanted label, if that is what was written; for kinds without labels whatever was written."""
    if not task.kind.closed:
        answer = _text(task.target, value)
        if is_blank(answer):
            raise _RefusedError("empty field", f"{task.target} is empty")
        return answer
    written = value.strip() if isinstance(value, str) else match_label(value, task.labels)
    if written == prompt.label:
        return prompt.label
    if isinstance(written, str) and [v for v in task.labels if _same(v, written)] == [prompt.label]:
        return prompt.label
    raise _RefusedError("wrong label", f"wanted {prompt.label!r}, found {str(value)[:80]!r}")


def _same(one: str, other: str) -> bool:
    """Equal up to case and Unicode composition."""
    return unicodedata.normalize("NFC", one).casefold() == unicodedata.normalize("NFC", other).casefold()


# -- validate -------------------------------------------------------------------------------------------------------------------


def _check(task: Task, prompt: Prompt, fields: Mapping[str, str], label: str) -> None:
    for key, text in fields.items():
        if is_blank(text):
            raise _RefusedError("empty field", f"{key} is empty")
        if is_broken(text) or is_broken(label):
            raise _RefusedError("broken text", f"{key} holds half of a character")
    if objection := task.kind.valid(fields):
        raise _RefusedError("invalid record", objection)
    _check_length(task, fields)
    if task.spec.leak == "forbid" and label and any(leaks(label, text) for text in fields.values()):
        raise _RefusedError("leak", f"{label!r} stands in the text")
    if _copied(task, prompt, fields):
        raise _RefusedError("copied seed", "the text is one of the seed rows")
    if phrase := _echo(task, prompt, fields):
        raise _RefusedError("prompt echo", f"{phrase[:80]!r} stands in the text")


def _check_length(task: Task, fields: Mapping[str, str]) -> None:
    words, limits = word_count(*fields.values()), task.spec.length
    if words < limits.min_words:
        raise _RefusedError("too short", f"{words} words, at least {limits.min_words} are wanted")
    if words > limits.max_words:
        raise _RefusedError("too long", f"{words} words, at most {limits.max_words} are wanted")


def leaks(label: str, text: str) -> bool:
    """Whether a text names a label: its words, one after another and whole, whatever stands between them.

    Labels without letters (emoji) and in scripts that put no spaces between words are looked for as they are.
    """
    pattern = _named(label)
    if pattern is None:
        return normal_text(label) in normal_text(text)
    return pattern.search(unicodedata.normalize("NFKC", text).casefold()) is not None


@lru_cache(maxsize=4096)
def _named(label: str) -> re.Pattern[str] | None:
    """What finds a label's words in a text; None for a label that is looked for as it is."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", unicodedata.normalize("NFKC", label)).replace("_", " ")
    words = [w.casefold() for w in _WORD.findall(spaced)]
    if not words or any(_unspaced(c) for c in label):
        return None
    return re.compile(r"(?<!\w)" + r"[\W_]+".join(map(re.escape, words)) + r"(?!\w)")


def _unspaced(character: str) -> bool:
    """Chinese, Japanese, Thai, Lao, Khmer, Burmese."""
    return "\u0e00" <= character <= "\u0eff" or "\u1000" <= character <= "\u109f" or "\u1780" <= character <= "\u17ff" or "\u3040" <= character <= "\u9fff"


def _copied(task: Task, prompt: Prompt, fields: Mapping[str, str]) -> bool:
    """A seed row up to case and white space, or an example as the prompt shows it, which may have been cut."""
    if normal_text(*fields.values()) in task.seed_texts:
        return True
    return contract_json(fields)[1:] in prompt.user


def _echo(task: Task, prompt: Prompt, fields: Mapping[str, str]) -> str:
    """A piece of the prompt that stands in the text, or nothing."""
    text = normal_text(*fields.values())
    wishes = (_wish(name, value) for name, value in prompt.attributes.items())
    for phrase in (*_CONTRACT, *_own_words(task.spec.instruction, *task.spec.labels.values()), *wishes):
        if phrase in text:
            return phrase
    target = f'"{task.target.casefold()}":'
    return target if target in text.replace('" :', '":') else ""


@lru_cache(maxsize=4096)
def _wish(name: str, value: str) -> str:
    return normal_text(f"- {name}: {value}")


@lru_cache(maxsize=256)
def _own_words(*texts: str) -> tuple[str, ...]:
    """Those texts of a task that are long enough to be recognised."""
    return tuple(normal_text(t) for t in texts if word_count(t) >= _ECHO_WORDS)
