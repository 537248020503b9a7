"""Rewards for anyone's trainer: a reward of ours goes in, a TRL reward function comes out.

    trainer = GRPOTrainer(model, reward_funcs=[reward_function(Quality(task), task)], train_dataset=data, ...)

The data set needs the column of the task's target (`label` by default) with the wanted label; `attributes` may hold the wanted attributes
as a mapping, or as its JSON. `answers` makes completions into attempts: the same reading of an answer as in a run. `FromFunction` goes the other way.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from synlearner.errors import SpecError
from synlearner.generate.parsing import parse
from synlearner.generate.prompts import contract_json
from synlearner.protocols import Level, Reward
from synlearner.records import Attempt, Draft, Failure, Measurement, Prompt, Rejection, Score, Unscored
from synlearner.seeding import content_hash
from synlearner.stream.tasks import Task

Completion = str | Sequence[Mapping[str, Any]]
RewardFunction = Callable[..., list[float | None]]


def reward_function(reward: Reward, task: Task) -> RewardFunction:
    """`f(prompts, completions, **columns) -> list[float | None]`, named like the reward.

    None is what TRL takes for "not measured": it enters no mean there either. How many there were is told to `log_metric`, where the
    trainer gives one. A set reward sees the completions of one call: all that this process generated. Raises `SpecError` when the
    data set lacks the column of the label.
    """

    def score(prompts: Sequence[Completion], completions: Sequence[Completion], **columns: Any) -> list[float | None]:
        measured = reward.score(answers(task, prompts, completions, columns))
        log = columns.get("log_metric")
        if log is not None:
            log(f"unscored/{reward.name}", float(sum(isinstance(m, Unscored) for m in measured)))
        return [None if isinstance(m, Unscored) else m.value for m in measured]

    score.__name__ = reward.name
    return score


class FromFunction:
    """A reward made of a reward function as trainers take it, to be looked at with the means that rewards have here. What gets no finite number is Unscored."""

    level: Level = "sample"
    bounds = (-math.inf, math.inf)

    def __init__(self, function: RewardFunction, task: Task, name: str = "") -> None:
        self.name, self._function, self._task = name or getattr(function, "__name__", "function"), function, task

    def score(self, attempts: Sequence[Attempt]) -> list[Measurement]:
        """Records are shown as their JSON, other answers as they are. Raises `SpecError` where the function gives another number of values."""
        asked = [a for a in attempts if not isinstance(a.outcome, Failure)]
        columns = {self._task.target: [a.prompt.label for a in asked], "attributes": [dict(a.prompt.attributes) for a in asked]}
        said = self._function(prompts=[a.prompt.user for a in asked], completions=[self._text(a) for a in asked], **columns)
        if len(said) != len(asked):
            raise SpecError(f"the reward function {self.name!r} gave {len(said)} values for {len(asked)} completions", "return a number, or None, for each of them")
        values = iter(said)
        return [Unscored(self.name, a.outcome.error) if isinstance(a.outcome, Failure) else self._measured(next(values)) for a in attempts]

    def _text(self, attempt: Attempt) -> str:
        outcome = attempt.outcome
        assert not isinstance(outcome, Failure)
        return outcome.raw if isinstance(outcome, Rejection) else contract_json(self._task.record(outcome.row))

    def _measured(self, value: float | None) -> Measurement:
        return Unscored(self.name, "the function gave no finite number") if value is None or not math.isfinite(value) else Score(self.name, float(value))


def answers(task: Task, prompts: Sequence[Completion], completions: Sequence[Completion], columns: Mapping[str, Any]) -> list[Attempt]:
    """An attempt for every completion. Completions of the same prompt text and label share a prompt, so that they are one group."""
    labels = _column(task, columns, len(completions))
    attributes = columns.get("attributes") or [{}] * len(completions)
    asked = [_prompt(task, said(p), label, _mapping(a)) for p, label, a in zip(prompts, labels, attributes, strict=True)]
    return [Attempt(prompt, parse(task, prompt, Draft(prompt.id, 0, said(c), None, None))) for prompt, c in zip(asked, completions, strict=True)]


def said(completion: Completion) -> str:
    """The text of a completion: itself, or the content of its last message."""
    return completion if isinstance(completion, str) else str(completion[-1]["content"])


def _column(task: Task, columns: Mapping[str, Any], n: int) -> Sequence[str]:
    if task.target in columns:
        return [str(v) for v in columns[task.target]]
    if task.labels:
        raise SpecError(f"the data set has no column {task.target!r}", f"add the wanted {task.target} of every prompt as the column {task.target!r}")
    return [""] * n


def _mapping(value: Any) -> dict[str, str]:
    """Attributes as a mapping; data sets of fixed columns hold None for what a row does not have."""
    found = json.loads(value) if isinstance(value, str) else value
    return {str(k): str(v) for k, v in (found or {}).items() if v is not None}


def _prompt(task: Task, user: str, label: str, attributes: Mapping[str, str]) -> Prompt:
    key = content_hash([task.key, user, label, sorted(attributes.items())])
    return Prompt(key, task.name, "reward", 0, label, attributes, (), "", user, 0, task.keys)
