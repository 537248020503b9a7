"""The guard of every change of the generator: what candidates wrote for the same prompts comes in, the choice and its reason go out.

A candidate must be better than what it would replace (for a warm start: than the fresh generator) by more than one standard error of the paired
difference. Of those that are, the one with the largest difference is chosen; ties go to the simpler.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

FRESH = "fresh"
# The simplest first.
SIMPLE = (FRESH, "latest", "nearest", "merged")
Scores = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Field:
    """Names of candidates, the simplest first: that one stays unless another is better. `first` is what the reason calls it."""

    names: tuple[str, ...]
    first: str


STARTS = Field(SIMPLE, "the fresh generator")
LEARNT = Field(("before", "after"), "the generator before")


@dataclass(frozen=True, slots=True)
class Verdict:
    """A candidate's mean over `n` prompts, and over the `pairs` that it shares with the first candidate the mean difference with its standard error.

    None is what could not be computed: a mean of no prompt, an error of fewer than two pairs.
    """

    NUMBERS: ClassVar[tuple[str, ...]] = ("mean", "n", "difference", "error", "pairs")

    name: str
    mean: float | None
    n: int
    difference: float | None = None
    error: float | None = None
    pairs: int | None = None

    @property
    def better(self) -> bool:
        """Whether it is better than the first candidate by more than one standard error."""
        return self.difference is not None and self.error is not None and self.difference > self.error

    def numbers(self) -> dict[str, float | None]:
        """By name."""
        return {name: getattr(self, name) for name in self.NUMBERS}


@dataclass(frozen=True, slots=True)
class Decision:
    """The name of the candidate that is chosen, why in words, and what was measured."""

    chosen: str
    why: str
    verdicts: tuple[Verdict, ...]


def decide(scores: Mapping[str, Scores], among: Field = STARTS) -> Decision:
    """The candidate to go on with, by what each scored on the same prompts (None: not measured). The first of the field must be among them."""
    first, simplicity = among.names[0], {name: place for place, name in enumerate(among.names)}
    verdicts = tuple(_verdict(name, scores[name], None if name == first else scores[first]) for name in sorted(scores, key=simplicity.__getitem__))
    # Of equally good ones max takes the first, which is the simplest.
    best = max((v for v in verdicts if v.better), key=_gain, default=None)
    if best is None:
        return Decision(first, _why_first(verdicts), verdicts)
    return Decision(best.name, f"it is better than {among.first} by {_told(best)}", verdicts)


def _gain(verdict: Verdict) -> float:
    return verdict.difference or 0.0


def _verdict(name: str, own: Scores, first: Scores | None) -> Verdict:
    known = [x for x in own.values() if x is not None]
    mean = math.fsum(known) / len(known) if known else None
    if first is None:
        return Verdict(name, mean, len(known))
    pairs = shared(own, first)
    difference, error = paired([x - y for x, y in pairs])
    return Verdict(name, mean, len(known), difference, error, len(pairs))


def shared(own: Scores, other: Scores) -> list[tuple[float, float]]:
    """Both scores of the prompts where both were measured."""
    return [(x, y) for prompt, x in own.items() if x is not None and (y := other.get(prompt)) is not None]


def paired(differences: list[float]) -> tuple[float | None, float | None]:
    """Mean of differences and its standard error; the error needs two of them."""
    n = len(differences)
    mean = math.fsum(differences) / n if n else None
    if mean is None or n < 2:
        return mean, None
    return mean, math.sqrt(math.fsum((d - mean) ** 2 for d in differences) / (n - 1) / n)


def _why_first(verdicts: Sequence[Verdict]) -> str:
    others = [v for v in verdicts if v.difference is not None]
    if not others:
        return "no candidate could be compared with it"
    best = max(others, key=_gain)
    return f"no candidate is better by more than one standard error; the best, {best.name}, differs by {_told(best)}"


def _told(verdict: Verdict) -> str:
    error = "unknown" if verdict.error is None else f"{verdict.error:.3f}"
    return f"{verdict.difference or 0.0:+.3f} (standard error {error}, {verdict.pairs} prompts)"
