"""Kinds of task. A kind decides the record's fields, the contract of the answer, what makes a record valid, who verifies it, which student
reads it and which of its answers are right.

A new kind is one object like these two, registered under the entry-point group ``synlearner.kind``. Students and verifiers are named, not
imported: they live in rooms above.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from synlearner.registry import find
from synlearner.stream.texts import normal_text

Match = Callable[[str, str], bool]
# What a student gives back: one of declared labels, or an answer in its own words.
LABELS, ANSWERS = "labels", "answers"


def same_text(answer: str, gold: str) -> bool:
    """Whether two answers are equal up to Unicode compatibility, case and white space."""
    return normal_text(answer) == normal_text(gold)


@dataclass(frozen=True, slots=True)
class Kind:
    """The frozen description of a kind.

    `fields`: default text fields, `fixed` their number (None: any). `target` is the default key of the label or answer. `closed` says
    whether the target is one of declared labels. `valid` gets the text fields of a coerced record and returns a complaint or "".
    `role` is the system line of its prompts.

    `match` gets a student's answer and the gold one and says whether it is right; closed kinds compare labels instead. `student` names who
    reads a task of this kind where the run's student cannot, `verifier` the socket `verifier`'s factory that judges its rows; without one the
    rows of closed kinds are verified by a student on labels, and those of open kinds are not.
    """

    name: str
    fields: tuple[str, ...]
    target: str
    closed: bool
    role: str
    valid: Callable[[Mapping[str, str]], str]
    fixed: int | None = None
    match: Match = same_text
    student: str = ""
    verifier: str = ""

    @property
    def gives(self) -> str:
        """What a student must give back for this kind: `LABELS` or `ANSWERS`."""
        return LABELS if self.closed else ANSWERS

    def keys(self, fields: Sequence[str], target: str) -> tuple[str, ...]:
        """Keys of the record in the order of the contract: the target first, so that the text is written under it."""
        return (target, *fields)


def gives(student: str, what: str) -> bool:
    """Whether the student of that name gives back `LABELS` or `ANSWERS`: its factory says so in `gives`; one that says nothing gives labels."""
    return what in getattr(find("student", student), "gives", (LABELS,))


def reads(student: str, kind: Kind) -> bool:
    """Whether the student of that name can read a kind."""
    return gives(student, kind.gives)


def reader(kind: Kind, student: str) -> str:
    """Who reads tasks of a kind: the run's `student` if it can, else the kind's own; "" where neither can."""
    return next((name for name in (student, kind.student) if name and reads(name, kind)), "")


def _any_text(fields: Mapping[str, str]) -> str:  # noqa: ARG001  (the signature of `valid`)
    return ""


def _two_texts(fields: Mapping[str, str]) -> str:
    first, second = (" ".join(v.casefold().split()) for v in fields.values())
    return "both texts are the same" if first == second else ""


CLASSIFICATION = Kind(
    name="classification",
    fields=("text",),
    target="label",
    closed=True,
    role="You write realistic, varied training data. Answer with one JSON object and nothing else.",
    valid=_any_text,
)
PAIR = Kind(
    name="pair",
    fields=("premise", "hypothesis"),
    target="label",
    closed=True,
    role="You write realistic, varied pairs of texts as training data. Answer with one JSON object and nothing else.",
    valid=_two_texts,
    fixed=2,
)
