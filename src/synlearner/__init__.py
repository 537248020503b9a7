"""Synthetic training data from a language model that gets better with every task of a stream.

The public names. Each is imported when it is first used, so that `import synlearner` stays cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synlearner.errors import EngineError, FutureAccess, Interrupted, LedgerError, MissingExtra, SpecError, SynLearnerError
    from synlearner.loop import run
    from synlearner.records import Adapter, Counts, Draft, Failure, Interval, Lesson, Mark, Prompt, Rejection, Row, Sample, Score, Turn, Unscored
    from synlearner.registry import find, names, register
    from synlearner.store.ledger import Ledger
    from synlearner.stream.kinds import Kind
    from synlearner.stream.reading import load_stream
    from synlearner.stream.specs import GeneratorSpec, RunSpec, StudentSpec, TaskSpec
    from synlearner.stream.tasks import Stream, Task

    __version__: str

_HOMES = {
    "errors": ("EngineError", "FutureAccess", "Interrupted", "LedgerError", "MissingExtra", "SpecError", "SynLearnerError"),
    "loop": ("run",),
    "records": ("Adapter", "Counts", "Draft", "Failure", "Interval", "Lesson", "Mark", "Prompt", "Rejection", "Row", "Sample", "Score", "Turn", "Unscored"),
    "registry": ("find", "names", "register"),
    "store.ledger": ("Ledger",),
    "stream.kinds": ("Kind",),
    "stream.reading": ("load_stream",),
    "stream.specs": ("GeneratorSpec", "RunSpec", "StudentSpec", "TaskSpec"),
    "stream.tasks": ("Stream", "Task"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "Adapter",
    "Counts",
    "Draft",
    "EngineError",
    "Failure",
    "FutureAccess",
    "GeneratorSpec",
    "Interrupted",
    "Interval",
    "Kind",
    "Ledger",
    "LedgerError",
    "Lesson",
    "Mark",
    "MissingExtra",
    "Prompt",
    "Rejection",
    "Row",
    "RunSpec",
    "Sample",
    "Score",
    "SpecError",
    "Stream",
    "StudentSpec",
    "SynLearnerError",
    "Task",
    "TaskSpec",
    "Turn",
    "Unscored",
    "__version__",
    "find",
    "load_stream",
    "names",
    "register",
    "run",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version(__name__)
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
