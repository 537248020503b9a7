"""Spoilt histories: what must stay stays, and what is taken away is gone."""

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synlearner.experience.controls import passed_on
from synlearner.records import Lesson

texts = st.text(min_size=1, max_size=12)
record = st.builds(lambda label, one, two: {"label": label, "premise": one, "hypothesis": two}, st.sampled_from(["a", "b", "c"]), texts, texts)
lessons = st.lists(record, max_size=20).map(lambda found: [Lesson("t", f"prompt {i}", "s", json.dumps(r, ensure_ascii=False)) for i, r in enumerate(found)])


def records(found: list[Lesson]) -> list[dict[str, str]]:
    return [json.loads(lesson.completion) for lesson in found]


@given(lessons, st.integers(0, 999))
def test_shuffling_keeps_prompts_keys_and_labels_and_permutes_whole_texts(whole: list[Lesson], seed: int) -> None:
    spoilt = passed_on(whole, "shuffled", seed=seed)
    assert [(x.task, x.prompt, x.system, x.learnt) for x in spoilt] == [(x.task, x.prompt, x.system, x.learnt) for x in whole]
    before, after = records(whole), records(spoilt)
    assert [r["label"] for r in after] == [r["label"] for r in before]
    assert [list(r) for r in after] == [list(r) for r in before]
    assert Counter((r["premise"], r["hypothesis"]) for r in after) == Counter((r["premise"], r["hypothesis"]) for r in before)
    assert passed_on(whole, "shuffled", seed=seed) == spoilt


def test_after_shuffling_a_text_has_its_own_label_as_often_as_chance_has_it() -> None:
    whole = [Lesson("t", "p", "", json.dumps({"label": label, "text": f"{label} {i}"})) for i, label in enumerate("abcd" * 50)]
    right = [sum(r["text"].startswith(r["label"]) for r in records(passed_on(whole, "shuffled", seed=seed))) / 200 for seed in range(50)]
    assert sum(right) / 50 == pytest.approx(0.25, abs=0.02)


@given(lessons)
def test_the_other_histories_change_nothing_but_what_is_learnt(whole: list[Lesson]) -> None:
    assert passed_on(whole, "kept", seed=0) == whole
    assert passed_on(whole, "none", seed=0) == passed_on(whole, "joint", seed=0) == []
    contract = passed_on(whole, "format-only", seed=0)
    assert [(x.prompt, x.completion) for x in contract] == [(x.prompt, x.completion) for x in whole]
    assert {x.learnt for x in contract} <= {"contract"}


def test_a_completion_that_is_no_record_cannot_be_shuffled() -> None:
    with pytest.raises(ValueError, match="must be a record"):
        passed_on([Lesson("t", "p", "", "[]")], "shuffled", seed=0)
