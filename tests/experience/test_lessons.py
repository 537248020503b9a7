"""Lessons from numbers alone: said where the numbers bear them out and nowhere else."""

import pytest

from synlearner.experience.lessons import MOST_LESSONS, findings, lessons_from, used
from synlearner.experience.memory import Source, fold
from synlearner.experience.poison import suspicion
from synlearner.records import Episode, Pattern
from synlearner.seeding import rng

HERE = Source("t", "run", "step")


def episode(i: int, good: bool, reason: str = "label", words: int | None = 20, hints: tuple[str, ...] = (), **attributes: str) -> Episode:
    return Episode("t", "run", "step", f"p{i}", Pattern("a", attributes, (), hints), good, "" if good else reason, {}, words)


def texts(episodes: list[Episode]) -> set[str]:
    return {f.text for f in findings(episodes)}


def test_a_value_that_pays_and_one_that_does_not_are_told() -> None:
    shares = {"calm": 0.9, "angry": 0.5, "tired": 0.1}
    episodes = [episode(i, i // 3 % 10 < 10 * shares[tone], tone=tone) for i in range(150) for tone in [list(shares)[i % 3]]]
    assert {t for t in texts(episodes) if "tone" in t} == {
        "Records with tone 'calm' were accepted more often than others.",
        "Records with tone 'tired' were rejected more often than others.",
    }


def test_length_and_reasons_are_told() -> None:
    episodes = [episode(i, i % 40 < 25, "near-duplicate", words=i % 40) for i in range(120)]
    assert "Texts of up to about 20 words were accepted more often than longer ones." in texts(episodes)
    assert "Many records were rejected because they were nearly the same as an earlier row." in texts(episodes)
    assert not any("words" in t for t in texts([episode(i, i % 2 == 0, words=None) for i in range(120)]))


def test_chance_says_next_to_nothing() -> None:
    """200 runs of 200 prompts with ten values that make no difference: about one in twenty says anything of a value or of length."""
    wrong = 0
    for seed in range(200):
        draws = rng(seed, "noise")
        episodes = [episode(i, draws.random() < 0.6, words=draws.randrange(5, 60), one=draws.choice("abcde"), two=draws.choice("fghij")) for i in range(200)]
        wrong += any(not f.claim.startswith("reason") for f in findings(episodes))
    assert wrong <= 20


def test_few_prompts_say_nothing() -> None:
    assert findings([]) == []
    assert findings([episode(i, i % 2 == 0, tone="calm" if i % 2 == 0 else "tired") for i in range(18)]) == []


def test_there_are_few_lessons_and_none_is_suspicious() -> None:
    episodes = [episode(i, i % 2 == 0, **{f"d{d}": f"value {i % 2}" for d in range(12)}) for i in range(60)]
    found = findings(episodes)
    assert len(found) == MOST_LESSONS
    assert [suspicion(f.text) for f in found] == [""] * MOST_LESSONS


def test_what_is_found_again_is_agreed_on_and_what_is_refuted_is_downvoted() -> None:
    good = [episode(i, i % 2 == 0, tone="calm" if i % 2 == 0 else "tired") for i in range(60)]
    events = lessons_from(good, {}, HERE)
    known = {i.id: i for i in fold(events).lessons}
    assert {e.kind for e in events} == {"add"}
    assert {e.kind for e in lessons_from(good, known, Source("t2", "run", "step"))} == {"agree"}
    bad = [episode(i, i % 2 == 1, tone="calm" if i % 2 == 0 else "tired") for i in range(60)]
    after = fold([*events, *lessons_from(bad, known, Source("t3", "run", "step"))])
    calm = next(i for i in after.lessons if i.text == "Records with tone 'calm' were accepted more often than others.")
    assert calm.counts["remove"] == 1
    assert all(s["prompts"] for s in calm.sources if s["kind"] == "add")


@pytest.mark.parametrize(("shares", "better"), [((0.9, 0.4), [True]), ((0.5, 0.5), [False]), ((0.3, 0.6), [False])])
def test_a_shown_lesson_is_held_against_prompts_that_did_not_show_it(shares: tuple[float, float], better: list[bool]) -> None:
    episodes = [episode(i, i // 2 % 10 < 10 * shares[i % 2], hints=("h",) if i % 2 == 0 else ()) for i in range(80)]
    assert [e.body["better"] for e in used(episodes, HERE)] == better
    assert used(episodes[:12], HERE) == []
