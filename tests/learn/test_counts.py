"""What became of the prompts: every one is counted once, whatever mixture of ends they came to."""

from hypothesis import given
from hypothesis import strategies as st

from synlearner.learn.writing import count, sentence
from synlearner.records import Failure, Mark, Outcome, Rejection, Row, Sample

REASONS = ["wrong label", "invalid json", "leak"]
ends = st.lists(st.one_of(st.sampled_from(REASONS), st.sampled_from(["kept", "failed", "dropped", "dropped twice", "annotated"])), max_size=40)


def outcome(i: int, end: str) -> Outcome:
    if end in REASONS:
        return Rejection(f"p{i}", end, "", "raw")
    return Failure(f"p{i}", 0, "boom") if end == "failed" else Sample(f"p{i}", Row(f"r{i}", {"text": "x"}, "a", "synthetic"), {})


@given(ends)
def test_planned_is_kept_plus_rejected_plus_failed(plan: list[str]) -> None:
    outcomes = [outcome(i, end) for i, end in enumerate(plan)]
    marks = [Mark(f"p{i}", "f", end != "annotated", "duplicate") for i, end in enumerate(plan) if end in ("dropped", "dropped twice", "annotated")]
    marks += [Mark(f"p{i}", "g", True, "second reason") for i, end in enumerate(plan) if end == "dropped twice"]
    stay = [o for o, end in zip(outcomes, plan, strict=True) if end in ("kept", "annotated")]
    counts = count(outcomes, stay, marks)
    assert counts.kept == len(stay)
    assert counts.failed == plan.count("failed")
    assert counts.rejected.get("duplicate", 0) == plan.count("dropped") + plan.count("dropped twice")
    assert "second reason" not in counts.rejected
    assert all(counts.rejected.get(reason, 0) == plan.count(reason) for reason in REASONS)
    assert sentence(counts).startswith(f"{len(plan)} planned = {counts.kept} kept + ")
