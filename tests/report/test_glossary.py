"""Names of ours that stand on a page have a meaning beside them; what has none is somebody's own."""

import pytest

from synlearner.feedback.damages import DAMAGES
from synlearner.generate.parsing import REASONS
from synlearner.registry import BUILTIN
from synlearner.report import glossary
from synlearner.report.page import cell, coded
from synlearner.report.table import Cell
from synlearner.report.words import checks_text, moment, note_text


def test_every_reason_damage_and_function_of_ours_is_explained() -> None:
    assert set(REASONS) <= set(glossary.REASONS)
    assert set(DAMAGES) == set(glossary.DAMAGES)
    assert {name.partition(":")[0] for name in BUILTIN["acquisition"]} <= set(glossary.FUNCTIONS)


def test_a_name_that_nobody_knows_stands_without_a_meaning() -> None:
    assert glossary.met(["label", "my own filter", "label"], glossary.REASONS) == {"label": glossary.REASONS["label"]}


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ({"verifier": 0.42, "a": 1.0, "b": 0.999}, "verifier 0.42; 2 more 1.00"),
        ({"verifier": 0.9, "a": 0.1}, "a 0.10, verifier 0.90"),
        ({"a": 1.0}, "all 1.00"),
    ],
)
def test_doubtful_checks_are_said_first(scores: dict[str, float], said: str) -> None:
    assert checks_text(scores) == said


def test_times_and_notes_are_for_people() -> None:
    assert moment("2026-11-25T09:03:34.539+00:00") == "2026-11-25 09:03 UTC"
    assert moment("yesterday") == "yesterday"
    assert note_text("real: no rows") == "There are no real rows of this task to compare with."
    assert note_text("gap_recovered: sets differ in size") == "Gap recovered: sets differ in size."


def test_commands_are_set_as_code_and_nothing_else_is_markup() -> None:
    assert coded("Run `synlearner ui <RUN>` & read.") == "Run <code>synlearner ui &lt;RUN&gt;</code> &amp; read."
    assert coded("one ` tick") == "one ` tick"


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "–"), (True, "yes"), (1234, "1,234"), (-0.0721, "−0.072"), (-0.0001, "0.000"), (-1234.4, "−1,234"), (12.34, "12.3"), ("-a text-", "-a text-")],
)
def test_cells_have_real_minus_signs_and_no_negative_zero(value: Cell, said: str) -> None:
    assert cell(value) == said
