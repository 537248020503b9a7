"""The error tree: drawn in full, picklable, and every error says what to do."""

import ast
import pickle
from pathlib import Path

import pytest

from synlearner import errors
from synlearner.errors import MissingExtra, SpecError, SynLearnerError

SOURCE = Path(errors.__file__).parent


def tree(root: type[SynLearnerError] = SynLearnerError) -> list[type[SynLearnerError]]:
    return [root, *(e for child in root.__subclasses__() for e in tree(child))]


def made(kind: type[SynLearnerError]) -> SynLearnerError:
    if kind is MissingExtra:
        return MissingExtra("torch", "local")
    return SpecError("wrong", "right", file="a.toml", line=3, field="x") if kind is SpecError else kind("wrong", "right")


@pytest.mark.parametrize("kind", tree())
def test_errors_survive_pickling_and_say_the_fix(kind):
    error = made(kind)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert str(again) == str(error)
    assert vars(again) == vars(error)
    assert f"Fix: {error.fix}" in str(error)


def test_all_errors_are_in_one_file_and_drawn_there():
    assert {e.__module__ for e in tree()} == {errors.__name__}
    assert all(e.__name__ in errors.__doc__ for e in tree())


def raised(path: Path) -> list[tuple[ast.Call, str]]:
    """Calls in the source that make one of our errors."""
    names = {e.__name__ for e in tree()} - {"MissingExtra"}
    calls = [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call)]
    return [(c, f"{path.relative_to(SOURCE)}:{c.lineno}") for c in calls if isinstance(c.func, ast.Name) and c.func.id in names]


def test_no_error_is_raised_without_a_fix():
    calls = [c for path in SOURCE.rglob("*.py") for c in raised(path)]
    silent = [place for call, place in calls if len(call.args) < 2 and "fix" not in {k.arg for k in call.keywords}]
    assert calls
    assert silent == []
