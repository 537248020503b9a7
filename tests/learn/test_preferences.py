"""Which two drafts of a prompt are a preference: the best one that the filters keep, and the worst one that repeats nothing."""

from hypothesis import given
from hypothesis import strategies as st

from synlearner.feedback.filters import Filters
from synlearner.learn.drafting import Judged, filtered
from synlearner.learn.reinforce import LEAST_DIFFERENCE, preference
from synlearner.records import Prompt, Rejection, Row, Sample
from synlearner.stream.bundled import DEMO
from synlearner.stream.reading import load_task
from synlearner.stream.specs import FeedbackSpec

PROMPT = Prompt("p", "tickets", "test", 0, "a", {}, (), "", "", 0)
FILTERS = ("contamination", "duplicates", "quality", "verifier")
ADVANTAGES = st.floats(-2, 2)


@st.composite
def drafts(draw):
    if draw(st.booleans()):
        return Judged(draw(ADVANTAGES), draw(st.text(max_size=3)), Rejection("p", "no json", "", ""))
    sample = Sample("p", Row("p", {"text": "t"}, "a", "synthetic"), {})
    return Judged(draw(ADVANTAGES), draw(st.text(max_size=3)), sample, frozenset(draw(st.lists(st.sampled_from(FILTERS), max_size=2))))


@given(st.lists(drafts(), max_size=6))
def test_nothing_that_is_dropped_is_preferred_and_nothing_that_repeats_is_learnt_at_all(group):
    kept = [j.advantage for j in group if isinstance(j.outcome, Sample) and not j.dropped]
    other = [j.advantage for j in group if not j.dropped & {"contamination", "duplicates"}]
    pair = preference(PROMPT, group)
    if pair is None:
        assert not kept or max(kept) - min(other) < LEAST_DIFFERENCE
    else:
        assert max(kept) in [j.advantage for j in group if j.text == pair.chosen and j.stays]
        assert min(other) in [j.advantage for j in group if j.text == pair.rejected and not j.repeats]


def test_of_drafts_that_say_the_same_the_best_stays_and_a_gold_row_never_does():
    task, _ = load_task(DEMO / "reviews.toml", 0)
    gold = Row("g", {"text": "The kettle broke after two days and nobody answers my letters."}, "negative", "gold")
    texts = {"worse": "I wear this jacket every day and it still looks new.", "better": "I wear this jacket every day and it still looks new.", "gold": gold.text}
    group = [Judged(good, text, Sample(name, Row(name, {"text": text}, "positive", "synthetic"), {})) for good, (name, text) in zip((0.1, 1.0, 2.0), texts.items(), strict=True)]
    filters = Filters(task, FeedbackSpec(verifier="off"), golds={"reviews": [gold]}, archive=(), verifier=None)
    assert filtered(filters, group) == {"worse": {"duplicates"}, "gold": {"contamination"}}
