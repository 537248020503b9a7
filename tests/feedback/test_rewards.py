"""Rewards: the same for every order of the attempts, within their bounds, and Unscored where nothing was measured."""

import random
from dataclasses import replace

import numpy as np
import pytest
from feedback_tasks import BAD, GOOD, THINGS, gold, sample, task_of
from hypothesis import given
from hypothesis import strategies as st

from synlearner.feedback import rewards
from synlearner.feedback.acquisition import Means, acquisition
from synlearner.feedback.utility import Utility
from synlearner.records import Attempt, Failure, Prompt, Rejection, Score, Unscored
from synlearner.testing import ScriptedVerifier, WordCount, WordHash

TASK = task_of(labels=["good", "bad"], attributes={"thing": THINGS}, length={"min_words": 2, "max_words": 30})
KNOWN = [gold("k1", "a great lamp"), gold("k2", "an awful tent", "bad"), gold("k3", "lovely useless chair", "bad")]
STUDENT = WordCount().fit(KNOWN, labels=["good", "bad"], seed=0)
ARCHIVE = WordHash().embed(["a great lamp", "an awful tent"])


def prompt(name: str, label: str = "good", **attributes: str) -> Prompt:
    return Prompt(name, "t", "explore", 0, label, attributes, (), "", "", 0, ("label", "text"))


def attempt(name: str, text: str, label: str = "good", **attributes: str) -> Attempt:
    return Attempt(prompt(name, label, **attributes), sample(name, text, label, attributes))


REFUSED = Attempt(prompt("r"), Rejection("r", "no json", "", "I cannot"))
FAILED = Attempt(prompt("f"), Failure("f", 0, "timeout"))
ALL = [
    rewards.Gate(),
    rewards.Faithfulness(ScriptedVerifier(lambda s: None if "?" in s.row.text else min(1.0, len(s.row.text) / 80))),
    rewards.Attributes(TASK),
    rewards.Quality(TASK),
    rewards.Useful(lambda samples: [Score("loss", len(s.row.text.split()) / 40) for s in samples]),
    Utility(acquisition("loss", Means()), lambda: STUDENT),
    Utility(acquisition("loss", Means()), lambda: STUDENT, among=KNOWN, name="loss among known"),
    Utility(acquisition("entropy", Means()), lambda: None, name="no student"),
    rewards.Distinctiveness(WordHash()),
    rewards.Distinctiveness(WordHash(), within="group"),
    rewards.Novelty(WordHash(), ARCHIVE),
    rewards.SetGain(WordHash()),
]
TEXTS = st.lists(st.sampled_from([*GOOD, *BAD, *THINGS, "and", "the", "?", "aaaaaaa"]), min_size=1, max_size=25).map(" ".join)
ATTEMPTS = st.lists(st.one_of(st.builds(lambda t, n: attempt(f"p{n}", t, thing="lamp"), TEXTS, st.integers(0, 3)), st.just(REFUSED), st.just(FAILED)), min_size=1, max_size=12)


@pytest.mark.parametrize("reward", ALL, ids=lambda r: r.name)
@given(attempts=ATTEMPTS, seed=st.integers(0, 99))
def test_a_permutation_of_the_attempts_permutes_the_scores(reward, attempts, seed):
    order = random.Random(seed).sample(range(len(attempts)), len(attempts))
    there, again = reward.score(attempts), reward.score([attempts[i] for i in order])
    for place, i in enumerate(order):
        assert type(again[place]) is type(there[i])
        if isinstance(there[i], Score):
            assert again[place].value == pytest.approx(there[i].value, abs=1e-6)


@pytest.mark.parametrize("reward", ALL, ids=lambda r: r.name)
@given(attempts=ATTEMPTS)
def test_values_stay_within_bounds_and_carry_the_reward_s_name(reward, attempts):
    low, high = reward.bounds
    for measured in reward.score(attempts):
        assert measured.name == reward.name
        assert isinstance(measured, Unscored) or low - 1e-9 <= measured.value <= high + 1e-9


