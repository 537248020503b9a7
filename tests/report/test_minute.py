"""What a stranger reads in the first minute: four questions, answered with what was measured."""

from decimal import Decimal

import pytest

from synlearner.report.minute import minute
from synlearner.report.page import facts
from synlearner.report.schema import Interval
from synlearner.report.summary import summarise


def answers(summary) -> dict[str, str]:
    return {q.asked: " ".join(q.answers) for q in minute(summary)}


@pytest.fixture
def summary(a_run):
    return summarise(a_run())


def test_four_questions_are_answered(summary):
    said = answers(summary)
    assert list(said) == ["What was made?", "Did it help?", "Did history help?", "What did it cost?"]
    assert "96 labelled rows for 4 tasks, written by the small model in the package (pocket)" in said["What was made?"]
    assert "Better with synthetic rows: tickets +8.3 (+4.8 to +11.8)" in said["Did it help?"]
    assert "Cannot be told from chance: pairs" in said["Did it help?"]
    assert "Cannot be told from chance: after earlier tasks, what the generator writes for the next one is worth +5.0 points" in said["Did history help?"]
    assert "lost 2.7 points from their best" in said["Did history help?"]
    assert "tokens" in said["What did it cost?"]


def test_what_has_not_happened_yet_is_said_so(a_run):
    said = answers(summarise(a_run("first")))
    assert said["What was made?"] == "No data set is finished yet."
    assert said["Did it help?"] == "Not measured yet."
    assert said["Did history help?"].startswith("Not known yet: ")


def test_without_counted_tokens_nothing_is_said_to_have_cost_none(summary):
    assert "took 0 tokens" not in answers(summary)["What did it cost?"]
    assert "no tokens were counted" in answers(summary)["What did it cost?"]


def test_a_point_of_gain_has_a_price_where_money_is_known_and_a_doubt_where_there_may_be_no_gain(summary):
    spending = summary.spending
    point = spending.per_point.model_copy(update={"money": Decimal("0.25"), "at_most": Decimal("0.25")})
    paid = summary.model_copy(update={"spending": spending.model_copy(update={"per_point": point, "currency": "EUR"})})
    assert "A point of gain took 0.25 EUR" in answers(paid)["What did it cost?"]
    assert facts(paid)[-1][:2] == ("0.25 EUR", "for a point of gain")
    dubious = [t.model_copy(update={"gain": Interval(mean=0.02, low=-0.1, high=0.1, level=0.95, n=9)}) for t in paid.tasks]
    assert "none can be told from chance" in answers(paid.model_copy(update={"tasks": dubious}))["What did it cost?"]
    nothing = point.model_copy(update={"count": None, "money": None, "at_most": None, "tokens": None, "reason": "synthetic rows brought no gain"})
    none = paid.model_copy(update={"spending": spending.model_copy(update={"per_point": nothing})})
    assert facts(none)[-1][0] == "–"
    assert "A point of gain has no price: synthetic rows brought no gain." in answers(none)["What did it cost?"]
