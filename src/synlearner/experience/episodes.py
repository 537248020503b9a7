"""Episodes from the ledger: closed writing steps come in, one episode for each prompt that was answered goes out.

A prompt without an answer teaches nothing about ways of writing. A row that was only too much of its label counts as accepted: nothing was wrong with it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from synlearner.records import LOGPROB, Draft, Episode, Failure, Outcome, Pattern, Rejection, Sample, Score
from synlearner.store.ledger import Ledger

SURPLUS = "surplus"
_WORD = re.compile(r"\S+")


def episodes_of(ledger: Ledger, steps: Iterable[str], *, task: str, run: str, adapter: str = "", plan: str = "", gains: Mapping[str, float | None] | None = None) -> list[Episode]:
    """The episodes of some steps of the task with that key. `gains` has by step what the student gained, where that was measured."""
    found = []
    for step in steps:
        dropped, rewards, costs = _dropped(ledger, step), ledger.scores(step), _costs(ledger, step)
        outcomes = {o.prompt_id: o for o in ledger.outcomes(step)}
        gain = (gains or {}).get(step)
        for prompt in ledger.prompts(step):
            outcome = outcomes.get(prompt.id)
            if outcome is None or isinstance(outcome, Failure):
                continue
            reason = outcome.reason if isinstance(outcome, Rejection) else dropped.get(prompt.id, "")
            measured = {m.name: m.value for m in rewards.get(prompt.id, ()) if isinstance(m, Score) and m.name != LOGPROB}
            pattern = Pattern(prompt.label, prompt.attributes, prompt.examples, prompt.hints, adapter, plan)
            found.append(Episode(task, run, step, prompt.id, pattern, not reason, reason, measured, _words(outcome), gain, *costs[prompt.id]))
    return found


def _words(outcome: Outcome) -> int | None:
    return len(_WORD.findall(outcome.row.text)) if isinstance(outcome, Sample) else None


def _dropped(ledger: Ledger, step: str) -> dict[str, str]:
    """The first reason for which a filter dropped each row."""
    why: dict[str, str] = {}
    for mark in ledger.marks(step):
        if mark.drop and mark.reason != SURPLUS:
            why.setdefault(mark.prompt_id, mark.reason)
    return why


def _costs(ledger: Ledger, step: str) -> dict[str, tuple[int, int, float]]:
    """Known tokens in and out, and seconds of each prompt's answers, the correction turn included."""
    costs: dict[str, tuple[int, int, float]] = defaultdict(lambda: (0, 0, 0.0))
    for turn in (0, 1):
        for answer in ledger.each_answer(step, turn):
            if isinstance(answer, Draft):
                had = costs[answer.prompt_id]
                costs[answer.prompt_id] = (had[0] + (answer.tokens_in or 0), had[1] + (answer.tokens_out or 0), had[2] + answer.seconds)
    return costs
