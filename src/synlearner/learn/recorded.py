"""The prompts of steps as a mapping that takes no memory for them: each is read from the ledger when it is looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from synlearner.records import Prompt
from synlearner.store.ledger import Ledger


class RecordedPrompts(Mapping[str, Prompt]):
    """Prompts by id, in their order. `|` joins two of them; of one id, the later stays."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._step_of: dict[str, str] = {}

    def add(self, step: str, prompts: list[str]) -> None:
        """More of them, which the step has in the ledger."""
        self._step_of.update(dict.fromkeys(prompts, step))

    def __getitem__(self, key: str) -> Prompt:
        return self._ledger.prompt(self._step_of[key], key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._step_of)

    def __len__(self) -> int:
        return len(self._step_of)

    def __contains__(self, key: object) -> bool:
        return key in self._step_of

    def __or__(self, other: RecordedPrompts) -> RecordedPrompts:
        found = RecordedPrompts(self._ledger)
        found._step_of = self._step_of | other._step_of
        return found
