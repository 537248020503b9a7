"""The guard against negative transfer: what candidates for a warm start wrote for the same prompts comes in, the choice and its reason go out.

A candidate must be better than the fresh generator by more than one standard error of the paired difference. Of those that are, the one with
the largest difference is chosen; ties go to the simpler.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

FRESH = "fresh"
# The simplest first.
SIMPLE = (FRESH, "latest", "nearest", "merged")
Scores = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A candidate's mean over `n` prompts, and over the `pairs` that it shares with the fresh generator the mean difference with its standard error.

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
        """Whether it is better than the fresh generator by more than one standard error."""
        return self.difference is not None and self.error is not None and self.difference > self.error

    def numbers(self) -> dict[str, float | None]:
        """By name."""
        return {name: getattr(self, name) for name in self.NUMBERS}


@dataclass(frozen=True, slots=True)
class Decision:
    """The name of the candidate to start from, why in words, and what was measured."""

    chosen: str
    why: str
    verdicts: tuple[Verdict, ...]


def decide(scores: Mapping[str, Scores]) -> Decision:
    """The candidate to start from, by what each scored on the same prompts (None: not measured). `fresh` must be among them."""
    verdicts = tuple(_verdict(name, scores[name], scores[FRESH]) for name in sorted(scores, key=_simplicity))
    better = [v for v in verdicts if v.better]
    if not better:
        return Decision(FRESH, _why_fresh(verdicts), verdicts)
    best = max(better, key=lambda v: (v.difference or 0.0, -_simplicity(v.name)))
    return Decision(best.name, f"it is better than the fresh generator by {_told(best)}", verdicts)


def _simplicity(name: str) -> int:
    return SIMPLE.index(name)


def _verdict(name: str, own: Scores, fresh: Scores) -> Verdict:
    known = [x for x in own.values() if x is not None]
    mean = math.fsum(known) / len(known) if known else None
    if name == FRESH:
        return Verdict(name, mean, len(known))
    pairs = [(x, y) for prompt, x in own.items() if x is not None and (y := fresh.get(prompt)) is not None]
    difference, error = paired([x - y for x, y in pairs])
    return Verdict(name, mean, len(known), difference, error, len(pairs))


def paired(differences: list[float]) -> tuple[float | None, float | None]:
    """Mean of differences and its standard error; the error needs two of them."""
    n = len(differences)
    mean = math.fsum(differences) / n if n else None
    if mean is None or n < 2:
        return mean, None
    return mean, math.sqrt(math.fsum((d - mean) ** 2 for d in differences) / (n - 1) / n)


def _why_fresh(verdicts: tuple[Verdict, ...]) -> str:
    others = [v for v in verdicts if v.difference is not None]
    if not others:
        return "no candidate could be compared with it"
    best = max(others, key=lambda v: (v.difference or 0.0, -_simplicity(v.name)))
    return f"no candidate is better by more than one standard error; the best, {best.name}, differs by {_told(best)}"


def _told(verdict: Verdict) -> str:
    error = "unknown" if verdict.error is None else f"{verdict.error:.3f}"
    return f"{verdict.difference or 0.0:+.3f} (standard error {error}, {verdict.pairs} prompts)"
