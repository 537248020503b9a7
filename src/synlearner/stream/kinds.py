"""Kinds of task. A kind decides the record's fields, the contract of the answer, what makes a record valid and how a student reads it.

A new kind is one object like these two, registered under the entry-point group ``synlearner.kind``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """The frozen description of a kind.

    `fields`: default text fields, `fixed` their number (None: any). `target` is the default key of the label or answer. `closed` says
    whether the target is one of declared labels. `valid` gets the text fields of a coerced record and returns a complaint or "".
    `role` is the system line of its prompts.
    """

    name: str
    fields: tuple[str, ...]
    target: str
    closed: bool
    role: str
    valid: Callable[[Mapping[str, str]], str]
    fixed: int | None = None

    def keys(self, fields: Sequence[str], target: str) -> tuple[str, ...]:
        """Keys of the record in the order of the contract: the target first, so that the text is written under it."""
        return (target, *fields)


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
