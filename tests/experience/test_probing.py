"""The guard: a candidate must beat the fresh generator by more than one standard error, and ties go to the simpler."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synlearner.experience.probing import LEARNT, SIMPLE, decide, paired

SCORES = st.one_of(st.none(), st.floats(0, 1))


def by_prompt(values):
    return {f"p{i}": v for i, v in enumerate(values)}


@given(st.data(), st.integers(0, 12))
def test_whoever_is_chosen_is_fresh_or_clearly_better(data, n):
    scores = {name: by_prompt(data.draw(st.lists(SCORES, min_size=n, max_size=n))) for name in SIMPLE}
    decision = decide(scores)
    for v in decision.verdicts[1:]:
        pairs = [(x, scores["fresh"][p]) for p, x in scores[v.name].items() if x is not None and scores["fresh"][p] is not None]
        assert v.pairs == len(pairs)
        assert v.difference == (pytest.approx(sum(x - y for x, y in pairs) / len(pairs)) if pairs else None)
    able = {v.name: v.difference for v in decision.verdicts if v.better}
    assert decision.chosen in able if able else decision.chosen == "fresh"
    assert all(d <= able[decision.chosen] for d in able.values())
    assert decision == decide(dict(reversed(scores.items())))
    assert decision.why


def test_one_standard_error_is_needed():
    fresh = by_prompt([0.5, 0.5, 0.5, 0.5])
    noisy, steady = by_prompt([0.9, 0.3, 0.9, 0.3]), by_prompt([0.6, 0.61, 0.6, 0.61])
    assert decide({"fresh": fresh, "latest": noisy}).chosen == "fresh"
    chosen = decide({"fresh": fresh, "latest": noisy, "nearest": steady})
    assert chosen.chosen == "nearest"
    assert chosen.why == "it is better than the fresh generator by +0.105 (standard error 0.003, 4 prompts)"


def test_ties_go_to_the_simpler():
    better = by_prompt([0.9, 0.8])
    scores = {"merged": better, "nearest": better, "latest": better, "fresh": by_prompt([0.1, 0.2])}
    assert decide(scores).chosen == "latest"
    assert decide({"fresh": better, "latest": better}).chosen == "fresh"


def test_one_pair_proves_nothing():
    decision = decide({"fresh": by_prompt([0.0, None]), "latest": by_prompt([1.0, 1.0])})
    assert decision.chosen == "fresh"
    assert "standard error unknown" in decision.why
    assert decide({"fresh": by_prompt([None]), "latest": by_prompt([1.0])}).why == "no candidate could be compared with it"


def test_what_was_learnt_must_beat_what_was_there_by_the_same_rule():
    before, noisy, steady = by_prompt([0.5, 0.5, 0.5, 0.5]), by_prompt([0.9, 0.3, 0.9, 0.3]), by_prompt([0.6, 0.61, 0.6, 0.61])
    assert decide({"before": before, "after": noisy}, LEARNT).chosen == "before"
    assert decide({"before": before, "after": steady}, LEARNT).why == "it is better than the generator before by +0.105 (standard error 0.003, 4 prompts)"


def test_the_error_is_that_of_a_mean():
    assert paired([]) == (None, None)
    assert paired([0.5]) == (0.5, None)
    mean, error = paired([0.0, 1.0, 2.0])
    assert (mean, error) == (1.0, pytest.approx(math.sqrt(1 / 3)))
