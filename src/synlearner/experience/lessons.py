"""Lessons without a judge: episodes of one task come in, short sentences that its numbers bear out go out, and what became of lessons that prompts showed.

A sentence is about an attribute value, about length, or about a reason of rejection. It is said where two shares differ by more than chance would
have it (z of two proportions beyond `SURE`, which allows for the many values that are looked at), and it holds no number that the next task would have
otherwise, so that tasks can agree on it. The numbers stand beside it in the event.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from synlearner.experience.memory import Item, Source, said
from synlearner.records import Episode
from synlearner.store.memory import Event

SURE, FEWEST, MOST_LESSONS, MOST_PROMPTS, MOST_VALUE = 2.8, 10, 8, 5, 60
# A reason is worth a sentence from this share of all drafts on.
OFTEN = 0.1
REMEDIES = {
    "duplicate": "they said what an earlier row says",
    "near-duplicate": "they were nearly the same as an earlier row",
    "copied seed": "they copied an example",
    "label": "their text fitted another label better than the one asked for",
    "leak": "their text named its label",
    "too short": "their text was shorter than the task allows",
    "too long": "their text was longer than the task allows",
    "broken json": "they were no valid JSON",
    "no json": "they held no JSON object",
    "cut off": "they ended before the record was complete",
    "prompt echo": "they repeated the request",
    "attributes": "their text did not show the attributes that were asked for",
    "repetition": "their text repeated itself",
    "compression": "their text repeated itself",
    "readable": "their text held too few plausible words",
    "length": "their text was shorter or longer than the task allows",
    "missing key": "a key that was asked for was missing",
    "extra key": "they held keys that were not asked for, or a key twice",
    "wrong type": "a value was no text in quotes",
    "wrong label": "they held another label than the one asked for",
    "empty field": "a text was empty",
    "empty answer": "there was no text at all",
    "judge": "a reader scored them low",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence with the claim that names it, the claim of the contrary ("" for none), how sure it is (z), and prompts that show it."""

    claim: str
    text: str
    against: str
    z: float
    prompts: tuple[str, ...]


def findings(episodes: Sequence[Episode]) -> list[Finding]:
    """At most `MOST_LESSONS` sentences, the surest first."""
    found = [*_of_values(episodes), *_of_length(episodes), *_of_reasons(episodes)]
    return sorted(found, key=lambda f: (-abs(f.z), f.claim))[:MOST_LESSONS]


def lessons_from(episodes: Sequence[Episode], known: Mapping[str, Item], source: Source) -> list[Event]:
    """The events that say what the episodes bear out; `known` are the lessons as they stood before."""
    events: list[Event] = []
    for finding in findings(episodes):
        events += said(known, finding.claim, finding.text, Source(source.task, source.run, source.step, finding.prompts, source.by), against=finding.against)
    return events


def used(episodes: Sequence[Episode], source: Source) -> list[Event]:
    """For each lesson that some prompts showed and some did not, whether those that did were better by more than a standard error."""
    shown = sorted({h for e in episodes for h in e.pattern.hints})
    events = []
    for lesson in shown:
        groups = [[e for e in episodes if (lesson in e.pattern.hints) is there] for there in (True, False)]
        if min(map(len, groups)) < FEWEST:
            continue
        (n, a), (m, b) = ((len(g), sum(e.accepted for e in g)) for g in groups)
        better = a / n - b / m > _error(a + 1, n + 2, b + 1, m + 2)
        body = {**source.body, "lesson": lesson, "better": better, "with": [n, a], "without": [m, b]}
        events.append(Event("used", {k: v for k, v in body.items() if k != "by"}))
    return events


def _error(a: float, n: float, b: float, m: float) -> float:
    """Standard error of the difference of two shares."""
    p, q = a / n, b / m
    return math.sqrt(p * (1 - p) / n + q * (1 - q) / m)


def _z(a: int, n: int, b: int, m: int) -> float:
    """How far the shares a of n and b of m lie apart, in standard errors of equal shares; 0 for few prompts."""
    if min(n, m) < FEWEST:
        return 0.0
    p = (a + b) / (n + m)
    error = math.sqrt(p * (1 - p) * (1 / n + 1 / m))
    return (a / n - b / m) / error if error else 0.0


def _of_values(episodes: Sequence[Episode]) -> list[Finding]:
    having: dict[str, list[Episode]] = defaultdict(list)
    groups: dict[tuple[str, str], list[Episode]] = defaultdict(list)
    for e in episodes:
        for d, v in e.pattern.attributes.items():
            having[d].append(e)
            groups[d, v].append(e)
    good = {d: sum(e.accepted for e in asked) for d, asked in having.items()}
    found = []
    for (d, v), group in groups.items():
        a = sum(e.accepted for e in group)
        z = _z(a, len(group), good[d] - a, len(having[d]) - len(group))
        if abs(z) > SURE:
            way, other = ("accepted", "rejected") if z > 0 else ("rejected", "accepted")
            told = [e.prompt for e in group if e.accepted == (z > 0)][:MOST_PROMPTS]
            text = f"Records with {_short(d)} '{_short(v)}' were {way} more often than others."
            found.append(Finding(f"value {way}: {d} = {v}", text, f"value {other}: {d} = {v}", z, tuple(told)))
    return found


def _of_length(episodes: Sequence[Episode]) -> list[Finding]:
    """Whether texts up to the median length fare otherwise than longer ones."""
    written = sorted((e for e in episodes if e.words is not None), key=lambda e: (e.words or 0, e.prompt))
    if not written:
        return []
    middle = written[(len(written) - 1) // 2].words or 0
    short, long = [e for e in written if (e.words or 0) <= middle], [e for e in written if (e.words or 0) > middle]
    z = _z(sum(e.accepted for e in short), len(short), sum(e.accepted for e in long), len(long))
    if abs(z) <= SURE:
        return []
    about = max(5, round(middle / 5) * 5)
    better, names = (short, ("short", "long")) if z > 0 else (long, ("long", "short"))
    text = f"Texts of up to about {about} words were accepted {'more' if z > 0 else 'less'} often than longer ones."
    return [Finding(f"length: {names[0]}", text, f"length: {names[1]}", z, tuple(e.prompt for e in better if e.accepted)[:MOST_PROMPTS])]


def _of_reasons(episodes: Sequence[Episode]) -> list[Finding]:
    counted = Counter(e.reason for e in episodes if not e.accepted)
    found = []
    for reason, n in counted.items():
        if n < FEWEST or n < OFTEN * len(episodes):
            continue
        remedy = REMEDIES.get(reason, f"the reason was '{_short(reason)}'")
        z = n / math.sqrt(len(episodes))
        prompts = tuple(e.prompt for e in episodes if e.reason == reason)[:MOST_PROMPTS]
        found.append(Finding(f"reason: {reason}", f"Many records were rejected because {remedy}.", "", z, prompts))
    return found


def _short(text: str) -> str:
    """A name or value on one line, cut."""
    line = " ".join(text.split())
    return line if len(line) <= MOST_VALUE else line[: MOST_VALUE - 1] + "…"
