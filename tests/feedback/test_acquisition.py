"""Acquisition functions: what their formulas say, the same for every order of the rows, and Unscored where a student cannot tell."""

import math
import random

import numpy as np
import pytest
from feedback_tasks import BAD, GOOD, THINGS, gold, seeds, task_of
from hypothesis import given, settings
from hypothesis import strategies as st

from synlearner.engines.students import TfidfStudent
from synlearner.errors import SpecError
from synlearner.feedback.acquisition import Means, Ranked, acquisition, ranked
from synlearner.feedback.kept import Cache, Kept
from synlearner.feedback.ladder import fall, ladder, means
from synlearner.feedback.utility import Utility
from synlearner.protocols import Acquisition, Doubting, Headed, Keyed
from synlearner.records import Row, Score, Unscored
from synlearner.registry import BUILTIN
from synlearner.stream.specs import StudentSpec
from synlearner.testing import WordCount, WordHash

TASK = task_of(seeds())
SEEDS = [gold(f"s{i}", text, label) for i, (label, text) in enumerate(seeds())]
DEV = [gold(f"d{i}", f"{text} today", label) for i, (label, text) in enumerate(seeds(6))]
STUDENT = TfidfStudent(StudentSpec()).fit(SEEDS, labels=["good", "bad"], seed=0)
MEANS = Means(embedder=WordHash(), seeds=SEEDS, dev=DEV)
TEXTS = st.lists(st.sampled_from([*GOOD, *BAD, *THINGS, "and", "the"]), min_size=1, max_size=8).map(" ".join)
ROWS = st.lists(st.builds(lambda t, label: gold("r", t, label), TEXTS, st.sampled_from(["good", "bad", "never seen", ""])), min_size=1, max_size=12)
# Those of the package: other tests register some of their own.
NAMES = list(BUILTIN["acquisition"])


def values(name, rows, student=STUDENT, how=MEANS):
    return [m.value if isinstance(m, Score) else None for m in acquisition(name, how).score(rows, student)]


def test_the_functions_are_these():
    assert len(NAMES) == 19
    assert all(isinstance(acquisition(n, MEANS), Acquisition) for n in NAMES)
    with pytest.raises(SpecError, match="no acquisition called 'los'"):
        acquisition("los", MEANS)


@pytest.mark.parametrize("name", NAMES)
@given(rows=ROWS, seed=st.integers(0, 99))
@settings(max_examples=15)
def test_a_permutation_of_the_rows_permutes_the_scores(name, rows, seed):
    order = random.Random(seed).sample(range(len(rows)), len(rows))
    there, again = values(name, rows), values(name, [rows[i] for i in order])
    for place, i in enumerate(order):
        assert (again[place] is None) == (there[i] is None)
        assert there[i] is None or again[place] == pytest.approx(there[i], abs=1e-5)


@pytest.mark.parametrize("name", NAMES)
@given(rows=ROWS)
@settings(max_examples=15)
def test_values_stay_within_bounds_and_carry_the_name(name, rows):
    function = acquisition(name, MEANS)
    low, high = function.bounds or (-math.inf, math.inf)
    for measured in function.score(rows, STUDENT):
        assert measured.name == name
        assert isinstance(measured, Unscored) or low - 1e-6 <= measured.value <= high + 1e-6
    assert function.score([], STUDENT) == []


def softmax_gradient(student, row):
    """∇ NLL over the layer, made whole."""
    layer = student.last_layer([row])
    y = np.zeros(len(layer.known))
    y[[student.labels[k] for k in layer.known].index(row.label)] = 1
    return np.outer(layer.proba[0] - y, np.append(np.asarray(layer.features.todense())[0], layer.constant))


def test_what_is_computed_from_probabilities():
    rows = DEV[:5]
    table = STUDENT.proba(rows)
    own = np.array([table[i, STUDENT.labels.index(r.label)] for i, r in enumerate(rows)])
    np.testing.assert_allclose(values("loss", rows), -np.log(own))
    margin = np.abs(table[:, 0] - table[:, 1])
    np.testing.assert_allclose(values("confidence", rows), 1 - margin)
    np.testing.assert_allclose(values("confidence:reference", rows), np.clip(1 / margin, 0, 2))
    np.testing.assert_allclose(values("entropy", rows), -(table * np.log(table)).sum(1))
    np.testing.assert_allclose(values("learnability", rows), 4 * own * (1 - own))
    wrong = [gold("w", r.fields["text"], {"good": "bad", "bad": "good"}[r.label]) for r in rows]
    assert values("wrong-answer", rows) == [0.0] * 5
    assert values("wrong-answer", wrong) == [1.0] * 5


