"""A degradation ladder: real rows are made worse step by step, and a reward has to notice (arXiv 2603.09403).

Rows of a task go in; attempts at every rung come out, rung 0 untouched, the last rung all damaged. A rung of share s damages s of the rows,
and what is damaged on one rung is damaged in the same way on all later ones. `fall` says how well a reward's means follow the rungs.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from synlearner.feedback.attributes import content_words
from synlearner.feedback.words import words
from synlearner.protocols import Reward
from synlearner.records import Attempt, Prompt, Rejection, Row, Sample, Score
from synlearner.seeding import rng
from synlearner.stream.tasks import Task

Damage = Callable[[Attempt, Sequence[Attempt], Random], Attempt]
MENTION = "mention"


def attempts_of(task: Task, rows: Sequence[Row], *, seed: int) -> list[Attempt]:
    """Rows as if a generator had written them, asked to mention two words that stand in them."""
    return [_attempt(task, row, i, rng(seed, "mention", row.id)) for i, row in enumerate(rows)]


def ladder(task: Task, rows: Sequence[Row], damage: str, *, rungs: int = 6, seed: int) -> list[list[Attempt]]:
    """`rungs` lists of attempts with a share of 0, 1/(rungs-1), … 1 of the rows damaged. Raises KeyError for an unknown damage."""
    whole, spoil = attempts_of(task, rows, seed=seed), DAMAGES[damage]
    order = rng(seed, "ladder", damage).sample(range(len(whole)), len(whole))
    worse = {i: spoil(whole[i], whole, rng(seed, damage, i)) for i in order}
    counts = [round(len(whole) * step / (rungs - 1)) for step in range(rungs)]
    damaged = [frozenset(order[:n]) for n in counts]
    return [[worse[i] if i in some else a for i, a in enumerate(whole)] for some in damaged]


def means(reward: Reward, steps: Sequence[Sequence[Attempt]]) -> list[float | None]:
    """The reward's mean on every rung; an answer without a record counts as the lowest value, what was not measured does not count."""
    return [_mean(reward, attempts) for attempts in steps]


def fall(values: Sequence[float | None]) -> float | None:
    """Kendall's τ-b between rungs and falling values: 1 if every rung is lower than the one before; None where a rung has no value or none differs."""
    if any(v is None for v in values) or len(set(values)) < 2:
        return None
    pairs = [(a, b) for i, a in enumerate(values) for b in values[i + 1 :] if a is not None and b is not None]
    down, up = sum(a > b for a, b in pairs), sum(a < b for a, b in pairs)
    tied = len(pairs) - down - up
    return (down - up) / math.sqrt((len(pairs) - tied) * len(pairs))


def _mean(reward: Reward, attempts: Sequence[Attempt]) -> float | None:
    measured = zip(attempts, reward.score(attempts), strict=True)
    values = [m.value if isinstance(m, Score) else reward.bounds[0] for a, m in measured if isinstance(m, Score) or isinstance(a.outcome, Rejection)]
    return sum(values) / len(values) if values else None


def _attempt(task: Task, row: Row, place: int, random: Random) -> Attempt:
    said = sorted({w for w in content_words(row.text) if len(w) > 3})
    wanted = {MENTION: " ".join(random.sample(said, min(2, len(said))))} if said else {}
    prompt = Prompt(f"ladder-{place}", task.name, "ladder", place, row.label, wanted, (), "", "", place, task.keys)
    return Attempt(prompt, Sample(prompt.id, Row(f"ladder-{place}", row.fields, row.label, "synthetic"), wanted))


def _sample(attempt: Attempt) -> Sample:
    """What `attempts_of` made: every attempt of rung 0 has a record."""
    assert isinstance(attempt.outcome, Sample)
    return attempt.outcome


def _with_row(attempt: Attempt, **changes: Any) -> Attempt:
    sample = _sample(attempt)
    return replace(attempt, outcome=replace(sample, row=replace(sample.row, **changes)))


def _rewritten(attempt: Attempt, change: Callable[[str], str]) -> Attempt:
    """The same attempt with its last text changed."""
    fields = _sample(attempt).row.fields
    name = list(fields)[-1]
    return _with_row(attempt, fields={**fields, name: change(fields[name])})


def _flip(attempt: Attempt, whole: Sequence[Attempt], random: Random) -> Attempt:
    """The text stays; it is passed off as another label."""
    label = attempt.prompt.label
    others = sorted({a.prompt.label for a in whole} - {label})
    return _with_row(attempt, label=random.choice(others) if others else label)


def _without_attributes(attempt: Attempt, _whole: Sequence[Attempt], _random: Random) -> Attempt:
    unwanted = set(words(attempt.prompt.attributes.get(MENTION, "")))
    return _rewritten(attempt, lambda text: " ".join(w for w in text.split() if not unwanted & set(words(w))) or text)


def _paraphrased(attempt: Attempt, whole: Sequence[Attempt], random: Random) -> Attempt:
    """The first row once more, with one of a few fillers: what a generator without ideas writes."""
    text = list(_sample(whole[0]).row.fields.values())[-1]
    return _rewritten(attempt, lambda _: f"{random.choice(('well', 'so', 'really', 'honestly'))}, {text}")


def _truncated(attempt: Attempt, _whole: Sequence[Attempt], _random: Random) -> Attempt:
    return _rewritten(attempt, lambda text: text.split()[0])


def _looped(attempt: Attempt, _whole: Sequence[Attempt], _random: Random) -> Attempt:
    return _rewritten(attempt, lambda text: " ".join([" ".join(text.split()[:3])] * 12))


def _salad(attempt: Attempt, _whole: Sequence[Attempt], random: Random) -> Attempt:
    """As many words, of random consonants."""
    return _rewritten(attempt, lambda text: " ".join("".join(random.choices("bcdfghklmnpqrstvwxz", k=7)) for _ in text.split()))


def _broken(attempt: Attempt, _whole: Sequence[Attempt], _random: Random) -> Attempt:
    """JSON that ends in the middle."""
    raw = json.dumps(dict(_sample(attempt).row.fields), ensure_ascii=False)
    return replace(attempt, outcome=Rejection(attempt.prompt.id, "cut off", "the answer ends inside the object", raw[: len(raw) // 2]))


DAMAGES: Mapping[str, Damage] = {
    "label flip": _flip,
    "attribute removal": _without_attributes,
    "paraphrase duplicate": _paraphrased,
    "truncation": _truncated,
    "loop": _looped,
    "word salad": _salad,
    "json break": _broken,
}
