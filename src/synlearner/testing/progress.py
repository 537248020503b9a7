"""A progress that remembers: what it was told, in order, as tuples."""

from __future__ import annotations

from collections.abc import Callable


class Recorder:
    """`told` holds ("start", step, total), ("advance", count), ("finish", note) and ("say", text) in the order of the calls; `spending`
    tells in words what the last step that could be watched has spent.
    """

    def __init__(self) -> None:
        self.told: list[tuple[str, str | int] | tuple[str, str, int]] = []
        self.spending: Callable[[int, int], str] = lambda _done, _total: ""

    def start(self, step: str, total: int) -> None:
        self.told.append(("start", step, total))

    def advance(self, count: int = 1) -> None:
        self.told.append(("advance", count))

    def finish(self, note: str = "") -> None:
        self.told.append(("finish", note))

    def say(self, text: str) -> None:
        self.told.append(("say", text))

    def watch(self, spending: Callable[[int, int], str]) -> None:
        self.spending = spending

    @property
    def steps(self) -> list[str]:
        """Names of the steps that were started."""
        return [str(entry[1]) for entry in self.told if entry[0] == "start"]

    @property
    def advanced(self) -> int:
        """How far all steps went together."""
        return sum(int(entry[1]) for entry in self.told if entry[0] == "advance")