def test_gradients_are_those_of_the_layer():
    rows = DEV[:6]
    np.testing.assert_allclose(values("gradient:reference", rows), [np.linalg.norm(softmax_gradient(STUDENT, r)) for r in rows], rtol=1e-10)
    ranks = values("gradient", rows)
    assert sorted(ranks) == pytest.approx(np.linspace(0, 1, 6))
    assert np.argsort(ranks).tolist() == np.argsort(values("gradient:reference", rows)).tolist()


def test_influence_is_what_a_step_of_the_layer_does():
    rate, rows = 0.1, [*DEV[:3], gold("w", "lovely perfect kettle", "bad")]
    layer = STUDENT.last_layer(DEV)
    dev = np.hstack([np.asarray(layer.features.todense()), np.ones((len(DEV), 1))])
    logits, y = np.log(layer.proba), [[STUDENT.labels[k] for k in layer.known].index(r.label) for r in DEV]

    def loss(moved):
        return float(np.mean([np.log(np.exp(z).sum()) - z[c] for z, c in zip(moved, y, strict=True)]))

    wanted = [loss(logits) - loss(logits - rate * dev @ softmax_gradient(STUDENT, r).T) for r in rows]
    np.testing.assert_allclose(values("influence", rows, how=Means(dev=DEV, rate=rate)), wanted, rtol=1e-3, atol=1e-6)
    assert wanted[-1] < 0 < wanted[0]


def test_a_committee_disagrees_on_what_it_has_not_learnt():
    clear, unclear = gold("c", "lovely great perfect lamp", "good"), gold("u", "zzz qqq xxx", "good")
    assert isinstance(STUDENT, Doubting)
    members = np.stack(list(STUDENT.committee([clear, unclear])))
    np.testing.assert_allclose(members.sum(2), 1)
    mean = members.mean(0)
    wanted = -(mean * np.log(mean)).sum(1) + (members * np.log(members)).sum(2).mean(0)
    np.testing.assert_allclose(values("bald", [clear, unclear]), wanted, atol=1e-12)
    split = gold("s", "lovely great broken awful", "good")
    assert values("answer-variance", [clear])[0] == 0
    assert values("answer-variance:reference", [clear])[0] == pytest.approx(1 / 8)
    assert 0 <= values("answer-variance", [split])[0] <= 1


class Speaker:
    """A language model with a script: sampled answers by text."""

    key = "speaker"

    def __init__(self, said):
        self.said = said

    def answer(self, rows):
        return [self.said[r.text][0] for r in rows]

    def tries(self, rows, k, seed):
        return [self.said[r.text][:k] for r in rows]

    def losses(self, rows):
        return np.array([float(len(r.label)) if r.label else np.nan for r in rows])

    def doubts(self, rows):
        return np.full(len(rows), 0.25), np.full(len(rows), 0.5)


def test_a_language_model_is_asked_for_its_tokens_and_answers():
    speaker = Speaker({"a": ["4", "4", "5", "4"], "b": ["7"] * 4})
    rows = [Row("a", {"q": "a"}, "4"), Row("b", {"q": "b"}, "8"), Row("n", {"q": "b"}, "")]
    how = Means(tries=4)
    assert values("loss", rows, speaker, how) == [1.0, 1.0, None]
    assert values("confidence", rows, speaker, how) == [0.75] * 3
    assert values("entropy", rows, speaker, how) == [0.5] * 3
    assert values("wrong-answer", rows, speaker, how) == [0.0, 1.0, None]
    assert values("learnability", rows, speaker, how) == [0.75, 0.0, None]
    shares = [3 / 4, 1 / 4]
    assert values("answer-variance", rows, speaker, how)[:2] == pytest.approx([-sum(p * math.log(p) for p in shares) / math.log(4), 0])
    assert values("answer-variance:reference", rows, speaker, how) == [0.5, 0.25, 0.25]


def test_answers_that_mean_the_same_are_one():
    speaker = Speaker({"a": ["the lamp is broken", "broken is the lamp", "a tent"]})
    rows = [Row("a", {"q": "a"}, "4")]
    assert values("answer-variance:reference", rows, speaker, Means(tries=3)) == [1.0]
    assert values("answer-variance:reference", rows, speaker, Means(tries=3, embedder=WordHash())) == pytest.approx([2 / 3])


@pytest.mark.parametrize("name", [n for n in NAMES if n.partition(":")[0] not in ("proximity", "diversity", "coverage")])
def test_without_a_student_there_is_a_reason_and_no_number(name):
    assert acquisition(name, MEANS).score(DEV[:2], None) == [Unscored(name, "there is no student")] * 2


