"""Quality and attributes of single samples."""

import pytest
from feedback_tasks import sample, seeds, task_of
from hypothesis import given, settings
from hypothesis import strategies as st

from synlearner.feedback import quality
from synlearner.feedback.attributes import AttributeChecker, Span, occurs, read_span, sentence_count
from synlearner.records import Score, Unscored

TASK = task_of(leak="forbid", length={"min_words": 3, "max_words": 60})
PLAIN = "I bought this lamp for my desk last week and the light is warm, but the switch already sticks."


def complaints(text, label="good", task=TASK):
    return set(quality.judge(sample("1", text, label), task).complaints)


@pytest.mark.parametrize(
    "text",
    [PLAIN, "Kids LOVE it!!! 5/5 :-)", "これはとても良い製品です。毎日使っています。", "Отличная вещь, беру вторую", "रंग बहुत अच्छा है और काम करता है", "brr, hmm... tbh it's ok 👍"],
)
def test_real_sentences_pass(text):
    assert complaints(text) - {"length"} == set()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("the best the best the best the best the best the best", "repetition"),
        ("I like it very much. " * 14, "compression"),
        ("xkqzrtw bvnmklp qwrtpsd zxcvbnm fghjkl", "readable"),
        ("{{{{ ]]]] ;;;; ::::: /// ok", "readable"),
        ("nice", "length"),
        ("word " * 61, "length"),
        ("A really good lamp for its price", "leak"),
        ("Task: say how the buyer feels about it. I like this lamp", "leak"),
        ('{"label": "x", "text": "a lamp that works"}', "leak"),
        ("Write one new record, unlike the examples", "leak"),
    ],
)
def test_what_is_wrong_is_said(text, reason):
    assert reason in complaints(text)


def test_a_label_may_be_said_where_the_task_allows_it():
    assert "leak" not in complaints("A really good lamp for its price", task=task_of())
    assert "leak" not in complaints("Goodness, what a lamp is this", task=TASK)


def test_what_a_text_is_too_short_for_is_unscored():
    found = {m.name: m for m in quality.judge(sample("1", "A fine lamp"), TASK).measurements}
    assert isinstance(found["quality/repetition"], Unscored)
    assert isinstance(found["quality/compression"], Unscored)
    assert found["quality/length"] == Score("quality/length", 1.0)


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_any_text_gets_scores_in_bounds(text):
    verdict = quality.judge(sample("1", text), TASK)
    assert all(0 <= m.value <= 1 for m in verdict.measurements if isinstance(m, Score))


def test_a_field_that_repeats_the_other_one_is_no_repetition():
    pair = {"premise": "the two dogs are asleep on the old red sofa", "hypothesis": "the two dogs are asleep on the old red chair"}
    assert quality.judge(sample("1", pair), task_of(kind="pair")).complaints == {}


@pytest.mark.parametrize(
    ("value", "span"),
    [
        ("8 to 15 words", Span(8, 15, "words")),
        ("8-15 words", Span(8, 15, "words")),
        ("between 5 and 9 words", Span(5, 9, "words")),
        ("at most 10 words", Span(0, 10, "words")),
        ("under 10 words", Span(0, 9, "words")),
        ("10 words or less", Span(0, 10, "words")),
        ("at least 20 words", Span(20, float("inf"), "words")),
        ("more than 20 words", Span(21, float("inf"), "words")),
        ("about 12 words", Span(10, 14, "words")),
        ("exactly 7 words", Span(7, 7, "words")),
        ("one short sentence", Span(1, 1, "sentences")),
        ("two or three sentences", Span(2, 3, "sentences")),
        ("Two sentences", Span(2, 2, "sentences")),
        ("a word of thanks", None),
        ("frying pan", None),
        ("10 minutes", None),
    ],
)
def test_wanted_lengths_are_read(value, span):
    assert read_span(value) == span


def checked(attributes, text="one two three four five six. Seven!", task=TASK):
    return {m.name.partition("/")[2]: m for m in AttributeChecker(task).check(sample("1", text, attributes=attributes))}


def test_lengths_are_counted():
    found = checked({"length": "5 to 10 words", "size": "at most 3 words", "form": "one sentence"})
    assert found["length"] == Score("attributes/length", 1.0)
    assert found["size"] == Score("attributes/size", 3 / 7)
    assert found["form"] == Score("attributes/form", 0.5)


def test_short_and_long_are_measured_by_the_seeds():
    task = task_of([("good", "w " * n) for n in range(1, 31)])
    assert checked({"length": "short"}, "w " * 5, task)["length"].value == 1
    assert checked({"length": "long"}, "w " * 5, task)["length"].value < 0.3
    assert isinstance(checked({"length": "short"})["length"], Unscored)


def test_a_dimension_that_names_a_field_is_checked_there():
    pair = {"premise": "one two three", "hypothesis": "one two three four five six"}
    found = AttributeChecker(task_of(kind="pair")).check(sample("1", pair, attributes={"premise length": "at most 3 words"}))
    assert found == [Score("attributes/premise length", 1.0)]


def test_other_values_are_looked_for_by_their_content_words():
    found = checked({"product": "frying pan", "aspect": "the price"}, "Two copper pans, priced far too high")
    assert found["product"] == Score("attributes/product", 0.5)
    assert found["aspect"] == Score("attributes/aspect", 1.0)


def test_manner_is_not_looked_for():
    assert isinstance(checked({"tone": "angry"}, "I am angry")["tone"], Unscored)


def test_values_that_describe_texts_are_not_looked_for():
    kinds = {"origin": [f"phenomenal{i}" for i in range(10)], "product": ["kettle", "lamp", "phenomenon"]}
    task = task_of(seeds(), attributes=kinds)
    found = checked({"origin": "phenomenal1", "product": "lamp"}, "a lamp", task)
    assert isinstance(found["origin"], Unscored)
    assert found["product"] == Score("attributes/product", 1.0)


def test_words_match_up_to_their_ending():
    assert occurs("review", ["reviewed"])
    assert occurs("battery", ["batteries"])
    assert not occurs("car", ["care"])
    assert not occurs("station", ["statue"])


def test_sentences_are_counted():
    assert [sentence_count(t) for t in ("One. Two! Three?", "no mark", "Costs 3.50 now.", "他来了。她走了。", "")] == [3, 1, 1, 2, 0]
