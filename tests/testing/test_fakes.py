"""Student, embedder, verifier and progress fakes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synlearner.protocols import Embedder, Student, Verifier
from synlearner.records import Row, Sample, Score, Unscored
from synlearner.registry import find
from synlearner.stream.specs import StudentSpec
from synlearner.testing import Recorder, ScriptedVerifier, WordCount, WordHash

ROWS = [Row("1", {"text": "red red apple"}, "a"), Row("2", {"text": "blue plum"}, "b")]


def test_they_fit_their_sockets_and_are_found_by_name():
    assert isinstance(find("student", "word-count")(StudentSpec(engine="word-count")), Student)
    assert isinstance(find("embedder", "word-hash")(""), Embedder)
    assert isinstance(ScriptedVerifier({}), Verifier)


def test_a_student_learns_words():
    fitted = WordCount().fit(ROWS, labels=("b", "a"), seed=0)
    proba = fitted.proba([Row("3", {"text": "Red!"}, "a"), Row("4", {"text": "plum"}, "b"), Row("5", {"text": "nothing known"}, "b")])
    assert fitted.labels == ("b", "a")
    assert proba.argmax(axis=1)[:2].tolist() == [1, 0]
    assert proba[2] == pytest.approx([0.5, 0.5])


TEXTS = st.text(max_size=30)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(TEXTS, st.sampled_from("abc")), min_size=1, max_size=6), st.lists(TEXTS, max_size=4))
def test_probabilities_sum_to_one(taught, asked):
    rows = [Row(str(n), {"text": text}, label) for n, (text, label) in enumerate(taught)]
    proba = WordCount().fit(rows, labels="abcd", seed=0).proba([Row("x", {"text": text}, "a") for text in asked])
    assert proba.shape == (len(asked), 4)
    assert np.allclose(proba.sum(axis=1), 1)


def test_a_student_refuses_nothing_and_strangers():
    with pytest.raises(ValueError, match="needs rows"):
        WordCount().fit([], labels=("a",), seed=0)
    with pytest.raises(ValueError, match="'b'"):
        WordCount().fit(ROWS, labels=("a",), seed=0)


@settings(max_examples=50, deadline=None)
@given(st.lists(TEXTS, max_size=5))
def test_vectors_are_of_length_one(texts):
    vectors = WordHash("16").embed(texts)
    assert vectors.shape == (len(texts), 16)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_texts_that_share_words_are_nearer():
    one, near, far = WordHash().embed(["a red apple fell", "the red apple rose", "blue plums stay"])
    assert one @ near > one @ far


def sample(text):
    return Sample("p", Row("p", {"text": text}, "a", "synthetic"), {})


def test_a_verifier_says_what_was_written_down():
    assert ScriptedVerifier({"good": 0.9}).verify([sample("good"), sample("new")]) == [Score("scripted", 0.9), Unscored("scripted", "not in the script")]
    assert ScriptedVerifier(lambda s: len(s.row.text) / 10).verify([sample("good")]) == [Score("scripted", 0.4)]


def test_a_progress_remembers():
    progress = Recorder()
    progress.say("hello")
    progress.start("write", 3)
    progress.advance()
    progress.advance(2)
    progress.finish("done")
    assert progress.told == [("say", "hello"), ("start", "write", 3), ("advance", 1), ("advance", 2), ("finish", "done")]
    assert (progress.steps, progress.advanced) == (["write"], 3)