def test_what_a_student_cannot_serve_has_a_reason():
    counts = WordCount().fit(SEEDS, labels=["good", "bad"], seed=0)
    assert not isinstance(counts, Headed)
    told = {n: acquisition(n, MEANS).score(DEV[:1], counts)[0] for n in NAMES}
    cannot = {n: m.reason for n, m in told.items() if isinstance(m, Unscored)}
    assert set(cannot) == {"gradient", "gradient:reference", "badge", "bald", "answer-variance", "answer-variance:reference", "influence", "influence:reference"}
    assert cannot["bald"] == "the student has no committee"
    assert cannot["badge"] == "the student does not show its last layer"


def test_labels_that_the_student_does_not_know_have_a_reason():
    for name in ("loss", "gradient:reference", "influence", "learnability", "wrong-answer"):
        found = acquisition(name, MEANS).score([gold("x", "a lamp", "purple"), gold("y", "a lamp", ""), DEV[0]], STUDENT)
        assert found[0] == Unscored(name, "the student has never seen the label 'purple'")
        assert found[1] == Unscored(name, "the row has no label")
        assert isinstance(found[2], Score)


@pytest.mark.parametrize(
    ("name", "how"), [("influence", Means()), ("proximity", Means(embedder=WordHash())), ("proximity", Means(seeds=SEEDS)), ("diversity", Means()), ("coverage", Means())]
)
def test_what_a_function_needs_it_asks_for(name, how):
    [found] = acquisition(name, how).score(DEV[:1], STUDENT)
    assert isinstance(found, Unscored)
    assert "need" in found.reason or "no embedder" in found.reason


def test_ranks():
    assert [m.value for m in ranked([Score("x", v) for v in (5, 1, 5, 9)])] == pytest.approx([0.5, 0, 0.5, 1])
    assert ranked([Score("x", 3), Unscored("x", "no")]) == [Score("x", 0.5), Unscored("x", "no")]
    assert ranked([]) == []


class Counting:
    """A function that counts what it is asked."""

    name = identity = "count"
    level, bounds = "sample", None

    def __init__(self):
        self.asked = 0

    def score(self, rows, student):
        self.asked += len(rows)
        return [Unscored("count", "no") if r.label == "bad" else Score("count", float(len(r.text))) for r in rows]


def test_scores_are_asked_for_once_for_each_student_function_and_row():
    counting, cache = Counting(), Cache(size=3)
    kept = Kept(counting, cache)
    rows = [gold("1", "a"), gold("2", "bb"), gold("3", "a"), gold("4", "ccc", "bad")]
    assert isinstance(STUDENT, Keyed)
    first = kept.score(rows, STUDENT)
    assert counting.asked == 3
    assert kept.score(rows, STUDENT) == first
    assert counting.asked == 4  # what could not be measured is asked again
    other = TfidfStudent(StudentSpec()).fit(SEEDS[:10], labels=["good", "bad"], seed=0)
    assert other.key != STUDENT.key
    kept.score(rows[:1], other)
    assert counting.asked == 5
    kept.score([gold(str(i), f"text {i}") for i in range(20)], STUDENT)
    assert len(cache) == 3
    kept.score(rows[:1], WordCount().fit(SEEDS, labels=["good", "bad"], seed=0))
    assert len(cache) == 3
    with pytest.raises(ValueError, match="depends on the rows"):
        Kept(Ranked(counting), cache)


def test_cached_functions_say_the_same():
    cache = Cache()
    for name in NAMES:
        plain, twice = acquisition(name, MEANS), acquisition(name, Means(embedder=WordHash(), seeds=SEEDS, dev=DEV, cache=cache))
        for _ in range(2):
            assert twice.score(DEV, STUDENT) == plain.score(DEV, STUDENT)
    assert cache.hits > 0


@pytest.mark.parametrize(("name", "damage"), [("loss", "label flip"), ("influence", "label flip"), ("influence", "word salad"), ("proximity", "word salad")])
def test_functions_notice_the_damage_that_they_are_about(name, damage):
    """Influence and nearness to the seeds fall along the ladder; loss rises with wrong labels, which is why it needs a verifier beside it."""
    rows = [gold(f"g{i}", f"{text} so far", label) for i, (label, text) in enumerate(seeds(15))]
    reward = Utility(acquisition(name, MEANS), lambda: STUDENT)
    reward = reward if name == "proximity" else _raw(acquisition(name, MEANS))
    direction = fall(means(reward, ladder(TASK, rows, damage, seed=3)))
    assert direction <= -0.8 if name == "loss" else direction >= 0.8


def _raw(function):
    from synlearner.feedback.rewards import Useful

    return Useful(lambda samples: function.score([s.row for s in samples], STUDENT))
