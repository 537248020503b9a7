"""Made-up runs, each made once for all tests of the report."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from synlearner.report.writing import write_all
from tests.report.fabricated import fabricate


@pytest.fixture(scope="session")
def a_run(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A run folder with its report, by how the run went. Shared: read it, or make your own."""

    @cache
    def made(how: str = "finished") -> Path:
        folder = fabricate(tmp_path_factory.mktemp(how), how)
        write_all(folder)
        return folder

    return made
