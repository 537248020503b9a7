"""A comparison in plain words: whether history helped, whether more than format explains it, and what to distrust."""

from __future__ import annotations

from collections.abc import Sequence

from synlearner.evaluate.arms import ARMS, CHANCE, ISOLATED
from synlearner.report.comparison.schema import ArmCurve, ArmResult, Contrast, RunResult, Verdict
from synlearner.report.schema import Quantity
from synlearner.report.words import FEW_GOLD, listed, number, points, quantity_text

# Fewer seeds say little about how another run would turn out.
FEW_SEEDS = 5
HELPED = {"better": "History helped", "worse": "History hurt", "undecided": "History made no measurable difference"}
# What it means that the stream is better than an arm, worse, or not to be told from it.
EXPLAINED = {
    "format-only": {
        "better": "History is worth more than practice in the format alone",
        "worse": "Practice in the format alone is worth more than history",
        "undecided": "History cannot be told from practice in the format alone",
    },
    "shuffled-experience": {
        "better": "History is worth more than the same with its texts in the wrong places",
        "worse": "History with its texts in the wrong places is worth more than the right one",
        "undecided": "History cannot be told from the same with its texts in the wrong places",
    },
    "eft-alone": {
        "better": "Learning from rewards added to fine-tuning",
        "worse": "Learning from rewards took away from fine-tuning",
        "undecided": "Whether learning from rewards adds to fine-tuning cannot be told from chance",
    },
    "best-of-k": {
        "better": "Reinforcement is worth more than fine-tuning on the best of as many drafts",
        "worse": "Fine-tuning on the best of as many drafts is worth more than reinforcement",
        "undecided": "Reinforcement cannot be told from fine-tuning on the best of as many drafts",
    },
    "no-learning": {
        "better": "Learning on a stream helped",
        "worse": "Learning on a stream did harm",
        "undecided": "Learning on a stream cannot be told from not learning at all",
    },
    "joint": {
        "better": "The stream is even better than all tasks learnt at once",
        "worse": "All tasks learnt at once are better than the stream",
        "undecided": "The stream cannot be told from all tasks learnt at once",
    },
    "reference": {
        "better": "Our rewards are worth more than the published one",
        "worse": "The published reward is worth more than ours",
        "undecided": "Our rewards cannot be told from the published one",
    },
}


def verdict(value: Quantity) -> Verdict:
    """Whether the interval lies above, below or around zero."""
    if value.value is None or value.interval is None:
        return "unmeasured"
    return "better" if value.interval.low > 0 else "worse" if value.interval.high < 0 else "undecided"


def contrast_text(value: Quantity) -> str:
    """A contrast for a sentence: points with their interval, or why there is none."""
    if value.value is None or value.interval is None:
        return value.reason or f"{quantity_text(value)} points"
    return f"{points(value.value)} points ({points(value.interval.low)} to {points(value.interval.high)})"


def answer(contrasts: Sequence[Contrast], state: str) -> str:
    """Whether history helped."""
    found = next((c for c in contrasts if c.against == ISOLATED and c.source == "data sets"), None)
    if found is None:
        return "Whether history helped was not measured: it needs the arms stream and isolated."
    if found.verdict == "unmeasured":
        return f"Whether history helped was not measured: {found.value.reason or found.value.remark}."
    said = f"{HELPED[found.verdict]}: {contrast_text(found.value)} on the tasks that had one, against learning each task alone."
    return said if state == "finished" else f"So far, {said[0].lower()}{said[1:]}"


def details(contrasts: Sequence[Contrast], arms: Sequence[ArmResult]) -> list[str]:
    """What the other arms say, one sentence each."""
    whole = [c for c in contrasts if c.source == "data sets"]
    said = [_said(c) for name in EXPLAINED for c in whole if c.against == name]
    again = next((c for c in contrasts if c.against == ISOLATED and c.source == "cells"), None)
    if again and again.verdict != "unmeasured" and whole:
        said.append(f"On the smaller sets of the matrix the difference to learning alone is {contrast_text(again.value)}.")
    return said + [f"The arm {a.arm} was not run: its settings are those of {a.same_as}{_no_reward(a)}." for a in arms if a.same_as]


ABOVE = {"better": "ends above", "worse": "ends below", "undecided": "cannot be told from", "unmeasured": "was not compared with"}


def chosen_by(curves: Sequence[ArmCurve]) -> list[str]:
    """What every way of choosing rows is worth beside chance, one sentence each."""
    return [_chosen(c) for c in curves if c.arm != CHANCE] if any(c.arm == CHANCE for c in curves) else []


def _chosen(c: ArmCurve) -> str:
    share = "does not reach its last score" if c.share_of_rows is None else f"reaches its last score with {100 * c.share_of_rows:.0f} % of the rows"
    return f"{c.arm} {ABOVE[verdict(c.last)]} {CHANCE}: {contrast_text(c.last)} after the last round; it {share}."


def _no_reward(arm: ArmResult) -> str:
    return ", as reinforce.method is off" if arm.arm in ("eft-alone", "best-of-k", "reference") else ""


def _said(c: Contrast) -> str:
    if c.verdict == "unmeasured":
        return f"Whether {ARMS[c.against].asks.removeprefix('whether ')} was not measured ({c.against}): {c.value.reason or c.value.remark}."
    return f"{EXPLAINED[c.against][c.verdict]}: {contrast_text(c.value)}, stream minus {c.against}."


def distrust(runs: Sequence[RunResult], arms: Sequence[ArmResult], contrasts: Sequence[Contrast], orders: Sequence[str], seeds: Sequence[int]) -> list[str]:
    """Reasons for caution, the weightiest first."""
    open_ = [f"{r.arm}-{r.order}-{r.seed}" for r in runs if r.state != "finished"]
    found = (
        [f"{number(len(open_), 'run')} of {len(runs)} {'is' if len(open_) == 1 else 'are'} not finished: {listed(open_, 5)}. Contrasts are over the pairs that are."]
        if open_
        else []
    )
    if len(seeds) == 1:
        found.append("There is one seed: intervals cover the gold rows and not how runs with other seeds would turn out.")
    elif len(seeds) < FEW_SEEDS:
        found.append(f"There are {len(seeds)} seeds: so few say little about how much runs differ by their seed, which makes intervals wide.")
    if len(orders) == 1:
        found.append("There is one order of tasks: another one may turn out otherwise.")
    tasks = {t.task: t.gold for r in runs for t in r.tasks}
    few = [f"{name} ({gold})" for name, gold in tasks.items() if gold < FEW_GOLD]
    found += [f"Few gold rows (under {FEW_GOLD}), so intervals are wide: {listed(few)}."] if few else []
    found += [f"Only {'one task was' if len(tasks) == 1 else f'these {len(tasks)} tasks were'} compared: nothing is said about streams of others."] if tasks else []
    several = [c for c in contrasts if c.source == "data sets" and c.verdict != "unmeasured"]
    found += [f"{len(several)} contrasts are looked at, each at its own level: some may lie beside zero by chance."] if len(several) > 1 else []
    unmeasured = [a.average.reason for a in arms if a.runs and a.average.value is None]
    return found + ([f"Transfer and forgetting were not measured: {unmeasured[0]}."] if unmeasured else [])
