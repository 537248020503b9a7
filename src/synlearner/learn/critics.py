"""The run's judges as critics: accepted and rejected drafts go in, lessons come out, each a critique first and then how sure the judge is of it.

They are asked as any judge is: through the ledger, the purse and the cache. Drafts are quoted as data; what a judge makes of them passes the checks of any remembered text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from synlearner.feedback.rubrics import Taught, read_lesson, rubric_of, teaching
from synlearner.learn.desk import Desk
from synlearner.learn.judging import answered
from synlearner.protocols import Critic
from synlearner.records import Attempt, Critique, Draft, Failure, Prompt, Rejection, Sample, Unscored
from synlearner.seeding import content_hash
from synlearner.stream.specs import JUDGE
from synlearner.stream.tasks import Task

# Each judge is asked so often, each time about other drafts.
QUESTIONS = 2
MOST_SHOWN = 600


@dataclass(frozen=True, slots=True)
class JudgesAsCritics:
    """A `Critic` made of all judges of a run."""

    desk: Desk

    @property
    def identity(self) -> str:
        return f"judges {content_hash([j.identity for j in self.desk.judges])}"

    def critique(self, task: Task, accepted: Sequence[Attempt], rejected: Sequence[Attempt], *, seed: int) -> list[Critique | Unscored]:
        """A lesson for each judge and question, or why there is none."""
        told = rubric_of(task, self.desk.run.judge.points)
        good = [task.record(a.outcome.row) for a in accepted if isinstance(a.outcome, Sample)]
        bad = [shown for a in rejected if (shown := _rejected(a))]
        prompts = [teaching(told, good[n::QUESTIONS], bad[n::QUESTIONS], task=task.name, seed=seed) for n in range(QUESTIONS) if good[n::QUESTIONS] and bad[n::QUESTIONS]]
        if not prompts:
            return [Unscored("critique", "there are not both accepted and rejected drafts")]
        found = [said for judge in self.desk.judges for said in answered(self.desk, task.name, judge, prompts, "critique", _read)]
        return [Critique(said.lesson, said.sure) if isinstance(said, Taught) else Unscored("critique", said) for said in found]


def critic_of(desk: Desk) -> Critic | None:
    """The critic that the run names; None where it names none."""
    return JudgesAsCritics(desk) if desk.run.memory.critic == JUDGE else desk.critic


def _read(_: Prompt, answer: Draft | Failure) -> Taught | str:
    return read_lesson(answer)


def _rejected(attempt: Attempt) -> tuple[str, str] | None:
    """A rejected draft and the reason in a word; a record that a filter dropped is one as well."""
    outcome = attempt.outcome
    if isinstance(outcome, Rejection):
        return outcome.raw[:MOST_SHOWN], outcome.reason
    return (outcome.row.text[:MOST_SHOWN], "left out by a filter") if isinstance(outcome, Sample) else None
