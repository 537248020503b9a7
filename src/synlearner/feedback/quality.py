"""Whether a sample is a decent text at all: scores in 0..1 from the text alone, and complaints about what is plainly wrong.

Five checks: `repetition` (n-grams said again), `compression` (redundancy that zlib finds), `readable` (letters and plausible words),
`length` (words within the task's bounds) and `leak` (the label where it is forbidden, the instruction, or pieces of the contract).
A check that a text is too short for, or of the wrong script, is Unscored. Limits are set so that real rows pass.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from synlearner.feedback.words import ngrams, words
from synlearner.records import Measurement, Sample, Score, Unscored
from synlearner.stream.tasks import Task
from synlearner.stream.texts import word_count

FEW_WORDS = 8
REPETITION_LIMIT = 0.6
COMPRESSIBLE_BYTES = 200
# Plain prose compresses to 40 % and more of its size at these lengths; loops of a phrase to 5–15 %.
PROSE_SHARE = 0.4
COMPRESSION_LIMIT = 0.5
READABLE_LIMIT = 0.6
INSTRUCTION_RUN = 8
_PROMPT_PHRASES = ("write one new record", "as one json object", "answer with one json object")
_VOWELLESS = re.compile(r"[bcdfghjklmnpqrstvwxz]{6,}|[b-df-hj-np-tv-xz]{5,}$")
_SAME_LETTER = re.compile(r"(.)\1{4,}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Scores of all checks and, for those that failed, the check's name with the details for people."""

    measurements: tuple[Measurement, ...]
    complaints: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check says: a value in 0..1 or None with the reason; `complaint` when it failed."""

    value: float | None
    complaint: str = ""
    unscored: str = ""


def judge(sample: Sample, task: Task) -> Verdict:
    """All checks of one sample. Measurements are named ``quality/<check>``."""
    checks: dict[str, Callable[[Sample, Task], Finding]] = {
        "leak": leak, "length": length, "readable": readable, "repetition": repetition, "compression": compression,
    }  # fmt: skip
    found = {name: check(sample, task) for name, check in checks.items()}
    measurements = tuple(_measured(f"quality/{name}", f) for name, f in found.items())
    return Verdict(measurements, {name: f.complaint for name, f in found.items() if f.complaint})


def _measured(name: str, finding: Finding) -> Measurement:
    return Unscored(name, finding.unscored) if finding.value is None else Score(name, finding.value)


def repetition(sample: Sample, _task: Task) -> Finding:
    """Different word pairs over all pairs of neighbouring words, in the field where it is lowest."""
    grams = [ngrams(tokens, 2) for tokens in map(words, sample.row.fields.values()) if len(tokens) >= FEW_WORDS]
    if not grams:
        return Finding(None, unscored=f"fewer than {FEW_WORDS} words")
    value = min(len(set(g)) / len(g) for g in grams)
    return Finding(value, f"only {value:.0%} of its word pairs are different" if value < REPETITION_LIMIT else "")


def compression(sample: Sample, _task: Task) -> Finding:
    """Compressed share of the text's bytes against that of plain prose."""
    raw = sample.row.text.encode("utf-8", "replace")
    if len(raw) < COMPRESSIBLE_BYTES:
        return Finding(None, unscored=f"fewer than {COMPRESSIBLE_BYTES} bytes")
    share = len(zlib.compress(raw, 9)) / len(raw)
    value = min(1.0, share / PROSE_SHARE)
    return Finding(value, f"compresses to {share:.0%} of its size" if value < COMPRESSION_LIMIT else "")


def readable(sample: Sample, _task: Task) -> Finding:
    """The smaller of: share of visible characters that are letters, digits or marks (70 % is full score), share of plausible words."""
    shown = [c for c in sample.row.text if not c.isspace()]
    letters = sum(c.isalnum() or ord(c) >= 0x300 for c in shown) / len(shown) if shown else 0.0
    tokens = words(sample.row.text)
    plausible = sum(not _odd(t) for t in tokens) / len(tokens) if tokens else 1.0
    value = min(1.0, letters / 0.7, plausible)
    return Finding(value, f"{letters:.0%} letters, {plausible:.0%} plausible words" if value < READABLE_LIMIT else "")


def _odd(token: str) -> bool:
    """Unlikely to be a word of any language in Latin letters: no vowel in a long run, one letter again and again, or endless."""
    return bool(len(token) > 30 or _SAME_LETTER.search(token) or (token.isascii() and _VOWELLESS.search(token)))


def length(sample: Sample, task: Task) -> Finding:
    """1 within the task's bounds; outside, the ratio of the number of words to the bound that is missed."""
    count, bounds = word_count(*sample.row.fields.values()), task.spec.length
    value = within(count, bounds.min_words, bounds.max_words)
    return Finding(value, f"{count} words, allowed are {bounds.min_words} to {bounds.max_words}" if value < 1 else "")


def within(count: float, low: float, high: float) -> float:
    """1 inside low..high, otherwise how much of the missed bound is reached: count/low or high/count."""
    if count < low:
        return count / low
    return high / count if count > high else 1.0


def leak(sample: Sample, task: Task) -> Finding:
    """0 for a text that says its label where the task forbids it, repeats the instruction or contains pieces of the contract."""
    complaint = _label_leak(sample, task) or _instruction_leak(sample, task) or _contract_leak(sample, task)
    return Finding(0.0 if complaint else 1.0, complaint)


def _label_leak(sample: Sample, task: Task) -> str:
    label = words(sample.row.label)
    said = task.spec.leak == "forbid" and label and tuple(label) in ngrams(words(sample.row.text), len(label))
    return f"says its label {sample.row.label!r}" if said else ""


def _instruction_leak(sample: Sample, task: Task) -> str:
    text = words(sample.row.text)
    for told in (task.spec.instruction, task.spec.labels.get(sample.row.label, "")):
        run = min(INSTRUCTION_RUN, len(words(told)))
        shared = set(ngrams(text, run)) & set(ngrams(words(told), run)) if run >= 5 else set()
        if shared:
            return f"repeats the task's words: {' '.join(min(shared))!r}"
    return ""


def _contract_leak(sample: Sample, task: Task) -> str:
    text = sample.row.text
    keys = "|".join(re.escape(key) for key in task.keys)
    if found := re.search(rf"""["'](?:{keys})["']\s*:""", text):
        return f"contains a piece of the contract: {found[0]!r}"
    plain = " ".join(words(text))
    return next((f"contains a phrase of the prompt: {phrase!r}" for phrase in _PROMPT_PHRASES if phrase in plain), "")