@pytest.mark.parametrize("reward", ALL[1:], ids=lambda r: r.name)
def test_where_there_is_no_record_nothing_is_measured(reward):
    assert [type(m) for m in reward.score([REFUSED, FAILED])] == [Unscored, Unscored]
    assert reward.score([]) == []


def test_the_gate_tells_a_bad_answer_from_none():
    measured = rewards.Gate().score([attempt("1", "a great lamp"), REFUSED, FAILED])
    assert [getattr(m, "value", None) for m in measured] == [1.0, 0.0, None]


def test_an_echoed_label_earns_nothing():
    reads = ScriptedVerifier(lambda s: 0.9 if "great" in s.row.text else 0.1)
    honest, echo = rewards.Faithfulness(reads).score([attempt("1", "a great lamp"), attempt("2", "good good good")])
    assert (honest.value, echo.value) == (0.9, 0.1)


def test_a_verifier_that_cannot_say_leaves_the_reward_unscored():
    [measured] = rewards.Faithfulness(ScriptedVerifier({})).score([attempt("1", "a great lamp")])
    assert measured == Unscored("faithfulness", "not in the script")


def test_quality_is_no_average_over_faults():
    whole, looped = rewards.Quality(TASK).score([attempt("1", "the lamp works and I am very happy with it"), attempt("2", "lamp lamp lamp lamp lamp lamp lamp lamp lamp lamp")])
    assert whole.value > 0.9
    assert looped.value < 0.2


def test_attributes_are_read_in_the_text():
    found, missing, none = rewards.Attributes(TASK).score([attempt("1", "my lamp is great", thing="lamp"), attempt("2", "it is great", thing="lamp"), attempt("3", "it is great")])
    assert (found.value, missing.value) == (1.0, 0.0)
    assert isinstance(none, Unscored)


def test_copies_are_less_distinct_less_novel_and_add_less():
    texts = ["a great lamp", "a great lamp", "no refund for this awful broken tent"]
    attempts = [attempt(str(i), t) for i, t in enumerate(texts)]
    for reward in (rewards.Distinctiveness(WordHash()), rewards.Novelty(WordHash(), ARCHIVE), rewards.SetGain(WordHash())):
        first, second, other = (m.value for m in reward.score(attempts))
        assert first == pytest.approx(second)
        assert other > first


def test_within_a_group_only_answers_to_the_same_prompt_count():
    attempts = [attempt("a", "a great lamp"), attempt("b", "a great lamp"), attempt("a", "an awful tent"), attempt("c", "a great lamp")]
    measured = rewards.Distinctiveness(WordHash(), within="group").score(attempts)
    assert isinstance(measured[0], Score)
    assert isinstance(measured[1], Unscored)
    assert isinstance(measured[3], Unscored)


class Counting(WordHash):
    """Counts the texts that it embeds."""

    def __init__(self):
        super().__init__()
        self.texts = 0

    def embed(self, texts):
        self.texts += len(texts)
        return super().embed(texts)


def test_texts_are_embedded_once_for_all_set_rewards():
    counting = Counting()
    once = rewards.Remembering(counting, size=3)
    attempts = [attempt(str(i), t) for i, t in enumerate(["a great lamp", "an awful tent", "a great lamp"])]
    plain = [rewards.Distinctiveness(WordHash()).score(attempts), rewards.SetGain(WordHash()).score(attempts)]
    assert [rewards.Distinctiveness(once).score(attempts), rewards.SetGain(once).score(attempts)] == plain
    assert counting.texts == 2
    np.testing.assert_array_equal(once.embed(list("abcdef")), WordHash().embed(list("abcdef")))
    assert len(once._kept) == 3


def test_attempts_are_values():
    one = attempt("1", "a great lamp")
    assert replace(one) == one
