"""Every error that SynLearner raises on purpose.

::

    SynLearnerError
    ├── SpecError          something the user wrote is wrong: a TOML, a data row, an option
    ├── MissingExtra       an optional dependency is not installed
    ├── EngineError        a model or endpoint cannot be used at all (one failed request is a `Failure`, not an error)
    ├── LedgerError        a run folder cannot be opened, resumed or written
    ├── FutureAccess       the learner asked the stream for gold rows or for a task that has not arrived
    └── Interrupted        the user or a budget stopped the run; what is done is kept

Each carries one sentence that says what is wrong and, after "Fix:", what to do about it. All of them pickle.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class SynLearnerError(Exception):
    """Base of the tree. `message` says what is wrong, `fix` what to do."""

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(message, fix)
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.message}\nFix: {self.fix}" if self.fix else self.message


class SpecError(SynLearnerError):
    """A wrong specification or data row: names the file, and where known the line and the field."""

    def __init__(self, message: str, fix: str = "", *, file: str | Path = "", line: int = 0, field: str = "") -> None:
        super().__init__(message, fix)
        self.file, self.line, self.field = str(file), line, field

    def __reduce__(self) -> tuple[object, ...]:
        return _spec_error, (self.message, self.fix, self.file, self.line, self.field)

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        where = ", ".join(part for part in (place, f"field {self.field!r}" if self.field else "") if part)
        return f"{where}: {super().__str__()}" if where else super().__str__()


def _spec_error(message: str, fix: str, file: str, line: int, field: str) -> SpecError:
    return SpecError(message, fix, file=file, line=line, field=field)


class MissingExtra(SynLearnerError):
    """An optional dependency is missing: `extra` names what to install."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed", f'pip install "synlearner[{extra}]"')
        self.package, self.extra = package, extra

    def __reduce__(self) -> tuple[object, ...]:
        return MissingExtra, (self.package, self.extra)


class EngineError(SynLearnerError):
    """A model or endpoint cannot be used at all."""


class LedgerError(SynLearnerError):
    """A run folder cannot be opened, resumed or written."""


class FutureAccess(SynLearnerError):
    """The learner's view of the stream was asked for gold rows or for the future."""


class Interrupted(SynLearnerError):
    """The run was stopped on purpose; everything closed so far is in the ledger."""


def first_line(error: BaseException) -> str:
    """The first line of what an error says, for messages of our own; its type where it says nothing."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def one_line(error: BaseException) -> str:
    """An error's type and the first line of what it says."""
    said = first_line(error)
    return said if said == type(error).__name__ else f"{type(error).__name__}: {said}"


@contextmanager
def writable(path: str | Path, fix: str) -> Iterator[None]:
    """Turn the OSError of a path that cannot be written into a `SpecError`: where to write was an option."""
    try:
        yield
    except OSError as error:
        raise SpecError(f"{path} cannot be written: {error.strerror or error}", fix) from error


@contextmanager
def boundary(package: str, extra: str) -> Iterator[None]:
    """Turn the ImportError of an optional dependency into a `MissingExtra`."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] == package.replace("-", "_").split(".")[0]:
            raise MissingExtra(package, extra) from error
        raise
