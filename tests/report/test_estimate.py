"""What a run will ask for lies between from and to, and caps that cannot be kept are told."""

from decimal import Decimal
from pathlib import Path

import pytest

from synlearner.loop import run
from synlearner.report.console import plan_table
from synlearner.report.estimate import basis, estimates, shortages
from synlearner.report.summary import summarise
from synlearner.stream.bundled import DEMO
from synlearner.stream.reading import load_stream
from synlearner.stream.tasks import Stream
from synlearner.testing import Recorder

SETTINGS = (
    "generator.engine=scripted-endpoint",
    "generator.model=m",
    "generator.guidance=0",
    "student.engine=word-count",
    "feedback.verifier_engine=word-count",
    "feedback.embedder=word-hash",
    "reinforce.method=off",
    "explore.enabled=false",
    "synthesis.rows=12",
    "synthesis.attempts=4",
    "evaluation.matrix_rows=6",
    "evaluation.bootstrap=100",
    'tasks=["reviews.toml", "pairs.toml"]',
)


def stream(*more: str) -> Stream:
    return load_stream(DEMO / "stream.toml", (*SETTINGS, *more))


@pytest.mark.parametrize("options", ["{}", "{invalid_json=0.2, wrong_label=0.1, duplicate=0.2}"])
def test_a_run_asks_for_what_was_estimated(tmp_path: Path, options: str) -> None:
    asked = stream(f"generator.options={options}")
    (told,) = estimates(asked)
    spent = summarise(run(asked, tmp_path, progress=Recorder())).spending
    assert told.requests.low <= spent.requests <= told.requests.high
    # The scripted endpoint counts words, which are fewer than tokens: the upper limits hold for it as well.
    assert spent.tokens_in <= told.tokens_in.high
    assert spent.tokens_out <= told.tokens_out.high


def test_money_is_that_of_the_table_or_unknown(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text('version = "1"\ncurrency = "EUR"\ndate = 2026-01-01\n[models.m]\ninput = 2\noutput = 10\n')
    served = ("generator.base_url=http://localhost:1/v1", f"budget.prices={tmp_path / 'p.toml'}", "generator.options={}")
    (told,) = estimates(stream(*served))
    assert told.money == tuple(Decimal(2 * i + 10 * o) / 1_000_000 for i, o in ((told.tokens_in.low, told.tokens_out.low), (told.tokens_in.high, told.tokens_out.high)))
    (other,) = estimates(stream(*served, "generator.model=n"))
    assert other.money is None
    assert other.cost == "unknown: no price"
    (local,) = estimates(stream("generator.options={}"))
    assert local.cost == "local"
    capped = stream(*served, "budget.money=0.0001", "budget.tokens=10", "budget.tokens_in=5", "budget.tokens_out=5", "budget.requests=1")
    assert len(list(shortages(capped.run, estimates(capped)))) == 5
    assert "correction turn" in basis(capped.run)
    assert "correction turn" not in basis(stream("synthesis.correct=false", "generator.options={}").run)


def test_check_says_that_nothing_is_explored_behind_an_endpoint() -> None:
    served = ("generator.engine=chat_api", "generator.base_url=http://localhost:1/v1")
    for more, prompts in ((("generator.options={}",), "160"), (("generator.options={}", *served), "0")):
        table = plan_table(stream("explore.enabled=true", "explore.prompts=160", *more))
        (column,) = (c for c in table.columns if c.header == "explore")
        assert set(column.cells) == {prompts}
