"""The one door: all marks of every sample, drop or annotate as asked, memory over rounds, gold nowhere but in its check."""

import random

import pytest
from feedback_tasks import gold, sample, seeds, task_of

from synlearner.feedback.contamination import GoldIndex
from synlearner.feedback.filters import Filters, kept, sample_score
from synlearner.feedback.verifiers import StudentVerifier
from synlearner.records import Score, Unscored
from synlearner.stream.specs import FeedbackSpec
from synlearner.testing import ScriptedVerifier, WordCount

TASK = task_of(seeds(), leak="forbid", length={"min_words": 3, "max_words": 40})
GOLDS = {"t": [gold("g1", "the handle came off after two days of light use")], "later": [gold("g2", "what is the highest mountain in the world called")]}
OK = sample("ok", "a great lamp that works and makes me happy", "good", {"length": "5 to 12 words"})


def filters(verifier=None, archive=(), golds=GOLDS, **spec):
    return Filters(TASK, FeedbackSpec(**spec), golds=golds, archive=archive, verifier=verifier)


def by_student():
    return StudentVerifier(WordCount(), TASK.seeds, ("good", "bad"), seed=0)


def reasons(samples, made=None, **spec):
    marks, _ = (made or filters(**spec)).judge(samples)
    return {s.prompt_id: [m.reason for m in marks if m.prompt_id == s.prompt_id] for s in samples}


def test_a_decent_sample_has_no_mark_and_many_scores():
    marks, measured = filters(by_student()).judge([OK])
    assert marks == []
    names = {m.name for m in measured[0]}
    assert {"verifier", "attributes/length", "quality/leak", "quality/length"} <= names
    assert 0.9 < sample_score(measured[0]) <= 1


def test_a_sample_gets_all_of_its_marks():
    bad = sample("bad", "good the handle came off after two days of light use", "good", {"length": "30 words"})
    found = reasons([bad], filters(by_student(), archive=[bad.row.text]))["bad"]
    assert found == ["contamination", "leak", "attributes", "duplicate"]


def test_gold_of_every_task_counts():
    assert reasons([sample("1", "tell me: what is the highest mountain in the world?")]) == {"1": ["contamination"]}


def test_a_label_that_the_text_denies_is_marked():
    wrong = sample("w", "an awful broken lamp, useless, I am angry", "good")
    marks, measured = filters(by_student()).judge([OK, wrong])
    assert [(m.prompt_id, m.reason, m.drop) for m in marks] == [("w", "label", True)]
    assert "'bad'" in marks[0].detail
    assert kept([OK, wrong], marks) == [OK]
    assert sample_score(measured[1]) < sample_score(measured[0])


@pytest.mark.parametrize(("own", "marked"), [(0.9, False), (0.45, False), (0.3, True)])
def test_a_verifier_that_tells_one_number_is_taken_at_its_least(own, marked):
    assert reasons([OK], filters(ScriptedVerifier(lambda s: own))) == {"ok": ["label"] if marked else []}


def test_an_untold_label_is_unscored_and_stays():
    marks, measured = filters(ScriptedVerifier({})).judge([OK])
    assert marks == []
    assert isinstance(measured[0][0], Unscored)


def test_annotate_says_and_keeps():
    bad = sample("bad", "nice", "good")
    marks, _ = filters(quality="annotate").judge([bad])
    assert [(m.reason, m.drop) for m in marks] == [("length", False)]
    assert kept([bad], marks) == [bad]


def test_off_is_silent_and_measures_nothing():
    marks, measured = Filters(TASK, FeedbackSpec(quality="off", verifier="off", attributes="off", duplicates="off"), golds=GOLDS, archive=[], verifier=by_student()).judge([OK, OK])
    assert (marks, measured) == ([], [[], []])
    assert sample_score(measured[0]) is None


def test_duplicates_are_remembered_over_rounds_and_from_earlier_tasks():
    made = filters(archive=["An old text about a very special teapot"])
    again = sample("again", OK.row.text.upper(), "good")
    assert reasons([OK], made) == {"ok": []}
    assert reasons([again, sample("old", "an old text about a very special teapot!"), sample("seed", TASK.seeds[0].text)], made) == {
        "again": ["duplicate"], "old": ["duplicate"], "seed": ["duplicate"],
    }  # fmt: skip


def test_a_dropped_row_takes_no_other_with_it():
    wrong = sample("w", OK.row.text, "bad")
    marks, _ = filters(by_student()).judge([wrong, OK])
    assert {m.prompt_id for m in marks if m.drop} == {"w"}


def test_a_detail_names_the_row_and_the_similarity():
    near = sample("n", OK.row.text.replace("a great", "one great"))
    marks, _ = filters(near_duplicate=0.6).judge([OK, near])
    assert (marks[0].reason, marks[0].detail) == ("near-duplicate", "row 'r-ok', similarity 0.67")


def test_scores_do_not_depend_on_the_order():
    made = [sample(str(i), f"{row.text} again", row.label) for i, row in enumerate(TASK.seeds[:10])]
    order = random.Random(0).sample(range(10), 10)
    _, measured = filters(by_student()).judge(made)
    _, again = filters(by_student()).judge([made[i] for i in order])
    assert again == [measured[i] for i in order]


def test_gold_enters_no_score():
    other = {"t": [gold("x", OK.row.text)]}
    assert filters(by_student()).judge([OK])[1] == filters(by_student(), golds=other).judge([OK])[1]


def test_an_index_of_gold_may_be_shared():
    index = GoldIndex(GOLDS)
    assert filters(golds=index).identity == filters().identity


def test_the_identity_follows_what_verdicts_depend_on():
    made = [filters(), filters(by_student()), filters(archive=["x"]), filters(golds={}), filters(near_duplicate=0.7)]
    assert len({m.identity for m in made}) == len(made)
    assert filters(by_student()).identity == filters(by_student()).identity


def test_the_score_for_ranking_weighs_groups_equally():
    found = [Score("verifier", 1.0), Score("quality/a", 0.0), Score("quality/b", 0.0), Unscored("attributes/c", "no way")]
    assert sample_score(found) == 0.5
    assert sample_score([Unscored("verifier", "none")]) is None
    assert filters().judge([]) == ([], [])
