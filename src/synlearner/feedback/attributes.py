"""Whether a sample has the attributes that it was asked for, checked on its text; what cannot be checked there is Unscored.

Three kinds of value:

- a number of words or sentences ("8 to 15 words", "at most 10 words", "about 12 words", "one sentence") is counted;
- short, medium and long in a dimension about length are compared with the terciles of the seed rows' lengths;
- everything else is lexical: the share of the value's content words that occur in the text, up to endings.

A dimension is lexically checkable unless its name says that it is about manner (tone, style, …), or the seeds show that its values
describe texts and do not occur in them: with at least `ENOUGH_SEEDS` seed rows, fewer than one value in ten has a content word there.
A dimension that is named after a record field ("premise length") is checked in that field alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from synlearner.feedback.quality import within
from synlearner.feedback.words import words
from synlearner.records import Measurement, Row, Sample, Score, Unscored
from synlearner.stream.tasks import Task
from synlearner.stream.texts import word_count

ENOUGH_SEEDS = 20
ENOUGH_FOR_TERCILES = 6
VALUES_SEEN = 0.1
ABOUT = 0.2
_MANNER = frozenset(words("""
angle attitude clarity complexity difficulty emotion formality intent intention manner mood perspective phenomenon politeness reasoning
register sentiment strategy style tone transformation voice
"""))  # fmt: skip
_STOP = frozenset(words("""
a about after all an and any are as at be before but by for from had has have he her his i if in into is it its like me my no nor not of off
on one or our out over she so some than that the their them then there these they this to too two up us was we were what when which who
will with would you your
"""))  # fmt: skip
_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12, "single": 1}
_SIZES = {"very short": 0, "short": 0, "brief": 0, "medium": 1, "average": 1, "moderate": 1, "long": 2, "very long": 2, "detailed": 2}
_N = r"(\d+|" + "|".join(_NUMBERS) + ")"
_UNIT = r"(?: (?:short|long|brief|simple|full|complete))?[ -](words?|sentences?)"
_RANGE = re.compile(rf"(?:between )?\b{_N} ?(?:to|or|and|-|–|—) ?{_N}{_UNIT}")
_MOST = re.compile(rf"(?:at most|up to|no more than|not more than|max(?:imum)?(?: of)?|within) {_N}{_UNIT}|\b{_N}{_UNIT} (?:at most|or (?:less|fewer))")
_BELOW = re.compile(rf"(?:under|below|less than|fewer than) {_N}{_UNIT}")
_LEAST = re.compile(rf"(?:at least|no (?:less|fewer) than|min(?:imum)?(?: of)?) {_N}{_UNIT}|\b{_N}{_UNIT} (?:at least|or more)")
_ABOVE = re.compile(rf"(?:over|above|more than) {_N}{_UNIT}")
_NEAR = re.compile(rf"(?:about|around|roughly|approximately|circa|some|~) ?{_N}{_UNIT}")
_EXACT = re.compile(rf"\b{_N}{_UNIT}")
_SENTENCE_END = re.compile(r"[.!?…。！？]+(?=[\s\"')\]»”’]|$)|(?<=[。！？])")


@dataclass(frozen=True, slots=True)
class Span:
    """A wanted number of words or sentences, both ends included."""

    low: float
    high: float
    unit: str


def read_span(value: str) -> Span | None:
    """The number of words or sentences that a value asks for; None when it asks for no number."""
    text = " ".join(value.casefold().split())
    if m := _RANGE.search(text):
        return Span(_number(m[1]), _number(m[2]), _unit(m[3]))
    if (m := _NEAR.search(text)) and (n := _number(m[1])):
        slack = max(1 if n < 10 else 2, ABOUT * n)
        return Span(math.ceil(n - slack), math.floor(n + slack), _unit(m[2]))
    for pattern, low, high in ((_MOST, None, 0), (_BELOW, None, -1), (_LEAST, 0, None), (_ABOVE, 1, None), (_EXACT, 0, 0)):
        if m := pattern.search(text):
            number, unit = (g for g in m.groups() if g)
            n = _number(number)
            return Span(0 if low is None else n + low, math.inf if high is None else n + high, _unit(unit))
    return None


def _number(word: str) -> int:
    return _NUMBERS[word] if word in _NUMBERS else int(word)


def _unit(word: str) -> str:
    return "sentences" if word.startswith("sentence") else "words"


def sentence_count(text: str) -> int:
    """Runs of text that end with a sentence mark or the text itself; at least 1 for a text with words."""
    return sum(bool(words(part)) for part in _SENTENCE_END.split(text))


def content_words(value: str) -> list[str]:
    """Words of a value that carry its meaning; all of its words when there are only small ones."""
    found = words(value)
    return [w for w in found if w not in _STOP] or found


def occurs(word: str, text_words: Sequence[str]) -> bool:
    """Whether a word occurs up to its ending: a plural of it, the word and up to three letters more, or all but the last three letters."""
    return any(word == other or _same_stem(*sorted((word, other), key=len)) for other in text_words)


def _same_stem(short: str, long: str) -> bool:
    if long == f"{short}s":
        return True
    if long.startswith(short):
        return len(short) >= 4 and len(long) - len(short) <= 3
    shared = max(5, len(long) - 3)
    return short[:shared] == long[:shared] and len(short) >= shared


class AttributeChecker:
    """Checks samples of one task. What is lexically checkable is decided once, from the task's specification and seeds."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._manner: dict[str, str] = {}

    def check(self, sample: Sample) -> list[Measurement]:
        """One measurement named ``attributes/<dimension>`` for each attribute of the sample, values in 0..1."""
        return [self._measure(f"attributes/{dimension}", dimension, value, sample.row) for dimension, value in sample.attributes.items()]

    def _measure(self, name: str, dimension: str, value: str, row: Row) -> Measurement:
        fields = self._fields_of(dimension, row.fields)
        if span := read_span(value) or self._size(dimension, value):
            if not isinstance(span, Span):
                return Unscored(name, span)
            count = word_count(*fields) if span.unit == "words" else sum(sentence_count(f) for f in fields)
            return Score(name, within(count, span.low, span.high))
        if why := self._not_lexical(dimension):
            return Unscored(name, why)
        wanted = content_words(value)
        if not wanted:
            return Unscored(name, "the value has no words")
        said = words("\n".join(fields))
        return Score(name, sum(occurs(w, said) for w in wanted) / len(wanted))

    def _fields_of(self, dimension: str, fields: Mapping[str, str]) -> list[str]:
        named = [f for f in fields if len(fields) > 1 and words(f) and f.casefold() in dimension.casefold()]
        return [fields[f] for f in named or fields]

    def _size(self, dimension: str, value: str) -> Span | str | None:
        """Short, medium, long as a span of words by the terciles of the seeds; a sentence when there are too few seeds."""
        size = _SIZES.get(" ".join(words(value)))
        if size is None or not {"length", "size", "words"} & set(words(dimension.replace("_", " "))):
            return None
        counts = sorted(word_count(*self._fields_of(dimension, row.fields)) for row in self._task.seeds)
        if len(counts) < ENOUGH_FOR_TERCILES:
            return f"fewer than {ENOUGH_FOR_TERCILES} seed rows to tell what {value!r} means"
        low, high = counts[len(counts) // 3], counts[2 * len(counts) // 3]
        return (Span(0, low, "words"), Span(low, high, "words"), Span(high, math.inf, "words"))[size]

    def _not_lexical(self, dimension: str) -> str:
        if dimension not in self._manner:
            self._manner[dimension] = self._why_not_lexical(dimension)
        return self._manner[dimension]

    def _why_not_lexical(self, dimension: str) -> str:
        if manner := _MANNER & set(words(dimension.replace("_", " "))):
            return f"{min(manner)} is no matter of single words"
        values = self._values(dimension)
        seen = sum(any(occurs(w, self._seed_words) for w in content_words(v)) for v in values)
        if len(self._task.seeds) >= ENOUGH_SEEDS and values and seen < VALUES_SEEN * len(values):
            return f"its values hardly occur in real rows: {seen} of {len(values)}"
        return ""

    def _values(self, dimension: str) -> set[str]:
        return {v for label in ("", *self._task.labels) for v in self._task.attributes_of(label).get(dimension, ())}

    @cached_property
    def _seed_words(self) -> tuple[str, ...]:
        return tuple(sorted({w for row in self._task.seeds for w in words(row.text)}))
