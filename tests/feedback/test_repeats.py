"""Duplicates within a set and against earlier texts; contamination by gold rows."""

import pytest
from feedback_tasks import gold
from hypothesis import given, settings
from hypothesis import strategies as st

from synlearner.feedback.contamination import GoldIndex
from synlearner.feedback.duplicates import Seen
from synlearner.feedback.words import jaccard, shingles, words
from synlearner.records import Row

LONG = "the evening train to the coast was late again and nobody on the platform could tell us when the next one might come or whether it would stop here"


def twins(texts, near=0.8):
    seen, out = Seen(near), []
    for i, text in enumerate(texts):
        look = seen.look([text])
        out.append(seen.twin(look))
        seen.add(str(i), look)
    return out


def test_copies_up_to_case_space_and_punctuation_are_exact():
    first, second, third = twins(["It works well.", "it  WORKS, well!", "It works badly."])
    assert first is None
    assert (second.name, second.similarity, second.exact) == ("0", 1.0, True)
    assert third is None


def test_near_copies_name_the_row_and_the_true_similarity():
    changed = LONG.replace("late", "slow")
    found = twins([LONG, changed])[1]
    assert found.name == "0"
    assert not found.exact
    assert found.similarity == jaccard(shingles(LONG), shingles(changed)) > 0.8


def test_the_first_of_several_is_named():
    assert [t and t.name for t in twins([LONG, "other text", LONG + " now", LONG + " now"])] == [None, None, "0", "2"]


def test_a_threshold_of_one_finds_exact_copies_only():
    assert [t and t.exact for t in twins([LONG, LONG + " now", LONG], near=1.0)] == [None, None, True]


def test_signs_without_words_are_told_apart():
    assert [t and t.name for t in twins(["😀 😀", "😡", "😀  😀"])] == [None, None, "0"]


def test_fields_must_all_be_near():
    seen = Seen(0.8)
    seen.add("0", seen.look([LONG, "a man waits for a train"]))
    assert seen.twin(seen.look([LONG, "nobody is at the station"])) is None
    assert seen.twin(seen.look([LONG + " today", "a man waits for a train"])).name == "0"


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(["red", "blue", "green", "one", "two", "three", "four"]), min_size=1, max_size=8).map(" ".join), max_size=20),
    st.sampled_from([0.0, 0.3, 0.8, 0.97, 1.0]),
)
def test_twins_are_never_invented_and_always_the_same(texts, near):
    found = twins(texts, near)
    assert found == twins(texts, near)
    for text, twin in zip(texts, found, strict=True):
        if twin is not None:
            other = texts[int(twin.name)]
            assert twin.similarity == jaccard(shingles(text), shingles(other)) >= near or words(text) == words(other)


GOLD = GoldIndex(
    {
        "news": [gold("n1", LONG), gold("n2", "Shares fell on Monday.")],
        "faq": [gold("f1", "How can I change the address of my second account?"), gold("f2", "Why so slow?")],
    }
)


@pytest.mark.parametrize(
    ("text", "task", "row", "kind"),
    [
        ("SHARES fell on monday", "news", "n2", "exact copy"),
        ("Well, he said that the evening train to the coast was late again and nobody on the platform knew more, so off we went at last by bus", "news", "n1", "13-gram"),
        ("please tell me how can i change the address of my card", "faq", "f1", "8-gram"),
        ("Why so slow??", "faq", "f2", "exact copy"),
    ],
)
def test_repeated_gold_is_named(text, task, row, kind):
    match = GOLD.match([text])
    assert (match.task, match.gold, match.kind) == (task, row, kind)
    assert row in str(match)


def test_a_short_run_in_two_long_texts_is_no_match():
    text = (
        "We sat there and heard that " + "the evening train to the coast was late again" + " because of snow, which is what they say every winter when they have not enough drivers"
    )
    assert GOLD.match([text]) is None


def test_near_copies_of_gold_are_found():
    base = ["a", "bb", "c", "dd", "e", "ff", "g", "hh", "i", "jj", "k", "ll", "m", "nn", "o", "pp", "q", "rr", "s", "tt"]
    index = GoldIndex({"t": [gold("g", " ".join(base))]}, near=0.6)
    changed = [w if i not in {7, 15} else "zz" for i, w in enumerate(base)]
    assert index.match([" ".join(changed)]).kind == "near-duplicate"


def test_nothing_matches_without_gold_or_words():
    assert GoldIndex({}).match(["anything at all"]) is None
    assert GOLD.match(["!!!"]) is None
    assert GOLD.match(["A completely different sentence about bread"]) is None


def test_the_identity_follows_the_content():
    assert GoldIndex({"t": [gold("g", "one")]}).identity == GoldIndex({"t": [gold("g", "one")]}).identity
    assert GoldIndex({"t": [gold("g", "one")]}).identity != GoldIndex({"t": [gold("g", "two")]}).identity


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(["red", "blue", "green"]), min_size=1, max_size=30), min_size=1, max_size=5), st.lists(st.sampled_from(["red", "blue", "green"]), max_size=30)
)
def test_runs_are_found_exactly(golds, tokens):
    index = GoldIndex({"t": [Row(str(i), {"text": " ".join(g)}, "", "gold") for i, g in enumerate(golds)]}, near=1.0)

    def runs(t, n):
        return {tuple(t[i : i + n]) for i in range(len(t) - n + 1)}

    shared = any(g == tokens or runs(g, 13) & runs(tokens, 13) or (min(len(g), len(tokens)) < 26 and runs(g, 8) & runs(tokens, 8)) for g in golds)
    assert (index.match([" ".join(tokens)]) is not None) == shared


@given(st.text())
def test_words_have_neither_case_nor_edges(text):
    assert all(w and w == w.casefold() and not w.isspace() for w in words(text))
